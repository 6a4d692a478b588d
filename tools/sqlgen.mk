# sqlgen is several files; SQL of the store's own tests is made with it as well.
$(B)/tools/sqlgen: $(wildcard tools/sqlgen*.c) tools/sqlgen.h $(TOOLS_SRC)
	@mkdir -p $(@D)
	@gcc $(BASE_CFLAGS) -O1 -Isrc -Itools -o $@ $(filter %.c,$^)

TEST_SQL := $(wildcard tests/unit/store/*.sql)
$(B)/gen/tests/%.sql.c $(B)/gen/tests/%.sql.h &: tests/unit/store/%.sql $(B)/tools/sqlgen
	@mkdir -p $(@D)
	@$(B)/tools/sqlgen $< $(B)/gen/tests/$*.sql
$(patsubst tests/unit/store/%.c,$(B)/unit/store/%,$(wildcard tests/unit/store/*_test.c)): \
	$(TEST_SQL:tests/unit/store/%=$(B)/gen/tests/%.c)

$(B)/gen/bench/%.sql.c $(B)/gen/bench/%.sql.h &: tests/bench/%.sql $(B)/tools/sqlgen
	@mkdir -p $(@D)
	@$(B)/tools/sqlgen $< $(B)/gen/bench/$*.sql

$(B)/bench/store: tests/bench/store_bench.c $(B)/gen/bench/store_rows.sql.c $(call LIB,store) $(call LIB,os) $(call LIB,base)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) -o $@ $(filter-out %.h,$^) $(LDFLAGS) $(LIBS_store) $(LIBS_os) $(LIBS_base)

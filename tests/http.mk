# The runner of the HTTP journeys (tests/http/README.md).
HTTP_RUN_SRC := $(sort $(wildcard tests/http/*.c))
$(B)/http-run: $(HTTP_RUN_SRC) $(wildcard tests/http/*.h) $(B)/libbase.a
	@mkdir -p $(@D)
	@echo '  CC tests/http'; $(CC) $(CFLAGS) -Itests/http -o $@ $(HTTP_RUN_SRC) $(B)/libbase.a $(LDFLAGS) $(LIBS_base)

# The server with each allocation and each write failing in turn (tests/fault.mk makes the folder).
fault-bin: $(B)/unit/http/server_fault_test
EXTRA_TESTS += $(FAULT_B)/unit/http/server_fault_test
FAULT_TESTS += $(FAULT_B)/unit/http/server_fault_test

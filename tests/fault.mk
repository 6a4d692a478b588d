# Power cuts and faults. `make test` runs the short forms.
#
#   make soak-powercut   the power goes at every sync point of 1,000 submissions
#   make check-fault     each allocation, write, fsync and SQL step fails in turn (takes a few minutes)

FAULT_PARTS := tests/fault/disk.c tests/fault/disk_layer.c tests/fault/disk_vfs.c tests/fault/submission.c
FAULT_GEN := $(B)/gen/fault/submission.sql.c $(B)/gen/fault/submission.sql.h
FAULT_LIBS = $(foreach l,store os base,$(call LIB,$(l)))

$(FAULT_GEN) &: tests/fault/submission.sql $(B)/tools/sqlgen
	@mkdir -p $(@D)
	@$(B)/tools/sqlgen $< $(B)/gen/fault/submission.sql

$(B)/fault/%: tests/fault/%.c $(FAULT_PARTS) $(wildcard tests/fault/*.h) $(FAULT_GEN) $(FAULT_LIBS)
	@mkdir -p $(@D)
	@echo '  TEST $<'; $(CC) $(CFLAGS) -Itests -o $@ $< $(FAULT_PARTS) $(FAULT_LIBS) $(LDFLAGS) -lcmocka $(LIBS_store) $(LIBS_os) $(LIBS_base)

.PHONY: soak-powercut
soak-powercut: $(B)/fault/powercut_test
	POWERCUT_ALL=1 $<

# Faults are compiled in by MODE=fault, which has a folder of its own.
FAULT_B ?= build/fault
.PHONY: fault-bin check-fault
fault-bin: $(B)/fault/fault_test $(B)/unit/os/file_test $(B)/unit/os/keys_test $(B)/unit/os/control_test
check-fault:
	@$(MAKE) --no-print-directory -j2 MODE=fault B=$(FAULT_B) fault-bin $(FAULT_B)/unit/app/pack_test
	@tests/run.sh build/logs $(FAULT_B)/unit/os/file_test $(FAULT_B)/unit/os/keys_test $(FAULT_B)/unit/os/control_test \
		$(FAULT_B)/unit/app/pack_test $(FAULT_TESTS) $(FAULT_B)/fault/fault_test

# For `make test`.
.PHONY: fault-programs
fault-programs:
	@$(MAKE) --no-print-directory -j2 MODE=fault B=$(FAULT_B) fault-bin
programs: $(B)/fault/powercut_test fault-programs
EXTRA_TESTS += $(B)/fault/powercut_test $(FAULT_B)/unit/os/file_test $(FAULT_B)/unit/os/keys_test \
	$(FAULT_B)/unit/os/control_test "$(FAULT_B)/fault/fault_test 10"

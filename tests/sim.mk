# The legal clock against a slow model, ten years of a city (tests/sim/clock_sim.c). SEED=n repeats a run.
$(B)/sim/clock_sim: $(wildcard tests/sim/*.c tests/sim/*.h) $(call LIB,base)
	@mkdir -p $(@D)
	@echo '  SIM tests/sim'; $(CC) $(CFLAGS) -Itests -o $@ $(filter %.c,$^) $(call LIB,base) $(LDFLAGS) $(LIBS_base)

EXTRA_TESTS += tests/sim/run.sh
.PHONY: check-sim
check-sim:
	@tests/sim/run.sh

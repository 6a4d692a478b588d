# The city brain: its tables (docs/brain.md), over SUMO (Debian's package sumo).
#
#   make bench-brain     controllers on nets and seeds (BRAIN="--nets demo --seeds 3 --jobs 2"); other people's data are found
#                        by CITYHALL_TRAFFIC, or in shared/data/traffic beside the repository

BRAIN ?= --jobs $(shell nproc)
$(B)/bench/brain: $(B)/o/tests/brain/bench.o $(B)/o/tests/brain/bench_incidents.o $(B)/o/tests/brain/rig_run.o $(B)/o/tests/brain/broker.o $(B)/o/tests/brain/emergency.o $(B)/o/tests/brain/demo_net.o $(B)/o/tests/brain/sensors.o $(call LIB,brain) $(call LIB,os) $(call LIB,base)
	@mkdir -p $(@D)
	@$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_brain) $(LIBS_os) $(LIBS_base)
$(B)/o/tests/brain/%.o: tests/brain/%.c
	@mkdir -p $(@D)
	@echo '  CC $<'; $(CC) $(CFLAGS) -Itests -Itests/brain -MMD -MP -c -o $@ $<

.PHONY: bench-brain
bench-brain:
	@$(MAKE) --no-print-directory MODE=release build/release/bench/brain build/release/cityhall
	nice -n 19 build/release/bench/brain $(BRAIN)
	nice -n 19 build/release/bench/brain --emergency 20
	nice -n 19 build/release/bench/brain --emergency 10 ingolstadt7
	nice -n 19 build/release/bench/brain --decide 10

# With SUMO in `make test`: the closed loop; an emergency vehicle in it; dead brains, frozen ones, a dead street; random networks.
$(B)/brain/%: $(B)/o/tests/brain/%.o $(B)/o/tests/brain/broker.o $(B)/o/tests/brain/demo_net.o $(B)/o/tests/brain/emergency.o $(B)/o/tests/brain/sensors.o $(call LIB,brain) $(call LIB,os) $(call LIB,base)
	@mkdir -p $(@D)
	@$(CC) $(LDFLAGS) -o $@ $^ -lcmocka $(LIBS_brain) $(LIBS_os) $(LIBS_base)
programs: $(B)/brain/loop $(B)/brain/ride $(B)/brain/bad_days $(B)/brain/random_nets $(B)/brain/what_if $(B)/brain/signals $(B)/brain/field
EXTRA_TESTS += $(B)/brain/loop $(B)/brain/ride "CITYHALL=$(B)/cityhall $(B)/brain/bad_days" $(B)/brain/random_nets $(B)/brain/what_if $(B)/brain/signals "CITYHALL=$(B)/cityhall $(B)/brain/field"

# Many random networks (not in `make test`): NETS=60.
NETS ?= 60
.PHONY: test-brain-nets
test-brain-nets:
	@$(MAKE) --no-print-directory MODE=asan build/asan/brain/random_nets
	nice -n 19 env NETS=$(NETS) build/asan/brain/random_nets

# A simulated city of 20 signals in the portal: ten minutes by its plan, then led by the brain. PORT, PACE (seconds of the
# street in a second; 1 is real time).
PORT ?= 8080
PACE ?= 4
$(B)/brain/make_demo_net: $(B)/o/tests/brain/make_demo_net.o $(B)/o/tests/brain/demo_net.o $(call LIB,brain) $(call LIB,os) $(call LIB,base)
	@mkdir -p $(@D)
	@$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_os) $(LIBS_base)
.PHONY: brain-demo
brain-demo:
	@$(MAKE) --no-print-directory MODE=release all build/release/brain/make_demo_net
	@sh tests/brain/demo.sh build/release $(PORT) $(PACE)

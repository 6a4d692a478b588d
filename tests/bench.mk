# The figures (docs/performance.md) and the kill test.
#
#   make bench           measures every row and writes docs/performance.md (ROUNDS=n, ROWS="submit page life memory letter bulk";
#                        CASES=n for the row statistics, 3 million unless told; CLOCKS=n for recount, 1 million)
#   make bench-store     submissions over PostgreSQL, against pgbench and SQLite, by one process and by two
#   make bench-large     pages and lives with 10,000, 100,000 and 3 million cases (LARGE=n): half an hour, 20 GB in /var/tmp or TMPDIR
#   make bench-copy      moves towns of CASES="10000 100000 1000000" cases from SQLite to PostgreSQL and back
#   make soak-kill       kills the server 50 times under load (`make test`: 5 times)
#   make soak-processes  kills, freezes and stops one of two servers 30 times under load (`make test`: once)
#   make soak-failover   kills the database 30 times under load (`make test`: once)
#   make acceptance      10,000 submissions on SQLite, a move to a pair of PostgreSQL under load, two servers, the loss of
#                        the primary: every receipt ever shown is found, once (`make test`: 300)

ROUNDS ?= 5
ROWS ?=
CLOCKS ?= 1000000
BENCH_SRC := $(filter-out tests/bench/store_bench.c,$(sort $(wildcard tests/bench/*.c)))
BENCH_MAIN := bench bench_store large kill failover processes acceptance copy
BENCH_PARTS := $(filter-out $(BENCH_MAIN:%=tests/bench/%.c),$(BENCH_SRC))
bench_obj = $(patsubst tests/%.c,$(B)/o/tests/%.o,$(1))

$(B)/o/tests/%.o: tests/%.c | gen
	@mkdir -p $(@D)
	@echo '  CC $<'; $(CC) $(CFLAGS) -Itests -MMD -MP -c -o $@ $<

# All of the program but its main().
$(B)/bench/cmd_main.o: $(B)/o/cmd/main.o
	@mkdir -p $(@D)
	@objcopy --redefine-sym main=cityhall_main $< $@

BENCH_CMD = $(B)/bench/cmd_main.o $(filter-out $(B)/o/cmd/main.o,$(OBJ_cmd))
$(BENCH_MAIN:%=$(B)/bench/%): $(B)/bench/%: $(B)/o/tests/bench/%.o $(call bench_obj,$(BENCH_PARTS)) $(BENCH_CMD) $(LIBRARIES)
	@$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_all)

# The whole town from one engine to the other and back.
CASES ?= 10000 100000 1000000
.PHONY: bench-copy
bench-copy:
	@$(MAKE) --no-print-directory MODE=release all build/release/bench/copy
	PG_SETTINGS="-c max_wal_size=8GB" tests/pg.sh build/release/bench/copy build/release/cityhall $(CASES)

.PHONY: bench
bench:
	@$(MAKE) --no-print-directory MODE=release all build/release/bench/bench
	build/release/bench/bench --rounds $(ROUNDS) --clocks $(CLOCKS) --write docs/performance.md $(ROWS)

# A large town.
LARGE ?= 3000000
.PHONY: bench-large
bench-large:
	@$(MAKE) --no-print-directory MODE=release all build/release/bench/large
	build/release/bench/large --rounds $(ROUNDS) --cases $(LARGE) --write docs/performance.md

# The same over PostgreSQL, against pgbench, and two processes against one.
.PHONY: bench-store
bench-store:
	@$(MAKE) --no-print-directory MODE=release all build/release/bench/bench_store
	PG_SETTINGS="-c max_wal_size=8GB" tests/pg.sh build/release/bench/bench_store --rounds $(ROUNDS) --write docs/performance.md

EXTRA_TESTS += "tests/kill.sh 5"
.PHONY: soak-kill
soak-kill:
	@tests/kill.sh 50

EXTRA_TESTS += "tests/pg_pair.sh tests/kill.sh --failover 1"
.PHONY: soak-failover
soak-failover:
	@tests/pg_pair.sh tests/kill.sh --failover 30

EXTRA_TESTS += "tests/pg.sh tests/kill.sh --processes 1"
.PHONY: soak-processes
soak-processes:
	@tests/pg.sh tests/kill.sh --processes 30

EXTRA_TESTS += "tests/pg_pair.sh tests/kill.sh --acceptance 300"
.PHONY: acceptance
acceptance:
	@tests/pg_pair.sh tests/kill.sh --acceptance 10000

# Test targets. `make test` is what ./test runs: quick things first, everything under sanitizers, the browser once.

SAN ?= asan

# --- Fuzzing: tests/fuzz/x_fuzz.c with its seeds in tests/fuzz/corpus/x --------------------------------------------------
FUZZ_NAMES := $(patsubst tests/fuzz/%_fuzz.c,%,$(wildcard tests/fuzz/*_fuzz.c))
FUZZ_BIN = $(FUZZ_NAMES:%=$(B)/fuzz/%)
FUZZ_SECONDS ?= 600

ifeq ($(MODE),fuzz)
$(B)/fuzz/%: tests/fuzz/%_fuzz.c $(LIBRARIES) | gen
	@mkdir -p $(@D)
	@echo '  FUZZ $<'; $(CC) $(CFLAGS) -Itests -fsanitize=fuzzer,address,undefined -o $@ $< $(LIBRARIES) $(LDFLAGS) $(LIBS_all)
else
# Without libFuzzer the same file replays files: each seed once, as a test.
$(B)/fuzz/%: tests/fuzz/%_fuzz.c tests/fuzz/replay.c $(LIBRARIES) | gen
	@mkdir -p $(@D)
	@echo '  FUZZ $<'; $(CC) $(CFLAGS) -Itests -o $@ $< tests/fuzz/replay.c $(LIBRARIES) $(LDFLAGS) $(LIBS_all)
endif

.PHONY: fuzz-bin fuzz fuzz-short
fuzz-bin: $(FUZZ_BIN)
# What a run finds stays in build/fuzz/found; the corpus in the tree is only read.
fuzz:
	@$(MAKE) --no-print-directory MODE=fuzz fuzz-bin
	@set -e; for name in $(FUZZ_NAMES); do \
		mkdir -p build/fuzz/corpus/$$name build/fuzz/found; \
		echo "fuzz $$name, $(FUZZ_SECONDS) s"; \
		ASAN_OPTIONS=allocator_may_return_null=1 build/fuzz/fuzz/$$name -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 \
			-artifact_prefix=build/fuzz/found/$$name- -print_final_stats=1 build/fuzz/corpus/$$name tests/fuzz/corpus/$$name \
			>build/fuzz/$$name.log 2>&1 || { tail -n 40 build/fuzz/$$name.log; exit 1; }; \
		grep -E 'stat::number_of_executed_units' build/fuzz/$$name.log || true; \
	done; echo "$(words $(FUZZ_NAMES)) passed, 0 failed"
fuzz-short:
	@$(MAKE) --no-print-directory fuzz FUZZ_SECONDS=30

# --- All tests -----------------------------------------------------------------------------------------------------------
HTTP_SCRIPTS = $(sort $(wildcard tests/http/*.hall))
replay = tests/fuzz/replay.sh $(B) $(FUZZ_NAMES)

.PHONY: check programs test test-browser test-browser-pg check-san check-thread
programs: all unit fuzz-bin $(B)/http-run
# One flavour: unit tests, fuzz corpora, HTTP journeys.
check: programs
	@tests/run.sh $(B)/logs $(UNIT) "tests/fuzz/replay.sh $(B) $(FUZZ_NAMES)" \
		"CITYHALL=$(B)/cityhall $(B)/http-run $(HTTP_SCRIPTS)"
check-san:
	@$(MAKE) --no-print-directory -j2 MODE=asan programs
	@$(MAKE) --no-print-directory MODE=asan check
check-thread:
	@$(MAKE) --no-print-directory -j2 MODE=tsan programs
	@TSAN_OPTIONS=halt_on_error=1 $(MAKE) --no-print-directory MODE=tsan check

test-browser: node_modules/.package-lock.json
	@$(MAKE) --no-print-directory -j2 MODE=release all
	@tests/run.sh build/release/logs "node tests/browser/run.js"

# The same over PostgreSQL, and the walk in which the database dies and its standby takes over.
test-browser-pg: node_modules/.package-lock.json
	@$(MAKE) --no-print-directory -j2 MODE=release all
	@tests/run.sh build/release/logs "tests/pg.sh node tests/browser/run.js" "tests/pg_pair.sh node tests/browser/run.js"

test:
	@$(MAKE) --no-print-directory -j2 MODE=release all $(addprefix build/release/bench/,kill failover processes acceptance)
	@$(MAKE) --no-print-directory -j2 MODE=asan programs
	@$(MAKE) --no-print-directory MODE=asan test-list

.PHONY: test-list
# What takes long comes first, so that both lanes end together.
test-list: $(if $(wildcard package.json),node_modules/.package-lock.json)
	@tests/run.sh build/logs $(if $(wildcard tests/browser/run.js),"node tests/browser/run.js") $(EXTRA_TESTS) \
		"CITYHALL=$(B)/cityhall $(B)/http-run $(HTTP_SCRIPTS)" \
		"CITYHALL_STORE=router:4 CITYHALL=$(B)/cityhall $(B)/http-run $(HTTP_SCRIPTS)" \
		"CITYHALL=$(B)/cityhall tests/cmd/commands.sh" "CITYHALL=$(B)/cityhall tests/pg.sh tests/cmd/schema.sh" \
		"CITYHALL=$(B)/cityhall tests/schema/run.js" "CITYHALL=$(B)/cityhall HTTP_RUN=$(B)/http-run tests/services/walk.js" \
		"tools/lint.sh $(B)" $(UNIT) "tests/fuzz/replay.sh $(B) $(FUZZ_NAMES)"

node_modules/.package-lock.json: package.json package-lock.json
	npm ci --no-audit --no-fund --ignore-scripts
	@touch $@

lint: $(call LIB,app) $(B)/cityhall
	@tools/lint.sh $(B)

# Both commands of the README in a bare Debian 12 (debootstrap; needs root; not in CI).
.PHONY: fresh
fresh:
	@tests/fresh.sh

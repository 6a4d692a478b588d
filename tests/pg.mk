# The store and the rooms on PostgreSQL: the same unit tests over a server that tests/pg.sh starts.
PG_UNIT := $(patsubst %,$(B)/unit/%_test,store/postgres store/transfer store/store store/column_keys store/event store/relay store/seal store/timer store/process store/blob_rows \
	app/rooms app/moves app/pairs app/draft app/read_models app/serials app/people app/forms app/catalogue)
# Alone it has nothing to run.
UNIT := $(filter-out $(B)/unit/store/postgres_test $(B)/unit/store/transfer_test,$(UNIT))
EXTRA_TESTS += "LANES=1 tests/pg.sh tests/run.sh $(B)/logs/pg $(PG_UNIT)"

EXTRA_TESTS += "CITYHALL=$(B)/cityhall tests/pg.sh $(B)/http-run $(HTTP_SCRIPTS) $(HTTP_PAIRS)"
HTTP_PAIRS := $(sort $(wildcard tests/http/pair/*.hall))

EXTRA_TESTS += "CITYHALL=$(B)/cityhall tests/pg.sh tests/cmd/copy.sh"

.PHONY: check-pg
check-pg: $(PG_UNIT) all $(B)/http-run
	@tests/pg.sh tests/run.sh $(B)/logs/pg $(PG_UNIT) "CITYHALL=$(B)/cityhall $(B)/http-run $(HTTP_SCRIPTS)"

#!/bin/sh
# The tables as PostgreSQL takes them: tests/pg.sh tests/cmd/schema.sh. CITYHALL names the program.
set -u
program=${CITYHALL:-build/release/cityhall}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
passed=0
failed=0
is() {
	if [ "$2" = "$3" ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf 'FAIL %s: %s, not %s\n' "$1" "$3" "$2"
	fi
}
sql() { psql -qAtX -v ON_ERROR_STOP=1 "$url" "$@"; }

url=$CITYHALL_TEST_PG
unset CITYHALL_TEST_PG # the program would take it for a setting
"$program" store schema >"$dir/plain.sql" || exit 1
"$program" store schema --distributed >"$dir/distributed.sql" || exit 1
sql -c 'create schema plain' -c 'create schema distributed'

is "the plain tables are made" 0 "$(PGOPTIONS='-c search_path=plain' sql -1 -f "$dir/plain.sql" >"$dir/out" 2>&1; echo $?)"
[ -s "$dir/out" ] && cat "$dir/out"
is "plain tables are placed nowhere" 0 "$(grep -c 'create_distributed_table' "$dir/plain.sql")"

PGOPTIONS='-c search_path=distributed' sql -f tests/cmd/placed.sql
is "the distributed tables are made" 0 "$(PGOPTIONS='-c search_path=distributed' sql -1 -f "$dir/distributed.sql" >"$dir/out" 2>&1; echo $?)"
grep -i error "$dir/out"
made=$(sql -c "select count(*) from pg_tables where schemaname = 'distributed' and tablename <> 'placed'")
is "every table is placed" "$made" "$(sql -c 'select count(*) from distributed.placed')"
is "every table is known as ours" "$made" "$(sql -c 'select count(*) from distributed.schema_table')"
is "all that has a route lies together" 1 "$(sql -c 'select count(*) from distributed.placed where route is not null and follows is null')"
is "the catalogue is everywhere" 1 "$(sql -c "select count(*) from distributed.placed where name = 'definition' and route is null")"
is "no sequence is made" 0 "$(sql -c "select count(*) from pg_sequences where schemaname = 'distributed'")"
is "the comments are kept" "$made" "$(sql -c "select count(*) from pg_tables where schemaname = 'distributed' and tablename <> 'placed'
	and obj_description((schemaname || '.' || tablename)::regclass) is not null")"

# The stand-in does refuse.
for bad in "create table bad (party bigint, id bigint primary key)" \
	"create table bad (party bigint, id bigint default 1, primary key (party, id))" \
	"create table bad (party text primary key)"; do
	is "refused: $bad" 3 "$(printf "begin;\n%s;\nselect create_distributed_table('bad', 'party', 'operation');\n" "$bad" |
		PGOPTIONS='-c search_path=distributed' sql >"$dir/out" 2>&1; echo $?)"
done

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]

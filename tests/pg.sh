#!/bin/sh
# Starts a PostgreSQL of its own for a command: tests/pg.sh COMMAND...
# Debian's server, in a private folder, on a socket in it, as an unprivileged user, stopped by its process id. The command
# finds its address in CITYHALL_TEST_PG (postgresql://...); PG_SETTINGS adds "-c name=value" options.
set -eu
. "$(dirname "$0")/pg_common.sh"
make_folder
pid=
finish() {
	status=$?
	trap - EXIT INT TERM
	[ -z "$pid" ] || { kill -INT "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; }
	rm -rf "$dir"
	exit $status
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
make_cluster "$dir/data"
run_server "$dir/data" "$dir" "$dir/log" -h "${PG_PORT:+localhost}" -p "${PG_PORT:-5432}" &
pid=$!
wait_for_server $pid "$dir" "$dir/log" ${PG_PORT:+-p "$PG_PORT"}
CITYHALL_TEST_PG="postgresql://cityhall@/postgres?host=$dir"
PG_PID=$pid
export CITYHALL_TEST_PG PG_PID
"$@"

#!/bin/sh
# Starts a PostgreSQL of its own for a command: tests/pg.sh COMMAND...
# Debian's server, in a private folder, on a socket in it, as an unprivileged user, stopped by its process id. The command
# finds its address in CITYHALL_TEST_PG (postgresql://...); PG_SETTINGS adds "-c name=value" options.
set -eu
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
[ -x "$bin/postgres" ] || { echo "tests/pg.sh: postgresql-15 is not installed" >&2; exit 1; }
dir=$(mktemp -d "${TMPDIR:-/tmp}/cityhall-pg-XXXXXX")
as=
if [ "$(id -u)" = 0 ]; then
	# The server refuses to run as root.
	chown postgres "$dir"
	chmod 711 "$dir"
	as="setpriv --reuid=postgres --regid=postgres --clear-groups"
fi
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
(cd "$dir" && HOME=$dir $as "$bin/initdb" -D "$dir/data" -U cityhall -A trust -E UTF8 --locale=C.UTF-8 --no-sync >"$dir/initdb.log" 2>&1) ||
	{ cat "$dir/initdb.log" >&2; exit 1; }
(cd "$dir" && exec env HOME="$dir" $as "$bin/postgres" -D "$dir/data" -k "$dir" -h "${PG_PORT:+localhost}" -p "${PG_PORT:-5432}" -c checkpoint_timeout=1h \
	-c max_connections=200 -c shared_buffers=64MB -c log_min_messages=error ${PG_SETTINGS:-}) >"$dir/log" 2>&1 &
pid=$!
n=0
until "$bin/pg_isready" -q ${PG_PORT:+-p "$PG_PORT"} -h "$dir" -U cityhall -d postgres; do
	n=$((n + 1))
	kill -0 $pid 2>/dev/null && [ $n -lt 600 ] || { cat "$dir/log" >&2; exit 1; }
	sleep 0.05
done
CITYHALL_TEST_PG="postgresql://cityhall@/postgres?host=$dir"
export CITYHALL_TEST_PG
"$@"

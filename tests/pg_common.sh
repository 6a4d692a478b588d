# For tests/pg.sh and tests/pg_pair.sh: Debian's PostgreSQL in a private folder, as an unprivileged user.
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
[ -x "$bin/postgres" ] || { echo "$0: postgresql-15 is not installed" >&2; exit 1; }
as=
if [ "$(id -u)" = 0 ]; then
	# The server refuses to run as root.
	as="setpriv --reuid=postgres --regid=postgres --clear-groups"
fi

# A folder that the server's user owns: "$dir".
make_folder() {
	dir=$(mktemp -d "${TMPDIR:-/tmp}/cityhall-pg-XXXXXX")
	if [ -n "$as" ]; then
		chown postgres "$dir"
		chmod 711 "$dir"
	fi
}

# as_server COMMAND...: in the folder, as the server's user.
as_server() {
	(cd "$dir" && exec env HOME="$dir" $as "$@")
}

# make_cluster DATA
make_cluster() {
	as_server "$bin/initdb" -D "$1" -U cityhall -A trust -E UTF8 --locale=C.UTF-8 --no-sync >"$dir/initdb.log" 2>&1 ||
		{ cat "$dir/initdb.log" >&2; exit 1; }
}

# run_server DATA SOCKETS LOG OPTIONS...: becomes the server.
run_server() {
	data=$1
	sockets=$2
	log=$3
	shift 3
	cd "$dir"
	exec env HOME="$dir" $as "$bin/postgres" -D "$data" -k "$sockets" -c checkpoint_timeout=1h -c max_connections=200 \
		-c shared_buffers=64MB -c log_min_messages=error "$@" ${PG_SETTINGS:-} >>"$log" 2>&1
}

# wait_for_server PID SOCKETS LOG [pg_isready OPTIONS...]: until it takes connections, a standby too.
wait_for_server() {
	server=$1
	sockets=$2
	log=$3
	shift 3
	n=0
	until "$bin/pg_isready" -q "$@" -h "$sockets" -U cityhall -d postgres; do
		n=$((n + 1))
		kill -0 "$server" 2>/dev/null && [ $n -lt 600 ] || { cat "$log" >&2; exit 1; }
		sleep 0.05
	done
}

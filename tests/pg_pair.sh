#!/bin/sh
# Two PostgreSQL servers, a primary and its synchronous standby, for a command: tests/pg_pair.sh COMMAND...
# Both in one private folder, on sockets in it, as an unprivileged user, stopped by their process ids. Strict: a commit is
# answered when the other server has it on its disk, and waits while there is none. The command finds the address of both
# in CITYHALL_TEST_PG and the folder in PG_PAIR_DIR. Inside it the days go bad by
#
#   tests/pg_pair.sh --kill-primary     kill -9 to all of its processes
#   tests/pg_pair.sh --promote          the standby becomes the primary; it has no standby then
#   tests/pg_pair.sh --new-standby      the other server is made anew as its standby
#   tests/pg_pair.sh --kill-standby     kill -9 likewise
#   tests/pg_pair.sh --start-standby    the same one again
set -eu
. "$(dirname "$0")/pg_common.sh"

# --- One server of the pair: "a" or "b" ----------------------------------------------------------------------------------

start() {
	mkdir -p "$dir/$1"
	[ -z "$as" ] || chown postgres "$dir/$1"
	(run_server "$dir/$1.data" "$dir/$1" "$dir/$1.log" -c listen_addresses= -c cluster_name=standby -c wal_receiver_status_interval=1s \
		-c "synchronous_standby_names=ANY 1 (standby)" </dev/null) &
	echo $! >"$dir/$1.pid"
	wait_for_server "$(cat "$dir/$1.pid")" "$dir/$1" "$dir/$1.log"
}

# The first process is stopped before, so that it starts no others meanwhile.
kill_hard() {
	pid=$(cat "$dir/$1.pid")
	kill -STOP "$pid"
	kill -KILL "$pid" $(cat "/proc/$pid/task/$pid/children")
	while [ -e "/proc/$pid" ] && ! grep -q '^State:.*Z' "/proc/$pid/status" 2>/dev/null; do
		sleep 0.01
	done
	# Their first lines name a process that may wait to be buried for long.
	rm -f "$dir/$1.pid" "$dir/$1.data/postmaster.pid" "$dir/$1"/.s.PGSQL.*
}

stop() {
	[ -e "$dir/$1.pid" ] || return 0
	pid=$(cat "$dir/$1.pid")
	kill -QUIT "$pid" 2>/dev/null || true
	while [ -e "/proc/$pid" ] && ! grep -q '^State:.*Z' "/proc/$pid/status" 2>/dev/null; do
		sleep 0.01
	done
}

ask() {
	where=$1
	shift
	"$bin/psql" -h "$dir/$where" -U cityhall -d postgres -X -A -t -q -c "$*"
}

# --- The two -------------------------------------------------------------------------------------------------------------

primary() {
	cat "$dir/primary"
}
standby() {
	if [ "$(primary)" = a ]; then echo b; else echo a; fi
}

# Commits find somebody to wait for.
wait_for_standby() {
	n=0
	until [ "$(ask "$(primary)" "select count(*) from pg_stat_replication where sync_state in ('sync', 'quorum')")" -gt 0 ]; do
		n=$((n + 1))
		[ $n -lt 600 ] || { cat "$dir"/?.log >&2; exit 1; }
		sleep 0.05
	done
}

new_standby() {
	new=$(standby)
	rm -rf "$dir/$new.data"
	ask "$(primary)" "select pg_drop_replication_slot(slot_name) from pg_replication_slots where not active" >/dev/null
	as_server "$bin/pg_basebackup" -D "$dir/$new.data" -h "$dir/$(primary)" -U cityhall -R -X stream -C -S "of_$new" -c fast --no-sync \
		>"$dir/basebackup.log" 2>&1 || { cat "$dir/basebackup.log" >&2; exit 1; }
	start "$new"
	wait_for_standby
}

promote() {
	new=$(standby)
	ask "$new" "select pg_promote(true, 60)" >/dev/null
	echo "$new" >"$dir/primary"
}

case ${1:-} in
--*)
	dir=$PG_PAIR_DIR
	;;
esac
case ${1:-} in
--kill-primary) kill_hard "$(primary)" ;;
--promote) promote ;;
--new-standby) new_standby ;;
--kill-standby) kill_hard "$(standby)" ;;
--start-standby)
	start "$(standby)"
	wait_for_standby
	;;
--*)
	echo "tests/pg_pair.sh: no $1" >&2
	exit 2
	;;
*)
	make_folder
	finish() {
		status=$?
		trap - EXIT INT TERM
		stop a
		stop b
		rm -rf "$dir"
		exit $status
	}
	trap finish EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	make_cluster "$dir/a.data"
	echo a >"$dir/primary"
	start a
	new_standby
	CITYHALL_TEST_PG="postgresql://cityhall@/postgres?host=$dir/a,$dir/b&target_session_attrs=read-write"
	PG_PAIR_DIR=$dir
	export CITYHALL_TEST_PG PG_PAIR_DIR
	"$@"
	;;
esac

#!/bin/sh
# Kills the release build's server, or (--failover, in tests/pg_pair.sh) its database, or (--processes, in tests/pg.sh) one of
# two servers, so many times under load and looks at what is left: tests/kill.sh [--failover|--processes] ROUNDS [SEED].
# --acceptance, in tests/pg_pair.sh, is the whole life of a town with so many submissions.
set -eu
cd "$(dirname "$0")/.."
name=kill
case $1 in
--failover | --processes | --acceptance)
	name=${1#--}
	shift
	;;
esac
"${MAKE:-make}" --no-print-directory MODE=release B=build/release build/release/bench/$name >/dev/null
exec build/release/bench/$name "$@"

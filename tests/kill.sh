#!/bin/sh
# Kills the release build's server, or (--failover, in tests/pg_pair.sh) its database, so many times under load and looks at
# what is left: tests/kill.sh [--failover] ROUNDS [SEED].
set -eu
cd "$(dirname "$0")/.."
name=kill
if [ "$1" = --failover ]; then
	name=failover
	shift
fi
"${MAKE:-make}" --no-print-directory MODE=release B=build/release build/release/bench/$name >/dev/null
exec build/release/bench/$name "$@"

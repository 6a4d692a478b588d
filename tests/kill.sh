#!/bin/sh
# Kills the release build's server so many times under load and looks at what is left: tests/kill.sh ROUNDS [SEED].
set -eu
cd "$(dirname "$0")/.."
"${MAKE:-make}" --no-print-directory MODE=release B=build/release build/release/bench/kill >/dev/null
exec build/release/bench/kill "$@"

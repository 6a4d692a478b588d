#!/bin/sh
# The simulations, in the release build: tests/sim/run.sh [SEED].
set -eu
cd "$(dirname "$0")/../.."
"${MAKE:-make}" --no-print-directory MODE=release B=build/release build/release/sim/clock_sim >/dev/null
exec build/release/sim/clock_sim "$@"

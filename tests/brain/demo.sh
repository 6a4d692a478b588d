#!/bin/sh
# The live city in the portal: tests/brain/demo.sh BUILD PORT PACE. Ctrl-C stops all of it; nothing is left behind.
set -eu
build=$1 port=$2 pace=$3
program=$build/cityhall
dir=$(mktemp -d /tmp/cityhall-live-XXXXXX)
serve= brain= simulator=
stop() {
	trap - INT TERM EXIT
	[ -z "$brain" ] || kill "$brain" 2>/dev/null || true
	[ -z "$simulator" ] || kill "$simulator" 2>/dev/null || true
	[ -z "$serve" ] || kill "$serve" 2>/dev/null || true
	wait
	rm -rf "$dir"
}
trap stop EXIT
trap 'exit 0' INT TERM
command -v sumo >/dev/null || { echo "The demonstration needs SUMO: apt-get install sumo" >&2; exit 1; }
mkdir "$dir/net"
"$build/brain/make_demo_net" "$dir/net"
"$program" init --demo --data "$dir/data" --pack packs/demo >/dev/null
"$program" serve --data "$dir/data" --port "$port" --pack packs/demo --log warn &
serve=$!
until [ -S "$dir/data/run/control.sock" ]; do
	kill -0 "$serve" 2>/dev/null || exit 1
	sleep 0.1
done
echo "The live city: http://localhost:$port/traffic"
echo "Ten minutes by its plan, then led by the brain, $pace seconds of the street in a second. engineer@demo.example may say otherwise."
# The hour of demand again and again, as long as somebody watches.
"$program" brain run "$dir/net/demo.net.xml" --routes "$dir/net/demo.rou.xml" --portal "$dir/data" --pace "$pace" --watch 600 \
	--journal "$dir/journal" >/dev/null &
brain=$!
# Answers what is asked at /traffic/what-if.
"$program" brain what-if "$dir/net/demo.net.xml" --routes "$dir/net/demo.rou.xml" --portal "$dir/data" --jobs 1 \
	--orders "$dir/journal.orders" &
simulator=$!
wait "$brain" || true
brain=
echo "The simulated hour is over; the map stays until Ctrl-C."
wait "$serve"

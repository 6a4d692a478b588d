#!/bin/sh
# Replays each fuzz target's seeds: replay.sh BUILD NAME...
set -u
build=$1
shift
passed=0
failed=0
for name in "$@"; do
	if output=$("$build/fuzz/$name" tests/fuzz/corpus/"$name"/* 2>&1); then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "$name:"
		echo "$output"
	fi
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]

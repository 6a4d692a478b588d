#!/bin/sh
# Runs test programs one after the other and adds up what they say: tests/run.sh LOGDIR COMMAND...
# A program says "N passed, N failed" (its last such line counts) or is one of cmocka's. What fails is shown whole.
set -u
logs=$1
shift
mkdir -p "$logs"
passed=0
failed=0
for command in "$@"; do
	name=$(printf '%s' "$command" | sed 's/ .*//; s|.*/||')
	log=$logs/$name.log
	begin=$(date +%s)
	if sh -c "$command" >"$log" 2>&1; then status=0; else status=$?; fi
	took=$(($(date +%s) - begin))
	counts=$(grep -aE '^([A-Za-z]+: )?[0-9]+ passed, [0-9]+ failed' "$log" | tail -n 1 | sed 's/^[A-Za-z]*: //')
	if [ -n "$counts" ]; then
		p=${counts%% *}
		f=$(printf '%s' "$counts" | sed 's/.*passed, \([0-9]*\) failed.*/\1/')
	else
		p=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p' "$log" | awk '{n += $1} END {print n + 0}')
		f=$(sed -n 's/^\[  FAILED  \] .*: \([0-9]*\) test.*/\1/p; s/^\[  FAILED  \] \([0-9]*\) test.*/\1/p' "$log" | awk '{n += $1} END {print n + 0}')
	fi
	# A program that ended badly failed, whatever it counted.
	if [ $status -ne 0 ] && [ "$f" -eq 0 ]; then f=1; fi
	# One that ran nothing has not passed.
	if [ "$p" -eq 0 ] && [ "$f" -eq 0 ]; then f=1; fi
	passed=$((passed + p))
	failed=$((failed + f))
	if [ "$f" -eq 0 ]; then
		echo "ok    $name ($p, ${took} s)"
	else
		echo "FAIL  $name ($f of $((p + f)), status $status): $command"
		cat "$log"
	fi
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]

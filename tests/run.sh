#!/bin/sh
# Runs test programs, two at a time (LANES=n), and adds up what they say: tests/run.sh LOGDIR COMMAND...
# A program says "N passed, N failed" (its last such line counts) or is one of cmocka's. What fails is shown whole.
set -u

# Runs the Nth command: what it says goes to its log, how it went to N.sum and N.said.
one() {
	command=$1
	name=$(printf '%s' "$command" | sed 's/^\([A-Z_]*=[^ ]* \)*//; s/ .*//; s|.*/||')
	log=$logs/$2-$name.log
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
	if [ "$f" -eq 0 ]; then
		echo "ok    $name ($p, ${took} s)" >"$logs/$2.said"
	else
		{
			echo "FAIL  $name ($f of $((p + f)), status $status): $command"
			# What passed is left to the log.
			grep -avE '^ok  |^\[ +(RUN|OK) +\]' "$log"
		} >"$logs/$2.said"
	fi
	echo "$p $f" >"$logs/$2.sum"
	cat "$logs/$2.said"
}

if [ "$1" = --one ]; then
	logs=$2
	one "$(cat "$logs/$3.command")" "$3"
	exit 0
fi
logs=$1
shift
rm -rf "$logs"
mkdir -p "$logs"
n=0
for command in "$@"; do
	n=$((n + 1))
	printf '%s' "$command" >"$logs/$n.command"
done
# Not by the shell's own "&", which would make them deaf to SIGINT.
seq 1 $n | xargs -P "${LANES:-2}" -n 1 sh "$0" --one "$logs"
cat "$logs"/*.sum | awk -v all=$n '{p += $1; f += $2; n++} END {f += all - n; print p + 0 " passed, " f + 0 " failed"; exit f > 0}'

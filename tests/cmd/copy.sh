#!/bin/sh
# Towns that lived move to PostgreSQL and back: tests/pg.sh tests/cmd/copy.sh. CITYHALL names the program, HTTP_RUN the
# runner of journeys. SEED repeats the moments at which copies are killed.
set -u
program=${CITYHALL:-build/release/cityhall}
runner=${HTTP_RUN:-$(dirname "$program")/http-run}
server=$CITYHALL_TEST_PG
unset CITYHALL_TEST_PG
dir=$(mktemp -d)
seed=${SEED:-$$}
passed=0
failed=0
pids=
trap 'for pid in $pids; do kill "$pid" 2>/dev/null; done; rm -rf "$dir"' EXIT
echo "SEED=$seed"

check() { # WHAT CODE WANTED OUTPUT WORD...
	what=$1 code=$2 want=$3 output=$4 problem=
	shift 4
	[ "$code" = "$want" ] || problem="exit $code, not $want"
	for word in "$@"; do
		printf '%s' "$output" | grep -qF -- "$word" || problem="$problem; does not say \"$word\""
	done
	if [ -z "$problem" ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf 'FAIL %s: %s\n%s\n' "$what" "$problem" "$output"
	fi
}
expect() { # CODE WORD... -- COMMAND...
	want=$1 words=
	shift
	while [ "$1" != -- ]; do
		words="$words$1
"
		shift
	done
	shift
	output=$("$@" 2>&1 </dev/null)
	code=$?
	command=$*
	# Each line of $words is one word for check.
	IFS='
'
	check "$command" $code "$want" "$output" $words
	unset IFS
}
database() { # NAME: a new one; its address in $url
	psql -qX -v ON_ERROR_STOP=1 -c "create database $1" "$server" || exit 1
	url=$(printf '%s' "$server" | sed "s|/postgres?|/$1?|")
}
is_whole() { # ARGUMENTS: nothing wrong in it
	output=$("$program" store check "$@" 2>&1)
	check "store check $*" $? 0 "$output" "ok     database: whole" "ok     casefiles" "ok     files"
	if printf '%s' "$output" | grep -q WRONG; then check "store check $*" 1 0 "$output"; fi
}
files() { # FOLDER: sums of what lies in it; halves left by a kill lie in tmp until the sweep
	(cd "$1" && find . -path ./tmp -prune -o -type f -print | sort | xargs sha256sum)
}
# Pseudo-random milliseconds below $1.
random() {
	seed=$(((seed * 1103515245 + 12345) % 2147483648))
	ms=$((seed / 65536 % $1))
}
# Kills copies at moments that grow until one is quicker. FROM TO DATA
copy_killed() {
	kills=0
	while :; do
		"$program" store copy "$1" "$2" --notice 0 --data "$3" >"$dir/copy.out" 2>&1 &
		pid=$!
		random $((50 + kills * 40))
		sleep "$(printf '%d.%03d' $((ms / 1000)) $((ms % 1000)))"
		kill -KILL "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
		code=$?
		[ $code -eq 137 ] || break
		kills=$((kills + 1))
	done
	check "copy $1 $2 after $kills kills" $code 0 "$(cat "$dir/copy.out")"
	expect 0 "Done before" -- "$program" store copy "$1" "$2" --notice 0 --data "$3"
	echo "$kills kills"
}

# --- A town with submissions, papers, corrections and letters, left by a journey
mkdir "$dir/keep"
TMPDIR="$dir/keep" KEEP=1 CITYHALL="$program" "$runner" tests/http/cases.hall >"$dir/journey.log" 2>&1 || cat "$dir/journey.log"
town=$(ls -d "$dir"/keep/hall-*/data | head -n 1)
[ -f "$town/cityhall.db" ] || { echo "no town was left"; exit 1; }
is_whole --data "$town"

# --- To PostgreSQL and back, killed again and again
database there
there=$url
copy_killed "$town" "$there" "$town"
is_whole --data "$town" --store "$there"
cp -r "$town" "$dir/back"
rm -rf "$dir/back/cityhall.db" "$dir/back/cityhall.db-wal" "$dir/back/cityhall.db-shm" "$dir/back/blobs"
copy_killed "$there" "$dir/back" "$town"
is_whole --data "$dir/back"
files "$town/blobs" >"$dir/files.before"
files "$dir/back/blobs" >"$dir/files.after"
check "files" "$(cmp "$dir/files.before" "$dir/files.after" >/dev/null; echo $?)" 0 "the files are other ones"
check "files" "$([ -s "$dir/files.before" ]; echo $?)" 0 "there were none"

# What came back, as it is before anybody serves it: a process that serves writes by its own clock
cp -r "$dir/back" "$dir/still"

# --- What is refused
database elsewhere
expect 2 "was moved" -- "$program" store copy "$town" "$url" --notice 0
expect 2 "was moved to" -- "$program" serve --data "$town" --listen 127.0.0.1:0 --log error
expect 2 "was moved to" -- "$program" serve --data "$town" --store "$there" --listen 127.0.0.1:0 --log error
expect 2 "no cityhall.db" -- "$program" store copy "$dir/nothing" "$url"
expect 2 "usage" -- "$program" store copy "$town"
expect 2 "not empty" -- "$program" store copy "$dir/back" "$there" --notice 0
expect 2 "goes on there" -- "$program" store copy --abort "$town"
expect 0 "--even-moved" "store copy FROM TO" -- "$program" store --help

# --- Under a process that serves: notice, 503, and open again when it is given up
"$program" serve --data "$dir/back" --listen 127.0.0.1:0 --log info >"$dir/serve.out" 2>"$dir/serve.log" &
serving=$!
pids=$serving
for _ in $(seq 600); do
	grep -q '"event":"serving"' "$dir/serve.log" && break
	sleep 0.05
done
port=$(sed -n 's/.*"event":"serving","port":\([0-9]*\).*/\1/p' "$dir/serve.log")
home=http://localhost:$port
sign_in() { # in $code what came
	rm -f "$dir/jar"
	token=$(curl -s -c "$dir/jar" "$home/sign-in" | sed -n 's/.*name="csrf" value="\([^"]*\)".*/\1/p' | head -n 1)
	code=$(curl -s -b "$dir/jar" -c "$dir/jar" -D "$dir/head" -o "$dir/page" -w '%{http_code}' -H "Origin: $home" --data-urlencode "csrf=$token" \
		--data-urlencode email=resident@demo.example --data-urlencode password=linden-tree-by-the-door "$home/sign-in")
}
until_page() { # WORD: within 30 s
	for _ in $(seq 600); do
		curl -s "$home/" | grep -qF -- "$1" && { passed=$((passed + 1)); return; }
		sleep 0.05
	done
	check "the notice" 1 0 "$(curl -s "$home/")" "$1"
}
sign_in
check "sign in before" "$code" 303 ""
"$program" store copy "$dir/back" "$url" --notice 600 --until "14:30" >"$dir/copy.out" 2>&1 &
pid=$!
pids="$pids $pid"
until_page "sending is closed until 14:30"
sign_in
check "sign in meanwhile" "$code" 503 "$(cat "$dir/head" "$dir/page")" "Retry-After: 60" "The city hall is moving"
kill -INT "$pid"
wait "$pid"
check "stopped by Ctrl-C" $? 1 "$(cat "$dir/copy.out")" "run the same command again"
expect 0 "is open again" -- "$program" store copy --abort "$dir/back"
for _ in $(seq 600); do
	sign_in
	[ "$code" = 303 ] && break
	sleep 0.05
done
check "sign in when it was given up" "$code" 303 ""
kill -TERM "$serving"
wait "$serving"
check "the server's end" $? 0 "$(tail -n 5 "$dir/serve.log")"
expect 2 "not whole yet" -- "$program" serve --data "$dir/back" --store "$url" --listen 127.0.0.1:0 --log error

# --- Once more to PostgreSQL: what went through both engines is what it was, as PostgreSQL itself sees it
database again
expect 0 "compared" -- "$program" store copy "$dir/still" "$url" --notice 0
rows() {
	psql -qX -v ON_ERROR_STOP=1 -c "copy (select * from $1 order by 1, 2, 3) to stdout" "$2" | sha256sum
}
for table in casefile event event_payload event_log operation decision correction file draft access_record queue receipt_lookup; do
	check "table $table" "$([ "$(rows $table "$there")" = "$(rows $table "$url")" ]; echo $?)" 0 "its rows are other ones"
done
check "casefiles" "$([ "$(rows casefile "$there")" != "$(rows correction "$there")" ]; echo $?)" 0 "nothing was compared"

# --- What is typed at the wrong moment is kept
database moving
sed "s|TO\"|$url\"|" tests/cmd/moving.hall >"$dir/moving.hall"
output=$(TMPDIR=$dir CITYHALL="$program" "$runner" "$dir/moving.hall" 2>&1)
check "moving.hall" $? 0 "$output" " 0 failed"

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]

#!/bin/sh
# The sub-commands as an operator meets them: what they say and how they end. CITYHALL names the program.
set -u
program=${CITYHALL:-build/release/cityhall}
dir=$(mktemp -d)
passed=0
failed=0
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$dir"' EXIT

# expect CODE WORDS... -- COMMAND...: the exit code, and each word somewhere in what it prints.
expect() {
	want=$1
	shift
	words=
	while [ "$1" != -- ]; do
		words="$words$1
"
		shift
	done
	shift
	output=$("$@" 2>&1 </dev/null)
	check "$want" "$?" "$words" "$output" "$*"
}
check() {
	problem=
	[ "$1" = "$2" ] || problem="exit $2, not $1"
	while IFS= read -r word; do
		[ -z "$word" ] || printf '%s' "$4" | grep -qF -- "$word" || problem="$problem; does not say \"$word\""
	done <<-END
	$3
	END
	if [ -z "$problem" ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf 'FAIL %s: %s\n%s\n' "$5" "$problem" "$4"
	fi
}
serve() {
	"$program" serve --data "$1" --listen 127.0.0.1:0 --log info >"$dir/serve.out" 2>"$dir/serve.log" &
	server=$!
	for _ in $(seq 600); do
		grep -q '"event":"serving"' "$dir/serve.log" && return
		kill -0 "$server" 2>/dev/null || break
		sleep 0.05
	done
	cat "$dir/serve.log"
}
stop() {
	kill -TERM "$server"
	wait "$server"
	code=$?
	server=
	return $code
}

# --- Words
expect 0 "usage: cityhall COMMAND" -- "$program" --help
expect 2 "there is no command" "usage" -- "$program" dance
expect 0 "cityhall 0" -- "$program" version
for command in serve init check account audit backup doctor store clock version; do
	expect 0 "usage: cityhall $command" -- "$program" "$command" --help
done

expect 0 "### casefile" "Placed by \`party\`" -- "$program" store doc
expect 0 "create table casefile" -- "$program" store schema
expect 2 "usage: cityhall store" -- "$program" store dance


# --- Calendars
"$program" pack calendar export packs/demo/calendars/cn.yaml >"$dir/cn.ics"
expect 0 "from: 2026-02-15" "day: 2026-02-14" "usual: 9:00-12:00, 13:30-17:30" -- "$program" pack calendar import "$dir/cn.ics"
printf 'BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nDTSTART:20260501\nRRULE:FREQ=YEARLY\nSUMMARY:May Day\nEND:VEVENT\nEND:VCALENDAR\n' >"$dir/may.ics"
expect 0 "id: may" "day: 2027-05-01" 'en: "May Day"' -- "$program" pack calendar import "$dir/may.ics" --zone Europe/Berlin --years 2026-2027
expect 1 "names no time zone" -- "$program" pack calendar import "$dir/may.ics"
expect 2 "pack calendar takes import FILE.ics or export FILE.yaml" -- "$program" pack calendar
printf 'BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nDTSTART:20260231\n' >"$dir/wrong.ics"
expect 1 "line 4: " "is no date" -- "$program" pack calendar import "$dir/wrong.ics" --zone Europe/Berlin

# --- Making and refusing to make again
expect 2 "say what is made" -- "$program" init --data "$dir/none"
expect 0 "is ready in" -- "$program" init --demo --data "$dir/city"
expect 2 "not empty" -- "$program" init --demo --data "$dir/city"
expect 1 "cannot read" "packs/none" -- "$program" check packs/none
expect 0 "no mistakes" -- "$program" check packs/demo
output=$(printf 'a password that is long\n' | "$program" init --name Eastmere --domain eastmere.example --admin head@eastmere.example \
	--zone Europe/Lisbon --pack packs/demo --data "$dir/east" 2>&1)
check 0 $? "Eastmere is ready" "$output" "init with a first administrator"
expect 0 "head@eastmere.example" "administrator at" -- "$program" account list --data "$dir/east"
expect 1 "only a demo" -- "$program" clock +1d --data "$dir/east"

# --- Settings
expect 0 "listen = 127.0.0.1:8099" "readers = 8" -- "$program" serve --check --data "$dir/city" --port 8099
echo 'colour = green' >"$dir/city/cityhall.conf"
expect 2 "cityhall.conf:1" "colour" -- "$program" serve --check --data "$dir/city"
echo 'readers = many' >"$dir/city/cityhall.conf"
expect 2 "whole number from 1 to 64" -- "$program" serve --check --data "$dir/city"
echo 'readers = 4' >"$dir/city/cityhall.conf"
expect 0 "readers = 4" -- "$program" serve --check --data "$dir/city"
expect 2 "there is no setting" -- env CITYHALL_COLOUR=green "$program" serve --check --data "$dir/city"
expect 2 "0.0.0.0" -- "$program" serve --data "$dir/city" --listen 0.0.0.0:8099
expect 2 "no data folder" -- "$program" serve --data "$dir/nowhere"

# --- Accounts, time, record, backup: beside a server and alone
beside_or_alone() {
	expect 0 "official@demo.example" "official at work-and-social-security" -- "$program" account list --data "$dir/city"
	expect 0 -- "$program" account role resident@demo.example official work-and-social-security grant --data "$dir/city"
	expect 0 "Amara Quill <resident@demo.example>, official at" -- "$program" account list --data "$dir/city"
	expect 0 -- "$program" account role resident@demo.example official work-and-social-security revoke --data "$dir/city"
	expect 1 "no institution" -- "$program" account role resident@demo.example official moon grant --data "$dir/city"
	expect 1 -- "$program" account disable nobody@demo.example --data "$dir/city"
	expect 0 "20" -- "$program" clock +1h --data "$dir/city"
	expect 2 "such as +3d" -- "$program" clock 3d --data "$dir/city"
	expect 0 "nothing was changed" -- "$program" audit verify --data "$dir/city"
	expect 0 "ok     database: whole" "ok     read models: 46 rows" "named by no row" -- "$program" store check --data "$dir/city"
	expect 0 "ok     data folder" -- "$program" doctor --data "$dir/city"
	output=$(printf 'a long passphrase\n' | "$program" backup "$dir/backup-$1" --keys "$dir/keys-$1" --data "$dir/city" 2>&1)
	check 0 $? "read back" "$output" "backup $1"
}
serve "$dir/city"
beside_or_alone beside
expect 2 "serve" -- "$program" serve --data "$dir/city" --listen 127.0.0.1:0
if stop; then check 0 0 "" "" stop; else check 0 1 "" "$(cat "$dir/serve.log")" "stop"; fi
beside_or_alone alone

output=$(printf 'a long passphrase\n' | "$program" backup "$dir/backup-beside" --keys "$dir/keys-beside" --restore --data "$dir/again" 2>&1)
check 0 $? "restored" "$output" "restore"
expect 0 "resident@demo.example" -- "$program" account list --data "$dir/again"
expect 0 "database is whole" -- "$program" doctor --data "$dir/again"
output=$(printf 'another passphrase\n' | "$program" backup "$dir/backup-beside" --keys "$dir/keys-beside" --restore --data "$dir/wrong" 2>&1)
check 1 $? "passphrase is wrong" "$output" "restore with a wrong passphrase"
printf x | dd of="$dir/backup-alone/cityhall.db" bs=1 seek=5000 conv=notrunc 2>/dev/null
output=$(printf 'a long passphrase\n' | "$program" backup "$dir/backup-alone" --keys "$dir/keys-alone" --restore --data "$dir/bad" 2>&1)
check 1 $? "do not rely on this backup" "$output" "restore of a changed backup"

# --- The brain's networks
expect 0 "4 links" "signal J: 5 groups, 2 stages" -- "$program" brain check tests/fuzz/corpus/net/crossroads
expect 1 "text stands outside of the root element" -- "$program" brain check Makefile
expect 2 "is the name of a controller, not" -- "$program" brain run tests/fuzz/corpus/net/crossroads --controller crystal-ball

# Before and after: eight days each, delay falls by 6 s a vehicle, throughput stays.
awk 'BEGIN {
	print "quarter,link,seconds,cars_s,halting_s,stops,passed,delay_s,waiting_s,by_brain_s"
	for (day = 0; day < 16; day++) for (q = 28; q < 76; q++) {
		noise = ((day * 7919 + q * 104729) % 101 - 50) / 25
		delay = 100 * (20 + noise + (day < 8 ? 0 : -6))
		printf "%d,,900,4000,2000,90,100,%.1f,300,%d\n", day * 96 + q, delay, day < 8 ? 0 : 900
		printf "%d,west,900,4000,2000,90,100,%.1f,0,0\n", day * 96 + q, delay
	}
}' >"$dir/rows.csv"
crossroads=tests/fuzz/corpus/net/crossroads
expect 0 "8 days before, 8 after" "better" "1 of 1 links show a difference" "link west" -- "$program" brain compare $crossroads \
	--before "$dir/rows.csv@0-691200" --after "$dir/rows.csv@691200-1382400" --rows "$dir/both.csv"
expect 0 "delay of a vehicle on a link, s        19.99" "no difference shown" "0 of 1 links" -- "$program" brain compare \
	$crossroads --before "$dir/both.csv@0-345600" --after "$dir/rows.csv@345600-691200"
expect 0 "too little was seen" -- "$program" brain compare $crossroads --before "$dir/rows.csv@0-1" --after "$dir/rows.csv"
expect 1 "journal" -- "$program" brain compare $crossroads --before "$dir/may.ics" --after "$dir/rows.csv"
expect 2 "FILE@FROM-TO" -- "$program" brain compare $crossroads --before "$dir/rows.csv@9" --after "$dir/rows.csv"
expect 1 "is no journal of this version" -- "$program" brain replay $crossroads --journal "$dir/may.ics"
expect 2 "takes --routes FILE, or --counts" -- "$program" brain what-if $crossroads
expect 2 "names no controller" -- "$program" brain what-if $crossroads --routes x --a legal
expect 1 "made of a journal, not of rows" -- "$program" brain what-if $crossroads --counts "$dir/rows.csv"
expect 0 "brain what-if NET" "brain compare NET" -- "$program" brain --help

# --- Bad days at the start
printf 'this is no database, whatever it says' | dd of="$dir/again/cityhall.db" bs=1 conv=notrunc 2>/dev/null
expect 2 "damaged or no database" -- "$program" serve --data "$dir/again" --listen 127.0.0.1:0 --log error
expect 1 "WRONG  database opens" -- "$program" doctor --data "$dir/again"
chmod 644 "$dir/city/keys/master"
expect 2 "chmod go-rwx" -- "$program" serve --data "$dir/city" --listen 127.0.0.1:0 --log error
chmod 600 "$dir/city/keys/master"
if [ "$(id -u)" = 0 ]; then
	chmod 755 "$dir" "$dir/city"
	expect 2 "cannot be read and written" -- setpriv --reuid=65534 --regid=65534 --clear-groups "$program" serve --data "$dir/city"
	chmod 700 "$dir/city"
fi

# --- The unit, with this program in the place of the installed one
if command -v systemd-analyze >/dev/null; then
	sed "s|/usr/local/bin/cityhall|$(realpath "$program")|" deploy/systemd/cityhall.service >"$dir/cityhall.service"
	expect 0 -- systemd-analyze verify --man=no "$dir/cityhall.service"
fi

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]

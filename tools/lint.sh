#!/bin/sh
# Layers, rooms, formatting, banned calls, headers that compile alone, translations, figures. Says all, not only the first.
#   tools/lint.sh BUILD   (the folder that the generated headers and the libraries of the sanitizer build lie in)
set -u
cd "$(dirname "$0")/.."
build=$1
bad=0
complain() {
	echo "lint: $*"
	bad=$((bad + 1))
}
clang_format=$(command -v clang-format-14 || command -v clang-format)

# Layout.
for file in $(git ls-files 'src/*.[ch]' 'tools/*.c' 'tests/*.[ch]'); do
	$clang_format --dry-run -Werror "$file" 2>/dev/null || complain "$file: run $clang_format -i on it"
done

# A layer includes itself and those below. "brain", "render" and "post" stand on base and os. What the brain and the portal
# say to each other stands in two headers on base alone, which "app" may include too.
below() {
	case $1 in
	base) echo base ;;
	os) echo "os base" ;;
	store) echo "store os base" ;;
	http) echo "http os base" ;;
	html) echo "html os base" ;;
	rules | process) echo "$1 base" ;;
	app) echo "app rules process html http store os base" ;;
	cmd) echo "cmd app rules process html http store brain os base" ;;
	render | brain | post) echo "$1 os base" ;;
	*) echo "" ;;
	esac
}
for layer in $(ls src); do
	allowed=$(below "$layer")
	grep -rnoE '^#include "[a-z]+/' "src/$layer" --include='*.[ch]' --include='*.html' 2>/dev/null |
		sed 's/:[0-9]*:#include "/ /; s|/$||' | sort -u | while read -r file used; do
		[ "$layer/$used" = app/brain ] && ! grep -E '^#include "brain/' "$file" | grep -qvE '"brain/(frame|orders)\.h"' && continue
		case " $allowed " in
		*" $used "*) ;;
		*) echo "lint: $file includes $used/, which is above src/$layer" ;;
		esac
	done
done >"$build/lint.layers"

# Among the rooms the order is the one of rooms.h.
order=$(sed -n 's/^ \* \(.* < .*\)$/\1/p' src/app/rooms.h | tr -d '<' | tr '\n' ' ')
for room in $order; do
	[ -d "src/app/$room" ] || complain "src/app/rooms.h names the room $room, which is not there"
done
for folder in src/app/*/; do
	room=$(basename "$folder")
	case " $order " in *" $room "*) ;; *) complain "src/app/rooms.h does not name the room $room" ;; esac
	earlier=
	for other in $order; do
		earlier="$earlier $other"
		[ "$other" = "$room" ] && break
	done
	grep -rhoE '#?include "app/[a-z_]+/[a-z_.]+' "$folder" | sed 's/.*"app\///' | sort -u | while read -r header; do
		other=${header%%/*}
		case " $earlier " in
		*" $other "*) ;;
		*) echo "lint: room $room includes $header, but it comes before $other in src/app/rooms.h" ;;
		esac
		case $header in
		"$room"/*) ;;
		*.sql.h | *.sql | *.html.h | *.html) echo "lint: room $room reaches into $header: use the room's own header" ;;
		esac
	done
done >"$build/lint.rooms"
for list in "$build/lint.layers" "$build/lint.rooms"; do
	if [ -s "$list" ]; then
		cat "$list"
		bad=$((bad + $(wc -l <"$list")))
	fi
done

# One library a file.
only() {
	for file in $(grep -rlE "#include <($2)" src --include='*.[ch]'); do
		case " $1 " in *" $file "*) ;; *) complain "$file includes $2, which only $1 may know" ;; esac
	done
}
# What is specific to an engine stands in its files; the router of the tests is made of SQLite's.
for file in $(grep -rlE '#include "store/(sqlite|postgres)\.h"' src --include='*.[ch]'); do
	case $file in
	src/store/sqlite*.[ch] | src/store/postgres*.c | src/store/router.c) ;;
	*) complain "$file includes an engine's inside, which only src/store/sqlite*.c and postgres*.c may know" ;;
	esac
done
only "src/http/mhd.c" "microhttpd\.h"
only "src/brain/mqtt.c" "mosquitto\.h"
only "src/brain/ntcip_inside.h" "net-snmp/.*"
only "src/store/sqlite.h" "sqlite3\.h"
only "src/store/postgres.h" "postgresql/libpq-fe\.h"
for file in $(grep -rlE '#include <(vips|cairo|pango|qrencode|poppler)' src --include='*.[ch]'); do
	case $file in src/render/*) ;; *) complain "$file: pictures and documents are made in src/render only" ;; esac
done
for file in $(grep -rlE '#include <curl/' src --include='*.[ch]'); do
	case $file in src/post/*) ;; *) complain "$file: other machines are reached by src/post only" ;; esac
done

# Calls that we do not make.
banned='strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|atof|gets|gmtime|localtime|mktime|system|popen|alloca|strncpy'
grep -rnE "(^|[^a-z_0-9>.])($banned)\(" src tools --include='*.[ch]' >"$build/lint.banned" && {
	cat "$build/lint.banned"
	complain "calls that src/ does not make"
}
grep -rnE '(^|[^a-z_])(malloc|calloc|realloc|free)\(' src --include='*.[ch]' | grep -vE '^src/(base/fault\.c|render/|base/json\.c|base/yaml\.c)' >"$build/lint.alloc" && {
	cat "$build/lint.alloc"
	complain "allocations that no fault can reach: use mem_alloc, mem_resize, mem_free or an arena"
}
grep -rnE '"(select|insert into|update|delete from) ' src --include='*.c' | grep -vE '^src/(store/(sqlite|postgres)[a-z_]*|cmd/store_text)\.c' >"$build/lint.sql" && {
	cat "$build/lint.sql"
	complain "SQL stands in .sql files"
}

# A header compiles alone.
for header in $(git ls-files 'src/*.h' | grep -v '^src/render/'); do
	gcc -std=gnu17 -D_GNU_SOURCE -Isrc "-I$build/gen" -fsyntax-only -Wall -x c "$header" 2>"$build/lint.header" ||
		{ cat "$build/lint.header"; complain "$header does not compile alone"; }
done

# Translations are whole, and know every sentence.
make -s --no-print-directory check-po "B=$build" 2>"$build/lint.po" || { cat "$build/lint.po"; complain "translations"; }

# The tables as people read them.
"$build/cityhall" store doc | cmp -s - docs/store.md || complain "docs/store.md is not up to date: $build/cityhall store doc >docs/store.md"

# The repository speaks of the product alone.
git grep -nE '/work/(main|shared|\.library)|\.\./shared' -- . ':!tools/lint.sh' && complain "a path of somebody's machine"

# Files that want to be two.
git ls-files 'src/*.[ch]' | xargs wc -l | awk '$2 != "total" && $1 > 1000 {print "lint: " $2 " has " $1 " lines: it wants to be two"; n++} END {exit n > 0}' ||
	bad=$((bad + 1))

if command -v cppcheck >/dev/null 2>&1; then
	cppcheck -q --std=c11 --error-exitcode=1 --enable=warning,portability --inline-suppr -Isrc "-I$build/gen" \
		--suppress=missingIncludeSystem --suppress=unknownMacro --suppress=readdirCalled --suppress=autoVariables \
		--library=posix -j2 --cppcheck-build-dir="$build/cppcheck" $(ls -d src/*/ | grep -v gen) 2>"$build/lint.cppcheck" ||
		{ cat "$build/lint.cppcheck"; complain "cppcheck"; }
fi
if [ $bad -eq 0 ]; then
	echo "1 passed, 0 failed"
else
	echo "0 passed, 1 failed"
	exit 1
fi

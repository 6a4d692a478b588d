#!/bin/sh
# Installs what packages.debian lists for the parts named ("run", "test") and is not there yet.
set -eu
cd "$(dirname "$0")/.."
missing=
for part in "$@"; do
	for package in $(sed -n "s/^$part: //p" packages.debian); do
		status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
		[ "$status" = installed ] || missing="$missing $package"
	done
done
if [ "${1:-}" = node ]; then
	command -v node >/dev/null 2>&1 || missing="$missing nodejs"
	command -v npm >/dev/null 2>&1 || missing="$missing npm"
fi
[ -n "$missing" ] || exit 0
as_root=
if [ "$(id -u)" != 0 ]; then
	if ! command -v sudo >/dev/null 2>&1; then
		echo "These Debian packages are missing:$missing" >&2
		echo "Install them as root: apt-get install$missing" >&2
		exit 1
	fi
	as_root=sudo
fi
echo "Installing:$missing" >&2
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -q >&2
# Only smtp-sink is wanted of it: no mail system is set up.
case $missing in *postfix*) echo "postfix postfix/main_mailer_type select No configuration" | $as_root debconf-set-selections ;; esac
# shellcheck disable=SC2086
$as_root apt-get install -q -y --no-install-recommends $missing >&2

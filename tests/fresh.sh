#!/bin/sh
# Runs both commands of the README as a newcomer on a bare Debian 12: a debootstrap folder, the committed tree, nothing else.
# Needs root and a Debian mirror (MIRROR=...). `make fresh`; not part of CI.
set -eu
cd "$(dirname "$0")/.."
[ "$(id -u)" = 0 ] || { echo "make fresh needs root: it makes a Debian in a folder and enters it" >&2; exit 1; }
command -v debootstrap >/dev/null || apt-get install -q -y --no-install-recommends debootstrap
root=${FRESH_ROOT:-build/fresh}
mirror=${MIRROR:-$(sed -n 's/^deb \(\[[^]]*\] \)\{0,1\}\(http[^ ]*\) .*/\2/p; s/^URIs: *//p' /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | head -n 1)}
mirror=${mirror:-http://deb.debian.org/debian}
cleanup() {
	umount "$root/proc" 2>/dev/null || true
	umount -R "$root/dev" 2>/dev/null || true
}
trap cleanup EXIT
if [ ! -e "$root/etc/debian_version" ]; then
	mkdir -p "$root"
	debootstrap --variant=minbase bookworm "$root" "$mirror"
fi
# The machine's own way to packages: mirror, proxy, certificates, registry of npm.
for file in /etc/apt/sources.list /etc/apt/sources.list.d /etc/apt/apt.conf.d /etc/resolv.conf /etc/hosts /etc/ssl/certs /usr/local/share/ca-certificates /etc/npmrc "$HOME/.npmrc"; do
	[ -e "$file" ] && mkdir -p "$root$(dirname "$file")" && cp -a "$file" "$root$(dirname "$file")/" || true
done
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev" && mount --make-rslave "$root/dev"
rm -rf "$root/home/cityhall" && mkdir -p "$root/home/cityhall"
git archive HEAD | tar -x -C "$root/home/cityhall"
inside() {
	chroot "$root" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 ${http_proxy:+http_proxy="$http_proxy"} \
		${https_proxy:+https_proxy="$https_proxy"} sh -ec "cd /home/cityhall; $1"
}
echo "== ./run on a bare Debian"
inside './run --port 18080 >run.log 2>&1 & pid=$!
	n=0
	until grep -q "Ctrl-C stops it" run.log; do
		n=$((n + 1)); [ $n -lt 1800 ] || { cat run.log; exit 1; }
		kill -0 $pid 2>/dev/null || { cat run.log; exit 1; }
		sleep 1
	done
	grep -A8 "Demo accounts" run.log
	perl -MIO::Socket::INET -e "my \$s = IO::Socket::INET->new(PeerAddr => q(127.0.0.1:18080)) or die; print \$s qq(GET / HTTP/1.1\r\nHost: localhost:18080\r\nConnection: close\r\n\r\n); my \$l = <\$s>; print \$l; exit(\$l =~ / 200 / ? 0 : 1)"
	kill -INT $pid; wait $pid'
echo "== ./test on a bare Debian"
inside ./test

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# stress-ppc64el.sh [--update] OUT: programs of Debian's ppc64el packages for test/guest/stress.py: compiler, Python with
# its tests, OpenSSL, stress-ng, dmesg.
#   OUT/programs.cpio is the result, an archive to stand before the initramfs of debian-ppc64el.sh.
# The packages stay in OUT/debs: nothing is fetched again unless --update asks for it.
# needs: python3 apt dpkg xz-utils binutils, a Debian mirror (that of the host's own apt sources)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
update=no
[ "${1:-}" != --update ] || { update=yes; shift; }
out=$(realpath -m "${1:?usage: stress-ppc64el.sh [--update] OUT}")
die() { echo "stress-ppc64el.sh: $*" >&2; exit 1; }
packages="python3 libpython3.11-testsuite gcc libc6-dev openssl stress-ng util-linux"

mkdir -p "$out"
# one at a time: parallel test runs share the cache
exec 9>"$out/.lock"
flock 9

fetch() {
	local conf
	conf=$(python3 "$here/debian-apt.py" "$out/apt" ppc64el)
	# an index that fails its checks is ignored by apt; what matters is that the packages are found in the others
	apt-get -q -c "$conf" update >"$out/apt/update.log" 2>&1 ||
		echo "stress-ppc64el.sh: note: not every package index could be used, see $out/apt/update.log" >&2
	# apt believes that nothing is installed, so this names all that the packages need
	# shellcheck disable=SC2086
	apt-get -qq -y -c "$conf" --no-install-recommends --download-only install $packages >"$out/apt/install.log" 2>&1 ||
		die "packages could not be downloaded, see $out/apt/install.log"
	rm -rf "$out/debs"
	mkdir "$out/debs"
	mv "$out"/apt/archives/*.deb "$out/debs"
}

unpack() {
	rm -rf "$out/root"
	mkdir "$out/root"
	for deb in "$out"/debs/*.deb; do
		dpkg-deb --fsys-tarfile "$deb" | tar -C "$out/root" -x --keep-directory-symlink
	done
}

if [ $update = yes ] || [ ! -d "$out/debs" ]; then
	fetch
	rm -rf "$out/root"
fi
inputs=$({ cat "$here"/{mkcpio.py,stress-files.py,stress-ppc64el.sh}; ls "$out/debs"; } | sha256sum)
if [ ! -e "$out/programs.cpio" ] || [ "$inputs" != "$(cat "$out/.inputs" 2>/dev/null)" ]; then
	[ -d "$out/root" ] || unpack
	python3 "$here/stress-files.py" "$out/root" >"$out/list"
	python3 "$here/mkcpio.py" "$out/programs.gz" <"$out/list"
	# not compressed: the guest would take longer to unpack it than to use it
	gzip -dc "$out/programs.gz" >"$out/programs.new"
	rm "$out/programs.gz"
	mv "$out/programs.new" "$out/programs.cpio"
	echo "$inputs" >"$out/.inputs"
fi

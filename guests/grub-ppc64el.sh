#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# grub-ppc64el.sh [--update] OUT: Debian's GRUB for Open Firmware (package grub-ieee1275-bin of ppc64el).
#   OUT/powerpc-ieee1275 is the result: its kernel and modules, from which grub-mkimage makes what firmware loads.
# The package stays in OUT/debs: nothing is fetched again unless --update asks for it.
# needs: python3 apt dpkg xz-utils, a Debian mirror (that of the host's own apt sources)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
update=no
[ "${1:-}" != --update ] || { update=yes; shift; }
out=$(realpath -m "${1:?usage: grub-ppc64el.sh [--update] OUT}")
die() { echo "grub-ppc64el.sh: $*" >&2; exit 1; }

mkdir -p "$out/debs"
# one at a time: parallel test runs share the cache
exec 9>"$out/.lock"
flock 9

fetch() {
	local conf
	conf=$(python3 "$here/debian-apt.py" "$out/apt" ppc64el)
	# an index that fails its checks is ignored by apt; what matters is that the package is found in the others
	apt-get -q -c "$conf" update >"$out/apt/update.log" 2>&1 ||
		echo "grub-ppc64el.sh: note: not every package index could be used, see $out/apt/update.log" >&2
	rm -rf "$out/debs.new"
	mkdir "$out/debs.new"
	(cd "$out/debs.new" && apt-get -qq -c "$conf" download grub-ieee1275-bin >&2) ||
		die "the package could not be downloaded"
	rm -rf "$out/debs" "$out/powerpc-ieee1275"
	mv "$out/debs.new" "$out/debs"
}

[ $update = no ] && compgen -G "$out/debs/*.deb" >/dev/null || fetch
[ ! -e "$out/powerpc-ieee1275/kernel.img" ] || exit 0
rm -rf "$out/root"
dpkg-deb -x "$out"/debs/grub-ieee1275-bin_*.deb "$out/root"
mv "$out/root/usr/lib/grub/powerpc-ieee1275" "$out/powerpc-ieee1275"
rm -rf "$out/root"

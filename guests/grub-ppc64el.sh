#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# grub-ppc64el.sh [--update] OUT: Debian's GRUB for Open Firmware (package grub-ieee1275-bin of ppc64el).
#   OUT/powerpc-ieee1275 is the result: its kernel and modules, from which grub-mkimage makes what firmware loads.
# The package stays in OUT/debs: nothing is fetched again unless --update asks for it.
# needs: python3 apt dpkg xz-utils, a Debian mirror (that of the host's own apt sources)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=guests/common.sh
. "$here/common.sh"
update=no
[ "${1:-}" != --update ] || { update=yes; shift; }
out=$(realpath -m "${1:?usage: grub-ppc64el.sh [--update] OUT}")

lock "$out/.lock"

fetch() {
	apt_begin "$out/apt"
	apt_download "$out/debs" grub-ieee1275-bin
	rm -rf "$out/powerpc-ieee1275"
}

[ $update = no ] && have "$out/debs/*.deb" || fetch
[ ! -e "$out/powerpc-ieee1275/kernel.img" ] || exit 0
rm -rf "$out/root"
dpkg-deb -x "$out"/debs/grub-ieee1275-bin_*.deb "$out/root"
mv "$out/root/usr/lib/grub/powerpc-ieee1275" "$out/powerpc-ieee1275"
rm -rf "$out/root"

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# stress-ppc64el.sh [--update] OUT: programs of Debian's ppc64el packages for test/guest/stress.py: compiler, Python with
# its tests, OpenSSL, stress-ng, dmesg.
#   OUT/programs.cpio is the result, an archive to stand before the initramfs of debian-ppc64el.sh.
# The packages stay in OUT/debs: nothing is fetched again unless --update asks for it.
# needs: python3 apt dpkg xz-utils binutils, a Debian mirror (that of the host's own apt sources)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=guests/common.sh
. "$here/common.sh"
update=no
[ "${1:-}" != --update ] || { update=yes; shift; }
out=$(realpath -m "${1:?usage: stress-ppc64el.sh [--update] OUT}")
packages=(python3 libpython3.11-testsuite gcc libc6-dev openssl stress-ng util-linux)

lock "$out/.lock"

fetch() {
	apt_begin "$out/apt"
	apt_download_needed "$out/debs" "${packages[@]}"
	rm -rf "$out/root"
}

if [ $update = yes ] || [ ! -d "$out/debs" ]; then
	fetch
fi
inputs=$({ cat "$here"/{mkcpio.py,stress-files.py,stress-ppc64el.sh}; ls "$out/debs"; } | sha256sum)
if [ ! -e "$out/programs.cpio" ] || [ "$inputs" != "$(cat "$out/.inputs" 2>/dev/null)" ]; then
	[ -d "$out/root" ] || unpack_all "$out/debs" "$out/root"
	python3 "$here/stress-files.py" "$out/root" >"$out/list"
	python3 "$here/mkcpio.py" "$out/programs.gz" <"$out/list"
	# not compressed: the guest would take longer to unpack it than to use it
	gzip -dc "$out/programs.gz" >"$out/programs.new"
	rm "$out/programs.gz"
	mv "$out/programs.new" "$out/programs.cpio"
	echo "$inputs" >"$out/.inputs"
fi

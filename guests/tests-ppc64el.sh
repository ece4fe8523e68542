#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# tests-ppc64el.sh DEBIAN OUT: the guest of debian-ppc64el.sh in folder DEBIAN with test programs in /bin.
#   OUT/vmlinux, OUT/initrd.gz are the result.
# needs: gcc-powerpc64le-linux-gnu, libc6-dev-ppc64el-cross, python3
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=guests/common.sh
. "$here/common.sh"
debian=$(realpath "${1:?usage: tests-ppc64el.sh DEBIAN OUT}")
out=$(realpath -m "${2:?usage: tests-ppc64el.sh DEBIAN OUT}")
programs=$here/../test/guest
lock "$out/.lock"

inputs=$(cat "$here"/{mkcpio.py,tests-ppc64el.sh} "$programs"/{litmus,fpstatus,rewrite,durable,diskio,vsock,xattr}.c "$debian/initrd.gz" | sha256sum)
if [ ! -e "$out/initrd.gz" ] || [ "$inputs" != "$(cat "$out/.inputs" 2>/dev/null)" ]; then
	for name in litmus fpstatus rewrite durable diskio vsock xattr; do
		powerpc64le-linux-gnu-gcc -O2 -mcpu=power8 -Wall -Wextra -static -pthread -s -o "$out/$name" \
			"$programs/$name.c"
	done
	python3 "$here/mkcpio.py" "$out/programs.gz" <<-LIST
		file bin/litmus 755 $out/litmus
		file bin/fpstatus 755 $out/fpstatus
		file bin/rewrite 755 $out/rewrite
		file bin/durable 755 $out/durable
		file bin/diskio 755 $out/diskio
		file bin/vsock 755 $out/vsock
		file bin/xattr 755 $out/xattr
	LIST
	# the kernel unpacks archives one after the other
	cat "$debian/initrd.gz" "$out/programs.gz" >"$out/initrd.new"
	mv "$out/initrd.new" "$out/initrd.gz"
	echo "$inputs" >"$out/.inputs"
fi
ln -sfn "$debian/vmlinux" "$out/vmlinux"

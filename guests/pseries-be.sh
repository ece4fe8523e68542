#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# pseries-be.sh OUT: a big-endian ppc64 kernel for pseries and an initramfs with guests/init.c.
#   OUT/vmlinux, OUT/initrd.gz are the result.
# needs: what kernel.sh needs, gcc-powerpc64-linux-gnu, libc6-dev-ppc64-cross, python3
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=guests/common.sh
. "$here/common.sh"
out=$(realpath -m "${1:?usage: pseries-be.sh OUT}")
cross=powerpc64-linux-gnu-
lock "$out/.lock"

"$here/kernel.sh" pseries_be $cross "$out"

inputs=$(cat "$here"/{init.c,mkcpio.py,pseries-be.sh} | sha256sum)
if [ ! -e "$out/initrd.gz" ] || [ "$inputs" != "$(cat "$out/.inputs" 2>/dev/null)" ]; then
	${cross}gcc -O2 -Wall -Wextra -static -pthread -s -o "$out/init" "$here/init.c" -lm
	python3 "$here/mkcpio.py" "$out/initrd.new" <<-LIST
		dir dev 755
		nod dev/console 600 c 5 1
		file init 755 $out/init
	LIST
	mv "$out/initrd.new" "$out/initrd.gz"
	echo "$inputs" >"$out/.inputs"
fi

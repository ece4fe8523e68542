#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# loads-ppc64el.sh [--update] OUT: Debian's own fio and iperf3 for the guest, of its ppc64el packages.
#   OUT/fio.gz, OUT/iperf3.gz are the result: archives to stand behind an initramfs of debian-ppc64el.sh, with the program
#   in /usr/bin and what it is linked with in /lib/powerpc64le-linux-gnu. OUT/packages names the package versions.
# Debian's fio is linked with clients of storage clusters, RDMA, and persistent memory for engines that have no use here;
# with what those need in turn they are 90 MB. In their place stands one library that defines what fio wants of them and
# ends the program when any of it is called.
# The packages stay in OUT/debs: nothing is fetched again unless --update asks for it.
# needs: python3 apt dpkg xz-utils binutils-powerpc64le-linux-gnu gcc-powerpc64le-linux-gnu, a Debian mirror (that of the
# host's own apt sources)
set -eu
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=guests/common.sh
. "$here/common.sh"
update=no
[ "${1:-}" != --update ] || { update=yes; shift; }
out=$(realpath -m "${1:?usage: loads-ppc64el.sh [--update] OUT}")
packages=(fio libaio1 libnuma1 zlib1g iperf3 libiperf0 libsctp1 libssl3 libc6)
absent="libgfapi.so.0 libibverbs.so.1 libnbd.so.0 libpmem.so.1 libpmemblk.so.1 librados.so.2 librbd.so.1 librdmacm.so.1"
folder=lib/powerpc64le-linux-gnu

lock "$out/.lock"

fetch() {
	apt_begin "$out/apt"
	apt_download "$out/debs" "${packages[@]}"
}

unpack() {
	unpack_all "$out/debs" "$out/root"
	(cd "$out/debs" && ls -- *.deb) >"$out/packages"
}

needed() { powerpc64le-linux-gnu-readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'; }
library() { find "$out/root" -path "*powerpc64le-linux-gnu/$1" | head -1; }
absent() { case " $absent " in *" $1 "*) true ;; *) false ;; esac }

# what a file is linked with, and what that is linked with
closure() {
	local all=" " todo more l path
	todo=$(needed "$1")
	while [ -n "$todo" ]; do
		more=""
		for l in $todo; do
			case "$all" in *" $l "*) continue ;; esac
			all="$all$l "
			absent "$l" && continue
			path=$(library "$l")
			[ -n "$path" ] || die "$1 needs $l, which no package has"
			more="$more $(needed "$path")"
		done
		todo=${more# }
	done
	echo "$all"
}

# the dynamic symbols that files want or have, SYMBOL@VERSION where there is one
symbols() { powerpc64le-linux-gnu-nm -D "$@" | sed -n 's/@@/@/; s/.* [A-Za-z] //p' | sort -u; }

# stand_in PROGRAM LIBRARIES: defines what the program wants and none of the libraries has
stand_in() {
	local program=$1
	shift
	symbols --defined-only "$@" >"$out/defined"
	symbols --undefined-only "$program" | grep -v '^_ITM_\|^__gmon_' | comm -23 - "$out/defined" >"$out/absent"
	sed 's/@.*//; s/.*/void &(void) { __builtin_trap(); }/' "$out/absent" >"$out/absent.c"
	sed -n 's/\(.*\)@\(.*\)/\2 { \1; };/p' "$out/absent" | sort |
		awk '{ v[$1] = v[$1] " " $3 } END { for (n in v) print n " {" v[n] " };" }' >"$out/absent.map"
	powerpc64le-linux-gnu-gcc -O2 -w -fno-builtin -shared -nostdlib -s -Wl,-soname,libabsent.so \
		-Wl,--version-script="$out/absent.map" -o "$out/libabsent.so" "$out/absent.c"
}

# NAME: OUT/NAME.gz
archive() {
	local program=$out/root/usr/bin/$1 l libraries real="" some=no
	libraries=$(closure "$program")
	for l in $libraries; do
		if absent "$l"; then some=yes; else real="$real $(library "$l")"; fi
	done
	{
		printf 'dir %s 755\n' usr usr/bin lib $folder lib64
		echo "file usr/bin/$1 755 $program"
		for l in $libraries ld64.so.2; do
			absent "$l" || echo "file $folder/$l 755 $(realpath "$(library "$l")")"
		done
		echo "slink lib64/ld64.so.2 /$folder/ld64.so.2"
		for l in $libraries; do
			! absent "$l" || echo "slink $folder/$l libabsent.so"
		done
	} | sort -u -k2,2 >"$out/$1.list"
	if [ $some = yes ]; then
		# shellcheck disable=SC2086
		stand_in "$program" $real
		echo "file $folder/libabsent.so 755 $out/libabsent.so" >>"$out/$1.list"
	fi
	python3 "$here/mkcpio.py" "$out/$1.new" <"$out/$1.list"
	mv "$out/$1.new" "$out/$1.gz"
}

if [ $update = yes ] || [ ! -d "$out/debs" ]; then
	fetch
fi
inputs=$({ cat "$here"/{mkcpio.py,loads-ppc64el.sh}; ls "$out/debs"; } | sha256sum)
if [ ! -e "$out/fio.gz" ] || [ ! -e "$out/iperf3.gz" ] || [ "$inputs" != "$(cat "$out/.inputs" 2>/dev/null)" ]; then
	unpack
	archive fio
	archive iperf3
	echo "$inputs" >"$out/.inputs"
fi

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# kernel.sh NAME CROSS OUT: OUT/vmlinux from Debian's linux-source-6.1, configured by fragments/common.cfg and
# fragments/NAME.cfg, built with the cross compiler CROSS (powerpc64-linux-gnu-).  Built again only when the
# source package, a fragment or the compiler changed.
# needs: linux-source-6.1, the cross compiler, flex bison bc libelf-dev libssl-dev xz-utils
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=guests/common.sh
. "$here/common.sh"
name=${1:?} cross=${2:?} out=$(realpath -m "${3:?}")
tar=/usr/src/linux-source-6.1.tar.xz

[ -e "$tar" ] || die "$tar is missing (package linux-source-6.1)"
mkdir -p "$out"
inputs=$({
	dpkg-query -W -f '${Version}\n' linux-source-6.1 2>/dev/null || sha256sum <"$tar"
	"${cross}gcc" --version | head -n 1
	cat "$here/fragments/common.cfg" "$here/fragments/$name.cfg"
} | sha256sum)
[ ! -e "$out/vmlinux" ] || [ "$inputs" != "$(cat "$out/.kernel-inputs" 2>/dev/null)" ] || exit 0

echo "kernel.sh: building Linux for $name, this takes some minutes (log: $out/kernel.log)" >&2
work=$out/kernel
rm -rf "$work"
mkdir -p "$work/o"
tar -C "$work" -xf "$tar"
make=(make -s -C "$work/linux-source-6.1" ARCH=powerpc CROSS_COMPILE="$cross" O="$work/o")
{
	"${make[@]}" tinyconfig
	"$work/linux-source-6.1/scripts/kconfig/merge_config.sh" -m -O "$work/o" "$work/o/.config" \
		"$here/fragments/common.cfg" "$here/fragments/$name.cfg"
	"${make[@]}" olddefconfig
	# an option of ours that Kconfig dropped would show up only as a guest without output
	grep -hE '^CONFIG' "$here/fragments/common.cfg" "$here/fragments/$name.cfg" |
		while read -r line; do
			grep -qxF "$line" "$work/o/.config" || echo "not taken: $line"
		done
	"${make[@]}" -j"$(nproc)" vmlinux
} >"$out/kernel.log" 2>&1 </dev/null || die "failed, see $out/kernel.log"
cp "$work/o/.config" "$out/config"
"${cross}strip" -o "$out/vmlinux.new" "$work/o/vmlinux"
mv "$out/vmlinux.new" "$out/vmlinux"
echo "$inputs" >"$out/.kernel-inputs"
rm -rf "$work"

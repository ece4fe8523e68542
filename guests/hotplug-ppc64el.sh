#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# hotplug-ppc64el.sh [--update] DEBIAN OUT: what a Debian needs to have devices plugged in and out on pseries: the
# kernel's modules, and the daemon and the tool that act on the platform's events, of Debian's ppc64el packages.
#   OUT/programs.gz is the result, an archive to stand behind the initramfs of debian-ppc64el.sh in folder DEBIAN.
# The packages stay in OUT/debs: nothing is fetched again unless --update asks for it.
# needs: python3 apt dpkg xz-utils, a Debian mirror (that of the host's own apt sources)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=guests/common.sh
. "$here/common.sh"
update=no
[ "${1:-}" != --update ] || { update=yes; shift; }
debian=$(realpath "${1:?usage: hotplug-ppc64el.sh [--update] DEBIAN OUT}")
out=$(realpath -m "${2:?usage: hotplug-ppc64el.sh [--update] DEBIAN OUT}")
packages=(powerpc-ibm-utils ppc64-diag librtas2 librtasevent2 libservicelog-1.1-1 libsqlite3-0 libnuma1 libc6)
# in the order in which they are loaded
modules="virtio virtio_ring virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci crc64 crc64_rocksoft_generic
	crc64-rocksoft crct10dif_common crct10dif_generic crc-t10dif t10-pi virtio_blk failover net_failover virtio_net
	e1000 nvme-core nvme rpaphp rpadlpar_io"
libraries="libc.so.6 libm.so.6 libnuma.so.1 librtas.so.2 librtasevent.so.2 libservicelog-1.1.so.1 libsqlite3.so.0"

lock "$out/.lock"

fetch() {
	apt_begin "$out/apt"
	apt_download "$out/debs" "${packages[@]}"
}

unpack() {
	unpack_all "$out/debs" "$out/root"
	rm -rf "$out/modules"
	mkdir "$out/modules"
	# shellcheck disable=SC2046,SC2086
	dpkg-deb --fsys-tarfile "$debian"/debs/linux-image-*.deb |
		tar -C "$out/modules" -x --wildcards --transform 's,.*/,./,' $(printf './lib/modules/*/%s.ko ' $modules)
}

list() {
	local d l m
	for d in usr usr/sbin usr/lib lib lib/powerpc64le-linux-gnu lib64 var var/log var/lock modules; do
		echo "dir $d 755"
	done
	for l in $libraries ld64.so.2; do
		d=$(find "$out/root" -name "$l" -path '*powerpc64le-linux-gnu*' | head -1)
		[ -n "$d" ] || die "there is no $l"
		echo "file lib/powerpc64le-linux-gnu/$l 755 $(realpath "$d")"
	done
	echo "slink lib64/ld64.so.2 /lib/powerpc64le-linux-gnu/ld64.so.2"
	for m in drmgr rtas_errd convert_dt_node_props; do
		echo "file usr/sbin/$m 755 $out/root/usr/sbin/$m"
	done
	for m in $modules; do
		echo "file modules/$m.ko 644 $out/modules/$m.ko"
	done
	echo "file modules/load 644 $out/load"
}

if [ $update = yes ] || [ ! -d "$out/debs" ]; then
	fetch
fi
inputs=$({ cat "$here"/{mkcpio.py,hotplug-ppc64el.sh} "$debian/packages"; ls "$out/debs"; } | sha256sum)
if [ ! -e "$out/programs.gz" ] || [ "$inputs" != "$(cat "$out/.inputs" 2>/dev/null)" ]; then
	unpack
	for m in $modules; do
		echo "insmod /modules/$m.ko"
	done >"$out/load"
	list >"$out/list"
	python3 "$here/mkcpio.py" "$out/programs.new" <"$out/list"
	mv "$out/programs.new" "$out/programs.gz"
	echo "$inputs" >"$out/.inputs"
fi

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# debian-ppc64el-disk.sh [--update] OUT: a disk with Debian 12 ppc64el that boots through firmware: GRUB, kernel, systemd,
# ssh server, compilers; it has its address by DHCP and a login (root, password powervisor) on hvc0.
#   OUT/disk.img is the result, OUT/disk.key the key of root's ssh, OUT/disk-packages names the package versions.
# OUT is that of debian-ppc64el.sh, which runs first.  Packages are unpacked on the host; Powervisor boots what that
# gives and finishes the installation.  Without root.
# The packages stay in OUT/disk-debs: nothing is fetched again unless --update asks for it.
# needs: python3 apt dpkg xz-utils e2fsprogs openssh-client, build/powervisor, a Debian mirror (that of the host's
# own apt sources)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=guests/common.sh
. "$here/common.sh"
update=no
[ "${1:-}" != --update ] || { update=yes; shift; }
out=$(realpath -m "${1:?usage: debian-ppc64el-disk.sh [--update] OUT}")
vmm=${POWERVISOR:-$here/../build/powervisor}
PATH=$PATH:/usr/sbin:/sbin
packages=(linux-image-powerpc64le initramfs-tools grub-ieee1275 systemd-sysv systemd-resolved dbus udev openssh-server
	usr-is-merged apt build-essential iproute2 iputils-ping ca-certificates curl less vim-tiny)
size=4096       # MiB
begin=9		# MiB: where the file system is, behind the boot loader's 8 MiB

if [ $update = yes ]; then
	"$here/debian-ppc64el.sh" --update "$out"
else
	"$here/debian-ppc64el.sh" "$out"
fi
[ -x "$vmm" ] || die "$vmm is missing: make builds it"
lock "$out/.lock"

fetch() {
	apt_begin "$out/apt"
	apt_download_needed "$out/disk-debs" '?essential' '?priority(required)' "${packages[@]}"
}

# what a system has besides its packages
settings() {
	cp -p "$1/usr/share/base-passwd/passwd.master" "$1/etc/passwd"
	cp -p "$1/usr/share/base-passwd/group.master" "$1/etc/group"
	ln -sf mawk "$1/usr/bin/awk"
	echo debian >"$1/etc/hostname"
	printf '127.0.0.1\tlocalhost debian\n::1\tlocalhost\n' >"$1/etc/hosts"
	echo "UUID=$uuid / ext4 errors=remount-ro 0 1" >"$1/etc/fstab"
	mkdir -p "$1"/etc/{apt,default,systemd/network} "$1/root/.ssh"
	printf '[Match]\nName=e*\n[Network]\nDHCP=yes\n' >"$1/etc/systemd/network/20-wired.network"
	printf 'deb http://deb.debian.org/debian bookworm%s main\n' "" -updates >"$1/etc/apt/sources.list"
	printf 'deb http://deb.debian.org/debian-security bookworm-security main\n' >>"$1/etc/apt/sources.list"
	chmod 700 "$1/root/.ssh"
	cp "$out/disk.key.pub" "$1/root/.ssh/authorized_keys"
	printf '%s\n' GRUB_DEFAULT=0 GRUB_TIMEOUT=1 GRUB_DISTRIBUTOR=Debian GRUB_CMDLINE_LINUX=console=hvc0 \
		GRUB_TERMINAL=ofconsole >"$1/etc/default/grub"
	install -D -m 755 "$here/debian-disk-hook.sh" "$1/etc/initramfs-tools/hooks/disks"
	install -D -m 644 /dev/stdin "$1/etc/initramfs-tools/conf.d/disks" <<<$'MODULES=list\nCOMPRESS=gzip'
	cp "$here/debian-disk-second-stage" "$1/second-stage"
}

first_stage() {
	local root=$out/disk-root
	rm -rf "$root"
	mkdir "$root"
	python3 "$here/debian-unpack.py" "$root" "$out"/disk-debs/*.deb >"$out/disk.log" 2>&1 ||
		die "a package could not be unpacked, see $out/disk.log"
	settings "$root"
	mke2fs -q -F -t ext4 -L debian -U "$uuid" -E "root_owner=0:0,offset=$((begin << 20))" -d "$root" "$out/disk.new" \
		"$((size - begin))M" >"$out/disk.log" 2>&1 || die "the file system could not be made, see $out/disk.log"
	rm -rf "$root"
}

# an active PReP boot partition behind the first MiB, the file system behind it
partitions() {
	python3 - "$1" $size $begin <<-'PY'
		import struct, sys
		path, size, begin = sys.argv[1], int(sys.argv[2]) << 11, int(sys.argv[3]) << 11
		any_chs = b"\xfe\xff\xff"
		table = struct.pack("<B3sB3sII", 0x80, any_chs, 0x41, any_chs, 2048, begin - 2048)
		table += struct.pack("<B3sB3sII", 0, any_chs, 0x83, any_chs, begin, size - begin)
		with open(path, "r+b") as f:
		    f.truncate(size << 9)
		    f.seek(446)
		    f.write(table + bytes(32) + b"\x55\xaa")
	PY
}

second_stage() {
	local m
	{
		printf 'dir %s 755\n' dev bin sbin modules
		echo "nod dev/console 600 c 5 1"
		echo "file bin/busybox 755 $out/root/bin/busybox"
		echo "file init 755 $here/debian-disk-init.sh"
		for m in "$out"/root/modules/*.ko; do
			echo "file modules/${m##*/} 644 $m"
		done
	} | python3 "$here/mkcpio.py" "$out/disk-initrd.gz"
	"$vmm" -M pseries -cpu power9 -m 1G -nographic -nodefaults -serial stdio -kernel "$out/vmlinux" \
		-initrd "$out/disk-initrd.gz" -append "console=hvc0 quiet" \
		-drive "file=$out/disk.new,if=none,id=d,format=raw,cache=unsafe" -device virtio-blk-pci,drive=d \
		-device virtio-rng-pci </dev/null >"$out/disk.log" 2>&1 || return 1
	rm "$out/disk-initrd.gz"
	grep -q "^debian: installed" "$out/disk.log"
}

if [ $update = yes ] || ! have "$out/disk-debs/grub-ieee1275_*.deb"; then
	fetch
fi
inputs=$({ cat "$here"/{debian-unpack.py,debian-disk-init.sh,debian-disk-hook.sh,debian-disk-second-stage,debian-ppc64el-disk.sh}
	ls "$out/disk-debs"; } | sha256sum)
[ ! -e "$out/disk.img" ] || [ "$inputs" != "$(cat "$out/.disk-inputs" 2>/dev/null)" ] || exit 0

echo "debian-ppc64el-disk.sh: installing Debian, this takes some minutes (log: $out/disk.log)" >&2
[ -e "$out/disk.key" ] || ssh-keygen -q -t ed25519 -N '' -C powervisor -f "$out/disk.key"
uuid=$(cat /proc/sys/kernel/random/uuid)
rm -f "$out/disk.new"
truncate -s "${size}M" "$out/disk.new"
first_stage
partitions "$out/disk.new"
second_stage || die "the second stage failed ($(tail -n 1 "$out/disk.log")), see $out/disk.log"
(cd "$out/disk-debs" && ls -- *.deb) >"$out/disk-packages"
mv "$out/disk.new" "$out/disk.img"
echo "$inputs" >"$out/.disk-inputs"

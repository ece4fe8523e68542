#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# debian-ppc64el.sh [--update] OUT: Debian's current ppc64el kernel and an initramfs with a busybox shell.
#   OUT/vmlinux, OUT/initrd.gz are the result, OUT/packages names the package versions.
# The packages stay in OUT/debs: nothing is fetched again unless --update asks for it.
# needs: python3 apt dpkg xz-utils, a Debian mirror (that of the host's own apt sources)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=guests/common.sh
. "$here/common.sh"
update=no
[ "${1:-}" != --update ] || { update=yes; shift; }
out=$(realpath -m "${1:?usage: debian-ppc64el.sh [--update] OUT}")

lock "$out/.lock"

fetch() {
	local kernel
	apt_begin "$out/apt"
	kernel=$(apt-cache -c "$apt_conf" show --no-all-versions linux-image-powerpc64le |
		sed -n 's/^Depends:.*\(linux-image-[^ ,]*-powerpc64le\).*/\1/p')
	[ -n "$kernel" ] || die "no kernel package found, see $out/apt/update.log"
	apt_download "$out/debs" "$kernel" busybox-static
}

modules() {
	local m
	for m in drivers/virtio/virtio drivers/virtio/virtio_ring drivers/virtio/virtio_pci drivers/virtio/virtio_mmio \
		drivers/virtio/virtio_pci_legacy_dev drivers/virtio/virtio_pci_modern_dev drivers/virtio/virtio_balloon \
		drivers/block/virtio_blk drivers/char/hw_random/virtio-rng drivers/char/virtio_console \
		drivers/net/virtio_net drivers/net/net_failover net/core/failover drivers/scsi/virtio_scsi \
		drivers/scsi/sd_mod drivers/scsi/sr_mod drivers/cdrom/cdrom \
		drivers/nvme/host/nvme-core drivers/nvme/host/nvme \
		drivers/scsi/ibmvscsi/ibmvscsi drivers/scsi/scsi_transport_srp drivers/net/ethernet/ibm/ibmveth \
		fs/ext4/ext4 fs/jbd2/jbd2 fs/mbcache fs/9p/9p net/9p/9pnet net/9p/9pnet_virtio fs/netfs/netfs \
		fs/fscache/fscache \
		block/t10-pi lib/crc16 lib/libcrc32c lib/crc64 lib/crc64-rocksoft lib/crc-t10dif crypto/crc32c_generic \
		drivers/usb/common/usb-common drivers/usb/core/usbcore drivers/usb/host/xhci-hcd drivers/usb/host/xhci-pci \
		drivers/usb/host/ohci-hcd drivers/usb/host/ohci-pci drivers/usb/storage/usb-storage \
		drivers/hid/hid drivers/hid/hid-generic drivers/hid/usbhid/usbhid drivers/input/evdev \
		crypto/crc64_rocksoft_generic crypto/crct10dif_common crypto/crct10dif_generic \
		drivers/net/ethernet/intel/e1000/e1000 net/vmw_vsock/vsock \
		net/vmw_vsock/vmw_vsock_virtio_transport_common net/vmw_vsock/vmw_vsock_virtio_transport; do
		echo "./lib/modules/*/kernel/$m.ko"
	done
}

# apart: nobody else waits for them to be loaded
display_modules() {
	local m
	for m in gpu/drm/drm gpu/drm/drm_panel_orientation_quirks gpu/drm/drm_kms_helper gpu/drm/drm_ttm_helper \
		gpu/drm/drm_vram_helper gpu/drm/ttm/ttm gpu/drm/tiny/bochs video/fbdev/core/fb_sys_fops \
		video/fbdev/core/sysimgblt video/fbdev/core/sysfillrect video/fbdev/core/syscopyarea; do
		echo "./lib/modules/*/kernel/drivers/$m.ko"
	done
}

unpack() {
	rm -rf "$out/root"
	mkdir "$out/root"
	dpkg-deb --fsys-tarfile "$out"/debs/linux-image-*.deb |
		tar -C "$out/root" -x --wildcards './boot/vmlinux-*'
	dpkg-deb --fsys-tarfile "$out"/debs/busybox-static_*.deb | tar -C "$out/root" -x ./bin/busybox
	# what the tests of devices load: virtio, SCSI disks, ext4, 9p
	dpkg-deb --fsys-tarfile "$out"/debs/linux-image-*.deb |
		tar -C "$out/root" -x --wildcards --transform 's,.*/,./modules/,' -T <(modules)
	dpkg-deb --fsys-tarfile "$out"/debs/linux-image-*.deb |
		tar -C "$out/root" -x --wildcards --transform 's,.*/,./modules-display/,' -T <(display_modules)
	{ modules; display_modules; } >"$out/root/modules.list"
	mv "$out"/root/boot/vmlinux-* "$out/vmlinux.new"
	mv "$out/vmlinux.new" "$out/vmlinux"
	(cd "$out/debs" && ls -- *.deb) >"$out/packages"
}

initramfs() {
	python3 "$here/mkcpio.py" "$out/initrd.new" <<-LIST
		dir dev 755
		dir bin 755
		dir sbin 755
		dir etc 755
		nod dev/console 600 c 5 1
		nod dev/null 666 c 1 3
		file bin/busybox 755 $out/root/bin/busybox
		file init 755 $here/init-busybox.sh
		file etc/inittab 644 $here/inittab
		file etc/rc 755 $here/rc
		file etc/shell 755 $here/shell
	LIST
	mv "$out/initrd.new" "$out/initrd.gz"
}

if [ $update = yes ] || ! have "$out/debs/linux-image-*.deb" || ! have "$out/debs/busybox-static_*.deb"; then
	fetch
	rm -f "$out/vmlinux"
fi
[ -e "$out/vmlinux" ] && [ -e "$out/root/bin/busybox" ] && [ "$(modules; display_modules)" = "$(cat "$out/root/modules.list" 2>/dev/null)" ] || unpack
inputs=$(cat "$here"/{init-busybox.sh,inittab,rc,shell,mkcpio.py,debian-ppc64el.sh} "$out/packages" | sha256sum)
if [ ! -e "$out/initrd.gz" ] || [ "$inputs" != "$(cat "$out/.inputs" 2>/dev/null)" ]; then
	initramfs
	echo "$inputs" >"$out/.inputs"
fi

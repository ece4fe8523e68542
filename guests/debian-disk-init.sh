#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-or-later
# /init of the initramfs that finishes the installation on /dev/vda2: /second-stage of that file system runs there.
/bin/busybox mkdir -p /proc /sys /dev /target /usr/bin /usr/sbin
/bin/busybox --install -s
export PATH=/bin:/sbin:/usr/bin:/usr/sbin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev 2>/dev/null
# modules need each other, in an order that nobody wrote down
for pass in 1 2 3 4 5 6; do
	for m in /modules/*.ko; do insmod "$m" 2>/dev/null; done
done
i=0
while [ ! -b /dev/vda2 ] && [ $i -lt 300 ]; do
	sleep 0.1
	i=$((i + 1))
done
if mount -t ext4 /dev/vda2 /target; then
	for d in proc sys dev; do mount --move /$d /target/$d; done
	mkdir -p /target/dev/pts
	mount -t devpts devpts /target/dev/pts
	mount -t tmpfs tmpfs /target/run
	mount -t tmpfs tmpfs /target/tmp
	if chroot /target /bin/sh /second-stage; then
		rm /target/second-stage
		umount /target/dev/pts /target/run /target/tmp
		for d in proc sys dev; do mount --move /target/$d /$d; done
		umount /target && echo "debian: installed"
	fi
fi
sync
poweroff -f

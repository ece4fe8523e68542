#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-or-later
# /init of the guests' initramfs: busybox's init with a shell on the console.
# `test="COMMANDS"` on the kernel's command line runs these instead of waiting for the shell's user first.
/bin/busybox mkdir -p /proc /sys /dev /tmp /run /root /usr/bin /usr/sbin /mnt
/bin/busybox --install -s
export PATH=/bin:/sbin:/usr/bin:/usr/sbin HOME=/root TERM=${TERM:-vt100}
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev 2>/dev/null
mkdir -p /dev/pts
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /tmp
hostname guest
echo "guest: $(uname -srm), up after $(cut -d' ' -f1 /proc/uptime) s"
exec /bin/busybox init

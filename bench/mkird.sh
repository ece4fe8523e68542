#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# mkird.sh PBENCH BUSYBOX OUT.gz: an initramfs whose init runs pbench; the kernel argument pb=all|none|case,case chooses
set -eu
pbench=${1:?}; busybox=${2:?}; out=$(realpath "${3:?}"); d=$(mktemp -d); trap 'rm -rf "$d"' EXIT
mkdir -p "$d/bin" "$d/proc" "$d/sys" "$d/dev" "$d/tmp"; cp "$busybox" "$d/bin/busybox"; cp "$pbench" "$d/bin/pbench"
cat > "$d/init" <<'X'
#!/bin/busybox sh
/bin/busybox echo INIT-FIRST-LINE
/bin/busybox mount -t proc proc /proc
/bin/busybox grep -h -e ^cpu -e ^MMU -e ^platform /proc/cpuinfo | /bin/busybox sort -u
read up idle < /proc/uptime; echo "UPTIME $up"
A=all
for w in $(/bin/busybox cat /proc/cmdline); do case "$w" in pb=*) A=$(echo "${w#pb=}" | /bin/busybox tr , ' ');; esac; done
[ "$A" = none ] || /bin/pbench $A
echo DONE
/bin/busybox poweroff -f
X
chmod +x "$d/init"; (cd "$d" && find . | cpio -o -H newc --quiet | gzip -9) > "$out"

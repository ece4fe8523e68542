#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian's netboot installer for ppc64el, unattended, from a mirror on the host: by DHCP it gets an address, fetches
its answers (preseed) and its own packages, partitions and formats a disk.

The packages that partition (partman-base and others) are not on every mirror. So the installer's hook for commands does
what they would do: Debian's sfdisk and mke2fs run in the installer, and its kernel mounts the file system.

Prints ok/not ok lines.
"""

import argparse
import functools
import glob
import http.server
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
import time

from guest import Failure, Guest, Results

DISK = 4 << 30
PRESEED = """
d-i debian-installer/locale string en_US.UTF-8
d-i keyboard-configuration/xkb-keymap select us
d-i netcfg/choose_interface select auto
d-i netcfg/get_hostname string debian
d-i netcfg/get_domain string
d-i debian-installer/allow_unauthenticated boolean true
d-i mirror/country string manual
d-i mirror/protocol string http
d-i mirror/http/hostname string 10.0.2.2:PORT
d-i mirror/http/directory string /mirror
d-i mirror/http/proxy string
d-i mirror/suite string bookworm
d-i anna/no_kernel_modules boolean true
d-i preseed/early_command string cd /tmp && wget -q -O t.gz http://10.0.2.2:PORT/tools.tar.gz && tar xzf t.gz && sh hook
"""
# runs in the installer
SCRIPT = """
report() { wget -q -O /dev/null http://10.0.2.2:PORT/said/$1; }
run() { /tmp/t/ld.so --library-path /tmp/t "$@"; }
report kernel-`uname -r`
for m in xhci-pci usb-storage sd_mod; do modprobe $m; done
i=0
while [ ! -b /dev/sda ] && [ $i -lt 600 ]; do sleep 0.1; i=$((i + 1)); done
printf 'label: dos\\nsize=8MiB, type=41, bootable\\ntype=83\\n' | run /tmp/t/sfdisk /dev/sda && report partitioned
i=0
while [ ! -b /dev/sda2 ] && [ $i -lt 100 ]; do sleep 0.1; i=$((i + 1)); done
MKE2FS_CONFIG=/tmp/t/mke2fs.conf run /tmp/t/mke2fs -q -F -t ext4 -L installed /dev/sda2 && report formatted
for pass in 1 2 3 4; do for m in /tmp/t/*.ko; do insmod $m 2>/dev/null; done; done
mkdir /tmp/disk
mount -t ext4 /dev/sda2 /tmp/disk && report mounted
cp /proc/version /tmp/disk/installer && cp /initrd.gz /tmp/disk 2>/dev/null
umount /tmp/disk && report unmounted
"""
TOOLS = {"fdisk": "sfdisk", "e2fsprogs": "mke2fs"}
LIBRARIES = ("libc6", "libfdisk1", "libsmartcols1", "libblkid1", "libuuid1", "libext2fs2", "libcom-err2", "libtinfo6",
             "libreadline8")


class Handler(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):       # pylint: disable=invalid-name
        self.server.asked.append(self.path)
        if self.path.startswith("/said/"):
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            super().do_GET()

    def log_message(self, format, *args):       # pylint: disable=redefined-builtin
        pass


class Installer:
    def __init__(self, options, results):
        self.options = options
        self.results = results
        self.files = os.path.join(options.guests, "installer-ppc64el")
        self.folder = os.path.join(options.log, "installer")
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(os.path.join(self.folder, "www"))
        os.symlink(os.path.abspath(f"{self.files}/mirror"), f"{self.folder}/www/mirror")
        self.image = os.path.join(self.folder, "disk")
        with open(self.image, "wb") as f:
            f.truncate(DISK)

    def tools(self, port):
        """programs and their libraries out of Debian's packages, the kernel's ext4"""
        root, t = os.path.join(self.folder, "root"), os.path.join(self.folder, "tools", "t")
        os.makedirs(t)
        for package in (*TOOLS, *LIBRARIES):
            deb, = glob.glob(f"{self.files}/debs/{package}_*.deb")
            subprocess.run(["dpkg-deb", "-x", deb, root], check=True)
        for name in TOOLS.values():
            found, = [x for x in glob.glob(f"{root}/**/{name}", recursive=True) if "bin" in x]
            shutil.copy(found, t)
        for path in glob.glob(f"{root}/**/*.so*", recursive=True):
            if os.path.isfile(path) and "gconv" not in path:
                shutil.copy(path, t)
        loader, = glob.glob(f"{t}/ld64.so.2")
        os.rename(loader, f"{t}/ld.so")
        shutil.copy(f"{root}/etc/mke2fs.conf", t)
        for name in "ext4", "jbd2", "mbcache", "crc16", "libcrc32c", "crc32c_generic":
            shutil.copy(f"{self.options.guests}/debian-ppc64el/root/modules/{name}.ko", t)
        with open(f"{self.folder}/tools/hook", "w", encoding="utf-8") as f:
            f.write(SCRIPT.replace("PORT", str(port)))
        subprocess.run(["tar", "-C", f"{self.folder}/tools", "-czf", f"{self.folder}/www/tools.tar.gz", "hook", "t"],
                       check=True)
        shutil.rmtree(root)

    def serve(self):
        server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), functools.partial(Handler, directory=f"{self.folder}/www"))
        server.asked = []
        port = server.server_address[1]
        with open(f"{self.folder}/www/preseed.cfg", "w", encoding="utf-8") as f:
            f.write(PRESEED.replace("PORT", str(port)))
        self.tools(port)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server, port

    def machine(self, log, *more):
        return Guest(self.options.vmm + [
            "-M", "pseries", "-cpu", "power9", "-smp", "1", "-m", "1G", "-nographic", "-nodefaults", "-serial",
            "mon:stdio", "-netdev", "user,id=n", "-device", "virtio-net-pci,netdev=n", "-device", "qemu-xhci,id=u",
            "-drive", f"file={self.image},if=none,id=d,format=raw,cache=unsafe", "-device",
            "usb-storage,bus=u.0,drive=d", "-device", "virtio-rng-pci", *more], os.path.join(self.folder, log),
            self.options.scale)

    def run(self):
        server, port = self.serve()
        append = f"auto=true priority=critical url=http://10.0.2.2:{port}/preseed.cfg DEBIAN_FRONTEND=text console=hvc0"
        began = time.monotonic()
        with self.machine("console", "-kernel", f"{self.files}/vmlinux", "-initrd", f"{self.files}/initrd.gz",
                          "-append", append) as guest:
            self.watch(guest, server)
        self.results.note(f"installer: {time.monotonic() - began:.0f} s")
        server.shutdown()

    def watch(self, guest, server):
        def asked(pattern, what, timeout):
            end = time.monotonic() + timeout * self.options.scale
            while not any(re.search(pattern, x) for x in server.asked):
                if time.monotonic() > end or guest.process.poll() is not None:
                    raise Failure(f"{what}: not within {timeout * self.options.scale:.0f} s; {guest.ending()}, "
                                  f"last: {guest.last_line()!r}")
                guest.read(0.5)
            self.results.add(what)

        asked(r"/preseed\.cfg", "the installer has an address and fetches its answers", 300)
        asked("/said/kernel", "it obeys them", 120)
        asked("/said/partitioned", "it partitions the disk", 120)
        asked("/said/formatted", "it formats a partition", 300)
        asked("/said/mounted", "its kernel mounts that", 60)
        asked("/said/unmounted", "it writes to it", 120)
        asked("/dists/bookworm/.*Release", "it asks the mirror", 200)
        asked(r"/debian-installer/binary-ppc64el/Packages", "it fetches the list of its own packages", 200)
        asked(r"base-installer_.*\.udeb", "it fetches one of them", 300)
        guest.process.kill()
        guest.process.wait()
        with open(self.image, "rb") as f:
            f.seek(446 + 16)
            entry = f.read(16)
        place = f"{self.image}?offset={int.from_bytes(entry[8:12], 'little') << 9}"
        with open(f"{self.files}/vmlinux", "rb") as f:
            version = re.search(rb"Linux version \S+", f.read())[0]
        said = subprocess.run(["debugfs", "-R", "cat installer", place], capture_output=True, check=True)
        self.results.add("the host reads what it wrote", None if said.stdout.startswith(version) else f"{said!r}")
        fsck = subprocess.run(["e2fsck", "-fn", place], capture_output=True, check=False)
        self.results.add("the file system is whole", None if fsck.returncode == 0 else f"{fsck.stdout[-300:]!r}")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--vmm", default="build/powervisor")
    p.add_argument("--guests", default="build/guests")
    p.add_argument("--log", default="build/log/installer")
    p.add_argument("--scale", type=float, default=1.0)
    options = p.parse_args()
    options.vmm = shlex.split(options.vmm)
    os.makedirs(options.log, exist_ok=True)
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    results = Results()
    try:
        Installer(options, results).run()
    except (Failure, OSError, ValueError, subprocess.SubprocessError) as e:
        results.add("installer", e)
    return results.end("installer.py")


sys.exit(main())

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The Debian of guests/debian-ppc64el-disk.sh: firmware boots it from its disk to a login; a command over ssh.

Prints ok/not ok lines.  The image stays as it is: guests write to an overlay.
"""

import argparse
import os
import shlex
import socket
import subprocess
import sys
import time

from guest import Failure, Guest, Results

DISKS = {
    "virtio-blk": ("-device", "virtio-blk-pci,drive=d,bootindex=0"),
}
CASES = [(disk, cpu) for disk in DISKS for cpu in ("power9", "power8")]
MACHINE = "-M", "pseries", "-smp", "2", "-nographic", "-nodefaults", "-serial", "mon:stdio"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Debian:
    """one guest that was started, and its ssh"""

    def __init__(self, options, name, cpu, disk, port, memory="1G"):
        self.options = options
        self.name = name
        self.port = port
        image = os.path.join(options.image, "disk.img")
        self.guest = Guest(options.vmm + [
            *MACHINE, "-cpu", cpu, "-m", memory,
            "-drive", f"file={image},if=none,id=d,format=raw,snapshot=on", *DISKS[disk],
            "-netdev", f"user,id=n,hostfwd=tcp:127.0.0.1:{port}-:22", "-device", "virtio-net-pci,netdev=n",
            "-device", "virtio-rng-pci"], os.path.join(options.log, name + ".log"), options.scale)

    def boot(self, results):
        self.guest.expect(r"Successfully loaded", 60, "firmware's message")
        self.guest.expect(r"^debian login: ", 300, "login")
        results.add(f"{self.name}: login at {time.monotonic() - self.guest.started:.0f} s")

    def ssh(self, command, seconds):
        """a command's exit status and what it says; tried again until the server answers"""
        argv = ["ssh", "-q", "-i", os.path.join(self.options.image, "disk.key"), "-p", str(self.port),
                "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
                "-o", f"ConnectTimeout={60 * self.options.scale:.0f}", "root@127.0.0.1", command + " 2>&1"]
        end = time.monotonic() + seconds * self.options.scale
        while True:
            try:
                p = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                   check=False, timeout=max(end - time.monotonic(), 1))
            except subprocess.TimeoutExpired:
                raise Failure(f"no end of '{command[:40]}' within {seconds * self.options.scale:.0f} s") from None
            if p.returncode != 255:
                said = p.stdout.decode(errors="replace")
                with open(os.path.join(self.options.log, self.name + ".ssh.log"), "a", encoding="utf-8") as f:
                    f.write(f"$ {command}\n{said}")
                return p.returncode, said
            if time.monotonic() > end:
                raise Failure("ssh: no connection")
            time.sleep(1)

    def power_off(self, results):
        self.guest.type("root\n")
        self.guest.expect("Password:", 60)
        self.guest.type("powervisor\n")
        self.guest.expect(r"root@debian:~# ", 60, "shell")
        self.guest.type("poweroff\n")
        status = self.guest.wait(120)
        results.add(f"{self.name}: power off", None if not status else self.guest.ending())


def check_disk(options, disk, cpu, results):
    d = Debian(options, f"{disk}-{cpu}", cpu, disk, free_port())
    with d.guest:
        d.boot(results)
        _, said = d.ssh("nproc; uname -m; findmnt -no FSTYPE /; systemctl is-system-running --wait", 180)
        results.add(f"{d.name}: ssh", None if said.split() == ["2", "ppc64le", "ext4", "running"] else repr(said))
        d.power_off(results)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--vmm", default="build/powervisor")
    p.add_argument("--image", default="build/guests/debian-ppc64el", help="folder of disk.img and disk.key")
    p.add_argument("--log", default="build/log/debian")
    p.add_argument("--scale", type=float, default=1.0)
    p.add_argument("cases", nargs="*", help="only these, DISK-CPU")
    options = p.parse_args()
    options.vmm = shlex.split(options.vmm)
    os.makedirs(options.log, exist_ok=True)
    results = Results()
    for what, cpu in CASES:
        if options.cases and f"{what}-{cpu}" not in options.cases:
            continue
        try:
            check_disk(options, what, cpu, results)
        except (Failure, OSError, subprocess.SubprocessError) as e:
            results.add(f"{what}-{cpu}", e)
    return results.end("debian.py")


sys.exit(main())

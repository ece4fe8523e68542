#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The Debian of guests/debian-ppc64el-disk.sh: firmware boots it from its disk to a login; a command over ssh; in the
case `packages` apt-get takes packages and sources from the mirror of debian-ppc64el-mirror.sh, which this program
serves, and gcc builds hello and sqlite3, whose tests pass.

Prints ok/not ok lines.  The image stays as it is: guests write to an overlay.
"""

import argparse
import functools
import http.server
import os
import re
import shlex
import socket
import subprocess
import sys
import threading
import time

from guest import Failure, Guest, Results

DISKS = {
    "virtio-blk": ("-device", "virtio-blk-pci,drive=d,bootindex=0"),
    "virtio-scsi": ("-device", "virtio-scsi-pci,id=s", "-device", "scsi-hd,bus=s.0,drive=d,bootindex=0"),
    "vscsi": ("-device", "spapr-vscsi,id=s", "-device", "scsi-hd,bus=s.0,drive=d,bootindex=0"),
    "usb-nec": ("-device", "nec-usb-xhci,id=s", "-device", "usb-storage,bus=s.0,drive=d,bootindex=0"),
    "usb-xhci": ("-device", "qemu-xhci,id=s", "-device", "usb-storage,bus=s.0,drive=d,bootindex=0"),
}
CASES = [(disk, cpu) for disk in DISKS for cpu in ("power9", "power8")] + [("packages", "power9")]
MACHINE = "-M", "pseries", "-smp", "2", "-nographic", "-nodefaults", "-serial", "mon:stdio"

# sqlite's own tests of these names: some minutes; all of them are hours, and some fail for root. Not `like`: it has limits
# of 1 ms for the time that two expressions take
SQLITE_TESTS = ("select1 select2 select3 expr join where index insert update trans savepoint trigger1 view "
                "subquery func date in like2 like3 cast types collate1 alter autoinc fkey1 with1 window1 json101")
HELLO = """
set -e
cd /root/hello-*/
./configure >/dev/null
make -j2 >/dev/null
./hello
make check
"""
# tclsh and lemon write what the compiler gets; no optimisation, no shared library: less than half of the time
SQLITE = """
set -e
cd /root/sqlite3-*/
./configure --disable-readline --disable-shared --with-tcl=/usr/lib/tcl8.6 CFLAGS=-O0 >/dev/null
make -j2 sqlite3 testfixture >make.log 2>&1 || { tail -5 make.log; exit 1; }
echo 'select sqlite_version(), sum(value) from generate_series(1, 1000000);' | ./sqlite3
# a folder for each, as they leave databases
printf '%s\\n' TESTS | xargs -P 2 -I NAME sh -c 'mkdir -p run/NAME && cd run/NAME &&
    ../../testfixture ../../test/NAME.test >../NAME.log 2>&1 || true'
for t in TESTS; do
    grep '^!' run/$t.log | head -3 | sed "s/^/failed: $t: /"
    grep ' errors out of ' run/$t.log || echo "failed: $t: `tail -1 run/$t.log`"
done
"""


class Mirror(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        """nobody reads that"""


def serve(folder):
    """an HTTP server of that folder on the loopback"""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Mirror, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


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
        self.answered = False
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
        """a command's exit status and what it says; the first is tried again until the server answers"""
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
            # also what ssh says of a command that a signal ended
            if p.returncode != 255 or self.answered:
                self.answered = True
                said = p.stdout.decode(errors="replace")
                with open(os.path.join(self.options.log, self.name + ".ssh.log"), "a", encoding="utf-8") as f:
                    f.write(f"$ {command}\n{said}")
                return p.returncode, said
            if time.monotonic() > end:
                raise Failure("ssh: no connection")
            time.sleep(1)

    def do(self, results, what, command, seconds):
        """a command that has to succeed: a test; what it says"""
        began = time.monotonic()
        status, said = self.ssh(command, seconds)
        if status:
            raise Failure(f"{what}: exit status {status}: {said[-300:]!r}")
        results.add(f"{self.name}: {what}, {time.monotonic() - began:.0f} s")
        return said

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


def check_packages(options, cpu, results):
    d = Debian(options, f"packages-{cpu}", cpu, "virtio-blk", free_port(), "2G")
    server = serve(os.path.join(options.image, "mirror"))
    # the host's loopback has this address in the guest
    line = f"[trusted=yes] http://10.0.2.2:{server.server_address[1]} ./"
    try:
        with d.guest:
            d.boot(results)
            d.do(results, "apt-get update", f"echo 'deb {line}\ndeb-src {line}' >/etc/apt/sources.list; apt-get -q update",
                 300)
            d.do(results, "apt-get install",
                 "DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install tcl-dev </dev/null", 600)
            said = d.do(results, "what it installed", "echo 'puts [expr 6 * 7]' | tclsh", 60)
            results.add(f"{d.name}: tclsh", None if said.split() == ["42"] else repr(said))
            d.do(results, "apt-get source", "cd /root && apt-get -q source hello sqlite3", 600)
            said = d.do(results, "build and test of hello", HELLO, 1200)
            found = dict(re.findall(r"^# (\w+): +(\d+)", said, re.M))
            results.add(f"{d.name}: hello's tests: {found.get('PASS')} passed",
                        None if "Hello, world!" in said and int(found.get("PASS", 0)) and found.get("FAIL") == "0"
                        and found.get("ERROR") == "0" else said[-300:])
            said = d.do(results, "build and test of sqlite3", SQLITE.replace("TESTS", SQLITE_TESTS), 7200)
            counts = [(int(x), int(y)) for x, y in re.findall(r"^(\d+) errors out of (\d+) tests", said, re.M)]
            good = (len(counts) == len(SQLITE_TESTS.split()) and not any(x for x, _ in counts)
                    and "failed" not in said and "|500000500000" in said)
            results.add(f"{d.name}: sqlite3's tests: {sum(y for _, y in counts)} passed", None if good else said[-300:])
            d.power_off(results)
    finally:
        server.shutdown()


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--vmm", default="build/powervisor")
    p.add_argument("--image", default="build/guests/debian-ppc64el", help="folder of disk.img, disk.key and mirror")
    p.add_argument("--log", default="build/log/debian")
    p.add_argument("--scale", type=float, default=1.0)
    p.add_argument("cases", nargs="*", help="only these: " + " ".join(f"{x}-{y}" for x, y in CASES))
    options = p.parse_args()
    options.vmm = shlex.split(options.vmm)
    os.makedirs(options.log, exist_ok=True)
    results = Results()
    for what, cpu in CASES:
        if options.cases and f"{what}-{cpu}" not in options.cases:
            continue
        try:
            if what == "packages":
                check_packages(options, cpu, results)
            else:
                check_disk(options, what, cpu, results)
        except (Failure, OSError, subprocess.SubprocessError) as e:
            results.add(f"{what}-{cpu}", e)
    return results.end("debian.py")


sys.exit(main())

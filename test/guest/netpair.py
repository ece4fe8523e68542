#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Two guests on one network over a socket or a switch (-netdev stream, dgram, socket, vde): Debian's kernel on both ends, both Powervisor's
or one qemu-system-ppc64's, sends a file each way; checksums on both sides.

Prints ok/not ok lines.
"""

import argparse
import contextlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import dataclass

from guest import Failure, Results, initrd_with

# the kernel's command line says which one a guest is
SCRIPT = """
dmesg -n 1
for pass in 1 2 3 4 5 6; do
    for m in /modules/*.ko; do insmod $m 2>/dev/null; done
done
say() { echo "pair: $*"; }
me=1 other=2
grep -q role=b /proc/cmdline && me=2 other=1
ifconfig lo up
ifconfig eth0 10.9.0.$me netmask 255.255.255.0 up
dd if=/dev/urandom of=/tmp/file bs=64k count=32 2>/dev/null
say has `sha256sum < /tmp/file`
(nc -l -p 5000 < /tmp/file; say served) &
i=0
while [ ! -s /tmp/got ] && [ $i -lt 600 ]; do
    nc 10.9.0.$other 5000 > /tmp/got 2>/dev/null
    i=$((i + 1))
    [ -s /tmp/got ] || sleep 0.3
done
say got `sha256sum < /tmp/got`
wait
grep eth0 /proc/net/dev
dmesg | grep -E "Oops|BUG|WARNING|NETDEV WATCHDOG" | sed 's/^/pair: trouble /'
say end
read x
poweroff -f
"""


@dataclass(frozen=True)
class Case:
    name: str
    left: str       # -netdev, without its id; FOLDER and PORT, PORT1 stand for themselves
    right: str
    left_card: str = "virtio-net-pci"
    right_card: str = "virtio-net-pci"
    qemu: bool = False      # the right one
    switch: bool = False    # there is a vde_switch at FOLDER/switch
    quick: bool = True


UNIX = "addr.type=unix,addr.path=FOLDER/net"
CASES = [
    Case("stream-unix", f"stream,server=on,{UNIX}", f"stream,{UNIX},reconnect=1", "spapr-vlan", "e1000"),
    Case("qemu-socket-tcp", "socket,listen=127.0.0.1:PORT", "socket,connect=127.0.0.1:PORT", qemu=True),
    Case("vde", "vde,sock=FOLDER/switch,port=3,mode=600", "vde,sock=vde://FOLDER/switch", "e1000", switch=True),
    Case("qemu-socket-udp", "socket,udp=127.0.0.1:PORT,localaddr=127.0.0.1:PORT1",
         "socket,udp=127.0.0.1:PORT1,localaddr=127.0.0.1:PORT", qemu=True, quick=False),
    Case("qemu-socket-mcast", "socket,mcast=239.255.7.8:PORT,localaddr=127.0.0.1",
         "socket,mcast=239.255.7.8:PORT,localaddr=127.0.0.1", qemu=True, quick=False),
    Case("dgram-unix", "dgram,local.type=unix,local.path=FOLDER/l,remote.type=unix,remote.path=FOLDER/r",
         "dgram,local.type=unix,local.path=FOLDER/r,remote.type=unix,remote.path=FOLDER/l", quick=False),
]


class Side:
    def __init__(self, pair, role, vmm, netdev, card):
        self.said = {}
        self.changed = threading.Condition()
        argv = vmm + [
            "-M", "pseries", "-cpu", "power9", "-smp", "1", "-m", "512M", "-nographic", "-nodefaults", "-serial", "stdio",
            "-kernel", os.path.join(pair.options.guests, "debian-ppc64el", "vmlinux"), "-initrd", pair.initrd,
            "-append", f"console=hvc0 quiet nowatchdog rcupdate.rcu_cpu_stall_suppress=1 role={role}",
            "-netdev", netdev + ",id=n", "-device", f"{card},netdev=n,mac=52:54:00:ab:cd:0{'ab'.index(role)}"]
        self.log = open(os.path.join(pair.folder, role), "wb")
        self.log.write((shlex.join(argv) + "\n").encode())
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        for line in self.process.stdout:
            self.log.write(line)
            self.log.flush()
            m = re.search(r"pair: (\S+) ?(.*)", line.decode(errors="replace").strip())
            if m:
                with self.changed:
                    self.said[m[1]] = m[2]
                    self.changed.notify_all()
        with self.changed:
            self.said["gone"] = ""
            self.changed.notify_all()

    def wait(self, word, seconds):
        with self.changed:
            self.changed.wait_for(lambda: word in self.said or "gone" in self.said, seconds)
            if word not in self.said:
                raise Failure(f"no '{word}'; it said {list(self.said)}")

    def kill(self):
        with contextlib.suppress(OSError):
            self.process.kill()
        self.process.wait()


class Pair:
    def __init__(self, options, case):
        self.options = options
        self.folder = os.path.join(options.log, case.name)
        os.makedirs(self.folder)
        self.initrd = initrd_with(options.guests, self.folder, SCRIPT)
        port = 20000 + (os.getpid() * 2 + hash(case.name)) % 40000 // 2 * 2
        self.sides = []
        self.switch = None
        if case.switch:
            # it ends when its standard input does
            self.switch = subprocess.Popen(["vde_switch", "-s", f"{self.folder}/switch"], stdin=subprocess.PIPE,
                                           stdout=subprocess.DEVNULL)
            while not os.path.exists(f"{self.folder}/switch/ctl") and self.switch.poll() is None:
                time.sleep(0.05)
        for role, netdev, card in ("a", case.left, case.left_card), ("b", case.right, case.right_card):
            qemu = case.qemu and role == "b"
            for word, text in ("FOLDER", self.folder), ("PORT1", str(port + 1)), ("PORT", str(port)):
                netdev = netdev.replace(word, text)
            if qemu:
                # Debian's package without option ROMs
                card += ",romfile="
            vmm = ["qemu-system-ppc64", "-accel", "tcg", "-vga", "none"] if qemu else options.vmm
            self.sides.append(Side(self, role, vmm, netdev, card))
            # who listens has to be there first
            time.sleep(2)

    def run(self):
        a, b = self.sides
        try:
            for s in self.sides:
                s.wait("end", 400 * self.options.scale)
            if "trouble" in a.said or "trouble" in b.said:
                raise Failure(f"trouble: {a.said.get('trouble')} {b.said.get('trouble')}")
            if a.said["has"] != b.said["got"] or b.said["has"] != a.said["got"]:
                raise Failure(f"files differ: {a.said} {b.said}")
            a.process.stdin.write(b"\n")
            a.process.stdin.flush()
            if a.process.wait(60 * self.options.scale):
                raise Failure(f"exit status {a.process.returncode}")
        finally:
            for s in self.sides:
                s.kill()
            if self.switch:
                self.switch.kill()
                self.switch.wait()


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--vmm", default="build/powervisor")
    p.add_argument("--guests", default="build/guests")
    p.add_argument("--log", default="build/log/netpair")
    p.add_argument("--scale", type=float, default=1.0)
    p.add_argument("--full", action="store_true", help="all cases")
    p.add_argument("cases", nargs="*")
    options = p.parse_args()
    options.vmm = shlex.split(options.vmm)
    options.log = os.path.realpath(options.log)
    shutil.rmtree(options.log, ignore_errors=True)
    os.makedirs(options.log)
    results = Results()
    for case in CASES:
        if case.name not in options.cases if options.cases else not (case.quick or options.full):
            continue
        if case.qemu and not shutil.which("qemu-system-ppc64"):
            results.note(f"{case.name}: there is no qemu-system-ppc64")
            continue
        try:
            Pair(options, case).run()
            results.add(case.name)
        except (Failure, OSError, KeyError, subprocess.SubprocessError) as e:
            results.add(case.name, e)
    return results.end("netpair.py")


sys.exit(main())

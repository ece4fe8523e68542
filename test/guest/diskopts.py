#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Options of disks, all in one guest: limits of rates, zeroes that become holes, and what the guest sees of images whose
server is killed under it (rerror=, werror=): errors, and no hang; or nothing, where the server comes back in time
(reconnect-delay=).

Prints ok/not ok lines.
"""

import argparse
import contextlib
import hashlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time

from guest import Failure, Results, initrd_with

MIB = 1 << 20
SIZE = 32 * MIB

SCRIPT = """
dmesg -n 1
for pass in 1 2 3 4 5 6; do
    for m in /modules/*.ko; do insmod $m 2>/dev/null; done
done
i=0
while [ ! -b /dev/vdf ] && [ $i -lt 100 ]; do sleep 0.1; i=$((i + 1)); done
say() { echo "opts: $*"; }
result() { if "$@" 2>/dev/null >/dev/null; then echo good; else echo bad; fi; }
say serials `cat /sys/block/vd?/serial`
say limited
dd if=/dev/vda of=/dev/null bs=1M count=12 iflag=direct 2>/dev/null
say limit-over
say free `result dd if=/dev/vda of=/dev/null bs=4k count=1 iflag=direct`
dd if=/dev/zero of=/dev/vdb bs=1M count=16 oflag=direct 2>/dev/null
say zeroes `result dd if=/dev/vdb of=/dev/null bs=1M count=16 iflag=direct`
say before-read `result dd if=/dev/vdc of=/dev/null bs=1M count=4 iflag=direct`
say before-write `result dd if=/dev/zero of=/dev/vdc bs=1M count=4 oflag=direct`
dd if=/dev/urandom of=/dev/vde bs=64k count=400 oflag=direct 2>/dev/null &
say kill
wait
say killed
i=0
while [ `result dd if=/dev/vdc of=/dev/null bs=4k count=1 iflag=direct` = good ] && [ $i -lt 300 ]; do
    sleep 0.1; i=$((i + 1))
done
say after-read `result dd if=/dev/vdc of=/dev/null bs=4k count=1 iflag=direct`
say after-write `result dd if=/dev/zero of=/dev/vdc bs=4k count=1 oflag=direct`
say ignored-read `result dd if=/dev/vdd of=/dev/null bs=4k count=1 iflag=direct`
say ignored-write `result dd if=/dev/zero of=/dev/vdd bs=4k count=1 oflag=direct`
dd if=/dev/urandom of=/data bs=64k count=128 2>/dev/null
say restart
dd if=/data of=/dev/vdf bs=64k oflag=direct 2>/dev/null && say rewritten `sha256sum < /data`
say reread `dd if=/dev/vdf bs=64k count=128 iflag=direct 2>/dev/null | sha256sum`
say neighbour `result dd if=/dev/vdb of=/dev/null bs=1M count=4 iflag=direct`
poweroff -f
"""


class Machine:
    def __init__(self, options):
        self.options = options
        self.folder = options.log
        self.said = {}
        self.times = {}
        self.text = b""
        self.server = None

    def image(self, name, kind="raw"):
        path = os.path.join(self.folder, name)
        if kind == "raw":
            with open(path, "wb") as f:
                f.write(os.urandom(SIZE))
        else:
            subprocess.run(["qemu-img", "create", "-q", "-f", kind, path, str(SIZE)], check=True)
        return path

    def serve(self):
        """a disk's server that is ours to kill"""
        path = os.path.abspath(os.path.join(self.folder, "socket"))
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        self.server = subprocess.Popen(["qemu-nbd", "-t", "-f", "raw", "-k", path, os.path.join(self.folder, "g")],
                                       stdin=subprocess.DEVNULL)
        while not os.path.exists(path) and self.server.poll() is None:
            time.sleep(0.05)
        return f"nbd+unix:///?socket={path}"

    def argv(self):
        device = {"driver": "virtio-blk-pci", "drive": "b", "serial": "b", "werror": "report", "addr": "3"}
        qcow2 = {"driver": "qcow2", "node-name": "e", "file": {"driver": "file", "filename": self.image("e", "qcow2")}}
        self.image("g")
        uri = self.serve()
        initrd = initrd_with(self.options.guests, self.folder, SCRIPT)
        return self.options.vmm + [
            "-M", "pseries", "-smp", "1", "-m", "512M", "-nographic", "-nodefaults", "-serial", "stdio",
            "-kernel", os.path.join(self.options.guests, "debian-ppc64el", "vmlinux"), "-initrd", initrd,
            "-append", "console=hvc0 quiet nowatchdog rcupdate.rcu_cpu_stall_suppress=1",
            "-drive", f"file={self.image('a')},if=none,id=a,format=raw,throttling.bps-read={2 * MIB}",
            "-device", "virtio-blk-pci,drive=a,serial=a,addr=2",
            "-drive", f"file={self.image('b')},if=none,id=b,format=raw,detect-zeroes=unmap,discard=unmap",
            "-device", json.dumps(device),
            "-drive", f"file={self.image('c', 'qcow2')},if=none,id=c,format=qcow2",
            "-device", "virtio-blk-pci,drive=c,serial=c,addr=4",
            "-drive", f"file={self.image('d', 'qcow2')},if=none,id=d,format=qcow2,werror=ignore",
            "-device", "virtio-blk-pci,drive=d,serial=d,rerror=ignore,addr=5",
            "-blockdev", json.dumps(qcow2), "-device", "virtio-blk-pci,drive=e,serial=e,addr=6",
            "-drive", f"file={uri},if=none,id=g,format=raw,file.reconnect-delay=200",
            "-device", "virtio-blk-pci,drive=g,serial=g,addr=7"]

    def servers(self, process):
        with open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="ascii") as f:
            return [int(x) for x in f.read().split()]

    def run(self):
        with subprocess.Popen(self.argv(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT) as p:
            guard = threading.Timer(240 * self.options.scale, p.kill)
            guard.start()
            for line in p.stdout:
                self.text += line
                words = line.decode(errors="replace").split()
                if words[:1] != ["opts:"]:
                    continue
                self.said[words[1]] = " ".join(words[2:])
                self.times[words[1]] = time.monotonic()
                if words[1] == "restart":
                    for _ in range(2):
                        time.sleep(0.2)
                        self.server.kill()
                        self.server.wait()
                        self.serve()
                if words[1] == "kill":
                    servers = self.servers(p)
                    self.said["servers"] = len(servers)
                    for pid in servers:
                        os.kill(pid, signal.SIGKILL)
            guard.cancel()
            status = p.wait()
        self.server.kill()
        self.server.wait()
        with open(os.path.join(self.folder, "console"), "wb") as f:
            f.write(self.text)
        if status:
            raise Failure(f"exit status {status}: {self.text[-300:]!r}")

    def check(self, results):
        self.run()

        def equal(what, got, want):
            results.add(what, None if got == want else f"got {got!r}, expected {want!r}")

        equal("serial numbers, also of JSON's devices", self.said.get("serials"), "abcdeg")
        took = self.times["limit-over"] - self.times["limited"]
        # 12 MiB at 2 MiB/s, of which a tenth of a second's worth and one request pass at once
        results.add("a limited disk is not faster", None if took > 4.5 else f"12 MiB took {took:.1f} s")
        equal("a limited disk is usable", self.said.get("free"), "good")
        holes = os.stat(os.path.join(self.folder, "b")).st_blocks * 512
        results.add("zeroes that are written become holes",
                    None if holes <= SIZE - 15 * MIB else f"{holes} bytes are allocated")
        equal("what became holes can be read", self.said.get("zeroes"), "good")
        equal("as many servers as images", self.said.get("servers"), 3)
        for what in "read", "write":
            equal(f"{what} before the server is killed", self.said.get("before-" + what), "good")
            equal(f"{what} when the server is gone", self.said.get("after-" + what), "bad")
            equal(f"{what} when the server is gone, errors ignored", self.said.get("ignored-" + what), "good")
        equal("writes under way end", "killed" in self.said, True)
        results.add("a server that comes back: nothing is lost",
                    None if self.said["reread"] == self.said.get("rewritten") else "data is")
        with open(os.path.join(self.folder, "g"), "rb") as f:
            equal("and what the guest wrote is on the host", hashlib.sha256(f.read(8 * MIB)).hexdigest(),
                  self.said["reread"].split()[0])
        equal("another disk works", self.said.get("neighbour"), "good")
        results.add("the user is told", None if b"connection to the disk's server is lost" in self.text else "not")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--vmm", default="build/powervisor")
    p.add_argument("--guests", default="build/guests")
    p.add_argument("--log", default="build/log/diskopts")
    p.add_argument("--scale", type=float, default=1.0)
    options = p.parse_args()
    options.vmm = shlex.split(options.vmm)
    shutil.rmtree(options.log, ignore_errors=True)
    os.makedirs(options.log)
    results = Results()
    try:
        Machine(options).check(results)
    except (Failure, OSError, KeyError, subprocess.SubprocessError) as e:
        results.add("diskopts", e)
    return results.end("diskopts.py")


sys.exit(main())

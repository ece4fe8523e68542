#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Disks that fail under a real guest: the file system of the images, a small tmpfs, is full.  The machine stops and says
so, goes on by the monitor's cont, and the guest never hears of it: every byte that it wrote is there.

Prints ok/not ok lines.
"""

import argparse
import contextlib
import hashlib
import os
import shlex
import shutil
import socket
import subprocess
import sys
import threading
import time

from guest import Failure, Results, initrd_with

MIB = 1 << 20
SIZE = 16 * MIB
DATA = 4 * MIB
ROOM = 6 * MIB
# by serial number; data is what each of them writes
DISKS = {
    "a": ("", "virtio-blk-pci,drive=a,serial=a,addr=2"),
    "b": ("aio=threads,", "virtio-blk-pci,drive=b,serial=b,addr=3,packed=on,iommu_platform=on"),
    "c": ("", "scsi-hd,bus=v.0,drive=c,serial=c"),
    "d": ("", "scsi-hd,bus=p.0,drive=d,serial=d"),
    "e": ("", "usb-storage,bus=u.0,drive=e,serial=e"),
    "f": ("werror=stop,", "nvme,drive=f,serial=f,addr=6"),
}
REPORTS = ("werror=report,", "virtio-blk-pci,drive=r,serial=r,addr=7")
ADAPTERS = ("virtio-scsi-pci,id=v,addr=4", "spapr-vscsi,id=p", "qemu-xhci,id=u,addr=5")

SCRIPT = """
dmesg -n 1
for pass in 1 2 3 4 5 6; do
    for m in /modules/*.ko; do insmod $m 2>/dev/null; done
done
say() { echo "full: $*"; }
# the serial number that the disk has, and its name
disks() {
    for d in /sys/block/vd? /sys/block/nvme*; do
        echo `cat $d/serial $d/device/serial 2>/dev/null` ${d##*/}
    done
    for d in /sys/block/sd?; do
        # Linux asks no USB disk for its number
        n=`tail -c +5 $d/device/vpd_pg80 2>/dev/null`
        echo ${n:-e} ${d##*/}
    done
}
i=0
while [ `ls /sys/block | grep -cE "^(vd|sd|nvme)"` -lt 7 ] && [ $i -lt 100 ]; do sleep 0.2; i=$((i + 1)); done
disks > /disks 2>/dev/null
name() { grep "^$1 " /disks | cut -d " " -f 2; }
say disks `sort /disks | cut -d " " -f 1`
for d in a b c d e f; do
    dd if=/dev/urandom of=/data-$d bs=64k count=64 2>/dev/null
    say sum-$d `sha256sum < /data-$d`
done
say writes
for d in a b c d e f; do
    (dd if=/data-$d of=/dev/`name $d` bs=64k oflag=direct 2>/dev/null && say wrote-$d) &
done
wait
say written
echo 3 > /proc/sys/vm/drop_caches
for d in a b c d e f; do
    say read-$d `dd if=/dev/$(name $d) bs=64k count=64 iflag=direct 2>/dev/null | sha256sum`
done
dmesg | grep -iE "I/O error|resetting|timed out" > /trouble
say trouble `wc -l < /trouble` `head -3 /trouble`
say refill
read x
dd if=/data-a of=/dev/`name r` bs=64k oflag=direct 2>/dev/null && say good || say reported
say again
for d in a b c d e f; do
    dd if=/data-$d of=/dev/`name $d` seek=64 bs=64k oflag=direct 2>/dev/null &
done
wait
"""


class Monitor:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect(path)
        self.read()

    def read(self):
        text = b""
        while not text.endswith(b") "):
            more = self.socket.recv(4096)
            if not more:
                raise Failure("the monitor is gone")
            text += more
        return text.decode()

    def command(self, line):
        self.socket.sendall(line.encode() + b"\n")
        return self.read()


class Machine:
    def __init__(self, options, folder):
        self.options = options
        self.folder = folder
        self.said = {}
        self.order = []
        self.stops = 0
        self.changed = threading.Condition()
        self.log = open(os.path.join(options.log, "console"), "wb")
        self.filler = os.path.join(folder, "filler")
        self.process = subprocess.Popen(self.argv(), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)
        self.reader = threading.Thread(target=self.listen, daemon=True)
        self.reader.start()

    def argv(self):
        argv = self.options.vmm + [
            "-M", "pseries", "-smp", "2", "-m", "512M", "-nographic", "-nodefaults", "-serial", "stdio",
            "-kernel", os.path.join(self.options.guests, "debian-ppc64el", "vmlinux"),
            "-initrd", initrd_with(self.options.guests, self.options.log, SCRIPT),
            "-append", "console=hvc0 quiet nowatchdog rcupdate.rcu_cpu_stall_suppress=1",
            "-monitor", f"unix:{self.options.log}/monitor,server=on,wait=off"]
        for adapter in ADAPTERS:
            argv += ["-device", adapter]
        for name, (drive, device) in (*DISKS.items(), ("r", REPORTS)):
            path = os.path.join(self.folder, name)
            with open(path, "wb") as f:
                f.truncate(SIZE)
            argv += ["-drive", f"{drive}file={path},if=none,id={name},format=raw", "-device", device]
        return argv

    def fill(self):
        """leaves ROOM bytes"""
        st = os.statvfs(self.folder)
        with open(self.filler, "ab") as f:
            os.posix_fallocate(f.fileno(), 0, st.f_bavail * st.f_frsize - ROOM)

    def listen(self):
        for line in self.process.stdout:
            self.log.write(line)
            self.log.flush()
            words = line.decode(errors="replace").split()
            with self.changed:
                if words[:1] == ["full:"] and len(words) > 1:
                    self.said[words[1]] = " ".join(words[2:])
                    self.order.append(words[1])
                elif b"the machine is stopped" in line:
                    self.stops += 1
                self.changed.notify_all()
        with self.changed:
            self.said["end"] = ""
            self.changed.notify_all()

    def wait(self, what, seconds=240):
        with self.changed:
            if not self.changed.wait_for(lambda: what() or "end" in self.said, seconds * self.options.scale) or \
               not what():
                raise Failure(f"it does not get on; last: {self.order[-1:]}")

    def wait_word(self, word, times=1):
        self.wait(lambda: self.order.count(word) >= times)

    def wait_stop(self, monitor, stops):
        self.wait(lambda: self.stops > stops)
        end = time.monotonic() + 60 * self.options.scale
        while "paused (io-error)" not in monitor.command("info status"):
            if time.monotonic() > end:
                raise Failure("the monitor knows nothing of it")
            time.sleep(0.1)


def run(m, results):
    def check(what, good, why=""):
        results.add(what, None if good else why or "it does not")

    m.wait_word("disks")
    monitor = Monitor(f"{m.options.log}/monitor")
    check("all disks are there", m.said["disks"] == "a b c d e f r", m.said["disks"])
    m.fill()
    m.wait_stop(monitor, 0)
    results.add("a full host stops the machine, and the user is told")
    os.kill(m.process.pid, 0)
    stops = m.stops
    monitor.command("cont")
    m.wait_stop(monitor, stops)
    results.add("it stops again while there is no space")
    check("the guest waits", "written" not in m.said)
    os.unlink(m.filler)
    monitor.command("cont")
    m.wait_word("refill")
    check("it goes on", "running" in monitor.command("info status"))
    for d in DISKS:
        check(f"{DISKS[d][1].split(',')[0]}: what the guest wrote is what it reads",
              m.said[f"read-{d}"] == m.said[f"sum-{d}"])
        with open(os.path.join(m.folder, d), "rb") as f:
            check(f"{DISKS[d][1].split(',')[0]}: and it is on the host",
                  m.said[f"sum-{d}"].split()[0] == hashlib.sha256(f.read(DATA)).hexdigest())
    check("the guest heard of nothing", m.said["trouble"].split()[0] == "0", m.said["trouble"])
    m.fill()
    with open(m.filler, "ab") as f:
        os.posix_fallocate(f.fileno(), 0, os.path.getsize(m.filler) + ROOM - MIB)
    stops = m.stops
    m.process.stdin.write(b"\n")
    m.process.stdin.flush()
    m.wait_stop(monitor, stops)
    check("werror=report tells the guest", "reported" in m.said and "again" in m.said, m.order[-2:])
    monitor.command("system_reset")
    os.unlink(m.filler)
    m.wait_word("writes", 2)
    m.wait_word("refill", 2)
    check("a machine that is reset while it waits boots and writes",
          all(m.said[f"read-{d}"] == m.said[f"sum-{d}"] for d in DISKS))
    monitor.socket.sendall(b"quit\n")
    check("it ends", m.process.wait(60 * m.options.scale) == 0, m.process.returncode)


MOUNT = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs"]


def namespace(folder):
    """the command that enters a mount namespace of one's own, whose mounts go when it ends, or None; a root that is no
    mount (chroot) cannot be made private"""
    user = ["--user", "--map-root-user"] if os.geteuid() else []
    for more in [], ["--propagation", "unchanged"]:
        enter = ["unshare", *user, "--mount", *more]
        probe = [*enter, "sh", "-c", '"$@" && umount "$0"', folder, *MOUNT, folder]
        if subprocess.run(probe, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0:
            return enter
    return None


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--vmm", default="build/powervisor")
    p.add_argument("--guests", default="build/guests")
    p.add_argument("--log", default="build/log/diskfull")
    p.add_argument("--scale", type=float, default=1.0)
    options = p.parse_args()
    options.vmm = shlex.split(options.vmm)
    results = Results()
    folder = os.path.join(os.path.realpath(options.log), "disks")
    if "PV_DISKFULL" not in os.environ:
        shutil.rmtree(options.log, ignore_errors=True)
        os.makedirs(folder)
        os.environ["PV_DISKFULL"] = "1"
        enter = namespace(folder)
        if enter:
            os.execvp(enter[0], [*enter, sys.executable, *sys.argv])
        results.note("skipped, nothing can be mounted here")
        return results.end("diskfull.py")
    options.log = os.path.realpath(options.log)
    subprocess.run([*MOUNT, folder], check=True)
    machine = None
    try:
        machine = Machine(options, folder)
        run(machine, results)
    except (Failure, OSError, KeyError, subprocess.SubprocessError) as e:
        results.add("diskfull", e)
    finally:
        with contextlib.suppress(OSError):
            if machine:
                machine.process.kill()
                machine.process.wait()
        # where mounts of the namespace reach the host, it must not stay
        subprocess.run(["umount", "-l", folder], check=False)
    return results.end("diskfull.py")


sys.exit(main())

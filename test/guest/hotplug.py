#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""PCI devices that come and go under Debian's kernel, with its packages' rtas_errd and drmgr: disks and networks are
plugged in, used, and plugged out by the monitor while another disk is written, read and compared all the time; what the
monitor refuses; a guest that does not answer; a saved machine with a device that was plugged in.

Prints ok/not ok lines.  With --qemu the program is qemu-system-ppc64: the steps are the same.
"""

import argparse
import hashlib
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time

import hotunits
from cases import Case
from guest import Failure, Guest, Monitor, PROMPT, Results, command_line
from hotunits import make_disk

HERE = os.path.dirname(os.path.abspath(__file__))
LOAD_BYTES = 32 << 20
SCRIPTS = {
    "load": "dmesg -n 1\nsh /modules/load\nmkdir -p /var/log /var/lock\nifconfig lo up\n",
    # one disk all the time, by turns of some seconds
    "verify": "while [ ! -e /stop ]; do diskio verify /dev/vda LOAD 4 2 $$ || echo bad; done > /verified 2>&1; > /done\n",
    # but that nobody has written qemu's NVRAM, and that disks went while they were read
    "trouble": "dmesg | grep -E 'Oops|BUG|WARNING|I/O error|EEH: F' | grep -vE 'nvram|dev sd[a-z]'\n",
    # until a device is there, until it is not
    "come": "while [ ! -e $1 ]; do sleep 0.1; done\n",
    "go": "while [ -e $1 ]; do sleep 0.1; done\n",
    # a file of the host's over the interface of that driver
    "fetch": """n=
while [ -z "$n" ]; do
    sleep 0.1
    for i in /sys/class/net/*; do
        for l in $i/device/driver $i/device/../driver; do
            case `readlink $l` in */$1) n=${i##*/};; esac
        done
    done
done
ifconfig $n 10.0.$2.15 up
for t in 1 2 3 4 5; do tftp -g -b 1400 -r file -l /tmp/file 10.0.$2.2 2>/dev/null && break; sleep 1; done
md5sum < /tmp/file
""",
}


def build_initrd(options, work):
    guests = options.guests
    archives = [os.path.join(guests, "tests-ppc64el", "initrd.gz"), os.path.join(guests, "hotplug-ppc64el", "programs.gz")]
    lines = ["dir hp 755"]
    modules = os.path.join(guests, "debian-ppc64el", "root", "modules")
    lines += [f"file modules/{m}.ko 644 {modules}/{m}.ko" for m in hotunits.MODULES]
    scripts = {**SCRIPTS, **hotunits.SCRIPTS}
    scripts["load"] += "".join(f"insmod /modules/{m}.ko\n" for m in hotunits.MODULES)
    for name, text in scripts.items():
        path = os.path.join(work, name)
        with open(path, "w", encoding="ascii") as f:
            f.write(text.replace("LOAD", str(LOAD_BYTES)))
        lines.append(f"file hp/{name} 644 {path}")
    more = os.path.join(work, "scripts.gz")
    subprocess.run([os.path.join(HERE, "..", "..", "guests", "mkcpio.py"), more], input="\n".join(lines).encode(),
                   check=True)
    path = os.path.join(work, "initrd")
    with open(path, "wb") as out:
        for part in archives + [more]:
            with open(part, "rb") as f:
                data = f.read()
            out.write(data + b"\0" * (-len(data) % 4))
    return path


class Run:
    """one machine with its monitor"""

    def __init__(self, options, results, work, name, extra):
        self.options = options
        self.results = results
        self.work = work
        monitor = os.path.join("/tmp", f"pv-hotplug-{os.getpid()}-{name}")
        append = "console=hvc0 nowatchdog rcupdate.rcu_cpu_stall_suppress=1"
        case = Case(name, "power9", 2, {}, memory="512M", append=append, extra=(
            "-drive", f"if=none,id=load,file={work}/load.img,format=raw,cache=none",
            "-device", "virtio-blk-pci,drive=load,id=load,addr=2",
            "-netdev", f"user,id=n1,net=10.0.3.0/24,tftp={work}/tftp",
            "-netdev", f"user,id=n2,net=10.0.4.0/24,tftp={work}/tftp",
            "-monitor", f"unix:{monitor},server=on,wait=off", *hotunits.ADAPTERS, *extra))
        argv = command_line(options.vmm, case, options.guests, options.qemu)
        argv[argv.index("-initrd") + 1] = os.path.join(work, "initrd")
        argv[argv.index("-serial") + 1] = "stdio"
        self.guest = Guest(argv, os.path.join(options.log, f"{name}.log"), options.scale)
        self.monitor = Monitor(monitor, options.scale)
        os.unlink(monitor)

    def tell(self, command):
        said = self.monitor(command)
        if said and said != "OK":
            raise Failure(f"{command}: {said}")

    def gone(self, *ids):
        """waits until the monitor knows none of these"""
        end = time.monotonic() + 120 * self.options.scale
        while True:
            there = [i for i in ids if re.search(rf'\bid "?{i}\b', self.monitor("info qtree"))]
            if not there:
                return
            if time.monotonic() > end:
                raise Failure(f"{there} do not go")
            self.guest.read(0.2)

    def same(self, what, got, want):
        if got != want:
            raise Failure(f"{what}: {got!r} instead of {want!r}")


def md5(path):
    with open(path, "rb") as f:
        return hashlib.md5(f.read()).hexdigest()


# id: device, its file in the guest
DISKS = {"blk": ("virtio-blk-pci", "/dev/vdb"), "nvme": ("nvme,serial=hot,addr=9", "/dev/nvme0n1")}
# id: device, its driver and the network in the guest
NETS = {"net": ("virtio-net-pci,netdev=n1", "virtio_net", 3), "e1000": ("e1000,netdev=n2", "e1000", 4)}


def plug(run, disks, nets, turn):
    """disks and networks at once, used, and out again"""
    g, w = run.guest, run.work
    file_sum = md5(f"{w}/tftp/file")
    sums = {}
    for name in disks:
        sums[name] = make_disk(f"{w}/{name}.img")
        run.tell(f"drive_add 0 if=none,id=d-{name},file={w}/{name}.img,format=raw")
        run.tell(f"device_add {DISKS[name][0]},id={name},drive=d-{name}")
    for name in nets:
        # qemu's package has no boot ROMs
        run.tell(f"device_add {NETS[name][0]},id={name}" + (",romfile=" if run.options.qemu else ""))
    for name in disks:
        path = DISKS[name][1]
        g.run(f"sh /hp/come {path}", 240)
        run.same(f"the disk {name}", g.run(f"md5sum < {path}", 60).split()[0], sums[name])
    for name in nets:
        _, driver, net = NETS[name]
        run.same(f"the file over {name}", g.run(f"sh /hp/fetch {driver} {net}", 240).split()[0], file_sum)
    run.results.add(f"plugged in and used: {' '.join(disks + nets)}, turn {turn}")
    last = DISKS[disks[-1]][1]
    g.run(f"dd if=/dev/vdb of={last} bs=64k oflag=direct 2>/dev/null", 60)
    for name in disks + nets:
        run.tell(f"device_del {name}")
    run.gone(*disks, *nets)
    for name in disks:
        g.run(f"sh /hp/go {DISKS[name][1]}", 60)
    run.same("what the host's file of the last disk has", md5(f"{w}/{disks[-1]}.img"), sums["blk"])
    run.same("networks", g.run("ls /sys/class/net | wc -l"), "1")
    run.results.add(f"plugged out, turn {turn}")


def refusals(run):
    """one line for each, and nothing has changed"""
    w = run.work
    for name in "blk", "nvme":
        make_disk(f"{w}/{name}.img")
    run.tell(f"drive_add 0 if=none,id=d1,file={w}/blk.img,format=raw")
    before = run.monitor("info qtree")
    for command, wanted in (
            ("device_add", "device's name"),
            ("device_add nonsense,id=x", "no device 'nonsense'"),
            ("device_add virtio-blk-pci,id=x,colour=red", "no property 'colour'"),
            ("device_add virtio-blk-pci,id=x", "drive"),
            ("device_add virtio-blk-pci,id=x,drive=nothing", "no -drive with id=nothing"),
            ("device_add virtio-blk-pci,id=x,drive=load", "belongs to load"),
            ("device_add virtio-blk-pci,id=load,drive=d1", "two devices 'load'"),
            ("device_add virtio-blk-pci,id=x,drive=d1,addr=2", "is taken by virtio-blk-pci"),
            ("device_add virtio-blk-pci,id=x,drive=d1,addr=33", "no PCI address"),
            ("device_add virtio-blk-pci,id=x,drive=d1,bus=pci.7", "no PCI bus 'pci.7'"),
            ("device_add virtio-rng-pci,id=x,addr=2.1", "slot 02"),
            ("device_add pcie-root-port,id=x", "cannot be plugged in"),
            ("device_add VGA,id=x", "cannot be plugged in"),
            ("device_add scsi-hd,id=x,drive=d1,bus=vs.1", "no SCSI bus 'vs.1'"),
            ("device_add scsi-hd,id=x,drive=d1,bus=vs.0,scsi-id=256", "256 targets"),
            ("device_add usb-kbd,id=x,bus=xh.0,port=9", "no port 9"),
            ("device_add usb-storage,id=x,bus=xh.0", "drive"),
            ("device_add spapr-vty,id=x", "cannot be plugged in"),
            ("device_del", "id is missing"),
            ("device_del nothing", "no device 'nothing'"),
            ("drive_add 0 if=none,file=/nonexistent,id=y", "nonexistent"),
            ("drive_add 0 if=virtio,file=/dev/null,id=y", "if=none"),
            (f"drive_add 0 if=none,id=d1,file={w}/nvme.img", "two drives 'd1'"),
            ("drive_del load", "belongs to load"),
            ("drive_del nothing", "no drive 'nothing'"),
            ("netdev_add nonsense,id=n3", "nonsense"),
            ("netdev_add user,id=n1", "two 'n1'"),
            ("netdev_del nothing", "no network 'nothing'")):
        said = run.monitor(command)
        if wanted not in said or "\n" in said:
            raise Failure(f"{command}: {said!r}, expected '{wanted}' in one line")
    run.same("the devices", run.monitor("info qtree"), before)
    run.tell("netdev_add user,id=n3")
    run.tell("device_add virtio-net-pci,id=short,netdev=n3")
    if "belongs to short" not in run.monitor("netdev_del n3"):
        raise Failure("a network that is used ends")
    run.tell("drive_del d1")
    # at once: the guest may have taken it, or not yet
    run.tell("device_del short")
    run.gone("short")
    run.tell("netdev_del n3")
    run.results.add("what cannot be is refused in one line")


def silent(run):
    """a guest that does not answer keeps its device until it does"""
    w = run.work
    want = make_disk(f"{w}/blk.img")
    run.tell(f"drive_add 0 if=none,id=d2,file={w}/blk.img,format=raw")
    run.tell("device_add virtio-blk-pci,id=kept,drive=d2")
    run.guest.run("sh /hp/come /dev/vdb", 240)
    run.guest.run("killall rtas_errd; while pidof rtas_errd; do sleep 0.1; done")
    run.tell("device_del kept")
    time.sleep(0.5)
    if "before" not in run.monitor("device_del kept"):
        raise Failure("a second device_del says nothing")
    if "asked to let go" not in run.monitor("info pci"):
        raise Failure("info pci does not say that the guest is asked")
    run.same("the disk", run.guest.run("md5sum < /dev/vdb", 60).split()[0], want)
    run.guest.run("rtas_errd")
    run.gone("kept")
    run.results.add("a guest that does not answer keeps its device until it does")


def saved(options, results, work, run):
    """a machine with a device that was plugged in goes on in another process"""
    want = make_disk(f"{work}/blk.img")
    run.tell(f"drive_add 0 if=none,id=d3,file={work}/blk.img,format=raw")
    run.tell("device_add virtio-rng-pci,id=before,addr=5")
    run.tell("device_add virtio-blk-pci,id=later,drive=d3,addr=6")
    run.guest.run("sh /hp/come /dev/vdb", 240)
    run.tell("device_del before")
    run.gone("before")
    run.guest.process.send_signal(signal.SIGUSR1)
    if run.guest.wait(120):
        raise Failure(f"not saved: {run.guest.ending()}; {run.guest.stderr()}")
    extra = ["-drive", f"if=none,id=d3,file={work}/blk.img,format=raw",
             "-device", "virtio-blk-pci,id=later,drive=d3,addr=6", "-x-load", f"{work}/state"]
    again = Run(options, results, work, "loaded", extra)
    with again.guest as g:
        g.type("\n")
        g.expect(PROMPT, 60, "shell prompt")
        g.run("echo 3 > /proc/sys/vm/drop_caches")
        again.same("the disk", g.run("md5sum < /dev/vdb", 60).split()[0], want)
        again.tell("device_del later")
        again.gone("later")
        g.run("sh /hp/go /dev/vdb", 60)
        results.add("a saved machine goes on with the device that was plugged in, and lets go of it")
        finish(again)


def finish(run):
    g = run.guest
    g.run("> /stop")
    g.run("sh /hp/come /done", 120)
    g.run("grep '^#' /var/log/drmgr")
    verified = g.run("cat /verified")
    if not verified or [x for x in verified.splitlines() if not x.endswith(" 0 failed, 0 wrong")]:
        raise Failure(f"the other disk: {verified[-300:]!r}")
    trouble = g.run("sh /hp/trouble")
    run.same("the kernel's log", trouble, "")
    run.results.add("the disk beside them lost nothing, and the kernel has no complaint")
    g.type("poweroff -f\n")
    if g.wait(60):
        raise Failure(f"poweroff: {g.ending()}")


def plug_all(run):
    plug(run, ["blk", "nvme"], ["net", "e1000"], 1)
    if run.options.full:
        plug(run, ["blk"], ["net"], 2)


# of one boot; then the machine is saved
STEPS = {"refusals": refusals, "plug": plug_all, **hotunits.STEPS, "silent": silent}


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--vmm", type=shlex.split, default=["build/powervisor"])
    p.add_argument("--guests", default="build/guests")
    p.add_argument("--log", default="build/log/hotplug")
    p.add_argument("--scale", type=float, default=1.0)
    p.add_argument("--full", action="store_true", help="the wide form")
    p.add_argument("steps", nargs="*", help=f"of {' '.join(STEPS)} saved; all, if none are named")
    p.add_argument("--qemu", action="store_true", help="the program is qemu-system-ppc64")
    options = p.parse_args()
    if options.qemu:
        options.vmm = ["qemu-system-ppc64"]
    results = Results()
    work = os.path.abspath(os.path.join(options.log, "work"))
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(os.path.join(work, "tftp"))
    build_initrd(options, work)
    with open(os.path.join(work, "tftp", "file"), "wb") as f:
        f.write(os.urandom(1 << 18))
    with open(os.path.join(work, "load.img"), "wb") as f:
        f.truncate(LOAD_BYTES)
    began = time.monotonic()
    run = Run(options, results, work, "hotplug", [] if options.qemu else ["-x-save", os.path.join(work, "state")])
    try:
        with run.guest as g:
            g.expect(PROMPT, 200, "shell prompt")
            g.run("sh /hp/load", 120)
            g.run("rtas_errd; sh /hp/verify &")
            for name, step in STEPS.items():
                if options.steps and name not in options.steps:
                    continue
                before = time.monotonic()
                if not (options.qemu and name in ("refusals", "silent")):
                    step(run)
                results.note(f"{name}: {time.monotonic() - before:.1f} s")
            if options.qemu or (options.steps and "saved" not in options.steps):
                finish(run)
            else:
                saved(options, results, work, run)
    except (Failure, OSError) as e:
        results.add("hotplug", str(e))
    results.note(f"{time.monotonic() - began:.0f} s")
    return results.end("hotplug")


sys.exit(main())

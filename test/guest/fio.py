#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every disk device in every cache mode under Debian's own fio: three jobs for each disk at a time (many at once through
libaio, large ones, and one after the other with reads and flushes between), random, round after round, each block checked
(--verify) while it goes on and at the end of a round. In the same guest meanwhile
- one more disk is plugged in, verified, plugged out, plugged in again, found as it was left, and plugged out under load;
- errors freeze the endpoints of NVMe disks, whose driver takes part in recovery: their fio must not notice, nor others;
- a USB controller is hit: its driver knows nothing of errors, so Linux removes the whole bus of it (pci_hp_remove_devices();
  it has a port of its own, therefore) and finds it again, with all that a round wrote before;
- a virtio disk, behind one more port, is hit at last: Linux removes it too, but waits for ever for what was under way on
  it (del_gendisk() in its thread eehd; so a power-off would wait too, and such a machine is ended by a signal).
Then a second boot has fio read once more what the last rounds wrote.

Prints ok/not ok lines.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass

import suite
from cases import Case
from guest import Failure, Guest, Monitor, PROMPT, command_line, initrd_with

# in this order
MODULES = """virtio virtio_ring virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_blk crc64
crc64_rocksoft_generic crc64-rocksoft crct10dif_common crct10dif_generic crc-t10dif t10-pi sd_mod virtio_scsi
scsi_transport_srp ibmvscsi nvme-core nvme usb-common usbcore xhci-hcd xhci-pci ohci-hcd ohci-pci usb-storage rpaphp
rpadlpar_io""".split()
# a request that gets no answer is found out soon
PARAMETERS = {"nvme-core": "io_timeout=5"}

# KiB of a round's unit
FAST, SLOW = 256, 32
JOB = """[global]
filename=/dev/${DISK}
randseed=${SEED}
direct=1
verify=crc32c
do_verify=1
verify_fatal=1
thread
group_reporting
disk_util=0
%(rate)s
[many]
ioengine=libaio
rw=randwrite
bs=4k
iodepth=16
verify_backlog=64
size=%(one)dk
[large]
ioengine=libaio
rw=randwrite
bs=%(large)dk
iodepth=4
verify_backlog=8
offset=%(one)dk
size=%(two)dk
[each]
ioengine=psync
rw=randwrite
bs=4k
verify_backlog=1
fdatasync=8
offset=%(three)dk
size=%(one)dk
"""
SCRIPTS = {
    # the name of the disk with that many sectors, when it is there
    "find": """i=0
while [ $i -lt 600 ]; do
    i=$((i + 1))
    for b in /sys/block/*; do
        [ "`cat $b/size 2>/dev/null`" = $1 ] && [ -b /dev/${b##*/} ] && echo ${b##*/} && exit
    done
    sleep 0.1
done
echo no-disk-$1
""",
    # NUMBER SECTORS JOB ROUNDS: rounds until there are enough, or /stop
    "write": """DISK=`sh /fio/find $2` n=0 status=0
export DISK SEED
while [ $status = 0 ] && [ $n -lt $4 ] && [ ! -e /stop ]; do
    n=$((n + 1))
    SEED=$n
    echo $n > /fio/started$1
    fio --eta=never --output=/fio/out$1 /fio/$3
    status=$?
    grep -o 'err= *[0-9]*' /fio/out$1 | sort -u > /fio/errors$1
done
echo "status $status rounds $n `cat /fio/errors$1`" > /fio/result$1
""",
    # NUMBER SECTORS JOB SEED: what a round left
    "again": """DISK=`sh /fio/find $2` SEED=$4
export DISK SEED
fio --eta=never --verify_only --output=/fio/out$1 /fio/$3
echo "status $? rounds $4 `grep -o 'err= *[0-9]*' /fio/out$1 | sort -u`" > /fio/result$1
""",
    # SCRIPT: for all disks of a list at once
    "all": """while read n sectors job rounds; do sh /fio/$1 $n $sectors $job $rounds & done < /fio/disks
wait
> /fio/ended
""",
    "wait": "while [ ! -s $1 ]; do sleep 0.1; done\n",
    # NAME PATTERN COUNT: until the kernel has said it so many times
    "said": """i=0
while [ `dmesg | grep -c "$1"` -lt $2 ]; do
    sleep 0.2
    i=$((i + 1))
    [ $i -gt 600 ] && echo "no '$1'" && dmesg | tail -30 && exit 1
done
""",
}
# what fio says of a round without an error
GOOD = r"status 0 rounds \d+ err= 0"

NVME = "nvme,drive={0},id=dev-{0},serial={0}"
VIRTIO = "virtio-blk-pci,drive={0},id=dev-{0}"
IOMMU = ",iommu_platform=on,packed=on"
# device for the drive {0}, its controllers, KiB of a round's unit
KINDS = {
    "virtio-blk": (VIRTIO, (), FAST),
    "virtio-blk-iommu": (VIRTIO + IOMMU, (), FAST),
    "virtio-scsi": ("scsi-hd,bus=s.0,drive={0}", ("virtio-scsi-pci,id=s,num_queues=2",), FAST),
    "virtio-scsi-iommu": ("scsi-hd,bus=si.0,drive={0}", ("virtio-scsi-pci,id=si,num_queues=2" + IOMMU,), FAST),
    "spapr-vscsi": ("scsi-hd,bus=v.0,drive={0}", ("spapr-vscsi,id=v",), FAST),
    "nvme": (NVME, (), FAST),
    # a port for each disk
    "usb-xhci": ("usb-storage,bus=x.0,drive={0}", ("qemu-xhci,id=x,p2=12,p3=12",), FAST),
    "usb-ohci": ("usb-storage,bus=o.0,drive={0}", ("pci-ohci,id=o,num-ports=12",), SLOW),
}
MODES = {
    "none": ("raw", "cache=none"),
    "none-threads": ("raw", "cache=none,aio=threads"),
    "none-native": ("raw", "cache=none,aio=native"),
    "writeback": ("raw", "cache=writeback"),
    "writeback-threads": ("raw", "cache=writeback,aio=threads"),
    "writethrough": ("raw", "cache=writethrough"),
    "directsync": ("raw", "cache=directsync"),
    "unsafe": ("raw", "cache=unsafe"),
    "snapshot": ("raw", "cache=unsafe,snapshot=on"),
    "qcow2": ("qcow2", "cache=writeback"),
}


@dataclass(frozen=True)
class Row:
    name: str
    # (kind, mode)
    disks: tuple
    # what is plugged in: virtio-blk, virtio-blk-iommu or nvme
    hot: str
    # an error of a USB controller
    usb: bool = False
    # the virtio disk that is lost at last
    victim: str = ""
    quick: bool = False


def all_modes(kind):
    return tuple((kind, mode) for mode in MODES)


ROWS = [
    Row("all", (("virtio-blk", "none"), ("virtio-blk-iommu", "directsync"), ("virtio-scsi", "qcow2"),
                ("virtio-scsi-iommu", "unsafe"), ("spapr-vscsi", "none-threads"), ("nvme", "writethrough"),
                ("usb-xhci", "writeback"), ("usb-ohci", "none-native")),
        "virtio-blk", usb=True, victim="virtio-blk-iommu", quick=True),
    Row("virtio-blk", all_modes("virtio-blk"), "virtio-blk", victim="virtio-blk"),
    Row("virtio-blk-iommu", all_modes("virtio-blk-iommu"), "virtio-blk-iommu", victim="virtio-blk-iommu"),
    Row("virtio-scsi", all_modes("virtio-scsi"), "virtio-blk", victim="virtio-blk"),
    Row("virtio-scsi-iommu", all_modes("virtio-scsi-iommu"), "virtio-blk-iommu", victim="virtio-blk-iommu"),
    Row("spapr-vscsi", all_modes("spapr-vscsi"), "virtio-blk"),
    Row("nvme", all_modes("nvme"), "nvme"),
    Row("usb-xhci", all_modes("usb-xhci"), "virtio-blk", usb=True),
    Row("usb-ohci", all_modes("usb-ohci"), "virtio-blk", usb=True),
]
# numbers of the disks beside those that are checked in each mode; rounds of these go on like the others'
BESIDE = 80
HOT, STICK, VICTIM = 90, 91, 92


def check(what, got, want):
    if not re.fullmatch(want, got):
        raise Failure(f"{what}: {got!r} instead of {want!r}")


class Disk:
    def __init__(self, folder, number, kind, mode="none"):
        self.number, self.kind, self.mode = number, kind, mode
        self.device, self.controllers, self.unit = KINDS[kind]
        # a disk is known in the guest by its size
        self.sectors = (8 << 11) + number * 128
        self.format, self.cache = MODES[mode]
        self.image = os.path.join(folder, f"image{number}")
        self.rounds = 0
        subprocess.run(["qemu-img", "create", "-q", "-f", self.format, self.image, str(self.sectors * 512)], check=True)

    def drive(self):
        return f"file={self.image},if=none,id=d{self.number},format={self.format},{self.cache}"

    def plugged(self):
        return self.device.format(f"d{self.number}")

    def arguments(self):
        return ["-drive", self.drive(), "-device", self.plugged()]

    def line(self, rounds, job="job"):
        return f"{self.number} {self.sectors} {job}{self.unit} {rounds}"

    def keeps(self):
        return self.mode != "snapshot"


def arguments(disks):
    controllers = dict.fromkeys(c for d in disks for c in d.controllers)
    return [x for c in controllers for x in ("-device", c)] + [x for d in disks for x in d.arguments()]


class Machine:
    """one boot; its shell has the drivers loaded"""

    def __init__(self, options, folder, name, lines, extra):
        self.options, self.folder = options, os.path.join(folder, name)
        os.makedirs(self.folder)
        files = {**SCRIPTS, "disks": "".join(x + "\n" for x in lines)}
        for unit in FAST, SLOW:
            for job, rate in ("job", ""), ("calm", f"rate_iops={options.rate}" if options.rate else ""):
                files[f"{job}{unit}"] = JOB % {"one": unit, "two": unit * 2, "three": unit * 3, "large": min(64, unit),
                                                "rate": rate}
        inside = []
        for n, text in files.items():
            path = os.path.join(self.folder, n)
            with open(path, "w", encoding="ascii") as f:
                f.write(text)
            inside.append((f"fio/{n}", path))
        load = "".join(f"insmod /modules/{m}.ko {PARAMETERS.get(m, '')}\n" for m in MODULES)
        load = "dmesg -n 1\nmkdir -p /var/log /var/lock /fio\nifconfig lo up\n" + load
        initrd = initrd_with(options.guests, self.folder, load, inside)
        with open(initrd, "ab") as out:
            for part in ("hotplug-ppc64el", "programs.gz"), ("loads-ppc64el", "fio.gz"):
                with open(os.path.join(options.guests, *part), "rb") as f:
                    data = f.read()
                out.write(data + b"\0" * (-len(data) % 4))
        path = os.path.join("/tmp", f"pv-fio-{os.getpid()}-{os.path.basename(folder)}-{name}")
        case = Case(name, "power9", 2, {}, memory="768M",
                    append="console=hvc0 quiet nowatchdog rcupdate.rcu_cpu_stall_suppress=1", extra=(
                        "-monitor", f"unix:{path},server=on,wait=off", *extra))
        argv = command_line(options.vmm, case, options.guests)
        argv[argv.index("-initrd") + 1] = initrd
        argv[argv.index("-serial") + 1] = "stdio"
        self.guest = Guest(argv, os.path.join(self.folder, "console"), options.scale)
        try:
            self.monitor = Monitor(path, options.scale)
        except OSError:
            self.guest.__exit__()
            raise
        os.unlink(path)

    def run(self, command, seconds=120):
        return self.guest.run(command, seconds)

    def explain(self):
        """into the machine's log: what the kernel said, and of those that failed all that fio said"""
        self.guest.type("\x03\n")
        for command in ("cat /proc/partitions; dmesg | tail -200", "cat /fio/log",
                        "for f in /fio/out*; do grep -q 'err= 0' $f || cat $f; done"):
            self.run(command, 60)

    def tell(self, command):
        said = self.monitor(command)
        if said and said != "OK":
            raise Failure(f"{command}: {said}")

    def result(self, number, seconds=240):
        self.run(f"sh /fio/wait /fio/result{number}", seconds)
        return self.run(f"cat /fio/result{number}")

    def said(self, what, count):
        check("the kernel", self.run(f"sh /fio/said '{what}' {count}", 240), "")

    def plug(self, disk):
        self.tell(f"drive_add 0 {disk.drive()}")
        self.tell("device_add " + disk.plugged())

    def gone(self, disk):
        end = time.monotonic() + 240 * self.options.scale
        while f"dev-d{disk.number}" in self.monitor("info qtree"):
            if time.monotonic() > end:
                raise Failure("a disk is not plugged out")
            self.guest.read(0.2)

    def look(self, disk):
        """the guest notices what happened to a disk's endpoint"""
        name = self.run(f"sh /fio/find {disk.sectors}").split()[-1]
        self.run(f"d=`realpath /sys/block/{name}/device`")
        # the endpoint: the last directory on the way that has a configuration space
        self.run("while [ ! -e $d/config ]; do d=${d%/*}; done")
        return self.run("echo ${d##*/}")

    def power_off(self):
        bad = self.run("dmesg | grep -E 'Oops|BUG|WARNING:|blocked for more'")
        check("the kernel's log", bad, "")
        self.guest.type("poweroff -f\n")
        if self.guest.wait(120):
            raise Failure(f"poweroff: {self.guest.ending()}")


def plugging(m, hot):
    """in, verified, out, in again: what was written is there; out under load"""
    m.plug(hot)
    m.run(f"sh /fio/write {hot.line(1)}", 400)
    check("the disk that was plugged in", m.result(HOT), GOOD)
    m.tell(f"device_del dev-d{HOT}")
    m.gone(hot)
    m.plug(hot)
    m.run(f"rm /fio/*{HOT}; sh /fio/again {hot.line(1)}", 400)
    check("the disk that was plugged in again", m.result(HOT), GOOD)
    m.run(f"rm /fio/*{HOT}; (sh /fio/write {hot.line(999)} &)")
    m.run(f"sh /fio/wait /fio/started{HOT}; sleep 1", 240)
    m.tell(f"device_del dev-d{HOT}")
    m.gone(hot)
    # with errors: a disk that is gone
    m.result(HOT)


def freeze(m, name, address):
    m.tell(f"eeh_inject_error {name} freeze")
    m.run("sleep 0.2")
    m.run(f"od -N4 /sys/bus/pci/devices/{address}/config")


def work(m, row, disks, hot, stick, victim, results):
    """in the first boot"""
    m.guest.expect(PROMPT, 200, "shell prompt")
    m.run("rtas_errd")
    m.run("(sh /fio/all write > /fio/log 2>&1 &)")
    if row.usb:
        m.run(f"sh /fio/write {stick.line(1)}", 400)
        check("a USB disk", m.result(STICK), GOOD)
    for d in disks:
        m.run(f"sh /fio/wait /fio/started{d.number}", 400)
    plugging(m, hot)
    results.add(f"{row.name}: a disk plugged in, out, in again, out under load")
    recovered = 0
    for d in [d for d in disks if d.kind == "nvme"][-2:]:
        freeze(m, f"dev-d{d.number}", m.look(d))
        recovered += 1
        m.said("EEH: Recovery successful", recovered)
    results.add(f"{row.name}: {recovered} NVMe disks recover from errors")
    if row.usb:
        address = m.look(stick)
        m.run(f"n=`sh /fio/find {stick.sectors}`")
        m.run("(while cat /dev/$n; do :; done >/dev/null 2>&1 &)")
        freeze(m, "hit", address)
        recovered += 1
        m.said("EEH: Recovery successful", recovered)
        m.run("killall cat; sleep 0.2")
        m.run(f"rm /fio/*{STICK}; sh /fio/again {stick.line(1)}", 400)
        check("a USB disk after an error", m.result(STICK), GOOD)
        m.run(f"rm /fio/*{STICK}; sh /fio/write {stick.line(2)}", 400)
        check("a USB disk after an error", m.result(STICK), GOOD)
        results.add(f"{row.name}: a USB controller's error, its disk is found as it was")
    if row.victim:
        address = m.look(victim)
        m.run(f"(sh /fio/write {victim.line(99)} >/dev/null 2>&1 &)")
        m.run(f"sh /fio/wait /fio/started{VICTIM}; sleep 1", 240)
        freeze(m, f"dev-d{VICTIM}", address)
        m.said("EEH: Recovering", recovered + 1)
        results.add(f"{row.name}: a virtio disk is lost")
    end = time.monotonic() + m.options.seconds - (time.monotonic() - m.guest.started)
    while time.monotonic() < end:
        m.guest.read(1)
    # they go on after all that happened, and end the round that they are in
    m.run("sleep 2")
    m.run("> /stop; while [ ! -e /fio/ended ]; do sleep 0.1; done", 600)
    total = 0
    for d in disks:
        said = m.result(d.number)
        check(f"{d.kind} {d.mode}", said, GOOD)
        d.rounds = int(said.split()[3])
        total += d.rounds
    results.add(f"{row.name}: {len(disks)} disks, {total} rounds of fio without an error")
    if row.victim:
        m.guest.process.terminate()
        if m.guest.wait(60):
            raise Failure(f"told to end: {m.guest.ending()}")
    else:
        m.power_off()
    results.add(f"{row.name}: the machine ends")


def load(options, row, folder, disks, results):
    """the first boot; the rounds of each disk"""
    disks = disks + [Disk(folder, BESIDE, "nvme", "writeback")]
    hot = Disk(folder, HOT, row.hot)
    extra = arguments(disks)
    stick = Disk(folder, STICK, "usb-xhci", "writeback")
    if row.usb:
        extra += ["-device", "pcie-root-port,id=usb", "-device", "qemu-xhci,id=hit,bus=usb", "-drive", stick.drive(), "-device",
                  f"usb-storage,bus=hit.0,drive=d{STICK}"]
    victim = Disk(folder, VICTIM, row.victim or "virtio-blk")
    if row.victim:
        extra += ["-device", "pcie-root-port,id=port", "-drive", victim.drive(), "-device", victim.plugged() + ",bus=port"]
    lines = [d.line(9999, "calm") for d in disks]
    m = Machine(options, folder, "load", lines, extra)
    with m.guest:
        try:
            work(m, row, disks, hot, stick, victim, results)
        except Failure:
            if m.guest.process.poll() is None:
                m.explain()
            raise
        results.note(f"{row.name}: {time.monotonic() - m.guest.started:.0f} s")
    return [d for d in disks if d.keeps()]


def again(options, row, folder, disks, results):
    """the second boot"""
    m = Machine(options, folder, "again", [d.line(d.rounds) for d in disks], arguments(disks))
    with m.guest:
        m.guest.expect(PROMPT, 200, "shell prompt")
        m.run("sh /fio/all again", 600)
        for d in disks:
            check(f"{d.kind} {d.mode}", m.result(d.number), GOOD)
        m.power_off()
    results.add(f"{row.name}: {len(disks)} images have what was written")


def run(options, row, results):
    folder = os.path.join(options.log, row.name)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    disks = [Disk(folder, i, kind, mode) for i, (kind, mode) in enumerate(row.disks)]
    again(options, row, folder, load(options, row, folder, disks, results), results)
    for name in os.listdir(folder):
        if name.startswith("image"):
            os.remove(os.path.join(folder, name))


TESTS = [suite.Test(r.name, lambda o, results, r=r: run(o, r, results), r.quick) for r in ROWS]


def main():
    p = suite.parser(__doc__, "fio")
    p.add_argument("--seconds", type=float, default=0, help="that fio runs at least")
    p.add_argument("--rate", type=int, default=10, help="transfers per second of each job, of three for a disk; 0: all it can")
    return suite.run(p, TESTS)


sys.exit(main())

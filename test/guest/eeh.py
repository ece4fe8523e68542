#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian's drivers on a PCI host bridge: interrupts, DMA windows, and errors that the guest injects into one endpoint
and recovers from (EEH), with addresses translated and real, behind bridges, and from the monitor; under load of disks
and networks.

The guest gets the modules of its kernel's package and a program that injects errors by RTAS. Prints ok/not ok lines.
"""

import hashlib
import os
import shutil
import socket
import subprocess
import sys
import threading
import time

import suite
from cases import Case
from guest import Failure, Guest, PROMPT, command_line, initrd_with

HERE = os.path.dirname(os.path.abspath(__file__))
# in this order
MODULES = {
    "virtio": "virtio virtio_ring virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_blk virtio-rng",
    "sums": "crc64 crc64_rocksoft_generic crc64-rocksoft crct10dif_common crct10dif_generic crc-t10dif t10-pi",
    "nvme": "nvme-core nvme",
    "usb": "sd_mod usb-common usbcore xhci-hcd xhci-pci usb-storage",
    "net": "failover net_failover virtio_net e1000",
}
OPTIONS = {"nvme-core": "io_timeout=5"}
DISK_BYTES = 16 << 20
LOAD_CONFIG = 4     # function of an IOA bus error: a load from configuration space
FILES = {
    "stream": """i=0
while [ $i -lt 40 ]; do dd if=/dev/vdb iflag=direct bs=1M 2>/dev/null | md5sum; i=$((i + 1)); done | sort | uniq -c > /sums
""",
    # a region after the other, written and read back past the guest's caches, while errors come
    "nvme-load": """dd if=/dev/urandom of=/pattern bs=1M count=2 2>/dev/null
i=0
while [ $i -lt 60 ] || [ ! -e /stop ]; do
    dd if=/pattern of=/dev/nvme0n1 oflag=direct bs=64k seek=$((i % 60 * 4 * 8)) conv=notrunc 2>/dev/null || echo write $i >> /bad
    dd if=/dev/nvme0n1 iflag=direct bs=64k skip=$((i % 60 * 4 * 8)) count=32 2>/dev/null | cmp - /pattern || echo read $i >> /bad
    i=$((i + 1))
done
echo $i `md5sum < /pattern` > /sums
""",
    # how many recoveries there are by now
    "recovered": """i=0
while [ `dmesg | grep -c 'EEH: Recovery successful'` -lt $1 ]; do
    sleep 0.2
    i=$((i + 1))
    if [ $i -gt 300 ] || dmesg | grep -q 'been permanently disabled\\|Unable to recover'; then
        echo
        dmesg | tail -60
        exit 1
    fi
done
""",
    "read-on": """while dd if=/dev/sda of=/dev/null iflag=direct bs=64k; do :; done; sleep 999
""",
    "md5": """echo 3 > /proc/sys/vm/drop_caches
# a node may be there before its disk
pattern=$1
until set -- $pattern && [ -b $1 ] && md5sum $1 2>/dev/null; do sleep 0.1; done
""",
}


def until_prompt(s):
    text, prompt = b"", b"(qemu) "
    while not text.endswith(prompt):
        data = s.recv(4096)
        if not data:
            raise Failure("the monitor went away")
        text += data
    return text.decode().replace("\r", "").removesuffix(prompt.decode())


class Row:
    """one guest with its disks; its shell has the modules loaded"""

    def __init__(self, options, name, drivers, extra, *, cpu="power9", smp=1):
        folder = os.path.join(options.log, name)
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        self.folder = folder
        self.options = options
        for n, text in FILES.items():
            with open(os.path.join(folder, n), "w", encoding="ascii") as f:
                f.write(text)
        errinjct = os.path.join(folder, "errinjct")
        subprocess.run(["powerpc64le-linux-gnu-gcc", "-O2", "-static", "-o", errinjct, os.path.join(HERE, "errinjct.c")],
                       check=True)
        modules = [m for d in drivers for m in MODULES[d].split()]
        script = "".join(f"insmod /modules/{m}.ko {OPTIONS.get(m, '')}\n" for m in modules)
        initrd = initrd_with(options.guests, folder, "dmesg -n 1\n" + script,
                             [(n, os.path.join(folder, n)) for n in FILES] + [("errinjct", errinjct)])
        case = Case(name, cpu, smp, {}, memory="512M", extra=tuple(extra))
        self.argv = command_line(options.vmm, case, options.guests)
        self.argv[self.argv.index("-initrd") + 1] = initrd
        self.monitor_path = os.path.join(folder, "monitor")
        self.argv += ["-monitor", f"unix:{self.monitor_path},server=on,wait=off"]

    def monitor(self, command):
        """what it answers"""
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(30 * self.options.scale)
            s.connect(self.monitor_path)
            until_prompt(s)
            s.sendall(command.encode() + b"\n")
            return until_prompt(s).partition("\n")[2].strip()

    def guest(self):
        return Guest(self.argv, os.path.join(self.folder, "console"), self.options.scale)


def disk_file(path, data):
    with open(path, "wb") as f:
        f.write(data)
    return hashlib.md5(data).hexdigest()


def check(what, got, want):
    if got != want:
        raise Failure(f"{what}: {got!r} instead of {want!r}")


def md5(guest, device):
    return guest.run(f"sh /md5 {device}", 120).split()[0]


def inject(guest, config, number):
    """an error that the next look at the function's configuration space meets; number: recoveries after it"""
    check("errinjct", guest.run(f"/errinjct {config:#x} {LOAD_CONFIG}"), "errinjct: 0")
    look(guest, config)
    recovered(guest, number)


def look(guest, config):
    """the guest notices what happened"""
    bus, devfn = config >> 16, config >> 8 & 0xff
    guest.run(f"od -N4 /sys/bus/pci/devices/0000:{bus:02x}:{devfn >> 3:02x}.{devfn & 7}/config")


def recovered(guest, number):
    check("not recovered", guest.run(f"sh /recovered {number}", 120)[:80], "")


def power_off(guest):
    guest.type("poweroff -f\n")
    if guest.wait(60):
        raise Failure(f"poweroff: {guest.ending()}")


def interrupts(guest, device):
    lines = guest.run("grep MSI /proc/interrupts").splitlines()
    return sum(int(x.split()[1]) for x in lines if device in x)


def neighbour(options, results):
    """two disks behind ports of their own: one recovers from an error while the other one is read all the time"""
    extra, datas = [], [os.urandom(DISK_BYTES) for _ in range(2)]
    for i in range(2):
        disk = os.path.join(options.log, f"neighbour-{i}.img")
        extra += ["-drive", f"if=none,id=d{i},file={disk},format=raw", "-device", f"pcie-root-port,id=r{i}",
                  "-device", f"virtio-blk-pci,drive=d{i},bus=r{i},iommu_platform=on"]
    row = Row(options, "neighbour", ["virtio"], extra, smp=2)
    sums = [disk_file(os.path.join(options.log, f"neighbour-{i}.img"), datas[i]) for i in range(2)]
    with row.guest() as guest:
        guest.expect(PROMPT, 200, "shell prompt")
        guest.run("(sh /stream &)")
        inject(guest, 0x10000, 1)
        guest.run("while [ ! -s /sums ]; do sleep 0.2; done", 120)
        check("the other disk", guest.run("cat /sums").splitlines()[0].split()[:2], ["40", sums[1]])
        check("the disk after an error", md5(guest, "/dev/vda"), sums[0])
        results.add("an error of one endpoint, its neighbour read all the while")
        # drivers that know nothing of it: Linux takes out and finds again all that is on the port's bus
        inject(guest, 0x800, 2)
        for i in range(2):
            check("a disk after its port's error", md5(guest, f"/dev/vd{'ab'[i]}"), sums[i])
        results.add("an error of a port, plugged out and in")
        power_off(guest)


def bridges(options, results):
    """a bridge's error takes what is behind it, a port's less, and neither the disk beside them. All disks have drivers
    that take part in recovery: with others beside them Linux 6.1 locks pci_rescan_remove_lock twice and hangs."""
    extra = ["-device", "pci-bridge,id=br,addr=4", "-device", "pcie-root-port,id=rp,bus=br,addr=1"]
    sums = {}
    for name, where in (("behind", "bus=br,addr=2"), ("port", "bus=rp"), ("beside", "addr=5")):
        disk = os.path.join(options.log, f"bridges-{name}.img")
        sums[name] = disk_file(disk, os.urandom(DISK_BYTES))
        extra += ["-drive", f"if=none,id={name},file={disk},format=raw", "-device", f"nvme,{where},serial={name},drive={name}"]
    row = Row(options, "bridges", ["sums", "nvme"], extra, smp=2)
    with row.guest() as guest:
        guest.expect(PROMPT, 200, "shell prompt")
        guest.run("while [ ! -b /dev/nvme2n1 ]; do sleep 0.1; done", 60)
        devices = {name: guest.run(f"grep -l ^{name} /sys/block/nvme*/device/serial").split("/")[3] for name in sums}

        def disks(when):
            for name, device in devices.items():
                check(f"{name} {when}", md5(guest, "/dev/" + device), sums[name])

        disks("at first")
        before = guest.run("grep -c nvme /proc/interrupts")
        # under way while the bridge stops
        guest.run(f"(dd if=/dev/{devices['port']} iflag=direct bs=64k 2>/dev/null | md5sum >/sums &)")
        inject(guest, 0x2000, 1)
        disks("after the bridge's error")
        guest.run("while [ ! -s /sums ]; do sleep 0.2; done", 120)
        check("a read under way", guest.run("cut -c1-32 /sums"), sums["port"])
        check("drivers told", guest.run("dmesg | grep -c 'Invoking nvme->slot_reset'"), "2")
        results.add("an error of a bridge: what is behind it and behind the port there comes back")
        inject(guest, 0x10800, 2)
        disks("after the port's error")
        check("drivers told", guest.run("dmesg | grep -c 'Invoking nvme->slot_reset'"), "3")
        check("interrupts", guest.run("grep -c nvme /proc/interrupts"), before)
        check("slot resets", guest.run("grep slot_resets /proc/powerpc/eeh"), "eeh_slot_resets=2")
        results.add("an error of a port behind a bridge")
        power_off(guest)


def recover(options, results, iommu):
    disk = os.path.join(options.log, f"disk-{iommu}.img")
    want = disk_file(disk, os.urandom(DISK_BYTES))
    row = Row(options, f"iommu-{iommu}", ["virtio"],
              ["-drive", f"if=none,id=d,file={disk},format=raw",
               "-device", f"virtio-blk-pci,drive=d,addr=1,iommu_platform={iommu}",
               "-device", f"virtio-rng-pci,addr=2,iommu_platform={iommu}"])
    with row.guest() as guest:
        guest.expect(PROMPT, 200, "shell prompt")
        check("disk", md5(guest, "/dev/vda"), want)
        if not interrupts(guest, "virtio0"):
            raise Failure("no interrupt of the disk")
        check("dynamic DMA windows", guest.run("dmesg | grep -c create-pe-dma-window"), "2")
        results.add(f"interrupts, DMA windows, disk (iommu_platform={iommu})")
        inject(guest, 0x800, 1)
        check("slot resets", guest.run("grep slot_resets /proc/powerpc/eeh"), "eeh_slot_resets=1")
        check("the disk after an error", md5(guest, "/dev/vda"), want)
        results.add(f"an injected error is recovered from (iommu_platform={iommu})")
        power_off(guest)


def refused(row):
    """what the monitor says to nonsense: a line that says what is wrong"""
    for line, says in (("", "eeh_inject_error ID TYPE [ADDRESS [MASK]]"),
                       (" disk", "eeh_inject_error ID TYPE [ADDRESS [MASK]]"),
                       (" disk load-mem 0xz", "eeh_inject_error ID TYPE [ADDRESS [MASK]]"),
                       (" nobody freeze", "eeh_inject_error: there is no device 'nobody'"),
                       (" disk melt", "eeh_inject_error: 'melt' is no type; there are: freeze load-mem store-mem load-io "
                        "store-io load-config store-config dma-read dma-write")):
        check("the monitor", row.monitor("eeh_inject_error" + line), says)


def under_load(options, results):
    """a driver that takes part in recovery (Linux's nvme) loses nothing: errors while its disk is written and read, by
    the guest and from the monitor, until Linux has enough of them"""
    disk = os.path.join(options.log, "nvme.img")
    with open(disk, "wb") as f:
        f.truncate(128 << 20)
    row = Row(options, "nvme", ["sums", "nvme"], ["-drive", f"if=none,id=d,file={disk},format=raw,cache=none",
                                          "-device", "nvme,id=disk,drive=d,serial=eeh,addr=3"], smp=2)
    with row.guest() as guest:
        guest.expect(PROMPT, 200, "shell prompt")
        guest.run("while [ ! -b /dev/nvme0n1 ]; do sleep 0.1; done", 60)
        guest.run("(sh /nvme-load > /load.log 2>&1 &)")
        refused(row)
        guest.run("sleep 1")
        inject(guest, 0x1800, 1)
        # the driver finds out by itself when nothing answers
        check("the monitor", row.monitor("eeh_inject_error disk freeze"), "")
        recovered(guest, 2)
        for turn, kind in (3, "dma-write"), (4, "dma-read"), (5, "freeze"):
            check("the monitor", row.monitor(f"eeh_inject_error disk {kind}"), "")
            guest.run("sleep 1")
            look(guest, 0x1800)
            recovered(guest, turn)
        guest.run("> /stop; while [ ! -s /sums ]; do sleep 0.2; done", 240)
        if guest.run("cat /bad /load.log 2>/dev/null | wc -l") != "0":
            raise Failure("reads or writes failed: " + guest.run("head -5 /bad /load.log"))
        turns, digest = guest.run("cat /sums").split()[:2]
        results.add("five errors under a load of NVMe, four of them from the monitor: all recovered")
        check("the monitor", row.monitor("eeh_inject_error disk freeze"), "")
        look(guest, 0x1800)
        guest.run("while ! dmesg | grep -q 'been permanently'; do sleep 0.2; done", 60)
        guest.run("while [ -b /dev/nvme0n1 ]; do sleep 0.2; done", 60)
        results.add("the sixth is too much: Linux gives the disk up and goes on")
        power_off(guest)
    with open(disk, "rb") as f:
        regions = [hashlib.md5(f.read(2 << 20)).hexdigest() for _ in range(60)]
    if set(regions) != {digest}:
        raise Failure(f"{sum(r != digest for r in regions)} regions of 60 are wrong on the host")
    results.note(f"{turns} regions written and read under five errors")
    results.add("nothing is lost on the host's side")


def usb(options, results):
    """a controller whose driver knows nothing of errors goes and comes again, and its disk with it"""
    disk = os.path.join(options.log, "usb.img")
    want = disk_file(disk, os.urandom(DISK_BYTES))
    row = Row(options, "usb", ["sums", "usb"], ["-device", "qemu-xhci,id=u,addr=1", "-drive", f"if=none,id=d,file={disk},format=raw",
                                        "-device", "usb-storage,id=stick,bus=u.0,drive=d"])
    with row.guest() as guest:
        guest.expect(PROMPT, 200, "shell prompt")
        check("the USB disk", md5(guest, "/dev/sda"), want)
        check("the monitor", row.monitor("eeh_inject_error stick freeze"), "eeh_inject_error: 'stick' is not on a PCI bus")
        inject(guest, 0x800, 1)
        check("the USB disk after an error", md5(guest, "/dev/sd?"), want)
        results.add("an error of an xHCI controller: its disk is found again")
        # while it is read: that read fails, the ones after it do not
        guest.run("(sh /read-on 2> /dev/null &)")
        check("the monitor", row.monitor("eeh_inject_error u dma-write"), "")
        guest.run("sleep 0.5")
        look(guest, 0x800)
        recovered(guest, 2)
        check("the USB disk after two errors", md5(guest, "/dev/sd?"), want)
        results.add("and under a read of the disk")
        power_off(guest)


class Stream:
    """sends to a guest that connects, until it is told to end"""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.last = threading.Event()
        self.sum = hashlib.md5()
        self.sent = 0
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        with self.listener.accept()[0] as s:
            while not self.last.is_set():
                data = os.urandom(256 << 10)
                try:
                    s.sendall(data)
                except OSError:     # the guest went away: who waits for the stream says so
                    return
                self.sum.update(data)
                self.sent += len(data)
                time.sleep(0.02)

    def goes_on(self, scale):
        """more than what may stand in buffers"""
        begin, end = self.sent, time.monotonic() + 60 * scale
        while self.sent < begin + (8 << 20):
            if time.monotonic() > end:
                raise Failure(f"a stream stands still after {self.sent} bytes")
            time.sleep(0.05)

    def end(self):
        self.last.set()
        self.thread.join()
        return self.sum.hexdigest()


def network(options, results):
    """streams over two cards, an error of a device beside them, then of the card whose driver takes part in recovery"""
    streams = {"virtio-net": Stream(), "e1000": Stream()}
    row = Row(options, "network", ["virtio", "net"],
              ["-netdev", "user,id=n0,net=10.0.2.0/24", "-device", "virtio-net-pci,netdev=n0,addr=1",
               "-netdev", "user,id=n1,net=10.0.3.0/24", "-device", "e1000,netdev=n1,id=card,addr=2",
               # with a bus of its own: Linux takes out all that is on one
               "-device", "pcie-root-port,id=rp,addr=3", "-device", "virtio-rng-pci,bus=rp"], smp=2)
    with row.guest() as guest:
        guest.expect(PROMPT, 200, "shell prompt")
        for i, (name, stream) in enumerate(streams.items()):
            guest.run(f"ifconfig eth{i} 10.0.{2 + i}.15 netmask 255.255.255.0 up")
            guest.run(f"(sleep 9999 | nc 10.0.{2 + i}.2 {stream.port} | md5sum > /{name} &)")

        def go_on():
            for s in streams.values():
                s.goes_on(options.scale)

        go_on()
        inject(guest, 0x10000, 1)
        go_on()
        results.add("an error beside two network cards, their streams go on")
        check("the monitor", row.monitor("eeh_inject_error card dma-write"), "")
        guest.run("sleep 0.5")
        look(guest, 0x1000)
        recovered(guest, 2)
        go_on()
        check("the driver", guest.run("dmesg | grep -c 'Invoking e1000->slot_reset'"), "1")
        sums = {name: s.end() for name, s in streams.items()}
        for name, want in sums.items():
            guest.run(f"while [ ! -s /{name} ]; do sleep 0.1; done", 60)
            check(f"the stream of {name}", guest.run(f"cut -c1-32 /{name}"), want)
        results.note(", ".join(f"{s.sent >> 20} MiB over {name}" for name, s in streams.items()))
        results.add("an error of the e1000, nothing of its stream is lost")
        power_off(guest)


TESTS = [
    suite.Test("nvme", under_load),
    suite.Test("bridges", bridges),
    suite.Test("network", network),
    suite.Test("neighbour", neighbour),
    suite.Test("usb", usb),
    suite.Test("iommu-off", lambda options, results: recover(options, results, "off")),
    suite.Test("iommu-on", lambda options, results: recover(options, results, "on")),
]


def main():
    p = suite.parser(__doc__, "eeh")
    p.set_defaults(jobs=2)
    return suite.run(p, TESTS)


sys.exit(main())

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Disks under a real guest: Debian's kernel with Debian's drivers mounts an ext4 image made on the host, checks what is
on it, writes, syncs, powers off; then the host checks the file system and what was written.

Prints ok/not ok lines.
"""

import contextlib
import hashlib
import json
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import threading
import time
from dataclasses import dataclass

import suite
from guest import Failure, initrd_with

IMAGE = 96 << 20

# what the guest does; runs before its shell
SCRIPT = """
dmesg -n 1
for pass in 1 2 3 4 5 6; do
    for m in /modules/*.ko; do insmod $m 2>/dev/null; done
done
mkdir -p /mnt
i=0
while [ ! -b /dev/DISK ] && [ $i -lt 100 ]; do sleep 0.1; i=$((i + 1)); done
say() { echo "disk: $*"; }
say size `cat /sys/block/DISK/size`
say serial `cat /sys/block/DISK/serial /sys/block/DISK/device/serial 2>/dev/null`
say queues `ls /sys/block/DISK/mq | wc -l`
say cache `cat /sys/block/DISK/queue/write_cache`
mount -t ext4 -o discard /dev/DISK /mnt && say mounted
say read `sha256sum < /mnt/given`
cp /mnt/given /mnt/copy
dd if=/dev/urandom of=/mnt/random bs=64k count=100 2>/dev/null
i=0
while [ $i -lt 40 ]; do
    dd if=/mnt/given of=/mnt/small$i bs=$((512 + i * 97)) skip=$i count=20 2>/dev/null
    i=$((i + 1))
done
sync
rm /mnt/small?
sync
echo 3 > /proc/sys/vm/drop_caches
say copy `sha256sum < /mnt/copy`
say random `sha256sum < /mnt/random`
cat /mnt/small* | sha256sum | sed 's/^/disk: small /'
umount /mnt && say unmounted
say rng `cat /sys/class/misc/hw_random/rng_current` `head -c 100000 /dev/hwrng | wc -c`
grep -i virtio /proc/interrupts | head -3
dmesg | grep -E "I/O error|EXT4-fs error|Oops|BUG|WARNING" | sed 's/^/disk: trouble /'
poweroff -f
"""


@dataclass(frozen=True)
class Case:
    name: str
    device: str = "virtio-blk-pci,drive=d,serial=pv-disk"
    drive: str = "cache=writeback"
    machine: str = "pseries"
    cpu: str = "power9"
    smp: int = 2
    disk: str = "vda"
    extra: tuple = ()
    # save the machine while it writes, and go on in a fresh process
    save: bool = False
    # of the image; the host's tools turn it into raw afterwards
    format: str = "raw"
    # options instead of -drive; IMAGE is the image, SOCKET that of qemu-nbd, which serves it then
    backend: tuple = ()
    # nothing is written to the image
    snapshot: bool = False
    quick: bool = True


# those of a file, and no more than 64 KiB in 50 ms
RANDOM = ("-object", "rng-random,id=r,filename=/dev/urandom", "-device",
          "virtio-rng-pci,packed=on,rng=r,max-bytes=65536,period=50")
CASES = [
    Case("virtio-blk"),
    Case("virtio-blk-packed", "virtio-blk-pci,drive=d,serial=pv-disk,packed=on", "cache=none,discard=unmap"),
    Case("virtio-blk-iommu", "virtio-blk-pci,drive=d,serial=pv-disk,iommu_platform=on"),
    Case("virtio-blk-iommu-packed-xics",
         "virtio-blk-pci,drive=d,serial=pv-disk,iommu_platform=on,disable-legacy=on,packed=on,num-queues=1",
         "cache=writethrough,aio=threads", "pseries,ic-mode=xics"),
    Case("virtio-blk-power8-legacy", "virtio-blk-pci,drive=d,serial=pv-disk,disable-modern=on",
         "cache=none,aio=threads", cpu="power8"),
    Case("virtio-blk-power8-iommu-hash", "virtio-blk-pci,drive=d,serial=pv-disk,iommu_platform=on,event_idx=off",
         cpu="power8", smp=1),
    Case("virtio-blk-intx", "virtio-blk-pci,drive=d,serial=pv-disk,vectors=0,indirect_desc=off",
         "cache=writeback,detect-zeroes=unmap,discard=unmap", extra=RANDOM),
]


# a host bridge with small windows that has, or lacks, dynamic ones for DMA
NARROW = "spapr-pci-host-bridge,id=p,index=3,io_win_size=16K,mem_win_size=64M,mem64_win_size=0,dma_win_addr=0x10000000,"
IMAGE_DRIVE = ("-drive", "file=IMAGE,if=none,id=d,format=raw")
CASES += [
    Case("narrow-bridge-64k-pages", "virtio-blk-pci,drive=d,serial=pv-disk,iommu_platform=on,bus=p.0",
         backend=("-device", NARROW + "dma_win_size=64M,pgsz=0x11000", *IMAGE_DRIVE), extra=("-device", "virtio-rng-pci")),
    Case("narrow-bridge-no-dynamic-windows", "virtio-blk-pci,drive=d,serial=pv-disk,iommu_platform=on,bus=p.0",
         backend=("-device", NARROW + "dma_win_size=64M,ddw=off", *IMAGE_DRIVE), quick=False),
]


SCSI = ("-device", "scsi-hd,bus=s.0,drive=d")
CASES += [
    Case("virtio-scsi", "virtio-scsi-pci,id=s", disk="sda", extra=SCSI),
    Case("virtio-scsi-iommu-packed", "virtio-scsi-pci,id=s,iommu_platform=on,packed=on", "cache=none",
         "pseries,ic-mode=xics", disk="sda", extra=SCSI),
]
USB = ("-device", "usb-storage,bus=u.0,drive=d,serial=pv-disk")
CASES += [
    Case("usb-xhci", "qemu-xhci,id=u", disk="sda", extra=USB),
    Case("usb-xhci-nec-intx-xics", "nec-usb-xhci,id=u,msix=off", "cache=none", "pseries,ic-mode=xics", cpu="power8",
         disk="sda", extra=USB, quick=False),
    Case("usb-ohci", "pci-ohci,id=u", disk="sda", extra=USB),
    Case("usb-xhci-high-speed", "qemu-xhci,id=u,p3=0", disk="sda", extra=USB, quick=False),
]
CASES += [
    Case("nvme", "nvme,drive=d,serial=pv-disk", "cache=none,discard=unmap", disk="nvme0n1"),
    Case("nvme-few-queues-xics", "nvme,drive=d,serial=pv-disk,max_ioqpairs=1,msix_qsize=1", "cache=writethrough",
         "pseries,ic-mode=xics", cpu="power8", disk="nvme0n1"),
    Case("nvme-save", "nvme,drive=d,serial=pv-disk", disk="nvme0n1", save=True),
]
SAVE = ("-device", "virtio-rng-pci")
CASES += [
    Case("virtio-blk-save", extra=SAVE, save=True),
    Case("usb-xhci-save", "qemu-xhci,id=u", disk="sda", extra=USB, save=True),
    Case("usb-ohci-save", "pci-ohci,id=u", disk="sda", extra=USB, save=True),
    Case("virtio-blk-save-iommu-packed", "virtio-blk-pci,drive=d,serial=pv-disk,iommu_platform=on,packed=on",
         "cache=none", extra=SAVE, save=True),
]


def blockdev(**keys):
    return "-blockdev", json.dumps(keys)


def nbd_drive(name):
    return "-drive", f"file={name},if=none,id=d,format=raw"


JSON_QCOW2 = (*blockdev(driver="file", filename="IMAGE", **{"node-name": "f", "cache": {"direct": True}}),
              *blockdev(driver="qcow2", file="f", **{"node-name": "d", "cache": {"direct": True, "no-flush": False}}))
JSON_DEVICE = json.dumps({"driver": "virtio-blk-pci", "drive": "d", "serial": "pv-disk", "num-queues": 2,
                          "packed": True})
NBD_BLOCKDEV = ("-blockdev", "driver=nbd,node-name=n,server.type=unix,server.path=SOCKET",
                "-blockdev", "driver=raw,node-name=d,file=n")
CASES += [
    Case("qcow2", format="qcow2", drive="cache=none,discard=unmap"),
    Case("qcow2-json", JSON_DEVICE, format="qcow2", backend=JSON_QCOW2),
    Case("qcow2-dotted", format="qcow2", quick=False,
         backend=("-blockdev", "driver=qcow2,node-name=d,discard=unmap,file.driver=file,file.filename=IMAGE")),
    Case("qcow2-snapshot", format="qcow2", extra=("-snapshot",), snapshot=True),
    Case("raw-snapshot", extra=("-snapshot",), snapshot=True, quick=False),
    Case("raw-json", backend=blockdev(driver="raw", file={"driver": "file", "filename": "IMAGE"},
                                      **{"node-name": "d", "discard": "unmap"})),
    Case("vmdk-virtio-scsi", "virtio-scsi-pci,id=s", format="vmdk", disk="sda", extra=SCSI),
    Case("vdi", format="vdi", quick=False),
    Case("vhdx", format="vhdx", quick=False),
    Case("nbd-uri", backend=nbd_drive("nbd+unix:///?socket=SOCKET")),
    Case("nbd-old", backend=nbd_drive("nbd:unix:SOCKET"), quick=False),
    Case("nbd-blockdev", backend=NBD_BLOCKDEV, quick=False),
    Case("nbd-qcow2", format="qcow2", quick=False,
         backend=("-drive", "file=nbd+unix:///?socket=SOCKET,if=none,id=d,format=qcow2")),
]


class Disk:
    def __init__(self, options, case):
        self.options = options
        self.case = case
        self.folder = os.path.join(options.log, case.name)
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(os.path.join(self.folder, "tree"))
        self.image = os.path.join(self.folder, "image")

    def make_image(self):
        given = random.Random(self.case.name).randbytes(20 << 20)
        with open(os.path.join(self.folder, "tree", "given"), "wb") as f:
            f.write(given)
        subprocess.run(["mkfs.ext4", "-q", "-F", "-d", os.path.join(self.folder, "tree"), self.image, f"{IMAGE >> 10}k"],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if self.case.format != "raw":
            self.convert("raw", self.case.format)
            if "SOCKET" in str(self.case.backend):
                # what qemu-nbd serves cannot grow
                os.truncate(self.image, 2 * IMAGE)
        return hashlib.sha256(given).hexdigest()

    def convert(self, before, after):
        os.rename(self.image, self.image + ".old")
        subprocess.run(["qemu-img", "convert", "-f", before, "-O", after, self.image + ".old", self.image], check=True)
        os.remove(self.image + ".old")

    def backend(self):
        c = self.case
        if not c.backend:
            return ["-drive", f"file={self.image},if=none,id=d,format={c.format},{c.drive}"]
        return [x.replace("IMAGE", self.image).replace("SOCKET", self.socket()) for x in c.backend]

    def socket(self):
        return os.path.relpath(os.path.join(self.folder, "socket"))

    @contextlib.contextmanager
    def serving(self):
        """qemu-nbd, where the case needs it; it says nothing of the format, that is the other side's"""
        if not any("SOCKET" in x for x in self.case.backend):
            yield
            return
        with subprocess.Popen(["qemu-nbd", "-f", "raw", "-k", os.path.abspath(self.socket()), "-t", self.image],
                              stdin=subprocess.DEVNULL) as server:
            try:
                for _ in range(1000):
                    if os.path.exists(self.socket()):
                        break
                    time.sleep(0.01)
                yield
            finally:
                server.terminate()

    def save_while_writing(self, argv):
        """runs until a little after the guest began to write; what it said"""
        text = b""
        with subprocess.Popen(argv + ["-x-save", os.path.join(self.folder, "state")], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE) as p:
            killer = threading.Timer(120 * self.options.scale, p.kill)
            killer.start()
            for line in p.stdout:
                text += line
                if line.startswith(b"disk: read"):
                    time.sleep(0.3)
                    p.send_signal(signal.SIGUSR1)
            killer.cancel()
            if p.wait():
                raise Failure(f"saving: exit status {p.returncode}; {text[-300:]!r}")
        return text.decode(errors="replace").replace("\r", "")

    def run(self):
        c = self.case
        given = self.make_image()
        machine = c.machine + (",x-vof=on" if self.options.qemu else "")
        argv = self.options.vmm + [
            "-M", machine, "-cpu", c.cpu, "-smp", str(c.smp), "-m", "512M", "-nographic", "-nodefaults",
            "-serial", "stdio", "-kernel", os.path.join(self.options.guests, "debian-ppc64el", "vmlinux"),
            "-initrd", initrd_with(self.options.guests, self.folder, SCRIPT.replace("DISK", c.disk)), "-append", "console=hvc0 quiet nowatchdog rcupdate.rcu_cpu_stall_suppress=1",
            *self.backend(), "-device", c.device, *c.extra]
        with self.serving():
            said = self.guest(argv)
        return given, said

    def guest(self, argv):
        """what the guest said of each thing"""
        c = self.case
        before = ""
        if c.save:
            before = self.save_while_writing(argv)
            argv += ["-x-load", os.path.join(self.folder, "state")]
        try:
            p = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, check=False,
                               timeout=180 * self.options.scale)
            output = before + p.stdout.decode(errors="replace").replace("\r", "")
            stderr = p.stderr.decode(errors="replace")
            status = p.returncode
        except subprocess.TimeoutExpired as e:
            output, stderr, status = (e.stdout or b"").decode(errors="replace"), "", "none: too slow"
        with open(os.path.join(self.folder, "console"), "w", encoding="utf-8") as f:
            f.write(output + stderr)
        if status != 0:
            raise Failure(f"exit status {status}: {stderr.strip()[-200:]} {output[-300:]!r}")
        said = {}
        for line in output.splitlines():
            words = line.split()
            if words[:1] == ["disk:"] and len(words) > 1:
                said[words[1]] = " ".join(words[2:])
        return said

    def contents(self, name):
        return subprocess.run(["debugfs", "-R", f"cat {name}", self.image], capture_output=True, check=True).stdout

    def check(self, results):
        c = self.case
        given, said = self.run()
        if c.format != "raw":
            self.convert(c.format, "raw")

        def equal(what, got, want):
            results.add(f"{self.case.name}: {what}", None if got == want else f"got {got!r}, expected {want!r}")

        equal("size", said.get("size"), str(IMAGE // 512))
        if "serial=" in self.case.device:
            equal("serial number", said.get("serial"), "pv-disk")
        equal("the guest reads what the host wrote", said.get("read"), given + " -")
        equal("the guest reads what it wrote", said.get("copy"), given + " -")
        equal("unmounted", "unmounted" in said and "mounted" in said, True)
        equal("no trouble in the kernel's log", said.get("trouble"), None)
        if self.case.extra is RANDOM:
            equal("random bytes of the host", said.get("rng"), "virtio_rng.0 100000")
        if c.snapshot:
            listing = subprocess.run(["debugfs", "-R", "ls", self.image], capture_output=True, check=True).stdout
            equal("nothing is written to the image", b"copy" in listing or b"random" in listing, False)
        fsck = subprocess.run(["e2fsck", "-fn", self.image], capture_output=True, check=False)
        results.add(f"{self.case.name}: file system", None if fsck.returncode == 0 else fsck.stdout.decode()[-300:])
        if c.snapshot:
            os.remove(self.image)
            return
        equal("the host reads the copy", hashlib.sha256(self.contents("copy")).hexdigest(), given)
        equal("the host reads random bytes", hashlib.sha256(self.contents("random")).hexdigest() + " -",
              said.get("random"))
        os.remove(self.image)


class FirmwareDisk:
    """SLOF loads a program from a PReP partition; the program says whether all of it arrived"""

    def __init__(self, options, name, *devices):
        self.options = options
        self.name = "firmware-" + name
        self.devices = devices
        self.folder = os.path.join(options.log, self.name)
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)

    def make_image(self):
        words = list(struct.unpack(">524288I", random.Random(self.name).randbytes(2 << 20)))
        words.append(-sum(words) & 0xffffffff)
        with open(os.path.join(self.folder, "payload"), "wb") as f:
            f.write(struct.pack(f">{len(words)}I", *words))
        program = os.path.join(self.folder, "program")
        source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "firmware_disk.S")
        subprocess.run(["powerpc-linux-gnu-gcc", "-nostdlib", "-static", "-no-pie", f"-Wa,-I{self.folder}",
                        "-Wl,-Ttext-segment=0x800000,--build-id=none", "-o", program, source], check=True)
        with open(program, "rb") as f:
            code = f.read()
        sectors = (len(code) + 511) // 512
        # one partition of type PReP boot, active, from sector 2048
        entry = struct.pack("<B3sB3sII", 0x80, b"\xff\xff\xff", 0x41, b"\xff\xff\xff", 2048, sectors)
        image = os.path.join(self.folder, "image")
        with open(image, "wb") as f:
            f.write(bytes(446) + entry + bytes(48) + b"\x55\xaa")
            f.seek(2048 * 512)
            f.write(code)
            f.truncate((2048 + sectors + 2048) * 512)
        return image

    def check(self, results):
        argv = self.options.vmm + ["-M", "pseries", "-m", "512M", "-nographic", "-nodefaults", "-serial", "stdio",
                                   "-drive", f"file={self.make_image()},if=none,id=d,format=raw", *self.devices]
        try:
            p = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, check=False,
                               timeout=60 * self.options.scale)
            output, status = p.stdout + p.stderr, p.returncode
        except subprocess.TimeoutExpired as e:
            output, status = e.stdout or b"", "none: too slow"
        with open(os.path.join(self.folder, "console"), "wb") as f:
            f.write(output)
        good = status == 0 and b"disk: firmware good" in output and b"failed" not in output
        results.add(self.name, None if good else f"exit status {status}: {output[-300:]!r}")


FIRMWARE = {
    "virtio-blk": ("-device", "virtio-blk-pci,drive=d"),
    "virtio-blk-legacy": ("-device", "virtio-blk-pci,drive=d,disable-modern=on"),
    "virtio-blk-iommu": ("-device", "virtio-blk-pci,drive=d,iommu_platform=on"),
    "virtio-scsi": ("-device", "virtio-scsi-pci,id=s", *SCSI),
    "vscsi": ("-device", "spapr-vscsi,id=s", *SCSI),
    "usb-xhci": ("-device", "qemu-xhci,id=u", *USB),
    "usb-ohci": ("-device", "pci-ohci,id=u", *USB),
}


TESTS = [suite.Test(c.name, lambda o, r, c=c: Disk(o, c).check(r), c.quick) for c in CASES]
TESTS += [suite.Test("firmware-" + name, lambda o, r, n=name, d=devices: FirmwareDisk(o, n, *d).check(r))
          for name, devices in FIRMWARE.items()]


def main():
    p = suite.parser(__doc__, "disk")
    p.add_argument("--qemu", action="store_true", help="the program is qemu-system-ppc64")
    p.add_argument("--jobs", type=int, default=2, help="machines at a time")
    return suite.run(p, TESTS)


sys.exit(main())

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian's virtio drivers on a PCI host bridge: interrupts, DMA windows, and errors that the guest injects into one
endpoint and recovers from (EEH), with addresses translated and real.

The guest gets the modules of its kernel's package and a program that injects errors by RTAS, in an initrd behind the
one of build/guests. Prints ok/not ok lines.
"""

import argparse
import glob
import gzip
import hashlib
import os
import shlex
import subprocess
import sys

from cases import Case
from guest import Failure, Guest, PROMPT, Results, command_line

HERE = os.path.dirname(os.path.abspath(__file__))
MODULES = ["drivers/virtio/virtio", "drivers/virtio/virtio_ring", "drivers/virtio/virtio_pci_modern_dev",
           "drivers/virtio/virtio_pci_legacy_dev", "drivers/virtio/virtio_pci", "drivers/block/virtio_blk",
           "drivers/char/hw_random/virtio-rng", "lib/crc64", "crypto/crc64_rocksoft_generic", "lib/crc64-rocksoft",
           "crypto/crct10dif_common", "crypto/crct10dif_generic", "lib/crc-t10dif", "block/t10-pi",
           "drivers/nvme/host/nvme-core", "drivers/nvme/host/nvme"]
DISK_BYTES = 16 << 20
STREAM = """i=0
while [ $i -lt 40 ]; do dd if=/dev/vdb iflag=direct bs=1M 2>/dev/null | md5sum; i=$((i + 1)); done | sort | uniq -c > /sums
"""
# a region after the other, written and read back past the guest's caches, while errors come
LOAD = """dd if=/dev/urandom of=/pattern bs=1M count=2 2>/dev/null
i=0
while [ $i -lt 60 ] || [ ! -e /stop ]; do
    dd if=/pattern of=/dev/nvme0n1 oflag=direct bs=64k seek=$((i % 60 * 4 * 8)) conv=notrunc 2>/dev/null || echo write $i >> /bad
    dd if=/dev/nvme0n1 iflag=direct bs=64k skip=$((i % 60 * 4 * 8)) count=32 2>/dev/null | cmp - /pattern || echo read $i >> /bad
    i=$((i + 1))
done
echo $i `md5sum < /pattern` > /sums
"""
RECOVERED = """while [ `dmesg | grep -c 'EEH: Recovery successful'` -lt $1 ]; do sleep 0.2; done
"""
LOAD_CONFIG = 4     # function of an IOA bus error: a load from configuration space


def build_initrd(options, work):
    """the guest's initrd with modules and the program behind it"""
    folder = os.path.join(options.guests, "debian-ppc64el")
    package = glob.glob(os.path.join(folder, "debs", "linux-image-*.deb"))[0]
    root = os.path.join(work, "root")
    os.makedirs(os.path.join(root, "m"), exist_ok=True)
    tar = subprocess.run(["dpkg-deb", "--fsys-tarfile", package], check=True, capture_output=True).stdout
    for m in MODULES:
        data = subprocess.run(["tar", "x", "-O", "--wildcards", f"*/kernel/{m}.ko"], input=tar, check=True,
                              capture_output=True).stdout
        with open(os.path.join(root, "m", os.path.basename(m) + ".ko"), "wb") as f:
            f.write(data)
    with open(os.path.join(root, "m", "load"), "w", encoding="ascii") as f:
        f.write("".join(f"insmod /m/{os.path.basename(m)}.ko" + (" io_timeout=5" if m.endswith("nvme-core") else "") + "\n"
                        for m in MODULES))
    for name, text in ("stream", STREAM), ("nvme-load", LOAD), ("recovered", RECOVERED):
        with open(os.path.join(root, "m", name), "w", encoding="ascii") as f:
            f.write(text)
    subprocess.run(["powerpc64le-linux-gnu-gcc", "-O2", "-static", "-o", os.path.join(root, "m", "errinjct"),
                    os.path.join(HERE, "errinjct.c")], check=True)
    names = "m\n" + "".join(f"m/{n}\n" for n in sorted(os.listdir(os.path.join(root, "m"))))
    more = subprocess.run(["cpio", "-o", "-H", "newc", "--quiet"], cwd=root, input=names.encode(), check=True,
                          capture_output=True).stdout
    path = os.path.join(work, "initrd.gz")
    with open(path, "wb") as out, open(os.path.join(folder, "initrd.gz"), "rb") as f:
        out.write(f.read() + gzip.compress(more, 1))
    return path


def interrupts(guest, device):
    lines = guest.run("grep MSI /proc/interrupts").splitlines()
    return sum(int(x.split()[1]) for x in lines if device in x)


def neighbour(options, results, initrd, work):
    """two disks behind ports of their own: one recovers from an error while the other one is read all the time"""
    sums, extra = [], []
    for i in range(2):
        disk = os.path.join(work, f"neighbour-{i}.img")
        data = os.urandom(DISK_BYTES)
        with open(disk, "wb") as f:
            f.write(data)
        sums.append(hashlib.md5(data).hexdigest())
        extra += ["-drive", f"if=none,id=d{i},file={disk},format=raw", "-device", f"pcie-root-port,id=r{i}",
                  "-device", f"virtio-blk-pci,drive=d{i},bus=r{i},iommu_platform=on"]
    argv = command_line(options.vmm, Case("neighbour", "power9", 2, {}, memory="512M", extra=tuple(extra)),
                        options.guests)
    argv[argv.index("-initrd") + 1] = initrd
    with Guest(argv, os.path.join(options.log, "neighbour.log"), options.scale) as guest:
        guest.expect(PROMPT, 200, "shell prompt")
        guest.run("dmesg -n 1; sh /m/load", 60)
        guest.run("sh /m/stream &")
        if guest.run(f"/m/errinjct 0x10000 {LOAD_CONFIG}") != "errinjct: 0":
            raise Failure("errinjct failed")
        guest.run("od -N4 /sys/bus/pci/devices/0000:01:00.0/config")
        guest.run("while ! dmesg | grep 'EEH: Recovery'; do sleep 1; done", 120)
        guest.run("while [ ! -s /sums ]; do sleep 1; done", 120)
        if guest.run("cat /sums").splitlines()[0].split()[:2] != ["40", sums[1]]:
            raise Failure("the other disk was read wrongly: " + guest.run("cat /sums"))
        if guest.run("md5sum < /dev/vda", 60).split()[0] != sums[0]:
            raise Failure("reads something else after an error")
        results.add("an error of one endpoint, its neighbour read all the while")
        guest.type("poweroff -f\n")
        if guest.wait(60):
            raise Failure(f"poweroff: {guest.ending()}")


def recover(options, results, iommu, initrd, work):
    disk = os.path.join(work, f"disk-{iommu}.img")
    data = os.urandom(DISK_BYTES)
    with open(disk, "wb") as f:
        f.write(data)
    want = hashlib.md5(data).hexdigest()
    case = Case("eeh", "power9", 1, {}, memory="512M",
                extra=("-drive", f"if=none,id=d,file={disk},format=raw",
                       "-device", f"virtio-blk-pci,drive=d,addr=1,iommu_platform={iommu}",
                       "-device", f"virtio-rng-pci,addr=2,iommu_platform={iommu}"))
    argv = command_line(options.vmm, case, options.guests)
    argv[argv.index("-initrd") + 1] = initrd
    with Guest(argv, os.path.join(options.log, f"eeh-{iommu}.log"), options.scale) as guest:
        guest.expect(PROMPT, 200, "shell prompt")
        guest.run("dmesg -n 1; sh /m/load", 60)
        if guest.run("md5sum < /dev/vda", 60).split()[0] != want:
            raise Failure("reads something else from its disk")
        before = interrupts(guest, "virtio0")
        if not before:
            raise Failure("no interrupt of the disk")
        if guest.run("dmesg | grep -c create-pe-dma-window") != "2":
            raise Failure("no dynamic DMA windows")
        results.add(f"interrupts, DMA windows, disk (iommu_platform={iommu})")
        # what the error hits is the next look at the endpoint's configuration space
        if guest.run(f"/m/errinjct 0x800 {LOAD_CONFIG}") != "errinjct: 0":
            raise Failure("errinjct failed")
        guest.run("od -N4 /sys/bus/pci/devices/0000:00:01.0/config")
        guest.run("while ! dmesg | grep 'EEH: Recovery'; do sleep 1; done", 120)
        if "successful" not in guest.run("dmesg | grep 'EEH: Recovery'"):
            raise Failure("not recovered")
        if guest.run("grep slot_resets /proc/powerpc/eeh") != "eeh_slot_resets=1":
            raise Failure("not reset once")
        guest.run("echo 3 > /proc/sys/vm/drop_caches")
        if guest.run("md5sum < /dev/vda", 60).split()[0] != want:
            raise Failure("reads something else after an error")
        results.add(f"an injected error is recovered from (iommu_platform={iommu})")
        guest.type("poweroff -f\n")
        if guest.wait(60):
            raise Failure(f"poweroff: {guest.ending()}")


def under_load(options, results, initrd, work):
    """a driver that takes part in recovery (Linux's nvme) loses nothing: errors while its disk is written and read"""
    disk = os.path.join(work, "nvme.img")
    with open(disk, "wb") as f:
        f.truncate(128 << 20)
    case = Case("nvme", "power9", 2, {}, memory="512M",
                extra=("-drive", f"if=none,id=d,file={disk},format=raw,cache=none",
                       "-device", "nvme,drive=d,serial=eeh,addr=3"))
    argv = command_line(options.vmm, case, options.guests)
    argv[argv.index("-initrd") + 1] = initrd
    with Guest(argv, os.path.join(options.log, "eeh-nvme.log"), options.scale) as guest:
        guest.expect(PROMPT, 200, "shell prompt")
        guest.run("dmesg -n 1; sh /m/load; while [ ! -b /dev/nvme0n1 ]; do sleep 0.1; done", 60)
        guest.run("sh /m/nvme-load > /load.log 2>&1 &")
        for turn in range(1, 4):
            guest.run("sleep 1")
            if guest.run(f"/m/errinjct 0x1800 {LOAD_CONFIG}") != "errinjct: 0":
                raise Failure("errinjct failed")
            guest.run("od -N4 /sys/bus/pci/devices/0000:00:03.0/config")
            guest.run(f"sh /m/recovered {turn}", 120)
        guest.run("> /stop; while [ ! -s /sums ]; do sleep 0.2; done", 240)
        if guest.run("cat /bad /load.log 2>/dev/null | wc -l") != "0":
            raise Failure("reads or writes failed: " + guest.run("head -5 /bad /load.log"))
        turns, digest = guest.run("cat /sums").split()[:2]
        guest.type("poweroff -f\n")
        if guest.wait(60):
            raise Failure(f"poweroff: {guest.ending()}")
    with open(disk, "rb") as f:
        regions = [hashlib.md5(f.read(2 << 20)).hexdigest() for _ in range(60)]
    if set(regions) != {digest}:
        raise Failure(f"{sum(r != digest for r in regions)} regions of 60 are wrong on the host")
    results.note(f"{turns} regions written and read under three errors")
    results.add("errors under a load of NVMe: all recovered, nothing lost")


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--vmm", type=shlex.split, default=["build/powervisor"])
    p.add_argument("--guests", default="build/guests")
    p.add_argument("--log", default="build/log/eeh")
    p.add_argument("--scale", type=float, default=1.0)
    options = p.parse_args()
    results = Results()
    work = os.path.join(options.log, "work")
    os.makedirs(work, exist_ok=True)
    initrd = build_initrd(options, work)
    for iommu in "off", "on":
        try:
            recover(options, results, iommu, initrd, work)
        except Failure as e:
            results.add(f"iommu_platform={iommu}", str(e))
    try:
        neighbour(options, results, initrd, work)
    except Failure as e:
        results.add("neighbour", str(e))
    try:
        under_load(options, results, initrd, work)
    except Failure as e:
        results.add("nvme", str(e))
    return results.end("eeh")


sys.exit(main())

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""SLOF starts Debian's GRUB, GRUB starts Debian's kernel: from disks, from a CD, from the network by TFTP.

The image of a disk has a PReP boot partition, which is GRUB, and an ext4 file system with its configuration, a kernel
and an initramfs; that of a CD has the same as files; the network has them on the TFTP server of its user back end.

Prints ok/not ok lines.
"""

import os
import shutil
import struct
import subprocess
import sys
from dataclasses import dataclass

import suite
from guest import PROMPT, Failure, Guest

# of which grub-install takes a part by what it finds on the machine
MODULES = ("boot", "cat", "echo", "ext2", "fat", "iso9660", "linux", "ls", "net", "normal", "ofnet", "part_msdos", "search",
           "test", "tftp")
# GRUB's device when it has none: the one that firmware loaded it from
PREFIX = {"disk": "(,msdos2)/boot/grub", "cd": "()/boot/grub", "net": "/boot/grub"}
# GRUB 2.06 finds no network card through SLOF, qemu's neither, unless it names the nodes that it looks at
BOOT_NET = "boot net debug=devalias"
BOOTINFO = """<chrp-boot>
<description>grub</description>
<os-name>grub</os-name>
<boot-script>boot &device;:\\boot\\grub\\powerpc.elf</boot-script>
</chrp-boot>
"""


@dataclass(frozen=True)
class Case:
    name: str
    medium: str         # a key of PREFIX
    devices: tuple
    cpu: str = "power9"
    smp: int = 1
    quick: bool = False


SCSI_HD = ("-device", "scsi-hd,bus=s.0,drive=d")
SCSI_CD = ("-device", "scsi-cd,bus=s.0,drive=d")
USB = ("-device", "usb-storage,bus=u.0,drive=d")
CASES = [
    Case("virtio-blk", "disk", ("-device", "virtio-blk-pci,drive=d"), smp=2, quick=True),
    Case("virtio-blk-power8", "disk", ("-device", "virtio-blk-pci,drive=d"), "power8"),
    Case("virtio-blk-iommu", "disk", ("-device", "virtio-blk-pci,drive=d,iommu_platform=on")),
    Case("virtio-scsi", "disk", ("-device", "virtio-scsi-pci,id=s", *SCSI_HD)),
    Case("vscsi", "disk", ("-device", "spapr-vscsi,id=s", *SCSI_HD)),
    Case("vscsi-power8", "disk", ("-device", "spapr-vscsi,id=s", *SCSI_HD), "power8"),
    Case("usb-xhci", "disk", ("-device", "qemu-xhci,id=u", *USB)),
    Case("usb-ohci", "disk", ("-device", "pci-ohci,id=u", *USB)),
    Case("cd-virtio-scsi", "cd", ("-device", "virtio-scsi-pci,id=s", *SCSI_CD)),
    Case("cd-vscsi", "cd", ("-device", "spapr-vscsi,id=s", *SCSI_CD)),
    Case("cd-usb", "cd", ("-device", "qemu-xhci,id=u", *USB), quick=True),
    Case("net-spapr-vlan", "net", ("-device", "spapr-vlan,netdev=n")),
    Case("net-virtio-net", "net", ("-device", "virtio-net-pci,netdev=n")),
    Case("net-e1000", "net", ("-device", "e1000,netdev=n")),
]


class Boot:
    def __init__(self, options, case):
        self.options = options
        self.case = case
        self.folder = os.path.join(options.log, case.name)
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(os.path.join(self.folder, "tree", "boot", "grub"))

    def core(self, path):
        """what grub-install would make"""
        modules = os.path.join(self.options.guests, "grub-ppc64el", "powerpc-ieee1275")
        subprocess.run(["grub-mkimage", "-O", "powerpc-ieee1275", "-d", modules, "-p", PREFIX[self.case.medium],
                        "-o", path, *MODULES], check=True)

    def tree(self):
        """what is in the file system"""
        tree = os.path.join(self.folder, "tree")
        # GRUB waits for 10 ms in between packets of 1 KiB: a small kernel
        guest = os.path.join(self.options.guests, "pseries-be" if self.case.medium == "net" else "debian-ppc64el")
        for name in "vmlinux", "initrd.gz":
            os.link(os.path.join(guest, name), os.path.join(tree, "boot", name))
        with open(os.path.join(tree, "boot", "grub", "grub.cfg"), "w", encoding="utf-8") as f:
            f.write(f"echo grub started from $root\nlinux /boot/vmlinux console=hvc0 quiet row={self.case.name}\n"
                    "initrd /boot/initrd.gz\nboot\n")
        return tree

    def disk(self):
        core = os.path.join(self.folder, "core")
        self.core(core)
        with open(core, "rb") as f:
            code = f.read()
        image, start, prep, size = os.path.join(self.folder, "image"), 2048, 4096, 96 << 11
        assert len(code) <= prep << 9
        subprocess.run(["mke2fs", "-q", "-t", "ext4", "-F", "-d", self.tree(), "-E", f"offset={(start + prep) << 9}", image,
                        f"{size >> 1}k"], check=True, stdout=subprocess.DEVNULL)
        # a partition of type PReP boot, active, and one for Linux
        any_chs = b"\xfe\xff\xff"
        entries = (struct.pack("<B3sB3sII", 0x80, any_chs, 0x41, any_chs, start, prep)
                   + struct.pack("<B3sB3sII", 0, any_chs, 0x83, any_chs, start + prep, size))
        with open(image, "r+b") as f:
            f.seek(446)
            f.write(entries + bytes(32) + b"\x55\xaa")
            f.seek(start << 9)
            f.write(code)
        return image

    def cd(self):
        tree = self.tree()
        self.core(os.path.join(tree, "boot", "grub", "powerpc.elf"))
        os.makedirs(os.path.join(tree, "ppc"))
        with open(os.path.join(tree, "ppc", "bootinfo.txt"), "w", encoding="utf-8") as f:
            f.write(BOOTINFO)
        image = os.path.join(self.folder, "image")
        subprocess.run(["xorriso", "-report_about", "WARNING", "-as", "mkisofs", "-quiet", "-r", "-o", image, tree],
                       check=True)
        return image

    def medium(self):
        if self.case.medium == "net":
            tree = self.tree()
            self.core(os.path.join(tree, "core"))
            return ["-netdev", f"user,id=n,tftp={tree},bootfile=core", "-boot", "c"]
        if self.case.medium == "cd":
            return ["-drive", f"file={self.cd()},if=none,id=d,format=raw,readonly=on"]
        return ["-drive", f"file={self.disk()},if=none,id=d,format=raw"]

    def check(self, results):
        c = self.case
        argv = self.options.vmm + ["-M", "pseries", "-cpu", c.cpu, "-smp", str(c.smp), "-m", "512M", "-nographic",
                                   "-nodefaults", "-serial", "mon:stdio", *self.medium(), *c.devices]
        with Guest(argv, os.path.join(self.folder, "console"), self.options.scale) as guest:
            if c.medium == "net":
                guest.expect("^0 > ", 100, "prompt")
                guest.type(BOOT_NET + "\r")
            guest.expect("grub started from", 200 if c.medium == "net" else 100, "GRUB")
            guest.expect("guest: Linux .*", 200, "Linux")
            guest.expect(PROMPT, 60, "shell")
            line = guest.run("cat /proc/cmdline")
            if f"row={c.name}" not in line:
                raise Failure(f"the kernel was given {line!r}")
            guest.type("poweroff -f\n")
            if guest.wait(60):
                raise Failure(guest.ending())
        shutil.rmtree(os.path.join(self.folder, "tree"))
        if c.medium != "net":
            os.remove(os.path.join(self.folder, "image"))
        results.add(c.name)


TESTS = [suite.Test(c.name, lambda o, r, c=c: Boot(o, c).check(r), c.quick) for c in CASES]

sys.exit(suite.run(suite.parser(__doc__, "grub"), TESTS))

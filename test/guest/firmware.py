#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What SLOF tries to boot, in which order, beside qemu-system-ppc64 with the same arguments: -boot and bootindex.

Prints ok/not ok lines.
"""

import os
import re
import sys
import time
from dataclasses import dataclass

import suite
from guest import Failure, Guest

READY = r"^0 > "
PROPERTIES = "qemu,boot-list", "qemu,boot-device", "qemu,boot-menu"
USB = ("-device", "qemu-xhci,id=x,addr=7", "-device", "usb-storage,bus=x.0,port=2,drive=d0,bootindex=2",
       "-device", "usb-storage,bus=x.0,port=1,drive=d1,bootindex=1")
DISKS = ("-device", "virtio-blk-pci,drive=d0,addr=3")
EVERYWHERE = (
    "-device", "virtio-scsi-pci,id=s,addr=1", "-device", "scsi-hd,bus=s.0,drive=d0,bootindex=3,scsi-id=3",
    "-device", "scsi-cd,bus=s.0,drive=d1,bootindex=8,lun=300,scsi-id=200",
    "-device", "spapr-vscsi,id=v,reg=0x71000010", "-device", "scsi-hd,bus=v.0,drive=d2,bootindex=1,scsi-id=2",
    "-device", "scsi-cd,bus=v.0,drive=d3,bootindex=7,channel=1,scsi-id=5,lun=3",
    "-device", "pci-bridge,id=br,chassis_nr=1,addr=2", "-device", "virtio-blk-pci,bus=br,addr=2,drive=d4,bootindex=90",
    "-device", "spapr-pci-host-bridge,index=1",
    "-device", "virtio-blk-pci,bus=pci.1,drive=d5,addr=1f.3,bootindex=0,multifunction=on",
    "-netdev", "user,id=n,restrict=on", "-device", "virtio-net-pci,netdev=n,bus=pci.1,addr=5,bootindex=-1,ROM")

NETWORKS = ("-netdev", "user,id=a,restrict=on", "-device", "e1000,netdev=a,addr=3,bootindex=2,ROM",
            "-netdev", "user,id=b,restrict=on", "-device", "spapr-vlan,netdev=b,bootindex=1")


@dataclass(frozen=True)
class Case:
    name: str
    boot: str
    devices: tuple = ()
    drives: int = 0
    # what is typed at the prompt before its answers are looked at; F12 is typed at the start
    commands: tuple = ()
    menu: str = ""
    quick: bool = True


CASES = [
    Case("bootindex", "menu=off", EVERYWHERE, 6),
    Case("bootindex-strict", "strict=on", EVERYWHERE, 6),
    Case("bootindex-usb", "strict=on", USB, 2),
    # each is tried for a while before the prompt comes
    Case("bootindex-net", "strict=on", NETWORKS, quick=False),
    Case("default", "strict=off", DISKS, 1),
    Case("order", "order=ndc", DISKS, 1),
    Case("once", "order=c,once=d", DISKS, 1, ("reset-all",)),
    Case("menu", "menu=on", DISKS + ("-device", "virtio-blk-pci,drive=d1,addr=4,bootindex=2"), 2, menu="2"),
]


def observe(options, case, qemu):
    """lines about loading, and what the tree says"""
    vmm = ["qemu-system-ppc64"] if qemu else options.vmm
    argv = vmm + ["-M", "pseries", "-m", "512M", "-nographic", "-nodefaults", "-serial", "mon:stdio",
                  # its order= has no effect without once=
                  "-boot", case.boot.replace("order=", "once=") if qemu and "once=" not in case.boot else case.boot]
    for i in range(case.drives):
        image = os.path.join(options.log, f"empty{i}")
        with open(image, "wb") as f:
            f.truncate(1 << 20)
        argv += ["-drive", f"if=none,id=d{i},file={image},format=raw"]
    # qemu has a ROM for its network cards
    argv += [x.replace(",ROM", ",romfile=" if qemu else "") for x in case.devices]
    with Guest(argv, os.path.join(options.log, f"{case.name}-{'qemu' if qemu else 'ours'}.log"),
               options.scale) as guest:
        if case.menu:
            guest.expect("Press F12", 200)
            guest.type("\x1b[24~")
            guest.expect(rf"^{case.menu}\) .*\n", 200)
            time.sleep(1)
            guest.type(case.menu)
        for command in case.commands:
            guest.expect(READY, 200, "prompt")
            guest.type(command + "\r")
        guest.expect(READY, 200, "prompt")
        tried = re.findall(r"^Trying to load: .*", guest.text, re.M)
        said = {}
        for name in PROPERTIES:
            # in brackets, which the echo of the command has not
            guest.type(f'5b " {name}" get-chosen 0= IF 0 0 THEN rot emit type 5d emit\r')
            said[name] = guest.expect(r"\[([^\]]*)\]", 60)[1]
            guest.expect(READY, 60)
        guest.type("power-off\r")
        if guest.wait(60):
            raise Failure(f"{'qemu' if qemu else 'ours'}: {guest.ending()}")
    return tried, said


def compare(options, case, results):
    ours, qemus = observe(options, case, False), observe(options, case, True)
    results.add(f"{case.name}: tried", None if ours[0] == qemus[0] and ours[0] else f"{ours[0]}, qemu: {qemus[0]}")
    results.add(f"{case.name}: /chosen", None if ours[1] == qemus[1] else f"{ours[1]}, qemu: {qemus[1]}")


TESTS = [suite.Test(c.name, lambda o, r, c=c: compare(o, c, r), c.quick) for c in CASES]

sys.exit(suite.run(suite.parser(__doc__, "firmware"), TESTS))

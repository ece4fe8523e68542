#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""USB keyboards, tablets, mice and CD-ROM drives under a real guest: what a VNC viewer does reaches Debian's input
layer through its usbhid, and a disc made on the host is read.

Prints ok/not ok lines.
"""

import hashlib
import os
import random
import shutil
import struct
import sys
from dataclasses import dataclass

import suite
from guest import Failure, Guest, initrd_with
from rfb import Viewer

SCRIPT = """
dmesg -n 1
for pass in 1 2 3 4 5 6; do
    for m in /modules/*.ko; do insmod $m 2>/dev/null; done
done
say() { echo "usb: $*"; }
i=0
while [ ! -e /dev/input/eventLAST ] && [ $i -lt 300 ]; do sleep 0.1; i=$((i + 1)); done
for n in WANTED; do
    name=`cat /sys/class/input/event$n/device/name`
    case "$name" in *keyboard) to=0 ;; *) to=1 ;; esac
    say input $to $name
    cat /dev/input/event$n > /event$to &
done
i=0
while [ ! -b /dev/sr0 ] && [ $i -lt 300 ]; do sleep 0.1; i=$((i + 1)); done
say disc `sha256sum < /dev/sr0`
say speeds `cat /sys/bus/usb/devices/*-*/speed | sort | uniq`
say ready
i=0
while [ ! -e /done ] && [ $i -lt 600 ]; do
    sleep 0.1
    i=$((i + 1))
    [ `cat /event* | wc -c` -lt BYTES ] || touch /done
done
sleep 1
for n in WANTED; do
    hexdump -v -e '"usb: event '$n' " 24/1 "%02x" "\\n"' /event$n
done
dmesg | grep -E "I/O error|Oops|BUG|WARNING|usb.*error" | sed 's/^/usb: trouble /'
say end
poweroff -f
"""

EV_KEY, EV_REL, EV_ABS = 1, 2, 3
KEY_A, KEY_LEFTSHIFT, BTN_LEFT = 30, 42, 272
DISC = 3 << 20


@dataclass(frozen=True)
class Case:
    name: str
    controller: str
    pointer: str
    speeds: str
    keyboard: tuple = ("usb-kbd,bus=u.0",)
    cpu: str = "power9"
    machine: str = "pseries"


CASES = [
    Case("xhci-tablet", "qemu-xhci,id=u", "usb-tablet", "480 5000"),
    Case("xhci-mouse-power8", "nec-usb-xhci,id=u,msix=off", "usb-mouse", "480 5000", cpu="power8"),
    Case("ohci-tablet", "pci-ohci,id=u", "usb-tablet", "12"),
    Case("hub", "qemu-xhci,id=u", "usb-tablet", "12 480 5000", ("usb-hub,bus=u.0", "usb-kbd,bus=u.0,port=1.3")),
]


class Usb:
    def __init__(self, options, case):
        self.options = options
        self.case = case
        self.folder = os.path.join(options.log, case.name)
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)

    def argv(self, disc):
        c = self.case
        # keys: A down and up with shift around; each a few events of 24 bytes
        script = SCRIPT.replace("LAST", "1").replace("WANTED", "0 1").replace("BYTES", str(24 * 14))
        return self.options.vmm + [
            "-M", c.machine, "-cpu", c.cpu, "-smp", "1", "-m", "512M", "-nodefaults", "-nographic",
            "-serial", "stdio", "-vga", "std", "-vnc", f"unix:{self.folder}/vnc",
            "-kernel", os.path.join(self.options.guests, "debian-ppc64el", "vmlinux"),
            "-initrd", initrd_with(self.options.guests, self.folder, script),
            "-append", "console=hvc0 quiet nowatchdog rcupdate.rcu_cpu_stall_suppress=1",
            "-drive", f"file={disc},if=none,id=d,format=raw,media=cdrom",
            "-device", c.controller, *[x for k in c.keyboard for x in ("-device", k)],
            "-device", f"{c.pointer},bus=u.0,port=2",
            "-device", "usb-storage,bus=u.0,port=3,drive=d"]

    def act(self):
        """what the user does"""
        with Viewer(os.path.join(self.folder, "vnc")) as v:
            v.update(False)
            v.key(0xffe1, True)
            v.key(ord("A"))
            v.key(0xffe1, False)
            v.pointer(10, 20)
            v.pointer(v.width // 2, v.height // 2)
            v.pointer(v.width // 2, v.height // 2, 1)
            v.pointer(v.width // 2, v.height // 2)
            v.update()

    def run(self, disc):
        said, events = {}, {0: [], 1: []}
        with Guest(self.argv(disc), os.path.join(self.folder, "console"), self.options.scale) as g:
            g.expect("usb: ready", 180)
            self.act()
            g.expect("usb: end", 120)
            if g.wait(60):
                raise Failure(f"{g.ending()}: {g.stderr()[-200:]}")
            text = g.text
        for line in text.splitlines():
            words = line.split()
            if words[:2] == ["usb:", "event"] and len(words) == 4:
                events[int(words[2])].append(struct.unpack("<QQHHi", bytes.fromhex(words[3]))[2:])
            elif words[:2] == ["usb:", "input"]:
                said["input" + words[2]] = " ".join(words[3:])
            elif words[:1] == ["usb:"] and len(words) > 1:
                said[words[1]] = " ".join(words[2:])
        return said, events

    def check(self, results):
        data = random.Random(self.case.name).randbytes(DISC)
        disc = os.path.join(self.folder, "disc")
        with open(disc, "wb") as f:
            f.write(data)
        said, events = self.run(disc)

        def equal(what, got, want):
            results.add(f"{self.case.name}: {what}", None if got == want else f"got {got!r}, expected {want!r}")

        pointer = "USB tablet" if self.case.pointer == "usb-tablet" else "USB mouse"
        equal("keyboard", said.get("input0"), "Powervisor USB keyboard")
        equal("pointer", said.get("input1"), "Powervisor " + pointer)
        equal("disc", said.get("disc"), hashlib.sha256(data).hexdigest() + " -")
        equal("speeds of devices", said.get("speeds"), self.case.speeds)
        equal("no trouble in the kernel's log", said.get("trouble"), None)
        # 2: the kernel repeats a key that is held for long, as on a slow host
        keys = [(code, value) for kind, code, value in events[0] if kind == EV_KEY and value != 2]
        equal("keys", keys, [(KEY_LEFTSHIFT, 1), (KEY_A, 1), (KEY_A, 0), (KEY_LEFTSHIFT, 0)])
        buttons = [(code, value) for kind, code, value in events[1] if kind == EV_KEY]
        equal("button", buttons, [(BTN_LEFT, 1), (BTN_LEFT, 0)])
        places = [(code, value) for kind, code, value in events[1] if kind in (EV_ABS, EV_REL)]
        if self.case.pointer == "usb-tablet":
            last = dict(places)
            good = all(abs(last.get(axis, 0) - 0x4000) < 0x80 for axis in (0, 1))
            results.add(f"{self.case.name}: place", None if good else f"got {places}")
        else:
            good = sum(v for axis, v in places if axis == 0) > 100 and sum(v for axis, v in places if axis == 1) > 100
            results.add(f"{self.case.name}: movement", None if good else f"got {places}")


TESTS = [suite.Test(c.name, lambda o, r, c=c: Usb(o, c).check(r)) for c in CASES]

sys.exit(suite.run(suite.parser(__doc__, "usb"), TESTS))

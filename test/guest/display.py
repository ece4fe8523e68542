#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The screen under real guests: SLOF's text and what Linux's bochs-drm draws, seen by VNC, by VNC over WebSocket and in the monitor's screendump, which have to agree pixel by pixel; passwords.

Prints ok/not ok lines.
"""

import os
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time
from dataclasses import dataclass

import rfb
import suite
from guest import Failure, initrd_with

MODULES = ("drm_panel_orientation_quirks", "drm", "fb_sys_fops", "sysimgblt", "sysfillrect", "syscopyarea",
           "drm_kms_helper", "ttm", "drm_ttm_helper", "drm_vram_helper", "bochs")

# a picture is written as a program does, then part of it once more: what changed has to be seen.  That part is one write
# of several rows: of a write of exactly one row, as 4096 bytes are at a width of 1024, Linux 6.1 passes nothing on
# (drm_fb_helper_memory_range_to_clip() ends it at column 0), on qemu-system-ppc64 as here
SCRIPT = """
dmesg -n 1
dmesg | grep -iE "offb|of-display|of_display|fb0"
LOAD
printf '\\033[?25l' > /dev/tty0
mknod /dev/fb0 c 29 0
echo "display: card `cat /proc/fb`"
echo "display: size `cat /sys/class/graphics/fb0/virtual_size`"
dd if=/modules/picture of=/dev/fb0 bs=64k 2>/dev/null
sync
echo "display: first"
read line
dd if=/modules/picture of=/dev/fb0 bs=16k count=1 seek=25 conv=notrunc 2>/dev/null
echo "display: second"
sleep 100000
"""


@dataclass(frozen=True)
class Case:
    name: str
    driver: str
    size: tuple
    machine: str = "pseries"
    cpu: str = "power9"
    device: str = "VGA"


CASES = [
    Case("bochs-radix", "bochs-drmdrmfb", (1280, 800)),
    Case("bochs-hash-xics", "bochs-drmdrmfb", (1024, 768), "pseries,ic-mode=xics", "power8",
         device="VGA,xres=1024,yres=768"),
    # after firmware, which had its own mode
    Case("bochs-slof", "bochs-drmdrmfb", (1280, 800), "pseries,x-vof=off"),
]


def picture(width, height):
    """rows of XRGB that differ everywhere"""
    data = bytearray(width * height * 4)
    for y in range(height):
        for x in range(width):
            struct.pack_into("<I", data, (y * width + x) * 4, (x * 7 + y) % 256 << 16 | (x ^ y) % 256 << 8 | y * 3 % 256)
    return bytes(data)


def free_display():
    """N and a port for WebSockets"""
    while True:
        with socket.socket() as a, socket.socket() as b:
            a.bind(("127.0.0.1", 0))
            b.bind(("127.0.0.1", 0))
            if a.getsockname()[1] > 5900:
                return a.getsockname()[1] - 5900, b.getsockname()[1]


class Screen:
    """A VMM with a screen, a monitor and a serial line that is read by lines."""

    def __init__(self, options, name, arguments, password=None):
        self.folder = os.path.join(options.log, name)
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        self.scale = options.scale
        self.password = password
        self.display, self.websocket = free_display()
        self.monitor_path = os.path.join(self.folder, "monitor")
        self.arguments = options.vmm + [
            "-m", "512M", "-nodefaults", "-serial", "stdio", "-monitor", f"unix:{self.monitor_path},server=on,wait=off",
            "-vnc", f"127.0.0.1:{self.display},websocket={self.websocket}" +
            (",password-secret=key" if password else "")] + arguments
        if password:
            self.arguments += ["-object", f"secret,id=key,data={password}"]
        self.output = ""

    def __enter__(self):
        # pylint: disable=consider-using-with
        self.process = subprocess.Popen(self.arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)
        self.killer = threading.Timer(240 * self.scale, self.process.kill)
        self.killer.start()
        return self

    def __exit__(self, *_):
        self.killer.cancel()
        self.process.kill()
        self.process.wait()
        with open(os.path.join(self.folder, "console"), "w", encoding="utf-8") as f:
            f.write(self.output)

    def wait_for(self, text):
        """the rest of the line"""
        line = b""
        while True:
            c = self.process.stdout.read(1)
            if not c:
                raise Failure(f"no '{text}': {self.output[-300:]!r}")
            self.output += c.decode(errors="replace")
            line = b"" if c == b"\n" else line + c
            if text.encode() in line:
                rest = b"" if text.endswith("> ") else self.process.stdout.readline()
                self.output += rest.decode(errors="replace")
                return rest.decode(errors="replace").strip()

    def monitor(self, command):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(60 * self.scale)
            s.connect(self.monitor_path)
            said = b""
            while not said.endswith(b"(qemu) "):
                said += s.recv(4096)
            s.sendall(command.encode() + b"\n")
            said = b""
            while not said.endswith(b"(qemu) "):
                part = s.recv(4096)
                if not part:
                    break
                said += part
            return said.decode().split("\r\n", 1)[-1].removesuffix("(qemu) ").strip()

    def viewer(self, websocket=False, password=None):
        port = self.websocket if websocket else 5900 + self.display
        return rfb.Viewer(("127.0.0.1", port), password or self.password, websocket, 60 * self.scale)

    def dump(self, name):
        path = os.path.join(self.folder, name)
        said = self.monitor(f"screendump {path}")
        if said:
            raise Failure(said)
        return rfb.read_png(path)


def rgb_of(viewer):
    rgb = bytearray(viewer.width * viewer.height * 3)
    rgb[0::3], rgb[1::3], rgb[2::3] = viewer.pixels[2::4], viewer.pixels[1::4], viewer.pixels[0::4]
    return viewer.width, viewer.height, bytes(rgb)


def firmware(options, results):
    def check(what, error=None):
        results.add(f"slof: {what}", error)

    with Screen(options, "slof", ["-M", "pseries", "-vga", "std"], "open sesame") as s:
        s.wait_for("0 > ")
        time.sleep(1)       # the cursor
        with s.viewer() as v:
            v.update(False)
            plain = rgb_of(v)
            v.write_png(os.path.join(s.folder, "vnc.png"))
        lit = sum(1 for i in range(0, len(plain[2]), 3) if plain[2][i])
        check("a screen of text", None if plain[:2] == (800, 600) and 3000 < lit < 100000 else f"{plain[:2]}, {lit} lit")
        with s.viewer(websocket=True) as v:
            v.update(False)
            check("the same over WebSocket", None if rgb_of(v) == plain else "it differs")
        check("the same in the monitor's file", None if s.dump("dump.png") == plain else "it differs")
        for name, word in ("no password", ""), ("a wrong password", "open door"):
            try:
                s.viewer(password=word or None) if word else rfb.Viewer(("127.0.0.1", 5900 + s.display))
                check(f"{name} is refused", "it was taken")
            except (rfb.Refused, ConnectionError):
                check(f"{name} is refused")
        s.monitor("set_password vnc later")
        with s.viewer(password="later"):
            check("another password")
        check("the monitor knows what it runs", None if "running" in s.monitor("info status") else "it does not")
        s.monitor("stop")
        check("and stops it", None if "paused" in s.monitor("info status") else "it does not")
        s.monitor("quit")
        check("and ends it", None if s.process.wait(60 * s.scale) == 0 else "badly")


KEYBOARDS = {"keyboard": "pci-ohci", "keyboard-xhci": "qemu-xhci"}


def keyboard(options, name, controller, results):
    """SLOF's console is screen and keyboard: what is typed at the viewer ends the machine"""
    with Screen(options, name, ["-M", "pseries", "-vga", "std", "-device", controller, "-device", "usb-kbd"]) as s:
        s.wait_for("using screen & keyboard")
        with s.viewer() as v:
            before, since, end = None, time.monotonic(), time.monotonic() + 120 * options.scale
            while time.monotonic() - since < 5 * options.scale and time.monotonic() < end:
                v.update(False)
                if rgb_of(v) != before:
                    before, since = rgb_of(v), time.monotonic()
                time.sleep(0.5)
            v.write_png(os.path.join(s.folder, "prompt.png"))
            v.type("power-off\n")
            try:
                status = s.process.wait(60 * options.scale)
                results.add(f"{name}: SLOF is typed at", None if status == 0 else f"status {status}")
            except subprocess.TimeoutExpired:
                results.add(f"{name}: SLOF is typed at", "nothing happened")


def linux(options, case, results):
    def check(what, error=None):
        results.add(f"{case.name}: {what}", error)

    folder = os.path.join(options.log, case.name + "-files")
    os.makedirs(folder, exist_ok=True)
    width, height = case.size
    data = picture(width, height)
    with open(os.path.join(folder, "picture"), "wb") as f:
        f.write(data)
    modules = os.path.join(options.guests, "debian-ppc64el", "root", "modules-display")
    load = "\n".join(f"insmod /modules/{m}.ko" for m in MODULES)
    files = [("modules/picture", os.path.join(folder, "picture"))]
    files += [(f"modules/{m}.ko", os.path.join(modules, m + ".ko")) for m in MODULES]
    want = bytearray(width * height * 3)
    want[0::3], want[1::3], want[2::3] = data[2::4], data[1::4], data[0::4]
    second = bytearray(want)
    second[409600 // 4 * 3:(409600 + 16384) // 4 * 3] = want[:16384 // 4 * 3]
    arguments = ["-M", case.machine, "-cpu", case.cpu, "-device", case.device,
                 "-kernel", os.path.join(options.guests, "debian-ppc64el", "vmlinux"),
                 "-initrd", initrd_with(options.guests, folder, SCRIPT.replace("LOAD", load), files),
                 "-append", "console=hvc0 quiet nowatchdog rcupdate.rcu_cpu_stall_suppress=1"]
    with Screen(options, case.name, arguments) as s:
        driver = s.wait_for("display: card")
        check("driver", None if case.driver in driver else driver)
        size = s.wait_for("display: size")
        check("size", None if size == f"{width},{height}" else size)
        s.wait_for("display: first")
        with s.viewer() as v:
            v.update(False)
            end = time.monotonic() + 60 * options.scale
            while rgb_of(v) != (width, height, bytes(want)) and time.monotonic() < end:
                time.sleep(0.5)
                v.update(False)
            v.write_png(os.path.join(s.folder, "first.png"))
            check("a picture", None if rgb_of(v) == (width, height, bytes(want)) else "it differs")
            s.process.stdin.write(b"\n")
            s.process.stdin.flush()
            s.wait_for("display: second")
            while rgb_of(v) != (width, height, bytes(second)) and time.monotonic() < end:
                v.update()
            check("a part of it again", None if rgb_of(v)[2] == bytes(second) else "it differs")
        check("the same in a file", None if s.dump("second.png")[2] == bytes(second) else "it differs")


TESTS = [suite.Test("slof", firmware)]
TESTS += [suite.Test(n, lambda o, r, n=n, c=c: keyboard(o, n, c, r)) for n, c in KEYBOARDS.items()]
TESTS += [suite.Test(c.name, lambda o, r, c=c: linux(o, c, r)) for c in CASES]

sys.exit(suite.run(suite.parser(__doc__, "display"), TESTS))

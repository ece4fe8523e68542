#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Throughput of a disk beside qemu-system-ppc64: the same guest, the same kind of image, both machines booted, and each
transfer done by one and then by the other in turns, the rest of the host being what it is. The images stand in memory.

Transfers go past the guest's page cache (test/guest/diskio.c), one or several at a time; the ratio is the median of the
rounds' ratios.
"""

import argparse
import os
import re
import shlex
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "test", "guest"))

from bench_math import median
from bench_vm import DEBIAN, OUT, QEMU, TOP, host, say
from guest import PROMPT, Failure, Guest, initrd_with

GOAL = 1.5
SIZE = 512 << 20
TESTS = "build/guests/tests-ppc64el"
DEVICES = {
    "virtio-blk": (["-device", "virtio-blk-pci,drive=d"], "vda"),
    "virtio-scsi": (["-device", "virtio-scsi-pci,id=s", "-device", "scsi-hd,bus=s.0,drive=d"], "sda"),
}
# order, direction, bytes, transfers at a time
TRANSFERS = [
    ("seq", "read", 1 << 20, 4),
    ("seq", "write", 1 << 20, 4),
    ("seq", "read", 1 << 16, 16),
    ("seq", "write", 1 << 16, 16),
    ("rand", "read", 1 << 12, 1),
    ("rand", "write", 1 << 12, 1),
    ("rand", "read", 1 << 12, 32),
    ("rand", "write", 1 << 12, 32),
]
SCRIPT = """
dmesg -n 1
for pass in 1 2 3 4 5 6; do
    for m in /modules/*.ko; do insmod $m 2>/dev/null; done
done
"""


def image_of(system, options):
    return os.path.join(options.folder, f"powervisor-disk-{system}.img")


def image(system, options):
    path = image_of(system, options)
    block = os.urandom(1 << 20)
    with open(path, "wb") as f:
        for _ in range(SIZE >> 20):
            f.write(block)
        f.flush()
        os.fsync(f.fileno())
    return path


def machine(system, options, initrd):
    devices, _ = DEVICES[options.device]
    if system == "ours":
        argv = options.vmm + ["-M", "pseries"]
    else:
        argv = (options.against + ["-M", "pseries"]) if options.against else [QEMU, "-M", "pseries,x-vof=on"]
    aio = options.qemu_aio if system == "qemu" else options.aio
    drive = f"file={image(system, options)},if=none,id=d,format=raw,cache={options.cache}" + (f",aio={aio}" if aio else "")
    argv += ["-cpu", "power9", "-smp", str(options.smp), "-m", "512M", "-nographic", "-nodefaults",
             "-serial", "mon:stdio", "-kernel", f"{DEBIAN}/vmlinux", "-initrd", initrd,
             "-append", "console=hvc0 quiet nowatchdog rcupdate.rcu_cpu_stall_suppress=1", "-drive", drive, *devices]
    return Guest(argv, f"{OUT}/disk-{system}.log", options.scale)


def transfer(guest, disk, what, seconds):
    """bytes a second"""
    order, direction, size, depth = what
    said = guest.run(f"diskio speed /dev/{disk} {order} {direction} {size} {depth} {seconds}", 60)
    m = re.search(r": ([0-9.]+) MB/s ([0-9.]+) per second", said)
    if not m:
        raise Failure(f"{direction}: {said[-200:]!r}")
    return float(m[1])


def measure(options, results):
    initrd = initrd_with("build/guests", OUT, SCRIPT, [("bin/diskio", f"{TESTS}/diskio")])
    _, disk = DEVICES[options.device]
    with machine("qemu", options, initrd) as qemu, machine("ours", options, initrd) as ours:
        both = (("ours", ours), ("qemu", qemu))
        for _, guest in both:
            guest.expect(PROMPT, 300, "shell prompt")
        for r in range(options.rounds):
            for what in TRANSFERS:
                if options.only and not re.search(options.only, name_of(what)):
                    continue
                for system, guest in both if r % 2 == 0 else both[::-1]:
                    rate = transfer(guest, disk, what, options.seconds)
                    results.setdefault((what, system), []).append(rate)
                    say(f"round {r + 1} {name_of(what)} {system} {rate:.1f} MB/s")


def name_of(what):
    order, direction, size, depth = what
    return f"{order} {direction} {size >> 10}K x{depth}"


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--vmm", type=shlex.split, default=["build/powervisor"])
    p.add_argument("--against", type=shlex.split, help="another program with our options, instead of qemu")
    p.add_argument("--device", choices=DEVICES, default="virtio-blk")
    p.add_argument("--folder", default="/dev/shm", help="of the images: in memory, so that the host's disk is no limit")
    p.add_argument("--cache", default="none")
    p.add_argument("--aio", default="", help="ours (default: io_uring)")
    p.add_argument("--qemu-aio", default="", help="qemu's (default: threads)")
    p.add_argument("--smp", type=int, default=1)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--seconds", type=float, default=2)
    p.add_argument("--only", default="", help="transfers whose name this expression finds")
    p.add_argument("--scale", type=float, default=4, help="of time limits")
    options = p.parse_args()
    os.chdir(TOP)
    os.makedirs(OUT, exist_ok=True)
    results = {}
    try:
        measure(options, results)
        fault = None
    except Failure as e:
        fault = e
    print(f"{options.device}, cache={options.cache}, MB/s, medians of {options.rounds} rounds\n{host()}\n")
    bad = 0
    for what in TRANSFERS:
        ours, qemu = results.get((what, "ours"), []), results.get((what, "qemu"), [])
        if ours and qemu:
            # of pairs that ran one after the other: the host's load comes and goes
            ratio = median([a / b for a, b in zip(ours, qemu)])
            bad += ratio < GOAL
            print(f"{'met    ' if ratio >= GOAL else 'NOT MET'}  {name_of(what):20} ours {median(ours):8.1f} "
                  f"[{min(ours):.1f}..{max(ours):.1f}], qemu {median(qemu):8.1f} [{min(qemu):.1f}..{max(qemu):.1f}], "
                  f"{ratio:.2f}x (at least {GOAL}x)")
    for system in "ours", "qemu":
        if os.path.exists(image_of(system, options)):
            os.remove(image_of(system, options))
    if fault:
        print(f"FAILED {fault}")
    return 1 if fault else 0


if __name__ == "__main__":
    sys.exit(main())

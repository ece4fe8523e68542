#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Saves a machine at random points of the guest's boot; a fresh process loads it and must finish the boot.

Prints ok/not ok lines, with the seed that gives the same points again (as far as host time allows).
"""

import argparse
import hashlib
import os
import random
import shlex
import signal
import sys
import time

from cases import Case
from guest import Failure, Guest, PROMPT, Results, command_line

CONSOLE = 14000     # bytes that Debian's kernel prints up to the prompt, about
MACHINES = [
    Case("power9-radix-xive-smp4", "power9", 4, {"ic-mode": "xive"}, memory="512M"),
    Case("power9-radix-xics-smp4", "power9", 4, {"ic-mode": "xics"}, memory="512M"),
    Case("power9-hash-xive-smp4", "power9", 4, {"ic-mode": "xive", "x-mmu": "hash"}, memory="512M"),
    Case("power8-hash-xics-smp4", "power8", 4, {"ic-mode": "xics"}, memory="512M"),
]


def save(options, case, name, file, bytes_seen, delay):
    """True if the guest had not yet reached init"""
    argv = command_line(options.vmm, case, options.guests) + ["-x-save", file]
    with Guest(argv, os.path.join(options.log, f"{name}-save.log"), options.scale) as guest:
        end = time.monotonic() + 150 * options.scale
        while len(guest.text) < bytes_seen and PROMPT not in guest.text:
            if time.monotonic() > end or guest.process.poll() is not None:
                raise Failure(f"does not boot; last: {guest.last_line()!r}")
            guest.read(0.2)
        until = time.monotonic() + delay
        while time.monotonic() < until:
            guest.read(until - time.monotonic())
        guest.process.send_signal(signal.SIGUSR1)
        status = guest.wait(60)
        if status or not os.path.exists(file):
            raise Failure(f"not saved: {guest.ending()}; {guest.stderr()}")
        return "guest: Linux" not in guest.text


def resume(options, case, name, file, booting):
    argv = command_line(options.vmm, case, options.guests) + ["-x-load", file]
    with Guest(argv, os.path.join(options.log, f"{name}-load.log"), options.scale) as guest:
        if booting:
            guest.expect(r"guest: Linux", 150, "init's first line")
            guest.expect(PROMPT, 30, "shell prompt")
        else:
            guest.type("\n")
            guest.expect(PROMPT, 30, "shell prompt")
        guest.run("dmesg -n 1")
        if guest.run("nproc") != str(case.smp):
            raise Failure("lost a CPU")
        text = "".join(f"{i}\n" for i in range(1, 2001)).encode()
        if guest.run("seq 1 2000 | sha256sum").split()[0] != hashlib.sha256(text).hexdigest():
            raise Failure("computes wrongly")
        guest.run("sleep 1")
        trouble = guest.run("dmesg | grep -E 'Oops|BUG|stall|lockup|Call Trace'")
        if trouble:
            raise Failure(f"trouble in dmesg: {trouble}")
        guest.type("poweroff -f\n")
        status = guest.wait(30)
        if status:
            raise Failure(f"poweroff: {guest.ending()}")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--vmm", default="build/powervisor")
    p.add_argument("--guests", default="build/guests")
    p.add_argument("--log", default="build/log/savestate")
    p.add_argument("--scale", type=float, default=1.0)
    p.add_argument("--points", type=int, default=1, help="points per machine")
    p.add_argument("--seed", type=int, default=int(time.time()))
    p.add_argument("machines", nargs="*")
    options = p.parse_args()
    options.vmm = shlex.split(options.vmm)
    os.makedirs(options.log, exist_ok=True)
    rng = random.Random(options.seed)
    results = Results()
    print(f"# seed {options.seed}")
    for case in MACHINES:
        for point in range(options.points):
            bytes_seen, delay = rng.randrange(CONSOLE), rng.random()
            if options.machines and case.name not in options.machines:
                continue
            name = f"{case.name}-{point}"
            file = os.path.join(options.log, name + ".state")
            what = f"{case.name} saved {delay:.2f} s after {bytes_seen} bytes of its console"
            try:
                booting = save(options, case, name, file, bytes_seen, delay)
                resume(options, case, name, file, booting)
                results.add(what)
            except Failure as e:
                results.add(what, e)
            if os.path.exists(file):
                os.remove(file)
    return results.end("savestate.py")


sys.exit(main())

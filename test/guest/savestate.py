#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Saves a machine at random points of the guest's boot; a fresh process loads it and must finish the boot.

Prints ok/not ok lines, with the seed that gives the same points again (as far as host time allows).
"""

import hashlib
import os
import random
import signal
import sys
import time

import suite
from cases import Case
from guest import Failure, Guest, PROMPT, command_line

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


def check(options, case, results):
    # of its own: the same points whichever machines are chosen
    rng = random.Random(f"{options.seed} {case.name}")
    for point in range(options.points):
        bytes_seen, delay = rng.randrange(CONSOLE), rng.random()
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


TESTS = [suite.Test(c.name, lambda o, r, c=c: check(o, c, r)) for c in MACHINES]


def main():
    p = suite.parser(__doc__, "savestate")
    p.add_argument("--points", type=int, default=1, help="points per machine")
    p.add_argument("--seed", type=int, default=int(time.time()))
    return suite.run(p, TESTS, lambda options, results: results.note(f"seed {options.seed}"))


sys.exit(main())

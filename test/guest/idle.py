#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""How much CPU an idle guest costs: utime + stime of the VMM over --seconds, starting --settle after the prompt.

Prints one line per machine, `ok - ...` if it is within --limit seconds of CPU.
"""

import argparse
import concurrent.futures
import os
import shlex
import sys
import time

from cases import Case
from guest import Failure, Guest, PROMPT, Results, command_line


def measure(options, case):
    argv = command_line(options.vmm, case, options.guests, options.qemu)
    with Guest(argv, os.path.join(options.log, f"idle-{case.name}.log"), options.scale) as guest:
        guest.expect(r"^guest: Linux", 150, "init's first line")
        guest.expect(PROMPT, 30, "shell prompt")
        end = time.monotonic() + options.settle
        while time.monotonic() < end:
            guest.read(end - time.monotonic())
        before, began = guest.cpu_seconds(), time.monotonic()
        end = began + options.seconds
        while time.monotonic() < end:
            guest.read(end - time.monotonic())
        used = guest.cpu_seconds() - before
        if guest.process.poll() is not None:
            raise Failure("ended while idle")
        # it must still be there
        guest.run("true")
        guest.type("poweroff -f\n")
        guest.wait(30)
    return used


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--vmm", default="build/powervisor")
    p.add_argument("--qemu", action="store_true")
    p.add_argument("--guests", default="build/guests")
    p.add_argument("--log", default="build/log/guest")
    p.add_argument("--scale", type=float, default=1.0)
    p.add_argument("--settle", type=float, default=10)
    p.add_argument("--seconds", type=float, default=60)
    p.add_argument("--limit", type=float, default=1.2, help="seconds of CPU per 60 seconds")
    options = p.parse_args()
    options.vmm = ["qemu-system-ppc64"] if options.qemu else shlex.split(options.vmm)
    os.makedirs(options.log, exist_ok=True)
    limit = options.limit * options.seconds / 60
    results = Results()

    def one(case):
        try:
            used = measure(options, case)
            results.add(f"idle {case.name}: {used:.2f} s of CPU in {options.seconds:.0f} s",
                        None if used <= limit else f"limit {limit:.2f} s")
        except Failure as e:
            results.add(f"idle {case.name}", e)

    cases = [Case(f"power9-{mode}-smp{smp}", "power9", smp, {"ic-mode": mode})
             for mode in ("xics", "xive") for smp in (1, 4)]
    # they are meant to leave the processors alone, so they can share them
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(one, cases))
    return results.end("idle.py")


sys.exit(main())

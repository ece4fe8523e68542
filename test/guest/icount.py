#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Determinism: two boots with --engine translator,icount=on have the same registers and RAM after N instructions.

Prints ok/not ok lines.
"""

import argparse
import re
import shlex
import subprocess
import sys

from cases import Case
from guest import Results, command_line

MACHINES = [
    (Case("power9-radix-xive", "power9", machine={"ic-mode": "xive"}, memory="512M"), 100_000_000),
    (Case("power8-hash-xics", "power8", machine={"ic-mode": "xics"}, memory="512M"), 100_000_000),
    (Case("be-power9-radix-xics", "power9", machine={"ic-mode": "xics"}, memory="256M", guest="pseries-be"), 30_000_000),
]


def fingerprint(options, case, count):
    argv = command_line(options.vmm, case, options.guests) + ["-engine", f"translator,icount=on,stop-at={count}"]
    p = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=400 * options.scale, check=False)
    said = p.stderr.decode(errors="replace")
    m = re.search(r"(\d+) instructions: registers ([0-9a-f]{16}), memory ([0-9a-f]{16})", said)
    return (m[1], m[2], m[3], p.stdout) if m else f"no hash: exit status {p.returncode}, {said[-200:]!r}"


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--vmm", default="build/powervisor")
    p.add_argument("--guests", default="build/guests")
    p.add_argument("--log", default="build/log/icount", help="not used: nothing is kept")
    p.add_argument("--scale", type=float, default=1.0)
    p.add_argument("machines", nargs="*")
    options = p.parse_args()
    options.vmm = shlex.split(options.vmm)
    results = Results()
    for case, count in MACHINES:
        if options.machines and case.name not in options.machines:
            continue
        first, second = fingerprint(options, case, count), fingerprint(options, case, count)
        if isinstance(first, str) or isinstance(second, str):
            results.add(f"{case.name}: repeats", next(x for x in (first, second) if isinstance(x, str)))
            continue
        print(f"# {case.name}: {first[0]} instructions, registers {first[1]}, memory {first[2]}", flush=True)
        results.add(f"{case.name}: registers and instruction count repeat", None if first[:2] == second[:2] else second[:2])
        results.add(f"{case.name}: memory repeats", None if first[2] == second[2] else second[2])
        results.add(f"{case.name}: console repeats", None if first[3] == second[3] else "other output")
    return results.end("icount.py")


sys.exit(main())

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Determinism: two boots with --engine translator,icount=on have the same registers and RAM after N instructions.

Prints ok/not ok lines.
"""

import re
import subprocess
import sys

import suite
from cases import Case
from guest import Failure, command_line

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
    if not m:
        raise Failure(f"no hash: exit status {p.returncode}, {said[-200:]!r}")
    return m[1], m[2], m[3], p.stdout


def check(options, case, count, results):
    first, second = fingerprint(options, case, count), fingerprint(options, case, count)
    results.note(f"{case.name}: {first[0]} instructions, registers {first[1]}, memory {first[2]}")
    results.add(f"{case.name}: registers and instruction count repeat", None if first[:2] == second[:2] else second[:2])
    results.add(f"{case.name}: memory repeats", None if first[2] == second[2] else second[2])
    results.add(f"{case.name}: console repeats", None if first[3] == second[3] else "other output")


TESTS = [suite.Test(c.name, lambda o, r, c=c, n=n: check(o, c, n, r)) for c, n in MACHINES]

sys.exit(suite.run(suite.parser(__doc__, "icount"), TESTS))

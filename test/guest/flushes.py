#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A boot, and pbench's mprotect, fork and fork_exec behind it, drop no whole TLB and no whole code cache.

What --stats counts is asked, on POWER9 (radix) and POWER8 (hash), with one processor and with two; that flushes were
counted at all proves that the counters work.  Prints one line per machine and counter, `ok - ...`.
"""

import argparse
import os
import re
import shlex
import subprocess
import sys

TOP = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
sys.path.insert(0, os.path.join(TOP, "tools"))

from bench_vm import Payload, command_line  # noqa: E402

CASES = ("mprotect", "fork", "fork_exec")
WHOLE = ("code.flushes", "tlb.flush.everything", "tlb.flush.all", "tlb.flush.registers", "tlb.second_clears")
PARTIAL = {"power9": "tlb.flush.pid_page", "power8": "tlb.flush.vpn"}


def counters(text):
    """{name: sum over the processors}"""
    total = {}
    for m in re.finditer(r"^(?:cpu\d+\.)?([a-z_0-9.]+) (\d+)\s*$", text, re.M):
        total[m[1]] = total.get(m[1], 0) + int(m[2])
    return total


def run_to_end(options, name, argv, seconds):
    """what a machine that ends by itself says, also in a log; subprocess.TimeoutExpired"""
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
                          timeout=seconds * options.scale, check=False)
    said = done.stdout + done.stderr
    with open(os.path.join(options.log, name + ".log"), "w", encoding="utf-8") as f:
        f.write(said)
    return said


def check(options, payload, cpu, processors):
    """faults"""
    name = f"{cpu}-smp{processors}"
    os.environ["VMM"] = options.vmm
    argv = command_line("ours", payload, cpu, f"pb=-s,{options.size:g}," + ",".join(CASES), "", processors,
                        more=["-stats"])
    try:
        said = run_to_end(options, f"flushes-{name}", argv, 120)
    except subprocess.TimeoutExpired as e:
        print(f"not ok - {name}: nothing after {e.timeout:g} s")
        return 1
    got = counters(said)
    faults = [f"no result of {case}" for case in CASES if not re.search(rf"^{case} [0-9.]+ ", said, re.M)]
    faults += [f"{x} is {got[x]}" for x in WHOLE if got.get(x)]
    faults += [f"{x} is not counted" for x in (PARTIAL[cpu], "tlb.refills") if not got.get(x)]
    print(f"not ok - {name}: {', '.join(faults)}" if faults else f"ok - {name}: no whole flush among "
          f"{sum(n for x, n in got.items() if x.startswith('tlb.flush.'))}", flush=True)
    return len(faults)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--vmm", default="build/powervisor")
    p.add_argument("--log", default="build/log/guest")
    p.add_argument("--scale", type=float, default=1.0, help="factor for the timeouts")
    p.add_argument("--size", type=float, default=0.2, help="of the cases")
    options = p.parse_args()
    os.chdir(TOP)
    options.vmm = shlex.join(shlex.split(options.vmm))
    os.makedirs(options.log, exist_ok=True)
    payload = Payload()
    payload.build()
    return 1 if sum(check(options, payload, cpu, n) for cpu in PARTIAL for n in (1, 2)) else 0


if __name__ == "__main__":
    sys.exit(main())

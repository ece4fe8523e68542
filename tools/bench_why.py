#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Why a case of the benchmark takes its time: what --stats counts for it alone, and a profile of the process.

Each case runs in a machine of its own; the counters of a machine that only boots are subtracted.  With --perf the host's
`perf` looks at the process from init's first line to the case's result (its output stays in build/bench).  --insns
prints only the share of guest instructions that were interpreted and the helper calls, a line per case.
"""

import argparse
import os
import re
import subprocess
import sys
import time

from bench_math import parse_line, parse_sizes
from bench_vm import FIRST_LINE, OUT, TOP, Payload, Run, command_line, say


def counters(text):
    """{name: sum over the vCPUs}, of lines `NAME NUMBER` as --stats prints them"""
    total = {}
    for m in re.finditer(r"^(?:cpu\d+\.)?([a-z_0-9.]+)[ :=]+(\d+)\s*$", text, re.M):
        total[m[1]] = total.get(m[1], 0) + int(m[2])
    return total


def once(options, payload, case, log):
    """(counters, seconds of the case, samples' file) of one machine"""
    scale = ["-s", f"{options.scale:g}"] if options.scale != 1 else []
    words = ",".join(scale + [case]) if case else "none"
    argv = command_line("ours", payload, options.cpu, "pb=" + words, options.engine,
                        more=["-stats", *options.more.split()])
    seconds, perf, said = None, None, []
    data = f"{OUT}/perf-{case}.data" if case and options.perf else None
    with Run(argv, log) as run:
        try:
            while True:
                got = run.line(options.timeout)
                if got is None:
                    break
                said.append(got[1])
                if FIRST_LINE in got[1] and data:
                    perf = subprocess.Popen(["perf", "record", "-q", "-F", "999", "-p", str(run.process.pid), "-o", data],
                                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                result = parse_line(got[1])
                if result and result[0] == case:
                    seconds = result[1]
                    if perf:
                        perf.terminate()
                        perf.wait()
        except TimeoutError:
            say(f"{case}: nothing for {options.timeout:g} s")
        if perf and perf.poll() is None:
            perf.terminate()
            perf.wait()
    return counters("\n".join(said)), seconds, data


def profile(data, lines):
    p = subprocess.run(["perf", "report", "-i", data, "--stdio", "--sort", "dso,symbol", "--percent-limit", "1"],
                       capture_output=True, text=True, check=False)
    return [x for x in p.stdout.splitlines() if x.strip() and not x.startswith("#")][:lines]


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("cases", nargs="*", help="default: all")
    p.add_argument("--cpu", default="power9", choices=("power9", "power8"))
    p.add_argument("--engine", default="")
    p.add_argument("--more", default="", help="further options of powervisor, as --perf-map")
    p.add_argument("--scale", type=float, default=1.0)
    p.add_argument("--timeout", type=float, default=120)
    p.add_argument("--perf", action="store_true")
    p.add_argument("--insns", action="store_true")
    p.add_argument("--lines", type=int, default=20, help="of the profile")
    options = p.parse_args()
    os.chdir(TOP)
    payload = Payload()
    payload.build()
    with open("bench/sizes.h", encoding="utf-8") as f:
        cases = options.cases or parse_sizes(f.read())
    with open(f"{OUT}/why.log", "w", encoding="utf-8") as log:
        base, _, _ = once(options, payload, "", log)
        for case in cases:
            got, seconds, data = once(options, payload, case, log)
            more = {k: v - base.get(k, 0) for k, v in got.items() if v - base.get(k, 0) > 0}
            insns = more.get("instructions", 0)
            print(f"== {case}: {seconds} s, {insns / 1e6:.1f} million guest instructions"
                  + (f", {insns / seconds / 1e6:.0f} million a second" if seconds else ""))
            for name, value in sorted(more.items(), key=lambda x: -x[1]):
                if name == "instructions" or options.insns and not re.search("interp|helper", name):
                    continue
                # rare things say nothing about a slow case
                if insns and value * 1000 >= insns or value > 100000 or options.insns:
                    share = f"{1000 * value / insns:10.2f} per 1000 instructions" if insns else ""
                    print(f"   {name:32} {value:14} {share}")
            if data and os.path.exists(data):
                print("\n".join("   " + x for x in profile(data, options.lines)))
            sys.stdout.flush()


if __name__ == "__main__":
    began = time.monotonic()
    main()
    say(f"{time.monotonic() - began:.0f} s")

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""make bench-smp: what a second processor gives, beside what it gives the host, in interleaved rounds of one run.

`threads` is pbench's case of two threads: its speed-up (time with one processor / with two) must be at least 0.9 of the
host's.  `pipe_pingpong` with two processors may take at most 2 times as long as with one, or 1.5 times the host's own
ratio if that is more.  The host's processors are counted by taskset; -smp gives the guest's.
"""

import argparse
import os
import sys

from bench_math import median, parse_expected, parse_line
from bench_vm import OUT, TOP, Payload, Run, command_line, host, say

CASES = ("threads", "pipe_pingpong")


def argv_of(system, processors, payload, options):
    scale = ["-s", f"{options.scale:g}"] if options.scale != 1 else []
    if system == "native":
        return ["taskset", "-c", "0" if processors == 1 else "0,1", payload.native, *scale, *CASES]
    return command_line(system, payload, options.cpu, "pb=" + ",".join([*scale, *CASES]), options.engine, processors)


def run(argv, options, log):
    """{case: (seconds, checksum)}, fault"""
    got = {}
    with Run(argv, log) as r:
        try:
            while True:
                line = r.line(options.timeout)
                if line is None:
                    status = r.process.wait()
                    return got, f"exit status {status}" if status else ""
                result = parse_line(line[1])
                if result:
                    got[result[0]] = result[1:]
        except TimeoutError:
            return got, f"nothing within {options.timeout:g} s after {r.last[-100:]!r}"


def measure(options, payload, log, expected):
    """{(system, processors, case): [seconds]}, faults"""
    times, faults = {}, []
    plan = [(s, n) for n in (1, 2) for s in ("native", "ours", "qemu")]
    for r in range(options.rounds):
        for i in range(len(plan)):
            system, processors = plan[(i + r) % len(plan)]
            where = f"round {r + 1} {system} with {processors}"
            got, fault = run(argv_of(system, processors, payload, options), options, log)
            if fault:
                faults.append(f"{where}: {fault}")
            for case in CASES:
                if case not in got:
                    faults.append(f"{where}: no result of {case}")
                    continue
                seconds, checksum = got[case]
                if options.scale == 1 and checksum != expected[case]:
                    faults.append(f"{where} {case}: checksum {checksum}, expected {expected[case]}")
                times.setdefault((system, processors, case), []).append(seconds)
                say(f"{where} {case:14} {seconds:.4f} s")
    return times, faults


def ratio(times, system, case, over, under):
    """(ratio of medians, least, greatest of a round)"""
    a, b = times.get((system, over, case), []), times.get((system, under, case), [])
    if not a or not b:
        return None
    rounds = [x / y for x, y in zip(a, b)]
    return median(a) / median(b), min(rounds), max(rounds)


def judge(times):
    """lines, and whether each goal is met"""
    lines, met = [], []
    for case, over, under, what in (("threads", 1, 2, "speed-up by a second processor"),
                                    ("pipe_pingpong", 2, 1, "time with two processors / with one")):
        r = {s: ratio(times, s, case, over, under) for s in ("ours", "qemu", "native")}
        if not r["ours"] or not r["native"]:
            lines.append(f"NOT MET  {case}: not measured")
            met.append(False)
            continue
        if case == "threads":
            bound = 0.9 * r["native"][0]
            met.append(r["ours"][0] >= bound)
            goal = f"at least {bound:.2f}, 0.9 of the host's"
        else:
            bound = max(2.0, 1.5 * r["native"][0])
            met.append(r["ours"][0] <= bound)
            goal = f"at most {bound:.2f}"
        said = ", ".join(f"{s} {v[0]:.2f} [{v[1]:.2f}..{v[2]:.2f}]" for s, v in r.items() if v)
        lines.append(f"{'met    ' if met[-1] else 'NOT MET'}  {case}, {what}: {said} ({goal})")
    return lines, met


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--cpu", default="power9", choices=("power9", "power8"))
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--engine", default="", help="further options of the translator, as backend=interp")
    p.add_argument("--scale", type=float, default=1.0, help="scales the sizes; not an official result")
    p.add_argument("--timeout", type=float, default=180)
    options = p.parse_args()
    os.chdir(TOP)
    if len(os.sched_getaffinity(0)) < 2:
        sys.exit("bench_smp.py: the host must have two processors")
    payload = Payload()
    payload.build()
    with open("bench/expected.ppc64le.txt", encoding="utf-8") as f:
        expected = parse_expected(f.read())
    about = host()
    with open(f"{OUT}/smp.log", "w", encoding="utf-8") as log:
        times, faults = measure(options, payload, log, expected)
    print(f"one and two processors, {options.cpu}, medians of {options.rounds} rounds\n{about}\n")
    for (system, processors, case), t in sorted(times.items(), key=lambda x: (x[0][2], x[0][0], x[0][1])):
        print(f"{case:14} {system:6} {processors}: {median(t):8.4f} s [{min(t):.4f}..{max(t):.4f}]")
    print()
    lines, met = judge(times)
    print("\n".join(lines + [f"FAILED {x}" for x in faults]))
    if options.scale != 1:
        print(f"NOT AN OFFICIAL RESULT: sizes scaled by {options.scale:g}")
    print(f"smp {sum(met)} of {len(met)} goals met")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

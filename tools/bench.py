#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""make bench: pbench natively, under Powervisor and under qemu-system-ppc64 (TCG) in interleaved rounds of one run.

Every system has one CPU of the guest's kind and is started anew each round.  The cases, their sizes and what their
checksums must be are in bench/.  Results: a table, build/bench/CPU.tsv with every sample, build/bench/CPU.svg.  The
exit status is 1 if a case failed: wrong checksum, no result within --timeout, a VMM that died.
"""

import argparse
import os
import shlex
import sys

from bench_chart import draw
from bench_math import (GROUPS, SYSTEMS, Sample, evaluate, geomean, group_of, group_rows, last_line, parse_expected,
                        parse_line, parse_sizes, verdicts)
from bench_vm import FIRST_LINE, OUT, TOP, Payload, Run, command_line, host, say

OFFICIAL_ROUNDS = 5


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


class Bench:
    def __init__(self, options, payload, log):
        self.options = options
        self.payload = payload
        self.log = log
        self.samples = []
        self.hopeless = set()       # (system, case) that ran into the timeout: not tried again

    def add(self, *args, **kwargs):
        s = Sample(*args, **kwargs)
        self.samples.append(s)
        shown = s.fault or f"{s.seconds:.4f} s"
        say(f"round {s.round} {s.system:6} {s.case:14} {shown}")

    def argv(self, system, cases):
        scale = ["-s", f"{self.options.scale:g}"] if self.options.scale != 1 else []
        if system == "native":
            return [self.payload.native, *scale, *cases]
        return command_line(system, self.payload, self.options.cpu, "pb=" + ",".join(scale + cases),
                            self.options.engine)

    def attempt(self, round_number, system, cases):
        """one process; returns the cases that still have to be run after it"""
        left = list(cases)
        limit = self.options.timeout
        before = 0.0
        with Run(self.argv(system, cases), self.log) as run:
            wait = limit if system == "native" else self.options.boot_timeout
            try:
                while left:
                    got = run.line(wait)
                    if got is None:
                        raise EOFError
                    stamp, text = got
                    if FIRST_LINE in text:
                        wait = limit
                        before = stamp
                    result = parse_line(text)
                    if result and result[0] in left:
                        case, seconds, checksum = result
                        # cases come in order: one that was passed over said nothing
                        for skipped in left[:left.index(case)]:
                            self.add(round_number, system, skipped, fault="no result")
                        left = left[left.index(case) + 1:]
                        self.add(round_number, system, case, seconds, checksum, stamp - before)
                        before = stamp
                if system != "native":
                    while run.line(30):
                        pass
                return []
            except TimeoutError:
                if not left:
                    say(f"round {round_number} {system}: did not power off")
                    return []
                if wait != limit:
                    fault = f"no first line of init within {wait:g} s"
                else:
                    fault = f"no result within {limit:g} s"
                    self.hopeless.add((system, left[0]))
            except EOFError:
                fault = f"ended with {run.ending()}, last line {run.last[-100:]!r}"
            booted = wait == limit
        self.add(round_number, system, left[0], fault=fault)
        if not booted:
            for case in left[1:]:
                self.add(round_number, system, case, fault=fault)
            return []
        return left[1:]

    def run(self, round_number, system):
        cases = []
        for case in self.options.cases:
            if (system, case) in self.hopeless:
                self.add(round_number, system, case, fault="not tried again")
            else:
                cases.append(case)
        while cases:
            cases = self.attempt(round_number, system, cases)

    def rounds(self):
        for r in range(1, self.options.rounds + 1):
            # another system begins each round
            for i in range(len(SYSTEMS)):
                self.run(r, SYSTEMS[(i + r - 1) % len(SYSTEMS)])


def spread(r, width):
    if not r:
        return "-".rjust(width)
    return f"{r[0]:.2f} [{r[1]:.2f}..{r[2]:.2f}]".rjust(width)


def table(rows, cpu):
    lines = [f"{'case':14} {'ours s':>9} {'qemu s':>9} {'native s':>9} {'qemu/ours [rounds]':>24} "
             f"{'ours/native [rounds]':>26}"]
    for group in GROUPS:
        mine = [r for r in rows if group_of(r.case) is group]
        if not mine:
            continue
        lines.append(f"-- {group.name}")
        for r in mine:
            t = r.seconds
            note = "  FAILED" if r.failed else "  at its limit (qemu/native < 1.6)" if r.at_limit else ""
            lines.append(f"{r.case:14} {t['ours']:9.4f} {t['qemu']:9.4f} {t['native']:9.4f} "
                         f"{spread(r.ratio.get(('qemu', 'ours')), 24)} {spread(r.ratio.get(('ours', 'native')), 26)}"
                         + note)
    lines.append("")
    lines.append(f"{'geometric means':26} {'qemu/ours':>10} {'ours/native':>12} {'qemu/native':>12}   cases")
    for name, mine in [(g.name, group_rows(rows, g, counted=True)) for g in GROUPS] + \
                      [("all", [r for r in rows if not r.failed])]:
        if mine:
            lines.append(f"{name:26} {geomean(r.speed for r in mine):10.2f} {geomean(r.cost for r in mine):12.2f} "
                         f"{geomean(r.ratio[('qemu', 'native')][0] for r in mine):12.2f}   {len(mine)}")
    failures = [f"FAILED {r.case}: {fault}" for r in rows for fault in r.faults]
    if failures:
        lines += [""] + failures
    lines.append("")
    for goal, value, met in verdicts(rows, cpu):
        lines.append(f"{'met    ' if met else 'NOT MET'}  {goal}: {value}")
    return lines


def walls(samples):
    """the host's own clock beside the guest's: a guest whose clock runs slow would show here"""
    said = []
    for system in "ours", "qemu":
        mine = [s for s in samples if s.system == system and s.wall is not None]
        if mine:
            said.append(f"{system} {sum(s.wall for s in mine):.1f} s ({sum(s.seconds for s in mine):.1f} s measured by "
                        "the guest)")
    return "host's time for all cases with their preparations: " + ", ".join(said)


def unofficial(options):
    why = []
    if options.scale != 1:
        why.append(f"sizes scaled by {options.scale:g} (checksums compared with qemu's only)")
    if options.rounds < OFFICIAL_ROUNDS:
        why.append(f"fewer than {OFFICIAL_ROUNDS} rounds")
    if set(options.cases) != {c for g in GROUPS for c in g.cases}:
        why.append("not all cases")
    return why


def parse(argv):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--cpu", default="power9", choices=("power9", "power8"))
    p.add_argument("--cases", default="", help="names with commas between; default all")
    p.add_argument("--rounds", type=int, default=OFFICIAL_ROUNDS)
    p.add_argument("--engine", default="", help="further options of the translator, as backend=interp")
    p.add_argument("--scale", type=float, default=1.0, help="scales the sizes; not an official result")
    p.add_argument("--timeout", type=float, default=120, help="seconds for one case")
    p.add_argument("--boot-timeout", type=float, default=180, help="seconds to init's first line")
    p.add_argument("--again", action="store_true", help="table and chart from the samples of the last run")
    options = p.parse_args(argv)
    known = parse_sizes(read("bench/sizes.h"))
    chosen = [x for x in options.cases.split(",") if x] or known
    unknown = [x for x in chosen if x not in known]
    if unknown or options.rounds < 1 or not options.scale > 0:
        p.error("unknown case " + ", ".join(unknown) if unknown else "rounds and scale must be positive")
    # pbench has its own order
    options.cases = [x for x in known if x in chosen]
    return options


def measure(options, path):
    payload = Payload()
    payload.build()
    with open(f"{OUT}/{options.cpu}.log", "w", encoding="utf-8") as log:
        bench = Bench(options, payload, log)
        about = host()
        try:
            bench.rounds()
        except KeyboardInterrupt:
            say("interrupted: the rounds so far count")
    with open(path, "w", encoding="utf-8") as f:
        f.write(f"# {about}\n# {shlex.join(sys.argv[1:])}\n" + "\t".join(Sample.FIELDS) + "\n")
        f.writelines(s.to_line() + "\n" for s in bench.samples)
    return about, bench.samples


def recorded(path):
    lines = read(path).splitlines()
    options = parse([*shlex.split(lines[1][2:])])
    return options, lines[0][2:], [Sample.from_line(x) for x in lines[3:]]


def main():
    os.chdir(TOP)
    options = parse(sys.argv[1:])
    path = f"{OUT}/{options.cpu}.tsv"
    if options.again:
        options, about, samples = recorded(path)
    else:
        about, samples = measure(options, path)
    rounds = range(1, options.rounds + 1)
    rows = evaluate(samples, options.cases, rounds, parse_expected(read("bench/expected.ppc64le.txt")),
                    options.scale != 1)
    engine = f", translator,{options.engine}" if options.engine else ""
    title = f"Powervisor and qemu-system-ppc64, {options.cpu}, one vCPU{engine}"
    why = unofficial(options)
    print(f"{title}; medians of {options.rounds} rounds\n{about}\n")
    print("\n".join(table(rows, options.cpu)))
    print(walls(samples))
    with open(f"{OUT}/{options.cpu}.svg", "w", encoding="utf-8") as f:
        f.write(draw(rows, title, about + ("; not official: " + ", ".join(why) if why else "")))
    print(f"samples in {path}, chart in {OUT}/{options.cpu}.svg")
    if why:
        print("NOT AN OFFICIAL RESULT: " + "; ".join(why))
    print(last_line(rows))
    return 1 if any(r.failed for r in rows) else 0


if __name__ == "__main__":
    sys.exit(main())

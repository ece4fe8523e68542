# SPDX-License-Identifier: GPL-2.0-or-later
"""The arithmetic of `make bench`: medians, geometric means, groups, which case counts as failed, which goals are met.

A sample is one case run once on one system in one round.  Systems are "ours", "qemu" and "native".  A ratio of two
systems is the ratio of their medians; its spread goes from the least to the greatest ratio of a single round.
"""

import collections
import math
import re

SYSTEMS = ("native", "ours", "qemu")
LIMIT = 1.6         # qemu/native below this: the case is at its limit
SLOWER = 1.0        # no case may be slower than qemu

Group = collections.namedtuple("Group", "name target cases")
GROUPS = (
    Group("integer, branch, call", 2.0,
          "int_sieve int_crc32 int_sha256 int_sort int_muldiv branchy icall calls".split()),
    Group("floating point", 12.0, "fp_dmm fp_nbody fp_mandel fp32_fir fp_conv".split()),
    Group("vector, string", 8.0, "vec_i32 vec_f64 vec_u8 str".split()),
    Group("system work", 2.0, "syscall signal pipe_pingpong fork fork_exec mprotect".split()),
    Group("memory, atomics, threads", 1.6,
          "atomics threads chase_l1 chase_big memcpy memset mmap_fault".split()),
)
# geometric mean of qemu/ours over all cases; the groups' targets are for POWER9
OVERALL = {"power9": 4.0, "power8": 3.5}
TARGETS_OF_GROUPS = ("power9",)
# checksums that a host's fused multiply-add changes: native runs need only agree with themselves
NATIVE_DIFFERS = {"fp_dmm", "fp_nbody", "fp32_fir", "fp_conv"}


class Sample:
    """seconds and checksum, or what went wrong; wall is the host's time from the line before"""

    FIELDS = ("round", "system", "case", "seconds", "checksum", "wall", "fault")

    def __init__(self, round, system, case, seconds=None, checksum="", wall=None, fault=""):
        self.round = int(round)
        self.system = system
        self.case = case
        self.seconds = seconds
        self.checksum = checksum
        self.wall = wall
        self.fault = fault

    def to_line(self):
        def text(x):
            return "-" if x is None or x == "" else f"{x:.4f}" if isinstance(x, float) else str(x)
        return "\t".join(text(getattr(self, f)).replace("\t", " ") for f in self.FIELDS)

    @classmethod
    def from_line(cls, line):
        v = dict(zip(cls.FIELDS, line.rstrip("\n").split("\t")))
        return cls(v["round"], v["system"], v["case"], None if v["seconds"] == "-" else float(v["seconds"]),
                   v["checksum"].replace("-", ""), None if v["wall"] == "-" else float(v["wall"]),
                   "" if v["fault"] == "-" else v["fault"])


class Row:
    """one case: median seconds by system, ratios with their spread, what failed"""

    def __init__(self, case):
        self.case = case
        self.seconds = {}       # system: median
        self.ratio = {}         # (system, system): (ratio, least, greatest)
        self.faults = []

    @property
    def failed(self):
        return bool(self.faults)

    @property
    def speed(self):
        """qemu/ours; a failed case has none"""
        return 0.0 if self.failed else self.ratio[("qemu", "ours")][0]

    @property
    def cost(self):
        """ours/native"""
        return math.nan if self.failed else self.ratio[("ours", "native")][0]

    @property
    def at_limit(self):
        r = self.ratio.get(("qemu", "native"))
        return bool(r) and r[0] < LIMIT


def median(values):
    v = sorted(values)
    if not v:
        return math.nan
    half = len(v) // 2
    return v[half] if len(v) % 2 else (v[half - 1] + v[half]) / 2


def geomean(values):
    v = list(values)
    if not v:
        return math.nan
    return math.exp(sum(math.log(x) for x in v) / len(v)) if min(v) > 0 else 0.0


def parse_line(line):
    """a case's line as pbench prints it, wherever it begins: (case, seconds, checksum) or None"""
    m = re.search(r"\b([a-z][a-z0-9_]*) (\d+\.\d{4}) ([0-9a-f]{16})\s*$", line)
    return (m[1], float(m[2]), m[3]) if m else None


def parse_expected(text):
    return dict(x.split() for x in text.splitlines() if x.strip() and not x.startswith("#"))


def parse_sizes(text):
    """case names in pbench's order"""
    return re.findall(r'\{"(\w+)",', text)


def group_of(case):
    return next((g for g in GROUPS if case in g.cases), None)


def checksum_faults(case, samples, expected, scaled):
    """what is wrong with the checksums of one case's samples; scaled: sizes differ, so qemu is the reference"""
    faults = []
    natives = {s.checksum for s in samples if s.system == "native" and s.checksum}
    if len(natives) > 1:
        faults.append("native checksums differ from round to round")
    references = {s.checksum for s in samples if s.system == "qemu" and s.checksum}
    for s in samples:
        if s.fault or s.system == "native" and case in NATIVE_DIFFERS:
            continue
        if scaled:
            if s.system == "ours" and references and s.checksum not in references:
                faults.append(f"round {s.round} ours: checksum {s.checksum}, qemu's {'/'.join(sorted(references))}")
        elif s.checksum != expected.get(case):
            faults.append(f"round {s.round} {s.system}: checksum {s.checksum}, expected {expected.get(case)}")
    return faults


def ratio(over, under, rounds):
    """(ratio of medians, least, greatest ratio of a round); times below the clock's 0.1 ms count as that"""
    a, b = ({r: max(x, 1e-4) for r, x in t.items()} for t in (over, under))
    per_round = [a[r] / b[r] for r in rounds if r in a and r in b]
    return (median(a.values()) / median(b.values()), min(per_round), max(per_round)) if per_round else None


def evaluate(samples, cases, rounds, expected, scaled=False):
    """a Row per case; every system must have every round of every case, with the right checksum"""
    rows = []
    for case in cases:
        row = Row(case)
        mine = [s for s in samples if s.case == case]
        times = {}
        for system in SYSTEMS:
            times[system] = {s.round: s.seconds for s in mine if s.system == system and s.seconds is not None
                             and not s.fault}
            row.seconds[system] = median(times[system].values())
            for r in rounds:
                if r not in times[system]:
                    why = [s.fault for s in mine if s.system == system and s.round == r and s.fault]
                    row.faults.append(f"round {r} {system}: {why[0] if why else 'no result'}")
        row.faults += checksum_faults(case, mine, expected, scaled)
        for over, under in (("qemu", "ours"), ("ours", "native"), ("qemu", "native")):
            r = ratio(times[over], times[under], rounds)
            if r:
                row.ratio[(over, under)] = r
        rows.append(row)
    return rows


def group_rows(rows, group, counted=False):
    """the rows of a group that did not fail; counted: without those at their limit"""
    return [r for r in rows if r.case in group.cases and not r.failed and not (counted and r.at_limit)]


def overall(rows):
    """(geomean of qemu/ours, geomean of ours/native, slowest case, its qemu/ours); failed cases stand for 0 there"""
    good = [r for r in rows if not r.failed]
    slowest = min(rows, key=lambda r: r.speed)
    means = (geomean(r.speed for r in good), geomean(r.cost for r in good)) if good else (0.0, 0.0)
    return (*means, slowest.case, slowest.speed)


def last_line(rows):
    speed, cost, case, slowest = overall(rows)
    return f"geomean {speed:.2f}x (qemu/ours), {cost:.2f}x (ours/native), slowest {case} {slowest:.2f}x"


def verdicts(rows, cpu):
    """(goal, measured, met) for each goal that these rows can answer"""
    result = []
    speed = overall(rows)[0]
    failed = [r.case for r in rows if r.failed]
    if cpu in OVERALL and {r.case for r in rows} >= {c for g in GROUPS for c in g.cases}:
        result.append((f"all cases {OVERALL[cpu]:g}x", f"{speed:.2f}x", not failed and speed >= OVERALL[cpu]))
    for g in GROUPS:
        counted = group_rows(rows, g, counted=True)
        if cpu in TARGETS_OF_GROUPS and counted:
            value = geomean(r.speed for r in counted)
            broken = any(r.failed for r in rows if r.case in g.cases)
            result.append((f"{g.name} {g.target:g}x", f"{value:.2f}x", not broken and value >= g.target))
    slow = [r.case for r in rows if not r.failed and r.speed < SLOWER]
    result.append(("no case slower than qemu", ", ".join(slow) or "none is", not slow and not failed))
    result.append(("no case failed", ", ".join(failed) or "none did", not failed))
    return result

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Why a case of the benchmark takes its time: what --stats counts for it alone, and a profile of the process.

Each case runs in a machine of its own; the counters of a machine that only boots are subtracted.  --table FILE writes what
that says of all cases: instructions, how many of them were interpreted, which helpers were called.  With --perf the host's
`perf` looks at the process from init's first line to the case's result; --asm shows the hottest generated code with the
share of the samples at each instruction.  Its files stay in build/bench.
"""

import argparse
import bisect
import collections
import glob
import os
import re
import signal
import subprocess
import sys
import time

from bench_math import parse_line, parse_sizes
from bench_vm import FIRST_LINE, OUT, TOP, Payload, Run, command_line, say

BOOT = "boot"   # as a case: a machine that only boots; its time is that to init's first line
GAP = 256       # bytes without a sample that end a piece of hot code
HELPERS = 6     # named in a line of the table
SHARE = 0.001   # of instructions that may be interpreted
BEFORE = 64     # bytes shown before the first sample; decoding finds its feet there


def counters(text):
    """{name: sum over the vCPUs}, of lines `NAME NUMBER` as --stats prints them"""
    total = {}
    for m in re.finditer(r"^(?:cpu\d+\.)?([a-z_0-9.]+)[ :=]+(\d+)\s*$", text, re.M):
        total[m[1]] = total.get(m[1], 0) + int(m[2])
    return total


def generated_code(pid):
    """[(address, bytes)] of the process's code that came from no file"""
    found = []
    with open(f"/proc/{pid}/maps", encoding="ascii") as maps, open(f"/proc/{pid}/mem", "rb", 0) as mem:
        for line in maps:
            m = re.match(r"([0-9a-f]+)-([0-9a-f]+) r-x\S+ \S+ \S+ \d+\s*((?:/memfd:|/dev/zero).*)?$", line)
            if m:
                start, end = int(m[1], 16), int(m[2], 16)
                mem.seek(start)
                found.append((start, mem.read(end - start)))
    return found


class Once:
    """one machine that runs one case, or none; one that perf looks at does not count, which would cost time"""

    def __init__(self, options, payload, case, log, perf=False):
        self.options = options
        self.case = case
        self.log = log
        self.seconds = None
        self.perf = None
        self.data = f"{OUT}/perf-{case}.data" if perf else None
        self.code = []
        self.pid = 0
        scale = ["-s", f"{options.scale:g}"] if options.scale != 1 else []
        words = "none" if case in ("", BOOT) else ",".join(scale + [case])
        self.argv = command_line("ours", payload, options.cpu, "pb=" + words, options.engine,
                                 more=[*([] if perf else ["-stats"]), *options.more.split()])
        if self.data and case == BOOT:
            # perf follows no thread that begins after it was attached
            self.argv = self.record() + self.argv
        elif self.data:
            self.argv += ["-perf-map"]
        self.counters = {}
        self.run()

    def record(self):
        return ["perf", "record", "-q", "-F", "1999", "-o", self.data]

    def line(self, run, stamp, text):
        if self.case == BOOT:
            if FIRST_LINE in text:
                self.seconds = stamp
            return
        if FIRST_LINE in text and self.data:
            self.perf = subprocess.Popen(self.record() + ["-p", str(run.process.pid)], stdout=subprocess.DEVNULL,
                                         stderr=subprocess.DEVNULL)
        result = parse_line(text)
        if result and result[0] == self.case:
            self.seconds = result[1]
            # it would power off while we look
            run.process.send_signal(signal.SIGSTOP)
            self.stop_perf()
            if self.data and self.options.asm:
                self.code = generated_code(run.process.pid)
            run.process.send_signal(signal.SIGCONT)

    def stop_perf(self):
        if self.perf and self.perf.poll() is None:
            self.perf.terminate()
            self.perf.wait()

    def run(self):
        said = []
        with Run(self.argv, self.log) as run:
            self.pid = run.process.pid
            try:
                while True:
                    got = run.line(self.options.timeout)
                    if got is None:
                        break
                    said.append(got[1])
                    self.line(run, *got)
            except TimeoutError:
                say(f"{self.case}: nothing for {self.options.timeout:g} s")
            self.stop_perf()
        self.counters = counters("\n".join(said))

    def functions(self, symbols):
        """lines of perf's report; translated code goes by the guest's function, as far as pbench knows it"""
        p = subprocess.run(["perf", "report", "-i", self.data, "--stdio", "--sort", "dso,symbol"],
                           capture_output=True, text=True, check=False)
        share, other = collections.Counter(), 0.0
        for m in re.finditer(r"^\s*([\d.]+)%\s+(\S.*?)\s+\[.\]\s+(\S+)", p.stdout, re.M):
            share[self.name_of(m[2], m[3], symbols)] += float(m[1])
        lines = []
        for name, value in share.most_common():
            if value < 1 or len(lines) >= self.options.lines:
                other += value
            else:
                lines.append(f"{value:6.1f} %  {name}")
        return lines + [f"{other:6.1f} %  others"]

    @staticmethod
    def name_of(dso, symbol, symbols):
        m = re.match(r"p(\d)_([0-9a-f]+)$", symbol)
        if not m:
            return f"{dso} {'(generated code)' if symbol.startswith('0x') else symbol}"
        address = int(m[2], 16)
        if address >> 60:
            return f"guest kernel, tier {m[1]}"
        before = bisect.bisect(symbols, (address, "~")) - 1
        return f"guest {symbols[before][1] if before >= 0 else hex(address)}, tier {m[1]}"

    def samples(self):
        p = subprocess.run(["perf", "script", "-i", self.data, "-F", "ip"], capture_output=True, text=True, check=False)
        return collections.Counter(int(x, 16) for x in p.stdout.split())

    def hot_code(self):
        """the disassembly of the pieces of generated code with the most samples"""
        samples = self.samples()
        total = sum(samples.values()) or 1
        pieces = []
        for address in sorted(samples):
            if not any(start <= address < start + len(code) for start, code in self.code):
                continue
            if pieces and address - pieces[-1][-1] < GAP:
                pieces[-1].append(address)
            else:
                pieces.append([address])
        pieces.sort(key=lambda p: -sum(samples[a] for a in p))
        for piece in pieces[:self.options.pieces]:
            yield f"-- {100 * sum(samples[a] for a in piece) / total:.1f} % from {piece[0]:#x}"
            yield from self.disassembled(piece, samples, total)

    def disassembled(self, piece, samples, total):
        start, code = next((s, c) for s, c in self.code if s <= piece[0] < s + len(c))
        begin = max(piece[0] - BEFORE, start)
        path = f"{OUT}/hot.bin"
        with open(path, "wb") as f:
            f.write(code[begin - start:piece[-1] + 32 - start])
        said = subprocess.run(["objdump", "-D", "-b", "binary", "-m", "i386:x86-64", "--no-show-raw-insn",
                               f"--adjust-vma={begin:#x}", path], capture_output=True, text=True, check=True).stdout
        for m in re.finditer(r"^\s*([0-9a-f]+):\s*(.*)$", said, re.M):
            n = samples.get(int(m[1], 16), 0)
            yield f"{f'{100 * n / total:5.1f}' if n else '':5}  {m[1][-6:]}  {m[2]}"


def more_than(base, once):
    """a case's counters without those of the boot"""
    base = {} if once.case == BOOT else base
    return {k: v - base.get(k, 0) for k, v in once.counters.items() if v > base.get(k, 0)}


def report(options, base, once):
    more = more_than(base, once)
    print(f"== {once.case}: {once.seconds} s")
    seconds = once.seconds or 1
    for name, value in sorted(more.items(), key=lambda x: -x[1]):
        # what happens less than a thousand times a second says nothing about a slow case
        if options.all or value / seconds > 1000:
            print(f"   {name:32} {value:14} {value / seconds / 1e6:12.3f} million a second")
    sys.stdout.flush()


def table_line(base, once):
    """share of instructions that were not run as compiled code, and the helpers, most called first"""
    more = more_than(base, once)
    total = more.get("instructions", 0) or 1
    helpers = sorted(((v, k[7:]) for k, v in more.items() if k.startswith("helper.")), reverse=True)
    calls = sum(v for v, _ in helpers)
    shown = ", ".join(f"{name} {count}" for count, name in helpers[:HELPERS] if count > calls / 1000)
    share = (more.get("instructions.interpreted", 0) + more.get("instructions.alone", 0)) / total
    return (f"| {once.case} | {total / 1e6:.0f} | {share * 100:.4f} | {more.get('tier1.insns', 0) / total * 100:.3f} | {calls} "
            f"| {calls / total * 1000:.2f} | {shown} |"), share


TABLE_HEAD = ("| case | million instructions | interpreted or run alone, % | translated, % | helper calls | per 1000 | of these |",
              "|---|---|---|---|---|---|---|")


def guest_symbols(path):
    """[(address, function)] of the guest's program"""
    said = subprocess.run(["nm", path], capture_output=True, text=True, check=True).stdout
    return sorted((int(m[1], 16), m[2]) for m in re.finditer(r"^([0-9a-f]+) [tTiWw] (\S+)$", said, re.M))


def profile(options, once):
    if not os.path.exists(once.data):
        say(f"{once.case}: perf left nothing")
        return
    print("\n".join("   " + x for x in once.functions(guest_symbols(f"{OUT}/pbench.ppc64le"))))
    if options.asm:
        print("\n".join("   " + x for x in once.hot_code()))
    sys.stdout.flush()
    # what -perf-map leaves
    for path in glob.glob(f"jit-{once.pid}.dump") + glob.glob(f"/tmp/perf-{once.pid}.map"):
        os.unlink(path)


def table(options, payload, base, cases, log):
    """writes the table; how many cases were over the limit or did not end"""
    bad = []
    with open(options.table, "w", encoding="utf-8") as f:
        print(*TABLE_HEAD, sep="\n", file=f)
        for case in cases:
            once = Once(options, payload, case, log)
            line, share = table_line(base, once)
            print(line, file=f, flush=True)
            print(line, flush=True)
            if once.seconds is None or share > SHARE:
                bad.append(case)
    say(f"{len(cases)} cases, " + (f"over the limit or failed: {', '.join(bad)}" if bad else "all within the limit"))
    return 1 if bad else 0


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("cases", nargs="*", help="default: all; boot: a machine that only boots")
    p.add_argument("--cpu", default="power9", choices=("power9", "power8"))
    p.add_argument("--engine", default="")
    p.add_argument("--more", default="", help="further options of powervisor")
    p.add_argument("--scale", type=float, default=1.0)
    p.add_argument("--timeout", type=float, default=120)
    p.add_argument("--perf", action="store_true")
    p.add_argument("--asm", action="store_true", help="with --perf: the hottest generated code")
    p.add_argument("--all", action="store_true", help="rare counters too")
    p.add_argument("--lines", type=int, default=12, help="of the profile")
    p.add_argument("--pieces", type=int, default=2, help="of hot code")
    p.add_argument("--table", metavar="FILE", help="a line for the boot and for each case; fails when more of a case's "
                   "instructions were interpreted than may be")
    options = p.parse_args()
    os.chdir(TOP)
    payload = Payload()
    payload.build()
    with open("bench/sizes.h", encoding="utf-8") as f:
        cases = options.cases or parse_sizes(f.read())
    options.perf = options.perf or options.asm
    with open(f"{OUT}/why.log", "w", encoding="utf-8") as log:
        base = Once(options, payload, "", log).counters
        if options.table:
            return table(options, payload, base, [BOOT] + [c for c in cases if c != BOOT], log)
        for case in cases:
            report(options, base, Once(options, payload, case, log))
            if options.perf:
                profile(options, Once(options, payload, case, log, perf=True))
    return 0


if __name__ == "__main__":
    began = time.monotonic()
    status = main()
    say(f"{time.monotonic() - began:.0f} s")
    sys.exit(status)

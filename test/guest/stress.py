#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Two processors under load for --minutes: Debian's own ppc64el programs, compared with a run under qemu.

Jobs (test/guest/stress) run in two lanes side by side: gcc compiles a large C program, links and runs another; OpenSSL,
Python's tests, a stress-ng mix.  Under qemu each job runs once, under Powervisor again and again; exit status and output
of every run must be qemu's.  Besides: the guest's `dmesg -l err,warn` before and after, what is resident beyond guest
RAM at three tenths of the time and at the end, at most 256 MiB of it at any time.  Prints ok/not ok lines.
"""

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(TOP, "tools"))

from bench_vm import memory_of
from guest import Failure, Guest, PROMPT, Results

OUT = "build/stress"
JOBS = "test/guest/stress"
FOLDERS = ("base", "isa", "softfp", "ir", "frontend", "cpu", "mmu", "pv")
CROSS = "powerpc64le-linux-gnu-gcc"
PARTS = 3       # jobs that the compiler's files are divided among
# by its path: the shell has a dmesg of its own, which does not know levels
WARNINGS = "/bin/dmesg -l err,warn || echo dmesg failed"
GROWTH = 0.05
MOST = 256 << 20
# the kernel's remark on a slow host is no fault of the guest
SLOW = re.compile(r"^\[ *\d+\.\d+\] hrtimer: interrupt took \d+ ns\n?", re.M)


def preprocessed(limit):
    """our own sources as the guest's compiler gets them: the largest ones, without headers"""
    with open("build/meson/compile_commands.json", encoding="utf-8") as f:
        commands = json.load(f)
    wanted = []
    for c in commands:
        path = os.path.relpath(os.path.join(c["directory"], c["file"]))
        if path.startswith("src/") and path.split("/")[1] in FOLDERS and path.endswith(".c"):
            wanted.append((os.path.getsize(path), path, c))
    wanted.sort(key=lambda x: (-x[0], x[1]))
    for i, (_, path, c) in enumerate(wanted[:limit]):
        flags = [x for x in shlex.split(c["command"]) if re.match(r"-(I|D|std=|include)", x)]
        target = f"{os.path.realpath(OUT)}/src/{i % PARTS + 1}-{path.replace('/', '_')[4:-2]}.i"
        subprocess.run([CROSS, *flags, "-E", "-P", "-o", target, c["file"]], cwd=c["directory"], check=True)


def write_payload(options):
    """jobs and sources as an archive, before it the programs, behind it Debian's initramfs"""
    debian, programs = f"{options.guests}/debian-ppc64el", f"{options.guests}/stress-ppc64el/programs.cpio"
    shutil.rmtree(f"{OUT}/src", ignore_errors=True)
    os.makedirs(f"{OUT}/src")
    preprocessed(options.sources)
    subprocess.run([CROSS, "-E", "-P", "-o", f"{OUT}/pbench.i", "bench/pbench.c"], check=True)
    subprocess.run(["openssl", "genrsa", "-out", f"{OUT}/key.pem", "2048"], check=True, stderr=subprocess.DEVNULL)
    with open(f"{OUT}/digest", "wb") as f:
        f.write(bytes(range(32)))
    lines = ["dir stress 755", "dir stress/jobs 755", "dir stress/src 755"]
    jobs = {x: f"{JOBS}/{x}" for x in os.listdir(JOBS) if re.match(r"\d-", x)}
    with open(jobs.pop("1-compile"), encoding="utf-8") as f:
        text = f.read()
    for part in range(1, PARTS + 1):
        jobs[f"1-compile-{part}"] = f"{OUT}/1-compile-{part}"
        with open(jobs[f"1-compile-{part}"], "w", encoding="utf-8") as f:
            f.write(text.replace("PART", str(part)))
    chosen = [x for x in sorted(jobs) if re.search(options.jobs, x)]
    lines += [f"file stress/jobs/{x} 644 {jobs[x]}" for x in chosen]
    lines += [f"file stress/{x} 644 {JOBS}/{x}" for x in ("run", "compute.py")]
    lines += [f"file stress/{x} 644 {OUT}/{x}" for x in ("pbench.i", "key.pem", "digest")]
    lines += [f"file stress/src/{x} 644 {OUT}/src/{x}" for x in sorted(os.listdir(f"{OUT}/src"))]
    subprocess.run(["guests/mkcpio.py", f"{OUT}/jobs.gz"], input="\n".join(lines).encode(), check=True)
    with open(f"{OUT}/initrd", "wb") as out:
        # only what is not compressed must lie at a multiple of four bytes
        for path in programs, f"{OUT}/jobs.gz", f"{debian}/initrd.gz":
            with open(path, "rb") as f:
                shutil.copyfileobj(f, out)
    return chosen


def command_line(options, qemu):
    argv = ["qemu-system-ppc64", "-M", "pseries,x-vof=on"] if qemu else [*options.vmm, "-M", "pseries"]
    if options.engine and not qemu:
        argv += ["-engine", f"translator,{options.engine}" if "=" in options.engine else options.engine]
    return argv + ["-cpu", options.cpu, "-smp", str(options.smp), "-m", options.memory, "-nographic", "-nodefaults",
                   "-serial", "mon:stdio", "-kernel", f"{options.guests}/debian-ppc64el/vmlinux",
                   "-initrd", f"{OUT}/initrd", "-append", "console=hvc0", *([] if qemu else ["-stats"])]


class Load:
    """one guest from boot to power-off"""

    def __init__(self, options, qemu):
        self.options = options
        self.who = "qemu" if qemu else "ours"
        self.qemu = qemu
        self.jobs = []          # (name, round, status, sum, seconds)
        self.memory = []        # (seconds, bytes beyond guest RAM, {mapping: bytes})
        self.texts = {}         # (name, sum): what the job printed
        self.warnings = []
        self.stderr = ""

    def job(self, m):
        self.jobs.append((m[1], int(m[2]), int(m[3]), m[4], int(m[5])))
        print(f"# {self.who}: {m[1]} round {m[2]}: exit status {m[3]}, {m[5]} s", flush=True)

    def watch(self, guest, seconds):
        """until the jobs are done; samples memory"""
        began = time.monotonic()
        # a job that is under way when the time is over may finish
        end = began + seconds + self.options.patience * self.options.scale
        sampled = -1e9
        while True:
            now = time.monotonic() - began
            if now - sampled > self.options.sample and guest.process.poll() is None:
                total, what = memory_of(guest.process.pid, self.options.memory)
                self.memory.append((now, total["other"], what))
                sampled = now
            # only whole lines
            m = re.compile(r"^JOB (\S+) (\d+) (\d+) ([0-9a-f]{16}) (\d+)\n|^STRESS-END.*\n", re.M).search(
                guest.text, guest.pos)
            if m:
                guest.pos = m.end()
                if m[1] is None:
                    return
                self.job(m)
            elif guest.process.poll() is not None:
                raise Failure(f"ended ({guest.ending()}); last: {guest.last_line()!r}")
            elif time.monotonic() > end:
                raise Failure(f"jobs not done after {now:.0f} s; last: {guest.last_line()!r}")
            else:
                guest.read(0.5)

    def run(self, seconds):
        log = f"{self.options.log}/{self.who}.log"
        with Guest(command_line(self.options, self.qemu), log, self.options.scale) as guest:
            guest.expect(r"^guest: Linux", 300, "init's first line")
            guest.expect(PROMPT, 60, "shell prompt")
            guest.run("stty -echo cols 200; dmesg -n 1")
            self.warnings.append(self.ask(guest, WARNINGS))
            guest.type(f"sh /stress/run {seconds}\n")
            self.watch(guest, seconds)
            guest.expect(PROMPT, 60, "prompt after the jobs")
            self.warnings.append(self.ask(guest, WARNINGS))
            for name, total in sorted({(j[0], j[3]) for j in self.jobs}):
                self.texts[name, total] = self.ask(guest, f"head -c 20000 /tmp/kept/{name}.{total}")
            guest.type("poweroff -f\n")
            status = guest.wait(60)
            self.stderr = guest.stderr()
            if status:
                raise Failure(f"exit status {status} after power-off")

    @staticmethod
    def ask(guest, command):
        """the output of a command; the terminal does not echo"""
        guest.type(command + "; echo; echo ANSWER-END\n")
        start = guest.pos
        m = guest.expect(r"^ANSWER-END\n", 120, f"answer to '{command}'")
        answer = guest.text[start:m.start()]
        guest.expect(PROMPT, 60, "prompt")
        return SLOW.sub("", answer).strip()


def difference(ours, qemu):
    """the first line of ours that qemu's output does not have in its place"""
    a, b = ours.splitlines(), qemu.splitlines()
    for i, x in enumerate(a):
        if i >= len(b) or x != b[i]:
            return f"line {i + 1} is {x[:150]!r}, qemu's {(b[i] if i < len(b) else 'end')[:150]!r}"
    return f"{len(a)} lines, qemu's {len(b)}"


def compare_jobs(results, ours, qemu, chosen):
    expected = {j[0]: j for j in qemu.jobs}
    for name in chosen:
        runs = [j for j in ours.jobs if j[0] == name]
        want = expected.get(name)
        error = None
        if not want or not runs:
            error = f"no result of {'qemu' if not want else 'ours'}"
        elif want[2]:
            error = f"exit status {want[2]} under qemu: {qemu.texts.get((name, want[3]), '')[-200:]!r}"
        else:
            bad = [j for j in runs if (j[2], j[3]) != (want[2], want[3])]
            if bad:
                j = bad[0]
                error = (f"round {j[1]} (and {len(bad) - 1} more): exit status {j[2]}, "
                         + difference(ours.texts.get((name, j[3]), ""), qemu.texts.get((name, want[3]), "")))
        results.add(f"{name}: {len(runs)} times as under qemu", error)


def compare_memory(results, load, seconds):
    if not load.memory:
        return
    # how full the machine is changes from sample to sample: the mean of a few
    def around(t):
        near = sorted(load.memory, key=lambda s: abs(s[0] - t))[:3]
        return sum(s[1] for s in near) / len(near)
    early, late = around(0.3 * seconds), around(seconds)
    _, most, what = max(load.memory, key=lambda s: s[1])
    parts = ", ".join(f"{name.split('/')[-1]} {size / 2**20:.1f}" for name, size in
                      sorted(what.items(), key=lambda x: -x[1])[:3])
    growth = late / early - 1
    results.add(f"resident beyond guest RAM: {early / 2**20:.1f} MiB after {0.3 * seconds / 60:.1f} minutes, "
                f"{late / 2**20:.1f} MiB at the end ({growth * 100:+.1f} %)",
                None if abs(growth) <= GROWTH else f"more than {GROWTH * 100:.0f} %")
    results.add(f"resident beyond guest RAM: at most {most / 2**20:.1f} MiB ({parts})",
                None if most <= MOST else f"more than {MOST >> 20} MiB")


def evictions(text):
    """how often the code cache made room, or None if the statistics do not say"""
    m = re.search(r"^code\.evictions[ :=]+(\d+)$", text, re.M)
    return int(m[1]) if m else None


def structures(text):
    """what translated code took at most, and at the end by kind, or None if the statistics do not say"""
    found = {m[1]: int(m[2]) / 2**20 for m in re.finditer(r"^code\.bytes\.?(\w*)[ :=]+(\d+)$", text, re.M)}
    if "most" not in found:
        return None
    kinds = ", ".join(f"{name} {found[name]:.1f}" for name in ("code", "regions", "tables", "retired") if name in found)
    return f"translated code: at most {found['most']:.1f} MiB; at the end {kinds}"


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--vmm", default="build/powervisor")
    p.add_argument("--guests", default="build/guests")
    p.add_argument("--log", default="build/log/stress")
    p.add_argument("--scale", type=float, default=1.0, help="of all timeouts")
    p.add_argument("--minutes", type=float, default=10)
    p.add_argument("--cpu", default="power9")
    p.add_argument("--smp", type=int, default=2)
    p.add_argument("--memory", default="2G")
    p.add_argument("--engine", default="", help="as for -engine; options alone are the translator's (cache=8, in MiB)")
    p.add_argument("--evictions", type=int, default=0, help="the statistics must show more than that many")
    p.add_argument("--jobs", default=".", help="regular expression: which jobs")
    p.add_argument("--sources", type=int, default=12, help="how many files the compiler gets")
    p.add_argument("--patience", type=float, default=900, help="seconds for the jobs under way at the end")
    p.add_argument("--sample", type=float, default=5, help="seconds between looks at the memory")
    options = p.parse_args()
    os.chdir(TOP)
    options.vmm = shlex.split(options.vmm)
    os.makedirs(options.log, exist_ok=True)
    os.makedirs(OUT, exist_ok=True)
    chosen = write_payload(options)
    results = Results()
    seconds = round(options.minutes * 60)
    qemu, ours = Load(options, True), Load(options, False)
    for load, time_of_it in ((qemu, 0), (ours, seconds)):
        try:
            load.run(time_of_it)
            results.add(f"{load.who}: from boot to power-off")
        except Failure as e:
            results.add(f"{load.who}: from boot to power-off", e)
    compare_jobs(results, ours, qemu, chosen)
    if len(ours.warnings) == 2:
        before, after = ours.warnings
        results.add("dmesg -l err,warn is the same before and after",
                    "dmesg failed" if "dmesg failed" in before + after else
                    None if before == after else difference(after, before))
        results.note(f"lines of it: {len(before.splitlines())}, under qemu {len(qemu.warnings[0].splitlines())}"
                     if qemu.warnings else "qemu did not get that far")
    compare_memory(results, ours, seconds)
    if structures(ours.stderr):
        results.note(structures(ours.stderr))
    count = evictions(ours.stderr)
    if options.evictions:
        results.add(f"{count} evictions", None if count and count > options.evictions
                    else f"not more than {options.evictions}")
    elif count is not None:
        results.note(f"{count} evictions")
    return results.end("stress.py")


if __name__ == "__main__":
    sys.exit(main())

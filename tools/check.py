#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The gate: builds, static checks, test suites and guests; the last line is `N passed, N failed`.

Stages run one after the other, but those of guests, which mostly wait for a disk or a clock: as many at a time as there are
processors. With --full so run all that test what has been built, those first that only --full has: they are the longest;
but the unit tests run alone, in which processors wait for each other a million times.

A stage prints what went wrong and its counts; its whole output is in build/log/STAGE.log.  Only what exists stands in
the list of stages: a stage without a single test fails.
"""

import argparse
import concurrent.futures
import itertools
import json
import os
import re
import shlex
import subprocess
import sys
import time

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
LOG = "build/log"
SHOWN = 40      # lines of a failed stage's output
WIDTH = 400     # characters of a failed test's line


class Stage:
    """full: only with --full; beside: runs beside others of which this is said; first: alone, before the others"""

    def __init__(self, name, run, full=False, beside=False, first=False):
        self.name = name
        self.run = run
        self.full = full
        self.beside = beside
        self.first = first


class Context:
    """what a stage may use: commands with their output in the stage's log, and the counts"""

    def __init__(self, name, full):
        self.name = name
        self.full = full
        self.passed = 0
        self.faults = []
        self.notes = []     # lines for the reader, behind the counts
        self.log = open(os.path.join(LOG, name + ".log"), "w", encoding="utf-8", errors="replace")

    def command(self, argv, env=None):
        """runs it; returns (exit status, output)"""
        self.log.write("$ " + shlex.join(argv) + "\n")
        self.log.flush()
        p = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             env={**os.environ, **(env or {})})
        lines = []
        for raw in p.stdout:
            line = raw.decode("utf-8", "replace")
            lines.append(line)
            self.log.write(line)
            self.log.flush()
        p.wait()
        return p.returncode, "".join(lines)

    def one(self, what, argv, env=None):
        """a command that is one test"""
        return self.ended(what, *self.command(argv, env))

    def ended(self, what, status, output):
        if status == 0:
            self.passed += 1
        else:
            self.faults.append(f"{what}: exit status {status}\n" + tail(output))
        return status == 0

    def count_lines(self, where, output, status):
        """counts `ok` and `not ok` lines; a program that failed without saying so is one failure more"""
        ok = re.findall(r"^\s*ok\b", output, re.M)
        bad = re.findall(r"^\s*not ok\b.*", output, re.M)
        self.passed += len(ok)
        self.faults += [f"{where}: {x.strip()[:WIDTH]}" for x in bad]
        if status and not bad:
            self.faults.append(f"{where}: exit status {status}\n" + tail(output))
        elif not status and not ok and not bad:
            self.passed += 1


def tail(text):
    return "\n".join("    " + x for x in text.rstrip().splitlines()[-SHOWN:])


def build(name):
    def run(c):
        c.one(f"build of {name} without a warning", ["tools/build.sh", name, *TESTS])
    return run


def script(what, *argv):
    def run(c):
        c.one(what, list(argv))
    return run


TESTS = ["-Dtests=enabled"]
# options that make every finding of a sanitizer a failure
SANITIZERS = {
    "ASAN_OPTIONS": "abort_on_error=0:detect_leaks=1:strict_string_checks=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1",
}
# for the program itself: what is left at its end is no leak
PROGRAM = {**SANITIZERS, "ASAN_OPTIONS": SANITIZERS["ASAN_OPTIONS"].replace("detect_leaks=1", "detect_leaks=0")}


def meson_suite(config, suite, multiplier=1, sanitizers=None, million=True):
    """one suite of one configuration, with --full also SUITE-full; tests print `ok`/`not ok` lines (cmocka does when
    asked); million: with --full, full sizes"""
    def run(c):
        # what a failing build says is shown by the stage that is there to build
        if c.command(["tools/build.sh", config, *TESTS])[0]:
            c.faults.append(f"{config} does not build")
            return
        # a log of its own: someone may run other tests in the same folder
        results = f"build/{config}/meson-logs/check-{suite}.json"
        if os.path.exists(results):
            os.remove(results)
        env = {"CMOCKA_MESSAGE_OUTPUT": "TAP", "PV_FULL": "1" if c.full and million else "0", **(sanitizers or SANITIZERS)}
        status, output = c.command(["meson", "test", "-C", f"build/{config}", "--no-rebuild",
                                    "--logbase", f"check-{suite}", "--suite", suite]
                                   + (["--suite", suite + "-full"] if c.full else [])
                                   + ["--timeout-multiplier", str(multiplier * (20 if c.full else 1)),
                                      "--print-errorlogs", "--num-processes", "2"], env)
        if not os.path.exists(results):
            c.faults.append(f"suite {suite} of {config} did not run\n" + tail(output))
            return
        totals = {}
        with open(results, encoding="utf-8") as f:
            for line in f:
                r = json.loads(line)
                # meson prefixes suites: "powervisor:unit / name"
                name = r["name"].split(" / ")[-1]
                said = (r.get("stdout") or "") + "\n" + (r.get("stderr") or "")
                failed = r["result"] not in ("OK", "SKIP", "EXPECTEDFAIL")
                count_cases(c, totals, name, said)
                c.count_lines(name, said, (r.get("returncode") or r["result"]) if failed else 0)
        if status and not c.faults:
            c.faults.append(f"suite {suite} of {config}: exit status {status}\n" + tail(output))
    return run


def count_cases(c, totals, name, output):
    """random sequences by back end and mode"""
    for m in re.finditer(r"^# (\S+) \S+ \S+-endian: (\d+) cases", output, re.M):
        key = (m[1], "left at every record" if "-records" in name else "as regions" if "-regions" in name else "normal",
               "interpreter alone" if "-alone" in name else "qemu-user")
        totals[key] = totals.get(key, 0) + int(m[2])
    c.notes = [f"{count} sequences on {backend}, {mode}, compared with {oracle}"
               for (backend, mode, oracle), count in sorted(totals.items())]


def guests(c):
    debian = ["build/guests/debian-ppc64el"]
    needs = {"tests-ppc64el": debian, "hotplug-ppc64el": debian}

    def make(names):
        return [(x, c.command([f"guests/{x}.sh", *needs.get(x, []), f"build/guests/{x}"])) for x in names]

    # what is fetched, while a kernel is built
    with concurrent.futures.ThreadPoolExecutor() as pool:
        for some in pool.map(make, (["pseries-be"],
                                    ["debian-ppc64el", "grub-ppc64el", "loads-ppc64el", *needs])):
            for name, (status, output) in some:
                c.ended(name, status, output)


def installer(c):
    c.one("Debian's installer", ["guests/debian-installer.py", "build/guests/installer-ppc64el"])
    guest_test("installer.py", "meson", "installer")(c)


def guest_test(script, config, log, *arguments, full=(), engine=""):
    """a script of test/guest under build/CONFIG's program; full: arguments that --full adds; engine: of --engine"""
    def run(c):
        vmm = f"build/{config}/src/cli/powervisor" + (f" --engine {engine}" if engine else "")
        argv = [f"test/guest/{script}", "--vmm", vmm, "--log", f"{LOG}/{log}"]
        status, output = c.command(argv + list(arguments) + (list(full) if c.full else []),
                                   PROGRAM)
        c.count_lines(log, output, status)
    return run


def beside(name, full=()):
    """a stage of that script, whose machines mostly wait"""
    return Stage(name, guest_test(f"{name}.py", "meson", name, full=full), beside=True)


def debian(c):
    """installs a Debian on a disk, then boots it and works in it"""
    if all([c.one(f"debian-ppc64el-{x}", [f"guests/debian-ppc64el-{x}.sh", "build/guests/debian-ppc64el"])
            for x in ("disk", "mirror")]):
        guest_test("debian.py", "meson", "debian")(c)


# Each as soon as what it tests exists; --full adds those marked so.
STAGES = [
    Stage("build-gcc", build("meson"), first=True),
    Stage("build-clang", build("meson-clang"), first=True),
    Stage("build-asan", build("meson-asan"), first=True),
    Stage("build-tsan", build("meson-tsan"), first=True),
    Stage("build-fuzz", build("meson-fuzz"), first=True),
    Stage("format", script("clang-format", "tools/format.sh", "--check"), first=True),
    Stage("layering", script("layering", "tools/layering.py"), first=True),
    Stage("freestanding", script("freestanding", "tools/freestanding.py"), first=True),
    Stage("guests", guests, first=True),
    Stage("unit", meson_suite("meson", "unit"), first=True),
    Stage("unit-asan", meson_suite("meson-asan", "unit", 4), first=True),
    Stage("unit-tsan", meson_suite("meson-tsan", "unit", 8), first=True),
    Stage("debian", debian, full=True),
    Stage("installer", installer, full=True),
    Stage("isa", meson_suite("meson", "isa")),
    Stage("diff", meson_suite("meson", "diff")),
    Stage("bare", meson_suite("meson", "bare")),
    Stage("bare-asan", meson_suite("meson-asan", "bare", 8, PROGRAM)),
    Stage("fuzz", meson_suite("meson-fuzz", "fuzz")),
    Stage("isa-asan", meson_suite("meson-asan", "isa", 4), full=True),
    Stage("diff-asan", meson_suite("meson-asan", "diff", 8), full=True),
    Stage("unit-clang", meson_suite("meson-clang", "unit", million=False), full=True),
    Stage("boot", guest_test("boot.py", "meson", "boot", full=("--full",))),
    # everything as regions of several blocks, and every region's IR checked
    Stage("boot-tier2", guest_test("boot.py", "meson", "boot-tier2", "--boot-only", "^be-power9",
                                   "^power9-radix-xive-smp4", "^power8-hash-xics-smp1", full=(".",),
                                   engine="translator,tier2-after=1,verify=on")),
    # the reference back end, and the fast one leaving regions wherever it may
    Stage("boot-interp", guest_test("boot.py", "meson", "boot-interp", "--boot-only", "^be-power9",
                                    "^power9-radix-xive-smp4", "^power8-hash-xics-smp1", full=(".",),
                                    engine="translator,backend=interp")),
    Stage("boot-records", guest_test("boot.py", "meson", "boot-records", "--boot-only", "^be-power9",
                                     "^power8-hash-xics-smp1", full=(".",),
                                     engine="translator,records=on")),
    Stage("cli", guest_test("cli.py", "meson", "cli")),
    beside("idle"),
    beside("disk", full=("--full",)),
    beside("durable", full=("--full", "--points", "100", "--kills", "5", "--scale", "4")),
    beside("fio", full=("--full", "--rate", "50", "--seconds", "120")),
    beside("diskopts"),
    beside("diskfull"),
    beside("firmware", full=("--full",)),
    beside("grub", full=("--full",)),
    beside("net", full=("--full",)),
    beside("netpair", full=("--full",)),
    beside("iperf", full=("--full",)),
    beside("usb"),
    beside("display"),
    beside("virtio"),
    beside("eeh"),
    beside("hotplug", full=("--full",)),
    beside("compare"),
    beside("savestate", full=("--points", "10")),
    beside("icount"),
    beside("flushes"),
    beside("evictions"),
    Stage("boot-asan", guest_test("boot.py", "meson-asan", "boot-asan", "--boot-only", "--scale", "8", "^be-",
                                  full=(".",))),
    Stage("boot-tsan", guest_test("boot.py", "meson-tsan", "boot-tsan", "--boot-only", "--scale", "20", "^be-power9")),
    Stage("cli-asan", guest_test("cli.py", "meson-asan", "cli-asan", "--scale", "8")),
]


def run_stage(stage, full):
    """(what there is to say, passed, failed)"""
    c = Context(stage.name, full)
    began = time.monotonic()
    try:
        stage.run(c)
    except Exception as e:      # the other stages still have something to say
        c.faults.append(f"{type(e).__name__}: {e}")
    c.log.close()
    if not c.passed and not c.faults:
        c.faults.append("no test ran")
    said = [f"not ok: {x}" for x in c.faults] + [f"   {x}" for x in c.notes]
    said.append(f"   {stage.name}: {c.passed} passed, {len(c.faults)} failed, {time.monotonic() - began:.0f} s")
    return "\n".join(said), c.passed, len(c.faults)


def run_beside(stages, full):
    """yields what they have to say in the order in which they end"""
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        jobs = {pool.submit(run_stage, s, full): s for s in stages}
        try:
            for job in concurrent.futures.as_completed(jobs):
                print(f"== {jobs[job].name}")
                yield job.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def run_stages(stages, full):
    if full:
        stages.sort(key=lambda s: 0 if s.first else 1 if s.full else 2)
    for beside, some in itertools.groupby(stages, lambda s: s.beside or full and not s.first):
        if beside:
            yield from run_beside(list(some), full)
            continue
        for stage in some:
            print(f"== {stage.name}", flush=True)
            yield run_stage(stage, full)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--full", action="store_true", help="everything, in full sizes")
    p.add_argument("--list", action="store_true", help="name the stages")
    p.add_argument("stages", nargs="*", help="only these stages")
    options = p.parse_args()
    os.chdir(TOP)
    os.makedirs(LOG, exist_ok=True)
    chosen = [s for s in STAGES if s.name in options.stages or not options.stages and (options.full or not s.full)]
    unknown = set(options.stages) - {s.name for s in STAGES}
    if unknown:
        sys.exit("check.py: no stage " + ", ".join(sorted(unknown)))
    if options.list:
        print("\n".join(s.name for s in chosen))
        return 0
    passed = failed = 0
    for said, good, bad in run_stages(chosen, options.full):
        print(said, flush=True)
        passed += good
        failed += bad
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


sys.exit(main())

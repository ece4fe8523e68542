#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Boots real guests under a VMM, types at them and checks what they answer.

Each check prints one line, `ok - NAME` or `not ok - NAME: REASON`; logs are kept per machine.  With --qemu the same
table runs on qemu-system-ppc64, which is how the harness itself is proved.
"""

import argparse
import concurrent.futures
import hashlib
import math
import os
import re
import shlex
import signal
import struct
import subprocess
import sys
import time
import zlib

from cases import machines
from guest import Failure, Guest, PROMPT, Results, command_line

BOOT = 150          # seconds to the shell
END = 30            # seconds from a request to end to the end


# what qemu's check-exception returns for system_powerdown
EPOW_LOG = ("06340040 0000006c 86008e00 00000000 00000000 49424d00 50480030 00000000 "
            "00000000 00000000 48000003 00000000 00000000 00000000 00000000 00000000 "
            "55480018 00000000 a00000d0 00000000 00000000 00000000 "
            "45500014 02000000 03010100 00000000 00000000")


class Checker:
    """runs the checks of one case; each named step is one result"""

    def __init__(self, options, results, case):
        self.options = options
        self.results = results
        self.case = case

    def start(self, check, extra=()):
        argv = command_line(self.options.vmm, self.case, self.options.guests, self.options.qemu)
        log = os.path.join(self.options.log, f"{self.case.name}-{check}.log")
        return Guest(argv + list(extra), log, self.options.scale)

    def ok(self, what, error=None):
        self.results.add(f"{self.case.name}: {what}", error)

    def equal(self, what, got, want):
        self.ok(what, None if got == want else f"got {got!r}, expected {want!r}")

    def answers(self, guest, what, command, want, timeout=60):
        got = guest.run(command, timeout)
        if isinstance(want, re.Pattern):
            self.ok(what, None if want.fullmatch(got) else f"'{command}' said {got!r}")
        else:
            self.equal(f"{what}", got, want)

    def boot(self, guest):
        guest.expect(r"^guest: Linux", BOOT, "init's first line")
        guest.expect(PROMPT, 30, "shell prompt")
        self.results.note(f"{self.case.name}: shell {time.monotonic() - guest.started:.1f} s after the start, "
                          f"{guest.cpu_seconds():.1f} s of CPU")

    def power_off(self, guest, command="poweroff -f"):
        guest.type(command + "\n")
        self.equal(f"'{command}' ends with 0", guest.wait(END), 0)

    def clean_end(self, guest, said=""):
        self.ok("terminal restored", None if guest.terminal_restored() else "terminal settings differ")
        if not self.options.qemu:
            self.equal("nothing else on standard error" if said else "nothing on standard error", guest.stderr(), said)

    def run(self):
        for check in self.case.checks:
            try:
                getattr(self, "check_" + check)()
            except Failure as e:
                self.ok(check, e)
            except Exception as e:          # a fault of the harness must not hide the other machines' results
                self.ok(check, f"{type(e).__name__}: {e}")

    def check_shell(self):
        case = self.case
        with self.start("shell") as guest:
            self.boot(guest)
            self.ok("boots to a shell")
            log = guest.text
            self.ok("no oops or warning while booting", complaint(log))
            guest.run("dmesg -n 1")
            self.answers(guest, "machine", "uname -m", "ppc64le")
            self.answers(guest, "cpus online", "nproc", str(case.smp))
            self.answers(guest, "cpus in cpuinfo", "grep -c ^processor /proc/cpuinfo", str(case.smp))
            self.answers(guest, "mmu", "grep ^MMU /proc/cpuinfo", re.compile(r"MMU\s*: " + case.mmu))
            self.answers(guest, "cpu model", "grep -m1 ^cpu /proc/cpuinfo",
                         re.compile(rf"cpu\s*: {case.cpu[:6].upper()}.*altivec supported.*"))
            self.answers(guest, "interrupt controller", f"grep -c {case.irqchip} /proc/interrupts",
                         re.compile("[1-9][0-9]*"))
            self.compute(guest)
            self.terminal(guest)
            if case.smp > 1:
                self.multiprocessing(guest)
            guest.run("cat /proc/cpuinfo; cat /proc/interrupts")
            self.ok("no oops or warning while running", complaint(guest.run("dmesg", 120)))
            self.power_off(guest)
            self.clean_end(guest)

    def compute(self, guest):
        """results that Python knows too"""
        text = "".join(f"{i}\n" for i in range(1, 3001)).encode()
        self.answers(guest, "sha256", "seq 1 3000 | sha256sum", hashlib.sha256(text).hexdigest() + "  -")
        self.answers(guest, "md5 behind gzip", "seq 1 3000 | gzip | gunzip | md5sum",
                     hashlib.md5(text).hexdigest() + "  -")
        self.answers(guest, "crc32", "seq 1 3000 | crc32", f"{zlib.crc32(text):08x}")
        total = 0.0
        for i in range(1, 501):
            total += i / (i * i + 1.5)
        guest.run("P='BEGIN{for(i=1;i<=500;i++)s+=i/(i*i+1.5);printf \"%.17g\",s}'")
        self.answers(guest, "double precision", 'awk "$P"', f"{total:.17g}")
        self.answers(guest, "64-bit arithmetic", "echo $((0x7fffffffffffffff / 1234567))",
                     str(0x7FFFFFFFFFFFFFFF // 1234567))
        self.answers(guest, "fork and pipes", "for i in 1 2 3 4 5; do (echo $i); done | wc -l", "5")
        guest.run("dd if=/dev/urandom of=/tmp/a bs=64k count=16")
        self.answers(guest, "files on tmpfs", "stat -c %s /tmp/a", "1048576")
        self.answers(guest, "copies compare", "cp /tmp/a /tmp/b && cmp /tmp/a /tmp/b && echo same", "same")

    def terminal(self, guest):
        guest.type("sleep 1000\n")
        guest.expect(r"sleep 1000 *\n", 10)
        time.sleep(0.5)
        guest.type("\x03")
        guest.expect(PROMPT, 20, "prompt after Ctrl-C")
        self.ok("Ctrl-C interrupts")
        guest.type("sleep 1000\n")
        guest.expect(r"sleep 1000 *\n", 10)
        time.sleep(0.5)
        guest.type("\x1a")
        guest.expect("Stopped", 20, "a stopped job after Ctrl-Z")
        guest.expect(PROMPT, 20, "prompt after Ctrl-Z")
        guest.run("kill %1")
        self.ok("Ctrl-Z stops a job")
        began = time.monotonic()
        guest.run("sleep 2")
        took = time.monotonic() - began
        self.ok("two seconds last two seconds", None if 1.9 < took < 2 + 3 * self.options.scale else f"{took:.2f} s")
        self.answers(guest, "the clock is the host's", "date +%s | cut -c1-7", str(int(time.time()))[:7])
        self.answers(guest, "long lines of output", "seq -s . 1 400 | wc -c",
                     str(len(".".join(map(str, range(1, 401)))) + 1))
        self.answers(guest, "much output in order", "seq 1 1500 | tee /tmp/seq",
                     "\n".join(map(str, range(1, 1501))), 60)

    def multiprocessing(self, guest):
        n = self.case.smp
        for cpu in range(n):
            self.answers(guest, f"runs on cpu {cpu}", f"taskset {1 << cpu:x} sh -c 'echo yes'", "yes")
        self.answers(guest, "work on all cpus at once",
                     f"for i in `seq {n}`; do seq 1 3000 | md5sum & done | sort -u | wc -l; wait", re.compile(r"1\b.*", re.S),
                     90)
        cpus = n - 1
        self.answers(guest, "cpu offline", f"echo 0 > /sys/devices/system/cpu/cpu{cpus}/online; nproc", str(n - 1))
        self.answers(guest, "cpu online again", f"echo 1 > /sys/devices/system/cpu/cpu{cpus}/online; nproc", str(n))

    def check_threads(self):
        """several threads of a core: the kernel's topology, and doorbells (msgsndp), which only siblings ring"""
        n, threads = self.case.smp, self.case.threads
        with self.start("threads") as guest:
            self.boot(guest)
            self.ok("no oops or warning while booting", complaint(guest.text))
            guest.run("cd /sys/devices/system/cpu")
            for cpu in range(n):
                first = cpu // threads * threads
                self.answers(guest, f"siblings of cpu {cpu}", f"cat cpu{cpu}/topology/thread_siblings_list",
                             f"{first}-{first + threads - 1}")
                self.answers(guest, f"core of cpu {cpu}", f"cat cpu{cpu}/topology/core_id", str(first))
            self.multiprocessing(guest)
            rung = guest.run("grep DBL /proc/interrupts").split()[1:n + 1]
            self.ok("doorbells ring on every cpu", None if all(int(x) for x in rung) else rung)
            self.ok("no oops or warning while running", complaint(guest.run("dmesg", 120)))
            self.power_off(guest)
            self.clean_end(guest)

    def check_shell_be(self):
        case = self.case
        with self.start("shell_be") as guest:
            self.boot(guest)
            self.ok("boots to a shell")
            self.ok("no oops or warning while booting", complaint(guest.text))
            self.answers(guest, "byte order", "uname", re.compile("Linux .* ppc64 big-endian"))
            self.answers(guest, "cpus online", "nproc", str(case.smp))
            info = guest.run("cat /proc/cpuinfo")
            self.ok("mmu", None if re.search(r"^MMU\s*: " + case.mmu, info, re.M) else info)
            interrupts = guest.run("cat /proc/interrupts")
            self.ok("interrupt controller", None if case.irqchip in interrupts else interrupts)
            total = 0.0
            for i in range(1, 1001):
                total += math.sqrt(i) / (i + 1)
            self.answers(guest, "double precision", "float", "float " + struct.pack(">d", total).hex())
            self.answers(guest, "atomics of four threads", "threads 4", "threads 400000", 120)
            self.answers(guest, "forty processes", "fork 40", "fork 20", 60)
            self.ok("no oops or warning while running", complaint(guest.run("dmesg", 60)))
            self.power_off(guest, "poweroff")
            self.clean_end(guest)

    def check_litmus(self):
        with self.start("litmus") as guest:
            self.boot(guest)
            guest.run("dmesg -n 1")
            command = f"litmus {400 if self.options.full else 40}" + (" noquads" if self.options.qemu else "")
            said = guest.run(command, 600 if self.options.full else 180)
            for good, what in re.findall(r"^(ok|not ok) - (.*)", said, re.M):
                self.ok(what, None if good == "ok" else "see the log")
            self.equal("litmus tests", said.splitlines()[-1], "litmus: 0 failed")
            said = guest.run(f"rewrite {1000000 if self.options.full else 10000}", 3600 if self.options.full else 180)
            for good, what in re.findall(r"^(ok|not ok) - (.*)", said, re.M):
                self.ok("code " + what, None if good == "ok" else "see the log")
            self.equal("rewritten code", said.splitlines()[-1], "rewrite: 0 failed")
            # of the interpreter; qemu fills what the ISA leaves undefined in another way
            digest = "" if self.options.qemu else "ca389abe84c75eba"
            said = guest.run("fpstatus", 180).splitlines()[-1]
            self.equal("floating-point status under preemption", said[:len("fpstatus: 0 failed, digest ") + len(digest)],
                       "fpstatus: 0 failed, digest " + digest)
            self.power_off(guest)

    def check_keys(self):
        with self.start("keys") as guest:
            self.boot(guest)
            guest.type("\x01h")
            guest.expect("C-a x|Ctrl-A x", 20, "the help of Ctrl-A h")
            self.ok("Ctrl-A h prints help")
            guest.type("\n")
            guest.expect(PROMPT, 20)
            guest.type("cat\n")
            guest.expect(r"cat *\n", 10)
            time.sleep(0.5)
            guest.type("\x01\x01\n")
            guest.expect(r"\^A", 20, "an echoed Ctrl-A")
            self.ok("Ctrl-A Ctrl-A sends one Ctrl-A")
            guest.type("\x01x")
            self.equal("Ctrl-A x ends with 0", guest.wait(END), 0)
            self.clean_end(guest)

    def check_reboot(self):
        with self.start("reboot") as guest:
            self.boot(guest)
            for turn in 1, 2:
                guest.type("reboot -f\n")
                self.boot(guest)
                self.ok(f"reboot {turn} comes back")
            self.answers(guest, "works after a reboot", "echo $((6 * 7))", "42")
            # the orderly way, through init
            guest.type("reboot\n")
            self.boot(guest)
            self.ok("orderly reboot comes back")
            self.power_off(guest, "poweroff")
            self.clean_end(guest)

    def check_no_reboot(self):
        with self.start("no_reboot", ["-no-reboot"]) as guest:
            self.boot(guest)
            guest.type("reboot -f\n")
            self.equal("-no-reboot ends with 0", guest.wait(END), 0)
            self.clean_end(guest)

    def check_powerdown(self):
        """the host asks the guest to power off: an EPOW event, whose log has the bytes that qemu's has but for its time"""
        case, o = self.case, self.options
        machine = ",".join(["pseries"] + [f"{k}={v}" for k, v in case.machine.items()])
        folder = os.path.join(o.guests, case.guest)
        program = os.path.join(os.path.dirname(os.path.realpath(o.vmm[-1])), "../../test/guest/powerdown")
        p = subprocess.run([program, machine, case.cpu, str(case.smp), f"{folder}/vmlinux", f"{folder}/initrd.gz"],
                           stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False,
                           timeout=(BOOT + 2 * END) * o.scale)
        with open(os.path.join(o.log, f"{case.name}-powerdown.log"), "w", encoding="utf-8") as f:
            f.write(p.stdout + p.stderr)
        self.equal("a guest asked to power off does", (p.returncode, p.stderr), (0, ""))
        self.ok("Linux took it as a request", None if "Power off requested" in p.stdout else "it does not say so")
        log = bytes.fromhex("".join(re.findall(r"^[0-9a-f]{8}  ([0-9a-f ]{1,49})  \|", p.stdout.replace("\r", ""), re.M)))
        # behind the kernel's sequence number; date and time are two words of the first section
        self.equal("the event's log", (log[4:36] + log[44:120]).hex(" ", 4), EPOW_LOG)
        self.equal("the event's date", log[36:40].hex(), time.strftime("%Y%m%d", time.gmtime()))

    def check_halt(self):
        with self.start("halt") as guest:
            self.boot(guest)
            guest.run("echo 1 > /proc/sys/kernel/sysrq")
            guest.type("echo c > /proc/sysrq-trigger\n")
            guest.expect("Kernel panic - not syncing", 30, "a panic when asked for one")
            self.ok("a panic is seen on the console")
            # behind its notifiers, by RTAS
            said = "powervisor: the guest stopped: OS panic: sysrq triggered crash\n"
            end = time.monotonic() + 30 * self.options.scale
            while not self.options.qemu and guest.stderr() != said and time.monotonic() < end:
                time.sleep(0.1)
            guest.process.send_signal(signal.SIGTERM)
            guest.wait(END)
            self.clean_end(guest, said)

    def check_signals(self):
        for sig in signal.SIGTERM, signal.SIGINT:
            with self.start(f"signals-{sig.name}") as guest:
                # in the midst of the boot for one of them, at the prompt for the other
                guest.expect(r"Linux version", 60)
                if sig == signal.SIGTERM:
                    self.boot(guest)
                guest.process.send_signal(sig)
                status = guest.wait(END)
                self.ok(f"{sig.name} ends it by itself", None if status >= 0 else guest.ending())
                self.clean_end(guest)


def complaint(log):
    """the first line in which the kernel speaks of trouble"""
    trouble = re.compile(r"Oops|BUG:|WARNING:|Call Trace|Unable to handle|rcu.*stall|soft lockup|hung_task|"
                         r"Kernel panic|bad page|segfault|unhandled signal|Machine check|Bad trap|Unrecoverable")
    for line in log.splitlines():
        # the firmware would have laid out partitions in a new NVRAM; neither qemu's x-vof nor we have one
        if trouble.search(line) and "nvram corruption" not in line:
            return line.strip()
    return None


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--vmm", default="build/powervisor", help="command that starts the VMM (may have arguments)")
    p.add_argument("--qemu", action="store_true", help="the VMM is qemu: leave out what qemu is not meant to do")
    p.add_argument("--guests", default="build/guests", help="folder of the guests")
    p.add_argument("--log", default="build/log/guest", help="folder for the logs")
    p.add_argument("--jobs", type=int, default=2, help="machines at a time")
    p.add_argument("--scale", type=float, default=1.0, help="factor for all timeouts (sanitizers: 4)")
    p.add_argument("--full", action="store_true", help="the full matrix")
    p.add_argument("--boot-only", action="store_true", help="of each machine only its shell")
    p.add_argument("--list", action="store_true", help="name the cases")
    p.add_argument("cases", nargs="*", help="regular expressions")
    return p.parse_args()


def main():
    options = arguments()
    options.vmm = shlex.split(options.vmm)
    if options.qemu and options.vmm == ["build/powervisor"]:
        options.vmm = ["qemu-system-ppc64"]

    def wanted(name, default):
        return any(re.search(c, name) for c in options.cases) if options.cases else default

    chosen = [c for c in machines() if wanted(c.name, options.full or c.quick)]
    if options.boot_only:
        for c in chosen:
            object.__setattr__(c, "checks", c.checks[:1])
    if options.list:
        print("\n".join(c.name for c in chosen))
        return 0
    os.makedirs(options.log, exist_ok=True)
    results = Results()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        jobs = [pool.submit(Checker(options, results, c).run) for c in chosen]
        for job in jobs:
            job.result()
    return results.end("boot.py")


sys.exit(main())

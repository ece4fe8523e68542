# SPDX-License-Identifier: GPL-2.0-or-later
"""What the measuring programs share: the payload, the command lines, a VMM whose console lines are stamped."""

import fcntl
import os
import re
import select
import shlex
import subprocess
import sys
import time

TOP = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
OUT = "build/bench"
DEBIAN = "build/guests/debian-ppc64el"
FIRST_LINE = "INIT-FIRST-LINE"
QEMU = "qemu-system-ppc64"


class Payload:
    """pbench for host and guest, and the initramfs; built again when a source changed"""

    def __init__(self):
        self.native = f"{OUT}/pbench.native"
        self.kernel = f"{DEBIAN}/vmlinux"
        self.initrd = f"{OUT}/initrd.gz"

    def build(self):
        os.makedirs(OUT, exist_ok=True)
        guest, busybox = f"{OUT}/pbench.ppc64le", f"{DEBIAN}/root/bin/busybox"
        if not os.path.exists(busybox) or not os.path.exists(self.kernel):
            subprocess.run(["guests/debian-ppc64el.sh", DEBIAN], check=True)
        # one at a time: tests that run beside each other share it
        with open(f"{OUT}/.lock", "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            sources = ["bench/pbench.c", "bench/sizes.h", "bench/build.sh"]
            if newer(sources, [guest, self.native]):
                subprocess.run(["bench/build.sh", OUT], check=True)
            if newer([guest, busybox, "bench/mkird.sh"], [self.initrd]):
                subprocess.run(["bench/mkird.sh", guest, busybox, self.initrd], check=True)


def newer(sources, results):
    if not all(map(os.path.exists, results)):
        return True
    return max(map(os.path.getmtime, sources)) > min(map(os.path.getmtime, results))


def command_line(system, payload, cpu, append, engine="", smp=1, memory="1G", more=()):
    """the same machine for both, by QEMU's option names"""
    if system == "qemu":
        argv = [QEMU, "-M", "pseries,x-vof=on"]
    else:
        argv = shlex.split(os.environ.get("VMM", "build/powervisor")) + ["-M", "pseries"]
        if engine:
            argv += ["-engine", f"translator,{engine}"]
    return argv + ["-cpu", cpu, "-smp", str(smp), "-m", memory, "-nographic", "-nodefaults", "-serial", "mon:stdio",
                   "-kernel", payload.kernel, "-initrd", payload.initrd,
                   "-append", f"console=hvc0 quiet {append}", *more]


class Run:
    """one process whose output arrives by lines, each with the host's time since the process began"""

    def __init__(self, argv, log=None):
        self.argv = argv
        self.log = log
        if log:
            log.write("$ " + shlex.join(argv) + "\n")
        self.started = time.monotonic()
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)
        self.rest = b""
        self.last = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.stdout.close()
        self.process.wait()

    def line(self, timeout):
        """(seconds since the start, line), or None at the end of the output; TimeoutError when nothing came"""
        end = time.monotonic() + timeout
        fd = self.process.stdout.fileno()
        while b"\n" not in self.rest:
            left = end - time.monotonic()
            if left <= 0 or not select.select([fd], [], [], left)[0]:
                raise TimeoutError
            data = os.read(fd, 65536)
            if not data:
                return None
            self.rest += data
        raw, self.rest = self.rest.split(b"\n", 1)
        stamp = time.monotonic() - self.started
        text = raw.decode("utf-8", "replace").strip("\r")
        if text.strip():
            self.last = text.strip()
        if self.log:
            self.log.write(f"{stamp:.3f}\t{text}\n")
            self.log.flush()
        return stamp, text

    def ending(self):
        code = self.process.wait()
        return f"exit status {code}" if code >= 0 else f"signal {-code}"


def memory_of(pid, memory="1G"):
    """resident bytes by kind of mapping: guest RAM, the rest, page tables.

    Guest RAM is the anonymous piece of the size that -m gave.  A page of a shared mapping that stands twice in the
    process (code that is written through one view and run through the other) counts once.
    """
    ram_size = int(memory[:-1]) << {"M": 20, "G": 30}[memory[-1]]
    total = {"ram": 0, "other": 0, "tables": 0}
    what = {}
    ram = False
    with open(f"/proc/{pid}/smaps", encoding="ascii", errors="replace") as f:
        for line in f:
            m = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \d+\s*(.*)$", line)
            if m:
                name = m[4]
                ram = is_ram(name, int(m[2], 16) - int(m[1], 16), ram_size)
                shared = "s" in m[3]
                continue
            field, _, value = line.partition(":")
            if field == ("Pss" if shared else "Rss"):
                size = int(value.split()[0]) << 10
                total["ram" if ram else "other"] += size
                if not ram:
                    what[name or "anonymous"] = what.get(name or "anonymous", 0) + size
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as f:
        total["tables"] = int(re.search(r"VmPTE:\s*(\d+)", f.read())[1]) << 10
    return total, what


def is_ram(name, size, ram_size):
    return not name and size == ram_size


def host():
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        model = re.search(r"model name\s*:\s*(.*)", f.read())
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    load = os.getloadavg()
    return (f"{time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime())} UTC, commit {commit.stdout.strip() or 'unknown'}, "
            f"{os.cpu_count()} x {model[1] if model else 'unknown processor'}, load {load[0]:.2f}")


def say(text):
    print(text, file=sys.stderr, flush=True)

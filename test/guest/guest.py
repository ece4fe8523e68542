# SPDX-License-Identifier: GPL-2.0-or-later
"""A virtual machine at a terminal: spawn a VMM, wait for text, type at the guest's shell, see how the program ends."""

import errno
import fcntl
import os
import pty
import re
import select
import shlex
import signal
import socket
import subprocess
import termios
import threading
import time

PROMPT = "guest# "
TICK = os.sysconf("SC_CLK_TCK")
# what the guest's line editor asks of a terminal, and colours: not text
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Results:
    """counts and prints; several threads may report"""

    def __init__(self):
        self.passed = self.failed = 0
        self.lock = threading.Lock()

    def add(self, name, error=None):
        with self.lock:
            if error is None:
                self.passed += 1
                print(f"ok - {name}", flush=True)
            else:
                self.failed += 1
                print(f"not ok - {name}: {error}", flush=True)

    def note(self, text):
        with self.lock:
            print(f"# {text}", flush=True)

    def end(self, who):
        """the last line; returns an exit status"""
        print(f"# {who}: {self.passed} passed, {self.failed} failed", flush=True)
        return 1 if self.failed or not self.passed else 0


class Failure(Exception):
    """an expectation that did not hold"""


def own_terminal():
    """makes standard input the controlling terminal, as a shell's program has it"""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Guest:
    """One run of a VMM whose standard input and output are a terminal; standard error goes to a file beside the log."""

    def __init__(self, argv, log, scale=1.0):
        self.argv = argv
        self.scale = scale
        self.text = ""
        self.pos = 0
        self.status = None
        self.log_path = log
        self.log = open(log, "wb")
        self.log.write(("$ " + shlex.join(argv) + "\n").encode())
        self.err_path = log + ".stderr"
        self.master, self.slave = pty.openpty()
        self.termios_before = termios.tcgetattr(self.slave)
        with open(self.err_path, "wb") as err:
            self.started = time.monotonic()
            self.process = subprocess.Popen(argv, stdin=self.slave, stdout=self.slave, stderr=err,
                                            start_new_session=True, preexec_fn=own_terminal)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.log.close()
        os.close(self.master)
        os.close(self.slave)

    def stderr(self):
        with open(self.err_path, encoding="utf-8", errors="replace") as f:
            return f.read()

    def cpu_seconds(self):
        """utime + stime of all threads so far"""
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def read(self, seconds):
        """takes in what arrives within that time; False if nothing did"""
        ready, _, _ = select.select([self.master], [], [], max(seconds, 0))
        if not ready:
            return False
        try:
            data = os.read(self.master, 65536)
        except OSError as e:
            if e.errno != errno.EIO:
                raise
            data = b""
        self.log.write(data)
        self.log.flush()
        # a sequence may be cut at the end of a read: clean the tail together with what follows
        tail = self.text[self.pos:] + data.decode("utf-8", "replace").replace("\r", "")
        self.text = self.text[:self.pos] + ESCAPES.sub("", tail)
        return bool(data)

    def drain(self):
        while self.read(0):
            pass

    def expect(self, pattern, timeout, what=None):
        """waits for a regular expression behind the last one found; returns the match"""
        end = time.monotonic() + timeout * self.scale
        regex = re.compile(pattern, re.M)
        while True:
            m = regex.search(self.text, self.pos)
            if m:
                self.pos = m.end()
                return m
            left = end - time.monotonic()
            what = what or f"/{pattern}/"
            if left <= 0:
                raise Failure(f"no {what} within {timeout * self.scale:.0f} s; last: {self.last_line()!r}")
            if not self.read(min(left, 0.5)) and self.process.poll() is not None:
                self.drain()
                if not regex.search(self.text, self.pos):
                    raise Failure(f"ended ({self.ending()}) before {what}; last: {self.last_line()!r}")

    def last_line(self):
        text = self.text if self.process.poll() is None else self.text + "\n" + self.stderr()
        lines = [x for x in text.splitlines() if x.strip()]
        return lines[-1][-160:] if lines else ""

    def type(self, text):
        os.write(self.master, text.encode())

    def run(self, command, timeout=30):
        """one command at the guest's shell; returns its output"""
        # the line editor would wrap a longer one
        assert len(PROMPT + command) < 79, command
        self.type(command + "\n")
        # the echo may be redrawn by the line editor, so its end is recognised only
        self.expect(re.escape(command[-20:]) + r" *\n", timeout, f"echo of '{command}'")
        start = self.pos
        m = self.expect(PROMPT, timeout, f"prompt after '{command}'")
        # on a slow host the kernel says so, into the middle of an answer
        slow = r"^\[ *\d+\.\d+\] hrtimer: interrupt took \d+ ns\r?\n"
        return re.sub(slow, "", self.text[start:m.start()], flags=re.M).strip()

    def ending(self):
        code = self.process.poll()
        if code is None:
            return "still running"
        return f"exit status {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"

    def wait(self, timeout):
        """waits for the end of the VMM; returns its exit status, negative for a signal"""
        end = time.monotonic() + timeout * self.scale
        while self.process.poll() is None:
            if time.monotonic() > end:
                raise Failure(f"still running after {timeout * self.scale:.0f} s; last: {self.last_line()!r}")
            self.read(0.1)
        self.drain()
        return self.process.returncode

    def terminal_restored(self):
        return termios.tcgetattr(self.slave) == self.termios_before


class Monitor:
    """the monitor at a UNIX socket that a VMM listens at"""

    def __init__(self, path, scale):
        end = time.monotonic() + 20 * scale
        while True:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(120 * scale)
            try:
                self.socket.connect(path)
                break
            except OSError:
                self.socket.close()
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)
        self.read()

    def read(self):
        data = b""
        while not data.endswith(b"(qemu) "):
            piece = self.socket.recv(65536)
            if not piece:
                raise Failure("the monitor ended")
            data += piece
        return data.decode(errors="replace")

    def __call__(self, line):
        """what the monitor says to a command"""
        self.socket.sendall(line.encode() + b"\n")
        said = [x.strip() for x in self.read().replace("\r", "").split("\n")]
        return "\n".join(x for x in said[1:-1] if x)


def initrd_with(guests, folder, script, programs=()):
    """Debian's initramfs with the kernel's modules in /modules, programs (path in the guest, path on the host) and a
    script that runs before the shell; its path"""
    guest = os.path.join(guests, "debian-ppc64el")
    modules = os.path.join(guest, "root", "modules")
    with open(os.path.join(folder, "test.sh"), "w", encoding="utf-8") as f:
        f.write(script)
    lines = [f"dir {d} 755" for d in sorted({"modules"} | {os.path.dirname(p[0]) for p in programs} - {"", "bin"})]
    lines += [f"file test.sh 755 {folder}/test.sh"]
    lines += [f"file modules/{m} 644 {os.path.join(modules, m)}" for m in sorted(os.listdir(modules))]
    lines += [f"file {inside} 755 {outside}" for inside, outside in programs]
    mkcpio = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "guests", "mkcpio.py")
    subprocess.run([mkcpio, f"{folder}/more.gz"], input="\n".join(lines).encode(), check=True)
    with open(f"{folder}/initrd", "wb") as out:
        for part in os.path.join(guest, "initrd.gz"), f"{folder}/more.gz":
            with open(part, "rb") as f:
                data = f.read()
            out.write(data + b"\0" * (-len(data) % 4))
    return f"{folder}/initrd"


def command_line(vmm, case, guests, qemu=False):
    """the VMM's arguments for a case of boot.py's table; qemu has two options under other names"""
    machine = dict(case.machine)
    append = case.append
    if qemu:
        machine.pop("x-boot", None)
        if machine.pop("x-mmu", None) == "hash":
            append += " disable_radix"
        machine.setdefault("x-vof", "on")
    options = "".join(f",{k}={v}" for k, v in machine.items())
    folder = os.path.join(guests, case.guest)
    smp = str(case.smp) if case.threads == 1 else f"{case.smp},threads={case.threads}"
    return (vmm + ["-M", "pseries" + options, "-cpu", case.cpu, "-smp", smp, "-m", case.memory,
                   "-nographic", "-nodefaults", "-serial", "mon:stdio",
                   "-kernel", f"{folder}/vmlinux", "-initrd", f"{folder}/initrd.gz", "-append", append]
            + list(case.extra))

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""make bench-boot: time from the start of the process to init's first line, and what a booted machine costs in memory.

Powervisor and qemu-system-ppc64 boot the same kernel and initramfs in turn, POWER9 and POWER8; the ratio is that of the
medians.  The memory is what is resident at the shell prompt of Debian's guest without the guest's RAM.
"""

import argparse
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "test", "guest"))

from bench_math import median
from bench_vm import DEBIAN, FIRST_LINE, OUT, TOP, Payload, Run, command_line, host, memory_of, say
from guest import PROMPT, Failure, Guest

GOAL = 2.1
OVERHEAD_GOAL = 150 << 20


def boot(system, payload, cpu, options, log):
    """seconds to init's first line, or what went wrong"""
    with Run(command_line(system, payload, cpu, "pb=none", options.engine), log) as run:
        try:
            while True:
                got = run.line(options.timeout)
                if got is None:
                    return f"ended with {run.ending()}, last line {run.last[-100:]!r}"
                if FIRST_LINE in got[1]:
                    seconds = got[0]
                    break
            while run.line(30):
                pass
        except TimeoutError:
            return f"nothing more than {run.last[-100:]!r}"
        status = run.process.wait()
        return seconds if status == 0 else f"exit status {status}"


def measure_boots(options, payload, log):
    """{(cpu, system): [seconds]}, faults"""
    times, faults = {}, []
    for r in range(options.rounds):
        for cpu in options.cpus:
            order = ("ours", "qemu") if r % 2 == 0 else ("qemu", "ours")
            for system in order:
                got = boot(system, payload, cpu, options, log)
                if isinstance(got, str):
                    faults.append(f"round {r + 1} {cpu} {system}: {got}")
                    say(faults[-1])
                else:
                    times.setdefault((cpu, system), []).append(got)
                    say(f"round {r + 1} {cpu} {system:5} {got:.3f} s")
    return times, faults


def resident(system, cpu, options):
    """memory_of() at the prompt of Debian's guest"""
    payload = Payload()
    payload.initrd = f"{DEBIAN}/initrd.gz"
    argv = command_line(system, payload, cpu, "", options.engine)
    with Guest(argv, f"{OUT}/memory-{cpu}-{system}.log") as guest:
        guest.expect(PROMPT, options.timeout, "shell prompt")
        return memory_of(guest.process.pid)


def report_memory(options, faults):
    for cpu in options.cpus:
        try:
            total, what = resident("ours", cpu, options)
        except Failure as e:
            faults.append(f"memory {cpu}: {e}")
            continue
        over = total["other"]
        most = sorted(what.items(), key=lambda x: -x[1])[:4]
        parts = ", ".join(f"{name.split('/')[-1]} {size / 2**20:.1f}" for name, size in most)
        print(f"{'met    ' if over <= OVERHEAD_GOAL else 'NOT MET'}  memory {cpu}: {over / 2**20:.1f} MiB resident over "
              f"{total['ram'] / 2**20:.0f} MiB of touched guest RAM at the shell prompt (at most 150; most of it: "
              f"{parts}); page tables {total['tables'] / 2**20:.1f} MiB")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--cpu", dest="cpus", action="append", choices=("power9", "power8"))
    p.add_argument("--engine", default="", help="further options of the translator, as backend=interp")
    p.add_argument("--timeout", type=float, default=120)
    options = p.parse_args()
    options.cpus = options.cpus or ["power9", "power8"]
    os.chdir(TOP)
    payload = Payload()
    payload.build()
    about = host()
    with open(f"{OUT}/boot.log", "w", encoding="utf-8") as log:
        times, faults = measure_boots(options, payload, log)
    print(f"start of the process to init's first line, medians of {options.rounds} rounds\n{about}\n")
    ratios = {}
    for cpu in options.cpus:
        ours, qemu = times.get((cpu, "ours"), []), times.get((cpu, "qemu"), [])
        ratios[cpu] = median(qemu) / median(ours) if ours and qemu else 0.0
        if ours and qemu:
            print(f"{'met    ' if ratios[cpu] >= GOAL else 'NOT MET'}  boot {cpu}: ours {median(ours):.3f} s "
                  f"[{min(ours):.3f}..{max(ours):.3f}], qemu {median(qemu):.3f} s [{min(qemu):.3f}..{max(qemu):.3f}], "
                  f"{ratios[cpu]:.2f}x (at least {GOAL}x)")
    report_memory(options, faults)
    print("".join(f"FAILED {x}\n" for x in faults), end="")
    print("boot " + ", ".join(f"{ratios[cpu]:.2f}x {cpu}" for cpu in options.cpus))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

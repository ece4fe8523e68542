#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs a core's image on our machine, where it has to find everything well and end by itself, and
on qemu's board; what both say is compared line by line but for qemu's departures below.  Saved on the way and loaded, ours says the same.

compare.py POWERVISOR MACHINE IMAGE QEMU-ARGUMENT...        PV_BACKEND: the translator's back end
"""

import os
import signal
import subprocess
import sys
import tempfile

# What qemu says at a step's line; None: no fixed value. The entries of docs/qemu-departures.md say why.
DEPARTURES = {
    # E1
    ("illegal", "srr1"): "00081000",
    ("trap", "srr1"): "00021000",
    ("illegal of a user", "srr1"): "000a1000",
    ("no floating point", "srr1"): "00081000",
    **{(x + " of a user", "srr1"): "00061000" for x in ("mfmsr", "mtspr", "rfi", "tlbsync")},
    # E2
    ("msr[ce] of a base interrupt", ""): "00000000",
    # E3
    ("instruction tlb miss", "dear stays"): "50000000",
    # E4
    **{("load from a page without r", x): None for x in ("interrupts", "vector", "srr0", "dear")},
    # E5
    ("little-endian page", ""): "01020304",
    # E6: it shows what the step before left
    **{("unaligned stwcx.", x): None for x in ("interrupts", "srr0", "esr", "dear")},
    # E7
    ("dec stays 0", ""): None,
    # E8
    **{("fixed interval", x): None for x in ("came", "vector")},
    **{("watchdog", x): None for x in ("interrupts", "vector", "csrr1", "msr", "tsr[enw]")},
    # E9
    **{("bus error of a load", x): None for x in ("interrupts", "vector", "msr", "mcsr")},
    **{("bus error of a store", x): None for x in ("interrupts", "mcsr")},
}

ONLY = {"e500": {("no floating point", "srr1")},
        "440": {("load from a page without r", x) for x in ("interrupts", "vector", "srr0", "dear")}}


def run(argv, limit):
    p = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=limit, check=False)
    return p.returncode, p.stdout.decode("ascii", "replace").splitlines()


def split(lines):
    """(step, line, value) for each line; what the image thinks of the value is left out"""
    step = ""
    for line in lines:
        name, _, value = line.partition(": ")
        if not name.startswith(" "):
            step, name = name, " "
        yield step, name.strip(), value.partition(" BAD")[0]


def check_ours(argv):
    status, lines = run(argv, 300)
    faults = [f"{s}: {l}" for (s, _, _), l in zip(split(lines), lines) if " BAD" in l]
    if status:
        faults.append(f"exit status {status}")
    if not lines or lines[-1] != "ALL OK":
        faults.append("does not end with ALL OK")
    return lines, faults


def check_qemu(core, ours, argv):
    status, theirs = run(argv, 120)
    faults = [f"qemu: exit status {status}"] if status else []
    if len(ours) != len(theirs):
        faults.append(f"{len(ours)} lines, qemu {len(theirs)}")
    allowed = {k: v for k, v in DEPARTURES.items() if not any(k in ONLY[c] for c in ONLY if c != core)}
    used = set()
    for (step, name, value), (their_step, their_name, their_value) in zip(split(ours), split(theirs)):
        if step == "ALL OK":
            break
        if (step, name) != (their_step, their_name):
            faults.append(f"{step} {name}: qemu is at {their_step} {their_name}")
        elif value != their_value:
            wanted = allowed.get((step, name), value)
            used.add((step, name))
            if wanted not in (None, their_value):
                faults.append(f"{step} {name}: {value}, qemu {their_value}")
    # an exemption that nothing needs has to go; left-overs may agree by chance
    faults += [f"{s} {n}: qemu does not depart" for s, n in set(allowed) - used if allowed[s, n] is not None]
    return faults


def check_refusal(argv):
    p = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
    said = p.stderr.decode("utf-8", "replace")
    return [] if p.returncode == 1 and said.count("\n") == 1 else [f"exit status {p.returncode}: {said}"]


def check_saved(ours, argv):
    """saved after a quarter, half and three quarters of what it says, and ended by a fresh process"""
    whole = "".join(x + "\n" for x in ours).encode()
    faults = []
    with tempfile.TemporaryDirectory() as folder:
        for part in 1, 2, 3:
            file = os.path.join(folder, f"state{part}")
            # unbuffered: what is read here and what communicate() reads have to be all
            with subprocess.Popen(argv + ["-x-save", file], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  bufsize=0) as p:
                said = b""
                while len(said) < len(whole) * part // 4 and (more := p.stdout.read(64)):
                    said += more
                p.send_signal(signal.SIGUSR1)
                said += p.communicate(timeout=300)[0]
            if os.path.exists(file):
                status, lines = run(argv + ["-x-load", file], 300)
                said += "".join(x + "\n" for x in lines).encode()
                if status or said != whole:
                    faults.append(f"part {part}: exit status {status}, {len(said)} bytes of {len(whole)}")
            elif said != whole:     # on a slow host it may have ended before
                faults.append(f"part {part}: neither saved nor ended")
    return faults


def report(what, faults):
    for f in faults:
        print("# " + f)
    print(("not ok - " if faults else "ok - ") + what)
    return bool(faults)


def main():
    powervisor, machine, image, *qemu = sys.argv[1:]
    core = machine.split("-")[-1]
    backend = os.environ.get("PV_BACKEND")
    ours_is = [powervisor] + (["--engine", "translator,backend=" + backend] if backend else []) + ["-M", machine]
    ours, faults = check_ours(ours_is + ["-nographic", "-no-reboot", "-kernel", image])
    bad = report(f"{core}: image", faults)
    bad |= report(f"{core}: the same on qemu", check_qemu(core, ours, qemu + [
        "-nographic", "-nodefaults", "-serial", "stdio", "-no-reboot", "-kernel", image]))
    bad |= report(f"{core}: saved and loaded on the way", check_saved(ours, ours_is + [
        "-nographic", "-no-reboot", "-kernel", image]))
    bad |= report(f"{core}: memory over the UART is refused", check_refusal(ours_is + [
        "-m", "4G", "-nographic", "-kernel", image]))
    return 1 if bad else 0


sys.exit(main())

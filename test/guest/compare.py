#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Boots the same guest on the same machine under Powervisor and qemu-system-ppc64 and compares what the guest says.

Compared are the kernel's messages (differences must be explained in docs/guest-messages.md), /proc/cpuinfo, the
sources in /proc/interrupts and the numbers of CPUs, threads and nodes.  Prints ok/not ok lines.
"""

import argparse
import concurrent.futures
import os
import re
import shlex
import sys

from cases import machines
from dmesg_diff import TROUBLE, messages, only_in, read_accepted
from guest import Failure, Guest, PROMPT, command_line

EXPLAINED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/guest-messages.md")
COMPARED = ["power9-radix-xive-smp1", "power9-radix-xics-smp4", "power9-hash-xics-smp1", "power8-hash-xics-smp4"]
TOPOLOGY = ("cpu/online", "cpu/possible", "cpu/present", "node/online")


def observe(options, case, vmm, qemu):
    log = os.path.join(options.log, f"compare-{case.name}-{'qemu' if qemu else 'ours'}.log")
    with Guest(command_line(vmm, case, options.guests, qemu), log, options.scale) as guest:
        guest.expect(r"^guest: Linux", 150, "init's first line")
        guest.expect(PROMPT, 30, "shell prompt")
        guest.run("dmesg -n 1")
        seen = {"dmesg": messages(guest.run("dmesg -s 262144", 120)),
                "cpuinfo": guest.run("cat /proc/cpuinfo"),
                "interrupts": guest.run("cat /proc/interrupts"),
                "topology": [guest.run(f"cat /sys/devices/system/{x}") for x in TOPOLOGY]}
        guest.type("poweroff -f\n")
        guest.wait(30)
    return seen


def interrupt_names(text):
    """name of each source (hardware sources by name, not by number)"""
    names = set()
    for line in text.splitlines()[1:]:
        m = re.match(r"\s*(\w+):[\s\d]+(.*)", line)
        if m:
            names.add(re.sub(r"\s+", " ", re.sub(r"\b\d+\b", "N", m[2])).strip())
    return names


def cpuinfo(text):
    """the lines without what names the machine's maker"""
    return [re.sub(r"\s+", " ", x) for x in text.splitlines() if not re.match(r"(model|machine|clock)\s*:", x)]


def compare(options, case, results):
    try:
        qemu = observe(options, case, ["qemu-system-ppc64"], True)
        ours = observe(options, case, options.vmm, False)
    except Failure as e:
        results.append((f"{case.name}: guest", str(e)))
        return
    extra = only_in(ours["dmesg"], qemu["dmesg"], read_accepted(EXPLAINED))
    trouble = [x for x in extra if TROUBLE.search(x)]
    rest = [x for x in extra if not TROUBLE.search(x)]
    results.append((f"{case.name}: no error, warning or unknown that qemu's kernel does not show", "; ".join(trouble)))
    results.append((f"{case.name}: no message that is not explained", "; ".join(rest)))
    a, b = cpuinfo(ours["cpuinfo"]), cpuinfo(qemu["cpuinfo"])
    results.append((f"{case.name}: /proc/cpuinfo", "" if a == b else "; ".join(sorted(set(a) ^ set(b))) or "order"))
    a, b = interrupt_names(ours["interrupts"]), interrupt_names(qemu["interrupts"])
    # a source that is explained stands for qemu's of the other kind
    explained = {x for x in a - b if any(r.search(x) for r in read_accepted(EXPLAINED))}
    a, b = a - explained, b - {x.replace(" Level ", " Edge ") for x in explained}
    results.append((f"{case.name}: sources in /proc/interrupts", "; ".join(
        [f"only ours: {x}" for x in sorted(a - b)] + [f"only qemu's: {x}" for x in sorted(b - a)])))
    results.append((f"{case.name}: topology", "" if ours["topology"] == qemu["topology"]
                    else f"{ours['topology']!r}, qemu: {qemu['topology']!r}"))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--vmm", default="build/powervisor")
    p.add_argument("--guests", default="build/guests")
    p.add_argument("--log", default="build/log/guest")
    p.add_argument("--scale", type=float, default=1.0)
    p.add_argument("cases", nargs="*", default=COMPARED)
    options = p.parse_args()
    options.vmm = shlex.split(options.vmm)
    os.makedirs(options.log, exist_ok=True)
    results = []
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for job in [pool.submit(compare, options, c, results) for c in machines() if c.name in options.cases]:
            job.result()
    for name, error in sorted(results):
        print(f"not ok - {name}: {error}" if error else f"ok - {name}")
    return 1 if not results or any(e for _, e in results) else 0


sys.exit(main())

# SPDX-License-Identifier: GPL-2.0-or-later
"""What the programs that test guests case by case have in common: options, and the cases one after the other or some at a
time."""

import argparse
import concurrent.futures
import os
import shlex
import subprocess
from dataclasses import dataclass
from typing import Callable

from guest import Failure, Results


@dataclass(frozen=True)
class Test:
    name: str
    # (options, results); what it raises is a failure of its own
    run: Callable
    # False: only by name and with --full
    quick: bool = True


def parser(doc, name):
    """--vmm, --guests, --log and --scale; a program adds its own"""
    p = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.set_defaults(program=name, full=False, jobs=1)
    p.add_argument("--vmm", type=shlex.split, default=["build/powervisor"])
    p.add_argument("--guests", default="build/guests")
    p.add_argument("--log", type=os.path.abspath, default=f"build/log/{name}")
    p.add_argument("--scale", type=float, default=1.0, help="of all timeouts")
    return p


def run(arguments, tests, begin=None):
    """those that the command line asks for, with its options; begin(options, results) before them; an exit status"""
    if not all(t.quick for t in tests):
        arguments.add_argument("--full", action="store_true", help="all cases")
    arguments.add_argument("cases", nargs="*", help="only these")
    options = arguments.parse_args()
    unknown = set(options.cases) - {t.name for t in tests}
    if unknown:
        arguments.error("no case " + ", ".join(sorted(unknown)))
    os.makedirs(options.log, exist_ok=True)
    # e2fsprogs
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    results = Results()
    if begin:
        begin(options, results)

    def one(test):
        try:
            test.run(options, results)
        except (Failure, OSError, subprocess.SubprocessError) as e:
            results.add(test.name, e)

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        list(pool.map(one, [t for t in tests if (t.name in options.cases if options.cases else t.quick or options.full)]))
    return results.end(options.program + ".py")

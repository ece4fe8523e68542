#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A code cache of 8 MiB, much less than a boot and pbench need: it evicts all the time, keeps to its bound, and pbench
computes what it does under qemu-user.

POWER9 (radix) and POWER8 (hash), with two processors, so that one evicts what the other is running. Prints ok/not ok lines.
"""

import argparse
import os
import re
import shlex
import subprocess
import sys

TOP = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
sys.path.insert(0, os.path.join(TOP, "tools"))

from bench_vm import OUT, Payload, command_line  # noqa: E402
from flushes import counters, run_to_end  # noqa: E402
from guest import Results  # noqa: E402

CACHE_MIB = 8
# no less than this often; a boot alone evicts several times as often
EVICTIONS = 100
# not fork_exec: under qemu-user its child would be a program of the host
CASES = ("signal", "pipe_pingpong", "fork", "mprotect", "int_sieve", "int_crc32", "int_sha256", "int_sort", "int_muldiv",
         "branchy", "icall", "calls", "fp_dmm", "fp_nbody", "fp_mandel", "fp32_fir", "fp_conv", "vec_i32", "vec_f64", "vec_u8",
         "str", "atomics", "threads")


def checksums(text):
    return dict(re.findall(r"^(\w+) [0-9.]+ ([0-9a-f]{16})\s*$", text, re.M))


def check(options, results, payload, cpu, want):
    argv = command_line("ours", payload, cpu, f"pb=-s,{options.size:g}," + ",".join(CASES), f"cache={CACHE_MIB}", 2,
                        more=["-stats"])
    try:
        said = run_to_end(options, f"evictions-{cpu}", argv, 180)
    except subprocess.TimeoutExpired as e:
        results.add(cpu, f"nothing after {e.timeout:g} s")
        return
    got, count = checksums(said), counters(said)
    wrong = [f"{case} is {got.get(case)}, not {want[case]}" for case in CASES if got.get(case) != want[case]]
    results.add(f"{cpu}: {len(CASES)} cases", "; ".join(wrong) or None)
    evictions, most = count.get("code.evictions", 0), count.get("code.bytes.most", 0)
    results.add(f"{cpu}: {evictions} evictions", None if evictions > EVICTIONS else f"not more than {EVICTIONS}")
    results.add(f"{cpu}: translated code takes at most {most} bytes",
                None if 0 < most <= CACHE_MIB << 20 else f"not within {CACHE_MIB} MiB")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--vmm", default="build/powervisor")
    p.add_argument("--log", default="build/log/guest")
    p.add_argument("--scale", type=float, default=1.0, help="factor for the timeouts")
    p.add_argument("--size", type=float, default=0.1, help="of the cases")
    options = p.parse_args()
    os.chdir(TOP)
    os.environ["VMM"] = shlex.join(shlex.split(options.vmm))
    os.makedirs(options.log, exist_ok=True)
    payload = Payload()
    payload.build()
    want = checksums(subprocess.run(["qemu-ppc64le", f"{OUT}/pbench.ppc64le", "-s", f"{options.size:g}", *CASES], check=True,
                                    capture_output=True, text=True).stdout)
    results = Results()
    for cpu in ("power9", "power8"):
        check(options, results, payload, cpu, want)
    return results.end("evictions.py")


if __name__ == "__main__":
    sys.exit(main())

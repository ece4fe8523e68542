#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""freestanding.py [--update]: builds what the bare-metal edition shares without a C library.

Every C file of these folders (those that the build in build/meson names, generated ones too) and os/bare.c is compiled
with -ffreestanding -nostdinc, the compiler's own headers and ours, and linked into one object; what that object leaves
undefined must equal tools/freestanding.symbols.
"""

import concurrent.futures
import json
import os
import shlex
import subprocess
import sys

FOLDERS = ("base", "isa", "softfp", "ir", "cpu", "mmu", "pv", "vm")
BUILD = "build/meson"
OUT = "build/meson-freestanding"
LIST = "tools/freestanding.symbols"


def sources():
    with open(f"{BUILD}/compile_commands.json", encoding="utf-8") as f:
        files = {os.path.relpath(os.path.join(c["directory"], c["file"])) for c in json.load(f)}
    wanted = tuple(f"{top}/{d}/" for top in ("src", f"{BUILD}/src") for d in FOLDERS)
    return sorted(f for f in files if f.startswith(wanted)) + ["src/os/bare.c"]


def compile_one(path, headers):
    obj = f"{OUT}/" + path.replace("/", "_") + ".o"
    command = ["gcc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter",
               "-fno-strict-aliasing", "-fno-stack-protector", "-ffreestanding", "-nostdinc",
               # gcc's own limits.h would go on to the C library's
               "-D_LIBC_LIMITS_H_",
               "-isystem", headers, "-Isrc", "-Ibare/include", f"-I{BUILD}/src", "-c", path, "-o", obj]
    p = subprocess.run(command, capture_output=True, text=True, check=False)
    return obj, p.returncode, p.stderr if p.returncode else ""


def main():
    os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
    os.makedirs(OUT, exist_ok=True)
    headers = subprocess.check_output(["gcc", "-print-file-name=include"], text=True).strip()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda f: compile_one(f, headers), sources()))
    failed = [r for r in results if r[1]]
    for r in failed:
        print(r[2].rstrip())
    if failed:
        print(f"freestanding: {len(failed)} of {len(results)} files do not compile")
        return 1
    whole = f"{OUT}/powervisor.o"
    subprocess.check_call(["gcc", "-nostdlib", "-r", "-o", whole] + [r[0] for r in results])
    nm = subprocess.check_output(["nm", "-u", whole], text=True)
    undefined = sorted({line.split()[-1] for line in nm.splitlines()})
    if sys.argv[1:] == ["--update"]:
        with open(LIST, "w", encoding="utf-8") as f:
            f.write("# what the bare-metal edition must supply; written by `tools/freestanding.py --update`\n")
            f.writelines(s + "\n" for s in undefined)
    with open(LIST, encoding="utf-8") as f:
        expected = sorted(s.strip() for s in f if not s.startswith("#"))
    for s in sorted(set(undefined) - set(expected)):
        print(f"freestanding: {shlex.quote(s)} is needed but not in {LIST}")
    for s in sorted(set(expected) - set(undefined)):
        print(f"freestanding: {shlex.quote(s)} is in {LIST} but not needed")
    print(f"freestanding: {len(results)} files, {len(undefined)} symbols from outside")
    return 0 if undefined == expected else 1


sys.exit(main())

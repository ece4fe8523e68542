#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds the layering of src/ true: which folder may include which, which system headers, and where #ifdef may stand.

The table is that of docs/architecture.md.  "May include" means the folders named and all that those may include;
every folder may include its own headers and those of base/.
"""

import os
import re
import sys

MAY_INCLUDE = {
    "base": "",
    "os": "",
    "isa": "",
    "softfp": "",
    "ir": "",
    "frontend": "isa ir",
    "backend": "ir softfp os",
    "cpu": "isa softfp os",
    "mmu": "isa softfp os cpu",
    "translator": "frontend backend cpu mmu os",
    "vm": "isa os",
    "pv": "vm mmu",
    "engine/translator": "vm pv translator",
    "engine/kvm": "vm os",
    "engine/null": "vm cpu",      # it keeps registers, though nothing runs
    "irqchip": "vm pv",
    "bus": "irqchip",
    "device": "bus vm host",
    "hypercall": "bus irqchip",
    "host": "os",
    "machine": "device hypercall",
    "migration": "vm",
    "control": "vm",
    "cli": "*",
}

# what a compiler brings along without a C library
FREESTANDING = {"stdint.h", "stddef.h", "stdbool.h", "stdarg.h", "limits.h", "stdatomic.h", "float.h",
                # bare/include has one for builds without a C library
                "errno.h"}
# what the bare-metal edition does not share may use these of the C library too
PLAIN_C = {"string.h"}
SHARED_WITH_BARE = {"base", "isa", "softfp", "ir", "cpu", "mmu", "pv", "vm", "frontend", "backend"}
# folders that may use the C library and the host's headers
HOSTED = {"os", "host", "migration", "control", "cli", "engine/kvm"}
GLIB = {"host", "migration", "control", "cli"}
LIBFDT = {"bus", "device", "irqchip", "hypercall", "machine", "host", "cli"}
IFDEF = {"os"}


def closure():
    def reach(name, seen):
        for n in MAY_INCLUDE[name].split():
            if n not in seen:
                seen.add(n)
                reach(n, seen)
        return seen

    folders = {n for n in MAY_INCLUDE if "/" not in n} | {"engine"}
    result = {}
    for name, direct in MAY_INCLUDE.items():
        result[name] = folders if direct == "*" else reach(name, set()) | {"base", name.split("/")[0]}
    return result


def row_of(path):
    """the row of the table that a file below src/ belongs to"""
    parts = path.split("/")
    if parts[0] == "engine":
        stem = "engine/" + re.split(r"[._]", parts[1])[0]
        return stem if stem in MAY_INCLUDE else None
    return parts[0] if parts[0] in MAY_INCLUDE else None


def check_system(row, header):
    if row == "os" or header in FREESTANDING or header in PLAIN_C and row not in SHARED_WITH_BARE:
        return None
    if header.startswith(("glib", "gio", "gmodule")):
        return None if row in GLIB else "GLib is for " + ", ".join(sorted(GLIB))
    if header == "libfdt.h":
        return None if row in LIBFDT else "libfdt is for " + ", ".join(sorted(LIBFDT))
    return None if row in HOSTED else "not a freestanding header"


def guard_lines(lines):
    """line numbers of an include guard's #ifndef"""
    conditionals = [i for i, x in enumerate(lines) if re.match(r"\s*#\s*(if|ifdef|ifndef|elif)\b", x)]
    if conditionals:
        first = conditionals[0]
        m = re.match(r"#ifndef (\w+)$", lines[first])
        if m and first + 1 < len(lines) and lines[first + 1] == f"#define {m[1]}":
            return {first}
    return set()


def check_file(src, path, allowed, complain):
    row = row_of(path)
    if row is None:
        complain(path, 0, "is in no folder of the table")
        return
    with open(os.path.join(src, path), encoding="utf-8") as f:
        lines = f.read().splitlines()
    guards = guard_lines(lines)
    for i, line in enumerate(lines):
        m = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if m and m[1] == "<":
            why = check_system(row, m[2])
            if why:
                complain(path, i, f"<{m[2]}>: {why}")
        elif m:
            target = m[2].split("/")[0] if "/" in m[2] else row.split("/")[0]
            if target not in allowed[row]:
                complain(path, i, f'"{m[2]}": {row} may not include {target}/')
            if ".." in m[2].split("/"):
                complain(path, i, f'"{m[2]}": a path goes from src/')
        elif re.match(r"\s*#\s*(if|ifdef|ifndef|elif)\b", line) and i not in guards and row not in IFDEF:
            # a table's reader may leave out columns: the table supplies empty ones
            if path.endswith(".def") and re.match(r"\s*#\s*ifndef\b", line):
                continue
            complain(path, i, f"{line.strip()}: conditional compilation is for os/ and the build")


def main():
    src = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "src")
    allowed = closure()
    faults = []
    count = 0

    def complain(path, line, text):
        faults.append(f"src/{path}:{line + 1}: {text}")

    for folder, _, names in sorted(os.walk(src)):
        for name in sorted(names):
            if name.endswith((".c", ".h", ".def", ".inc")):
                count += 1
                check_file(src, os.path.relpath(os.path.join(folder, name), src), allowed, complain)
    print("\n".join(faults + [f"layering: {count} files, {len(faults)} faults"]))
    return 1 if faults or not count else 0


sys.exit(main())

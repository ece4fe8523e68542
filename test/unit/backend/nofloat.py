#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""nofloat.py LIBRARY: no C that translated code may call computes with host floats, which would round as the guest wants
and leave flags in what becomes the guest's status (src/backend/x86_64/fp_status.c)."""
import os
import re
import subprocess
import sys

FOLDERS = ("base", "isa", "softfp", "ir", "cpu", "mmu", "pv", "irqchip", "translator", "backend", "os")
# clang makes vectors of 1 << n by cvttps2dq of exponents: exact in any mode, and the invalid flag that 2^31 leaves is
# not looked at.
FLOAT = re.compile(
    r"\bv?((add|sub|mul|div|sqrt|min|max|cmp|round|rcp|rsqrt)\w*?[sp][sd]"
    r"|u?comis[sd]|cvt(?!tps2dq)\w+|fn?m(add|sub)\w+|f(ld|st|add|mul|div|sub|ild|ist)p?\w*)\b")

member, bad, seen = "", {}, 0
dump = subprocess.Popen(["objdump", "-d", "--no-show-raw-insn", sys.argv[1]], stdout=subprocess.PIPE, text=True)
for line in dump.stdout:
    if "file format" in line:
        member = os.path.basename(line.split(":")[0])
        seen += member.startswith(tuple(f + "_" for f in FOLDERS))
    elif line.startswith(" ") and member.startswith(tuple(f + "_" for f in FOLDERS)):
        insn = line.split("\t")[1].split()[0] if "\t" in line and line.split("\t")[1].strip() else ""
        if FLOAT.fullmatch(insn):
            bad.setdefault(member, insn)
if dump.wait() or not seen:
    sys.exit("cannot read " + sys.argv[1])
for name, insn in bad.items():
    print(f"{name}: {insn}")
print(f"{seen} objects, {len(bad)} with host floats")
sys.exit(bool(bad))

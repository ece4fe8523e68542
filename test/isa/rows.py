#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""No row of the instruction table without a test of what it does.

The differential test draws every row of a model but those it lists; each of these must be named in a unit test or in
the image of the supervisor test: rows.py DIFFTEST ROOT.  (A row without a translator does not link.)
"""

import pathlib
import re
import subprocess
import sys

difftest, root = sys.argv[1], pathlib.Path(sys.argv[2])
undrawn = {}
for cpu in "power8", "power9":
    text = subprocess.run([difftest, "--cpu", cpu, "--big", "--list"], capture_output=True, text=True,
                          check=True).stdout
    undrawn.update((line.split()[0], line.split(None, 1)[1]) for line in text.splitlines())
files = [p for top in ("test/unit", "test/diff/supervisor", "test/bare")
         for p in (root / top).rglob("*") if p.suffix in (".c", ".h", ".S")]
words = set(re.findall(r"\w+", "\n".join(p.read_text() for p in files).lower()))
untested = []
for row, why in sorted(undrawn.items()):
    # tlbie_v2 is the tlbie of 2.07; an underscore at the end is the dot of a mnemonic
    name = re.sub(r"_v2$", "", row)
    if not {name, name.rstrip("_")} & words:
        untested.append(f"{row} ({why})")
for row in untested:
    print(f"not ok {row}: no test names it")
print(f"{'not ok' if untested or not undrawn else 'ok'} {len(undrawn)} rows outside of the differential test")
sys.exit(bool(untested) or not undrawn)

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""coverage.py DIFFTEST COVERED ROOT: every row of power8 and power9 is drawn by difftest, or
covered.txt names a test for it in which the instruction occurs."""
import re
import subprocess
import sys

difftest, covered, root = sys.argv[1:]


def rows():
    """Name -> reason why it is never drawn, '' if it is by some model and byte order."""
    found = {}
    for cpu in 'power8', 'power9':
        for order in [], ['--big']:
            out = subprocess.run([difftest, '--cpu', cpu, '--rows'] + order, check=True,
                                 capture_output=True, text=True).stdout
            for line in out.splitlines():
                name, _, why = line.partition(' ')
                if found.get(name) != '':
                    found[name] = why.strip()
    return found


def entries():
    for line in open(covered, encoding='ascii'):
        words = line.split('#')[0].split()
        if words:
            yield words


errors = []
drawn = rows()
named = {}
for name, path in entries():
    named[name] = path
    text = open(f'{root}/{path}', encoding='utf-8').read()
    if drawn.get(name, '') == '':
        errors.append(f'{name}: is drawn, or no row: take it out of covered.txt')
    if not re.search(rf'\b{name.rstrip("_").removesuffix("_v2")}(_v2)?_?\b', text):
        errors.append(f'{name}: does not occur in {path}')
for name, why in drawn.items():
    if why and name not in named:
        errors.append(f'{name}: no test ({why})')
print(f'{len(drawn)} rows, {sum(1 for w in drawn.values() if not w)} drawn, {len(named)} elsewhere')
print('\n'.join(errors))
sys.exit(bool(errors))

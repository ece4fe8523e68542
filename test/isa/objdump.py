#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Our decoder and objdump agree on valid/invalid, mnemonic and operands.

objdump.py DUMP MODEL [--full]

Words: every primary opcode with every value of the low eleven bits and several fillings of the
operand fields, and random words. Disagreements have to be in objdump-exceptions.txt; with --full
every line of that file that names the model has to be used.
"""
import collections
import os
import random
import re
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
# objdump's name of the model: tool, machine, -M options.
ORACLE = {
    'power8': ('powerpc64-linux-gnu-objdump', 'powerpc:common64', 'power8'),
    'power9': ('powerpc64-linux-gnu-objdump', 'powerpc:common64', 'power9'),
    '7450': ('powerpc-linux-gnu-objdump', 'powerpc:common', '7450'),
    '440': ('powerpc-linux-gnu-objdump', 'powerpc:common', '440'),
    'e500': ('powerpc-linux-gnu-objdump', 'powerpc:common', 'e500'),
    'e500mc': ('powerpc-linux-gnu-objdump', 'powerpc:common', 'e500mc'),
}
# Primary opcodes whose low bits are an extended opcode in some model.
EXTENDED = [4, 17, 19, 30, 31, 56, 57, 58, 59, 60, 61, 62, 63]

# Fillings of RT and RB.
REGISTERS = [0, 0x00001800, 0x03e0f800, 0x00200000, 0x00801000]


class Exceptions:
    """Lines 'models side mnemonic condition reason'; see the head of the file."""

    def __init__(self, model):
        self.rules = []
        with open(os.path.join(HERE, 'objdump-exceptions.txt'), encoding='ascii') as lines:
            for number, line in enumerate(lines, 1):
                if not line.strip() or line.startswith('#'):
                    continue
                models, side, mnemonic, condition, reason = line.split(None, 4)
                if model not in models.split(',') and models != '*':
                    continue
                mask = value = 0
                if condition != '-':
                    mask, value = (int(x, 16) for x in condition.split('='))
                self.rules.append([side, re.compile(mnemonic), mask, value, number, 0])

    def covers(self, side, mnemonic, word):
        for rule in self.rules:
            if rule[0] == side and rule[1].fullmatch(mnemonic) and word & rule[2] == rule[3]:
                rule[5] += 1
                return True
        return False

    def unused(self):
        return [rule[4] for rule in self.rules if not rule[5]]


def words(full):
    rng = random.Random(20260)
    for primary in range(64):
        step = 1 if primary in EXTENDED else 37
        fillings = [(ra, regs) for ra in range(32) for regs in REGISTERS]
        if primary not in EXTENDED:
            fillings = fillings[::5]
        if not full:
            fillings = rng.sample(fillings, 3)
        for ra, regs in fillings:
            for low in range(0, 2048, step):
                yield primary << 26 | regs | ra << 16 | low
    for _ in range(1000000 if full else 60000):
        yield rng.getrandbits(32)
    # Random words that decode more often than not.
    for _ in range(500000 if full else 40000):
        yield rng.choice(EXTENDED) << 26 | rng.getrandbits(26)


def normal(text):
    return ' '.join(text.split())


def cut(text):
    """A branch target of a 32-bit processor: addresses wrap."""
    return re.sub(r'0xf{8}([0-9a-f]{8})$', r'0x\1', text)


def ours(dump, model, data):
    out = subprocess.run([dump, model, 'decode'], input=data, stdout=subprocess.PIPE, check=True)
    lines = [normal(line) for line in out.stdout.decode().splitlines()]
    return lines if 'common64' in ORACLE[model][1] else [cut(line) for line in lines]


def theirs(model, data):
    tool, machine, option = ORACLE[model]
    with tempfile.NamedTemporaryFile(suffix='.bin') as image:
        image.write(data)
        image.flush()
        out = subprocess.run([tool, '-D', '-z', '-b', 'binary', '-m', machine, '-EB',
                              '-M', option + ',raw', image.name],
                             stdout=subprocess.PIPE, check=True)
    result = []
    for line in out.stdout.decode().splitlines():
        part = line.split('\t', 2)
        if len(part) == 3:
            result.append(normal(part[2]))
    return result


def main():
    dump, model = sys.argv[1:3]
    full = '--full' in sys.argv
    exceptions = Exceptions(model)
    failures = collections.OrderedDict()
    checked = 0
    every = list(words(full))
    for start in range(0, len(every), 200000):
        chunk = every[start:start + 200000]
        data = struct.pack('>%dI' % len(chunk), *chunk)
        left, right = ours(dump, model, data), theirs(model, data)
        assert len(left) == len(right) == len(chunk), (len(left), len(right))
        for word, a, b in zip(chunk, left, right):
            checked += 1
            if a == b:
                continue
            a_valid = not a.startswith(('.long', '?'))
            b_valid = not b.startswith('.long')
            if not a_valid and not b_valid:
                continue
            side = 'text' if a_valid and b_valid else 'ours' if a_valid else 'theirs'
            mnemonic = (b if b_valid else a).split(' ')[0]
            if exceptions.covers(side, mnemonic, word):
                continue
            failures.setdefault((side, mnemonic), []).append((word, a, b))
    for (side, mnemonic), cases in failures.items():
        print('%s %s: %d' % (side, mnemonic, len(cases)))
        for case in cases[:3]:
            print('    %08x  ours: %-32s objdump: %s' % case)
    stale = exceptions.unused() if full else []
    for number in stale:
        print('objdump-exceptions.txt:%d: not needed' % number)
    print('%s: %d words, %d kinds of disagreement' % (model, checked, len(failures)))
    return 1 if failures or stale else 0


if __name__ == '__main__':
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every row of the instruction table assembles with GNU as to the bytes that the table says.

assemble.py DUMP MODEL

The text comes from our disassembler: with no field bit set, each field bit alone, all of them, and
random operands. GNU as may refuse a word only as one of the invalid forms below, and every row
needs words that it takes.
"""
import collections
import re
import subprocess
import sys
import tempfile

# Options to assemble with; later ones get what the first do not know.
OPTIONS = {
    'power8': ('powerpc64-linux-gnu-as', ['-a64 -mpower8', '-a64 -mpower6', '-a64 -mpower9']),
    'power9': ('powerpc64-linux-gnu-as', ['-a64 -mpower9', '-a64 -mpower6']),
    '7450': ('powerpc-linux-gnu-as', ['-a32 -m7450']),
    '440': ('powerpc-linux-gnu-as', ['-a32 -m440']),
    'e500': ('powerpc-linux-gnu-as', ['-a32 -me500']),
    'e500mc': ('powerpc-linux-gnu-as', ['-a32 -me500mc']),
    'e5500': ('powerpc64-linux-gnu-as', ['-a64 -me5500']),
}
# Why GNU as may refuse operands: forms that the ISA calls invalid, or reserved operand values.
REFUSALS = {
    'invalid conditional option': 'reserved bits of BO',
    'invalid register operand when updating': 'update form with RA = 0',
    'invalid register expression': 'update form with RA = 0',
    'index register in load range': 'lmw with RA among the targets',
    'target register operand must be even': 'odd register pair',
    'source and target register operands must be different': 'lq with RTp = RA',
    'invalid mask field': 'mtocrf with other than one bit',
    'illegal L operand value': 'reserved values of L in sync and dcbf',
    'illegal WC operand value': 'reserved values of WC',
    'invalid counter access': 'bcctr that decrements CTR',
    'address register in load range': 'lswi with RA among the targets',
    'junk at end of line': 'an operand of a later level of the ISA, other than 0',
    'invalid tbr number': 'mftb of other than TB and TBU',
}
# Words that need their own options: GNU as turns mftb into mfspr for the 64-bit processors.
SPECIAL = {
    'mftb': ('-mppc', [0x7c6c42e6, 0x7c6d42e6]),
}
# The -mcpu options that do not know an operand; the next set of options gets the word.
NOT_YET = ('unrecognized opcode', 'junk at end of line')


# Operands that GNU as does not take for the older processors: they have to be 0.
OLDER = [(r'(dcbt(st)?|mtfsfi[.]?) (.*),0', r'\1 \3'), (r'(mtfsf[.]?) (.*),0,0', r'\1 \2')]
# What Book E writes in another order, or has under another name.
BOOKE = [(r'(dcbt(st)?) +(r?\d+),(r?\d+),(\d+)', r'\1 \5,\3,\4'), (r'sync +0', 'sync'),
         (r'ehpriv +0', 'ehpriv'), *OLDER[1:], (r'(mtfsfi[.]?) (.*),0', r'\1 \2')]
REWRITES = {'7450': OLDER, '440': OLDER, 'e500': BOOKE, 'e500mc': BOOKE, 'e5500': BOOKE}


def accepted(row, expected, word):
    # mtcrf of one field becomes mtocrf, which does the same.
    return word == expected or (row == 'mtcrf' and word == expected | 0x00100000)


def source(model, text):
    """The text as GNU as takes it; branch targets as offsets, a number would be relocated."""
    for pattern, replacement in REWRITES.get(model, []):
        if re.fullmatch(pattern, text):
            text = re.sub(pattern, replacement, text)
    if re.match(r'(b|bc)l? ', text):
        return re.sub(r'0x([0-9a-f]+)$', lambda m: '.+%d' % to_signed(int(m.group(1), 16)), text)
    return text


def to_signed(value):
    return value - (1 << 64) if value >> 63 else value


def assemble(tool, options, cases):
    """Returns the word, or the reason of the refusal, of every case."""
    with tempfile.TemporaryDirectory() as folder:
        text = list(cases)
        result = [None] * len(cases)
        for _ in range(2):
            with open(folder + '/x.s', 'w', encoding='ascii') as out:
                out.write('\n'.join(text) + '\n')
            run = subprocess.run([tool, *options.split(), '-mregnames', '-mbig', '-o',
                                  folder + '/x.o', folder + '/x.s'],
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
            for line in run.stderr.decode().splitlines():
                match = re.match(r'.*x\.s:(\d+): \w+: (.*)', line)
                if match:
                    result[int(match.group(1)) - 1] = match.group(2)
                    text[int(match.group(1)) - 1] = '.long 0'
            if run.returncode == 0:
                break
        dump = subprocess.run([tool.replace('-as', '-objcopy'), '-O', 'binary', '-j', '.text',
                               folder + '/x.o', folder + '/x.bin'], check=True)
        assert dump.returncode == 0
        with open(folder + '/x.bin', 'rb') as image:
            data = image.read()
    assert len(data) == 4 * len(cases)
    for i, reason in enumerate(result):
        if reason is None:
            result[i] = int.from_bytes(data[4 * i:4 * i + 4], 'big')
    return result


def main():
    dump, model = sys.argv[1:3]
    out = subprocess.run([dump, model, 'generate', '12'], stdout=subprocess.PIPE, check=True)
    cases = [line.split(None, 2) for line in out.stdout.decode().splitlines()]
    tool, option_sets = OPTIONS[model]
    good = collections.Counter()
    faults = collections.OrderedDict()
    for row, (options, special) in SPECIAL.items():
        data = b''.join(word.to_bytes(4, 'big') for word in special)
        out = subprocess.run([dump, model, 'decode'], input=data, stdout=subprocess.PIPE,
                             check=True)
        if assemble(tool, options, out.stdout.decode().splitlines()) == special:
            good[row] += len(special)
    pending = [case for case in cases if case[0] not in SPECIAL]
    for options in option_sets:
        unknown = []
        words = assemble(tool, options, [source(model, text) for _, _, text in pending])
        for case, word in zip(pending, words):
            row, expected, text = case
            if isinstance(word, int):
                if accepted(row, int(expected, 16), word):
                    good[row] += 1
                else:
                    faults.setdefault(row, '%s: %s assembles to %08x' % (expected, text, word))
            elif word.startswith(NOT_YET) and options != option_sets[-1]:
                unknown.append(case)
            elif not any(word.startswith(reason) for reason in REFUSALS):
                faults.setdefault(row, '%s: %s: %s' % (expected, text, word))
        pending = unknown
        if not pending:
            break
    for row in dict.fromkeys(case[0] for case in cases):
        if not good[row]:
            faults.setdefault(row, 'no word of it assembles')
    for row, text in faults.items():
        print('%s: %s' % (row, text))
    print('%s: %d words of %d rows, %d rows with faults' %
          (model, len(cases), len({case[0] for case in cases}), len(faults)))
    return 1 if faults else 0


if __name__ == '__main__':
    sys.exit(main())

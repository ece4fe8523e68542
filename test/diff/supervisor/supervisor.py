#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs one bare-metal image on qemu-system-ppc64 and on powervisor and compares what it prints.

Every line is "key | name=value ...". A difference is accepted only by an entry of the exemption list;
a value line that accepts nothing, or a unit test that does not exist, is an error as well.
"""
import argparse
import pathlib
import re
import subprocess
import sys

CONFIGURATIONS = {
    'power8-hash': ('power8', b'H', ''),
    'power9-radix': ('power9', b'R', ''),
    'power9-hash': ('power9', b'H', ',x-mmu=hash'),
}
QEMU_MACHINE = ('pseries,cap-htm=off,cap-hpt-max-page-size=16G,ic-mode=xics,cap-cfpc=broken,cap-sbbc=broken,'
                'cap-ibs=broken')
VARIANT = 0x40
# Results that stand before the bar.
RESULT = re.compile(r'(r\d+|v\d|lr|ctr|cr|new)=')
NEEDED = ('config', 'key', 'value', 'insn', 'when', 'isa', 'test')


class Value:
    """A line "value: field qemu ours [relation of the integers q and o]"."""

    def __init__(self, text, where):
        words = text.split(None, 3)
        if len(words) < 3:
            sys.exit(f'{where}: "value" needs field, qemu and ours')
        self.where = where
        self.used = 0
        self.field, self.theirs, self.ours = (re.compile(w) for w in words[:3])
        self.relation = compile(words[3] if len(words) > 3 else 'True', where, 'eval')

    def accepts(self, field, x, y):
        return (self.field.fullmatch(field) and self.theirs.fullmatch(x) and self.ours.fullmatch(y)
                and eval(self.relation, {'__builtins__': {}}, {'q': number(x), 'o': number(y)}))


def read_exemptions(path, root):
    """Paragraphs of "name: text"; see the head of the file."""
    entries, entry = [], {}
    for at, line in enumerate(path.read_text().splitlines() + [''], 1):
        line = line.strip()
        where = f'{path.name}:{at}'
        if line.startswith('#'):
            continue
        if not line:
            if entry:
                entries.append(entry)
            entry = {}
            continue
        name, _, text = line.partition(':')
        entry.setdefault('where', where)
        if name == 'value':
            entry.setdefault('value', []).append(Value(text, where))
        else:
            entry[name] = text.strip()
    for entry in entries:
        for name in NEEDED:
            if name not in entry:
                sys.exit(f'{entry["where"]}: no "{name}"')
        source, _, function = entry['test'].partition(' ')
        if f'static void {function}(' not in (root / source).read_text():
            sys.exit(f'{entry["where"]}: no test {function} in {source}')
        for name in ('config', 'key'):
            entry[name] = re.compile(entry[name])
    return entries


def run(command, log):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=280)
    text = done.stdout.decode(errors='replace').replace('\r', '')
    log.write_text(text)
    if done.returncode or not text.endswith('end |\n'):
        sys.stderr.write(done.stderr.decode(errors='replace')[-2000:])
        sys.exit(f'{command[0]}: status {done.returncode}, last line: {text[-200:]}')
    return text.splitlines()


def parse(lines):
    """key -> {field: value}, in order; the fields before the bar are results too."""
    table = {}
    for line in lines:
        key, _, values = line.partition('|')
        words = key.split()
        results = {w for w in key.split() if RESULT.match(w)}
        name = ' '.join(w for w in key.split() if w not in results)
        if name in table:
            name += f' #{sum(k.startswith(name) for k in table) + 1}'
        rest = [w for w in words if w in results] + values.split()
        table[name] = dict(w.split('=', 1) if '=' in w else (w, '') for w in rest)
    return table


def number(text):
    try:
        return int(text, 16)
    except ValueError:
        return -1


def exempt(exemptions, config, key, field, x, y):
    for e in exemptions:
        if e['config'].fullmatch(config) and e['key'].fullmatch(key):
            for value in e['value']:
                if value.accepts(field, x, y):
                    value.used += 1
                    return True
    return False


def compare(config, theirs, ours, exemptions):
    """The number of differences that no exemption covers; prints them."""
    bad = covered = 0
    for key in list(theirs) + [k for k in ours if k not in theirs]:
        a, b = theirs.get(key, {}), ours.get(key, {})
        for field in list(a) + [f for f in b if f not in a]:
            x, y = a.get(field, '-'), b.get(field, '-')
            if x == y:
                continue
            if exempt(exemptions, config, key, field, x, y):
                covered += 1
            else:
                bad += 1
                print(f'{config}: {key}: {field}: qemu {x}, ours {y}')
    print(f'{config}: {len(theirs)} lines, {covered} differences exempt, {bad} not')
    return bad


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument('--qemu', default='qemu-system-ppc64')
    ap.add_argument('--powervisor', required=True)
    ap.add_argument('--image', type=pathlib.Path, required=True)
    ap.add_argument('--exemptions', type=pathlib.Path, required=True)
    ap.add_argument('--root', type=pathlib.Path, required=True, help='of the source tree')
    ap.add_argument('--dir', type=pathlib.Path, required=True, help='for the outputs')
    ap.add_argument('--keep', action='store_true', help="use qemu's output of the last run")
    ap.add_argument('--backend', help="the translator's")
    ap.add_argument('config', nargs='*', default=list(CONFIGURATIONS))
    opts = ap.parse_args()

    exemptions = read_exemptions(opts.exemptions, opts.root)
    opts.dir.mkdir(parents=True, exist_ok=True)
    bad = 0
    for config in opts.config:
        cpu, variant, machine = CONFIGURATIONS[config]
        image = bytearray(opts.image.read_bytes())
        image[VARIANT:VARIANT + 1] = variant
        file = opts.dir / f'{config}.bin'
        file.write_bytes(image)
        tail = ['-cpu', cpu, '-m', '256', '-nographic', '-nodefaults', '-serial', 'stdio',
                '-bios', str(file)]
        log = opts.dir / f'{config}.qemu.txt'
        if opts.keep and log.exists():
            theirs = log.read_text().splitlines()
        else:
            theirs = run([opts.qemu, '-M', QEMU_MACHINE] + tail, log)
        engine = ['--engine', 'translator,backend=' + opts.backend] if opts.backend else []
        ours = run([opts.powervisor] + engine + ['-M', 'pseries,ic-mode=xics' + machine] + tail,
                   opts.dir / f'{config}.ours.txt')
        bad += compare(config, parse(theirs), parse(ours), exemptions)
    for e in exemptions:
        for value in e['value']:
            if not value.used and any(e['config'].fullmatch(c) for c in opts.config):
                print(f'{value.where}: accepts nothing')
                bad += 1
    print(f'{len(opts.config)} configurations, {len(exemptions)} exemptions, {bad} differences')
    sys.exit(1 if bad else 0)


if __name__ == '__main__':
    main()

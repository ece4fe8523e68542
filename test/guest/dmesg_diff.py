#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compares kernel messages, from `Linux version` on, with those of another machine.

Lines are compared without timestamps and with numbers, addresses and sizes as placeholders; the order does not matter.
Printed are the lines that only the first log has (`+`, with `!` where they speak of trouble) and, with --both, those
that only the second has (`-`).  --accepted FILE holds regular expressions, one per line, of differences that are
explained elsewhere.  The exit status is 1 if a line of the first log is neither in the second nor accepted.
"""

import argparse
import re
import sys

TROUBLE = re.compile(r"error|warn|unknown|fail|invalid|unsupported|not supported|unable|cannot|bug|corrupt|missing|bad |"
                     r"oops|trace|unexpected|unhandled|no such", re.I)
NORMAL = [
    (re.compile(r"\b0x[0-9a-f]+\b", re.I), "N"),
    (re.compile(r"\b[0-9a-f]{8,16}\b"), "N"),
    (re.compile(r"\b\d+(\.\d+)?(?=\b|[a-zA-Z])"), "N"),
]


def lines(path):
    """(normal form, text) of each message"""
    with open(path, encoding="utf-8", errors="replace") as f:
        text = f.read().replace("\r", "")
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)
    started = False
    for line in text.splitlines():
        m = re.match(r"\s*\[\s*\d+\.\d+\]\s?(.*)", line)
        if not m:
            continue
        started = started or "Linux version" in m[1]
        if not started:
            continue
        normal = m[1].strip()
        for pattern, replacement in NORMAL:
            normal = pattern.sub(replacement, normal)
        if normal:
            yield normal, m[1].strip()


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("ours")
    p.add_argument("theirs")
    p.add_argument("--both", action="store_true", help="also the lines that only the second log has")
    p.add_argument("--accepted", help="file of regular expressions")
    options = p.parse_args()
    ours, theirs = list(lines(options.ours)), list(lines(options.theirs))
    if not ours or not theirs:
        sys.exit("dmesg_diff.py: a log has no line `Linux version`")
    accepted = []
    if options.accepted:
        with open(options.accepted, encoding="utf-8") as f:
            accepted = [re.compile(x.rstrip("\n")) for x in f if x.strip() and not x.startswith("#")]
    known = {n for n, _ in theirs}
    found = 0
    for normal, text in ours:
        if normal not in known and not any(a.search(text) for a in accepted):
            known.add(normal)
            found += 1
            print(("! " if TROUBLE.search(text) else "+ ") + text)
    if options.both:
        known = {n for n, _ in ours}
        for normal, text in theirs:
            if normal not in known:
                print("- " + text)
    return 1 if found else 0


sys.exit(main())

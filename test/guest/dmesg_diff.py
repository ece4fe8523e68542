#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compares kernel messages, from `Linux version` on, with those of another machine.

Lines are compared without timestamps and with numbers, addresses and sizes as placeholders; the order does not matter.
Printed are the lines that only the first log has (`+`, with `!` where they speak of trouble) and, with --both, those
that only the second has (`-`).  --accepted FILE is a Markdown table whose first column holds regular expressions of
differences that it explains (docs/guest-messages.md).  The exit status is 1 if a line of the first log is neither in the second nor accepted.
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


def messages(text):
    """{normal form: text} of each kernel message from `Linux version` on"""
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text.replace("\r", ""))
    found = {}
    started = False
    for line in text.splitlines():
        m = re.match(r"\s*\[\s*\d+\.\d+\]\s?(.*)", line)
        if not m:
            continue
        started = started or "Linux version" in m[1]
        normal = m[1].strip()
        for pattern, replacement in NORMAL:
            normal = pattern.sub(replacement, normal)
        if started and normal:
            found.setdefault(normal, m[1].strip())
    return found


def read_accepted(path):
    """the regular expressions in the first column of a Markdown table; | is written as \\| there"""
    with open(path, encoding="utf-8") as f:
        return [re.compile(m[1].replace("\\|", "|")) for m in re.finditer(r"^\| `(.*?)` \|", f.read(), re.M)]


def only_in(ours, theirs, accepted=()):
    """the messages of ours that theirs does not have and nobody accepted"""
    return [text for normal, text in ours.items()
            if normal not in theirs and not any(a.search(text) for a in accepted)]


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("ours")
    p.add_argument("theirs")
    p.add_argument("--both", action="store_true", help="also the lines that only the second log has")
    p.add_argument("--accepted", help="table of explained differences")
    options = p.parse_args()
    logs = []
    for path in options.ours, options.theirs:
        with open(path, encoding="utf-8", errors="replace") as f:
            logs.append(messages(f.read()))
        if not logs[-1]:
            sys.exit(f"dmesg_diff.py: {path} has no line `Linux version`")
    accepted = read_accepted(options.accepted) if options.accepted else []
    found = only_in(logs[0], logs[1], accepted)
    for text in found:
        print(("! " if TROUBLE.search(text) else "+ ") + text)
    if options.both:
        print("\n".join("- " + text for text in only_in(logs[1], logs[0])))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

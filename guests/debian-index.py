#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""debian-index.py FOLDER: writes Packages and Sources for the .deb and .dsc files in FOLDER, for apt's `./` archives."""

import glob
import hashlib
import os
import subprocess
import sys

HASHES = {"Files": "md5", "Checksums-Sha256": "sha256"}


def digest(path, name):
    with open(path, "rb") as f:
        return hashlib.new(name, f.read()).hexdigest()


def binary(path):
    control = subprocess.run(["dpkg-deb", "--field", path], check=True, stdout=subprocess.PIPE).stdout.decode()
    return (f"{control.rstrip()}\nFilename: ./{os.path.basename(path)}\n"
            f"Size: {os.path.getsize(path)}\nSHA256: {digest(path, 'sha256')}\n\n")


def source(path):
    """a .dsc's fields with itself among the files; it may be signed"""
    with open(path, encoding="utf-8") as f:
        text = f.read()
    if text.startswith("-----BEGIN"):
        text = text.split("\n\n", 1)[1].split("\n-----BEGIN", 1)[0]
    lines = []
    for line in text.strip().splitlines():
        name = line.split(":", 1)[0]
        lines.append(line.replace("Source:", "Package:", 1) if name == "Source" else line)
        if name in HASHES:
            lines.append(f" {digest(path, HASHES[name])} {os.path.getsize(path)} {os.path.basename(path)}")
    return "\n".join(lines) + "\nDirectory: .\n\n"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for index, pattern, stanza in ("Packages", "*.deb", binary), ("Sources", "*.dsc", source):
        with open(os.path.join(sys.argv[1], index), "w", encoding="utf-8") as f:
            for path in sorted(glob.glob(os.path.join(sys.argv[1], pattern))):
                f.write(stanza(path))


main()

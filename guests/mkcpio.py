#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""mkcpio.py OUT.gz < LIST: writes a gzipped newc archive (an initramfs) without root; all files belong to root.

Lines of LIST:   dir PATH MODE | file PATH MODE SOURCE | slink PATH TARGET | nod PATH MODE c|b MAJOR MINOR
The result depends only on LIST and the contents of the sources (times are zero).
"""

import gzip
import io
import stat
import sys


class Archive:
    def __init__(self):
        self.out = io.BytesIO()
        self.inode = 0

    def pad(self):
        self.out.write(b"\0" * (-self.out.tell() % 4))

    def add(self, name, mode, data=b"", rdev=(0, 0)):
        self.inode += 1
        name = name.encode() + b"\0"
        fields = [self.inode, mode, 0, 0, 1, 0, len(data), 0, 0, rdev[0], rdev[1], len(name), 0]
        self.out.write(b"070701" + b"".join(b"%08X" % f for f in fields) + name)
        self.pad()
        self.out.write(data)
        self.pad()

    def line(self, kind, path, *args):
        path = path.lstrip("/")
        if kind == "dir":
            self.add(path, stat.S_IFDIR | int(args[0], 8))
        elif kind == "file":
            with open(args[1], "rb") as f:
                self.add(path, stat.S_IFREG | int(args[0], 8), f.read())
        elif kind == "slink":
            self.add(path, stat.S_IFLNK | 0o777, args[0].encode())
        elif kind == "nod":
            node = stat.S_IFCHR if args[1] == "c" else stat.S_IFBLK
            self.add(path, node | int(args[0], 8), rdev=(int(args[2]), int(args[3])))
        else:
            sys.exit(f"mkcpio.py: unknown kind '{kind}'")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    archive = Archive()
    for text in sys.stdin:
        words = text.split()
        if words and not words[0].startswith("#"):
            archive.line(*words)
    archive.add("TRAILER!!!", 0)
    with open(sys.argv[1], "wb") as f:
        with gzip.GzipFile(filename="", fileobj=f, mode="wb", mtime=0) as z:
            z.write(archive.out.getvalue())


main()

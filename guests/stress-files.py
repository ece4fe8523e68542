#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""stress-files.py ROOT: which files of the unpacked packages below ROOT the stress test's guest needs, for mkcpio.py.

That is what its programs are, what Python's standard library is, and the shared libraries that those name.
"""

import glob
import os
import re
import subprocess
import sys

TRIPLE = "powerpc64le-linux-gnu"
LIBRARY_FOLDERS = (f"lib/{TRIPLE}", f"usr/lib/{TRIPLE}", "lib", "usr/lib")
WANTED = [
    "lib64/ld64.so.2",
    "bin/dmesg",
    "usr/bin/python3", "usr/bin/python3.11",
    "usr/bin/openssl", "etc/ssl/openssl.cnf", "usr/lib/ssl/openssl.cnf",
    "usr/bin/stress-ng",
    "usr/bin/gcc", "usr/bin/as", "usr/bin/ld",
    f"usr/lib/gcc/{TRIPLE}/12/cc1", f"usr/lib/gcc/{TRIPLE}/12/collect2", f"usr/lib/gcc/{TRIPLE}/12/liblto_plugin.so",
    f"usr/lib/gcc/{TRIPLE}/12/lto-wrapper",
    f"usr/lib/gcc/{TRIPLE}/12/*.o", f"usr/lib/gcc/{TRIPLE}/12/libgcc*",
    f"usr/lib/{TRIPLE}/*crt*.o", f"usr/lib/{TRIPLE}/libc.so", f"usr/lib/{TRIPLE}/libc_nonshared.a",
    f"usr/lib/{TRIPLE}/libm.so", f"usr/lib/{TRIPLE}/libm.so.6", f"lib/{TRIPLE}/libm.so.6",
    f"lib/{TRIPLE}/libgcc_s.so.1", f"usr/lib/{TRIPLE}/ossl-modules/*.so",
]
PYTHON = "usr/lib/python3.11"
TESTS = ("__init__", "test_float", "test_int", "test_struct", "test_long", "test_complex", "test_math", "test_strtod",
         "test_cmath", "test_numeric_tower", "test_grammar", "pickletester", "test_fractions", "test_statistics")
NOT_OF_PYTHON = re.compile(r"^(test|idlelib|lib2to3|distutils|ensurepip|tkinter|turtledemo|pydoc_data|"
                           r"config-.*|__pycache__|venv)$")


class Files:
    def __init__(self, root):
        self.root = root
        self.lines = {}
        self.dirs = {}

    def find(self, path):
        return os.path.lexists(os.path.join(self.root, path))

    def folder(self, path):
        if path and path not in self.dirs:
            self.folder(os.path.dirname(path))
            self.dirs[path] = f"dir {path} 755"

    def add(self, path):
        """a file with the libraries it needs, or a link with what it leads to"""
        if path in self.lines:
            return
        full = os.path.join(self.root, path)
        self.folder(os.path.dirname(path))
        if os.path.islink(full):
            target = os.readlink(full)
            self.lines[path] = f"slink {path} {target}"
            to = target.lstrip("/") if target.startswith("/") else os.path.normpath(
                os.path.join(os.path.dirname(path), target))
            if self.find(to):
                self.add(to)
            return
        mode = "755" if os.access(full, os.X_OK) else "644"
        self.lines[path] = f"file {path} {mode} {full}"
        with open(full, "rb") as f:
            magic = f.read(18)
        # programs and shared libraries, not object files
        if magic[:4] == b"\x7fELF" and magic[16] in (2, 3):
            self.needed(full)

    def needed(self, full):
        said = subprocess.run(["readelf", "-d", full], capture_output=True, text=True, check=True).stdout
        for name in re.findall(r"\(NEEDED\).*\[(.*)\]", said):
            place = next((f"{d}/{name}" for d in LIBRARY_FOLDERS if self.find(f"{d}/{name}")), None)
            if place:
                self.add(place)
            else:
                print(f"stress-files.py: no {name} for {full}", file=sys.stderr)

    def tree(self, path, skip=None):
        for name in sorted(os.listdir(os.path.join(self.root, path))):
            at = f"{path}/{name}"
            if (skip and skip.match(name)) or name == "__pycache__":
                continue
            full = os.path.join(self.root, at)
            if os.path.isdir(full) and not os.path.islink(full):
                self.tree(at)
            else:
                self.add(at)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    files = Files(os.path.realpath(sys.argv[1]))
    for pattern in WANTED:
        found = sorted(glob.glob(os.path.join(files.root, pattern)))
        for full in found:
            files.add(os.path.relpath(full, files.root))
        # a link to an absolute path leads out of the folder and is not there for glob
        if not found and files.find(pattern):
            files.add(pattern)
    files.tree(PYTHON, NOT_OF_PYTHON)
    files.tree(f"{PYTHON}/test/support")
    for test in TESTS:
        files.add(f"{PYTHON}/test/{test}.py")
    # what the tests import and read
    for pattern in "ann_module*.py", "*.txt":
        for full in sorted(glob.glob(f"{files.root}/{PYTHON}/test/{pattern}")):
            files.add(os.path.relpath(full, files.root))
    print("\n".join([*files.dirs.values(), *files.lines.values()]))


main()

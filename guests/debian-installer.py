#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""debian-installer.py [--update] OUT: Debian's netboot installer for ppc64el and a small mirror.

  OUT/vmlinux, OUT/initrd.gz: of the package debian-installer-12-netboot-ppc64el
  OUT/mirror: dists/ and pool/ with two of the installer's own packages (udebs) and the programs that partition and
    format a disk

The packages come from the host's own Debian sources by apt, which checks their signatures. The mirror's index is ours
and has none: the installer must be told allow_unauthenticated. Nothing is fetched again unless --update asks for it.
Needs: python3 apt dpkg, a Debian mirror.
"""

import argparse
import fcntl
import glob
import gzip
import hashlib
import lzma
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
NETBOOT = "debian-installer-12-netboot-ppc64el"
SUITE = "bookworm"
# what test/guest/installer.py has the installer run
TOOLS = ("fdisk", "e2fsprogs", "libc6", "libfdisk1", "libsmartcols1", "libblkid1", "libuuid1", "libext2fs2", "libcom-err2",
         "libtinfo6", "libreadline8")
# those of the installer's own packages that mirrors have which leave out most of them
UDEBS = ("base-installer", "pkgsel")


def stanzas(text):
    for block in text.split("\n\n"):
        if block.strip():
            yield dict(m for m in re.findall(r"^([A-Za-z0-9-]+): *(.*(?:\n .*)*)", block, re.M)), block.strip()


class Apt:
    def __init__(self, root):
        self.root = root
        self.conf = subprocess.run([sys.executable, f"{HERE}/debian-apt.py", root, "ppc64el"], check=True,
                                   stdout=subprocess.PIPE, encoding="utf-8").stdout.strip()
        path = f"{root}/sources.d/debian.sources"
        with open(path, encoding="utf-8") as f:
            text = f.read()
        with open(path, "w", encoding="utf-8") as f:
            for block in text.split("\n\n"):
                # the release alone: its installer and its kernel belong together, and the indexes are served as one
                if re.search(rf"^suites: .*\b{SUITE}( |$)", block, re.M):
                    block = re.sub(r"^suites: .*", f"suites: {SUITE}", block, flags=re.M)
                    f.write(re.sub(r"^components: .*", "components: main main/debian-installer", block, flags=re.M)
                            + "\n\n")

    def run(self, tool, *arguments, cwd=None):
        return subprocess.run([tool, "-q", "-c", self.conf, *arguments], check=True, cwd=cwd, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, encoding="utf-8").stdout

    def index(self, component):
        files = [f for f in glob.glob(f"{self.root}/lists/*_{component}_binary-ppc64el_Packages*")]
        return list(stanzas(subprocess.run(["/usr/lib/apt/apt-helper", "cat-file", *files], check=True,
                                           stdout=subprocess.PIPE, encoding="utf-8").stdout))


def fetch(out):
    apt = Apt(f"{out}/apt")
    # an index that fails its checks is ignored by apt; what matters is that the packages are found in the others
    subprocess.run(["apt-get", "-q", "-c", apt.conf, "update"], check=False, stdout=subprocess.DEVNULL,
                   stderr=subprocess.STDOUT)
    shutil.rmtree(f"{out}/debs", ignore_errors=True)
    os.makedirs(f"{out}/debs")
    apt.run("apt-get", "download", NETBOOT, *TOOLS, *UDEBS, cwd=f"{out}/debs")
    unpack(out)


def unpack(out):
    deb, = glob.glob(f"{out}/debs/{NETBOOT}_*.deb")
    shutil.rmtree(f"{out}/netboot", ignore_errors=True)
    subprocess.run(["dpkg-deb", "-x", deb, f"{out}/netboot"], check=True)
    for name in "vmlinux", "initrd.gz":
        found, = glob.glob(f"{out}/netboot/**/{name}", recursive=True)
        shutil.move(found, f"{out}/{name}")
    shutil.rmtree(f"{out}/netboot")


def mirror(out):
    """indexes of what was fetched, with the entries of Debian's own"""
    top = f"{out}/mirror.new"
    shutil.rmtree(top, ignore_errors=True)
    apt = Apt(f"{out}/apt")
    have = {os.path.basename(x): x for x in glob.glob(f"{out}/debs/*deb")}
    files = {}
    for component in "main", "main/debian-installer":
        entries = []
        for fields, block in apt.index(component.replace("/", "_")):
            # apt's name of a file has the version's epoch
            name = "{Package}_{Version}_{Architecture}".format(**fields).replace(":", "%3a")
            path = have.get(name + os.path.splitext(fields["Filename"])[1])
            if path:
                entries.append(block)
                os.makedirs(os.path.dirname(f"{top}/{fields['Filename']}"), exist_ok=True)
                os.link(path, f"{top}/{fields['Filename']}")
        text = "".join(x + "\n\n" for x in entries).encode()
        for suffix, data in ("", text), (".gz", gzip.compress(text, 9, mtime=0)), (".xz", lzma.compress(text)):
            files[f"{component}/binary-ppc64el/Packages{suffix}"] = data
        files[f"{component}/binary-ppc64el/Release"] = (f"Archive: stable\nComponent: {component}\n"
                                                        "Architecture: ppc64el\n").encode()
        print(f"debian-installer.py: {component}: {len(entries)} packages", file=sys.stderr)
    release = (f"Origin: Debian\nLabel: Debian\nSuite: stable\nCodename: {SUITE}\nVersion: 12\n"
               "Date: Sat, 01 Jul 2023 00:00:00 UTC\nArchitectures: ppc64el\nComponents: main\n"
               "Description: a part of Debian\n")
    for kind in "MD5Sum", "SHA256":
        release += f"{kind}:\n" + "".join(
            f" {hashlib.new(kind.lower().replace('sum', ''), data).hexdigest()} {len(data)} {name}\n"
            for name, data in sorted(files.items()))
    files["Release"] = release.encode()
    for name, data in files.items():
        path = f"{top}/dists/{SUITE}/{name}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(data)
    os.symlink(SUITE, f"{top}/dists/stable")
    shutil.rmtree(f"{out}/mirror", ignore_errors=True)
    os.rename(top, f"{out}/mirror")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--update", action="store_true", help="fetch again")
    p.add_argument("out")
    options = p.parse_args()
    out = os.path.abspath(options.out)
    os.makedirs(out, exist_ok=True)
    # one at a time: parallel test runs share the cache
    with open(f"{out}/.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with open(os.path.abspath(__file__), "rb") as f:
            inputs = hashlib.sha256(f.read()).hexdigest()
        try:
            with open(f"{out}/.inputs", encoding="utf-8") as f:
                before = f.read()
        except FileNotFoundError:
            before = ""
        try:
            if options.update or before != inputs:
                fetch(out)
                mirror(out)
                with open(f"{out}/.inputs", "w", encoding="utf-8") as f:
                    f.write(inputs)
        except subprocess.CalledProcessError as e:
            sys.exit(f"debian-installer.py: {e.cmd[0]}: {e.stderr}")


main()

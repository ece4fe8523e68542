#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""debian-unpack.py ROOT DEB...: unpacks Debian packages of another architecture into ROOT and writes dpkg's database as
if `dpkg --unpack` had done it there, so that `dpkg --configure -a` in a guest finishes the installation.

Unpacking takes seconds on the host and minutes in a guest.  It needs no root: all files belong to who runs this, and
ROOT/owners is a script that gives them their owners and special modes; it is for the guest.  Preinst scripts do not run:
where nothing was installed before they have nothing to do, but for the one of base-passwd, whose files the caller makes.
"""

import hashlib
import io
import os
import shlex
import subprocess
import sys
import tarfile

MERGED = "bin", "sbin", "lib", "lib64"      # links into /usr, as Debian has it since 12


def part(deb, which):
    return subprocess.run(["dpkg-deb", which, deb], check=True, stdout=subprocess.PIPE).stdout


def control_files(deb):
    """name -> (content, mode)"""
    found = {}
    with tarfile.open(fileobj=io.BytesIO(part(deb, "--ctrl-tarfile"))) as t:
        for member in t:
            if member.isfile():
                found[os.path.basename(member.name)] = t.extractfile(member).read(), member.mode
    return found


def unpack_data(root, deb, owners):
    """returns the lines of dpkg's list of files"""
    data = part(deb, "--fsys-tarfile")
    subprocess.run(["tar", "-C", root, "-xp", "--no-same-owner", "--keep-directory-symlink"], input=data, check=True)
    names = []
    with tarfile.open(fileobj=io.BytesIO(data)) as t:
        for member in t:
            name = member.name.removeprefix(".").rstrip("/") or "/."
            names.append(name)
            if member.issym() or member.islnk():
                continue
            if member.uid or member.gid or member.mode & 0o7000:
                quoted = shlex.quote(name)
                owners.write(f"chown {member.uid}:{member.gid} {quoted}\nchmod {member.mode:04o} {quoted}\n")
    return names


def conffiles(root, control):
    lines = []
    for line in control.get("conffiles", (b"", 0))[0].decode().splitlines():
        words = line.split()
        if not words or words[0] == "remove-on-upgrade":
            continue
        with open(root + words[-1], "rb") as f:
            lines.append(f" {words[-1]} {hashlib.md5(f.read()).hexdigest()}")
    return "Conffiles:\n" + "\n".join(lines) + "\n" if lines else ""


def register_triggers(root, name, control):
    for line in control.get("triggers", (b"", 0))[0].decode().splitlines():
        words = line.split()
        if len(words) != 2 or not words[0].startswith("interest"):
            continue
        who = name + ("/noawait" if words[0].endswith("-noawait") else "")
        file, entry = ("File", f"{words[1]} {who}") if words[1].startswith("/") else (words[1], who)
        with open(os.path.join(root, "var/lib/dpkg/triggers", file), "a", encoding="utf-8") as f:
            f.write(entry + "\n")


def unpack(root, deb, status, owners):
    control = control_files(deb)
    text = control["control"][0].decode().rstrip("\n") + "\n"
    fields = dict(x.split(": ", 1) for x in text.splitlines() if ": " in x and x[0] not in " \t")
    name = fields["Package"]
    if fields.get("Multi-Arch") == "same":
        name += ":" + fields["Architecture"]
    info = os.path.join(root, "var/lib/dpkg/info", name)
    files = unpack_data(root, deb, owners)
    with open(info + ".list", "w", encoding="utf-8") as f:
        f.write("\n".join(files) + "\n")
    for part_name, (content, mode) in control.items():
        if part_name != "control":
            with open(f"{info}.{part_name}", "wb") as f:
                f.write(content)
            os.chmod(f"{info}.{part_name}", mode & 0o777)
    register_triggers(root, name, control)
    first, rest = text.split("\n", 1)
    status.write(f"{first}\nStatus: install ok unpacked\n{rest}{conffiles(root, control)}\n")


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    root = sys.argv[1]
    for folder in [f"usr/{x}" for x in MERGED] + ["var/lib/dpkg/info", "var/lib/dpkg/updates", "var/lib/dpkg/triggers"]:
        os.makedirs(os.path.join(root, folder), exist_ok=True)
    for name in MERGED:
        os.symlink(f"usr/{name}", os.path.join(root, name))
    with open(os.path.join(root, "var/lib/dpkg/info/format"), "w", encoding="ascii") as f:
        f.write("1\n")
    open(os.path.join(root, "var/lib/dpkg/available"), "w", encoding="ascii").close()
    with (open(os.path.join(root, "var/lib/dpkg/status"), "w", encoding="utf-8") as status,
          open(os.path.join(root, "owners"), "w", encoding="utf-8") as owners):
        for deb in sys.argv[2:]:
            unpack(root, deb, status, owners)


main()

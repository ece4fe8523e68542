#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the driver image with a disk, a network and a source of random bytes, through the modern interface and the legacy one; the
disk's image holds afterwards what the driver wrote. Saved on the way and loaded, it says the same.

run.py POWERVISOR MACHINE IMAGE        PV_BACKEND: the translator's back end
"""

import os
import signal
import struct
import subprocess
import sys
import tempfile

SECTORS, AT, CHANGED = 2048, 24, 16
WORDS = 512 // 4


def wanted(legacy):
    kind = "legacy slot" if legacy else "slot"
    return f"{kind} 0: device 4\n{kind} 1: device 1\n{kind} 5: device 2\nrandom bytes\nnetwork answers\n" \
           f"disk of {SECTORS} sectors\ndisk read, written, flushed\nvirtio: all is well\n"


def content(changed):
    words = list(range(SECTORS * WORDS))
    if changed:
        words[AT * WORDS:(AT + CHANGED) * WORDS] = [0xffffffff - i for i in range(CHANGED * WORDS)]
    return struct.pack(f">{len(words)}I", *words)


def command(program, machine, image, disk, legacy):
    backend = os.environ.get("PV_BACKEND")
    return [program, *(["--engine", f"translator,backend={backend}"] if backend else []), "-M", machine, "-nographic",
            "-no-reboot", "-kernel", image, "-global", f"virtio-mmio.force-legacy={'on' if legacy else 'off'}",
            "-drive", f"if=none,id=d,format=raw,file={disk}",
            "-netdev", "user,id=n", "-device", "virtio-rng-device", "-device", "virtio-net-device,netdev=n",
            "-device", "virtio-blk-device,drive=d,bus=virtio-mmio-bus.5"]


def run(argv):
    p = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=120, check=False)
    return p.returncode, p.stdout.decode("ascii", "replace")


def run_saved(argv, state):
    """saved while the disk is read, then ended by a fresh process"""
    with subprocess.Popen(argv + ["-x-save", state], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, bufsize=0) as p:
        said = b""
        while b"sectors" not in said and (more := p.stdout.read(16)):
            said += more
        p.send_signal(signal.SIGUSR1)
        said += p.communicate(timeout=120)[0]
        status = p.returncode
    if os.path.exists(state):       # on a slow host it may have ended before
        status, rest = run(argv + ["-x-load", state])
        said += rest.encode()
    return status, said.decode("ascii", "replace")


def main():
    faults = []
    with tempfile.TemporaryDirectory() as folder:
        for legacy in False, True:
            for saved in False, True:
                disk = os.path.join(folder, "disk")
                with open(disk, "wb") as f:
                    f.write(content(False))
                argv = command(*sys.argv[1:4], disk, legacy)
                status, said = run_saved(argv, os.path.join(folder, f"state{legacy}")) if saved else run(argv)
                if status or said != wanted(legacy):
                    faults.append(f"legacy={legacy} saved={saved}: exit status {status}\n{said}")
                with open(disk, "rb") as f:
                    if f.read() != content(True):
                        faults.append(f"legacy={legacy} saved={saved}: the disk holds something else")
    print("\n".join(faults) or f"ok - virtio-mmio on {sys.argv[2]}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

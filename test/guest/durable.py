#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Durability: what a guest's fsync acknowledged survives a failure of power at any point, and the end of the VMM by
kill -9.

The disk has a write cache that forgets (-drive x-volatile-log=FILE); its log says what was written, flushed and
acknowledged, in which order. durable.c works in the guest, and writes to the end of the disk what the kernel told it
to be durable. From the log this program makes the image that a failure at a point leaves: what was acknowledged before
a flush began that was itself acknowledged is there, of everything else a random part, torn at 512 bytes. e2fsck must
be content with that image, and every operation that was marked before the point must be found; some of the images are
mounted by a guest first. ext4 overwrites its superblock, of two sectors, in place: where it was torn, e2fsck may take a
backup of it.

That the test can fail is tested too: with cache=unsafe, where flushes do nothing, points must fail.

Prints ok/not ok lines.
"""

import mmap
import os
import random
import shutil
import struct
import subprocess
import sys
import threading
import time
from dataclasses import dataclass

import suite
from guest import Failure, initrd_with

SECTOR = 512
FILESYSTEM = 48 << 20
SUPERBLOCK = slice(1024, 2048)
BACKUP = 8193           # block, of 1 KiB as mke2fs makes them in so small a file system
IMAGE = FILESYSTEM + (64 << 10)
WORKERS = 2

WRITE, FLUSH, DISCARD, WRITE_ZEROES, ACK = 1, 2, 3, 4, 16
FUA = 1
OVERWRITE, APPEND, REPLACE, CREATE, UNLINK = 1, 2, 3, 4, 5

MODULES = """
dmesg -n 1
for pass in 1 2 3 4 5 6; do
    for m in /modules/*.ko; do insmod $m 2>/dev/null; done
done
mkdir -p /mnt
i=0
while [ ! -b /dev/DISK ] && [ $i -lt 100 ]; do sleep 0.1; i=$((i + 1)); done
"""
WRITER = MODULES + f"""
mount -t ext4 OPTIONS /dev/DISK /mnt && echo durable: mounted
durable /mnt /dev/DISK {FILESYSTEM} {WORKERS} OPERATIONS
dmesg | grep -E "I/O error|EXT4-fs error|Oops|BUG|WARNING" | sed 's/^/durable: trouble /'
poweroff -f
"""
READER = MODULES + """
mount -t ext4 /dev/DISK /mnt && echo durable: mounted
cat /mnt/* > /dev/null
umount /mnt && echo durable: unmounted
dmesg | grep -E "I/O error|EXT4-fs error|Oops|BUG|WARNING" | sed 's/^/durable: trouble /'
poweroff -f
"""


@dataclass(frozen=True)
class Case:
    name: str
    device: tuple = ("virtio-blk-pci,drive=d",)
    drive: str = "cache=writeback"
    disk: str = "vda"
    mount: str = ""
    operations: int = 250
    # points must fail
    broken: bool = False
    # the VMM is killed while the guest works
    kill: bool = False
    quick: bool = True


CASES = [
    Case("virtio-blk"),
    Case("virtio-blk-discard", drive="cache=none,discard=unmap", mount="-o discard", quick=False),
    Case("virtio-blk-writethrough", drive="cache=writethrough", quick=False),
    Case("virtio-blk-packed-iommu", ("virtio-blk-pci,drive=d,packed=on,iommu_platform=on",), quick=False),
    Case("virtio-blk-no-cache", ("virtio-blk-pci,drive=d,write-cache=off",), quick=False),
    Case("virtio-scsi", ("virtio-scsi-pci,id=s", "scsi-hd,bus=s.0,drive=d"), disk="sda"),
    Case("spapr-vscsi", ("spapr-vscsi,id=s", "scsi-hd,bus=s.0,drive=d"), disk="sda", quick=False),
    Case("nvme", ("nvme,drive=d,serial=durable",), disk="nvme0n1", quick=False),
    Case("usb-storage", ("qemu-xhci,id=u", "usb-storage,bus=u.0,drive=d"), disk="sda", quick=False),
    Case("mutation-no-flush", drive="cache=unsafe", broken=True),
    Case("kill-volatile", kill=True),
    Case("kill-writeback", kill=True),
    Case("kill-none", drive="cache=none", kill=True, quick=False),
    Case("kill-virtio-scsi", ("virtio-scsi-pci,id=s", "scsi-hd,bus=s.0,drive=d"), disk="sda", kill=True, quick=False),
]


@dataclass
class Record:
    kind: int
    flags: int
    id: int
    offset: int
    len: int
    data: int           # where in the log


class Log:
    """what block_volatile.c wrote"""

    def __init__(self, path):
        self.records = []
        with open(path, "rb") as f:
            self.data = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)
        at = 0
        while at + 32 <= len(self.data):
            magic, kind, flags, _, number, offset, size = struct.unpack_from("<IBBHQQQ", self.data, at)
            if magic != 0x4c4f5650:
                raise Failure(f"the log is damaged at {at}")
            at += 32
            if kind == WRITE and at + size > len(self.data):
                break           # killed within this record
            self.records.append(Record(kind, flags, number, offset, size, at))
            at += size if kind == WRITE else 0

    def markers(self):
        """(record's number, marker) of each worker: what the guest's kernel acknowledged before that record"""
        found = [[] for _ in range(WORKERS)]
        for i, r in enumerate(self.records):
            if r.kind == WRITE and r.offset >= FILESYSTEM:
                for at in range(0, r.len, SECTOR):
                    m = Marker.of(self.data[r.data + at:r.data + at + SECTOR])
                    if m:
                        found[m.worker].append((i, m))
        return found


@dataclass(frozen=True)
class Marker:
    worker: int
    kind: int
    version: int
    file: int
    start: int
    count: int

    @staticmethod
    def of(data):
        fields = struct.unpack_from("<8sIIQQQQ", data)
        return Marker(*fields[1:]) if fields[0] == b"PVMARK1\0" else None


class Failures:
    """the images that failures of power may leave, at points that come in ascending order"""

    def __init__(self, log, image):
        self.log = log
        self.next = 0
        with open(image, "rb") as f:
            self.image = bytearray(f.read())
        self.pending = {}       # id: record, in the order in which they were asked for
        self.acked = set()
        self.flushes = {}       # id: which of `acked` this one covers
        self.torn = False       # the superblock of the last image is none that was ever written

    def settle(self, ids):
        for i in [x for x in self.pending if x in ids]:
            self.apply(self.image, self.pending.pop(i), None)
            self.acked.discard(i)

    def apply(self, image, r, survives):
        """the whole request, or the sectors that survive"""
        size = r.len
        data = self.log.data[r.data:r.data + size] if r.kind == WRITE else bytes(size)
        if r.kind == DISCARD and survives is None:
            return              # what a discard leaves is anything: here the old data
        if survives is None:
            image[r.offset:r.offset + size] = data
            return
        for at in range(0, size, SECTOR):
            if survives():
                image[r.offset + at:r.offset + at + SECTOR] = data[at:at + SECTOR]

    def advance(self, point):
        while self.next < point:
            r = self.log.records[self.next]
            self.next += 1
            if r.kind == FLUSH:
                self.flushes[r.id] = set(self.acked)
            elif r.kind != ACK:
                self.pending[r.id] = r
            elif r.id in self.flushes:
                self.settle(self.flushes.pop(r.id))
            elif r.id in self.pending:
                if self.pending[r.id].flags & FUA and self.pending[r.id].kind != DISCARD:
                    self.settle({r.id})
                else:
                    self.acked.add(r.id)

    def image_at(self, point, rng):
        self.advance(point)
        image = bytearray(self.image)
        chance = rng.choice((0, 0.05, 0.5, 0.5, 0.95, 1))
        superblocks = [image[SUPERBLOCK]]
        for r in self.pending.values():
            self.apply(image, r, lambda: rng.random() < chance)
            if r.kind == WRITE and r.offset <= SUPERBLOCK.start and r.offset + r.len >= SUPERBLOCK.stop:
                at = r.data - r.offset
                superblocks.append(self.log.data[at + SUPERBLOCK.start:at + SUPERBLOCK.stop])
        self.torn = image[SUPERBLOCK] not in superblocks
        return image


class Checker:
    """whether files are what acknowledged operations made them"""

    def __init__(self, folder, log_markers, point):
        self.folder = folder
        self.faults = []
        for worker in range(WORKERS):
            before = [m for i, m in log_markers[worker] if i < point]
            after = [m for i, m in log_markers[worker] if i >= point]
            self.check(worker, before, after[0] if after else None)

    def bad(self, text):
        if len(self.faults) < 3:
            self.faults.append(text)

    def sectors(self, worker, name, file):
        """the versions of a file's sectors; -1: not what was ever written there; 0: zeroes; None: no file"""
        try:
            with open(os.path.join(self.folder, f"{worker}{name}"), "rb") as f:
                data = f.read()
        except FileNotFoundError:
            return None
        versions = []
        for at in range(0, len(data), SECTOR):
            s = data[at:at + SECTOR]
            if s == bytes(len(s)):
                versions.append(0)
                continue
            if len(s) < SECTOR:
                versions.append(-1)
                continue
            magic, number, version, index = struct.unpack_from("<IIQQ", s)
            pattern = ((file + 1) * 0x9e3779b97f4a7c15 + version * 1000003 + index * 10007) & 0xffffffffffffffff
            good = magic == 0x44565030 and number == file and index == at // SECTOR
            versions.append(version if good and s[24:] == struct.pack("<Q", pattern) * 61 else -1)
        return versions

    def check(self, worker, done, following):
        least, files, gone = {}, {}, set()
        for m in done:
            name = f"{chr(m.file >> 16 & 0x7f)}{m.file & 0xffff}"
            if m.kind == UNLINK:
                files.pop(name)
                least.pop(name)
                gone.add(name)
                continue
            files[name] = m
            if m.kind in (REPLACE, CREATE):
                least[name] = {}
            for s in range(m.start, m.start + m.count):
                least.setdefault(name, {})[s] = m.version
        most = done[-1].version + 1 if done else 1
        for name, m in files.items():
            versions = self.sectors(worker, name, m.file)
            if versions is None:
                if not (following and following.kind == UNLINK and following.file == m.file):
                    self.bad(f"worker {worker}: file {name} of operation {m.version} is not there")
                continue
            for s, version in least[name].items():
                got = versions[s] if s < len(versions) else None
                if got is None and m.kind == REPLACE and versions and versions[0] == most:
                    continue    # replaced by a shorter one
                if got is None or got < version or got > most:
                    self.bad(f"worker {worker}: file {name} sector {s} is of operation {got}, expected {version}, at {most - 1}")
            if m.kind in (REPLACE, CREATE) and len(set(versions)) != 1:
                self.bad(f"worker {worker}: file {name} is of operations {set(versions)}")
        for name in gone:
            if os.path.exists(os.path.join(self.folder, f"{worker}{name}")):
                self.bad(f"worker {worker}: file {name} was unlinked and is there")


class Machine:
    # markers of a whole run: workers do the same in every run
    reference = None

    def __init__(self, options, case):
        self.options = options
        self.case = case
        self.folder = os.path.join(options.log, case.name)
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        self.base = os.path.join(self.folder, "base")
        self.image = os.path.join(self.folder, "image")
        self.log = os.path.join(self.folder, "log")
        subprocess.run(["mkfs.ext4", "-q", "-F", "-J", "size=4", self.base, f"{FILESYSTEM >> 10}k"], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with open(self.base, "r+b") as f:
            f.truncate(IMAGE)

    def argv(self, script, drive):
        c = self.case
        tests = os.path.join(self.options.guests, "tests-ppc64el")
        devices = [x for d in c.device for x in ("-device", d)]
        script = script.replace("DISK", c.disk).replace("OPTIONS", c.mount).replace("OPERATIONS", str(c.operations))
        initrd = initrd_with(self.options.guests, self.folder, script,
                             [("bin/durable", os.path.join(tests, "durable"))])
        return self.options.vmm + [
            "-M", "pseries", "-cpu", "power9", "-smp", "2", "-m", "512M", "-nographic", "-nodefaults", "-serial",
            "stdio", "-kernel", os.path.join(self.options.guests, "debian-ppc64el", "vmlinux"), "-initrd", initrd,
            "-append", "console=hvc0 quiet nowatchdog rcupdate.rcu_cpu_stall_suppress=1",
            "-drive", f"file={self.image},if=none,id=d,format=raw,{drive}", *devices]

    def run(self, script, drive, kill_after=None):
        """until the guest powers off, or is killed after it reported so often; its output"""
        text = b""
        with subprocess.Popen(self.argv(script, drive), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT) as p:
            guard = threading.Timer(240 * self.options.scale, p.kill)
            guard.start()
            reports = 0
            for line in p.stdout:
                text += line
                if line.startswith(b"durable: worker") and kill_after is not None:
                    reports += 1
                    if reports == kill_after:
                        time.sleep(random.Random(kill_after).random() / 4)
                        p.kill()
            guard.cancel()
            status = p.wait()
        output = text.decode(errors="replace").replace("\r", "")
        with open(os.path.join(self.folder, "console"), "w", encoding="utf-8") as f:
            f.write(output)
        if kill_after is not None and status == -9 and "mounted" in output:
            return output
        if status or "durable: mounted" not in output or "trouble" in output or "failed" in output:
            raise Failure(f"exit status {status}: {output[-300:]!r}")
        return output

    def fault_of(self, markers, point, torn=False):
        """what is wrong with self.image after a failure at a point of the log; None: nothing"""
        path = os.path.join(self.folder, "filesystem")
        tree = os.path.join(self.folder, "tree")
        shutil.rmtree(tree, ignore_errors=True)
        os.makedirs(tree)
        with open(self.image, "rb") as f, open(path, "wb") as out:
            out.write(f.read(FILESYSTEM))
        how = ["-fy", "-b", str(BACKUP)] if torn else ["-fp"]
        fsck = subprocess.run(["e2fsck", *how, path], capture_output=True, check=False)
        if fsck.returncode > 1:
            return f"e2fsck says {fsck.stdout.decode(errors='replace')[-200:]!r}"
        subprocess.run(["debugfs", "-R", f"rdump / {tree}", path], capture_output=True, check=True)
        faults = Checker(tree, markers, point).faults
        return "; ".join(faults) or None

    def check_points(self, results):
        c = self.case
        shutil.copyfile(self.base, self.image)
        self.run(WRITER, f"{c.drive},x-volatile-log={self.log}")
        log = Log(self.log)
        markers = log.markers()
        results.note(f"{c.name}: {len(log.records)} records, {sum(map(len, markers))} acknowledged operations")
        if min(map(len, markers)) < c.operations:
            raise Failure("operations are missing from the log")
        Machine.reference = [[m for _, m in worker] for worker in markers]
        rng = random.Random(self.options.seed)
        last = min(m[-1][0] for m in markers)
        count = self.options.points if not c.broken else min(self.options.points, 6)
        points = sorted(rng.randrange(markers[0][0][0], last) for _ in range(count))
        booted = set(points[len(points) // 3::len(points) // 2 + 1]) if not c.broken else set()
        failures = Failures(log, self.base)
        bad = 0
        for point in points:
            with open(self.image, "wb") as f:
                f.write(failures.image_at(point, rng))
            mounted = point in booted and not failures.torn
            if mounted:
                self.run(READER, "cache=writeback")
            fault = self.fault_of(markers, point, failures.torn)
            bad += fault is not None
            if not c.broken:
                how = "a guest mounts and reads it, " if mounted else ""
                results.add(f"{c.name}: power fails at record {point} of {len(log.records)}: {how}all is there", fault)
        if c.broken:
            results.add(f"{c.name}: flushes that do nothing are found at {bad} of {count} points",
                        None if bad > count // 2 else "they were not")
        for path in self.log, self.image:
            os.remove(path)

    def markers_until(self, last):
        """those of all operations up to the last one of each worker, where another case has shown them"""
        if not self.reference:
            return [[(0, m)] for m in last]
        return [[(0 if m.version <= end.version else 1, m) for m in worker]
                for worker, end in zip(self.reference, last)]

    def check_kill(self, results):
        c = self.case
        for n in range(self.options.kills):
            shutil.copyfile(self.base, self.image)
            volatile = "volatile" in c.name
            drive = c.drive + (f",x-volatile-log={self.log}" if volatile else "")
            self.run(WRITER, drive, kill_after=2 + n * 5)
            if volatile:
                log = Log(self.log)
                markers, point = log.markers(), len(log.records)
            else:
                with open(self.image, "rb") as f:
                    f.seek(FILESYSTEM)
                    found = [Marker.of(f.read(SECTOR)) for _ in range(WORKERS)]
                if not all(found):
                    raise Failure("killed before the guest wrote")
                markers, point = self.markers_until(found), 1
                results.note(f"{c.name}: killed at operations {', '.join(str(m.version) for m in found)}")
            results.add(f"{c.name}: all is there after kill {n + 1}", self.fault_of(markers, point))

    def check(self, results):
        (self.check_kill if self.case.kill else self.check_points)(results)
        shutil.rmtree(os.path.join(self.folder, "tree"), ignore_errors=True)


TESTS = [suite.Test(c.name, lambda o, r, c=c: Machine(o, c).check(r), c.quick) for c in CASES]


def main():
    p = suite.parser(__doc__, "durable")
    p.add_argument("--seed", type=int, default=4)
    p.add_argument("--points", type=int, default=12, help="of failure, for each case")
    p.add_argument("--kills", type=int, default=2)
    return suite.run(p, TESTS)


sys.exit(main())

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every disk device in every cache mode: transfers that are checked (diskio.c verify: random reads and writes, several at
a time, then all of it once more), on all disks of a guest at once, while an error hits the PCI endpoint of one more disk.

Linux's virtio drivers know no EEH: the kernel removes the whole bus of the disk that was hit (pci_hp_remove_devices()),
so that disk has a bus of its own, and waits for ever for what was under way on it (del_gendisk() in its thread eehd; so a
power-off would wait too). What is asked for: the other disks notice nothing, the guest goes on, and the machine ends when
it is told to.

Prints ok/not ok lines.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass

import suite
from guest import initrd_with

SIZE = 24 << 20
LOAD_CONFIG = 4     # function of an IOA bus error: a load from configuration space
# bus 1, behind the only port
VICTIM_ADDRESS, VICTIM_NAME = 0x10000, "0000:01:00.0"

SCRIPT = """
dmesg -n 1
for pass in 1 2 3 4 5 6; do
    for m in /modules/*.ko; do insmod $m 2>/dev/null; done
done
i=0
while [ `ls /dev/vd? /dev/sd? /dev/nvme?n1 2>/dev/null | wc -l` -lt COUNT ] && [ $i -lt 300 ]; do sleep 0.1; i=$((i + 1)); done
victim() {
    diskio verify /dev/$1 4096 8 60 1 2>&1 | sed 's/^/victim: /' &
    sleep 2
    errinjct ADDRESS LOADCONFIG
    od -N4 /sys/bus/pci/devices/NAME/config > /dev/null
}
n=0
VICTIM=
for d in `ls /sys/block | grep -E '^([vs]d[a-z]|nvme.n1)$'`; do
    size=`cat /sys/block/$d/size`
    if [ $size -eq 16384 ]; then
        VICTIM=$d
    else
        n=$((n + 1))
        diskio verify /dev/$d 4096 16 SECONDS $n > /result$n 2>&1 &
        pids="$pids $!"
    fi
done
[ -n "$VICTIM" ] && victim $VICTIM
wait $pids
cat /result*
dmesg | grep EEH: | sed 's/^/eeh: /'
echo "verify: done"
while true; do sleep 10; done
"""


@dataclass(frozen=True)
class Case:
    name: str
    # {} is the drive's number
    device: str
    controller: tuple = ()
    victim: str = "virtio-blk-pci"
    quick: bool = True


CASES = [
    Case("virtio-blk", "virtio-blk-pci,drive=d{}"),
    Case("virtio-scsi", "scsi-hd,bus=s.0,drive=d{}", ("-device", "virtio-scsi-pci,id=s,num_queues=2")),
    Case("spapr-vscsi", "scsi-hd,bus=s.0,drive=d{}", ("-device", "spapr-vscsi,id=s")),
    Case("virtio-blk-iommu-packed", "virtio-blk-pci,drive=d{},iommu_platform=on,packed=on",
         victim="virtio-blk-pci,iommu_platform=on", quick=False),
    Case("virtio-scsi-iommu-packed", "scsi-hd,bus=s.0,drive=d{}",
         ("-device", "virtio-scsi-pci,id=s,num_queues=2,iommu_platform=on,packed=on"),
         victim="virtio-blk-pci,iommu_platform=on", quick=False),
    Case("nvme", "nvme,drive=d{},serial=disk{}", quick=False),
    # a port for each disk
    Case("usb-storage", "usb-storage,bus=u.0,drive=d{}", ("-device", "qemu-xhci,id=u,p2=8,p3=8"), quick=False),
]
MODES = [
    ("raw", "cache=none"),
    ("raw", "cache=none,aio=threads"),
    ("raw", "cache=writeback"),
    ("raw", "cache=writethrough"),
    ("raw", "cache=directsync"),
    ("raw", "cache=unsafe,snapshot=on"),
    ("qcow2", "cache=writeback"),
]


def run_until(argv, output, console, last, seconds):
    """terminates it when it has said its last word; its exit status, or what went wrong"""
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output) as p:
        end = time.monotonic() + seconds
        status = "none: too slow, or it hangs"
        while time.monotonic() < end and p.poll() is None:
            time.sleep(0.2)
            with open(console, "rb") as f:
                if last.encode() in f.read():
                    p.terminate()
                    try:
                        status = p.wait(30 + seconds / 4)
                    except subprocess.TimeoutExpired:
                        status = "none: it does not end"
                    break
        p.kill()
    return status


def run(options, case, folder, results):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    backend = list(case.controller)
    for i, (kind, mode) in enumerate(MODES):
        path = os.path.join(folder, f"image{i}")
        subprocess.run(["qemu-img", "create", "-q", "-f", kind, path, str(SIZE)], check=True)
        backend += ["-drive", f"file={path},if=none,id=d{i},format={kind},{mode}",
                    "-device", case.device.format(i, i)]
    victim = os.path.join(folder, "victim")
    subprocess.run(["qemu-img", "create", "-q", "-f", "raw", victim, str(8 << 20)], check=True)
    backend += ["-drive", f"file={victim},if=none,id=v,format=raw,cache=none",
                "-device", "pcie-root-port,id=port", "-device", f"{case.victim},drive=v,bus=port"]
    script = SCRIPT.replace("COUNT", str(len(MODES) + 1)).replace("SECONDS", str(options.seconds))
    script = script.replace("ADDRESS LOADCONFIG", f"{VICTIM_ADDRESS:#x} {LOAD_CONFIG}").replace("NAME", VICTIM_NAME)
    tests = os.path.join(options.guests, "tests-ppc64el")
    errinjct = os.path.join(folder, "errinjct")
    subprocess.run(["powerpc64le-linux-gnu-gcc", "-O2", "-static", "-o", errinjct,
                    os.path.join(os.path.dirname(os.path.abspath(__file__)), "errinjct.c")], check=True)
    initrd = initrd_with(options.guests, folder, script,
                         [("bin/diskio", os.path.join(tests, "diskio")), ("bin/errinjct", errinjct)])
    argv = options.vmm + [
        "-M", "pseries", "-cpu", "power9", "-smp", "2", "-m", "768M", "-nographic", "-nodefaults", "-serial", "stdio",
        "-kernel", os.path.join(options.guests, "debian-ppc64el", "vmlinux"), "-initrd", initrd,
        "-append", "console=hvc0 quiet nowatchdog rcupdate.rcu_cpu_stall_suppress=1", *backend]
    console = os.path.join(folder, "console")
    with open(console, "wb") as f:
        status = run_until(argv, f, console, "verify: done", 240 * options.scale)
    with open(console, encoding="utf-8", errors="replace", newline="") as f:
        text = f.read().replace("\r", "")
    results.add(f"{case.name}: the guest goes on after an error, and the machine ends",
                None if isinstance(status, int) and status >= 0 and "verify: done" in text else f"exit status {status}: {text[-300:]!r}")
    results.add(f"{case.name}: the error was seen", None if "eeh: " in text else "it was not")
    found = re.findall(r"^diskio: verify \S+: (\d+) transfers, (\d+) failed, (\d+) wrong", text, re.M)
    bad = [x for x in found if x[1:] != ("0", "0")]
    results.add(f"{case.name}: {len(MODES)} modes, {sum(int(x[0]) for x in found)} transfers checked",
                None if len(found) == len(MODES) and not bad else f"{len(found)} ended; {bad}")
    for name in os.listdir(folder):
        if name.startswith("image") or name == "victim":
            os.remove(os.path.join(folder, name))


TESTS = [suite.Test(c.name, lambda o, r, c=c: run(o, c, os.path.join(o.log, c.name), r), c.quick) for c in CASES]


def main():
    p = suite.parser(__doc__, "diskverify")
    p.add_argument("--seconds", type=int, default=8)
    return suite.run(p, TESTS)


sys.exit(main())

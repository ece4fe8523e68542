# SPDX-License-Identifier: GPL-2.0-or-later
"""Steps of hotplug.py: units of SCSI and devices of USB, which come and go without asking the guest."""

import hashlib
import os
import re
import time

from guest import Failure

DISK_BYTES = 1 << 20
ADAPTERS = ("-device", "virtio-scsi-pci,id=vs", "-device", "spapr-vscsi,id=sv", "-device", "qemu-xhci,id=xh",
            "-device", "pci-ohci,id=oh")
# in the order in which they are loaded
MODULES = ("cdrom", "sd_mod", "sr_mod", "virtio_scsi", "scsi_transport_srp", "ibmvscsi", "usb-common", "usbcore",
           "xhci-hcd", "xhci-pci", "ohci-hcd", "ohci-pci", "usb-storage", "hid", "hid-generic", "usbhid", "evdev")
SCRIPTS = {
    # the disk of that serial number, once it is there; none: once it is gone
    "serial": """i=0
while [ $i -lt 600 ]; do
    f=
    for d in /sys/block/sd* /sys/block/sr*; do
        [ -e $d ] || continue
        s=`sed 's/[^ -~]//g;s/.*PV-/PV-/' $d/device/vpd_pg80 2>/dev/null`
        u=`cat $d/device/../../../../serial 2>/dev/null`
        [ "$s" != PV-$1 -a "$u" != PV-$1 ] || f=${d##*/}
    done
    if [ -n "$f" -a -b "/dev/$f" -a "$2" != none ]; then echo /dev/$f; exit; fi
    if [ -z "$f" -a "$2" = none ]; then echo gone; exit; fi
    sleep 0.1
    i=$((i + 1))
done
echo nothing
""",
    "scan": "for h in /sys/class/scsi_host/host*; do\n"
            "    case `cat $h/proc_name` in ibmvscsi) echo '- - -' > $h/scan;; esac\ndone\n",
    "reads": "while dd if=$1 of=/dev/null bs=64k iflag=direct 2>/dev/null; do :; done\necho >> /ended\n",
    # not to a file of that name, once the disk is gone
    "writes": """while [ -b $1 ] && dd if=/dev/zero of=$1 bs=64k count=16 oflag=direct 2>/dev/null; do :; done
[ -b $1 ] || rm -f $1
echo >> /ended
""",
    "ended": """i=0
while [ `cat /ended | wc -l` != $1 ] && [ $i -lt 600 ]; do sleep 0.1; i=$((i + 1)); done
cat /ended | wc -l
""",
    # how many functions of a slot the guest knows, once that is so many
    "functions": """n=-1
i=0
while [ $n != $2 ] && [ $i -lt 1200 ]; do
    n=`ls /sys/bus/pci/devices | grep -c ":$1\\."`
    [ $n = $2 ] || sleep 0.1
    i=$((i + 1))
done
echo $n
""",
    # whether the network card has a cable, once that is so; without: once there is a card
    "carrier": """i=0
while [ $i -lt 1200 ]; do
    for n in /sys/class/net/*; do
        [ ${n##*/} != lo ] || continue
        ifconfig ${n##*/} up
        [ -z "$1" ] && exit
        [ `cat $n/carrier` != "$1" ] || { echo $1; exit; }
    done
    sleep 0.1
    i=$((i + 1))
done
echo nothing
""",
    "forget": "for d in /sys/bus/pci/devices/*:$1.[1-7]; do echo 1 > $d/remove; done\n",
    "mark": "dd if=/bin/busybox of=$1 bs=64k seek=63 count=1 2>/dev/null\nsync\n",
    # until it has so many sectors
    "size": "while [ `cat /sys/block/${1##*/}/size` != $2 ]; do sleep 0.1; done\n",
    # until there are so many input devices
    "inputs": """i=0
while [ `ls -d /sys/class/input/event* 2>/dev/null | wc -l` != $1 ] && [ $i -lt 600 ]; do sleep 0.1; i=$((i + 1)); done
cat /sys/class/input/event*/device/name | sort
""",
}

# id: device, with its drive's serial number
UNITS = {
    "hd": "scsi-hd,bus=vs.0,scsi-id=3,serial=PV-hd",
    "hd300": "scsi-hd,bus=vs.0,scsi-id=3,lun=300,serial=PV-hd300",
    "cd": "scsi-cd,bus=vs.0,scsi-id=5,serial=PV-cd",
    "vhd": "scsi-hd,bus=sv.0,serial=PV-vhd",
    "vhd1": "scsi-hd,bus=sv.0,scsi-id=0,lun=1,serial=PV-vhd1",
    "uhd": "usb-storage,bus=xh.0,serial=PV-uhd",
    "ohd": "usb-storage,bus=oh.0,serial=PV-ohd",
}
CDS = {
    "cd": "scsi-cd,bus=vs.0,scsi-id=5,serial=PV-cd",
    "vcd": "scsi-cd,bus=sv.0,scsi-id=2,serial=PV-vcd",
    "ucd": "usb-storage,bus=xh.0,serial=PV-ucd",
}


def make_disk(path, size=DISK_BYTES):
    data = os.urandom(size)
    with open(path, "wb") as f:
        f.write(data)
    return hashlib.md5(data).hexdigest()


def add_drive(run, name):
    """of the host's; its contents' sum"""
    path = f"{run.work}/{name}.img"
    total = make_disk(path)
    cd = ",media=cdrom" if name.endswith("cd") else ""
    run.tell(f"drive_add 0 if=none,id=d-{name},file={path},format=raw{cd}")
    return total


def find(run, name):
    path = run.guest.run(f"sh /hp/serial {name}", 120).strip()
    if not path.startswith("/dev/"):
        raise Failure(f"{name} does not come")
    return path


def gone(run, *names):
    for name in names:
        run.same(f"{name} in the guest", run.guest.run(f"sh /hp/serial {name} none", 120).strip(), "gone")
    run.gone(*names)


def disks(run):
    """plugged in, read, written, plugged out"""
    g = run.guest
    sums = {name: add_drive(run, name) for name in UNITS}
    for name, device in UNITS.items():
        run.tell(f"device_add {device},id={name},drive=d-{name}")
    g.run("sh /hp/scan", 60)
    paths = {name: find(run, name) for name in UNITS}
    for name, path in paths.items():
        run.same(f"the disk {name}", g.run(f"md5sum < {path}", 60).split()[0], sums[name])
    for name in "hd", "vhd", "uhd", "ohd":
        g.run(f"dd if={paths['cd']} of={paths[name]} bs=64k oflag=direct 2>/dev/null", 60)
    run.results.add(f"SCSI units and USB disks plugged in and used: {' '.join(UNITS)}")
    # a guest's disk of such an adapter goes when the guest is told to look
    for name in "vhd", "vhd1":
        run.tell(f"device_del {name}")
        g.run(f"echo 1 > /sys/block/{os.path.basename(paths[name])}/device/delete", 60)
    for name in UNITS:
        if not name.startswith("vhd"):
            run.tell(f"device_del {name}")
    gone(run, *UNITS)
    for name in "hd", "vhd", "uhd", "ohd":
        with open(f"{run.work}/{name}.img", "rb") as f:
            run.same(f"what {name} has on the host", hashlib.md5(f.read()).hexdigest(), sums["cd"])
    run.results.add("they are plugged out, and the guest drops them by itself")


def under_load(run):
    """out while requests are under way: they end, with or without an error, and nothing else does"""
    g = run.guest
    for turn in range(2):
        for name in "hd", "uhd", "ohd":
            add_drive(run, name)
            run.tell(f"device_add {UNITS[name]},id={name},drive=d-{name}")
        paths = [find(run, name) for name in ("hd", "uhd", "ohd")]
        for path in paths:
            g.run(f"(sh /hp/reads {path} & sh /hp/writes {path} &)")
        g.run("sleep 0.3")
        for name in "hd", "uhd", "ohd":
            run.tell(f"device_del {name}")
        gone(run, "hd", "uhd", "ohd")
        run.same("loads that ended", g.run(f"sh /hp/ended {6 * turn + 6}", 90).strip(), str(6 * turn + 6))
    run.results.add("plugged out under load, twice")


def inputs(run):
    """keyboards, pointers and a hub"""
    def names(count):
        return [x.split("USB ")[-1] for x in run.guest.run(f"sh /hp/inputs {count}", 120).strip().splitlines()]

    def say(wanted):
        got = sorted(x.lower() for x in names(len(wanted)))
        got = [re.sub(r"^qemu ", "", x) for x in got]
        run.same("input devices", got, sorted(wanted))

    run.tell("device_add usb-hub,bus=xh.0,port=4,id=hub")
    run.tell("device_add usb-kbd,bus=xh.0,port=4.2,id=kbd")
    run.tell("device_add usb-tablet,bus=oh.0,id=tablet")
    run.tell("device_add usb-mouse,bus=xh.0,port=2,id=mouse")
    say(["keyboard", "mouse", "tablet"])
    run.tell("device_del mouse")
    say(["keyboard", "tablet"])
    run.tell("device_del kbd")
    say(["tablet"])
    run.tell("device_add usb-kbd,bus=xh.0,port=4.3,id=kbd")
    say(["keyboard", "tablet"])
    # with what is behind it
    run.tell("device_del hub")
    run.tell("device_del tablet")
    names(0)
    run.gone("hub", "kbd", "tablet", "mouse")
    run.results.add("USB keyboard, tablet, mouse and hub come and go")


def media(run):
    """another disc, none, and a drive that the guest has locked"""
    g, w = run.guest, run.work
    other = make_disk(f"{w}/other.img", 3 << 19)
    sums = {name: add_drive(run, name) for name in CDS}
    for name, device in CDS.items():
        run.tell(f"device_add {device},id={name},drive=d-{name}")
    g.run("sh /hp/scan", 60)

    def holds(name, path, want):
        run.same(f"the disc in {name}", g.run(f"md5sum < {path}", 60).split()[0], want)

    def state(name, wanted):
        said = re.sub(r"(?m)^(\S+) \(#block\d+\)", r"\1", run.monitor("info block")).split("\n\n")
        said = "".join(x for x in re.split(r"\n(?=\S+: )", "\n".join(said)) if x.strip().startswith(f"d-{name}:"))
        if not re.search(wanted, said):
            raise Failure(f"info block of {name}: {said!r} has no {wanted!r}")

    for name in CDS:
        path = find(run, name)
        holds(name, path, sums[name])
        run.tell(f"change d-{name} {w}/other.img raw")
        holds(name, path, other)
        # who reads it locks it
        g.run(f"exec 3< {path}")
        state(name, "device: locked, tray closed")
        for command in f"eject d-{name}", f"change d-{name} {w}/{name}.img raw":
            said = run.monitor(command)
            if "is locked and force was not specified" not in said:
                raise Failure(f"{command}: {said!r}")
        run.tell(f"eject -f d-{name}")
        state(name, r"not inserted\](?s:.*)tray open")
        g.run("exec 3<&-")
        said = g.run(f"md5sum < {path} 2>&1", 60)
        if "o medium" not in said:
            raise Failure(f"no disc in {name}, but {said!r}")
        run.tell(f"change d-{name} {w}/{name}.img raw")
        holds(name, path, sums[name])
        run.tell(f"device_del {name}")
        if name == "vcd":
            g.run(f"echo 1 > /sys/block/{os.path.basename(path)}/device/delete", 60)
    gone(run, *CDS)
    run.results.add(f"discs changed, ejected, locked: {' '.join(CDS)}")


def sizes(run):
    """a disk grows, and is slow for a while"""
    g, w = run.guest, run.work
    add_drive(run, "hd")
    run.tell(f"device_add {UNITS['hd']},id=hd,drive=d-hd")
    make_disk(f"{w}/grows.img")
    run.tell(f"drive_add 0 if=none,id=d-grows,file={w}/grows.img,format=raw")
    run.tell("device_add virtio-blk-pci,id=grows,drive=d-grows")
    path = find(run, "hd")
    g.run("sh /hp/come /dev/vdb", 240)
    for name, dev in ("hd", path), ("grows", "/dev/vdb"):
        run.tell(f"block_resize d-{name} 4M")
        g.run(f"sh /hp/size {dev} {(4 << 20) // 512}", 120)
        g.run(f"sh /hp/mark {dev}", 60)
        with open(f"{w}/{name}.img", "rb") as f:
            data = f.read()
        run.same(f"bytes of {name}", (len(data), data[-65536:-65532]), (4 << 20, b"\x7fELF"))
    run.results.add("disks grow, and the guest sees it")
    run.tell("block_set_io_throttle d-grows 2000000 0 0 0 0 0")
    began = time.monotonic()
    g.run("dd if=/dev/vdb of=/dev/null bs=64k iflag=direct 2>/dev/null", 120)
    took = time.monotonic() - began
    if took < 1.6:
        raise Failure(f"4 MiB at 2 MB/s took {took:.1f} s")
    run.tell("block_set_io_throttle d-grows 0 0 0 0 0 0")
    run.results.add("a disk's limit is set while it works")
    run.tell("device_del hd")
    run.tell("device_del grows")
    gone(run, "hd")
    run.gone("grows")


def functions(run):
    """a slot of several functions: the others first, then function 0, with which the guest hears of all"""
    g = run.guest
    slot = 0x1d
    for f in 1, 2, 7:
        run.tell(f"device_add virtio-rng-pci,id=f{f},addr={slot:x}.{f}")
    run.same("functions before function 0", g.run(f"sh /hp/functions {slot:x} 0").strip(), "0")
    run.tell(f"device_add virtio-rng-pci,id=f0,addr={slot:x},multifunction=on")
    run.same("functions", g.run(f"sh /hp/functions {slot:x} 4", 240).strip(), "4")
    said = run.monitor(f"device_add virtio-rng-pci,id=f3,addr={slot:x}.3")
    if "function 0" not in said:
        raise Failure(f"a function after function 0: {said!r}")
    # drmgr lets go of one function of a connector, and thereby of the slot: the others have to be gone
    g.run(f"sh /hp/forget {slot:x}", 60)
    run.tell("device_del f0")
    run.gone("f0", "f1", "f2", "f7")
    run.same("functions after", g.run(f"sh /hp/functions {slot:x} 0", 60).strip(), "0")
    run.results.add("a slot of four functions comes and goes")


def cables(run):
    """a cable is pulled out"""
    g = run.guest
    run.tell("device_add virtio-net-pci,netdev=n1,id=wire" + (",romfile=" if run.options.qemu else ""))
    g.run("sh /hp/carrier", 240)
    for state, carrier in ("off", "0"), ("on", "1"):
        run.tell(f"set_link wire {state}")
        run.same(f"carrier, {state}", g.run(f"sh /hp/carrier {carrier}", 60).strip(), carrier)
    run.tell("device_del wire")
    run.gone("wire")
    run.results.add("a network card's cable")


STEPS = {"cables": cables, "disks": disks, "load": under_load, "inputs": inputs, "media": media, "sizes": sizes,
         "functions": functions}

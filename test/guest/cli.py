#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line: what must be refused with one clear line, where the console goes, help, logs.

Prints ok/not ok lines.  The guest is the big-endian kernel, whose init runs one command of `test=` first.
"""

import argparse
import hashlib
import os
import random
import re
import shlex
import signal
import socket
import struct
import subprocess
import sys
import time

from guest import Failure, Results


def refusals(kernel, initrd, folder):
    """(name, arguments): each must end with status 1 and one line that says why; folder holds the broken files"""
    base = ["-nographic", "-nodefaults", "-serial", "mon:stdio"]
    pseries = ["-M", "pseries", "-cpu", "power9", "-m", "1G"] + base

    def refuse(*args, machine=pseries):
        return machine + list(args)

    return [
        ("kernel missing", refuse("-kernel", f"{folder}/absent")),
        ("kernel is a folder", refuse("-kernel", folder)),
        ("kernel is empty", refuse("-kernel", f"{folder}/empty")),
        ("kernel is not ELF", refuse("-kernel", f"{folder}/text")),
        ("kernel cut in its header", refuse("-kernel", f"{folder}/cut-header")),
        ("kernel cut in its segments", refuse("-kernel", f"{folder}/cut-body")),
        ("kernel of another machine", refuse("-kernel", "/bin/true")),
        ("kernel with wild program headers", refuse("-kernel", f"{folder}/wild-phoff")),
        ("kernel with a huge segment", refuse("-kernel", f"{folder}/wild-memsz")),
        ("initrd missing", refuse("-kernel", kernel, "-initrd", f"{folder}/absent")),
        ("bios missing", refuse("-bios", f"{folder}/absent")),
        ("too little memory", refuse("-m", "16M", "-kernel", kernel, "-initrd", initrd)),
        ("too little memory for this kernel", refuse("-m", "64M", "-kernel", kernel, "-initrd", initrd)),
        ("no memory", refuse("-m", "0", "-kernel", kernel)),
        ("negative memory", refuse("-m", "-1", "-kernel", kernel)),
        ("absurd memory", refuse("-m", "16777216T", "-kernel", kernel)),
        ("memory that no host has", refuse("-m", "4T", "-kernel", kernel)),
        ("memory overflows", refuse("-m", "99999999999999999999G", "-kernel", kernel)),
        ("memory not a number", refuse("-m", "lots", "-kernel", kernel)),
        ("no cpus", refuse("-smp", "0", "-kernel", kernel)),
        ("negative cpus", refuse("-smp", "-1", "-kernel", kernel)),
        ("absurd cpus", refuse("-smp", "100000", "-kernel", kernel)),
        ("cpus not a number", refuse("-smp", "four", "-kernel", kernel)),
        ("unknown part of a topology", refuse("-smp", "4,dies=2", "-kernel", kernel)),
        ("topology that makes other cpus", refuse("-smp", "4,sockets=2,cores=2,threads=2", "-kernel", kernel)),
        ("topology without a core", refuse("-smp", "4,threads=8", "-kernel", kernel)),
        ("fewer maxcpus than cpus", refuse("-smp", "4,maxcpus=2", "-kernel", kernel)),
        ("more maxcpus than possible", refuse("-smp", "4,maxcpus=64", "-kernel", kernel)),
        ("threads no power of two", refuse("-smp", "3,threads=3", "-kernel", kernel)),
        ("half a core", refuse("-smp", "6,maxcpus=8,threads=4", "-kernel", kernel)),
        ("unknown cpu property", refuse("-cpu", "power9,vsx=on", "-kernel", kernel)),
        ("cpu property without its value", refuse("-cpu", "power9,vsx", "-kernel", kernel)),
        ("unknown part of a name", refuse("-name", "guest=a,colour=red", "-kernel", kernel)),
        ("debug-threads neither on nor off", refuse("-name", "a,debug-threads=maybe", "-kernel", kernel)),
        ("unknown machine", refuse("-kernel", kernel, machine=["-M", "toaster"] + base)),
        ("unknown machine option", refuse("-kernel", kernel, machine=["-M", "pseries,colour=red"] + base)),
        ("bad machine option", refuse("-kernel", kernel, machine=["-M", "pseries,ic-mode=pic"] + base)),
        ("power8 has no XIVE", refuse("-kernel", kernel, machine=["-M", "pseries,ic-mode=xive", "-cpu", "power8"] + base)),
        *((f"code cache of {x or 'nothing'}", refuse("--engine", f"translator,cache={x}", "-kernel", kernel))
          for x in ("", "0", "M", "8X", "8MM", "-1", "0x8", "1025", "2G", "1048577K", "99999999999999999999", "8,cache")),
        ("unknown engine option", refuse("--engine", "translator,colour=red", "-kernel", kernel)),
        ("unknown cpu", refuse("-cpu", "power99", "-kernel", kernel)),
        ("unknown option", refuse("-frobnicate")),
        ("option without its value", refuse("-kernel")),
        ("unknown serial", refuse("-serial", "carrier-pigeon:", "-kernel", kernel)),
        ("serial of no chardev", refuse("-serial", "chardev:absent", "-kernel", kernel)),
        ("unknown device", refuse("-device", "toaster", "-kernel", kernel)),
        ("unknown property", refuse("-device", "spapr-vty,colour=red", "-kernel", kernel)),
        ("unknown bus", refuse("-device", "spapr-vty,bus=school", "-kernel", kernel)),
        ("two devices of one name", refuse("-device", "spapr-vty,id=a", "-device", "spapr-vty,id=a", "-kernel", kernel)),
        ("one chardev for two", refuse("-chardev", "null,id=c", "-device", "spapr-vty,chardev=c", "-device",
                                       "spapr-vty,chardev=c", "-kernel", kernel)),
        ("unit address of two", refuse("-device", "spapr-vty,reg=0x30000000", "-device", "spapr-vlan,reg=0x30000000",
                                       "-kernel", kernel)),
        *((f"host bridge with {x}", refuse("-device", f"spapr-pci-host-bridge,index=1,{x}", "-kernel", kernel))
          for x in ("index=32", "io_win_size=0", "mem_win_size=4G", "mem64_win_size=2T", "mem64_win_size=1K", "pgsz=0",
                    "pgsz=0x2000", "dma_win_size=0", "dma_win_addr=3G,dma_win_size=2G", "dma64_win_addr=1G",
                    "dma64_win_addr=0x180000000", "ddw=maybe", "id=" + 40 * "a")),
        ("two buses of one name", refuse("-device", "spapr-pci-host-bridge,index=1,id=pci", "-kernel", kernel)),
        ("unit address of a PCI window", refuse("-device", "spapr-vty,reg=0x80000000", "-kernel", kernel)),
        ("global without value", refuse("-global", "spapr-vty.reg", "-kernel", kernel)),
        ("image missing", refuse("-drive", f"file={folder}/absent,if=none", "-kernel", kernel)),
        ("image is a folder", refuse("-drive", f"file={folder},if=none,readonly=on", "-kernel", kernel)),
        ("unknown part of a drive", refuse("-drive", f"file={folder}/text,colour=red", "-kernel", kernel)),
        ("unknown cache mode", refuse("-drive", f"file={folder}/text,if=none,cache=big", "-kernel", kernel)),
        ("two drives of one name", refuse("-drive", f"file={folder}/text,if=none,id=a,readonly=on", "-drive",
                                          f"file={folder}/text,if=none,id=a,readonly=on", "-kernel", kernel)),
        ("image that is in use", refuse("-drive", f"file={folder}/text,if=none,id=a", "-drive",
                                        f"file={folder}/text,if=none,id=b", "-kernel", kernel)),
        ("unknown network", refuse("-netdev", "pigeon,id=n", "-kernel", kernel)),
        ("network without a name", refuse("-netdev", "user", "-kernel", kernel)),
        *((f"user network with {x}", refuse("-netdev", f"user,id=n,{x}", "-kernel", kernel))
          for x in ("net=10.0.0.0/3", "net=10.0.0.0/33", "net=10.0.0.0/255.0.255.0", "net=ten", "host=1.2.3.4", "host=",
                    "dns=fec0::3", "dns=10.0.2.2", "dhcpstart=10.0.3.1", "dhcpstart=10.0.2.3", "ipv4=off,ipv6=off",
                    "ipv6=perhaps", "ipv6-net=fec0::/65", "ipv6-net=10.0.2.0/24", "ipv6-host=fec1::2", "ipv6-dns=fec0::2",
                    "restrict=maybe", "smb=/")),
        ("interface with too long a name", refuse("-netdev", "tap,id=n,ifname=" + 16 * "a", "-kernel", kernel)),
        *((f"name {x} of a {what}", refuse(f"-{what}", f"{rest},id={x}", "-kernel", kernel))
          for x in ("1", "a/b") for what, rest in (
              ("drive", f"file={folder}/text,if=none"), ("chardev", "null"), ("netdev", "user"),
              ("device", "virtio-rng-pci"), ("object", "secret,data=x"))),
        ("two secrets of one name", refuse("-object", "secret,id=s,data=x", "-object", "secret,id=s,data=y", "-kernel",
                                           kernel)),
        ("standard input for two", refuse("-serial", "stdio", "-kernel", kernel)),
        ("standard input for the monitor, too", refuse("-monitor", "stdio", "-kernel", kernel)),
        ("chassis beyond its register", refuse("-device", "pci-bridge,chassis_nr=256", "-kernel", kernel)),
        ("terminal on no port", refuse("-serial", "tcp:127.0.0.1:99999,server=on,wait=off", "-kernel", kernel)),
        ("bad forward", refuse("-netdev", "user,id=n,hostfwd=tcp::x-:1", "-kernel", kernel)),
        ("card on no network", refuse("-device", "virtio-net-pci,netdev=n", "-kernel", kernel)),
        ("group address for a card", refuse("-device", "virtio-net-pci,mac=01:00:00:00:00:00", "-kernel", kernel)),
        ("bootindex of a terminal", refuse("-device", "spapr-vty,bootindex=1", "-kernel", kernel)),
        ("bootindex no number", refuse("-device", "virtio-net-pci,bootindex=first", "-kernel", kernel)),
        ("one bootindex for two", refuse("-device", "virtio-net-pci,bootindex=1", "-device",
                                         "virtio-net-pci,bootindex=1", "-kernel", kernel)),
        ("boot order with a letter twice", refuse("-boot", "order=cdc", "-kernel", kernel)),
        ("boot order with an unknown letter", refuse("-boot", "z", "-kernel", kernel)),
        ("strict neither on nor off", refuse("-boot", "strict=maybe", "-kernel", kernel)),
        ("unknown part of -boot", refuse("-boot", "splash=picture", "-kernel", kernel)),
        ("disk without drive", refuse("-device", "virtio-blk-pci", "-kernel", kernel)),
        ("machine without slots of virtio-mmio", refuse("-device", "virtio-blk-device", "-kernel", kernel)),
        ("sockets without a path", refuse("-device", "vhost-vsock-pci,guest-cid=3", "-kernel", kernel)),
        ("sockets of the host's address", refuse("-device", f"virtio-vsock-pci,guest-cid=2,socket={folder}/v",
                                                 "-kernel", kernel)),
        ("node without a name", refuse("-blockdev", f"driver=file,filename={folder}/text", "-kernel", kernel)),
        ("machine without USB", refuse("-M", "bare-440", "-usb", "-kernel", kernel)),
        ("unknown USB device", refuse("-usbdevice", "braille", "-kernel", kernel)),
        ("unknown graphics card", refuse("-vga", "cirrus", "-kernel", kernel)),
        ("odd framebuffer", refuse("-device", "VGA,vgamem_mb=3", "-kernel", kernel)),
        ("VNC nowhere", refuse("-vnc", "here", "-kernel", kernel)),
        ("VNC on a bad port", refuse("-vnc", ":70000", "-kernel", kernel)),
        ("VNC on no address", refuse("-vnc", "256.1.1.1:1", "-kernel", kernel)),
        ("VNC with an absent secret", refuse("-vnc", ":77,password-secret=x", "-kernel", kernel)),
        ("unknown display", refuse("-display", "gtk", "-kernel", kernel)),
        ("unknown object", refuse("-object", "rng-egd,id=r", "-kernel", kernel)),
        *((f"object {x}", refuse("-object", x, "-kernel", kernel))
          for x in ("rng-random", f"rng-random,id=r,filename={folder}/absent", f"rng-random,id=r,filename={folder}",
                    "rng-random,id=r,filename=", "rng-builtin,id=r,filename=/dev/urandom", "memory-backend-ram,id=m",
                    "memory-backend-ram,id=m,size=big", "memory-backend-ram,id=m,size=1G,prealloc=on",
                    "iothread,id=i,poll-max-ns=long", '{"qom-type":"rng-random"}')),
        *((f"random numbers with {x}", refuse("-device", f"virtio-rng-pci,{x}", "-object", "iothread,id=i", "-kernel",
                                              kernel))
          for x in ("rng=absent", "rng=i", "period=0", "max-bytes=9223372036854775808", "max-bytes=1K")),
        ("expansion ROM", refuse("-device", "virtio-rng-pci,romfile=/etc/hostname", "-kernel", kernel)),
        ("rombar no number", refuse("-device", "e1000,rombar=off", "-kernel", kernel)),
        ("memory of an absent object", refuse("-machine", "memory-backend=m", "-kernel", kernel)),
        ("memory of two sizes", refuse("-machine", "memory-backend=m", "-object",
                                       "memory-backend-ram,id=m,size=2G", "-kernel", kernel)),
        ("absent iothread", refuse("-device", "virtio-scsi-pci,iothread=i", "-kernel", kernel)),
        ("speed and a third duplex", refuse("-device", "virtio-net-pci,speed=1000,duplex=some", "-kernel", kernel)),
        *((" ".join(x), refuse(*x, "-kernel", kernel))
          for x in (("-accel", "kvm"), ("-machine", "accel=kvm"), ("-rtc", "base=localtime"),
                    ("-overcommit", "mem-lock=on"), ("-sandbox", "on"), ("-msg", "colour=on"), ("-audiodev", "pa,id=a"),
                    ("-mon", "chardev=absent"), ("-parallel", "stdio"), ("-smp", "2,dies=2"), ("-machine", "pseries-x"),
                    ("-chardev", "null,id=c", "-mon", "chardev=c,mode=control"), ("-vnc", ":77,audiodev=a"))),
        ("secret without data", refuse("-object", "secret,id=s", "-kernel", kernel)),
        ("throttle-group without id", refuse("-object", "throttle-group,x-iops-total=1", "-kernel", kernel)),
        ("throttle-group of nothing", refuse("-object", "throttle-group,id=t,x-colour=1", "-kernel", kernel)),
        ("throttle-group of two limits",
         refuse("-object", "throttle-group,id=t,x-bps-total=1,limits.bps-read=1", "-kernel", kernel)),
        ("damaged JSON", refuse("-blockdev", '{"driver": "file",', "-kernel", kernel)),
        ("unknown image format", refuse("-drive", f"file={folder}/text,if=none,format=tape", "-kernel", kernel)),
        ("image of another format", refuse("-drive", f"file={folder}/text,if=none,format=qcow2", "-kernel", kernel)),
        ("format that is not said", refuse("-drive", f"file={folder}/image.vmdk,if=none", "-kernel", kernel)),
        ("server that is absent", refuse("-drive", f"file=nbd+unix:///?socket={folder}/absent", "-kernel", kernel)),
        ("server without an address", refuse("-blockdev", "driver=nbd,node-name=n", "-kernel", kernel)),
        ("limits that exclude each other", refuse("-drive", f"file={folder}/text,throttling.iops-total=1,iops_rd=1",
                                                  "-kernel", kernel)),
        ("limit that is no number", refuse("-drive", f"file={folder}/text,throttling.bps-read=much", "-kernel",
                                           kernel)),
        ("burst below its rate", refuse("-drive", f"file={folder}/text,iops=9,iops_max=3", "-kernel", kernel)),
        ("unknown thing to do after errors", refuse("-drive", f"file={folder}/text,werror=weep", "-kernel", kernel)),
        ("node on an absent one", refuse("-blockdev", "driver=raw,node-name=r,file=absent", "-kernel", kernel)),
    ]


def broken_files(folder, kernel):
    os.makedirs(folder, exist_ok=True)
    with open(kernel, "rb") as f:
        head = f.read(1 << 20)

    def write(name, data):
        with open(os.path.join(folder, name), "wb") as f:
            f.write(data)

    order = ">" if head[5] == 2 else "<"
    phoff = struct.unpack_from(order + "Q", head, 32)[0]

    def poke(offset, value):
        data = bytearray(head)
        struct.pack_into(order + "Q", data, offset, value)
        return data

    write("empty", b"")
    write("text", b"this is not a kernel\n" * 100)
    write("image.vmdk", b"KDMV" + bytes(508))
    write("cut-header", head[:40])
    write("cut-body", head)
    write("wild-phoff", poke(32, 0xFFFFFFFFFFFFFFF0))
    write("wild-memsz", poke(phoff + 40, 0x7FFFFFFFFFFFFFFF))


class CommandLine:
    def __init__(self, options):
        self.options = options
        self.results = Results()
        self.folder = options.log
        self.le = os.path.join(options.guests, "debian-ppc64el")
        self.be = os.path.join(options.guests, "pseries-be")

    def guest(self, test, *extra, serial="mon:stdio"):
        machine = "pseries,x-vof=on" if self.options.qemu else "pseries"
        return (self.options.vmm + ["-M", machine, "-cpu", "power9", "-m", "512M", "-nographic", "-nodefaults",
                                    "-serial", serial, "-kernel", f"{self.be}/vmlinux", "-initrd",
                                    f"{self.be}/initrd.gz", "-append", f"console=hvc0 test={test}"] + list(extra))

    def run(self, argv, seconds=120, stdin=subprocess.DEVNULL):
        try:
            return subprocess.run(argv, stdin=stdin, capture_output=True, timeout=seconds * self.options.scale,
                                  check=False)
        except subprocess.TimeoutExpired as e:
            said = (e.stdout or b"").decode(errors="replace")[-120:]
            raise Failure(f"did not end within {seconds * self.options.scale:.0f} s; last: {said!r}") from e

    def start(self, argv):
        return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def refusals(self):
        folder = os.path.join(self.folder, "broken")
        broken_files(folder, f"{self.le}/vmlinux")
        for name, args in refusals(f"{self.le}/vmlinux", f"{self.le}/initrd.gz", folder):
            error = None
            try:
                p = self.run(self.options.vmm + args, 20)
                err = p.stderr.decode(errors="replace")
                if p.returncode != 1:
                    error = f"exit status {p.returncode}, expected 1; said {err.strip()[-200:]!r}"
                elif len(err.splitlines()) != 1 or len(err.strip()) < 10:
                    error = f"expected one line on standard error, got {err!r}"
                elif p.stdout:
                    error = f"unexpected standard output {p.stdout[:80]!r}"
            except Failure as e:
                error = e
            self.results.add(f"refused: {name}", error)

    def expect(self, what, good, said):
        self.results.add(what, None if good else f"said {said!r}")

    def help(self):
        for option in "-version", "--version":
            p = self.run(self.options.vmm + [option], 20)
            self.expect(f"{option} names program and version",
                        p.returncode == 0 and re.match(rb".*\b\d+\.\d+", p.stdout), p.stdout)
        for option in "-h", "-help", "--help":
            p = self.run(self.options.vmm + [option], 20)
            text = p.stdout.decode(errors="replace")
            self.expect(f"{option} is the manual", p.returncode == 0 and len(text.splitlines()) > 40, text[:200])
            wanted = ("-M", "-cpu", "-smp", "-m", "-kernel", "-initrd", "-append", "-bios", "-nographic", "-nodefaults",
                      "-serial", "-name", "-no-reboot", "-S", "-d", "-D", "-device", "-drive", "-blockdev", "-chardev", "-netdev", "-nic")
            missing = [x for x in wanted if not re.search(rf"(^|\W){x}\b", text)]
            self.expect(f"{option} names every option", not missing, missing)

    def libvirt(self):
        """the whole command line that libvirt writes, but for QMP and descriptors that it hands over"""
        disk, key, sock = (os.path.join(self.folder, "libvirt." + x) for x in ("img", "key", "sock"))
        for name in disk, key:
            with open(name, "wb") as f:
                f.truncate(1 << 20)
        if os.path.exists(sock):
            os.remove(sock)
        p = self.run(self.options.vmm + [
            "-name", "guest=x,debug-threads=on", "-object", '{"qom-type":"secret","id":"masterKey0","format":"raw",'
            f'"file":"{key}"}}', "-machine",
            "pseries-7.2,usb=off,dump-guest-core=off,memory-backend=ppc_spapr.ram", "-accel", "tcg", "-cpu", "POWER9",
            "-m", "size=524288k", "-object", '{"qom-type":"memory-backend-ram","id":"ppc_spapr.ram","size":536870912}',
            "-overcommit", "mem-lock=off", "-smp", "2,sockets=2,dies=1,cores=1,threads=1", "-object",
            '{"qom-type":"iothread","id":"iothread1"}', "-uuid", "c7a5fdbd-edaf-9455-926a-d65c16db1809", "-display",
            "none", "-no-user-config", "-nodefaults", "-chardev", f"socket,id=charmonitor,path={sock},server=on,wait=off",
            "-mon", "chardev=charmonitor,id=monitor,mode=readline", "-rtc", "base=utc", "-boot", "strict=on",
            "-device", '{"driver":"qemu-xhci","p2":15,"p3":15,"id":"usb","bus":"pci.0","addr":"0x3"}',
            "-device", '{"driver":"virtio-scsi-pci","iothread":"iothread1","id":"scsi0","bus":"pci.0","addr":"0x4"}',
            "-device", '{"driver":"virtio-serial-pci","id":"virtio-serial0","bus":"pci.0","addr":"0x5"}',
            "-blockdev", f'{{"driver":"file","filename":"{disk}","node-name":"libvirt-1-storage",'
            '"auto-read-only":true,"discard":"unmap"}',
            "-blockdev", '{"node-name":"libvirt-1-format","read-only":false,"discard":"unmap","driver":"raw",'
            '"file":"libvirt-1-storage"}',
            "-device", '{"driver":"scsi-hd","bus":"scsi0.0","channel":0,"scsi-id":0,"lun":0,"device_id":'
            '"drive-scsi0-0-0-0","drive":"libvirt-1-format","id":"scsi0-0-0-0","bootindex":1,"write-cache":"on"}',
            "-netdev", '{"type":"user","id":"hostnet0"}', "-device", '{"driver":"virtio-net-pci","rombar":0,"romfile":"",'
            '"netdev":"hostnet0","id":"net0","mac":"52:54:00:11:22:33","host_mtu":1500,"bus":"pci.0","addr":"0x1"}',
            "-chardev", "stdio,id=charserial0", "-device",
            '{"driver":"spapr-vty","chardev":"charserial0","id":"serial0","reg":805306368}', "-device",
            '{"driver":"usb-tablet","id":"input0","bus":"usb.0","port":"1"}', "-audiodev",
            '{"id":"audio1","driver":"none"}', "-global", "spapr-nvram.reg=0x3000", "-device",
            '{"driver":"virtio-balloon-pci","id":"balloon0","bus":"pci.0","addr":"0x6"}', "-object",
            '{"qom-type":"rng-random","id":"objrng0","filename":"/dev/urandom"}', "-device",
            '{"driver":"virtio-rng-pci","rng":"objrng0","max-bytes":1024,"period":100,"id":"rng0","bus":"pci.0",'
            '"addr":"0x7"}', "-msg", "timestamp=on",
            "-kernel", f"{self.be}/vmlinux", "-initrd", f"{self.be}/initrd.gz", "-append", "console=hvc0 test=poweroff"])
        self.expect("libvirt's command line", p.returncode == 0 and b"guest: Linux" in p.stdout, p.stderr[-300:])

    def pipe(self):
        """without a terminal; the end of standard input is no reason to end"""
        p = self.run(self.guest("poweroff"))
        self.expect("console on a pipe, standard input empty", p.returncode == 0 and b"guest: Linux" in p.stdout,
                    p.stdout[-200:])
        self.expect("-append reaches the guest", b"console=hvc0 test=poweroff" in p.stdout, p.stdout[:400])
        self.expect("nothing on standard error", self.options.qemu or not p.stderr, p.stderr)

    def memory(self):
        """little memory that does; with hash also where 16M pages do not cover it"""
        for extra in ["-m", "64M"], ["-m", "71M", "-M", "pseries,x-mmu=hash"]:
            p = self.run(self.guest("poweroff", *extra))
            self.expect(" ".join(extra) + " suffices", p.returncode == 0 and b"guest: Linux" in p.stdout,
                        (p.stdout + p.stderr)[-200:])

    def name(self):
        """-name as libvirt gives it; a guest's name may hold a comma"""
        p = self.start(self.guest("uname", "-S", "-name", "guest=a,,b=c,process=pv-test,debug-threads=on"))
        try:
            end = time.monotonic() + 20 * self.options.scale
            seen = ""
            while seen != "pv-test" and time.monotonic() < end:
                with open(f"/proc/{p.pid}/comm", encoding="ascii") as f:
                    seen = f.read().strip()
                time.sleep(0.05)
            self.expect("-name process=", seen == "pv-test", seen)
        finally:
            p.terminate()
            p.communicate()
        self.expect("-name process= still ends", p.returncode == 0, p.returncode)

    def serial_null(self):
        p = self.run(self.guest("poweroff", serial="null"))
        self.expect("-serial null", p.returncode == 0 and not p.stdout, p.stdout[-200:])

    def serial_file(self):
        path = os.path.join(self.folder, "serial.txt")
        p = self.run(self.guest("poweroff", serial=f"file:{path}"))
        with open(path, "rb") as f:
            text = f.read()
        self.expect("-serial file:", p.returncode == 0 and not p.stdout and b"guest: Linux" in text, text[-200:])

    def converse(self, what, process, read, write):
        """waits for the prompt, asks, powers off"""
        text = b""
        end = time.monotonic() + 120 * self.options.scale
        for wanted, answer in ((b"guest# ", b"uname\n"), (b"big-endian", b"poweroff\n"), (None, None)):
            while wanted is not None and wanted not in text:
                if time.monotonic() > end:
                    raise Failure(f"no {wanted!r}; last: {text[-120:]!r}")
                text += read()
            if wanted is None:
                break
            text = b""
            write(answer)
        status = process.wait(60 * self.options.scale)
        self.expect(what, status == 0, status)

    def socket_serial(self, what, serial, connect):
        p = self.start(self.guest("uname", serial=serial))
        try:
            end = time.monotonic() + 20 * self.options.scale
            while True:
                try:
                    s = connect()
                    break
                except OSError as e:
                    if time.monotonic() > end or p.poll() is not None:
                        raise Failure(f"no connection: {e}; {p.stdout.read(200) if p.poll() is not None else ''}") from e
                    time.sleep(0.1)
            with s:
                s.settimeout(120 * self.options.scale)
                self.converse(what, p, lambda: s.recv(4096) or self.gone(), s.sendall)
        finally:
            p.kill()
            p.wait()

    def terminals(self):
        """more terminals than one: what the guest writes to hvc1 is in a file, what it is sent on hvc2 comes whole"""
        path, written = os.path.join(self.folder, "hvc2.sock"), os.path.join(self.folder, "hvc1.txt")
        if os.path.exists(path):
            os.remove(path)
        # without zeroes: Linux takes one away behind a carriage return
        sent = random.Random(4).randbytes(60000).replace(b"\0", b"0")
        # open all the time: the last close sets a terminal back
        script = ("exec 3<>/dev/hvc2 4<>/dev/hvc1; stty raw -echo <&3; stty raw <&4; seq 1000 >&4; echo ready >&3; "
                  f"head -c {len(sent)} <&3 | sha256sum >&4; poweroff -f")
        p = self.start(self.options.vmm + [
            "-M", "pseries", "-m", "512M", "-nographic", "-nodefaults", "-serial", "stdio",
            "-chardev", f"file,id=a,path={written}", "-device", "spapr-vty,chardev=a",
            "-chardev", f"socket,id=b,path={path},server=on,wait=off", "-device", "spapr-vty,chardev=b,reg=0x72000000",
            "-kernel", f"{self.le}/vmlinux", "-initrd", f"{self.le}/initrd.gz",
            "-append", f'console=hvc0 quiet test="{script}"'])
        end = time.monotonic() + 20 * self.options.scale
        while not os.path.exists(path) and time.monotonic() < end:
            time.sleep(0.1)
        try:
            with socket.socket(socket.AF_UNIX) as s:
                s.connect(path)
                s.settimeout(120 * self.options.scale)
                got = b""
                while b"ready" not in got:
                    got += s.recv(4096) or self.gone()
                s.sendall(sent)
                p.communicate(timeout=120 * self.options.scale)
        finally:
            p.kill()
            p.wait()
        with open(written, encoding="ascii") as f:
            lines = f.read().split("\n")
        self.expect("spapr-vty: what the guest writes to hvc1", lines[:1000] == [str(i + 1) for i in range(1000)],
                    lines[-3:])
        self.expect("spapr-vty: what hvc2 is sent", lines[1000:1001] == [f"{hashlib.sha256(sent).hexdigest()}  -"],
                    lines[1000:])

    def gone(self):
        raise Failure("connection closed")

    def serial_unix(self):
        path = os.path.join(self.folder, "serial.sock")
        if os.path.exists(path):
            os.remove(path)

        def connect():
            s = socket.socket(socket.AF_UNIX)
            s.connect(path)
            return s
        self.socket_serial("-serial unix:", f"unix:{path},server=on,wait=on", connect)

    def serial_tcp(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        self.socket_serial("-serial tcp:", f"tcp:127.0.0.1:{port},server=on,wait=on",
                           lambda: socket.create_connection(("127.0.0.1", port), 5))

    def serial_pty(self):
        p = self.start(self.guest("uname", serial="pty"))
        try:
            line = p.stdout.readline() + p.stdout.readline() if self.options.qemu else p.stdout.readline()
            while b"/dev/pts/" not in line and p.poll() is None:
                line = p.stdout.readline()
            m = re.search(rb"/dev/pts/\d+", line)
            if not m:
                raise Failure(f"no terminal named: {line!r}")
            fd = os.open(m[0].decode(), os.O_RDWR | os.O_NOCTTY)
            self.converse("-serial pty", p, lambda: os.read(fd, 4096), lambda data: os.write(fd, data))
            os.close(fd)
        finally:
            p.kill()
            p.wait()

    def paused(self):
        p = self.start(self.guest("poweroff", "-S"))
        time.sleep(3)
        running = p.poll() is None
        p.send_signal(signal.SIGTERM)
        try:
            text = p.communicate(timeout=30)[0]
        except subprocess.TimeoutExpired as e:
            p.kill()
            p.wait()
            raise Failure("SIGTERM does not end a paused machine") from e
        self.expect("-S starts paused", running and b"Linux version" not in text, text[-200:])

    def waiting(self):
        path = os.path.join(self.folder, "nobody.sock")
        if os.path.exists(path):
            os.remove(path)
        for number in signal.SIGTERM, signal.SIGINT:
            p = self.start(self.guest("poweroff", serial=f"unix:{path},server=on"))
            p.stdout.readline()
            p.send_signal(number)
            try:
                p.communicate(timeout=30)
            except subprocess.TimeoutExpired as e:
                p.kill()
                p.wait()
                raise Failure(f"{number.name} does not end a machine whose terminal waits for its peer") from e
            self.expect(f"{number.name} while the terminal waits for its peer", p.returncode == 0, p.returncode)

    def log_file(self):
        path = os.path.join(self.folder, "debug.log")
        p = self.run(self.guest("poweroff", "-d", "int" if self.options.qemu else "hcall", "-D", path), 300)
        size = os.path.getsize(path) if os.path.exists(path) else 0
        self.expect("-D holds what -d logs", p.returncode == 0 and size > 1000, size)
        if not self.options.qemu:
            with open(path, encoding="utf-8", errors="replace") as f:
                missing = {"H_PUT_TERM_CHAR", "H_REGISTER_VPA", "get-time-of-day"} - set(
                    re.findall(r"^(?:hcall|rtas): cpu \d+ ([\w-]+)\(", f.read(), re.M))
            self.expect("-d hcall names calls of every kind", not missing, missing)
        self.expect("-d does not disturb the console", b"guest: Linux" in p.stdout and
                    (self.options.qemu or not p.stderr), p.stdout[-200:])

    def all(self):
        parts = [self.refusals, self.libvirt, self.help, self.pipe, self.memory, self.name, self.serial_null, self.serial_file, self.serial_unix,
                 self.serial_tcp, self.serial_pty, self.terminals, self.paused, self.waiting, self.log_file]
        for part in parts:
            if self.options.parts and part.__name__ not in self.options.parts:
                continue
            # qemu has its own ideas of what to refuse and says it in several lines
            if self.options.qemu and part in (self.refusals, self.help, self.memory, self.waiting):
                continue
            try:
                part()
            except Failure as e:
                self.results.add(part.__name__, e)
            except Exception as e:
                self.results.add(part.__name__, f"{type(e).__name__}: {e}")
        return self.results.end("cli.py")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--vmm", default="build/powervisor", help="command that starts the VMM (may have arguments)")
    p.add_argument("--qemu", action="store_true", help="prove these tests with qemu-system-ppc64")
    p.add_argument("--guests", default="build/guests")
    p.add_argument("--log", default="build/log/cli")
    p.add_argument("--scale", type=float, default=1.0)
    p.add_argument("parts", nargs="*", help="refusals help pipe memory name serial_null ...")
    options = p.parse_args()
    options.vmm = ["qemu-system-ppc64"] if options.qemu else shlex.split(options.vmm)
    os.makedirs(options.log, exist_ok=True)
    return CommandLine(options).all()


sys.exit(main())

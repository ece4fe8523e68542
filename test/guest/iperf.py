#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Networks at work while the hardware changes: Debian's iperf3 runs over every card, TCP in several streams and UDP, in both
directions, to a server on the host or in another guest. Meanwhile a card is plugged in, carries an iperf3 of its own and is
plugged out, errors are injected into the endpoint of a second card, and, where the driver takes part in recovery, into
that of the very card; files go each way and are compared. Nothing may be lost and nothing may hang.

Prints ok/not ok lines.
"""

import hashlib
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass

import suite
from guest import Failure, Guest, Monitor, PROMPT

HERE = os.path.dirname(os.path.abspath(__file__))
FILE_BYTES = 16 << 20
LOAD_CONFIG = 4     # function of an IOA bus error: a load from configuration space
MODULES = """virtio virtio_ring virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci failover net_failover virtio_net e1000
ibmveth rpaphp rpadlpar_io""".split()
SCRIPTS = {
    "start": "dmesg -n 1\nmkdir -p /var/log /var/lock\n" + "".join(f"insmod /modules/{m}.ko\n" for m in MODULES)
             # who reads it waits for ever
             + "mkfifo /it/hold\n(sleep 999999 > /it/hold &)\nifconfig lo up\n[ ! -x /usr/sbin/rtas_errd ] || rtas_errd\n",
    # up MAC ADDRESS: the card gets it as soon as it is there
    "up": """n=
while [ -z "$n" ]; do
    n=`grep -l $1 /sys/class/net/*/address 2>/dev/null | head -1`
    [ -n "$n" ] || sleep 0.1
done
n=${n%/address}
ifconfig ${n##*/} $2 netmask 255.255.255.0 up
""",
    "where": """l=`grep -l $1 /sys/class/net/*/address`
l=`readlink -f ${l%/address}/device`
case $l in */virtio*) l=${l%/*};; esac
echo ${l##*/}
""",
    "gone": "while grep -q $1 /sys/class/net/*/address 2>/dev/null; do sleep 0.1; done\n",
    # again and again until /it/stop; a line for the end of each, and what it moved
    "load": """n=0
> /it/sums
while [ $n = 0 ] || [ ! -e /it/stop ]; do
    n=$((n + 1))
    iperf3 -4 -i 0 -f m "$@" > /it/out 2>&1 || { echo "failed with $?:"; tail -3 /it/out; break; }
    grep -E 'sender|receiver' /it/out | { if grep -q SUM /it/out; then grep SUM; else cat; fi; } >> /it/sums
done > /it/failed
> /it/loaded
""",
    # a file each way; its sum. An nc ends as soon as the other one has nothing more to say
    "files": """nc 10.0.2.2 $1 < /it/hold > /it/got
nc 10.0.2.2 $2 < /it/got
sha256sum < /it/got > /it/moved
""",
    "wait": "while [ ! -s $1 ]; do sleep 0.1; done\n",
    "look": "od -N4 /sys/bus/pci/devices/$1/config > /dev/null\n",
    # how many recoveries there are by now
    "recovered": """i=0
while [ `dmesg | grep -c 'EEH: Recovery successful'` -lt $1 ]; do
    sleep 0.2
    i=$((i + 1))
    if [ $i -gt 600 ] || dmesg | grep -q 'been permanently disabled\\|Unable to recover'; then
        echo
        dmesg | tail -60
        exit 1
    fi
done
""",
    # what the other guest of a pair does
    "serve": """dd if=/dev/urandom of=/it/file bs=64k count=256 2>/dev/null
(iperf3 -s > /dev/null 2>&1 &)
(while :; do nc -l -p 8000 < /it/file; done) > /dev/null 2>&1 &
(while :; do nc -l -p 8001 < /it/hold | sha256sum > /it/coming; mv /it/coming /it/sum; done) > /dev/null 2>&1 &
""",
}
TCP = "-P 4 -t 8"
UDP = "-u -l 1400 -b 60M -t 8"
MODES = [("TCP to the server", TCP), ("TCP from the server", TCP + " -R"), ("UDP to the server", UDP),
         ("UDP from the server", UDP + " -R")]
SHORT = [("TCP both ways", "-P 2 --bidir -b 12M -t 4")]


@dataclass(frozen=True)
class Row:
    name: str
    card: str
    hot: str = ""       # else like card
    second: str = ""    # that has an error; else like card behind a port of its own, since its driver knows no errors
    own: bool = False   # errors of the card itself
    pair: bool = False  # the server is in another guest
    smp: int = 2


E1000 = "e1000"
VIRTIO = "virtio-net-pci"
ROWS = [
    Row("e1000", E1000, second=E1000, own=True),
    # what is plugged in is a PCI device
    Row("spapr-vlan", "spapr-vlan", hot=VIRTIO, second=E1000),
    Row("virtio-net", VIRTIO),
    Row("virtio-net-packed", VIRTIO + ",packed=on"),
    Row("virtio-net-iommu", VIRTIO + ",iommu_platform=on,packed=on,mq=on"),
    Row("virtio-net-mq", VIRTIO + ",mq=on"),
    Row("pair-virtio-net-spapr-vlan", VIRTIO, pair=True),
]


def mac(last):
    return f"52:54:00:00:00:{last:02x}"


def build_initrd(options, work):
    """the guest's, with iperf3 and what it takes to plug and to have errors"""
    guests = options.guests
    subprocess.run(["powerpc64le-linux-gnu-gcc", "-O2", "-static", "-o", f"{work}/errinjct", os.path.join(HERE, "errinjct.c")],
                   check=True)
    lines = ["dir it 755", f"file bin/errinjct 755 {work}/errinjct", "file modules/ibmveth.ko 644 "
             + os.path.join(guests, "debian-ppc64el", "root", "modules", "ibmveth.ko")]
    for name, text in SCRIPTS.items():
        with open(os.path.join(work, name), "w", encoding="ascii") as f:
            f.write(text)
        lines.append(f"file it/{name} 644 {work}/{name}")
    subprocess.run([os.path.join(HERE, "..", "..", "guests", "mkcpio.py"), f"{work}/scripts.gz"],
                   input="\n".join(lines).encode(), check=True)
    with open(f"{work}/initrd", "wb") as out:
        for part in (os.path.join(guests, "debian-ppc64el", "initrd.gz"), os.path.join(guests, "hotplug-ppc64el", "programs.gz"),
                     os.path.join(guests, "loads-ppc64el", "iperf3.gz"), f"{work}/scripts.gz"):
            with open(part, "rb") as f:
                data = f.read()
            out.write(data + b"\0" * (-len(data) % 4))
    return f"{work}/initrd"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Files:
    """gives a file to who connects to one port, and sums up what comes at the other"""

    def __init__(self):
        self.data = os.urandom(FILE_BYTES)
        self.sum = hashlib.sha256(self.data).hexdigest()
        self.came = []
        self.ports = []
        for serve in self.give, self.take:
            listener = socket.create_server(("127.0.0.1", 0))
            self.ports.append(listener.getsockname()[1])
            threading.Thread(target=self.loop, args=(listener, serve), daemon=True).start()

    @staticmethod
    def loop(listener, serve):
        while True:
            with listener.accept()[0] as s:
                try:
                    serve(s)
                except OSError:     # the guest went away, and whoever waits for it says so
                    pass

    def give(self, s):
        s.sendall(self.data)

    def take(self, s):
        h = hashlib.sha256()
        while data := s.recv(65536):
            h.update(data)
        self.came.append(h.hexdigest())


class Server:
    """an iperf3 on the host"""

    def __init__(self):
        self.port = free_port()
        self.process = subprocess.Popen(["iperf3", "-s", "-B", "127.0.0.1", "-p", str(self.port)],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def end(self):
        self.process.terminate()
        self.process.wait()


def check(what, got, want):
    if got != want:
        raise Failure(f"{what}: {got!r} instead of {want!r}")


class Run:
    """one guest, or two"""

    def __init__(self, options, results, row):
        self.options = options
        self.results = results
        self.row = row
        self.work = os.path.join(options.log, row.name)
        shutil.rmtree(self.work, ignore_errors=True)
        os.makedirs(self.work)
        self.initrd = build_initrd(options, self.work)
        self.recoveries = 0
        self.rates = []
        self.files = Files()
        self.servers = [Server() for _ in range(2)]
        # what the card's load and its files go to
        self.port, self.file_ports = (5201, [8000, 8001]) if row.pair else (self.servers[0].port, self.files.ports)

    def argv(self, *extra, smp=1):
        return self.options.vmm + [
            "-M", "pseries", "-cpu", "power9", "-smp", str(smp), "-m", "1G", "-nographic", "-nodefaults", "-serial", "stdio",
            "-kernel", os.path.join(self.options.guests, "debian-ppc64el", "vmlinux"), "-initrd", self.initrd,
            "-append", "console=hvc0 quiet nowatchdog rcupdate.rcu_cpu_stall_suppress=1", *extra]

    def guest(self, name, argv):
        g = Guest(argv, os.path.join(self.work, name), self.options.scale)
        g.expect(PROMPT, 200, "shell prompt")
        g.run("sh /it/start", 60)
        return g

    def other(self):
        """the server's guest"""
        return self.guest("server", self.argv("-netdev", f"stream,id=n,server=on,addr.type=unix,addr.path={self.work}/net",
                                              "-device", f"spapr-vlan,netdev=n,mac={mac(9)}"))

    def one(self):
        row = self.row
        monitor = os.path.join("/tmp", f"pv-iperf-{os.getpid()}-{row.name}")
        first = f"stream,addr.type=unix,addr.path={self.work}/net" if row.pair else "user,net=10.0.2.0/24"
        second = row.second or row.card + ",bus=port"
        g = self.guest("client", self.argv(
            "-netdev", first + ",id=n0", "-device", f"{row.card},netdev=n0,mac={mac(1)},id=card",
            "-netdev", "user,id=n1,net=10.0.3.0/24", "-netdev", "user,id=n2,net=10.0.4.0/24",
            "-device", "pcie-root-port,id=port,addr=8",
            "-device", f"{second},netdev=n2,mac={mac(3)},id=second" + ("" if "bus=" in second else ",addr=9"),
            "-monitor", f"unix:{monitor},server=on,wait=off", smp=row.smp))
        self.monitor = Monitor(monitor, self.options.scale)
        os.unlink(monitor)
        return g

    def tell(self, command):
        said = self.monitor(command)
        if said and said != "OK":
            raise Failure(f"{command}: {said}")

    def short(self, g, net):
        """an iperf3 over another card"""
        said = g.run(f"iperf3 -4 -f m -c 10.0.{net}.2 -p {self.servers[1].port} -t 1 -b 50M | tail -4", 120)
        if not re.search(r"[1-9]\S* MBytes .*receiver", said) or "iperf Done." not in said:
            raise Failure(f"iperf3 over the network 10.0.{net}.0: {said!r}")

    def plug(self, g):
        self.tell(f"device_add {self.row.hot or self.row.card},id=hot,netdev=n1,mac={mac(2)}")
        g.run(f"sh /it/up {mac(2)} 10.0.3.15", 240)
        self.short(g, 3)
        self.tell("device_del hot")
        g.run(f"sh /it/gone {mac(2)}", 240)
        end = time.monotonic() + 120 * self.options.scale
        while re.search(r'\bid "?hot\b', self.monitor("info qtree")):
            if time.monotonic() > end:
                raise Failure("the card that was plugged in does not go")
            g.read(0.2)

    def address(self, g, last):
        """of the card's PCI function in the guest"""
        return g.run(f"sh /it/where {mac(last)}")

    def error(self, g):
        """injected by the guest itself, and found at its next look"""
        where = self.address(g, 3)
        m = re.fullmatch(r"([0-9a-f]{4}):([0-9a-f]{2}):([0-9a-f]{2})\.([0-7])", where)
        if not m:
            raise Failure(f"the second card is at {where!r}")
        config = int(m[2], 16) << 16 | int(m[3], 16) << 11 | int(m[4]) << 8
        check("errinjct", g.run(f"errinjct {config:#x} {LOAD_CONFIG}"), "errinjct: 0")
        g.run(f"sh /it/look {where}")
        self.recovered(g)

    def recovered(self, g):
        self.recoveries += 1
        check("not recovered", g.run(f"sh /it/recovered {self.recoveries}", 240)[:80], "")

    def own_error(self, g):
        """comes from outside, and is met by the card's next frame"""
        where = self.address(g, 1)
        self.tell("eeh_inject_error card dma-write")
        g.run("sleep 0.5")
        g.run(f"sh /it/look {where}")
        self.recovered(g)

    def under(self, g, server, name, arguments):
        """all that happens under one load"""
        g.run("rm -f /it/stop /it/loaded /it/moved /it/failed /it/sums")
        came = len(self.files.came)
        if server:
            server.run("rm -f /it/sum")
        g.run(f"(sh /it/load -c 10.0.2.2 -p {self.port} {arguments} &)")
        g.run("sleep 1")
        g.run("(sh /it/files {} {} &)".format(*self.file_ports))
        self.plug(g)
        self.error(g)
        g.run(f"sh /it/up {mac(3)} 10.0.4.15", 120)
        self.short(g, 4)
        if self.row.own:
            self.own_error(g)
        g.run("sh /it/wait /it/moved", 240)
        g.run("> /it/stop; while [ ! -e /it/loaded ]; do sleep 0.1; done", 240)
        check(f"iperf3, {name}", g.run("cat /it/failed"), "")
        self.rates.append((name, g.run("cat /it/sums")))
        self.moved(g, server, came)
        self.results.add(f"{self.row.name}: {name} while a card comes and goes and another one"
                         + (" and it itself" if self.row.own else "") + " recovers from an error")

    def moved(self, g, server, came):
        got = g.run("cut -c1-64 /it/moved")
        if server:
            check("the file from the other guest", got, server.run("sha256sum < /it/file").split()[0])
            server.run("sh /it/wait /it/sum", 60)
            check("the file to the other guest", server.run("cut -c1-64 /it/sum"), got)
            return
        check("the file from the host", got, self.files.sum)
        end = time.monotonic() + 60 * self.options.scale
        while len(self.files.came) == came and time.monotonic() < end:
            time.sleep(0.1)
        check("the file to the host", self.files.came[came:], [self.files.sum])

    def run(self):
        server = self.other() if self.row.pair else None
        try:
            if server:
                server.run(f"sh /it/up {mac(9)} 10.0.2.2")
                server.run("sh /it/serve", 60)
            with self.one() as g:
                g.run(f"sh /it/up {mac(1)} 10.0.2.15")
                g.run(f"sh /it/up {mac(3)} 10.0.4.15")
                for name, arguments in MODES if self.options.full else SHORT:
                    self.under(g, server, name, arguments)
                trouble = g.run("dmesg | grep -E 'Oops|BUG|WARNING|NETDEV WATCHDOG'")
                check("the kernel's log", trouble, "")
                self.power_off(g)
            if server:
                self.power_off(server)
        finally:
            for s in self.servers:
                s.end()
            if server:
                server.__exit__()

    def power_off(self, g):
        g.type("poweroff -f\n")
        if g.wait(60):
            raise Failure(f"poweroff: {g.ending()}")


def summary(run):
    for name, text in run.rates:
        for line in text.splitlines():
            run.results.note(f"{run.row.name}: {name}: {' '.join(line.split())}")


def test(row):
    def case(options, results):
        run = Run(options, results, row)
        try:
            run.run()
        finally:
            summary(run)
    return case


TESTS = [suite.Test(row.name, test(row), quick=row.name == "e1000") for row in ROWS]


def main():
    return suite.run(suite.parser(__doc__, "iperf"), TESTS)


if __name__ == "__main__":
    sys.exit(main())

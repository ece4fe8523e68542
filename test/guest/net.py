#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Networks under a real guest: Debian's kernel with Debian's drivers fetches a file from a server on the host, sends
one back, is reached from the host by hostfwd and reaches a command and a character device by guestfwd; checksums on both sides. Firmware
fetches a program by TFTP and starts it. Cases of tap interfaces run in a network namespace of their own, where one can be had.

Prints ok/not ok lines.
"""

import argparse
import contextlib
import fcntl
import hashlib
import http.server
import os
import queue
import random
import shlex
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time
from dataclasses import dataclass

import suite
from guest import Failure, initrd_with

SIZE = 16 << 20

SCRIPT = """
dmesg -n 1
for pass in 1 2 3 4 5 6; do
    for m in /modules/*.ko; do insmod $m 2>/dev/null; done
done
say() { echo "net: $*"; }
ifconfig lo up
ifconfig eth0 10.0.2.15 netmask 255.255.255.0 up
route add default gw 10.0.2.2
say queues `ls -d /sys/class/net/eth0/queues/rx-* | wc -l`
say address `cat /sys/class/net/eth0/address`
wget -q -O /tmp/file http://10.0.2.2:PORT/file && say fetched `sha256sum < /tmp/file`
say frames `cat /sys/class/net/eth0/statistics/rx_packets`
nc 10.0.2.2 SINK < /tmp/file && say sent
GUESTFWD
ECHO
say listening
nc -l -p 5000 < /tmp/file
say served
grep eth0 /proc/net/dev
dmesg | grep -E "Oops|BUG|WARNING|NETDEV WATCHDOG" | sed 's/^/net: trouble /'
poweroff -f
"""


# to a character device and back; what is behind it is slow
ECHO_BYTES = 2 << 20
ECHO = f"""{{ dd if=/tmp/file bs=64k count={ECHO_BYTES >> 16} 2>/dev/null; sleep 9999; }} | nc 10.0.2.101 1235 | \\
    head -c {ECHO_BYTES} | sha256sum > /tmp/echo &
while [ ! -s /tmp/echo ]; do sleep 0.1; done
say echoed `cat /tmp/echo`"""


def echo(where, process):
    """gives back what comes, after a while in which it takes nothing: the guest has more to say than is kept for us.
    What is to be given back never keeps it from taking more: the guest's nc does not take while it gives."""
    def give(s, data):
        with contextlib.suppress(OSError):
            while piece := data.get():
                s.sendall(piece)

    while process.poll() is None:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as s:
            s.connect(where)
            data = queue.SimpleQueue()
            data.put(s.recv(1))
            time.sleep(2)
            giver = threading.Thread(target=give, args=(s, data), daemon=True)
            giver.start()
            while piece := s.recv(65536):
                data.put(piece)
            data.put(b"")
            giver.join()
        time.sleep(0.1)


@dataclass(frozen=True)
class Case:
    name: str
    device: str
    machine: str = "pseries"
    cpu: str = "power9"
    smp: int = 1
    tap: str = ""       # the interface's options; else the network is inside the process
    queues: int = 1
    echo: bool = False  # over a guestfwd to a character device
    frames: int = 0     # more than these with the file say that large ones came as many small ones; 0: it does not matter


TAP = "tap,id=n,ifname=pv0,script=no,downscript=no"
CASES = [
    Case("virtio-net", "virtio-net-pci,netdev=n,mac=52:54:00:ab:cd:ef", echo=True),
    Case("virtio-net-iommu-packed", "virtio-net-pci,netdev=n,mac=52:54:00:ab:cd:ef,iommu_platform=on,packed=on",
         "pseries,ic-mode=xics"),
    Case("virtio-net-power8-legacy", "virtio-net-pci,netdev=n,mac=52:54:00:ab:cd:ef,disable-modern=on", cpu="power8"),
    Case("spapr-vlan", "spapr-vlan,netdev=n,mac=52:54:00:ab:cd:ef", frames=4000),
    Case("spapr-vlan-power8", "spapr-vlan,netdev=n,mac=52:54:00:ab:cd:ef", cpu="power8"),
    Case("virtio-net-undone", "virtio-net-pci,netdev=n,mac=52:54:00:ab:cd:ef,csum=off,guest_csum=off,mrg_rxbuf=off"),
    Case("virtio-net-tap", "virtio-net-pci,netdev=n,mac=52:54:00:ab:cd:ef", tap=TAP),
    Case("virtio-net-tap-undone", "virtio-net-pci,netdev=n,mac=52:54:00:ab:cd:ef,csum=off,guest_csum=off", tap=TAP),
    Case("virtio-net-tap-mq", "virtio-net-pci,netdev=n,mac=52:54:00:ab:cd:ef,mq=on", smp=2, tap=TAP + ",queues=2",
         queues=2),
    # opened here and handed over, one for each queue
    Case("virtio-net-tap-fds", "virtio-net-pci,netdev=n,mac=52:54:00:ab:cd:ef,mq=on", smp=2, tap="tap,id=n,fds=FDS", queues=2),
    Case("e1000", "e1000,netdev=n,mac=52:54:00:ab:cd:ef"),
    Case("e1000-power8-xics", "e1000,netdev=n,mac=52:54:00:ab:cd:ef", "pseries,ic-mode=xics", cpu="power8"),
]

# cards that firmware boots from: name, device
NETBOOT = [("netboot-spapr-vlan", "spapr-vlan,netdev=n"), ("netboot-virtio-net", "virtio-net-pci,netdev=n"),
           ("netboot-e1000", "e1000,netdev=n")]


def tap_queue():
    """one more queue of pv0"""
    fd = os.open("/dev/net/tun", os.O_RDWR)
    # TUNSETIFF; IFF_TAP, IFF_NO_PI, IFF_VNET_HDR, IFF_MULTI_QUEUE
    fcntl.ioctl(fd, 0x400454ca, struct.pack("16sH22x", b"pv0", 0x0002 | 0x1000 | 0x4000 | 0x0100))
    return fd


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):       # pylint: disable=invalid-name
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.data)))
        self.end_headers()
        self.wfile.write(self.server.data)

    def log_message(self, format, *args):       # pylint: disable=redefined-builtin
        pass


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def receive(s):
    h = hashlib.sha256()
    while True:
        data = s.recv(65536)
        if not data:
            return h.hexdigest()
        h.update(data)


class Net:
    def __init__(self, options, case):
        self.options = options
        self.case = case
        self.folder = os.path.join(options.log, case.name)
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        self.sunk = None
        self.output = ""

    def sink(self, listener):
        s = listener.accept()[0]
        with s:
            self.sunk = receive(s)

    def from_guest(self, where, process):
        """what the guest serves: its listener may come up a little after it says so"""
        end = time.monotonic() + 60 * self.options.scale
        while time.monotonic() < end and process.poll() is None:
            try:
                with socket.create_connection(where, 30) as s:
                    s.settimeout(60 * self.options.scale)
                    digest = receive(s)
                    if digest != hashlib.sha256().hexdigest():
                        return digest
            except ConnectionRefusedError:
                pass
            time.sleep(0.5)
        raise Failure("nothing came from the guest")

    def run(self, results):
        c = self.case
        data = random.Random(c.name).randbytes(SIZE)
        want = hashlib.sha256(data).hexdigest()
        here = "10.0.2.2" if c.tap else "127.0.0.1"
        server = http.server.ThreadingHTTPServer((here, 0), Handler)
        server.data = data
        threading.Thread(target=server.serve_forever, daemon=True).start()
        listener = socket.create_server((here, 0))
        threading.Thread(target=self.sink, args=(listener,), daemon=True).start()
        script = SCRIPT.replace("PORT", str(server.server_port)).replace("SINK", str(listener.getsockname()[1]))
        script = script.replace("ECHO", ECHO if c.echo else "").replace("GUESTFWD", "" if c.tap else "say forwarded `nc 10.0.2.100 1234 < /dev/null`")
        forward = free_port()
        guest = ("10.0.2.15", 5000) if c.tap else ("127.0.0.1", forward)
        argv = self.options.vmm + [
            "-M", c.machine, "-cpu", c.cpu, "-smp", str(c.smp), "-m", "512M", "-nographic", "-nodefaults", "-serial", "stdio",
            "-kernel", os.path.join(self.options.guests, "debian-ppc64el", "vmlinux"),
            "-initrd", initrd_with(self.options.guests, self.folder, script),
            "-append", "console=hvc0 quiet nowatchdog rcupdate.rcu_cpu_stall_suppress=1 net.ifnames=0",
            "-netdev", c.tap or f"user,id=n,hostfwd=tcp:127.0.0.1:{forward}-10.0.2.15:5000,"
            "guestfwd=tcp:10.0.2.100:1234-cmd:echo well,guestfwd=tcp:10.0.2.101:1235-chardev:c", "-device", c.device]
        if not c.tap:
            argv += ["-chardev", f"socket,id=c,path={self.folder}/echo,server=on,wait=off"]
        fds = [tap_queue() for _ in range(c.queues)] if "FDS" in c.tap else []
        argv = [a.replace("FDS", ":".join(str(f) for f in fds)) for a in argv]
        said = {}
        with subprocess.Popen(argv, pass_fds=fds, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as p:
            killer = threading.Timer(180 * self.options.scale, p.kill)
            killer.start()
            if c.echo:
                threading.Thread(target=echo, args=(f"{self.folder}/echo", p), daemon=True).start()
            digest = None
            for raw in p.stdout:
                line = raw.decode(errors="replace").strip()
                self.output += line + "\n"
                words = line.split()
                if words[:1] == ["net:"] and len(words) > 1:
                    said[words[1]] = words[2] if len(words) > 2 else ""
                    if words[1] == "listening":
                        try:
                            digest = self.from_guest(guest, p)
                        except (Failure, OSError) as e:
                            self.output += f"{e}\n"
                            p.kill()
            status = p.wait()
            killer.cancel()
        server.shutdown()

        def equal(what, got, expected):
            results.add(f"{c.name}: {what}", None if got == expected else f"got {got!r}, expected {expected!r}")

        equal("queues", said.get("queues"), str(c.queues))
        equal("address", said.get("address"), "52:54:00:ab:cd:ef")
        equal("fetched by the guest", said.get("fetched"), want)
        equal("sent by the guest", self.sunk, want)
        equal("served by the guest", digest, want)
        if not c.tap:
            equal("guestfwd to a command", said.get("forwarded"), "well")
        if c.echo:
            equal("guestfwd to a character device", said.get("echoed"), hashlib.sha256(data[:ECHO_BYTES]).hexdigest())
        if c.frames:
            many = int(said.get("frames", c.frames + 1))
            results.add(f"{c.name}: large frames", f"{many} frames" if many > c.frames else None)
        equal("no trouble in the kernel's log", said.get("trouble"), None)
        equal("exit status", status, 0)


def netboot(options, name, device, results):
    """the program of netboot.c sums what came with it and says so; firmware then goes on to its prompt"""
    folder = os.path.join(options.log, name)
    os.makedirs(folder, exist_ok=True)
    blob = random.Random(name).randbytes(1 << 20)
    want = 0
    for byte in blob:
        want = (want * 31 + byte) & 0xffffffff
    with open(os.path.join(folder, "blob"), "wb") as f:
        f.write(blob)
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "netboot.c")
    subprocess.run(["powerpc-linux-gnu-gcc", "-O2", "-Wall", "-Wextra", "-ffreestanding", "-fno-pic", "-no-pie",
                    "-nostdlib", "-static", "-Wl,-Ttext=0x1000000,-z,norelro,--build-id=none",
                    f'-DBLOB="{folder}/blob"', "-o", os.path.join(folder, "program"), source], check=True)
    argv = options.vmm + ["-M", "pseries", "-m", "512M", "-nographic", "-nodefaults", "-serial", "stdio", "-boot", "n",
                          "-netdev", f"user,id=n,tftp={folder},bootfile=program", "-device", device]
    said = None
    with open(os.path.join(folder, "console"), "w", encoding="utf-8") as console, \
            subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as p:
        killer = threading.Timer(120 * options.scale, p.kill)
        killer.start()
        for raw in p.stdout:
            line = raw.decode(errors="replace")
            console.write(line)
            if line.startswith("netboot: sum "):
                said = line.split()[2]
                break
        killer.cancel()
        p.kill()
    results.add(f"{name}: what came by TFTP", None if said == f"{want:08x}" else f"got {said}, expected {want:08x}")


# what a guest finds in a network with its own numbers: by DHCP, by router advertisements, and over IPv6
NUMBERS = ("net=192.168.76.0/255.255.255.0,host=192.168.76.9,dns=192.168.76.8,dhcpstart=192.168.76.100,hostname=pv,"
           "domainname=example.org,dnssearch=a.example,dnssearch=b.example,tftp-server-name=boots,bootfile=thing,"
           "ipv6-net=fd00:77::/64,ipv6-host=fd00:77::9,ipv6-dns=fd00:77::8")
LEASE = "192.168.76.100/24 192.168.76.9 192.168.76.8 example.org pv boots thing [a.example b.example]"
NUMBERS_SCRIPT = """
dmesg -n 1
for pass in 1 2 3 4 5 6; do
    for m in /modules/*.ko; do insmod $m 2>/dev/null; done
done
ifconfig lo up
ifconfig eth0 up
cat > /tmp/bound <<'END'
#!/bin/sh
[ $1 = bound ] && echo "net: lease $ip/$mask $router $dns $domain $hostname $tftp $boot_file$bootfile [$search]"
END
chmod +x /tmp/bound
udhcpc -n -q -f -i eth0 -O search -O tftp -O bootfile -s /tmp/bound 2>/dev/null
i=0
until grep -q ^fd0000770000000050 /proc/net/if_inet6 || [ $i -gt 100 ]; do sleep 0.1; i=$((i + 1)); done
sleep 2
echo "net: six $(grep -o '^fd00[0-9a-f]*' /proc/net/if_inet6)"
echo "net: fetched $(wget -q -O - 'http://[fd00:77::9]:PORT/file' | sha256sum)"
poweroff -f
"""


class Server6(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6


def numbers(options, name, keys, expected, results):
    """a user network with these keys"""
    folder = os.path.join(options.log, name)
    os.makedirs(folder, exist_ok=True)
    try:
        server = Server6(("::1", 0), Handler)
    except OSError as e:
        results.note(f"{name}: skipped, this host has no IPv6: {e}")
        return
    server.data = random.Random(name).randbytes(1 << 20)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    script = NUMBERS_SCRIPT.replace("PORT", str(server.server_port))
    argv = options.vmm + ["-M", "pseries", "-cpu", "power9", "-m", "512M", "-nographic", "-nodefaults", "-serial", "stdio",
                          "-kernel", os.path.join(options.guests, "debian-ppc64el", "vmlinux"),
                          "-initrd", initrd_with(options.guests, folder, script), "-append", "console=hvc0 quiet",
                          "-netdev", f"user,id=n,{keys}", "-device", "virtio-net-pci,netdev=n"]
    p = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=180 * options.scale)
    server.shutdown()
    said = p.stdout.decode(errors="replace").replace("\r", "")
    with open(os.path.join(folder, "console"), "w", encoding="utf-8") as f:
        f.write(said)
    got = dict(line[5:].split(" ", 1) for line in said.splitlines() if line.startswith("net: ") and " " in line[5:])
    expected = dict(expected, fetched=hashlib.sha256(server.data if "six" in expected else b"").hexdigest() + "  -")
    for key in "lease", "six", "fetched":
        results.add(f"{name}: {key}", None if got.get(key, "") == expected.get(key, "") else
                    f"got {got.get(key)!r}, expected {expected.get(key)!r}")


NUMBERED = [
    ("user-numbers", NUMBERS, {"lease": LEASE, "six": "fd00007700000000505400fffe123456"}),
    ("user-only-ipv4", NUMBERS + ",ipv6=off", {"lease": LEASE}),
    ("user-only-ipv6", NUMBERS + ",ipv6=on", {"six": "fd00007700000000505400fffe123456"}),
]


# root has one of networks; others have one of users around it, where the host allows that
NAMESPACE = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-r", "-n"]


def tap_possible():
    """a namespace and an interface in it"""
    return shutil.which("ip") and subprocess.run(
        [*NAMESPACE, "ip", "tuntap", "add", "dev", "pv0", "mode", "tap"], check=False,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def in_namespace(options, case, results):
    """this script again, for one case, with an interface pv0 that has the address 10.0.2.2"""
    queues = "multi_queue" if case.queues > 1 else ""
    script = (f"ip link set lo up && ip tuntap add dev pv0 mode tap {queues} && ip addr add 10.0.2.2/24 dev pv0 && "
              'ip link set pv0 up && exec "$@"')
    argv = [*NAMESPACE, "sh", "-c", script, "sh", sys.executable, os.path.abspath(__file__), "--namespace",
            "--vmm", shlex.join(options.vmm), "--guests", options.guests, "--log", options.log, "--scale",
            str(options.scale), case.name]
    said = subprocess.run(argv, check=False, capture_output=True, text=True)
    lines = [line for line in said.stdout.splitlines() if not line.startswith("#")]
    for line in lines or [f"not ok - {case.name}: {said.stderr[-300:]}"]:
        good, name = line.startswith("ok - "), line.partition(" - ")[2]
        results.add(name if good else name.rpartition(": ")[0] or name, None if good else name.rpartition(": ")[2])


def check(options, case, results):
    if case.tap and not options.namespace:
        if tap_possible():
            in_namespace(options, case, results)
        else:
            results.note(f"{case.name}: skipped, no tap interface can be had here: it takes root or user namespaces, and /dev/net/tun")
        return
    net = Net(options, case)
    try:
        net.run(results)
    except (Failure, OSError, subprocess.SubprocessError) as e:
        results.add(case.name, f"{e}; {net.output[-300:]!r}")
    with open(os.path.join(net.folder, "console"), "w", encoding="utf-8") as f:
        f.write(net.output)


TESTS = [suite.Test(c.name, lambda o, r, c=c: check(o, c, r)) for c in CASES]
TESTS += [suite.Test(name, lambda o, r, n=name, d=device: netboot(o, n, d, r)) for name, device in NETBOOT]
TESTS += [suite.Test(name, lambda o, r, a=(name, keys, expected): numbers(o, *a, r), quick=name == "user-numbers")
          for name, keys, expected in NUMBERED]


def main():
    p = suite.parser(__doc__, "net")
    p.add_argument("--namespace", action="store_true", help=argparse.SUPPRESS)
    return suite.run(p, TESTS)


sys.exit(main())

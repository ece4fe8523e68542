#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Virtio devices other than disks and networks under Debian's kernel with Debian's drivers: serial ports, in both
directions and while the host's end comes and goes; a balloon, and what it makes of the program's size; a
folder of the host; sockets between guest and host.

Prints ok/not ok lines.
"""

import hashlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import zlib

import suite
from guest import Failure, initrd_with

HEAD = """
dmesg -n 1
for pass in 1 2 3 4 5 6; do
    for m in /modules/*.ko; do case $m in LATER) ;; *) insmod $m 2>/dev/null;; esac; done
done
say() { echo "virtio: $*"; }
"""
TAIL = """
dmesg | grep -E "Oops|BUG|WARNING|virtio.*(fail|error)" | sed 's/^/virtio: trouble /'
poweroff -f
"""


class Run:
    """one guest with a script; its lines `virtio: NAME VALUE` come to on_line() as they are said"""

    def __init__(self, options, name, devices, script, *, cpu="power9", machine="pseries", later="none",
                 programs=()):
        self.options = options
        self.name = name
        self.folder = os.path.abspath(os.path.join(options.log, name))
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        self.said = {}
        self.output = ""
        self.process = None
        self.argv = options.vmm + [
            "-M", machine, "-cpu", cpu, "-smp", "2", "-m", "512M", "-nographic", "-nodefaults", "-serial", "stdio",
            "-kernel", os.path.join(options.guests, "debian-ppc64el", "vmlinux"),
            "-initrd", initrd_with(options.guests, self.folder, HEAD.replace("LATER", later) + script + TAIL,
                                   programs),
            "-append", "console=hvc0 quiet nowatchdog rcupdate.rcu_cpu_stall_suppress=1", *devices]

    def rss(self):
        """of the program, in MiB"""
        with open(f"/proc/{self.process.pid}/statm", encoding="ascii") as f:
            return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20

    def run(self, on_line=lambda run, name, value: None):
        with subprocess.Popen(self.argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT) as p:
            self.process = p
            killer = threading.Timer(180 * self.options.scale, p.kill)
            killer.start()
            try:
                for raw in p.stdout:
                    line = raw.decode(errors="replace").strip()
                    self.output += line + "\n"
                    words = line.split(maxsplit=2)
                    if words[:1] == ["virtio:"] and len(words) > 1:
                        self.said[words[1]] = words[2] if len(words) > 2 else ""
                        on_line(self, words[1], self.said[words[1]])
                status = p.wait()
            finally:
                killer.cancel()
                p.kill()
                with open(os.path.join(self.folder, "console"), "w", encoding="utf-8") as f:
                    f.write(self.output)
        if status:
            raise Failure(f"exit status {status}; {self.output[-300:]!r}")

    def type(self, text):
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def equal(self, results, what, got, want):
        results.add(f"{self.name}: {what}", None if got == want else f"got {got!r}, expected {want!r}")

    def holds(self, results, what, condition, got):
        results.add(f"{self.name}: {what}", None if condition else f"got {got!r}")

    def end(self, results):
        self.equal(results, "no trouble in the kernel's log", self.said.get("trouble"), None)


# --- serial ports ---
SERIAL_BYTES = 3 << 19
SERIAL = """
mkdir -p /dev/virtio-ports
for p in /sys/class/virtio-ports/*; do
    read name < $p/name
    [ -z "$name" ] || ln -s ../${p##*/} /dev/virtio-ports/$name
done
say names `ls /dev/virtio-ports`
P=/dev/virtio-ports/org.test.data
sh < /dev/hvc1 > /dev/hvc1 2>&1 &
say console
read answer
say reading
head -c BYTES $P > /tmp/data
say got `sha256sum < /tmp/data`
say sending
cat /tmp/data > $P
say gone
read answer
say empty `head -c 10 $P | wc -c`
say again
read answer
say second `head -c 6 $P`
"""


def connect(path, scale):
    end = time.monotonic() + 20 * scale
    while True:
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(120 * scale)
        try:
            s.connect(path)
            return s
        except OSError:
            s.close()
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def receive(s, want):
    data = b""
    while not want(data):
        piece = s.recv(65536)
        if not piece:
            break
        data += piece
    return data


def serial(options, results, name, properties, **where):
    sockets = tempfile.mkdtemp(prefix="pv-serial-")
    con, data = os.path.join(sockets, "con"), os.path.join(sockets, "data")
    given = random.Random(name).randbytes(SERIAL_BYTES)
    devices = ["-device", "virtio-serial-pci,id=ser" + properties,
               "-chardev", f"socket,id=con,path={con},server=on,wait=off",
               "-device", "virtconsole,bus=ser.0,chardev=con",
               "-chardev", f"socket,id=data,path={data},server=on,wait=off",
               "-device", "virtserialport,bus=ser.0,chardev=data,name=org.test.data",
               "-device", "virtserialport,bus=ser.0,name=org.test.none,nr=5"]
    run = Run(options, name, devices, SERIAL.replace("BYTES", str(SERIAL_BYTES)), **where)
    got = {}

    def on_line(_, what, __):
        if what == "console":
            with connect(con, options.scale) as s:
                s.sendall(b"echo con-$((6 * 7))\n")
                got["console"] = b"con-42" in receive(s, lambda d: b"con-42" in d)
            got["socket"] = connect(data, options.scale)
            run.type("go\n")
        elif what == "reading":
            threading.Thread(target=got["socket"].sendall, args=(given,)).start()
        elif what == "sending":
            # slower than the guest at first
            time.sleep(0.5)
            got["data"] = receive(got["socket"], lambda d: len(d) >= SERIAL_BYTES)
        elif what == "gone":
            got["socket"].close()
            time.sleep(0.5)
            run.type("go\n")
        elif what == "again":
            got["socket"] = connect(data, options.scale)
            got["socket"].sendall(b"second")
            run.type("go\n")
    try:
        run.run(on_line)
    finally:
        shutil.rmtree(sockets)
    digest = hashlib.sha256(given).hexdigest()
    run.equal(results, "names of ports", run.said.get("names"), "org.test.data org.test.none")
    run.equal(results, "a shell on the console", got.get("console"), True)
    run.equal(results, "the guest reads what the host sends", run.said.get("got"), digest + " -")
    run.equal(results, "the host reads what the guest sends", hashlib.sha256(got.get("data", b"")).hexdigest(), digest)
    run.equal(results, "a port without a peer reads as empty", run.said.get("empty"), "0")
    run.equal(results, "a second peer", run.said.get("second"), "second")
    run.end(results)


# --- balloon ---
FILL = """
fill() { dd if=/dev/urandom of=/tmp/fill bs=1M count=$1 2>/dev/null; sha256sum < /tmp/fill; }
total() { while read k v u; do [ $k != MemTotal: ] || echo $v; done < /proc/meminfo; }
"""
BALLOON = FILL + """
fill 200 > /dev/null
rm /tmp/fill
say filled `total`
i=0
while [ `total` -gt 300000 ] && [ $i -lt 300 ]; do sleep 0.2; i=$((i + 1)); done
say inflated `total`
read answer
i=0
while [ `total` -lt 400000 ] && [ $i -lt 300 ]; do sleep 0.2; i=$((i + 1)); done
say deflated `total`
a=`fill 150`
[ "$a" = "`sha256sum < /tmp/fill`" ] && say intact
"""
REPORTING = FILL + """
a=`fill 100`
dd if=/dev/urandom of=/tmp/more bs=1M count=150 2>/dev/null
say filled
rm /tmp/more
read answer
[ "$a" = "`sha256sum < /tmp/fill`" ] && say intact
b=`fill 150`
[ "$b" = "`sha256sum < /tmp/fill`" ] && say again
"""


class Monitor:
    def __init__(self, path, scale):
        self.socket = connect(path, scale)
        self.read()

    def read(self):
        return receive(self.socket, lambda d: d.endswith(b") ")).decode(errors="replace")

    def command(self, line):
        self.socket.sendall(line.encode() + b"\n")
        return self.read()


def balloon(options, results, name, properties, **where):
    folder = tempfile.mkdtemp(prefix="pv-balloon-")
    path = os.path.join(folder, "monitor")
    run = Run(options, name, ["-device", "virtio-balloon-pci" + properties,
                              "-monitor", f"unix:{path},server=on,wait=off"], BALLOON, **where)
    got = {}

    def on_line(_, what, __):
        if what == "filled":
            got["before"] = run.rss()
            got["monitor"] = Monitor(path, options.scale)
            got["monitor"].command("balloon 200")
        elif what == "inflated":
            end = time.monotonic() + 60 * options.scale
            while "actual=200" not in got.get("info", "") and time.monotonic() < end:
                time.sleep(0.5)
                got["info"] = got["monitor"].command("info balloon")
            got["after"] = run.rss()
            got["monitor"].command("balloon 512")
            run.type("go\n")
    try:
        run.run(on_line)
    finally:
        shutil.rmtree(folder)
    run.holds(results, "the program is smaller by 100 MiB", got["after"] < got["before"] - 100, got)
    run.holds(results, "the monitor knows how much the guest has", "actual=200" in got["info"], got["info"])
    run.holds(results, "statistics of the guest", "free-memory" in got["info"], got["info"])
    run.holds(results, "the guest got its memory back", int(run.said.get("deflated", 0)) >= 400000, run.said)
    run.equal(results, "memory is intact", "intact" in run.said, True)
    run.end(results)


def reporting(options, results, name, properties, **where):
    run = Run(options, name, ["-device", "virtio-balloon-pci,free-page-reporting=on" + properties], REPORTING, **where)
    got = {}

    def on_line(_, what, __):
        if what == "filled":
            got["before"] = got["after"] = run.rss()
            end = time.monotonic() + 60 * options.scale
            while time.monotonic() < end and got["after"] > got["before"] - 100:
                time.sleep(0.5)
                got["after"] = run.rss()
            run.type("go\n")
    run.run(on_line)
    run.holds(results, "the program is smaller by 100 MiB", got["after"] < got["before"] - 100, got)
    run.equal(results, "memory is intact", ("intact" in run.said, "again" in run.said), (True, True))
    run.end(results)


# --- a folder of the host ---
FOLDER = """
mkdir -p /mnt
mount -t 9p -o trans=virtio,version=9p2000.L TAG /mnt && say mounted
say read `sha256sum < /mnt/given`
say listed `ls /mnt/many | wc -l`
say link `readlink /mnt/link`
cp /mnt/given /mnt/copy
mkdir /mnt/new
dd if=/dev/urandom of=/mnt/new/random bs=100k count=30 2>/dev/null
say random `sha256sum < /mnt/new/random`
mv /mnt/new/random /mnt/renamed
ln -s renamed /mnt/new-link
ln /mnt/renamed /mnt/hard
chmod 741 /mnt/renamed
chown 12:34 /mnt/renamed
say mode `stat -c %a:%u:%g /mnt/renamed`
say kinds `stat -c %F /mnt/new-link | tr ' ' -` `stat -c %h /mnt/renamed`
echo one > /mnt/text; echo two >> /mnt/text; say text `cat /mnt/text`
say escape `cat /mnt/outside 2>/dev/null`
ATTRIBUTES
rm -r /mnt/many
rmdir /mnt/new && say removed
( cd /mnt && for i in 1 2 3 4 5 6 7 8; do echo $i > f$i & done; wait; cat f? ) | sort | tr -d '\\n' > /tmp/par
say parallel `cat /tmp/par`
sync
umount /mnt && say unmounted
"""


def folder(options, results, name, model, properties, virtfs=False, **where):
    share = tempfile.mkdtemp(prefix="pv-9p-")
    inside = os.path.join(share, "inside")
    os.makedirs(os.path.join(inside, "many"))
    given = random.Random(name).randbytes(3 << 20)
    with open(os.path.join(inside, "given"), "wb") as f:
        f.write(given)
    with open(os.path.join(share, "secret"), "w", encoding="ascii") as f:
        f.write("secret")
    os.symlink("given", os.path.join(inside, "link"))
    os.symlink("../secret", os.path.join(inside, "outside"))
    attributes = True
    try:
        os.setxattr(os.path.join(inside, "given"), "user.host", b"from the host")
    except OSError:
        attributes = False          # the host's file system has none
    for i in range(300):
        with open(os.path.join(inside, "many", f"a file of a folder of many {i}"), "w", encoding="ascii"):
            pass
    if virtfs:
        devices = ["-virtfs", f"local,path={inside},mount_tag=tag,security_model={model}"]
    else:
        devices = ["-fsdev", f"local,id=fs,path={inside},security_model={model}",
                   "-device", "virtio-9p-pci,fsdev=fs,mount_tag=tag" + properties]
    where["programs"] = [("bin/xattr", os.path.join(options.guests, "tests-ppc64el", "xattr"))]
    script = FOLDER.replace("TAG", "tag").replace("ATTRIBUTES", "say attributes `xattr /mnt/given`" if attributes else "")
    run = Run(options, name, devices, script, **where)
    try:
        run.run()
        said = run.said
        digest = hashlib.sha256(given).hexdigest()
        run.equal(results, "mounted and unmounted", ("mounted" in said, "unmounted" in said), (True, True))
        run.equal(results, "the guest reads what the host has", said.get("read"), digest + " -")
        run.equal(results, "names of a large folder", said.get("listed"), "300")
        run.equal(results, "a symbolic link", said.get("link"), "given")
        run.equal(results, "mode and owner", said.get("mode"), "741:12:34" if model == "mapped-xattr" or
                  os.getuid() == 0 else "741:0:0")
        run.equal(results, "a new link, two names", said.get("kinds"), "symbolic-link 2")
        run.equal(results, "appending", said.get("text"), "one two")
        run.equal(results, "links lead nowhere outside", said.get("escape"), "")
        if attributes:
            file = os.path.join(inside, "given")
            run.equal(results, "extended attributes", said.get("attributes"), "right")
            run.equal(results, "those that the host sees", {n: os.getxattr(file, n) for n in os.listxattr(file)
                                                            if not n.startswith("user.virtfs.")},
                      {"user.guest": b"of the guest"})
        else:
            print(f"# {name}: no extended attributes where {share} is")
        run.equal(results, "removing", "removed" in said, True)
        run.equal(results, "several at once", said.get("parallel"), "12345678")
        for file, want in ("copy", digest), ("renamed", said.get("random", "").split(" ")[0]):
            with open(os.path.join(inside, file), "rb") as f:
                run.equal(results, f"the host reads {file}", hashlib.sha256(f.read()).hexdigest(), want)
        mode = os.lstat(os.path.join(inside, "renamed")).st_mode & 0o777
        run.equal(results, "the mode on the host", oct(mode), "0o600" if model == "mapped-xattr" else "0o741")
        run.equal(results, "what is left on the host", sorted(os.listdir(inside)),
                  sorted(["given", "link", "outside", "copy", "renamed", "hard", "new-link", "text"] +
                         [f"f{i}" for i in range(1, 9)]))
    finally:
        shutil.rmtree(share)
    run.end(results)


# --- sockets ---
VSOCK_BYTES = 64 << 20
VSOCK_PERIOD = 1048573
VSOCK_CALLS = 40
VSOCK = """
vsock serve 5000 &
read answer
vsock call 6000 CALLS && say called
vsock call 6001
vsock call 6002
vsock call 6003 &
say unbinding
read answer
cd /sys/bus/virtio/drivers/vmw_vsock_virtio_transport
dev=`echo virtio*`
echo $dev > unbind
wait $!
say unbound
echo $dev > bind
vsock call 6004
vsock call 6005 &
say saving
read answer
wait $!
vsock call 6006
say late
read answer
"""


class Sockets:
    """the host's end of a guest's sockets"""

    def __init__(self, folder, scale):
        self.path = os.path.join(folder, "vsock")
        self.scale = scale

    def dial(self, port):
        """connected with the guest's port; None: it is refused"""
        s = connect(self.path, self.scale)
        s.sendall(b"CONNECT %d\n" % port)
        line = receive(s, lambda d: d.endswith(b"\n"))
        return s if line.startswith(b"OK ") else None

    def listen(self, port, backlog=16):
        s = socket.socket(socket.AF_UNIX)
        s.bind(f"{self.path}_{port}")
        s.listen(backlog)
        s.settimeout(120 * self.scale)
        return s

    def answer(self, listener):
        s = listener.accept()[0]
        s.settimeout(120 * self.scale)
        return s

    @staticmethod
    def give(s, count, period):
        """so many bytes, which repeat those of `period`; what the guest says of them is right"""
        s.sendall(b"sink\n")
        view, sent = memoryview(period * 2), 0
        while sent < count:
            at = sent % len(period)
            sent += s.send(view[at:at + min(count - sent, 1 << 18)])
        s.shutdown(socket.SHUT_WR)
        said = receive(s, lambda d: False).decode().split()
        return said == [str(count), str(zlib.crc32(period)), "0"]

    @staticmethod
    def take(s, count, delay=0.0):
        s.sendall(b"source %d\n" % count)
        time.sleep(delay)
        data = receive(s, lambda d: b"\n" in d)
        crc, _, first = data.partition(b"\n")
        pieces = [first]
        while True:
            piece = s.recv(1 << 20)
            if not piece:
                break
            pieces.append(piece)
        data = b"".join(pieces)
        period = data[:VSOCK_PERIOD]
        times = count // VSOCK_PERIOD + 1
        return len(data) == count and int(crc) == zlib.crc32(period) and data == (period * times)[:count]

    @staticmethod
    def echo(all_of_them):
        """one thing to each before any answers"""
        things = [random.Random(i).randbytes(30000) for i in range(len(all_of_them))]
        for s, thing in zip(all_of_them, things):
            s.sendall(b"echo\n" + thing)
            s.shutdown(socket.SHUT_WR)
        return [receive(s, lambda d: False) for s in all_of_them] == things


def until_closed(s):
    """reads to the end, or to the error that stands for it"""
    try:
        receive(s, lambda d: False)
    except ConnectionError:
        pass
    return True


def host_calls(run, results, sockets):
    """everything that a program on the host begins"""
    period = random.Random(run.name).randbytes(VSOCK_PERIOD)
    run.equal(results, "64 MiB to the guest", sockets.give(sockets.dial(5000), VSOCK_BYTES, period), True)
    run.equal(results, "64 MiB to the host", sockets.take(sockets.dial(5000), VSOCK_BYTES, 0.5), True)
    run.equal(results, "many at once", sockets.echo([sockets.dial(5000) for _ in range(VSOCK_CALLS)]), True)
    run.equal(results, "a port where nobody listens", sockets.dial(5001), None)
    s = connect(sockets.path, sockets.scale)
    s.sendall(b"HELLO\n")
    run.equal(results, "who asks for nothing is disconnected", s.recv(10), b"")
    s = sockets.dial(5000)
    s.sendall(b"deaf\n")
    deaf = receive(s, lambda d: d.endswith(b"\n"))
    try:
        while True:
            s.sendall(bytes(65536))
            time.sleep(0.01)
    except BrokenPipeError:
        deaf += b"and told"
    run.equal(results, "a guest that reads no more", deaf, b"deaf\nand told")
    s = sockets.dial(5000)
    s.sendall(b"flood\n")
    s.recv(65536)
    s.close()


def vsock(options, results, name, properties, device="virtio-vsock-pci", **where):
    folder = tempfile.mkdtemp(prefix="pv-vsock-")
    sockets = Sockets(folder, options.scale)
    state = os.path.join(folder, "state")
    devices = ["-device", f"{device},guest-cid=42,socket={sockets.path}{properties}"]
    where["programs"] = [("bin/vsock", os.path.join(options.guests, "tests-ppc64el", "vsock"))]
    script = VSOCK.replace("CALLS", str(VSOCK_CALLS))
    run = Run(options, name, devices + ["-x-save", state], script, **where)
    listeners = {port: sockets.listen(port, 4) for port in (6000, 6002, 6003, 6004, 6005, 6006)}
    got = {}

    def echo_one(port):
        return sockets.echo([sockets.answer(listeners[port])])

    def answer_calls():
        got["calls"] = sockets.echo([sockets.answer(listeners[6000]) for _ in range(VSOCK_CALLS)])
        got["back"] = sockets.take(sockets.answer(listeners[6002]), 4 << 20)
        got["held"] = sockets.answer(listeners[6003])
        got["held"].sendall(b"wait\n")

    def on_line(_, what, __):
        if what == "listens":
            host_calls(run, results, sockets)
        elif what == "flood":
            got["thread"] = threading.Thread(target=answer_calls)
            got["thread"].start()
            run.type("go\n")
        elif what == "unbinding":
            got["thread"].join()
            run.type("go\n")
        elif what == "unbound":
            got["closed"] = until_closed(got["held"])
            got["thread"] = threading.Thread(target=lambda: got.update(again=echo_one(6004)))
            got["thread"].start()
        elif what == "saving":
            got["thread"].join()
            got["saved"] = sockets.answer(listeners[6005])
            got["saved"].sendall(b"wait\n")
            time.sleep(0.5)
            run.process.send_signal(signal.SIGUSR1)

    def on_line_loaded(_, what, __):
        if what == "waited":
            got["thread"] = threading.Thread(target=lambda: got.update(loaded=echo_one(6006)))
            got["thread"].start()
        elif what == "late":
            got["thread"].join()
            got["late"] = sockets.echo([sockets.dial(5000)])
            loaded.type("go\n")

    try:
        run.run(on_line)
        loaded = Run(options, name + "-loaded", devices + ["-x-load", state], script, **where)
        got["thread"] = threading.Thread(target=lambda: (time.sleep(1), loaded.type("go\n")))
        got["thread"].start()
        loaded.run(on_line_loaded)
        left = sorted(os.listdir(folder))
    finally:
        shutil.rmtree(folder)
    run.equal(results, "the host's end goes", run.said.get("flood"), "EPIPE")
    run.equal(results, "many calls of the guest at once", (got.get("calls"), "called" in run.said), (True, True))
    run.equal(results, "a call that nobody takes", run.said.get("refused"), "ECONNRESET")
    run.equal(results, "what the guest sends where it called", got.get("back"), True)
    run.equal(results, "the driver lets go of the device", (run.said.get("waited"), got.get("closed")), ("ECONNRESET", True))
    run.equal(results, "and takes it again", got.get("again"), True)
    run.equal(results, "a loaded machine's connections are gone", loaded.said.get("waited"), "ECONNRESET")
    run.equal(results, "and it makes new ones both ways", (got.get("loaded"), got.get("late")), (True, True))
    run.equal(results, "no socket is left", left, sorted([f"vsock_{port}" for port in listeners] + ["state"]))
    loaded.end(results)


TESTS = {
    "9p": lambda o, r: folder(o, r, "9p", "none", ""),
    "9p-mapped-iommu-packed": lambda o, r: folder(o, r, "9p-mapped-iommu-packed", "mapped-xattr",
                                                  ",iommu_platform=on,packed=on"),
    "9p-power8-virtfs": lambda o, r: folder(o, r, "9p-power8-virtfs", "none", "", virtfs=True, cpu="power8"),
    "balloon": lambda o, r: balloon(o, r, "balloon", ""),
    "balloon-iommu-packed-power8": lambda o, r: balloon(o, r, "balloon-iommu-packed-power8",
                                                        ",iommu_platform=on,packed=on", cpu="power8"),
    "reporting": lambda o, r: reporting(o, r, "reporting", ""),
    "serial": lambda o, r: serial(o, r, "serial", ""),
    "serial-iommu-packed": lambda o, r: serial(o, r, "serial-iommu-packed", ",iommu_platform=on,packed=on",
                                               machine="pseries,ic-mode=xics"),
    "serial-power8-legacy": lambda o, r: serial(o, r, "serial-power8-legacy", ",disable-modern=on,max_ports=8",
                                                cpu="power8"),
    "vsock": lambda o, r: vsock(o, r, "vsock", ""),
    "vsock-iommu-packed-power8": lambda o, r: vsock(o, r, "vsock-iommu-packed-power8", ",iommu_platform=on,packed=on",
                                                    device="vhost-vsock-pci", cpu="power8"),
}
WIDE = ("vsock-iommu-packed-power8",)

sys.exit(suite.run(suite.parser(__doc__, "virtio"), [suite.Test(name, test, name not in WIDE)
                                                     for name, test in TESTS.items()]))

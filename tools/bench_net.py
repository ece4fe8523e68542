#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Throughput of a network card beside QEMU's: iperf3 in Debian's guest, to the host and from it.

Both VMMs have the same kernel, initramfs, card and -netdev user. They run in turns, and every figure is the median of
the turns. Besides Mbit/s by the clock it prints what a gigabyte costs the VMM in processor time, which a loaded host
changes little. Needs iperf3 on the host, and a Debian mirror for the guest's (or --debs FOLDER with the packages).
"""

import argparse
import glob
import json
import os
import shlex
import statistics
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "test", "guest"))
from guest import initrd_with       # pylint: disable=wrong-import-position

TOP = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
OUT = os.path.join(TOP, "build", "bench", "net")
PACKAGES = ["iperf3", "libiperf0", "libsctp1", "libssl3", "libc6"]

SCRIPT = """
dmesg -n 1
mkdir -p /tmp
for pass in 1 2 3 4 5 6; do
    for m in /modules/*.ko; do insmod $m 2>/dev/null; done
done
ifconfig lo up
ifconfig eth0 10.0.2.15 netmask 255.255.255.0 up
route add default gw 10.0.2.2
run() { echo "bench: begin"; iperf3 -4 -c 10.0.2.2 -p PORT -n SIZE -J $2 >/tmp/json; echo "bench: end $1"; cat /tmp/json; \
    echo "bench: json"; }
run warm
run to-host
run from-host -R
poweroff -f
"""


def initrd(options):
    """Debian's initramfs with iperf3 and what it is linked with"""
    os.makedirs(OUT, exist_ok=True)
    debs = options.debs or os.path.join(OUT, "debs")
    if not all(glob.glob(f"{debs}/{p}_*.deb") for p in PACKAGES):
        os.makedirs(debs, exist_ok=True)
        conf = subprocess.run([f"{TOP}/guests/debian-apt.py", f"{OUT}/apt", "ppc64el"], check=True, text=True,
                              stdout=subprocess.PIPE).stdout.strip()
        subprocess.run(["apt-get", "-qq", "-c", conf, "update"], check=False)
        subprocess.run(["apt-get", "-qq", "-c", conf, "download", *PACKAGES], cwd=debs, check=True)
    root = os.path.join(OUT, "root")
    for p in PACKAGES:
        subprocess.run(["dpkg-deb", "-x", glob.glob(f"{debs}/{p}_*.deb")[0], root], check=True)
    files = {"bin/iperf3": f"{root}/usr/bin/iperf3"}
    for pattern in ("libiperf.so.0", "libsctp.so.1", "libssl.so.3", "libcrypto.so.3", "libc.so.6", "libm.so.6",
                    "ld64.so.2"):
        found = glob.glob(f"{root}/**/{pattern}", recursive=True)
        name = "lib64" if pattern.startswith("ld64") else "lib"
        files[f"{name}/{pattern}"] = os.path.realpath(found[0])
    script = SCRIPT.replace("PORT", str(options.port)).replace("SIZE", options.size)
    path = initrd_with(options.guests, OUT, script)
    lines = ["dir lib 755", "dir lib64 755"] + [f"file {k} 755 {v}" for k, v in files.items()]
    subprocess.run([f"{TOP}/guests/mkcpio.py", f"{OUT}/iperf.gz"], input="\n".join(lines).encode(), check=True)
    with open(path, "ab") as out, open(f"{OUT}/iperf.gz", "rb") as f:
        data = f.read()
        out.write(data + b"\0" * (-len(data) % 4))
    return path


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as f:
        fields = f.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def one(options, argv):
    """boots once; {direction: (Mbit/s, processor seconds per GB)}"""
    result, text, since, name = {}, None, 0.0, ""
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as p:
        killer = threading.Timer(options.limit, p.kill)
        killer.start()
        for raw in p.stdout:
            line = raw.decode(errors="replace").strip()
            if line == "bench: begin":
                since = cpu_seconds(p.pid)
            elif line.startswith("bench: end "):
                spent, name, text = cpu_seconds(p.pid) - since, line.split()[2], ""
            elif line == "bench: json":
                end = json.loads(text)["end"]["sum_received"]
                result[name] = end["bits_per_second"] / 1e6, spent / end["bytes"] * 1e9
                text = None
            elif text is not None:
                text += line
        killer.cancel()
    return result


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--vmm", default="build/powervisor")
    p.add_argument("--guests", default="build/guests")
    p.add_argument("--debs", help="folder with the guest's packages")
    p.add_argument("--device", default="virtio-net-pci")
    p.add_argument("--cpu", default="power9")
    p.add_argument("--size", default="64M", help="bytes in each direction")
    p.add_argument("--turns", type=int, default=3)
    p.add_argument("--port", type=int, default=5201)
    p.add_argument("--limit", type=float, default=300, help="seconds for a turn")
    p.add_argument("--only", help="ours or qemu")
    options = p.parse_args()
    path = initrd(options)
    common = ["-cpu", options.cpu, "-smp", "1", "-m", "512M", "-nographic", "-nodefaults", "-serial", "stdio", "-kernel",
              f"{options.guests}/debian-ppc64el/vmlinux", "-initrd", path, "-append",
              "console=hvc0 quiet nowatchdog rcupdate.rcu_cpu_stall_suppress=1 net.ifnames=0", "-netdev", "user,id=n",
              "-device", f"{options.device},netdev=n"]
    systems = {"ours": shlex.split(options.vmm) + ["-M", "pseries"] + common,
               # firmware is not asked to boot from the card; Debian's package has no option ROMs
               "qemu": ["qemu-system-ppc64", "-M", "pseries,x-vof=on"] + common[:-1]
                       + [common[-1] + ("" if options.device == "spapr-vlan" else ",romfile=")]}
    results = {s: {} for s in systems}
    with subprocess.Popen(["iperf3", "-s", "-B", "127.0.0.1", "-p", str(options.port)], stdout=subprocess.DEVNULL) as server:
        try:
            for _ in range(options.turns):
                for system, argv in systems.items():
                    if options.only in (None, system):
                        for name, figures in one(options, argv).items():
                            results[system].setdefault(name, []).append(figures)
                            print(f"  {system} {name}: {figures[0]:.0f} Mbit/s, {figures[1]:.1f} s/GB", flush=True)
        finally:
            server.terminate()
    print(f"{'':12}{'Mbit/s':>10}{'qemu':>10}{'ratio':>8}{'s/GB':>10}{'qemu':>10}{'ratio':>8}")
    for name in ("to-host", "from-host"):
        a, b = results["ours"].get(name), results["qemu"].get(name)
        if a and b:
            x = [statistics.median(f[i] for f in a) for i in range(2)]
            y = [statistics.median(f[i] for f in b) for i in range(2)]
            print(f"{name:12}{x[0]:10.0f}{y[0]:10.0f}{x[0] / y[0]:8.2f}{x[1]:10.2f}{y[1]:10.2f}{y[1] / x[1]:8.2f}")
    return 0


sys.exit(main())

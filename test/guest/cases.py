# SPDX-License-Identifier: GPL-2.0-or-later
"""The machines that boot.py boots, and the command lines that must be refused."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Case:
    name: str
    cpu: str
    smp: int = 1
    machine: dict = field(default_factory=dict)
    memory: str = "1G"
    guest: str = "debian-ppc64el"
    append: str = "console=hvc0"
    extra: tuple = ()
    # the functions check_NAME of boot.py, in this order; each runs on a machine of its own
    checks: tuple = ("shell",)
    # False: only in the full matrix
    quick: bool = True
    # what the guest must say of itself
    mmu: str = "Radix"
    irqchip: str = "XIVE"


def machines():
    short = ("shell",)
    le = []
    for smp in 1, 4:
        # everything that happens at the terminal is exercised once, on the richest machine
        rest = ("shell", "keys", "reboot", "no_reboot", "signals", "halt") if smp == 1 else short
        le += [
            Case(f"power9-radix-xive-smp{smp}", "power9", smp, {"ic-mode": "xive"}, checks=rest),
            Case(f"power9-radix-xics-smp{smp}", "power9", smp, {"ic-mode": "xics"}, irqchip="XICS"),
            Case(f"power9-hash-xive-smp{smp}", "power9", smp, {"ic-mode": "xive", "x-mmu": "hash"}, mmu="Hash",
                 quick=smp == 4),
            Case(f"power9-hash-xics-smp{smp}", "power9", smp, {"ic-mode": "xics", "x-mmu": "hash"}, mmu="Hash",
                 irqchip="XICS", quick=smp == 1),
            Case(f"power8-hash-xics-smp{smp}", "power8", smp, {"ic-mode": "xics"}, mmu="Hash", irqchip="XICS"),
        ]
    dual = Case("power9-default", "power9", checks=short, quick=False)
    p8e = Case("power8e-hash-xics-smp2", "power8e", 2, mmu="Hash", irqchip="XICS", quick=False)
    be = [
        Case("be-power9-radix-xive", "power9", 2, {"ic-mode": "xive"}, guest="pseries-be", checks=("shell_be",)),
        Case("be-power8-hash-xics", "power8", 2, {"ic-mode": "xics"}, guest="pseries-be", checks=("shell_be",),
             mmu="Hash", irqchip="XICS", quick=False),
    ]
    return le + [dual, p8e] + be


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
        ("no memory", refuse("-m", "0", "-kernel", kernel)),
        ("negative memory", refuse("-m", "-1", "-kernel", kernel)),
        ("absurd memory", refuse("-m", "16777216T", "-kernel", kernel)),
        ("memory overflows", refuse("-m", "99999999999999999999G", "-kernel", kernel)),
        ("memory not a number", refuse("-m", "lots", "-kernel", kernel)),
        ("no cpus", refuse("-smp", "0", "-kernel", kernel)),
        ("negative cpus", refuse("-smp", "-1", "-kernel", kernel)),
        ("absurd cpus", refuse("-smp", "100000", "-kernel", kernel)),
        ("cpus not a number", refuse("-smp", "four", "-kernel", kernel)),
        ("unknown machine", refuse("-kernel", kernel, machine=["-M", "toaster"] + base)),
        ("unknown machine option", refuse("-kernel", kernel, machine=["-M", "pseries,colour=red"] + base)),
        ("bad machine option", refuse("-kernel", kernel, machine=["-M", "pseries,ic-mode=pic"] + base)),
        ("power8 has no XIVE", refuse("-kernel", kernel, machine=["-M", "pseries,ic-mode=xive", "-cpu", "power8"] + base)),
        ("unknown cpu", refuse("-cpu", "power99", "-kernel", kernel)),
        ("unknown option", refuse("-frobnicate")),
        ("option without its value", refuse("-kernel")),
        ("unknown serial", refuse("-serial", "carrier-pigeon:", "-kernel", kernel)),
    ]

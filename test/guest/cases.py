# SPDX-License-Identifier: GPL-2.0-or-later
"""The machines that boot.py boots."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Case:
    name: str
    cpu: str
    smp: int = 1
    machine: dict = field(default_factory=dict)
    # of a core
    threads: int = 1
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
        # everything that happens at the terminal is exercised once, on the richest machine; a reboot must also stop and
        # restart secondaries, and both interrupt controllers forget what those left behind
        rest = ("shell", "keys", "reboot", "no_reboot", "signals", "halt",
                "powerdown") if smp == 1 else ("shell", "reboot")
        le += [
            Case(f"power9-radix-xive-smp{smp}", "power9", smp, {"ic-mode": "xive"}, checks=rest),
            Case(f"power9-radix-xics-smp{smp}", "power9", smp, {"ic-mode": "xics"}, irqchip="XICS",
                 checks=short if smp == 1 else ("shell", "reboot")),
            Case(f"power9-hash-xive-smp{smp}", "power9", smp, {"ic-mode": "xive", "x-mmu": "hash"}, mmu="Hash"),
            Case(f"power9-hash-xics-smp{smp}", "power9", smp, {"ic-mode": "xics", "x-mmu": "hash"}, mmu="Hash",
                 irqchip="XICS"),
            Case(f"power8-hash-xics-smp{smp}", "power8", smp, {"ic-mode": "xics"}, mmu="Hash", irqchip="XICS",
                 checks=("shell", "powerdown") if smp == 1 else short),
        ]
    two = Case("power9-radix-xive-smp2", "power9", 2, {"ic-mode": "xive"}, checks=("no_reboot",))
    smt = [
        # qemu's TCG has no threads, so these are ours alone
        Case("power9-radix-xive-smt2", "power9", 4, {"ic-mode": "xive"}, 2, checks=("threads",)),
        Case("power8-hash-xics-smt4", "power8", 8, threads=4, checks=("threads",), mmu="Hash", irqchip="XICS", quick=False),
    ]
    dual = Case("power9-default", "power9", checks=short, quick=False)
    # firmware in front; the guest and the machine negotiate MMU and interrupt controller
    slof = [Case("slof-power9", "power9", 2, {"x-vof": "off"}, checks=("shell", "reboot")),
            Case("slof-power8", "power8", 2, {"x-vof": "off"}, checks=short, mmu="Hash", irqchip="XICS"),
            Case("slof-power9-hash-xics", "power9", 1, {"x-vof": "off", "ic-mode": "xics"}, mmu="Hash", irqchip="XICS",
                 append="console=hvc0 disable_radix", checks=short, quick=False)]
    # by flattened tree, without negotiation
    fdt = Case("fdt-power9", "power9", 2, {"x-boot": "fdt"}, checks=("shell", "reboot"))
    p8e = Case("power8e-hash-xics-smp2", "power8e", 2, mmu="Hash", irqchip="XICS", quick=False)
    be = [
        Case("be-power9-radix-xive", "power9", 2, {"ic-mode": "xive"}, guest="pseries-be", checks=("shell_be",)),
        Case("be-power8-hash-xics", "power8", 2, {"ic-mode": "xics"}, guest="pseries-be", checks=("shell_be",),
             mmu="Hash", irqchip="XICS", quick=False),
    ]
    order = [Case("litmus-power9-xive-smp4", "power9", 4, {"ic-mode": "xive"}, guest="tests-ppc64el", checks=("litmus",)),
             Case("litmus-power8-xics-smp2", "power8", 2, guest="tests-ppc64el", checks=("litmus",), quick=False)]
    return le + smt + slof + [two, dual, fdt, p8e] + be + order

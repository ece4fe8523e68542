#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The arithmetic of the measuring programs, with numbers worked by hand; prints ok/not ok lines."""

import math
import os
import sys
import unittest

sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")

import bench_chart
import bench_math as m
import bench_smp
import bench_vm
import bench_why


def read(path):
    with open(os.path.join(TOP, "bench", path), encoding="utf-8") as f:
        return f.read()


EXPECTED = m.parse_expected(read("expected.ppc64le.txt"))


def samples(case, ours, qemu, native, checksum=None):
    """one sample per round and system"""
    checksum = checksum or EXPECTED[case]
    return [m.Sample(i + 1, system, case, t, checksum, t) for system, times in
            (("ours", ours), ("qemu", qemu), ("native", native)) for i, t in enumerate(times)]


def row(case, ours, qemu, native, **kw):
    return m.evaluate(samples(case, ours, qemu, native, **kw), [case], range(1, len(ours) + 1), EXPECTED)[0]


def all_rows(speed, native=0.1):
    """every case `speed(case)` times faster than qemu, whose time is one second"""
    return [row(c, [1 / speed(c)], [1.0], [native]) for g in m.GROUPS for c in g.cases]


def met(rows, cpu="power9"):
    return {goal: good for goal, _, good in m.verdicts(rows, cpu)}


class Means(unittest.TestCase):
    def test_median(self):
        self.assertEqual(m.median([3, 1, 2]), 2)
        self.assertEqual(m.median([4, 1, 2, 3]), 2.5)
        self.assertTrue(math.isnan(m.median([])))

    def test_geomean(self):
        self.assertAlmostEqual(m.geomean([1, 4, 16]), 4)
        self.assertEqual(m.geomean([5, 0]), 0)
        self.assertTrue(math.isnan(m.geomean([])))

    def test_ratio_is_of_medians_and_spread_of_rounds(self):
        r = row("icall", [1.0, 2.0, 4.0], [8.0, 2.0, 6.0], [0.5, 0.5, 1.0])
        value, least, most = r.ratio[("qemu", "ours")]
        self.assertEqual((value, least, most), (3.0, 1.0, 8.0))
        self.assertEqual(r.ratio[("ours", "native")], (4.0, 2.0, 4.0))

    def test_time_below_the_clock(self):
        self.assertEqual(row("icall", [0.0], [0.1], [0.1]).ratio[("qemu", "ours")][0], 1000)


class Groups(unittest.TestCase):
    def test_every_case_has_one_group(self):
        grouped = [c for g in m.GROUPS for c in g.cases]
        self.assertEqual(len(grouped), 30)
        self.assertEqual(sorted(grouped), sorted(m.parse_sizes(read("sizes.h"))))
        self.assertEqual(sorted(grouped), sorted(EXPECTED))

    def test_goals(self):
        rows = all_rows(lambda c: m.group_of(c).target * 1.0001)
        goals = met(rows)
        self.assertFalse(goals["all cases 4x"])     # the minima alone are not enough
        self.assertAlmostEqual(m.overall(rows)[0], 3.08, places=2)
        self.assertTrue(all(good for goal, good in goals.items() if goal != "all cases 4x"))
        self.assertTrue(all(met(all_rows(lambda c: m.group_of(c).target * 1.4)).values()))

    def test_power8_has_one_target(self):
        goals = met(all_rows(lambda c: 3.6), "power8")
        self.assertTrue(goals["all cases 3.5x"])
        self.assertNotIn("floating point 12x", goals)

    def test_one_slow_case(self):
        goals = met(all_rows(lambda c: 0.99 if c == "memset" else 20))
        self.assertFalse(goals["no case slower than qemu"])
        self.assertTrue(goals["memory, atomics, threads 1.6x"])

    def test_case_at_its_limit_is_left_out_of_the_minimum(self):
        # qemu/native 1.5: at its limit, and its 1.0x would pull the group below 1.6
        rows = all_rows(lambda c: 1.7)
        i = next(i for i, r in enumerate(rows) if r.case == "mmap_fault")
        rows[i] = row("mmap_fault", [1.0], [1.0], [1 / 1.5])
        self.assertTrue(rows[i].at_limit)
        self.assertTrue(met(rows)["memory, atomics, threads 1.6x"])
        self.assertTrue(met(rows)["no case slower than qemu"])
        # it counts in the mean over all
        self.assertLess(m.overall(rows)[0], 1.7)
        rows[i] = row("mmap_fault", [1.01], [1.0], [1 / 1.5])
        self.assertFalse(met(rows)["no case slower than qemu"])
        rows[i] = row("mmap_fault", [1.0], [1.0], [1 / 1.61])
        self.assertFalse(rows[i].at_limit)
        self.assertFalse(met(rows)["memory, atomics, threads 1.6x"])

    def test_last_line(self):
        rows = [row("icall", [0.5], [1.0], [0.25]), row("calls", [0.125], [1.0], [0.125])]
        self.assertEqual(m.last_line(rows), "geomean 4.00x (qemu/ours), 1.41x (ours/native), slowest icall 2.00x")


class Failures(unittest.TestCase):
    def test_wrong_checksum_of_one_round(self):
        s = samples("icall", [0.5, 0.5], [1.0, 1.0], [0.2, 0.2])
        s[1].checksum = "0" * 16
        r, = m.evaluate(s, ["icall"], (1, 2), EXPECTED)
        self.assertTrue(r.failed)
        self.assertIn("round 2 ours: checksum 0000000000000000", r.faults[0])
        self.assertEqual(m.last_line([r]), "geomean 0.00x (qemu/ours), 0.00x (ours/native), slowest icall 0.00x")
        self.assertFalse(met([r])["no case failed"])

    def test_failed_case_breaks_its_group(self):
        rows = all_rows(lambda c: 20)
        i = next(i for i, r in enumerate(rows) if r.case == "str")
        rows[i] = row("str", [0.05], [1.0], [0.1], checksum="1" * 16)
        goals = met(rows)
        self.assertFalse(goals["vector, string 8x"])
        self.assertFalse(goals["all cases 4x"])
        self.assertTrue(goals["system work 2x"])

    def test_missing_round(self):
        s = [x for x in samples("icall", [0.5, 0.5], [1.0, 1.0], [0.2, 0.2]) if (x.round, x.system) != (2, "qemu")]
        r, = m.evaluate(s, ["icall"], (1, 2), EXPECTED)
        self.assertEqual(r.faults, ["round 2 qemu: no result"])

    def test_timeout_names_itself(self):
        s = samples("icall", [0.5], [1.0], [0.2])
        s[0] = m.Sample(1, "ours", "icall", fault="no result within 9 s")
        r, = m.evaluate(s, ["icall"], (1,), EXPECTED)
        self.assertEqual(r.faults, ["round 1 ours: no result within 9 s"])

    def test_native_may_differ_where_it_fuses(self):
        for case, failed in ("fp_dmm", False), ("fp_mandel", True):
            s = samples(case, [0.5, 0.5], [1.0, 1.0], [0.2, 0.2])
            for x in s:
                if x.system == "native":
                    x.checksum = "2" * 16
            self.assertEqual(m.evaluate(s, [case], (1, 2), EXPECTED)[0].failed, failed)
        s = samples("fp_dmm", [0.5, 0.5], [1.0, 1.0], [0.2, 0.2])
        s[4].checksum = "3" * 16        # but not from round to round
        self.assertTrue(m.evaluate(s, ["fp_dmm"], (1, 2), EXPECTED)[0].failed)

    def test_scaled_runs_compare_with_qemu(self):
        s = samples("icall", [0.5], [1.0], [0.2], checksum="4" * 16)
        self.assertFalse(m.evaluate(s, ["icall"], (1,), EXPECTED, scaled=True)[0].failed)
        s[0].checksum = "5" * 16
        self.assertTrue(m.evaluate(s, ["icall"], (1,), EXPECTED, scaled=True)[0].failed)


class Text(unittest.TestCase):
    def test_case_lines(self):
        self.assertEqual(m.parse_line("icall 1.0203 a318961087437b96\r"), ("icall", 1.0203, "a318961087437b96"))
        self.assertEqual(m.parse_line("[    4.2] random: x icall 1.0203 a318961087437b96")[0], "icall")
        self.assertIsNone(m.parse_line("icall 1.0203 a318"))
        self.assertIsNone(m.parse_line("UPTIME 0.52"))

    def test_samples_survive_the_file(self):
        for s in m.Sample(1, "ours", "icall", 0.5, "a" * 16, 0.75), m.Sample(2, "qemu", "str", fault="no\tresult"):
            t = m.Sample.from_line(s.to_line() + "\n")
            self.assertEqual((t.round, t.system, t.case, t.seconds, t.checksum, t.wall, t.fault),
                             (s.round, s.system, s.case, s.seconds, s.checksum, s.wall, s.fault.replace("\t", " ")))

    def test_chart(self):
        rows = all_rows(lambda c: 0.5 if c == "str" else 3)
        rows[0] = row("int_sieve", [0.5], [1.0], [0.2], checksum="6" * 16)
        svg = bench_chart.draw(rows, "a <title>", "sub")
        self.assertIn("a &lt;title&gt;", svg)
        self.assertIn("FAILED", svg)
        self.assertEqual(svg.count(">3.00x<"), 28)


class Processors(unittest.TestCase):
    @staticmethod
    def judged(ours, native, case):
        times = {(s, n, case): [t] for s, pair in (("ours", ours), ("native", native)) for n, t in zip((1, 2), pair)}
        lines, met = bench_smp.judge(times)
        return met[0 if case == "threads" else 1]

    def test_threads_need_nine_tenths_of_the_hosts_speedup(self):
        self.assertTrue(self.judged((1.82, 1.0), (2.0, 1.0), "threads"))
        self.assertFalse(self.judged((1.79, 1.0), (2.0, 1.0), "threads"))

    def test_pipe_may_take_twice_as_long(self):
        self.assertTrue(self.judged((1.0, 1.99), (1.0, 1.0), "pipe_pingpong"))
        self.assertFalse(self.judged((1.0, 2.1), (1.0, 1.0), "pipe_pingpong"))

    def test_or_one_and_a_half_of_the_hosts_ratio(self):
        self.assertTrue(self.judged((1.0, 2.9), (1.0, 2.0), "pipe_pingpong"))
        self.assertFalse(self.judged((1.0, 3.1), (1.0, 2.0), "pipe_pingpong"))

    def test_nothing_measured_meets_nothing(self):
        self.assertEqual(bench_smp.judge({})[1], [False, False])


class Memory(unittest.TestCase):
    def test_ram_is_told_from_the_rest(self):
        self.assertTrue(bench_vm.is_ram("", 1 << 30, 1 << 30))
        self.assertFalse(bench_vm.is_ram("", 1 << 20, 1 << 30))
        self.assertFalse(bench_vm.is_ram("[heap]", 1 << 30, 1 << 30))

    def test_own_process_adds_up(self):
        total, what = bench_vm.memory_of(os.getpid())
        self.assertEqual(total["ram"], 0)
        self.assertEqual(total["other"], sum(what.values()))
        self.assertGreater(total["other"], 1 << 20)


class Counters(unittest.TestCase):
    def test_processors_are_added(self):
        said = "icall 0.5000 aaaa\ncpu0.tlb.refills 5\ncpu1.tlb.refills 7\ncode.bytes 12\nnot a counter\n"
        self.assertEqual(bench_why.counters(said), {"tlb.refills": 12, "code.bytes": 12})


class Names(unittest.TestCase):
    def test_translated_code_goes_by_the_guests_function(self):
        symbols = [(0x1000, "main"), (0x2000, "strlen")]
        def name(symbol):
            return bench_why.Once.name_of("[JIT] tid 7", symbol, symbols)
        self.assertEqual(name("p2_1ffc"), "guest main, tier 2")
        self.assertEqual(name("p1_2000"), "guest strlen, tier 1")
        self.assertEqual(name("p1_c000000000030198"), "guest kernel, tier 1")
        self.assertEqual(bench_why.Once.name_of("powervisor", "tlb_data", symbols), "powervisor tlb_data")


class Lines(unittest.TextTestResult):
    def addSuccess(self, test):
        super().addSuccess(test)
        print(f"ok - {test.id()}")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        print(f"not ok - {test.id()}: {err[1]}")

    def addError(self, test, err):
        super().addError(test, err)
        print(f"not ok - {test.id()}: {err[1]}")


unittest.main(testRunner=unittest.TextTestRunner(resultclass=Lines, verbosity=0))

// SPDX-License-Identifier: GPL-2.0-or-later
/* H_CEDE, H_PROD, H_CONFER and H_REGISTER_VPA; codes and areas as LoPAPR 14.11 has them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/endian.h"
#include "isa/event.h"
#include "isa/msr.h"
#include "isa/onereg.h"
#include "isa/papr.h"
#include "pv/sched.h"

enum { RAM = 1 << 20, CPUS = 2 };
static u8 ram[RAM] __attribute__((aligned(16)));
static u32 prodded, yields;
static struct pv_sched sched;
static struct cpu_state *cpu[CPUS];

static void *map(void *opaque, u64 ra, u64 len)
{
	return ra <= RAM && len <= RAM - ra ? ram + ra : NULL;
}

static void written(void *opaque, u64 ra, u64 len)
{
}

static void prod(void *opaque, u32 n)
{
	prodded |= 1u << n;
	cpu[n]->irq_pending |= 1ull << CPU_IRQ_PROD;
}

static void yield(void *opaque)
{
	yields++;
}

static u64 timebase(void *opaque, u32 n)
{
	return 0x1122334455667788ull;
}

static int setup(void **state)
{
	static const struct mmu_mem_ops mem_ops = {map, written};
	const struct pv_sched_host host = {prod, yield, timebase, {&mem_ops, NULL}, NULL};

	memset(ram, 0, sizeof(ram));
	prodded = yields = 0;
	for (u32 i = 0; i < CPUS; i++) {
		cpu[i] = calloc(1, sizeof(**cpu) + 64);
		cpu[i]->cpu_index = i;
	}
	return pv_sched_init(&sched, CPUS, &host);
}

static int teardown(void **state)
{
	pv_sched_destroy(&sched);
	for (u32 i = 0; i < CPUS; i++)
		free(cpu[i]);
	return 0;
}

static enum pv_verdict verdict;

static s64 call(u64 nr, u64 a, u64 b, u64 c)
{
	struct cpu_state *s = cpu[0];

	s->gpr[3] = nr;
	s->gpr[4] = a;
	s->gpr[5] = b;
	s->gpr[6] = c;
	verdict = pv_sched_hcall(&sched, s);
	return (s64)s->gpr[3];
}

static void test_cede_and_prod(void **state)
{
	assert_int_equal(call(H_CEDE, 0, 0, 0), H_SUCCESS);
	assert_int_equal(verdict, PV_IDLE);
	assert_true(cpu[0]->msr & MSR_EE);
	/* A prod that came before is not lost, and is used up. */
	assert_int_equal(call(H_PROD, 0, 0, 0), H_SUCCESS);
	assert_int_equal(verdict, PV_DONE);
	assert_int_equal(call(H_CEDE, 0, 0, 0), H_SUCCESS);
	assert_int_equal(verdict, PV_DONE);
	call(H_CEDE, 0, 0, 0);
	assert_int_equal(verdict, PV_IDLE);
	assert_int_equal(call(H_PROD, 1, 0, 0), H_SUCCESS);
	assert_int_equal(prodded, 3);
	assert_int_equal(call(H_PROD, 2, 0, 0), H_PARAMETER);
	assert_int_equal(call(H_PROD, ~0ull, 0, 0), H_PARAMETER);
	call(H_ENTER, 0, 0, 0);
	assert_int_equal(verdict, PV_NOT_MINE);
}

#define FN(n) ((u64)(n) << 45)
enum { VPA = 0x1000, SLB = 0x2000, DTL = 0x3000 };

static void put_sizes(void)
{
	st_be16(ram + VPA + 4, 640);
	st_be32(ram + SLB + 4, 256);
	st_be32(ram + DTL + 4, 100); /* two entries and a rest */
}

static void test_register(void **state)
{
	put_sizes();
	assert_int_equal(call(H_REGISTER_VPA, FN(2), 0, DTL), H_RESOURCE);
	assert_int_equal(call(H_REGISTER_VPA, FN(3), 0, SLB), H_RESOURCE);
	assert_int_equal(call(H_REGISTER_VPA, FN(1), 2, VPA), H_PARAMETER);
	assert_int_equal(call(H_REGISTER_VPA, FN(0), 0, VPA), H_PARAMETER);
	assert_int_equal(call(H_REGISTER_VPA, FN(4), 0, VPA), H_PARAMETER);
	assert_int_equal(call(H_REGISTER_VPA, FN(1), 0, 0), H_PARAMETER);
	assert_int_equal(call(H_REGISTER_VPA, FN(1), 0, VPA + 64), H_PARAMETER);
	assert_int_equal(call(H_REGISTER_VPA, FN(1), 0, RAM), H_PARAMETER);
	assert_int_equal(call(H_REGISTER_VPA, FN(1), 0, ~0ull & ~127ull), H_PARAMETER);
	/* too short; across a page; beyond memory */
	st_be16(ram + VPA + 4, 639);
	assert_int_equal(call(H_REGISTER_VPA, FN(1), 0, VPA), H_PARAMETER);
	st_be16(ram + 0x1e00 + 4, 640);
	assert_int_equal(call(H_REGISTER_VPA, FN(1), 0, 0x1e00), H_PARAMETER);
	st_be16(ram + RAM - 512 + 4, 640);
	assert_int_equal(call(H_REGISTER_VPA, FN(1), 0, RAM - 512), H_PARAMETER);
	st_be32(ram + DTL + 4, 0xffffff80);
	put_sizes();
	assert_int_equal(call(H_REGISTER_VPA, FN(1), 0, VPA), H_SUCCESS);
	assert_true(ram[VPA + 9] & 2); /* a shared processor */
	assert_int_equal(call(H_REGISTER_VPA, FN(2), 0, DTL), H_SUCCESS);
	assert_int_equal(call(H_REGISTER_VPA, FN(3), 0, SLB), H_SUCCESS);
	st_be32(ram + 0x4004, 47);
	assert_int_equal(call(H_REGISTER_VPA, FN(2), 0, 0x4000), H_PARAMETER);
	assert_int_equal(call(H_REGISTER_VPA, FN(5), 0, 0), H_RESOURCE);
	assert_int_equal(call(H_REGISTER_VPA, FN(6), 0, 0), H_SUCCESS);
	assert_int_equal(call(H_REGISTER_VPA, FN(5), 0, 0), H_RESOURCE);
	assert_int_equal(call(H_REGISTER_VPA, FN(7), 0, 0), H_SUCCESS);
	assert_int_equal(call(H_REGISTER_VPA, FN(5), 0, 0), H_SUCCESS);
}

static void test_yield_count_and_trace_log(void **state)
{
	put_sizes();
	call(H_REGISTER_VPA, FN(1), 0, VPA);
	call(H_REGISTER_VPA, FN(2), 0, DTL);
	ram[VPA + 0xb8] = 2; /* log voluntary waits */
	cpu[0]->pc = 0x1234;
	for (u32 i = 1; i <= 3; i++) {
		pv_sched_idle(&sched, cpu[0]);
		/* Even: nobody shall take it for preempted. */
		assert_int_equal(ld_be32(ram + VPA + 0x100), 2 * i - 2);
		pv_sched_idle(&sched, cpu[0]);
		pv_sched_dispatch(&sched, cpu[0]);
		assert_int_equal(ld_be32(ram + VPA + 0x100), 2 * i);
		pv_sched_dispatch(&sched, cpu[0]);
		assert_int_equal(ld_be64(ram + VPA + 0x218), i);
	}
	/* Two slots: the third entry stands in the first. */
	assert_true(ld_be64(ram + DTL + 16) == 0x1122334455667788ull);
	assert_int_equal(ld_be64(ram + DTL + 48 + 32), 0x1234);
	assert_int_equal(ld_be32(ram + DTL + 96), 0);
}

static void test_confer(void **state)
{
	assert_int_equal(call(H_CONFER, ~0ull, 0, 0), H_SUCCESS);
	assert_int_equal(yields, 1);
	assert_int_equal(call(H_CONFER, 2, 0, 0), H_PARAMETER);
	assert_int_equal(call(H_CONFER, 0, 0, 0), H_SUCCESS);
	assert_int_equal(verdict, PV_IDLE); /* to itself: until a prod */
	put_sizes();
	call(H_REGISTER_VPA, FN(1), 1, VPA);
	st_be32(ram + VPA + 0x100, 7);
	assert_int_equal(call(H_CONFER, 1, 7, 0), H_SUCCESS);
	assert_int_equal(yields, 2);
	/* It ran meanwhile. */
	assert_int_equal(call(H_CONFER, 1, 5, 0), H_SUCCESS);
	assert_int_equal(yields, 2);
}

static void test_saved_registers(void **state)
{
	u64 gpa, pair[2], bad[2] = {RAM, 256};

	put_sizes();
	call(H_REGISTER_VPA, FN(1), 0, VPA);
	call(H_REGISTER_VPA, FN(2), 0, DTL);
	call(H_REGISTER_VPA, FN(3), 0, SLB);
	st_be64(ram + VPA + 0x218, 9);
	assert_int_equal(pv_sched_get_reg(&sched, 0, ONEREG_VPA_ADDR, &gpa), 0);
	assert_int_equal(gpa, VPA);
	assert_int_equal(pv_sched_set_reg(&sched, 1, ONEREG_VPA_DTL, bad), -EINVAL);
	assert_int_equal(pv_sched_set_reg(&sched, 1, ONEREG_VPA_ADDR, &gpa), 0);
	assert_int_equal(pv_sched_get_reg(&sched, 0, ONEREG_VPA_DTL, pair), 0);
	assert_int_equal(pair[0], DTL);
	assert_int_equal(pair[1], 96);
	assert_int_equal(pv_sched_set_reg(&sched, 1, ONEREG_VPA_DTL, pair), 0);
	assert_int_equal(sched.cpu[1].dtl_index, 9);
	assert_int_equal(pv_sched_set_reg(&sched, 1, ONEREG_VPA_SLB, bad), -EINVAL);
	assert_int_equal(pv_sched_get_reg(&sched, 0, ONEREG_MSR, &gpa), -ENOENT);
	gpa = RAM - 128;
	assert_int_equal(pv_sched_set_reg(&sched, 1, ONEREG_VPA_ADDR, &gpa), -EINVAL);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_cede_and_prod), T(test_register),	T(test_yield_count_and_trace_log),
		T(test_confer),	       T(test_saved_registers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

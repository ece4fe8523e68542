// SPDX-License-Identifier: GPL-2.0-or-later
/* Hypercalls and RTAS on a pseries machine that runs nothing: results and, above all, the return
 * codes of bad arguments. Expected values are LoPAPR's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "../machine/board.h"
#include "isa/onereg.h"
#include "isa/papr.h"

static struct vm *vm;

static int setup(void **state)
{
	static struct machine_config c;
	struct error e;

	return board_create(&c, &vm, &e);
}

static int teardown(void **state)
{
	machine_pseries.destroy(vm);
	return 0;
}

static u64 args[9];

static s64 call(u64 nr, u64 a, u64 b, u64 c, u64 d)
{
	memset(args, 0, sizeof(args));
	args[0] = a;
	args[1] = b;
	args[2] = c;
	args[3] = d;
	return hcall_dispatch(&vm->vcpus[0], nr, args);
}

static void test_unknown(void **state)
{
	static const u64 numbers[] = {0x2, 0x7fc, 0x800, 0xefff, 0xf0ff, 0xf100, 1ull << 40, ~0ull};

	for (unsigned i = 0; i < ARRAY_SIZE(numbers); i++)
		assert_int_equal(call(numbers[i], 0, 0, 0, 0), H_FUNCTION);
}

static void test_set_mode(void **state)
{
	assert_int_equal(call(H_SET_MODE, 1, 4, 0, 0), H_SUCCESS);
	assert_int_equal(call(H_SET_MODE, 0, 4, 0, 0), H_SUCCESS);
	assert_int_equal(call(H_SET_MODE, 2, 4, 0, 0), H_UNSUPPORTED_FLAG);
	assert_int_equal(call(H_SET_MODE, 1, 4, 1, 0), H_P3);
	assert_int_equal(call(H_SET_MODE, 1, 4, 0, 1), H_P4);
	assert_int_equal(call(H_SET_MODE, 3, 3, 0, 0), H_SUCCESS);
	assert_int_equal(call(H_SET_MODE, 1, 3, 0, 0), H_UNSUPPORTED_FLAG);
	assert_int_equal(call(H_SET_MODE, 4, 3, 0, 0), H_UNSUPPORTED_FLAG);
	assert_int_equal(call(H_SET_MODE, 0, 1, 0x1003, 0), H_P3); /* CIABR for the hypervisor */
	assert_int_equal(call(H_SET_MODE, 0, 1, 0x1001, 1), H_P4);
	assert_int_equal(call(H_SET_MODE, 0, 1, 0x1001, 0), H_SUCCESS);
	assert_int_equal(vcpu_get(&vm->vcpus[0], ONEREG_CIABR), 0x1001);
	assert_int_equal(call(H_SET_MODE, 0, 2, 0x2000, 4), H_P4);
	assert_int_equal(call(H_SET_MODE, 0, 2, 0x2000, 0x23), H_SUCCESS);
	assert_int_equal(vcpu_get(&vm->vcpus[0], ONEREG_DAWRX), 0x23);
	assert_int_equal(call(H_SET_MODE, 0, 99, 0, 0), H_P2);
}

static s64 memop(u64 to, u64 from, u64 shift, u64 count, u64 op)
{
	memset(args, 0, sizeof(args));
	args[0] = to;
	args[1] = from;
	args[2] = shift;
	args[3] = count;
	args[4] = op;
	return hcall_dispatch(&vm->vcpus[0], H_LOGICAL_MEMOP, args);
}

static void test_memop(void **state)
{
	const u8 *at = vm_mem_ptr(vm, 0x500000, 64);
	u8 bytes[16];

	for (u32 i = 0; i < 16; i++)
		bytes[i] = (u8)i;
	vm_mem_write(vm, 0x500000, bytes, 16);
	assert_int_equal(memop(0x500020, 0x500000, 3, 2, 1), H_SUCCESS);
	for (u32 i = 0; i < 16; i++)
		assert_int_equal(at[0x20 + i], (u8)~i);
	/* overlapping, both ways */
	assert_int_equal(memop(0x500004, 0x500000, 2, 3, 0), H_SUCCESS);
	assert_memory_equal(at + 4, bytes, 12);
	assert_int_equal(memop(0x500000, 0x500004, 2, 3, 1), H_SUCCESS);
	for (u32 i = 0; i < 12; i++)
		assert_int_equal(at[i], (u8)~i);
	assert_int_equal(memop(0x500002, 0x500000, 2, 1, 0), H_PARAMETER);
	assert_int_equal(memop(0x500000, 0x500010, 4, 1, 0), H_PARAMETER);
	assert_int_equal(memop(0x500000, 0x500010, 3, 1, 2), H_PARAMETER);
	assert_int_equal(memop(0x500000, 0x500010, 3, 0, 0), H_SUCCESS);
	/* one by one only as many as take no time that others notice */
	assert_int_equal(memop(0x500000, 1ull << 40, 0, 5 << 20, 0), H_PARAMETER);
	assert_int_equal(memop(0x500000, 0x500010, 0, ~0ull, 0), H_PARAMETER);
}

static void test_memory(void **state)
{
	u64 copy = 1 << 14, zero = 1 << 15, ram = 64 << 20;

	vm_mem_fill(vm, 0x200000, 0x77, 8192);
	assert_int_equal(call(H_PAGE_INIT, copy, 0x300000, 0x200000, 0), H_SUCCESS);
	assert_int_equal(*(u8 *)vm_mem_ptr(vm, 0x300fff, 1), 0x77);
	assert_int_equal(call(H_PAGE_INIT, zero, 0x300000, 0, 0), H_SUCCESS);
	assert_int_equal(*(u8 *)vm_mem_ptr(vm, 0x300fff, 1), 0);
	assert_int_equal(call(H_PAGE_INIT, zero, 0x300010, 0, 0), H_PARAMETER);
	assert_int_equal(call(H_PAGE_INIT, zero, ram, 0, 0), H_PARAMETER);
	assert_int_equal(call(H_PAGE_INIT, copy, 0x300000, ram - 2048, 0), H_PARAMETER);
	assert_int_equal(call(H_PAGE_INIT, copy, ~0xfffull, 0x200000, 0), H_PARAMETER);
	assert_int_equal(call(H_PAGE_INIT, 1, 0x300000, 0x200000, 0), H_PARAMETER);

	assert_int_equal(call(H_LOGICAL_CI_STORE, 4, 0x400000, 0xdeadbeef, 0), H_SUCCESS);
	assert_int_equal(call(H_LOGICAL_CI_LOAD, 2, 0x400000, 0, 0), H_SUCCESS);
	assert_int_equal(args[0], 0xdead);
	assert_int_equal(call(H_LOGICAL_CACHE_LOAD, 8, 0x400000, 0, 0), H_SUCCESS);
	assert_true(args[0] == 0xdeadbeef00000000ull);
	assert_int_equal(call(H_LOGICAL_CI_LOAD, 3, 0x400000, 0, 0), H_PARAMETER);
	assert_int_equal(call(H_LOGICAL_CI_LOAD, 4, 0x400002, 0, 0), H_PARAMETER);
	assert_int_equal(call(H_LOGICAL_CI_LOAD, 4, 1ull << 60, 0, 0), H_PARAMETER);
	assert_int_equal(call(H_LOGICAL_CI_STORE, 16, 0x400000, 0, 0), H_PARAMETER);
}

static void test_proc_table(void **state)
{
	u64 radix = 0x1d; /* MODIFY, NEW, RADIX, GTSE */

	assert_int_equal(call(H_REGISTER_PROC_TBL, radix, 0x10000, 0, 4), H_SUCCESS);
	assert_int_equal(call(H_REGISTER_PROC_TBL, 0x20 | radix, 0x10000, 0, 4), H_PARAMETER);
	assert_int_equal(call(H_REGISTER_PROC_TBL, radix, 0x10800, 0, 4), H_P2);
	assert_int_equal(call(H_REGISTER_PROC_TBL, radix, 1ull << 61, 0, 4), H_P2);
	assert_int_equal(call(H_REGISTER_PROC_TBL, radix, 0x10000, 1, 4), H_P3);
	assert_int_equal(call(H_REGISTER_PROC_TBL, radix, 0x10000, 0, 25), H_P4);
	assert_int_equal(call(H_REGISTER_PROC_TBL, radix, 60 << 20, 0, 12), H_P4); /* beyond RAM */
	assert_int_equal(call(H_REGISTER_PROC_TBL, 0x18, 0x10000, 0, 4), H_PARAMETER); /* hash */
	assert_int_equal(call(H_REGISTER_PROC_TBL, 0x14, 1, 0, 0), H_PARAMETER);
	assert_int_equal(call(H_REGISTER_PROC_TBL, 0x14, 0, 0, 0), H_SUCCESS);
}

static void test_terminal(void **state)
{
	assert_int_equal(call(H_PUT_TERM_CHAR, 0x71000000, 16, 0, 0), H_SUCCESS);
	assert_int_equal(call(H_PUT_TERM_CHAR, 0, 1, 0, 0), H_SUCCESS);
	assert_int_equal(call(H_PUT_TERM_CHAR, 0x71000000, 17, 0, 0), H_PARAMETER);
	assert_int_equal(call(H_PUT_TERM_CHAR, 0x71000001, 1, 0, 0), H_PARAMETER); /* NVRAM */
	assert_int_equal(call(H_GET_TERM_CHAR, 5, 0, 0, 0), H_PARAMETER);
	assert_int_equal(call(H_GET_TERM_CHAR, 0x71000000, 0, 0, 0), H_SUCCESS);
	assert_int_equal(args[0], 0);
}

static void test_others(void **state)
{
	assert_int_equal(call(H_SET_SPRG0, 0x42, 0, 0, 0), H_SUCCESS);
	assert_int_equal(vcpu_get(&vm->vcpus[0], ONEREG_SPR(272)), 0x42);
	assert_int_equal(call(H_SET_XDABR, 0x1003, 4, 0, 0), H_PARAMETER);
	assert_int_equal(call(H_SET_XDABR, 0x1003, 0x10, 0, 0), H_PARAMETER);
	assert_int_equal(call(H_SET_XDABR, 0x1003, 0, 0, 0), H_PARAMETER);
	assert_int_equal(call(H_SET_DABR, 0, 0, 0, 0), H_SUCCESS);
	assert_int_equal(call(H_SET_XDABR, 0x1003, 3, 0, 0), H_SUCCESS);
	assert_int_equal(vcpu_get(&vm->vcpus[0], ONEREG_DAWR), 0x1000);
	assert_int_equal(vcpu_get(&vm->vcpus[0], ONEREG_DAWRX), 0x63);
	assert_int_equal(call(H_HOME_NODE_ASSOCIATIVITY, 1, 1, 0, 0), H_SUCCESS);
	assert_int_equal(call(H_HOME_NODE_ASSOCIATIVITY, 1, 2, 0, 0), H_P2);
	assert_int_equal(call(H_HOME_NODE_ASSOCIATIVITY, 7, 0, 0, 0), H_FUNCTION);
	assert_int_equal(call(H_GET_CPU_CHARACTERISTICS, 0, 0, 0, 0), H_SUCCESS);
	assert_int_equal(call(H_RANDOM, 0, 0, 0, 0), H_SUCCESS);
	assert_int_equal(call(H_SIGNAL_SYS_RESET, 2, 0, 0, 0), H_PARAMETER);
	assert_int_equal(call(H_SIGNAL_SYS_RESET, (u64)-3, 0, 0, 0), H_PARAMETER);
	assert_int_equal(call(H_SIGNAL_SYS_RESET, 1, 0, 0, 0), H_SUCCESS);
	assert_true(null_line(vm->vcpus[1].engine, ENGINE_LINE_SRESET));
	assert_false(null_line(vm->vcpus[0].engine, ENGINE_LINE_SRESET));
}

/* --- RTAS --- */
enum { BLOCK = 0x500000 };
static u32 rets[8];

static u32 token(const char *name)
{
	for (u32 i = 0; i < vm->rtas.count; i++)
		if (!strcmp(vm->rtas.calls[i].name, name))
			return RTAS_TOKEN_BASE + i;
	fail_msg("no RTAS call %s", name);
	return 0;
}

static s32 rtas(u32 tok, u32 nargs, u32 nrets, u32 a, u32 b, u32 c)
{
	u32 words[] = {tok, nargs, nrets, a, b, c, 0, 0, 0, 0};

	for (u32 i = 0; i < ARRAY_SIZE(words); i++)
		vm_mem_st32(vm, BLOCK + 4 * i, words[i]);
	assert_int_equal(call(H_RTAS, BLOCK, 0, 0, 0), H_SUCCESS);
	for (u32 i = 0; i < nrets && i < 8; i++)
		vm_mem_ld32(vm, BLOCK + 12 + 4 * (nargs + i), &rets[i]);
	return (s32)rets[0];
}

static void test_rtas_blocks(void **state)
{
	static const u64 bad[] = {64 << 20, (64 << 20) - 8, BLOCK + 2, ~0ull, ~3ull};

	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		vcpu_set(&vm->vcpus[0], ONEREG_MSR, 1ull << 63);
		assert_int_equal(call(H_RTAS, bad[i], 0, 0, 0), H_PARAMETER);
	}
	vm_mem_st32(vm, BLOCK + 4, 17);
	assert_int_equal(call(H_RTAS, BLOCK, 0, 0, 0), H_PARAMETER);
	vm_mem_st32(vm, BLOCK + 4, 10);
	vm_mem_st32(vm, BLOCK + 8, 0xffffffff);
	assert_int_equal(call(H_RTAS, BLOCK, 0, 0, 0), H_PARAMETER);
	assert_int_equal(rtas(0x1fff, 0, 1, 0, 0, 0), RTAS_HARDWARE);
	assert_int_equal(rtas(token("start-cpu"), 2, 1, 0, 0, 0), RTAS_PARAMETER);
	/* 32-bit mode: the upper half of the pointer is nothing. */
	vcpu_set(&vm->vcpus[0], ONEREG_MSR, 0);
	vm_mem_st32(vm, BLOCK, token("event-scan"));
	vm_mem_st32(vm, BLOCK + 4, 4);
	vm_mem_st32(vm, BLOCK + 8, 1);
	assert_int_equal(call(H_RTAS, 0xffffffff00000000ull | BLOCK, 0, 0, 0), H_SUCCESS);
}

static void test_rtas_cpus(void **state)
{
	assert_int_equal(rtas(token("query-cpu-stopped-state"), 1, 2, 1, 0, 0), 0);
	assert_int_equal(rets[1], 0);
	assert_int_equal(rtas(token("query-cpu-stopped-state"), 1, 2, 2, 0, 0), RTAS_PARAMETER);
	assert_int_equal(rtas(token("start-cpu"), 3, 1, 2, 0x100, 0), RTAS_PARAMETER);
	assert_int_equal(rtas(token("start-cpu"), 3, 1, 1, 0x100, 7), 0);
	assert_int_equal(rtas(token("start-cpu"), 3, 1, 1, 0x100, 7), RTAS_HARDWARE);
	assert_int_equal(rtas(token("query-cpu-stopped-state"), 1, 2, 1, 0, 0), 0);
	assert_int_equal(rets[1], 2);
}

static void set_clock(u32 y, u32 mo, u32 d, u32 h, u32 mi, u32 s, s32 want)
{
	u32 words[] = {token("set-time-of-day"), 7, 1, y, mo, d, h, mi, s, 0, 0};
	u32 status;

	for (u32 i = 0; i < ARRAY_SIZE(words); i++)
		vm_mem_st32(vm, BLOCK + 4 * i, words[i]);
	call(H_RTAS, BLOCK, 0, 0, 0);
	vm_mem_ld32(vm, BLOCK + 12 + 28, &status);
	assert_int_equal((s32)status, want);
}

static void test_rtas_clock(void **state)
{
	static const u32 dates[][6] = {
		{1970, 1, 1, 0, 0, 0},	  {1999, 12, 31, 23, 59, 0}, {2000, 2, 29, 12, 0, 0},
		{2024, 2, 29, 1, 2, 3},	  {2026, 11, 21, 9, 0, 0},   {2100, 3, 1, 0, 0, 0},
		{2400, 2, 29, 23, 0, 59},
	};

	for (unsigned i = 0; i < ARRAY_SIZE(dates); i++) {
		const u32 *d = dates[i];

		set_clock(d[0], d[1], d[2], d[3], d[4], d[5], 0);
		assert_int_equal(rtas(token("get-time-of-day"), 0, 8, 0, 0, 0), 0);
		for (int k = 0; k < 5; k++)
			assert_int_equal(rets[1 + k], d[k]);
	}
	set_clock(1969, 1, 1, 0, 0, 0, RTAS_PARAMETER);
	set_clock(2024, 13, 1, 0, 0, 0, RTAS_PARAMETER);
	set_clock(2024, 1, 0, 0, 0, 0, RTAS_PARAMETER);
	set_clock(2024, 1, 1, 24, 0, 0, RTAS_PARAMETER);
}

static void test_rtas_nvram_and_parameters(void **state)
{
	u32 fetch = token("nvram-fetch"), store = token("nvram-store");
	u32 get = token("ibm,get-system-parameter");

	vm_mem_write(vm, 0x600000, "abcd", 4);
	assert_int_equal(rtas(store, 3, 2, 0xfffc, 0x600000, 4), 0);
	assert_int_equal(rets[1], 4);
	assert_int_equal(rtas(fetch, 3, 2, 0xfffc, 0x601000, 4), 0);
	assert_memory_equal(vm_mem_ptr(vm, 0x601000, 4), "abcd", 4);
	assert_int_equal(rtas(fetch, 3, 2, 0xfffd, 0x601000, 4), RTAS_PARAMETER);
	assert_int_equal(rtas(fetch, 3, 2, 0, 0x601000, 0xffffffff), RTAS_PARAMETER);
	assert_int_equal(rtas(fetch, 3, 2, 0, 0xfffffff0, 64), RTAS_PARAMETER);
	assert_int_equal(rtas(get, 3, 1, 20, 0x602000, 256), 0);
	assert_memory_equal((u8 *)vm_mem_ptr(vm, 0x602002, 9), "MaxEntCap", 9);
	assert_int_equal(rtas(get, 3, 1, 20, 0x602000, 1), RTAS_PARAMETER);
	assert_int_equal(rtas(get, 3, 1, 20, 0xfffffff0, 256), RTAS_PARAMETER);
	assert_int_equal(rtas(get, 3, 1, 999, 0x602000, 256), -3);
	assert_int_equal(rtas(token("ibm,set-system-parameter"), 2, 1, 42, 0x602000, 0),
			 RTAS_NOT_AUTHORIZED);
	for (u32 i = 9001; i <= 9003; i++) {
		assert_int_equal(rtas(token("set-indicator"), 3, 1, i, 0, 0), -3);
		assert_int_equal(rtas(token("get-indicator"), 2, 2, i, 0, 0), -3);
		assert_int_equal(rtas(token("get-sensor-state"), 2, 2, i, 0, 0), -3);
	}
}

static void test_rtas_events(void **state)
{
	u32 check = token("check-exception"), scan = token("event-scan");
	/* vector, interrupt, mask, critical, buffer, length */
	u32 words[] = {check, 6, 1, 0x500, 0x1000, 1u << 30, 0, 0x600000, 2048, 99};
	const u8 *log = vm_mem_ptr(vm, 0x600000, 2048);
	const struct {
		u32 mask, buffer, length;
		s32 status;
	} t[] = {
		{1u << 31, 0x600000, 2048, 1},		   /* not what is asked for */
		{~0u, 0xfffffff0, 2048, RTAS_PARAMETER},   /* no memory there */
		{~0u, 0x600000, 4, RTAS_PARAMETER},	   /* not even the head */
		{~0u, 0x600000, 0xffffffff, RTAS_SUCCESS}, /* fetched */
		{~0u, 0x600000, 2048, 1},		   /* gone */
	};
	u32 status;

	assert_int_equal(rtas(scan, 4, 1, ~0u, 0, 0x600000), 1);
	assert_int_equal(rtas(check, 5, 1, 0x500, 0, ~0u), RTAS_PARAMETER);
	assert_int_equal(vm_powerdown(vm), 0);
	assert_int_equal(vm_powerdown(vm), 0);
	/* what has an interrupt is never scanned for */
	assert_int_equal(rtas(scan, 4, 1, ~0u, 0, 0x600000), 1);
	vm_mem_fill(vm, 0x600000, 0xee, 2048);
	for (unsigned i = 0; i < ARRAY_SIZE(t); i++) {
		words[5] = t[i].mask;
		words[7] = t[i].buffer;
		words[8] = t[i].length;
		for (u32 k = 0; k < ARRAY_SIZE(words); k++)
			vm_mem_st32(vm, BLOCK + 4 * k, words[k]);
		assert_int_equal(call(H_RTAS, BLOCK, 0, 0, 0), H_SUCCESS);
		vm_mem_ld32(vm, BLOCK + 36, &status);
		assert_int_equal((s32)status, t[i].status);
	}
	assert_int_equal(log[0], 6);
	assert_int_equal(ld_be32(log + 4), 116 - 8);
	assert_memory_equal(log + 96, "EP", 2);
	assert_int_equal(log[104] & 15, 3);
	assert_int_equal(log[115], 0);
	assert_int_equal(log[116], 0xee);
	/* a reset forgets */
	assert_int_equal(vm_powerdown(vm), 0);
	assert_int_equal(vm_reset(vm, &(struct error){""}), 0);
	for (u32 k = 0; k < ARRAY_SIZE(words); k++)
		vm_mem_st32(vm, BLOCK + 4 * k, words[k]);
	assert_int_equal(call(H_RTAS, BLOCK, 0, 0, 0), H_SUCCESS);
	vm_mem_ld32(vm, BLOCK + 36, &status);
	assert_int_equal(status, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_set_mode),
		cmocka_unit_test(test_memop),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_proc_table),
		cmocka_unit_test(test_terminal),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_rtas_blocks),
		cmocka_unit_test(test_rtas_cpus),
		cmocka_unit_test(test_rtas_clock),
		cmocka_unit_test(test_rtas_nvram_and_parameters),
		cmocka_unit_test(test_rtas_events),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

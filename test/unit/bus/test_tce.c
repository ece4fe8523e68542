// SPDX-License-Identifier: GPL-2.0-or-later
/* TCE tables, their hypercalls and DMA through a view: results, bad arguments, saved state. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "../buffer.h"
#include "base/endian.h"
#include "bus/dma.h"
#include "bus/tce.h"
#include "engine/null.h"
#include "isa/model.h"
#include "isa/papr.h"
#include "vm/savestate.h"
#include "vm/vm.h"

enum { LIOBN = 0x71000000, RAM = 4 << 20, WINDOW = 256, START = 0x10000 };

static struct vm *vm;
static struct tce_registry registry;
static struct tce_table table;

struct tce_view {
	struct dma_view dma;
	u32 faults;
};
static struct tce_view view;

static int view_translate(struct dma_view *v, u64 addr, bool write, u64 *gpa, u64 *len)
{
	int err = tce_translate(&table, addr, write, gpa, len);

	container_of(v, struct tce_view, dma)->faults += err != 0;
	return err;
}
static const struct dma_ops view_ops = {view_translate};

static int setup(void **state)
{
	struct vm_config c = {.name = "test",
			      .engine = &engine_null,
			      .model = cpu_model_find("power9"),
			      .nr_vcpus = 1,
			      .tb_hz = 512000000,
			      .papr = true};
	struct error e;

	if (vm_create(&c, &vm, &e) || vm_ram_add(vm, "ram", 0, RAM, &e))
		return -1;
	tce_registry_init(&registry, vm);
	if (tce_table_init(&table, &registry, LIOBN, WINDOW, &e) ||
	    tce_table_open(&table, START, 12, WINDOW))
		return -1;
	view = (struct tce_view){.dma = {vm, &view_ops}};
	return 0;
}

static int teardown(void **state)
{
	tce_table_destroy(&table, &registry);
	vm_destroy(vm);
	return 0;
}

static u64 result;

static s64 call(u64 nr, u64 liobn, u64 addr, u64 c, u64 d)
{
	u64 args[9] = {liobn, addr, c, d};
	s64 ret = hcall_dispatch(&vm->vcpus[0], nr, args);

	result = args[0];
	return ret;
}

static void test_calls(void **state)
{
	u64 list = 0x20000, last = START + (WINDOW - 1) * 4096;

	assert_int_equal(call(H_PUT_TCE, LIOBN, START, 0x5003, 0), H_SUCCESS);
	assert_int_equal(call(H_GET_TCE, LIOBN, START, 0, 0), H_SUCCESS);
	assert_int_equal(result, 0x5003);
	assert_int_equal(call(H_PUT_TCE, LIOBN + 1, START, 0x5003, 0), H_PARAMETER);
	assert_int_equal(call(H_PUT_TCE, LIOBN, START - 1, 0x5003, 0), H_PARAMETER);
	assert_int_equal(call(H_PUT_TCE, LIOBN, last + 4096, 0x5003, 0), H_PARAMETER);
	assert_int_equal(call(H_PUT_TCE, LIOBN, START, RAM | 3, 0), H_PARAMETER);
	assert_int_equal(call(H_PUT_TCE, LIOBN, START, RAM, 0), H_SUCCESS); /* no access */
	assert_int_equal(call(H_GET_TCE, LIOBN, ~0ull, 0, 0), H_PARAMETER);

	assert_int_equal(call(H_STUFF_TCE, LIOBN, START, 0x6001, WINDOW), H_SUCCESS);
	assert_int_equal(call(H_STUFF_TCE, LIOBN, START, 0, WINDOW + 1), H_PARAMETER);
	assert_int_equal(call(H_STUFF_TCE, LIOBN, last, 0, ~0ull), H_PARAMETER);
	assert_int_equal(call(H_GET_TCE, LIOBN, last, 0, 0), H_SUCCESS);
	assert_int_equal(result, 0x6001);

	for (u64 i = 0; i < 4; i++)
		vm_mem_st64(vm, list + 8 * i, i << 12 | 3);
	vm_mem_st64(vm, list + 32, RAM | 3);
	assert_int_equal(call(H_PUT_TCE_INDIRECT, LIOBN, START, list, 4), H_SUCCESS);
	assert_int_equal(call(H_GET_TCE, LIOBN, START + 0x3fff, 0, 0), H_SUCCESS);
	assert_int_equal(result, 0x3003);
	assert_int_equal(call(H_PUT_TCE_INDIRECT, LIOBN, START, list, 5), H_PARAMETER);
	assert_int_equal(call(H_PUT_TCE_INDIRECT, LIOBN, START, list, 513), H_PARAMETER);
	assert_int_equal(call(H_PUT_TCE_INDIRECT, LIOBN, START, list + 8, 1), H_PARAMETER);
	assert_int_equal(call(H_PUT_TCE_INDIRECT, LIOBN, last, list, 2), H_PARAMETER);
	assert_int_equal(call(H_PUT_TCE_INDIRECT, LIOBN, START, RAM, 1), H_PARAMETER);
}

static void test_dma(void **state)
{
	u8 buf[8192], back[8192];
	u64 v64, len;
	u32 v32;
	u16 v16;
	u8 *p;

	memset(buf, 0x5a, sizeof(buf));
	/* two pages of the bus that are apart in memory, one that may only be read, none */
	call(H_PUT_TCE, LIOBN, START, 0x8003, 0);
	call(H_PUT_TCE, LIOBN, START + 4096, 0x5003, 0);
	call(H_PUT_TCE, LIOBN, START + 8192, 0x6001, 0);
	call(H_PUT_TCE, LIOBN, START + 12288, 0, 0);
	view.faults = 0;
	assert_int_equal(dma_write(&view.dma, START + 100, buf, 8000), 0);
	assert_int_equal(*(u8 *)vm_mem_ptr(vm, 0x8064, 1), 0x5a);
	assert_int_equal(*(u8 *)vm_mem_ptr(vm, 0x8063, 1), 0);
	assert_int_equal(*(u8 *)vm_mem_ptr(vm, 0x5fa3, 1), 0x5a);
	assert_int_equal(*(u8 *)vm_mem_ptr(vm, 0x5fa4, 1), 0);
	assert_int_equal(dma_read(&view.dma, START + 100, back, 8000), 0);
	assert_memory_equal(buf, back, 8000);
	assert_int_equal(dma_fill(&view.dma, START + 4090, 7, 12), 0);
	assert_int_equal(*(u8 *)vm_mem_ptr(vm, 0x5005, 1), 7);
	assert_int_equal(view.faults, 0);

	assert_int_equal(dma_write(&view.dma, START + 8190, buf, 4), -EFAULT);
	assert_int_equal(dma_read(&view.dma, START + 8190, buf, 4), 0);
	assert_int_equal(dma_read(&view.dma, START + 12280, buf, 9), -EFAULT);
	assert_int_equal(dma_read(&view.dma, ~0ull - 3, buf, 4), -EFAULT);
	assert_int_equal(dma_read(&view.dma, 0, buf, 4), -EFAULT);
	assert_int_equal(view.faults, 4);

	assert_int_equal(dma_st32_le(&view.dma, START + 4, 0x11223344), 0);
	assert_int_equal(dma_ld32_be(&view.dma, START + 4, &v32), 0);
	assert_int_equal(v32, 0x44332211);
	assert_int_equal(dma_ld16_le(&view.dma, START + 5, &v16), 0);
	assert_int_equal(v16, 0x2233);
	assert_int_equal(dma_st64_be(&view.dma, START + 4092, 0x0102030405060708), 0);
	assert_int_equal(dma_ld64_be(&view.dma, START + 4092, &v64), 0);
	assert_int_equal(v64, 0x0102030405060708);
	assert_int_equal(*(u8 *)vm_mem_ptr(vm, 0x5003, 1), 8);
	assert_int_equal(dma_st16_le(&view.dma, START + 8192, 1), -EFAULT);

	len = 8192;
	p = dma_map(&view.dma, START, &len, true);
	assert_int_equal(len, 4096);
	assert_ptr_equal(p, vm_mem_ptr(vm, 0x8000, 1));
	dma_unmap(&view.dma, p, len, true);
	call(H_PUT_TCE, LIOBN, START + 4096, 0x9003, 0);
	len = 8192;
	assert_non_null(dma_map(&view.dma, START, &len, true));
	assert_int_equal(len, 8192);
	len = 1;
	assert_null(dma_map(&view.dma, START + 8192, &len, true));
}

static void test_real(void **state)
{
	struct dma_view real;
	u8 buf[16];

	dma_view_init_real(&real, vm);
	assert_int_equal(dma_write(&real, 0x1000, "hello", 5), 0);
	assert_int_equal(dma_read(&real, RAM - 16, buf, 16), 0);
	assert_int_equal(dma_read(&real, RAM - 16, buf, 17), -EFAULT);
	assert_int_equal(dma_read(&real, ~0ull, buf, 2), -EFAULT);
}

static void test_geometry(void **state)
{
	u64 gpa, len = 1 << 20;

	assert_int_equal(tce_table_open(&table, 0, 11, 1), -EINVAL);
	assert_int_equal(tce_table_open(&table, 0x1000, 16, 1), -EINVAL);
	assert_int_equal(tce_table_open(&table, 0, 16, WINDOW + 1), -EINVAL);
	assert_int_equal(tce_table_open(&table, ~0ull << 16, 16, 2), -EINVAL);
	assert_int_equal(tce_table_open(&table, ~0ull << 16, 16, 1), 0);
	assert_int_equal(call(H_PUT_TCE, LIOBN, ~0ull, 0x10003, 0), H_SUCCESS);
	assert_int_equal(tce_translate(&table, ~0ull - 15, true, &gpa, &len), 0);
	assert_int_equal(gpa, 0x1fff0);
	assert_int_equal(len, 16);
	assert_int_equal(tce_table_open(&table, 1ull << 59, 16, 16), 0);
	len = 1;
	assert_int_equal(tce_translate(&table, 1ull << 59, false, &gpa, &len), -EFAULT);
	assert_false(tce_covers(&table, (1ull << 59) + 0x100000));
	assert_true(tce_covers(&table, (1ull << 59) + 0xfffff));
	assert_int_equal(tce_table_open(&table, START, 12, WINDOW), 0);
	/* a window that is opened is empty, wherever the one before had entries */
	for (u64 i = 0; i < WINDOW; i += WINDOW / 2 - 1)
		assert_int_equal(call(H_PUT_TCE, LIOBN, START + (i << 12), 0x10003, 0), H_SUCCESS);
	assert_int_equal(call(H_PUT_TCE, LIOBN, START, 0x10003, 0), H_SUCCESS);
	assert_int_equal(tce_table_open(&table, START, 12, WINDOW), 0);
	for (u64 i = 0; i < WINDOW; i++) {
		assert_int_equal(call(H_GET_TCE, LIOBN, START + (i << 12), 0, 0), H_SUCCESS);
		assert_int_equal(result, 0);
	}
}

/* --- saved state --- */
static void test_state(void **state)
{
	struct buffer b = {0};
	struct state_writer w = {buf_write, &b, 0};
	struct state_reader r = {buf_read, &b};
	struct error e;

	tce_table_open(&table, START, 16, 32);
	call(H_PUT_TCE, LIOBN, START + 0x50000, 0x10003, 0);
	tce_save(&w, &table);
	tce_table_open(&table, 0, 12, WINDOW);
	b.pos = 0;
	assert_int_equal(tce_load(&r, &table, &e), 0);
	assert_int_equal(table.nr, 32);
	assert_int_equal(call(H_GET_TCE, LIOBN, START + 0x50000, 0, 0), H_SUCCESS);
	assert_int_equal(result, 0x10003);
	/* an index past the end, a cut stream, a window too large */
	b.data[24 + 7] = b.data[24] = 32;
	b.pos = 0;
	assert_int_not_equal(tce_load(&r, &table, &e), 0);
	b.len -= 8;
	b.pos = 0;
	assert_int_not_equal(tce_load(&r, &table, &e), 0);
	b.len += 8;
	memset(b.data + 16, 0x40, 8);
	b.pos = 0;
	assert_int_not_equal(tce_load(&r, &table, &e), 0);
	tce_table_open(&table, START, 12, WINDOW);
	free(b.data);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calls), cmocka_unit_test(test_dma),
		cmocka_unit_test(test_real),  cmocka_unit_test(test_geometry),
		cmocka_unit_test(test_state),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

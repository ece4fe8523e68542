// SPDX-License-Identifier: GPL-2.0-or-later
/* Negotiation of a pseries guest with its machine: H_CAS as firmware makes it, good vectors and bad
 * ones, and what is saved of it. */
#include <errno.h>
#include <libfdt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "board.h"
#include "../buffer.h"
#include "isa/papr.h"
#include "vm/savestate.h"

enum { VECTORS = 0x100000, BUFFER = 0x200000, BUFFER_SIZE = 0x200000, MACHINE_RAM = 64 << 20 };

static void create_firmware(struct machine_config *c, struct vm **vm)
{
	static char path[64];
	u8 image[0x200] = {0};
	struct error e = {""};

	board_file(path, image, sizeof(image));
	c->bios = path;
	if (board_create(c, vm, &e))
		fail_msg("%s", e.text);
	unlink(path);
}

/* The list of processors ends with a pair that matches none; vector 5 of 26 bytes behind four
 * empty ones. */
static void put_vectors(struct vm *vm, u32 mask, u32 pvr, u8 xive, u8 mmu)
{
	u8 v[96] = {0};
	u32 at = 0;

	st_be32(v + at, mask);
	st_be32(v + at + 4, pvr);
	st_be32(v + at + 8, 0);
	st_be32(v + at + 12, 0xffffffff);
	at += 16;
	v[at++] = 5 - 1;
	for (int i = 0; i < 4; i++) {
		v[at++] = 0;
		v[at++] = 0x80;
	}
	v[at++] = 26 - 1;
	v[at + 5 - 1] = 0x80;
	v[at + 23 - 1] = xive;
	v[at + 24 - 1] = mmu;
	vm_mem_write(vm, VECTORS, v, sizeof(v));
}

static s64 cas(struct vm *vm, u64 vectors, u64 buffer, u64 size)
{
	u64 args[9] = {vectors, buffer, size};

	return hcall_dispatch(&vm->vcpus[0], H_CAS, args);
}

/* libfdt wants it aligned */
static const void *answer(struct vm *vm)
{
	static u64 copy[(1 << 20) / 8];

	assert_int_equal(vm_mem_read(vm, BUFFER + 4, copy, sizeof(copy)), 0);
	return copy;
}

static const u8 *vector5(struct vm *vm)
{
	const void *fdt = answer(vm);
	int len = 0;
	const u8 *v;

	assert_int_equal(ld_be32(vm_mem_ptr(vm, BUFFER, 4)), 1);
	assert_int_equal(fdt_check_header(fdt), 0);
	v = fdt_getprop(fdt, fdt_path_offset(fdt, "/chosen"), "ibm,architecture-vec-5", &len);
	assert_non_null(v);
	assert_int_equal(len, 27);
	assert_null(fdt_getprop(fdt, fdt_path_offset(fdt, "/chosen"), "bootargs", NULL));
	return v;
}

static const char *compatible(struct vm *vm)
{
	const void *fdt = answer(vm);
	int node;

	fdt_for_each_subnode(node, fdt,
			     0) if (!strncmp(fdt_get_name(fdt, node, NULL), "interrupt-controller",
					     20)) return fdt_getprop(fdt, node, "compatible", NULL);
	return NULL;
}

static void test_modes(void **state)
{
	static const struct {
		const char *ic, *mmu;
		u8 xive, mode;
		s64 ret;
		u8 got_xive, got_mode;
	} t[] = {
		{"dual", NULL, 0x40, 0x40, H_SUCCESS, 0x40, 0x40},
		{"dual", NULL, 0x00, 0x00, H_SUCCESS, 0x00, 0x00},
		{"dual", NULL, 0x80, 0x80, H_SUCCESS, 0x40, 0x40},
		{"dual", NULL, 0xc0, 0x00, H_HARDWARE, 0, 0},
		{"xics", NULL, 0x40, 0x40, H_HARDWARE, 0, 0},
		{"xics", NULL, 0x00, 0x40, H_SUCCESS, 0x00, 0x40},
		{"xive", NULL, 0x00, 0x40, H_HARDWARE, 0, 0},
		{"xive", "hash", 0x40, 0x00, H_SUCCESS, 0x40, 0x00},
		{"xive", "hash", 0x40, 0x40, H_HARDWARE, 0, 0},
		{"dual", "radix", 0x40, 0x00, H_HARDWARE, 0, 0},
	};

	for (unsigned i = 0; i < ARRAY_SIZE(t); i++) {
		struct machine_config c = {.nr_options = t[i].mmu ? 2 : 1,
					   .options = {{"ic-mode", t[i].ic}, {"x-mmu", t[i].mmu}}};
		struct engine_hpte hpte = {1, 1};
		struct vm *vm;

		create_firmware(&c, &vm);
		put_vectors(vm, 0xffffffff, 0x0f000005, t[i].xive, t[i].mode);
		assert_int_equal(cas(vm, VECTORS, BUFFER, BUFFER_SIZE), t[i].ret);
		if (t[i].ret == H_SUCCESS) {
			assert_int_equal(vector5(vm)[5], 0x80);
			assert_int_equal(vector5(vm)[23], t[i].got_xive);
			assert_int_equal(vector5(vm)[24], t[i].got_mode);
			assert_string_equal(compatible(vm),
					    t[i].got_xive ? "ibm,power-ivpe" : "IBM,ppc-xicp");
			/* there is a hash table exactly when it was asked for */
			assert_int_equal(vm->ops->htab_write(vm->engine, 0, &hpte, 1),
					 t[i].got_mode ? 0 : 1);
		}
		machine_pseries.destroy(vm);
	}
}

static void test_levels(void **state)
{
	static const struct {
		const char *cpu;
		u32 mask, pvr;
		s64 ret;
		u32 level;
	} t[] = {
		{"power9", 0xffffffff, 0x0f000005, H_SUCCESS, 0x0f000005},
		{"power9", 0xffffffff, 0x0f000004, H_SUCCESS, 0x0f000004},
		{"power9", 0xffff0000, 0x004e0000, H_SUCCESS, 0x0f000005},
		{"power9", 0xffffffff, 0x0f000003, H_HARDWARE, 0},
		{"power8", 0xffffffff, 0x0f000004, H_SUCCESS, 0x0f000004},
		{"power8", 0xffffffff, 0x0f000005, H_HARDWARE, 0},
	};

	for (unsigned i = 0; i < ARRAY_SIZE(t); i++) {
		struct machine_config c = {.model = cpu_model_find(t[i].cpu)};
		const void *fdt;
		struct vm *vm;
		int node;

		create_firmware(&c, &vm);
		put_vectors(vm, t[i].mask, t[i].pvr, 0, 0);
		assert_int_equal(cas(vm, VECTORS, BUFFER, BUFFER_SIZE), t[i].ret);
		if (t[i].ret == H_SUCCESS) {
			fdt = answer(vm);
			node = fdt_first_subnode(fdt, fdt_path_offset(fdt, "/cpus"));
			assert_int_equal(ld_be32(fdt_getprop(fdt, node, "cpu-version", NULL)),
					 t[i].level);
		}
		machine_pseries.destroy(vm);
	}
}

static void test_hostile(void **state)
{
	struct machine_config c = {.cpus = 2};
	struct vm *vm;

	create_firmware(&c, &vm);
	put_vectors(vm, 0xffffffff, 0x0f000005, 0x40, 0x40);
	assert_int_equal(cas(vm, VECTORS, BUFFER, 3), H_PARAMETER);
	assert_int_equal(cas(vm, VECTORS, BUFFER, 64), H_NO_MEM);
	assert_int_equal(cas(vm, VECTORS, ~0ull - 2, BUFFER_SIZE), H_PARAMETER);
	assert_int_equal(cas(vm, VECTORS, MACHINE_RAM - 4096, BUFFER_SIZE), H_PARAMETER);
	assert_int_equal(cas(vm, MACHINE_RAM - 8, BUFFER, BUFFER_SIZE), H_PARAMETER);
	assert_int_equal(cas(vm, 1ull << 40, BUFFER, BUFFER_SIZE), H_PARAMETER);
	/* a list without an end */
	vm_mem_fill(vm, VECTORS, 0, 0x10000);
	assert_int_equal(cas(vm, VECTORS, BUFFER, BUFFER_SIZE), H_PARAMETER);
	/* the second processor would lose its hash table */
	put_vectors(vm, 0xffffffff, 0x0f000005, 0x40, 0x40);
	assert_int_equal(vcpu_start(&vm->vcpus[1], 0, 0), 0);
	assert_int_equal(cas(vm, VECTORS, BUFFER, BUFFER_SIZE), H_MULTI_THREADS_ACTIVE);
	machine_pseries.destroy(vm);
}

static void test_reset(void **state)
{
	struct machine_config c = {.cpus = 2};
	struct engine_hpte hpte = {1, 1};
	struct error e = {""};
	struct vm *vm;

	create_firmware(&c, &vm);
	put_vectors(vm, 0xffffffff, 0x0f000005, 0x00, 0x00);
	assert_int_equal(cas(vm, VECTORS, BUFFER, BUFFER_SIZE), H_SUCCESS);
	assert_int_equal(vm->ops->htab_write(vm->engine, 0, &hpte, 1), 1);
	assert_int_equal(vm_reset(vm, &e), 0);
	assert_int_equal(vm->ops->htab_write(vm->engine, 0, &hpte, 1), 0);
	machine_pseries.destroy(vm);
}

/* --- saved and loaded --- */
static void test_saved(void **state)
{
	struct buffer b = {0};
	struct machine_config c = {.cpus = 2}, fresh = {.cpus = 2};
	struct machine_config other = {.nr_options = 1, .options = {{"x-mmu", "radix"}}};
	struct state_writer w = {buf_write, &b, 0};
	struct state_reader r = {buf_read, &b};
	struct engine_hpte hpte = {0x1234, 0x5678}, got = {0, 0};
	struct error e = {""};
	struct vm *vm;

	create_firmware(&c, &vm);
	put_vectors(vm, 0xffffffff, 0x0f000005, 0x00, 0x00);
	assert_int_equal(cas(vm, VECTORS, BUFFER, BUFFER_SIZE), H_SUCCESS);
	assert_int_equal(vm->ops->htab_write(vm->engine, 7, &hpte, 1), 1);
	assert_int_equal(vm_save(vm, &w, &e), 0);
	machine_pseries.destroy(vm);

	/* a machine that starts with radix takes the table of one that agreed on hash */
	create_firmware(&fresh, &vm);
	if (vm_load(vm, &r, &e))
		fail_msg("%s", e.text);
	assert_int_equal(vm->ops->htab_read(vm->engine, 7, &got, 1), 1);
	assert_int_equal(got.v, 0x1234);
	machine_pseries.destroy(vm);

	b.pos = 0;
	create_firmware(&other, &vm);
	assert_true(vm_load(vm, &r, &e) < 0);
	machine_pseries.destroy(vm);
	free(b.data);
}

static void test_update_dt(void **state)
{
	struct machine_config c = {.cpus = 1};
	u64 args[9] = {BUFFER};
	u8 tree[256];
	struct vm *vm;

	create_firmware(&c, &vm);
	assert_int_equal(hcall_dispatch(&vm->vcpus[0], H_UPDATE_DT, args), H_PARAMETER);
	assert_int_equal(fdt_create_empty_tree(tree, sizeof(tree)), 0);
	vm_mem_write(vm, BUFFER, tree, sizeof(tree));
	args[0] = BUFFER;
	assert_int_equal(hcall_dispatch(&vm->vcpus[0], H_UPDATE_DT, args), H_SUCCESS);
	vm_mem_st32(vm, BUFFER + 4, 0xffffffff);
	args[0] = BUFFER;
	assert_int_equal(hcall_dispatch(&vm->vcpus[0], H_UPDATE_DT, args), H_PARAMETER);
	args[0] = MACHINE_RAM - 8;
	assert_int_equal(hcall_dispatch(&vm->vcpus[0], H_UPDATE_DT, args), H_PARAMETER);
	machine_pseries.destroy(vm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_modes),	cmocka_unit_test(test_levels),
		cmocka_unit_test(test_hostile), cmocka_unit_test(test_reset),
		cmocka_unit_test(test_saved),	cmocka_unit_test(test_update_dt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

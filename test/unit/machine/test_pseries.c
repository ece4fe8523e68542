// SPDX-License-Identifier: GPL-2.0-or-later
/* The pseries machine: its tree, its memory, its options; saved and loaded. */
#include <errno.h>
#include <libfdt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "board.h"
#include "../buffer.h"
#include "engine/translator.h"
#include "isa/onereg.h"
#include "vm/savestate.h"

static u32 cell(const void *fdt, const char *path, const char *name, int index)
{
	int len = 0, node = fdt_path_offset(fdt, path);
	const fdt32_t *p = fdt_getprop(fdt, node, name, &len);

	if (!p || len < 4 * (index + 1))
		fail_msg("%s/%s[%d] is missing", path, name, index);
	return fdt32_to_cpu(p[index]);
}

static const u8 *bytes(const void *fdt, const char *path, const char *name, int *len)
{
	const u8 *p = fdt_getprop(fdt, fdt_path_offset(fdt, path), name, len);

	if (!p)
		fail_msg("%s/%s is missing", path, name);
	return p;
}

static const void *tree_of(struct vm *vm)
{
	/* Below RTAS, which stands in the last 64 KiB. */
	u64 at = ((64ull << 20) - 4096) & ~0xffffull;
	const void *fdt = vm_mem_ptr(vm, (at - (1 << 20)) & ~0xffffull, 1 << 20);

	assert_int_equal(fdt_check_full(fdt, 1 << 20), 0);
	return fdt;
}

static void create(struct machine_config *c, struct vm **vm)
{
	struct error e = {""};

	if (board_create(c, vm, &e))
		fail_msg("%s", e.text);
}

static void test_tree(void **state)
{
	struct machine_config c = {.append = "console=hvc0 x=1", .cpus = 2};
	const void *fdt;
	struct vm *vm;
	const u8 *v;
	u64 base, size;
	int len;

	create(&c, &vm);
	fdt = tree_of(vm);
	assert_string_equal(bytes(fdt, "/", "compatible", &len), "qemu,pseries");
	assert_string_equal(bytes(fdt, "/", "device_type", &len), "chrp");
	assert_string_equal(bytes(fdt, "/chosen", "bootargs", &len), "console=hvc0 x=1");
	assert_string_equal(bytes(fdt, "/chosen", "linux,stdout-path", &len),
			    "/vdevice/vty@71000000");
	v = bytes(fdt, "/chosen", "ibm,architecture-vec-5", &len);
	assert_int_equal(len, v[0] + 2);
	assert_int_equal(v[23], 0x40); /* XIVE */
	assert_int_equal(v[24], 0x40); /* radix */
	assert_int_equal(v[26], 0x40); /* GTSE */
	assert_int_equal(cell(fdt, "/vdevice/vty@71000000", "reg", 0), 0x71000000);
	assert_int_equal(cell(fdt, "/vdevice/vty@71000000", "interrupts", 0), 0x1100);
	assert_int_equal(cell(fdt, "/cpus/PowerPC,POWER9@1", "ibm,ppc-interrupt-server#s", 0), 1);
	assert_int_equal(cell(fdt, "/cpus/PowerPC,POWER9@0", "timebase-frequency", 0), 512000000);
	assert_int_equal(cell(fdt, "/cpus/PowerPC,POWER9@0", "ibm,dec-bits", 0), 56);
	assert_int_equal(cell(fdt, "/memory@0", "reg", 3), 64 << 20);
	assert_true(fdt_path_offset(fdt, "/hypervisor") < 0);
	/* as in qemu with ic-mode=xive */
	assert_null(fdt_getprop(fdt, fdt_path_offset(fdt, "/rtas"), "ibm,set-xive", NULL));
	assert_true(cell(fdt, "/rtas", "power-off", 0) >= RTAS_TOKEN_BASE);
	base = cell(fdt, "/rtas", "linux,rtas-base", 0);
	assert_int_equal(cell(fdt, "/rtas", "linux,rtas-entry", 0), base);
	/* sc 1 is the fourth instruction. */
	assert_int_equal(ld_be32(vm_mem_ptr(vm, base + 12, 4)), 0x44000022);
	/* RTAS and the tree are reserved. */
	assert_int_equal(fdt_num_mem_rsv(fdt), 2);
	assert_int_equal(fdt_get_mem_rsv(fdt, 0, &base, &size), 0);
	assert_int_equal(base, cell(fdt, "/rtas", "linux,rtas-base", 0));
	assert_int_equal(ld_be32(vm_mem_ptr(vm, 0x1000, 4)), 0x5a5a5a5a);
	machine_pseries.destroy(vm);
}

static void test_tree_follows_options(void **state)
{
	struct machine_config c = {.nr_options = 2,
				   .options = {{"ic-mode", "xics"}, {"x-mmu", "hash"}}};
	const void *fdt;
	struct vm *vm;
	const u8 *v;
	int len;

	create(&c, &vm);
	fdt = tree_of(vm);
	v = bytes(fdt, "/chosen", "ibm,architecture-vec-5", &len);
	assert_int_equal(v[23] | v[24] | v[26], 0);
	assert_true(cell(fdt, "/rtas", "ibm,set-xive", 0) >= RTAS_TOKEN_BASE);
	v = bytes(fdt, "/cpus/PowerPC,POWER9@0", "ibm,pa-features", &len);
	assert_int_equal(v[2 + 40], 0); /* no radix */
	assert_int_equal(v[2 + 22], 0); /* no transactional memory */
	machine_pseries.destroy(vm);

	c = (struct machine_config){.model = cpu_model_find("power8")};
	create(&c, &vm);
	fdt = tree_of(vm);
	assert_int_equal(cell(fdt, "/cpus/PowerPC,POWER8@0", "cpu-version", 0), 0x0f000004);
	machine_pseries.destroy(vm);
}

static void test_cores(void **state)
{
	static const struct {
		u32 cpus, max_cpus, threads;
		const char *why;
	} bad[] = {
		{3, 3, 3, "-smp: cores of 3 threads: 1, 2, 4, 8 are possible"},
		{16, 16, 16, "-smp: cores of 16 threads: 1, 2, 4, 8 are possible"},
		{6, 8, 4, "-smp: 6 of 8 processors are no whole cores of 4"},
		{4, 6, 4, "-smp: 4 of 6 processors are no whole cores of 4"},
	};
	struct machine_config c = {.cpus = 4, .max_cpus = 8, .threads = 2};
	const char *core = "/cpus/PowerPC,POWER9@2";
	const void *fdt;
	struct vm *vm;
	int len;

	create(&c, &vm);
	fdt = tree_of(vm);
	bytes(fdt, core, "ibm,ppc-interrupt-server#s", &len);
	assert_int_equal(len, 8);
	assert_int_equal(cell(fdt, core, "ibm,ppc-interrupt-server#s", 0), 2);
	assert_int_equal(cell(fdt, core, "ibm,ppc-interrupt-server#s", 1), 3);
	bytes(fdt, core, "ibm,ppc-interrupt-gserver#s", &len);
	assert_int_equal(len, 16);
	assert_int_equal(cell(fdt, core, "ibm,ppc-interrupt-gserver#s", 2), 3);
	assert_int_equal(cell(fdt, core, "ibm,ppc-interrupt-gserver#s", 3), 0);
	assert_true(fdt_path_offset(fdt, "/cpus/PowerPC,POWER9@1") < 0);
	assert_int_equal(cell(fdt, "/rtas", "ibm,lrdr-capacity", 4), 4);
	machine_pseries.destroy(vm);

	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		struct error e = {""};

		c = (struct machine_config){.cpus = bad[i].cpus,
					    .max_cpus = bad[i].max_cpus,
					    .threads = bad[i].threads};
		assert_true(board_create(&c, &vm, &e) < 0);
		assert_string_equal(e.text, bad[i].why);
	}
}

static void test_bad_options(void **state)
{
	static const struct {
		const char *cpu, *key, *value, *why;
	} t[] = {
		{"power9", "colour", "red", "machine pseries has no option 'colour'"},
		{"power9", "ic-mode", "pic", "ic-mode is xics, xive or dual, not 'pic'"},
		{"power8", "ic-mode", "xive", "power8 has no XIVE: ic-mode=xics"},
		{"power8", "x-mmu", "radix", "power8 has no radix MMU"},
		{"power9", "x-mmu", "none", "x-mmu is radix or hash, not 'none'"},
	};

	for (unsigned i = 0; i < ARRAY_SIZE(t); i++) {
		struct machine_config c = {.model = cpu_model_find(t[i].cpu),
					   .nr_options = 1,
					   .options = {{t[i].key, t[i].value}}};
		struct error e = {""};
		struct vm *vm;

		assert_true(board_create(&c, &vm, &e) < 0);
		assert_string_equal(e.text, t[i].why);
	}
}

/* A raw image stands at 0 and is entered at 0x100, a kernel beside it at 4 MiB; alone it may be as
 * large as memory allows. Only the boot processor runs. */
static void test_bios(void **state)
{
	struct machine_config c = {.cpus = 2};
	u8 *image = malloc(5 << 20);
	struct error e = {""};
	char path[64];
	struct vm *vm;

	memset(image, 0xa5, 5 << 20);
	board_file(path, image, 0x200);
	c.bios = path;
	create(&c, &vm);
	unlink(path);
	assert_int_equal(ld_be32(vm_mem_ptr(vm, 0x1fc, 4)), 0xa5a5a5a5);
	assert_int_equal(ld_be32(vm_mem_ptr(vm, 0x401000, 4)), 0x5a5a5a5a);
	assert_int_equal(vm->vcpus[0].start_pc, 0x100);
	assert_ptr_equal(vm_mem_ptr(vm, vm->vcpus[0].start_arg, 4), tree_of(vm));
	assert_int_equal(fdt_boot_cpuid_phys(tree_of(vm)), 0);
	assert_int_equal(vcpu_get_state(&vm->vcpus[1]), VCPU_STOPPED);
	machine_pseries.destroy(vm);

	board_file(path, image, 5 << 20);
	assert_true(board_create(&c, &vm, &e) < 0);
	c.kernel = NULL;
	if (machine_pseries.create(&c, &vm, &e))
		fail_msg("%s", e.text);
	unlink(path);
	assert_int_equal(ld_be32(vm_mem_ptr(vm, (5 << 20) - 4, 4)), 0xa5a5a5a5);
	machine_pseries.destroy(vm);
	free(image);
}

/* Where the tree promises no memory a guest's access is a machine check, in real mode too, and the
 * guest goes on from there with MSR[ME] set. */
static void test_absent_memory(void **state)
{
	static const struct {
		u64 at;
		u32 code[8];
	} parts[] = {
		/* lis r4,0x4000; lwz r5,8(r4); stw r5,0(0); b . */
		{0x1000, {0x3c804000, 0x80a40008, 0x90a00000, 0x48000000}},
		/* mfsrr1 r6; std r6,0x3000(0); mfdar r6; std; mfdsisr r6; std; mfmsr r6; b 0x240 */
		{0x200,
		 {0x7cdb02a6, 0xf8c03000, 0x7cd302a6, 0xf8c03008, 0x7cd202a6, 0xf8c03010,
		  0x7cc000a6, 0x48000024}},
		/* std r6,0x3018(0); li r6,1; std r6,0x3020(0); b . */
		{0x240, {0xf8c03018, 0x38c00001, 0xf8c03020, 0x48000000}},
	};
	struct machine_config c = {.cpus = 1, .engine = &engine_translator};
	u64 v[5] = {0}, done = 0;
	struct vm *vm;

	create(&c, &vm);
	for (unsigned i = 0; i < ARRAY_SIZE(parts); i++)
		for (unsigned k = 0; k < 8; k++)
			vm_mem_st32(vm, parts[i].at + 4 * k, parts[i].code[k]);
	vm_resume(vm);
	/* the guest's last store; one atomic access, since the guest runs */
	for (unsigned i = 0; i < 10000 && !done; i++) {
		usleep(1000);
		vm_mem_ld64(vm, 0x3020, &done);
	}
	vm_pause(vm);
	vm_mem_read(vm, 0x3000, v, sizeof(v));
	assert_int_equal(ld_be64(&v[4]), 1);
	assert_int_equal(ld_be64(&v[0]), 0x8000000000201000);
	assert_int_equal(ld_be64(&v[1]), 0x40000008);
	assert_int_equal(ld_be64(&v[2]), 0x40);
	assert_int_equal(ld_be64(&v[3]), 0x8000000000001000);
	machine_pseries.destroy(vm);
}

static void save(struct vm *vm, struct buffer *b)
{
	struct state_writer w = {buf_write, b, 0};
	struct error e;

	assert_int_equal(vm_save(vm, &w, &e), 0);
}

static int load(struct buffer *b, struct machine_config *c, struct vm **vm, struct error *e)
{
	struct state_reader r = {buf_read, b};

	b->pos = 0;
	create(c, vm);
	return vm_load(*vm, &r, e);
}

static void test_save_and_load(void **state)
{
	static const char *const modes[] = {"xics", "xive"};

	for (unsigned m = 0; m < 2; m++) {
		struct machine_config c = {.nr_options = 1, .options = {{"ic-mode", modes[m]}}};
		struct machine_config fresh = c;
		struct buffer first = {0}, second = {0};
		struct error e = {""};
		struct vm *vm;

		create(&c, &vm);
		vm_mem_write(vm, 0x123456, "hello", 5);
		vcpu_set(&vm->vcpus[1], ONEREG_GPR(7), 0x1234567890ull);
		save(vm, &first);
		machine_pseries.destroy(vm);

		if (load(&first, &fresh, &vm, &e))
			fail_msg("%s", e.text);
		assert_memory_equal(vm_mem_ptr(vm, 0x123456, 5), "hello", 5);
		assert_int_equal(vcpu_get(&vm->vcpus[1], ONEREG_GPR(7)), 0x1234567890ull);
		/* What was loaded is what would be saved. */
		save(vm, &second);
		assert_int_equal(first.len, second.len);
		assert_memory_equal(first.data, second.data, first.len);
		machine_pseries.destroy(vm);
		free(first.data);
		free(second.data);
	}
}

static void test_load_refuses(void **state)
{
	struct machine_config c = {.cpus = 2}, other = {.cpus = 1}, fresh;
	struct buffer b = {0};
	struct error e = {""};
	struct vm *vm;
	size_t whole;

	create(&c, &vm);
	save(vm, &b);
	machine_pseries.destroy(vm);
	assert_true(load(&b, &other, &vm, &e) < 0);
	machine_pseries.destroy(vm);
	whole = b.len;
	for (unsigned i = 1; i < 12; i++) {
		fresh = (struct machine_config){.cpus = 2};
		b.len = whole * i / 12;
		assert_true(load(&b, &fresh, &vm, &e) < 0);
		assert_true(e.text[0]);
		machine_pseries.destroy(vm);
	}
	free(b.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tree),	      cmocka_unit_test(test_tree_follows_options),
		cmocka_unit_test(test_cores),	      cmocka_unit_test(test_bad_options),
		cmocka_unit_test(test_save_and_load), cmocka_unit_test(test_load_refuses),
		cmocka_unit_test(test_absent_memory), cmocka_unit_test(test_bios),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* The client interface as a guest calls it: device tree, memory, instances, negotiation; arguments
 * that are wrong; what is saved of it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "board.h"
#include "../buffer.h"
#include "isa/onereg.h"
#include "isa/papr.h"
#include "vm/savestate.h"

enum { BLOCK = 0x100000, TEXT = 0x101000, TEXT2 = 0x102000, BUF = 0x103000 };
#define FAILED 0xffffffffu

static struct vm *create(struct machine_config *c)
{
	struct error e = {""};
	struct vm *vm;

	c->nr_options = 1;
	c->options[0] = (struct machine_option){"x-vof", "on"};
	if (board_create(c, &vm, &e))
		fail_msg("%s", e.text);
	return vm;
}

static void put_text(struct vm *vm, u64 at, const char *s)
{
	vm_mem_write(vm, at, s, strlen(s) + 1);
}

static s64 raw(struct vm *vm, u64 block)
{
	u64 args[9] = {block};

	return hcall_dispatch(&vm->vcpus[0], H_CLIENT, args);
}

/* A call of up to six arguments with one result. */
static u32 call(struct vm *vm, const char *service, u32 nargs, ...)
{
	u32 result = 0;
	va_list ap;

	put_text(vm, BLOCK + 0x200, service);
	vm_mem_st32(vm, BLOCK, BLOCK + 0x200);
	vm_mem_st32(vm, BLOCK + 4, nargs);
	vm_mem_st32(vm, BLOCK + 8, 2);
	va_start(ap, nargs);
	for (u32 i = 0; i < nargs; i++)
		vm_mem_st32(vm, BLOCK + 12 + 4 * i, va_arg(ap, u32));
	va_end(ap);
	if (raw(vm, BLOCK))
		return FAILED;
	vm_mem_ld32(vm, BLOCK + 12 + 4 * nargs, &result);
	return result;
}

static u32 find(struct vm *vm, const char *path)
{
	put_text(vm, TEXT, path);
	return call(vm, "finddevice", 1, TEXT);
}

static u32 getprop(struct vm *vm, u32 node, const char *name, u32 room)
{
	put_text(vm, TEXT2, name);
	vm_mem_fill(vm, BUF, 0, 0x1000);
	return call(vm, "getprop", 4, node, TEXT2, BUF, room);
}

static const char *text(struct vm *vm)
{
	return vm_mem_ptr(vm, BUF, 0x1000);
}

static u32 cell(struct vm *vm)
{
	u32 v;

	vm_mem_ld32(vm, BUF, &v);
	return v;
}

static void test_entry(void **state)
{
	struct machine_config c = {.cpus = 2};
	struct vm *vm = create(&c);
	u64 stub = ((64ull << 20) - 4096) & ~0xffffull;

	/* registers are there once the processor runs */
	vm->vcpu_setup(vm->machine, &vm->vcpus[0], vm->vcpus[0].start_pc, 0);
	assert_int_equal(vcpu_get(&vm->vcpus[0], ONEREG_GPR(5)), stub);
	assert_true(vcpu_get(&vm->vcpus[0], ONEREG_GPR(1)) > stub);
	assert_int_equal(ld_be32(vm_mem_ptr(vm, stub + 8, 4)), 0x6063f005);
	assert_int_equal(ld_be32(vm_mem_ptr(vm, stub + 12, 4)), 0x44000022);
	machine_pseries.destroy(vm);
}

static void test_tree(void **state)
{
	struct machine_config c = {.cpus = 2, .append = "hello"};
	struct vm *vm = create(&c);
	u32 root = call(vm, "peer", 1, 0), chosen = find(vm, "/chosen"), n, count;

	assert_int_equal(find(vm, "/"), root);
	assert_int_equal(call(vm, "parent", 1, chosen), root);
	assert_int_equal(call(vm, "peer", 1, root), 0);
	assert_int_equal(find(vm, "/nowhere"), FAILED);
	assert_int_equal(find(vm, "/chosen/deeper"), FAILED);
	assert_int_equal(find(vm, "chosen"), FAILED);
	/* no unit address: the first of that name */
	assert_int_equal(find(vm, "/memory"), find(vm, "/memory@0"));
	assert_int_equal(find(vm, "/memory@1"), FAILED);
	assert_int_equal(getprop(vm, chosen, "bootargs", 64), 6);
	assert_string_equal(text(vm), "hello");
	/* what does not fit is cut, its length is not */
	assert_int_equal(getprop(vm, chosen, "bootargs", 2), 6);
	assert_string_equal(text(vm), "he");
	assert_int_equal(getprop(vm, chosen, "no-such", 64), FAILED);
	assert_int_equal(getprop(vm, find(vm, "/memory@0"), "name", 64), 7);
	assert_string_equal(text(vm), "memory");
	put_text(vm, TEXT, "bootargs");
	assert_int_equal(call(vm, "getproplen", 2, chosen, TEXT), 6);
	n = call(vm, "package-to-path", 3, find(vm, "/vdevice/vty@71000000"), BUF, 64);
	assert_int_equal(n, strlen("/vdevice/vty@71000000"));
	assert_string_equal(text(vm), "/vdevice/vty@71000000");
	assert_int_equal(call(vm, "package-to-path", 3, root, BUF, 64), 1);
	/* all properties of the root, names of more than 31 characters too */
	vm_mem_fill(vm, TEXT, 0, 64);
	for (count = 0; call(vm, "nextprop", 3, root, TEXT, BUF) == 1 && count < 100; count++)
		vm_mem_write(vm, TEXT, text(vm), 64);
	assert_in_range(count, 5, 50);
	n = find(vm, "/cpus/PowerPC,POWER9@0");
	assert_int_equal(getprop(vm, n, "ibm,processor-radix-AP-encodings", 64), 16);
	/* what children and peers there are, each once */
	count = 0;
	for (n = call(vm, "child", 1, root); n && count < 100; n = call(vm, "peer", 1, n))
		count++;
	assert_in_range(count, 6, 30);
	machine_pseries.destroy(vm);
}

static void test_setprop(void **state)
{
	struct machine_config c = {.cpus = 1};
	struct vm *vm = create(&c);
	u32 chosen = find(vm, "/chosen");

	put_text(vm, TEXT, "linux,new");
	put_text(vm, BUF, "value");
	assert_int_equal(call(vm, "setprop", 4, chosen, TEXT, BUF, 6), 6);
	assert_int_equal(getprop(vm, chosen, "linux,new", 64), 6);
	assert_string_equal(text(vm), "value");
	put_text(vm, TEXT, "bootargs");
	put_text(vm, BUF, "longer than before");
	assert_int_equal(call(vm, "setprop", 4, chosen, TEXT, BUF, 19), 19);
	assert_int_equal(getprop(vm, chosen, "bootargs", 64), 19);
	/* a guest cannot fill the host's memory */
	assert_int_equal(call(vm, "setprop", 4, chosen, TEXT, BUF, 1 << 20), FAILED);
	assert_int_equal(call(vm, "setprop", 4, chosen, TEXT, BUF, FAILED), FAILED);
	for (u32 i = 0; i < 2000; i++) {
		char name[16];

		snprintf(name, sizeof(name), "x%u", i);
		put_text(vm, TEXT, name);
		call(vm, "setprop", 4, chosen, TEXT, BUF, 100);
	}
	assert_int_equal(call(vm, "setprop", 4, chosen, TEXT, BUF, 100), FAILED);
	assert_int_equal(getprop(vm, chosen, "linux,new", 64), 6);
	machine_pseries.destroy(vm);
}

static void test_memory(void **state)
{
	struct machine_config c = {.cpus = 1};
	struct vm *vm = create(&c);
	const u32 at = 16 << 20;

	/* the kernel and the interface itself are taken */
	assert_int_equal(call(vm, "claim", 3, 0, 0x1000, 0), FAILED);
	assert_int_equal(call(vm, "claim", 3, (64 << 20) - 0x10000, 0x1000, 0), FAILED);
	assert_int_equal(call(vm, "claim", 3, at, 0x1000, 0), at);
	assert_int_equal(call(vm, "claim", 3, at + 0xfff, 0x1000, 0), FAILED);
	assert_int_equal(call(vm, "claim", 3, at - 0xfff, 0x1000, 0), FAILED);
	assert_int_equal(call(vm, "claim", 3, at + 0x1000, 0x1000, 0), at + 0x1000);
	assert_int_equal(call(vm, "claim", 3, 0, 0x1000, 0x100000), 0x100000);
	assert_int_equal(call(vm, "claim", 3, 0, 0x1000, 0x100001), FAILED);
	assert_int_equal(call(vm, "claim", 3, 0, 0, 0x1000), FAILED);
	assert_int_equal(call(vm, "claim", 3, 0, 0xffffffff, 0x1000), FAILED);
	assert_int_equal(call(vm, "claim", 3, 0xfffff000, 0x2000, 0), FAILED);
	assert_int_equal(call(vm, "claim", 3, (64 << 20) - 0x800, 0x1000, 0), FAILED);
	assert_int_equal(call(vm, "release", 2, at + 0x800, 0x800), 0);
	assert_int_equal(call(vm, "claim", 3, at + 0x800, 0x800, 0), at + 0x800);
	assert_int_equal(call(vm, "release", 2, at, 0x2000), 0);
	assert_int_equal(call(vm, "release", 2, at, 0x2000), FAILED);
	assert_int_equal(call(vm, "release", 2, 0xfffff000, 0x2000), FAILED);
	for (u32 i = 0; i < 1000; i++)
		call(vm, "claim", 3, at + i * 0x2000, 0x1000, 0);
	assert_int_equal(call(vm, "release", 2, at + 0x400, 0x400), FAILED);
	machine_pseries.destroy(vm);
}

static void test_instances(void **state)
{
	struct machine_config c = {.cpus = 1};
	struct vm *vm = create(&c);
	u32 chosen = find(vm, "/chosen"), out, i, rtas, entry = 0, word;

	assert_int_equal(getprop(vm, chosen, "stdout", 4), 4);
	out = cell(vm);
	assert_int_equal(call(vm, "instance-to-package", 1, out),
			 find(vm, "/vdevice/vty@71000000"));
	assert_int_equal(call(vm, "instance-to-path", 3, out, BUF, 64), 21);
	put_text(vm, BUF, "hello\n");
	assert_int_equal(call(vm, "write", 3, out, BUF, 6), 6);
	assert_int_equal(call(vm, "write", 3, out, 0xfffffff0, 6), FAILED);
	assert_int_equal(call(vm, "write", 3, out + 1000, BUF, 6), FAILED);
	assert_int_equal(getprop(vm, chosen, "cpu", 4), 4);
	assert_int_equal(call(vm, "instance-to-package", 1, cell(vm)),
			 find(vm, "/cpus/PowerPC,POWER9@0"));
	put_text(vm, TEXT, "/rtas");
	rtas = call(vm, "open", 1, TEXT);
	assert_int_not_equal(rtas, 0);
	put_text(vm, TEXT, "instantiate-rtas");
	assert_int_equal(call(vm, "call-method", 3, TEXT, rtas, 0x1000000), 0);
	vm_mem_ld32(vm, BLOCK + 12 + 16, &entry);
	assert_int_equal(entry, 0x1000000);
	vm_mem_ld32(vm, entry + 8, &word);
	assert_int_equal(word, 0x6063f000);
	assert_int_equal(call(vm, "call-method", 3, TEXT, rtas, 0xfffff000), FAILED);
	assert_int_equal(call(vm, "call-method", 3, TEXT, out, 0x1000000), FAILED);
	put_text(vm, TEXT, "no-such-method");
	assert_int_equal(call(vm, "call-method", 3, TEXT, rtas, 0), FAILED);
	call(vm, "close", 1, rtas);
	assert_int_equal(call(vm, "instance-to-package", 1, rtas), FAILED);
	put_text(vm, TEXT, "/");
	for (i = 0; call(vm, "open", 1, TEXT) && i < 1000; i++)
		;
	assert_in_range(i, 16, 100);
	machine_pseries.destroy(vm);
}

static void put_vectors(struct vm *vm, u64 at)
{
	u8 v[64] = {0};

	st_be32(v, 0xffffffff);
	st_be32(v + 4, 0x0f000005);
	st_be32(v + 12, 0xffffffff);
	v[16] = 5 - 1;
	v[25] = 26 - 1;
	v[25 + 23] = 0x40;
	v[25 + 24] = 0x00;
	vm_mem_write(vm, at, v, sizeof(v));
}

/* What the guest set and the handles it holds outlive the negotiation. */
static void test_support(void **state)
{
	struct machine_config c = {.cpus = 2};
	struct vm *vm = create(&c);
	u32 chosen = find(vm, "/chosen"), root, status = 1;
	struct engine_hpte hpte = {1, 1};

	assert_int_equal(getprop(vm, chosen, "ibm,architecture-vec-5", 64), 2);
	put_text(vm, TEXT, "mine");
	assert_int_equal(call(vm, "setprop", 4, chosen, TEXT, BUF, 4), 4);
	put_text(vm, TEXT, "/");
	root = call(vm, "open", 1, TEXT);
	put_vectors(vm, 0x180000);
	put_text(vm, TEXT, "ibm,client-architecture-support");
	assert_int_equal(call(vm, "call-method", 3, TEXT, root, 0x180000), 0);
	vm_mem_ld32(vm, BLOCK + 12 + 16, &status);
	assert_int_equal(status, 0);
	assert_int_equal(find(vm, "/chosen"), chosen);
	assert_int_equal(getprop(vm, chosen, "mine", 64), 4);
	assert_int_equal(getprop(vm, chosen, "ibm,architecture-vec-5", 64), 27);
	assert_int_equal(vm->ops->htab_write(vm->engine, 0, &hpte, 1), 1);
	put_text(vm, TEXT, "ibm,client-architecture-support");
	assert_int_equal(call(vm, "call-method", 3, TEXT, root, 0xfffffff0), 0);
	vm_mem_ld32(vm, BLOCK + 12 + 16, &status);
	assert_int_equal(status, FAILED);
	machine_pseries.destroy(vm);
}

static void test_hostile_blocks(void **state)
{
	struct machine_config c = {.cpus = 1};
	struct vm *vm = create(&c);

	assert_int_equal(raw(vm, ~0ull), -1);
	assert_int_equal(raw(vm, (64 << 20) - 4), -1);
	assert_int_equal(call(vm, "frobnicate", 0), FAILED);
	assert_int_equal(
		call(vm, "a-service-with-a-name-that-is-longer-than-any-service-could-ever-be", 0),
		FAILED);
	assert_int_equal(call(vm, "getprop", 3, 0, 0, 0), FAILED);
	put_text(vm, BLOCK + 0x200, "peer");
	vm_mem_st32(vm, BLOCK, BLOCK + 0x200);
	vm_mem_st32(vm, BLOCK + 4, 0xffffffff);
	vm_mem_st32(vm, BLOCK + 8, 2);
	assert_int_equal(raw(vm, BLOCK), -1);
	vm_mem_st32(vm, BLOCK + 4, 1);
	vm_mem_st32(vm, BLOCK + 8, 0xffffffff);
	assert_int_equal(raw(vm, BLOCK), -1);
	/* strings without an end */
	vm_mem_fill(vm, TEXT, 'x', 0x1000);
	assert_int_equal(call(vm, "finddevice", 1, TEXT), FAILED);
	assert_int_equal(call(vm, "getprop", 4, call(vm, "peer", 1, 0), TEXT, BUF, 8), FAILED);
	assert_int_equal(call(vm, "finddevice", 1, 0xffffffff), FAILED);
	machine_pseries.destroy(vm);
}

/* --- saved and loaded --- */
static void test_saved(void **state)
{
	struct buffer b = {0};
	struct machine_config c = {.cpus = 1}, fresh = {.cpus = 1};
	struct state_writer w = {buf_write, &b, 0};
	struct state_reader r = {buf_read, &b};
	struct error e = {""};
	struct vm *vm = create(&c);
	u32 chosen = find(vm, "/chosen"), root;

	put_text(vm, TEXT, "mine");
	assert_int_equal(call(vm, "setprop", 4, chosen, TEXT, BUF, 4), 4);
	assert_int_equal(call(vm, "claim", 3, 0x1000000, 0x1000, 0), 0x1000000);
	put_text(vm, TEXT, "/");
	root = call(vm, "open", 1, TEXT);
	assert_int_equal(vm_save(vm, &w, &e), 0);
	machine_pseries.destroy(vm);

	vm = create(&fresh);
	if (vm_load(vm, &r, &e))
		fail_msg("%s", e.text);
	assert_int_equal(getprop(vm, chosen, "mine", 64), 4);
	assert_int_equal(call(vm, "claim", 3, 0x1000000, 0x1000, 0), FAILED);
	assert_int_equal(call(vm, "instance-to-package", 1, root), find(vm, "/"));
	assert_int_equal(vm_reset(vm, &e), 0);
	assert_int_equal(getprop(vm, chosen, "mine", 64), FAILED);
	machine_pseries.destroy(vm);
	free(b.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entry),	  cmocka_unit_test(test_tree),
		cmocka_unit_test(test_setprop),	  cmocka_unit_test(test_memory),
		cmocka_unit_test(test_instances), cmocka_unit_test(test_support),
		cmocka_unit_test(test_saved),	  cmocka_unit_test(test_hostile_blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* A pseries host bridge with two functions, driven as a guest drives it: RTAS, hypercalls, loads
 * and stores. Expected values are LoPAPR's and those of the PCI specifications. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "../buffer.h"
#include "../machine/board.h"
#include "bus/pci_host.h"
#include "device/registry.h"
#include "isa/papr.h"
#include "testdev.h"
#include "vm/savestate.h"

static struct vm *vm;
static struct testdev *a, *b;
static struct input_source input;

enum { BLOCK = 0x500000, BUID_HI = 0x8000000, BUID_LO = 0x20000000, RAM = 64 << 20 };
enum { CONFIG_A = 3 << 11, CONFIG_B = 4 << 11 };

/* --- interrupts that reach the controller --- */
static u32 last_irq, irq_count, last_level;

static bool count_interrupt(void *opaque, u32 vcpu, u32 irq, bool level)
{
	last_irq = irq;
	last_level = level;
	irq_count++;
	return true;
}

static struct vm *board(struct testdev **x, struct testdev **y)
{
	static struct machine_config c;
	struct error e;
	struct vm *v;

	assert_int_equal(board_create(&c, &v, &e), 0);
	*x = testdev_add(v, "3", &e);
	*y = testdev_add(v, "4", &e);
	assert_non_null(*x);
	assert_non_null(*y);
	return v;
}

static int setup(void **state)
{
	struct error e;

	vm = board(&a, &b);
	input = *vm->input;
	input.interrupt = count_interrupt;
	vm->input = &input;
	irq_count = 0;
	return vm_reset(vm, &e);
}

static int teardown(void **state)
{
	machine_pseries.destroy(vm);
	return 0;
}

/* --- RTAS --- */
static u32 rets[8];

static u32 token(const char *name)
{
	for (u32 i = 0; i < vm->rtas.count; i++)
		if (!strcmp(vm->rtas.calls[i].name, name))
			return RTAS_TOKEN_BASE + i;
	fail_msg("no call %s", name);
	return 0;
}

static s32 rtas(const char *name, u32 nargs, u32 nrets, ...)
{
	u64 args[9] = {BLOCK};
	va_list ap;

	vm_mem_st32(vm, BLOCK, token(name));
	vm_mem_st32(vm, BLOCK + 4, nargs);
	vm_mem_st32(vm, BLOCK + 8, nrets);
	va_start(ap, nrets);
	for (u32 i = 0; i < nargs; i++)
		vm_mem_st32(vm, BLOCK + 12 + 4 * i, va_arg(ap, u32));
	va_end(ap);
	assert_int_equal(hcall_dispatch(&vm->vcpus[0], H_RTAS, args), H_SUCCESS);
	for (u32 i = 0; i < nrets; i++)
		vm_mem_ld32(vm, BLOCK + 12 + 4 * (nargs + i), &rets[i]);
	return (s32)rets[0];
}

static u32 config_read(u32 addr, u32 size)
{
	assert_int_equal(rtas("ibm,read-pci-config", 4, 2, addr, BUID_HI, BUID_LO, size), 0);
	return rets[1];
}

static void config_write(u32 addr, u32 size, u32 value)
{
	assert_int_equal(rtas("ibm,write-pci-config", 5, 1, addr, BUID_HI, BUID_LO, size, value),
			 0);
}

static s32 pe_call(const char *name, u32 pe, u32 option)
{
	return rtas(name, 4, 2, pe, BUID_HI, BUID_LO, option);
}

static u32 pe_of(u32 config)
{
	assert_int_equal(pe_call("ibm,get-config-addr-info2", config, 1), 0);
	assert_int_equal(rets[1], 1);
	assert_int_equal(pe_call("ibm,get-config-addr-info2", config, 0), 0);
	return rets[1];
}

static u32 slot_state(u32 pe)
{
	assert_int_equal(rtas("ibm,read-slot-reset-state2", 3, 4, pe, BUID_HI, BUID_LO), 0);
	assert_int_equal(rets[2], 1);
	return rets[1];
}

/* --- loads and stores: a guest's little-endian ones --- */
static u64 load(u64 addr, u32 size)
{
	struct vm_exit x = {.reason = VM_EXIT_MMIO, .mmio = {.addr = addr, .len = size}};
	u8 raw[8] = {0};

	mmio_dispatch(vm, 0, &x);
	assert_false(x.mmio.failed);
	memcpy(raw, x.mmio.data, size);
	return ld_le64(raw);
}

static void store(u64 addr, u32 size, u64 value)
{
	struct vm_exit x = {.reason = VM_EXIT_MMIO,
			    .mmio = {.addr = addr, .len = size, .write = true}};

	for (u32 i = 0; i < size; i++)
		x.mmio.data[i] = (u8)(value >> 8 * i);
	mmio_dispatch(vm, 0, &x);
	assert_false(x.mmio.failed);
}

static u64 cpu_mem32(const struct testdev *t)
{
	return (1ull << 45) + pci_bar_address(&t->pci, 0);
}

static u64 cpu_mem64(const struct testdev *t)
{
	return pci_bar_address(&t->pci, 2);
}

static u64 cpu_io(const struct testdev *t)
{
	return (1ull << 45) + pci_bar_address(&t->pci, 1);
}

static s64 hcall(u64 nr, u64 x, u64 y, u64 z)
{
	u64 args[9] = {x, y, z};

	return hcall_dispatch(&vm->vcpus[0], nr, args);
}

static void start(u32 config)
{
	config_write(config | PCI_COMMAND, 2,
		     PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

/* --- configuration space --- */
static void test_config(void **state)
{
	assert_int_equal(config_read(CONFIG_A, 4), 0x10f01af4);
	assert_int_equal(config_read(CONFIG_A | PCI_DEVICE_ID, 2), 0x10f0);
	assert_int_equal(config_read(CONFIG_A | PCI_REVISION_ID, 4), 0xff000003);
	assert_int_equal(rtas("ibm,read-pci-config", 4, 2, 0, BUID_HI, BUID_LO, 4), RTAS_PARAMETER);
	assert_int_equal(rets[1], ~0u);
	assert_int_equal(rtas("ibm,read-pci-config", 4, 2, CONFIG_A, BUID_HI, BUID_LO + 1, 4),
			 RTAS_PARAMETER);
	assert_int_equal(rtas("ibm,read-pci-config", 4, 2, CONFIG_A | 2, BUID_HI, BUID_LO, 4),
			 RTAS_PARAMETER);
	assert_int_equal(rtas("ibm,read-pci-config", 4, 2, CONFIG_A, BUID_HI, BUID_LO, 3),
			 RTAS_PARAMETER);
	assert_int_equal(rtas("ibm,read-pci-config", 4, 2, 1 << 28 | CONFIG_A, BUID_HI, BUID_LO, 4),
			 RTAS_PARAMETER); /* not an extended one */
	assert_int_equal(rtas("ibm,write-pci-config", 5, 1, 0xff00, BUID_HI, BUID_LO, 4, 0),
			 RTAS_PARAMETER);
	/* what cannot be written, what is cleared by ones */
	config_write(CONFIG_A, 4, 0);
	assert_int_equal(config_read(CONFIG_A, 4), 0x10f01af4);
	a->pci.config[PCI_STATUS + 1] = 0x80;
	config_write(CONFIG_A | PCI_STATUS, 2, 0x8000);
	assert_int_equal(config_read(CONFIG_A | PCI_STATUS, 2), PCI_STATUS_CAP_LIST);
	assert_true(a->config_writes > 0);
	/* sizing */
	config_write(CONFIG_A | PCI_BAR0, 4, ~0u);
	assert_int_equal(config_read(CONFIG_A | PCI_BAR0, 4), 0xfffff000);
	config_write(CONFIG_A | (PCI_BAR0 + 4), 4, ~0u);
	assert_int_equal(config_read(CONFIG_A | (PCI_BAR0 + 4), 4), 0xffffffc1);
	config_write(CONFIG_A | (PCI_BAR0 + 8), 4, ~0u);
	config_write(CONFIG_A | (PCI_BAR0 + 12), 4, ~0u);
	assert_int_equal(config_read(CONFIG_A | (PCI_BAR0 + 8), 4), 0xffffc00c);
	assert_int_equal(config_read(CONFIG_A | (PCI_BAR0 + 12), 4), ~0u);
}

static void test_decode(void **state)
{
	u64 moved;

	/* where the machine put them; not before they are enabled */
	assert_true(pci_bar_address(&a->pci, 0) >= 0x80000000);
	assert_true(pci_bar_address(&a->pci, 2) >= 0x210000000000);
	a->state.regs[1] = 0x1122334455667788;
	assert_int_equal(load(cpu_mem32(a) + 8, 4), ~0u);
	start(CONFIG_A);
	assert_int_equal(load(cpu_mem32(a) + 8, 4), 0x55667788);
	assert_true(load(cpu_mem32(a) + 8, 8) == 0x1122334455667788);
	assert_int_equal(load(cpu_mem32(a) + 9, 1), 0x77);
	assert_int_equal(load(cpu_io(a) + 8, 2), 0x7788);
	assert_int_equal(load(cpu_io(a) + 64, 2), 0xffff);
	store(cpu_mem32(a) + 16, 8, 0xcafe);
	assert_int_equal(a->state.regs[2], 0xcafe);
	/* a region of words takes 8 bytes in two, parts of one when read only */
	assert_true(load(cpu_mem64(a) + 8, 8) == 0x1122334455667788);
	assert_int_equal(load(cpu_mem64(a) + 10, 2), 0x5566);
	store(cpu_mem64(a) + 8, 2, 0);
	assert_int_equal(a->state.regs[1], 0x1122334455667788);
	store(cpu_mem64(a) + 8, 8, 0x99aabbccddeeff00);
	assert_true(a->state.regs[1] == 0x99aabbccddeeff00);
	/* big-endian registers; a hole; b has not been enabled */
	assert_true(load(cpu_mem64(a) + 64 + 8, 4) == 0x00ffeedd);
	assert_int_equal(load(cpu_mem64(a) + 128, 4), ~0u);
	assert_int_equal(load(cpu_mem32(b), 4), ~0u);
	/* moved over b's, which comes to nothing there; and away */
	moved = pci_bar_address(&b->pci, 0);
	start(CONFIG_B);
	config_write(CONFIG_B | PCI_BAR0, 4, (u32)pci_bar_address(&a->pci, 0));
	assert_ptr_equal(pci_owner(a->pci.host, PCI_SPACE_MEM, pci_bar_address(&a->pci, 0)),
			 &a->pci);
	config_write(CONFIG_B | PCI_BAR0, 4, (u32)moved);
	assert_ptr_equal(pci_owner(a->pci.host, PCI_SPACE_MEM, moved), &b->pci);
	config_write(CONFIG_A | PCI_COMMAND, 2, 0);
	assert_int_equal(load(cpu_mem32(a) + 8, 4), ~0u);
}

/* --- interrupts --- */
static void test_intx(void **state)
{
	u32 pin = config_read(CONFIG_A | PCI_INTERRUPT_PIN, 1);

	assert_int_equal(pin, 1);
	pci_intx(&a->pci, true);
	assert_int_equal(last_irq, 0x1200 + 3);
	assert_int_equal(last_level, 1);
	pci_intx(&a->pci, true);
	assert_int_equal(irq_count, 1);
	assert_true(config_read(CONFIG_A | PCI_STATUS, 2) & PCI_STATUS_INTERRUPT);
	config_write(CONFIG_A | PCI_COMMAND, 2, PCI_COMMAND_INTX_DISABLE);
	assert_int_equal(irq_count, 2);
	assert_int_equal(last_level, 0);
	config_write(CONFIG_A | PCI_COMMAND, 2, 0);
	assert_int_equal(last_level, 1);
	pci_intx(&a->pci, false);
	assert_int_equal(last_level, 0);
	assert_int_equal(irq_count, 4);
}

static u32 change_msi(u32 config, u32 function, u32 n)
{
	assert_int_equal(rtas("ibm,change-msi", 6, 4, config, BUID_HI, BUID_LO, function, n, 1), 0);
	return rets[1];
}

static u32 source(u32 config, u32 n)
{
	assert_int_equal(
		rtas("ibm,query-interrupt-source-number", 4, 3, config, BUID_HI, BUID_LO, n), 0);
	assert_int_equal(rets[2], 1);
	return rets[1];
}

static void test_msix(void **state)
{
	u32 cap = a->pci.msix_cap, first, other;
	u64 table = cpu_mem64(a) + 0x1000;

	start(CONFIG_A);
	start(CONFIG_B);
	assert_int_equal(change_msi(CONFIG_A, 4, 8), 5);
	assert_int_equal(rets[3], 2);
	first = source(CONFIG_A, 0);
	assert_int_equal(source(CONFIG_A, 4), first + 4);
	assert_int_equal(
		rtas("ibm,query-interrupt-source-number", 4, 3, CONFIG_A, BUID_HI, BUID_LO, 5),
		RTAS_PARAMETER);
	assert_int_equal(change_msi(CONFIG_B, 4, 2), 2);
	other = source(CONFIG_B, 0);
	assert_true(other < first || other > first + 4);
	/* programmed, masked; not enabled: nothing */
	assert_int_equal(load(table + 16 + 8, 4), first + 1);
	assert_int_equal(load(table + 16 + 12, 4), 1);
	pci_msix_notify(&a->pci, 1);
	config_write(CONFIG_A | (cap + 2), 2, PCI_MSIX_ENABLE);
	assert_int_equal(irq_count, 0);
	/* masked: pending until it is unmasked */
	pci_msix_notify(&a->pci, 1);
	assert_int_equal(irq_count, 0);
	assert_int_equal(load(cpu_mem64(a) + 0x1800, 4), 2);
	store(table + 16 + 12, 4, 0);
	assert_int_equal(irq_count, 1);
	assert_int_equal(last_irq, first + 1);
	assert_int_equal(load(cpu_mem64(a) + 0x1800, 4), 0);
	pci_msix_notify(&a->pci, 1);
	assert_int_equal(irq_count, 2);
	/* the function's mask */
	config_write(CONFIG_A | (cap + 2), 2, PCI_MSIX_ENABLE | PCI_MSIX_MASK_ALL);
	pci_msix_notify(&a->pci, 1);
	pci_msix_notify(&a->pci, 77);
	assert_int_equal(irq_count, 2);
	config_write(CONFIG_A | (cap + 2), 2, PCI_MSIX_ENABLE);
	assert_int_equal(irq_count, 3);
	/* bus mastering is what lets messages out */
	config_write(CONFIG_A | PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	pci_msix_notify(&a->pci, 1);
	assert_int_equal(irq_count, 3);
	start(CONFIG_A);
	/* somebody else's message freezes who sends it, and nobody else */
	store(table + 16 + 8, 4, other);
	pci_msix_notify(&a->pci, 1);
	assert_int_equal(irq_count, 3);
	assert_int_equal(slot_state(pe_of(CONFIG_A)), 2);
	assert_int_equal(slot_state(pe_of(CONFIG_B)), 0);
	/* given back */
	assert_int_equal(change_msi(CONFIG_B, 3, 0), 0);
	assert_int_equal(
		rtas("ibm,query-interrupt-source-number", 4, 3, CONFIG_B, BUID_HI, BUID_LO, 0),
		RTAS_PARAMETER);
	assert_int_equal(rtas("ibm,change-msi", 6, 4, CONFIG_B, BUID_HI, BUID_LO, 5, 1, 1),
			 RTAS_PARAMETER); /* no 32-bit ones */
}

static void test_msi(void **state)
{
	u32 cap = a->pci.msi_cap, first;

	start(CONFIG_A);
	assert_int_equal(change_msi(CONFIG_A, 3, 3), 2);
	assert_int_equal(change_msi(CONFIG_A, 1, 4), 4);
	assert_int_equal(rets[3], 1);
	first = source(CONFIG_A, 0);
	assert_int_equal(first & 3, 0);
	pci_msi_notify(&a->pci, 2);
	assert_int_equal(irq_count, 0);
	config_write(CONFIG_A | (cap + 2), 2,
		     config_read(CONFIG_A | (cap + 2), 2) | PCI_MSI_ENABLE);
	pci_msi_notify(&a->pci, 2);
	assert_int_equal(last_irq, first + 2);
}

/* --- DMA and EEH --- */
static void test_windows(void **state)
{
	u32 liobn = a->pci.pe->windows[0].liobn, v;

	start(CONFIG_A);
	start(CONFIG_B);
	/* the host bridge's window until an own one is used */
	assert_int_equal(hcall(H_PUT_TCE, 0x80000000, 0x1000, 0x8003), H_SUCCESS);
	assert_int_equal(dma_st32_le(&a->pci.dma, 0x1004, 0x12345678), 0);
	assert_int_equal(dma_ld32_le(&b->pci.dma, 0x1004, &v), 0);
	assert_int_equal(v, 0x12345678);
	assert_int_equal(hcall(H_PUT_TCE, liobn, 0x2000, 0x9003), H_SUCCESS);
	assert_int_equal(dma_st32_le(&a->pci.dma, 0x2004, 1), 0);
	assert_int_equal(dma_st32_le(&b->pci.dma, 0x1004, 1), 0);
	assert_int_equal(dma_ld32_le(&b->pci.dma, 0x2004, &v), -EFAULT);
	assert_int_equal(slot_state(pe_of(CONFIG_B)), 2);
	/* dynamic ones */
	assert_int_equal(rtas("ibm,query-pe-dma-window", 3, 6, CONFIG_A, BUID_HI, BUID_LO), 0);
	assert_int_equal(rets[1], 1);
	assert_int_equal(rets[3], 1 << 18);
	assert_int_equal(rets[4] & 7, 7);
	assert_int_equal(rtas("ibm,create-pe-dma-window", 5, 4, CONFIG_A, BUID_HI, BUID_LO, 16, 26),
			 0);
	assert_int_equal(rets[1], a->pci.pe->windows[1].liobn);
	assert_int_equal(rets[2], 1 << 27);
	liobn = rets[1];
	assert_int_equal(rtas("ibm,create-pe-dma-window", 5, 4, CONFIG_A, BUID_HI, BUID_LO, 16, 26),
			 RTAS_HARDWARE);
	assert_int_equal(hcall(H_PUT_TCE, liobn, (1ull << 59) + 0x30000, 0x20003), H_SUCCESS);
	assert_int_equal(dma_st32_le(&a->pci.dma, (1ull << 59) + 0x30008, 0x77), 0);
	assert_int_equal(*(u8 *)vm_mem_ptr(vm, 0x20008, 1), 0x77);
	assert_int_equal(rtas("ibm,remove-pe-dma-window", 1, 1, liobn), 0);
	assert_int_equal(rtas("ibm,remove-pe-dma-window", 1, 1, liobn), RTAS_PARAMETER);
	assert_int_equal(rtas("ibm,create-pe-dma-window", 5, 4, CONFIG_A, BUID_HI, BUID_LO, 24, 26),
			 0);
	assert_int_equal(rtas("ibm,create-pe-dma-window", 5, 4, CONFIG_A, BUID_HI, BUID_LO, 13, 26),
			 RTAS_PARAMETER);
	assert_int_equal(hcall(H_PUT_TCE, liobn, (1ull << 59) + 0x1000000, 0x1000003), H_SUCCESS);
	assert_int_equal(dma_st32_le(&a->pci.dma, (1ull << 59) + 0x1000004, 0x66), 0);
	assert_int_equal(*(u8 *)vm_mem_ptr(vm, 0x1000004, 1), 0x66);
	assert_int_equal(rtas("ibm,reset-pe-dma-window", 3, 1, CONFIG_A, BUID_HI, BUID_LO), 0);
	assert_int_equal(dma_st32_le(&a->pci.dma, (1ull << 59) + 0x1000004, 0x66), -EFAULT);
	/* a window larger than there is room for */
	assert_int_equal(rtas("ibm,create-pe-dma-window", 5, 4, CONFIG_A, BUID_HI, BUID_LO, 12, 58),
			 RTAS_HARDWARE);
}

static void test_real(void **state)
{
	assert_int_equal(dma_st32_le(&a->pci.real, 0x8000, 5), -EFAULT); /* no bus mastering */
	assert_int_equal(slot_state(pe_of(CONFIG_A)), 0);
	start(CONFIG_A);
	assert_int_equal(dma_st32_le(&a->pci.real, 0x8000, 5), 0);
	assert_int_equal(dma_write(&a->pci.real, RAM - 4, "12345", 5), -EFAULT);
	assert_int_equal(slot_state(pe_of(CONFIG_A)), 2);
	assert_int_equal(dma_st32_le(&a->pci.real, 0x8000, 5), -EFAULT);
}

static void test_eeh(void **state)
{
	u32 pe = pe_of(CONFIG_A), len, v;
	u8 log[256];

	start(CONFIG_A);
	start(CONFIG_B);
	assert_int_equal(pe_call("ibm,set-eeh-option", pe, 1), 0);
	assert_int_equal(pe_call("ibm,set-eeh-option", CONFIG_A, 1), 0);
	assert_int_equal(pe_call("ibm,set-eeh-option", pe + 2, 1), RTAS_PARAMETER);
	assert_int_equal(pe_call("ibm,set-eeh-option", pe, 7), RTAS_PARAMETER);
	assert_int_equal(slot_state(pe), 0);
	assert_int_equal(
		rtas("ibm,slot-error-detail", 8, 1, pe, BUID_HI, BUID_LO, 0, 0, 0x9000, 256, 2),
		1); /* no error yet */
	pci_intx(&a->pci, true);
	assert_int_equal(last_level, 1);
	/* DMA outside: all stops, for this one */
	assert_int_equal(dma_ld32_le(&a->pci.dma, 0x12345678, &v), -EFAULT);
	assert_true(pci_frozen(&a->pci));
	assert_int_equal(slot_state(pe), 2);
	a->state.regs[0] = 4;
	b->state.regs[0] = 5;
	assert_int_equal(load(cpu_mem32(a), 4), ~0u);
	store(cpu_mem32(a), 4, 9);
	assert_int_equal(a->state.regs[0], 4);
	assert_int_equal(config_read(CONFIG_A, 2), 0xffff);
	assert_int_equal(load(cpu_mem32(b), 4), 5);
	assert_int_equal(dma_st32_le(&a->pci.real, 0x8000, 5), -EFAULT);
	assert_int_equal(dma_st32_le(&b->pci.real, 0x8000, 5), 0);
	/* the log */
	assert_int_equal(
		rtas("ibm,slot-error-detail", 8, 1, pe, BUID_HI, BUID_LO, 0, 0, 0x9000, 256, 2), 0);
	vm_mem_read(vm, 0x9000, log, sizeof(log));
	assert_int_equal(log[0], 6);
	len = ld_be32(log + 4);
	assert_int_equal(len, 56);
	assert_true(ld_be64(log + 8 + 16 + 24) == 0x12345678);
	assert_int_equal(
		rtas("ibm,slot-error-detail", 8, 1, pe, BUID_HI, BUID_LO, 0, 0, RAM - 8, 256, 2),
		RTAS_PARAMETER);
	assert_int_equal(last_level, 0); /* nor does it drive its pin */
	/* look at it, then reset it */
	assert_int_equal(pe_call("ibm,set-eeh-option", pe, 2), 0);
	assert_int_equal(slot_state(pe), 4);
	assert_int_equal(load(cpu_mem32(a), 4), 4);
	assert_int_equal(pe_call("ibm,set-slot-reset", pe, 1), 0);
	assert_int_equal(slot_state(pe), 1);
	assert_int_equal(config_read(CONFIG_A, 2), 0xffff);
	assert_int_equal(pe_call("ibm,set-eeh-option", pe, 2), 0);
	assert_int_equal(slot_state(pe), 1);
	assert_int_equal(pe_call("ibm,set-slot-reset", pe, 0), 0);
	assert_int_equal(slot_state(pe), 0);
	assert_int_equal(rtas("ibm,configure-pe", 3, 1, pe, BUID_HI, BUID_LO), 0);
	assert_int_equal(config_read(CONFIG_A, 4), 0x10f01af4);
	assert_int_equal(config_read(CONFIG_A | PCI_BAR0, 4), 0);
	assert_int_equal(a->state.regs[0], 0);
	assert_int_equal(last_level, 0);
	assert_int_equal(config_read(CONFIG_B | PCI_COMMAND, 2) & 7, 7);
	assert_int_equal(pe_call("ibm,set-slot-reset", pe, 9), RTAS_PARAMETER);
	/* what a device finds */
	pci_report_error(&b->pci, 0);
	assert_int_equal(slot_state(pe_of(CONFIG_B)), 2);
	assert_int_equal(pe_call("ibm,set-eeh-option", pe_of(CONFIG_B), 2), 0);
	assert_int_equal(pe_call("ibm,set-eeh-option", pe_of(CONFIG_B), 3), 0);
	assert_int_equal(slot_state(pe_of(CONFIG_B)), 0);
}

static void arm(u32 session, u32 config, u64 addr, u64 mask, u32 function)
{
	u32 words[9] = {(u32)(addr >> 32), (u32)addr, (u32)(mask >> 32), (u32)mask, config,
			BUID_HI,	   BUID_LO,   function,		 0};

	for (u32 i = 0; i < 9; i++)
		vm_mem_st32(vm, 0xa000 + 4 * i, words[i]);
	assert_int_equal(rtas("ibm,errinjct", 3, 1, 15, session, 0xa000), 0);
}

static void recover(u32 pe)
{
	pe_call("ibm,set-slot-reset", pe, 1);
	pe_call("ibm,set-slot-reset", pe, 0);
}

static void test_errinjct(void **state)
{
	u32 pe = pe_of(CONFIG_A), session;
	u64 bus = pci_bar_address(&a->pci, 0);

	start(CONFIG_A);
	assert_int_equal(rtas("ibm,errinjct", 3, 1, 7, 1, 0xa000), -1);
	rtas("ibm,open-errinjct", 0, 2);
	session = rets[0];
	assert_int_equal(rets[1], 0);
	rtas("ibm,open-errinjct", 0, 2);
	assert_int_equal((s32)rets[1], -4);
	assert_int_equal(rtas("ibm,errinjct", 3, 1, 7, session + 1, 0xa000), -4);
	assert_int_equal(rtas("ibm,errinjct", 3, 1, 1, session, 0xa000), RTAS_PARAMETER);
	assert_int_equal(rtas("ibm,errinjct", 3, 1, 7, session, 0xa004), RTAS_PARAMETER);
	/* a load from one register */
	arm(session, CONFIG_A, bus + 8, ~0ull, 0);
	assert_int_equal(load(cpu_mem32(a), 4), 0);
	store(cpu_mem32(a) + 8, 4, 3);
	assert_int_equal(slot_state(pe), 0);
	assert_int_equal(load(cpu_mem32(a) + 8, 4), ~0u);
	assert_int_equal(slot_state(pe), 2);
	recover(pe);
	/* any DMA write */
	start(CONFIG_A);
	arm(session, CONFIG_A, 0, 0, 17);
	assert_int_equal(dma_st32_le(&a->pci.real, 0x8000, 5), -EFAULT);
	assert_int_equal(slot_state(pe), 2);
	recover(pe);
	/* configuration space */
	arm(session, CONFIG_A, 0, 0, 4);
	assert_int_equal(config_read(CONFIG_A, 2), 0xffff);
	assert_int_equal(slot_state(pe), 2);
	assert_int_equal(rtas("ibm,close-errinjct", 1, 1, session + 1), -3);
	assert_int_equal(rtas("ibm,close-errinjct", 1, 1, session), 0);
	assert_int_equal(rtas("ibm,close-errinjct", 1, 1, session), -1);
}

/* --- slots --- */
static void test_slots(void **state)
{
	struct error e;

	assert_null(testdev_add(vm, "3", &e));
	assert_null(testdev_add(vm, "20", &e));
	assert_null(testdev_add(vm, "x", &e));
	assert_null(testdev_add(vm, "5.8", &e));
	assert_null(testdev_add(vm, "3.1", &e)); /* 3.0 is not multifunction */
	assert_non_null(testdev_add(vm, "1f.7", &e));
	assert_int_equal(testdev_add(vm, NULL, &e)->pci.devfn, 0);
	assert_int_equal(testdev_add(vm, NULL, &e)->pci.devfn, 1 << 3);
	assert_ptr_equal(pci_bus_find(vm, "pci.0"), a->pci.bus);
	assert_ptr_equal(pci_bus_find(vm, NULL), a->pci.bus);
	assert_null(pci_bus_find(vm, "pci.1"));
}

/* --- plugging --- */
enum { DRC = 0x40000000, LOG = 0xb000, WORK = 0xc000 };

/* The event that the guest is told; 0: none. */
static u32 event(u32 *action)
{
	u8 log[256];

	if (rtas("check-exception", 6, 1, 0x500, 0x1001, 1 << 28, 0, LOG, 256))
		return 0;
	vm_mem_read(vm, LOG, log, sizeof(log));
	assert_int_equal(log[3], 0xe5);
	assert_memory_equal(log + 8 + 16 + 0x30 + 0x18, "HP", 2);
	assert_int_equal(log[8 + 16 + 0x48 + 8], 5);
	*action = log[8 + 16 + 0x48 + 9];
	return ld_be32(log + 8 + 16 + 0x48 + 12);
}

static u32 sensor(u32 drc)
{
	assert_int_equal(rtas("get-sensor-state", 2, 2, 9003, drc), 0);
	return rets[1];
}

/* Takes the nodes; returns how many properties and whether there was one of that name. */
static u32 configure(u32 drc, const char *wanted)
{
	u32 props = 0, found = 0, offset;
	char name[32];
	s32 status;

	vm_mem_st32(vm, WORK, drc);
	vm_mem_st32(vm, WORK + 4, 0);
	while ((status = rtas("ibm,configure-connector", 2, 1, WORK, 0)) > 0) {
		vm_mem_ld32(vm, WORK + 8, &offset);
		vm_mem_read(vm, WORK + offset, name, sizeof(name));
		name[31] = 0;
		props += status == 3;
		found |= status == 3 && !strcmp(name, wanted);
	}
	assert_int_equal(status, 0);
	assert_true(found);
	return props;
}

static void test_plug(void **state)
{
	u32 drc = DRC | 7 << 3, action = 0;
	struct testdev *t;
	struct error e;

	assert_int_equal(sensor(DRC | CONFIG_A >> 8), 1);
	assert_int_equal(sensor(drc), 0);
	assert_int_equal(rtas("get-sensor-state", 2, 2, 9003, DRC | 1 << 8), RTAS_PARAMETER);
	assert_int_equal(rtas("get-sensor-state", 2, 2, 9003, drc + 1), RTAS_PARAMETER);
	assert_int_equal(rtas("set-indicator", 3, 1, 9001, drc, 1), -9003);
	assert_int_equal(event(&action), 0);
	vm_lock(vm);
	t = testdev_add(vm, "7", &e);
	vm_unlock(vm);
	assert_non_null(t);
	assert_int_equal(last_irq, 0x1001);
	assert_int_equal(event(&action), drc);
	assert_int_equal(action, 1);
	assert_int_equal(event(&action), 0);
	assert_int_equal(sensor(drc), 1);
	assert_int_equal(rtas("set-power-level", 2, 2, -1u, 100), 0);
	assert_int_equal(rets[1], 100);
	vm_mem_st32(vm, WORK, drc);
	assert_int_equal(rtas("ibm,configure-connector", 2, 1, WORK, 0), -9003);
	assert_int_equal(rtas("set-indicator", 3, 1, 9001, drc, 1), 0);
	assert_true(configure(drc, "ibm,req#msi-x") > 10);
	assert_true(configure(drc, "ibm,my-drc-index") > 10); /* and again */
	assert_int_equal(rtas("ibm,configure-connector", 2, 1, 64 << 20, 0), RTAS_PARAMETER);
	assert_int_equal(config_read(7 << 11, 4), 0x10f01af4);
	/* out: asked, isolated, gone */
	assert_int_equal(pci_request_unplug(&t->pci, &e), 0);
	assert_int_equal(event(&action), drc);
	assert_int_equal(action, 2);
	assert_false(t->pci.unplugging);
	assert_int_equal(rtas("set-indicator", 3, 1, 9001, drc, 0), 0);
	assert_true(t->pci.unplugging);
	assert_int_equal(sensor(drc), 0);
	testdev_unrealize(&t->pci.dev);
	assert_int_equal(rtas("ibm,read-pci-config", 4, 2, 7 << 11, BUID_HI, BUID_LO, 4),
			 RTAS_PARAMETER);
	testdev_realize(&t->pci.dev, &e);
	assert_int_equal(event(&action), drc);
}

/* --- bridges --- */
/* A bridge at 5, behind it a port at 1 and the function that is returned, at 2. */
static struct testdev *add_bridge(void)
{
	static const struct device_setting settings[2] = {{"id", "br"}, {"addr", "5"}},
					   port[2] = {{"id", "rp"}, {"bus", "br"}};
	struct device *dev;
	struct error e;

	assert_int_equal(device_add(vm, device_class_find("pci-bridge"), settings, 2, &e), 0);
	assert_int_equal(device_add(vm, device_class_find("pcie-root-port"), port, 2, &e), 0);
	dev = device_new(vm, &testdev_class);
	device_set_pointer(dev, "bus", pci_bus_find(vm, "br"));
	device_set(dev, "addr", "2", &e);
	assert_int_equal(device_realize(dev, &e), 0);
	return container_of(dev, struct testdev, pci.dev);
}

/* Of a port on the root bus: Advanced Error Reporting and nothing after it; status is cleared by
 * ones, masks are written. Behind a bridge of PCI there is none. */
static void test_extended(u32 port)
{
	u32 aer = 1 << 28 | port;

	assert_int_equal(config_read(aer, 4), 0x20001);
	assert_int_equal(config_read(aer | PCI_AER_SEVERITY, 4), 0x462030);
	config_write(aer | PCI_AER_UNCORRECTABLE_MASK, 4, ~0u);
	assert_int_equal(config_read(aer | PCI_AER_UNCORRECTABLE_MASK, 4), 0x7ff030);
	config_write(aer | PCI_AER_UNCORRECTABLE, 4, ~0u);
	assert_int_equal(config_read(aer | PCI_AER_UNCORRECTABLE, 4), 0);
	assert_int_equal(config_read(0xfu << 28 | port | 0xfc, 4), 0);
	assert_int_equal(
		rtas("ibm,read-pci-config", 4, 2, 1 << 28 | 1 << 16 | 1 << 11, BUID_HI, BUID_LO, 4),
		RTAS_PARAMETER);
	assert_int_equal(rtas("ibm,read-pci-config", 4, 2, 1 << 28 | 5 << 11, BUID_HI, BUID_LO, 4),
			 RTAS_PARAMETER);
}

static void test_bridge(void **state)
{
	static const struct device_setting port[2] = {{"id", "root"}, {"addr", "6"}};
	struct testdev *t = add_bridge();
	struct error e;
	u32 config = 1 << 16 | 2 << 11;

	assert_int_equal(device_add(vm, device_class_find("pcie-root-port"), port, 2, &e), 0);
	assert_int_equal(vm_reset(vm, &e), 0);
	assert_int_equal(config_read(5 << 11 | PCI_PRIMARY_BUS, 4), 0x020100);
	assert_int_equal(config_read(config, 4), 0x10f01af4);
	test_extended(6 << 11);
	start(config);
	assert_int_equal(load(cpu_mem32(t), 4), ~0u); /* the bridge does not forward yet */
	assert_int_equal(dma_st32_le(&t->pci.real, 0x8000, 1), -EFAULT);
	start(5 << 11);
	assert_int_equal(load(cpu_mem32(t), 4), 0);
	assert_int_equal(load(cpu_mem64(t), 4), 0);
	assert_int_equal(load(cpu_io(t), 4), 0);
	assert_int_equal(dma_st32_le(&t->pci.real, 0x8000, 1), 0);
	/* pins turn by the slot of each level: A, slot 2, slot 5 */
	pci_intx(&t->pci, true);
	assert_int_equal(last_irq, 0x1200 + ((0 + 2 + 5) & 3));
	pci_intx(&t->pci, false);
	/* a window that does not take it */
	config_write(5 << 11 | PCI_MEMORY_LIMIT, 2, 0);
	assert_int_equal(load(cpu_mem32(t), 4), ~0u);
	assert_int_equal(load(cpu_mem64(t), 4), 0);
	/* other numbers, other configuration addresses; secondary bus reset */
	config_write(5 << 11 | PCI_PRIMARY_BUS, 4, 0x111000);
	assert_int_equal(config_read(0x10 << 16 | 2 << 11, 4), 0x10f01af4);
	assert_int_equal(rtas("ibm,read-pci-config", 4, 2, config, BUID_HI, BUID_LO, 4),
			 RTAS_PARAMETER);
	t->resets = 0;
	config_write(5 << 11 | PCI_BRIDGE_CONTROL, 2, PCI_BRIDGE_CONTROL_RESET);
	assert_int_equal(t->resets, 1);
	assert_int_equal(config_read(0x10 << 16 | 2 << 11 | PCI_COMMAND, 2), 0);
}

/* What stops a bridge stops all behind it, and is undone with it. */
static void test_bridge_eeh(void **state)
{
	struct testdev *t = add_bridge();
	u32 config = 1 << 16 | 2 << 11, bridge = 5 << 11, port = 1 << 16;
	u32 pe, of_bridge, of_port, session;
	struct error e;

	assert_int_equal(vm_reset(vm, &e), 0);
	start(config);
	start(bridge);
	start(CONFIG_B);
	pe = pe_of(config);
	of_bridge = pe_of(bridge);
	of_port = pe_of(port);
	change_msi(config, 4, 5);
	config_write(config | (t->pci.msix_cap + 2), 2, PCI_MSIX_ENABLE);
	store(cpu_mem64(t) + 0x1000 + 12, 4, 0);
	t->state.regs[0] = 7;
	/* an error behind it is nobody else's */
	pci_report_error(&t->pci, 0);
	assert_int_equal(slot_state(pe), 2);
	assert_int_equal(slot_state(of_bridge), 0);
	assert_int_equal(slot_state(of_port), 0);
	assert_int_equal(pe_call("ibm,set-eeh-option", pe, 2), 0);
	assert_int_equal(pe_call("ibm,set-eeh-option", pe, 3), 0);
	/* one that is armed at the bridge happens to what passes it */
	assert_int_equal(rtas("ibm,open-errinjct", 0, 2), 0x10001);
	session = rets[0];
	arm(session, bridge, 0, 0, 6);
	irq_count = 0;
	store(cpu_mem32(t), 4, 9);
	assert_int_equal(t->state.regs[0], 7);
	assert_int_equal(slot_state(of_bridge), 2);
	assert_int_equal(slot_state(of_port), 2);
	assert_int_equal(slot_state(pe), 2);
	assert_int_equal(slot_state(pe_of(CONFIG_B)), 0);
	assert_int_equal(load(cpu_mem32(t), 4), ~0u);
	assert_int_equal(config_read(config, 4), ~0u);
	assert_int_equal(config_read(port, 4), ~0u);
	assert_int_equal(dma_st32_le(&t->pci.real, 0x8000, 1), -EFAULT);
	assert_int_equal(dma_st32_le(&b->pci.real, 0x8000, 1), 0);
	pci_msix_notify(&t->pci, 0);
	assert_int_equal(irq_count, 0);
	/* thawing what is behind does not help, thawing the bridge does */
	assert_int_equal(pe_call("ibm,set-eeh-option", pe, 2), 0);
	assert_int_equal(slot_state(pe), 2);
	assert_int_equal(pe_call("ibm,set-eeh-option", of_bridge, 2), 0);
	assert_int_equal(slot_state(pe), 4);
	assert_int_equal(load(cpu_mem32(t), 4), 7);
	assert_int_equal(pe_call("ibm,set-eeh-option", of_bridge, 3), 0);
	assert_int_equal(slot_state(pe), 0);
	assert_int_equal(dma_st32_le(&t->pci.real, 0x8000, 1), 0);
	/* reset takes all of them, whatever they had; the bridge passes on afterwards */
	pci_report_error(&t->pci, 0);
	t->resets = 0;
	assert_int_equal(pe_call("ibm,set-slot-reset", of_bridge, 1), 0);
	assert_int_equal(slot_state(pe), 1);
	assert_int_equal(pe_call("ibm,set-eeh-option", pe, 2), 0);
	assert_int_equal(slot_state(pe), 1);
	assert_int_equal(config_read(config, 4), ~0u);
	assert_int_equal(pe_call("ibm,set-slot-reset", of_bridge, 0), 0);
	assert_int_equal(rtas("ibm,configure-pe", 3, 1, of_bridge, BUID_HI, BUID_LO), 0);
	assert_int_equal(t->resets, 1);
	assert_int_equal(slot_state(pe), 0);
	assert_int_equal(slot_state(of_port), 0);
	assert_int_equal(config_read(bridge | PCI_PRIMARY_BUS, 4), 0x020100);
	assert_int_equal(config_read(port | PCI_PRIMARY_BUS, 4), 0x020201);
	assert_int_equal(config_read(config, 4), 0x10f01af4);
	assert_int_equal(config_read(config | PCI_COMMAND, 2), 0);
	assert_int_equal(config_read(bridge | PCI_COMMAND, 2) & 7, 7);
}

/* --- saved state --- */
static void test_state(void **state)
{
	struct buffer stream = {0};
	struct state_writer w = {buf_write, &stream, 0};
	struct state_reader r = {buf_read, &stream};
	struct testdev *x, *y;
	struct vm *other;
	struct error e;
	u32 v, irq;

	start(CONFIG_A);
	start(CONFIG_B);
	change_msi(CONFIG_A, 4, 5);
	irq = source(CONFIG_A, 2);
	config_write(CONFIG_A | (a->pci.msix_cap + 2), 2, PCI_MSIX_ENABLE);
	store(cpu_mem64(a) + 0x1000 + 2 * 16 + 12, 4, 0);
	hcall(H_PUT_TCE, a->pci.pe->windows[0].liobn, 0x2000, 0x9003);
	dma_st32_le(&a->pci.dma, 0x2000, 0xabcd);
	a->state.regs[3] = 33;
	a->state.regs[7] = 0x2000;
	pci_report_error(&b->pci, 0);
	assert_int_equal(vm_save(vm, &w, &e), 0);

	other = board(&x, &y);
	if (vm_load(other, &r, &e))
		fail_msg("%s", e.text);
	other->input = &input;
	assert_int_equal(x->state.regs[3], 33);
	assert_true(pci_bar_address(&x->pci, 0) == pci_bar_address(&a->pci, 0));
	assert_ptr_equal(pci_owner(x->pci.host, PCI_SPACE_MEM, pci_bar_address(&x->pci, 0)),
			 &x->pci);
	assert_int_equal(dma_ld32_le(&x->pci.dma, 0x2000, &v), 0);
	assert_int_equal(v, 0xabcd);
	assert_true(pci_frozen(&y->pci));
	assert_false(pci_frozen(&x->pci));
	irq_count = 0;
	pci_msix_notify(&x->pci, 2);
	assert_int_equal(irq_count, 1);
	assert_int_equal(last_irq, irq);
	assert_false(pci_frozen(&x->pci));
	machine_pseries.destroy(other);
	free(stream.data);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(test_config),     TEST(test_decode),  TEST(test_intx), TEST(test_msix),
		TEST(test_msi),	       TEST(test_windows), TEST(test_real), TEST(test_eeh),
		TEST(test_errinjct),   TEST(test_slots),   TEST(test_plug), TEST(test_bridge),
		TEST(test_bridge_eeh), TEST(test_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

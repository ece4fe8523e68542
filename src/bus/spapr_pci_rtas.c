// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * RTAS calls for configuration space (LoPAPR 7.3.4) and dynamic DMA windows (7.3.11.9 … and
 * LoPAPR 7.4.x). A configuration address is the register's upper bits (28-31), bus (16-23), device
 * and function (8-15) and the register's lower bits (0-7).
 */
#include "bus/spapr_pci.h"
#include "isa/papr.h"
#include "vm/vm.h"

static u64 buid_of(const u32 *args)
{
	return (u64)args[0] << 32 | args[1];
}

/* --- configuration space --- */
static u32 config_offset(u32 addr)
{
	return (addr >> 20 & 0xf00) | (addr & 0xff);
}

static u32 ones(u32 size)
{
	return ~0u >> (32 - 8 * size);
}

/* The function, if such an access can be made to it. */
static struct pci_device *config_target(struct spapr_pci *s, u32 addr, u64 buid, u32 size)
{
	struct pci_device *d;

	if ((size != 1 && size != 2 && size != 4) || config_offset(addr) % size)
		return NULL;
	d = spapr_pci_device(s, addr, buid);
	return d && config_offset(addr) + size <= pci_config_bytes(d) ? d : NULL;
}

/* args: address, BUID (2), size; rets: status, value */
static void rtas_read_config(void *opaque, struct vcpu *vcpu, const u32 *args, u32 *rets)
{
	u32 size = args[3], at = config_offset(args[0]);
	struct pci_device *d = config_target(opaque, args[0], buid_of(args + 1), size);

	rets[1] = ~0u;
	if (!d)
		rets[0] = (u32)RTAS_PARAMETER;
	else if (pe_frozen(d->pe, PE_FROZEN_MMIO) ||
		 pe_injected(d->pe, PE_INJECT_LOAD_CONFIG, pci_rid(d), at))
		rets[1] = ones(size);
	else
		rets[1] = pci_config_read(d, at, size);
}

/* args: address, BUID (2), size, value */
static void rtas_write_config(void *opaque, struct vcpu *vcpu, const u32 *args, u32 *rets)
{
	u32 size = args[3], at = config_offset(args[0]);
	struct pci_device *d = config_target(opaque, args[0], buid_of(args + 1), size);

	if (!d)
		rets[0] = (u32)RTAS_PARAMETER;
	else if (!pe_frozen(d->pe, PE_FROZEN_MMIO) &&
		 !pe_injected(d->pe, PE_INJECT_STORE_CONFIG, pci_rid(d), at))
		pci_config_write(d, at, size, args[4]);
}

/* Those that name no BUID are for platforms with one host bridge of number 0. */
static void rtas_read_config_no_buid(void *opaque, struct vcpu *vcpu, const u32 *args, u32 *rets)
{
	rets[0] = (u32)RTAS_PARAMETER;
	rets[1] = ~0u;
}

static void rtas_write_config_no_buid(void *opaque, struct vcpu *vcpu, const u32 *args, u32 *rets)
{
	rets[0] = (u32)RTAS_PARAMETER;
}

void spapr_pci_register_config(struct spapr_pci *s)
{
	struct vm *vm = s->vm;

	rtas_register(vm, "read-pci-config", 2, 2, rtas_read_config_no_buid, s);
	rtas_register(vm, "write-pci-config", 3, 1, rtas_write_config_no_buid, s);
	rtas_register(vm, "ibm,read-pci-config", 4, 2, rtas_read_config, s);
	rtas_register(vm, "ibm,write-pci-config", 5, 1, rtas_write_config, s);
}

/* --- dynamic DMA windows --- */
static bool page_shift_ok(const struct spapr_phb *phb, u32 shift)
{
	return shift < 64 && phb->page_sizes >> shift & 1;
}

/* A bit for each size, as the query has them. */
static u32 page_bits(const struct spapr_phb *phb)
{
	static const struct {
		u32 shift, bit;
	} sizes[] = {{12, 1 << 0}, {16, 1 << 1}, {24, 1 << 2}, {21, 1 << 8}};
	u32 bits = 0;

	for (u32 i = 0; i < ARRAY_SIZE(sizes); i++)
		if (page_shift_ok(phb, sizes[i].shift))
			bits |= sizes[i].bit;
	return bits;
}

/* Of an endpoint that may have some; NULL. */
static struct pe *windows_of(struct spapr_pci *s, const u32 *args)
{
	struct pe *pe = spapr_pci_pe(s, args[0], buid_of(args + 1));

	return pe && ((const struct spapr_phb *)pe->opaque)->ddw ? pe : NULL;
}

/* args: address, BUID (2); rets: status, windows left, largest block in entries (2 with the sixth
 * result, ibm,ddw-extensions says), page sizes, those that migrate. The number of results says
 * which form the caller wants, and is not handed down: both are the same but for the block's upper
 * half, which comes first. */
static void rtas_query_window(void *opaque, struct vcpu *vcpu, const u32 *args, u32 *rets)
{
	struct pe *pe = windows_of(opaque, args);

	if (!pe) {
		rets[0] = (u32)RTAS_PARAMETER;
		return;
	}
	for (u32 i = 0; i < PE_WINDOWS; i++)
		rets[1] += !pe->windows[i].nr;
	rets[2] = (u32)(pe->windows[0].max_nr >> 32);
	rets[3] = (u32)pe->windows[0].max_nr;
	rets[4] = rets[5] = page_bits(pe->opaque);
}

/* args: address, BUID (2), page shift, window shift; rets: status, LIOBN, address (2) */
static void rtas_create_window(void *opaque, struct vcpu *vcpu, const u32 *args, u32 *rets)
{
	struct pe *pe = windows_of(opaque, args);
	const struct spapr_phb *phb = pe ? pe->opaque : NULL;
	u32 page = args[3], window = args[4], i = 0;
	u64 start;

	if (!pe || !page_shift_ok(phb, page) || window < page || window > 58) {
		rets[0] = (u32)RTAS_PARAMETER;
		return;
	}
	while (i < PE_WINDOWS && pe->windows[i].nr)
		i++;
	if (i == PE_WINDOWS || 1ull << (window - page) > pe->windows[i].max_nr) {
		rets[0] = (u32)RTAS_HARDWARE;
		return;
	}
	start = i ? phb->ddw_start : phb->dma_start;
	if (tce_table_open(&pe->windows[i], start, page, 1ull << (window - page))) {
		rets[0] = (u32)RTAS_HARDWARE;
		return;
	}
	if (!i)
		__atomic_store_n(&pe->state.own_dma, 1, __ATOMIC_RELAXED);
	rets[1] = pe->windows[i].liobn;
	rets[2] = (u32)(start >> 32);
	rets[3] = (u32)start;
}

static void close_window(struct pci_device *d, void *opaque)
{
	struct pe *pe = d->pe;
	u32 *liobn = opaque;

	for (u32 i = 0; i < PE_WINDOWS; i++) {
		if (pe->windows[i].liobn != *liobn || !pe->windows[i].nr)
			continue;
		tce_table_open(&pe->windows[i], 0, 12, 0);
		if (!i)
			__atomic_store_n(&pe->state.own_dma, 1, __ATOMIC_RELAXED);
		*liobn = 0;
	}
}

/* args: LIOBN */
static void rtas_remove_window(void *opaque, struct vcpu *vcpu, const u32 *args, u32 *rets)
{
	struct spapr_pci *s = opaque;
	u32 liobn = args[0];

	for (u32 i = 0; i < s->system.nr_hosts && liobn; i++)
		pci_for_each(s->system.hosts[i], close_window, &liobn);
	if (liobn)
		rets[0] = (u32)RTAS_PARAMETER;
}

/* args: address, BUID (2) */
static void rtas_reset_window(void *opaque, struct vcpu *vcpu, const u32 *args, u32 *rets)
{
	struct pe *pe = windows_of(opaque, args);

	if (pe)
		spapr_pe_reset_windows(pe);
	else
		rets[0] = (u32)RTAS_PARAMETER;
}

void spapr_pci_register_ddw(struct spapr_pci *s)
{
	struct vm *vm = s->vm;

	rtas_register(vm, "ibm,query-pe-dma-window", 3, 6, rtas_query_window, s);
	rtas_register(vm, "ibm,create-pe-dma-window", 5, 4, rtas_create_window, s);
	rtas_register(vm, "ibm,remove-pe-dma-window", 1, 1, rtas_remove_window, s);
	rtas_register(vm, "ibm,reset-pe-dma-window", 3, 1, rtas_reset_window, s);
}

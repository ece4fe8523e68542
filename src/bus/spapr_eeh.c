// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Enhanced error handling (LoPAPR 7.3.11, 4.4): the guest's side of frozen endpoints. An endpoint
 * is named by its number or, where it has to be found out, by the configuration address of one of
 * its functions.
 *
 * LoPAPR knows an endpoint with bridges as one that takes in all that is behind them: what a call
 * does to it holds for those behind, which are stopped and reset with it, go on with it, and say so
 * when they are asked.
 */
#include "base/endian.h"
#include "base/string.h"
#include "bus/spapr_pci.h"
#include "isa/papr.h"
#include "vm/rtas_log.h"
#include "vm/vm.h"

enum { ARG_ADDR, ARG_BUID, ARG_OPTION = 3 };
enum { OPTION_DISABLE, OPTION_ENABLE, OPTION_THAW_MMIO, OPTION_THAW_DMA };
enum { INFO_ADDRESS, INFO_MODE, MODE_ONE = 1, MODE_SHARED = 2 };
enum { RESET_DEACTIVATE = 0, RESET_HOT = 1, RESET_FUNDAMENTAL = 3 };
enum { STATE_RUNNING = 0, STATE_RESET = 1, STATE_STOPPED = 2, STATE_DMA_STOPPED = 4 };
enum { EEH_SUPPORTED = 1, LOG_TEMPORARY = 1, LOG_PERMANENT = 2, NO_LOG = 1 };

static struct pe *endpoint(struct spapr_pci *s, const u32 *args)
{
	return spapr_pci_pe(s, args[ARG_ADDR], (u64)args[ARG_BUID] << 32 | args[ARG_BUID + 1]);
}

static bool in_reset(const struct pe *pe)
{
	for (; pe; pe = pe->parent)
		if (pe->state.reset)
			return true;
	return false;
}

static void thaw_one(struct pci_device *d, void *opaque)
{
	u32 *bits = opaque;

	if (!in_reset(d->pe))
		__atomic_fetch_and(&d->pe->state.frozen, ~*bits, __ATOMIC_ACQ_REL);
}

static void thaw(struct pe *pe, u32 bits)
{
	spapr_pe_for_each(pe, thaw_one, &bits);
	pe->notify(pe);
}

/* args: address, BUID (2), option */
static void rtas_set_option(void *opaque, struct vcpu *vcpu, const u32 *args, u32 *rets)
{
	struct pe *pe = endpoint(opaque, args);

	if (!pe) {
		rets[0] = (u32)RTAS_PARAMETER;
		return;
	}
	switch (args[ARG_OPTION]) {
	case OPTION_DISABLE:
	case OPTION_ENABLE:
		/* Errors freeze either way; this says whether the guest wants to know. */
		pe->state.enabled = args[ARG_OPTION] == OPTION_ENABLE;
		break;
	case OPTION_THAW_MMIO:
		thaw(pe, PE_FROZEN_MMIO);
		break;
	case OPTION_THAW_DMA:
		thaw(pe, PE_FROZEN_DMA);
		break;
	default:
		rets[0] = (u32)RTAS_PARAMETER;
	}
}

/* args: address, BUID (2), function; rets: status, information */
static void rtas_config_addr_info(void *opaque, struct vcpu *vcpu, const u32 *args, u32 *rets)
{
	struct pe *pe = endpoint(opaque, args);

	if (!pe || args[ARG_OPTION] > INFO_MODE)
		rets[0] = (u32)RTAS_PARAMETER;
	else if (args[ARG_OPTION] == INFO_ADDRESS)
		rets[1] = pe->number;
	else
		rets[1] = pe->users > 1 ? MODE_SHARED : MODE_ONE;
}

static u32 slot_state(const struct pe *pe)
{
	if (in_reset(pe))
		return STATE_RESET;
	if (pe_frozen(pe, PE_FROZEN_MMIO))
		return STATE_STOPPED;
	return pe_frozen(pe, PE_FROZEN_DMA) ? STATE_DMA_STOPPED : STATE_RUNNING;
}

/* args: address, BUID (2); rets: status, state, supported, milliseconds to wait, recovery */
static void rtas_read_state(void *opaque, struct vcpu *vcpu, const u32 *args, u32 *rets)
{
	struct pe *pe = endpoint(opaque, args);

	if (!pe) {
		rets[0] = (u32)RTAS_PARAMETER;
		return;
	}
	rets[1] = slot_state(pe);
	rets[2] = EEH_SUPPORTED;
}

/* Bridges come out of it passing on what they did before: what ibm,configure-pe is to see to. */
static void reset_bridge(struct pci_device *d)
{
	u8 header[PCI_FIRST_CAPABILITY];

	memcpy(header, d->config, sizeof(header));
	header[PCI_BRIDGE_CONTROL] &= (u8)~PCI_BRIDGE_CONTROL_RESET;
	pci_reset_config(d);
	d->dev.cls->reset(&d->dev);
	for (u32 i = 0; i < sizeof(header); i += 4)
		pci_config_write(d, i, 4,
				 i == PCI_COMMAND ? ld_le16(header + i) : ld_le32(header + i));
}

static void reset_one(struct pci_device *d, void *opaque)
{
	if (d->secondary)
		reset_bridge(d);
	else
		pci_reset_device(d);
}

static void disarm(struct pci_device *d, void *opaque)
{
	__atomic_store_n(&d->pe->state.inject, PE_INJECT_NONE, __ATOMIC_RELAXED);
}

/* args: address, BUID (2), option */
static void rtas_set_reset(void *opaque, struct vcpu *vcpu, const u32 *args, u32 *rets)
{
	struct pe *pe = endpoint(opaque, args);

	if (!pe) {
		rets[0] = (u32)RTAS_PARAMETER;
		return;
	}
	switch (args[ARG_OPTION]) {
	case RESET_HOT:
	case RESET_FUNDAMENTAL:
		/* Nothing comes or goes while reset is asserted. */
		__atomic_fetch_or(&pe->state.frozen, PE_FROZEN, __ATOMIC_ACQ_REL);
		pe->notify(pe);
		pe->state.reset =
			args[ARG_OPTION] == RESET_HOT ? PE_RESET_HOT : PE_RESET_FUNDAMENTAL;
		spapr_pe_for_each(pe, reset_one, NULL);
		break;
	case RESET_DEACTIVATE:
		if (!pe->state.reset)
			break;
		pe->state.reset = PE_RESET_NONE;
		spapr_pe_for_each(pe, disarm, NULL);
		thaw(pe, PE_FROZEN);
		break;
	default:
		rets[0] = (u32)RTAS_PARAMETER;
	}
}

/* Bridges are as they were before the reset; the guest restores the other functions itself. */
static void rtas_configure(void *opaque, struct vcpu *vcpu, const u32 *args, u32 *rets)
{
	if (!endpoint(opaque, args))
		rets[0] = (u32)RTAS_PARAMETER;
}

/* --- the error log --- */
enum {
	USER_BYTES = 40, /* a section 'UD' of ours: number, error, function, address, how often */
	LOG_BYTES = RTAS_LOG_HEAD_BYTES + USER_BYTES,
};

static void build_log(const struct pe *pe, u8 log[LOG_BYTES])
{
	u8 *p = rtas_log_begin(log, LOG_BYTES, RTAS_LOG_ERROR, RTAS_LOG_RECOVERED, RTAS_LOG_PCI);

	memcpy(p, "UD", 2);
	st_be16(p + 2, USER_BYTES);
	p[4] = 1;
	st_be32(p + 8, pe->number);
	st_be32(p + 12, pe->state.error);
	st_be32(p + 16, pe->state.error_rid);
	st_be64(p + 24, pe->state.error_addr);
	st_be64(p + 32, pe->state.freezes);
}

/* args: address, BUID (2), driver's log, its length, buffer, its length, temporary or permanent */
static void rtas_error_detail(void *opaque, struct vcpu *vcpu, const u32 *args, u32 *rets)
{
	struct pe *pe = endpoint(opaque, args);
	u32 len = args[6] < LOG_BYTES ? args[6] : LOG_BYTES;
	u8 log[LOG_BYTES];

	if (!pe || (args[7] != LOG_TEMPORARY && args[7] != LOG_PERMANENT)) {
		rets[0] = (u32)RTAS_PARAMETER;
		return;
	}
	if (!pe->state.error) {
		rets[0] = NO_LOG;
		return;
	}
	build_log(pe, log);
	if (len < RTAS_LOG_FIXED_BYTES || vm_mem_write(vcpu->vm, args[5], log, len))
		rets[0] = (u32)RTAS_PARAMETER;
}

void spapr_pci_register_eeh(struct spapr_pci *s)
{
	struct vm *vm = s->vm;

	rtas_register(vm, "ibm,set-eeh-option", 4, 1, rtas_set_option, s);
	rtas_register(vm, "ibm,get-config-addr-info2", 4, 2, rtas_config_addr_info, s);
	rtas_register(vm, "ibm,read-slot-reset-state2", 3, 4, rtas_read_state, s);
	rtas_register(vm, "ibm,set-slot-reset", 4, 1, rtas_set_reset, s);
	rtas_register(vm, "ibm,configure-pe", 3, 1, rtas_configure, s);
	rtas_register(vm, "ibm,configure-bridge", 3, 1, rtas_configure, s);
	rtas_register(vm, "ibm,slot-error-detail", 8, 1, rtas_error_detail, s);
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Messages of PAPR guests: ibm,change-msi and ibm,query-interrupt-source-number (LoPAPR 7.3.10.5).
 * Platform firmware gives a function interrupts and programs the messages itself; a message's data
 * is its interrupt. Who sends one is checked against whom it was given to, so that a function that
 * the guest programmed with another's message freezes its endpoint.
 */
#include <errno.h>

#include "base/bits.h"
#include "bus/spapr_pci.h"
#include "isa/papr.h"
#include "vm/vm.h"

enum { CHANGE_ANY = 1, CHANGE_MSI = 3, CHANGE_MSIX = 4, CHANGE_MSI32 = 5 };
enum { ARG_ADDR, ARG_BUID, ARG_FUNCTION = 3, ARG_COUNT, ARG_SEQUENCE };
enum { TYPE_MSI = 1, TYPE_MSIX = 2, TYPE_EDGE = 1 };

/* --- which ones are whose --- */
static u32 round_up_pow2(u32 n)
{
	u32 p = 1;

	while (p < n)
		p <<= 1;
	return p;
}

/* The controller gives an interrupt once and for all; it stays ours then. */
static bool claim(struct spapr_pci *s, u32 index)
{
	struct irq_line line;

	if (!s->msi_claimed[index])
		s->msi_claimed[index] =
			!irq_line_init(&line, s->vm, s->config.msi_base + index, false, NULL);
	return s->msi_claimed[index];
}

static bool take(struct spapr_pci *s, struct pe *pe, u32 index, u32 n)
{
	for (u32 i = 0; i < n; i++)
		if (s->msi_owner[index + i] || !claim(s, index + i))
			return false;
	for (u32 i = 0; i < n; i++)
		__atomic_store_n(&s->msi_owner[index + i], pe, __ATOMIC_RELEASE);
	return true;
}

u32 spapr_msi_alloc(struct spapr_pci *s, struct pe *pe, u32 n)
{
	u32 align = round_up_pow2(n), base = s->config.msi_base;

	/* the interrupt's number is what has to be a multiple: it is the message's data */
	for (u32 i = (align - base % align) % align; i + n <= s->config.msi_count; i += align)
		if (take(s, pe, i, n))
			return base + i;
	return 0;
}

void spapr_msi_free(struct spapr_pci *s, u32 first, u32 n)
{
	for (u32 i = 0; i < n; i++)
		__atomic_store_n(&s->msi_owner[first - s->config.msi_base + i], NULL,
				 __ATOMIC_RELEASE);
}

void spapr_msi_release(struct spapr_pci *s, struct pci_device *d)
{
	struct pci_state *st = &d->state;

	if (st->message_count)
		spapr_msi_free(s, st->message_first, st->message_count);
	st->message_kind = PCI_NO_MESSAGES;
	st->message_first = 0;
	st->message_count = 0;
}

int spapr_msi_restore(struct spapr_pci *s, struct pci_device *d, struct error *e)
{
	struct pci_state *st = &d->state;
	u32 base = s->config.msi_base, n = st->message_count;
	u32 max = st->message_kind == PCI_MESSAGES_MSIX	 ? d->msix_vectors
		  : st->message_kind == PCI_MESSAGES_MSI ? d->msi_vectors
							 : 0;

	if (st->message_kind > PCI_MESSAGES_MSIX || n > max ||
	    (n && (st->message_first < base || n > s->config.msi_count ||
		   st->message_first - base > s->config.msi_count - n ||
		   !take(s, d->pe, st->message_first - base, n))))
		return error_set(e, -EINVAL, "the saved interrupts of %s cannot be had",
				 d->dev.cls->name);
	return 0;
}

void spapr_msi_send(struct spapr_pci *s, struct pci_device *d, u64 addr, u32 data)
{
	u32 index = data - s->config.msi_base;
	struct irq_line line = {s->vm, data};

	if (addr != SPAPR_PCI_MSI_ADDR) {
		/* A store like any other. */
		dma_st32_le(&d->dma, addr, data);
		return;
	}
	if (data < s->config.msi_base || index >= s->config.msi_count ||
	    __atomic_load_n(&s->msi_owner[index], __ATOMIC_ACQUIRE) != d->pe) {
		pe_freeze(d->pe, PE_ERROR_MSI, pci_rid(d), data);
		return;
	}
	irq_set(&line, true);
}

/* --- RTAS --- */
static u64 buid_of(const u32 *args)
{
	return (u64)args[ARG_BUID] << 32 | args[ARG_BUID + 1];
}

static enum pci_message_kind kind_of(const struct pci_device *d, u32 function)
{
	switch (function) {
	case CHANGE_ANY:
		return d->msi_cap ? PCI_MESSAGES_MSI : d->msix_cap ? PCI_MESSAGES_MSIX : 0;
	case CHANGE_MSI:
		return d->msi_cap ? PCI_MESSAGES_MSI : 0;
	case CHANGE_MSIX:
		return d->msix_cap ? PCI_MESSAGES_MSIX : 0;
	default: /* no message has a 32-bit address */
		return PCI_NO_MESSAGES;
	}
}

static void program(struct pci_device *d)
{
	struct pci_state *st = &d->state;

	if (st->message_kind == PCI_MESSAGES_MSI)
		pci_msi_program(d, SPAPR_PCI_MSI_ADDR, st->message_first, st->message_count);
	for (u32 i = 0; st->message_kind == PCI_MESSAGES_MSIX && i < st->message_count; i++)
		pci_msix_program(d, i, SPAPR_PCI_MSI_ADDR, st->message_first + i);
}

/* n: 0 gives all back. A status; the number that the function has then is in the device. */
static s32 change(struct spapr_pci *s, struct pci_device *d, u32 function, u32 n)
{
	enum pci_message_kind kind = kind_of(d, function);
	struct pci_state *st = &d->state;
	u32 max = kind == PCI_MESSAGES_MSIX ? d->msix_vectors : d->msi_vectors, first;

	if (!n && function >= CHANGE_ANY && function <= CHANGE_MSI32) {
		spapr_msi_release(s, d);
		return RTAS_SUCCESS;
	}
	if (!kind)
		return RTAS_PARAMETER;
	if (n > max)
		n = max;
	if (kind == PCI_MESSAGES_MSI && !bits_is_pow2(n))
		n = round_up_pow2(n) / 2;
	spapr_msi_release(s, d);
	first = spapr_msi_alloc(s, d->pe, n);
	if (!first)
		return RTAS_HARDWARE;
	st->message_kind = kind;
	st->message_first = first;
	st->message_count = n;
	program(d);
	return RTAS_SUCCESS;
}

/* args: address, BUID (2), function, number, sequence number; rets: status, number granted, next
 * sequence number, kind */
static void rtas_change_msi(void *opaque, struct vcpu *vcpu, const u32 *args, u32 *rets)
{
	struct pci_device *d = spapr_pci_device(opaque, args[ARG_ADDR], buid_of(args));

	if (!d) {
		rets[0] = (u32)RTAS_PARAMETER;
		return;
	}
	rets[0] = (u32)change(opaque, d, args[ARG_FUNCTION], args[ARG_COUNT]);
	if (rets[0])
		return;
	rets[1] = d->state.message_count;
	rets[2] = args[ARG_SEQUENCE] + 1;
	rets[3] = d->state.message_kind == PCI_MESSAGES_MSIX ? TYPE_MSIX : TYPE_MSI;
}

/* args: address, BUID (2), which; rets: status, interrupt, edge or level */
static void rtas_query_source(void *opaque, struct vcpu *vcpu, const u32 *args, u32 *rets)
{
	struct pci_device *d = spapr_pci_device(opaque, args[ARG_ADDR], buid_of(args));

	if (!d || args[3] >= d->state.message_count) {
		rets[0] = (u32)RTAS_PARAMETER;
		return;
	}
	rets[1] = d->state.message_first + args[3];
	rets[2] = TYPE_EDGE;
}

void spapr_pci_register_msi(struct spapr_pci *s)
{
	rtas_register(s->vm, "ibm,change-msi", 6, 3, rtas_change_msi, s);
	rtas_register(s->vm, "ibm,query-interrupt-source-number", 4, 3, rtas_query_source, s);
}

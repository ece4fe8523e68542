// SPDX-License-Identifier: GPL-2.0-or-later
/* xHCI: rings as the controller sees them (4.9), events and interrupts (4.17). */
#include <errno.h>

#include "base/endian.h"
#include "base/log.h"
#include "device/usb_xhci.h"

enum {
	PENDING = 1 << 0, /* IMAN */
	ENABLE = 1 << 1,
	BUSY = 1 << 3,		  /* ERDP */
	INTERRUPTS = 1 << 2,	  /* USBCMD */
	EVENT_INTERRUPT = 1 << 3, /* USBSTS */
	MIN_RING = 16,
	MAX_RING = 4096,
};

/* --- memory --- */
int xhci_load(struct xhci *x, u64 addr, u32 *words, u32 count)
{
	u8 raw[64];

	if (count * 4 > sizeof(raw) || dma_read(&x->pci.dma, addr, raw, (u64)count * 4)) {
		xhci_die(x);
		return -EFAULT;
	}
	for (u32 i = 0; i < count; i++)
		words[i] = ld_le32(raw + 4 * i);
	return 0;
}

int xhci_store(struct xhci *x, u64 addr, const u32 *words, u32 count)
{
	u8 raw[64];

	for (u32 i = 0; i < count && i < 16; i++)
		st_le32(raw + 4 * i, words[i]);
	if (count > 16 || dma_write(&x->pci.dma, addr, raw, (u64)count * 4)) {
		xhci_die(x);
		return -EFAULT;
	}
	return 0;
}

/* The word with the cycle bit first: the rest was written before it. */
static int load_trb(struct xhci *x, u64 addr, u32 cycle, struct xhci_trb *t)
{
	u32 w[3];

	if (dma_ld32_le(&x->pci.dma, addr + 12, &t->control)) {
		xhci_die(x);
		return -EFAULT;
	}
	if ((t->control & TRB_CYCLE) != cycle)
		return 0;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if (xhci_load(x, addr, w, 3))
		return -EFAULT;
	t->parameter = w[0] | (u64)w[1] << 32;
	t->status = w[2];
	t->addr = addr;
	return 1;
}

int xhci_fetch(struct xhci *x, u64 *addr, u32 *cycle, struct xhci_trb *t)
{
	for (u32 links = 0; links < XHCI_MAX_LINKS; links++) {
		int got = load_trb(x, *addr, *cycle, t);

		if (got <= 0)
			return got;
		if (trb_type(t) != TRB_LINK) {
			*addr += XHCI_TRB_BYTES;
			return 1;
		}
		*addr = t->parameter & ~15ull;
		if (t->control & TRB_TOGGLE)
			*cycle ^= 1;
	}
	log_printf(LOG_GUEST, "xhci: a ring at 0x%llx is nothing but links\n",
		   (unsigned long long)*addr);
	return -ELOOP;
}

/* --- interrupts --- */
static bool wants(const struct xhci *x, const struct xhci_interrupter *i)
{
	return x->state.command & INTERRUPTS && i->management & ENABLE && i->management & PENDING;
}

void xhci_interrupt_update(struct xhci *x)
{
	/* pins are interrupter 0's (4.17.4) */
	pci_intx(&x->pci, wants(x, &x->state.interrupters[0]) && !pci_msix_enabled(&x->pci) &&
				  !pci_msi_enabled(&x->pci));
}

static void raise(struct xhci *x, u32 n)
{
	struct xhci_interrupter *i = &x->state.interrupters[n];
	bool busy = i->dequeue & BUSY;

	i->dequeue |= BUSY;
	i->management |= PENDING;
	x->state.status |= EVENT_INTERRUPT;
	if (!busy && wants(x, i)) {
		/* a message says that the guest knows (4.17.5) */
		if (pci_msix_enabled(&x->pci) || pci_msi_enabled(&x->pci))
			i->management &= ~(u32)PENDING;
		if (pci_msix_enabled(&x->pci))
			pci_msix_notify(&x->pci, n);
		else if (pci_msi_enabled(&x->pci))
			pci_msi_notify(&x->pci, n);
	}
	xhci_interrupt_update(x);
}

/* --- event rings --- */
/* ERSTBA was written. */
static void ring_start(struct xhci *x, u32 n)
{
	struct xhci_interrupter *i = &x->state.interrupters[n];
	u32 entry[4];

	i->size = i->enqueue = i->full = 0;
	i->cycle = 1;
	if (i->table_size != 1 || !i->table || xhci_load(x, i->table, entry, 4))
		return;
	if ((entry[2] & 0xffff) < MIN_RING || (entry[2] & 0xffff) > MAX_RING) {
		log_printf(LOG_GUEST, "xhci: an event ring of %u entries\n", entry[2] & 0xffff);
		return;
	}
	i->start = (entry[0] & ~63u) | (u64)entry[1] << 32;
	i->size = entry[2] & 0xffff;
}

/* Free places in front of the one that the guest looks at next. */
static u32 room(const struct xhci_interrupter *i)
{
	u64 at = ((i->dequeue & ~15ull) - i->start) / XHCI_TRB_BYTES;

	if (at >= i->size)
		return 0;
	return ((u32)at + i->size - i->enqueue - 1) % i->size;
}

static void put(struct xhci *x, struct xhci_interrupter *i, u64 parameter, u32 status, u32 control)
{
	u64 addr = i->start + (u64)i->enqueue * XHCI_TRB_BYTES;
	u32 w[3] = {(u32)parameter, (u32)(parameter >> 32), status};

	if (xhci_store(x, addr, w, 3))
		return;
	__atomic_thread_fence(__ATOMIC_RELEASE);
	if (dma_st32_le(&x->pci.dma, addr + 12, control | i->cycle)) {
		xhci_die(x);
		return;
	}
	if (++i->enqueue == i->size) {
		i->enqueue = 0;
		i->cycle ^= 1;
	}
}

void xhci_event(struct xhci *x, u32 n, u64 parameter, u32 status, u32 control)
{
	struct xhci_interrupter *i;

	if (n >= x->nr_interrupters)
		n = 0;
	i = &x->state.interrupters[n];
	if (!i->size || i->full || !xhci_running(x))
		return;
	if (room(i) < 2) {
		log_printf(LOG_GUEST, "xhci: an event ring is full\n");
		i->full = 1;
		if (room(i))
			put(x, i, 0, (u32)CC_RING_FULL << 24, TRB_HOST_EVENT << 10);
	} else {
		put(x, i, parameter, status, control);
	}
	raise(x, n);
}

/* ERDP was. */
static void ring_moved(struct xhci *x, u32 n)
{
	struct xhci_interrupter *i = &x->state.interrupters[n];

	if (!i->size)
		return;
	if (room(i) >= 2)
		i->full = 0;
	if (!(i->dequeue & BUSY) && room(i) + 1 < i->size)
		raise(x, n);
}

/* --- registers (5.5.2) --- */
u32 xhci_interrupter_load(const struct xhci *x, u64 offset)
{
	const struct xhci_interrupter *i = &x->state.interrupters[offset / 32];

	switch (offset % 32) {
	case 0x00:
		return i->management;
	case 0x04:
		return i->moderation;
	case 0x08:
		return i->table_size;
	case 0x10:
		return (u32)i->table;
	case 0x14:
		return (u32)(i->table >> 32);
	case 0x18:
		return (u32)i->dequeue;
	case 0x1c:
		return (u32)(i->dequeue >> 32);
	default:
		return 0;
	}
}

void xhci_interrupter_store(struct xhci *x, u64 offset, u32 value)
{
	u32 n = (u32)(offset / 32);
	struct xhci_interrupter *i = &x->state.interrupters[n];
	u32 busy;

	switch (offset % 32) {
	case 0x00:
		i->management &= ~(value & 1);
		i->management = (i->management & 1) | (value & 2);
		xhci_interrupt_update(x);
		break;
	case 0x04:
		i->moderation = value;
		break;
	case 0x08:
		i->table_size = value & 0xffff;
		break;
	case 0x10:
		xhci_set_half(&i->table, value & ~63u, false);
		break;
	case 0x14:
		xhci_set_half(&i->table, value, true);
		ring_start(x, n);
		break;
	case 0x18:
		/* bit 3 is cleared by writing 1 */
		busy = (u32)i->dequeue & ~value & 8;
		xhci_set_half(&i->dequeue, (value & ~8u) | busy, false);
		break;
	case 0x1c:
		xhci_set_half(&i->dequeue, value, true);
		ring_moved(x, n);
		break;
	}
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * xHCI: transfer rings (4.9.1, 4.10, 4.11). All TRBs of a transfer - of a control transfer those of
 * its three stages - become one packet for the device; what it says becomes events.
 */
#include <string.h>

#include "base/endian.h"
#include "base/log.h"
#include "device/usb_xhci.h"

enum {
	CONTROL = 4,
	ISOCH_OUT = 1,
	ISOCH_IN = 5,
	TYPE_IN = 4, /* of endpoint types */
	LENGTH = 0x1ffff,
	DATA_STAGE_MAX = 65535,
};

static bool is_data(const struct xhci_trb *t)
{
	u32 type = trb_type(t);

	return type == TRB_NORMAL || type == TRB_DATA || type == TRB_ISOCH;
}

/* --- from the ring --- */
static bool add_trb(struct xhci_transfer *t, const struct xhci_trb *trb)
{
	if (t->count == t->room) {
		u32 room = t->room ? 2 * t->room : 16;
		struct xhci_trb *more = os_alloc(room * sizeof(*more));

		if (!more)
			return false;
		if (t->count)
			memcpy(more, t->trbs, t->count * sizeof(*more));
		os_free(t->trbs);
		t->trbs = more;
		t->room = room;
	}
	t->trbs[t->count++] = *trb;
	return true;
}

/* 1: a whole transfer is there; 0: not yet; -1: the guest built nonsense. */
static int gather(struct xhci_endpoint *ep, struct xhci_transfer *t)
{
	struct xhci_trb trb;
	bool more = true, ended = false;

	t->count = 0;
	t->next = ep->dequeue;
	t->next_cycle = ep->cycle;
	while (more) {
		int got = xhci_fetch(ep->xhci, &t->next, &t->next_cycle, &trb);

		if (got <= 0)
			return got;
		if (t->count == XHCI_MAX_TRBS || !add_trb(t, &trb))
			return -1;
		more = trb.control & TRB_CHAIN;
		/* stages are not chained to each other */
		if (ep->type == CONTROL && trb_type(&t->trbs[0]) == TRB_SETUP && !ended)
			more |= trb_type(&trb) != TRB_STATUS;
		ended |= trb_type(&trb) == TRB_STATUS;
	}
	return 1;
}

/* --- to host memory --- */
static bool add_piece(struct xhci_transfer *t, void *p, u64 len)
{
	struct iovec *last = t->niov ? &t->iov[t->niov - 1] : NULL;

	if (last && (u8 *)last->iov_base + last->iov_len == p) {
		last->iov_len += len;
		return true;
	}
	if (t->niov == t->iov_room) {
		int room = t->iov_room ? 2 * t->iov_room : 16;
		struct iovec *more;

		if (room > XHCI_MAX_PIECES)
			return false;
		more = os_alloc((size_t)room * sizeof(*more));
		if (!more)
			return false;
		if (t->niov)
			memcpy(more, t->iov, (size_t)t->niov * sizeof(*more));
		os_free(t->iov);
		t->iov = more;
		t->iov_room = room;
	}
	t->iov[t->niov++] = (struct iovec){p, len};
	return true;
}

static bool map_trb(struct xhci *x, struct xhci_transfer *t, struct xhci_trb *trb)
{
	u64 addr = trb->parameter, left = trb->status & LENGTH;

	if (trb->control & TRB_IMMEDIATE) {
		if (t->in || left > sizeof(trb->parameter))
			return false;
		st_le64(&trb->parameter, addr);
		return !left || add_piece(t, &trb->parameter, left);
	}
	while (left) {
		u64 n = left;
		void *p = dma_map(&x->pci.dma, addr, &n, t->in);

		if (!p) {
			xhci_die(x);
			return false;
		}
		if (!add_piece(t, p, n))
			return false;
		addr += n;
		left -= n;
	}
	return true;
}

/* False: nonsense, or the controller has died. */
static bool map_all(struct xhci *x, struct xhci_transfer *t)
{
	t->niov = 0;
	t->packet.len = 0;
	for (u32 i = 0; i < t->count; i++)
		if (is_data(&t->trbs[i])) {
			t->packet.len += t->trbs[i].status & LENGTH;
			if (!map_trb(x, t, &t->trbs[i]))
				return false;
		}
	t->packet.iov = t->iov;
	t->packet.niov = t->niov;
	t->packet.actual = 0;
	return true;
}

static void unmap_all(struct xhci *x, struct xhci_transfer *t)
{
	for (int i = 0; t->in && i < t->niov; i++)
		dma_unmap(&x->pci.dma, t->iov[i].iov_base, t->iov[i].iov_len, true);
	t->niov = 0;
}

/* --- events --- */
static void transfer_event(struct xhci_endpoint *ep, const struct xhci_trb *t, enum xhci_code code,
			   u32 length, u32 flags)
{
	xhci_event(ep->xhci, t->status >> 22, flags & TRB_EVENT_IS_DATA ? t->parameter : t->addr,
		   (u32)code << 24 | length,
		   ep->slot << 24 | ep->id << 16 | TRB_TRANSFER_EVENT << 10 | flags);
}

/* What the TRBs of one direction of data and the end of it say (4.10.1). left: bytes that moved. */
static void report(struct xhci_endpoint *ep, const struct xhci_transfer *t)
{
	u64 left = t->packet.actual;
	bool is_short = false, reported = false;
	u32 total = 0;

	for (u32 i = 0; i < t->count; i++) {
		const struct xhci_trb *trb = &t->trbs[i];
		u32 len = is_data(trb) ? trb->status & LENGTH : 0;
		u32 moved = left < len ? (u32)left : len;
		bool data_event = trb_type(trb) == TRB_EVENT_DATA;

		left -= moved;
		total += moved;
		if (trb_type(trb) == TRB_SETUP || trb_type(trb) == TRB_STATUS)
			is_short = reported = false;
		is_short |= moved < len;
		if (reported && !data_event)
			continue;
		if (trb->control & TRB_EVENT || (is_short && trb->control & TRB_SHORT_EVENT)) {
			transfer_event(ep, trb, is_short ? CC_SHORT_PACKET : CC_SUCCESS,
				       data_event ? total & 0xffffff : len - moved,
				       data_event ? TRB_EVENT_IS_DATA : 0);
			reported = is_short;
			if (data_event)
				total = 0;
		}
	}
}

/* Where the error is said to have happened: a control transfer's after its setup stage. */
static void report_error(struct xhci_endpoint *ep, const struct xhci_transfer *t,
			 enum xhci_code code)
{
	u64 left = t->packet.actual;
	u32 i = trb_type(&t->trbs[0]) == TRB_SETUP && t->count > 1, len = 0;

	for (; i + 1 < t->count; i++) {
		len = is_data(&t->trbs[i]) ? t->trbs[i].status & LENGTH : 0;
		if (left < len)
			break;
		left -= len;
		len = 0;
	}
	transfer_event(ep, &t->trbs[i], code, len - (left < len ? (u32)left : len), 0);
}

static void halt(struct xhci_endpoint *ep, struct xhci_transfer *t, enum xhci_code code)
{
	report_error(ep, t, code);
	xhci_set_endpoint_state(ep, code == CC_TRB_ERROR ? EP_ERROR : EP_HALTED);
}

static enum xhci_code code_of(enum usb_status status)
{
	static const u8 codes[] = {
		[USB_OK] = CC_SUCCESS,
		[USB_STALL] = CC_STALL,
		[USB_BABBLE] = CC_BABBLE,
		[USB_GONE] = CC_TRANSACTION_ERROR,
	};

	return (enum xhci_code)codes[status];
}

static void advance(struct xhci_endpoint *ep, const struct xhci_transfer *t)
{
	ep->dequeue = t->next;
	ep->cycle = t->next_cycle;
}

static void finish(struct xhci_endpoint *ep, enum usb_status status)
{
	struct xhci_transfer *t = ep->transfer;

	unmap_all(ep->xhci, t);
	if (!xhci_running(ep->xhci))
		return;
	if (status != USB_OK) {
		halt(ep, t, code_of(status));
		return;
	}
	advance(ep, t);
	report(ep, t);
}

static void packet_done(struct usb_packet *p)
{
	struct xhci_endpoint *ep = p->opaque;
	struct xhci *x = ep->xhci;

	ep->busy = false;
	finish(ep, (enum usb_status)p->status);
	__atomic_store_n(&ep->kicked, 1, __ATOMIC_RELAXED);
	__atomic_fetch_or(&x->slots_kicked[ep->slot / 32], 1u << ep->slot % 32, __ATOMIC_RELEASE);
	usb_kick(&x->bus);
}

/* --- to the device --- */
static enum usb_status control(struct usb_device *d, struct xhci_transfer *t)
{
	const struct xhci_trb *first = &t->trbs[0];
	u8 data[USB_CONTROL_MAX] = {0}, setup[8];
	u64 want = t->packet.len;
	int n;

	st_le64(setup, first->parameter);
	if (t->in)
		want = 0;
	if (iov_to_buf(t->packet.iov, t->packet.niov, 0, data,
		       want < sizeof(data) ? want : sizeof(data)) < want)
		return USB_STALL;
	/* the stage may be shorter than the request says */
	if (!(setup[0] & USB_TO_HOST) && ld_le16(setup + 6) > want)
		return USB_STALL;
	n = usb_control(d, setup, data);
	if (n < 0)
		return USB_STALL;
	t->packet.actual =
		t->in ? iov_from_buf(t->packet.iov, t->packet.niov, 0, data, (u64)n) : want;
	return USB_OK;
}

/* Setup, perhaps data, status: and nothing else (4.11.2.2). */
static bool control_shape(struct xhci_transfer *t)
{
	u32 i = 1;

	if (trb_type(&t->trbs[0]) != TRB_SETUP || !(t->trbs[0].control & TRB_IMMEDIATE) ||
	    (t->trbs[0].status & LENGTH) != 8)
		return false;
	t->in = false;
	if (i < t->count && trb_type(&t->trbs[i]) == TRB_DATA) {
		t->in = t->trbs[i].control & TRB_IN;
		i++;
		while (i < t->count && (trb_type(&t->trbs[i]) == TRB_NORMAL ||
					trb_type(&t->trbs[i]) == TRB_EVENT_DATA))
			i++;
	}
	return i < t->count && trb_type(&t->trbs[i]) == TRB_STATUS;
}

static bool data_shape(const struct xhci_transfer *t)
{
	for (u32 i = 0; i < t->count; i++) {
		u32 type = trb_type(&t->trbs[i]);

		if (type != TRB_NORMAL && type != TRB_EVENT_DATA && type != TRB_NO_OP)
			return false;
	}
	return true;
}

static bool only_no_ops(const struct xhci_transfer *t)
{
	for (u32 i = 0; i < t->count; i++)
		if (trb_type(&t->trbs[i]) != TRB_NO_OP)
			return false;
	return true;
}

static enum usb_status start(struct xhci_endpoint *ep, struct xhci_transfer *t)
{
	struct usb_device *d = ep->xhci->slots[ep->slot].device;
	struct usb_packet *p = &t->packet;

	if (!d)
		return USB_GONE;
	if (ep->type == CONTROL)
		return control(d, t);
	p->pid = t->in ? USB_PID_IN : USB_PID_OUT;
	p->endpoint = (u8)(ep->id / 2);
	p->done = packet_done;
	p->opaque = ep;
	return usb_submit(d, p);
}

/* True: go on with the next one. */
static bool run_one(struct xhci_endpoint *ep)
{
	struct xhci_transfer *t = ep->transfer;
	struct xhci *x = ep->xhci;
	enum usb_status status = USB_OK;
	int got = gather(ep, t);

	if (!got || !xhci_running(x))
		return false;
	t->in = ep->type & TYPE_IN;
	if (got > 0 && !only_no_ops(t)) {
		bool good = ep->type == CONTROL ? control_shape(t) : data_shape(t);

		if (ep->type == ISOCH_IN || ep->type == ISOCH_OUT || !good || !map_all(x, t))
			got = -1;
		else
			status = start(ep, t);
	} else {
		t->packet.actual = t->packet.len = 0;
		t->niov = 0;
	}
	if (!xhci_running(x))
		return false;
	if (got < 0) {
		t->packet.actual = 0;
		if (t->count)
			halt(ep, t, CC_TRB_ERROR);
		else
			xhci_set_endpoint_state(ep, EP_ERROR);
		return false;
	}
	ep->busy = status == USB_ASYNC;
	ep->waiting = status == USB_NAK;
	if (status == USB_ASYNC || status == USB_NAK)
		return false;
	finish(ep, status);
	return status == USB_OK;
}

bool xhci_transfers(struct xhci_endpoint *ep, u32 limit)
{
	if (ep->busy || ep->state != EP_RUNNING)
		return false;
	if (!ep->transfer)
		ep->transfer = os_alloc(sizeof(*ep->transfer));
	if (!ep->transfer)
		return false;
	for (u32 i = 0; i < limit; i++)
		if (!xhci_running(ep->xhci) || !run_one(ep))
			return false;
	return true;
}

void xhci_transfer_stop(struct xhci_endpoint *ep, bool report)
{
	if (ep->busy) {
		usb_bus_quiesce(&ep->xhci->bus);
		ep->busy = false;
	}
	if (ep->waiting && report && ep->state == EP_RUNNING && ep->transfer->count) {
		ep->transfer->packet.actual = 0;
		report_error(ep, ep->transfer, CC_STOPPED);
	}
	ep->waiting = false;
}

void xhci_transfer_free(struct xhci_endpoint *ep)
{
	if (!ep->transfer)
		return;
	os_free(ep->transfer->trbs);
	os_free(ep->transfer->iov);
	os_free(ep->transfer);
	ep->transfer = NULL;
}

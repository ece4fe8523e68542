// SPDX-License-Identifier: GPL-2.0-or-later
/* xHCI: the command ring, device slots and their contexts (4.5, 4.6, 6.2). */
#include <string.h>

#include "base/log.h"
#include "device/usb_xhci.h"

enum {
	SLOT_WORDS = 4, /* that mean something */
	EP_WORDS = 5,
	CONTROL_ENDPOINT = 1,
	TYPE_CONTROL = 4,
	ADD_SLOT = 1 << 0,
	ADD_CONTROL = 1 << 1,
	ROUTE = 0xfffff,
	STATE_SHIFT = 27,
	NEC_FIRMWARE = 0x3021,
};

/* --- contexts --- */
static u64 endpoint_context(const struct xhci *x, u32 slot, u32 id)
{
	return x->state.slots[slot].context + (u64)id * XHCI_CONTEXT_BYTES;
}

void xhci_set_endpoint_state(struct xhci_endpoint *ep, enum xhci_endpoint_state state)
{
	struct xhci *x = ep->xhci;
	u64 addr = endpoint_context(x, ep->slot, ep->id);
	u32 w[4];

	ep->state = state;
	if (xhci_load(x, addr, w, 4))
		return;
	w[0] = (w[0] & ~7u) | state;
	if (state != EP_RUNNING) {
		w[2] = (u32)ep->dequeue | ep->cycle;
		w[3] = (u32)(ep->dequeue >> 32);
	}
	xhci_store(x, addr, w, 4);
}

static void enable_endpoint(struct xhci *x, u32 slot, u32 id, const u32 *w)
{
	struct xhci_endpoint *ep = &x->slots[slot].endpoints[id];

	xhci_transfer_stop(ep, false);
	ep->xhci = x;
	ep->slot = slot;
	ep->id = id;
	ep->type = w[1] >> 3 & 7;
	ep->dequeue = (w[2] & ~15u) | (u64)w[3] << 32;
	ep->cycle = w[2] & 1;
	ep->state = EP_RUNNING;
	__atomic_store_n(&ep->kicked, 0, __ATOMIC_RELAXED);
}

static void disable_endpoint(struct xhci *x, u32 slot, u32 id)
{
	struct xhci_endpoint *ep = &x->slots[slot].endpoints[id];

	if (!ep->state)
		return;
	xhci_transfer_stop(ep, false);
	ep->state = EP_DISABLED;
}

/* Endpoints of a list; those of the guest's contexts are marked so, too. */
static void disable_all(struct xhci *x, u32 slot, u32 from, bool write)
{
	for (u32 id = from; id <= XHCI_ENDPOINTS; id++) {
		struct xhci_endpoint *ep = &x->slots[slot].endpoints[id];
		bool was = ep->state;

		disable_endpoint(x, slot, id);
		if (was && write && xhci_running(x))
			xhci_set_endpoint_state(ep, EP_DISABLED);
	}
}

static void set_slot_status(struct xhci *x, u32 slot, enum xhci_slot_status status, u32 *w)
{
	x->state.slots[slot].status = status;
	w[3] = (w[3] & ~0xf80000ffu) | (u32)status << STATE_SHIFT |
	       (status >= SLOT_ADDRESSED ? slot : 0);
	xhci_store(x, x->state.slots[slot].context, w, SLOT_WORDS);
}

/* --- commands of slots --- */
static enum xhci_code enable_slot(struct xhci *x, u32 *slot)
{
	u32 enabled = x->state.config & 0xff;

	for (u32 i = 1; i <= x->nr_slots && i <= enabled; i++) {
		if (x->state.slots[i].enabled)
			continue;
		x->state.slots[i] = (struct xhci_slot_state){.enabled = 1};
		*slot = i;
		return CC_SUCCESS;
	}
	return CC_NO_SLOTS;
}

static enum xhci_code disable_slot(struct xhci *x, u32 slot)
{
	disable_all(x, slot, 1, false);
	x->state.slots[slot] = (struct xhci_slot_state){0};
	x->slots[slot].device = NULL;
	return CC_SUCCESS;
}

/*
 * Who is behind the ports that the slot context names. Both numbers of a connector lead to its
 * device: SLOF names the one of SuperSpeed for a keyboard, and QEMU takes that.
 */
static struct usb_device *find_device(struct xhci *x, u32 port, u32 route)
{
	struct usb_port *p = xhci_port(x, port);

	return p && p->device ? usb_route(p, route) : NULL;
}

static enum xhci_code address_device(struct xhci *x, u32 slot, const struct xhci_trb *t)
{
	struct xhci_slot_state *s = &x->state.slots[slot];
	u64 input = t->parameter & ~15ull, table = x->state.contexts + 8ull * slot;
	bool block = t->control & TRB_BLOCK_ADDRESS;
	u32 flags[2], w[8], ep[8], pointer[2];
	struct usb_device *d;

	if (xhci_load(x, input, flags, 2) || xhci_load(x, input + XHCI_CONTEXT_BYTES, w, 8) ||
	    xhci_load(x, input + 2 * XHCI_CONTEXT_BYTES, ep, 8) || xhci_load(x, table, pointer, 2))
		return CC_TRB_ERROR;
	if (flags[0] || flags[1] != (ADD_SLOT | ADD_CONTROL))
		return CC_TRB_ERROR;
	if (s->status > SLOT_DEFAULT || (s->status && block))
		return CC_CONTEXT_STATE;
	d = find_device(x, w[1] >> 16 & 0xff, w[0] & ROUTE);
	if (!d)
		return CC_TRANSACTION_ERROR;
	for (u32 i = 1; i <= x->nr_slots; i++)
		if (i != slot && x->slots[i].device == d)
			return CC_TRANSACTION_ERROR;
	s->context = (pointer[0] & ~63u) | (u64)pointer[1] << 32;
	s->port = w[1] >> 16 & 0xff;
	s->route = w[0] & ROUTE;
	x->slots[slot].device = d;
	ep[0] = (ep[0] & ~7u) | EP_RUNNING;
	ep[1] = (ep[1] & ~0x38u) | TYPE_CONTROL << 3;
	enable_endpoint(x, slot, CONTROL_ENDPOINT, ep);
	if (!block)
		d->state->address = slot;
	w[4] = w[5] = w[6] = w[7] = 0;
	if (xhci_store(x, endpoint_context(x, slot, CONTROL_ENDPOINT), ep, 8) ||
	    xhci_store(x, s->context, w, 8))
		return CC_TRB_ERROR;
	set_slot_status(x, slot, block ? SLOT_DEFAULT : SLOT_ADDRESSED, w);
	return CC_SUCCESS;
}

static enum xhci_code deconfigure(struct xhci *x, u32 slot)
{
	u32 w[SLOT_WORDS];

	disable_all(x, slot, CONTROL_ENDPOINT + 1, true);
	if (xhci_load(x, x->state.slots[slot].context, w, SLOT_WORDS))
		return CC_TRB_ERROR;
	w[0] = (w[0] & ~(31u << STATE_SHIFT)) | 1u << STATE_SHIFT;
	set_slot_status(x, slot, SLOT_ADDRESSED, w);
	return CC_SUCCESS;
}

static enum xhci_code add_endpoint(struct xhci *x, u32 slot, u32 id, u64 input)
{
	u32 w[8];

	if (xhci_load(x, input + (id + 1ull) * XHCI_CONTEXT_BYTES, w, 8))
		return CC_TRB_ERROR;
	if (!(w[1] >> 3 & 7) || w[0] >> 10 & 31) /* streams are none of ours */
		return CC_PARAMETER_ERROR;
	w[0] = (w[0] & ~7u) | EP_RUNNING;
	enable_endpoint(x, slot, id, w);
	return xhci_store(x, endpoint_context(x, slot, id), w, 8) ? CC_TRB_ERROR : CC_SUCCESS;
}

static enum xhci_code configure(struct xhci *x, u32 slot, const struct xhci_trb *t)
{
	struct xhci_slot_state *s = &x->state.slots[slot];
	u64 input = t->parameter & ~15ull;
	enum xhci_code code = CC_SUCCESS;
	u32 flags[2], in[SLOT_WORDS], w[SLOT_WORDS];

	if (s->status < SLOT_ADDRESSED)
		return CC_CONTEXT_STATE;
	if (t->control & TRB_DECONFIGURE)
		return deconfigure(x, slot);
	if (xhci_load(x, input, flags, 2) || xhci_load(x, s->context, w, SLOT_WORDS) ||
	    xhci_load(x, input + XHCI_CONTEXT_BYTES, in, SLOT_WORDS))
		return CC_TRB_ERROR;
	if (flags[0] & 3 || (flags[1] & 3) != ADD_SLOT)
		return CC_TRB_ERROR;
	for (u32 id = CONTROL_ENDPOINT + 1; id <= XHCI_ENDPOINTS && code == CC_SUCCESS; id++) {
		if (flags[0] >> id & 1) {
			struct xhci_endpoint *ep = &x->slots[slot].endpoints[id];
			bool was = ep->state;

			disable_endpoint(x, slot, id);
			if (was)
				xhci_set_endpoint_state(ep, EP_DISABLED);
		}
		if (flags[1] >> id & 1)
			code = add_endpoint(x, slot, id, input);
	}
	if (code != CC_SUCCESS)
		return code;
	/* hub, its ports, and how many contexts there are */
	w[0] = (w[0] & ROUTE) | (in[0] & ~(u32)ROUTE);
	w[1] = (w[1] & 0xffffff) | (in[1] & 0xff000000);
	set_slot_status(x, slot, SLOT_CONFIGURED, w);
	return CC_SUCCESS;
}

static enum xhci_code evaluate(struct xhci *x, u32 slot, const struct xhci_trb *t)
{
	struct xhci_slot_state *s = &x->state.slots[slot];
	u64 input = t->parameter & ~15ull, at = endpoint_context(x, slot, CONTROL_ENDPOINT);
	u32 flags[2], in[SLOT_WORDS], w[SLOT_WORDS];

	if (!s->status)
		return CC_CONTEXT_STATE;
	if (xhci_load(x, input, flags, 2))
		return CC_TRB_ERROR;
	if (flags[0] || flags[1] & ~(u32)(ADD_SLOT | ADD_CONTROL))
		return CC_TRB_ERROR;
	if (flags[1] & ADD_SLOT) {
		if (xhci_load(x, input + XHCI_CONTEXT_BYTES, in, SLOT_WORDS) ||
		    xhci_load(x, s->context, w, SLOT_WORDS))
			return CC_TRB_ERROR;
		/* exit latency, interrupter */
		w[1] = (w[1] & ~0xffffu) | (in[1] & 0xffff);
		w[2] = (w[2] & 0x3fffff) | (in[2] & ~0x3fffffu);
		xhci_store(x, s->context, w, SLOT_WORDS);
	}
	if (flags[1] & ADD_CONTROL) {
		if (xhci_load(x, input + 2 * XHCI_CONTEXT_BYTES, in, 2) || xhci_load(x, at, w, 2))
			return CC_TRB_ERROR;
		w[1] = (w[1] & 0xffff) | (in[1] & 0xffff0000); /* size of packets */
		xhci_store(x, at, w, 2);
	}
	return CC_SUCCESS;
}

static enum xhci_code reset_device(struct xhci *x, u32 slot)
{
	struct xhci_slot_state *s = &x->state.slots[slot];
	u32 w[SLOT_WORDS];

	if (s->status < SLOT_ADDRESSED)
		return CC_CONTEXT_STATE;
	disable_all(x, slot, CONTROL_ENDPOINT + 1, true);
	if (xhci_load(x, s->context, w, SLOT_WORDS))
		return CC_TRB_ERROR;
	w[0] = (w[0] & ~(31u << STATE_SHIFT)) | 1u << STATE_SHIFT;
	set_slot_status(x, slot, SLOT_DEFAULT, w);
	return CC_SUCCESS;
}

/* --- commands of endpoints --- */
static enum xhci_code endpoint_command(struct xhci *x, u32 slot, const struct xhci_trb *t)
{
	u32 id = t->control >> 16 & 31;
	struct xhci_endpoint *ep = &x->slots[slot].endpoints[id];

	if (!id)
		return CC_TRB_ERROR;
	if (!ep->state)
		return CC_ENDPOINT_NOT_ENABLED;
	switch (trb_type(t)) {
	case TRB_RESET_ENDPOINT:
		if (ep->state != EP_HALTED)
			return CC_CONTEXT_STATE;
		break;
	case TRB_STOP_ENDPOINT:
		if (ep->state != EP_RUNNING)
			return CC_CONTEXT_STATE;
		/* what is at the device ends as it does */
		usb_bus_quiesce(&x->bus);
		xhci_transfer_stop(ep, true);
		/* only a doorbell from now on starts it again */
		__atomic_store_n(&ep->kicked, 0, __ATOMIC_RELAXED);
		break;
	default:
		if (ep->state != EP_STOPPED && ep->state != EP_ERROR)
			return CC_CONTEXT_STATE;
		xhci_transfer_stop(ep, false);
		ep->dequeue = t->parameter & ~15ull;
		ep->cycle = t->parameter & 1;
	}
	xhci_set_endpoint_state(ep, EP_STOPPED);
	return CC_SUCCESS;
}

/* --- the ring --- */
static enum xhci_code slot_command(struct xhci *x, u32 slot, const struct xhci_trb *t)
{
	if (!slot || slot > x->nr_slots || !x->state.slots[slot].enabled)
		return CC_SLOT_NOT_ENABLED;
	switch (trb_type(t)) {
	case TRB_DISABLE_SLOT:
		return disable_slot(x, slot);
	case TRB_ADDRESS_DEVICE:
		return address_device(x, slot, t);
	case TRB_CONFIGURE_ENDPOINT:
		return configure(x, slot, t);
	case TRB_EVALUATE_CONTEXT:
		return evaluate(x, slot, t);
	case TRB_RESET_DEVICE:
		return reset_device(x, slot);
	default:
		return endpoint_command(x, slot, t);
	}
}

/* A byte for every port of that speed: how much of it is left (6.2.6). */
static enum xhci_code get_bandwidth(struct xhci *x, const struct xhci_trb *t)
{
	u64 addr = t->parameter & ~15ull;

	for (u32 i = 1; i <= x->p2 + x->p3; i++)
		if (dma_fill(&x->pci.dma, addr + i, 80, 1)) {
			xhci_die(x);
			return CC_TRB_ERROR;
		}
	return CC_SUCCESS;
}

static void command(struct xhci *x, const struct xhci_trb *t)
{
	u32 slot = t->control >> 24, type = TRB_COMMAND_EVENT, detail = 0;
	enum xhci_code code;

	switch (trb_type(t)) {
	case TRB_ENABLE_SLOT:
		slot = 0;
		code = enable_slot(x, &slot);
		break;
	case TRB_DISABLE_SLOT:
	case TRB_ADDRESS_DEVICE:
	case TRB_CONFIGURE_ENDPOINT:
	case TRB_EVALUATE_CONTEXT:
	case TRB_RESET_ENDPOINT:
	case TRB_STOP_ENDPOINT:
	case TRB_SET_DEQUEUE:
	case TRB_RESET_DEVICE:
		code = slot_command(x, slot, t);
		break;
	case TRB_GET_BANDWIDTH:
		code = get_bandwidth(x, t);
		break;
	case TRB_COMMAND_NO_OP:
		code = CC_SUCCESS;
		break;
	case TRB_NEC_FIRMWARE:
		code = x->nec ? CC_SUCCESS : CC_TRB_ERROR;
		type = x->nec ? TRB_NEC_EVENT : type;
		detail = x->nec ? NEC_FIRMWARE : 0;
		break;
	default:
		log_printf(LOG_UNIMP, "xhci: no command %u\n", trb_type(t));
		code = CC_TRB_ERROR;
	}
	xhci_event(x, 0, t->addr, (u32)code << 24 | detail, slot << 24 | type << 10);
}

/* SLOF says that its ring begins with a cycle bit of 0, and writes commands that have 1: the first
 * one tells what is meant. */
static void check_cycle(struct xhci *x)
{
	struct xhci_state *s = &x->state;
	u32 control;

	if (!s->command_fresh)
		return;
	s->command_fresh = 0;
	if (!s->command_cycle && !xhci_load(x, s->command_ring + 12, &control, 1))
		s->command_cycle = control & TRB_CYCLE;
}

bool xhci_commands(struct xhci *x, u32 limit)
{
	struct xhci_state *s = &x->state;
	struct xhci_trb t;

	check_cycle(x);
	for (u32 i = 0; i < limit; i++) {
		int got;

		if (!xhci_running(x) || !s->command_running)
			return false;
		got = xhci_fetch(x, &s->command_ring, &s->command_cycle, &t);
		if (got < 0)
			xhci_die(x);
		if (got <= 0)
			return false;
		command(x, &t);
	}
	return true;
}

/* --- the rest --- */
void xhci_slots_reset(struct xhci *x)
{
	for (u32 i = 1; i <= XHCI_MAX_SLOTS; i++)
		disable_slot(x, i);
}

void xhci_slots_detached(struct xhci *x, struct usb_device *d)
{
	for (u32 i = 1; i <= XHCI_MAX_SLOTS; i++)
		if (x->slots[i].device == d)
			x->slots[i].device = NULL;
}

void xhci_slots_flush(struct xhci *x)
{
	for (u32 i = 1; i <= XHCI_MAX_SLOTS; i++)
		for (u32 id = 1; id <= XHCI_ENDPOINTS; id++) {
			struct xhci_endpoint *ep = &x->slots[i].endpoints[id];
			u64 addr = endpoint_context(x, i, id);
			u32 w[2];

			if (ep->state != EP_RUNNING || !xhci_running(x))
				continue;
			w[0] = (u32)ep->dequeue | ep->cycle;
			w[1] = (u32)(ep->dequeue >> 32);
			xhci_store(x, addr + 8, w, 2);
		}
}

void xhci_slots_load(struct xhci *x)
{
	for (u32 i = 1; i <= x->nr_slots; i++) {
		const struct xhci_slot_state *s = &x->state.slots[i];

		if (!s->enabled || !s->status)
			continue;
		x->slots[i].device = find_device(x, s->port, s->route);
		for (u32 id = 1; id <= XHCI_ENDPOINTS; id++) {
			u32 w[4];

			if (!xhci_running(x) || xhci_load(x, endpoint_context(x, i, id), w, 4))
				return;
			if (!(w[0] & 7) || (w[0] & 7) > EP_ERROR)
				continue;
			enable_endpoint(x, i, id, w);
			x->slots[i].endpoints[id].state = w[0] & 7;
			x->slots[i].endpoints[id].kicked = (w[0] & 7) == EP_RUNNING;
		}
		__atomic_fetch_or(&x->slots_kicked[i / 32], 1u << i % 32, __ATOMIC_RELEASE);
	}
}

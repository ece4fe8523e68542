// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * XIVE thread contexts and the thread interrupt management area: the OS ring of each processor
 * (priority, pending bits, signalled state) and the operations on it.
 */
#include <errno.h>

#include "pv/xive_private.h"

/* Byte offsets of the OS ring inside a TIMA page, and of the special operations. */
enum {
	RING_OS = 0x10,
	REG_NSR = 0,
	REG_CPPR = 1,
	REG_IPB = 2,
	REG_LSMFB = 3,
	REG_ACK = 4,
	REG_INC = 5,
	REG_AGE = 6,
	REG_PIPR = 7,
	RING_W2 = 8, /* the context's CAM line: valid, number */
	OP_BASE = 0x800,
	OP_ACK_OS = 0x810,	   /* 2-byte load: accept the signalled interrupt */
	OP_SET_OS_PENDING = 0x812, /* 1-byte store: raise a priority */
};
#define W2_VALID 0x80000000u

static u8 most_favoured(u8 ipb)
{
	return ipb ? (u8)__builtin_clz((unsigned)ipb << 24) : 0xff;
}

/* Signal or withdraw after PIPR or CPPR changed. */
static void update(struct xive *x, u32 server)
{
	struct xive_context *c = &x->context[server];
	bool wanted;

	c->pipr = most_favoured(c->ipb);
	wanted = c->pipr < c->cppr;
	if (wanted)
		c->nsr |= XIVE_NSR_EO;
	else
		c->nsr &= (u8)~XIVE_NSR_EO;
	x->host.set_line(x->host.opaque, server, wanted);
}

void xive_present(struct xive *x, u32 server, u8 priority)
{
	x->context[server].ipb |= (u8)(0x80 >> priority);
	update(x, server);
}

/* Accept: the processor now runs at the interrupt's priority. Returns NSR || CPPR. */
static u64 ack_os(struct xive *x, u32 server)
{
	struct xive_context *c = &x->context[server];
	u8 nsr = c->nsr;

	if (nsr & XIVE_NSR_EO) {
		c->cppr = c->pipr;
		c->ipb &= (u8) ~(0x80 >> c->cppr);
		update(x, server);
	}
	return (u64)nsr << 8 | c->cppr;
}

static void set_cppr(struct xive *x, u32 server, u8 cppr)
{
	/* Only eight priorities exist; anything less favoured means "all". */
	x->context[server].cppr = cppr >= XIVE_PRIORITIES ? 0xff : cppr;
	update(x, server);
}

/* The ring's registers as 16 bytes; the user page shows only PIPR's neighbours (nothing). */
static void ring_image(const struct xive_context *c, u32 server, u8 image[16])
{
	const u32 w2 = W2_VALID | server;
	const u8 w0[8] = {[REG_NSR] = c->nsr,	  [REG_CPPR] = c->cppr,	    [REG_IPB] = c->ipb,
			  [REG_LSMFB] = c->lsmfb, [REG_ACK] = c->ack_count, [REG_INC] = c->inc,
			  [REG_AGE] = c->age,	  [REG_PIPR] = c->pipr};
	int n;

	for (n = 0; n < 8; n++) {
		image[n] = w0[n];
		image[8 + n] = n < 4 ? (u8)(w2 >> (24 - 8 * n)) : 0;
	}
}

static u64 load_ring(const struct xive_context *c, u32 server, u32 offset, unsigned len)
{
	u8 image[16];
	u64 v = 0;
	unsigned n;

	ring_image(c, server, image);
	for (n = 0; n < len; n++, offset++)
		v = v << 8 |
		    (offset >= RING_OS && offset < RING_OS + 16 ? image[offset - RING_OS] : 0);
	return v;
}

static u64 all_ones(unsigned len)
{
	return len >= 8 ? ~0ull : (1ull << 8 * len) - 1;
}

u64 xive_tima_load(struct xive *x, u32 server, u64 offset, unsigned len)
{
	u32 in_page = offset & ((1u << XIVE_PAGE_SHIFT) - 1);
	u64 v;

	if (server >= x->servers || offset >= XIVE_TIMA_SIZE || offset < XIVE_TIMA_OS)
		return all_ones(len);
	if (offset >= XIVE_TIMA_USER)
		return in_page < OP_BASE ? 0 : all_ones(len);
	os_mutex_lock(&x->lock);
	if (in_page == OP_ACK_OS && len == 2)
		v = ack_os(x, server);
	else if (in_page >= OP_BASE)
		v = all_ones(len);
	else
		v = load_ring(&x->context[server], server, in_page, len);
	os_mutex_unlock(&x->lock);
	return v;
}

void xive_tima_store(struct xive *x, u32 server, u64 offset, unsigned len, u64 value)
{
	u32 in_page = offset & ((1u << XIVE_PAGE_SHIFT) - 1);

	if (server >= x->servers || offset < XIVE_TIMA_OS || offset >= XIVE_TIMA_USER || len != 1)
		return;
	os_mutex_lock(&x->lock);
	if (in_page == RING_OS + REG_CPPR)
		set_cppr(x, server, (u8)value);
	else if (in_page == OP_SET_OS_PENDING && (value & 0xff) < XIVE_PRIORITIES)
		xive_present(x, server, (u8)value);
	os_mutex_unlock(&x->lock);
}

u64 xive_get_context(struct xive *x, u32 server)
{
	u64 v;

	if (server >= x->servers)
		return 0;
	os_mutex_lock(&x->lock);
	v = load_ring(&x->context[server], server, RING_OS, 8);
	os_mutex_unlock(&x->lock);
	return v;
}

int xive_set_context(struct xive *x, u32 server, u64 state)
{
	struct xive_context *c;

	if (server >= x->servers)
		return -EINVAL;
	os_mutex_lock(&x->lock);
	c = &x->context[server];
	c->cppr = (u8)(state >> 48);
	c->ipb = (u8)(state >> 40);
	c->lsmfb = (u8)(state >> 32);
	c->ack_count = (u8)(state >> 24);
	c->inc = (u8)(state >> 16);
	c->age = (u8)(state >> 8);
	update(x, server);
	os_mutex_unlock(&x->lock);
	return 0;
}

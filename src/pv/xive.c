// SPDX-License-Identifier: GPL-2.0-or-later
/* XIVE sources, their event state bits, routing and event queues (see xive.h). */
#include <errno.h>

#include "pv/xive_private.h"

/* Offsets inside a management page (PAPR, ESB management operations). */
enum {
	ESB_LOAD_EOI = 0x000,
	ESB_STORE_EOI = 0x400,
	ESB_GET = 0x800,
	ESB_SET_PQ = 0xc00, /* to 0xfff; bits 0x300 are the new PQ */
};

bool xive_pq_trigger(u8 *pq)
{
	switch (*pq) {
	case XIVE_PQ_RESET:
		*pq = XIVE_PQ_PENDING;
		return true;
	case XIVE_PQ_PENDING:
	case XIVE_PQ_QUEUED:
		*pq = XIVE_PQ_QUEUED;
		return false;
	default:
		return false;
	}
}

bool xive_pq_eoi(u8 *pq)
{
	if (*pq == XIVE_PQ_QUEUED) {
		*pq = XIVE_PQ_PENDING;
		return true;
	}
	if (*pq == XIVE_PQ_PENDING)
		*pq = XIVE_PQ_RESET;
	return false;
}

u64 xive_pq_load(u8 *pq, u32 offset, bool *notify)
{
	u8 old = *pq;

	*notify = false;
	if (offset >= ESB_SET_PQ)
		*pq = offset >> 8 & 3;
	else if (offset < ESB_STORE_EOI)
		return *notify = xive_pq_eoi(pq);
	else if (offset < ESB_GET)
		return ~0ull;
	return old;
}

u32 xive_servers(const struct xive *x)
{
	return x->servers;
}

u32 xive_lisns(const struct xive *x)
{
	return x->lisns;
}

bool xive_claimed(const struct xive *x, u32 lisn)
{
	return lisn < x->lisns && x->source[lisn].claimed;
}

bool xive_is_lsi(const struct xive *x, u32 lisn)
{
	return xive_claimed(x, lisn) && x->source[lisn].lsi;
}

static struct xive_queue *queue_of(struct xive *x, u64 number)
{
	if (number / XIVE_PRIORITIES >= x->servers)
		return NULL;
	return &x->context[number / XIVE_PRIORITIES].queue[number % XIVE_PRIORITIES];
}

struct xive *xive_create(u32 servers, u32 lisns, const struct xive_host *host)
{
	struct xive *x = os_alloc(sizeof(*x));

	if (!x)
		return NULL;
	os_mutex_init(&x->lock);
	x->servers = servers;
	x->lisns = lisns;
	x->host = *host;
	x->source = os_alloc(lisns * sizeof(*x->source));
	x->context = os_alloc(servers * sizeof(*x->context));
	if (!x->source || !x->context) {
		xive_destroy(x);
		return NULL;
	}
	xive_reset(x);
	return x;
}

void xive_destroy(struct xive *x)
{
	if (!x)
		return;
	os_free(x->source);
	os_free(x->context);
	os_mutex_destroy(&x->lock);
	os_free(x);
}

void xive_reset_routing(struct xive *x)
{
	u32 n;

	os_mutex_lock(&x->lock);
	for (n = 0; n < x->lisns; n++) {
		struct xive_source *s = &x->source[n];

		s->server = s->eisn = 0;
		s->priority = XIVE_MASKED;
		s->pq = XIVE_PQ_OFF;
	}
	for (n = 0; n < x->servers * XIVE_PRIORITIES; n++)
		*queue_of(x, n) = (struct xive_queue){0};
	os_mutex_unlock(&x->lock);
}

void xive_reset(struct xive *x)
{
	u32 n;

	xive_reset_routing(x);
	os_mutex_lock(&x->lock);
	for (n = 0; n < x->servers; n++) {
		x->context[n] = (struct xive_context){.pipr = 0xff};
		x->host.set_line(x->host.opaque, n, false);
	}
	os_mutex_unlock(&x->lock);
}

void xive_claim(struct xive *x, u32 lisn, bool lsi)
{
	if (lisn >= x->lisns)
		return;
	os_mutex_lock(&x->lock);
	x->source[lisn] = (struct xive_source){
		.claimed = true, .lsi = lsi, .priority = XIVE_MASKED, .pq = XIVE_PQ_OFF};
	os_mutex_unlock(&x->lock);
}

/* One event into a queue; the generation bit flips at each turn (bit 0 of the entry). */
static void enqueue(struct xive *x, struct xive_queue *q, u32 eisn)
{
	u32 entries = 1u << (q->shift - 2);

	x->host.store_be32(x->host.opaque, q->gpa + 4ull * q->index,
			   (u32)q->generation << 31 | (eisn & 0x7fffffff));
	q->index = (q->index + 1) & (entries - 1);
	if (!q->index)
		q->generation = !q->generation;
}

void xive_route(struct xive *x, u32 lisn)
{
	struct xive_source *s = &x->source[lisn];
	struct xive_queue *q;

	if (s->priority >= XIVE_PRIORITIES)
		return;
	q = &x->context[s->server].queue[s->priority];
	if (!q->shift)
		return;
	enqueue(x, q, s->eisn);
	if (q->always_notify || xive_pq_trigger(&q->pq))
		xive_present(x, s->server, s->priority);
}

static void trigger(struct xive *x, u32 lisn)
{
	if (xive_pq_trigger(&x->source[lisn].pq))
		xive_route(x, lisn);
}

void xive_set_irq(struct xive *x, u32 lisn, bool level)
{
	struct xive_source *s;

	if (!xive_claimed(x, lisn))
		return;
	os_mutex_lock(&x->lock);
	s = &x->source[lisn];
	if (!s->lsi) {
		if (level)
			trigger(x, lisn);
	} else {
		s->asserted = level;
		if (level && s->pq == XIVE_PQ_RESET)
			trigger(x, lisn);
	}
	os_mutex_unlock(&x->lock);
}

/* A level source that is still asserted when its event ends starts the next one. */
static void ended(struct xive *x, u32 lisn, bool notify)
{
	struct xive_source *s = &x->source[lisn];

	if (notify)
		xive_route(x, lisn);
	else if (s->lsi && s->asserted && s->pq == XIVE_PQ_RESET)
		trigger(x, lisn);
}

u64 xive_esb_load(struct xive *x, u64 offset)
{
	u64 lisn = offset / XIVE_ESB_STRIDE, v;
	bool notify;

	if (lisn >= x->lisns || !xive_claimed(x, (u32)lisn) || !(offset & 1u << XIVE_PAGE_SHIFT))
		return ~0ull;
	os_mutex_lock(&x->lock);
	v = xive_pq_load(&x->source[lisn].pq, offset & 0xfff, &notify);
	ended(x, (u32)lisn, notify);
	os_mutex_unlock(&x->lock);
	return v;
}

void xive_esb_store(struct xive *x, u64 offset, u64 value)
{
	u64 lisn = offset / XIVE_ESB_STRIDE;
	u32 op = offset & 0xfff;
	bool notify;

	(void)value;
	if (lisn >= x->lisns || !xive_claimed(x, (u32)lisn))
		return;
	os_mutex_lock(&x->lock);
	if (!(offset & 1u << XIVE_PAGE_SHIFT)) {
		trigger(x, (u32)lisn);
	} else if (op >= ESB_SET_PQ) {
		xive_pq_load(&x->source[lisn].pq, op, &notify);
		ended(x, (u32)lisn, false);
	} else if (op >= ESB_STORE_EOI && op < ESB_GET) {
		ended(x, (u32)lisn, xive_pq_eoi(&x->source[lisn].pq));
	}
	os_mutex_unlock(&x->lock);
}

u64 xive_queue_esb_load(struct xive *x, u64 offset)
{
	u64 number = offset / XIVE_ESB_STRIDE, v;
	struct xive_queue *q = queue_of(x, number);
	bool notify;

	if (!q || !(offset & 1u << XIVE_PAGE_SHIFT))
		return ~0ull;
	os_mutex_lock(&x->lock);
	v = xive_pq_load(&q->pq, offset & 0xfff, &notify);
	if (notify)
		xive_present(x, (u32)(number / XIVE_PRIORITIES), number % XIVE_PRIORITIES);
	os_mutex_unlock(&x->lock);
	return v;
}

void xive_queue_esb_store(struct xive *x, u64 offset, u64 value)
{
	(void)value;
	if (offset & 1u << XIVE_PAGE_SHIFT)
		xive_queue_esb_load(x, offset);
}

int xive_set_source(struct xive *x, u32 lisn, u32 server, u8 priority, u32 eisn, bool set_eisn)
{
	struct xive_source *s;

	if (!xive_claimed(x, lisn))
		return -EINVAL;
	if (priority != XIVE_MASKED && (priority >= XIVE_PRIORITIES || server >= x->servers))
		return -EINVAL;
	os_mutex_lock(&x->lock);
	s = &x->source[lisn];
	s->priority = priority;
	if (priority != XIVE_MASKED) {
		s->server = server;
		if (set_eisn)
			s->eisn = eisn;
	}
	os_mutex_unlock(&x->lock);
	return 0;
}

int xive_get_source(struct xive *x, u32 lisn, u32 *server, u8 *priority, u32 *eisn)
{
	struct xive_source_state s;
	int ret = xive_get_source_state(x, lisn, &s);

	if (ret || !s.claimed)
		return -EINVAL;
	*server = s.server;
	*priority = s.priority;
	*eisn = s.eisn;
	return 0;
}

static bool queue_shift_valid(u32 shift)
{
	return shift == 12 || shift == 16 || shift == 21 || shift == 24;
}

int xive_set_queue(struct xive *x, u32 server, u8 priority, u64 gpa, u32 shift, bool always_notify,
		   u32 *bad)
{
	struct xive_queue *q;

	*bad = 1;
	if (server >= x->servers)
		return -EINVAL;
	*bad = 2;
	if (priority >= XIVE_PRIORITIES)
		return -EINVAL;
	*bad = 4;
	if (shift && !queue_shift_valid(shift))
		return -EINVAL;
	*bad = 3;
	if (shift &&
	    (gpa & ((1ull << shift) - 1) || !x->host.is_memory(x->host.opaque, gpa, 1ull << shift)))
		return -EINVAL;
	os_mutex_lock(&x->lock);
	q = &x->context[server].queue[priority];
	*q = (struct xive_queue){0};
	if (shift)
		*q = (struct xive_queue){.gpa = gpa,
					 .shift = shift,
					 .generation = true,
					 .always_notify = always_notify,
					 .pq = XIVE_PQ_RESET};
	os_mutex_unlock(&x->lock);
	return 0;
}

int xive_get_queue(struct xive *x, u32 server, u8 priority, struct xive_queue_info *info)
{
	struct xive_queue_state q;
	int ret = xive_get_queue_state(x, server, priority, &q);

	if (ret)
		return ret;
	*info = (struct xive_queue_info){.gpa = q.gpa,
					 .shift = q.shift,
					 .always_notify = q.always_notify,
					 .generation = q.generation,
					 .index = q.index};
	return 0;
}

int xive_get_source_state(struct xive *x, u32 lisn, struct xive_source_state *s)
{
	const struct xive_source *from;

	if (lisn >= x->lisns)
		return -EINVAL;
	os_mutex_lock(&x->lock);
	from = &x->source[lisn];
	*s = (struct xive_source_state){.lisn = lisn,
					.server = from->server,
					.eisn = from->eisn,
					.priority = from->priority,
					.pq = from->pq,
					.lsi = from->lsi,
					.asserted = from->asserted,
					.claimed = from->claimed};
	os_mutex_unlock(&x->lock);
	return 0;
}

int xive_set_source_state(struct xive *x, const struct xive_source_state *s)
{
	if (s->lisn >= x->lisns || s->server >= x->servers || s->pq > 3 || s->lsi > 1 ||
	    s->asserted > 1 || s->claimed > 1 ||
	    (s->priority >= XIVE_PRIORITIES && s->priority != XIVE_MASKED))
		return -EINVAL;
	os_mutex_lock(&x->lock);
	x->source[s->lisn] = (struct xive_source){.server = s->server,
						  .eisn = s->eisn,
						  .priority = s->priority,
						  .pq = s->pq,
						  .claimed = s->claimed,
						  .lsi = s->lsi,
						  .asserted = s->asserted};
	os_mutex_unlock(&x->lock);
	return 0;
}

int xive_get_queue_state(struct xive *x, u32 server, u8 priority, struct xive_queue_state *q)
{
	const struct xive_queue *from;

	if (server >= x->servers || priority >= XIVE_PRIORITIES)
		return -EINVAL;
	os_mutex_lock(&x->lock);
	from = &x->context[server].queue[priority];
	*q = (struct xive_queue_state){.gpa = from->gpa,
				       .server = server,
				       .shift = from->shift,
				       .index = from->index,
				       .priority = priority,
				       .always_notify = from->always_notify,
				       .generation = from->generation,
				       .pq = from->pq};
	os_mutex_unlock(&x->lock);
	return 0;
}

int xive_set_queue_state(struct xive *x, const struct xive_queue_state *q)
{
	if (q->server >= x->servers || q->priority >= XIVE_PRIORITIES || q->pq > 3 ||
	    q->always_notify > 1 || q->generation > 1)
		return -EINVAL;
	if (q->shift && (!queue_shift_valid(q->shift) || q->index >= 1u << (q->shift - 2) ||
			 q->gpa & ((1ull << q->shift) - 1) ||
			 !x->host.is_memory(x->host.opaque, q->gpa, 1ull << q->shift)))
		return -EINVAL;
	os_mutex_lock(&x->lock);
	x->context[q->server].queue[q->priority] =
		(struct xive_queue){.gpa = q->gpa,
				    .shift = q->shift,
				    .index = q->index,
				    .generation = q->generation,
				    .always_notify = q->always_notify,
				    .pq = q->pq};
	os_mutex_unlock(&x->lock);
	return 0;
}

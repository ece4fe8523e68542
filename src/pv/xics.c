// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * XICS presenters and source controller (see xics.h).
 *
 * A presenter holds at most one interrupt (xisr). A more favoured one, or a CPPR that excludes it,
 * rejects it back to its source, which offers it again ("resend") when the presenter has room.
 * A level source that was accepted is not offered again before its EOI (SENT); a message that
 * cannot be delivered is remembered once (PENDING: masked or rejected).
 */
#include <errno.h>

#include "os/os.h"
#include "pv/xics.h"

enum { SRC_LSI = 1, SRC_ASSERTED = 2, SRC_SENT = 4, SRC_PENDING = 8 };

struct xics_source {
	u32 server;
	u8 priority;
	u8 saved_priority; /* what ibm,int-on brings back */
	u8 flags;
};

struct xics_icp {
	u32 xisr;
	u8 cppr;
	u8 mfrr;
	u8 pending_priority;
};

struct xics {
	struct os_mutex lock;
	u32 servers, irqs;
	struct xics_icp *icp;
	struct xics_source *source;
	u32 waiting; /* sources that want to be resent */
	xics_line_fn *set_line;
	void *opaque;
};

/* KVM_XICS_* fields of a source's state, and KVM_REG_PPC_ICP_*'s of a presenter's. */
enum {
	STATE_PRIORITY_SHIFT = 32,
	STATE_LSI_SHIFT = 40,
	STATE_MASKED_SHIFT = 41,
	STATE_PENDING_SHIFT = 42,
	STATE_PRESENTED_SHIFT = 43,
	ICP_CPPR_SHIFT = 56,
	ICP_XISR_SHIFT = 32,
	ICP_MFRR_SHIFT = 24,
	ICP_PPRI_SHIFT = 16,
};

bool xics_irq_valid(const struct xics *x, u32 irq)
{
	return irq >= XICS_IRQ_BASE && irq - XICS_IRQ_BASE < x->irqs;
}

u32 xics_servers(const struct xics *x)
{
	return x->servers;
}

static struct xics_source *source_of(struct xics *x, u32 irq)
{
	return xics_irq_valid(x, irq) ? &x->source[irq - XICS_IRQ_BASE] : NULL;
}

/* A source that could not be presented waits. */
static void reject(struct xics *x, u32 irq)
{
	struct xics_source *s = source_of(x, irq);

	if (!s)
		return; /* an IPI stays in its MFRR */
	if (s->flags & SRC_LSI)
		s->flags &= (u8)~SRC_SENT;
	else
		s->flags |= SRC_PENDING;
	x->waiting++;
}

static void hold(struct xics *x, u32 server, u32 irq, u8 priority)
{
	struct xics_icp *icp = &x->icp[server];

	icp->xisr = irq;
	icp->pending_priority = priority;
	x->set_line(x->opaque, server, true);
}

static void drop(struct xics *x, u32 server)
{
	struct xics_icp *icp = &x->icp[server];

	icp->xisr = 0;
	icp->pending_priority = XICS_MASKED;
	x->set_line(x->opaque, server, false);
}

static void check_ipi(struct xics *x, u32 server)
{
	struct xics_icp *icp = &x->icp[server];

	if (icp->mfrr >= icp->cppr || (icp->xisr && icp->pending_priority <= icp->mfrr))
		return;
	if (icp->xisr)
		reject(x, icp->xisr);
	hold(x, server, XICS_IPI, icp->mfrr);
}

/* Offer a source that is neither masked nor already presented. */
static void present(struct xics *x, u32 irq)
{
	struct xics_source *s = source_of(x, irq);
	struct xics_icp *icp = &x->icp[s->server];

	if (s->flags & SRC_LSI)
		s->flags |= SRC_SENT;
	else
		s->flags &= (u8)~SRC_PENDING;
	if (s->priority >= icp->cppr || (icp->xisr && icp->pending_priority <= s->priority)) {
		reject(x, irq);
		return;
	}
	if (icp->xisr)
		reject(x, icp->xisr);
	hold(x, s->server, irq, s->priority);
}

static bool wants_presenting(const struct xics_source *s)
{
	if (s->priority == XICS_MASKED)
		return false;
	if (s->flags & SRC_LSI)
		return (s->flags & (SRC_ASSERTED | SRC_SENT)) == SRC_ASSERTED;
	return s->flags & SRC_PENDING;
}

/* The presenter has room: offer it what waits, the IPI first. */
static void resend(struct xics *x, u32 server)
{
	u32 n;

	check_ipi(x, server);
	if (!x->waiting)
		return;
	x->waiting = 0;
	for (n = 0; n < x->irqs; n++) {
		if (!wants_presenting(&x->source[n]))
			continue;
		if (x->source[n].server == server)
			present(x, XICS_IRQ_BASE + n);
		else
			x->waiting++;
	}
}

static void change_cppr(struct xics *x, u32 server, u8 cppr)
{
	struct xics_icp *icp = &x->icp[server];
	u32 held = icp->xisr;

	icp->cppr = cppr;
	if (held && icp->pending_priority >= cppr) {
		drop(x, server);
		reject(x, held);
	}
	if (!icp->xisr)
		resend(x, server);
}

struct xics *xics_create(u32 servers, u32 irqs, xics_line_fn *set_line, void *opaque)
{
	struct xics *x = os_alloc(sizeof(*x));

	if (!x)
		return NULL;
	os_mutex_init(&x->lock);
	x->servers = servers;
	x->irqs = irqs;
	x->set_line = set_line;
	x->opaque = opaque;
	x->icp = os_alloc(servers * sizeof(*x->icp));
	x->source = os_alloc(irqs * sizeof(*x->source));
	if (!x->icp || !x->source) {
		xics_destroy(x);
		return NULL;
	}
	xics_reset(x);
	return x;
}

void xics_destroy(struct xics *x)
{
	if (!x)
		return;
	os_free(x->icp);
	os_free(x->source);
	os_mutex_destroy(&x->lock);
	os_free(x);
}

void xics_reset(struct xics *x)
{
	u32 n;

	os_mutex_lock(&x->lock);
	for (n = 0; n < x->irqs; n++) {
		struct xics_source *s = &x->source[n];

		s->server = 0;
		s->priority = s->saved_priority = XICS_MASKED;
		/* Lines keep the level that devices drive. */
		s->flags &= s->flags & SRC_LSI ? SRC_LSI | SRC_ASSERTED : 0;
	}
	for (n = 0; n < x->servers; n++) {
		x->icp[n] = (struct xics_icp){.mfrr = XICS_MASKED};
		drop(x, n);
	}
	x->waiting = 0;
	os_mutex_unlock(&x->lock);
}

void xics_set_lsi(struct xics *x, u32 irq, bool lsi)
{
	struct xics_source *s = source_of(x, irq);

	if (!s)
		return;
	os_mutex_lock(&x->lock);
	s->flags = lsi ? SRC_LSI : 0;
	os_mutex_unlock(&x->lock);
}

void xics_set_irq(struct xics *x, u32 irq, bool level)
{
	struct xics_source *s = source_of(x, irq);

	if (!s)
		return;
	os_mutex_lock(&x->lock);
	if (s->flags & SRC_LSI)
		s->flags = (u8)(level ? s->flags | SRC_ASSERTED : s->flags & ~SRC_ASSERTED);
	else if (level)
		s->flags |= SRC_PENDING;
	if (wants_presenting(s))
		present(x, irq);
	os_mutex_unlock(&x->lock);
}

static void write_xive(struct xics *x, u32 irq, u32 server, u8 priority, u8 saved)
{
	struct xics_source *s = source_of(x, irq);

	s->server = server;
	s->priority = priority;
	s->saved_priority = saved;
	if (wants_presenting(s))
		present(x, irq);
}

int xics_set_xive(struct xics *x, u32 irq, u32 server, u8 priority)
{
	if (!source_of(x, irq) || server >= x->servers)
		return -EINVAL;
	os_mutex_lock(&x->lock);
	write_xive(x, irq, server, priority, priority);
	os_mutex_unlock(&x->lock);
	return 0;
}

int xics_get_xive(struct xics *x, u32 irq, u32 *server, u8 *priority)
{
	struct xics_source *s = source_of(x, irq);

	if (!s)
		return -EINVAL;
	os_mutex_lock(&x->lock);
	*server = s->server;
	*priority = s->priority;
	os_mutex_unlock(&x->lock);
	return 0;
}

int xics_int_off(struct xics *x, u32 irq)
{
	struct xics_source *s = source_of(x, irq);

	if (!s)
		return -EINVAL;
	os_mutex_lock(&x->lock);
	/* A second int-off must not forget the priority that int-on is to restore. */
	if (s->priority != XICS_MASKED)
		s->saved_priority = s->priority;
	s->priority = XICS_MASKED;
	os_mutex_unlock(&x->lock);
	return 0;
}

int xics_int_on(struct xics *x, u32 irq)
{
	struct xics_source *s = source_of(x, irq);

	if (!s)
		return -EINVAL;
	os_mutex_lock(&x->lock);
	write_xive(x, irq, s->server, s->saved_priority, s->saved_priority);
	os_mutex_unlock(&x->lock);
	return 0;
}

void xics_cppr(struct xics *x, u32 server, u8 cppr)
{
	if (server >= x->servers)
		return;
	os_mutex_lock(&x->lock);
	change_cppr(x, server, cppr);
	os_mutex_unlock(&x->lock);
}

u32 xics_xirr(struct xics *x, u32 server)
{
	struct xics_icp *icp;
	u32 xirr;

	if (server >= x->servers)
		return 0;
	os_mutex_lock(&x->lock);
	icp = &x->icp[server];
	xirr = (u32)icp->cppr << 24 | icp->xisr;
	if (icp->xisr) {
		icp->cppr = icp->pending_priority;
		drop(x, server);
	}
	os_mutex_unlock(&x->lock);
	return xirr;
}

int xics_eoi(struct xics *x, u32 server, u32 xirr)
{
	u32 irq = xirr & 0xffffff;
	struct xics_source *s = source_of(x, irq);

	if (server >= x->servers || (!s && irq != XICS_IPI && irq))
		return -EINVAL;
	os_mutex_lock(&x->lock);
	if (s && (s->flags & SRC_LSI)) {
		s->flags &= (u8)~SRC_SENT;
		x->waiting++;
	}
	change_cppr(x, server, (u8)(xirr >> 24));
	/* The source may meanwhile belong to another server, whose presenter is not asked above. */
	if (s && wants_presenting(s))
		present(x, irq);
	os_mutex_unlock(&x->lock);
	return 0;
}

int xics_ipi(struct xics *x, u32 server, u8 mfrr)
{
	if (server >= x->servers)
		return -EINVAL;
	os_mutex_lock(&x->lock);
	x->icp[server].mfrr = mfrr;
	check_ipi(x, server);
	os_mutex_unlock(&x->lock);
	return 0;
}

int xics_ipoll(struct xics *x, u32 server, u32 *xirr, u8 *mfrr)
{
	if (server >= x->servers)
		return -EINVAL;
	os_mutex_lock(&x->lock);
	*xirr = (u32)x->icp[server].cppr << 24 | x->icp[server].xisr;
	*mfrr = x->icp[server].mfrr;
	os_mutex_unlock(&x->lock);
	return 0;
}

u64 xics_get_icp(struct xics *x, u32 server)
{
	struct xics_icp icp;

	if (server >= x->servers)
		return 0;
	os_mutex_lock(&x->lock);
	icp = x->icp[server];
	os_mutex_unlock(&x->lock);
	return (u64)icp.cppr << ICP_CPPR_SHIFT | (u64)icp.xisr << ICP_XISR_SHIFT |
	       (u64)icp.mfrr << ICP_MFRR_SHIFT | (u64)icp.pending_priority << ICP_PPRI_SHIFT;
}

int xics_set_icp(struct xics *x, u32 server, u64 state)
{
	struct xics_icp icp = {
		.cppr = (u8)(state >> ICP_CPPR_SHIFT),
		.xisr = (u32)(state >> ICP_XISR_SHIFT) & 0xffffff,
		.mfrr = (u8)(state >> ICP_MFRR_SHIFT),
		.pending_priority = (u8)(state >> ICP_PPRI_SHIFT),
	};

	if (server >= x->servers ||
	    (icp.xisr && icp.xisr != XICS_IPI && !xics_irq_valid(x, icp.xisr)))
		return -EINVAL;
	os_mutex_lock(&x->lock);
	x->icp[server] = icp;
	x->set_line(x->opaque, server, icp.xisr != 0);
	os_mutex_unlock(&x->lock);
	return 0;
}

u64 xics_get_source(struct xics *x, u32 irq)
{
	struct xics_source *s = source_of(x, irq);
	u64 v;

	if (!s)
		return 0;
	os_mutex_lock(&x->lock);
	v = s->server | (u64)s->saved_priority << STATE_PRIORITY_SHIFT |
	    (u64) !!(s->flags & SRC_LSI) << STATE_LSI_SHIFT |
	    (u64)(s->priority == XICS_MASKED) << STATE_MASKED_SHIFT |
	    (u64) !!(s->flags & (SRC_PENDING | SRC_ASSERTED)) << STATE_PENDING_SHIFT |
	    (u64) !!(s->flags & SRC_SENT) << STATE_PRESENTED_SHIFT;
	os_mutex_unlock(&x->lock);
	return v;
}

int xics_set_source(struct xics *x, u32 irq, u64 state)
{
	struct xics_source *s = source_of(x, irq);
	bool lsi = state >> STATE_LSI_SHIFT & 1, masked = state >> STATE_MASKED_SHIFT & 1;
	bool pending = state >> STATE_PENDING_SHIFT & 1;

	if (!s || (u32)state >= x->servers)
		return -EINVAL;
	os_mutex_lock(&x->lock);
	s->server = (u32)state;
	s->saved_priority = (u8)(state >> STATE_PRIORITY_SHIFT);
	s->priority = masked ? XICS_MASKED : s->saved_priority;
	s->flags = lsi ? SRC_LSI : 0;
	if (pending)
		s->flags |= lsi ? SRC_ASSERTED : SRC_PENDING;
	if (lsi && (state >> STATE_PRESENTED_SHIFT & 1))
		s->flags |= SRC_SENT;
	x->waiting++;
	os_mutex_unlock(&x->lock);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * XIVE as a PAPR guest in exploitation mode sees it (PAPR, "XIVE exploitation mode"; Linux
 * Documentation/powerpc/xive, virt/kvm/devices/xive.rst): sources with event state bits (ESB), the
 * event assignment table, event queues (END) in guest memory, and a thread context per processor
 * behind the thread interrupt management area (TIMA). What Linux KVM serves in the kernel; device
 * tree, hypercall registration and MMIO windows are in irqchip/.
 *
 * A server is a processor's interrupt server number, 0..servers-1; a source (lisn) is 0..lisns-1.
 * All functions may be called by any thread; one lock per controller, below which set_line and the
 * memory callback are called (they must not come back here).
 */
#ifndef PV_XIVE_H
#define PV_XIVE_H

#include "base/types.h"

struct xive;

enum {
	XIVE_PRIORITIES = 8,
	XIVE_MASKED = 0xff,
	XIVE_PAGE_SHIFT = 16, /* of every ESB and TIMA page */
	/* One source's or queue's two ESB pages: trigger first, management behind. */
	XIVE_ESB_STRIDE = 2 << XIVE_PAGE_SHIFT,
	XIVE_TIMA_SIZE = 4 << XIVE_PAGE_SHIFT, /* pages: physical, hypervisor, OS, user ring */
	XIVE_TIMA_OS = 2 << XIVE_PAGE_SHIFT,
	XIVE_TIMA_USER = 3 << XIVE_PAGE_SHIFT,
};

struct xive_host {
	/* The external interrupt of a processor. */
	void (*set_line)(void *opaque, u32 server, bool level);
	/* Store a queue entry (host order in, big-endian in guest memory, one atomic word) at guest
	 * real address gpa, a multiple of 4; false: no memory there. */
	bool (*store_be32)(void *opaque, u64 gpa, u32 value);
	/* Whether [gpa, gpa + len) is guest memory. */
	bool (*is_memory)(void *opaque, u64 gpa, u64 len);
	void *opaque;
};

struct xive *xive_create(u32 servers, u32 lisns, const struct xive_host *host);
void xive_destroy(struct xive *x);
/* H_INT_RESET: all sources off and unrouted, no queues. Kinds and levels of sources stay. */
void xive_reset_routing(struct xive *x);
/* As after power-on: thread contexts too. */
void xive_reset(struct xive *x);

u32 xive_servers(const struct xive *x);
u32 xive_lisns(const struct xive *x);
/* Sources exist only after this; lsi: level-sensitive. */
void xive_claim(struct xive *x, u32 lisn, bool lsi);
bool xive_claimed(const struct xive *x, u32 lisn);
bool xive_is_lsi(const struct xive *x, u32 lisn);
/* A level, or (level = true) one message. Unclaimed sources are ignored. */
void xive_set_irq(struct xive *x, u32 lisn, bool level);

/* H_INT_*; -EINVAL names a bad parameter by its place in *bad (1 = first behind the flags). */
int xive_set_source(struct xive *x, u32 lisn, u32 server, u8 priority, u32 eisn, bool set_eisn);
int xive_get_source(struct xive *x, u32 lisn, u32 *server, u8 *priority, u32 *eisn);
int xive_set_queue(struct xive *x, u32 server, u8 priority, u64 gpa, u32 shift, bool always_notify,
		   u32 *bad);
struct xive_queue_info {
	u64 gpa;
	u32 shift; /* 0: no queue */
	bool always_notify, generation;
	u32 index;
};
int xive_get_queue(struct xive *x, u32 server, u8 priority, struct xive_queue_info *info);

/* Loads and stores on a source's ESB pages; offset from the start of the first source's. len 1..8,
 * big-endian value as the processor would see it. */
u64 xive_esb_load(struct xive *x, u64 offset);
void xive_esb_store(struct xive *x, u64 offset, u64 value);
/* The same for the queues' ESB pages: queue n of server s is number s * XIVE_PRIORITIES + n. */
u64 xive_queue_esb_load(struct xive *x, u64 offset);
void xive_queue_esb_store(struct xive *x, u64 offset, u64 value);

/* The TIMA as the processor `server` sees it; offset below XIVE_TIMA_SIZE, len 1, 2, 4 or 8. Only
 * the OS and user pages are there; others read as all ones. */
u64 xive_tima_load(struct xive *x, u32 server, u64 offset, unsigned len);
void xive_tima_store(struct xive *x, u32 server, u64 offset, unsigned len, u64 value);

/* --- saved state; set returns -EINVAL for what no controller can be in --- */
/* KVM_REG_PPC_VP_STATE: word 0 and 1 of the OS ring (NSR … PIPR, as read big-endian). */
u64 xive_get_context(struct xive *x, u32 server);
int xive_set_context(struct xive *x, u32 server, u64 state);
struct xive_source_state {
	u32 lisn, server, eisn;
	u8 priority, pq, lsi, asserted, claimed;
};
int xive_get_source_state(struct xive *x, u32 lisn, struct xive_source_state *s);
int xive_set_source_state(struct xive *x, const struct xive_source_state *s);
struct xive_queue_state {
	u64 gpa;
	u32 server, shift, index;
	u8 priority, always_notify, generation, pq;
};
int xive_get_queue_state(struct xive *x, u32 server, u8 priority, struct xive_queue_state *q);
int xive_set_queue_state(struct xive *x, const struct xive_queue_state *q);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of the XIVE model; see xive.h. Everything here is called with the lock held.
 */
#ifndef PV_XIVE_PRIVATE_H
#define PV_XIVE_PRIVATE_H

#include "os/os.h"
#include "pv/xive.h"

/* P: an event was forwarded and not ended; Q: another came meanwhile. 0b01 is off. */
enum { XIVE_PQ_RESET = 0, XIVE_PQ_OFF = 1, XIVE_PQ_PENDING = 2, XIVE_PQ_QUEUED = 3 };

struct xive_source {
	u32 server;
	u32 eisn;
	u8 priority; /* XIVE_MASKED: not routed */
	u8 pq;
	bool claimed, lsi, asserted;
};

struct xive_queue {
	u64 gpa;
	u32 shift; /* 0: disabled */
	u32 index;
	bool generation, always_notify;
	u8 pq;
};

/* The OS ring of a thread context. */
struct xive_context {
	u8 nsr, cppr, ipb, lsmfb, ack_count, inc, age, pipr;
	struct xive_queue queue[XIVE_PRIORITIES];
};

struct xive {
	struct os_mutex lock;
	u32 servers, lisns;
	struct xive_source *source;
	struct xive_context *context;
	struct xive_host host;
};

enum { XIVE_NSR_EO = 0x80 }; /* an exception of the OS ring is signalled */

/* Raise priority's pending bit of a context and signal the processor if it wants to know. */
void xive_present(struct xive *x, u32 server, u8 priority);
/* Forward one event of a source to its queue. */
void xive_route(struct xive *x, u32 lisn);
/* PQ state machine: an event comes (true: forward it), and ends (true: another was queued). */
bool xive_pq_trigger(u8 *pq);
bool xive_pq_eoi(u8 *pq);
/* A load at offset inside a management page acts on pq; *notify: the event must be forwarded. */
u64 xive_pq_load(u8 *pq, u32 offset, bool *notify);

#endif

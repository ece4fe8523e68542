/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * XICS, the interrupt controller of PAPR guests before XIVE: one presentation controller (ICP) per
 * processor and one source controller (ICS). LoPAPR 1.1, 6 (External Interrupts) and 14.5.3.2 (the
 * hypervisor calls). What Linux KVM serves in the kernel; the guest-visible face is in irqchip/.
 *
 * All functions may be called by any thread; one lock per controller, below which set_line is
 * called (it must not come back here).
 */
#ifndef PV_XICS_H
#define PV_XICS_H

#include "base/types.h"

struct xics;

enum {
	XICS_IPI = 2,		/* source number of the inter-processor interrupt */
	XICS_IRQ_BASE = 0x1000, /* first source number of the source controller */
	XICS_MASKED = 0xff,	/* priority of a masked source; least favoured CPPR and MFRR */
};

typedef void xics_line_fn(void *opaque, u32 server, bool level);

/* Servers are 0..servers-1, sources XICS_IRQ_BASE..+irqs-1. set_line drives a processor's external
 * interrupt. NULL when memory is short. */
struct xics *xics_create(u32 servers, u32 irqs, xics_line_fn *set_line, void *opaque);
void xics_destroy(struct xics *x);
/* All sources masked, all presenters idle; the kinds of sources stay. */
void xics_reset(struct xics *x);

bool xics_irq_valid(const struct xics *x, u32 irq);
u32 xics_servers(const struct xics *x);
/* A source is level-sensitive (lsi) or message-signalled; message-signalled unless told. */
void xics_set_lsi(struct xics *x, u32 irq, bool lsi);
/* A level-sensitive source's level, or (level = true) one message. Other numbers are ignored. */
void xics_set_irq(struct xics *x, u32 irq, bool level);

/* ibm,set-xive, ibm,get-xive, ibm,int-off, ibm,int-on: -EINVAL for a bad irq, server or priority.
 */
int xics_set_xive(struct xics *x, u32 irq, u32 server, u8 priority);
int xics_get_xive(struct xics *x, u32 irq, u32 *server, u8 *priority);
int xics_int_off(struct xics *x, u32 irq);
int xics_int_on(struct xics *x, u32 irq);

/* H_CPPR, H_XIRR, H_EOI of the calling server; H_IPI and H_IPOLL name one (-EINVAL: no such). */
void xics_cppr(struct xics *x, u32 server, u8 cppr);
u32 xics_xirr(struct xics *x, u32 server);
/* -EINVAL when xirr names no source. */
int xics_eoi(struct xics *x, u32 server, u32 xirr);
int xics_ipi(struct xics *x, u32 server, u8 mfrr);
int xics_ipoll(struct xics *x, u32 server, u32 *xirr, u8 *mfrr);

/* Saved state. A presenter's is KVM_REG_PPC_ICP_STATE's image, a source's is that of
 * KVM_DEV_XICS_GRP_SOURCES (Linux Documentation/virt/kvm/devices/xics.rst). set: -EINVAL when out
 * of range. Restore all sources before the presenters. */
u64 xics_get_icp(struct xics *x, u32 server);
int xics_set_icp(struct xics *x, u32 server, u64 state);
u64 xics_get_source(struct xics *x, u32 irq);
int xics_set_source(struct xics *x, u32 irq, u64 state);

#endif

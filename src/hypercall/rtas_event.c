// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Events that the platform tells the guest: check-exception and event-scan (LoPAPR 7.3.3), the log
 * in its version 6 (10.3.2), and the events there are: the request to shut down, an environmental
 * and power warning (10.2.2), and what was plugged in or is to go (13.6). They have interrupts
 * (/event-sources/epow-events, hot-plug-events), so that it is check-exception that returns them
 * and never event-scan: LoPAPR 7.3.3, R1-1 wants one of the two.
 *
 * A second request to shut down before the guest fetched the first changes nothing. The interrupt
 * of connectors is held while events wait: none is lost when they come before the guest listens.
 * When more than there is room for wait, the newest are dropped.
 */
#include "base/endian.h"
#include "base/string.h"
#include "hypercall/hypercall.h"
#include "isa/papr.h"
#include "vm/rtas_log.h"

/* Arguments of check-exception. */
enum { ARG_VECTOR, ARG_INFO, ARG_MASK, ARG_CRITICAL, ARG_BUFFER, ARG_LENGTH };

enum { CLASS_EPOW = 1 << 30, CLASS_HOTPLUG = 1 << 28, NO_EVENT = 1 };

enum {
	MAIN_A_BYTES = 0x30,
	MAIN_B_BYTES = 0x18,
	EPOW_BYTES = 0x14,
	HOTPLUG_BYTES = 0x10,
	LOG_BYTES = RTAS_LOG_HEAD_BYTES + MAIN_A_BYTES + MAIN_B_BYTES + EPOW_BYTES,
	SECTIONS = 3,
	CREATOR_HYPERVISOR = 'H',
	SUBSYSTEM_POWER = 0xa0,
	SUBSYSTEM_IO = 0x30,
	SUBTYPE_SHUTDOWN = 0xd0,
	EPOW_SYSTEM_SHUTDOWN = 3,
	EPOW_NORMAL = 1,
	EPOW_PARTITION_ONLY = 1,
	HOTPLUG_PCI = 5,
	HOTPLUG_ADD = 1,
	HOTPLUG_REMOVE = 2,
	HOTPLUG_BY_INDEX = 2,
};

static u32 bcd(u32 v)
{
	return v / 10 % 10 << 4 | v % 10;
}

static u8 *put_section(u8 *to, char a, char b, u32 len, u8 version)
{
	to[0] = (u8)a;
	to[1] = (u8)b;
	st_be16(to + 2, (u16)len);
	to[4] = version;
	return to;
}

/* What the whole log is about, and when. */
static void put_main_a(u8 *to, s64 time)
{
	struct papr_date d;

	papr_date(time, &d);
	put_section(to, 'P', 'H', MAIN_A_BYTES, 0);
	st_be32(to + 8, bcd((u32)d.year / 100) << 24 | bcd((u32)d.year) << 16 | bcd(d.month) << 8 |
				bcd(d.day));
	st_be32(to + 12, bcd(d.hour) << 24 | bcd(d.minute) << 16 | bcd(d.second) << 8);
	to[24] = CREATOR_HYPERVISOR;
	to[27] = SECTIONS;
}

/* All up to the section that is the event's own; returns where that begins. */
static u8 *build_head(u8 log[LOG_BYTES], enum rtas_log_type type, s64 time, u8 subsystem,
		      u8 subtype)
{
	u8 *p = rtas_log_begin(log, LOG_BYTES, RTAS_LOG_EVENT, RTAS_LOG_NOT_RECOVERED, type);

	put_main_a(p, time);
	p = put_section(p + MAIN_A_BYTES, 'U', 'H', MAIN_B_BYTES, 0);
	p[8] = subsystem;
	p[11] = subtype;
	return p + MAIN_B_BYTES;
}

static void build_epow(u8 log[LOG_BYTES], s64 time)
{
	u8 *p = build_head(log, RTAS_LOG_EPOW, time, SUBSYSTEM_POWER, SUBTYPE_SHUTDOWN);

	put_section(p, 'E', 'P', EPOW_BYTES, 2);
	p[8] = EPOW_SYSTEM_SHUTDOWN;
	p[9] = EPOW_NORMAL;
	p[10] = EPOW_PARTITION_ONLY;
}

static void build_hotplug(u8 log[LOG_BYTES], s64 time, u64 event)
{
	u8 *p = build_head(log, RTAS_LOG_HOTPLUG, time, SUBSYSTEM_IO, 0);

	put_section(p, 'H', 'P', HOTPLUG_BYTES, 1);
	p[8] = HOTPLUG_PCI;
	p[9] = event >> 32 ? HOTPLUG_ADD : HOTPLUG_REMOVE;
	p[10] = HOTPLUG_BY_INDEX;
	st_be32(p + 12, (u32)event);
}

static void drop_event(struct papr *p, bool epow)
{
	struct papr_state *s = &p->state;

	if (epow) {
		s->epow_pending = 0;
		return;
	}
	s->hotplug_count--;
	memmove(s->hotplug, s->hotplug + 1, s->hotplug_count * sizeof(s->hotplug[0]));
}

static void rtas_check_exception(void *opaque, struct vcpu *vcpu, const u32 *args, u32 *rets)
{
	struct papr *p = opaque;
	u32 len = args[ARG_LENGTH] < LOG_BYTES ? args[ARG_LENGTH] : LOG_BYTES;
	bool epow = p->state.epow_pending && args[ARG_MASK] & CLASS_EPOW;
	u8 log[LOG_BYTES];

	rets[0] = NO_EVENT;
	if (!epow && (!p->state.hotplug_count || !(args[ARG_MASK] & CLASS_HOTPLUG)))
		return;
	if (epow)
		build_epow(log, p->state.epow_time);
	else
		build_hotplug(log, papr_time(p), p->state.hotplug[0]);
	if (len < RTAS_LOG_FIXED_BYTES || vm_mem_write(p->vm, args[ARG_BUFFER], log, len)) {
		rets[0] = (u32)RTAS_PARAMETER;
		return;
	}
	drop_event(p, epow);
	rets[0] = RTAS_SUCCESS;
	if (!p->state.hotplug_count)
		irq_set(p->config.hotplug, false);
}

static void rtas_event_scan(void *opaque, struct vcpu *vcpu, const u32 *args, u32 *rets)
{
	rets[0] = NO_EVENT;
}

void papr_powerdown(struct papr *p)
{
	if (!p->state.epow_pending)
		p->state.epow_time = papr_time(p);
	p->state.epow_pending = 1;
	irq_set(p->config.epow, true);
}

void papr_hotplug(struct papr *p, u32 drc_index, bool add)
{
	struct papr_state *s = &p->state;

	if (s->hotplug_count == PAPR_HOTPLUG_MAX)
		return;
	s->hotplug[s->hotplug_count++] = drc_index | (add ? (u64)PAPR_HOTPLUG_ADD << 32 : 0);
	irq_set(p->config.hotplug, true);
}

void papr_register_rtas_events(struct papr *p)
{
	rtas_register(p->vm, "check-exception", 6, 1, rtas_check_exception, p);
	rtas_register(p->vm, "event-scan", 4, 1, rtas_event_scan, p);
}

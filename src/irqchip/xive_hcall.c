// SPDX-License-Identifier: GPL-2.0-or-later
/* The hypercalls of XIVE's exploitation mode, H_INT_* (PAPR; Linux Documentation/powerpc and
 * arch/powerpc/include/asm/hvcall.h for numbers and flags). */
#include "irqchip/xive_private.h"
#include "isa/papr.h"
#include "base/bits.h"
#include "vm/vm.h"

/* H_INT_GET_SOURCE_INFO's flags. */
#define SRC_LSI PPC_BIT(61)
/* H_INT_SET_SOURCE_CONFIG's. */
#define SRC_SET_EISN PPC_BIT(62)
#define SRC_MASK     PPC_BIT(63)
/* H_INT_SET_QUEUE_CONFIG's, H_INT_GET_QUEUE_CONFIG's. */
#define EQ_ALWAYS_NOTIFY PPC_BIT(63)
#define EQ_DEBUG	 PPC_BIT(63)
/* H_INT_ESB's. */
#define ESB_STORE PPC_BIT(63)

static struct xive *xive_of(void *opaque)
{
	return ((struct xive_chip *)opaque)->xive;
}

static bool lisn_ok(void *opaque, u64 lisn)
{
	return lisn < xive_lisns(xive_of(opaque)) && xive_claimed(xive_of(opaque), (u32)lisn);
}

static bool server_ok(void *opaque, u64 server)
{
	return server < xive_servers(xive_of(opaque));
}

static s64 get_source_info(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	u64 lisn = args[1];

	if (args[0])
		return H_PARAMETER;
	if (!lisn_ok(opaque, lisn))
		return H_P2;
	args[0] = xive_is_lsi(xive_of(opaque), (u32)lisn) ? SRC_LSI : 0;
	args[2] = xive_chip_esb_address(opaque, lisn * XIVE_ESB_STRIDE);
	args[1] = args[2] + (1u << XIVE_PAGE_SHIFT);
	args[3] = XIVE_PAGE_SHIFT;
	return H_SUCCESS;
}

static s64 set_source_config(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	u64 flags = args[0], lisn = args[1], server = args[2], priority = args[3];

	if (flags & ~(SRC_SET_EISN | SRC_MASK))
		return H_PARAMETER;
	if (!lisn_ok(opaque, lisn))
		return H_P2;
	if (priority != XIVE_MASKED) {
		if (!server_ok(opaque, server))
			return H_P3;
		if (priority >= XIVE_FIRST_RESERVED_PRIORITY)
			return H_P4;
	}
	xive_set_source(xive_of(opaque), (u32)lisn, (u32)server, (u8)priority, (u32)args[4],
			flags & SRC_SET_EISN);
	return H_SUCCESS;
}

static s64 get_source_config(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	u32 server, eisn;
	u8 priority;

	if (args[0])
		return H_PARAMETER;
	if (!lisn_ok(opaque, args[1]) ||
	    xive_get_source(xive_of(opaque), (u32)args[1], &server, &priority, &eisn))
		return H_P2;
	args[0] = server;
	args[1] = priority;
	args[2] = eisn;
	return H_SUCCESS;
}

/* The checks that all queue calls share. */
static s64 check_queue(void *opaque, u64 flags, u64 allowed, u64 server, u64 priority)
{
	if (flags & ~allowed)
		return H_PARAMETER;
	if (!server_ok(opaque, server))
		return H_P2;
	if (priority >= XIVE_FIRST_RESERVED_PRIORITY)
		return H_P3;
	return H_SUCCESS;
}

static s64 get_queue_info(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	u64 number = args[1] * XIVE_PRIORITIES + args[2];
	s64 ret = check_queue(opaque, args[0], 0, args[1], args[2]);

	if (ret)
		return ret;
	args[0] = xive_chip_queue_esb_address(opaque,
					      number * XIVE_ESB_STRIDE + (1u << XIVE_PAGE_SHIFT));
	args[1] = XIVE_PAGE_SHIFT;
	return H_SUCCESS;
}

static s64 set_queue_config(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	s64 ret = check_queue(opaque, args[0], EQ_ALWAYS_NOTIFY, args[1], args[2]);
	u32 bad;

	if (ret)
		return ret;
	if (args[4] > 63)
		return H_P5;
	if (xive_set_queue(xive_of(opaque), (u32)args[1], (u8)args[2], args[3], (u32)args[4],
			   args[0] & EQ_ALWAYS_NOTIFY, &bad))
		return H_P2 - (s64)(bad - 1);
	return H_SUCCESS;
}

static s64 get_queue_config(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	u64 flags = args[0];
	s64 ret = check_queue(opaque, flags, EQ_DEBUG, args[1], args[2]);
	struct xive_queue_info q;

	if (ret)
		return ret;
	xive_get_queue(xive_of(opaque), (u32)args[1], (u8)args[2], &q);
	args[0] = q.always_notify ? EQ_ALWAYS_NOTIFY : 0;
	args[1] = q.gpa;
	args[2] = q.shift;
	args[3] = flags & EQ_DEBUG ? (u64)q.generation << 62 | q.index : 0;
	return H_SUCCESS;
}

/* Nobody needs the lines through which hardware reports a preempted context. */
static s64 os_reporting_line(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	return H_FUNCTION;
}

static s64 esb(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	u64 flags = args[0], lisn = args[1], offset = args[2];
	u64 page = lisn * XIVE_ESB_STRIDE + (1u << XIVE_PAGE_SHIFT);

	if (flags & ~ESB_STORE)
		return H_PARAMETER;
	if (!lisn_ok(opaque, lisn))
		return H_P2;
	if (offset >= 1u << XIVE_PAGE_SHIFT)
		return H_P3;
	if (flags & ESB_STORE) {
		/* The hypercall offers one page: a store below the operations is the trigger. */
		if ((offset & 0xfff) < 0x400)
			page = lisn * XIVE_ESB_STRIDE;
		xive_esb_store(xive_of(opaque), page + offset, args[3]);
		args[0] = ~0ull;
	} else {
		args[0] = xive_esb_load(xive_of(opaque), page + offset);
	}
	return H_SUCCESS;
}

/* Events are queued before the call that causes them returns: there is nothing to wait for. */
static s64 sync(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	if (args[0])
		return H_PARAMETER;
	return lisn_ok(opaque, args[1]) ? H_SUCCESS : H_P2;
}

static s64 reset(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	if (args[0])
		return H_PARAMETER;
	xive_reset_routing(xive_of(opaque));
	return H_SUCCESS;
}

void xive_chip_register(struct vm *vm, struct xive_chip *c)
{
	static const struct {
		u64 nr;
		const char *name;
		hcall_fn *fn;
	} calls[] = {
		{H_INT_GET_SOURCE_INFO, "h_int_get_source_info", get_source_info},
		{H_INT_SET_SOURCE_CONFIG, "h_int_set_source_config", set_source_config},
		{H_INT_GET_SOURCE_CONFIG, "h_int_get_source_config", get_source_config},
		{H_INT_GET_QUEUE_INFO, "h_int_get_queue_info", get_queue_info},
		{H_INT_SET_QUEUE_CONFIG, "h_int_set_queue_config", set_queue_config},
		{H_INT_GET_QUEUE_CONFIG, "h_int_get_queue_config", get_queue_config},
		{H_INT_SET_OS_REPORTING_LINE, "h_int_set_os_reporting_line", os_reporting_line},
		{H_INT_GET_OS_REPORTING_LINE, "h_int_get_os_reporting_line", os_reporting_line},
		{H_INT_ESB, "h_int_esb", esb},
		{H_INT_SYNC, "h_int_sync", sync},
		{H_INT_RESET, "h_int_reset", reset},
	};
	u32 n;

	for (n = 0; n < ARRAY_SIZE(calls); n++)
		hcall_register(vm, calls[n].nr, calls[n].name, calls[n].fn, c, CALL_NO_LOCK);
}

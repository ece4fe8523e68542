// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The guest-visible face of XICS: hypercalls (LoPAPR 14.5.3.2), RTAS calls (7.3.10; with XIVE there
 * are none, neither here nor in qemu's ic-mode=xive: H_INT_* take their place) and the
 * presentation node of the device tree (B.6.4.1). The core runs above the engine (pv/xics.h) and
 * has its own lock, so the hypercalls do without the machine's.
 */
#include <errno.h>
#include <libfdt.h>

#include "base/string.h"
#include "irqchip/common.h"
#include "irqchip/xics.h"
#include "isa/papr.h"
#include "os/os.h"
#include "pv/xics.h"
#include "vm/vm.h"

struct xics_chip {
	struct vm *vm;
	struct xics *xics;
	u32 irqs;
	u8 *claimed;
};

static const struct state_table presenter_table = IRQCHIP_WORD_TABLE("xics-presenter");
static const struct state_table source_table = IRQCHIP_WORD_TABLE("xics-source");

static struct xics_chip *chip_of(struct irqchip *chip)
{
	return (struct xics_chip *)chip;
}

static void set_line(void *opaque, u32 server, bool level)
{
	irqchip_set_line(((struct xics_chip *)opaque)->vm, server, level);
}

/* --- hypercalls --- */
static s64 h_cppr(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	xics_cppr(((struct xics_chip *)opaque)->xics, vcpu->index, (u8)args[0]);
	return H_SUCCESS;
}

static s64 h_ipi(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	struct xics *x = ((struct xics_chip *)opaque)->xics;

	if (args[0] >= xics_servers(x) || xics_ipi(x, (u32)args[0], (u8)args[1]))
		return H_PARAMETER;
	return H_SUCCESS;
}

static s64 h_ipoll(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	struct xics *x = ((struct xics_chip *)opaque)->xics;
	u32 xirr;
	u8 mfrr;

	if (args[0] >= xics_servers(x) || xics_ipoll(x, (u32)args[0], &xirr, &mfrr))
		return H_PARAMETER;
	args[0] = xirr;
	args[1] = mfrr;
	return H_SUCCESS;
}

static s64 h_xirr(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	args[0] = xics_xirr(((struct xics_chip *)opaque)->xics, vcpu->index);
	return H_SUCCESS;
}

static s64 h_xirr_x(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	h_xirr(opaque, vcpu, nr, args);
	/* The time stamp is when the source interrupted; nobody recorded that, so: now. */
	args[1] = (u64)((u128)vm_clock_ns(&vcpu->vm->clock) * vcpu->vm->tb_hz / 1000000000);
	return H_SUCCESS;
}

static s64 h_eoi(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	if (xics_eoi(((struct xics_chip *)opaque)->xics, vcpu->index, (u32)args[0]))
		return H_PARAMETER;
	return H_SUCCESS;
}

/* --- RTAS --- */
static u32 rtas_result(int ret)
{
	return (u32)(ret ? RTAS_PARAMETER : RTAS_SUCCESS);
}

static void rtas_set_xive(void *opaque, struct vcpu *vcpu, const u32 *args, u32 *rets)
{
	struct xics *x = ((struct xics_chip *)opaque)->xics;

	rets[0] = rtas_result(args[2] > 0xff ? -EINVAL
					     : xics_set_xive(x, args[0], args[1], (u8)args[2]));
}

static void rtas_get_xive(void *opaque, struct vcpu *vcpu, const u32 *args, u32 *rets)
{
	u8 priority = 0;

	rets[0] = rtas_result(
		xics_get_xive(((struct xics_chip *)opaque)->xics, args[0], &rets[1], &priority));
	rets[2] = priority;
}

static void rtas_int_off(void *opaque, struct vcpu *vcpu, const u32 *args, u32 *rets)
{
	rets[0] = rtas_result(xics_int_off(((struct xics_chip *)opaque)->xics, args[0]));
}

static void rtas_int_on(void *opaque, struct vcpu *vcpu, const u32 *args, u32 *rets)
{
	rets[0] = rtas_result(xics_int_on(((struct xics_chip *)opaque)->xics, args[0]));
}

/* --- irqchip_ops --- */
static int chip_claim(struct irqchip *chip, u32 irq, bool level_sensitive)
{
	struct xics_chip *c = chip_of(chip);

	if (!xics_irq_valid(c->xics, irq))
		return -EINVAL;
	if (c->claimed[irq - XICS_IRQ_BASE])
		return -EBUSY;
	c->claimed[irq - XICS_IRQ_BASE] = 1;
	xics_set_lsi(c->xics, irq, level_sensitive);
	return 0;
}

static void chip_set_irq(struct irqchip *chip, u32 irq, bool level)
{
	xics_set_irq(chip_of(chip)->xics, irq, level);
}

static int chip_connect(struct irqchip *chip, struct vcpu *vcpu, struct error *e)
{
	return irqchip_check_server("XICS", xics_servers(chip_of(chip)->xics), vcpu, e);
}

static void chip_reset(struct irqchip *chip)
{
	xics_reset(chip_of(chip)->xics);
}

static int chip_dt(struct irqchip *chip, void *fdt, u32 *phandle)
{
	const u32 servers[2] = {cpu_to_fdt32(0), cpu_to_fdt32(xics_servers(chip_of(chip)->xics))};
	int node = fdt_add_subnode(fdt, 0, "interrupt-controller"), ret;

	if (node < 0)
		return -ENOSPC;
	ret = fdt_setprop_string(fdt, node, "device_type",
				 "PowerPC-External-Interrupt-Presentation");
	ret |= fdt_setprop_string(fdt, node, "compatible", "IBM,ppc-xicp");
	ret |= fdt_setprop(fdt, node, "ibm,interrupt-server-ranges", servers, sizeof(servers));
	ret |= irqchip_dt_properties(fdt, node, phandle);
	return ret ? -ENOSPC : 0;
}

static u32 chip_acknowledge(struct irqchip *chip, struct vcpu *vcpu)
{
	return xics_xirr(chip_of(chip)->xics, vcpu->index);
}

static int chip_save(struct irqchip *chip, struct state_writer *w)
{
	struct xics_chip *c = chip_of(chip);
	struct irqchip_word s;
	u32 n;

	for (n = 0; n < c->irqs; n++) {
		s.state = xics_get_source(c->xics, XICS_IRQ_BASE + n);
		if (c->claimed[n])
			state_save(w, &source_table, XICS_IRQ_BASE + n, &s);
	}
	for (n = 0; n < xics_servers(c->xics); n++) {
		s.state = xics_get_icp(c->xics, n);
		state_save(w, &presenter_table, n, &s);
	}
	return w->err;
}

static int chip_load(struct irqchip *chip, const struct state_head *h, struct state_reader *r,
		     struct error *e)
{
	struct xics_chip *c = chip_of(chip);
	bool presenter = !strcmp(h->name, presenter_table.name);
	struct irqchip_word s;
	int ret;

	if (!presenter && strcmp(h->name, source_table.name))
		return -ENOENT;
	ret = state_load(r, presenter ? &presenter_table : &source_table, &s, e);
	if (ret)
		return ret;
	ret = presenter ? xics_set_icp(c->xics, h->instance, s.state)
			: xics_set_source(c->xics, h->instance, s.state);
	return ret ? error_set(e, ret, "%s %u: impossible state", h->name, h->instance) : 0;
}

static void chip_destroy(struct irqchip *chip)
{
	struct xics_chip *c = chip_of(chip);

	if (!c)
		return;
	xics_destroy(c->xics);
	os_free(c->claimed);
	os_free(c);
}

static const struct irqchip_ops xics_chip_ops = {
	.name = "xics",
	.claim = chip_claim,
	.set_irq = chip_set_irq,
	.connect = chip_connect,
	.reset = chip_reset,
	.dt = chip_dt,
	.acknowledge = chip_acknowledge,
	.save = chip_save,
	.load = chip_load,
	.destroy = chip_destroy,
};

static void register_calls(struct vm *vm, struct xics_chip *c)
{
	hcall_register(vm, H_CPPR, "h_cppr", h_cppr, c, CALL_NO_LOCK);
	hcall_register(vm, H_IPI, "h_ipi", h_ipi, c, CALL_NO_LOCK);
	hcall_register(vm, H_IPOLL, "h_ipoll", h_ipoll, c, CALL_NO_LOCK);
	hcall_register(vm, H_XIRR, "h_xirr", h_xirr, c, CALL_NO_LOCK);
	hcall_register(vm, H_XIRR_X, "h_xirr_x", h_xirr_x, c, CALL_NO_LOCK);
	hcall_register(vm, H_EOI, "h_eoi", h_eoi, c, CALL_NO_LOCK);
	rtas_register(vm, "ibm,set-xive", 3, 1, rtas_set_xive, c);
	rtas_register(vm, "ibm,get-xive", 1, 3, rtas_get_xive, c);
	rtas_register(vm, "ibm,int-off", 1, 1, rtas_int_off, c);
	rtas_register(vm, "ibm,int-on", 1, 1, rtas_int_on, c);
}

int irqchip_xics_create(struct vm *vm, u32 servers, u32 irqs, struct error *e)
{
	struct xics_chip *c = os_alloc(sizeof(*c));

	if (c) {
		c->vm = vm;
		c->irqs = irqs;
		c->claimed = os_alloc(irqs);
		c->xics = xics_create(servers, irqs, set_line, c);
	}
	if (!c || !c->xics || !c->claimed) {
		chip_destroy((struct irqchip *)c);
		return irqchip_no_memory(e);
	}
	register_calls(vm, c);
	irq_set_chip(vm, &xics_chip_ops, (struct irqchip *)c);
	return 0;
}

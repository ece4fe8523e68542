// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The guest-visible face of XIVE in exploitation mode: MMIO windows, the device-tree node, saved
 * state. The hypercalls are in xive_hcall.c. The core runs above the engine (pv/xive.h) and has its
 * own lock, so neither hypercalls nor MMIO take the machine's.
 */
#include <errno.h>
#include <libfdt.h>

#include "base/log.h"
#include "base/string.h"
#include "irqchip/common.h"
#include "irqchip/xive.h"
#include "irqchip/xive_private.h"
#include "vm/vm.h"

/* The addresses that POWER9 machines have them at. */
#define ESB_BASE  0x6010000000000ull
#define TIMA_BASE 0x6030203180000ull

u64 xive_chip_esb_address(const struct xive_chip *c, u64 offset)
{
	return ESB_BASE + offset;
}

u64 xive_chip_queue_esb_address(const struct xive_chip *c, u64 offset)
{
	return ESB_BASE + (u64)xive_lisns(c->xive) * XIVE_ESB_STRIDE + offset;
}

/* --- what the core asks for --- */
static void set_line(void *opaque, u32 server, bool level)
{
	irqchip_set_line(((struct xive_chip *)opaque)->vm, server, level);
}

static bool store_be32(void *opaque, u64 gpa, u32 value)
{
	return !vm_mem_st32(((struct xive_chip *)opaque)->vm, gpa, value);
}

static bool is_memory(void *opaque, u64 gpa, u64 len)
{
	return vm_mem_ptr(((struct xive_chip *)opaque)->vm, gpa, len) != NULL;
}

/* --- MMIO --- */
static u64 esb_read(void *opaque, u32 vcpu, u64 offset, u32 size)
{
	return xive_esb_load(((struct xive_chip *)opaque)->xive, offset);
}

static void esb_write(void *opaque, u32 vcpu, u64 offset, u32 size, u64 value)
{
	xive_esb_store(((struct xive_chip *)opaque)->xive, offset, value);
}

static u64 queue_read(void *opaque, u32 vcpu, u64 offset, u32 size)
{
	return xive_queue_esb_load(((struct xive_chip *)opaque)->xive, offset);
}

static void queue_write(void *opaque, u32 vcpu, u64 offset, u32 size, u64 value)
{
	xive_queue_esb_store(((struct xive_chip *)opaque)->xive, offset, value);
}

static u64 tima_read(void *opaque, u32 vcpu, u64 offset, u32 size)
{
	return xive_tima_load(((struct xive_chip *)opaque)->xive, vcpu, XIVE_TIMA_OS + offset,
			      size);
}

static void tima_write(void *opaque, u32 vcpu, u64 offset, u32 size, u64 value)
{
	xive_tima_store(((struct xive_chip *)opaque)->xive, vcpu, XIVE_TIMA_OS + offset, size,
			value);
}

static const struct mmio_ops esb_ops = {1, 8, MMIO_NO_LOCK, esb_read, esb_write};
static const struct mmio_ops queue_ops = {1, 8, MMIO_NO_LOCK, queue_read, queue_write};
static const struct mmio_ops tima_ops = {1, 8, MMIO_NO_LOCK, tima_read, tima_write};

static void map_pages(struct vm *vm, struct xive_chip *c)
{
	const struct mmio_region esb = {
		.name = "xive-esb",
		.base = ESB_BASE,
		.size = (u64)xive_lisns(c->xive) * XIVE_ESB_STRIDE,
		.ops = &esb_ops,
		.opaque = c,
	};
	const struct mmio_region queue = {
		.name = "xive-queue-esb",
		.base = xive_chip_queue_esb_address(c, 0),
		.size = (u64)xive_servers(c->xive) * XIVE_PRIORITIES * XIVE_ESB_STRIDE,
		.ops = &queue_ops,
		.opaque = c,
	};
	const struct mmio_region tima = {
		.name = "xive-tima",
		.base = TIMA_BASE + XIVE_TIMA_OS,
		.size = XIVE_TIMA_SIZE - XIVE_TIMA_OS,
		.ops = &tima_ops,
		.opaque = c,
	};

	mmio_add(vm, &esb);
	mmio_add(vm, &queue);
	mmio_add(vm, &tima);
}

/* --- saved state --- */
static const struct state_table context_table = IRQCHIP_WORD_TABLE("xive-context");

struct xive_saved_source {
	u32 server, eisn;
	u8 priority, pq, asserted, lsi;
};
static const struct state_field source_fields[] = {
	STATE_FIELD(struct xive_saved_source, server, STATE_U32),
	STATE_FIELD(struct xive_saved_source, eisn, STATE_U32),
	STATE_FIELD(struct xive_saved_source, priority, STATE_U8),
	STATE_FIELD(struct xive_saved_source, pq, STATE_U8),
	STATE_FIELD(struct xive_saved_source, asserted, STATE_U8),
	STATE_FIELD(struct xive_saved_source, lsi, STATE_U8),
};
static const struct state_table source_table = {
	.name = "xive-source",
	.size = sizeof(struct xive_saved_source),
	.nr_fields = ARRAY_SIZE(source_fields),
	.fields = source_fields,
};

struct xive_saved_queue {
	u64 gpa;
	u32 shift, index;
	u8 always_notify, generation, pq, reserved[5];
};
static const struct state_field queue_fields[] = {
	STATE_FIELD(struct xive_saved_queue, gpa, STATE_U64),
	STATE_FIELD(struct xive_saved_queue, shift, STATE_U32),
	STATE_FIELD(struct xive_saved_queue, index, STATE_U32),
	STATE_FIELD(struct xive_saved_queue, always_notify, STATE_U8),
	STATE_FIELD(struct xive_saved_queue, generation, STATE_U8),
	STATE_FIELD(struct xive_saved_queue, pq, STATE_U8),
	STATE_FIELD(struct xive_saved_queue, reserved, STATE_DERIVED),
};
static const struct state_table queue_table = {
	.name = "xive-queue",
	.size = sizeof(struct xive_saved_queue),
	.nr_fields = ARRAY_SIZE(queue_fields),
	.fields = queue_fields,
};

static void save_source(struct xive_chip *c, struct state_writer *w, u32 lisn)
{
	struct xive_source_state s;
	struct xive_saved_source saved;

	if (!xive_claimed(c->xive, lisn) || xive_get_source_state(c->xive, lisn, &s))
		return;
	saved = (struct xive_saved_source){.server = s.server,
					   .eisn = s.eisn,
					   .priority = s.priority,
					   .pq = s.pq,
					   .asserted = s.asserted,
					   .lsi = s.lsi};
	state_save(w, &source_table, lisn, &saved);
}

static void save_queue(struct xive_chip *c, struct state_writer *w, u32 number)
{
	struct xive_queue_state q;
	struct xive_saved_queue saved;

	if (xive_get_queue_state(c->xive, number / XIVE_PRIORITIES, number % XIVE_PRIORITIES, &q) ||
	    !q.shift)
		return;
	saved = (struct xive_saved_queue){.gpa = q.gpa,
					  .shift = q.shift,
					  .index = q.index,
					  .always_notify = q.always_notify,
					  .generation = q.generation,
					  .pq = q.pq};
	state_save(w, &queue_table, number, &saved);
}

static int chip_save(struct irqchip *chip, struct state_writer *w)
{
	struct xive_chip *c = (struct xive_chip *)chip;
	struct irqchip_word saved;
	u32 n;

	for (n = 0; n < xive_lisns(c->xive); n++)
		save_source(c, w, n);
	for (n = 0; n < xive_servers(c->xive) * XIVE_PRIORITIES; n++)
		save_queue(c, w, n);
	for (n = 0; n < xive_servers(c->xive); n++) {
		saved.state = xive_get_context(c->xive, n);
		state_save(w, &context_table, n, &saved);
	}
	return w->err;
}

static int load_source(struct xive_chip *c, u32 lisn, struct state_reader *r, struct error *e)
{
	struct xive_saved_source saved;
	struct xive_source_state s;
	int ret = state_load(r, &source_table, &saved, e);

	if (ret)
		return ret;
	s = (struct xive_source_state){.lisn = lisn,
				       .server = saved.server,
				       .eisn = saved.eisn,
				       .priority = saved.priority,
				       .pq = saved.pq,
				       .asserted = saved.asserted,
				       .lsi = saved.lsi,
				       .claimed = 1};
	return xive_set_source_state(c->xive, &s);
}

static int load_queue(struct xive_chip *c, u32 number, struct state_reader *r, struct error *e)
{
	struct xive_saved_queue saved;
	struct xive_queue_state q;
	int ret = state_load(r, &queue_table, &saved, e);

	if (ret)
		return ret;
	q = (struct xive_queue_state){.server = number / XIVE_PRIORITIES,
				      .priority = number % XIVE_PRIORITIES,
				      .gpa = saved.gpa,
				      .shift = saved.shift,
				      .index = saved.index,
				      .always_notify = saved.always_notify,
				      .generation = saved.generation,
				      .pq = saved.pq};
	return xive_set_queue_state(c->xive, &q);
}

static int chip_load(struct irqchip *chip, const struct state_head *h, struct state_reader *r,
		     struct error *e)
{
	struct xive_chip *c = (struct xive_chip *)chip;
	struct irqchip_word saved;
	int ret;

	if (!strcmp(h->name, source_table.name)) {
		ret = load_source(c, h->instance, r, e);
	} else if (!strcmp(h->name, queue_table.name)) {
		ret = load_queue(c, h->instance, r, e);
	} else if (!strcmp(h->name, context_table.name)) {
		ret = state_load(r, &context_table, &saved, e);
		if (!ret)
			ret = xive_set_context(c->xive, h->instance, saved.state);
	} else {
		return -ENOENT;
	}
	/* state_load() left its own message, the controller's refusals have none. */
	return ret == -EINVAL ? error_set(e, ret, "%s %u: impossible state", h->name, h->instance)
			      : ret;
}

/* --- the rest of irqchip_ops --- */
static int chip_claim(struct irqchip *chip, u32 irq, bool level_sensitive)
{
	struct xive *x = ((struct xive_chip *)chip)->xive;

	if (irq < XIVE_IRQ_BASE || irq >= xive_lisns(x))
		return -EINVAL;
	if (xive_claimed(x, irq))
		return -EBUSY;
	xive_claim(x, irq, level_sensitive);
	return 0;
}

static void chip_set_irq(struct irqchip *chip, u32 irq, bool level)
{
	xive_set_irq(((struct xive_chip *)chip)->xive, irq, level);
}

static int chip_connect(struct irqchip *chip, struct vcpu *vcpu, struct error *e)
{
	return irqchip_check_server("XIVE", xive_servers(((struct xive_chip *)chip)->xive), vcpu,
				    e);
}

static void chip_reset(struct irqchip *chip)
{
	xive_reset(((struct xive_chip *)chip)->xive);
}

static u32 chip_acknowledge(struct irqchip *chip, struct vcpu *vcpu)
{
	return (u32)xive_tima_load(((struct xive_chip *)chip)->xive, vcpu->index,
				   XIVE_TIMA_OS + 0x810, 2);
}

static int chip_dt(struct irqchip *chip, void *fdt, u32 *phandle)
{
	struct xive_chip *c = (struct xive_chip *)chip;
	const u64 user = TIMA_BASE + XIVE_TIMA_USER, os = TIMA_BASE + XIVE_TIMA_OS;
	const u64 page = 1u << XIVE_PAGE_SHIFT;
	const u64 reg[4] = {cpu_to_fdt64(user), cpu_to_fdt64(page), cpu_to_fdt64(os),
			    cpu_to_fdt64(page)};
	const u32 lisns[2] = {cpu_to_fdt32(0), cpu_to_fdt32(xive_servers(c->xive))};
	/* Priority 7 and all behind it belong to the hypervisor. */
	const u32 reserved[2] = {cpu_to_fdt32(XIVE_FIRST_RESERVED_PRIORITY), cpu_to_fdt32(0xf8)};
	char name[64];
	int node, ret;

	log_format(name, sizeof(name), "interrupt-controller@%llx", (unsigned long long)user);
	node = fdt_add_subnode(fdt, 0, name);
	if (node < 0)
		return -ENOSPC;
	ret = fdt_setprop_string(fdt, node, "device_type", "power-ivpe");
	ret |= fdt_setprop(fdt, node, "reg", reg, sizeof(reg));
	ret |= fdt_setprop_string(fdt, node, "compatible", "ibm,power-ivpe");
	ret |= fdt_setprop_u32(fdt, node, "ibm,xive-eq-sizes", 16);
	ret |= fdt_setprop(fdt, node, "ibm,xive-lisn-ranges", lisns, sizeof(lisns));
	ret |= irqchip_dt_properties(fdt, node, phandle);
	ret |= fdt_setprop(fdt, 0, "ibm,plat-res-int-priorities", reserved, sizeof(reserved));
	return ret ? -ENOSPC : 0;
}

static void chip_destroy(struct irqchip *chip)
{
	struct xive_chip *c = (struct xive_chip *)chip;

	if (!c)
		return;
	xive_destroy(c->xive);
	os_free(c);
}

static const struct irqchip_ops xive_chip_ops = {
	.name = "xive",
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

int irqchip_xive_create(struct vm *vm, u32 servers, u32 irqs, struct error *e)
{
	struct xive_chip *c = os_alloc(sizeof(*c));
	const struct xive_host host = {.set_line = set_line,
				       .store_be32 = store_be32,
				       .is_memory = is_memory,
				       .opaque = c};
	u32 n;

	if (c) {
		c->vm = vm;
		c->xive = xive_create(servers, XIVE_IRQ_BASE + irqs, &host);
	}
	if (!c || !c->xive) {
		chip_destroy((struct irqchip *)c);
		return irqchip_no_memory(e);
	}
	for (n = 0; n < servers; n++)
		xive_claim(c->xive, n, false);
	xive_chip_register(vm, c);
	map_pages(vm, c);
	irq_set_chip(vm, &xive_chip_ops, (struct irqchip *)c);
	return 0;
}

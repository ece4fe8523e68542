// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Virtio over MMIO (virtio 1.2, 4.2): a slot has 0x100 bytes of 32-bit registers and behind them
 * the device's configuration space; its interrupt is a level that follows the ISR. With
 * force-legacy=on it is the interface from before virtio 1.0 (4.2.4), whose registers have the
 * guest's byte order: big-endian, on every board that has slots. Those of 1.0 are little-endian.
 * Configuration space is bytes, in the order that the driver expects (virtio_st16() and so on).
 *
 * An empty slot says that it is one and has device 0. Registers are served without the machine's
 * lock, under the device's own; the doorbell without any. A device comes and goes while the machine
 * is paused.
 */
#include "device/virtio_mmio.h"

#include <errno.h>

#include "base/log.h"
#include "vm/irq.h"
#include "vm/vm.h"

enum {
	MAGIC = 0x74726976, /* "virt" */
	VERSION_LEGACY = 1,
	VERSION_MODERN = 2,
	VENDOR = 0x1af4,
	DEFAULT_ALIGN = 4096,

	REG_MAGIC = 0x00,
	REG_VERSION = 0x04,
	REG_DEVICE = 0x08,
	REG_VENDOR = 0x0c,
	REG_DEVICE_FEATURES = 0x10,
	REG_DEVICE_FEATURES_SEL = 0x14,
	REG_DRIVER_FEATURES = 0x20,
	REG_DRIVER_FEATURES_SEL = 0x24,
	REG_GUEST_PAGE_SIZE = 0x28, /* legacy */
	REG_QUEUE_SEL = 0x30,
	REG_QUEUE_NUM_MAX = 0x34,
	REG_QUEUE_NUM = 0x38,
	REG_QUEUE_ALIGN = 0x3c, /* legacy */
	REG_QUEUE_PFN = 0x40,	/* legacy */
	REG_QUEUE_READY = 0x44,
	REG_QUEUE_NOTIFY = 0x50,
	REG_INTERRUPT_STATUS = 0x60,
	REG_INTERRUPT_ACK = 0x64,
	REG_STATUS = 0x70,
	REG_QUEUE_DESC = 0x80,
	REG_QUEUE_DRIVER = 0x90,
	REG_QUEUE_DEVICE = 0xa0,
	REG_SHM_LEN = 0xb0,
	REG_SHM_BASE = 0xb8,
	REG_QUEUE_RESET = 0xc0,
	REG_CONFIG_GENERATION = 0xfc,
	REGS = 0x100,
};

/* Saved. Of legacy drivers, which say it once and reset the device afterwards. */
struct slot_state {
	u32 guest_page;
	u32 align[VIRTIO_MAX_QUEUES];
};

struct virtio_mmio {
	struct device dev;
	u64 base;
	u32 irq;
	bool legacy;
	struct virtio_device *v; /* NULL: the slot is empty */
	struct irq_line line;
	struct dma_view real;
	struct slot_state state;
};

static bool is_power_of_2(u32 value)
{
	return value && !(value & (value - 1));
}

/* --- what the device asks of its transport --- */
static void slot_interrupt(struct virtio_device *v, u16 vector, u8 isr)
{
	virtio_isr(v, isr, 0);
}

static void slot_line(struct virtio_device *v, bool level)
{
	const struct virtio_mmio *m = v->transport_data;

	irq_set(&m->line, level);
}

static struct dma_view *slot_view(struct virtio_device *v, bool platform)
{
	struct virtio_mmio *m = v->transport_data;

	return &m->real;
}

static bool slot_alive(struct virtio_device *v)
{
	return true;
}

static const struct virtio_transport_ops transport = {slot_interrupt, slot_line, slot_view,
						      slot_alive};

/* --- registers --- */
static u32 common_load(const struct virtio_mmio *m, u64 offset)
{
	struct virtio_device *v = m->v;
	const struct virtqueue_state *q = virtio_selected(v);

	switch (offset) {
	case REG_DEVICE_FEATURES:
		return virtio_features_load(v, m->legacy);
	case REG_QUEUE_NUM_MAX:
		return q ? v->queues[v->s->queue_sel].ring.max_size : 0;
	case REG_INTERRUPT_STATUS:
		return virtio_isr(v, 0, 0);
	case REG_STATUS:
		return v->s->status;
	default:
		return 0;
	}
}

static u32 legacy_load(const struct virtio_mmio *m, u64 offset)
{
	const struct virtqueue_state *q = virtio_selected(m->v);

	if (offset == REG_QUEUE_PFN)
		return q && q->enabled && m->state.guest_page ? (u32)(q->desc / m->state.guest_page)
							      : 0;
	return common_load(m, offset);
}

static u32 modern_load(const struct virtio_mmio *m, u64 offset)
{
	const struct virtqueue_state *q = virtio_selected(m->v);

	switch (offset) {
	case REG_QUEUE_READY:
		return q ? q->enabled : 0;
	case REG_SHM_LEN: /* no device has shared memory */
	case REG_SHM_LEN + 4:
	case REG_SHM_BASE:
	case REG_SHM_BASE + 4:
		return ~0u;
	case REG_CONFIG_GENERATION:
		return m->v->s->generation;
	default:
		return common_load(m, offset);
	}
}

static u64 slot_read(void *opaque, u32 vcpu, u64 offset, u32 size)
{
	const struct virtio_mmio *m = opaque;
	u32 value;

	switch (offset) {
	case REG_MAGIC:
		return MAGIC;
	case REG_VERSION:
		return m->legacy ? VERSION_LEGACY : VERSION_MODERN;
	case REG_DEVICE:
		return m->v ? m->v->ops->id : 0;
	case REG_VENDOR:
		return VENDOR;
	}
	if (!m->v)
		return 0;
	os_mutex_lock(&m->v->lock);
	value = m->legacy ? legacy_load(m, offset) : modern_load(m, offset);
	os_mutex_unlock(&m->v->lock);
	return value;
}

static void set_status(struct virtio_mmio *m, u32 vcpu, u8 value)
{
	virtio_set_status(m->v, value);
	if (m->legacy && value == VIRTIO_STATUS_ACKNOWLEDGE)
		virtio_set_byte_order(m->v, virtio_big_endian(m->v, vcpu));
}

static void common_store(struct virtio_mmio *m, u32 vcpu, u64 offset, u32 value)
{
	struct virtio_device *v = m->v;

	switch (offset) {
	case REG_DEVICE_FEATURES_SEL:
		v->s->device_feature_sel = value;
		break;
	case REG_DRIVER_FEATURES:
		virtio_features_store(v, m->legacy, value);
		break;
	case REG_DRIVER_FEATURES_SEL:
		v->s->driver_feature_sel = value;
		break;
	case REG_QUEUE_SEL: /* a number that is too big selects none, rather than another */
		v->s->queue_sel = (u16)(value < v->nr_queues ? value : 0xffff);
		break;
	case REG_QUEUE_NUM:
		virtio_queue_set_size(v, value);
		break;
	case REG_INTERRUPT_ACK:
		virtio_isr(v, 0, (u8)value);
		break;
	case REG_STATUS:
		set_status(m, vcpu, (u8)value);
		break;
	}
}

static void legacy_store(struct virtio_mmio *m, u32 vcpu, u64 offset, u32 value)
{
	struct virtio_device *v = m->v;
	u32 sel = v->s->queue_sel;

	switch (offset) {
	case REG_GUEST_PAGE_SIZE:
		if (is_power_of_2(value))
			m->state.guest_page = value;
		break;
	case REG_QUEUE_ALIGN:
		if (sel < v->nr_queues && is_power_of_2(value))
			m->state.align[sel] = value;
		break;
	case REG_QUEUE_PFN:
		if (sel < v->nr_queues)
			virtio_queue_place(v, (u64)value * m->state.guest_page,
					   m->state.align[sel]);
		break;
	default:
		common_store(m, vcpu, offset, value);
	}
}

static void modern_store(struct virtio_mmio *m, u32 vcpu, u64 offset, u32 value)
{
	struct virtio_device *v = m->v;
	const struct virtqueue_state *q = virtio_selected(v);

	switch (offset) {
	case REG_QUEUE_READY:
		if (value == 1)
			virtio_queue_enable(v);
		else if (!value && q && q->enabled)
			virtio_reset_queue(v, v->s->queue_sel);
		break;
	case REG_QUEUE_DESC:
	case REG_QUEUE_DESC + 4:
		virtio_queue_set_address(v, VIRTIO_DESC, offset & 4, value);
		break;
	case REG_QUEUE_DRIVER:
	case REG_QUEUE_DRIVER + 4:
		virtio_queue_set_address(v, VIRTIO_DRIVER_AREA, offset & 4, value);
		break;
	case REG_QUEUE_DEVICE:
	case REG_QUEUE_DEVICE + 4:
		virtio_queue_set_address(v, VIRTIO_DEVICE_AREA, offset & 4, value);
		break;
	case REG_QUEUE_RESET:
		if (value == 1 && q && virtio_has(v, VIRTIO_F_RING_RESET))
			virtio_reset_queue(v, v->s->queue_sel);
		break;
	default:
		common_store(m, vcpu, offset, value);
	}
}

static void slot_write(void *opaque, u32 vcpu, u64 offset, u32 size, u64 value)
{
	struct virtio_mmio *m = opaque;

	if (!m->v)
		return;
	if (offset == REG_QUEUE_NOTIFY) {
		virtio_kick(m->v, (u32)value);
		return;
	}
	os_mutex_lock(&m->v->lock);
	if (m->legacy)
		legacy_store(m, vcpu, offset, (u32)value);
	else
		modern_store(m, vcpu, offset, (u32)value);
	os_mutex_unlock(&m->v->lock);
}

/* --- configuration space --- */
static u64 config_read(void *opaque, u32 vcpu, u64 offset, u32 size)
{
	struct virtio_mmio *m = opaque;
	u64 value;

	if (!m->v)
		return 0;
	os_mutex_lock(&m->v->lock);
	value = virtio_config_load(m->v, (u32)offset, size);
	os_mutex_unlock(&m->v->lock);
	return value;
}

static void config_write(void *opaque, u32 vcpu, u64 offset, u32 size, u64 value)
{
	struct virtio_mmio *m = opaque;

	if (!m->v)
		return;
	os_mutex_lock(&m->v->lock);
	virtio_config_store(m->v, (u32)offset, size, value);
	os_mutex_unlock(&m->v->lock);
}

/* Other widths than these (4.2.2.2) no slot takes. */
static const struct mmio_ops legacy_ops = {4, 4, MMIO_NO_LOCK, slot_read, slot_write};
static const struct mmio_ops modern_ops = {4, 4, MMIO_NO_LOCK | MMIO_LITTLE, slot_read, slot_write};
static const struct mmio_ops config_ops = {1, 4, MMIO_NO_LOCK | MMIO_LITTLE, config_read,
					   config_write};

/* --- a device in a slot --- */
int virtio_mmio_realize(struct virtio_mmio_plug *p, struct virtio_device *v,
			struct virtio_init *init, struct error *e)
{
	struct virtio_mmio *m = p->bus;
	const char *name = p->dev.cls->name;
	int err;

	if (m->v)
		return error_set(e, -EBUSY, "%s: there is a device in this slot already", name);
	if (m->legacy && p->props.iommu_platform)
		return error_set(e, -EINVAL, "%s: iommu_platform=on needs virtio-mmio.%s", name,
				 "force-legacy=off");
	if (m->legacy && init->modern_only)
		return error_set(e, -EINVAL, "%s: there is no legacy interface", name);
	init->vm = p->dev.vm;
	init->name = p->dev.id ? p->dev.id : name;
	init->transport = &transport;
	init->transport_data = m;
	init->props = &p->props;
	err = virtio_init(v, init, e);
	if (err)
		return err;
	if (m->legacy)
		v->host_features &= ~VIRTIO_F_VERSION_1;
	p->v = m->v = v;
	device_bus_set_full(p->dev.vm, m, true);
	return 0;
}

void virtio_mmio_unrealize(struct virtio_mmio_plug *p)
{
	struct virtio_mmio *m = p->bus;

	virtio_destroy(p->v);
	irq_set(&m->line, false);
	m->v = NULL;
	device_bus_set_full(p->dev.vm, m, false);
}

/* --- slots --- */
static void slot_reset(struct device *dev)
{
	struct virtio_mmio *m = container_of(dev, struct virtio_mmio, dev);

	m->state.guest_page = 0;
	for (u32 i = 0; i < VIRTIO_MAX_QUEUES; i++)
		m->state.align[i] = DEFAULT_ALIGN;
}

static int slot_realize(struct device *dev, struct error *e)
{
	struct virtio_mmio *m = container_of(dev, struct virtio_mmio, dev);
	const struct mmio_region registers = {"virtio-mmio", m->base, REGS,
					      m->legacy ? &legacy_ops : &modern_ops, m};
	const struct mmio_region config = {"virtio-mmio-config", m->base + REGS,
					   VIRTIO_MMIO_BYTES - REGS, &config_ops, m};
	char name[32];
	int err = irq_line_init(&m->line, dev->vm, m->irq, true, e);

	if (err)
		return err;
	dma_view_init_real(&m->real, dev->vm);
	mmio_add(dev->vm, &registers);
	mmio_add(dev->vm, &config);
	log_format(name, sizeof(name), "virtio-mmio-bus.%u", dev->instance);
	device_bus_add(dev->vm, BUS_VIRTIO_MMIO, name, m);
	slot_reset(dev);
	return 0;
}

static int slot_post_load(void *obj, struct error *e)
{
	const struct slot_state *s = obj;
	bool ok = !s->guest_page || is_power_of_2(s->guest_page);

	for (u32 i = 0; i < VIRTIO_MAX_QUEUES; i++)
		ok = ok && is_power_of_2(s->align[i]);
	return ok ? 0 : error_set(e, -EINVAL, "saved state of a virtio-mmio slot is damaged");
}

static const struct state_field slot_fields[] = {
	STATE_FIELD(struct slot_state, guest_page, STATE_U32),
	STATE_ARRAY(struct slot_state, align, STATE_U32),
};

static const struct state_table slot_table = {
	.name = "virtio-mmio",
	.size = sizeof(struct slot_state),
	.nr_fields = ARRAY_SIZE(slot_fields),
	.fields = slot_fields,
	.post_load = slot_post_load,
};

static const struct device_prop slot_props[] = {
	{"base", "address of its registers", PROP_U64, offsetof(struct virtio_mmio, base), "0"},
	{"irq", "its interrupt", PROP_U32, offsetof(struct virtio_mmio, irq), "0"},
	{"force-legacy", "the interface from before virtio 1.0", PROP_BOOL,
	 offsetof(struct virtio_mmio, legacy), "off"},
	{NULL, NULL, 0, 0, NULL},
};

const struct device_class virtio_mmio_class = {
	.name = "virtio-mmio",
	.help = "slot for a virtio device",
	.size = sizeof(struct virtio_mmio),
	.props = slot_props,
	.realize = slot_realize,
	.unrealize = device_no_unrealize,
	.reset = slot_reset,
	.dt = device_no_dt,
	.state = &slot_table,
	.state_offset = offsetof(struct virtio_mmio, state),
};

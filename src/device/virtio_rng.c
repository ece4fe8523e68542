// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A source of random bytes (virtio 1.2, 5.4): those of the vm's input source, or of -object
 * rng-random. max-bytes and period limit the rate as in qemu: a period begins with the first bytes
 * behind the last one's end, and no more than max-bytes are given before it ends. This is the
 * host's affair and not saved: a loaded machine begins a period.
 *
 * A request goes back to the queue while it has to wait, so that none is held.
 */
#include "device/virtio_rng.h"

#include <errno.h>

#include "device/virtio_plug.h"
#include "host/rng.h"
#include "vm/vm.h"

enum { QUEUE_SIZE = 8, ONCE = 1 << 16, MS = 1000000, AGAIN = 20 * MS };

struct virtio_rng_state {
	struct virtio_state virtio;
};

struct virtio_rng {
	struct virtio_plug p;
	struct virtio_device v;
	struct virtqueue_element el;
	struct rng *rng; /* NULL: the vm's input source */
	u64 max_bytes;
	u32 period; /* ms */
	/* The device's thread. */
	u64 quota, ends; /* bytes left in the period, when it ends; 0: none has begun */
	struct virtio_rng_state state;
};

static struct virtio_rng *of(struct virtio_device *v)
{
	return container_of(v, struct virtio_rng, v);
}

static u64 fill(struct virtio_rng *d, void *buf, u64 len)
{
	const struct input_source *input = d->v.vm->input;

	if (d->rng && !rng_is_builtin(d->rng))
		return rng_read(d->rng, buf, len);
	input->random(input->opaque, buf, len);
	return len;
}

/* A request for much gets a part, as the driver expects. 0: there is nothing yet. */
static u64 give(struct virtio_rng *d, u64 most)
{
	u64 written = 0, n, got;

	for (int i = 0; i < d->el.nin && written < most; i++) {
		n = d->el.in[i].iov_len;
		n = n < most - written ? n : most - written;
		got = fill(d, d->el.in[i].iov_base, n);
		written += got;
		if (got < n)
			break;
	}
	return written;
}

static void rng_handle(struct virtio_device *v, u32 queue)
{
	struct virtio_rng *d = of(v);
	u64 written;

	virtio_want_notify(v, queue, false);
	if (d->ends && os_clock_ns() >= d->ends) {
		d->quota = d->max_bytes;
		d->ends = 0;
	}
	while (d->quota && virtio_pop(v, queue, &d->el) > 0) {
		written = give(d, d->quota < ONCE ? d->quota : ONCE);
		if (!written && d->el.in_len) {
			virtio_unpop(v, queue, &d->el);
			v->due = os_clock_ns() + AGAIN;
			return;
		}
		if (!d->ends)
			d->ends = os_clock_ns() + (u64)d->period * MS;
		d->quota -= written;
		virtio_complete(v, queue, &d->el, written);
	}
	if (d->quota)
		virtio_want_notify(v, queue, true);
	else if (d->ends)
		v->due = d->ends;
}

static void rng_config_read(struct virtio_device *v)
{
}

static void rng_config_written(struct virtio_device *v, u32 offset, u32 len)
{
}

static void rng_nothing(struct virtio_device *v)
{
}

static const struct virtio_ops rng_ops = {
	.id = VIRTIO_ID_RNG,
	.class_code = 0x00ff00,
	.handle = rng_handle,
	.config_read = rng_config_read,
	.config_written = rng_config_written,
	.quiesce = rng_nothing,
	.reset = rng_nothing,
	.negotiated = rng_nothing,
};

static struct virtio_rng *of_device(struct device *dev)
{
	return container_of(dev, struct virtio_rng, p.dev);
}

static int rng_realize(struct device *dev, struct error *e)
{
	struct virtio_rng *d = of_device(dev);
	struct virtio_init init = {
		.ops = &rng_ops,
		.state = &d->state.virtio,
		.nr_queues = 1,
		.queue_size = QUEUE_SIZE,
	};

	if (!d->period)
		return error_set(e, -EINVAL, "%s: period is at least 1", dev->cls->name);
	if (d->max_bytes >> 63)
		return error_set(e, -EINVAL, "%s: max-bytes is below 2^63", dev->cls->name);
	d->quota = d->max_bytes;
	return virtio_plug_realize(&d->p, &d->v, &init, e);
}

static void rng_unrealize(struct device *dev)
{
	struct virtio_rng *d = of_device(dev);

	virtio_plug_unrealize(&d->p);
	virtqueue_element_free(&d->el);
}

static const struct state_field rng_fields[] = {
	STATE_STRUCT(struct virtio_rng_state, virtio, &virtio_state_table),
};

static const struct state_table rng_table = {
	.name = "virtio-rng",
	.size = sizeof(struct virtio_rng_state),
	.nr_fields = ARRAY_SIZE(rng_fields),
	.fields = rng_fields,
};

#define RNG_PROPS                                                                                  \
	{"rng", "the source; default: rng-builtin", PROP_RNG, offsetof(struct virtio_rng, rng),    \
	 NULL},                                                                                    \
		{"max-bytes", "given in a period", PROP_U64,                                       \
		 offsetof(struct virtio_rng, max_bytes), "9223372036854775807"},                   \
		{"period", "in ms", PROP_U32, offsetof(struct virtio_rng, period), "65536"},       \
	{                                                                                          \
		NULL, NULL, 0, 0, NULL                                                             \
	}

static const struct device_prop rng_pci_props[] = {
	VIRTIO_PCI_PROPS(struct virtio_rng, p.pci),
	RNG_PROPS,
};

static const struct device_prop rng_mmio_props[] = {
	VIRTIO_MMIO_PROPS(struct virtio_rng, p.mmio),
	RNG_PROPS,
};

#define RNG_CLASS                                                                                  \
	.help = "source of random bytes", .size = sizeof(struct virtio_rng),                       \
	.realize = rng_realize, .unrealize = rng_unrealize, .reset = virtio_plug_reset,            \
	.dt = device_no_dt, .state = &rng_table,                                                   \
	.state_offset = offsetof(struct virtio_rng, state)

const struct device_class virtio_rng_pci_class = {
	RNG_CLASS,
	.name = "virtio-rng-pci",
	.bus_type = BUS_PCI,
	.props = rng_pci_props,
};

const struct device_class virtio_rng_device_class = {
	RNG_CLASS,
	.name = "virtio-rng-device",
	.bus_type = BUS_VIRTIO_MMIO,
	.props = rng_mmio_props,
	.cold_only = true,
};

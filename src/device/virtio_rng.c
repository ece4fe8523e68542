// SPDX-License-Identifier: GPL-2.0-or-later
/* A source of random bytes (virtio 1.2, 5.4): those of the vm's input source. */
#include "device/virtio_rng.h"

#include "device/virtio_plug.h"
#include "vm/vm.h"

enum { QUEUE_SIZE = 8, ONCE = 1 << 16 };

struct virtio_rng_state {
	struct virtio_state virtio;
};

struct virtio_rng {
	struct virtio_plug p;
	struct virtio_device v;
	struct virtqueue_element el;
	struct virtio_rng_state state;
};

static struct virtio_rng *of(struct virtio_device *v)
{
	return container_of(v, struct virtio_rng, v);
}

/* A request for much gets a part, as the driver expects. */
static void rng_handle(struct virtio_device *v, u32 queue)
{
	struct virtqueue_element *el = &of(v)->el;

	virtio_want_notify(v, queue, false);
	while (virtio_pop(v, queue, el) > 0) {
		u64 written = 0;

		for (int i = 0; i < el->nin && written < ONCE; i++) {
			u64 n = el->in[i].iov_len;

			n = n < ONCE - written ? n : ONCE - written;
			v->vm->input->random(v->vm->input->opaque, el->in[i].iov_base, n);
			written += n;
		}
		virtio_complete(v, queue, el, written);
	}
	virtio_want_notify(v, queue, true);
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

static const struct device_prop rng_pci_props[] = {
	VIRTIO_PCI_PROPS(struct virtio_rng, p.pci),
	{NULL, NULL, 0, 0, NULL},
};

static const struct device_prop rng_mmio_props[] = {
	VIRTIO_MMIO_PROPS(struct virtio_rng, p.mmio),
	{NULL, NULL, 0, 0, NULL},
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

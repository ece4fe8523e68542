// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The virtual terminal, "hvterm1" (LoPAPR 1.1, 16.2 and 16.6): hypercalls move up to 16 bytes, an
 * edge interrupt says that input came into an empty buffer. State is touched under the machine's
 * lock; the character back end's events take it.
 */
#include "device/spapr_vty.h"

#include "base/string.h"
#include "bus/vio.h"
#include "host/char.h"
#include "isa/papr.h"

enum { VTY_BUFFER = 256 };

struct vty_state {
	u8 buffer[VTY_BUFFER];
	u32 head, count; /* of the bytes that wait for the guest */
};

struct spapr_vty {
	struct vio_device vio;
	struct chardev *chardev;
	struct vty_state state;
};

static int vty_post_load(void *obj, struct error *e)
{
	struct vty_state *s = obj;

	if (s->head >= VTY_BUFFER || s->count > VTY_BUFFER)
		return error_set(e, -22, "saved state of the terminal is damaged");
	return 0;
}

static const struct state_field vty_fields[] = {
	STATE_ARRAY(struct vty_state, buffer, STATE_U8),
	STATE_FIELD(struct vty_state, head, STATE_U32),
	STATE_FIELD(struct vty_state, count, STATE_U32),
};

static const struct state_table vty_table = {
	.name = "spapr-vty",
	.size = sizeof(struct vty_state),
	.nr_fields = ARRAY_SIZE(vty_fields),
	.fields = vty_fields,
	.post_load = vty_post_load,
};

static size_t vty_room(void *opaque)
{
	struct spapr_vty *v = opaque;
	size_t n;

	vm_lock(v->vio.dev.vm);
	n = VTY_BUFFER - v->state.count;
	vm_unlock(v->vio.dev.vm);
	return n;
}

static void vty_receive(void *opaque, const u8 *buf, size_t len)
{
	struct spapr_vty *v = opaque;
	struct vty_state *s = &v->state;
	struct vm *vm = v->vio.dev.vm;
	bool was_empty;

	vm_lock(vm);
	was_empty = !s->count;
	for (size_t i = 0; i < len && s->count < VTY_BUFFER; i++)
		s->buffer[(s->head + s->count++) % VTY_BUFFER] = buf[i];
	if (was_empty && s->count)
		irq_set(&v->vio.irq, true);
	vm_unlock(vm);
}

static const struct char_events vty_events = {.room = vty_room, .receive = vty_receive};

static u32 vty_get_chars(struct vio_device *d, u8 *buf, u32 max)
{
	struct spapr_vty *v = container_of(d, struct spapr_vty, vio);
	struct vty_state *s = &v->state;
	u32 n;

	for (n = 0; n < max && s->count; n++, s->count--) {
		buf[n] = s->buffer[s->head];
		s->head = (s->head + 1) % VTY_BUFFER;
	}
	if (n && v->chardev)
		chardev_accept(v->chardev);
	return n;
}

static s64 vty_put_chars(struct vio_device *d, const u8 *buf, u32 len)
{
	struct spapr_vty *v = container_of(d, struct spapr_vty, vio);
	size_t n = v->chardev ? chardev_write(v->chardev, buf, len) : len;

	/* Part of a message cannot be refused: what the back end did not take at once is retried
	 * here only when some of it is out already. */
	for (int tries = 0; n && n < len && tries < 1000; tries++)
		n += chardev_write(v->chardev, buf + n, len - n);
	return n || !len ? H_SUCCESS : H_BUSY;
}

static const struct vio_ops vty_ops = {
	.node = "vty", .get_chars = vty_get_chars, .put_chars = vty_put_chars};

void spapr_vty_display(void *dev, u8 c)
{
	vty_put_chars(dev, &c, 1);
}

static int vty_realize(struct device *dev, struct error *e)
{
	struct spapr_vty *v = container_of(dev, struct spapr_vty, vio.dev);
	int err;

	v->vio.ops = &vty_ops;
	err = vio_attach(&v->vio, e);
	if (!err && v->chardev)
		chardev_attach(v->chardev, &vty_events, v);
	return err;
}

static void vty_unrealize(struct device *dev)
{
	struct spapr_vty *v = container_of(dev, struct spapr_vty, vio.dev);

	if (v->chardev)
		chardev_attach(v->chardev, NULL, NULL);
}

static void vty_reset(struct device *dev)
{
	struct spapr_vty *v = container_of(dev, struct spapr_vty, vio.dev);

	memset(&v->state, 0, sizeof(v->state));
	if (v->chardev)
		chardev_accept(v->chardev);
}

static int vty_dt(struct device *dev, void *fdt)
{
	struct spapr_vty *v = container_of(dev, struct spapr_vty, vio.dev);

	return vio_dt_node(&v->vio, fdt, "serial", "hvterm1") < 0 ? -22 : 0;
}

static const struct device_prop vty_props[] = {
	{"bus", "the virtual I/O bus", PROP_POINTER, offsetof(struct spapr_vty, vio.bus), NULL},
	{"chardev", "where it ends on the host", PROP_CHARDEV, offsetof(struct spapr_vty, chardev),
	 NULL},
	{"reg", "unit address, 0 = the next free one", PROP_U32,
	 offsetof(struct spapr_vty, vio.unit), "0"},
	{NULL, NULL, 0, 0, NULL},
};

const struct device_class spapr_vty_class = {
	.name = "spapr-vty",
	.help = "virtual terminal of a PAPR guest",
	.bus_type = BUS_VIO,
	.size = sizeof(struct spapr_vty),
	.props = vty_props,
	.realize = vty_realize,
	.unrealize = vty_unrealize,
	.reset = vty_reset,
	.dt = vty_dt,
	.state = &vty_table,
	.state_offset = offsetof(struct spapr_vty, state),
};

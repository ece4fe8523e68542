// SPDX-License-Identifier: GPL-2.0-or-later
/* What drivers put into the buffers of virtio devices that look into them: control messages of the
 * serial adapter, page lists and statistics of the balloon, commands and frames of the network
 * card; configuration space of all. */
#include "../unit/device/fakenet.h"
#include "../unit/device/vdriver.h"
#include "device/virtio_balloon.h"
#include "device/virtio_net.h"
#include "device/virtio_serial.h"
#include "fuzz.h"
#include "host/char.h"

enum { DEVICES = 3 };

static struct vdriver drivers[DEVICES];
static struct chardev *chardev;
static struct fakenet net;

static void swallow(void *opaque, const u8 *buf, size_t len)
{
}

static struct device *add(struct vm *vm, const struct device_class *cls, const char *key,
			  const char *value)
{
	struct device *d = device_new(vm, cls);
	struct error e = {""};

	if (cls == &virtio_net_pci_class)
		device_set_pointer(d, "netdev", &net.n);
	if (cls->bus_type == BUS_VIRTIO_SERIAL) {
		device_set_pointer(d, "bus", device_bus_find(vm, BUS_VIRTIO_SERIAL, NULL)->bus);
		device_set_pointer(d, "chardev", chardev);
	}
	if (device_set(d, key, value, &e) || device_realize(d, &e)) {
		fprintf(stderr, "%s\n", e.text);
		abort();
	}
	return d;
}

static struct vm *rig(void)
{
	struct vm *vm = fuzz_board();

	chardev = chardev_open_internal(swallow, NULL);
	vd_init(&drivers[0], add(vm, &virtio_serial_pci_class, "max_ports", "4"));
	vd_init(&drivers[1], add(vm, &virtio_balloon_pci_class, "free-page-reporting", "on"));
	fakenet_init(&net);
	vd_init(&drivers[2], add(vm, &virtio_net_pci_class, "mac", "52:54:00:01:02:03"));
	add(vm, &virtserialport_class, "name", "port");
	vm_resume(vm);
	return vm;
}

/* On the device's behalf, so that an input does the same each time. */
static void handle(struct virtio_device *v, u32 queue)
{
	os_mutex_lock(&v->work);
	v->ops->handle(v, queue);
	os_mutex_unlock(&v->work);
}

static void buffer(struct vdriver *d, struct fuzz_input *in)
{
	u32 queue = (u32)fuzz_value(in, 1) % d->v->nr_queues;
	u32 lens = (u32)fuzz_value(in, 1), out = lens & 31, room = lens >> 5 << 3;
	u8 data[32];

	for (u32 i = 0; i < out; i++)
		data[i] = (u8)fuzz_value(in, 1);
	if (out || room)
		vd_publish(d, queue, data, out, room);
	handle(d->v, queue);
}

static void configure(struct vdriver *d, struct fuzz_input *in)
{
	u32 offset = (u32)fuzz_value(in, 1) & 31, size = 1u << (fuzz_value(in, 1) & 1);

	os_mutex_lock(&d->v->lock);
	virtio_config_store(d->v, offset, size, fuzz_value(in, 4));
	virtio_config_load(d->v, offset, size);
	os_mutex_unlock(&d->v->lock);
}

/* Something for the network card, that its filter may let through. */
static void frame(struct fuzz_input *in)
{
	u8 f[64] = {0};

	for (u32 i = 0; i < 16; i++)
		f[i] = (u8)fuzz_value(in, 1);
	fakenet_put(&net, f, sizeof(f));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz_input in = {data, size};
	static struct vm *vm;

	if (!vm)
		vm = rig();
	for (u32 i = 0; i < DEVICES; i++)
		vd_start(&drivers[i], drivers[i].v->host_features);
	while (in.size) {
		u32 what = (u32)fuzz_value(&in, 1);
		struct vdriver *d = &drivers[(what & 3) % DEVICES];

		if (what & 0xe0)
			buffer(d, &in);
		else if (what & 0x10)
			configure(d, &in);
		else if (what & 4)
			frame(&in);
		else if (what & 8)
			chardev_feed(chardev, data, size);
		else
			handle(d->v, (u32)fuzz_value(&in, 1) % d->v->nr_queues);
	}
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the adapter (virtio_serial.c) and its ports (virtio_serial_port.c). */
#ifndef DEVICE_VIRTIO_SERIAL_PRIVATE_H
#define DEVICE_VIRTIO_SERIAL_PRIVATE_H

#include "device/virtio_plug.h"
#include "device/virtio_serial.h"
#include "host/char.h"

enum {
	SERIAL_MAX_PORTS = 31, /* two queues each, and two for control */
	SERIAL_BUFFER = 1024,
	SERIAL_NO_PORT = ~0u,
};

/* What the driver still has to be told of a port. */
enum serial_news {
	SERIAL_TELL_ADD = 1 << 0,
	SERIAL_TELL_REMOVE = 1 << 1,
	SERIAL_TELL_CONSOLE = 1 << 2,
	SERIAL_TELL_NAME = 1 << 3,
	SERIAL_TELL_OPEN = 1 << 4,
};

/* Saved. */
struct serial_port_state {
	u8 buffer[SERIAL_BUFFER]; /* on the way to the guest */
	u32 head, count;
	u32 sent;      /* bytes of the guest's next buffer that the back end has */
	u8 guest_open; /* a program, or the guest's console, has it open */
	u8 pad[3];
};

struct virtio_serial;

/* The lock is over state, open and what the adapter's thread looks at; a leaf but for the rings'.
 */
struct serial_port {
	struct device dev;
	struct virtio_serial *serial; /* property "bus" */
	struct chardev *chardev;
	const char *name;
	u32 nr;
	bool console;
	bool open;    /* there is somebody at the other end */
	bool stalled; /* the back end found no room and waits for chardev_accept() */
	struct os_mutex lock;
	struct serial_port_state state;
};

struct virtio_serial_state {
	struct virtio_state virtio;
	u32 news[SERIAL_MAX_PORTS]; /* enum serial_news; atomic */
	u32 ready;		    /* the driver knows of ports */
};

struct virtio_serial {
	struct virtio_plug p;
	struct virtio_device v;
	u32 max_ports;
	bool emergency_write;
	/* Changed under v.work. */
	struct serial_port *ports[SERIAL_MAX_PORTS];
	struct virtqueue_element el;
	struct virtio_serial_state state;
};

/* Queues of a port: to the guest; the one behind it is from the guest. */
static inline u32 serial_queue(u32 nr)
{
	return nr ? 2 + 2 * nr : 0;
}

bool serial_multiport(const struct virtio_serial *s);
/* The driver is to be told; any thread. */
void serial_tell(struct virtio_serial *s, u32 nr, u32 news);
/* A port comes: at port->nr, or with SERIAL_NO_PORT at the first free one. */
int serial_plug(struct virtio_serial *s, struct serial_port *port, struct error *e);
void serial_unplug(struct serial_port *port);

/* --- the ports; on the adapter's thread --- */
/* There are buffers for what came from the host. */
void serial_port_fill(struct serial_port *port);
/* There is something for the host. */
void serial_port_drain(struct serial_port *port, struct virtqueue_element *el);
void serial_port_guest_open(struct serial_port *port, bool open);
void serial_port_emergency(struct serial_port *port, u8 byte);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * USB (Universal Serial Bus 2.0, chapters 8 and 9; 3.2 for SuperSpeed): buses, ports, devices. A
 * host controller has a bus with one thread that does all the work of it: it follows the guest's
 * lists, hands packets to devices and takes their answers back.
 *
 * Locks. bus->work guards the controller's registers, its rings and all devices of the bus; all
 * functions below are called under it unless they say "any thread". It is taken with or without
 * the machine's lock held, never the other way round, and with the lock of host/input.h held. The
 * list of posted events has a leaf lock of its own.
 *
 * What a guest puts into setup packets, lists and data is hostile.
 */
#ifndef DEVICE_USB_H
#define DEVICE_USB_H

#include "host/iov.h"
#include "os/os.h"
#include "vm/device.h"

struct usb_bus;
struct usb_device;
struct usb_port;

enum usb_speed { USB_LOW, USB_FULL, USB_HIGH, USB_SUPER, USB_SPEEDS };

enum usb_pid { USB_PID_OUT = 0xe1, USB_PID_IN = 0x69, USB_PID_SETUP = 0x2d };

enum usb_status {
	USB_OK,
	USB_NAK,   /* not now: usb_wakeup() says when */
	USB_ASYNC, /* usb_complete() comes later */
	USB_STALL,
	USB_BABBLE, /* more than there is room for */
	USB_GONE,   /* nobody answers */
};

enum {
	USB_MAX_PORTS = 16,	/* of a controller or hub */
	USB_CONTROL_MAX = 1024, /* bytes of a control transfer that a device understands */
	USB_PATH_BYTES = 16,
	USB_MAX_DEPTH = 5,
};

/* A transfer's data at one endpoint. The controller's from begin to end, unchanged meanwhile. */
struct usb_packet {
	u8 pid, endpoint;
	u8 status; /* enum usb_status */
	int niov;
	const struct iovec *iov; /* host addresses */
	u64 len, actual;
	void (*done)(struct usb_packet *p); /* after USB_ASYNC */
	void *opaque;
};

/* --- requests (9.3) --- */
struct usb_request {
	u8 type, request;
	u16 value, index, length;
};

enum usb_request_type {
	USB_TO_HOST = 0x80,
	USB_CLASS = 0x20,
	USB_VENDOR = 0x40,
	USB_INTERFACE = 0x01,
	USB_ENDPOINT = 0x02,
};

enum usb_standard_request {
	USB_GET_STATUS = 0,
	USB_CLEAR_FEATURE = 1,
	USB_SET_FEATURE = 3,
	USB_SET_ADDRESS = 5,
	USB_GET_DESCRIPTOR = 6,
	USB_SET_DESCRIPTOR = 7,
	USB_GET_CONFIGURATION = 8,
	USB_SET_CONFIGURATION = 9,
	USB_GET_INTERFACE = 10,
	USB_SET_INTERFACE = 11,
	USB_SET_SEL = 48,
	USB_SET_ISOCH_DELAY = 49,
};

enum usb_descriptor_type {
	USB_DT_DEVICE = 1,
	USB_DT_CONFIG = 2,
	USB_DT_STRING = 3,
	USB_DT_INTERFACE = 4,
	USB_DT_ENDPOINT = 5,
	USB_DT_QUALIFIER = 6,
	USB_DT_OTHER_SPEED = 7,
	USB_DT_BOS = 15,
	USB_DT_CAPABILITY = 16,
	USB_DT_HID = 0x21,
	USB_DT_REPORT = 0x22,
	USB_DT_HUB = 0x29,
	USB_DT_COMPANION = 0x30,
};

/* What a device is: the core answers GET_DESCRIPTOR from it. */
struct usb_description {
	u16 vendor, product, release;
	u8 device_class, device_protocol;
	const char *manufacturer, *name;
	u32 speeds; /* 1 << enum usb_speed */
	/* Configuration 1 with all that belongs to it, by speed; total length is filled in. */
	struct {
		const u8 *bytes;
		u32 len;
	} config[USB_SPEEDS];
};

/* --- devices --- */
struct usb_ops {
	/* A bus reset; also after power-on. */
	void (*reset)(struct usb_device *d);
	/* What the core does not know of. Bytes of data for the host, 0, or -1: stall. data has
	 * USB_CONTROL_MAX bytes, of which r->length came from the host. */
	int (*control)(struct usb_device *d, const struct usb_request *r, u8 *data);
	/* Any endpoint but 0; fills p->actual. */
	enum usb_status (*data)(struct usb_device *d, struct usb_packet *p);
	/* Returns when every event that is to come was posted; no packet is USB_ASYNC when those
	 * are handled. NULL: none ever is. */
	void (*quiesce)(struct usb_device *d);
	/* Of hubs, else NULL: a port, from 0; something was plugged in or out there. */
	struct usb_port *(*port)(struct usb_device *d, u32 number);
	void (*port_changed)(struct usb_device *d, struct usb_port *p);
};

/* Saved, in the state of every device. */
struct usb_device_state {
	u32 address, configuration, remote_wakeup, isoch_delay;
	u32 halted_in, halted_out; /* by endpoint */
	/* A control transfer in stages (usb_stage()). */
	u32 stage, at, len; /* len: of data */
	u8 setup[8];
	u8 data[USB_CONTROL_MAX];
};

struct usb_device {
	struct device dev;
	struct usb_bus *bus;   /* property */
	const char *port_path; /* property "port"; NULL: a free one */
	const char *serial;    /* NULL: it has none */
	const struct usb_ops *ops;
	const struct usb_description *description;
	struct usb_device_state *state;
	struct usb_port *port;
	u32 speed;		   /* enum usb_speed */
	u32 woken_in;		   /* endpoints; for the controller, which clears them */
	u32 woken_out;		   /* the same */
	u32 asleep_in, asleep_out; /* endpoints that said USB_NAK and nothing since */
};

#define USB_DEVICE_PROPS(type, field)                                                              \
	{"bus", "USB bus", PROP_POINTER, offsetof(type, field.bus), NULL},                         \
	{                                                                                          \
		"port", "of the bus, and of hubs on the way: 1 or 1.2", PROP_STRING,               \
			offsetof(type, field.port_path), NULL                                      \
	}

extern const struct state_table usb_device_state_table;

/* Puts the device on its bus; any thread, without work. */
int usb_attach(struct usb_device *d, const struct usb_ops *ops,
	       const struct usb_description *description, struct usb_device_state *state,
	       struct error *e);
void usb_detach(struct usb_device *d);
/* Has something for an endpoint that answered USB_NAK. */
void usb_wakeup(struct usb_device *d, u8 pid, u8 endpoint);
void usb_complete(struct usb_packet *p, enum usb_status status);

/* --- for controllers --- */
/* A whole control transfer; data has USB_CONTROL_MAX bytes. How many bytes it brought to the host,
 * or -1: stall. */
int usb_control(struct usb_device *d, const u8 setup[8], u8 *data);
/* A stage of a control transfer at endpoint 0. */
enum usb_status usb_stage(struct usb_device *d, struct usb_packet *p);
/* Endpoint 0 or any other; the status is in p, too. */
enum usb_status usb_submit(struct usb_device *d, struct usb_packet *p);
void usb_reset_device(struct usb_device *d);
/* By address, at enabled ports, behind hubs too; NULL: nobody has it. */
struct usb_device *usb_find(struct usb_bus *bus, u32 address);
/* What is plugged in there and at ports of hubs behind it: the route is a list of port numbers of
 * 4 bits each, the first in the lowest (xHCI 1.2, 8.9). */
struct usb_device *usb_route(struct usb_port *port, u32 route);

/* --- ports and buses --- */
struct usb_port {
	struct usb_bus *bus;
	struct usb_device *device; /* NULL: nothing is plugged in */
	struct usb_device *hub;	   /* that it belongs to; NULL: the controller */
	u32 index;		   /* from 0 */
	u32 speeds;		   /* that it understands */
	u32 depth;
	bool enabled; /* the controller's or hub's: packets reach the device */
	char path[USB_PATH_BYTES];
};

struct usb_bus_ops {
	/* Something was plugged in or out; also at a hub's port: that is port->hub's affair. */
	void (*attached)(struct usb_bus *bus, struct usb_port *port);
	void (*detached)(struct usb_bus *bus, struct usb_port *port, struct usb_device *d);
	/* All there is to do now. When to come again at the latest (os_clock_ns()), OS_FOREVER:
	 * when somebody calls usb_kick(); 0: at once, but let others have the lock. */
	u64 (*work)(struct usb_bus *bus);
	/* The machine runs on, or stands still from now on. */
	void (*run)(struct usb_bus *bus, bool running);
};

/* Something that happened outside of the bus's thread, to be looked at on it. */
struct usb_event {
	struct usb_event *next;
	void (*handle)(struct usb_event *e);
};

struct usb_bus {
	struct vm *vm;
	struct device *controller;
	const struct usb_bus_ops *ops;
	char name[32];
	u32 nr_ports;
	struct usb_port ports[USB_MAX_PORTS];
	struct os_mutex work, posted_lock;
	struct os_wake wake;
	struct os_thread thread;
	bool stop, running, started;
	bool pausing; /* quiesce() is for a machine that stops: as virtio.h has it */
	struct usb_event *posted, **posted_end;
};

/* dev: the controller's; ports all understand `speeds`. */
int usb_bus_init(struct usb_bus *bus, struct device *dev, const struct usb_bus_ops *ops,
		 u32 nr_ports, u32 speeds, struct error *e);
void usb_bus_destroy(struct usb_bus *bus);
void usb_hub_ports_init(struct usb_device *hub, struct usb_port *ports, u32 count, u32 speeds);
/* Any thread. */
void usb_kick(struct usb_bus *bus);
void usb_post(struct usb_bus *bus, struct usb_event *e);
/* Events posted so far are handled. */
void usb_bus_handle_posted(struct usb_bus *bus);
/* On return no packet is under way. */
void usb_bus_quiesce(struct usb_bus *bus);
/* All devices of a bus, those behind hubs too. */
typedef void usb_visit_fn(struct usb_device *d, void *opaque);
void usb_for_each(struct usb_bus *bus, usb_visit_fn *fn, void *opaque);

extern const struct device_class usb_xhci_class, usb_nec_xhci_class, usb_ohci_class;
extern const struct device_class usb_storage_class, usb_kbd_class, usb_mouse_class,
	usb_tablet_class, usb_hub_class;

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of the OHCI controller (Open Host Controller Interface 1.0a): usb_ohci.c has registers and
 * root hub, usb_ohci_list.c what is done in a frame. All under the bus's `work`.
 *
 * A frame lasts a millisecond of the machine's clock; its number follows from that clock. While
 * nothing goes on, several frames are looked after together. A transfer descriptor is one packet
 * for a device. One that a device keeps for longer ends before the frame in which the guest has
 * taken its endpoint out of the list begins, so that its memory is not touched after that.
 */
#ifndef DEVICE_USB_OHCI_H
#define DEVICE_USB_OHCI_H

#include "bus/pci.h"
#include "device/usb.h"

enum {
	OHCI_MAX_PORTS = 15,
	OHCI_UNDER_WAY = 8,
	OHCI_PIECES = 16, /* of a transfer descriptor's two pages */
};

enum ohci_control {
	OHCI_PERIODIC = 1 << 2,
	OHCI_CONTROL_LIST = 1 << 4,
	OHCI_BULK_LIST = 1 << 5,
	OHCI_FUNCTIONAL = 3 << 6,
	OHCI_RESUME = 1 << 6,
	OHCI_OPERATIONAL = 2 << 6,
	OHCI_SUSPEND = 3 << 6,
};

enum ohci_command {
	OHCI_RESET = 1 << 0,
	OHCI_CONTROL_FILLED = 1 << 1,
	OHCI_BULK_FILLED = 1 << 2,
};

enum ohci_interrupt {
	OHCI_DONE = 1 << 1,
	OHCI_FRAME_START = 1 << 2,
	OHCI_RESUMED = 1 << 3,
	OHCI_ERROR = 1 << 4,
	OHCI_OVERFLOW = 1 << 5,
	OHCI_HUB_CHANGED = 1 << 6,
};
#define OHCI_MASTER_ENABLE (1u << 31)

/* Saved. */
struct ohci_state {
	u32 control, command, interrupts, enabled;
	u32 hcca, periodic_current;
	u32 control_head, control_current, bulk_head, bulk_current;
	u32 done_head, done_wait; /* frames until it is handed over; 7: nothing is urgent */
	u32 interval, periodic_start, low_threshold;
	u32 hub_a, hub_b, hub_status;
	u32 ports[OHCI_MAX_PORTS];
	u32 frame;    /* number of the current one */
	u64 frame_ns; /* when it began */
	u32 dead;
	u32 pad;
};

struct ohci;
struct ohci_transfer {
	struct ohci *ohci;
	struct usb_packet packet;
	struct iovec iov[OHCI_PIECES];
	u32 ed, td;
	bool used, in;
};

struct ohci {
	struct pci_device pci;
	struct usb_bus bus;
	u32 nr_ports; /* property */
	bool kicked;  /* a list was filled */
	struct ohci_transfer transfers[OHCI_UNDER_WAY];
	struct ohci_state state;
};

/* --- usb_ohci.c --- */
void ohci_raise(struct ohci *o, u32 interrupts);
/* The guest's memory cannot be reached, or makes no sense. */
void ohci_die(struct ohci *o);

/* --- usb_ohci_list.c --- */
/* As struct usb_bus_ops's work(). */
u64 ohci_work(struct usb_bus *bus);

#endif

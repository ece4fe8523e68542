/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of the xHCI controllers (eXtensible Host Controller Interface 1.2, sections named in
 * brackets below). usb_xhci.c has the registers, usb_xhci_port.c the root hub, usb_xhci_ring.c
 * event rings, usb_xhci_slot.c commands and contexts, usb_xhci_transfer.c what doorbells of devices
 * ask for, usb_xhci_state.c what is saved.
 *
 * All under the bus's `work`; a doorbell is a bit and a wake-up, without any lock. While the
 * machine stands still the endpoints' places stand in the guest's contexts, which the controller
 * owns then (4.5.2), and saved state has registers and slots only.
 *
 * What stands in the guest's memory may change under our eyes: it is read once and checked then.
 */
#ifndef DEVICE_USB_XHCI_H
#define DEVICE_USB_XHCI_H

#include "bus/pci.h"
#include "device/usb.h"

enum {
	XHCI_MAX_SLOTS = 64,
	XHCI_MAX_INTERRUPTERS = 16,
	XHCI_MAX_PORTS = 2 * 15,
	XHCI_ENDPOINTS = 31,  /* 1: control; 2n: n out; 2n + 1: n in */
	XHCI_MAX_TRBS = 2048, /* of a transfer */
	XHCI_MAX_LINKS = 32,  /* one after the other */
	XHCI_MAX_PIECES = 8192,
	XHCI_TRB_BYTES = 16,
	XHCI_PORT_BYTES = 16,	   /* of registers */
	XHCI_PORT_CHANGE = 1 << 4, /* USBSTS */
	XHCI_CONTEXT_BYTES = 32,
};

/* [6.4.6] */
enum xhci_trb_type {
	TRB_NORMAL = 1,
	TRB_SETUP,
	TRB_DATA,
	TRB_STATUS,
	TRB_ISOCH,
	TRB_LINK,
	TRB_EVENT_DATA,
	TRB_NO_OP,
	TRB_ENABLE_SLOT,
	TRB_DISABLE_SLOT,
	TRB_ADDRESS_DEVICE,
	TRB_CONFIGURE_ENDPOINT,
	TRB_EVALUATE_CONTEXT,
	TRB_RESET_ENDPOINT,
	TRB_STOP_ENDPOINT,
	TRB_SET_DEQUEUE,
	TRB_RESET_DEVICE,
	TRB_FORCE_EVENT,
	TRB_NEGOTIATE_BANDWIDTH,
	TRB_SET_LATENCY,
	TRB_GET_BANDWIDTH,
	TRB_FORCE_HEADER,
	TRB_COMMAND_NO_OP,
	TRB_TRANSFER_EVENT = 32,
	TRB_COMMAND_EVENT,
	TRB_PORT_EVENT,
	TRB_HOST_EVENT = 37,
	TRB_NEC_EVENT = 48,
	TRB_NEC_FIRMWARE,
};

enum xhci_trb_bit {
	TRB_CYCLE = 1 << 0,
	TRB_TOGGLE = 1 << 1, /* of a link */
	TRB_SHORT_EVENT = 1 << 2,
	TRB_CHAIN = 1 << 4,
	TRB_EVENT = 1 << 5,
	TRB_IMMEDIATE = 1 << 6,
	TRB_BLOCK_ADDRESS = 1 << 9,
	TRB_DECONFIGURE = 1 << 9,
	TRB_IN = 1 << 16,
	TRB_EVENT_IS_DATA = 1 << 2, /* of a transfer event */
};

/* [6.4.5] */
enum xhci_code {
	CC_NONE,
	CC_SUCCESS,
	CC_BUFFER_ERROR,
	CC_BABBLE,
	CC_TRANSACTION_ERROR,
	CC_TRB_ERROR,
	CC_STALL,
	CC_RESOURCE_ERROR,
	CC_NO_SLOTS = 9,
	CC_SLOT_NOT_ENABLED = 11,
	CC_ENDPOINT_NOT_ENABLED,
	CC_SHORT_PACKET,
	CC_PARAMETER_ERROR = 17,
	CC_CONTEXT_STATE = 19,
	CC_RING_FULL = 21,
	CC_COMMAND_RING_STOPPED = 24,
	CC_STOPPED = 26,
};

struct xhci_trb {
	u64 parameter;
	u32 status, control;
	u64 addr; /* where it stands */
};

enum xhci_endpoint_state { EP_DISABLED, EP_RUNNING, EP_HALTED, EP_STOPPED, EP_ERROR };

enum xhci_slot_status { SLOT_DISABLED, SLOT_DEFAULT, SLOT_ADDRESSED, SLOT_CONFIGURED };

/* A transfer that was handed to a device; one of an endpoint at a time. */
struct xhci_transfer {
	struct usb_packet packet;
	struct xhci_trb *trbs;
	u32 count, room;
	struct iovec *iov;
	int niov, iov_room;
	u64 next; /* behind it */
	u32 next_cycle;
	bool in; /* to the guest's memory */
};

struct xhci_endpoint {
	u32 type; /* [6.2.3]: 1 to 7 */
	u32 state;
	u64 dequeue;
	u32 cycle;
	u32 kicked;			/* atomic */
	bool busy;			/* transfer is at the device */
	bool waiting;			/* the device said USB_NAK to it */
	struct xhci_transfer *transfer; /* NULL: there never was one */
	struct xhci *xhci;
	u32 slot, id;
};

/* Saved. */
struct xhci_slot_state {
	u64 context; /* the guest's device context */
	u32 enabled, status, port, route;
};

struct xhci_slot {
	struct usb_device *device;			    /* NULL: it is gone */
	struct xhci_endpoint endpoints[XHCI_ENDPOINTS + 1]; /* by id */
};

/* Saved. */
struct xhci_interrupter {
	u64 table, dequeue; /* ERSTBA, ERDP */
	u64 start;	    /* of the segment */
	u32 management, moderation, table_size;
	u32 size, enqueue, cycle; /* of the segment: TRBs, where the next event goes */
	u32 full, pad;
};

/* Saved. */
struct xhci_port_state {
	u32 status; /* PORTSC without what follows from who is plugged in */
	u32 power;  /* PORTPMSC */
};

struct xhci_state {
	u32 command, status, notify, config;
	u64 command_ring; /* where the next command stands */
	u32 command_cycle, command_running;
	u32 command_low, command_fresh; /* CRCR: its low half; nothing was fetched since */
	u64 contexts;			/* DCBAAP */
	struct xhci_interrupter interrupters[XHCI_MAX_INTERRUPTERS];
	struct xhci_port_state ports[XHCI_MAX_PORTS];
	struct xhci_slot_state slots[XHCI_MAX_SLOTS + 1];
};

struct xhci {
	struct pci_device pci;
	struct usb_bus bus;
	u32 p2, p3, nr_interrupters, nr_slots; /* properties */
	u32 msi, msix;			       /* enum device_auto */
	bool nec;
	bool loaded;	    /* endpoints are to be taken from the guest's contexts */
	u32 command_kicked; /* atomic */
	u32 slots_kicked[XHCI_MAX_SLOTS / 32 + 1]; /* atomic */
	struct xhci_slot slots[XHCI_MAX_SLOTS + 1];
	struct xhci_state state;
};

static inline u32 trb_type(const struct xhci_trb *t)
{
	return t->control >> 10 & 63;
}

static inline struct xhci *xhci_of_bus(struct usb_bus *bus)
{
	return container_of(bus, struct xhci, bus);
}

static inline void xhci_set_half(u64 *field, u32 value, bool high)
{
	*field = high ? (u32)*field | (u64)value << 32 : (*field >> 32 << 32) | value;
}

/* --- usb_xhci.c --- */
/* Something of ours does not work with what the guest gave us [4.24.1]. */
void xhci_die(struct xhci *x);
bool xhci_running(const struct xhci *x);

/* --- usb_xhci_port.c --- */
/* Of a root port, numbered from 1; NULL: nobody, or not with a speed of that port. */
struct usb_device *xhci_port_device(struct xhci *x, u32 port);
struct usb_port *xhci_port(struct xhci *x, u32 port);
void xhci_ports_reset(struct xhci *x);
/* Offsets from the first port's registers. */
u32 xhci_port_load(const struct xhci *x, u64 offset);
void xhci_port_store(struct xhci *x, u64 offset, u32 value);
void xhci_attached(struct usb_bus *bus, struct usb_port *p);
void xhci_detached(struct usb_bus *bus, struct usb_port *p, struct usb_device *d);

/* --- usb_xhci_state.c --- */
extern const struct state_table xhci_qemu_table, xhci_nec_table;

/* --- usb_xhci_ring.c --- */
void xhci_event(struct xhci *x, u32 interrupter, u64 parameter, u32 status, u32 control);
void xhci_interrupt_update(struct xhci *x);
/* Offsets from the first interrupter's registers. */
u32 xhci_interrupter_load(const struct xhci *x, u64 offset);
void xhci_interrupter_store(struct xhci *x, u64 offset, u32 value);
/* The TRB at *addr, after links: 1; 0: the guest still has it; -errno after links without end or
 * an address that cannot be read. *addr and *cycle go on behind it. */
int xhci_fetch(struct xhci *x, u64 *addr, u32 *cycle, struct xhci_trb *t);
int xhci_load(struct xhci *x, u64 addr, u32 *words, u32 count);
int xhci_store(struct xhci *x, u64 addr, const u32 *words, u32 count);

/* --- usb_xhci_slot.c --- */
/* Up to `limit` commands; true: there may be more. */
bool xhci_commands(struct xhci *x, u32 limit);
void xhci_slots_reset(struct xhci *x);
/* Before the machine stands still; after a saved one was loaded. */
void xhci_slots_flush(struct xhci *x);
void xhci_slots_load(struct xhci *x);
void xhci_slots_detached(struct xhci *x, struct usb_device *d);
/* [4.8.3] */
void xhci_set_endpoint_state(struct xhci_endpoint *ep, enum xhci_endpoint_state state);

/* --- usb_xhci_transfer.c --- */
/* What stands on an endpoint's ring, up to `limit` transfers; true: there may be more. */
bool xhci_transfers(struct xhci_endpoint *ep, u32 limit);
/* The endpoint's transfer is no longer one: an event says so if it had begun. Nothing of it is at
 * the device any more. */
void xhci_transfer_stop(struct xhci_endpoint *ep, bool report);
void xhci_transfer_free(struct xhci_endpoint *ep);

#endif

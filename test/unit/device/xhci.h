/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A driver of an xHCI controller, just enough for tests: rings at fixed places in guest memory,
 * real addresses, one device. Work is done by calling it, not by the bus's thread, which sleeps as
 * long as the machine does. */
#ifndef TEST_UNIT_DEVICE_XHCI_H
#define TEST_UNIT_DEVICE_XHCI_H

#include "../machine/board.h"
#include "device/registry.h"
#include "device/usb_xhci.h"
#include "host/block.h"

enum {
	X_CONTEXTS = 0x100000,
	X_COMMANDS = 0x101000,
	X_EVENTS = 0x102000,
	X_TABLE = 0x103000,
	X_INPUT = 0x104000,
	X_DEVICE = 0x105000,
	X_RINGS = 0x110000, /* one of 4 KiB for each endpoint */
	X_DATA = 0x200000,
	X_RING_TRBS = 64,
};

struct xdriver {
	struct vm *vm;
	struct xhci *x;
	const struct usb_bus_ops *ops;	 /* where the bus has others */
	u64 enqueue[XHCI_ENDPOINTS + 1]; /* 0: commands */
	u32 cycle[XHCI_ENDPOINTS + 1];
	u64 event;
	u32 event_cycle;
};

static inline struct device *usb_add(struct vm *vm, const char *cls, struct block *b,
				     struct error *e)
{
	const struct device_class *c = device_class_find(cls);
	struct device *d = device_new(vm, c);
	struct device_bus *bus = device_bus_find(vm, c->bus_type, NULL);

	device_set_pointer(d, "bus", bus->bus);
	if (b)
		device_set_pointer(d, "drive", b);
	return device_realize(d, e) ? NULL : d;
}

static inline u32 x_load(struct xdriver *d, u64 offset)
{
	struct pci_region *r = &d->x->pci.bars[0].regions[offset >= 0x2000];

	return (u32)r->ops->read(r->opaque, 0, offset - r->offset, 4);
}

static inline void x_store(struct xdriver *d, u64 offset, u32 value)
{
	struct pci_region *r = &d->x->pci.bars[0].regions[offset >= 0x2000];

	r->ops->write(r->opaque, 0, offset - r->offset, 4, value);
}

static inline void x_store64(struct xdriver *d, u64 offset, u64 value)
{
	x_store(d, offset, (u32)value);
	x_store(d, offset + 4, (u32)(value >> 32));
}

/* Everything that the controller has to do now; disks are waited for. */
static inline void x_work(struct xdriver *d)
{
	struct usb_bus *bus = &d->x->bus;

	os_mutex_lock(&bus->work);
	for (u32 i = 0; i < 6; i++) {
		(d->ops ? d->ops : bus->ops)->work(bus);
		usb_bus_quiesce(bus);
	}
	os_mutex_unlock(&bus->work);
}

static inline void x_words(struct xdriver *d, u64 addr, const u32 *w, u32 n)
{
	u8 raw[64];

	for (u32 i = 0; i < n; i++)
		st_le32(raw + 4 * i, w[i]);
	vm_mem_write(d->vm, addr, raw, 4ull * n);
}

static inline u32 x_word(struct xdriver *d, u64 addr)
{
	u8 raw[4] = {0};

	vm_mem_read(d->vm, addr, raw, 4);
	return ld_le32(raw);
}

static inline u64 x_ring(u32 id)
{
	return id ? X_RINGS + 0x1000ull * id : X_COMMANDS;
}

/* Returns where it stands. */
static inline u64 x_put(struct xdriver *d, u32 id, u64 parameter, u32 status, u32 control)
{
	u64 at = d->enqueue[id];
	u32 w[4] = {(u32)parameter, (u32)(parameter >> 32), status, control | d->cycle[id]};

	x_words(d, at, w, 4);
	d->enqueue[id] += 16;
	if (d->enqueue[id] == x_ring(id) + 16 * (X_RING_TRBS - 1)) {
		u32 link[4] = {(u32)x_ring(id), 0, 0, TRB_LINK << 10 | TRB_TOGGLE | d->cycle[id]};

		if (control & TRB_CHAIN)
			link[3] |= TRB_CHAIN;
		x_words(d, d->enqueue[id], link, 4);
		d->enqueue[id] = x_ring(id);
		d->cycle[id] ^= 1;
	}
	return at;
}

/* The next event's words; false: there is none. */
static inline bool x_event(struct xdriver *d, u32 *w)
{
	for (u32 i = 0; i < 4; i++)
		w[i] = x_word(d, d->event + 4 * i);
	if ((w[3] & 1) != d->event_cycle)
		return false;
	d->event += 16;
	if (d->event == X_EVENTS + 16 * X_RING_TRBS) {
		d->event = X_EVENTS;
		d->event_cycle ^= 1;
	}
	x_store64(d, 0x1038, d->event | 8);
	return true;
}

static inline void x_ring_reset(struct xdriver *d, u32 id)
{
	vm_mem_fill(d->vm, x_ring(id), 0, 0x1000);
	d->enqueue[id] = x_ring(id);
	d->cycle[id] = 1;
}

/* The controller runs. */
static inline void x_start(struct xdriver *d)
{
	u32 entry[4] = {X_EVENTS, 0, X_RING_TRBS, 0};

	vm_mem_fill(d->vm, X_CONTEXTS, 0, 0x6000);
	x_store(d, 0x40, 2);
	for (u32 i = 0; i < 8; i++)
		x_ring_reset(d, i);
	d->event = X_EVENTS;
	d->event_cycle = 1;
	x_words(d, X_TABLE, entry, 4);
	x_store(d, 0x78, 8);
	x_store64(d, 0x70, X_CONTEXTS);
	x_store64(d, 0x58, X_COMMANDS | 1);
	x_store(d, 0x1028, 1);
	x_store64(d, 0x1038, X_EVENTS);
	x_store64(d, 0x1030, X_TABLE);
	x_store(d, 0x1020, 2);
	x_store(d, 0x40, 5);
}

/* The code of a command's answer; *slot: in it. */
static inline u32 x_command(struct xdriver *d, u64 parameter, u32 control, u32 *slot)
{
	u64 at = x_put(d, 0, parameter, 0, control);
	u32 w[4];

	x_store(d, 0x2000, 0);
	x_work(d);
	while (x_event(d, w))
		if ((w[3] >> 10 & 63) == TRB_COMMAND_EVENT && w[0] == (u32)at) {
			if (slot)
				*slot = w[3] >> 24;
			return w[2] >> 24;
		}
	return 0;
}

/* The code of a transfer's first event, or 0; *rest: bytes that did not move. */
static inline u32 x_transfer_event(struct xdriver *d, u32 id, u32 *rest)
{
	u32 w[4];

	x_store(d, 0x2004, id);
	x_work(d);
	while (x_event(d, w))
		if ((w[3] >> 10 & 63) == TRB_TRANSFER_EVENT && (w[3] >> 16 & 31) == id) {
			if (rest)
				*rest = w[2] & 0xffffff;
			return w[2] >> 24;
		}
	return 0;
}

static inline u32 x_bulk(struct xdriver *d, u32 id, u64 addr, u32 len, u32 *rest)
{
	x_put(d, id, addr, len, TRB_NORMAL << 10 | TRB_EVENT | TRB_SHORT_EVENT);
	return x_transfer_event(d, id, rest);
}

/* Data at X_DATA. */
static inline u32 x_control(struct xdriver *d, u8 type, u8 request, u16 value, u16 index, u16 len)
{
	u8 setup[8] = {type, request};
	bool in = type & 0x80;

	st_le16(setup + 2, value);
	st_le16(setup + 4, index);
	st_le16(setup + 6, len);
	x_put(d, 1, ld_le64(setup), 8, TRB_SETUP << 10 | TRB_IMMEDIATE);
	if (len)
		x_put(d, 1, X_DATA, len, TRB_DATA << 10 | (in ? TRB_IN : 0));
	x_put(d, 1, 0, 0, TRB_STATUS << 10 | TRB_EVENT | (in && len ? 0 : TRB_IN));
	return x_transfer_event(d, 1, NULL);
}

static inline void x_endpoint(struct xdriver *d, u32 id, u32 type, u32 packet)
{
	u32 w[5] = {0, 3 << 1 | type << 3 | packet << 16, (u32)x_ring(id) | 1, 0, 8};

	x_ring_reset(d, id);
	x_words(d, X_INPUT + 32ull * (id + 1), w, 5);
}

/* Slot 1 for what is at the port. */
static inline u32 x_address(struct xdriver *d, u32 port)
{
	u32 flags[2] = {0, 3}, slot[4] = {1 << 27, port << 16}, table[2] = {X_DEVICE, 0}, n = 0;
	u32 code = x_command(d, 0, TRB_ENABLE_SLOT << 10, &n);

	if (code != CC_SUCCESS || n != 1)
		return 0;
	x_words(d, X_CONTEXTS + 8, table, 2);
	vm_mem_fill(d->vm, X_INPUT, 0, 0x1000);
	x_words(d, X_INPUT, flags, 2);
	x_words(d, X_INPUT + 32, slot, 4);
	x_endpoint(d, 1, 4, 64);
	return x_command(d, X_INPUT, TRB_ADDRESS_DEVICE << 10 | 1 << 24, NULL);
}

/* Endpoints by id with their types. */
static inline u32 x_configure(struct xdriver *d, u32 a, u32 type_a, u32 b, u32 type_b)
{
	u32 flags[2] = {0, 1 | 1u << a | 1u << b};

	x_words(d, X_INPUT, flags, 2);
	x_endpoint(d, a, type_a, 512);
	x_endpoint(d, b, type_b, 512);
	return x_command(d, X_INPUT, TRB_CONFIGURE_ENDPOINT << 10 | 1 << 24, NULL);
}

#endif

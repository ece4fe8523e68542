/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A driver of an OHCI controller, just enough for tests: real addresses, one control endpoint and
 * two others. Frames pass when their time has come: tests set the clock. */
#ifndef TEST_UNIT_DEVICE_OHCI_H
#define TEST_UNIT_DEVICE_OHCI_H

#include "device/usb_ohci.h"
#include "xhci.h"

enum {
	O_HCCA = 0x300000,
	O_EDS = 0x300200, /* 16 bytes each; 0: control, 1, 2: bulk or interrupt */
	O_TDS = 0x301000, /* 256 bytes of them for each */
	O_DATA = 0x310000,
	O_SETUP = 0x30f000,
	O_ED_TDS = 16,
	O_ALL_ROUNDED = 1 << 18,
};

struct odriver {
	struct vm *vm;
	struct ohci *o;
	u32 filled[3]; /* descriptors put since the ring was made */
};

static inline u32 o_load(struct odriver *d, u64 offset)
{
	struct pci_bar *b = &d->o->pci.bars[0];

	return (u32)b->regions[0].ops->read(b->regions[0].opaque, 0, offset, 4);
}

static inline void o_store(struct odriver *d, u64 offset, u32 value)
{
	struct pci_bar *b = &d->o->pci.bars[0];

	b->regions[0].ops->write(b->regions[0].opaque, 0, offset, 4, value);
}

static inline u32 o_word(struct odriver *d, u64 addr)
{
	u8 raw[4] = {0};

	vm_mem_read(d->vm, addr, raw, 4);
	return ld_le32(raw);
}

static inline void o_words(struct odriver *d, u64 addr, const u32 *w, u32 n)
{
	u8 raw[16];

	for (u32 i = 0; i < n; i++)
		st_le32(raw + 4 * i, w[i]);
	vm_mem_write(d->vm, addr, raw, 4ull * n);
}

/* Some frames pass. */
static inline void o_work(struct odriver *d, u32 frames)
{
	struct usb_bus *bus = &d->o->bus;

	os_mutex_lock(&bus->work);
	for (u32 i = 0; i < frames; i++) {
		u64 now = vm_clock_ns(&d->vm->clock);

		d->o->state.frame_ns = now - 1000000;
		bus->ops->work(bus);
		usb_bus_handle_posted(bus);
	}
	os_mutex_unlock(&bus->work);
}

static inline u64 o_td(u32 ed, u32 n)
{
	return O_TDS + 256ull * ed + 16 * (n % O_ED_TDS);
}

static inline void o_ed(struct odriver *d, u32 ed, u32 flags, u32 next)
{
	u32 w[4] = {flags, (u32)o_td(ed, 0), (u32)o_td(ed, 0), next};

	d->filled[ed] = 0;
	o_words(d, O_EDS + 16ull * ed, w, 4);
}

/* flags: direction, rounding. */
static inline u32 o_put(struct odriver *d, u32 ed, u32 flags, u32 addr, u32 len)
{
	u32 at = (u32)o_td(ed, d->filled[ed]), next = (u32)o_td(ed, ++d->filled[ed]);
	u32 w[4] = {flags | 15u << 28, len ? addr : 0, next, len ? addr + len - 1 : 0};

	o_words(d, at, w, 4);
	o_words(d, O_EDS + 16ull * ed + 4, &next, 1);
	return at;
}

/* The condition code that a descriptor ended with; 15: it has not. */
static inline u32 o_code(struct odriver *d, u32 td)
{
	return o_word(d, td) >> 28;
}

static inline void o_start(struct odriver *d)
{
	vm_mem_fill(d->vm, O_HCCA, 0, 0xf000);
	vm_clock_set(&d->vm->clock, 10000000000); /* it stands still there */
	o_store(d, 0x08, 1);
	o_store(d, 0x18, O_HCCA);
	o_ed(d, 0, 64 << 16, 0);
	o_store(d, 0x20, O_EDS);
	o_store(d, 0x04, 2 << 6 | 1 << 2 | 1 << 4 | 1 << 5);
	o_store(d, 0x54, 1 << 4);
}

/* A whole control transfer; data at O_DATA. The worst code of its stages. */
static inline u32 o_control(struct odriver *d, u8 type, u8 request, u16 value, u16 index, u16 len)
{
	u8 setup[8] = {type, request};
	bool in = type & 0x80;
	u32 td[3], worst = 0;

	st_le16(setup + 2, value);
	st_le16(setup + 4, index);
	st_le16(setup + 6, len);
	vm_mem_write(d->vm, O_SETUP, setup, 8);
	td[0] = o_put(d, 0, 0, O_SETUP, 8);
	td[1] = len ? o_put(d, 0, O_ALL_ROUNDED | (in ? 2u : 1u) << 19, O_DATA, len) : td[0];
	td[2] = o_put(d, 0, (in && len ? 1u : 2u) << 19, 0, 0);
	o_store(d, 0x08, 2);
	o_work(d, 2);
	for (u32 i = 0; i < 3; i++)
		worst = o_code(d, td[i]) > worst ? o_code(d, td[i]) : worst;
	return worst;
}

#endif

// SPDX-License-Identifier: GPL-2.0-or-later
/* OHCI: frames, endpoint and transfer descriptors (4, 6). Lists come from the guest: walks end
 * after a number of steps that no driver needs. */
#include <errno.h>

#include "base/endian.h"
#include "base/log.h"
#include "device/usb_ohci.h"
#include "vm/vm.h"

enum {
	FRAME_NS = 1000000,
	LAZY_FRAMES = 8,     /* at a time, while nothing goes on */
	MAX_FRAMES = 32,     /* that are caught up with */
	MAX_ENDPOINTS = 256, /* of a list */
	MAX_TRANSFERS = 32,  /* of an endpoint in a frame */
	PAGE = 4096,

	HCCA_FRAME = 0x80,
	HCCA_DONE = 0x84,

	ED_SKIP = 1 << 14,
	ED_ISOCH = 1 << 15,
	ED_HALTED = 1 << 0,
	ED_CARRY = 1 << 1,

	TD_ROUNDING = 1 << 18,
	TD_NO_INTERRUPT = 7,

	CC_OK = 0,
	CC_STALL = 4,
	CC_NO_ANSWER = 5,
	CC_OVERRUN = 8,
	CC_UNDERRUN = 9,
};

struct ed {
	u32 flags, tail, head, next;
};

struct td {
	u32 flags, at, next, end;
};

/* --- memory --- */
static int load4(struct ohci *o, u32 addr, u32 *w)
{
	u8 raw[16];

	if (dma_read(&o->pci.dma, addr, raw, sizeof(raw))) {
		ohci_die(o);
		return -EFAULT;
	}
	for (u32 i = 0; i < 4; i++)
		w[i] = ld_le32(raw + 4 * i);
	return 0;
}

static int load_ed(struct ohci *o, u32 addr, struct ed *e)
{
	u32 w[4];

	if (load4(o, addr, w))
		return -EFAULT;
	*e = (struct ed){w[0], w[1], w[2], w[3]};
	return 0;
}

static int load_td(struct ohci *o, u32 addr, struct td *t)
{
	u32 w[4];

	if (load4(o, addr, w))
		return -EFAULT;
	*t = (struct td){w[0], w[1], w[2], w[3]};
	return 0;
}

static int store(struct ohci *o, u32 addr, u32 value)
{
	if (!dma_st32_le(&o->pci.dma, addr, value))
		return 0;
	ohci_die(o);
	return -EFAULT;
}

/* --- transfer descriptors (4.3.1) --- */
/* Bytes, or -1: more than two pages. */
static s32 length(const struct td *t)
{
	u32 n;

	if (!t->at)
		return 0;
	if ((t->at ^ t->end) & ~(PAGE - 1u))
		n = (t->end & (PAGE - 1)) + 1 + PAGE - (t->at & (PAGE - 1));
	else
		n = t->end - t->at + 1;
	return n > 2 * PAGE ? -1 : (s32)n;
}

static u32 direction(const struct ed *e, const struct td *t)
{
	static const u32 pids[] = {USB_PID_SETUP, USB_PID_OUT, USB_PID_IN, 0};
	u32 d = e->flags >> 11 & 3;

	return pids[d == 1 || d == 2 ? d : t->flags >> 19 & 3];
}

static int map_piece(struct ohci_transfer *t, u32 addr, u32 len)
{
	struct usb_packet *p = &t->packet;

	while (len) {
		u64 n = len;
		void *at = dma_map(&t->ohci->pci.dma, addr, &n, t->in);

		if (!at || p->niov == OHCI_PIECES)
			return -EFAULT;
		t->iov[p->niov++] = (struct iovec){at, n};
		addr += (u32)n;
		len -= (u32)n;
	}
	return 0;
}

static int map(struct ohci_transfer *t, const struct td *td, u32 len)
{
	u32 first = PAGE - (td->at & (PAGE - 1));

	first = len < first ? len : first;
	t->packet.iov = t->iov;
	t->packet.niov = 0;
	t->packet.len = len;
	if (map_piece(t, td->at, first) || map_piece(t, td->end & ~(PAGE - 1u), len - first)) {
		ohci_die(t->ohci);
		return -EFAULT;
	}
	return 0;
}

/* Out of its endpoint's list and to the front of the done queue. */
static void retire(struct ohci *o, u32 ed, struct ed *e, u32 addr, struct td *t, u32 cc)
{
	struct ohci_state *s = &o->state;
	u32 wait = t->flags >> 21 & 7, carry = e->head & ED_CARRY ? 0 : ED_CARRY;

	t->flags = (t->flags & 0x03ffffff) | cc << 28;
	if (cc)
		wait = 0;
	e->head = (t->next & ~15u) | carry | (cc ? ED_HALTED : 0);
	if (store(o, addr, t->flags) || store(o, addr + 4, t->at) ||
	    store(o, addr + 8, s->done_head) || store(o, ed + 8, e->head))
		return;
	s->done_head = addr;
	if (wait < s->done_wait)
		s->done_wait = wait;
}

static u32 code_of(enum usb_status status, const struct td *t, const struct usb_packet *p)
{
	switch (status) {
	case USB_OK:
		return p->actual == p->len || t->flags & TD_ROUNDING ? CC_OK : CC_UNDERRUN;
	case USB_STALL:
		return CC_STALL;
	case USB_BABBLE:
		return CC_OVERRUN;
	default:
		return CC_NO_ANSWER;
	}
}

static void finish(struct ohci_transfer *x, struct ed *e, struct td *t, enum usb_status status)
{
	const struct usb_packet *p = &x->packet;
	u32 at = t->at + (u32)p->actual;

	for (int i = 0; x->in && i < p->niov; i++)
		dma_unmap(&x->ohci->pci.dma, x->iov[i].iov_base, x->iov[i].iov_len, true);
	if (p->actual == p->len)
		t->at = 0;
	else if ((t->at & (PAGE - 1)) + p->actual >= PAGE)
		t->at = (t->end & ~(PAGE - 1u)) | (at & (PAGE - 1));
	else
		t->at = at;
	retire(x->ohci, x->ed, e, x->td, t, code_of(status, t, p));
}

/* A device is done with what it kept; nothing if the guest has taken it back. */
static void packet_done(struct usb_packet *p)
{
	struct ohci_transfer *x = p->opaque;
	struct ohci *o = x->ohci;
	struct ed e;
	struct td t;

	x->used = false;
	o->kicked = true;
	usb_kick(&o->bus);
	if (o->state.dead || load_ed(o, x->ed, &e) || load_td(o, x->td, &t))
		return;
	if ((e.head & ~15u) == x->td)
		finish(x, &e, &t, (enum usb_status)p->status);
}

static struct ohci_transfer *find_transfer(struct ohci *o, u32 ed)
{
	for (u32 i = 0; i < OHCI_UNDER_WAY; i++)
		if (o->transfers[i].used && o->transfers[i].ed == ed)
			return &o->transfers[i];
	return NULL;
}

static struct ohci_transfer *new_transfer(struct ohci *o)
{
	for (u32 i = 0; i < OHCI_UNDER_WAY; i++)
		if (!o->transfers[i].used)
			return &o->transfers[i];
	return NULL;
}

/* The first descriptor of an endpoint; true: it is done. */
static bool run_td(struct ohci *o, u32 ed, struct ed *e)
{
	struct ohci_transfer *x = new_transfer(o);
	u32 pid, addr = e->head & ~15u;
	enum usb_status status = USB_GONE;
	struct usb_device *d;
	struct td t;
	s32 len;

	if (!x || load_td(o, addr, &t))
		return false;
	len = length(&t);
	pid = direction(e, &t);
	if (len < 0 || !pid) {
		log_printf(LOG_GUEST, "ohci: descriptor 0x%x makes no sense\n", addr);
		ohci_die(o);
		return false;
	}
	*x = (struct ohci_transfer){.ohci = o, .ed = ed, .td = addr, .in = pid == USB_PID_IN};
	x->packet.pid = (u8)pid;
	x->packet.endpoint = e->flags >> 7 & 15;
	x->packet.done = packet_done;
	x->packet.opaque = x;
	if (map(x, &t, (u32)len))
		return false;
	d = usb_find(&o->bus, e->flags & 127);
	if (d)
		status = usb_submit(d, &x->packet);
	if (status == USB_NAK)
		return false;
	x->used = status == USB_ASYNC;
	if (status != USB_ASYNC && !o->state.dead)
		finish(x, e, &t, status);
	return status != USB_ASYNC && !o->state.dead;
}

/* --- lists --- */
static bool runnable(const struct ed *e)
{
	return !(e->flags & (ED_SKIP | ED_ISOCH)) && !(e->head & ED_HALTED) &&
	       (e->head & ~15u) != (e->tail & ~15u);
}

/* True: something is there to be done. */
static bool run_list(struct ohci *o, u32 head, u32 limit)
{
	bool active = false;
	u32 at = head & ~15u;

	for (u32 i = 0; at && i < MAX_ENDPOINTS && !o->state.dead; i++) {
		struct ed e;

		if (load_ed(o, at, &e))
			return false;
		active |= runnable(&e);
		for (u32 n = 0; n < limit && runnable(&e) && !find_transfer(o, at); n++) {
			if (!run_td(o, at, &e))
				break;
			/* the guest may have appended some */
			if (load_ed(o, at, &e))
				return false;
		}
		at = e.next & ~15u;
	}
	return active;
}

static bool run_queues(struct ohci *o)
{
	struct ohci_state *s = &o->state;
	bool control = s->control & OHCI_CONTROL_LIST && s->command & OHCI_CONTROL_FILLED;
	bool bulk = s->control & OHCI_BULK_LIST && s->command & OHCI_BULK_FILLED;

	o->kicked = false;
	if (control && !run_list(o, s->control_head, MAX_TRANSFERS))
		s->command &= ~(u32)OHCI_CONTROL_FILLED;
	if (bulk && !run_list(o, s->bulk_head, MAX_TRANSFERS))
		s->command &= ~(u32)OHCI_BULK_FILLED;
	return control || bulk;
}

static bool run_periodic(struct ohci *o, u32 frame)
{
	u32 head;

	if (!(o->state.control & OHCI_PERIODIC))
		return false;
	if (dma_ld32_le(&o->pci.dma, o->state.hcca + 4 * (frame & 31), &head)) {
		ohci_die(o);
		return false;
	}
	return run_list(o, head, 1);
}

/* --- frames --- */
/* Descriptors that the guest has taken out of its lists end before the next frame. */
static void recall(struct ohci *o)
{
	for (u32 i = 0; i < OHCI_UNDER_WAY; i++) {
		struct ohci_transfer *x = &o->transfers[i];
		struct ed e;

		if (!x->used)
			continue;
		if (load_ed(o, x->ed, &e) || !runnable(&e) || (e.head & ~15u) != x->td)
			usb_bus_quiesce(&o->bus);
	}
}

static void hand_over(struct ohci *o)
{
	struct ohci_state *s = &o->state;
	u32 head = s->done_head;

	if (!head || s->interrupts & OHCI_DONE || s->done_wait)
		return;
	/* bit 0: there are more reasons for an interrupt */
	if (s->interrupts & s->enabled & ~(u32)OHCI_DONE)
		head |= 1;
	if (store(o, s->hcca + HCCA_DONE, head))
		return;
	s->done_head = 0;
	s->done_wait = TD_NO_INTERRUPT;
	ohci_raise(o, OHCI_DONE);
}

static void next_frames(struct ohci *o, u32 count)
{
	struct ohci_state *s = &o->state;
	u32 old = s->frame;

	s->frame = (s->frame + count) & 0xffff;
	s->frame_ns += (u64)count * FRAME_NS;
	if (store(o, s->hcca + HCCA_FRAME, s->frame))
		return;
	if (s->done_wait != TD_NO_INTERRUPT)
		s->done_wait = s->done_wait > count ? s->done_wait - count : 0;
	ohci_raise(o, OHCI_FRAME_START | ((old ^ s->frame) & 0x8000 ? OHCI_OVERFLOW : 0));
}

static bool under_way(const struct ohci *o)
{
	for (u32 i = 0; i < OHCI_UNDER_WAY; i++)
		if (o->transfers[i].used)
			return true;
	return false;
}

/* An interrupt endpoint's device has something. */
static void take_woken(struct usb_device *d, void *opaque)
{
	bool *any = opaque;

	*any |= d->woken_in || d->woken_out;
	d->woken_in = d->woken_out = 0;
}

u64 ohci_work(struct usb_bus *bus)
{
	struct ohci *o = container_of(bus, struct ohci, bus);
	struct ohci_state *s = &o->state;
	u64 now = vm_clock_ns(&bus->vm->clock), passed;
	bool busy = false;

	if (s->dead || (s->control & OHCI_FUNCTIONAL) != OHCI_OPERATIONAL)
		return OS_FOREVER;
	if (pci_frozen(&o->pci)) {
		ohci_die(o);
		return OS_FOREVER;
	}
	usb_for_each(bus, take_woken, &busy);
	passed = now > s->frame_ns ? (now - s->frame_ns) / FRAME_NS : 0;
	if (passed) {
		recall(o);
		if (!s->dead)
			next_frames(o, (u32)(passed < 0x10000 ? passed : 0x10000));
		if (passed > 0x10000)
			s->frame_ns = now;
	}
	if (o->kicked || passed)
		busy |= run_queues(o);
	for (u64 i = 0; i < passed && i < MAX_FRAMES && !s->dead; i++)
		busy |= run_periodic(o, s->frame - (u32)i);
	if (s->dead)
		return OS_FOREVER;
	hand_over(o);
	busy |= under_way(o) || s->done_head || s->enabled & OHCI_FRAME_START;
	return os_clock_ns() + (busy ? 1 : LAZY_FRAMES) * (u64)FRAME_NS -
	       (now - s->frame_ns) % FRAME_NS;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* See virtqueue.h. Sections are those of virtio 1.2. */
#include "device/virtqueue.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "base/endian.h"
#include "os/os.h"

enum {
	DESC_NEXT = 1 << 0,
	DESC_WRITE = 1 << 1,
	DESC_INDIRECT = 1 << 2,
	PACKED_AVAIL = 1 << 7,
	PACKED_USED = 1 << 15,
	DESC_BYTES = 16,

	/* split rings: flags, index, then entries */
	RING_FLAGS = 0,
	RING_INDEX = 2,
	RING_ENTRIES = 4,
	USED_BYTES = 8,
	AVAIL_NO_INTERRUPT = 1,
	USED_NO_NOTIFY = 1,

	/* event suppression areas of packed rings */
	EVENT_DESC = 0,
	EVENT_FLAGS = 2,
	EVENT_ENABLE = 0,
	EVENT_DISABLE = 1,
	EVENT_AT = 2,
};

struct desc {
	u64 addr;
	u32 len;
	u16 flags;
	u16 next; /* packed: the buffer's id */
};

static const struct state_field queue_fields[] = {
	STATE_FIELD(struct virtqueue_state, desc, STATE_U64),
	STATE_FIELD(struct virtqueue_state, driver, STATE_U64),
	STATE_FIELD(struct virtqueue_state, device, STATE_U64),
	STATE_FIELD(struct virtqueue_state, size, STATE_U32),
	STATE_FIELD(struct virtqueue_state, vector, STATE_U16),
	STATE_FIELD(struct virtqueue_state, avail, STATE_U16),
	STATE_FIELD(struct virtqueue_state, used, STATE_U16),
	STATE_FIELD(struct virtqueue_state, signalled, STATE_U16),
	STATE_FIELD(struct virtqueue_state, enabled, STATE_U8),
	STATE_FIELD(struct virtqueue_state, avail_wrap, STATE_U8),
	STATE_FIELD(struct virtqueue_state, used_wrap, STATE_U8),
	STATE_FIELD(struct virtqueue_state, signalled_valid, STATE_U8),
};

const struct state_table virtqueue_state_table = {
	.name = "virtqueue",
	.size = sizeof(struct virtqueue_state),
	.nr_fields = ARRAY_SIZE(queue_fields),
	.fields = queue_fields,
};

static int broke(struct virtqueue *q, const char *why)
{
	if (!atomic_exchange(&q->is_broken, true))
		q->broken(q, why);
	return -EIO;
}

static bool ld16(struct virtqueue *q, u64 addr, u16 *v)
{
	return !(q->big_endian ? dma_ld16_be(q->view, addr, v) : dma_ld16_le(q->view, addr, v));
}

static bool st16(struct virtqueue *q, u64 addr, u16 v)
{
	return !(q->big_endian ? dma_st16_be(q->view, addr, v) : dma_st16_le(q->view, addr, v));
}

static u16 get16(const struct virtqueue *q, const void *p)
{
	return q->big_endian ? ld_be16(p) : ld_le16(p);
}

static u32 get32(const struct virtqueue *q, const void *p)
{
	return q->big_endian ? ld_be32(p) : ld_le32(p);
}

static bool read_desc(struct virtqueue *q, u64 addr, struct desc *d)
{
	u8 raw[DESC_BYTES];

	if (dma_read(q->view, addr, raw, sizeof(raw)))
		return false;
	d->addr = q->big_endian ? ld_be64(raw) : ld_le64(raw);
	d->len = get32(q, raw + 8);
	d->flags = get16(q, raw + 12);
	d->next = get16(q, raw + 14);
	return true;
}

void virtqueue_reset(struct virtqueue *q, u32 size)
{
	*q->s = (struct virtqueue_state){
		.size = size,
		.vector = VIRTQUEUE_NO_VECTOR,
		.avail_wrap = 1,
		.used_wrap = 1,
	};
	q->is_broken = false;
	q->notify_on = true;
	q->seen = 0;
	q->in_flight = 0;
}

/* --- what an element consists of --- */
bool virtqueue_add_piece(struct virtqueue_element *el, void *base, u64 len, bool in)
{
	int n = el->nout + el->nin;

	if (n && in == (el->nin != 0)) {
		struct iovec *last = &el->out[n - 1];

		if ((u8 *)last->iov_base + last->iov_len == base) {
			last->iov_len += len;
			return true;
		}
	}
	if (n == el->room) {
		int room = el->room ? 2 * el->room : 16;
		struct iovec *more =
			n < VIRTQUEUE_MAX_PIECES ? os_alloc((size_t)room * sizeof(*more)) : NULL;

		if (!more)
			return false;
		if (n)
			memcpy(more, el->out, (size_t)n * sizeof(*more));
		os_free(el->out);
		el->out = more;
		el->room = room;
	}
	el->out[n] = (struct iovec){base, len};
	if (in)
		el->nin++;
	else
		el->nout++;
	return true;
}

static int add_desc(struct virtqueue *q, struct virtqueue_element *el, const struct desc *d)
{
	bool in = d->flags & DESC_WRITE;
	u64 addr = d->addr, left = d->len;

	if (!in && el->in_len)
		return broke(q, "a readable descriptor follows a writable one");
	if (in)
		el->in_len += left;
	else
		el->out_len += left;
	while (left) {
		u64 n = left;
		void *p = dma_map(q->view, addr, &n, in);

		if (!p)
			return broke(q, "a descriptor points nowhere");
		if (!virtqueue_add_piece(el, p, n, in))
			return broke(q, "an element has too many pieces");
		addr += n;
		left -= n;
	}
	return 0;
}

/* A table of its own, chained like the ring's. */
static int split_indirect(struct virtqueue *q, struct virtqueue_element *el, const struct desc *t)
{
	u32 n = t->len / DESC_BYTES, i = 0;
	struct desc d;

	if (!q->indirect || !n || t->len % DESC_BYTES || n > VIRTQUEUE_MAX_PIECES)
		return broke(q, "a table of descriptors is malformed");
	for (u32 steps = 0; steps < n; steps++) {
		int err;

		if (!read_desc(q, t->addr + (u64)i * DESC_BYTES, &d))
			return broke(q, "a table of descriptors is not readable");
		if (d.flags & DESC_INDIRECT)
			return broke(q, "a table of descriptors is in another one");
		err = add_desc(q, el, &d);
		if (err)
			return err;
		if (!(d.flags & DESC_NEXT))
			return 0;
		if (d.next >= n)
			return broke(q, "a descriptor's successor is none");
		i = d.next;
	}
	return broke(q, "descriptors form a loop");
}

/* --- split rings (2.7) --- */
static bool split_ready(struct virtqueue *q)
{
	if (q->seen != q->s->avail)
		return true;
	if (!ld16(q, q->s->driver + RING_INDEX, &q->seen)) {
		q->seen = q->s->avail;
		broke(q, "the available ring is not readable");
		return false;
	}
	return q->seen != q->s->avail;
}

static int split_chain(struct virtqueue *q, struct virtqueue_element *el)
{
	u32 size = q->s->size, i = el->id;
	struct desc d;
	int err;

	for (u32 steps = 0; steps < size; steps++) {
		if (!read_desc(q, q->s->desc + (u64)i * DESC_BYTES, &d))
			return broke(q, "the descriptor table is not readable");
		if (d.flags & DESC_INDIRECT) {
			if (d.flags & DESC_NEXT)
				return broke(q, "a table of descriptors has a successor");
			return split_indirect(q, el, &d);
		}
		err = add_desc(q, el, &d);
		if (err || !(d.flags & DESC_NEXT))
			return err;
		if (d.next >= size)
			return broke(q, "a descriptor's successor is none");
		i = d.next;
	}
	return broke(q, "descriptors form a loop");
}

static int split_pop(struct virtqueue *q, struct virtqueue_element *el)
{
	struct virtqueue_state *s = q->s;
	u16 pending = (u16)(q->seen - s->avail), head;

	if (pending > s->size)
		return broke(q, "the available ring has more elements than places");
	/* the entry after the index */
	atomic_thread_fence(memory_order_acquire);
	if (!ld16(q, s->driver + RING_ENTRIES + 2 * (s->avail % s->size), &head))
		return broke(q, "the available ring is not readable");
	if (head >= s->size)
		return broke(q, "an element begins at no descriptor");
	el->id = head;
	el->count = 1;
	s->avail++;
	if (q->event_idx && q->notify_on &&
	    !st16(q, s->device + RING_ENTRIES + USED_BYTES * s->size, s->avail))
		return broke(q, "the used ring is not writable");
	return split_chain(q, el);
}

static void split_push(struct virtqueue *q, const struct virtqueue_element *el, u32 written)
{
	struct virtqueue_state *s = q->s;
	u8 raw[USED_BYTES];

	if (q->big_endian) {
		st_be32(raw, el->id);
		st_be32(raw + 4, written);
	} else {
		st_le32(raw, el->id);
		st_le32(raw + 4, written);
	}
	if (dma_write(q->view, s->device + RING_ENTRIES + USED_BYTES * (s->used % s->size), raw,
		      sizeof(raw))) {
		broke(q, "the used ring is not writable");
		return;
	}
	/* the entry before the index */
	atomic_thread_fence(memory_order_release);
	s->used++;
	if (!st16(q, s->device + RING_INDEX, s->used))
		broke(q, "the used ring is not writable");
}

/* Did an index that went from old to new pass event? */
static bool passed(u16 event, u16 new, u16 old)
{
	return (u16)(new - event - 1) < (u16)(new - old);
}

static bool split_interrupt(struct virtqueue *q)
{
	struct virtqueue_state *s = q->s;
	u16 flags, event, old = s->signalled;
	bool valid = s->signalled_valid;

	if (!q->event_idx)
		return !ld16(q, s->driver + RING_FLAGS, &flags) || !(flags & AVAIL_NO_INTERRUPT);
	s->signalled = s->used;
	s->signalled_valid = 1;
	if (!ld16(q, s->driver + RING_ENTRIES + 2 * s->size, &event))
		return true;
	return !valid || passed(event, s->used, old);
}

static void split_want(struct virtqueue *q, bool on)
{
	struct virtqueue_state *s = q->s;
	bool ok;

	if (!q->event_idx)
		ok = st16(q, s->device + RING_FLAGS, on ? 0 : USED_NO_NOTIFY);
	else
		ok = !on || st16(q, s->device + RING_ENTRIES + USED_BYTES * s->size, s->avail);
	if (!ok)
		broke(q, "the used ring is not writable");
}

/* --- packed rings (2.8) --- */
static bool packed_ready(struct virtqueue *q)
{
	struct virtqueue_state *s = q->s;
	bool avail, used;
	u16 flags;

	if (!ld16(q, s->desc + (u64)s->avail * DESC_BYTES + 14, &flags)) {
		broke(q, "the descriptor ring is not readable");
		return false;
	}
	avail = flags & PACKED_AVAIL;
	used = flags & PACKED_USED;
	return avail == s->avail_wrap && used != s->avail_wrap;
}

/* In packed rings the id stands before the flags. */
static bool read_packed(struct virtqueue *q, u32 at, struct desc *d)
{
	u16 id;

	if (!read_desc(q, q->s->desc + (u64)at * DESC_BYTES, d))
		return false;
	id = d->flags;
	d->flags = d->next;
	d->next = id;
	return true;
}

static void advance(struct virtqueue *q, u16 *at, u8 *wrap, u32 count)
{
	u32 next = *at + count;

	if (next >= q->s->size) {
		next -= q->s->size;
		*wrap ^= 1;
	}
	*at = (u16)next;
}

/* A table is taken in its order; only "writable" means something in it. */
static int packed_indirect(struct virtqueue *q, struct virtqueue_element *el, struct desc *t)
{
	u32 n = t->len / DESC_BYTES;
	struct desc d;

	if (!q->indirect || !n || t->len % DESC_BYTES || n > VIRTQUEUE_MAX_PIECES)
		return broke(q, "a table of descriptors is malformed");
	for (u32 i = 0; i < n; i++) {
		int err;

		if (!read_desc(q, t->addr + (u64)i * DESC_BYTES, &d))
			return broke(q, "a table of descriptors is not readable");
		d.flags = d.next & DESC_WRITE;
		err = add_desc(q, el, &d);
		if (err)
			return err;
	}
	return 0;
}

static int packed_pop(struct virtqueue *q, struct virtqueue_element *el)
{
	struct virtqueue_state *s = q->s;
	u16 at = s->avail;
	struct desc d;
	int err;

	/* the rest of the descriptor after its flags */
	atomic_thread_fence(memory_order_acquire);
	for (el->count = 0; el->count < s->size;) {
		if (!read_packed(q, at, &d))
			return broke(q, "the descriptor ring is not readable");
		if (d.flags & DESC_INDIRECT) {
			if (el->count || d.flags & DESC_NEXT)
				return broke(q, "a table of descriptors is part of a chain");
			err = packed_indirect(q, el, &d);
		} else {
			err = add_desc(q, el, &d);
		}
		if (err)
			return err;
		el->count++;
		at = at + 1u == s->size ? 0 : (u16)(at + 1);
		if (!(d.flags & DESC_NEXT)) {
			el->id = d.next;
			advance(q, &s->avail, &s->avail_wrap, el->count);
			return 0;
		}
	}
	return broke(q, "descriptors form a loop");
}

static void packed_push(struct virtqueue *q, const struct virtqueue_element *el, u32 written)
{
	struct virtqueue_state *s = q->s;
	u64 at = s->desc + (u64)s->used * DESC_BYTES;
	u16 flags =
		(u16)((s->used_wrap ? PACKED_AVAIL | PACKED_USED : 0) | (written ? DESC_WRITE : 0));
	u8 raw[6];

	st_le32(raw, written);
	st_le16(raw + 4, el->id);
	if (dma_write(q->view, at + 8, raw, sizeof(raw))) {
		broke(q, "the descriptor ring is not writable");
		return;
	}
	/* the flags last: they hand it over */
	atomic_thread_fence(memory_order_release);
	if (!st16(q, at + 14, flags))
		broke(q, "the descriptor ring is not writable");
	advance(q, &s->used, &s->used_wrap, el->count);
}

static bool packed_interrupt(struct virtqueue *q)
{
	struct virtqueue_state *s = q->s;
	u16 flags, event, old = s->signalled;
	bool valid = s->signalled_valid;
	s32 at;

	s->signalled = s->used;
	s->signalled_valid = 1;
	if (!ld16(q, s->driver + EVENT_FLAGS, &flags) || !ld16(q, s->driver + EVENT_DESC, &event))
		return true;
	if (flags == EVENT_DISABLE)
		return false;
	if (flags != EVENT_AT || !valid)
		return true;
	at = event & 0x7fff;
	if ((event >> 15) != s->used_wrap)
		at -= (s32)s->size;
	return passed((u16)at, s->used, old);
}

static void packed_want(struct virtqueue *q, bool on)
{
	struct virtqueue_state *s = q->s;
	bool ok = true;

	if (on && q->event_idx) {
		ok = st16(q, s->device + EVENT_DESC,
			  (u16)(s->avail | (s->avail_wrap ? 0x8000 : 0)));
		atomic_thread_fence(memory_order_release);
	}
	if (!ok || !st16(q, s->device + EVENT_FLAGS,
			 !on		? EVENT_DISABLE
			 : q->event_idx ? EVENT_AT
					: EVENT_ENABLE))
		broke(q, "the device's event area is not writable");
}

/* --- both --- */
static bool usable(const struct virtqueue *q)
{
	return q->s->enabled && !q->is_broken;
}

bool virtqueue_ready(struct virtqueue *q)
{
	if (!usable(q))
		return false;
	return q->packed ? packed_ready(q) : split_ready(q);
}

int virtqueue_pop(struct virtqueue *q, struct virtqueue_element *el)
{
	int err;

	el->nout = el->nin = 0;
	el->out_len = el->in_len = 0;
	if (!virtqueue_ready(q))
		return 0;
	if (q->in_flight >= q->s->size)
		return broke(q, "more elements are under way than the ring has places");
	err = q->packed ? packed_pop(q, el) : split_pop(q, el);
	if (err)
		return err;
	/* a chain of nothing but empty buffers has no pieces, nor memory for them */
	el->in = el->nout ? el->out + el->nout : el->out;
	q->in_flight++;
	return 1;
}

void virtqueue_unpop(struct virtqueue *q, struct virtqueue_element *el)
{
	struct virtqueue_state *s = q->s;

	q->in_flight--;
	if (!q->packed) {
		s->avail--;
		return;
	}
	if (s->avail < el->count) {
		s->avail = (u16)(s->avail + s->size);
		s->avail_wrap ^= 1;
	}
	s->avail = (u16)(s->avail - el->count);
}

void virtqueue_push(struct virtqueue *q, struct virtqueue_element *el, u64 written)
{
	u64 left = written;

	if (q->in_flight)
		q->in_flight--;
	for (int i = 0; i < el->nin && left; i++) {
		u64 n = el->in[i].iov_len < left ? el->in[i].iov_len : left;

		dma_unmap(q->view, el->in[i].iov_base, n, true);
		left -= n;
	}
	if (!usable(q))
		return;
	if (q->packed)
		packed_push(q, el, (u32)written);
	else
		split_push(q, el, (u32)written);
}

bool virtqueue_should_interrupt(struct virtqueue *q)
{
	if (!usable(q))
		return false;
	/* what was pushed before what the driver asks for is read */
	atomic_thread_fence(memory_order_seq_cst);
	return q->packed ? packed_interrupt(q) : split_interrupt(q);
}

void virtqueue_want_notify(struct virtqueue *q, bool on)
{
	if (!usable(q))
		return;
	q->notify_on = on;
	if (q->packed)
		packed_want(q, on);
	else
		split_want(q, on);
	if (on)
		atomic_thread_fence(memory_order_seq_cst);
}

void virtqueue_element_free(struct virtqueue_element *el)
{
	os_free(el->out);
	*el = (struct virtqueue_element){0};
}

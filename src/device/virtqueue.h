/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtqueues (virtio 1.2, 2.6 to 2.8): split and packed rings, indirect descriptors, suppression of
 * notifications by flag and by event index.
 *
 * What stands in a ring is the driver's and hostile: every address and length goes through the DMA
 * view; what is malformed breaks the queue for good (until reset) and calls broken().
 *
 * The owner serialises calls for one queue. Elements live outside the ring: popped and pushed in
 * any order.
 */
#ifndef DEVICE_VIRTQUEUE_H
#define DEVICE_VIRTQUEUE_H

#include "base/savestate.h"
#include "bus/dma.h"
#include "host/iov.h"

struct vm;

enum {
	VIRTQUEUE_MAX_SIZE = 1024,
	VIRTQUEUE_MAX_PIECES = 8192, /* of one element, after translation */
	VIRTQUEUE_NO_VECTOR = 0xffff,
};

/* Saved. */
struct virtqueue_state {
	/* descriptor table, driver area, device area */
	u64 desc, driver, device;
	u32 size;
	u16 vector;
	u16 avail;     /* split: index of the next element; packed: place of the next descriptor */
	u16 used;      /* likewise */
	u16 signalled; /* used at the last interrupt */
	u8 enabled, avail_wrap, used_wrap, signalled_valid;
};

struct virtqueue {
	struct virtqueue_state *s;
	struct dma_view *view;
	bool packed, event_idx, indirect, big_endian;
	u32 index;
	u32 max_size;
	_Atomic bool is_broken;
	bool notify_on; /* the driver is asked to notify */
	u16 seen;	/* split: the driver's index as last read */
	u32 in_flight;	/* popped and not pushed */
	void (*broken)(struct virtqueue *q, const char *why);
	void *opaque;
};

/* What the driver offers: pieces to read (out), then pieces to write (in). */
struct virtqueue_element {
	u16 id, count; /* count: ring places that it takes (packed) */
	int nout, nin;
	u64 out_len, in_len;
	struct iovec *out, *in; /* in one array */
	int room;
};

extern const struct state_table virtqueue_state_table;

/* After power-on or reset; size is what the driver sees first. */
void virtqueue_reset(struct virtqueue *q, u32 size);
/* Is there an element? */
bool virtqueue_ready(struct virtqueue *q);
/* The next element: 1, 0 = none, -errno = the queue broke. el begins as zeroes and keeps its array
 * between calls; virtqueue_element_free() in the end. */
int virtqueue_pop(struct virtqueue *q, struct virtqueue_element *el);
/* Give an element back, `written` bytes of its in pieces filled. el->out and el->in are as popped.
 */
void virtqueue_push(struct virtqueue *q, struct virtqueue_element *el, u64 written);
/* As if the last pop had not been. */
void virtqueue_unpop(struct virtqueue *q, struct virtqueue_element *el);
/* Does the driver want an interrupt for what was pushed since the last call? */
bool virtqueue_should_interrupt(struct virtqueue *q);
/* Ask for notifications, or say they are not needed. After turning them on look whether the queue
 * is ready. */
void virtqueue_want_notify(struct virtqueue *q, bool on);
void virtqueue_element_free(struct virtqueue_element *el);
/* Another piece of an element; false: there are too many, or no memory. */
bool virtqueue_add_piece(struct virtqueue_element *el, void *base, u64 len, bool in);

/* --- virtqueue_state.c: elements under way, as pieces of memory --- */
void virtqueue_save_element(struct vm *vm, const struct virtqueue_element *el,
			    struct state_writer *w);
/* el begins as zeroes and is to be freed also after a failure. */
int virtqueue_load_element(struct vm *vm, struct virtqueue_element *el, struct state_reader *r,
			   struct error *e);
/* Take up an element that was under way when the machine was saved; false: there cannot be so
 * many. */
bool virtqueue_take_up(struct virtqueue *q, const struct virtqueue_element *el);

#endif

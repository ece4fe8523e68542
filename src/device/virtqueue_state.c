// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Elements of virtqueues that were under way when the machine was saved: a disk's requests that
 * wait for the machine to go on. What the driver wrote into the ring for them may be gone (packed
 * rings: what is done stands where they began), so the stream has their pieces, translated:
 *
 *   id, count; then what the device reads, then what it writes, each as pairs of a guest real
 *   address and a length, ended by a length of 0 (its address 0). All are numbers of 64 bits.
 */
#include <errno.h>

#include "device/virtqueue.h"
#include "vm/vm.h"

static void save_pieces(struct vm *vm, const struct iovec *iov, int n, struct state_writer *w)
{
	for (int i = 0; i < n; i++) {
		u8 *p = iov[i].iov_base;
		u64 left = iov[i].iov_len;

		while (left) {
			u64 gpa, len = left;

			if (!vm_mem_gpa(vm, p, &gpa)) {
				w->err = w->err ? w->err : -EIO;
				return;
			}
			/* what lies together here may be of two slots */
			while (len > 1 && vm_mem_ptr(vm, gpa, len) != p)
				len /= 2;
			state_write_u64(w, gpa);
			state_write_u64(w, len);
			p += len;
			left -= len;
		}
	}
	state_write_u64(w, 0);
	state_write_u64(w, 0);
}

void virtqueue_save_element(struct vm *vm, const struct virtqueue_element *el,
			    struct state_writer *w)
{
	state_write_u64(w, el->id);
	state_write_u64(w, el->count);
	save_pieces(vm, el->out, el->nout, w);
	save_pieces(vm, el->in, el->nin, w);
}

static int load_pieces(struct vm *vm, struct virtqueue_element *el, bool in, struct state_reader *r,
		       struct error *e)
{
	u64 *sum = in ? &el->in_len : &el->out_len;

	for (;;) {
		u64 gpa, len;
		void *p;

		if (state_read_u64(r, &gpa) || state_read_u64(r, &len))
			return error_set(e, -EIO, "the saved state is truncated or damaged");
		if (!len)
			return 0;
		p = vm_mem_ptr(vm, gpa, len);
		if (!p || !virtqueue_add_piece(el, p, len, in))
			return error_set(e, -EINVAL, "saved requests of a device are damaged");
		*sum += len;
	}
}

int virtqueue_load_element(struct vm *vm, struct virtqueue_element *el, struct state_reader *r,
			   struct error *e)
{
	u64 id, count;
	int err;

	if (state_read_u64(r, &id) || state_read_u64(r, &count))
		return error_set(e, -EIO, "the saved state is truncated or damaged");
	if (id > 0xffff || !count || count > VIRTQUEUE_MAX_SIZE)
		return error_set(e, -EINVAL, "saved requests of a device are damaged");
	el->id = (u16)id;
	el->count = (u16)count;
	err = load_pieces(vm, el, false, r, e);
	if (!err)
		err = load_pieces(vm, el, true, r, e);
	el->in = el->nout ? el->out + el->nout : el->out;
	return err;
}

bool virtqueue_take_up(struct virtqueue *q, const struct virtqueue_element *el)
{
	if (q->is_broken || !q->s->enabled || q->in_flight >= q->s->size ||
	    el->count > q->s->size || (!q->packed && el->id >= q->s->size))
		return false;
	q->in_flight++;
	return true;
}

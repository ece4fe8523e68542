// SPDX-License-Identifier: GPL-2.0-or-later
/* Rings whose every byte is the input's: elements are taken out, touched at both ends, and given
 * back in any order. */
#include "fuzz.h"

#include "device/virtqueue.h"
#include "vm/vm.h"

enum { RINGS = 0x100000, AREA = 0x4000, UNDER_WAY = 8 };

static void broken(struct virtqueue *q, const char *why)
{
}

/* Both ends have to be there: a sanitizer or the host's MMU says if one is not. */
static void touch(const struct virtqueue_element *el)
{
	volatile u8 sum = 0;

	for (int i = 0; i < el->nout; i++) {
		const u8 *p = el->out[i].iov_base;

		sum = (u8)(sum + p[0] + p[el->out[i].iov_len - 1]);
	}
	for (int i = 0; i < el->nin; i++) {
		u8 *p = el->in[i].iov_base;

		p[0] = p[el->in[i].iov_len - 1] = 1;
	}
}

/* Descriptors near the rings, so that they meet. */
static void scribble(struct vm *vm, struct fuzz_input *in)
{
	u64 at = RINGS + fuzz_value(in, 2) % AREA;
	u8 raw[16];
	u64 n = 1 + (fuzz_value(in, 1) & 15);

	for (u64 i = 0; i < n; i++)
		raw[i] = (u8)fuzz_value(in, 1);
	vm_mem_write(vm, at, raw, n);
}

static void set_up(struct fuzz_input *in, struct virtqueue *q, struct vm *vm, struct dma_view *view,
		   struct virtqueue_state *s)
{
	u64 kind = fuzz_value(in, 1);

	*q = (struct virtqueue){
		.s = s,
		.view = view,
		.packed = kind & 1,
		.event_idx = kind & 2,
		.indirect = kind & 4,
		.broken = broken,
	};
	virtqueue_reset(q, 1u << fuzz_value(in, 1) % 9);
	if (q->packed && kind & 8)
		s->size = s->size * 3 / 2;
	s->enabled = 1;
	s->desc = kind & 16 ? fuzz_address(in) : RINGS;
	s->driver = kind & 32 ? fuzz_address(in) : RINGS + 0x1000;
	s->device = kind & 64 ? fuzz_address(in) : RINGS + 0x2000;
	vm_mem_fill(vm, RINGS, 0, AREA);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct virtqueue_element el[UNDER_WAY];
	static struct virtqueue_state s;
	static struct virtqueue q;
	static struct dma_view view;
	static struct vm *vm;
	struct fuzz_input in = {data, size};
	u32 under_way = 0;

	if (!vm) {
		vm = fuzz_board();
		dma_view_init_real(&view, vm);
	}
	set_up(&in, &q, vm, &view, &s);
	while (in.size) {
		switch (fuzz_value(&in, 1) & 7) {
		case 0:
		case 1:
			if (under_way < UNDER_WAY && virtqueue_pop(&q, &el[under_way]) > 0)
				touch(&el[under_way++]);
			break;
		case 2:
			if (under_way) {
				virtqueue_push(&q, &el[--under_way], fuzz_value(&in, 4));
				virtqueue_should_interrupt(&q);
			}
			break;
		case 3:
			virtqueue_want_notify(&q, fuzz_value(&in, 1) & 1);
			break;
		case 4:
			if (under_way)
				virtqueue_unpop(&q, &el[--under_way]);
			break;
		default:
			scribble(vm, &in);
		}
	}
	return 0;
}

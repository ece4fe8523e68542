// SPDX-License-Identifier: GPL-2.0-or-later
/* The loader of saved machines: a valid stream with the input's bytes put over it here and there,
 * or the input itself. */
#include <errno.h>

#include "fuzz.h"
#include "vm/savestate.h"

struct stream {
	u8 *data;
	size_t size, at;
};

static int stream_write(void *opaque, const void *buf, size_t len)
{
	struct stream *s = opaque;

	if (s->at + len > s->size) {
		s->size = 2 * (s->at + len);
		s->data = realloc(s->data, s->size);
	}
	memcpy(s->data + s->at, buf, len);
	s->at += len;
	return 0;
}

static int stream_read(void *opaque, void *buf, size_t len)
{
	struct stream *s = opaque;

	if (len > s->size - s->at)
		return -EIO;
	memcpy(buf, s->data + s->at, len);
	s->at += len;
	return 0;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct stream valid;
	static struct vm *vm;
	struct fuzz_input in = {data, size};
	struct stream s = {0};
	struct state_writer w = {stream_write, &valid, 0};
	struct state_reader r = {stream_read, &s};
	struct error e;

	if (!vm) {
		vm = fuzz_board();
		if (vm_save(vm, &w, &e))
			abort();
	}
	if (fuzz_value(&in, 1) & 1) {
		s.size = valid.at;
		s.data = malloc(s.size);
		memcpy(s.data, valid.data, s.size);
		while (in.size > 4) {
			/* most of a stream is memory: aim at its first part */
			size_t limit = fuzz_value(&in, 1) & 3 && s.size > 16384 ? 16384 : s.size;
			size_t at = fuzz_value(&in, 4) % limit;

			s.data[at] = (u8)fuzz_value(&in, 1);
		}
	} else {
		s.size = in.size;
		s.data = malloc(s.size + 1);
		memcpy(s.data, in.data, s.size);
	}
	vm_load(vm, &r, &e);
	free(s.data);
	return 0;
}

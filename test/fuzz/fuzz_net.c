// SPDX-License-Identifier: GPL-2.0-or-later
/* What networks do to frames that a guest or a network peer made: sums, splitting, joining,
 * merging, of any bytes with any words about what is left to do. */
#include "../unit/device/fakenet.h"
#include "fuzz.h"

static struct net_merge merge;
static struct fakenet net;

static bool on_frame(void *opaque, u32 queue, const struct net_offload *o, const u8 *frame,
		     size_t len)
{
	volatile u8 sum = 0;

	/* all of it has to be there */
	for (size_t i = 0; i < len; i += 61)
		sum = (u8)(sum + frame[i]);
	return sum & 7;
}

/* A TCP frame with what the input makes of it. */
static size_t frame(struct fuzz_input *in, u8 *f)
{
	u64 kind = fuzz_value(in, 1), n = fuzz_value(in, 1) & 31;
	size_t len = fuzz_value(in, 2) % NET_FRAME_MAX;

	memset(f, 0, 128);
	memcpy(f + 12, kind & 1 ? "\x86\xdd" : "\x08\0\x45", 3);
	f[kind & 1 ? 20 : 23] = 6;
	f[kind & 1 ? 66 : 46] = 0x50;
	f[47] = 0x10;
	if (kind & 2) {
		len = len < 54 ? 54 : len;
		st_be16(f + 16, (u16)(len - 14));
	}
	for (u64 i = 0; i < n; i++)
		f[fuzz_value(in, 1) & 127] = (u8)fuzz_value(in, 1);
	return len;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz_input in = {data, size};
	struct net_offload o;
	u8 *f = malloc(NET_FRAME_MAX), *exact;
	size_t len;

	if (!net.n.ops)
		fakenet_init(&net);
	net_attach(&net.n, on_frame, &net);
	merge.n = &net.n;
	memset(f, 0, NET_FRAME_MAX);
	while (in.size) {
		u64 what = fuzz_value(&in, 1);

		len = frame(&in, f);
		/* so that one byte beyond it is found */
		exact = malloc(len + !len);
		memcpy(exact, f, len);
		net_take(&net.n, what >> 4);
		o = (struct net_offload){
			.flags = (u8)fuzz_value(&in, 1) & 3,
			.gso = (u8)fuzz_value(&in, 1) & 0x85,
			.gso_size = (u16)(fuzz_value(&in, 2) | 0x100),
			.csum_start = (u16)fuzz_value(&in, 1),
			.csum_offset = (u16)fuzz_value(&in, 1),
		};
		if (what & 1)
			net_deliver(&net.n, 0, &o, exact, len);
		else if (what & 2)
			net_merge_add(&merge, exact, len);
		else if (what & 4)
			net_join(&o, exact, len);
		else
			net_merge_flush(&merge);
		if (what & 8)
			net_ready(&net.n, 0);
		free(exact);
	}
	net_merge_flush(&merge);
	free(f);
	return 0;
}

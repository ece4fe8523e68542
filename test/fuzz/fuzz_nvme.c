// SPDX-License-Identifier: GPL-2.0-or-later
/* An NVMe controller: registers, doorbells, commands and lists of pages the input's, some of it as
 * a driver would do it, so that commands get through. */
#include "disk.h"

#include "../unit/device/nvme.h"

enum { IMAGE = 1 << 20, STEPS = 200 };

static void rig(struct ndriver *d)
{
	struct error e;

	d->vm = fuzz_board();
	d->n = n_add(d->vm, fuzz_disk((struct block_options){.discard = true}, IMAGE), &e);
	if (!d->n || vm_reset(d->vm, &e))
		abort();
	dma_view_init_real(&d->n->pci.dma, d->vm);
}

static u64 page(struct fuzz_input *in)
{
	u64 kind = fuzz_value(in, 1);

	if (kind & 1)
		return fuzz_address(in);
	return (kind & 2 ? N_LIST : N_DATA) + fuzz_value(in, 1) * (kind & 4 ? 8 : 4096);
}

static void command(struct ndriver *d, struct fuzz_input *in)
{
	u32 q = (u32)fuzz_value(in, 1), kind = (u32)fuzz_value(in, 1);
	struct ncommand c = {.opcode = (u8)(fuzz_value(in, 1) & 15), .nsid = 1};

	q = q % N_QUEUES;
	if (!d->size[q])
		n_queue(d, q, N_ENTRIES);
	c.prp1 = page(in);
	c.prp2 = page(in);
	c.dw10 = (u32)fuzz_value(in, kind & 1 ? 4 : 1);
	c.dw11 = kind & 2 ? (u32)fuzz_value(in, 4) : 0;
	c.dw12 = (u32)fuzz_value(in, kind & 4 ? 4 : 1);
	if (kind & 8)
		c.nsid = (u32)fuzz_value(in, 4);
	if (kind & 16)
		c.flags = (u8)fuzz_value(in, 1);
	if (kind & 32)
		c.opcode = (u8)fuzz_value(in, 1);
	n_put(d, q, c);
	if (!(kind & 64))
		n_ring(d, q);
}

static void step(struct ndriver *d, struct fuzz_input *in)
{
	u32 w[4], q;
	u8 raw[8];

	switch (fuzz_value(in, 1) & 15) {
	case 0:
		q = (u32)fuzz_value(in, 1) & 0x3c;
		n_store(d, q, (u32)fuzz_value(in, 4));
		break;
	case 1:
		n_load(d, fuzz_value(in, 2) & 0x1ffc);
		break;
	case 2:
		q = (u32)fuzz_value(in, 2) & 0xffc;
		n_store(d, 0x1000 + q, (u32)fuzz_value(in, 2));
		n_work(d);
		break;
	case 3:
		n_enable(d);
		break;
	case 4:
		q = 1 + (u32)fuzz_value(in, 1) % (N_QUEUES - 1);
		if (!d->size[0])
			n_enable(d);
		n_make(d, q, 2 + (u32)fuzz_value(in, 1));
		break;
	case 5:
		st_le64(raw, page(in));
		vm_mem_write(d->vm, N_LIST + (fuzz_value(in, 2) & 0xff8), raw, 8);
		break;
	case 6:
	case 7:
		q = (u32)fuzz_value(in, 1) % N_QUEUES;
		if (d->size[q])
			while (n_completion(d, q, w))
				n_taken(d, q);
		break;
	default:
		command(d, in);
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz_input in = {data, size};
	static struct ndriver d;

	/* the devices alone: the machine's own reset takes longer than most inputs */
	if (!d.vm)
		rig(&d);
	else
		devices_reset(d.vm);
	memset(d.size, 0, sizeof(d.size));
	for (u32 i = 0; i < STEPS && in.size; i++)
		step(&d, &in);
	return 0;
}

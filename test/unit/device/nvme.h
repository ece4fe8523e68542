/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A driver of an NVMe controller, just enough for tests: queues at fixed places in guest memory,
 * real addresses. Work is done by calling it, not by the controller's thread, which sleeps as long
 * as the machine does. */
#ifndef TEST_UNIT_DEVICE_NVME_H
#define TEST_UNIT_DEVICE_NVME_H

#include "../machine/board.h"
#include "base/endian.h"
#include "device/nvme.h"
#include "device/registry.h"

enum {
	N_SUBMISSION = 0x100000, /* of queue q: + q << 16 */
	N_COMPLETION = 0x108000,
	N_LIST = 0x1f0000,
	N_DATA = 0x200000,
	N_ENTRIES = 16,
	N_QUEUES = 4,
};

struct ndriver {
	struct vm *vm;
	struct nvme *n;
	u32 tail[N_QUEUES], head[N_QUEUES], phase[N_QUEUES], size[N_QUEUES];
	u16 id;
};

static inline struct nvme *n_add(struct vm *vm, struct block *b, struct error *e)
{
	struct device *d = device_new(vm, device_class_find("nvme"));
	struct device_bus *bus = device_bus_find(vm, BUS_PCI, NULL);

	device_set_pointer(d, "bus", bus->bus);
	device_set_pointer(d, "drive", b);
	if (device_set(d, "serial", "test-disk", e) || device_set(d, "max_ioqpairs", "3", e))
		return NULL;
	return device_realize(d, e) ? NULL : container_of(d, struct nvme, pci.dev);
}

static inline struct pci_region *n_region(struct ndriver *d, u64 offset)
{
	return &d->n->pci.bars[0].regions[offset >= 0x1000];
}

static inline u32 n_load(struct ndriver *d, u64 offset)
{
	struct pci_region *r = n_region(d, offset);

	return (u32)r->ops->read(r->opaque, 0, offset - r->offset, 4);
}

static inline void n_store(struct ndriver *d, u64 offset, u32 value)
{
	struct pci_region *r = n_region(d, offset);

	r->ops->write(r->opaque, 0, offset - r->offset, 4, value);
}

static inline void n_store64(struct ndriver *d, u64 offset, u64 value)
{
	n_store(d, offset, (u32)value);
	n_store(d, offset + 4, (u32)(value >> 32));
}

/* Everything that the controller has to do now; the disk is waited for. */
static inline void n_work(struct ndriver *d)
{
	os_mutex_lock(&d->n->work);
	nvme_work(d->n);
	block_drain(d->n->block);
	nvme_work(d->n);
	block_drain(d->n->block);
	os_mutex_unlock(&d->n->work);
}

static inline void n_queue(struct ndriver *d, u32 q, u32 size)
{
	d->tail[q] = d->head[q] = 0;
	d->phase[q] = 1;
	d->size[q] = size;
	vm_mem_fill(d->vm, N_COMPLETION + (q << 16), 0, 0x8000);
}

static inline void n_enable(struct ndriver *d)
{
	n_queue(d, 0, N_ENTRIES);
	n_store(d, 0x14, 0);
	n_store(d, 0x24, (N_ENTRIES - 1) << 16 | (N_ENTRIES - 1));
	n_store64(d, 0x28, N_SUBMISSION);
	n_store64(d, 0x30, N_COMPLETION);
	n_store(d, 0x14, 4 << 20 | 6 << 16 | 1);
}

struct ncommand {
	u8 opcode, flags;
	u32 nsid;
	u64 prp1, prp2;
	u32 dw10, dw11, dw12;
};

/* Into the queue, without its doorbell. */
static inline u16 n_put(struct ndriver *d, u32 q, struct ncommand c)
{
	u8 raw[64] = {c.opcode, c.flags};

	st_le16(raw + 2, ++d->id);
	st_le32(raw + 4, c.nsid);
	st_le64(raw + 24, c.prp1);
	st_le64(raw + 32, c.prp2);
	st_le32(raw + 40, c.dw10);
	st_le32(raw + 44, c.dw11);
	st_le32(raw + 48, c.dw12);
	vm_mem_write(d->vm, N_SUBMISSION + (q << 16) + 64ull * d->tail[q], raw, sizeof(raw));
	d->tail[q] = (d->tail[q] + 1) % d->size[q];
	return d->id;
}

static inline void n_ring(struct ndriver *d, u32 q)
{
	n_store(d, 0x1000 + 8 * q, d->tail[q]);
	n_work(d);
}

/* The next completion's words; false: there is none. The queue's doorbell is left alone. */
static inline bool n_completion(struct ndriver *d, u32 q, u32 *w)
{
	u8 raw[16];

	vm_mem_read(d->vm, N_COMPLETION + (q << 16) + 16ull * d->head[q], raw, sizeof(raw));
	for (u32 i = 0; i < 4; i++)
		w[i] = ld_le32(raw + 4 * i);
	if ((w[3] >> 16 & 1) != d->phase[q])
		return false;
	if (++d->head[q] == d->size[q]) {
		d->head[q] = 0;
		d->phase[q] ^= 1;
	}
	return true;
}

static inline void n_taken(struct ndriver *d, u32 q)
{
	n_store(d, 0x1004 + 8 * q, d->head[q]);
	n_work(d);
}

/* One command and its status, 0xffffffff: no completion, or that of another. */
static inline u32 n_command(struct ndriver *d, u32 q, struct ncommand c, u32 *result)
{
	u16 id = n_put(d, q, c);
	u32 w[4];

	n_ring(d, q);
	if (!n_completion(d, q, w) || (w[3] & 0xffff) != id || w[2] >> 16 != q)
		return 0xffffffff;
	n_taken(d, q);
	if (result)
		*result = w[0];
	return w[3] >> 17;
}

static inline u32 n_make(struct ndriver *d, u32 q, u32 size)
{
	u32 status;

	n_queue(d, q, size);
	status = n_command(d, 0,
			   (struct ncommand){.opcode = 5,
					     .prp1 = N_COMPLETION + (q << 16),
					     .dw10 = (size - 1) << 16 | q,
					     .dw11 = 3},
			   NULL);
	if (status)
		return status;
	return n_command(d, 0,
			 (struct ncommand){.opcode = 1,
					   .prp1 = N_SUBMISSION + (q << 16),
					   .dw10 = (size - 1) << 16 | q,
					   .dw11 = q << 16 | 1},
			 NULL);
}

#endif

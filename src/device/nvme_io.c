// SPDX-License-Identifier: GPL-2.0-or-later
/* NVM Express: commands of the NVM command set (6), and the guest's pages that commands name. */
#include <errno.h>
#include <string.h>

#include "base/endian.h"
#include "base/log.h"
#include "device/nvme.h"
#include "host/iov.h"

enum {
	FLUSH = 0x00,
	WRITE = 0x01,
	READ = 0x02,
	WRITE_ZEROES = 0x08,
	DATASET_MANAGEMENT = 0x09,

	DEALLOCATE_ZEROES = 1 << 25, /* dword 12 */
	FORCE_UNIT_ACCESS = 1 << 30,
	DEALLOCATE = 1 << 2, /* dword 11 of dataset management */
	RANGE_BYTES = 16,
	LIST_CHUNK = 64, /* entries of a PRP list that are read at once */
};

/* --- pages --- */

/* Entries of a PRP list; the last of a page that is not the last of all names the next page. */
struct prp_list {
	struct nvme *n;
	u64 at, page; /* page: its size */
	u64 entry[LIST_CHUNK];
	u32 pos, count;
};

static u64 page_size(const struct nvme *n)
{
	return 1ull << (12 + (n->state.config >> 7 & 15));
}

static bool fill_list(struct prp_list *l)
{
	u64 left = (l->page - (l->at & (l->page - 1))) / 8;

	l->count = left < LIST_CHUNK ? (u32)left : LIST_CHUNK;
	l->pos = 0;
	if (dma_read(&l->n->pci.dma, l->at, l->entry, 8ull * l->count))
		return false;
	l->at += 8ull * l->count;
	return true;
}

/* The entry for what is left of a transfer, more than a page or not. */
static u32 next_entry(struct prp_list *l, bool more, u64 *prp)
{
	bool last_of_page;

	if (l->pos == l->count && !fill_list(l))
		return NVME_TRANSFER_ERROR;
	last_of_page = l->pos + 1 == l->count && !(l->at & (l->page - 1));
	if (last_of_page && more) {
		l->at = ld_le64((const u8 *)&l->entry[l->pos]);
		if (l->at & 7)
			return NVME_INVALID_PRP;
		if (!fill_list(l))
			return NVME_TRANSFER_ERROR;
	}
	*prp = ld_le64((const u8 *)&l->entry[l->pos++]);
	return *prp & (l->page - 1) ? NVME_INVALID_PRP : NVME_OK;
}

struct mapping {
	struct nvme *n;
	struct iovec *iov;
	int niov;
	bool to_guest;
};

static u32 map_piece(struct mapping *m, u64 addr, u64 len)
{
	while (len) {
		struct iovec *last = m->niov ? &m->iov[m->niov - 1] : NULL;
		u64 got = len;
		void *p = dma_map(&m->n->pci.dma, addr, &got, m->to_guest);

		if (!p)
			return NVME_TRANSFER_ERROR;
		if (last && (u8 *)last->iov_base + last->iov_len == p) {
			last->iov_len += got;
		} else {
			if (m->niov == NVME_MAX_PAGES)
				return NVME_INVALID_FIELD;
			m->iov[m->niov++] = (struct iovec){p, got};
		}
		addr += got;
		len -= got;
	}
	return NVME_OK;
}

u32 nvme_map(struct nvme *n, const u64 prp[2], u64 len, bool to_guest, struct iovec *iov, int *niov)
{
	struct mapping m = {.n = n, .iov = iov, .to_guest = to_guest};
	struct prp_list l = {.n = n, .at = prp[1], .page = page_size(n)};
	u64 first = l.page - (prp[0] & (l.page - 1)), here = len < first ? len : first;
	u32 status;

	*niov = 0;
	if (prp[0] & 3)
		return NVME_INVALID_PRP;
	status = map_piece(&m, prp[0], here);
	len -= here;
	if (!status && len && len <= l.page) {
		if (prp[1] & (l.page - 1))
			return NVME_INVALID_PRP;
		status = map_piece(&m, prp[1], len);
		len = 0;
	}
	if (len && prp[1] & 7)
		return NVME_INVALID_PRP;
	while (!status && len) {
		u64 at;

		here = len < l.page ? len : l.page;
		status = next_entry(&l, len > l.page, &at);
		if (!status)
			status = map_piece(&m, at, here);
		len -= here;
	}
	*niov = m.niov;
	return status;
}

u32 nvme_to_guest(struct nvme *n, const struct nvme_command *c, const void *buf, u64 len)
{
	struct iovec iov[NVME_MAX_PAGES];
	int niov;
	u32 status = nvme_map(n, c->prp, len, true, iov, &niov);

	if (status)
		return status;
	iov_from_buf(iov, niov, 0, buf, len);
	for (int i = 0; i < niov; i++)
		dma_unmap(&n->pci.dma, iov[i].iov_base, iov[i].iov_len, true);
	return NVME_OK;
}

u32 nvme_from_guest(struct nvme *n, const struct nvme_command *c, void *buf, u64 len)
{
	struct iovec iov[NVME_MAX_PAGES];
	int niov;
	u32 status = nvme_map(n, c->prp, len, false, iov, &niov);

	if (!status)
		iov_to_buf(iov, niov, 0, buf, len);
	return status;
}

/* --- requests --- */
static struct nvme_request *get_request(struct nvme *n, const struct nvme_command *c)
{
	struct nvme_request *r;

	os_mutex_lock(&n->free_lock);
	r = n->free;
	if (r)
		n->free = r->next;
	os_mutex_unlock(&n->free_lock);
	if (!r)
		r = os_alloc(sizeof(*r));
	if (!r)
		return NULL;
	r->nvme = n;
	r->id = c->id;
	r->queue = c->queue;
	r->completion = c->completion;
	r->niov = 0;
	return r;
}

static void put_request(struct nvme_request *r)
{
	struct nvme *n = r->nvme;

	os_mutex_lock(&n->free_lock);
	r->next = n->free;
	n->free = r;
	os_mutex_unlock(&n->free_lock);
}

void nvme_free_requests(struct nvme *n)
{
	while (n->free) {
		struct nvme_request *r = n->free;

		n->free = r->next;
		os_free(r);
	}
}

static u32 status_of(const struct nvme_request *r, int err)
{
	if (!err)
		return NVME_OK;
	switch (r->block.op) {
	case BLOCK_READ:
		return NVME_READ_ERROR;
	case BLOCK_WRITE:
	case BLOCK_WRITE_ZEROES:
		return NVME_WRITE_FAULT;
	default:
		return NVME_INTERNAL_ERROR;
	}
}

static void request_done(struct block_request *br, int err)
{
	struct nvme_request *r = br->opaque;
	struct nvme *n = r->nvme;

	if (br->op == BLOCK_READ)
		for (int i = 0; i < r->niov; i++)
			dma_unmap(&n->pci.dma, r->iov[i].iov_base, r->iov[i].iov_len, true);
	nvme_complete(n, r->queue, r->completion, r->id, status_of(r, err), 0);
	put_request(r);
}

/* --- commands --- */
static bool in_range(const struct nvme *n, u64 lba, u64 count)
{
	u64 blocks = n->info->size >> n->block_shift;

	return lba <= blocks && count <= blocks - lba;
}

static u64 first_lba(const struct nvme_command *c)
{
	return (u64)c->dw11 << 32 | c->dw10;
}

static u64 count_lba(const struct nvme_command *c)
{
	return (c->dw12 & 0xffff) + 1;
}

static u32 prepare_transfer(struct nvme *n, struct nvme_request *r, const struct nvme_command *c)
{
	u64 lba = first_lba(c), count = count_lba(c), len = count << n->block_shift;
	bool write = c->opcode == WRITE;
	u32 status;

	if (len > 4096ull << NVME_MDTS)
		return NVME_INVALID_FIELD;
	if (!in_range(n, lba, count))
		return NVME_LBA_RANGE;
	status = nvme_map(n, c->prp, len, !write, r->iov, &r->niov);
	if (status)
		return status;
	r->block.op = write ? BLOCK_WRITE : BLOCK_READ;
	r->block.flags = write && c->dw12 & FORCE_UNIT_ACCESS ? BLOCK_FUA : 0;
	r->block.offset = lba << n->block_shift;
	r->block.len = len;
	r->block.iov = r->iov;
	r->block.niov = r->niov;
	if (write) {
		n->state.writes++;
		n->state.sectors_written += len / 512;
	} else {
		n->state.reads++;
		n->state.sectors_read += len / 512;
	}
	return NVME_OK;
}

static u32 prepare_zeroes(struct nvme *n, struct nvme_request *r, const struct nvme_command *c)
{
	u64 lba = first_lba(c), count = count_lba(c);

	if (!in_range(n, lba, count))
		return NVME_LBA_RANGE;
	r->block.op = BLOCK_WRITE_ZEROES;
	r->block.flags = (u8)((c->dw12 & DEALLOCATE_ZEROES ? BLOCK_UNMAP : 0) |
			      (c->dw12 & FORCE_UNIT_ACCESS ? BLOCK_FUA : 0));
	r->block.offset = lba << n->block_shift;
	r->block.len = count << n->block_shift;
	return NVME_OK;
}

/* The next range that names something; false: there is none. */
static bool next_range(struct nvme_request *r)
{
	struct nvme *n = r->nvme;

	while (r->range < r->nr_ranges) {
		const u8 *range = r->ranges + RANGE_BYTES * r->range++;
		u64 count = ld_le32(range + 4), lba = ld_le64(range + 8);

		if (!count)
			continue;
		r->block.offset = lba << n->block_shift;
		r->block.len = count << n->block_shift;
		return true;
	}
	return false;
}

static void discarded(struct block_request *br, int err)
{
	struct nvme_request *r = br->opaque;

	/* a hint: what the host cannot discard stays */
	if ((!err || err == -EOPNOTSUPP) && next_range(r)) {
		block_submit(r->nvme->block, br);
		return;
	}
	request_done(br, err == -EOPNOTSUPP ? 0 : err);
}

static u32 prepare_ranges(struct nvme *n, struct nvme_request *r, const struct nvme_command *c)
{
	u32 i, status;

	r->nr_ranges = (c->dw10 & 0xff) + 1;
	r->range = 0;
	status = nvme_from_guest(n, c, r->ranges, (u64)RANGE_BYTES * r->nr_ranges);
	if (status)
		return status;
	for (i = 0; i < r->nr_ranges; i++) {
		const u8 *range = r->ranges + RANGE_BYTES * i;

		if (!in_range(n, ld_le64(range + 8), ld_le32(range + 4)))
			return NVME_LBA_RANGE;
	}
	r->block.op = BLOCK_DISCARD;
	r->block.done = discarded;
	return c->dw11 & DEALLOCATE && next_range(r) ? NVME_LATER : NVME_OK;
}

/* NVME_LATER: r->block is to be submitted. */
static u32 prepare(struct nvme *n, struct nvme_request *r, const struct nvme_command *c)
{
	u32 status;

	if (c->opcode != FLUSH && c->opcode != READ && n->info->read_only)
		return NVME_READ_ONLY;
	switch (c->opcode) {
	case FLUSH:
		r->block.op = BLOCK_FLUSH;
		return NVME_LATER;
	case READ:
	case WRITE:
		status = prepare_transfer(n, r, c);
		return status ? status : NVME_LATER;
	case WRITE_ZEROES:
		status = prepare_zeroes(n, r, c);
		return status ? status : NVME_LATER;
	case DATASET_MANAGEMENT:
		return prepare_ranges(n, r, c);
	default:
		return NVME_INVALID_OPCODE;
	}
}

u32 nvme_io(struct nvme *n, const struct nvme_command *c, struct block_request **submit)
{
	struct nvme_request *r;
	u32 status;

	*submit = NULL;
	if (c->nsid != NVME_NAMESPACE &&
	    !(c->opcode == FLUSH && c->nsid == (u32)NVME_ALL_NAMESPACES))
		return NVME_INVALID_NAMESPACE | NVME_DO_NOT_RETRY;
	/* neither fused commands nor scatter-gather lists */
	if (c->flags)
		return NVME_INVALID_FIELD | NVME_DO_NOT_RETRY;
	r = get_request(n, c);
	if (!r)
		return NVME_INTERNAL_ERROR;
	r->block = (struct block_request){.done = request_done, .opaque = r};
	status = prepare(n, r, c);
	if (status == NVME_LATER) {
		*submit = &r->block;
		return NVME_LATER;
	}
	put_request(r);
	return status && status != NVME_TRANSFER_ERROR ? status | NVME_DO_NOT_RETRY : status;
}

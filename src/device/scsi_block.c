// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SCSI: blocks. READ, WRITE, VERIFY, SYNCHRONIZE CACHE, UNMAP, WRITE SAME in all lengths of command
 * blocks (SBC-3, 5). Data goes straight between the guest's memory and the block layer; what needs
 * several operations is done step by step, each from the end of the one before.
 */
#include <errno.h>
#include <stdatomic.h>

#include "base/endian.h"
#include "base/string.h"
#include "device/scsi.h"

enum {
	READ_6 = 0x08,
	WRITE_6 = 0x0a,
	READ_10 = 0x28,
	WRITE_10 = 0x2a,
	WRITE_VERIFY_10 = 0x2e,
	VERIFY_10 = 0x2f,
	SYNCHRONIZE_10 = 0x35,
	WRITE_SAME_10 = 0x41,
	UNMAP = 0x42,
	READ_16 = 0x88,
	WRITE_16 = 0x8a,
	WRITE_VERIFY_16 = 0x8e,
	VERIFY_16 = 0x8f,
	SYNCHRONIZE_16 = 0x91,
	WRITE_SAME_16 = 0x93,
	READ_12 = 0xa8,
	WRITE_12 = 0xaa,
	WRITE_VERIFY_12 = 0xae,
	VERIFY_12 = 0xaf,

	FUA = 8,
	SAME_UNMAP = 8,
	SAME_NO_DATA = 1, /* of WRITE SAME(16) */
	PATTERN_BYTES = 1 << 16,
	UNMAP_HEAD = 8,
	UNMAP_ENTRY = 16,
	UNMAP_MAX = 255,
};

/* What a command block names, by the group that its length is in (SPC-4, 4.3). */
static void span(const u8 *cdb, u64 *block, u32 *count)
{
	switch (cdb[0] >> 5) {
	case 0:
		*block = ld_be32(cdb) & 0x1fffff;
		*count = cdb[4] ? cdb[4] : 256;
		break;
	case 4:
		*block = ld_be64(cdb + 2);
		*count = ld_be32(cdb + 10);
		break;
	case 5:
		*block = ld_be32(cdb + 2);
		*count = ld_be32(cdb + 6);
		break;
	default:
		*block = ld_be32(cdb + 2);
		*count = ld_be16(cdb + 7);
	}
}

static bool outside(const struct scsi_device *d, u64 block, u64 count)
{
	return block > d->blocks || count > d->blocks - block;
}

static u32 sense_of(const struct scsi_request *r, int err)
{
	if (err == -ENOSPC)
		return SENSE_NO_SPACE;
	if (err == -EROFS || err == -EACCES)
		return SENSE_WRITE_PROTECTED;
	if (err == -ENOMEM)
		return SENSE_INTERNAL_FAILURE;
	return r->block.op == BLOCK_READ ? SENSE_READ_ERROR : SENSE_WRITE_ERROR;
}

/* --- one operation after the other --- */
static void block_done(struct block_request *b, int err);

static void submit(struct scsi_request *r, enum block_op op, u32 flags, u64 offset, u64 len,
		   const struct iovec *iov, int niov)
{
	r->block = (struct block_request){
		.op = op,
		.flags = (u8)flags,
		.offset = offset,
		.len = len,
		.iov = iov,
		.niov = niov,
		.done = block_done,
		.opaque = r,
	};
	block_submit(r->dev->block, &r->block);
}

/* err: 0 or -errno. */
static void finish(struct scsi_request *r, int err)
{
	if (err)
		scsi_fail(r, sense_of(r, err));
	else
		scsi_good(r);
}

/* Who leaves a step last goes on, its submission or its end: what ends inside its submission must
 * not go on there, since a stack has no place for as many steps as a guest may ask for. */
static void run_steps(struct scsi_request *r)
{
	do {
		int err;

		r->open = 2;
		err = r->step(r);
		if (err) {
			finish(r, err < 0 ? err : 0);
			return;
		}
		if (atomic_fetch_sub(&r->open, 1) != 1)
			return;
	} while (!r->err);
	finish(r, r->err);
}

static void block_done(struct block_request *b, int err)
{
	struct scsi_request *r = b->opaque;

	if (!r->step) {
		finish(r, err);
		return;
	}
	r->err = err;
	if (atomic_fetch_sub(&r->open, 1) != 1)
		return;
	if (err)
		finish(r, err);
	else
		run_steps(r);
}

/* --- read and write --- */
/* The first `len` bytes of the guest's buffer. */
static const struct iovec *shorten(struct scsi_request *r, u64 len, int *niov)
{
	int n = 0;

	if (len == r->room) {
		*niov = r->niov;
		return r->iov;
	}
	r->own = os_alloc((size_t)r->niov * sizeof(*r->own));
	if (!r->own)
		return NULL;
	for (; len && n < r->niov; n++) {
		r->own[n] = r->iov[n];
		if (r->own[n].iov_len > len)
			r->own[n].iov_len = len;
		len -= r->own[n].iov_len;
	}
	*niov = n;
	return r->own;
}

static void transfer(struct scsi_device *d, struct scsi_request *r, bool write)
{
	bool fua = r->cdb[0] >> 5 && r->cdb[1] & FUA;
	const struct iovec *iov;
	u64 block, len;
	u32 count;
	int niov = 0;

	span(r->cdb, &block, &count);
	if (outside(d, block, count)) {
		scsi_fail(r, SENSE_LBA_OUT_OF_RANGE);
		return;
	}
	if (write && d->info->read_only) {
		scsi_fail(r, SENSE_WRITE_PROTECTED);
		return;
	}
	len = (u64)count * d->block_size;
	if (len > r->room && !write)
		len = r->room - r->room % d->block_size;
	if (!len || len > r->room || r->to_guest == write) {
		if (count)
			scsi_fail(r, SENSE_DATA_PHASE);
		else
			scsi_good(r);
		return;
	}
	iov = shorten(r, len, &niov);
	if (!iov) {
		scsi_fail(r, SENSE_INTERNAL_FAILURE);
		return;
	}
	r->moved = len;
	r->step = NULL;
	submit(r, write ? BLOCK_WRITE : BLOCK_READ, write && fua ? BLOCK_FUA : 0,
	       block * d->block_size, len, iov, niov);
}

/* Nothing can be wrong with the medium but its address. */
static void verify(struct scsi_device *d, struct scsi_request *r)
{
	u64 block;
	u32 count;

	span(r->cdb, &block, &count);
	if (outside(d, block, count))
		scsi_fail(r, SENSE_LBA_OUT_OF_RANGE);
	else
		scsi_good(r);
}

static void synchronize(struct scsi_device *d, struct scsi_request *r)
{
	u64 block;
	u32 count;

	span(r->cdb, &block, &count);
	if (outside(d, block, count)) {
		scsi_fail(r, SENSE_LBA_OUT_OF_RANGE);
		return;
	}
	r->step = NULL;
	submit(r, BLOCK_FLUSH, 0, 0, 0, NULL, 0);
}

/* --- UNMAP: descriptors one by one --- */
static int unmap_step(struct scsi_request *r)
{
	struct scsi_device *d = r->dev;

	while (r->left--) {
		const u8 *p = r->data + UNMAP_ENTRY * r->next++;
		u64 block = ld_be64(p), count = ld_be32(p + 8);

		if (!count)
			continue;
		submit(r, BLOCK_DISCARD, 0, block * d->block_size, count * d->block_size, NULL, 0);
		return 0;
	}
	return 1;
}

static void unmap(struct scsi_device *d, struct scsi_request *r)
{
	u8 in[UNMAP_HEAD + UNMAP_ENTRY * UNMAP_MAX];
	u32 limit = ld_be16(r->cdb + 7), n;
	u32 len = scsi_take(r, in, limit < sizeof(in) ? limit : sizeof(in));

	if (d->info->read_only || !d->info->discard || r->cdb[1] & 1) {
		scsi_fail(r, d->info->read_only ? (u32)SENSE_WRITE_PROTECTED
						: (u32)SENSE_INVALID_FIELD);
		return;
	}
	if (len < UNMAP_HEAD) {
		if (limit)
			scsi_fail(r, SENSE_INVALID_FIELD);
		else
			scsi_good(r);
		return;
	}
	n = ld_be16(in + 2) / UNMAP_ENTRY;
	n = n < (len - UNMAP_HEAD) / UNMAP_ENTRY ? n : (len - UNMAP_HEAD) / UNMAP_ENTRY;
	for (u32 i = 0; i < n; i++) {
		const u8 *p = in + UNMAP_HEAD + UNMAP_ENTRY * i;

		if (outside(d, ld_be64(p), ld_be32(p + 8))) {
			scsi_fail(r, SENSE_LBA_OUT_OF_RANGE);
			return;
		}
	}
	r->moved = len;
	r->data = n ? os_alloc(n * UNMAP_ENTRY) : NULL;
	if (n && !r->data) {
		scsi_fail(r, SENSE_INTERNAL_FAILURE);
		return;
	}
	if (n)
		memcpy(r->data, in + UNMAP_HEAD, n * UNMAP_ENTRY);
	r->left = n;
	r->next = 0;
	r->step = unmap_step;
	run_steps(r);
}

/* --- WRITE SAME: zeroes, or copies of a block --- */
static int same_step(struct scsi_request *r)
{
	u64 n = r->left < PATTERN_BYTES ? r->left : PATTERN_BYTES, at = r->at;

	if (!n)
		return 1;
	r->own->iov_len = n;
	r->at += n;
	r->left -= n;
	submit(r, BLOCK_WRITE, 0, at, n, r->own, 1);
	return 0;
}

static bool all_zero(const u8 *p, u32 len)
{
	while (len && !*p) {
		p++;
		len--;
	}
	return !len;
}

static void write_pattern(struct scsi_device *d, struct scsi_request *r, u64 offset, u64 len,
			  const u8 *pattern)
{
	r->data = os_alloc(PATTERN_BYTES);
	r->own = os_alloc(sizeof(*r->own));
	if (!r->data || !r->own) {
		scsi_fail(r, SENSE_INTERNAL_FAILURE);
		return;
	}
	for (u32 at = 0; at < PATTERN_BYTES; at += d->block_size)
		memcpy(r->data + at, pattern, d->block_size);
	r->own->iov_base = r->data;
	r->at = offset;
	r->left = len;
	r->step = same_step;
	run_steps(r);
}

static void write_same(struct scsi_device *d, struct scsi_request *r)
{
	bool sixteen = r->cdb[0] == WRITE_SAME_16,
	     has_data = !(sixteen && r->cdb[1] & SAME_NO_DATA);
	u8 pattern[4096] = {0};
	u64 block;
	u32 count;

	span(r->cdb, &block, &count);
	if (d->info->read_only) {
		scsi_fail(r, SENSE_WRITE_PROTECTED);
		return;
	}
	/* 0 blocks would mean all of them, more than the page of limits says */
	if (!count || outside(d, block, count)) {
		scsi_fail(r, count ? (u32)SENSE_LBA_OUT_OF_RANGE : (u32)SENSE_INVALID_FIELD);
		return;
	}
	if (has_data && scsi_take(r, pattern, d->block_size) < d->block_size) {
		scsi_fail(r, SENSE_DATA_PHASE);
		return;
	}
	r->moved = has_data ? d->block_size : 0;
	if (!all_zero(pattern, d->block_size)) {
		write_pattern(d, r, block * d->block_size, (u64)count * d->block_size, pattern);
		return;
	}
	r->step = NULL;
	submit(r, BLOCK_WRITE_ZEROES, r->cdb[1] & SAME_UNMAP ? BLOCK_UNMAP : 0,
	       block * d->block_size, (u64)count * d->block_size, NULL, 0);
}

bool scsi_block_command(struct scsi_device *d, struct scsi_request *r)
{
	switch (r->cdb[0]) {
	case READ_6:
	case READ_10:
	case READ_12:
	case READ_16:
		transfer(d, r, false);
		return true;
	case WRITE_6:
	case WRITE_10:
	case WRITE_12:
	case WRITE_16:
	case WRITE_VERIFY_10:
	case WRITE_VERIFY_12:
	case WRITE_VERIFY_16:
		transfer(d, r, true);
		return true;
	case VERIFY_10:
	case VERIFY_12:
	case VERIFY_16:
		verify(d, r);
		return true;
	case SYNCHRONIZE_10:
	case SYNCHRONIZE_16:
		synchronize(d, r);
		return true;
	case UNMAP:
		unmap(d, r);
		return true;
	case WRITE_SAME_10:
	case WRITE_SAME_16:
		write_same(d, r);
		return true;
	default:
		return false;
	}
}

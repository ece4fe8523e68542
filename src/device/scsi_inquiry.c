// SPDX-License-Identifier: GPL-2.0-or-later
/* SCSI: what a target says of itself. INQUIRY and its vital product data pages (SPC-4, 6.4 and 7.8;
 * SBC-3, 6.5), READ CAPACITY (SBC-3, 5.15 and 5.16). */
#include "base/endian.h"
#include "base/string.h"
#include "device/scsi.h"

enum {
	INQUIRY = 0x12,
	READ_CAPACITY_10 = 0x25,
	SERVICE_ACTION_IN_16 = 0x9e,
	READ_CAPACITY_16 = 0x10,

	TYPE_DISK = 0x00,
	TYPE_CD = 0x05,
	STANDARD_BYTES = 36,
	MAX_PAGE = 256,
};

static void put_padded(u8 *to, const char *text, u32 size)
{
	u32 n = (u32)strlen(text);

	memset(to, ' ', size);
	memcpy(to, text, n < size ? n : size);
}

static void standard(struct scsi_device *d, struct scsi_request *r, u32 limit)
{
	u8 out[STANDARD_BYTES] = {d->cd ? TYPE_CD : TYPE_DISK};

	out[1] = d->cd || d->removable ? 0x80 : 0;
	out[2] = 5;    /* SPC-3 */
	out[3] = 0x12; /* hierarchical addressing, this format */
	out[4] = STANDARD_BYTES - 5;
	out[7] = 0x02; /* command queuing */
	put_padded(out + 8, d->vendor, 8);
	put_padded(out + 16, d->product, 16);
	put_padded(out + 32, d->version, 4);
	scsi_answer(r, out, sizeof(out), limit);
}

/* --- vital product data: length of what follows the four bytes of head --- */
static u32 page_serial(struct scsi_device *d, u8 *p)
{
	u32 n = d->serial ? (u32)strlen(d->serial) : 0;

	n = n < 36 ? n : 36;
	if (n)
		memcpy(p, d->serial, n);
	return n;
}

static const char *name_of(const struct scsi_device *d)
{
	if (d->device_id)
		return d->device_id;
	return d->serial ? d->serial : d->dev.id ? d->dev.id : "disk";
}

/* Designators: the vendor's name and that of the drive, in ASCII; a world-wide name (NAA). */
static u32 page_identification(struct scsi_device *d, u8 *p)
{
	const char *name = name_of(d);
	u32 n = (u32)strlen(name);

	n = n < 64 ? n : 64;
	p[0] = 2; /* ASCII */
	p[1] = 1; /* T10 vendor ID */
	p[3] = (u8)(8 + n);
	put_padded(p + 4, d->vendor, 8);
	memcpy(p + 12, name, n);
	if (!d->wwn)
		return 12 + n;
	p += 12 + n;
	p[0] = 1; /* binary */
	p[1] = 3; /* NAA */
	p[3] = 8;
	st_be64(p + 4, d->wwn);
	return 12 + n + 12;
}

static u32 page_limits(struct scsi_device *d, u8 *p)
{
	u32 physical = (u32)(d->physical_size / d->block_size);

	st_be16(p + 2, (u16)(physical ? physical : 1)); /* optimal granularity */
	st_be32(p + 4, 0xffff);				/* largest transfer, blocks */
	if (d->info->discard) {
		st_be32(p + 16, 0x400000); /* UNMAP: blocks and descriptors of one command */
		st_be32(p + 20, 255);
		st_be32(p + 24, physical ? physical : 1);
	}
	st_be64(p + 32, 0x400000); /* WRITE SAME */
	return 60;
}

/* Turns per minute; 1: it does not turn. */
static u32 page_characteristics(struct scsi_device *d, u8 *p)
{
	st_be16(p, (u16)d->rotation_rate);
	return 60;
}

/* UNMAP, WRITE SAME with the UNMAP bit; what was unmapped reads as anything. */
static u32 page_provisioning(struct scsi_device *d, u8 *p)
{
	p[1] = d->info->discard ? 0xe0 : 0;
	p[2] = d->info->discard ? 2 : 0; /* thin */
	return 4;
}

static void vital(struct scsi_device *d, struct scsi_request *r, u32 limit)
{
	static const u8 of_disk[] = {0x00, 0x80, 0x83, 0xb0, 0xb1, 0xb2};
	u8 out[MAX_PAGE] = {d->cd ? TYPE_CD : TYPE_DISK, r->cdb[2]};
	u8 *p = out + 4;
	u32 n;

	if (d->cd && r->cdb[2] >= 0xb0) {
		scsi_fail(r, SENSE_INVALID_FIELD);
		return;
	}
	switch (r->cdb[2]) {
	case 0x00:
		n = d->cd ? 3 : sizeof(of_disk);
		memcpy(p, of_disk, n);
		break;
	case 0x80:
		n = page_serial(d, p);
		break;
	case 0x83:
		n = page_identification(d, p);
		break;
	case 0xb0:
		n = page_limits(d, p);
		break;
	case 0xb1:
		n = page_characteristics(d, p);
		break;
	case 0xb2:
		n = page_provisioning(d, p);
		break;
	default:
		scsi_fail(r, SENSE_INVALID_FIELD);
		return;
	}
	st_be16(out + 2, (u16)n);
	scsi_answer(r, out, 4 + n, limit);
}

static void inquiry(struct scsi_device *d, struct scsi_request *r)
{
	u32 limit = ld_be16(r->cdb + 3);

	if (r->cdb[1] & 1)
		vital(d, r, limit);
	else if (r->cdb[2])
		scsi_fail(r, SENSE_INVALID_FIELD);
	else
		standard(d, r, limit);
}

static bool absent(struct scsi_device *d)
{
	return scsi_medium_gone(d) || !d->blocks;
}

static void capacity_10(struct scsi_device *d, struct scsi_request *r)
{
	u64 last = d->blocks - 1;
	u8 out[8];

	st_be32(out, last > 0xffffffff ? 0xffffffff : (u32)last);
	st_be32(out + 4, d->block_size);
	scsi_answer(r, out, sizeof(out), sizeof(out));
}

static void capacity_16(struct scsi_device *d, struct scsi_request *r)
{
	u8 out[32] = {0};
	u32 ratio = (u32)(d->physical_size / d->block_size);

	st_be64(out, d->blocks - 1);
	st_be32(out + 8, d->block_size);
	while (ratio > 1 && out[13] < 15) { /* log2 of logical blocks per physical one */
		out[13]++;
		ratio >>= 1;
	}
	if (d->info->discard)
		out[14] = 0x80;
	scsi_answer(r, out, sizeof(out), ld_be32(r->cdb + 10));
}

bool scsi_inquiry_command(struct scsi_device *d, struct scsi_request *r)
{
	bool long_one = r->cdb[0] == SERVICE_ACTION_IN_16 && (r->cdb[1] & 31) == READ_CAPACITY_16;

	if (r->cdb[0] == INQUIRY) {
		inquiry(d, r);
		return true;
	}
	if (r->cdb[0] != READ_CAPACITY_10 && !long_one)
		return false;
	if (absent(d))
		scsi_fail(r, SENSE_NOT_READY_NO_MEDIUM);
	else if (long_one)
		capacity_16(d, r);
	else
		capacity_10(d, r);
	return true;
}

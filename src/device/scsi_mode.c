// SPDX-License-Identifier: GPL-2.0-or-later
/* SCSI: mode pages (SPC-4, 6.11 to 6.14 and 7.5; SBC-3, 6.4; MMC-5, annex E). One can be changed:
 * the write cache. */
#include "base/endian.h"
#include "base/string.h"
#include "device/scsi.h"

enum {
	MODE_SELECT_6 = 0x15,
	MODE_SENSE_6 = 0x1a,
	MODE_SELECT_10 = 0x55,
	MODE_SENSE_10 = 0x5a,

	PAGE_RECOVERY = 0x01,
	PAGE_CACHING = 0x08,
	PAGE_CONTROL = 0x0a,
	PAGE_CAPABILITIES = 0x2a,
	PAGE_ALL = 0x3f,

	PC_CURRENT = 0,
	PC_CHANGEABLE = 1,
	PC_SAVED = 3,

	CACHING_WCE = 0x04,
	MAX_MODE = 128,
};

static bool write_cache(struct scsi_device *d)
{
	bool on;

	os_mutex_lock(&d->lock);
	on = d->state.write_cache;
	os_mutex_unlock(&d->lock);
	return on;
}

/* One page at p; its size, 0 = there is none. */
static u32 put_page(struct scsi_device *d, u8 *p, u32 page, u32 control)
{
	bool values = control != PC_CHANGEABLE;

	switch (page) {
	case PAGE_RECOVERY:
		p[1] = d->cd ? 6 : 10;
		p[2] = values ? 0x80 : 0;
		p[3] = values && d->cd ? 0x20 : 0;
		break;
	case PAGE_CACHING:
		if (d->cd)
			return 0;
		p[1] = 18;
		p[2] = !values || write_cache(d) ? CACHING_WCE : 0;
		break;
	case PAGE_CONTROL:
		if (d->cd)
			return 0;
		p[1] = 10;
		p[3] = values ? 0x10 : 0; /* commands may be reordered */
		break;
	case PAGE_CAPABILITIES:
		if (!d->cd)
			return 0;
		p[1] = 20;
		if (values) {
			p[2] = 0x3b; /* reads CD-R, CD-RW, method 2, DVD */
			p[4] = 0x7f;
			p[5] = 0xff;
			p[6] = 0x29; /* tray, ejects, locks */
		}
		break;
	default:
		return 0;
	}
	p[0] = (u8)page;
	return p[1] + 2u;
}

static void mode_sense(struct scsi_device *d, struct scsi_request *r)
{
	static const u8 pages[] = {PAGE_RECOVERY, PAGE_CACHING, PAGE_CONTROL, PAGE_CAPABILITIES};
	bool ten = r->cdb[0] == MODE_SENSE_10, descriptor = !(r->cdb[1] & 8) && !d->cd;
	u32 page = r->cdb[2] & 0x3f, control = r->cdb[2] >> 6, head = ten ? 8 : 4, n = head;
	u8 out[MAX_MODE] = {0};
	u8 device = d->cd ? 0 : (u8)((d->info->read_only ? 0x80 : 0) | 0x10); /* WP, DPOFUA */

	if (control == PC_SAVED) {
		scsi_fail(r, 0x053900); /* nothing is saved */
		return;
	}
	if (descriptor) {
		st_be32(out + n, d->blocks > 0xffffff ? 0xffffff : (u32)d->blocks);
		st_be32(out + n + 4, d->block_size);
		n += 8;
	}
	for (u32 i = 0; i < sizeof(pages); i++)
		if (page == PAGE_ALL || page == pages[i])
			n += put_page(d, out + n, pages[i], control);
	if (n == head + (descriptor ? 8u : 0)) {
		scsi_fail(r, SENSE_INVALID_FIELD);
		return;
	}
	if (ten) {
		st_be16(out, (u16)(n - 2));
		out[3] = device;
		st_be16(out + 6, descriptor ? 8 : 0);
	} else {
		out[0] = (u8)(n - 1);
		out[2] = device;
		out[3] = descriptor ? 8 : 0;
	}
	scsi_answer(r, out, n, ten ? ld_be16(r->cdb + 7) : r->cdb[4]);
}

static void set_write_cache(struct scsi_device *d, bool on)
{
	os_mutex_lock(&d->lock);
	d->state.write_cache = on;
	os_mutex_unlock(&d->lock);
	block_set_write_cache(d->block, on);
}

/* Pages with what they may change: only the caching page's WCE; all else must stay, and is not
 * looked at. */
static void mode_select(struct scsi_device *d, struct scsi_request *r)
{
	bool ten = r->cdb[0] == MODE_SELECT_10;
	u8 in[MAX_MODE];
	u32 wanted = ten ? ld_be16(r->cdb + 7) : r->cdb[4], head = ten ? 8 : 4, at;
	u32 len = scsi_take(r, in, wanted < sizeof(in) ? wanted : sizeof(in));

	if (!wanted) {
		scsi_good(r);
		return;
	}
	if (len < head || !(r->cdb[1] & 0x10)) {
		scsi_fail(r, SENSE_INVALID_FIELD);
		return;
	}
	at = head + (ten ? ld_be16(in + 6) : in[3]);
	while (at + 2 <= len) {
		u32 page = in[at] & 0x3f, size = in[at + 1] + 2u;

		if (in[at] & 0x40 || size > len - at ||
		    (page == PAGE_CACHING && (d->cd || size < 3))) {
			scsi_fail(r, SENSE_INVALID_PARAMETER);
			return;
		}
		if (page == PAGE_CACHING)
			set_write_cache(d, in[at + 2] & CACHING_WCE);
		at += size;
	}
	r->moved = len;
	scsi_good(r);
}

bool scsi_mode_command(struct scsi_device *d, struct scsi_request *r)
{
	switch (r->cdb[0]) {
	case MODE_SENSE_6:
	case MODE_SENSE_10:
		mode_sense(d, r);
		return true;
	case MODE_SELECT_6:
	case MODE_SELECT_10:
		mode_select(d, r);
		return true;
	default:
		return false;
	}
}

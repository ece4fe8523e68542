// SPDX-License-Identifier: GPL-2.0-or-later
/* SCSI: what only CD-ROM drives have (MMC-5): one session with one data track. */
#include "base/endian.h"
#include "base/string.h"
#include "device/scsi.h"

enum {
	READ_TOC = 0x43,
	GET_CONFIGURATION = 0x46,
	GET_EVENT_STATUS = 0x4a,
	READ_DISC_INFORMATION = 0x51,
	MECHANISM_STATUS = 0xbd,

	LEAD_OUT = 0xaa,
	DATA_TRACK = 0x14, /* ADR 1, data track */
	PROFILE_CD = 0x0008,
	PROFILE_DVD = 0x0010,
	CD_BLOCKS = 360000, /* more is a DVD */
	EVENT_MEDIA = 1 << 4,
	MEDIA_CLASS = 4,
	EVENT_EJECT_REQUEST = 1,
	EVENT_NEW_MEDIA = 2,
	EVENT_MEDIA_REMOVAL = 3,
};

/* Block addresses count two seconds of lead-in; 75 blocks a second. */
static void put_address(u8 *p, u64 block, bool msf)
{
	if (!msf) {
		st_be32(p, (u32)block);
		return;
	}
	block += 150;
	p[0] = 0;
	p[1] = (u8)(block / 75 / 60);
	p[2] = (u8)(block / 75 % 60);
	p[3] = (u8)(block % 75);
}

static bool loaded(struct scsi_device *d)
{
	return !scsi_medium_gone(d);
}

static void read_toc(struct scsi_device *d, struct scsi_request *r)
{
	bool msf = r->cdb[1] & 2;
	u32 format = r->cdb[2] & 15, start = r->cdb[6], n = 4;
	u8 out[20] = {0};

	format = format ? format : r->cdb[9] >> 6;
	out[2] = out[3] = 1; /* first and last track, or session */
	if (format == 1) {
		out[5] = DATA_TRACK;
		out[6] = 1;
		put_address(out + 8, 0, msf);
		n = 12;
	} else if (format || (start > 1 && start != LEAD_OUT)) {
		scsi_fail(r, SENSE_INVALID_FIELD);
		return;
	} else {
		if (start <= 1) {
			out[n + 1] = DATA_TRACK;
			out[n + 2] = 1;
			put_address(out + n + 4, 0, msf);
			n += 8;
		}
		out[n + 1] = DATA_TRACK;
		out[n + 2] = LEAD_OUT;
		put_address(out + n + 4, d->blocks, msf);
		n += 8;
	}
	st_be16(out, (u16)(n - 2));
	scsi_answer(r, out, n, ld_be16(r->cdb + 7));
}

/* The profile list, the core and the removable medium features. */
static void get_configuration(struct scsi_device *d, struct scsi_request *r)
{
	u8 out[40] = {0};
	u8 *p = out + 8;
	bool dvd = d->blocks > CD_BLOCKS;

	if (loaded(d))
		st_be16(out + 6, dvd ? PROFILE_DVD : PROFILE_CD);
	p[2] = 0x03; /* persistent, current */
	p[3] = 8;
	st_be16(p + 4, PROFILE_DVD);
	p[6] = loaded(d) && dvd;
	st_be16(p + 8, PROFILE_CD);
	p[10] = loaded(d) && !dvd;
	p += 12;
	p[1] = 1; /* core */
	p[2] = 0x0b;
	p[3] = 8;
	p[7] = 1; /* SCSI */
	p[8] = 1;
	p += 12;
	p[1] = 3; /* removable medium: tray, ejects, locks */
	p[2] = 0x03;
	p[3] = 4;
	p[4] = 0x39;
	p += 8;
	st_be32(out, (u32)(p - out) - 4);
	scsi_answer(r, out, (u32)(p - out), ld_be16(r->cdb + 7));
}

/* One event at a time (6.7.2.6): what the user wants, then what has happened; and what is so. */
static void put_media_event(struct scsi_device *d, u8 *out)
{
	u32 *events = &d->state.media_event;
	bool present;

	os_mutex_lock(&d->lock);
	present = !d->state.ejected && d->blocks;
	if (*events & SCSI_MEDIA_EJECT_ASKED)
		out[0] = EVENT_EJECT_REQUEST;
	else if (*events & SCSI_MEDIA_CHANGED)
		out[0] = present ? EVENT_NEW_MEDIA : EVENT_MEDIA_REMOVAL;
	*events &= *events & SCSI_MEDIA_EJECT_ASKED ? SCSI_MEDIA_CHANGED : 0;
	out[1] = (u8)((d->state.ejected ? 1 : 0) | (present ? 2 : 0));
	os_mutex_unlock(&d->lock);
}

static void get_event_status(struct scsi_device *d, struct scsi_request *r)
{
	u8 out[8] = {0};
	bool media = r->cdb[4] & EVENT_MEDIA;

	if (!(r->cdb[1] & 1)) { /* no asynchronous notification */
		scsi_fail(r, SENSE_INVALID_FIELD);
		return;
	}
	out[2] = media ? MEDIA_CLASS : 0x80;
	out[3] = EVENT_MEDIA;
	if (media)
		put_media_event(d, out + 4);
	st_be16(out, media ? 6 : 2);
	scsi_answer(r, out, media ? 8 : 4, ld_be16(r->cdb + 7));
}

static void read_disc_information(struct scsi_device *d, struct scsi_request *r)
{
	u8 out[34] = {0};

	if (r->cdb[1] & 7) {
		scsi_fail(r, SENSE_INVALID_FIELD);
		return;
	}
	st_be16(out, sizeof(out) - 2);
	out[2] = 0x0e; /* finished, last session complete */
	out[3] = out[4] = out[5] = out[6] = 1;
	out[7] = 0x20; /* unrestricted use */
	scsi_answer(r, out, sizeof(out), ld_be16(r->cdb + 7));
}

static void mechanism_status(struct scsi_device *d, struct scsi_request *r)
{
	u8 out[8] = {0};

	out[1] = loaded(d) ? 0 : 0x10; /* door open */
	out[5] = 1;
	scsi_answer(r, out, sizeof(out), ld_be16(r->cdb + 8));
}

bool scsi_cd_command(struct scsi_device *d, struct scsi_request *r)
{
	switch (r->cdb[0]) {
	case GET_CONFIGURATION:
		get_configuration(d, r);
		return true;
	case GET_EVENT_STATUS:
		get_event_status(d, r);
		return true;
	case MECHANISM_STATUS:
		mechanism_status(d, r);
		return true;
	case READ_TOC:
	case READ_DISC_INFORMATION:
		if (!loaded(d))
			scsi_fail(r, SENSE_NOT_READY_NO_MEDIUM);
		else if (r->cdb[0] == READ_TOC)
			read_toc(d, r);
		else
			read_disc_information(d, r);
		return true;
	default:
		return false;
	}
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What becomes of transfers that fail, as qemu's rerror= and werror= say it. One that stops the
 * machine stays here, outside the count of those in flight, so that the machine can stop; when it
 * goes on, the transfer is tried again from its beginning. Its guest never hears of it.
 */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "host/block_private.h"

bool block_on_error_of(const char *text, bool read, u8 *value)
{
	static const char *const names[] = {
		[BLOCK_ERROR_AUTO] = "auto",	 [BLOCK_ERROR_REPORT] = "report",
		[BLOCK_ERROR_IGNORE] = "ignore", [BLOCK_ERROR_ENOSPC] = "enospc",
		[BLOCK_ERROR_STOP] = "stop",
	};

	for (u32 i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(text, names[i]) && !(read && i == BLOCK_ERROR_ENOSPC)) {
			*value = (u8)i;
			return true;
		}
	return false;
}

int block_set_on_error(struct block *b, const char *on_read, const char *on_write, struct error *e)
{
	/* the device before may have said something */
	b->on_read_error = b->drive_on_read;
	b->on_write_error = b->drive_on_write;
	if (on_read && !block_on_error_of(on_read, true, &b->on_read_error))
		return error_set(e, -EINVAL, "rerror cannot be '%s'", on_read);
	if (on_write && !block_on_error_of(on_write, false, &b->on_write_error))
		return error_set(e, -EINVAL, "werror cannot be '%s'", on_write);
	return 0;
}

void block_set_stop(struct block *b, void (*stop)(void *opaque), void *opaque)
{
	b->stop_opaque = opaque;
	b->stop = stop;
}

static bool no_space(int err)
{
	return err == -ENOSPC || err == -EDQUOT;
}

static void wait_for_machine(struct block *b, struct block_request *r, int err)
{
	bool tell;

	r->progress = (u64)-err;
	r->next = NULL;
	os_mutex_lock(&b->lock);
	*b->failed_end = r;
	b->failed_end = &r->next;
	tell = !b->told;
	b->told = true;
	os_mutex_unlock(&b->lock);
	if (tell)
		log_warn("disk %s: %s: the machine is stopped; 'cont' in the monitor tries again",
			 b->name, g_strerror(-err));
	b->stop(b->stop_opaque);
}

int block_failed(struct block_request *r, int err)
{
	struct block *b = r->block;
	bool read = r->user_op == BLOCK_READ;
	u8 what = read ? b->on_read_error : b->on_write_error;

	/* what nobody could do, however often he tries */
	if (err == -EINVAL || err == -EROFS || err == -EOPNOTSUPP)
		return err;
	if (what == BLOCK_ERROR_AUTO)
		what = read ? BLOCK_ERROR_REPORT : BLOCK_ERROR_ENOSPC;
	/* what was ignored may have read nothing */
	if (what == BLOCK_ERROR_IGNORE)
		return 0;
	if (r->no_wait || !b->stop || what == BLOCK_ERROR_REPORT ||
	    (what == BLOCK_ERROR_ENOSPC && !no_space(err)))
		return err;
	wait_for_machine(b, r, err);
	return 1;
}

/* They count as in flight from now on. */
static struct block_request *take_failed(struct block *b)
{
	struct block_request *first;

	os_mutex_lock(&b->lock);
	first = b->failed;
	b->failed = NULL;
	b->failed_end = &b->failed;
	b->told = false;
	for (struct block_request *r = first; r; r = r->next)
		b->in_flight++;
	os_mutex_unlock(&b->lock);
	return first;
}

void block_retry(struct block *b)
{
	struct block_request *r, *next;

	for (r = take_failed(b); r; r = next) {
		next = r->next;
		r->op = r->user_op;
		block_submit_counted(b, &r, 1);
	}
}

bool block_waits(struct block *b)
{
	bool waits;

	os_mutex_lock(&b->lock);
	waits = b->failed;
	os_mutex_unlock(&b->lock);
	return waits;
}

void block_set_saved(struct block *b, bool saved)
{
	b->saved = saved;
}

bool block_holds_up_saving(struct block *b)
{
	return !b->saved && block_waits(b);
}

/* What fails while this waits may wait again, and a step of a command may follow the last one. */
void block_drain(struct block *b)
{
	struct block_request *r, *next;

	block_settle(b);
	while ((r = take_failed(b))) {
		for (; r; r = next) {
			int err = -(int)r->progress;

			next = r->next;
			r->op = r->user_op;
			r->done(r, err);
			block_leave(b);
		}
		block_settle(b);
	}
}

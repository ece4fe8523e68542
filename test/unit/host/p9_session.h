/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A session of p9.h's client in a test: begun, saved, and loaded by another one. */
#ifndef TEST_P9_SESSION_H
#define TEST_P9_SESSION_H

#include "../buffer.h"
#include "p9.h"

static inline void c_open_folder(struct p9_client *c, const char *folder,
				 enum fsdev_security security, bool readonly)
{
	struct fsdev_options o = {folder, security, readonly};
	struct error e = {""};

	if (fsdev_open(&o, &c->f, &e))
		fail_msg("%s", e.text);
}

/* The folder is fid 0. */
static inline void c_start(struct p9_client *c, const char *folder, enum fsdev_security security,
			   bool readonly)
{
	c_open_folder(c, folder, security, readonly);
	assert_int_equal(c_attach(c, 0), -EPROTO);
	assert_int_equal(c_version(c), 0);
	assert_int_equal(c_attach(c, 0), 0);
}

/* And ends. */
static inline void c_save(struct p9_client *c, struct buffer *b)
{
	struct state_writer w = {buf_write, b, 0};

	fsdev_save(c->f, &w);
	assert_int_equal(w.err, 0);
	fsdev_close(c->f);
}

static inline void c_load(struct p9_client *c, struct buffer *b, const char *folder)
{
	struct state_reader r = {buf_read, b};
	struct error e = {""};

	c_open_folder(c, folder, FSDEV_NONE, false);
	if (fsdev_load(c->f, &r, &e))
		fail_msg("%s", e.text);
}

/* No stream that ends too soon is taken. Ends the session. */
static inline void c_load_cut(struct p9_client *c, struct buffer *b, size_t step)
{
	struct error e;

	for (size_t cut = 0; cut < b->len; cut += step) {
		struct buffer part = {b->data, cut, cut, 0};
		struct state_reader r = {buf_read, &part};

		assert_int_not_equal(fsdev_load(c->f, &r, &e), 0);
	}
	fsdev_close(c->f);
	free(b->data);
}

#endif

// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/display.h"

#include <errno.h>
#include <string.h>

#include "base/assert.h"
#include "os/os.h"

struct display_picture {
	struct display_frame frame;
	u32 *pixels;
	u64 *serials;
};

struct display_hub {
	struct os_mutex lock;
	u64 looks, shapes;
	u32 count;
	struct display_source *sources[DISPLAY_MAX_SOURCES];
};

struct display_hub *display_create(void)
{
	struct display_hub *h = os_alloc(sizeof(*h));

	if (h)
		os_mutex_init(&h->lock);
	return h;
}

void display_destroy(struct display_hub *h)
{
	if (!h)
		return;
	pv_assert(!h->count);
	os_mutex_destroy(&h->lock);
	os_free(h);
}

int display_add(struct display_hub *h, struct display_source *s)
{
	int err = 0;

	if (!h)
		return 0;
	s->picture = os_alloc(sizeof(*s->picture));
	if (!s->picture)
		return -ENOMEM;
	os_mutex_lock(&h->lock);
	if (h->count == DISPLAY_MAX_SOURCES)
		err = -ENOSPC;
	else
		h->sources[h->count++] = s;
	s->picture->frame.shape = ++h->shapes;
	os_mutex_unlock(&h->lock);
	if (err) {
		os_free(s->picture);
		s->picture = NULL;
	}
	return err;
}

void display_remove(struct display_hub *h, struct display_source *s)
{
	u32 kept = 0;

	if (!h || !s->picture)
		return;
	os_mutex_lock(&h->lock);
	for (u32 i = 0; i < h->count; i++)
		if (h->sources[i] != s)
			h->sources[kept++] = h->sources[i];
	h->count = kept;
	os_mutex_unlock(&h->lock);
	os_free(s->picture->pixels);
	os_free(s->picture->serials);
	os_free(s->picture);
	s->picture = NULL;
}

bool display_size(struct display_picture *p, u32 width, u32 height)
{
	u32 *pixels;
	u64 *serials;

	pv_assert(width && height && width <= DISPLAY_MAX_SIDE && height <= DISPLAY_MAX_SIDE);
	if (p->frame.width == width && p->frame.height == height)
		return true;
	pixels = os_alloc((size_t)width * height * sizeof(*pixels));
	serials = os_alloc(height * sizeof(*serials));
	if (!pixels || !serials) {
		os_free(pixels);
		os_free(serials);
		return false;
	}
	os_free(p->pixels);
	os_free(p->serials);
	p->pixels = pixels;
	p->serials = serials;
	for (u32 y = 0; y < height; y++)
		serials[y] = p->frame.serial;
	p->frame = (struct display_frame){.width = width,
					  .height = height,
					  .pixels = pixels,
					  .serials = serials,
					  .serial = p->frame.serial,
					  .shape = 0};
	return true;
}

void display_row(struct display_picture *p, u32 y, const u32 *pixels)
{
	size_t bytes = p->frame.width * sizeof(*pixels);
	u32 *row = p->pixels + (size_t)y * p->frame.width;

	pv_assert(y < p->frame.height);
	if (!memcmp(row, pixels, bytes))
		return;
	memcpy(row, pixels, bytes);
	p->serials[y] = p->frame.serial;
}

bool display_look(struct display_hub *h, u32 index, display_look_fn *fn, void *opaque)
{
	struct display_source *s;

	os_mutex_lock(&h->lock);
	s = index < h->count ? h->sources[index] : NULL;
	if (s) {
		s->picture->frame.serial = ++h->looks;
		s->update(s->opaque, s->picture);
		if (!s->picture->frame.shape)
			s->picture->frame.shape = ++h->shapes;
		if (s->picture->pixels)
			fn(opaque, &s->picture->frame);
		else
			s = NULL;
	}
	os_mutex_unlock(&h->lock);
	return s;
}

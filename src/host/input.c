// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/input.h"

#include <errno.h>

#include "base/assert.h"
#include "os/os.h"

struct input_hub {
	struct os_mutex lock;
	u64 activations; /* atomic */
	u32 count;
	struct input_sink *sinks[INPUT_MAX_SINKS];
};

struct input_hub *input_create(void)
{
	struct input_hub *h = os_alloc(sizeof(*h));

	if (h)
		os_mutex_init(&h->lock);
	return h;
}

void input_destroy(struct input_hub *h)
{
	if (!h)
		return;
	pv_assert(!h->count);
	os_mutex_destroy(&h->lock);
	os_free(h);
}

int input_add(struct input_hub *h, struct input_sink *s)
{
	int err = 0;

	if (!h)
		return 0;
	os_mutex_lock(&h->lock);
	s->active = 0;
	if (h->count == INPUT_MAX_SINKS)
		err = -ENOSPC;
	else
		h->sinks[h->count++] = s;
	os_mutex_unlock(&h->lock);
	return err;
}

void input_remove(struct input_hub *h, struct input_sink *s)
{
	u32 kept = 0;

	if (!h)
		return;
	os_mutex_lock(&h->lock);
	for (u32 i = 0; i < h->count; i++)
		if (h->sinks[i] != s)
			h->sinks[kept++] = h->sinks[i];
	h->count = kept;
	os_mutex_unlock(&h->lock);
}

void input_activate(struct input_hub *h, struct input_sink *s)
{
	if (h)
		__atomic_store_n(&s->active,
				 __atomic_add_fetch(&h->activations, 1, __ATOMIC_RELAXED),
				 __ATOMIC_RELAXED);
}

/* Under the lock. Of those that nobody has used yet, the first. */
static struct input_sink *find(struct input_hub *h, u32 kind)
{
	struct input_sink *found = NULL;
	u64 latest = 0;

	for (u32 i = 0; i < h->count; i++) {
		struct input_sink *s = h->sinks[i];
		u64 active = __atomic_load_n(&s->active, __ATOMIC_RELAXED);

		if (s->kinds & kind && (!found || active > latest)) {
			found = s;
			latest = active;
		}
	}
	return found;
}

bool input_takes(struct input_hub *h, u32 kind)
{
	bool takes;

	os_mutex_lock(&h->lock);
	takes = find(h, kind);
	os_mutex_unlock(&h->lock);
	return takes;
}

void input_key(struct input_hub *h, u16 code, bool down)
{
	struct input_sink *s;

	os_mutex_lock(&h->lock);
	s = find(h, INPUT_KEYS);
	if (s)
		s->key(s->opaque, code, down);
	os_mutex_unlock(&h->lock);
}

static void pointer(struct input_hub *h, u32 kind, s32 x, s32 y, u32 buttons, s32 wheel)
{
	struct input_sink *s;

	os_mutex_lock(&h->lock);
	s = find(h, kind);
	if (s)
		s->pointer(s->opaque, x, y, buttons, wheel);
	os_mutex_unlock(&h->lock);
}

void input_pointer_abs(struct input_hub *h, u32 x, u32 y, u32 buttons, s32 wheel)
{
	x = x < INPUT_ABS_MAX ? x : INPUT_ABS_MAX;
	y = y < INPUT_ABS_MAX ? y : INPUT_ABS_MAX;
	pointer(h, INPUT_ABSOLUTE, (s32)x, (s32)y, buttons, wheel);
}

void input_pointer_rel(struct input_hub *h, s32 dx, s32 dy, u32 buttons, s32 wheel)
{
	pointer(h, INPUT_RELATIVE, dx, dy, buttons, wheel);
}

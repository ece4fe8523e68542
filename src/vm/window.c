// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/window.h"

#include <errno.h>

#include "base/assert.h"
#include "base/string.h"
#include "vm/vm.h"

/* RAM has the slots below. */
enum { FIRST_SLOT = VM_RAM_SLOTS };

static void release(struct vm_window *w)
{
	os_ram_unmap(&w->ram);
	os_free(w->bitmap);
	os_free(w->more);
	w->bitmap = w->more = NULL;
}

int vm_window_init(struct vm *vm, struct vm_window *w, const char *name, u64 size, struct error *e)
{
	u32 i = 0;
	int err;

	while (i < VM_MAX_WINDOWS && vm->windows[i])
		i++;
	if (i == VM_MAX_WINDOWS)
		return error_set(e, -ENOSPC, "more than %d devices with memory", VM_MAX_WINDOWS);
	pv_assert(size && !(size & (ENGINE_SLOT_ALIGN - 1)));
	*w = (struct vm_window){.name = name,
				.size = size,
				.id = FIRST_SLOT + i,
				.gpa = VM_WINDOW_NOWHERE,
				.all_dirty = true};
	err = os_ram_map(&w->ram, size, name);
	if (err)
		return error_set(e, err, "cannot allocate %llu KiB for %s",
				 (unsigned long long)(size >> 10), name);
	w->bitmap = os_alloc(vm_window_words(w) * sizeof(u64));
	w->more = os_alloc(vm_window_words(w) * sizeof(u64));
	if (!w->bitmap || !w->more) {
		release(w);
		return error_set(e, -ENOMEM, "out of memory");
	}
	os_mutex_init(&w->lock);
	vm->windows[i] = w;
	return 0;
}

void vm_window_destroy(struct vm *vm, struct vm_window *w)
{
	if (!w->bitmap)
		return;
	vm_window_map(vm, w, VM_WINDOW_NOWHERE);
	vm->windows[w->id - FIRST_SLOT] = NULL;
	os_mutex_destroy(&w->lock);
	release(w);
}

void vm_window_map(struct vm *vm, struct vm_window *w, u64 gpa)
{
	struct engine_slot slot = {
		.id = w->id, .flags = ENGINE_SLOT_LOG_DIRTY, .host = w->ram.base};

	os_mutex_lock(&w->lock);
	if (w->gpa != gpa) {
		/* Pages that were written meanwhile are not worth knowing one by one. */
		w->all_dirty = true;
		if (w->gpa != VM_WINDOW_NOWHERE)
			vm->ops->set_slot(vm->engine, &slot);
		slot.gpa = gpa;
		slot.size = w->size;
		w->gpa = gpa == VM_WINDOW_NOWHERE || vm->ops->set_slot(vm->engine, &slot)
				 ? VM_WINDOW_NOWHERE
				 : gpa;
	}
	os_mutex_unlock(&w->lock);
}

void vm_window_written(struct vm *vm, struct vm_window *w, u64 offset, u64 len)
{
	u64 last;

	if (!len || offset >= w->size || len > w->size - offset)
		return;
	last = (offset + len - 1) / ENGINE_DIRTY_PAGE;
	os_mutex_lock(&w->lock);
	for (u64 page = offset / ENGINE_DIRTY_PAGE; page <= last; page++)
		w->more[page / 64] |= 1ull << page % 64;
	if (w->gpa != VM_WINDOW_NOWHERE)
		vm->ops->memory_written(vm->engine, w->gpa + offset, len);
	os_mutex_unlock(&w->lock);
}

void vm_window_clear(struct vm *vm, struct vm_window *w)
{
	if (os_ram_discard(&w->ram, 0, w->size))
		memset(w->ram.base, 0, w->size);
	vm_window_written(vm, w, 0, w->size);
}

static bool any(const u64 *bitmap, u64 words)
{
	for (u64 i = 0; i < words; i++)
		if (bitmap[i])
			return true;
	return false;
}

/* What the engine knows. Clearing costs the vCPUs their fast stores, so look first. */
static void engine_dirty(struct vm *vm, struct vm_window *w)
{
	u64 words = vm_window_words(w);

	if (w->gpa == VM_WINDOW_NOWHERE)
		return;
	if (vm->ops->dirty_log(vm->engine, w->id, w->bitmap, false)) {
		w->all_dirty = true; /* it keeps no log */
		return;
	}
	if (!any(w->bitmap, words) || vm->ops->dirty_log(vm->engine, w->id, w->bitmap, true))
		return;
	for (u64 i = 0; i < words; i++)
		w->more[i] |= w->bitmap[i];
}

bool vm_window_dirty(struct vm *vm, struct vm_window *w, u64 *bitmap)
{
	u64 words = vm_window_words(w);
	bool found;

	os_mutex_lock(&w->lock);
	engine_dirty(vm, w);
	found = w->all_dirty || any(w->more, words);
	if (w->all_dirty)
		memset(bitmap, 0xff, words * sizeof(u64));
	else
		memcpy(bitmap, w->more, words * sizeof(u64));
	memset(w->more, 0, words * sizeof(u64));
	w->all_dirty = false;
	os_mutex_unlock(&w->lock);
	return found;
}

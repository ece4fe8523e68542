// SPDX-License-Identifier: GPL-2.0-or-later
/* See tce.h. The hypercalls run without the machine's lock: a table's entries are atomic words, and
 * its geometry is read once per call. */
#include "bus/tce.h"

#include <errno.h>

#include "base/assert.h"
#include "base/endian.h"
#include "isa/papr.h"
#include "vm/savestate.h"
#include "vm/vm.h"

enum {
	TCE_INDIRECT_MAX = 512, /* a 4K page of them */
	TCE_PAGE = 4096,
	TCE_MIN_SHIFT = 12,
	TCE_MAX_SHIFT = 34,
};
#define TCE_END (~0ull)

/* --- tables --- */
static struct tce_table *find(struct tce_registry *r, u64 liobn)
{
	u32 count = __atomic_load_n(&r->count, __ATOMIC_ACQUIRE);

	for (u32 i = 0; i < count; i++)
		if (r->tables[i]->liobn == liobn)
			return r->tables[i];
	return NULL;
}

int tce_table_init(struct tce_table *t, struct tce_registry *r, u32 liobn, u64 max_nr,
		   struct error *e)
{
	if (find(r, liobn))
		return error_set(e, -EBUSY, "logical I/O bus number 0x%x is taken", liobn);
	if (r->count == TCE_MAX_TABLES)
		return error_set(e, -ENOSPC, "more than %d DMA windows", TCE_MAX_TABLES);
	*t = (struct tce_table){.liobn = liobn, .page_shift = TCE_MIN_SHIFT, .max_nr = max_nr};
	t->entries = os_reserve(max_nr * sizeof(u64));
	if (!t->entries)
		return error_set(e, -ENOMEM, "no memory for a DMA window of %llu pages",
				 (unsigned long long)max_nr);
	r->tables[r->count] = t;
	__atomic_store_n(&r->count, r->count + 1, __ATOMIC_RELEASE);
	return 0;
}

void tce_table_destroy(struct tce_table *t, struct tce_registry *r)
{
	if (!t->entries)
		return;
	for (u32 i = 0; i < r->count; i++)
		if (r->tables[i] == t)
			r->tables[i] = r->tables[--r->count];
	os_unreserve(t->entries, t->max_nr * sizeof(u64));
	t->entries = NULL;
}

static void store(struct tce_table *t, u64 i, u64 entry)
{
	u64 used = __atomic_load_n(&t->used, __ATOMIC_RELAXED);

	__atomic_store_n(&t->entries[i], entry, __ATOMIC_RELEASE);
	while (used <= i && !__atomic_compare_exchange_n(&t->used, &used, i + 1, false,
							 __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		;
}

/* Only what was written: a machine has a table for every function, and most are large and empty. */
static void clear(struct tce_table *t)
{
	u64 used = __atomic_exchange_n(&t->used, 0, __ATOMIC_ACQUIRE);

	for (u64 i = 0; i < used; i++)
		__atomic_store_n(&t->entries[i], 0, __ATOMIC_RELAXED);
}

int tce_table_open(struct tce_table *t, u64 start, u32 page_shift, u64 nr)
{
	if (page_shift < TCE_MIN_SHIFT || page_shift > TCE_MAX_SHIFT || nr > t->max_nr ||
	    (start & ((1ull << page_shift) - 1)) || (nr && nr - 1 > (~0ull - start) >> page_shift))
		return -EINVAL;
	clear(t);
	__atomic_store_n(&t->nr, 0, __ATOMIC_RELEASE);
	__atomic_store_n(&t->page_shift, page_shift, __ATOMIC_RELAXED);
	__atomic_store_n(&t->start, start, __ATOMIC_RELAXED);
	__atomic_store_n(&t->nr, nr, __ATOMIC_RELEASE);
	return 0;
}

struct geometry {
	u32 shift;
	u64 start, nr;
};

static struct geometry geometry_of(const struct tce_table *t)
{
	struct geometry g = {.nr = __atomic_load_n(&t->nr, __ATOMIC_ACQUIRE)};

	g.shift = __atomic_load_n(&t->page_shift, __ATOMIC_RELAXED);
	g.start = __atomic_load_n(&t->start, __ATOMIC_RELAXED);
	return g;
}

/* The entry that is responsible for an address; false: none is. */
static bool index_of(const struct geometry *g, u64 addr, u64 *index)
{
	*index = (addr - g->start) >> g->shift;
	return addr >= g->start && *index < g->nr;
}

bool tce_covers(const struct tce_table *t, u64 addr)
{
	struct geometry g = geometry_of(t);
	u64 index;

	return index_of(&g, addr, &index);
}

int tce_translate(const struct tce_table *t, u64 addr, bool write, u64 *gpa, u64 *len)
{
	struct geometry g = geometry_of(t);
	u64 index, entry, in_page, rest;

	if (!index_of(&g, addr, &index))
		return -EFAULT;
	entry = __atomic_load_n(&t->entries[index], __ATOMIC_RELAXED);
	if (!(entry & (write ? TCE_WRITE : TCE_READ)))
		return -EFAULT;
	in_page = addr & ((1ull << g.shift) - 1);
	rest = (1ull << g.shift) - in_page;
	*gpa = (entry & ~((1ull << g.shift) - 1)) + in_page;
	if (*len > rest)
		*len = rest;
	return 0;
}

/* --- hypercalls: arguments are LIOBN, bus address, and what is to stand there --- */
struct target {
	struct tce_table *t;
	struct geometry g;
	u64 index;
};

/* The call's table and its first entry, count entries on from there. */
static bool find_target(struct tce_registry *r, const u64 *args, u64 count, struct target *to)
{
	to->t = find(r, args[0]);
	if (!to->t)
		return false;
	to->g = geometry_of(to->t);
	return index_of(&to->g, args[1], &to->index) && count <= to->g.nr - to->index;
}

/* May the entry stand in the table? Its page begins in memory, if it has access to any. */
static bool entry_ok(struct vm *vm, const struct geometry *g, u64 entry)
{
	u64 page = entry & ~((1ull << g->shift) - 1);

	return !(entry & (TCE_READ | TCE_WRITE)) || vm_mem_ptr(vm, page, 1);
}

static void put(const struct target *to, u64 i, u64 entry)
{
	store(to->t, to->index + i, entry);
}

static void touched(const struct target *to)
{
	if (to->t->touched)
		to->t->touched(to->t);
}

static s64 h_put_tce(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	struct target to;

	if (!find_target(opaque, args, 1, &to) || !entry_ok(vcpu->vm, &to.g, args[2]))
		return H_PARAMETER;
	put(&to, 0, args[2]);
	touched(&to);
	return H_SUCCESS;
}

static s64 h_get_tce(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	struct target to;

	if (!find_target(opaque, args, 1, &to))
		return H_PARAMETER;
	args[0] = __atomic_load_n(&to.t->entries[to.index], __ATOMIC_RELAXED);
	return H_SUCCESS;
}

static s64 h_stuff_tce(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	struct target to;

	if (!find_target(opaque, args, args[3], &to) || !entry_ok(vcpu->vm, &to.g, args[2]))
		return H_PARAMETER;
	for (u64 i = 0; i < args[3]; i++)
		put(&to, i, args[2]);
	touched(&to);
	return H_SUCCESS;
}

static s64 h_put_tce_indirect(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	u64 list[TCE_INDIRECT_MAX], count = args[3];
	struct target to;
	u64 i;

	if (count > TCE_INDIRECT_MAX || args[2] % TCE_PAGE ||
	    !find_target(opaque, args, count, &to) ||
	    vm_mem_read(vcpu->vm, args[2], list, count * sizeof(list[0])))
		return H_PARAMETER;
	for (i = 0; i < count; i++) {
		u64 entry = ld_be64(&list[i]);

		if (!entry_ok(vcpu->vm, &to.g, entry))
			break;
		put(&to, i, entry);
	}
	touched(&to);
	return i == count ? H_SUCCESS : H_PARAMETER;
}

/* --- saved state --- */
void tce_save(struct state_writer *w, const struct tce_table *t)
{
	state_write_u64(w, t->start);
	state_write_u64(w, t->page_shift);
	state_write_u64(w, t->nr);
	for (u64 i = 0; i < t->used && i < t->nr; i++) {
		if (!t->entries[i])
			continue;
		state_write_u64(w, i);
		state_write_u64(w, t->entries[i]);
	}
	state_write_u64(w, TCE_END);
}

int tce_load(struct state_reader *r, struct tce_table *t, struct error *e)
{
	u64 start, shift, nr, index, entry;
	int err = state_read_u64(r, &start);

	if (!err)
		err = state_read_u64(r, &shift);
	if (!err)
		err = state_read_u64(r, &nr);
	if (!err && (shift > TCE_MAX_SHIFT || tce_table_open(t, start, (u32)shift, nr)))
		err = -EINVAL;
	while (!err) {
		err = state_read_u64(r, &index);
		if (err || index == TCE_END)
			break;
		err = state_read_u64(r, &entry);
		if (!err && index >= nr)
			err = -EINVAL;
		if (!err)
			store(t, index, entry);
	}
	return err ? error_set(e, err, "the saved state of DMA window 0x%x is damaged", t->liobn)
		   : 0;
}

static void save_all(void *opaque, struct state_writer *w)
{
	struct tce_registry *r = opaque;

	for (u32 i = 0; i < r->count; i++) {
		state_save_raw(w, "tce", r->tables[i]->liobn);
		tce_save(w, r->tables[i]);
	}
}

static int load_one(void *opaque, const struct state_head *h, struct state_reader *r,
		    struct error *e)
{
	struct tce_table *t = find(opaque, h->instance);

	return t ? tce_load(r, t, e) : -ENOENT;
}

void tce_registry_init(struct tce_registry *r, struct vm *vm)
{
	static const struct vm_section section = {"tce", save_all, load_one};

	*r = (struct tce_registry){.vm = vm};
	hcall_register(vm, H_PUT_TCE, "H_PUT_TCE", h_put_tce, r, CALL_NO_LOCK);
	hcall_register(vm, H_GET_TCE, "H_GET_TCE", h_get_tce, r, CALL_NO_LOCK);
	hcall_register(vm, H_STUFF_TCE, "H_STUFF_TCE", h_stuff_tce, r, CALL_NO_LOCK);
	hcall_register(vm, H_PUT_TCE_INDIRECT, "H_PUT_TCE_INDIRECT", h_put_tce_indirect, r,
		       CALL_NO_LOCK);
	vm_add_section(vm, &section, r);
}

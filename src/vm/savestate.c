// SPDX-License-Identifier: GPL-2.0-or-later
/* See savestate.h. Order matters on loading: what decides whether there is a hash table comes
 * first, RAM, the hash table and sections (DMA windows) stand before what refers to them, the
 * processors come last. */
#include "vm/savestate.h"

#include <errno.h>

#include "base/assert.h"
#include "base/string.h"
#include "isa/model.h"
#include "isa/onereg.h"
#include "vm/vm.h"

enum {
	STREAM_VERSION = 1,
	PAGE_BYTES = 4096,
	HTAB_CHUNK = 512,
	NAME_BYTES = 32,
	MAX_REG_BYTES = 16
};
#define END_MARK (~0ull)

/* --- what must agree: the head of the stream --- */
struct machine_saved {
	char magic[8];
	char model[NAME_BYTES];
	u64 version, vcpus, ram_size, tb_hz, clock_ns;
};

static const struct state_field machine_fields[] = {
	STATE_FIELD(struct machine_saved, magic, STATE_BYTES),
	STATE_FIELD(struct machine_saved, model, STATE_BYTES),
	STATE_FIELD(struct machine_saved, version, STATE_U64),
	STATE_FIELD(struct machine_saved, vcpus, STATE_U64),
	STATE_FIELD(struct machine_saved, ram_size, STATE_U64),
	STATE_FIELD(struct machine_saved, tb_hz, STATE_U64),
	STATE_FIELD(struct machine_saved, clock_ns, STATE_U64),
};
static const struct state_table machine_table = {
	.name = "machine",
	.size = sizeof(struct machine_saved),
	.nr_fields = ARRAY_SIZE(machine_fields),
	.fields = machine_fields,
};

static void describe(struct vm *vm, struct machine_saved *m)
{
	size_t n = strlen(vm->model->name);

	*m = (struct machine_saved){.magic = "PVSTATE"};
	memcpy(m->model, vm->model->name, n < NAME_BYTES ? n : NAME_BYTES - 1);
	m->version = STREAM_VERSION;
	m->vcpus = vm->nr_vcpus;
	for (u32 i = 0; i < vm->memory.nr_slots; i++)
		m->ram_size += vm->memory.slots[i].slot.size;
	m->tb_hz = vm->tb_hz;
	m->clock_ns = vm_clock_ns(&vm->clock);
}

static int load_machine(struct vm *vm, struct state_reader *r, struct error *e)
{
	struct machine_saved want, got;
	int err = state_load(r, &machine_table, &got, e);

	if (err)
		return err;
	describe(vm, &want);
	vm_clock_set(&vm->clock, got.clock_ns);
	want.clock_ns = got.clock_ns;
	if (memcmp(want.magic, got.magic, sizeof(want.magic)) || want.version != got.version)
		return error_set(e, -EINVAL, "this is no saved state of this version");
	if (memcmp(&want, &got, sizeof(want)))
		return error_set(e, -EINVAL,
				 "the saved state is of another machine: %llu processors, %llu MiB",
				 (unsigned long long)got.vcpus,
				 (unsigned long long)(got.ram_size >> 20));
	return 0;
}

/* --- RAM: pages that are not zero --- */
static bool is_zero(const u8 *p)
{
	const u64 *w = (const u64 *)p;

	for (u32 i = 0; i < PAGE_BYTES / 8; i++)
		if (w[i])
			return false;
	return true;
}

static void save_pages(struct state_writer *w, const u8 *base, u64 size)
{
	for (u64 at = 0; at < size; at += PAGE_BYTES) {
		if (is_zero(base + at))
			continue;
		state_write_u64(w, at);
		state_write(w, base + at, PAGE_BYTES);
	}
	state_write_u64(w, END_MARK);
}

static int load_pages(struct state_reader *r, u8 *base, u64 size, struct error *e)
{
	u64 at = 0;
	int err = 0;

	memset(base, 0, size);
	while (!err) {
		err = state_read_u64(r, &at);
		if (err || at == END_MARK)
			break;
		if (at > size - PAGE_BYTES || at % PAGE_BYTES)
			err = -EINVAL;
		else
			err = r->read(r->opaque, base + at, PAGE_BYTES);
	}
	return err ? error_set(e, err, "the saved state's memory is truncated or damaged") : 0;
}

static void save_ram(struct state_writer *w, const struct ram_slot *s)
{
	state_save_raw(w, "ram", s->slot.id);
	state_write_u64(w, s->slot.gpa);
	state_write_u64(w, s->slot.size);
	save_pages(w, s->ram.base, s->slot.size);
}

/* Where a window is mapped is its device's to say. */
static void save_window(struct state_writer *w, u32 instance, const struct vm_window *window)
{
	state_save_raw(w, "device-memory", instance);
	state_write_u64(w, window->size);
	save_pages(w, window->ram.base, window->size);
}

static int load_window(struct vm *vm, const struct state_head *h, struct state_reader *r,
		       struct error *e)
{
	struct vm_window *w = h->instance < VM_MAX_WINDOWS ? vm->windows[h->instance] : NULL;
	u64 size;
	int err = state_read_u64(r, &size);

	if (!err && (!w || size != w->size))
		return error_set(
			e, -EINVAL,
			"the saved state has memory of a device that this machine has not");
	if (err)
		return error_set(e, err, "the saved state's memory is truncated or damaged");
	err = load_pages(r, w->ram.base, size, e);
	vm_window_written(vm, w, 0, size);
	return err;
}

static int load_ram(struct vm *vm, const struct state_head *h, struct state_reader *r,
		    struct error *e)
{
	struct ram_slot *s =
		h->instance < vm->memory.nr_slots ? &vm->memory.slots[h->instance] : NULL;
	u64 gpa, size;
	int err = state_read_u64(r, &gpa);

	if (!err)
		err = state_read_u64(r, &size);
	if (!err && (!s || gpa != s->slot.gpa || size != s->slot.size))
		return error_set(e, -EINVAL,
				 "the saved state has memory that this machine has not");
	if (err)
		return error_set(e, err, "the saved state's memory is truncated or damaged");
	err = load_pages(r, s->ram.base, size, e);
	if (err)
		return err;
	vm_mem_written(vm, s->slot.gpa, s->slot.size);
	return 0;
}

/* --- hash table: valid entries --- */
static int save_htab(struct vm *vm, struct state_writer *w)
{
	struct engine_hpte e[HTAB_CHUNK];
	u64 index = 0;
	s64 n;

	while ((n = vm->ops->htab_read(vm->engine, index, e, HTAB_CHUNK)) > 0) {
		if (!index)
			state_save_raw(w, "htab", 0);
		for (s64 i = 0; i < n; i++) {
			if (!e[i].v)
				continue;
			state_write_u64(w, index + (u64)i);
			state_write_u64(w, e[i].v);
			state_write_u64(w, e[i].r);
		}
		index += (u64)n;
	}
	if (index)
		state_write_u64(w, END_MARK);
	return n < 0 && n != -ENOTSUP ? (int)n : 0;
}

static int load_htab(struct vm *vm, struct state_reader *r, struct error *e)
{
	struct engine_hpte h;
	u64 index;
	int err;

	for (;;) {
		err = state_read_u64(r, &index);
		if (err || index == END_MARK)
			break;
		err = state_read_u64(r, &h.v);
		if (!err)
			err = state_read_u64(r, &h.r);
		if (!err && vm->ops->htab_write(vm->engine, index, &h, 1) != 1)
			err = -EINVAL;
		if (err)
			break;
	}
	return err ? error_set(e, err, "the saved state's hash table does not fit") : 0;
}

/* --- processors: the run state, then every register by name --- */
struct vcpu_saved {
	u64 state, start_pc, start_arg;
};

static const struct state_field vcpu_fields[] = {
	STATE_FIELD(struct vcpu_saved, state, STATE_U64),
	STATE_FIELD(struct vcpu_saved, start_pc, STATE_U64),
	STATE_FIELD(struct vcpu_saved, start_arg, STATE_U64),
};
static const struct state_table vcpu_table = {
	.name = "vcpu",
	.size = sizeof(struct vcpu_saved),
	.nr_fields = ARRAY_SIZE(vcpu_fields),
	.fields = vcpu_fields,
};

/* Registers that are the engine's beside those of the processor; what an engine or this kind of
 * machine has not is left out. The VPA comes before what wants it. */
static const struct onereg_saved engine_regs[] = {
	{"vpa-addr", 0, ONEREG_VPA_ADDR},
	{"vpa-slb", 0, ONEREG_VPA_SLB},
	{"vpa-dtl", 0, ONEREG_VPA_DTL},
};

static void save_reg(struct vcpu *v, struct state_writer *w, const struct onereg_saved *reg)
{
	char name[NAME_BYTES] = "";
	u8 value[MAX_REG_BYTES] __attribute__((aligned(16))) = {0};
	u64 half[2];
	u32 bytes = ONEREG_BYTES(reg->id);

	if (v->vm->ops->get_reg(v->engine, reg->id, value))
		return;
	pv_assert(strlen(reg->name) < sizeof(name));
	memcpy(name, reg->name, strlen(reg->name));
	state_write(w, name, sizeof(name));
	state_write_u64(w, (u64)bytes << 32 | reg->element);
	if (bytes == 4) {
		state_write_u64(w, *(u32 *)value);
		return;
	}
	memcpy(half, value, sizeof(half));
	for (u32 i = 0; i < bytes / 8; i++)
		state_write_u64(w, half[i]);
}

static void save_vcpu(struct vcpu *v, struct state_writer *w)
{
	static const char end[NAME_BYTES];
	struct vcpu_saved s = {v->state, v->start_pc, v->start_arg};
	struct onereg_saved reg;
	u64 cursor = 0;

	state_save(w, &vcpu_table, v->index, &s);
	state_save_raw(w, "registers", v->index);
	while (onereg_next_saved(v->vm->model, &cursor, &reg))
		save_reg(v, w, &reg);
	for (u32 i = 0; i < ARRAY_SIZE(engine_regs); i++)
		save_reg(v, w, &engine_regs[i]);
	state_write(w, end, sizeof(end));
}

static u64 reg_id(struct vcpu *v, const char *name, u32 element)
{
	for (u32 i = 0; i < ARRAY_SIZE(engine_regs); i++)
		if (!strcmp(engine_regs[i].name, name))
			return element ? 0 : engine_regs[i].id;
	return onereg_saved_id(v->vm->model, name, element);
}

static int load_reg(struct vcpu *v, struct state_reader *r, const char *name, struct error *e)
{
	u64 shape, half[2] = {0};
	u32 word;
	u64 id;
	int err = state_read_u64(r, &shape);

	if (err)
		return err;
	id = reg_id(v, name, (u32)shape);
	if (!id || ONEREG_BYTES(id) != shape >> 32)
		return error_set(e, -EINVAL, "the saved state has an unknown register %s(%u)", name,
				 (u32)shape);
	for (u32 i = 0; i < (ONEREG_BYTES(id) + 7) / 8 && !err; i++)
		err = state_read_u64(r, &half[i]);
	if (err)
		return err;
	word = (u32)half[0];
	err = v->vm->ops->set_reg(v->engine, id, ONEREG_BYTES(id) == 4 ? (void *)&word : half);
	return err ? error_set(e, err, "register %s(%u) cannot be restored", name, (u32)shape) : 0;
}

static int load_registers(struct vm *vm, const struct state_head *h, struct state_reader *r,
			  struct error *e)
{
	struct vcpu *v = h->instance < vm->nr_vcpus ? &vm->vcpus[h->instance] : NULL;
	u64 cursor = 0, expected = 0, seen = 0;
	struct onereg_saved reg;
	char name[NAME_BYTES + 1];
	int err = 0;

	if (!v)
		return error_set(e, -EINVAL, "the saved state has more processors");
	while (onereg_next_saved(vm->model, &cursor, &reg))
		expected++;
	while (!err) {
		name[NAME_BYTES] = 0;
		err = r->read(r->opaque, name, NAME_BYTES);
		if (err || !name[0])
			break;
		err = load_reg(v, r, name, e);
		seen++;
	}
	if (!err && seen < expected)
		return error_set(e, -EINVAL, "the saved state lacks registers");
	return err;
}

static int load_vcpu(struct vm *vm, const struct state_head *h, struct state_reader *r,
		     struct error *e)
{
	struct vcpu_saved s;
	struct vcpu *v = h->instance < vm->nr_vcpus ? &vm->vcpus[h->instance] : NULL;
	int err = state_load(r, &vcpu_table, &s, e);

	if (err)
		return err;
	if (!v || s.state > VCPU_RUNNING)
		return error_set(e, -EINVAL, "the saved state of a processor is damaged");
	os_mutex_lock(&vm->run_lock);
	v->state = (enum vcpu_state)s.state;
	v->start_pc = s.start_pc;
	v->start_arg = s.start_arg;
	v->exit.reason = VM_EXIT_NONE;
	os_mutex_unlock(&vm->run_lock);
	return 0;
}

static void save_states(struct vm *vm, struct state_writer *w, bool early)
{
	for (u32 i = 0; i < vm->nr_states; i++) {
		const struct vm_state *s = &vm->states[i];

		if (s->early == early)
			state_save(w, s->table, s->instance, s->obj);
	}
}

int vm_save(struct vm *vm, struct state_writer *w, struct error *e)
{
	struct machine_saved m;
	int err;

	pv_assert(vm->paused);
	vm_lock(vm);
	describe(vm, &m);
	state_save(w, &machine_table, 0, &m);
	save_states(vm, w, true);
	for (u32 i = 0; i < vm->memory.nr_slots; i++)
		save_ram(w, &vm->memory.slots[i]);
	for (u32 i = 0; i < VM_MAX_WINDOWS; i++)
		if (vm->windows[i])
			save_window(w, i, vm->windows[i]);
	err = save_htab(vm, w);
	for (u32 i = 0; i < vm->nr_sections; i++)
		vm->sections[i].section->save(vm->sections[i].opaque, w);
	save_states(vm, w, false);
	for (u32 i = 0; i < vm->nr_devices; i++) {
		struct device *d = vm->devices[i];

		state_save(w, d->cls->state, d->state_name, (u8 *)d + d->cls->state_offset);
		if (d->cls->section)
			d->cls->section->save(d, d->state_name, w);
	}
	if (!err)
		err = vm->irqchip_ops->save(vm->irqchip, w);
	for (u32 i = 0; i < vm->nr_vcpus; i++)
		save_vcpu(&vm->vcpus[i], w);
	state_write_end(w);
	vm_unlock(vm);
	if (!err)
		err = w->err;
	return err ? error_set(e, err, "cannot write the saved state") : 0;
}

/* A section that belongs to a table; -ENOENT: to none. */
static int load_object(struct vm *vm, const struct state_head *h, struct state_reader *r,
		       struct error *e)
{
	for (u32 i = 0; i < vm->nr_states; i++)
		if (!strcmp(vm->states[i].table->name, h->name) &&
		    vm->states[i].instance == h->instance)
			return state_load(r, vm->states[i].table, vm->states[i].obj, e);
	for (u32 i = 0; i < vm->nr_devices; i++) {
		struct device *d = vm->devices[i];

		if (!strcmp(d->cls->state->name, h->name) && d->state_name == h->instance)
			return state_load(r, d->cls->state, (u8 *)d + d->cls->state_offset, e);
		if (d->cls->section && !strcmp(d->cls->section->name, h->name) &&
		    d->state_name == h->instance)
			return d->cls->section->load(d, r, e);
	}
	for (u32 i = 0; i < vm->nr_sections; i++)
		if (!strcmp(vm->sections[i].section->name, h->name))
			return vm->sections[i].section->load(vm->sections[i].opaque, h, r, e);
	return vm->irqchip_ops->load(vm->irqchip, h, r, e);
}

static int load_section(struct vm *vm, const struct state_head *h, struct state_reader *r,
			struct error *e)
{
	int err;

	if (!strcmp(h->name, "ram"))
		return load_ram(vm, h, r, e);
	if (!strcmp(h->name, "device-memory"))
		return load_window(vm, h, r, e);
	if (!strcmp(h->name, "htab"))
		return load_htab(vm, r, e);
	if (!strcmp(h->name, "vcpu"))
		return load_vcpu(vm, h, r, e);
	if (!strcmp(h->name, "registers"))
		return load_registers(vm, h, r, e);
	err = load_object(vm, h, r, e);
	if (err == -ENOENT)
		error_set(e, err, "the saved state has a %s(%u) that this machine has not", h->name,
			  h->instance);
	return err;
}

int vm_load(struct vm *vm, struct state_reader *r, struct error *e)
{
	struct state_head h;
	u32 sections = 0;
	int err;

	pv_assert(vm->paused);
	error_set(e, 0, "the saved state is truncated or damaged");
	vm_lock(vm);
	err = state_read_head(r, &h, e);
	if (!err && strcmp(h.name, "machine"))
		err = error_set(e, -EINVAL, "this is no saved state");
	if (!err)
		err = load_machine(vm, r, e);
	while (!err) {
		err = state_read_head(r, &h, e);
		if (err || !h.name[0])
			break;
		err = load_section(vm, &h, r, e);
		sections++;
	}
	/* At least the memory, each processor's two, devices: a stream cut at a section's end. */
	if (!err &&
	    sections < vm->memory.nr_slots + 2 * vm->nr_vcpus + vm->nr_devices + vm->nr_states)
		err = error_set(e, -EINVAL, "the saved state is incomplete");
	vm_unlock(vm);
	return err;
}

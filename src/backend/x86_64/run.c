// SPDX-License-Identifier: GPL-2.0-or-later
/* The back end as its user sees it (backend.h): creation, compile, links, run. */
#include <errno.h>

#include "backend/x86_64/core.h"
#include "base/string.h"

/* Jumps reach all of it. */
enum { DEFAULT_CODE = 256 << 20, MAX_CODE = 1 << 30 };

/* --- scratch --- */
static struct jit_scratch *get_scratch(struct backend *b)
{
	struct jit_scratch *s;

	os_mutex_lock(&b->pool_lock);
	s = b->pool;
	if (s)
		b->pool = s->next;
	os_mutex_unlock(&b->pool_lock);
	return s ? s : os_alloc(sizeof(*s));
}

static void put_scratch(struct backend *b, struct jit_scratch *s)
{
	os_mutex_lock(&b->pool_lock);
	s->next = b->pool;
	b->pool = s;
	os_mutex_unlock(&b->pool_lock);
}

/* --- inline emitters by helper --- */
static const struct jit_inline *find_inline(const struct jit_inline *table, const char *name,
					    u32 host)
{
	for (; table->name; table++)
		if (!strcmp(table->name, name) && !(table->needs & ~host))
			return table;
	return NULL;
}

static int find_inlines(struct backend *b)
{
	const struct ir_env *env = b->config.env;
	u32 k;

	b->inlines = os_alloc((env->nr_helpers + 1) * sizeof(b->inlines[0]));
	if (!b->inlines)
		return -ENOMEM;
	for (k = 0; k < env->nr_helpers; k++) {
		const char *name = env->helpers[k].name;

		if (!name)
			continue;
		if (backend_x86_64.lazy_fp)
			b->inlines[k] = find_inline(jit_inline_fp, name, b->host);
		if (!b->inlines[k])
			b->inlines[k] = find_inline(jit_inline_vec, name, b->host);
	}
	return 0;
}

static void x64_destroy(struct backend *b)
{
	while (b->pool) {
		struct jit_scratch *s = b->pool;

		b->pool = s->next;
		os_free(s);
	}
	code_destroy(&b->code);
	os_mutex_destroy(&b->pool_lock);
	os_free((void *)b->inlines);
	os_free(b);
}

static int x64_create(const struct backend_config *config, struct backend **out)
{
	struct backend *b = os_alloc(sizeof(*b));
	int ret;

	if (!b)
		return -ENOMEM;
	b->config = *config;
	b->host = host_detect(config->host_level);
	os_mutex_init(&b->pool_lock);
	ret = code_init(&b->code, !config->code_bytes		  ? DEFAULT_CODE
				  : config->code_bytes > MAX_CODE ? MAX_CODE
								  : config->code_bytes);
	if (ret) {
		os_mutex_destroy(&b->pool_lock);
		os_free(b);
		return ret;
	}
	ret = thunk_make(b);
	if (!ret)
		ret = find_inlines(b);
	if (ret) {
		x64_destroy(b);
		return ret;
	}
	*out = b;
	return 0;
}

/* --- compile --- */
static void begin(struct backend *b, struct jit_scratch *s, const struct ir_region *r,
		  const struct backend_unit *unit)
{
	struct jit_alloc *a = &s->alloc;

	s->jit = (struct jit){
		.x = &a->x,
		.host = b->host,
		.b = b,
		.r = r,
		.env = b->config.env,
		.unit = unit,
		.a = a,
	};
	a->x = (struct xcode){
		.vex = !!(b->host & HOST_AVX),
		.max_labels = JIT_MAX_LABELS,
		.label_at = a->label_at,
		.max_fixes = JIT_MAX_FIXES,
		.fixes = a->fixes,
		.max_relocs = JIT_MAX_RELOCS,
		.relocs = a->relocs,
	};
	x_init(&a->x, a->code, sizeof(a->code));
}

/* .slot of a link: where in code memory its field and its stub are. */
static void fill_links(const struct jit_alloc *a, struct jit_code *code)
{
	u64 begin = (u64)code->at * CODE_UNIT;
	u32 k;

	for (k = 0; k < a->nr_links; k++) {
		const struct jit_link_site *l = &a->link[k];
		u64 slot = (begin + l->at) | (begin + a->label_at[l->stub]) << 32;

		code->links[k] =
			(struct backend_link){.pc = l->pc, .slot = (void *)(uintptr_t)slot};
	}
}

static int install(struct backend *b, struct jit_alloc *a, const struct backend_unit *unit,
		   struct backend_code **out)
{
	size_t size = x_here(&a->x), links;
	struct jit_code *code;
	u8 *rw, *rx;
	u32 k;

	links = a->nr_links * sizeof(struct backend_link);
	code = os_alloc(sizeof(*code) + links);
	if (!code)
		return -ENOMEM;
	code->at = code_alloc(&b->code, size, &code->units);
	if (!code->at) {
		os_free(code);
		return -ENOSPC;
	}
	rw = b->code.map.rw + (size_t)code->at * CODE_UNIT;
	rx = b->code.map.rx + (size_t)code->at * CODE_UNIT;
	memcpy(rw, a->code, size);
	memcpy(rw, &code, JIT_HEADER);
	for (k = 0; k < a->x.nr_relocs; k++) {
		const struct xreloc *r = &a->relocs[k];
		s32 rel = (s32)(s64)(r->target - ((u64)(uintptr_t)rx + r->at + 4 + r->after));

		memcpy(rw + r->at, &rel, 4);
	}
	fill_links(a, code);
	os_code_sync(rx, size);
	if (b->config.code_log)
		b->config.code_log->made(b->config.code_log->opaque,
					 &(struct code_piece){.pc = unit->pc,
							      .tier = unit->tier,
							      .code = rx + JIT_HEADER,
							      .hot = a->hot_size,
							      .len = a->code_size - JIT_HEADER,
							      .all = size});
	code->base = (struct backend_code){
		.entry = rx + JIT_HEADER,
		.size = (size_t)code->units * CODE_UNIT + os_alloc_bytes(sizeof(*code) + links),
		.nr_links = a->nr_links,
		.links = code->links,
	};
	/* who comes by a link of another processor's making finds all of this (unpack_begin()) */
	__atomic_store_n(&code->pc, unit->pc, __ATOMIC_RELEASE);
	*out = &code->base;
	return 0;
}

static int x64_compile(struct backend *b, const struct ir_region *r,
		       const struct backend_unit *unit, struct backend_code **out)
{
	struct jit_scratch *s = get_scratch(b);
	bool ok;
	int ret;

	if (!s)
		return -ENOMEM;
	s->alloc.no_pins = false;
	begin(b, s, r, unit);
	ok = jit_generate(&s->jit);
	if (!ok && s->alloc.nr_pin) {
		s->alloc.no_pins = true;
		begin(b, s, r, unit);
		ok = jit_generate(&s->jit);
	}
	ret = ok ? install(b, &s->alloc, unit, out) : -E2BIG;
	put_scratch(b, s);
	return ret;
}

static void x64_discard(struct backend *b, struct backend_code *base)
{
	struct jit_code *code = container_of(base, struct jit_code, base);

	code_free(&b->code, code->at, code->units);
	os_free(code);
}

/* The field is aligned: other processors see the old target or the new one. */
static void x64_link(struct backend *b, struct backend_link *link, const void *entry)
{
	u64 slot = (u64)(uintptr_t)link->slot;
	u32 field = (u32)slot, stub = (u32)(slot >> 32);
	s64 to = entry ? (const u8 *)entry - b->code.map.rx : stub;

	__atomic_store_n((s32 *)(b->code.map.rw + field), (s32)(to - field - 4), __ATOMIC_RELEASE);
}

typedef u32 enter_fn(struct backend_cpu *cpu, const void *entry);

static enum backend_stop x64_run(struct backend *b, struct backend_cpu *cpu, const void *entry)
{
	enter_fn *enter = (enter_fn *)(uintptr_t)b->thunk[THUNK_ENTER];
	u32 stop;

	jit_fp_enter(b, cpu);
	stop = enter(cpu, entry);
	jit_fp_leave(b, cpu);
	return (enum backend_stop)stop;
}

static void x64_forget(struct backend *b, struct backend_cpu *cpu)
{
	(void)b;
	(void)cpu;
}

const struct backend_ops backend_x86_64 = {
	.name = "x86_64",
	.passes = IR_PASS_ALL,
	.frame_size = JIT_FRAME,
	.lazy_fp = true,
	.create = x64_create,
	.destroy = x64_destroy,
	.compile = x64_compile,
	.discard = x64_discard,
	.link = x64_link,
	.run = x64_run,
	.forget = x64_forget,
};

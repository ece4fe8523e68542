// SPDX-License-Identifier: GPL-2.0-or-later
/* The portable back end: IR becomes direct-threaded cells (interp_lower.c), which one function
 * runs (interp_run.c). It is the reference that other back ends are compared with. */
#include "backend/interp.h"

#include <errno.h>

#include "os/os.h"

static int interp_create(const struct backend_config *config, struct backend **out)
{
	struct backend *b = os_alloc(sizeof(*b));

	if (!b)
		return -ENOMEM;
	atomic_init(&b->lower, NULL);
	b->config = *config;
	interp_run(b, NULL, NULL, &b->labels);
	*out = b;
	return 0;
}

static void interp_destroy(struct backend *b)
{
	os_free(atomic_load(&b->lower));
	os_free(b);
}

/* The scratch that the last call left, or a new one when another thread has it. */
static int interp_compile(struct backend *b, const struct ir_region *r,
			  const struct backend_unit *unit, struct backend_code **out)
{
	struct lower *l = atomic_exchange(&b->lower, NULL);
	struct interp_code *code;
	int ret;

	if (!l)
		l = interp_lower_create();
	if (!l)
		return -ENOMEM;
	ret = interp_lower(b, l, r, unit, &code);
	os_free(atomic_exchange(&b->lower, l));
	if (!ret)
		*out = &code->base;
	return ret;
}

static void interp_discard(struct backend *b, struct backend_code *code)
{
	interp_code_free(container_of(code, struct interp_code, base));
}

/* The slot is the target word of a GOTO; behind it stands the cell that stops unlinked. */
static void interp_link(struct backend *b, struct backend_link *link, const void *entry)
{
	union iword *slot = link->slot;

	(void)b;
	atomic_store_explicit(&slot->target, entry ? entry : slot + 1, memory_order_release);
}

static enum backend_stop interp_enter(struct backend *b, struct backend_cpu *cpu, const void *entry)
{
	return interp_run(b, cpu, entry, NULL);
}

static void interp_forget(struct backend *b, struct backend_cpu *cpu)
{
}

/* PUTs cost nothing when the value is computed into its slot, which DEAD_PUT would prevent. */
const struct backend_ops backend_interp = {
	.interprets = true,
	.name = "interp",
	.passes = IR_PASS_ALL & ~(IR_PASS_DEAD_PUT | IR_PASS_DEFER),
	.frame_size = INTERP_FRAME,
	.create = interp_create,
	.destroy = interp_destroy,
	.compile = interp_compile,
	.discard = interp_discard,
	.link = interp_link,
	.run = interp_enter,
	.forget = interp_forget,
};

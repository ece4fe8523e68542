// SPDX-License-Identifier: GPL-2.0-or-later
/* State shared by the hypercalls; see hypercall.h. */
#include <errno.h>

#include "hypercall/hypercall.h"

static int papr_post_load(void *obj, struct error *e);

static const struct state_field fields[] = {
	STATE_FIELD(struct papr_state, rtc_offset, STATE_U64),
	STATE_FIELD(struct papr_state, proc_table, STATE_U64),
	STATE_FIELD(struct papr_state, mmu_flags, STATE_U64),
	STATE_FIELD(struct papr_state, os_term_seen, STATE_U64),
	STATE_FIELD(struct papr_state, epow_pending, STATE_U64),
	STATE_FIELD(struct papr_state, epow_time, STATE_U64),
	STATE_FIELD(struct papr_state, hotplug_count, STATE_U64),
	STATE_ARRAY(struct papr_state, hotplug, STATE_U64),
	STATE_FIELD(struct papr_state, lpcr, STATE_U64),
};

static const struct state_table table = {
	.name = "papr",
	.size = sizeof(struct papr_state),
	.nr_fields = ARRAY_SIZE(fields),
	.fields = fields,
	.post_load = papr_post_load,
};

static void configure_mmu(struct papr *p)
{
	struct vm *vm = p->vm;

	vm->ops->configure(vm->engine, ENGINE_CFG_V3_MMU, p->state.mmu_flags, p->state.proc_table);
}

static int papr_post_load(void *obj, struct error *e)
{
	struct papr *p = container_of(obj, struct papr, state);

	if (p->state.hotplug_count > PAPR_HOTPLUG_MAX)
		return error_set(e, -EINVAL, "the saved state has impossible events");
	configure_mmu(p);
	papr_configure_lpcr(p);
	return 0;
}

static void papr_reset(void *obj)
{
	struct papr *p = container_of(obj, struct papr, state);

	p->state.os_term_seen = 0;
	p->state.epow_pending = 0;
	p->state.epow_time = 0;
	p->state.hotplug_count = 0;
	p->state.lpcr = 0;
	papr_set_radix(p, p->config.radix);
	papr_configure_lpcr(p);
}

void papr_set_radix(struct papr *p, bool radix)
{
	p->config.radix = radix;
	p->state.proc_table = 0;
	p->state.mmu_flags = radix ? ENGINE_V3_RADIX | ENGINE_V3_GTSE : 0;
	configure_mmu(p);
}

struct papr *papr_create(struct vm *vm, const struct papr_config *config)
{
	struct papr *p = os_alloc(sizeof(*p));

	if (!p)
		return NULL;
	p->vm = vm;
	p->config = *config;
	papr_register_memory_calls(p);
	papr_register_mode_calls(p);
	papr_register_rtas(p);
	papr_register_rtas_system(p);
	papr_register_rtas_events(p);
	vm_add_state(vm, &table, 0, &p->state, papr_reset);
	return p;
}

void papr_destroy(struct papr *p)
{
	os_free(p);
}

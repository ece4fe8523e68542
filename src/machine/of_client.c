// SPDX-License-Identifier: GPL-2.0-or-later
/* See of_client.h: the object, its state, the tree with what the guest set in it. */
#include "machine/of_client.h"

#include <errno.h>

#include "base/endian.h"
#include "base/string.h"
#include "isa/msr.h"
#include "isa/onereg.h"
#include "isa/papr.h"
#include "machine/of_service.h"

static int client_post_load(void *obj, struct error *e);

static const struct state_field client_fields[] = {
	STATE_ARRAY(struct of_client_state, claims, STATE_U64),
	STATE_FIELD(struct of_client_state, nr_claims, STATE_U32),
	STATE_ARRAY(struct of_client_state, instances, STATE_U32),
	STATE_FIELD(struct of_client_state, journal_len, STATE_U32),
	STATE_ARRAY(struct of_client_state, journal, STATE_U8),
};

static const struct state_table client_table = {
	.name = "client-interface",
	.size = sizeof(struct of_client_state),
	.nr_fields = ARRAY_SIZE(client_fields),
	.fields = client_fields,
	.post_load = client_post_load,
};

/* --- the journal --- */
enum { ENTRY_HEAD = 12 };

struct entry {
	u32 handle, name_len, len;
	u8 *name, *value;
	u32 size; /* of the entry */
};

/* False at the end, or where it is damaged (then *damaged). */
static bool entry_at(struct of_client_state *s, u32 at, struct entry *en, bool *damaged)
{
	u32 left = s->journal_len - at;
	u8 *p = s->journal + at;

	if (!left)
		return false;
	*damaged = true;
	if (left < ENTRY_HEAD)
		return false;
	*en = (struct entry){.handle = ld_be32(p),
			     .name_len = ld_be32(p + 4),
			     .len = ld_be32(p + 8),
			     .name = p + ENTRY_HEAD};
	if (!en->name_len || en->name_len > left - ENTRY_HEAD ||
	    en->len > left - ENTRY_HEAD - en->name_len || en->name[en->name_len - 1])
		return false;
	en->value = en->name + en->name_len;
	en->size = ENTRY_HEAD + en->name_len + en->len;
	*damaged = false;
	return true;
}

static int replay(struct of_client *c)
{
	struct of_node *n;
	struct entry en;
	bool damaged = false;
	int err = 0;

	for (u32 at = 0; !err && entry_at(&c->state, at, &en, &damaged); at += en.size) {
		n = of_by_handle(&c->tree, en.handle);
		if (n)
			err = of_set_prop(&c->tree, n, (char *)en.name, en.value, en.len);
	}
	return damaged ? -EINVAL : err;
}

u32 of_journal_add(struct of_client *c, struct of_node *n, const char *name, u64 gpa, u32 len)
{
	struct of_client_state *s = &c->state;
	u32 name_len = (u32)strlen(name) + 1;
	u8 *p = s->journal + s->journal_len;
	bool damaged = false;
	struct entry en;

	for (u32 at = 0; entry_at(s, at, &en, &damaged); at += en.size)
		if (en.handle == n->handle && en.len == len && !strcmp((char *)en.name, name)) {
			if (vm_mem_read(c->vm, gpa, en.value, len) ||
			    of_set_prop(&c->tree, n, (char *)en.name, en.value, len))
				return OF_ERROR;
			return len;
		}
	if (len > sizeof(s->journal) - s->journal_len ||
	    ENTRY_HEAD + name_len > sizeof(s->journal) - s->journal_len - len)
		return OF_ERROR;
	if (len && vm_mem_read(c->vm, gpa, p + ENTRY_HEAD + name_len, len))
		return OF_ERROR;
	st_be32(p, n->handle);
	st_be32(p + 4, name_len);
	st_be32(p + 8, len);
	memcpy(p + ENTRY_HEAD, name, name_len);
	if (of_set_prop(&c->tree, n, (char *)p + ENTRY_HEAD, p + ENTRY_HEAD + name_len, len))
		return OF_ERROR;
	s->journal_len += ENTRY_HEAD + name_len + len;
	return len;
}

/* --- the tree --- */
static void set_chosen(struct of_client *c, const char *name, u8 *cell, u32 instance)
{
	struct of_node *chosen = of_find(&c->tree, "/chosen");

	st_be32(cell, instance);
	if (chosen && instance != OF_ERROR)
		of_set_prop(&c->tree, chosen, name, cell, 4);
}

int of_client_make_tree(struct of_client *c)
{
	struct of_node *cpus;
	void *fdt = c->ops->tree(c->opaque);
	int err;

	of_tree_destroy(&c->tree);
	err = fdt ? of_tree_init(&c->tree, fdt) : -ENOMEM;
	if (err)
		return err;
	/* the first two instances are what /chosen names */
	if (c->ops->console)
		set_chosen(c, "stdout", c->console, OF_FIRST_INSTANCE);
	if (c->ops->console)
		set_chosen(c, "stdin", c->console, OF_FIRST_INSTANCE);
	cpus = of_find(&c->tree, "/cpus");
	if (cpus && cpus->child)
		set_chosen(c, "cpu", c->cpu, OF_FIRST_INSTANCE + 1);
	return replay(c);
}

static int client_post_load(void *obj, struct error *e)
{
	struct of_client *c = container_of(obj, struct of_client, state);

	if (c->state.journal_len > OF_JOURNAL_BYTES || !of_claims_valid(&c->state)) {
		c->state.journal_len = c->state.nr_claims = 0;
		return error_set(e, -EINVAL, "the saved client interface is damaged");
	}
	if (of_client_make_tree(c))
		return error_set(e, -EINVAL, "the saved client interface is damaged");
	return 0;
}

int of_client_reset(struct of_client *c, const u64 *ranges, u32 count)
{
	struct of_node *n;
	int err;

	c->state = (struct of_client_state){0};
	err = of_client_make_tree(c);
	if (err)
		return err;
	n = c->ops->console ? of_find(&c->tree, c->ops->console) : NULL;
	c->state.instances[0] = n ? n->handle : OF_NO_NODE;
	n = of_find(&c->tree, "/cpus");
	c->state.instances[1] = n && n->child ? n->child->handle : OF_NO_NODE;
	for (u32 i = 0; i < count; i++)
		if (ranges[2 * i] < ranges[2 * i + 1] && ranges[2 * i] < c->memory_top)
			of_claim(c, ranges[2 * i], ranges[2 * i + 1] - ranges[2 * i], 0);
	return 0;
}

static s64 h_client(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	u64 gpa = args[0];

	/* Entered in 32-bit mode the upper half of a register means nothing. */
	if (!(vcpu_get(vcpu, ONEREG_MSR) & MSR_SF))
		gpa = (u32)gpa;
	return of_client_call(opaque, vcpu, gpa);
}

struct of_client *of_client_create(struct vm *vm, const struct of_client_ops *ops, void *opaque,
				   u64 memory_top)
{
	struct of_client *c = os_alloc(sizeof(*c));

	if (!c)
		return NULL;
	*c = (struct of_client){.vm = vm, .ops = ops, .opaque = opaque};
	/* addresses are words */
	c->memory_top = memory_top < 1ull << 32 ? memory_top : (1ull << 32) - 4096;
	hcall_register(vm, H_CLIENT, "H_CLIENT", h_client, c, 0);
	vm_add_state(vm, &client_table, 0, &c->state, NULL);
	return c;
}

void of_client_destroy(struct of_client *c)
{
	if (c)
		of_tree_destroy(&c->tree);
	os_free(c);
}

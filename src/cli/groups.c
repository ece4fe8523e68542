// SPDX-License-Identifier: GPL-2.0-or-later
/* Limits that several drives share: -object throttle-group, and throttling.group= of -drive, which
 * makes a group that nobody described. */
#include <errno.h>
#include <glib.h>
#include <string.h>

#include "cli/list.h"
#include "cli/values.h"

static struct cli_group *find(struct cli_options *o, const char *id)
{
	for (u32 i = 0; i < o->nr_groups; i++)
		if (!strcmp(o->groups[i].id, id))
			return &o->groups[i];
	return NULL;
}

static struct cli_group *add(struct cli_options *o, const char *id)
{
	struct cli_group *g;

	o->groups = g_renew(struct cli_group, o->groups, o->nr_groups + 1);
	g = &o->groups[o->nr_groups++];
	*g = (struct cli_group){.id = id};
	return g;
}

/* x-iops-total, or limits.iops-total. 1: it is no limit. */
static int set_limit(struct block_limits *l, const char *key, const char *value, struct error *e)
{
	const char *name = g_str_has_prefix(key, "x-")	      ? key + 2
			   : g_str_has_prefix(key, "limits.") ? key + strlen("limits.")
							      : NULL;
	char *long_key;
	int err;

	if (!name)
		return 1;
	long_key = g_strdup_printf("throttling.%s", name);
	err = drives_set_limit(l, long_key, value, e);
	g_free(long_key);
	return err;
}

int value_throttle_group(struct cli_options *o, struct list *list, struct error *e)
{
	struct block_limits limits = {0};
	const char *id = NULL;
	int err = 0;

	while (!err && list_next(list)) {
		if (!strcmp(list->key, "id"))
			id = list->value;
		else
			err = set_limit(&limits, list->key, list->value, e);
		if (err > 0)
			err = error_set(e, -EINVAL, "a throttle-group has no '%s'", list->key);
	}
	if (!err && !id)
		err = error_set(e, -EINVAL, "a throttle-group has id=");
	if (!err && find(o, id))
		err = error_set(e, -EEXIST, "there are two throttle-groups '%s'", id);
	if (!err)
		err = drives_check_limits(&limits, e);
	if (err) {
		error_prefix(e, "-object");
		return err;
	}
	add(o, id)->limits = limits;
	return 0;
}

int groups_join(struct cli_options *o, struct cli_drive *d, struct error *e)
{
	struct cli_group *g = d->group ? find(o, d->group) : NULL;

	if (!d->group)
		return 0;
	if (!g)
		g = add(o, d->group);
	/* as in qemu: what a drive says counts for the group */
	if (block_limited(&d->options.limits))
		g->limits = d->options.limits;
	if (!g->group)
		g->group = block_group_new(&g->limits);
	else
		block_group_set(g->group, &g->limits);
	d->options.group = g->group;
	return g->group ? 0 : error_set(e, -EAGAIN, "no thread for throttle-group '%s'", g->id);
}

void groups_close(struct cli_options *o)
{
	for (u32 i = 0; i < o->nr_groups; i++)
		block_group_put(o->groups[i].group);
	g_free(o->groups);
	o->groups = NULL;
	o->nr_groups = 0;
}

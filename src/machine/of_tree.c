// SPDX-License-Identifier: GPL-2.0-or-later
/* See of_tree.h. IEEE 1275-1994, 3.2 (device tree) and 4.3 (paths). */
#include "machine/of_tree.h"

#include <errno.h>
#include <libfdt.h>
#include <string.h>

#include "os/os.h"

/* --- making it --- */
static int count(const void *fdt, u32 *nodes, u32 *props)
{
	int depth = 0, node, prop;

	*nodes = *props = 0;
	for (node = 0; node >= 0 && depth >= 0; node = fdt_next_node(fdt, node, &depth)) {
		++*nodes;
		fdt_for_each_property_offset(prop, fdt, node)++ *props;
	}
	return *nodes <= OF_MAX_NODES ? 0 : -E2BIG;
}

static void append_prop(struct of_node *n, struct of_prop *p)
{
	if (n->last_prop)
		n->last_prop->next = p;
	else
		n->props = p;
	n->last_prop = p;
}

static void append_child(struct of_node *parent, struct of_node *n)
{
	struct of_node **at = &parent->child;

	while (*at)
		at = &(*at)->peer;
	*at = n;
	n->parent = parent;
}

static int take_props(struct of_tree *t, struct of_node *n, int node)
{
	int prop, len;

	fdt_for_each_property_offset(prop, t->fdt, node)
	{
		struct of_prop *p = &t->props[t->nr_props++];

		p->data = fdt_getprop_by_offset(t->fdt, prop, &p->name, &len);
		if (!p->data)
			return -EINVAL;
		p->len = (u32)len;
		append_prop(n, p);
	}
	return 0;
}

/* What other nodes refer to keeps its number; all else gets one that follows from the path, above
 * all that the flattened tree uses. Equal ones step aside, in the tree's order. */
static void give_handle(struct of_tree *t, struct of_node *n)
{
	const struct of_prop *p = of_prop(n, "phandle");
	char path[OF_MAX_PATH];
	u32 len = of_path(n, path, sizeof(path)), hash = 2166136261u;

	if (p && p->len == 4) {
		n->handle = fdt32_to_cpu(*(const fdt32_t *)p->data);
		return;
	}
	for (u32 i = 0; i < len && i < sizeof(path); i++)
		hash = (hash ^ (u8)path[i]) * 16777619u;
	hash |= 0x10000000;
	for (hash &= 0x1fffffff; of_by_handle(t, hash); hash++)
		;
	n->handle = hash;
}

static int take_nodes(struct of_tree *t)
{
	struct of_node *at = NULL; /* the last node one level up … */
	int depth = 0, level = 0, node, err = 0;

	for (node = 0; node >= 0 && depth >= 0 && !err;
	     node = fdt_next_node(t->fdt, node, &depth)) {
		struct of_node *n = &t->nodes[t->nr_nodes];

		n->name = fdt_get_name(t->fdt, node, NULL);
		if (!n->name)
			return -EINVAL;
		for (; at && level >= depth; level--)
			at = at->parent;
		if (at)
			append_child(at, n);
		at = n;
		level = depth;
		err = take_props(t, n, node);
		if (!err)
			give_handle(t, n);
		t->nr_nodes++;
	}
	return err;
}

int of_tree_init(struct of_tree *t, void *fdt)
{
	u32 nodes = 0, props = 0;
	int err;

	*t = (struct of_tree){.fdt = fdt};
	err = fdt_check_header(fdt) ? -EINVAL : count(fdt, &nodes, &props);
	if (!err) {
		t->max_props = props + OF_EXTRA_PROPS;
		t->nodes = os_alloc(nodes * sizeof(*t->nodes));
		t->props = os_alloc(t->max_props * sizeof(*t->props));
		err = t->nodes && t->props ? take_nodes(t) : -ENOMEM;
	}
	if (err)
		of_tree_destroy(t);
	return err;
}

void of_tree_destroy(struct of_tree *t)
{
	os_free(t->nodes);
	os_free(t->props);
	os_free(t->fdt);
	*t = (struct of_tree){0};
}

/* --- looking --- */
struct of_node *of_by_handle(const struct of_tree *t, u32 handle)
{
	for (u32 i = 0; i < t->nr_nodes; i++)
		if (t->nodes[i].handle == handle)
			return &t->nodes[i];
	return NULL;
}

struct of_prop *of_prop(const struct of_node *n, const char *name)
{
	struct of_prop *p = n->props;

	while (p && strcmp(p->name, name))
		p = p->next;
	return p;
}

static bool component_is(const struct of_node *n, const char *name, size_t len)
{
	if (strncmp(n->name, name, len))
		return false;
	return !n->name[len] || (n->name[len] == '@' && !memchr(name, '@', len));
}

static struct of_node *find_child(struct of_node *n, const char *name, size_t len)
{
	for (n = n->child; n; n = n->peer)
		if (component_is(n, name, len))
			return n;
	return NULL;
}

static struct of_node *find_alias(const struct of_tree *t, const char *name, size_t len)
{
	struct of_node *aliases = find_child(&t->nodes[0], "aliases", 7);
	struct of_prop *p = aliases ? aliases->props : NULL;

	while (p && (strlen(p->name) != len || memcmp(p->name, name, len)))
		p = p->next;
	if (!p || !p->len || p->data[p->len - 1] || p->data[0] != '/')
		return NULL;
	return of_find(t, (const char *)p->data);
}

struct of_node *of_find(const struct of_tree *t, const char *path)
{
	struct of_node *n = t->nr_nodes ? &t->nodes[0] : NULL;
	size_t len = strcspn(path, "/:");

	if (n && *path != '/') {
		n = find_alias(t, path, len);
		path += len;
	}
	while (n && *path == '/') {
		path++;
		len = strcspn(path, "/:");
		if (len)
			n = find_child(n, path, len);
		path += len;
	}
	return n && (!*path || *path == ':') ? n : NULL;
}

u32 of_path(const struct of_node *n, char *buf, u32 size)
{
	u32 total = 0, at;

	for (const struct of_node *p = n; p->parent; p = p->parent)
		total += (u32)strlen(p->name) + 1;
	if (!total) {
		if (size > 1)
			memcpy(buf, "/", 2);
		return 1;
	}
	if (total >= size)
		return total;
	buf[total] = 0;
	for (at = total; n->parent; n = n->parent) {
		u32 len = (u32)strlen(n->name);

		at -= len;
		memcpy(buf + at, n->name, len);
		buf[--at] = '/';
	}
	return total;
}

int of_set_prop(struct of_tree *t, struct of_node *n, const char *name, const u8 *data, u32 len)
{
	struct of_prop *p = of_prop(n, name);

	if (!p) {
		if (t->nr_props == t->max_props)
			return -ENOSPC;
		p = &t->props[t->nr_props++];
		*p = (struct of_prop){.name = name};
		append_prop(n, p);
	}
	p->data = data;
	p->len = len;
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A device tree as a client interface shows it: nodes with handles, properties in their order. It
 * is made from a flattened tree, whose bytes it points into, and takes properties that the guest
 * sets. A node's handle follows from its path, so that it stays when the tree is made anew.
 */
#ifndef MACHINE_OF_TREE_H
#define MACHINE_OF_TREE_H

#include "base/types.h"

struct of_prop {
	const char *name;
	const u8 *data;
	u32 len;
	struct of_prop *next;
};

struct of_node {
	const char *name; /* with its unit address; "" is the root's */
	u32 handle;
	struct of_node *parent, *child, *peer;
	struct of_prop *props, *last_prop;
};

struct of_tree {
	void *fdt;
	u32 nr_nodes, nr_props, max_props;
	struct of_node *nodes; /* the root is the first */
	struct of_prop *props;
};

enum { OF_MAX_NODES = 4096, OF_EXTRA_PROPS = 256, OF_MAX_PATH = 512, OF_NO_NODE = 0 };

/* The tree owns fdt (of os_alloc) afterwards, whatever the result: 0 or -errno. */
int of_tree_init(struct of_tree *t, void *fdt);
void of_tree_destroy(struct of_tree *t);

struct of_node *of_by_handle(const struct of_tree *t, u32 handle);
/* /a@1/b: a component without unit address names the first node of that name, one that is no path
 * an alias. What stands behind a colon is ignored. */
struct of_node *of_find(const struct of_tree *t, const char *path);
struct of_prop *of_prop(const struct of_node *n, const char *name);
/* name and data stay the caller's and outlive the tree. -ENOSPC: too many. */
int of_set_prop(struct of_tree *t, struct of_node *n, const char *name, const u8 *data, u32 len);
/* Into buf of `size` bytes, NUL included; the length without it even if it does not fit. */
u32 of_path(const struct of_node *n, char *buf, u32 size);

#endif

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * -blockdev: trees of nodes. raw, file, host_device and nbd are ours; a tree with any other driver
 * is handed to qemu-storage-daemon as it was written, and its uppermost node is a disk.
 */
#include <errno.h>
#include <glib.h>
#include <string.h>

#include "cli/json.h"
#include "cli/list.h"
#include "cli/values.h"

static bool is_own_driver(const char *name)
{
	static const char *const own[] = {"raw", "file", "host_device", "host_cdrom", "nbd"};

	for (u32 i = 0; i < ARRAY_SIZE(own); i++)
		if (!strcmp(name, own[i]))
			return true;
	return false;
}

static const char *last_word(const char *key)
{
	const char *dot = strrchr(key, '.');

	return dot ? dot + 1 : key;
}

/* Whether a value of this key may be a node's name. */
static bool is_reference(const char *key)
{
	static const char *const others[] = {"driver", "node-name", "filename", "path",
					     "host",   "port",	    "export"};

	for (u32 i = 0; i < ARRAY_SIZE(others); i++)
		if (!strcmp(last_word(key), others[i]))
			return false;
	return true;
}

static void add_node(struct cli_drive *d, const char *text)
{
	for (u32 i = 0; i < d->nr_nodes; i++)
		if (d->nodes[i] == text)
			return;
	d->nodes = g_renew(const char *, d->nodes, d->nr_nodes + 1);
	d->nodes[d->nr_nodes++] = text;
}

/* What stands below, and whether all of it is ours. */
static int look_below(struct cli_options *o, struct cli_drive *d, struct list l, struct error *e)
{
	while (list_next(&l)) {
		struct cli_drive *below;

		if (!l.value)
			return error_set(e, -EINVAL, "'%s' has no value", l.key);
		if (!strcmp(last_word(l.key), "driver"))
			d->served |= !is_own_driver(l.value);
		/* a part of an image */
		d->served |= !strcmp(l.key, "offset") || !strcmp(l.key, "size");
		below = is_reference(l.key) ? drives_find(o, l.value) : NULL;
		if (!below || below == d)
			continue;
		if (below->below)
			return error_set(e, -EBUSY, "node '%s' is in use already", l.value);
		below->below = true;
		d->served |= below->served;
		for (u32 i = 0; i < below->nr_nodes; i++)
			add_node(d, below->nodes[i]);
	}
	return 0;
}

/* --- a tree for the server: only what our side has to know --- */
static int set_served(struct cli_drive *d, struct list l, struct error *e)
{
	static const char *const known[] = {"node-name", "read-only", "auto-read-only", "discard"};
	int err = 0;

	while (!err && list_next(&l))
		for (u32 i = 0; i < ARRAY_SIZE(known); i++)
			if (!strcmp(l.key, known[i]))
				err = drives_blockdev_key(d, l.key, l.value, e);
	d->options.node = d->id;
	d->options.nodes = d->nodes;
	d->options.nr_nodes = d->nr_nodes;
	return err;
}

/* --- a tree of ours --- */
struct nbd_address {
	const char *type, *path, *host, *port, *export;
};

static bool set_address(struct nbd_address *a, const char *key, const char *value)
{
	const struct {
		const char *key, **field;
	} keys[] = {
		{"server.type", &a->type}, {"server.path", &a->path}, {"server.host", &a->host},
		{"server.port", &a->port}, {"export", &a->export},
	};

	for (u32 i = 0; i < ARRAY_SIZE(keys); i++)
		if (!strcmp(key, keys[i].key)) {
			*keys[i].field = value;
			return true;
		}
	return false;
}

static int nbd_uri(struct cli_options *o, struct cli_drive *d, const struct nbd_address *a,
		   struct error *e)
{
	char *export = g_uri_escape_string(a->export ? a->export : "", NULL, false), *path, *uri;

	if (a->type && !strcmp(a->type, "unix") && a->path) {
		path = g_uri_escape_string(a->path, "/", false);
		uri = g_strdup_printf("nbd+unix:///%s?socket=%s", export, path);
		g_free(path);
	} else if (a->type && !strcmp(a->type, "inet") && a->host && a->port) {
		uri = g_strdup_printf(strchr(a->host, ':') ? "nbd://[%s]:%s/%s" : "nbd://%s:%s/%s",
				      a->host, a->port, export);
	} else {
		g_free(export);
		return error_set(e, -EINVAL,
				 "a server has server.type=unix,server.path=PATH or "
				 "server.type=inet,server.host=NAME,server.port=N");
	}
	g_free(export);
	d->options.uri = cli_own(o, uri);
	return 0;
}

/* The other options of the node below come first. */
static int stand_on(struct cli_options *o, struct cli_drive *d, const char *node, struct error *e)
{
	struct cli_drive *below = drives_find(o, node);
	const char *id = d->id;

	if (!below || below == d)
		return error_set(e, -ENOENT, "there is no free node '%s'", node);
	d->options = below->options;
	d->id = id;
	return 0;
}

static int set_own(struct cli_options *o, struct cli_drive *d, struct list l, struct error *e)
{
	struct nbd_address address = {0};
	bool raw = false, nbd = false;
	int err = 0;

	while (!err && list_next(&l)) {
		const char *key = g_str_has_prefix(l.key, "file.") ? l.key + 5 : l.key;

		if (!strcmp(key, "driver")) {
			raw |= key == l.key && !strcmp(l.value, "raw");
			nbd |= !strcmp(l.value, "nbd");
		} else if (!strcmp(l.key, "file")) {
			err = stand_on(o, d, l.value, e);
		} else if (!(nbd && set_address(&address, key, l.value)) &&
			   (key == l.key || strcmp(key, "node-name"))) {
			err = drives_blockdev_key(d, key, l.value, e);
		}
	}
	if (!err && nbd)
		err = nbd_uri(o, d, &address, e);
	if (!err && !d->options.filename && !d->options.uri)
		err = error_set(e, -EINVAL, raw ? "file= is missing" : "filename= is missing");
	return err;
}

int value_blockdev(struct cli_options *o, const char *arg, struct error *e)
{
	const char *text = json_to_list(o, arg, "driver", e);
	struct cli_drive *d = drives_new(o);
	int err = -EINVAL;

	d->interface = DRIVE_NONE;
	d->is_node = true;
	if (text)
		err = look_below(o, d, list_of(o, text, "driver"), e);
	if (!err) {
		add_node(d, cli_own(o, g_strdup(arg)));
		err = d->served ? set_served(d, list_of(o, text, "driver"), e)
				: set_own(o, d, list_of(o, text, "driver"), e);
	}
	if (!err && !d->id)
		err = error_set(e, -EINVAL, "node-name= is missing");
	if (!err && d->served)
		d->options.node = d->id;
	if (!err)
		err = drives_check_id(o, d, e);
	if (err)
		error_prefix(e, "-blockdev");
	return err;
}

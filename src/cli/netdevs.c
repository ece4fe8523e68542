// SPDX-License-Identifier: GPL-2.0-or-later
/* -netdev and -nic. */
#include <errno.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "cli/list.h"
#include "cli/values.h"

static bool set_number(const char *text, int *value)
{
	char *end;
	long n = strtol(text, &end, 10);

	*value = (int)n;
	return *text && !*end && n >= 0 && n < 1 << 20;
}

static bool set_queues(struct net_options *o, int queues)
{
	o->queues = (u32)queues;
	return queues >= 1 && queues <= NET_MAX_QUEUES && (queues == 1 || o->fd < 0);
}

static int set_key(struct cli_netdev *n, const char *key, const char *value, struct error *e)
{
	struct net_options *o = &n->options;
	bool ok = true, on, user = o->kind == NET_USER;
	int queues;

	if (!value)
		return error_set(e, -EINVAL, "'%s' has no value", key);
	if (!strcmp(key, "id"))
		n->id = value;
	else if (user && !strcmp(key, "hostfwd") && o->nr_forwards < NET_MAX_FORWARDS)
		o->forwards[o->nr_forwards++] = value;
	else if (user && !strcmp(key, "net"))
		o->network = value;
	else if (user && !strcmp(key, "hostname"))
		o->hostname = value;
	else if (user && !strcmp(key, "tftp"))
		o->tftp = value;
	else if (user && !strcmp(key, "bootfile"))
		o->bootfile = value;
	else if (user && (!strcmp(key, "restrict") || !strcmp(key, "restricted")))
		ok = cli_bool(value, &o->restricted);
	else if (!user && !strcmp(key, "ifname"))
		o->ifname = value;
	else if (!user && !strcmp(key, "fd"))
		ok = set_number(value, &o->fd);
	else if (!user && !strcmp(key, "queues"))
		ok = set_number(value, &queues) && set_queues(o, queues);
	else if (!user && (!strcmp(key, "script") || !strcmp(key, "downscript")))
		ok = !strcmp(value, "no"); /* none is run */
	else if (!user && !strcmp(key, "vhost"))
		ok = cli_bool(value, &on) && !on;
	else
		return error_set(e, -EINVAL, "there is no '%s', or too many", key);
	return ok ? 0 : error_set(e, -EINVAL, "%s cannot be '%s'", key, value);
}

static struct cli_netdev *new_netdev(struct cli_options *o, const char *kind, struct error *e)
{
	struct cli_netdev *n;

	if (strcmp(kind, "user") && strcmp(kind, "tap")) {
		error_set(e, -EINVAL, "there is no '%s'", kind);
		return NULL;
	}
	o->netdevs = g_renew(struct cli_netdev, o->netdevs, o->nr_netdevs + 1);
	n = &o->netdevs[o->nr_netdevs++];
	*n = (struct cli_netdev){
		.options = {.kind = strcmp(kind, "tap") ? NET_USER : NET_TAP, .fd = -1},
	};
	return n;
}

static int check_id(struct cli_options *o, struct error *e)
{
	const char *id = o->netdevs[o->nr_netdevs - 1].id;

	if (!id)
		return error_set(e, -EINVAL, "id= is missing");
	for (u32 i = 0; i + 1 < o->nr_netdevs; i++)
		if (!strcmp(o->netdevs[i].id, id))
			return error_set(e, -EEXIST, "there are two '%s'", id);
	return 0;
}

int value_netdev(struct cli_options *o, const char *arg, struct error *e)
{
	struct list l = list_of(o, arg, "type");
	struct cli_netdev *n = NULL;
	int err = 0;

	if (!list_next(&l) || strcmp(l.key, "type") || !(n = new_netdev(o, l.value, e)))
		err = error_set(e, -EINVAL, "'%s' begins with no kind of network", arg);
	while (!err && list_next(&l))
		err = set_key(n, l.key, l.value, e);
	if (!err)
		err = check_id(o, e);
	if (err)
		error_prefix(e, "-netdev");
	return err;
}

static int add_card(struct cli_options *o, const char *model, const char *id, const char *mac,
		    struct error *e)
{
	struct machine_device *d =
		devices_new(o, !model || !strcmp(model, "virtio") ? "virtio-net-pci" : model, e);
	int err = d ? devices_setting(d, "netdev", id, e) : -EINVAL;

	return !err && mac ? devices_setting(d, "mac", mac, e) : err;
}

int value_nic(struct cli_options *o, const char *arg, struct error *e)
{
	const char *model = NULL, *mac = NULL;
	struct list l = list_of(o, arg, "type");
	struct cli_netdev *n = NULL;
	int err = 0;

	if (!strcmp(arg, "none"))
		return 0;
	if (!list_next(&l) || strcmp(l.key, "type") || !(n = new_netdev(o, l.value, e)))
		err = error_set(e, -EINVAL, "'%s' begins with no kind of network", arg);
	while (!err && list_next(&l)) {
		if (!strcmp(l.key, "model") && l.value)
			model = l.value;
		else if (!strcmp(l.key, "mac") && l.value)
			mac = l.value;
		else
			err = set_key(n, l.key, l.value, e);
	}
	if (!err && !n->id)
		n->id = cli_own(o, g_strdup_printf("nic%u", o->nr_netdevs - 1));
	if (!err)
		err = check_id(o, e);
	if (!err)
		err = add_card(o, model, n->id, mac, e);
	if (err)
		error_prefix(e, "-nic");
	return err;
}

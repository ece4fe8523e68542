// SPDX-License-Identifier: GPL-2.0-or-later
/* -netdev and -nic. */
#include <errno.h>
#include <glib.h>
#include <net/if.h>
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

/* 224.0.0.0 to 239.255.255.255 */
static bool is_group(const char *text)
{
	int first = atoi(text);

	return first >= 224 && first < 240 && strchr(text, '.');
}

static bool set_queues(struct net_options *o, const char *text)
{
	int queues;
	bool ok = set_number(text, &queues) && queues >= 1 && queues <= NET_MAX_QUEUES;

	o->queues = ok ? (u32)queues : 1;
	return ok && !o->nr_fds && (queues == 1 || o->fd < 0);
}

/* FD:FD:..., one for each queue */
static bool set_fds(struct net_options *o, const char *text)
{
	char **words = g_strsplit(text, ":", -1);
	u32 n = g_strv_length(words);
	bool ok = n >= 1 && n <= NET_MAX_QUEUES && !o->queues && o->fd < 0;

	for (u32 i = 0; i < n && ok; i++)
		ok = set_number(words[i], &o->fds[i]);
	g_strfreev(words);
	o->nr_fds = o->queues = ok ? n : 0;
	return ok;
}

static bool set_reconnect(struct net_options *o, const char *text)
{
	int seconds;
	bool ok = set_number(text, &seconds);

	o->reconnect = ok ? (u32)seconds : 0;
	return ok;
}

/* As qemu: one that is asked for alone is alone. */
static int set_family(struct cli_netdev *n, bool six, const char *value)
{
	bool on;

	if (!cli_bool(value, &on))
		return -EINVAL;
	*(six ? &n->ipv6 : &n->ipv4) = on ? DEVICE_ON : DEVICE_OFF;
	n->options.no_ipv4 =
		n->ipv4 == DEVICE_OFF || (n->ipv4 == DEVICE_AUTO && n->ipv6 == DEVICE_ON);
	n->options.no_ipv6 =
		n->ipv6 == DEVICE_OFF || (n->ipv6 == DEVICE_AUTO && n->ipv4 == DEVICE_ON);
	return 0;
}

/* 1: it is no key of this kind. */
static int set_user(struct cli_netdev *n, const char *key, const char *value)
{
	struct net_options *o = &n->options;
	const struct {
		const char *key, **text;
	} texts[] = {
		{"net", &o->network},	    {"host", &o->host},
		{"dns", &o->dns},	    {"dhcpstart", &o->dhcp_start},
		{"ipv6-net", &o->network6}, {"ipv6-host", &o->host6},
		{"ipv6-dns", &o->dns6},	    {"domainname", &o->domain},
		{"hostname", &o->hostname}, {"tftp", &o->tftp},
		{"bootfile", &o->bootfile}, {"tftp-server-name", &o->tftp_server},
	};

	for (u32 i = 0; i < ARRAY_SIZE(texts); i++)
		if (!strcmp(key, texts[i].key)) {
			*texts[i].text = value;
			return 0;
		}
	if (!strcmp(key, "hostfwd") && o->nr_forwards < NET_MAX_FORWARDS)
		o->forwards[o->nr_forwards++] = value;
	else if (!strcmp(key, "guestfwd") && o->nr_guest_forwards < NET_MAX_FORWARDS)
		o->guest_forwards[o->nr_guest_forwards++] = value;
	else if (!strcmp(key, "dnssearch") && o->nr_searches < NET_MAX_SEARCHES)
		o->searches[o->nr_searches++] = value;
	else if (!strcmp(key, "ipv4") || !strcmp(key, "ipv6"))
		return set_family(n, key[3] == '6', value);
	else if (!strcmp(key, "restrict") || !strcmp(key, "restricted"))
		return cli_bool(value, &o->restricted) ? 0 : -EINVAL;
	else
		return 1;
	return 0;
}

static bool set_ifname(struct net_options *o, const char *value)
{
	o->ifname = value;
	return *value && strlen(value) < IFNAMSIZ;
}

static int set_tap(struct net_options *o, const char *key, const char *value)
{
	bool on, ok = true;

	if (!strcmp(key, "ifname"))
		ok = set_ifname(o, value);
	else if (!strcmp(key, "fd"))
		ok = set_number(value, &o->fd) && !o->nr_fds;
	else if (!strcmp(key, "fds"))
		ok = set_fds(o, value);
	else if (!strcmp(key, "queues"))
		ok = set_queues(o, value);
	else if (!strcmp(key, "script") || !strcmp(key, "downscript"))
		ok = !strcmp(value, "no"); /* none is run */
	else if (!strcmp(key, "vhost"))
		ok = cli_bool(value, &on) && !on;
	else
		return 1;
	return ok ? 0 : -EINVAL;
}

static int set_vde(struct net_options *o, const char *key, const char *value)
{
	bool ok = true;
	char *end;
	int n = 0;

	if (!strcmp(key, "sock")) {
		o->sock = value;
	} else if (!strcmp(key, "group")) {
		o->group = value;
	} else if (!strcmp(key, "port")) {
		ok = set_number(value, &n);
		o->port = (u32)n;
	} else if (!strcmp(key, "mode")) {
		o->mode = (u32)strtoul(value, &end, 8);
		ok = *value && !*end && o->mode <= 0777;
	} else {
		return 1;
	}
	return ok ? 0 : -EINVAL;
}

/* -netdev socket: what it is follows from what it is told. */
static int set_socket(struct cli_netdev *n, const char *key, const char *value)
{
	struct net_options *o = &n->options;

	if (!strcmp(key, "listen") || !strcmp(key, "localaddr")) {
		o->server = *key == 'l' && key[1] == 'i';
		o->local = value;
	} else if (!strcmp(key, "connect") || !strcmp(key, "udp") || !strcmp(key, "mcast")) {
		o->kind = *key == 'c' ? NET_STREAM : NET_DGRAM;
		o->remote = value;
	} else if (!strcmp(key, "fd")) {
		return set_number(value, &o->fd) ? 0 : -EINVAL;
	} else {
		return 1;
	}
	return 0;
}

/* An address in qemu's words: addr.type=inet, addr.host=, addr.port=, or unix, addr.path=. */
static int set_part(struct cli_address *a, const char *key, const char *value)
{
	if (!strcmp(key, "type"))
		a->type = value;
	else if (!strcmp(key, "host"))
		a->host = value;
	else if (!strcmp(key, "port"))
		a->port = value;
	else if (!strcmp(key, "path"))
		a->path = value;
	else if (!strcmp(key, "str"))
		a->fd = value;
	else
		return 1;
	return 0;
}

static int set_stream(struct cli_netdev *n, const char *key, const char *value)
{
	struct net_options *o = &n->options;

	if (g_str_has_prefix(key, "addr."))
		return set_part(&n->remote, key + 5, value);
	if (!strcmp(key, "server"))
		return cli_bool(value, &o->server) ? 0 : -EINVAL;
	if (!strcmp(key, "reconnect"))
		return set_reconnect(o, value) ? 0 : -EINVAL;
	return 1;
}

static int set_dgram(struct cli_netdev *n, const char *key, const char *value)
{
	if (g_str_has_prefix(key, "local."))
		return set_part(&n->local, key + 6, value);
	if (g_str_has_prefix(key, "remote."))
		return set_part(&n->remote, key + 7, value);
	return 1;
}

static int set_key(struct cli_netdev *n, const char *key, const char *value, struct error *e)
{
	struct net_options *o = &n->options;
	int err;

	if (!value)
		return error_set(e, -EINVAL, "'%s' has no value", key);
	if (!strcmp(key, "id")) {
		n->id = value;
		return 0;
	}
	if (n->is_socket)
		err = set_socket(n, key, value);
	else if (o->kind == NET_USER)
		err = set_user(n, key, value);
	else if (o->kind == NET_TAP)
		err = set_tap(o, key, value);
	else if (o->kind == NET_VDE)
		err = set_vde(o, key, value);
	else
		err = o->kind == NET_STREAM ? set_stream(n, key, value) : set_dgram(n, key, value);
	if (err > 0)
		return error_set(e, -EINVAL, "there is no '%s', or too many", key);
	return err ? error_set(e, err, "%s cannot be '%s'", key, value) : 0;
}

/* The address as one word; NULL in *text: there is none. */
static int join_address(struct cli_options *o, struct cli_netdev *n, const struct cli_address *a,
			const char **text, struct error *e)
{
	bool six = a->host && strchr(a->host, ':');

	if (!a->type && !a->host && !a->port && !a->path && !a->fd)
		return 0;
	if (a->type && !strcmp(a->type, "unix") && a->path)
		*text = cli_own(o, g_strdup_printf("unix:%s", a->path));
	else if (a->type && !strcmp(a->type, "inet") && a->port)
		*text = cli_own(o, g_strdup_printf(six ? "[%s]:%s" : "%s:%s",
						   a->host ? a->host : "", a->port));
	else if (!a->type || strcmp(a->type, "fd") || !a->fd || !set_number(a->fd, &n->options.fd))
		return error_set(e, -EINVAL,
				 "an address has type=inet, host= and port=, type=unix and path=, "
				 "or type=fd and str=");
	return 0;
}

/* What only all keys together say. */
static int finish(struct cli_options *o, struct cli_netdev *n, struct error *e)
{
	struct net_options *net = &n->options;
	int err = 0;

	if (net->kind != NET_STREAM && net->kind != NET_DGRAM)
		return 0;
	if (net->kind == NET_STREAM && !n->is_socket)
		err = join_address(o, n, &n->remote, net->server ? &net->local : &net->remote, e);
	else if (!n->is_socket)
		err = join_address(o, n, &n->remote, &net->remote, e);
	if (!err && !n->is_socket)
		err = join_address(o, n, &n->local, &net->local, e);
	if (err || net->fd >= 0)
		return err;
	/* mcast= has it without a port */
	if (n->is_socket && net->kind == NET_DGRAM && net->local && !strchr(net->local, ':'))
		net->local = cli_own(o, g_strdup_printf("%s:0", net->local));
	if (net->server ? !net->local || net->remote : net->kind == NET_STREAM && !net->remote)
		return error_set(e, -EINVAL,
				 n->is_socket ? "one of listen=, connect=, udp=, mcast= or "
						"fd= is needed"
					      : "addr.type= is missing");
	if (net->kind == NET_DGRAM && !net->local && !(net->remote && is_group(net->remote)))
		return error_set(e, -EINVAL,
				 n->is_socket ? "udp= needs localaddr=" : "local.type= is missing");
	return 0;
}

static struct cli_netdev *new_netdev(struct cli_options *o, const char *kind, struct error *e)
{
	static const struct {
		const char *name;
		u8 kind;
	} kinds[] = {{"user", NET_USER},   {"tap", NET_TAP}, {"stream", NET_STREAM},
		     {"dgram", NET_DGRAM}, {"vde", NET_VDE}, {"socket", NET_STREAM}};
	struct cli_netdev *n;
	u32 k = 0;

	while (k < ARRAY_SIZE(kinds) && strcmp(kinds[k].name, kind))
		k++;
	if (k == ARRAY_SIZE(kinds)) {
		error_set(e, -EINVAL, "there is no '%s'", kind);
		return NULL;
	}
	o->netdevs = g_renew(struct cli_netdev, o->netdevs, o->nr_netdevs + 1);
	n = &o->netdevs[o->nr_netdevs++];
	*n = (struct cli_netdev){
		.options = {.kind = kinds[k].kind, .fd = -1, .mode = 0700},
		.ipv4 = DEVICE_AUTO,
		.ipv6 = DEVICE_AUTO,
		.is_socket = !strcmp(kind, "socket"),
	};
	return n;
}

static int check_id(struct cli_options *o, struct error *e)
{
	const char *id = o->netdevs[o->nr_netdevs - 1].id;

	if (!id)
		return error_set(e, -EINVAL, "id= is missing");
	if (cli_check_id(id, e))
		return -EINVAL;
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
		err = finish(o, n, e);
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
	if (!err)
		err = finish(o, n, e);
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

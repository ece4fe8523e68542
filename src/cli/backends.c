// SPDX-License-Identifier: GPL-2.0-or-later
/* Back ends that options describe: opened before the machine is made, claimed by one device each.
 */
#include <errno.h>
#include <glib.h>
#include <string.h>

#include "cli/list.h"
#include "cli/values.h"
#include "host/char.h"
#include "host/display.h"
#include "host/input.h"

static const char *value_of(const char *text, const char *none)
{
	return text ? text : none;
}

/* -chardev's words become what chardev_open() takes. */
int value_chardev(struct cli_options *o, const char *arg, struct error *e)
{
	const char *kind = NULL, *id = NULL, *path = NULL, *host = NULL, *port = NULL;
	bool server = false, wait = true, nowait = false, mux = false, ignored;
	struct list l = list_of(o, arg, "backend");
	struct {
		const char *key, **text;
		bool *flag;
	} keys[] = {
		{"backend", &kind, NULL},  {"id", &id, NULL},	  {"path", &path, NULL},
		{"host", &host, NULL},	   {"port", &port, NULL}, {"server", NULL, &server},
		{"wait", NULL, &wait},	   {"mux", NULL, &mux},	  {"signal", NULL, &ignored},
		{"nowait", NULL, &nowait},
	};
	struct cli_chardev *c;
	char *spec = NULL;
	u32 k;

	while (list_next(&l)) {
		for (k = 0; k < ARRAY_SIZE(keys) && strcmp(keys[k].key, l.key); k++)
			;
		if (k == ARRAY_SIZE(keys))
			return error_set(e, -EINVAL, "-chardev: there is no '%s'", l.key);
		if (keys[k].text)
			*keys[k].text = l.value;
		if (keys[k].text ? !l.value : l.value && !cli_bool(l.value, keys[k].flag))
			return error_set(e, -EINVAL, "-chardev: %s cannot be '%s'", l.key,
					 value_of(l.value, ""));
		if (keys[k].flag && !l.value)
			*keys[k].flag = true;
	}
	wait &= !nowait;
	if (!kind || !id)
		return error_set(e, -EINVAL, "-chardev: '%s' has no %s", arg,
				 kind ? "id" : "back end");
	if (cli_check_id(id, e)) {
		error_prefix(e, "-chardev");
		return -EINVAL;
	}
	if (!strcmp(kind, "socket") && path)
		spec = g_strdup_printf("unix:%s,server=%s,wait=%s", path, server ? "on" : "off",
				       wait ? "on" : "off");
	else if (!strcmp(kind, "socket") && port)
		spec = g_strdup_printf("tcp:%s:%s,server=%s,wait=%s", value_of(host, "localhost"),
				       port, server ? "on" : "off", wait ? "on" : "off");
	else if (!strcmp(kind, "file") && path)
		spec = g_strdup_printf("file:%s", path);
	else if (!strcmp(kind, "stdio"))
		spec = g_strdup(mux ? "mon:stdio" : "stdio");
	else if (!strcmp(kind, "pty") || !strcmp(kind, "null"))
		spec = g_strdup(kind);
	else
		return error_set(e, -EINVAL,
				 "-chardev: '%s' is none that is known, or it lacks "
				 "its path or port",
				 kind);
	for (u32 i = 0; i < o->nr_chardevs; i++)
		if (!strcmp(o->chardevs[i].id, id)) {
			g_free(spec);
			return error_set(e, -EEXIST, "-chardev: there are two '%s'", id);
		}
	o->chardevs = g_renew(struct cli_chardev, o->chardevs, o->nr_chardevs + 1);
	c = &o->chardevs[o->nr_chardevs++];
	*c = (struct cli_chardev){.id = id, .spec = cli_own(o, spec)};
	return 0;
}

struct chardev *cli_chardev(struct cli_options *o, const char *id, const char *user,
			    struct error *e)
{
	for (u32 i = 0; i < o->nr_chardevs; i++) {
		struct cli_chardev *c = &o->chardevs[i];

		if (strcmp(c->id, id))
			continue;
		if (c->user) {
			error_set(e, -EBUSY, "chardev '%s' belongs to %s already", id, c->user);
			return NULL;
		}
		c->user = user;
		return c->chardev;
	}
	error_set(e, -ENOENT, "there is no -chardev with id=%s", id);
	return NULL;
}

static struct block *claim_drive(struct cli_options *o, const char *id, const char *user,
				 struct error *e)
{
	for (u32 i = 0; i < o->nr_drives; i++) {
		struct cli_drive *d = &o->drives[i];

		if (d->below || strcmp(d->id, id))
			continue;
		if (d->user) {
			error_set(e, -EBUSY, "drive '%s' belongs to %s already", id, d->user);
			return NULL;
		}
		d->user = user;
		d->freed = false;
		return d->block;
	}
	error_set(e, -ENOENT, "there is no -drive with id=%s", id);
	return NULL;
}

static struct net_backend *claim_netdev(struct cli_options *o, const char *id, const char *user,
					struct error *e)
{
	for (u32 i = 0; i < o->nr_netdevs; i++) {
		struct cli_netdev *n = &o->netdevs[i];

		if (strcmp(n->id, id))
			continue;
		if (n->user) {
			error_set(e, -EBUSY, "netdev '%s' belongs to %s already", id, n->user);
			return NULL;
		}
		n->user = user;
		return n->net;
	}
	error_set(e, -ENOENT, "there is no -netdev with id=%s", id);
	return NULL;
}

static const char *name_of(void *opaque, u32 type, const void *backend)
{
	const struct cli_options *o = opaque;

	for (u32 i = 0; type == PROP_DRIVE && i < o->nr_drives; i++)
		if (o->drives[i].block == backend)
			return o->drives[i].id;
	for (u32 i = 0; type == PROP_NETDEV && i < o->nr_netdevs; i++)
		if (o->netdevs[i].net == backend)
			return o->netdevs[i].id;
	for (u32 i = 0; type == PROP_CHARDEV && i < o->nr_chardevs; i++)
		if (o->chardevs[i].chardev == backend)
			return o->chardevs[i].id;
	return type == PROP_RNG || type == PROP_IOTHREAD ? objects_name(o, backend) : NULL;
}

static void *claim(void *opaque, u32 type, const char *name, const char *user, struct error *e)
{
	if (type == PROP_DRIVE)
		return claim_drive(opaque, name, user, e);
	if (type == PROP_FSDEV)
		return fsdevs_claim(opaque, name, user, e);
	if (type == PROP_CHARDEV)
		return cli_chardev(opaque, name, user, e);
	if (type == PROP_RNG || type == PROP_IOTHREAD)
		return objects_claim(opaque, type, name, e);
	return claim_netdev(opaque, name, user, e);
}

/* --- a disk that stops the machine; any thread --- */
static void stop_machine(void *opaque)
{
	struct cli_options *o = opaque;

	if (o->vm)
		vm_ask(o->vm, VM_REQUEST_IO_ERROR);
}

static void run(void *opaque, bool running)
{
	struct cli_options *o = opaque;

	for (u32 i = 0; running && i < o->nr_drives; i++)
		if (o->drives[i].block)
			block_retry(o->drives[i].block);
}

void cli_watch_backends(struct cli_options *o, struct vm *vm)
{
	o->vm = vm;
	if (vm)
		vm_listen(vm, run, o);
}

const char *cli_waiting_drive(const struct cli_options *o)
{
	for (u32 i = 0; i < o->nr_drives; i++)
		if (o->drives[i].block && block_holds_up_saving(o->drives[i].block))
			return o->drives[i].id;
	return NULL;
}

int backends_open_drive(struct cli_options *o, struct cli_drive *d, struct error *e)
{
	int err;

	d->options.name = d->id;
	err = groups_join(o, d, e);
	if (!err)
		err = block_open(&d->options, &d->block, e);
	if (!err)
		block_set_stop(d->block, stop_machine, o);
	return err;
}

/* --- the other way --- */
static void forget_drive(struct cli_options *o, u32 i)
{
	block_close(o->drives[i].block);
	g_free(o->drives[i].nodes);
	o->nr_drives--;
	memmove(o->drives + i, o->drives + i + 1, (o->nr_drives - i) * sizeof(*o->drives));
}

static void release_forwards(struct cli_options *o, const struct cli_netdev *n)
{
	for (u32 i = 0; i < n->options.nr_guest_forwards; i++)
		for (u32 c = 0; c < o->nr_chardevs && n->options.guest_chardevs[i]; c++)
			if (o->chardevs[c].chardev == n->options.guest_chardevs[i])
				o->chardevs[c].user = NULL;
}

static void forget_netdev(struct cli_options *o, u32 i)
{
	net_close(o->netdevs[i].net);
	release_forwards(o, &o->netdevs[i]);
	o->nr_netdevs--;
	memmove(o->netdevs + i, o->netdevs + i + 1, (o->nr_netdevs - i) * sizeof(*o->netdevs));
}

static void release_drive(struct cli_options *o, const void *block)
{
	for (u32 i = 0; i < o->nr_drives; i++) {
		if (o->drives[i].block != block)
			continue;
		o->drives[i].user = NULL;
		o->drives[i].freed = true;
		return;
	}
}

/* As in qemu; what -blockdev made stays. */
void cli_close_freed(struct cli_options *o)
{
	for (u32 i = o->nr_drives; i--;)
		if (o->drives[i].freed && !o->drives[i].user && !o->drives[i].is_node)
			forget_drive(o, i);
}

static void release(void *opaque, u32 type, void *backend)
{
	struct cli_options *o = opaque;

	if (type == PROP_DRIVE)
		release_drive(o, backend);
	else if (type == PROP_FSDEV)
		fsdevs_release(o, backend);
	for (u32 i = 0; type == PROP_CHARDEV && i < o->nr_chardevs; i++)
		if (o->chardevs[i].chardev == backend)
			o->chardevs[i].user = NULL;
	for (u32 i = 0; type == PROP_NETDEV && i < o->nr_netdevs; i++)
		if (o->netdevs[i].net == backend)
			o->netdevs[i].user = NULL;
}

static int open_netdev(struct cli_options *o, struct cli_netdev *n, struct error *e)
{
	static const char word[] = "-chardev:";

	for (u32 i = 0; i < n->options.nr_guest_forwards; i++) {
		const char *id = strstr(n->options.guest_forwards[i], word);

		if (!id)
			continue;
		n->options.guest_chardevs[i] = cli_chardev(o, id + sizeof(word) - 1, n->id, e);
		if (!n->options.guest_chardevs[i])
			return -ENOENT;
	}
	return net_open(&n->options, n->id, &n->net, e);
}

int backends_add_drive(struct cli_options *o, const char *arg, struct error *e)
{
	u32 before = o->nr_drives;
	int err = value_drive(o, arg, e);
	struct cli_drive *d = o->drives + before;

	if (!err && (d->interface != DRIVE_NONE || !d->id))
		err = error_set(e, -EINVAL, "if=none and id= are needed");
	if (!err) {
		d->options.snapshot |= o->snapshot && !d->cd;
		d->options.cdrom = d->cd;
		err = images_finish(o, d, e);
	}
	if (!err)
		err = backends_open_drive(o, d, e);
	if (err && o->nr_drives > before)
		forget_drive(o, before);
	return err;
}

int backends_remove_drive(struct cli_options *o, const char *id, struct error *e)
{
	struct cli_drive *d = drives_find(o, id);

	if (!d || d->below)
		return error_set(e, -ENOENT, "there is no drive '%s'", id);
	if (d->user)
		return error_set(e, -EBUSY, "drive '%s' belongs to %s; it goes with it", id,
				 d->user);
	forget_drive(o, (u32)(d - o->drives));
	return 0;
}

int backends_add_netdev(struct cli_options *o, const char *arg, struct error *e)
{
	u32 before = o->nr_netdevs;
	int err = value_netdev(o, arg, e);

	if (!err)
		err = open_netdev(o, &o->netdevs[before], e);
	if (err && o->nr_netdevs > before)
		forget_netdev(o, before);
	return err;
}

int backends_remove_netdev(struct cli_options *o, const char *id, struct error *e)
{
	for (u32 i = 0; i < o->nr_netdevs; i++) {
		if (!o->netdevs[i].id || strcmp(o->netdevs[i].id, id))
			continue;
		if (o->netdevs[i].user)
			return error_set(e, -EBUSY, "network '%s' belongs to %s", id,
					 o->netdevs[i].user);
		forget_netdev(o, i);
		return 0;
	}
	return error_set(e, -ENOENT, "there is no network '%s'", id);
}

int cli_open_backends(struct cli_options *o, const struct char_escapes *escapes, struct error *e)
{
	int err = 0;

	for (u32 i = 0; i < o->nr_drives && !err; i++)
		if (!o->drives[i].below)
			err = backends_open_drive(o, &o->drives[i], e);
	for (u32 i = 0; i < o->nr_chardevs && !err; i++) {
		err = chardev_open(o->chardevs[i].spec, o->chardevs[i].id, escapes,
				   &o->chardevs[i].chardev, e);
		if (err)
			error_prefix(e, "-chardev");
	}
	for (u32 i = 0; i < o->nr_netdevs && !err; i++) {
		err = open_netdev(o, &o->netdevs[i], e);
		if (err)
			error_prefix(e, "-netdev");
	}
	if (!err)
		err = fsdevs_open(o, e);
	o->backends = (struct device_backends){
		claim,		release,	  o,	  o->nr_globals, o->globals,
		input_create(), display_create(), name_of};
	if (!err)
		err = cli_open_display(o, e);
	o->config.backends = &o->backends;
	o->config.nr_devices = o->nr_devices;
	o->config.devices = o->devices;
	return err;
}

void cli_close_backends(struct cli_options *o)
{
	cli_close_display(o);
	for (u32 i = 0; i < o->nr_drives; i++) {
		block_close(o->drives[i].block);
		o->drives[i].block = NULL;
	}
	groups_close(o);
	for (u32 i = 0; i < o->nr_netdevs; i++) {
		net_close(o->netdevs[i].net);
		o->netdevs[i].net = NULL;
	}
	fsdevs_close(o);
	for (u32 i = 0; i < o->nr_chardevs; i++) {
		chardev_close(o->chardevs[i].chardev);
		o->chardevs[i].chardev = NULL;
	}
	input_destroy(o->backends.input);
	o->backends.input = NULL;
	display_destroy(o->backends.displays);
	o->backends.displays = NULL;
}

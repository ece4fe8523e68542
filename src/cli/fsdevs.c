// SPDX-License-Identifier: GPL-2.0-or-later
/* -fsdev and -virtfs. */
#include <errno.h>
#include <glib.h>
#include <string.h>

#include "cli/list.h"
#include "cli/values.h"

static bool set_security(const char *text, enum fsdev_security *s)
{
	static const struct {
		const char *name;
		enum fsdev_security security;
	} models[] = {
		{"none", FSDEV_NONE},
		{"passthrough", FSDEV_PASSTHROUGH},
		{"mapped-xattr", FSDEV_MAPPED},
		{"mapped", FSDEV_MAPPED},
	};

	for (u32 i = 0; i < ARRAY_SIZE(models); i++)
		if (!strcmp(models[i].name, text)) {
			*s = models[i].security;
			return true;
		}
	return false;
}

static int set_key(struct cli_fsdev *f, const char *key, const char *value, const char **tag,
		   struct error *e)
{
	bool ok = true;

	if (!value)
		return error_set(e, -EINVAL, "'%s' has no value", key);
	if (!strcmp(key, "id"))
		f->id = value;
	else if (!strcmp(key, "path"))
		f->options.path = value;
	else if (!strcmp(key, "security_model"))
		f->secured = ok = set_security(value, &f->options.security);
	else if (!strcmp(key, "readonly"))
		ok = cli_bool(value, &f->options.readonly);
	else if (tag && !strcmp(key, "mount_tag"))
		*tag = value;
	else
		return error_set(e, -EINVAL, "there is no '%s'", key);
	return ok ? 0 : error_set(e, -EINVAL, "%s cannot be '%s'", key, value);
}

static int parse(struct cli_options *o, const char *arg, const char **tag, struct error *e)
{
	struct list l = list_of(o, arg, "driver");
	struct cli_fsdev *f;
	int err = 0;

	o->fsdevs = g_renew(struct cli_fsdev, o->fsdevs, o->nr_fsdevs + 1);
	f = &o->fsdevs[o->nr_fsdevs++];
	*f = (struct cli_fsdev){0};
	if (!list_next(&l) || strcmp(l.key, "driver") || !l.value || strcmp(l.value, "local"))
		return error_set(e, -EINVAL, "'%s' does not begin with local", arg);
	while (!err && list_next(&l))
		err = set_key(f, l.key, l.value, tag, e);
	if (!err && (!f->options.path || !f->secured))
		err = error_set(e, -EINVAL, "%s= is missing",
				f->options.path ? "security_model" : "path");
	if (!err && tag && !*tag)
		err = error_set(e, -EINVAL, "mount_tag= is missing");
	if (!err && !f->id && tag)
		f->id = cli_own(o, g_strdup_printf("virtfs%u", o->nr_fsdevs - 1));
	if (!err && !f->id)
		err = error_set(e, -EINVAL, "id= is missing");
	if (!err)
		err = cli_check_id(f->id, e);
	for (u32 i = 0; !err && i + 1 < o->nr_fsdevs; i++)
		if (!strcmp(o->fsdevs[i].id, f->id))
			err = error_set(e, -EEXIST, "there are two '%s'", f->id);
	return err;
}

int value_fsdev(struct cli_options *o, const char *arg, struct error *e)
{
	int err = parse(o, arg, NULL, e);

	if (err)
		error_prefix(e, "-fsdev");
	return err;
}

int value_virtfs(struct cli_options *o, const char *arg, struct error *e)
{
	const char *tag = NULL;
	int err = parse(o, arg, &tag, e);
	struct machine_device *d = err ? NULL : devices_new(o, "virtio-9p-pci", e);

	if (!err)
		err = d ? devices_setting(d, "fsdev", o->fsdevs[o->nr_fsdevs - 1].id, e) : -EINVAL;
	if (!err)
		err = devices_setting(d, "mount_tag", tag, e);
	if (err)
		error_prefix(e, "-virtfs");
	return err;
}

struct fsdev *fsdevs_claim(struct cli_options *o, const char *id, const char *user, struct error *e)
{
	for (u32 i = 0; i < o->nr_fsdevs; i++) {
		struct cli_fsdev *f = &o->fsdevs[i];

		if (strcmp(f->id, id))
			continue;
		if (f->user) {
			error_set(e, -EBUSY, "fsdev '%s' belongs to %s already", id, f->user);
			return NULL;
		}
		f->user = user;
		return f->fs;
	}
	error_set(e, -ENOENT, "there is no -fsdev with id=%s", id);
	return NULL;
}

void fsdevs_release(struct cli_options *o, const struct fsdev *fs)
{
	for (u32 i = 0; i < o->nr_fsdevs; i++)
		if (o->fsdevs[i].fs == fs)
			o->fsdevs[i].user = NULL;
}

int fsdevs_open(struct cli_options *o, struct error *e)
{
	int err = 0;

	for (u32 i = 0; i < o->nr_fsdevs && !err; i++)
		err = fsdev_open(&o->fsdevs[i].options, &o->fsdevs[i].fs, e);
	if (err)
		error_prefix(e, "-fsdev");
	return err;
}

void fsdevs_close(struct cli_options *o)
{
	for (u32 i = 0; i < o->nr_fsdevs; i++) {
		fsdev_close(o->fsdevs[i].fs);
		o->fsdevs[i].fs = NULL;
	}
}

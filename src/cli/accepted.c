// SPDX-License-Identifier: GPL-2.0-or-later
/* Options that say how qemu is to do what is done here in one way: what they may say is that way.
 * Programs that start virtual machines (libvirt) always write them. */
#include <errno.h>
#include <glib.h>
#include <string.h>

#include "cli/list.h"
#include "cli/values.h"

struct accepted {
	const char *key;
	const char *values; /* separated by '|'; NULL: on and off */
};

static bool is_one_of(const char *values, const char *value)
{
	char **all = g_strsplit(values, "|", 0);
	bool found = g_strv_contains((const char *const *)all, value);

	g_strfreev(all);
	return found;
}

static bool fits(const struct accepted *a, const char *value)
{
	bool on;

	return a->values ? is_one_of(a->values, value) : cli_bool(value, &on);
}

/* All of a list stands in the table, which ends with a NULL key. */
static int check(const char *option, struct list *l, const struct accepted *table, struct error *e)
{
	while (list_next(l)) {
		const struct accepted *a = table;

		while (a->key && strcmp(a->key, l->key))
			a++;
		if (!a->key)
			return error_set(e, -EINVAL, "%s: there is no '%s'", option, l->key);
		if (!l->value)
			return error_set(e, -EINVAL, "%s: '%s' has no value", option, l->key);
		if (!fits(a, l->value))
			return error_set(e, -EINVAL, "%s: %s cannot be '%s', only %s", option,
					 l->key, l->value, a->values ? a->values : "on or off");
	}
	return 0;
}

int value_accel(struct cli_options *o, const char *arg, struct error *e)
{
	static const struct accepted keys[] = {{"accel", "tcg"}, {"thread", "multi"}, {NULL, NULL}};
	struct list l = list_of(o, arg, "accel");

	return check("-accel", &l, keys, e);
}

int value_rtc(struct cli_options *o, const char *arg, struct error *e)
{
	static const struct accepted keys[] = {
		{"base", "utc"}, {"clock", "host"}, {"driftfix", "none"}, {NULL, NULL}};
	struct list l = list_of(o, arg, NULL);

	return check("-rtc", &l, keys, e);
}

int value_overcommit(struct cli_options *o, const char *arg, struct error *e)
{
	static const struct accepted keys[] = {
		{"mem-lock", "off"}, {"cpu-pm", "off"}, {NULL, NULL}};
	struct list l = list_of(o, arg, NULL);

	return check("-overcommit", &l, keys, e);
}

int value_sandbox(struct cli_options *o, const char *arg, struct error *e)
{
	static const struct accepted keys[] = {{"enable", "off"}, {NULL, NULL}};
	struct list l = list_of(o, arg, "enable");

	return check("-sandbox", &l, keys, e);
}

int value_msg(struct cli_options *o, const char *arg, struct error *e)
{
	static const struct accepted keys[] = {
		{"timestamp", NULL}, {"guest-name", NULL}, {NULL, NULL}};
	struct list l = list_of(o, arg, NULL);

	return check("-msg", &l, keys, e);
}

/* --- sound, of which there is none --- */
int value_audiodev(struct cli_options *o, const char *arg, struct error *e)
{
	struct list l = list_of(o, arg, "driver");
	const char *driver = NULL, *id = NULL;

	while (list_next(&l)) {
		if (!l.value)
			return error_set(e, -EINVAL, "-audiodev: '%s' has no value", l.key);
		if (!strcmp(l.key, "driver"))
			driver = l.value;
		else if (!strcmp(l.key, "id"))
			id = l.value;
		else
			return error_set(e, -EINVAL, "-audiodev: there is no '%s'", l.key);
	}
	if (!driver || strcmp(driver, "none"))
		return error_set(e, -EINVAL, "-audiodev: there is no sound: only none is possible");
	if (!id || o->nr_audio == CLI_MAX_AUDIO)
		return error_set(e, -EINVAL, "-audiodev: %s",
				 id ? "there are too many" : "it needs id=");
	o->audio[o->nr_audio++] = id;
	return 0;
}

bool cli_has_audio(const struct cli_options *o, const char *id)
{
	for (u32 i = 0; i < o->nr_audio; i++)
		if (!strcmp(o->audio[i], id))
			return true;
	return false;
}

/* --- monitors by the name of their chardev --- */
int value_mon(struct cli_options *o, const char *arg, struct error *e)
{
	struct list l = list_of(o, arg, "chardev");
	const char *id = NULL;
	bool on;

	while (list_next(&l)) {
		if (!l.value)
			return error_set(e, -EINVAL, "-mon: '%s' has no value", l.key);
		if (!strcmp(l.key, "chardev"))
			id = l.value;
		else if (!strcmp(l.key, "mode") && strcmp(l.value, "readline"))
			return error_set(e, -EINVAL, "-mon: mode cannot be '%s', only readline",
					 l.value);
		else if (!strcmp(l.key, "pretty") && !cli_bool(l.value, &on))
			return error_set(e, -EINVAL, "-mon: pretty is on or off, not '%s'",
					 l.value);
		else if (!is_one_of("id|mode|pretty", l.key))
			return error_set(e, -EINVAL, "-mon: there is no '%s'", l.key);
	}
	if (!id)
		return error_set(e, -EINVAL, "-mon: '%s' has no chardev", arg);
	if (o->nr_monitors == CLI_MAX_MONITORS)
		return error_set(e, -EINVAL, "-mon: at most %d monitors", CLI_MAX_MONITORS);
	o->monitors[o->nr_monitors++] = cli_own(o, g_strdup_printf("chardev:%s", id));
	return 0;
}

/* --- the machine --- */
int value_machine_key(struct cli_options *o, const char *key, const char *value, struct error *e)
{
	bool ok = true, on;

	if (!strcmp(key, "usb"))
		ok = cli_bool(value, &o->usb);
	else if (!strcmp(key, "memory-backend"))
		o->memory_backend = value;
	else if (!strcmp(key, "accel")) /* a list to be tried one after the other */
		ok = is_one_of(cli_own(o, g_strdelimit(g_strdup(value), ":", '|')), "tcg");
	else if (!strcmp(key, "dump-guest-core") || !strcmp(key, "mem-merge"))
		ok = cli_bool(value, &on);
	else
		return 1;
	return ok ? 0 : error_set(e, -EINVAL, "-machine: %s cannot be '%s'", key, value);
}

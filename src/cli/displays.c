// SPDX-License-Identifier: GPL-2.0-or-later
/* -vnc, -display. */
#include <errno.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "cli/list.h"
#include "cli/values.h"

enum { MAX_DISPLAY = 65535 - VNC_PORT };

static bool number(const char *text, u32 most, u32 *value)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	*value = (u32)n;
	return *text >= '0' && *text <= '9' && !*end && n <= most;
}

/* HOST:N, :N, unix:PATH; an IPv6 address stands in brackets. */
static int parse_where(struct cli_options *o, const char *where, struct error *e)
{
	const char *colon = strrchr(where, ':');
	size_t n;
	u32 display;

	if (!strncmp(where, "unix:", 5) && where[5]) {
		o->vnc.path = where + 5;
		return 0;
	}
	if (!colon || !number(colon + 1, MAX_DISPLAY, &display))
		return error_set(e, -EINVAL, "'%s' is not HOST:N, unix:PATH or none", where);
	n = (size_t)(colon - where);
	if (n > 1 && where[0] == '[' && colon[-1] == ']')
		o->vnc.host = cli_own(o, g_strndup(where + 1, n - 2));
	else if (n)
		o->vnc.host = cli_own(o, g_strndup(where, n));
	o->vnc.port = VNC_PORT + display;
	return 0;
}

static int parse_websocket(struct cli_options *o, const char *value, struct error *e)
{
	bool on;

	if (!value || (cli_bool(value, &on) && on)) {
		if (o->vnc.path)
			return error_set(e, -EINVAL, "websocket needs a port");
		o->vnc.websocket = o->vnc.port - VNC_PORT + VNC_WEBSOCKET_PORT;
		return 0;
	}
	if (cli_bool(value, &on) || (number(value, 65535, &o->vnc.websocket) && o->vnc.websocket))
		return 0;
	return error_set(e, -EINVAL, "websocket cannot be '%s'", value);
}

static int parse_vnc(struct cli_options *o, struct list *l, struct error *e)
{
	int err = 0;

	if (!list_next(l) || strcmp(l->key, "vnc") || !l->value)
		return error_set(e, -EINVAL, "it begins with HOST:N, unix:PATH or none");
	o->vnc = (struct vnc_options){0};
	o->vnc_secret = NULL;
	o->has_vnc = strcmp(l->value, "none");
	if (o->has_vnc)
		err = parse_where(o, l->value, e);
	while (!err && list_next(l)) {
		if (!strcmp(l->key, "websocket"))
			err = parse_websocket(o, l->value, e);
		else if (!strcmp(l->key, "password") &&
			 (!l->value || cli_bool(l->value, &o->vnc.password)))
			o->vnc.password |= !l->value;
		else if (!strcmp(l->key, "password-secret") && l->value)
			o->vnc_secret = l->value;
		else if (!strcmp(l->key, "share") && l->value &&
			 (!strcmp(l->value, "ignore") || !strcmp(l->value, "force-shared")))
			continue; /* viewers always share */
		else if (!strcmp(l->key, "audiodev") && l->value)
			o->vnc_audio = l->value; /* silent, as all are */
		else
			err = error_set(e, -EINVAL, "'%s' is unknown or has a bad value", l->key);
	}
	return err;
}

int value_vnc(struct cli_options *o, const char *arg, struct error *e)
{
	struct list l = list_of(o, arg, "vnc");
	int err = parse_vnc(o, &l, e);

	if (err)
		error_prefix(e, "-vnc");
	return err;
}

int value_display(struct cli_options *o, const char *arg, struct error *e)
{
	struct list l = list_of(o, arg, "type");
	int err = 0;

	if (!strcmp(arg, "none"))
		o->has_vnc = false;
	else if (strncmp(arg, "vnc=", 4))
		err = error_set(e, -EINVAL, "'%s' is not none or vnc=…", arg);
	else
		err = parse_vnc(o, &l, e);
	if (err)
		error_prefix(e, "-display");
	return err;
}

/* --- the server --- */
int cli_open_display(struct cli_options *o, struct error *e)
{
	const char *password = NULL;
	int err;

	if (!o->has_vnc)
		return 0;
	if (o->vnc_audio && !cli_has_audio(o, o->vnc_audio))
		return error_set(e, -ENOENT, "-vnc: there is no -audiodev with id=%s",
				 o->vnc_audio);
	if (o->vnc_secret) {
		const struct cli_object *b = objects_find(o, o->vnc_secret);

		password = b ? b->data : NULL;
	}
	if (o->vnc_secret && !password)
		return error_set(e, -ENOENT, "-vnc: there is no -object secret with id=%s",
				 o->vnc_secret);
	o->vnc.password |= password != NULL;
	err = vnc_open(&o->vnc, o->backends.displays, o->backends.input, &o->vnc_server, e);
	if (err)
		error_prefix(e, "-vnc");
	else if (password)
		vnc_set_password(o->vnc_server, password);
	return err;
}

void cli_close_display(struct cli_options *o)
{
	vnc_close(o->vnc_server);
	o->vnc_server = NULL;
}

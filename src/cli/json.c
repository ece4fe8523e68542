// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/json.h"

#include <errno.h>
#include <glib.h>
#include <jansson.h>
#include <string.h>

#include "cli/list.h"

static void add_pair(GString *out, const char *key, const char *value)
{
	if (out->len)
		g_string_append_c(out, ',');
	g_string_append_printf(out, "%s=", key);
	for (; *value; value++) {
		if (*value == ',')
			g_string_append_c(out, ',');
		g_string_append_c(out, *value);
	}
}

/* json_loads() bounds the depth. */
static void add_value(GString *out, const char *key, json_t *v)
{
	const char *name;
	char *text = NULL;
	json_t *member;
	size_t i;

	switch (json_typeof(v)) {
	case JSON_OBJECT:
		json_object_foreach(v, name, member)
		{
			text = g_strdup_printf("%s.%s", key, name);
			add_value(out, text, member);
			g_free(text);
		}
		return;
	case JSON_ARRAY:
		json_array_foreach(v, i, member)
		{
			text = g_strdup_printf("%s.%zu", key, i);
			add_value(out, text, member);
			g_free(text);
		}
		return;
	case JSON_STRING:
		add_pair(out, key, json_string_value(v));
		return;
	case JSON_INTEGER:
		text = g_strdup_printf("%lld", (long long)json_integer_value(v));
		break;
	case JSON_REAL:
		text = g_strdup_printf("%g", json_real_value(v));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		text = g_strdup(json_is_true(v) ? "on" : "off");
		break;
	case JSON_NULL:
		return;
	}
	add_pair(out, key, text);
	g_free(text);
}

const char *json_to_list(struct cli_options *o, const char *arg, const char *first, struct error *e)
{
	GString *out;
	json_error_t je;
	json_t *top, *member;
	const char *key;

	if (*arg != '{')
		return arg;
	top = json_loads(arg, JSON_REJECT_DUPLICATES, &je);
	if (!top) {
		error_set(e, -EINVAL, "this is no JSON: %s (column %d)", je.text, je.column);
		return NULL;
	}
	out = g_string_new(NULL);
	member = first ? json_object_get(top, first) : NULL;
	if (member)
		add_value(out, first, member);
	json_object_foreach(top, key, member)
	{
		if (!first || strcmp(key, first))
			add_value(out, key, member);
	}
	json_decref(top);
	return cli_own(o, g_string_free(out, FALSE));
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/list.h"

#include <errno.h>
#include <glib.h>
#include <string.h>

const char *cli_own(struct cli_options *o, char *text)
{
	o->owned = g_slist_prepend(o->owned, text);
	return text;
}

int cli_check_id(const char *id, struct error *e)
{
	bool ok = g_ascii_isalpha(*id);

	for (const char *c = id; *c; c++)
		ok &= g_ascii_isalnum(*c) || strchr("-._", *c);
	return ok ? 0
		  : error_set(e, -EINVAL,
			      "'%s' is no id: a letter, then letters, digits, '-', '.' and '_'",
			      id);
}

bool cli_bool(const char *s, bool *value)
{
	*value = !strcmp(s, "on") || !strcmp(s, "yes") || !strcmp(s, "true");
	return *value || !strcmp(s, "off") || !strcmp(s, "no") || !strcmp(s, "false");
}

struct list list_of(struct cli_options *o, const char *arg, const char *implied)
{
	char *copy = g_strdup(arg);

	cli_own(o, copy);
	return (struct list){.at = *copy ? copy : NULL, .implied = implied};
}

/* Ends the element at l->at in place and makes one comma of two. */
static char *cut_element(struct list *l)
{
	char *from = l->at, *to = l->at, *element = l->at;

	while (*from && !(*from == ',' && from[1] != ',')) {
		from += *from == ',';
		*to++ = *from++;
	}
	l->at = *from && from[1] ? from + 1 : NULL;
	*to = 0;
	return element;
}

bool list_next(struct list *l)
{
	char *element, *eq;

	if (!l->at)
		return false;
	element = cut_element(l);
	eq = strchr(element, '=');
	l->key = !eq && l->implied ? l->implied : element;
	l->value = eq ? eq + 1 : l->implied ? element : NULL;
	l->implied = NULL;
	if (eq)
		*eq = 0;
	return true;
}

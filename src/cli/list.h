/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Option arguments that are lists, as qemu's: FIRST,KEY=VALUE,...; two commas stand for one. */
#ifndef CLI_LIST_H
#define CLI_LIST_H

#include "cli/options.h"

struct list {
	char *at;	     /* what is left; NULL: nothing */
	const char *implied; /* key of a first element that has none */
	const char *key, *value;
};

/* Strings of the list are owned by o. */
struct list list_of(struct cli_options *o, const char *arg, const char *implied);
/* False at the end. value is NULL where an element is no KEY=VALUE. */
bool list_next(struct list *l);

/* A string that lives as long as o. */
const char *cli_own(struct cli_options *o, char *text);
/* Names are a letter and letters, digits, '-', '.', '_'. */
int cli_check_id(const char *id, struct error *e);
/* on, off and what qemu takes for them. */
bool cli_bool(const char *text, bool *value);

#endif

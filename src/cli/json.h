/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Option arguments in JSON, as libvirt writes them. */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include "cli/options.h"

/* An object as a list (cli/list.h) that says the same, nested keys with dots between; what is no
 * JSON stays. `first` is the key that the list has to begin with, or NULL. NULL with e set: it is
 * damaged. The text is owned by o. */
const char *json_to_list(struct cli_options *o, const char *arg, const char *first,
			 struct error *e);

#endif

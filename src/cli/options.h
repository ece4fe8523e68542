/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parsed command line. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "machine/machine.h"

enum { CLI_MAX_SERIALS = MACHINE_MAX_SERIALS };

struct cli_options {
	const struct machine_class *machine;
	struct machine_config config; /* serials are opened later */
	u32 nr_serials;
	const char *serials[CLI_MAX_SERIALS];
	bool nographic, no_defaults, no_reboot, no_shutdown, stopped;
	u32 log_mask;
	const char *log_file;
	const char *save_file, *load_file; /* NULL = none */
	bool stats;
	bool perf_map;
	const char *process_name; /* NULL = as it was started */
	void *owned;		  /* what options point into: a GSList of strings */
};

/* Frees what the options point into. */
void cli_free(struct cli_options *o);

/* 0; 1: something was printed and that was all that was asked for; -errno with e set. Strings stay
 * those of argv or are owned; call cli_free() whatever the result. */
int cli_parse(struct cli_options *o, int argc, char **argv, struct error *e);

#endif

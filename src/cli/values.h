/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What options take after their names. Functions return 0; 1 when `help` was asked for and printed;
 * -errno with e set, whose text begins with the option.
 */
#ifndef CLI_VALUES_H
#define CLI_VALUES_H

#include "cli/options.h"

int value_memory(struct cli_options *o, const char *arg, struct error *e);
int value_smp(struct cli_options *o, const char *arg, struct error *e);
int value_machine(struct cli_options *o, const char *arg, struct error *e);
int value_cpu(struct cli_options *o, const char *arg, struct error *e);
int value_name(struct cli_options *o, const char *arg, struct error *e);
int value_engine(struct cli_options *o, const char *arg, struct error *e);
int value_log(struct cli_options *o, const char *arg, struct error *e);
int value_uuid(struct cli_options *o, const char *arg, struct error *e);

#endif

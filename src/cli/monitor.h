/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The monitors of -monitor and of Ctrl-A c, and the commands that need more than the vm. */
#ifndef CLI_MONITOR_H
#define CLI_MONITOR_H

#include "cli/options.h"
#include "host/char.h"

struct cli_monitors;

/* Before back ends are opened: the escapes that they get then lead here. */
struct cli_monitors *monitors_create(struct cli_options *o, const struct char_escapes *escapes);
const struct char_escapes *monitors_escapes(const struct cli_monitors *m);
/* Once there is a vm: opens what -monitor says. */
int monitors_open(struct cli_monitors *m, struct vm *vm, struct error *e);
/* While the vm is still there. */
void monitors_close(struct cli_monitors *m);
void monitors_destroy(struct cli_monitors *m);

#endif

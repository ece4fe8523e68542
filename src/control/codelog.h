/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Host code for people: -perf-map and -d out_asm. */
#ifndef CONTROL_CODELOG_H
#define CONTROL_CODELOG_H

#include "base/codelog.h"
#include "base/error.h"

struct codelog;

/* perf: /tmp/perf-PID.map, which perf reads, and jit-PID.dump in the working folder, which
 * `perf inject --jit` merges into what `perf record -k mono` wrote. disassemble: to the log. */
int codelog_open(bool perf, bool disassemble, struct codelog **log, struct error *e);
void codelog_close(struct codelog *log);
const struct code_log *codelog_hook(struct codelog *log);

#endif

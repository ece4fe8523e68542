/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_STATEFILE_H
#define CLI_STATEFILE_H

#include "base/error.h"

struct vm;

/* A paused vm's whole state to a file and back (vm/savestate.h). */
int statefile_save(struct vm *vm, const char *path, struct error *e);
int statefile_load(struct vm *vm, const char *path, struct error *e);

#endif

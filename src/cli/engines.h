/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The engines of this build, by name. */
#ifndef CLI_ENGINES_H
#define CLI_ENGINES_H

#include "vm/engine.h"

const struct engine_ops *engine_find(const char *name);
const struct engine_ops *engine_at(unsigned i); /* the default first; NULL past the end */

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The engines of this build, by name. */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "vm/engine.h"

const struct engine_ops *engine_find(const char *name);
const struct engine_ops *engine_at(unsigned i); /* the default first; NULL past the end */

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where random bytes of -object rng-* come from. Knows no device; any number of them, and threads,
 * may read from one source. */
#ifndef HOST_RNG_H
#define HOST_RNG_H

#include "base/error.h"
#include "base/types.h"

struct rng;

/* A file, device, named pipe; NULL: what the system has for everybody (rng-builtin). */
int rng_open(const char *filename, struct rng **r, struct error *e);
void rng_close(struct rng *r);
bool rng_is_builtin(const struct rng *r);
/* What there is now, without waiting for more; 0: nothing yet, or nothing any more. Not of a
 * builtin one. */
size_t rng_read(struct rng *r, void *buf, size_t len);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The back end that a test runs on: the one that PV_BACKEND names, or else the interpreter. */
#ifndef TEST_BACKEND_H
#define TEST_BACKEND_H

#include <stdio.h>
#include <stdlib.h>

#include "backend/backend.h"

static inline const struct backend_ops *test_backend(void)
{
	const char *name = getenv("PV_BACKEND");
	const struct backend_ops *ops = backend_find(name ? name : "interp");

	if (!ops) {
		fprintf(stderr, "there is no back end %s\n", name);
		exit(1);
	}
	return ops;
}

/* Executions that make code hot; 0: the default. PV_TIER2=1 has everything translated as regions.
 */
static inline u32 test_tier2_after(void)
{
	const char *after = getenv("PV_TIER2");

	return after ? (u32)atoi(after) : 0;
}

/* Level of the host's instruction set to keep to, from PV_HOST; 0: all of it. */
static inline u32 test_host_level(void)
{
	const char *level = getenv("PV_HOST");

	return level ? (u32)atoi(level) : 0;
}

#endif

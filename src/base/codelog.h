/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whoever wants to know of host code that was made: profilers, the log. */
#ifndef BASE_CODELOG_H
#define BASE_CODELOG_H

#include "base/types.h"

struct code_piece {
	u64 pc; /* guest address */
	u32 tier;
	const void *code; /* where it runs */
	size_t hot, len;  /* bytes of hot code, of all instructions */
	size_t all;	  /* data behind them included */
};

struct code_log {
	/* On the thread that made it. */
	void (*made)(void *opaque, const struct code_piece *piece);
	void *opaque;
};

#endif

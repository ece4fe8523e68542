/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whoever wants to know of host code that was made: profilers, the log. */
#ifndef BASE_CODELOG_H
#define BASE_CODELOG_H

#include "base/types.h"

struct code_log {
	/* pc: guest address; tier 1 or 2; where the code runs, the length of its instructions and
	 * of all, data behind them included. On the thread that made it, under a lock of its own.
	 */
	void (*made)(void *opaque, u64 pc, u32 tier, const void *code, size_t code_len, size_t len);
	void *opaque;
};

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Special purpose registers: one row of spr.def each. */
#ifndef ISA_SPR_H
#define ISA_SPR_H

#include "base/types.h"

/* Index of an SPR's storage in cpu_state.spr[]; the number of the instruction is a column. */
enum spr_id {
#define SPR(id, ...) SPR_##id,
#include "isa/spr.def"
#undef SPR
	SPR_ID_COUNT
};

#endif

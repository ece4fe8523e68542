// SPDX-License-Identifier: GPL-2.0-or-later
/* The floating-point status while translated code runs. */
#include "backend/x86_64/jit.h"

void jit_fp_before_slot(struct jit *j, u32 slot, u32 len, bool write)
{
}

void jit_fp_before_call(struct jit *j, u32 effects)
{
}

void jit_fp_after_call(struct jit *j, u32 effects)
{
}

void jit_fp_block_end(struct jit *j)
{
}

void jit_fp_block_begin(struct jit *j)
{
}

void jit_fp_enter(struct backend *b, struct backend_cpu *cpu)
{
}

void jit_fp_leave(struct backend *b, struct backend_cpu *cpu)
{
}

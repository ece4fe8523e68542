// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * MXCSR while translated code runs: the guest's rounding mode, exceptions masked and accumulating
 * (fp.c says what they mean). It is brought together with the guest's status before anything else
 * reads or writes that (helpers with IR_FX_FP that do more than add), and when run() ends.
 *
 * The rest of the back end, and what it calls, runs under either MXCSR: it has no floats.
 */
#include "backend/x86_64/core.h"
#include "base/string.h"

enum {
	MXCSR_DEFAULT = 0x1f80,
	MXCSR_ZE = 1 << 2,
	MXCSR_OE = 1 << 3,
	MXCSR_UE = 1 << 4,
	MXCSR_PE = 1 << 5,
	MXCSR_FLAGS = 0x3f,
	MXCSR_RC_SHIFT = 13,
};

static void load_rounding(const struct backend *b, const void *state)
{
	static const u8 rc[] = {
		[BACKEND_FP_NEAREST] = 0,
		[BACKEND_FP_DOWN] = 1,
		[BACKEND_FP_UP] = 2,
		[BACKEND_FP_ZERO] = 3,
	};

	__builtin_ia32_ldmxcsr(MXCSR_DEFAULT | (u32)rc[b->config.fp_rounding(state)]
						       << MXCSR_RC_SHIFT);
}

static void collect(const struct backend *b, void *state, u32 mxcsr)
{
	u32 flags = 0;
	u64 lazy;

	if (mxcsr & MXCSR_ZE)
		flags |= BACKEND_FP_DIVIDE;
	if (mxcsr & MXCSR_OE)
		flags |= BACKEND_FP_OVERFLOW;
	if (mxcsr & MXCSR_UE)
		flags |= BACKEND_FP_UNDERFLOW;
	if (mxcsr & MXCSR_PE)
		flags |= BACKEND_FP_INEXACT;
	memcpy(&lazy, (const u8 *)state + b->config.env->lazy_slot, sizeof(lazy));
	if (flags || lazy)
		b->config.fp_collect(state, flags);
}

void jit_fp_enter(struct backend *b, struct backend_cpu *cpu)
{
	if (b->config.fp_rounding)
		load_rounding(b, cpu->state);
}

void jit_fp_leave(struct backend *b, struct backend_cpu *cpu)
{
	u32 mxcsr = __builtin_ia32_stmxcsr();

	if (!b->config.fp_collect)
		return;
	__builtin_ia32_ldmxcsr(MXCSR_DEFAULT);
	collect(b, cpu->state, mxcsr);
}

/* From the code */

static void before(void *state, const struct backend *b)
{
	u32 mxcsr = __builtin_ia32_stmxcsr();

	__builtin_ia32_ldmxcsr(mxcsr & ~(u32)MXCSR_FLAGS);
	collect(b, state, mxcsr);
}

static void after(void *state, const struct backend *b)
{
	load_rounding(b, state);
}

typedef void status_fn(void *state, const struct backend *b);

/* Call fn here; all registers are kept. */
static void call(struct jit *j, status_fn *fn)
{
	struct jit_alloc *a = j->a;
	struct jit_cold_desc *d = (struct jit_cold_desc *)&a->data[a->data_size];
	u32 back = x_label(j->x);

	if (a->data_size + sizeof(*d) > JIT_DATA_SCRATCH) {
		a->failed = true;
		return;
	}
	*d = (struct jit_cold_desc){
		.fn = (void (*)(void))fn,
		.sig = "VEI",
		.result = JIT_NO_REG,
		.arg[0] = {.kind = PLACE_CONST, .type = IR_I, .imm = (u64)(uintptr_t)j->b},
	};
	emit_call_thunk(j, THUNK_COLD);
	emit_rel32(j, a->data_label, (s32)a->data_size);
	emit_rel32(j, back, 0);
	x_bind(j->x, back);
	a->data_size += sizeof(*d);
}

void jit_fp_before_call(struct jit *j, u32 effects)
{
	if (!ir_fx_lazy(effects) || !j->b->config.fp_collect)
		return;
	call(j, before);
}

void jit_fp_after_call(struct jit *j, u32 effects)
{
	if (ir_fx_lazy(effects) && j->b->config.fp_rounding)
		call(j, after);
}

/* Front ends read and write the status by helpers. */
void jit_fp_before_slot(struct jit *j, u32 slot, u32 len, bool write)
{
}

void jit_fp_block_end(struct jit *j)
{
}

void jit_fp_block_begin(struct jit *j)
{
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * MXCSR while translated code runs: the guest's rounding mode, exceptions masked and accumulating
 * (fp.c says what they mean). It is brought together with the guest's status before anything else
 * reads or writes that (helpers with IR_FX_FP that do more than add: they are called by way of a
 * thunk), and when run() ends.
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

/*
 * What calls of helpers that do more than add go through: the status is collected before and the
 * rounding mode loaded after. rax: the helper; it is called with the arguments of the caller.
 */
static const u8 arg_reg[] = {X_RDI, X_RSI, X_RDX, X_RCX, X_R8, X_R9};
enum { HELPER_AT = 8 * ARRAY_SIZE(arg_reg), CALL_FRAME = HELPER_AT + 8 };

static void call_status(struct xcode *x, const struct backend *b, void (*fn)(void))
{
	x_lea(x, X_64, X_RDI, jit_frame(0));
	x_mov_ri(x, X_RSI, (u64)(uintptr_t)b);
	x_mov_ri(x, X_RAX, (u64)(uintptr_t)fn);
	x_call_r(x, X_RAX);
}

void jit_fp_make_call(struct xcode *x, const struct backend *b)
{
	s32 k;

	x_alu_ri(x, XA_SUB, X_64, X_RSP, CALL_FRAME);
	for (k = 0; k < (s32)ARRAY_SIZE(arg_reg); k++)
		x_mov_mr(x, X_64, xm(X_RSP, 8 * k), arg_reg[k]);
	x_mov_mr(x, X_64, xm(X_RSP, HELPER_AT), X_RAX);
	call_status(x, b, (void (*)(void))before);
	for (k = 0; k < (s32)ARRAY_SIZE(arg_reg); k++)
		x_mov_rm(x, X_64, arg_reg[k], xm(X_RSP, 8 * k));
	x_call_m(x, xm(X_RSP, HELPER_AT));
	x_mov_mr(x, X_64, xm(X_RSP, HELPER_AT), X_RAX);
	call_status(x, b, (void (*)(void))after);
	x_mov_rm(x, X_64, X_RAX, xm(X_RSP, HELPER_AT));
	x_alu_ri(x, XA_ADD, X_64, X_RSP, CALL_FRAME);
	x_ret(x);
}

bool jit_fp_collects(const struct backend *b, u32 effects)
{
	return ir_fx_lazy(effects) && b->config.fp_collect && b->config.fp_rounding;
}

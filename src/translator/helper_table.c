// SPDX-License-Identifier: GPL-2.0-or-later
/* The helpers as the IR sees them, from isa/helper.def. */
#include "cpu/fp.h"
#include "isa/helper.h"
#include "translator/internal.h"

/* clang-format off */
#define ROW(n, fx, sig)                  [HELPER_##n] = { #n, sig, fx, (void (*)(void))helper_##n },
const struct ir_helper helper_table[HELPER_COUNT + 1] = {
#define HELPER0(n, fx, R)                ROW(n, fx, #R)
#define HELPER1(n, fx, R, A)             ROW(n, fx, #R #A)
#define HELPER2(n, fx, R, A, B)          ROW(n, fx, #R #A #B)
#define HELPER3(n, fx, R, A, B, C)       ROW(n, fx, #R #A #B #C)
#define HELPER4(n, fx, R, A, B, C, D)    ROW(n, fx, #R #A #B #C #D)
#define HELPER5(n, fx, R, A, B, C, D, F) ROW(n, fx, #R #A #B #C #D #F)
#define HELPERQ0(n, fx)                  ROW(n, fx, "Q")
#define HELPERQ1(n, fx, A)               ROW(n, fx, "Q" #A)
#define HELPERQ2(n, fx, A, B)            ROW(n, fx, "Q" #A #B)
#define HELPERQ3(n, fx, A, B, C)         ROW(n, fx, "Q" #A #B #C)
#define HELPERQ4(n, fx, A, B, C, D)      ROW(n, fx, "Q" #A #B #C #D)
#define HELPERQ5(n, fx, A, B, C, D, F)   ROW(n, fx, "Q" #A #B #C #D #F)
#include "isa/helper.def"
#include "isa/helper_undef.h"
};
/* clang-format on */

_Static_assert(offsetof(struct cpu_state, fp_suppressed) == offsetof(struct cpu_state, fpscr) + 8,
	       "IR_FX_FP covers both");

static const struct ir_narrow_slots narrow[] = {
	{SLOT(cr), 8 * 8, 15},
	{SLOT(so), 5 * 8, 1}, /* so ov ca ov32 ca32 */
	{SLOT(vscr_sat), 2 * 8, 1},
};

void helper_env_init(struct ir_env *env)
{
	*env = (struct ir_env){
		.helpers = helper_table,
		.nr_helpers = HELPER_COUNT,
		.fp_slot = SLOT(fpscr),
		.fp_len = 16, /* with fp_suppressed */
		.lazy_slot = SLOT(fp_lazy),
		.lazy_len = SLOT(fp_lazy_cmp) + 16 - SLOT(fp_lazy),
		.single_load = HELPER_fp_load_single,
		.single_store = HELPER_fp_store_single,
		.vsat_slot = SLOT(vscr_sat),
		.vsat_len = 16,
		.state_size = sizeof(struct cpu_state),
		.defer_slot = SLOT(cr),
		.defer_flag = SLOT(cr_from),
		.nr_defer = 8,
		.narrow = narrow,
		.nr_narrow = ARRAY_SIZE(narrow),
	};
}

static enum backend_fp_rounding fp_rounding(const void *state)
{
	static const u8 modes[] = {
		[SF_RN_NEAREST] = BACKEND_FP_NEAREST,
		[SF_RN_ZERO] = BACKEND_FP_ZERO,
		[SF_RN_UP] = BACKEND_FP_UP,
		[SF_RN_DOWN] = BACKEND_FP_DOWN,
	};
	const struct cpu_state *s = state;

	return (enum backend_fp_rounding)modes[s->fpscr & FPSCR_RN];
}

static void collect(void *state, u32 flags)
{
	u64 exceptions = 0;

	if (flags & BACKEND_FP_DIVIDE)
		exceptions |= FPSCR_ZX;
	if (flags & BACKEND_FP_OVERFLOW)
		exceptions |= FPSCR_OX;
	if (flags & BACKEND_FP_UNDERFLOW)
		exceptions |= FPSCR_UX;
	if (flags & BACKEND_FP_INEXACT)
		exceptions |= FPSCR_XX;
	fp_collect(state, exceptions);
}

void helper_config_init(struct backend_config *config, const struct ir_env *env)
{
	*config = (struct backend_config){
		.env = env,
		.event_slot = SLOT(event.code),
		.fp_rounding = fp_rounding,
		.fp_collect = collect,
	};
}

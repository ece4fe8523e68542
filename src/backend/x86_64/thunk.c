// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Code that is made once, at the begin of code memory: the way in and out, and the calls of C that
 * keep all registers. A thunk that is called finds its operands behind the call.
 */
#include <errno.h>

#include "backend/x86_64/core.h"
#include "base/string.h"

#define CPU_FIELD(field) xm(X_R15, (s32)offsetof(struct backend_cpu, field))

enum { THUNK_BYTES = 4096, BOTTOM = 3, RETURNS = 1024 /* of 16 bytes */ };

static const u8 saved[] = {X_RBX, X_RBP, X_R12, X_R13, X_R14, X_R15};

struct making {
	struct xcode x;
	u8 code[THUNK_BYTES];
	u32 label_at[32];
	struct xfix fixes[64];
	struct xreloc relocs[64];
	u32 epilogue;
	struct backend *b;
};

/* u32 enter(struct backend_cpu *cpu, const void *entry). Below the return stack lies an address
 * that nobody returns to; the pushes leave rsp aligned. */
static void make_enter(struct xcode *x)
{
	u32 k;

	for (k = 0; k < ARRAY_SIZE(saved); k++)
		x_push_r(x, saved[k]);
	for (k = 0; k < BOTTOM; k++)
		x_push_i(x, -1);
	x_mov_rr(x, X_64, X_R15, X_RDI);
	x_mov_mr(x, X_64, CPU_FIELD(ret_base), X_RSP);
	x_lea(x, X_64, X_RAX, xm(X_RSP, -16 * RETURNS));
	x_mov_mr(x, X_64, CPU_FIELD(ret_limit), X_RAX);
	x_mov_mi(x, X_32, CPU_FIELD(cr_const[0]), 8);
	x_mov_mi(x, X_32, CPU_FIELD(cr_const[1]), 2);
	x_mov_rm(x, X_64, X_RBP, CPU_FIELD(state));
	x_alu_ri(x, XA_SUB, X_64, X_RBP, -JIT_BIAS);
	x_mov_rm(x, X_64, X_R14, CPU_FIELD(tlb));
	x_jmp_r(x, X_RSI);
}

static void make_epilogue(struct xcode *x)
{
	u32 k;

	x_mov_rm(x, X_64, X_RSP, CPU_FIELD(ret_base));
	x_alu_ri(x, XA_ADD, X_64, X_RSP, 8 * BOTTOM);
	for (k = ARRAY_SIZE(saved); k; k--)
		x_pop_r(x, saved[k - 1]);
	x_ret(x);
}

static void save_all(struct xcode *x)
{
	u32 k;

	for (k = 0; k < 16; k++)
		if (k != X_RSP && k != X_RBP)
			x_mov_mr(x, X_64, jit_frame(JIT_SAVE_GPR + 8 * (s32)k), k);
	for (k = 0; k < 16; k++)
		xv_mr(x, XV_MOVAPS_ST, jit_frame(JIT_SAVE_XMM + 16 * (s32)k), k);
}

static void restore_all(struct xcode *x)
{
	u32 k;

	for (k = 0; k < 16; k++)
		xv_rm(x, XV_MOVAPS, k, jit_frame(JIT_SAVE_XMM + 16 * (s32)k));
	for (k = 0; k < 14; k++)
		if (k != X_RSP && k != X_RBP)
			x_mov_rm(x, X_64, k, jit_frame(JIT_SAVE_GPR + 8 * (s32)k));
	x_mov_rm(x, X_64, X_R14, CPU_FIELD(tlb));
}

/* Call fn(what follows the call, cpu, b). */
static void call_c(struct making *m, void (*fn)(void))
{
	struct xcode *x = &m->x;

	x_pop_r(x, X_RDI);
	x_mov_rr(x, X_64, X_RSI, X_R15);
	x_mov_ri(x, X_RDX, (u64)(uintptr_t)m->b);
	x_mov_ri(x, X_RAX, (u64)(uintptr_t)fn);
	x_call_r(x, X_RAX);
}

#define FN(f) ((void (*)(void))(f))

static void make_leave(struct making *m)
{
	save_all(&m->x);
	call_c(m, FN(leave_by_record));
	x_jmp(&m->x, m->epilogue);
}

/* Nothing is in registers any more. */
static void make_stop(struct making *m, void (*fn)(void))
{
	call_c(m, fn);
	x_jmp(&m->x, m->epilogue);
}

/* The function returns where to go on, or NULL: leave, the stop is always LEAVE. */
static void make_resuming(struct making *m, void (*fn)(void))
{
	struct xcode *x = &m->x;
	u32 leave = x_label(x);

	save_all(x);
	call_c(m, fn);
	x_test_rr(x, X_64, X_RAX, X_RAX);
	x_jcc(x, XC_E, leave);
	x_push_r(x, X_RAX);
	restore_all(x);
	x_ret(x);
	x_bind(x, leave);
	x_mov_ri(x, X_RAX, BACKEND_STOP_LEAVE);
	x_jmp(x, m->epilogue);
}

static void make_one(struct making *m, enum jit_thunk t)
{
	switch (t) {
	case THUNK_ENTER:
		make_enter(&m->x);
		break;
	case THUNK_STOP:
		x_bind(&m->x, m->epilogue);
		make_epilogue(&m->x);
		break;
	case THUNK_STOP_AT:
		make_stop(m, FN(leave_at));
		break;
	case THUNK_LINK:
		make_stop(m, FN(leave_by_link));
		break;
	case THUNK_LEAVE:
		make_leave(m);
		break;
	case THUNK_SLOW:
		make_resuming(m, FN(leave_slow));
		break;
	case THUNK_COLD:
		make_resuming(m, FN(leave_cold));
		break;
	case THUNK_COUNT:
		break;
	}
}

/* Ways to the helpers that want the floating-point status; their offsets go to the table. */
static void make_status_calls(struct making *m, const struct backend *b, u64 *table)
{
	const struct ir_env *env = b->config.env;
	u32 common = x_label(&m->x), k;

	x_align(&m->x, 16);
	x_bind(&m->x, common);
	jit_fp_make_call(&m->x, b);
	for (k = 0; k < env->nr_helpers; k++) {
		if (!jit_fp_collects(b, env->helpers[k].effects))
			continue;
		table[k] = x_here(&m->x);
		x_mov_ri(&m->x, X_RAX, (u64)(uintptr_t)env->helpers[k].fn);
		x_jmp(&m->x, common);
	}
}

static int place(struct backend *b, const void *code, size_t size, u64 *at)
{
	u32 units, unit = code_alloc(&b->code, size, &units);
	size_t offset = (size_t)unit * CODE_UNIT;

	if (!unit)
		return -ENOSPC;
	memcpy(b->code.map.rw + offset, code, size);
	os_code_sync(b->code.map.rx + offset, size);
	*at = (u64)(uintptr_t)(b->code.map.rx + offset);
	return 0;
}

int thunk_make(struct backend *b)
{
	u32 offset[THUNK_COUNT], t, k, n = b->config.env->nr_helpers;
	struct making *m = os_alloc(sizeof(*m));
	u64 at, *table = os_alloc(8 * (size_t)n + 8);
	int ret = -ENOMEM;

	if (!m || !table)
		goto out;
	m->b = b;
	m->x = (struct xcode){
		.max_labels = ARRAY_SIZE(m->label_at),
		.label_at = m->label_at,
		.max_fixes = ARRAY_SIZE(m->fixes),
		.fixes = m->fixes,
		.max_relocs = ARRAY_SIZE(m->relocs),
		.relocs = m->relocs,
		.vex = !!(b->host & HOST_AVX),
	};
	x_init(&m->x, m->code, sizeof(m->code));
	m->epilogue = x_label(&m->x);
	for (t = 0; t < THUNK_COUNT; t++) {
		x_align(&m->x, 16);
		offset[t] = x_here(&m->x);
		make_one(m, (enum jit_thunk)t);
	}
	make_status_calls(m, b, table);
	ret = x_finish(&m->x) ? place(b, m->code, x_here(&m->x), &at) : -E2BIG;
	if (ret)
		goto out;
	for (t = 0; t < THUNK_COUNT; t++)
		b->thunk[t] = at + offset[t];
	for (k = 0; k < n; k++)
		table[k] = table[k] ? at + table[k] : (u64)(uintptr_t)b->config.env->helpers[k].fn;
	ret = place(b, table, 8 * (size_t)n + 8, &b->helper_table);
out:
	os_free(m);
	os_free(table);
	return ret;
}

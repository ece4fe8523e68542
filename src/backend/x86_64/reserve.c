// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reservations inline: backend.h says what must hold. Quadwords need a host that loads 16 bytes at
 * once (AVX) and compares and exchanges as many.
 */
#include "backend/x86_64/memory.h"

#define CPU_FIELD(field) xm(X_R15, (s32)offsetof(struct backend_cpu, field))

bool reserve_is_inline(const struct jit *j, const struct ir_insn *i)
{
	u32 size = i->sub & IR_MEM_SIZE;

	if (i->sub & IR_MEM_AS1)
		return false;
	if (size == 4)
		return j->host & (i->op == IR_LARX ? HOST_AVX : HOST_CX16) &&
		       (!(i->sub & IR_MEM_BE) || (j->host & HOST_SSSE3));
	return size <= 3;
}

/* To or from the order of the guest's bytes. */
static void swap_order(struct xcode *x, u32 mem, unsigned d)
{
	u32 size = mem & IR_MEM_SIZE;

	if (!(mem & IR_MEM_BE) || !size)
		return;
	x_bswap(x, size == X_64 ? X_64 : X_32, d);
	if (size == X_16)
		x_shift_ri(x, XS_SHR, X_32, d, 16);
}

/* t2 = the host address; on the way the reservation's. */
static void reserve(struct jit *j, const struct mem_access *s, const struct xmem *m, u32 size,
		    struct jit_cold *c)
{
	if (s->own_ea)
		x_lea(j->x, X_64, s->ea, *m);
	mem_probe(j, s, size, true, false, c);
	x_alu_rr(j->x, XA_ADD, X_64, s->t2, s->ea);
	x_mov_mr(j->x, X_64, CPU_FIELD(res_host), s->t2);
	x_mov_mi(j->x, X_32, CPU_FIELD(res_size), (s32)size);
}

/* 16 aligned bytes are loaded at once where there is AVX. */
static void larx_quad(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	struct xmem m = mem_address(j, i);
	struct mem_access s = mem_prepare(j, &m, 0);
	unsigned d = (unsigned)jit_def_q(j, n);
	struct jit_cold *c = mem_slow_path(j, s.ea);

	reserve(j, &s, &m, 16, c);
	xv_rm(j->x, XV_MOVAPS, d, xm(s.t2, 0));
	xv_mr(j->x, XV_MOVUPS_ST, CPU_FIELD(res_value), d);
	if (i->sub & IR_MEM_BE)
		mem_reverse(j, d, d);
	x_bind(j->x, c->back);
}

static void larx(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	enum xsize size = (enum xsize)(i->sub & IR_MEM_SIZE);
	struct xcode *x = j->x;
	struct jit_cold *c;
	struct mem_access s;
	struct xmem m;
	unsigned d;

	m = mem_address(j, i);
	s = mem_prepare(j, &m, 0);
	d = (unsigned)jit_def_fresh_int(j, n);
	c = mem_slow_path(j, s.ea);
	reserve(j, &s, &m, 1u << size, c);
	if (size < X_32)
		x_movzx_rm(x, size, d, xm(s.t2, 0));
	else
		x_mov_rm(x, size, d, xm(s.t2, 0));
	x_mov_mr(x, X_64, CPU_FIELD(res_value), d);
	swap_order(x, i->sub, d);
	if (i->sub & IR_MEM_SIGN) {
		if (size < X_64)
			x_movsx_rr(x, size, X_64, d, d);
	}
	x_bind(x, c->back);
}

/* Jump to lost unless t2 + ea, which becomes t2, is what was reserved. */
static void reserved(struct jit *j, const struct mem_access *s, s32 size, u32 lost)
{
	struct xcode *x = j->x;

	x_alu_rr(x, XA_ADD, X_64, s->t2, s->ea);
	x_alu_rm(x, XA_CMP, X_64, s->t2, CPU_FIELD(res_host));
	x_jcc(x, XC_NE, lost);
	x_alu_mi(x, XA_CMP, X_32, CPU_FIELD(res_size), size);
	x_jcc(x, XC_NE, lost);
}

/* The 16 bytes of v to rbx and rcx, those reserved to rax and rdx; the register of the address,
 * which is s.t2 or takes its place. */
static unsigned exchange_registers(struct jit *j, const struct ir_insn *i,
				   const struct mem_access *s, unsigned v, unsigned tmp)
{
	unsigned at = s->t2 == X_RBX ? s->t1 : s->t2;
	struct xcode *x = j->x;

	if (at != s->t2)
		x_mov_rr(x, X_64, at, s->t2);
	if (i->sub & IR_MEM_BE) {
		mem_reverse(j, tmp, v);
		v = tmp;
	}
	xv_rr_st(x, XV_MOVQ_GST, X_RBX, v);
	xv_rri(x, XV_PSHUFD, tmp, v, 0xee);
	xv_rr_st(x, XV_MOVQ_GST, X_RCX, tmp);
	x_mov_rm(x, X_64, X_RAX, CPU_FIELD(res_value));
	x_mov_rm(x, X_64, X_RDX, xm(X_R15, (s32)offsetof(struct backend_cpu, res_value) + 8));
	return at;
}

/* rbx may be a loop's: it waits in a vector register. */
static void stcx_quad(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	struct xcode *x = j->x;
	u32 lost = x_label(x);
	unsigned d, v, at, keep, tmp;
	struct jit_cold *c;
	struct mem_access s;
	struct xmem m;

	jit_take_reg(j, X_RAX);
	jit_take_reg(j, X_RDX);
	jit_take_reg(j, X_RCX);
	m = mem_address(j, i);
	v = (unsigned)jit_use_q(j, i->b);
	s = mem_prepare(j, &m, 0);
	keep = (unsigned)jit_tmp_xmm(j);
	tmp = (unsigned)jit_tmp_xmm(j);
	d = (unsigned)jit_def_fresh_int(j, n);
	c = mem_slow_path(j, s.ea);
	if (s.own_ea)
		x_lea(x, X_64, s.ea, m);
	mem_probe(j, &s, 16, true, true, c);
	x_zero(x, d);
	reserved(j, &s, 16, lost);
	xv_rr(x, XV_MOVQ_G, keep, X_RBX);
	at = exchange_registers(j, i, &s, v, tmp);
	x_lock_cmpxchg16b(x, xm(at, 0));
	xv_rr_st(x, XV_MOVQ_GST, X_RBX, keep);
	x_setcc(x, XC_E, d);
	x_movzx_rr(x, X_8, d, d);
	x_bind(x, lost);
	x_mov_mi(x, X_64, CPU_FIELD(res_host), 0);
	x_bind(x, c->back);
}

static void stcx(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	enum xsize size = (enum xsize)(i->sub & IR_MEM_SIZE);
	struct xcode *x = j->x;
	u32 lost = x_label(x);
	struct jit_cold *c;
	struct mem_access s;
	struct xmem m;
	unsigned d, v;

	jit_take_reg(j, X_RAX);
	m = mem_address(j, i);
	v = (unsigned)jit_use_int(j, i->b);
	s = mem_prepare(j, &m, 0);
	d = (unsigned)jit_def_fresh_int(j, n);
	c = mem_slow_path(j, s.ea);
	if (s.own_ea)
		x_lea(x, X_64, s.ea, m);
	mem_probe(j, &s, 1u << size, true, true, c);
	x_zero(x, d);
	reserved(j, &s, 1 << size, lost);
	x_mov_rm(x, X_64, X_RAX, CPU_FIELD(res_value));
	if (i->sub & IR_MEM_BE) {
		x_mov_rr(x, X_64, s.t1, v);
		swap_order(x, i->sub, s.t1);
		v = s.t1;
	}
	x_lock_cmpxchg(x, size, xm(s.t2, 0), v);
	x_setcc(x, XC_E, d);
	x_bind(x, lost);
	x_mov_mi(x, X_64, CPU_FIELD(res_host), 0);
	x_bind(x, c->back);
}

void reserve_op(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	bool quad = (i->sub & IR_MEM_SIZE) == 4;

	if (i->op == IR_LARX)
		(quad ? larx_quad : larx)(j, i, n);
	else
		(quad ? stcx_quad : stcx)(j, i, n);
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the translators of all groups share: effective addresses, access kinds, record forms and
 * the ways to end a region.
 *
 * Single step and branch trace (Power ISA Book III, Trace interrupt): an instruction that goes on
 * elsewhere ends the region through tr_goto() or tr_goto_ind(), which leave with CPU_EXC_TRACE
 * instead when the mode word asks for it.
 */
#include "base/bits.h"
#include "frontend/frontend.h"
#include "frontend/region.h"

/* What SRR1 says of the instruction traced, Book III 6.5.15: bit 33 always, a load, a store. */
enum { TRACE = 1 << 30, TRACE_LOAD = 1 << 28, TRACE_STORE = 1 << 27 };

static u64 trace_info(const struct tr_ctx *c)
{
	u32 flags = c->insn.row ? c->insn.row->flags : 0;

	/* Cache management counts as one of them. */
	switch (c->insn.row ? (int)(c->insn.row - insn_rows) : -1) {
	case INSN_icbi:
	case INSN_dcbt:
	case INSN_dcbst:
	case INSN_dcbf:
		flags |= IF_LOAD;
		break;
	case INSN_dcbtst:
		flags |= IF_STORE;
		break;
	default:
		break;
	}
	return TRACE | (flags & IF_LOAD ? TRACE_LOAD : 0) | (flags & IF_STORE ? TRACE_STORE : 0);
}

u64 tr_addr(const struct tr_ctx *c, u64 ea)
{
	return tr_is64(c) ? ea : (u32)ea;
}

static ir_ref narrow(struct tr_ctx *c, ir_ref ea)
{
	return tr_is64(c) ? ea : ir_op1(c->r, IR_ZEXT32, ea);
}

ir_ref tr_ea_disp(struct tr_ctx *c, unsigned ra, s64 disp)
{
	if (!ra)
		return tr_const(c, tr_addr(c, (u64)disp));
	return narrow(c, ir_op2i(c->r, IR_ADD, tr_gpr(c, ra), (u64)disp));
}

ir_ref tr_ea_index(struct tr_ctx *c, unsigned ra, unsigned rb)
{
	if (!ra)
		return narrow(c, tr_gpr(c, rb));
	return narrow(c, ir_op2(c->r, IR_ADD, tr_gpr(c, ra), tr_gpr(c, rb)));
}

ir_ref tr_ea_add(struct tr_ctx *c, ir_ref ea, s64 n)
{
	return narrow(c, ir_op2i(c->r, IR_ADD, ea, (u64)n));
}

u32 tr_mem(const struct tr_ctx *c, unsigned log2_size)
{
	return log2_size | (c->mode & MODE_LE ? 0 : IR_MEM_BE);
}

u32 tr_mem_rev(const struct tr_ctx *c, unsigned log2_size)
{
	return log2_size | (c->mode & MODE_LE ? IR_MEM_BE : 0);
}

void tr_record_cr0(struct tr_ctx *c, ir_ref result)
{
	ir_ref v = tr_is64(c) ? result : ir_op1(c->r, IR_SEXT32, result);
	ir_ref nibble = ir_op2(c->r, IR_CMPS, v, tr_const(c, 0));

	ir_put(c->r, IR_I, SLOT_CR(0), ir_op2(c->r, IR_OR, nibble, ir_get(c->r, IR_I, SLOT(so))));
}

ir_ref tr_fpscr(struct tr_ctx *c)
{
	if (c->lazy_fp)
		return ir_call(c->r, IR_I, HELPER_mffs, 0, 0, 0, 0);
	return ir_get(c->r, IR_I, SLOT(fpscr));
}

void tr_record_cr1(struct tr_ctx *c)
{
	ir_ref fpscr = tr_fpscr(c);

	/* FX FEX VX OX */
	ir_put(c->r, IR_I, SLOT_CR(1), ir_op2i(c->r, IR_AND, ir_op2i(c->r, IR_SHR, fpscr, 28), 15));
}

void tr_raise(struct tr_ctx *c, enum cpu_exit code, u64 info)
{
	ir_leave(c->r, code, info, c->pc, c->r->cur.icount);
	c->ended = true;
}

void tr_illegal(struct tr_ctx *c)
{
	tr_raise(c, CPU_EXC_PROGRAM, CPU_PROG_ILL);
}

/* Instructions completed when this one is. */
static u32 completed(const struct tr_ctx *c)
{
	return c->region ? c->region->done : c->r->cur.icount + 1;
}

static bool traced(const struct tr_ctx *c)
{
	bool branch = c->insn.row && (c->insn.row->flags & IF_BRANCH);

	return (c->mode & MODE_SE) || ((c->mode & MODE_BE) && branch);
}

/* Is this the instruction that CIABR names? The register belongs to the processor, the code to all:
 * so it is looked at when the code runs. */
static ir_ref at_ciabr(struct tr_ctx *c)
{
	u64 mask = tr_is64(c) ? ~3ull : 0xfffffffcull;
	ir_ref ciabr = ir_get(c->r, IR_I, SLOT_SPR(SPR_CIABR));

	return ir_op2(c->r, IR_EQ, ir_op2i(c->r, IR_AND, ciabr, mask), tr_const(c, c->pc & mask));
}

/* SRR1 of that interrupt; what single step would say comes on top. */
static u64 ciabr_info(const struct tr_ctx *c)
{
	return PPC_BIT(33) | PPC_BIT(43) | (traced(c) ? trace_info(c) : 0);
}

static void leave_if_done(struct tr_ctx *c, ir_ref cond, u64 pc, u64 info)
{
	struct ir_exit cur = c->r->cur;

	c->r->cur.pc = pc;
	c->r->cur.icount = completed(c);
	c->r->cur.spent = true;
	ir_leave_if(c->r, cond, CPU_EXC_TRACE, info);
	c->r->cur = cur;
}

void tr_completed(struct tr_ctx *c, u64 pc)
{
	if (c->mode & MODE_CIABR)
		leave_if_done(c, at_ciabr(c), tr_addr(c, pc), ciabr_info(c));
}

void tr_leave_after(struct tr_ctx *c, enum cpu_exit code, u64 info)
{
	if (code == CPU_EXIT_RESYNC)
		tr_completed(c, c->next_pc);
	if (code == CPU_EXIT_RESYNC && (c->mode & MODE_SE)) {
		code = CPU_EXC_TRACE;
		info = trace_info(c);
	}
	ir_leave(c->r, code, info, c->next_pc, c->r->cur.icount + 1);
	c->ended = true;
}

void tr_goto(struct tr_ctx *c, u64 pc, enum ir_hint hint)
{
	u32 icount = completed(c);

	pc = tr_addr(c, pc);
	if (c->region && hint == IR_HINT_NONE) {
		region_goto(c->region, pc);
		return;
	}
	tr_completed(c, pc);
	if (traced(c))
		ir_leave(c->r, CPU_EXC_TRACE, trace_info(c), pc, icount);
	else
		ir_goto(c->r, pc, icount, hint);
	if (hint == IR_HINT_CALL)
		ir_returns_to(c->r, tr_addr(c, c->next_pc));
	c->ended = true;
}

void tr_goto_if(struct tr_ctx *c, ir_ref cond, u64 pc, enum ir_hint hint)
{
	pc = tr_addr(c, pc);
	if (c->region) {
		region_goto_if(c->region, cond, pc, hint);
		return;
	}
	if (c->mode & MODE_CIABR)
		leave_if_done(c, ir_op3(c->r, IR_SELECT, cond, at_ciabr(c), tr_const(c, 0)), pc,
			      ciabr_info(c));
	if (traced(c))
		leave_if_done(c, cond, pc, trace_info(c));
	else
		ir_goto_if(c->r, cond, pc, completed(c), hint);
}

void tr_goto_ind(struct tr_ctx *c, ir_ref pc, enum ir_hint hint)
{
	u32 icount = completed(c);

	pc = ir_op2i(c->r, IR_AND, pc, tr_is64(c) ? ~3ull : 0xfffffffcull);
	/* An exit record has a constant pc: the target goes beside it. */
	if (c->mode & MODE_TRACED)
		ir_put(c->r, IR_I, SLOT(event.ea), pc);
	if (c->mode & MODE_CIABR)
		leave_if_done(c, at_ciabr(c), c->pc, ciabr_info(c) | CPU_TRACE_PC_IN_EA);
	if (traced(c)) {
		ir_leave(c->r, CPU_EXC_TRACE, trace_info(c) | CPU_TRACE_PC_IN_EA, c->pc, icount);
	} else {
		ir_goto_ind(c->r, pc, icount, hint);
	}
	if (hint == IR_HINT_CALL)
		ir_returns_to(c->r, tr_addr(c, c->next_pc));
	c->ended = true;
}

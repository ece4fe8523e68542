// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Guest memory: the first-level TLB is probed inline; what misses goes to the callbacks through
 * cold code that keeps all registers. An access that crosses a page misses, since the page of its
 * last byte is compared; one that must be aligned compares its low bits along with the page.
 */
#include "backend/x86_64/memory.h"

/* --- the slow path --- */
enum { V_REG, V_CLEAR, V_EA, V_DISP, V_INDEX, V_SWAP, V_PAGE, V_RANGE };

static u8 slow_op(const struct ir_insn *i)
{
	switch (i->op) {
	case IR_LD:
		return SLOW_LD;
	case IR_ST:
		return SLOW_ST;
	case IR_LARX:
		return SLOW_LARX;
	case IR_STCX:
		return SLOW_STCX;
	case IR_DCBZ:
		return SLOW_DCBZ;
	default:
		return SLOW_FENCE;
	}
}

static void cold_slow(struct jit *j, struct jit_cold *c)
{
	const struct ir_insn *i = &j->r->insn[c->n];
	bool result = c->result >= 0 && ir_op_info[i->op].result != 'V';
	struct xcode *x = j->x;

	/* the hot code did not need the address */
	if (c->v[V_EA])
		x_lea(x, X_64, (unsigned)c->v[V_EA] & 15,
		      xm_index((unsigned)(c->v[V_EA] >> 8) & 0xff, (unsigned)c->v[V_INDEX], 0,
			       (s32)c->v[V_DISP]));
	exit_describe(j, THUNK_SLOW);
	x_byte(x, (u8)(slow_op(i) | (u32)jit_type(j, c->n) << 3 | (c->v[V_SWAP] ? SLOW_SWAP : 0) |
		       (c->v[V_CLEAR] ? SLOW_CLEAR : 0) | (result ? SLOW_RESULT : 0)));
	x_byte(x, i->sub);
	x_byte(x, (u8)(c->v[V_REG] | (result ? (u32)c->result << 4 : 0)));
	if (c->v[V_CLEAR]) {
		pack_number(x, c->v[V_CLEAR]);
		pack_number(x, c->v[V_PAGE]);
	}
	if (c->v[V_PAGE]) {
		pack_number(x, c->v[V_RANGE] >> 32);
		pack_number(x, (u32)c->v[V_RANGE]);
	}
	if (i->op == IR_ST || i->op == IR_STCX)
		pack_place(x, &c->op[1]);
	if (i->op == IR_DCBZ)
		pack_number(x, i->imm);
	pack_back(j, c);
	if (c->record)
		pack_record(j, exit_at(j, c->record));
}

/* The cold code makes ea: m. */
static void address_in_cold(struct jit_cold *c, unsigned ea, const struct xmem *m)
{
	c->v[V_EA] = ea | (u64)m->base << 8 | 1 << 16;
	c->v[V_INDEX] = m->index;
	c->v[V_DISP] = (u64)(s64)m->disp;
}

/* Behind the slow access, the page is likely found: its register may be set after all. */
static void page_in_cold(struct jit_cold *c, const struct ir_insn *i, const struct jit_page *page,
			 unsigned reg)
{
	c->v[V_PAGE] = reg + 1;
	c->v[V_RANGE] = (u64)((s32)i->imm - page->lo) << 32 | (u32)(page->hi - page->lo);
}

struct jit_cold *mem_slow_path(struct jit *j, unsigned ea)
{
	struct jit_cold *c = jit_cold(j, cold_slow);

	c->v[V_REG] = ea;
	c->v[V_CLEAR] = page_registers(j);
	return c;
}

/* --- addresses --- */
static u64 displacement(const struct ir_insn *i)
{
	return i->op == IR_LD || i->op == IR_ST ? i->imm : 0;
}

struct xmem mem_address(struct jit *j, const struct ir_insn *i)
{
	const struct ir_insn *sum = &j->r->insn[i->a];
	u64 disp = displacement(i), c;

	if (!jit_fused(j, i->a))
		return xm((unsigned)jit_use_int(j, i->a), (s32)disp);
	if (ir_is_const(j->r, sum->b, &c)) {
		unsigned base = (unsigned)jit_use_int(j, sum->a);

		/* Two displacements may not fit together. */
		if ((u64)(s64)(s32)(c + disp) == c + disp)
			return xm(base, (s32)(c + disp));
		return xm_index(base, (unsigned)jit_use_int(j, sum->b), 0, (s32)disp);
	}
	{
		unsigned base = (unsigned)jit_use_int(j, sum->a);

		return xm_index(base, (unsigned)jit_use_int(j, sum->b), 0, (s32)disp);
	}
}

struct mem_access mem_prepare(struct jit *j, const struct xmem *m, s32 off)
{
	struct mem_access s;

	s.own_ea = m->index != X_NONE || m->disp || off;
	s.ea = s.own_ea ? (unsigned)jit_tmp_int(j) : m->base;
	s.t1 = (unsigned)jit_tmp_int(j);
	s.t2 = (unsigned)jit_tmp_int(j);
	return s;
}

/* t1 = the entry's offset in the TLB */
static void entry_of(struct jit *j, const struct mem_access *s)
{
	struct xcode *x = j->x;

	x_mov_rr(x, X_32, s->t1, s->ea);
	x_shift_ri(x, XS_SHR, X_32, s->t1, backend_tlb_bits(j->unit) - 5);
	x_alu_ri(x, XA_AND, X_32, s->t1, ((1 << TLB_BITS) - 1) << 5);
}

_Static_assert(sizeof(struct tlb_fast) == 32, "entry_of() shifts by 5");

static struct xmem field(const struct mem_access *s, size_t offset)
{
	return xm_index(X_R14, s->t1, 0, (s32)offset);
}

void mem_probe(struct jit *j, const struct mem_access *s, u32 size, bool aligned, bool write,
	       struct jit_cold *c)
{
	struct xcode *x = j->x;
	s32 mask = -(1 << backend_tlb_bits(j->unit));

	entry_of(j, s);
	if (size == 1 || aligned) {
		x_mov_rr(x, X_64, s->t2, s->ea);
		mask |= (s32)size - 1;
	} else {
		x_lea(x, X_64, s->t2, xm(s->ea, (s32)size - 1));
	}
	x_alu_ri(x, XA_AND, X_64, s->t2, mask);
	x_alu_rm(x, XA_CMP, X_64, s->t2,
		 field(s, write ? offsetof(struct tlb_fast, write_tag)
				: offsetof(struct tlb_fast, read_tag)));
	x_jcc(x, XC_NE, c->at);
	x_mov_rm(x, X_64, s->t2, field(s, offsetof(struct tlb_fast, addend)));
	if (j->b->config.stats)
		x_alu_mi(x, XA_ADD, X_64, xm(X_R15, (s32)offsetof(struct backend_cpu, tlb_hits)),
			 1);
}

/* --- sites: a load that mostly goes where it went before does not wait for its address --- */
static bool has_site(const struct jit *j, const struct ir_insn *i)
{
	return j->unit->sites && j->unit->tier == 2 && i->op == IR_LD && i->type != IR_Q;
}

enum { V_MISS, V_ACCESS, V_SITE };

static struct xmem site_field(const struct jit_cold *c, size_t offset)
{
	return xm(X_R14, (s32)c->v[V_SITE] + (s32)offset);
}

/* Ask the array, and remember. */
static void cold_site(struct jit *j, struct jit_cold *c)
{
	const struct ir_insn *i = &j->r->insn[c->n];
	struct mem_access s = {
		.ea = (unsigned)c->v[V_ACCESS] & 15,
		.t1 = (unsigned)(c->v[V_ACCESS] >> 4) & 15,
		.t2 = (unsigned)(c->v[V_ACCESS] >> 8) & 15,
	};

	mem_probe(j, &s, 1u << (i->sub & IR_MEM_SIZE), i->sub & IR_MEM_ALIGN, false,
		  &j->a->cold[c->v[V_MISS]]);
	x_mov_rr(j->x, X_64, s.t1, s.ea);
	x_alu_ri(j->x, XA_AND, X_64, s.t1, -(1 << backend_tlb_bits(j->unit)));
	x_mov_mr(j->x, X_64, site_field(c, offsetof(struct tlb_site, tag)), s.t1);
	x_mov_mr(j->x, X_64, site_field(c, offsetof(struct tlb_site, addend)), s.t2);
	x_jmp(j->x, c->back);
}

/* As mem_probe(). An access that is not aligned asks the array. */
static void probe_site(struct jit *j, const struct ir_insn *i, const struct mem_access *s,
		       struct jit_cold *miss)
{
	u32 number = (u32)(j->r->exit[i->exit].pc >> 2) % TLB_SITES;
	s32 mask = -(1 << backend_tlb_bits(j->unit)) | ((1 << (i->sub & IR_MEM_SIZE)) - 1);
	struct jit_cold *c = jit_cold_bare(j, cold_site);

	c->v[V_MISS] = (u64)(miss - j->a->cold);
	c->v[V_ACCESS] = s->ea | s->t1 << 4 | s->t2 << 8;
	c->v[V_SITE] = (u64)(s64)((s32)number - TLB_SITES) * sizeof(struct tlb_site);
	x_mov_rr(j->x, X_64, s->t1, s->ea);
	x_alu_ri(j->x, XA_AND, X_64, s->t1, mask);
	x_alu_rm(j->x, XA_CMP, X_64, s->t1, site_field(c, offsetof(struct tlb_site, tag)));
	x_jcc(j->x, XC_NE, c->at);
	x_mov_rm(j->x, X_64, s->t2, site_field(c, offsetof(struct tlb_site, addend)));
	x_bind(j->x, c->back);
}

static bool q_is_inline(struct jit *j, u32 mem)
{
	if (mem & IR_MEM_AS1)
		return false;
	/* 16 bytes at once are atomic where there is AVX. */
	if ((mem & IR_MEM_ALIGN) && !(j->host & HOST_AVX))
		return false;
	return !(mem & IR_MEM_BE) || (j->host & HOST_SSSE3);
}

static bool is_inline(struct jit *j, const struct ir_insn *i)
{
	u32 size = i->sub & IR_MEM_SIZE;

	if (i->type == IR_Q)
		return size == 4 && q_is_inline(j, i->sub);
	return size <= 3 && !(i->sub & IR_MEM_AS1);
}

/* --- the ops --- */
static void def_result(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	if (i->type == IR_I)
		jit_def_int(j, n);
	else
		jit_def_q(j, n);
}

/* Nothing but the slow path. */
static void always_slow(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	struct xmem m = mem_address(j, i);
	unsigned ea = m.base;
	struct jit_cold *c;

	if (m.index != X_NONE || m.disp)
		ea = (unsigned)jit_tmp_int(j);
	if (i->b) {
		u64 k;

		if (!jit_is_const(j, i->b, &k))
			jit_load_value(j, i->b);
	}
	if (i->op == IR_STCX)
		jit_def_fresh_int(j, n);
	else if (ir_op_info[i->op].result != 'V')
		def_result(j, i, n);
	if (ea != m.base || m.disp || m.index != X_NONE)
		x_lea(j->x, X_64, ea, m);
	c = mem_slow_path(j, ea);
	x_jmp(j->x, c->at);
	x_bind(j->x, c->back);
}

/* A load or store whose page an earlier access of the block has probed, or that probes for later
 * ones too. */
struct sharing {
	int known; /* the register that page_find() gave, or -1 */
	s32 disp;
	bool opens;
	struct jit_page page;
	struct jit_cold *cold;
};

static struct mem_access find_page(struct jit *j, const struct ir_insn *i, ir_ref n, struct xmem *m,
				   struct sharing *p)
{
	const s32 far = 1 << 30;
	struct mem_access s;

	p->known = page_find(j, i, &p->page, &p->disp);
	*m = mem_address(j, i);
	p->opens = p->known < 0 && m->disp < far && m->disp > -far && page_open(j, i, n, &p->page);
	if (p->known < 0)
		return mem_prepare(j, m, p->opens ? p->page.lo - (s32)i->imm : 0);
	s.ea = s.t1 = s.t2 = (unsigned)jit_tmp_int(j);
	s.own_ea = true;
	return s;
}

bool jit_load_swaps(struct jit *j, ir_ref n)
{
	const struct ir_insn *i = &j->r->insn[n], *swap = i + 1;

	return i->op == IR_LD && i->type == IR_Q && is_inline(j, i) && j->x->vex &&
	       !(i->sub & (IR_MEM_BE | IR_MEM_ALIGN)) && n + 1u < j->r->count &&
	       swap->op == IR_QLH && swap->a == n && swap->b == n && j->a->v[n].last == n + 1;
}

/* Where the bytes are. */
static struct xmem enter_page(struct jit *j, const struct ir_insn *i, const struct xmem *m,
			      const struct mem_access *s, struct sharing *p)
{
	bool write = i->op == IR_ST;
	struct xmem from = *m;

	if (p->opens)
		page_own(j, &p->page, s->t2);
	p->cold = mem_slow_path(j, s->ea);
	if (p->known >= 0) {
		page_in_cold(p->cold, i, &p->page, (unsigned)p->known);
		address_in_cold(p->cold, s->ea, m);
		x_test_rr(j->x, X_64, (unsigned)p->known, (unsigned)p->known);
		x_jcc(j->x, XC_E, p->cold->at);
		return xm((unsigned)p->known, p->disp);
	}
	if (!p->opens) {
		if (s->own_ea)
			x_lea(j->x, X_64, s->ea, *m);
		if (has_site(j, i))
			probe_site(j, i, s, p->cold);
		else
			mem_probe(j, s, 1u << (i->sub & IR_MEM_SIZE), i->sub & IR_MEM_ALIGN, write,
				  p->cold);
		return xm_index(s->t2, s->ea, 0, 0);
	}
	page_in_cold(p->cold, i, &p->page, s->t2);
	from.disp += p->page.lo - (s32)i->imm;
	if (s->own_ea) {
		address_in_cold(p->cold, s->ea, m);
		x_lea(j->x, X_64, s->ea, from);
	}
	mem_probe(j, s, (u32)(p->page.hi - p->page.lo), false, write, p->cold);
	x_alu_rr(j->x, XA_ADD, X_64, s->t2, s->ea);
	return xm(s->t2, (s32)i->imm - p->page.lo);
}

void jit_load(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	struct sharing p;
	struct mem_access s;
	struct xmem m;

	if (!is_inline(j, i)) {
		always_slow(j, i, n);
		return;
	}
	s = find_page(j, i, n, &m, &p);
	def_result(j, i, n);
	m = enter_page(j, i, &m, &s, &p);
	if (jit_load_swaps(j, n))
		p.cold->v[V_SWAP] = 1;
	mem_load_value(j, i, n, s.t1, m);
	x_bind(j->x, p.cold->back);
}

void jit_store(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	struct sharing p;
	struct mem_access s;
	struct xmem m;
	unsigned tmp = 0;
	int v = -1;

	if (!is_inline(j, i)) {
		always_slow(j, i, n);
		return;
	}
	if (!mem_stores_immediate(j, i))
		v = i->type == IR_I ? jit_use_int(j, i->b) : jit_use_q(j, i->b) + JIT_XMM;
	s = find_page(j, i, n, &m, &p);
	if (i->type == IR_Q && (i->sub & IR_MEM_BE))
		tmp = (unsigned)jit_tmp_xmm(j);
	m = enter_page(j, i, &m, &s, &p);
	mem_store_value(j, i, v, s.t1, tmp, m);
	x_bind(j->x, p.cold->back);
}

static void dcbz(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	u32 block = (u32)i->imm, k;
	struct mem_access s = {0};
	struct jit_cold *c;
	unsigned zero;
	int ea;

	if (block > 256 || block % 16) {
		always_slow(j, i, n);
		return;
	}
	ea = jit_use_int(j, i->a);
	s.ea = (unsigned)jit_tmp_int(j);
	s.t1 = (unsigned)jit_tmp_int(j);
	s.t2 = (unsigned)jit_tmp_int(j);
	zero = (unsigned)jit_tmp_xmm(j);
	c = mem_slow_path(j, (unsigned)ea);
	x_mov_rr(j->x, X_64, s.ea, (unsigned)ea);
	x_alu_ri(j->x, XA_AND, X_64, s.ea, -(s32)block);
	mem_probe(j, &s, 1, false, true, c);
	xv_zero(j->x, zero);
	for (k = 0; k < block; k += 16)
		xv_mr(j->x, XV_MOVAPS_ST, xm_index(s.t2, s.ea, 0, (s32)k), zero);
	x_bind(j->x, c->back);
}

static void fence(struct jit *j, const struct ir_insn *i)
{
	struct jit_cold *c;

	/* The host keeps all orders but store before load. */
	if (i->sub == IR_FENCE_LWSYNC || i->sub == IR_FENCE_EIEIO)
		return;
	if (i->sub == IR_FENCE_SYNC)
		x_lock_alu_mi(j->x, XA_OR, X_32, xm(X_RSP, -8), 0);
	c = mem_slow_path(j, 0);
	/* Who asks something of this processor wants it at a poll too. */
	if (j->b->config.poll_in_state) {
		x_alu_mi(j->x, XA_CMP, X_32, jit_slot(j->b->config.poll_slot), 0);
		x_jcc(j->x, XC_NE, c->at);
	} else {
		x_jmp(j->x, c->at);
	}
	x_bind(j->x, c->back);
}

void memory_op(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	switch (i->op) {
	case IR_LD:
		jit_load(j, i, n);
		break;
	case IR_ST:
		jit_store(j, i, n);
		break;
	case IR_DCBZ:
		dcbz(j, i, n);
		break;
	case IR_FENCE:
		fence(j, i);
		break;
	default:
		if (reserve_is_inline(j, i))
			reserve_op(j, i, n);
		else
			always_slow(j, i, n);
		break;
	}
}

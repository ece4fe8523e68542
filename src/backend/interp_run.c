// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The interpreter's loop. Cell layouts, in 64-bit words behind the handler's address:
 *
 *   most            {d a b c} or {d a imm32}
 *   CONST64         {d} value
 *   CMPx_OR         {d a b c} or {d a c imm16}
 *   loads, stores   {d a imm32} exit {mem, flags}     stores: d is the value's place
 *   branches        {- a imm32} or {- a b} {rel, rel}
 *   CALLn           {d, mask of arguments passed by address, flags, -} function exit
 *                   {args 0..3} {args 4, 5}      flags: 1 integer result, 2 may leave
 *   GOTO            {- - icount} target, then UNLINKED: link
 *   GOTO_PAGE       {- - icount} pc
 *   GOTO_IND        {- a icount}
 *   JMP             {rel -}
 *   ACCOUNT         {- - icount}
 *   COUNT_CALL      {- - helper}
 *   HOT             counter pc
 *   POLL, LEAVE, PENDING, RECORD    exit
 *   LEAVE_IF        {- a -} exit
 *
 * Guest memory is accessed with relaxed atomics of the access's size, at any alignment that stays
 * inside a page; the hosts we run on do that in one access.
 */
#include "backend/interp.h"
#include "base/endian.h"
#include "os/os.h"

/* A pending value may stand where another one goes, so all are read before any is written. */
static __attribute__((noinline)) void store_pending(u64 *f, const struct interp_exit *x)
{
	u128 value[INTERP_PENDINGS];
	u32 n;

	for (n = 0; n < x->count; n++) {
		const struct interp_pending *p = &x->pending[n];

		if (p->constant)
			value[n] = p->imm;
		else if (p->type == IR_Q)
			value[n] = *(const u128 *)&f[p->place];
		else
			value[n] = f[p->place];
	}
	for (n = 0; n < x->count; n++) {
		const struct interp_pending *p = &x->pending[n];

		if (p->type == IR_Q)
			*(u128 *)&f[p->slot] = value[n];
		else
			f[p->slot] = (u64)value[n];
	}
}

static enum backend_stop leave(struct backend_cpu *cpu, u64 *f, const struct interp_exit *x,
			       enum backend_stop stop)
{
	if (x->count)
		store_pending(f, x);
	cpu->pc = x->pc;
	cpu->budget -= x->icount;
	return stop;
}

/* Asked between regions, where the POLL that a region begins with would be. */
static inline bool must_stop(const struct backend_cpu *cpu)
{
	return cpu->budget < 0 || atomic_load_explicit(cpu->poll, memory_order_relaxed);
}

static enum backend_stop stop_why(const struct backend_cpu *cpu)
{
	return cpu->budget < 0 ? BACKEND_STOP_BUDGET : BACKEND_STOP_POLL;
}

static void fence(struct backend_cpu *cpu, enum ir_fence kind)
{
	if (kind == IR_FENCE_SYNC)
		atomic_thread_fence(memory_order_seq_cst);
	else
		atomic_thread_fence(memory_order_acq_rel);
	cpu->mem->fence(cpu, kind);
}

static u128 swap(u128 v, u32 size_log2, bool be)
{
	u64 hi = (u64)(v >> 64), lo = (u64)v;

	if (be == HOST_BIG_ENDIAN || !size_log2)
		return v;
	if (size_log2 == 4)
		return (u128)bswap64(lo) << 64 | bswap64(hi);
	return bswap64(lo) >> (64 - (8u << size_log2));
}

static u32 larx(struct backend_cpu *cpu, u64 ea, u32 mem, u128 *value)
{
	const struct tlb_fast *t = tlb_fast_at(cpu->tlb, cpu->tlb_bits, ea);
	u32 size = 1u << (mem & IR_MEM_SIZE);
	u128 raw;

	if (t->read_tag != (ea & cpu->tlb_mask) || (ea & (size - 1)))
		return cpu->mem->larx(cpu, ea, mem, value);
	cpu->res_host = (uintptr_t)(ea + t->addend);
	cpu->res_size = size;
	switch (mem & IR_MEM_SIZE) {
	case 0:
		raw = __atomic_load_n((const u8 *)cpu->res_host, __ATOMIC_RELAXED);
		break;
	case 1:
		raw = __atomic_load_n((const u16 *)cpu->res_host, __ATOMIC_RELAXED);
		break;
	case 2:
		raw = __atomic_load_n((const u32 *)cpu->res_host, __ATOMIC_RELAXED);
		break;
	case 3:
		raw = __atomic_load_n((const u64 *)cpu->res_host, __ATOMIC_RELAXED);
		break;
	default:
		raw = os_load16((const void *)cpu->res_host);
		break;
	}
	cpu->res_value = raw;
	*value = swap(raw, mem & IR_MEM_SIZE, mem & IR_MEM_BE);
	return 0;
}

#define EXCHANGE(type)                                                                             \
	({                                                                                         \
		type expected = (type)cpu->res_value;                                              \
		__atomic_compare_exchange_n((type *)host, &expected, (type)value, false,           \
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);                   \
	})

static u32 stcx(struct backend_cpu *cpu, u64 ea, u32 mem, u128 value, u64 *stored)
{
	const struct tlb_fast *t = tlb_fast_at(cpu->tlb, cpu->tlb_bits, ea);
	uintptr_t host = (uintptr_t)(ea + t->addend), reserved = cpu->res_host;
	u32 size = 1u << (mem & IR_MEM_SIZE);
	u128 old;

	if (t->write_tag != (ea & cpu->tlb_mask) || (ea & (size - 1)))
		return cpu->mem->stcx(cpu, ea, mem, value, stored);
	cpu->res_host = 0;
	*stored = 0;
	if (reserved != host || cpu->res_size != size)
		return 0;
	value = swap(value, mem & IR_MEM_SIZE, mem & IR_MEM_BE);
	switch (mem & IR_MEM_SIZE) {
	case 0:
		*stored = EXCHANGE(u8);
		break;
	case 1:
		*stored = EXCHANGE(u16);
		break;
	case 2:
		*stored = EXCHANGE(u32);
		break;
	case 3:
		*stored = EXCHANGE(u64);
		break;
	default:
		old = cpu->res_value;
		*stored = os_cmpxchg16((void *)host, &old, value);
		break;
	}
	return 0;
}

static inline u64 interp_divs(u64 a, u64 b)
{
	if (!b)
		return a;
	return b == ~0ull ? -a : (u64)((s64)a / (s64)b);
}

static inline u64 interp_mods(u64 a, u64 b)
{
	return !b || b == ~0ull ? 0 : (u64)((s64)a % (s64)b);
}

/* clang-format off */
#define R(n)      f[n]
#define RQ(n)     (*(union iquad *)&f[n])
#define D         ip[1].d
#define A         ip[1].a
#define B         ip[1].o[2]
#define C         ip[1].o[3]
#define IMM       ip[1].imm
#define NEXT(n)   do { ip += (n); goto *(void *)ip->h; } while (0)
#define EXIT(n)   ((const struct interp_exit *)ip[n].p)
/* clang-format on */

enum { HI = !HOST_BIG_ENDIAN, LO = HOST_BIG_ENDIAN };

union iquad {
	u128 q;
	u64 d[2];
};

/* Argument k of a CALL: by value, or the address of its place. */
static inline u64 call_arg(u64 *f, const union iword *ip, unsigned k)
{
	u64 *place = &f[((const s16 *)&ip[4])[k]];

	return ip[1].o[1] >> k & 1 ? (u64)(uintptr_t)place : *place;
}

#define U6	   u64, u64, u64, u64, u64, u64
#define ARG(k)	   call_arg(f, ip, k)
#define CALL_0(fn) ((u64(*)(void))(fn))()
#define CALL_1(fn) ((u64(*)(u64))(fn))(ARG(0))
#define CALL_2(fn) ((u64(*)(u64, u64))(fn))(ARG(0), ARG(1))
#define CALL_3(fn) ((u64(*)(u64, u64, u64))(fn))(ARG(0), ARG(1), ARG(2))
#define CALL_4(fn) ((u64(*)(u64, u64, u64, u64))(fn))(ARG(0), ARG(1), ARG(2), ARG(3))
#define CALL_5(fn) ((u64(*)(u64, u64, u64, u64, u64))(fn))(ARG(0), ARG(1), ARG(2), ARG(3), ARG(4))
#define CALL_6(fn) ((u64(*)(U6))(fn))(ARG(0), ARG(1), ARG(2), ARG(3), ARG(4), ARG(5))

__attribute__((no_sanitize("alignment"))) enum backend_stop interp_run(struct backend *be,
								       struct backend_cpu *cpu,
								       const void *entry,
								       const void *const **labels)
{
	/* clang-format off */
#define IBIN(name, expr)      [ICELL_##name] = &&do_##name, [ICELL_##name##_I] = &&do_##name##_I,
#define IUN(name, expr)       [ICELL_##name] = &&do_##name,
#define ILD(name, type, expr) [ICELL_##name] = &&do_##name,
#define IST(name, type, expr) [ICELL_##name] = &&do_##name,
#define IBR(name, expr)       [ICELL_##name] = &&do_##name, [ICELL_##name##_I] = &&do_##name##_I,
#define ICMP(name, type)      [ICELL_##name] = &&do_##name, [ICELL_##name##_I] = &&do_##name##_I,
#define ICALL(n)              [ICELL_CALL##n] = &&do_CALL##n,
#define IOP(name)             [ICELL_##name] = &&do_##name,
	static const void *const table[ICELL_COUNT] = {
#include "backend/interp_op.def"
	};
#undef IBIN
#undef IUN
#undef ILD
#undef IST
#undef IBR
#undef ICMP
#undef ICALL
#undef IOP
	/* clang-format on */
	const union iword *ip = entry;
	const struct interp_exit *x;
	struct jump_cache *jc;
	u64 *f, ea, pc;
	u32 code;
	u128 q;

	if (!cpu) {
		*labels = table;
		return BACKEND_STOP_LEAVE;
	}
	f = (u64 *)cpu->state;
	NEXT(0);

	/* clang-format off */
#define IBIN(name, expr) \
do_##name: { \
	u64 a = R(A), b = R(B); \
	R(D) = (expr); \
	NEXT(2); \
} \
do_##name##_I: { \
	u64 a = R(A), b = (u64)(s64)IMM; \
	R(D) = (expr); \
	NEXT(2); \
}
#define IUN(name, expr) \
do_##name: { \
	u64 a = R(A); \
	R(D) = (expr); \
	NEXT(2); \
}
#define ILD(name, type, expr) \
do_##name: { \
	struct tlb_fast *t; \
	ea = R(A) + (u64)(s64)IMM; \
	t = tlb_fast_at(cpu->tlb, cpu->tlb_bits, ea); \
	if (likely(t->read_tag == ((ea + sizeof(type) - 1) & cpu->tlb_mask))) { \
		type v = __atomic_load_n((const type *)(uintptr_t)(ea + t->addend), \
					 __ATOMIC_RELAXED); \
		R(D) = (expr); \
		NEXT(4); \
	} \
	goto slow_load; \
}
#define IST(name, type, expr) \
do_##name: { \
	struct tlb_fast *t; \
	ea = R(A) + (u64)(s64)IMM; \
	t = tlb_fast_at(cpu->tlb, cpu->tlb_bits, ea); \
	if (likely(t->write_tag == ((ea + sizeof(type) - 1) & cpu->tlb_mask))) { \
		u64 v = R(D); \
		__atomic_store_n((type *)(uintptr_t)(ea + t->addend), (expr), __ATOMIC_RELAXED); \
		NEXT(4); \
	} \
	goto slow_store; \
}
#define IBR(name, expr) \
do_##name: { \
	u64 a = R(A), b = R(B); \
	NEXT((expr) ? ip[2].rel[0] : ip[2].rel[1]); \
} \
do_##name##_I: { \
	u64 a = R(A), b = (u64)(s64)IMM; \
	NEXT((expr) ? ip[2].rel[0] : ip[2].rel[1]); \
}

#define ICMP(name, type) \
do_##name: { \
	type a = (type)R(A), b = (type)R(B); \
	R(D) = (a < b ? 8u : a > b ? 4u : 2u) | R(C); \
	NEXT(2); \
} \
do_##name##_I: { \
	type a = (type)R(A), b = (type)(s64)ip[1].o[3]; \
	R(D) = (a < b ? 8u : a > b ? 4u : 2u) | R(B); \
	NEXT(2); \
}
#define ICALL(n) \
do_CALL##n: { \
	u64 v = CALL_##n(ip[2].p); \
	if (ip[1].o[2] & 2) { \
		code = *(const u32 *)(cpu->state + be->config.event_slot); \
		if (unlikely(code)) { \
			x = EXIT(3); \
			goto leave_code; \
		} \
	} \
	if (ip[1].o[2] & 1) \
		R(ip[1].o[0]) = v; \
	NEXT(6); \
}
#define IOP(name)
#include "backend/interp_op.def"
#undef IBIN
#undef IUN
#undef ILD
#undef IST
#undef IBR
#undef ICMP
#undef ICALL
#undef IOP
	/* clang-format on */

do_CONST:
	R(D) = (u64)(s64)IMM;
	NEXT(2);
do_CONST64:
	R(D) = ip[2].u;
	NEXT(3);
do_SELECT:
	R(D) = R(A) ? R(B) : R(C);
	NEXT(2);
do_CARRY:
	R(D) = (u64)(((u128)R(A) + R(B) + R(C)) >> 64);
	NEXT(2);
do_MOVQ:
	RQ(D) = RQ(A);
	NEXT(2);
do_QMAKE : {
	u64 hi = R(A), lo = R(B);

	RQ(D).d[HI] = hi;
	RQ(D).d[LO] = lo;
	NEXT(2);
}
#define DWORDS(name, from_a, from_b)                                                               \
	do_##name:                                                                                 \
	{                                                                                          \
		u64 hi = RQ(A).d[from_a], lo = RQ(B).d[from_b];                                    \
                                                                                                   \
		RQ(D).d[HI] = hi;                                                                  \
		RQ(D).d[LO] = lo;                                                                  \
		NEXT(2);                                                                           \
	}
	DWORDS(QHH, HI, HI)
	DWORDS(QHL, HI, LO)
	DWORDS(QLH, LO, HI)
	DWORDS(QLL, LO, LO)
#undef DWORDS
do_QHI:
	R(D) = RQ(A).d[HI];
	NEXT(2);
do_QLO:
	R(D) = RQ(A).d[LO];
	NEXT(2);
do_QAND:
	RQ(D).q = RQ(A).q & RQ(B).q;
	NEXT(2);
do_QOR:
	RQ(D).q = RQ(A).q | RQ(B).q;
	NEXT(2);
do_QXOR:
	RQ(D).q = RQ(A).q ^ RQ(B).q;
	NEXT(2);
do_QANDC:
	RQ(D).q = RQ(A).q & ~RQ(B).q;
	NEXT(2);
do_QNOT:
	RQ(D).q = ~RQ(A).q;
	NEXT(2);

do_LD:
	ea = R(A) + (u64)(s64)IMM;
slow_load:
	code = cpu->mem->load(cpu, ea, ip[3].w[0], &q);
	if (code)
		goto leave_memory;
	if (ip[3].w[1] & INTERP_MEM_Q)
		RQ(D).q = q;
	else
		R(D) = (u64)q;
	NEXT(4);
do_ST:
	ea = R(A) + (u64)(s64)IMM;
slow_store:
	q = ip[3].w[1] & INTERP_MEM_Q ? RQ(D).q : R(D);
	code = cpu->mem->store(cpu, ea, ip[3].w[0], q);
	if (code)
		goto leave_memory;
	NEXT(4);
do_LARX:
	code = larx(cpu, R(A) + (u64)(s64)IMM, ip[3].w[0], &q);
	if (code)
		goto leave_memory;
	if (ip[3].w[1] & INTERP_MEM_Q)
		RQ(D).q = q;
	else
		R(D) = (u64)q;
	NEXT(4);
do_STCX:
	/* {d a b}: no displacement */
	q = ip[3].w[1] & INTERP_MEM_Q ? RQ(B).q : R(B);
	code = stcx(cpu, R(A), ip[3].w[0], q, &ea);
	if (code)
		goto leave_memory;
	R(D) = ea;
	NEXT(4);
do_DCBZ:
	code = cpu->mem->dcbz(cpu, R(A), ip[3].w[0]);
	if (code)
		goto leave_memory;
	NEXT(4);
do_FENCE:
	fence(cpu, (enum ir_fence)IMM);
	NEXT(2);
do_JMP:
	NEXT(ip[1].rel[0]);
do_POLL:
	if (unlikely(must_stop(cpu))) {
		x = EXIT(1);
		cpu->exit_code = x->code;
		cpu->exit_info = x->info;
		return leave(cpu, f, x, stop_why(cpu));
	}
	NEXT(2);
do_COUNT_CALL:
	cpu->helper_calls[IMM]++;
	NEXT(2);
do_ACCOUNT:
	cpu->budget -= IMM;
	NEXT(2);
do_HOT : {
	_Atomic s32 *hot = (_Atomic s32 *)(uintptr_t)ip[1].u;
	s32 left = atomic_load_explicit(hot, memory_order_relaxed) - 1;

	atomic_store_explicit(hot, left, memory_order_relaxed);
	if (unlikely(!left)) {
		cpu->pc = ip[2].u;
		return BACKEND_STOP_HOT;
	}
	NEXT(3);
}
do_LEAVE_IF:
	if (unlikely(R(A))) {
		x = EXIT(2);
		code = x->code;
		goto leave_code;
	}
	NEXT(3);
do_LEAVE:
	x = EXIT(1);
	code = x->code;
	goto leave_code;
do_PENDING:
	store_pending(f, EXIT(1));
	NEXT(2);
do_RECORD:
	if (unlikely(cpu->record_count && !--cpu->record_count)) {
		cpu->exit_code = 0;
		return leave(cpu, f, EXIT(1), BACKEND_STOP_RECORD);
	}
	NEXT(2);
do_GOTO:
	cpu->budget -= IMM;
	if (unlikely(must_stop(cpu))) {
		cpu->pc = ((const struct backend_link *)ip[4].p)->pc;
		return stop_why(cpu);
	}
	ip = atomic_load_explicit(&((union iword *)&ip[2])->target, memory_order_acquire);
	NEXT(0);
do_UNLINKED:
	cpu->stop_link = (struct backend_link *)ip[1].p;
	cpu->pc = cpu->stop_link->pc;
	return BACKEND_STOP_LINK;
do_GOTO_PAGE:
	pc = ip[2].u;
	goto jump;
do_GOTO_IND:
	pc = R(A);
jump:
	cpu->budget -= IMM;
	cpu->pc = pc;
	if (unlikely(must_stop(cpu)))
		return stop_why(cpu);
	jc = &cpu->jump_cache[jump_cache_index(pc)];
	if (unlikely(jc->pc != pc || __atomic_load_n(&jc->key, __ATOMIC_RELAXED) != cpu->code_key))
		return BACKEND_STOP_LOOKUP;
	ip = jc->entry;
	NEXT(0);

leave_memory:
	x = EXIT(2);
leave_code:
	cpu->exit_code = code;
	cpu->exit_info = x->info;
	return leave(cpu, f, x, BACKEND_STOP_LEAVE);
}

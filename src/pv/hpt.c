/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pv/hpt.h"

#include "base/endian.h"
#include "cpu/ops.h"
#include "isa/papr.h"
#include "mmu/hpt.h"
#include "pv/log.h"

/* Flags (LoPAPR Table 170). */
#define FLAG_EXACT   PPC_BIT(24)
#define FLAG_READ_4  PPC_BIT(26)
#define FLAG_AVPN    PPC_BIT(32)
#define FLAG_ANDCOND PPC_BIT(33)

/* Translation specifiers of H_BULK_REMOVE. */
#define BULK_TYPE     PPC_BITMASK(0, 1)
#define BULK_REQUEST  (1ull << 62)
#define BULK_RESPONSE (2ull << 62)
#define BULK_END      (3ull << 62)
#define BULK_FLAGS    PPC_BITMASK(6, 7)
#define BULK_PTEX     PPC_BITMASK(8, 63)
enum { BULK_CODE_SHIFT = 60, BULK_RC_SHIFT = 51, BULK_FLAGS_SHIFT = 26 };
enum { BULK_SUCCESS, BULK_NOT_FOUND, BULK_PARM };

/* Bits of v that a guest may set: the others are ours. */
#define GUEST_V	   (~(HPTE_V_SW & ~(HPTE_V_BOLT | 0x08ull)))
#define AVPN_OF(v) ((v) & ~0x7full)

typedef s64 hpt_fn(const struct pv_hpt *p, struct cpu_state *s);

static u64 load(const u64 *p)
{
	u64 v = __atomic_load_n(p, __ATOMIC_ACQUIRE);

	return HOST_BIG_ENDIAN ? v : bswap64(v);
}

static void store(u64 *p, u64 v)
{
	__atomic_store_n(p, HOST_BIG_ENDIAN ? v : bswap64(v), __ATOMIC_RELEASE);
}

static bool cas(u64 *p, u64 old, u64 new)
{
	u64 expected = HOST_BIG_ENDIAN ? old : bswap64(old);

	return __atomic_compare_exchange_n(p, &expected, HOST_BIG_ENDIAN ? new : bswap64(new),
					   false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

static u64 *entry(const struct pv_hpt *p, u64 ptex)
{
	if (!p->env->hpt || ptex >= 1ull << (p->env->hpt_shift - 4))
		return NULL;
	return p->env->hpt + 2 * ptex;
}

/* Returns v as it was, without the lock bit. Another holder is a processor in a hypercall that
 * does not wait for anybody. */
static u64 lock(u64 *e)
{
	u64 v;

	do {
		v = load(e) & ~HPTE_V_LOCK;
	} while (!cas(e, v, v | HPTE_V_LOCK));
	return v;
}

/* Also stores v. */
static void unlock(u64 *e, u64 v)
{
	store(e, v & ~HPTE_V_LOCK);
}

static void flush_page(const struct pv_hpt *p, struct cpu_state *s, u64 ptex, u64 v, u64 r)
{
	unsigned base, page;
	struct cpu_flush f = {.kind = CPU_FLUSH_ALL};

	if (hpt_entry_shifts(v, r, &base, &page)) {
		u64 offset = hpt_entry_offset(v, base, ptex, p->env->hpt_shift);

		f.kind = CPU_FLUSH_VPN;
		f.shift = (u8)page;
		f.seg_shift = (u8)hpt_seg_shift(v);
		f.id = hpt_vsid_word(v);
		f.addr = offset & ~((1ull << page) - 1);
	}
	if (s->ops && s->ops->flush)
		s->ops->flush(s, &f);
}

static void flush_sync(struct cpu_state *s)
{
	if (s->ops && s->ops->flush_sync)
		s->ops->flush_sync(s);
}

/* --- H_ENTER --- */

/* Memory is coherent and cacheable, everything else caching inhibited: also memory of a device,
 * which stands where devices answer. */
static bool attributes_ok(const struct pv_hpt *p, u64 ra, u64 len, u64 r)
{
	u64 wimg = r & HPTE_R_WIMG;

	if (p->env->mem.ops->map(p->env->mem.opaque, ra, len) &&
	    (wimg == HPTE_R_M || wimg == (HPTE_R_W | HPTE_R_I | HPTE_R_M)))
		return true;
	if (!p->io || !p->io(p->opaque, ra, len))
		return false;
	return (wimg & (HPTE_R_W | HPTE_R_I | HPTE_R_M)) == HPTE_R_I;
}

/* Takes the entry if it is free, and fills it. */
static bool fill(u64 *e, u64 v, u64 r)
{
	u64 old = load(e);

	if ((old & (HPTE_V_VALID | HPTE_V_LOCK)) || !cas(e, old, old | HPTE_V_LOCK))
		return false;
	store(e + 1, r);
	unlock(e, v);
	return true;
}

static s64 h_enter(const struct pv_hpt *p, struct cpu_state *s)
{
	u64 flags = s->gpr[4], ptex = s->gpr[5], v = s->gpr[6] & GUEST_V, r = s->gpr[7];
	unsigned base, page;
	u64 ra, *e;

	if (!hpt_entry_shifts(v, r, &base, &page))
		return H_PARAMETER;
	ra = r & HPTE_R_RPN & ~((1ull << page) - 1);
	if (!attributes_ok(p, ra, 1ull << page, r))
		return H_PARAMETER;
	v |= HPTE_V_VALID;
	if (!(flags & FLAG_EXACT))
		ptex &= ~7ull;
	e = entry(p, ptex);
	if (!e)
		return H_PARAMETER;
	for (unsigned i = 0; i < (flags & FLAG_EXACT ? 1 : HPTES_PER_GROUP); i++, ptex++) {
		if (fill(e + 2 * i, v, r)) {
			s->gpr[4] = ptex;
			return H_SUCCESS;
		}
	}
	return H_PTEG_FULL;
}

/* --- H_REMOVE, H_BULK_REMOVE --- */
static bool wanted(u64 v, u64 flags, u64 avpn)
{
	return (v & HPTE_V_VALID) && (!(flags & FLAG_AVPN) || AVPN_OF(v) == avpn) &&
	       (!(flags & FLAG_ANDCOND) || !(v & avpn));
}

/* BULK_* code; the caller waits for the flush. */
static unsigned remove_entry(const struct pv_hpt *p, struct cpu_state *s, u64 flags, u64 ptex,
			     u64 avpn, u64 *v, u64 *r)
{
	u64 *e = entry(p, ptex);

	if (!e)
		return BULK_PARM;
	*v = lock(e);
	if (!wanted(*v, flags, avpn)) {
		unlock(e, *v);
		return BULK_NOT_FOUND;
	}
	/* The first doubleword goes first: whoever still reads the pair sees it changed. R and C
	 * are final then, a walker cannot set them in an entry that is 0. */
	store(e, HPTE_V_LOCK);
	do {
		*r = load(e + 1);
	} while (!cas(e + 1, *r, 0));
	unlock(e, 0);
	flush_page(p, s, ptex, *v, *r);
	return BULK_SUCCESS;
}

static s64 h_remove(const struct pv_hpt *p, struct cpu_state *s)
{
	u64 v = 0, r = 0;

	switch (remove_entry(p, s, s->gpr[4], s->gpr[5], s->gpr[6], &v, &r)) {
	case BULK_SUCCESS:
		break;
	case BULK_NOT_FOUND:
		return H_NOT_FOUND;
	default:
		return H_PARAMETER;
	}
	flush_sync(s);
	s->gpr[4] = v;
	s->gpr[5] = r;
	return H_SUCCESS;
}

static s64 bulk_remove_one(const struct pv_hpt *p, struct cpu_state *s, u64 *high, u64 avpn)
{
	u64 flags = (*high & BULK_FLAGS) >> BULK_FLAGS_SHIFT;
	unsigned code = BULK_PARM;
	u64 v, r = 0;

	*high = (*high & (BULK_PTEX | BULK_FLAGS)) | BULK_RESPONSE;
	if ((flags & (FLAG_AVPN | FLAG_ANDCOND)) != (FLAG_AVPN | FLAG_ANDCOND))
		code = remove_entry(p, s, flags, *high & BULK_PTEX, avpn, &v, &r);
	*high |= (u64)code << BULK_CODE_SHIFT;
	*high |= (r & (HPTE_R_R | HPTE_R_C)) << BULK_RC_SHIFT;
	return code == BULK_PARM ? H_PARAMETER : H_SUCCESS;
}

static s64 h_bulk_remove(const struct pv_hpt *p, struct cpu_state *s)
{
	s64 ret = H_SUCCESS;

	for (unsigned i = 4; i < 12 && ret == H_SUCCESS; i += 2) {
		if ((s->gpr[i] & BULK_TYPE) == BULK_END)
			break;
		if ((s->gpr[i] & BULK_TYPE) != BULK_REQUEST)
			ret = H_PARAMETER;
		else
			ret = bulk_remove_one(p, s, &s->gpr[i], s->gpr[i + 1]);
	}
	flush_sync(s);
	return ret;
}

/* --- H_PROTECT, H_READ, H_CLEAR_REF, H_CLEAR_MOD --- */

/* Replaces bits of a valid entry's second doubleword, under its lock; *old as it was. */
static s64 change(const struct pv_hpt *p, struct cpu_state *s, u64 ptex, u64 clear, u64 set,
		  u64 flags, u64 avpn, u64 *old)
{
	u64 *e = entry(p, ptex);
	u64 v;

	if (!e)
		return H_PARAMETER;
	v = lock(e);
	if (!wanted(v, flags, avpn)) {
		unlock(e, v);
		return H_NOT_FOUND;
	}
	do {
		*old = load(e + 1);
	} while (!cas(e + 1, *old, (*old & ~clear) | set));
	unlock(e, v);
	if (((*old & ~clear) | set) != *old) {
		flush_page(p, s, ptex, v, *old);
		flush_sync(s);
	}
	return H_SUCCESS;
}

static s64 h_protect(const struct pv_hpt *p, struct cpu_state *s)
{
	u64 flags = s->gpr[4], old;
	const u64 low = HPTE_R_PP | HPTE_R_N | HPTE_R_KEY_LO;
	u64 set = (flags & low) | (flags << 55 & HPTE_R_PP0) | (flags << 48 & HPTE_R_KEY_HI);

	return change(p, s, s->gpr[5], low | HPTE_R_PP0 | HPTE_R_KEY_HI, set, flags & FLAG_AVPN,
		      s->gpr[6], &old);
}

static s64 h_clear(const struct pv_hpt *p, struct cpu_state *s, u64 bit)
{
	u64 old = 0;
	s64 ret = change(p, s, s->gpr[5], bit, 0, 0, 0, &old);

	if (ret == H_SUCCESS)
		s->gpr[4] = old;
	return ret;
}

static s64 h_clear_ref(const struct pv_hpt *p, struct cpu_state *s)
{
	return h_clear(p, s, HPTE_R_R);
}

static s64 h_clear_mod(const struct pv_hpt *p, struct cpu_state *s)
{
	return h_clear(p, s, HPTE_R_C);
}

static s64 h_read(const struct pv_hpt *p, struct cpu_state *s)
{
	unsigned n = s->gpr[4] & FLAG_READ_4 ? 4 : 1;
	u64 ptex = s->gpr[5] & ~(u64)(n - 1);

	if (!entry(p, ptex))
		return H_PARAMETER;
	for (unsigned i = 0; i < n; i++) {
		u64 *e = entry(p, ptex + i);
		u64 v = lock(e);

		s->gpr[4 + 2 * i] = v;
		s->gpr[5 + 2 * i] = load(e + 1);
		unlock(e, v);
	}
	return H_SUCCESS;
}

enum pv_verdict pv_hpt_hcall(const struct pv_hpt *p, struct cpu_state *s)
{
	static const struct {
		u32 nr;
		const char *name;
		hpt_fn *fn;
	} calls[] = {
		{H_ENTER, "H_ENTER", h_enter},
		{H_REMOVE, "H_REMOVE", h_remove},
		{H_BULK_REMOVE, "H_BULK_REMOVE", h_bulk_remove},
		{H_PROTECT, "H_PROTECT", h_protect},
		{H_READ, "H_READ", h_read},
		{H_CLEAR_REF, "H_CLEAR_REF", h_clear_ref},
		{H_CLEAR_MOD, "H_CLEAR_MOD", h_clear_mod},
	};
	const u64 args[4] = {s->gpr[4], s->gpr[5], s->gpr[6], s->gpr[7]};

	for (unsigned i = 0; i < ARRAY_SIZE(calls); i++) {
		if (calls[i].nr != s->gpr[3])
			continue;
		s->gpr[3] = (u64)(p->env->hpt ? calls[i].fn(p, s) : H_FUNCTION);
		pv_log_hcall(s, calls[i].name, args);
		return PV_DONE;
	}
	return PV_NOT_MINE;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is compared of a result. "F1" and so on are the entries of docs/qemu-departures.md; what the
 * architecture leaves undefined is said so. */

static bool starts(const char *name, const char *prefix)
{
	return !strncmp(name, prefix, strlen(prefix));
}

static bool has(const char *name, const char *part)
{
	return strstr(name, part) != NULL;
}

static bool is_estimate(const char *name)
{
	return starts(name, "fre") || starts(name, "frsqrte") || starts(name, "xsre") ||
	       starts(name, "xvre") || has(name, "rsqrte");
}

static void undefined(const struct insn_row *row, struct fp_result *m)
{
	const char *name = row->name;

	/* FPRF after conversion to an integer */
	if (starts(name, "fcti") || starts(name, "xscvdpsx") || starts(name, "xscvdpux") ||
	    starts(name, "xscvqps") || starts(name, "xscvqpu"))
		m->fpscr &= ~FPSCR_FPRF;
	/* the left word of a word in an FPR or VSR */
	if (starts(name, "fctiw") || (starts(name, "xscvdp") && has(name, "ws")))
		m->low[0] = m->high[0] = 0xffffffff;
	/* FR, FI and XX of estimates */
	if (is_estimate(name)) {
		m->fpscr &= ~(FPSCR_FR | FPSCR_FI | FPSCR_XX | FPSCR_FX);
		m->cr &= ~(8ull << 24);
	}
}

/* Its result is a single in double format; but for rounding and integers, so must operands be. */
static bool is_single(const char *name)
{
	size_t len = strlen(name);

	return (name[0] == 'f' && name[len - 1] == 's') || !strcmp(name, "frsp") ||
	       (starts(name, "xs") && !strcmp(name + len - 2, "sp"));
}

/* A scalar single-precision result below single's normal range. */
static bool single_denormal(const struct insn_row *row, const struct fp_result *r)
{
	u32 exp = (u32)(r->low[0] >> 52) & 0x7ff;

	return is_single(row->name) && exp && exp < 897;
}

static void departures(const struct insn_row *row, const struct fp_case *c,
		       const struct fp_result *a, struct fp_result *m)
{
	const char *name = row->name;
	bool vector = starts(name, "xv");

	/* F11, and reserved bits */
	if (starts(name, "mtfsb1")) {
		m->fpscr &= ~(FPSCR_FX | FPSCR_NI);
		m->cr &= ~(8ull << 24);
	}
	if (!(row->flags & IF_FPSCR) || starts(name, "mt"))
		return;
	/* F1 */
	m->fpscr &= ~FPSCR_FR;
	/* F2 */
	if (starts(name, "fcmp") || starts(name, "xscmp") || vector)
		m->fpscr &= ~FPSCR_FI;
	/* F3 */
	if (!(a->fpscr & FPSCR_EXCEPTIONS & ~c->fpscr)) {
		m->fpscr &= ~FPSCR_FX;
		m->cr &= ~(8ull << 24);
	}
	/* F4 */
	if (starts(name, "fcmpo") || starts(name, "xscmpo"))
		m->fpscr &= ~FPSCR_C;
	/* F5 */
	if (has(name, "nmadd") || has(name, "nmsub"))
		if (((c->fpscr & 3) >= 2 && (a->fpscr & FPSCR_XX)) ||
		    (starts(name, "xsnmsubqp") && (c->word & 1))) {
			memset(m->low, 0, sizeof(m->low));
			memset(m->high, 0, sizeof(m->high));
			m->fpscr &= ~(FPSCR_FPRF | FPSCR_OX | FPSCR_FX);
			m->cr &= ~(9ull << 24);
		}
	/* F6 */
	if (starts(name, "fcfidu") || starts(name, "fcfids"))
		m->fpscr &= ~(FPSCR_FPRF | FPSCR_FI);
	/* F7 */
	if (single_denormal(row, a))
		m->fpscr &= ~(FPSCR_FPRF | FPSCR_UX);
	/* F8 */
	if (is_estimate(name) && (a->fpscr & FPSCR_ZX)) {
		memset(m->low, 0, sizeof(m->low));
		m->fpscr &= ~(FPSCR_FPRF | FPSCR_ZX);
	}
	/* F9 */
	if (vector && (a->fpscr & (FPSCR_OX | FPSCR_ZX | FPSCR_VX)))
		m->fpscr &= ~(FPSCR_UX | FPSCR_OX | FPSCR_XX | FPSCR_ZX);
	/* F10 */
	if (starts(name, "xvcv") && (a->fpscr & FPSCR_VXCVI))
		memset(m->low, 0, sizeof(m->low));
	/* F13 */
	if (a->fpscr & FPSCR_VXIMZ)
		m->fpscr &= ~FPSCR_VXSNAN;
	/* F14 */
	if (!strcmp(name, "xsmaxcdp") || !strcmp(name, "xsmincdp"))
		if (!((c->v[1][0] | c->v[2][0]) << 1))
			m->low[0] = 0;
	/* F16 */
	if (!strcmp(name, "xsmaxjdp") || !strcmp(name, "xsminjdp"))
		m->fpscr &= ~(FPSCR_FX | FPSCR_VX | FPSCR_VXSNAN);
	/* F15 */
	if (starts(name, "xsrqp") && !(c->word >> 16 & 1) && (c->word >> 9 & 3)) {
		memset(m->high, 0, sizeof(m->high));
		m->fpscr &= ~(FPSCR_FPRF | FPSCR_OX);
	}
	/* F12 */
	if (starts(name, "xststdcsp")) {
		m->fpscr &= ~(2ull << FPSCR_FPCC_SHIFT);
		m->cr &= ~0x22222222ull;
	}
}

static void masks(const struct insn_row *row, const struct fp_case *c, const struct fp_result *a,
		  const struct fp_result *b, struct fp_result *m)
{
	/* Signal frames keep 32 bits of the FPSCR only; instructions that raise a signal are the
	 * unit tests' business. */
	memset(m, b->trapped ? 0 : 0xff, sizeof(*m));
	m->trapped = 0;
	if (b->trapped)
		return;
	undefined(row, m);
	departures(row, c, a, m);
}

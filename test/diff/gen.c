// SPDX-License-Identifier: GPL-2.0-or-later
/* Draws rows and fills their operands so that a case stays inside its memory window and never
 * loses the runner's registers; operand values are biased to the corners of each format. */
#include <stdbool.h>
#include <string.h>

#include "gen.h"
#include "isa/fields.h"
#include "softfp/decimal.h"

/* Registers that hold addresses and indexes, see case.h. */
enum { INDEX_FIRST = 24, BASE_FIRST = 28 };

#define FPSCR_MODES	  0x70007f003ull /* DRN, FR, FI, FPRF, RN */
#define FPSCR_STICKY	  0x9ff80700ull
#define FPSCR_ENABLE_BITS 0xf8ull

static uint32_t below(struct diff_gen *g, uint32_t n)
{
	return (uint32_t)((diff_next(&g->seed) >> 16) % n);
}

/* Names of rows that a random sequence cannot have, with the reason. */
static const struct {
	const char *name, *why;
} excluded[] = {
	{"sc", "leaves the case"},
	{"scv", "leaves the case"},
	{"mfspr", "drawn as the rows' registers that both sides have: see test_supervisor"},
	{"mtspr", "as mfspr"},
	{"mftb", "reads the clock"},
	{"darn", "random by definition"},
	{"rfebb", "needs an event-based branch"},
	{"clrbhrb", "no branch history in qemu-user"},
	{"mfbhrbe", "no branch history in qemu-user"},
	{"msgsndp", "not in problem state"},
	{"wait", "waits"},
	{"copy", "needs an accelerator"},
	{"paste_", "needs an accelerator"},
	{"icbt", "qemu has it on BookE only"},
	{"dst", "qemu has it on G4 only"},
	{"dstst", "as dst"},
	{"dstt", "as dst"},
	{"dststt", "as dst"},
	{"dss", "as dst"},
	{"dssall", "as dst"},
	{"icswx", "needs a coprocessor"},
	{"bclr", "goes to a random address"},
	{"bcctr", "goes to a random address"},
	{"bctar", "goes to a random address"},
	{"attn", "support processor"},
	{"lswx", "runs over the runner's registers"},
	{"stswx", "its length is XER's: leaves the window"},
	{"tend", "transactional memory"},
	{"tcheck", "transactional memory"},
	{"lscbx", "POWER"},
};

/* Alignment interrupts of little-endian mode, for which qemu-user aborts. */
static bool big_endian_only(const struct insn_row *row)
{
	return !strcmp(row->name, "lmw") || !strcmp(row->name, "stmw") ||
	       !strcmp(row->name, "lswi") || !strcmp(row->name, "stswi");
}

const char *diff_gen_excluded(const struct insn_row *row, bool big_endian)
{
	size_t n;

	if (!big_endian && big_endian_only(row))
		return "always an alignment interrupt in little-endian mode";
	if (row->privilege != PRIV_USER)
		return "privileged";
	if (row->facility == FAC_TM)
		return "transactional memory";
	for (n = 0; n < sizeof(excluded) / sizeof(*excluded); n++)
		if (!strcmp(row->name, excluded[n].name))
			return excluded[n].why;
	return NULL;
}

uint32_t diff_gen_init(struct diff_gen *g, const struct insn_set *set, uint64_t seed,
		       bool big_endian, const char *only)
{
	uint32_t n;

	memset(g, 0, sizeof(*g));
	g->set = *set;
	g->seed = seed * 0x9e3779b97f4a7c15ull | 1;
	for (n = 0; n < INSN_COUNT; n++)
		if (insn_set_has(set, &insn_rows[n]) &&
		    !diff_gen_excluded(&insn_rows[n], big_endian) &&
		    (!only || strstr(insn_rows[n].name, only)))
			g->rows[g->nr_rows++] = n;
	return g->nr_rows;
}

static void set_field(uint32_t *w, unsigned first, unsigned last, uint32_t v)
{
	uint32_t mask = (1u << (last - first + 1)) - 1;

	*w = (*w & ~(mask << (31 - last))) | (v & mask) << (31 - last);
}

/* A general register that may be written: not the runner's, no address. */
static uint32_t target_gpr(struct diff_gen *g)
{
	static const uint8_t regs[] = {0,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11,
				       12, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23};

	return regs[below(g, sizeof(regs))];
}

static uint32_t source_gpr(struct diff_gen *g)
{
	uint32_t r = below(g, 32);

	return r == 1 || r == 13 ? 14 : r;
}

static bool accesses_memory(const struct insn_row *row)
{
	return row->flags & (IF_LOAD | IF_STORE) || !strncmp(row->name, "dcb", 3) ||
	       !strncmp(row->name, "icb", 3);
}

static uint32_t gpr_for(struct diff_gen *g, const struct insn_row *row, const struct insn_opnd *o)
{
	bool base = o->segment[0].first == 11, index = o->segment[0].first == 16;
	uint32_t r;

	if (accesses_memory(row) && base && o->kind != OPND_KIND_GPR2)
		return BASE_FIRST + below(g, 4);
	if (accesses_memory(row) && index)
		return INDEX_FIRST + below(g, 4);
	if (o->kind == OPND_KIND_GPR2) {
		r = 2 * below(g, 12);
		return r == 0 || r == 12 ? 14 : r;
	}
	/* lmw and string loads run upwards from their target */
	if (!strcmp(row->name, "lswi"))
		return 14 + below(g, 3);
	if (!strcmp(row->name, "lmw") || !strcmp(row->name, "stmw"))
		return 24 + below(g, 8);
	if (!strcmp(row->name, "stswi"))
		return 14;
	return o->access == OPND_ACCESS_R ? source_gpr(g) : target_gpr(g);
}

static void fill_operand(struct diff_gen *g, const struct insn_row *row, const struct insn_opnd *o,
			 uint32_t *w, uint32_t left)
{
	switch (o->kind) {
	case OPND_KIND_GPR:
	case OPND_KIND_GPR0:
	case OPND_KIND_GPR2:
		set_field(w, o->segment[0].first, o->segment[0].last, gpr_for(g, row, o));
		break;
	case OPND_KIND_MEM:
	case OPND_KIND_MEM0:
		set_field(w, 11, 15, BASE_FIRST + below(g, 4));
		set_field(w, o->segment[0].first, o->segment[0].last,
			  (below(g, 512) - 256) >> o->scale);
		break;
	case OPND_KIND_FPR2:
		set_field(w, o->segment[0].first, o->segment[0].last, 2 * below(g, 16));
		break;
	case OPND_KIND_TARGET: /* forwards, inside the case */
		set_field(w, o->segment[0].first, o->segment[0].last, 1 + below(g, left));
		*w &= ~2u;
		break;
	default:
		break;
	}
}

static uint32_t draw(struct diff_gen *g, uint32_t id, uint32_t left)
{
	const struct insn_row *row = &insn_rows[id];
	uint32_t w = (uint32_t)row->match, n, bits = 0;

	g->count[id]++;
	for (n = 0; n < INSN_MAX_OPERANDS && row->operand[n]; n++)
		bits |= insn_opnd_bits(&insn_opnds[row->operand[n]]);
	if (row->flags & (IF_RC | IF_RO | IF_EX | IF_LK))
		bits |= 1;
	if (row->flags & (IF_OE | IF_VCRC))
		bits |= 1 << 10;
	bits &= ~(uint32_t)row->mask;
	w |= (uint32_t)(diff_next(&g->seed) >> 20) & bits;
	for (n = 0; n < INSN_MAX_OPERANDS && row->operand[n]; n++)
		fill_operand(g, row, &insn_opnds[row->operand[n]], &w, left);
	return w;
}

static uint64_t integer_value(struct diff_gen *g)
{
	static const uint64_t corner[] = {0,
					  1,
					  2,
					  ~0ull,
					  ~1ull,
					  0x7fffffff,
					  0x80000000,
					  0xffffffff,
					  0x100000000,
					  0x7fffffffffffffff,
					  0x8000000000000000,
					  0xffffffff80000000,
					  0xffffffff7fffffff,
					  0x5555555555555555,
					  0x8000000080000000,
					  31,
					  32,
					  63,
					  64,
					  127,
					  0xff,
					  0x8000,
					  0x7fff};

	switch (below(g, 4)) {
	case 0:
	case 1:
		return corner[below(g, sizeof(corner) / sizeof(*corner))];
	case 2:
		return diff_next(&g->seed) >> below(g, 64);
	default:
		return diff_next(&g->seed);
	}
}

static uint64_t double_value(struct diff_gen *g)
{
	static const uint64_t corner[] = {0,
					  0x8000000000000000,
					  0x3ff0000000000000,
					  0xbff0000000000000,
					  0x7ff0000000000000,
					  0xfff0000000000000,
					  0x7ff8000000000000,
					  0x7ff0000000000001,
					  0xfff4000000000000,
					  0x0000000000000001,
					  0x000fffffffffffff,
					  0x0010000000000000,
					  0x7fefffffffffffff,
					  0x36a0000000000000,
					  0x3690000000000000,
					  0x380fffffffffffff,
					  0x3810000000000000,
					  0x47efffffe0000000,
					  0x47effffff0000000,
					  0x41dfffffffc00000,
					  0xc1e0000000000000,
					  0x43e0000000000000,
					  0xc3e0000000000000,
					  0x43f0000000000000,
					  0x41f0000000000000,
					  0x3fe0000000000000,
					  0x3ff8000000000000,
					  0x4004000000000000};
	uint64_t v;

	switch (below(g, 5)) {
	case 0:
	case 1:
		return corner[below(g, sizeof(corner) / sizeof(*corner))];
	case 2: /* near one */
		v = diff_next(&g->seed);
		return (v & 0x800fffffffffffff) | (uint64_t)(1023 - 8 + below(g, 16)) << 52;
	case 3: /* exactly a single */
		return diff_next(&g->seed) & 0xffffffffe0000000;
	default:
		return diff_next(&g->seed);
	}
}

static uint64_t single_pair(struct diff_gen *g)
{
	static const uint32_t corner[] = {0,	      0x80000000, 0x3f800000, 0xbf800000,
					  0x7f800000, 0xff800000, 0x7fc00000, 0x7f800001,
					  0xffa00000, 1,	  0x007fffff, 0x00800000,
					  0x7f7fffff, 0x4f000000, 0xcf000000, 0x5f000000};
	uint64_t v = diff_next(&g->seed);

	if (below(g, 2))
		v = (v & 0xffffffff) | (uint64_t)corner[below(g, sizeof(corner) / sizeof(*corner))]
					       << 32;
	if (below(g, 2))
		v = (v & 0xffffffff00000000) | corner[below(g, sizeof(corner) / sizeof(*corner))];
	return v;
}

/* A register's halves: doubles, singles, integers, quads, packed decimals. */
static void vector_value(struct diff_gen *g, uint64_t d[2])
{
	static const uint64_t quad[] = {0,
					0x8000000000000000,
					0x3fff000000000000,
					0x7fff000000000000,
					0xffff000000000000,
					0x7fff800000000000,
					0x7fff000000000001,
					0x7ffeffffffffffff,
					0x0001000000000000};
	unsigned n;

	switch (below(g, 8)) {
	case 0:
		d[0] = integer_value(g);
		d[1] = integer_value(g);
		break;
	case 1:
		d[0] = quad[below(g, 9)];
		d[1] = below(g, 2) ? 0 : diff_next(&g->seed);
		break;
	case 2:
	case 3:
		d[0] = single_pair(g);
		d[1] = single_pair(g);
		break;
	case 4: /* signed packed decimal */
		d[0] = d[1] = 0;
		for (n = 0; n < 16; n++) {
			d[0] = d[0] << 4 | below(g, 10);
			d[1] = d[1] << 4 | (n == 15 ? 10 + below(g, 6) : below(g, 10));
		}
		if (below(g, 2))
			d[0] = 0;
		break;
	default:
		d[0] = double_value(g);
		d[1] = double_value(g);
	}
}

/* A decimal number of a format: all lengths, nines and zeros, exponents at both ends and near 0. */
static u128 decimal_value(struct diff_gen *g, const struct dec_fmt *f)
{
	struct dec_num d = {.sign = below(g, 2)};
	uint32_t kind = below(g, 16), n;

	d.cls = kind < 3 ? (uint8_t)(DEC_INF + kind) : DEC_FINITE;
	d.len = below(g, 4) ? below(g, f->digits + 1) : f->digits;
	for (n = 0; n < d.len; n++)
		d.digit[n] = (uint8_t)below(g, 10);
	kind = below(g, 5);
	for (n = 0; n < d.len && kind < 2; n++)
		d.digit[n] = kind ? 9 : n < d.len / 2 ? 0 : d.digit[n];
	if (kind == 2 && d.len > 2)
		d.digit[d.len / 2] = 5;
	dec_truncate(&d, d.cls == DEC_FINITE ? f->digits : f->digits - 1);
	switch (below(g, 5)) {
	case 0:
		d.exp = -f->bias + (int)below(g, 40);
		break;
	case 1:
		d.exp = f->emax - (int)below(g, 40);
		break;
	case 2:
		d.exp = (int)below(g, 768) - 398;
		break;
	default:
		d.exp = (int)below(g, 60) - 40;
	}
	return dec_pack(&d, f);
}

static void decimal_pair(struct diff_gen *g, struct diff_state *s, int n)
{
	u128 quad = decimal_value(g, &dec_quad);

	if (below(g, 2)) {
		s->vsr[n][0] = (uint64_t)(quad >> 64);
		s->vsr[n + 1][0] = (uint64_t)quad;
	} else {
		s->vsr[n][0] = (uint64_t)decimal_value(g, &dec_long);
		s->vsr[n + 1][0] = below(g, 4) ? (uint64_t)decimal_value(g, &dec_long)
					       : (uint64_t)decimal_value(g, &dec_short);
	}
}

/* Packed decimal digits for denbcd: qemu takes digit 10 for valid and never returns. */
static void packed_pair(struct diff_gen *g, struct diff_state *s, uint32_t n, bool quad,
			bool has_sign)
{
	int i;

	for (i = 0; i < 16; i++) {
		s->vsr[n][0] = s->vsr[n][0] << 4 | below(g, 10);
		s->vsr[(n + 1) & 31][0] = s->vsr[(n + 1) & 31][0] << 4 | below(g, 10);
	}
	n = quad ? (n + 1) & 31 : n;
	if (has_sign && below(g, 4))
		s->vsr[n][0] |= 8 | below(g, 8);
}

static bool packs_decimal(const struct insn_row *row)
{
	return !strncmp(row->name, "denbcd", 6);
}

static void fill_state(struct diff_gen *g, struct diff_state *s)
{
	int n;

	memset(s, 0, sizeof(*s));
	for (n = 0; n < 32; n++)
		s->gpr[n] = integer_value(g);
	s->gpr[1] = s->gpr[13] = 0;
	for (n = INDEX_FIRST; n < BASE_FIRST; n++)
		s->gpr[n] = (uint64_t)((int64_t)below(g, 256) - 128) & ~(below(g, 2) ? 15ull : 0);
	for (n = BASE_FIRST; n < 32; n++)
		s->gpr[n] = DIFF_WINDOW + 768 + (below(g, 512) & ~(below(g, 4) ? 15u : 0));
	s->cr = (uint32_t)diff_next(&g->seed);
	s->xer = diff_next(&g->seed) & 0xe0000000;
	s->lr = integer_value(g);
	s->ctr = below(g, 2) ? below(g, 3) : integer_value(g);
	/* Rounding modes, result class and sticky bits at random. Enables seldom, and then nothing
	 * sticky: loading both would interrupt before the case begins. */
	s->fpscr = diff_next(&g->seed) & FPSCR_MODES;
	switch (below(g, 8)) {
	case 0:
		s->fpscr |= diff_next(&g->seed) & FPSCR_ENABLE_BITS;
		break;
	case 1:
	case 2:
	case 3:
		s->fpscr |= diff_next(&g->seed) & FPSCR_STICKY;
	}
	s->vscr = diff_next(&g->seed) & 0x10001;
	s->vrsave = (uint32_t)diff_next(&g->seed);
	for (n = 0; n < 64; n++)
		vector_value(g, s->vsr[n]);
	for (n = 0; n < 32; n += 2)
		if (!below(g, 3))
			decimal_pair(g, s, n);
}

void diff_gen_case(struct diff_gen *g, struct diff_case *c, uint64_t number)
{
	uint32_t n, id;

	memset(c, 0, sizeof(*c));
	fill_state(g, &c->state);
	c->mem_seed = diff_next(&g->seed) | 1;
	c->words = number % 3 ? 1 + below(g, 8) : 1;
	for (n = 0; n < c->words; n++) {
		id = n ? g->rows[below(g, g->nr_rows)] : g->rows[number % g->nr_rows];
		/* what may end the base registers comes last */
		if (!strcmp(insn_rows[id].name, "lmw"))
			c->words = n + 1;
		/* behind others its operand would be anything */
		if (n && packs_decimal(&insn_rows[id])) {
			c->words = n;
			break;
		}
		c->code[n] = draw(g, id, c->words - n);
		if (packs_decimal(&insn_rows[id]))
			packed_pair(g, &c->state, (c->code[n] >> 11) & 31, id == INSN_denbcdq,
				    f_s_denbcd(c->code[n]));
	}
}

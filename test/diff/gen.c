// SPDX-License-Identifier: GPL-2.0-or-later
/* Draws rows and fills their operands so that a case stays inside its memory window and never
 * loses the runner's registers; operand values are biased to the corners of each format. */
#include <stdbool.h>
#include <string.h>

#include "gen.h"
#include "isa/fpscr.h"

/* Registers that hold addresses and indexes, see case.h. */
enum { INDEX_FIRST = 24, BASE_FIRST = 28, NOP = 0x60000000, BDNZ = 0x42000000 };

#define FPSCR_MODES	  0x70007f003ull /* DRN, FR, FI, FPRF, RN */
#define FPSCR_STICKY	  0x9ff80700ull
#define FPSCR_ENABLE_BITS 0xf8ull

/* Rows that a random sequence cannot have; covered.txt says which test has them. */
static const struct {
	const char *name, *why;
} excluded[] = {
	{"sc", "leaves the case"},
	{"scv", "leaves the case"},
	{"mftb", "reads the clock"},
	{"darn", "random by definition"},
	{"rfebb", "needs an event-based branch"},
	{"clrbhrb", "no branch history in qemu-user"},
	{"mfbhrbe", "no branch history in qemu-user"},
	{"msgsndp", "not in problem state"},
	{"wait", "waits"},
	{"copy", "needs an accelerator"},
	{"paste_", "needs an accelerator"},
	{"cp_abort", "needs an accelerator"},
	{"icbt", "qemu has it on BookE only"},
	{"dstt", "transient: illegal in qemu"},
	{"dststt", "as dstt"},
	{"icswx", "needs a coprocessor"},
	{"attn", "support processor"},
};

/* Alignment interrupts of little-endian mode, for which qemu-user aborts. */
static bool big_endian_only(const struct insn_row *row)
{
	return !strcmp(row->name, "lmw") || !strcmp(row->name, "stmw") ||
	       !strncmp(row->name, "lsw", 3) || !strncmp(row->name, "stsw", 4);
}

const char *diff_gen_excluded(const struct insn_row *row, bool big_endian)
{
	size_t n;

	if (!big_endian && big_endian_only(row))
		return "always an alignment interrupt in little-endian mode";
	if (!strcmp(row->name, "mtspr") || !strcmp(row->name, "mfspr"))
		return NULL;
	if (row->privilege != PRIV_USER)
		return "privileged";
	if (row->facility == FAC_TM)
		return "transactional memory";
	for (n = 0; n < sizeof(excluded) / sizeof(*excluded); n++)
		if (!strcmp(row->name, excluded[n].name))
			return excluded[n].why;
	return NULL;
}

/* Does the name contain one of the parts of a list with commas? */
static bool is_wanted(const char *name, const char *list)
{
	char part[32];
	size_t len;

	for (; list; list = strchr(list, ',') ? strchr(list, ',') + 1 : NULL) {
		len = strcspn(list, ",");
		if (len >= sizeof(part))
			continue;
		memcpy(part, list, len);
		part[len] = 0;
		if (strstr(name, part))
			return true;
	}
	return false;
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
		    (!only || is_wanted(insn_rows[n].name, only)))
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

	return regs[diff_gen_below(g, sizeof(regs))];
}

static uint32_t source_gpr(struct diff_gen *g)
{
	uint32_t r = diff_gen_below(g, 32);

	return r == 1 || r == 13 ? 14 : r;
}

static bool accesses_memory(const struct insn_row *row)
{
	return row->flags & (IF_LOAD | IF_STORE) || !strncmp(row->name, "dcb", 3) ||
	       !strncmp(row->name, "icb", 3);
}

/* Those that a misaligned address interrupts. */
static bool aligned(const struct insn_row *row)
{
	static const char *const names[] = {"lq", "stq", "lwat", "ldat", "stwat", "stdat"};
	size_t n;

	for (n = 0; n < sizeof(names) / sizeof(*names); n++)
		if (!strcmp(row->name, names[n]))
			return true;
	return row->flags & IF_RESERVATION;
}

static uint32_t base_gpr(struct diff_gen *g, const struct insn_row *row, const struct insn_opnd *o)
{
	if (o->access == OPND_ACCESS_RW)
		return BASE_FIRST + 2 + diff_gen_below(g, 2);
	return BASE_FIRST + diff_gen_below(g, g->aligned ? 2 : 4);
}

static uint32_t gpr_for(struct diff_gen *g, const struct insn_row *row, const struct insn_opnd *o)
{
	bool base = o->segment[0].first == 11, index = o->segment[0].first == 16;
	uint32_t r;

	if (accesses_memory(row) && base && o->kind != OPND_KIND_GPR2)
		return base_gpr(g, row, o);
	if (accesses_memory(row) && index) /* those of stcx. are aligned */
		return INDEX_FIRST + diff_gen_below(g, g->aligned ? 2 : 4);
	if (o->kind == OPND_KIND_GPR2) {
		r = 2 * diff_gen_below(g, 12);
		return r == 0 || r == 12 ? 14 : r;
	}
	/* lmw and string loads run upwards from their target */
	if (!strcmp(row->name, "lswi"))
		return 14 + diff_gen_below(g, 3);
	/* atomics use three from their target on */
	if (!strcmp(row->name, "lwat") || !strcmp(row->name, "ldat"))
		return 14 + diff_gen_below(g, 8);
	if (!strcmp(row->name, "lmw") || !strcmp(row->name, "stmw"))
		return 24 + diff_gen_below(g, 8);
	if (!strncmp(row->name, "lswx", 4) || !strncmp(row->name, "stsw", 4))
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
		set_field(w, 11, 15, base_gpr(g, row, o));
		set_field(w, o->segment[0].first, o->segment[0].last,
			  ((diff_gen_below(g, 512) - 256) & ~(g->aligned ? 15u : 0)) >> o->scale);
		break;
	case OPND_KIND_FPR2:
		set_field(w, o->segment[0].first, o->segment[0].last, 2 * diff_gen_below(g, 16));
		break;
	case OPND_KIND_TARGET: /* forwards, inside the case */
		set_field(w, o->segment[0].first, o->segment[0].last, 1 + diff_gen_below(g, left));
		*w &= ~2u;
		break;
	default:
		break;
	}
}

static uint32_t draw(struct diff_gen *g, uint32_t id, uint32_t left)
{
	/* XER, LR, CTR, VRSAVE, TAR: what problem state of qemu-user has */
	static const uint16_t spr[] = {1, 8, 9, 256, 815};
	const struct insn_row *row = &insn_rows[id];
	uint32_t w = (uint32_t)row->match, n, bits = 0;

	g->aligned = aligned(row) && diff_gen_below(g, 8);
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
	if (id == INSN_bcctr) /* that decrements is an invalid form */
		w |= 4u << 21;
	if (!strncmp(row->name, "xsrqp", 5) && !(w & 1u << 16)) /* R = 0 has RMC = 0 and 3 */
		w |= w >> 9 & 3 ? 3u << 9 : 0;
	if (!strncmp(row->name, "dst", 3)) /* register 0 is an invalid form */
		w |= 1u << 16;
	if (id == INSN_mtspr || id == INSN_mfspr) {
		n = spr[diff_gen_below(g, sizeof(spr) / sizeof(*spr))];
		set_field(&w, 11, 15, n & 31);
		set_field(&w, 16, 20, n >> 5);
	}
	return w;
}

/* What most operands of a floating-point row are. */
static enum diff_format format_of(const struct insn_row *row)
{
	const char *name = row->name;

	if (strstr(name, "cvhp"))
		return DIFF_HALF;
	if (strstr(name, "qp") && strcmp(name, "xscvdpqp"))
		return DIFF_QUAD;
	if ((!strncmp(name, "xv", 2) && strstr(name, "sp") && !strstr(name, "cvdp")) ||
	    !strncmp(name, "xscvsp", 6))
		return DIFF_SINGLE;
	return DIFF_DOUBLE;
}

static void fill_state(struct diff_gen *g, struct diff_state *s, const struct insn_row *row)
{
	const bool decimal = row->facility == FAC_DFP, bcd = !strncmp(row->name, "bcd", 3);
	int n;

	memset(s, 0, sizeof(*s));
	for (n = 0; n < 32; n++)
		s->gpr[n] = diff_gen_integer(g);
	s->gpr[1] = s->gpr[13] = 0;
	for (n = INDEX_FIRST; n < BASE_FIRST; n++)
		s->gpr[n] = (uint64_t)((int64_t)diff_gen_below(g, 256) - 128) &
			    ~(n < INDEX_FIRST + 2 ? 15ull : 0);
	for (n = BASE_FIRST; n < 32; n++)
		s->gpr[n] = DIFF_WINDOW + 1792 +
			    (diff_gen_below(g, 512) & ~(n < BASE_FIRST + 2 ? 15u : 0));
	s->cr = (uint32_t)diff_next(&g->seed);
	/* the string length fits between r14 and the index registers */
	s->xer = (diff_next(&g->seed) & 0xe0000000) | diff_gen_below(g, 41);
	if (g->set.isa_level >= ISA_3_0)
		s->xer |= diff_next(&g->seed) & 0xc0000;
	s->lr = diff_gen_integer(g);
	s->ctr = diff_gen_below(g, 2) ? diff_gen_below(g, 3) : diff_gen_integer(g);
	/* Rounding modes, result class and sticky bits at random. Enables seldom, and then nothing
	 * sticky: loading both would interrupt before the case begins. */
	s->fpscr = diff_next(&g->seed) & FPSCR_MODES;
	switch (diff_gen_below(g, 8)) {
	case 0:
		s->fpscr |= diff_next(&g->seed) & FPSCR_ENABLE_BITS;
		break;
	case 1:
	case 2:
	case 3:
		s->fpscr |= diff_next(&g->seed) & FPSCR_STICKY;
	}
	s->fpscr = fpscr_summarise(s->fpscr);
	s->vscr = diff_next(&g->seed) & 0x10001;
	s->vrsave = (uint32_t)diff_next(&g->seed);
	for (n = 0; n < 64; n++)
		if (row->flags & IF_FPSCR && diff_gen_below(g, 4))
			diff_gen_binary(g, format_of(row), s->vsr[n]);
		else if (bcd && n >= 32 && diff_gen_below(g, 4))
			diff_gen_bcd(g, s->vsr[n]);
		else
			diff_gen_vector(g, s->vsr[n]);
	for (n = 0; n < 32; n += 2)
		if (decimal ? diff_gen_below(g, 8) : !diff_gen_below(g, 16))
			diff_gen_decimal(g, &s->vsr[n][0], &s->vsr[n + 1][0]);
}

/* A branch through a register comes first, while the register holds an address of the case. */
static bool branches_to_register(uint32_t id)
{
	return id == INSN_bclr || id == INSN_bcctr || id == INSN_bctar;
}

static void aim(struct diff_gen *g, struct diff_case *c)
{
	uint64_t *const reg[] = {&c->state.lr, &c->state.ctr, &c->state.tar};
	unsigned n;

	for (n = 0; n < 3; n++)
		*reg[n] = DIFF_CODE + 4 * (1 + diff_gen_below(g, c->words)) + diff_gen_below(g, 4);
}

/* Packed decimal digits for denbcd: qemu takes digit 10 for valid and never returns. */
static void packed_pair(struct diff_gen *g, struct diff_state *s, uint32_t id, uint32_t w)
{
	uint32_t n = w >> 11 & 31, last = id == INSN_denbcdq;
	uint64_t *v[] = {&s->vsr[n][0], &s->vsr[(n + 1) & 31][0]};
	unsigned i, k;

	for (k = 0; k < 2; k++) {
		for (i = 0; i < 16; i++)
			*v[k] = *v[k] << 4 | diff_gen_below(g, 10);
		if (k == last && w >> 20 & 1 && diff_gen_below(g, 8)) /* a sign */
			*v[k] = (*v[k] & ~15ull) | (10 + diff_gen_below(g, 6));
		if (!diff_gen_below(g, 8)) /* an invalid digit */
			*v[k] |= 11ull << 4 * (1 + diff_gen_below(g, 15));
	}
}

/* Any row but those whose registers have to be right: the targets of branches, the string length in
 * XER, packed digits. A row that repeats itself where there is nothing else is harmless. */
static uint32_t follower(struct diff_gen *g, uint32_t last)
{
	uint32_t tries, id;

	for (tries = 0; tries < 16; tries++) {
		id = g->rows[diff_gen_below(g, g->nr_rows)];
		if (!branches_to_register(id) && id != INSN_lswx && id != INSN_stswx &&
		    id != INSN_denbcd && id != INSN_denbcdq)
			return id;
	}
	return branches_to_register(last) ? INSN_add : last;
}

/* May it be done more than once? Not what branches, writes CTR, tells its address or needs its
 * registers right. */
static bool repeats(uint32_t id)
{
	const uint32_t opcode = (uint32_t)(insn_rows[id].match >> 26);

	return (opcode < 16 || opcode > 18) && !branches_to_register(id) && id != INSN_addpcis &&
	       id != INSN_mtspr && id != INSN_lmw && id != INSN_lswx && id != INSN_stswx &&
	       id != INSN_denbcd && id != INSN_denbcdq;
}

/* A few instructions and a branch back. */
static void fill_loop(struct diff_gen *g, struct diff_case *c, uint32_t id)
{
	uint32_t n, body = 1 + diff_gen_below(g, g->long_loops ? DIFF_MAX_WORDS - 2 : 4), next;

	c->rounds = 1 + diff_gen_below(g, g->long_loops ? 12 : 3);
	c->state.ctr = c->rounds;
	c->words = body + 1;
	for (n = 0; n < body; n++) {
		c->code[n] = draw(g, id, body - n);
		if (id == INSN_bc)
			c->code[n] |= 4u << 21; /* no CTR */
		next = follower(g, id);
		if (g->long_loops && !diff_gen_below(g, 6))
			next = INSN_bc;
		id = repeats(next) || (g->long_loops && next == INSN_bc) ? next : id;
	}
	c->code[body] = BDNZ | (-4 * body & 0xfffc);
}

void diff_gen_case(struct diff_gen *g, struct diff_case *c, uint64_t number)
{
	uint32_t n, id = g->rows[number % g->nr_rows];

	memset(c, 0, sizeof(*c));
	fill_state(g, &c->state, &insn_rows[id]);
	c->mem_seed = diff_next(&g->seed) | 1;
	c->words = number % 3 ? 1 + diff_gen_below(g, 8) : 1;
	if (repeats(id) && !diff_gen_below(g, 8)) {
		fill_loop(g, c, id);
		return;
	}
	if (branches_to_register(id))
		aim(g, c);
	for (n = 0; n < c->words; n++) {
		if (n && id == INSN_lmw) { /* the address registers are gone */
			c->code[n] = NOP;
			continue;
		}
		if (n)
			id = follower(g, id);
		c->code[n] = draw(g, id, c->words - n);
		if (id == INSN_denbcd || id == INSN_denbcdq)
			packed_pair(g, &c->state, id, c->code[n]);
	}
}

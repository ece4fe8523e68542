// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Decoder, disassembler, front end, optimiser and every back end's compiler on arbitrary
 * instruction words, on every model, in any mode, in both tiers: a block, and a region of what
 * branches reach. Words may be taken as they are, or made valid: any row of the table, and branches
 * that stay near.
 */
#include "backend/backend.h"
#include "frontend/frontend.h"
#include "fuzz.h"
#include "isa/decode.h"
#include "isa/disasm.h"
#include "translator/internal.h"

enum { MODELS = 8, BACKENDS = 4, VARIANTS = 5, BASE = 0x10000, WORDS = 1024 };

/* Of the input. */
enum {
	OPT_VALID = 1,	  /* make the words valid */
	OPT_HEAT = 2,	  /* some blocks are cold */
	OPT_PASSES = 4,	  /* one pass is off */
	OPT_COUNTER = 8,  /* of executions */
	OPT_LARGE = 0x10, /* granule and page */
	OPT_NO_CHAIN = 0x20,
	OPT_SITES = 0x40,
};

struct variant {
	u32 host_level;
	bool records, count, stats;
};
static const struct variant variants[VARIANTS] = {
	{0, false, false, false}, {0, true, true, false},  {0, false, true, true},
	{1, false, false, false}, {2, true, false, false},
};

static struct {
	const struct cpu_model *model[MODELS];
	struct insn_decoder decoder[MODELS];
	unsigned models;
	struct ir_env env;
	struct ir_region region;
	struct backend *backend[BACKENDS][VARIANTS];
	u32 backends;
} f;

struct code {
	u32 word[WORDS];
	u32 words;
	u8 cold; /* what the addresses of cold blocks have in common */
};

static void setup(void)
{
	struct backend_config config;
	const struct cpu_model *m;

	helper_env_init(&f.env);
	for (; f.backends < BACKENDS && backend_at(f.backends); f.backends++)
		for (u32 v = 0; v < VARIANTS; v++) {
			helper_config_init(&config, &f.env);
			config.host_level = variants[v].host_level;
			config.leave_at_records = variants[v].records;
			config.count = variants[v].count;
			config.stats = variants[v].stats;
			config.poll_in_state = true;
			config.poll_slot = (u32)offsetof(struct cpu_state, wanted);
			config.code_bytes = 4 << 20;
			if (backend_at(f.backends)->create(&config, &f.backend[f.backends][v]))
				abort();
		}
	for (unsigned i = 0; (m = cpu_model_at(i)) && f.models < MODELS; i++) {
		const struct insn_set set = {m->families, m->isa, m->facilities};

		if (!insn_decoder_init(&f.decoder[f.models], &set))
			abort();
		f.model[f.models++] = m;
	}
}

/* Rows and near branches from whatever the input says. */
static u32 valid_word(struct fuzz_input *in, u32 at)
{
	u32 kind = (u32)fuzz_value(in, 2), w = (u32)fuzz_value(in, 4);
	const struct insn_row *row = &insn_rows[kind % INSN_COUNT];
	u32 off = (w >> 8 & 0x3f) * 4 - 4 * (at < 32 ? at : 32);

	switch (kind >> 12) {
	case 0:
	case 1:
	case 2: /* bc */
		return 16u << 26 | (w & 0x3ff) << 16 | (off & 0xfffc) | (w >> 31);
	case 3:
		return 18u << 26 | (off & 0x3fffffc) | (w >> 31);
	default:
		return (u32)row->match | (w & ~(u32)row->mask);
	}
}

static void take_code(struct code *c, struct fuzz_input *in, bool valid)
{
	for (c->words = 0; c->words < WORDS && in->size; c->words++)
		c->word[c->words] =
			valid ? valid_word(in, c->words) : bswap32((u32)fuzz_value(in, 4));
}

static bool fetch(void *opaque, u64 ea, u32 *word)
{
	const struct code *c = opaque;

	if (ea < BASE || ea >= BASE + 4ull * c->words)
		return false;
	*word = c->word[(ea - BASE) / 4];
	return true;
}

static u32 heat(void *opaque, u64 ea)
{
	const struct code *c = opaque;

	return (ea >> 2 & c->cold) == c->cold ? 0 : 100 + (u32)(ea & 0xfc);
}

static void check(const char *what)
{
	char msg[160];

	if (ir_verify(&f.region, &f.env, msg, sizeof(msg))) {
		fprintf(stderr, "%s: %s\n", what, msg);
		abort();
	}
}

/* Compile what stands in f.region, on one variant of each back end. */
static void compile(const struct backend_unit *unit, u32 passes, u32 which)
{
	struct backend_code *code;

	check("front end");
	ir_optimise(&f.region, &f.env, passes);
	if (f.region.overflow)
		return;
	check("optimiser");
	for (u32 i = 0; i < f.backends; i++) {
		const struct backend_ops *ops = backend_at(i);
		struct backend *b = f.backend[i][which];

		if (ops->compile(b, &f.region, unit, &code))
			continue;
		for (u32 k = 0; k < code->nr_links; k++) {
			ops->link(b, &code->links[k], code->entry);
			if (k & 1)
				ops->link(b, &code->links[k], NULL);
		}
		ops->discard(b, code);
	}
}

static void check_extent(const struct tr_extent *e)
{
	for (u32 k = 0; k < e->nr_pieces; k++)
		if (e->piece[k].ea < BASE || !e->piece[k].len ||
		    e->piece[k].ea + e->piece[k].len > BASE + 4 * WORDS)
			abort();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct code code;
	static _Atomic s32 counter;
	struct fuzz_input in = {data, size};
	struct tr_ctx c = {.r = &f.region};
	struct tr_extent extent;
	struct tr_region_request q = {.fetch = fetch, .opaque = &code, .extent = &extent};
	struct backend_unit unit = {.pc = BASE};
	u32 m, options, which, passes = IR_PASS_ALL, turn;
	struct insn insn;
	char text[128];

	if (!f.models)
		setup();
	m = (u32)fuzz_value(&in, 1);
	c.model = f.model[m % f.models];
	c.decoder = &f.decoder[m % f.models];
	c.mode = (u32)fuzz_value(&in, 4) & (2 * MODE_CIABR - 1);
	options = (u32)fuzz_value(&in, 1);
	which = (u32)fuzz_value(&in, 1);
	q.max_insns = 1 + (u32)fuzz_value(&in, 1) * 2;
	code.cold = (u8)fuzz_value(&in, 1);
	c.lazy_fp = which & 0x80;
	c.no_chain = options & OPT_NO_CHAIN;
	if (options & OPT_PASSES)
		passes &= ~(1u << which % 8);
	if (options & OPT_HEAT)
		q.heat = heat;
	if (options & OPT_COUNTER)
		unit.hot = &counter;
	unit.tlb_bits = unit.page_bits = options & OPT_LARGE ? 16 : TLB_PAGE_BITS;
	unit.sites = options & OPT_SITES;
	take_code(&code, &in, options & OPT_VALID);
	for (u32 k = 0; k < code.words; k++)
		if (insn_decode(c.decoder, code.word[k], &insn))
			insn_disasm(&insn, BASE + 4 * k, text, sizeof(text));
	unit.tier = 1;
	unit.single = c.no_chain;
	ir_begin(&f.region);
	if (!frontend_translate(&c, BASE, q.max_insns % 97, fetch, &code) || f.region.overflow)
		return 0;
	compile(&unit, passes, which % VARIANTS);
	if (c.mode & MODE_TRACED || c.no_chain)
		return 0;
	unit.tier = 2;
	unit.hot = NULL;
	for (turn = 0; turn < 2; turn++) {
		unit.pc = BASE + 4ull * (turn * (which + m) % code.words);
		if (!frontend_translate_region(&c, unit.pc, &q))
			continue;
		check_extent(&extent);
		if (!f.region.overflow)
			compile(&unit, passes, which % VARIANTS);
	}
	return 0;
}

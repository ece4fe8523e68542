// SPDX-License-Identifier: GPL-2.0-or-later
/* Decoder, disassembler, front end, optimiser and every back end's compiler on arbitrary
 * instruction words, on every model and in any mode. */
#include "backend/backend.h"
#include "frontend/frontend.h"
#include "fuzz.h"
#include "isa/decode.h"
#include "isa/disasm.h"
#include "translator/internal.h"

enum { MODELS = 8, BACKENDS = 4, BASE = 0x10000 };

static struct {
	const struct cpu_model *model[MODELS];
	struct insn_decoder decoder[MODELS];
	unsigned models;
	struct ir_env env;
	struct ir_region region;
	struct backend *backend[BACKENDS];
} f;

static void setup(void)
{
	struct backend_config config;
	const struct cpu_model *m;

	helper_env_init(&f.env);
	helper_config_init(&config, &f.env);
	for (u32 i = 0; backend_at(i) && i < BACKENDS; i++)
		if (backend_at(i)->create(&config, &f.backend[i]))
			abort();
	for (unsigned i = 0; (m = cpu_model_at(i)) && f.models < MODELS; i++) {
		const struct insn_set set = {m->families, m->isa, m->facilities};

		if (!insn_decoder_init(&f.decoder[f.models], &set))
			abort();
		f.model[f.models++] = m;
	}
}

static bool fetch(void *opaque, u64 ea, u32 *word)
{
	const struct fuzz_input *in = opaque;
	u64 at = ea - BASE;

	if (ea < BASE || at + 4 > in->size)
		return false;
	memcpy(word, in->data + at, 4);
	return true;
}

static void check(const char *what)
{
	char msg[160];

	if (ir_verify(&f.region, &f.env, msg, sizeof(msg))) {
		fprintf(stderr, "%s: %s\n", what, msg);
		abort();
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz_input in = {data, size};
	struct tr_ctx c = {.r = &f.region};
	struct backend_code *code;
	struct insn insn;
	char text[128];
	unsigned m;
	u32 word;

	if (!f.models)
		setup();
	m = (unsigned)fuzz_value(&in, 1) % f.models;
	c.model = f.model[m];
	c.decoder = &f.decoder[m];
	c.lazy_fp = m & 1;
	c.mode = (u32)fuzz_value(&in, 4) & 0x1ffffff;
	for (u64 ea = BASE; fetch(&in, ea, &word); ea += 4)
		if (insn_decode(c.decoder, word, &insn))
			insn_disasm(&insn, ea, text, sizeof(text));
	if (!frontend_translate(&c, BASE, 64, fetch, &in))
		return 0;
	check("front end");
	ir_optimise(&f.region, &f.env, IR_PASS_ALL);
	check("optimiser");
	for (u32 i = 0; i < BACKENDS && f.backend[i]; i++)
		if (!backend_at(i)->compile(f.backend[i], &f.region,
					    &(struct backend_unit){.pc = BASE, .tier = 1 + (m & 1)},
					    &code))
			backend_at(i)->discard(f.backend[i], code);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How many host instructions common guest sequences cost: each line of sequences.txt is compiled
 * as a hot region and its hot code counted. A change for better or worse shows in that file.
 * Exit status 77 (skipped) on a host below the third level of x86-64.
 */
#include <capstone/capstone.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/backend.h"
#include "base/codelog.h"
#include "frontend/frontend.h"
#include "isa/decode.h"
#include "isa/mode.h"
#include "isa/state.h"
#include "translator/internal.h"

enum { PC = 0x1000, WORDS = 32, LEVEL = 3, SKIP = 77, LINES = 256, LENGTH = 256 };

struct golden {
	struct code_log log;
	struct ir_region region;
	struct ir_env env;
	struct backend *backend;
	struct insn_decoder decoder;
	u32 words[WORDS];
	u32 nr_words;
	csh capstone;
	size_t count; /* of the last piece */
};

static void made(void *opaque, const struct code_piece *p)
{
	struct golden *g = opaque;
	cs_insn *insn;

	g->count = cs_disasm(g->capstone, p->code, p->hot, 0, 0, &insn);
	if (g->count)
		cs_free(insn, g->count);
}

static bool fetch(void *opaque, u64 ea, u32 *word)
{
	struct golden *g = opaque;
	u64 n = (ea - PC) / 4;

	if (ea < PC || n >= g->nr_words)
		return false;
	*word = g->words[n];
	return true;
}

static struct golden *create(void)
{
	const struct cpu_model *model = cpu_model_find("power9");
	const struct insn_set set = {model->families, model->isa, model->facilities};
	struct golden *g = calloc(1, sizeof(*g));
	struct backend_config config;

	g->log = (struct code_log){.made = made, .opaque = g};
	helper_env_init(&g->env);
	helper_config_init(&config, &g->env);
	config.poll_in_state = true;
	config.poll_slot = SLOT(wanted);
	config.host_level = LEVEL;
	config.code_log = &g->log;
	if (!insn_decoder_init(&g->decoder, &set) || backend_x86_64.create(&config, &g->backend) ||
	    cs_open(CS_ARCH_X86, CS_MODE_64, &g->capstone) != CS_ERR_OK)
		abort();
	return g;
}

static size_t compile(struct golden *g, bool big_endian)
{
	struct tr_extent extent;
	struct tr_ctx c = {
		.r = &g->region,
		.model = cpu_model_find("power9"),
		.decoder = &g->decoder,
		.mode = MODE_SF | (big_endian ? 0 : MODE_LE) | MODE_FP | MODE_VEC | MODE_VSX,
		.lazy_fp = backend_x86_64.lazy_fp,
	};
	struct tr_region_request q = {
		.fetch = fetch, .opaque = g, .max_insns = WORDS, .extent = &extent};
	const struct backend_unit unit = {.pc = PC, .tlb_bits = 16, .page_bits = 16, .tier = 2};
	struct backend_code *code;

	if (!frontend_translate_region(&c, PC, &q))
		abort();
	ir_optimise(&g->region, &g->env, backend_x86_64.passes);
	if (backend_x86_64.compile(g->backend, &g->region, &unit, &code))
		abort();
	backend_x86_64.discard(g->backend, code);
	return g->count;
}

static void parse_words(struct golden *g, const char *text)
{
	char *end;

	for (g->nr_words = 0; g->nr_words < WORDS; g->nr_words++) {
		g->words[g->nr_words] = (u32)strtoul(text, &end, 16);
		if (end == text)
			return;
		text = end;
	}
}

int main(int argc, char **argv)
{
	static char lines[LINES][LENGTH];
	bool update = argc > 2 && !strcmp(argv[2], "--update");
	FILE *f = argc > 1 ? fopen(argv[1], "r") : NULL;
	struct golden *g = create();
	u32 n, count = 0, wrong = 0;

	if (!f)
		return 1;
	if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi2") ||
	    !__builtin_cpu_supports("fma"))
		return SKIP;
	while (count < LINES && fgets(lines[count], LENGTH, f))
		count++;
	fclose(f);
	for (n = 0; n < count; n++) {
		char name[64], words[LENGTH], text[LENGTH], line[3 * LENGTH];
		unsigned want, have;

		if (sscanf(lines[n], "%63[^:]: %u: %255[^:]: %255[^\n]", name, &want, words,
			   text) != 4)
			continue;
		parse_words(g, words);
		have = (unsigned)compile(g, !strncmp(name, "be_", 3));
		if (have != want && !update) {
			printf("%s: %u host instructions, %u in the file (%s)\n", name, have, want,
			       text);
			wrong++;
		}
		snprintf(line, sizeof(line), "%s: %u: %s: %s\n", name, have, words, text);
		memcpy(lines[n], line, LENGTH - 1);
	}
	if (update) {
		f = fopen(argv[1], "w");
		for (n = 0; f && n < count; n++)
			fputs(lines[n], f);
		if (f)
			fclose(f);
	}
	backend_x86_64.destroy(g->backend);
	cs_close(&g->capstone);
	free(g);
	return wrong != 0;
}

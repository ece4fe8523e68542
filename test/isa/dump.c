/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Driver of the instruction table's checks against binutils.
 *
 *   dump MODEL decode         big-endian words on standard input, one line of text per word;
 *                             "?" before it: reserved bits are set
 *   dump MODEL generate N     words of every row, N of them random: "row word text", pc being 0
 *   dump MODEL rows           one line per row: name match mask reserved mnemonic
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "isa/decode.h"
#include "isa/disasm.h"

#define FAC(x) (1ull << FAC_##x)

static const struct {
	const char *name;
	struct insn_set set;
} models[] = {
	{"power8", {FAM_S64, ISA_2_07, ~0ull}},
	{"power9", {FAM_S64, ISA_3_0, ~0ull}},
	{"7450", {FAM_S32, ISA_2_03, FAC(FP) | FAC(VEC)}},
	{"440", {FAM_440, ISA_2_07, FAC(FP)}},
	{"e500", {FAM_E500V2, ISA_2_07, FAC(SPE)}},
	{"e500mc", {FAM_E500MC, ISA_2_07, FAC(FP)}},
	{"e5500", {FAM_E5500, ISA_2_07, FAC(FP)}},
};

static struct insn_decoder decoder;
static u32 random_state = 0x2545f491;

static u32 random_word(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state;
}

static void decode(void)
{
	char text[DISASM_MAX];
	unsigned char b[4];
	struct insn insn;
	u64 pc = 0;

	for (; fread(b, 1, 4, stdin) == 4; pc += 4) {
		u32 word = (u32)b[0] << 24 | (u32)b[1] << 16 | (u32)b[2] << 8 | b[3];

		insn_decode(&decoder, word, &insn);
		insn_disasm(&insn, pc, text, sizeof(text));
		printf("%s%s\n", insn.row && !insn_is_strict(&insn) ? "?" : "", text);
	}
}

/* Prints the word of row id with the field bits in fill, if it is that row's and strict. */
static void generate_one(unsigned id, u32 fill)
{
	const struct insn_row *row = &insn_rows[id];
	u32 fields = (u32)~row->mask & ~insn_row_reserved(row);
	char text[DISASM_MAX];
	struct insn insn;

	if (!insn_decode(&decoder, row->match | (fill & fields), &insn) || insn.id != id ||
	    !insn_is_strict(&insn))
		return;
	insn_disasm(&insn, 0, text, sizeof(text));
	printf("%s %08x %s\n", row->name, (unsigned)insn.word, text);
}

/* No field bit, every single one, all of them, and n random fillings. */
static void generate(const struct insn_set *set, unsigned n)
{
	for (unsigned id = 0; id < INSN_COUNT; id++) {
		if (!insn_set_has(set, &insn_rows[id]))
			continue;
		generate_one(id, 0);
		for (u32 bit = 1; bit; bit <<= 1)
			if (bit & ~(u32)insn_rows[id].mask & ~insn_row_reserved(&insn_rows[id]))
				generate_one(id, bit);
		generate_one(id, ~0u);
		for (unsigned i = 0; i < n; i++)
			generate_one(id, random_word());
	}
}

static void list_rows(const struct insn_set *set)
{
	for (unsigned id = 0; id < INSN_COUNT; id++) {
		const struct insn_row *row = &insn_rows[id];

		if (insn_set_has(set, row))
			printf("%s %08x %08x %08x %s\n", row->name, (unsigned)row->match,
			       (unsigned)row->mask, insn_row_reserved(row), row->mnemonic);
	}
}

int main(int argc, char **argv)
{
	const struct insn_set *set = NULL;

	for (unsigned i = 0; argc >= 3 && i < ARRAY_SIZE(models); i++)
		if (!strcmp(argv[1], models[i].name))
			set = &models[i].set;
	if (!set || !insn_decoder_init(&decoder, set)) {
		fprintf(stderr, "usage: dump MODEL decode|rows|generate N\n");
		return 2;
	}
	if (!strcmp(argv[2], "decode"))
		decode();
	else if (!strcmp(argv[2], "generate"))
		generate(set, argc > 3 ? (unsigned)atoi(argv[3]) : 1);
	else
		list_rows(set);
	return 0;
}

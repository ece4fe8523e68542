// SPDX-License-Identifier: GPL-2.0-or-later
/* Any word, every family: decoder and disassembler keep to their limits and agree with each other.
 */
#include <stdlib.h>
#include <string.h>

#include "base/endian.h"
#include "isa/decode.h"
#include "isa/disasm.h"
#include "isa/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_MODELS 32

static struct insn_decoder *decoders[MAX_MODELS];

static void check_word(const struct insn_decoder *decoder, u64 word)
{
	char text[DISASM_MAX + 1], cut[8], name[DISASM_MAX + 1];
	struct insn insn;
	bool valid = insn_decode(decoder, word, &insn);
	size_t n;

	if (valid != (insn.row != NULL))
		abort();
	n = insn_disasm(&insn, 0x1000, text, sizeof(text));
	if (n >= DISASM_MAX || strlen(text) != n)
		abort();
	/* a short buffer gets the head of the same text */
	if (insn_disasm(&insn, 0x1000, cut, sizeof(cut)) != n || strlen(cut) >= sizeof(cut) ||
	    strncmp(cut, text, strlen(cut)))
		abort();
	if (!valid)
		return;
	if (insn.len != 2 && insn.len != 4 && insn.len != 8)
		abort();
	n = insn_mnemonic(&insn, name, sizeof(name));
	if (!n || strncmp(name, text, n))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (unsigned m = 0; m < MAX_MODELS && cpu_model_at(m); m++) {
		if (!decoders[m]) {
			const struct cpu_model *model = cpu_model_at(m);
			struct insn_set set = {model->families, model->isa, model->facilities};

			decoders[m] = malloc(sizeof(*decoders[m]));
			if (!decoders[m] || !insn_decoder_init(decoders[m], &set))
				abort();
		}
		for (size_t i = 0; i + 4 <= size; i += 4)
			check_word(decoders[m], ld_be32(data + i));
	}
	return 0;
}

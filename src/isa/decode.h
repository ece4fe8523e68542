/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The decoder of one CPU model, built from the rows that the model has. */
#ifndef ISA_DECODE_H
#define ISA_DECODE_H

#include "isa/insn.h"

#define DECODE_TABLES	  16
#define DECODE_TABLE_SIZE 2048
#define DECODE_LIST_SIZE  8192

/*
 * The primary opcode selects a table, the low eleven bits of the word a slot of it, the slot a
 * list of candidates that ends with INSN_COUNT: more specific rows first. Slot 0 of the list is
 * the empty list. Read only once it is built: any number of threads may decode with it.
 */
struct insn_decoder {
	u8 table[64]; /* DECODE_TABLES: one list whatever the low bits, in direct[] */
	u16 direct[64];
	u16 slot[DECODE_TABLES][DECODE_TABLE_SIZE];
	u16 list[DECODE_LIST_SIZE];
	u16 list_len;
	u16 tables;
};

/*
 * Fills a decoder for the set. False if two rows of the set match one word or a limit above does
 * not hold: faults of the table, which a test finds for every model.
 */
bool insn_decoder_init(struct insn_decoder *dec, const struct insn_set *set);

/*
 * Decodes one word. Reserved bits are ignored, as the processor does. False: no such instruction
 * in this model; *out then has no row.
 */
bool insn_decode(const struct insn_decoder *dec, u64 word, struct insn *out);

#endif

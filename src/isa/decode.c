/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Decoder: primary opcode and the low eleven bits of a word select a short list of rows, the masks
 * of which decide. Eleven low bits hold every extended opcode of the ISA's forms but the field in
 * bits 11-15 of the "E" forms and bit 11 of mtocrf, so lists are short.
 */
#include "isa/decode.h"

#include "base/string.h"

enum { FEW = 32 }; /* slots whose rows are looked for together first */

struct candidates {
	u16 id[INSN_COUNT];
	unsigned n;
};

static unsigned popcount(u64 v)
{
	return (unsigned)__builtin_popcountll(v);
}

/* Inserts by falling number of mask bits, so that a fallback comes after what it yields to. */
static void candidate_add(struct candidates *c, u16 id)
{
	unsigned i = c->n++;

	for (; i && popcount(insn_rows[c->id[i - 1]].mask) < popcount(insn_rows[id].mask); i--)
		c->id[i] = c->id[i - 1];
	c->id[i] = id;
}

/* Rows of one primary opcode that the set has. */
static void primary_rows(const struct insn_set *set, unsigned op, struct candidates *rows)
{
	rows->n = 0;
	for (u16 id = 0; id < INSN_COUNT; id++) {
		const struct insn_row *row = &insn_rows[id];

		if (row->match >> 26 == op && insn_set_has(set, row))
			candidate_add(rows, id);
	}
}

/* Rows among those that a word with these low bits can be, as far as the bits of mask tell. */
static void slot_rows(const struct candidates *rows, unsigned low, unsigned mask,
		      struct candidates *out)
{
	out->n = 0;
	for (unsigned i = 0; i < rows->n; i++) {
		const struct insn_row *row = &insn_rows[rows->id[i]];

		if (!((low ^ row->match) & row->mask & mask))
			out->id[out->n++] = rows->id[i];
	}
}

static bool list_is(const struct insn_decoder *dec, u16 at, const struct candidates *c)
{
	if (at + c->n >= dec->list_len || dec->list[at + c->n] != INSN_COUNT)
		return false;
	return !memcmp(&dec->list[at], c->id, c->n * sizeof(c->id[0]));
}

static bool ambiguous(const struct candidates *c)
{
	for (unsigned i = 0; i < c->n; i++)
		for (unsigned j = i + 1; j < c->n; j++)
			if (insn_rows_conflict(&insn_rows[c->id[i]], &insn_rows[c->id[j]]))
				return true;
	return false;
}

/* Index of a list with these candidates, shared with the last one that began with the same row. */
static bool list_add(struct insn_decoder *dec, const struct candidates *c, u16 *last, u16 *at)
{
	*at = c->n ? last[c->id[0]] : 0;
	if (list_is(dec, *at, c))
		return true;
	if (ambiguous(c) || dec->list_len + c->n + 1 > DECODE_LIST_SIZE)
		return false;
	*at = dec->list_len;
	last[c->id[0]] = *at;
	memcpy(&dec->list[*at], c->id, c->n * sizeof(c->id[0]));
	dec->list_len = (u16)(dec->list_len + c->n);
	dec->list[dec->list_len++] = INSN_COUNT;
	return true;
}

bool insn_decoder_init(struct insn_decoder *dec, const struct insn_set *set)
{
	struct candidates rows, some, slot;
	u16 last[INSN_COUNT] = {0};

	memset(dec, 0, sizeof(*dec));
	dec->list[dec->list_len++] = INSN_COUNT;
	for (unsigned op = 0; op < 64; op++) {
		u64 low = 0;

		primary_rows(set, op, &rows);
		for (unsigned i = 0; i < rows.n; i++)
			low |= insn_rows[rows.id[i]].mask & (DECODE_TABLE_SIZE - 1);
		if (!low) {
			dec->table[op] = DECODE_TABLES;
			if (!list_add(dec, &rows, last, &dec->direct[op]))
				return false;
			continue;
		}
		if (dec->tables == DECODE_TABLES)
			return false;
		dec->table[op] = (u8)dec->tables++;
		for (unsigned i = 0; i < DECODE_TABLE_SIZE; i++) {
			if (!(i % FEW))
				slot_rows(&rows, i, DECODE_TABLE_SIZE - FEW, &some);
			slot_rows(&some, i, DECODE_TABLE_SIZE - 1, &slot);
			if (!list_add(dec, &slot, last, &dec->slot[dec->table[op]][i]))
				return false;
		}
	}
	return true;
}

bool insn_decode(const struct insn_decoder *dec, u64 word, struct insn *out)
{
	unsigned op = (word >> 26) & 63;
	unsigned t = dec->table[op];
	const u16 *at;

	at = &dec->list[t == DECODE_TABLES ? dec->direct[op]
					   : dec->slot[t][word & (DECODE_TABLE_SIZE - 1)]];
	out->word = word;
	out->len = 4;
	for (; *at != INSN_COUNT; at++) {
		const struct insn_row *row = &insn_rows[*at];

		if ((word & row->mask) == row->match) {
			out->row = row;
			out->id = *at;
			return true;
		}
	}
	out->row = NULL;
	out->id = INSN_COUNT;
	return false;
}

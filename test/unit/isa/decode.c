/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Decoder, table and disassembler. Words are hand-assembled from the forms of the Power ISA; the
 * comparison with objdump and GNU as over all rows is in test/isa.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "isa/decode.h"
#include "isa/disasm.h"
#include "isa/model.h"

static struct insn_decoder power8, power9, g4, ppc440, e500v2;

static int build(void **state)
{
	const u64 classic = 1u << FAC_FP | 1u << FAC_VEC;

	(void)state;
	return !insn_decoder_init(&power8, &(struct insn_set){FAM_S64, ISA_2_07, ~0ull}) ||
	       !insn_decoder_init(&power9, &(struct insn_set){FAM_S64, ISA_3_0, ~0ull}) ||
	       !insn_decoder_init(&g4, &(struct insn_set){FAM_S32, ISA_2_03, classic}) ||
	       !insn_decoder_init(&ppc440, &(struct insn_set){FAM_440, ISA_PPC, 0}) ||
	       !insn_decoder_init(&e500v2, &(struct insn_set){FAM_E500V2, ISA_PPC, 1u << FAC_SPE});
}

/* The id that a word decodes to, INSN_COUNT when it is no instruction. */
static unsigned id_of(const struct insn_decoder *dec, u32 word)
{
	struct insn insn;
	bool valid = insn_decode(dec, word, &insn);

	assert_int_equal(insn.word, word);
	assert_int_equal(insn.len, 4);
	assert_int_equal(valid, insn.id != INSN_COUNT);
	assert_ptr_equal(insn.row, valid ? &insn_rows[insn.id] : NULL);
	return insn.id;
}

static void assert_text(const struct insn_decoder *dec, u32 word, u64 pc, const char *expected)
{
	char text[DISASM_MAX];
	struct insn insn;

	insn_decode(dec, word, &insn);
	assert_int_equal(insn_disasm(&insn, pc, text, sizeof(text)), strlen(expected));
	assert_string_equal(text, expected);
}

/* No model, nor any other set of one family, has two rows that match one word. */
static void test_no_conflict(void **state)
{
	static const u32 levels[] = {ISA_PPC,  ISA_2_01, ISA_2_03, ISA_2_05,
				     ISA_2_06, ISA_2_07, ISA_3_0};
	enum insn_id a = INSN_COUNT, b = INSN_COUNT;

	(void)state;
	for (u32 family = FAM_S64; family <= FAM_E5500; family <<= 1) {
		for (unsigned i = 0; i < ARRAY_SIZE(levels); i++) {
			struct insn_set set = {family, levels[i], ~0ull};

			if (insn_set_conflict(&set, &a, &b))
				fail_msg("%s and %s", insn_rows[a].name, insn_rows[b].name);
		}
	}
	for (unsigned i = 0; cpu_model_at(i); i++) {
		const struct cpu_model *m = cpu_model_at(i);
		struct insn_set set = {m->families, m->isa, m->facilities};

		assert_false(insn_set_conflict(&set, &a, &b));
	}
	/* The checks do find one: two families at once. */
	static struct insn_decoder dec;
	const struct insn_set two = {FAM_440 | FAM_E500V2, ISA_PPC, ~0ull};

	assert_true(insn_set_conflict(&two, &a, &b));
	assert_false(insn_decoder_init(&dec, &two));
}

static void test_rows_are_sound(void **state)
{
	(void)state;
	for (unsigned id = 0; id < INSN_COUNT; id++) {
		const struct insn_row *row = &insn_rows[id];
		u32 used = (u32)row->mask;

		assert_int_equal(row->match & ~row->mask, 0);
		assert_int_equal(row->mask >> 26, 63);
		assert_true(row->families && row->level && row->mnemonic[0]);
		for (unsigned i = 0; i < INSN_MAX_OPERANDS && row->operand[i]; i++) {
			u32 bits = insn_opnd_bits(&insn_opnds[row->operand[i]]);

			if (bits & used)
				fail_msg("%s: %s overlaps", row->name,
					 insn_opnds[row->operand[i]].name);
			used |= bits;
		}
	}
}

/* Every row is found, in a set that has nothing but its family, level and facility. */
static void test_every_row_decodes(void **state)
{
	static struct insn_decoder dec;
	static bool seen[INSN_COUNT];

	(void)state;
	for (u32 family = FAM_S64; family <= FAM_E5500; family <<= 1) {
		for (u32 level = ISA_2_07; level <= ISA_3_0; level += ISA_3_0 - ISA_2_07) {
			struct insn_set set = {family, level, ~0ull};

			assert_true(insn_decoder_init(&dec, &set));
			for (unsigned id = 0; id < INSN_COUNT; id++) {
				const struct insn_row *row = &insn_rows[id];

				if (insn_set_has(&set, row)) {
					assert_int_equal(id_of(&dec, (u32)row->match), id);
					seen[id] = true;
				}
			}
		}
	}
	for (unsigned id = 0; id < INSN_COUNT; id++)
		assert_true(seen[id]);
}

static void test_suffixes_share_a_row(void **state)
{
	(void)state;
	assert_int_equal(id_of(&power9, 0x7c221a14), INSN_add);
	assert_int_equal(id_of(&power9, 0x7c221e15), INSN_add);
	assert_int_equal(id_of(&power9, 0x48000003), INSN_b);
	assert_int_equal(id_of(&power9, 0x10011406), INSN_vcmpequb);
	assert_int_equal(id_of(&power9, 0x70000000), INSN_andi_);
	assert_int_equal(id_of(&power9, 0x7c01112d), INSN_stwcx_);
	/* stwcx. without its Rc bit is no instruction. */
	assert_int_equal(id_of(&power9, 0x7c01112c), INSN_COUNT);
	assert_text(&power9, 0x7c221e15, 0, "addo.   r1,r2,r3");
	assert_text(&power9, 0x10011406, 0, "vcmpequb. v0,v1,v2");
	assert_text(&power9, 0xfc011009, 0, "xsaddqpo v0,v1,v2");
}

static void test_levels(void **state)
{
	(void)state;
	/* modsw, scv, lxv, xsaddqp: ISA 3.0 */
	static const u32 since_3_0[] = {0x7c642e16, 0x44000001, 0xf4640001, 0xfc011008};

	for (unsigned i = 0; i < ARRAY_SIZE(since_3_0); i++) {
		assert_int_equal(id_of(&power8, since_3_0[i]), INSN_COUNT);
		assert_int_not_equal(id_of(&power9, since_3_0[i]), INSN_COUNT);
	}
	/* nap went, and tlbie got new operands. */
	assert_int_equal(id_of(&power8, 0x4c000364), INSN_nap);
	assert_int_equal(id_of(&power9, 0x4c000364), INSN_COUNT);
	assert_int_equal(id_of(&power8, 0x7c001a64), INSN_tlbie_v2);
	assert_int_equal(id_of(&power9, 0x7c001a64), INSN_tlbie);
	assert_int_equal(id_of(&g4, 0x7c001a64), INSN_tlbie_32);
	/* A facility that the set lacks takes its rows away. */
	static struct insn_decoder no_vmx;

	assert_true(insn_decoder_init(&no_vmx, &(struct insn_set){FAM_S64, ISA_2_07, 0}));
	assert_int_equal(id_of(&power8, 0x10011000), INSN_vaddubm);
	assert_int_equal(id_of(&no_vmx, 0x10011000), INSN_COUNT);
	assert_int_equal(id_of(&no_vmx, 0x7c221a14), INSN_add);
}

static void test_families(void **state)
{
	(void)state;
	/* 31/978: tlbwe with and without operands, tlbld of the 603; 31/854: eieio or mbar. */
	assert_int_equal(id_of(&ppc440, 0x7c6407a4), INSN_tlbwe_4xx);
	assert_int_equal(id_of(&e500v2, 0x7c0007a4), INSN_tlbwe);
	assert_int_equal(id_of(&g4, 0x7c001fa4), INSN_tlbld);
	assert_int_equal(id_of(&power9, 0x7c0007a4), INSN_COUNT);
	assert_int_equal(id_of(&power9, 0x7c0006ac), INSN_eieio);
	assert_int_equal(id_of(&e500v2, 0x7c2006ac), INSN_mbar);
	/* 64-bit operations, strings, isel, the FPU. */
	assert_int_equal(id_of(&g4, 0x7c221836), INSN_COUNT);
	assert_int_equal(id_of(&power8, 0x7c221836), INSN_sld);
	assert_int_equal(id_of(&e500v2, 0x7c2204aa), INSN_COUNT);
	assert_int_equal(id_of(&ppc440, 0x7c2204aa), INSN_lswi);
	assert_int_equal(id_of(&e500v2, 0x7c22189e), INSN_isel);
	assert_int_equal(id_of(&ppc440, 0x7c22189e), INSN_COUNT);
	assert_int_equal(id_of(&e500v2, 0xfc01102a), INSN_COUNT);
	assert_int_equal(id_of(&g4, 0xfc01102a), INSN_fadd);
	/* rfi of 32-bit processors, rfid of 64-bit ones */
	assert_int_equal(id_of(&g4, 0x4c000064), INSN_rfi);
	assert_int_equal(id_of(&power9, 0x4c000064), INSN_COUNT);
	assert_int_equal(id_of(&power9, 0x4c000024), INSN_rfid);
}

/* Book I 1.3.3: reserved fields of instructions are ignored by the processor. */
static void test_reserved_bits(void **state)
{
	struct insn insn;

	(void)state;
	/* sync with bits 6-8, lwzx with bit 31, isync with RT */
	assert_true(insn_decode(&power9, 0x7f8004ac, &insn));
	assert_int_equal(insn.id, INSN_sync);
	assert_false(insn_is_strict(&insn));
	assert_true(insn_decode(&power9, 0x7c22182f, &insn));
	assert_int_equal(insn.id, INSN_lwzx);
	assert_false(insn_is_strict(&insn));
	assert_true(insn_decode(&power9, 0x4fe0012c, &insn));
	assert_int_equal(insn.id, INSN_isync);
	assert_false(insn_is_strict(&insn));
	assert_true(insn_decode(&power9, 0x4c00012c, &insn));
	assert_true(insn_is_strict(&insn));
	/* daddq f1,f2,f4: an odd pair */
	assert_true(insn_decode(&power9, 0xfc222004, &insn));
	assert_false(insn_is_strict(&insn));
	assert_true(insn_decode(&power9, 0xfc422004, &insn));
	assert_true(insn_is_strict(&insn));
	assert_int_equal(insn_row_reserved(&insn_rows[INSN_isync]), 0x03fff801);
	assert_int_equal(insn_row_reserved(&insn_rows[INSN_add]), 0);
}

/* Rows that yield: mfcr to mfocrf since ISA 2.01, mffs to the forms of ISA 3.0. */
static void test_fallback(void **state)
{
	(void)state;
	assert_int_equal(id_of(&power9, 0x7c600026), INSN_mfcr);
	assert_int_equal(id_of(&power9, 0x7c701026), INSN_mfocrf);
	assert_int_equal(id_of(&g4, 0x7c701026), INSN_mfcr);
	assert_int_equal(id_of(&power9, 0x7c6ff120), INSN_mtcrf);
	assert_int_equal(id_of(&power9, 0x7c701120), INSN_mtocrf);
	assert_int_equal(id_of(&power9, 0xfc20048e), INSN_mffs);
	assert_int_equal(id_of(&power9, 0xfc38048e), INSN_mffsl);
	assert_int_equal(id_of(&power8, 0xfc38048e), INSN_mffs);
	assert_int_equal(id_of(&power9, 0xfc21048e), INSN_mffsce);
	/* A value of the field that ISA 3.0 leaves undefined */
	assert_int_equal(id_of(&power9, 0xfc22048e), INSN_mffs);
}

static void test_text(void **state)
{
	char small[6];
	struct insn insn;

	(void)state;
	assert_text(&power9, 0x60000000, 0, "ori     r0,r0,0");
	assert_text(&power9, 0xe8640008, 0, "ld      r3,8(r4)");
	assert_text(&power9, 0x8060fff8, 0, "lwz     r3,-8(0)");
	assert_text(&power9, 0x7c60202e, 0, "lwzx    r3,0,r4");
	assert_text(&power9, 0x4e800020, 0, "bclr    20,lt,0");
	assert_text(&power9, 0x419e0010, 0x1000, "bc      12,4*cr7+eq,0x1010");
	assert_text(&power9, 0x4bfffffd, 0xc000000000000000, "bl      0xbffffffffffffffc");
	assert_text(&power9, 0x48000103, 0x1000, "bla     0x100");
	assert_text(&power9, 0x2f830001, 0, "cmpi    cr7,0,r3,1");
	assert_text(&power9, 0xf4640019, 0, "lxv     vs35,16(r4)");
	assert_text(&power9, 0x7c6004aa, 0, "lswi    r3,0,32");
	assert_text(&power9, 0x4c00012c, 0, "isync");
	assert_text(&power9, 0x00000000, 0, ".long   0x0");

	/* Cut, terminated, and the full length told. */
	insn_decode(&power9, 0x60000000, &insn);
	assert_int_equal(insn_disasm(&insn, 0, small, sizeof(small)), 15);
	assert_string_equal(small, "ori  ");
	assert_int_equal(insn_disasm(&insn, 0, NULL, 0), 15);
	assert_int_equal(insn_mnemonic(&insn, small, sizeof(small)), 3);
	assert_string_equal(small, "ori");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_conflict),
		cmocka_unit_test(test_rows_are_sound),
		cmocka_unit_test(test_every_row_decodes),
		cmocka_unit_test(test_suffixes_share_a_row),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_families),
		cmocka_unit_test(test_reserved_bits),
		cmocka_unit_test(test_fallback),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, build, NULL);
}

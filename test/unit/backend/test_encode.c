// SPDX-License-Identifier: GPL-2.0-or-later
/* Integer instructions of the encoder. */
#include "encode.h"

static void test_alu(void **state)
{
	static const char *const names[] = {"add", "or", "adc", "sbb", "and", "sub", "xor", "cmp"};
	static const s32 imms[] = {0, 1, -1, 127, -128, 100, -100};

	(void)state;
	begin();
	for (unsigned op = 0; op < 8; op++) {
		EACH(k, sizes)
		{
			enum xsize s = sizes[k];

			EACH(i, some)
			{
				unsigned d = some[i];

				EACH(j, some)
				{
					text("%s %s,%s", names[op], regs[s][d], regs[s][some[j]]);
					x_alu_rr(&x, op, s, d, some[j]);
				}
				EACH(j, imms)
				{
					bool narrow = op == XA_AND && s == X_64 && imms[j] >= 0;

					text("%s %s,%d", names[op], regs[narrow ? X_32 : s][d],
					     imms[j]);
					x_alu_ri(&x, op, s, d, imms[j]);
				}
				if (s != X_8) {
					text("%s %s,%d", names[op], regs[s][d], -30000);
					x_alu_ri(&x, op, s, d, -30000);
				}
			}
			EACH(i, mems)
			{
				unsigned r = i % 16;

				text("%s %s,%s", names[op], regs[s][r], mems[i].text);
				x_alu_rm(&x, op, s, r, mems[i].m);
				text("%s %s,%s", names[op], mems[i].text, regs[s][r]);
				x_alu_mr(&x, op, s, mems[i].m, r);
				text("%s %s %s,%d", names[op], ptr[s], mems[i].text, 5);
				x_alu_mi(&x, op, s, mems[i].m, 5);
				if (s != X_8) {
					text("%s %s %s,%d", names[op], ptr[s], mems[i].text, 5000);
					x_alu_mi(&x, op, s, mems[i].m, 5000);
				}
				text(".byte 0xf0; add %s %s,%d", ptr[s], mems[i].text, 5);
				x_lock_alu_mi(&x, XA_ADD, s, mems[i].m, 5);
				text(".byte 0xf0; xor %s,%s", mems[i].text, regs[s][r]);
				x_lock_alu_mr(&x, XA_XOR, s, mems[i].m, r);
			}
		}
	}
	end();
}

static void test_test(void **state)
{
	(void)state;
	begin();
	EACH(k, sizes)
	{
		enum xsize s = sizes[k];

		EACH(i, some)
		{
			unsigned d = some[i];

			EACH(j, some)
			{
				text("test %s,%s", regs[s][d], regs[s][some[j]]);
				x_test_rr(&x, s, d, some[j]);
			}
			text("test %s,%d", regs[X_8][d], 0x7f);
			x_test_ri(&x, s, d, 0x7f);
			text("test %s,%d", regs[s][d], -2);
			x_test_ri(&x, s, d, -2);
			if (s != X_8) {
				text("test %s,%d", regs[s == X_64 ? X_32 : s][d], 0x80);
				x_test_ri(&x, s, d, 0x80);
			}
		}
		EACH(i, mems)
		{
			text("test %s,%s", mems[i].text, regs[s][i % 16]);
			x_test_mr(&x, s, mems[i].m, i % 16);
			text("test %s %s,%d", ptr[s], mems[i].text, 3);
			x_test_mi(&x, s, mems[i].m, 3);
		}
	}
	end();
}

static void moves(enum xsize s)
{
	EACH(i, mems)
	{
		unsigned r = (unsigned)(i * 3 % 16);

		text("mov %s,%s", mems[i].text[0] == '[' ? mems[i].text : "[0x1234]", regs[s][r]);
		/* as has a form without ModRM for the accumulator and an absolute address */
		x_mov_mr(&x, s, mems[i].m, r);
		text("mov %s %s,%d", ptr[s], mems[i].text, 7);
		x_mov_mi(&x, s, mems[i].m, 7);
		if (s == X_8)
			continue;
		text("movbe %s,%s", regs[s][r], mems[i].text);
		x_movbe_rm(&x, s, r, mems[i].m);
		text("movbe %s,%s", mems[i].text, regs[s][r]);
		x_movbe_mr(&x, s, mems[i].m, r);
		if (s == X_16)
			continue;
		text("mov %s,%s", regs[s][r], mems[i].text);
		x_mov_rm(&x, s, r, mems[i].m);
		text("lea %s,%s", regs[s][r], i == 18 ? "[0x1234]" : mems[i].text);
		x_lea(&x, s, r, mems[i].m);
	}
}

static void extensions(enum xsize from)
{
	EACH(i, some)
	{
		EACH(j, some)
		{
			unsigned d = some[i], r = some[j];

			text(from == X_32 ? "mov %s,%s" : "movzx %s,%s", r32[d], regs[from][r]);
			x_movzx_rr(&x, from, d, r);
			text(from == X_32 ? "movsxd %s,%s" : "movsx %s,%s", r64[d], regs[from][r]);
			x_movsx_rr(&x, from, X_64, d, r);
			text(from == X_32 ? "mov %s,%s" : "movsx %s,%s", r32[d], regs[from][r]);
			x_movsx_rr(&x, from, X_32, d, r);
		}
	}
	EACH(i, mems)
	{
		unsigned r = (unsigned)(i * 5 % 16);
		const char *p = ptr[from], *m = mems[i].text;

		text(from == X_32 ? "mov %s,%s %s" : "movzx %s,%s %s", r32[r], p, m);
		x_movzx_rm(&x, from, r, mems[i].m);
		text(from == X_32 ? "movsxd %s,%s %s" : "movsx %s,%s %s", r64[r], p, m);
		x_movsx_rm(&x, from, X_64, r, mems[i].m);
		text(from == X_32 ? "mov %s,%s %s" : "movsx %s,%s %s", r32[r], p, m);
		x_movsx_rm(&x, from, X_32, r, mems[i].m);
	}
}

static void test_mov(void **state)
{
	static const u64 imms[] = {
		0,	     1,	    0x7fffffff,		0x80000000,	    0xffffffff,
		0x100000000, ~0ull, 0xffffffff80000000, 0xffffffff7fffffff, 0x123456789abcdef0};

	(void)state;
	begin();
	EACH(k, sizes)
	{
		moves(sizes[k]);
		if (sizes[k] != X_64)
			extensions(sizes[k]);
	}
	EACH(i, some)
	{
		unsigned d = some[i];

		EACH(j, imms)
		{
			if (imms[j] <= UINT32_MAX)
				text("mov %s,0x%llx", r32[d], (unsigned long long)imms[j]);
			else
				text("mov %s,0x%llx", r64[d], (unsigned long long)imms[j]);
			x_mov_ri(&x, d, imms[j]);
		}
		EACH(j, some)
		{
			text("mov %s,%s", r32[d], r32[some[j]]);
			x_mov_rr(&x, X_32, d, some[j]);
			text("mov %s,%s", r64[d], r64[some[j]]);
			x_mov_rr(&x, X_64, d, some[j]);
		}
		text("xor %s,%s", r32[d], r32[d]);
		x_zero(&x, d);
		text("bswap %s", r32[d]);
		x_bswap(&x, X_32, d);
		text("bswap %s", r64[d]);
		x_bswap(&x, X_64, d);
	}
	end();
}

static void test_shift(void **state)
{
	static const char *const names[] = {"rol", "ror", "rcl", "rcr", "shl", "shr", NULL, "sar"};
	static const u8 counts[] = {1, 2, 7};

	(void)state;
	begin();
	EACH(k, sizes)
	{
		enum xsize s = sizes[k];

		for (unsigned op = 0; op < 8; op++) {
			if (!names[op])
				continue;
			EACH(i, some)
			{
				EACH(j, counts)
				{
					text("%s %s,%d", names[op], regs[s][some[i]], counts[j]);
					x_shift_ri(&x, op, s, some[i], counts[j]);
				}
				text("%s %s,cl", names[op], regs[s][some[i]]);
				x_shift_rcl(&x, op, s, some[i]);
			}
			EACH(i, mems)
			{
				text("%s %s %s,%d", names[op], ptr[s], mems[i].text, counts[i % 2]);
				x_shift_mi(&x, op, s, mems[i].m, counts[i % 2]);
			}
		}
		if (s == X_8)
			continue;
		EACH(i, some)
		{
			EACH(j, some)
			{
				const char *d = regs[s][some[i]], *r = regs[s][some[j]];

				text("shld %s,%s,9", d, r);
				x_shld_rri(&x, s, some[i], some[j], 9);
				text("shrd %s,%s,9", d, r);
				x_shrd_rri(&x, s, some[i], some[j], 9);
			}
		}
	}
	end();
}

static void bmi(enum xsize s, unsigned a, unsigned b, unsigned c)
{
	static const char *const shx[] = {NULL, "shlx", "sarx", "shrx"};
	static const char *const bls[] = {NULL, "blsr", "blsmsk", "blsi"};
	const char *ta = regs[s][a], *tb = regs[s][b], *tc = regs[s][c];

	for (unsigned op = 1; op < 4; op++) {
		text("%s %s,%s,%s", shx[op], ta, tb, tc);
		x_shx_rrr(&x, op, s, a, b, c);
		text("%s %s,%s", bls[op], ta, tb);
		x_bls_rr(&x, op, s, a, b);
		text("%s %s,%s,%s", shx[op], ta, mems[(a + b) % MEMS].text, tc);
		x_shx_rmr(&x, op, s, a, mems[(a + b) % MEMS].m, c);
	}
	text("rorx %s,%s,5", ta, tb);
	x_rorx_rri(&x, s, a, b, 5);
	text("andn %s,%s,%s", ta, tb, tc);
	x_andn_rrr(&x, s, a, b, c);
	text("mulx %s,%s,%s", ta, tb, tc);
	x_mulx_rrr(&x, s, a, b, c);
	text("pdep %s,%s,%s", ta, tb, tc);
	x_pdep_rrr(&x, s, a, b, c);
	text("pext %s,%s,%s", ta, tb, tc);
	x_pext_rrr(&x, s, a, b, c);
}

static void test_bmi(void **state)
{
	static const char *const counts[] = {"popcnt", "lzcnt", "tzcnt", "bsf", "bsr"};

	(void)state;
	begin();
	for (enum xsize s = X_32; s <= X_64; s++) {
		EACH(i, some)
		{
			EACH(j, some)
			{
				EACH(k, some)
				bmi(s, some[i], some[j], some[k]);
				for (unsigned op = 0; op < 5; op++) {
					text("%s %s,%s", counts[op], regs[s][some[i]],
					     regs[s][some[j]]);
					x_count_rr(&x, op, s, some[i], some[j]);
				}
			}
		}
		EACH(i, mems)
		{
			for (unsigned op = 0; op < 5; op++) {
				text("%s %s,%s", counts[op], regs[s][i % 16], mems[i].text);
				x_count_rm(&x, op, s, i % 16, mems[i].m);
			}
		}
	}
	end();
}

static void test_multiply(void **state)
{
	static const char *const names[] = {NULL, NULL, "not", "neg", "mul", "imul", "div", "idiv"};

	(void)state;
	begin();
	EACH(k, sizes)
	{
		enum xsize s = sizes[k];

		for (unsigned op = 2; op < 8; op++) {
			EACH(i, some)
			{
				text("%s %s", names[op], regs[s][some[i]]);
				x_group3_r(&x, op, s, some[i]);
			}
			EACH(i, mems)
			{
				text("%s %s %s", names[op], ptr[s], mems[i].text);
				x_group3_m(&x, op, s, mems[i].m);
			}
		}
		if (s == X_8)
			continue;
		EACH(i, some)
		{
			EACH(j, some)
			{
				const char *d = regs[s][some[i]], *r = regs[s][some[j]];

				text("imul %s,%s", d, r);
				x_imul_rr(&x, s, some[i], some[j]);
				text("imul %s,%s,-100", d, r);
				x_imul_rri(&x, s, some[i], some[j], -100);
				text("imul %s,%s,1000", d, r);
				x_imul_rri(&x, s, some[i], some[j], 1000);
			}
		}
		EACH(i, mems)
		{
			text("imul %s,%s", regs[s][i % 16], mems[i].text);
			x_imul_rm(&x, s, i % 16, mems[i].m);
		}
	}
	end();
}

static void conditions(enum xcc cc)
{
	EACH(i, some)
	{
		text("set%s %s", ccs[cc], r8[some[i]]);
		x_setcc(&x, cc, some[i]);
		for (enum xsize s = X_16; s <= X_64; s++) {
			text("cmov%s %s,%s", ccs[cc], regs[s][some[i]], regs[s][some[i] ^ 9]);
			x_cmov_rr(&x, cc, s, some[i], some[i] ^ 9);
		}
	}
	EACH(i, mems)
	{
		text("set%s %s", ccs[cc], mems[i].text);
		x_setcc_m(&x, cc, mems[i].m);
		text("cmov%s %s,%s", ccs[cc], r64[i % 16], mems[i].text);
		x_cmov_rm(&x, cc, X_64, i % 16, mems[i].m);
	}
	assert_int_equal(x_cc_not(cc), cc ^ 1);
}

static void bits(unsigned op, enum xsize s)
{
	static const char *const names[] = {"bt", "bts", "btr", "btc"};

	EACH(i, some)
	{
		text("%s %s,13", names[op], regs[s][some[i]]);
		x_bt_ri(&x, op, s, some[i], 13);
		text("%s %s,%s", names[op], regs[s][some[i]], regs[s][some[i] ^ 8]);
		x_bt_rr(&x, op, s, some[i], some[i] ^ 8);
	}
	EACH(i, mems)
	{
		text("%s %s %s,3", names[op], ptr[s], mems[i].text);
		x_bt_mi(&x, op, s, mems[i].m, 3);
	}
}

static void test_condition(void **state)
{
	(void)state;
	begin();
	for (unsigned cc = 0; cc < 16; cc++)
		conditions(cc);
	for (unsigned op = 0; op < 4; op++)
		for (enum xsize s = X_16; s <= X_64; s++)
			bits(op, s);
	end();
}

static void test_exchange(void **state)
{
	(void)state;
	begin();
	EACH(k, sizes)
	{
		enum xsize s = sizes[k];

		EACH(i, some)
		{
			/* as has a short form for the accumulator */
			if (!some[i])
				continue;
			text("xchg %s,%s", regs[s][some[i]], regs[s][X_RCX]);
			x_xchg_rr(&x, s, some[i], X_RCX);
		}
		EACH(i, mems)
		{
			const char *r = regs[s][i % 16], *m = mems[i].text;

			text("xchg %s,%s", m, r);
			x_xchg_mr(&x, s, mems[i].m, i % 16);
			text(".byte 0xf0; cmpxchg %s,%s", m, r);
			x_lock_cmpxchg(&x, s, mems[i].m, i % 16);
			text(".byte 0xf0; xadd %s,%s", m, r);
			x_lock_xadd(&x, s, mems[i].m, i % 16);
		}
	}
	EACH(i, mems)
	{
		text(".byte 0xf0; cmpxchg8b %s", mems[i].text);
		x_lock_cmpxchg8b(&x, mems[i].m);
		text(".byte 0xf0; cmpxchg16b %s", mems[i].text);
		x_lock_cmpxchg16b(&x, mems[i].m);
	}
	end();
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alu),	  cmocka_unit_test(test_test),
		cmocka_unit_test(test_mov),	  cmocka_unit_test(test_shift),
		cmocka_unit_test(test_bmi),	  cmocka_unit_test(test_multiply),
		cmocka_unit_test(test_condition), cmocka_unit_test(test_exchange),
	};

	return encode_main(argc, argv, tests, ARRAY_SIZE(tests));
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The x86-64 encoder against GNU as: every emitting function with registers and addresses that need
 * different prefixes and ModRM forms is emitted and written down as assembly; as and objcopy turn
 * the text into bytes, which must be the same. argv[1], argv[2]: as, objcopy.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/x86_64/encode.h"

enum { CODE = 4 << 20, LINES = 400000 };

static const char *as_program, *objcopy_program;
static char dir[] = "/tmp/pv-encode-XXXXXX";
static struct xcode x;
static u8 *code;
static u32 *line_at;
static char **line_text;
static u32 nr_lines;

static const char *const r64[] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
				  "r8",	 "r9",	"r10", "r11", "r12", "r13", "r14", "r15"};
static const char *const r32[] = {"eax", "ecx", "edx",	"ebx",	"esp",	"ebp",	"esi",	"edi",
				  "r8d", "r9d", "r10d", "r11d", "r12d", "r13d", "r14d", "r15d"};
static const char *const r16[] = {"ax",	 "cx",	"dx",	"bx",	"sp",	"bp",	"si",	"di",
				  "r8w", "r9w", "r10w", "r11w", "r12w", "r13w", "r14w", "r15w"};
static const char *const r8[] = {"al",	"cl",  "dl",   "bl",   "spl",  "bpl",  "sil",  "dil",
				 "r8b", "r9b", "r10b", "r11b", "r12b", "r13b", "r14b", "r15b"};
static const char *const *const regs[] = {r8, r16, r32, r64};
static const char *const ptr[] = {"byte ptr", "word ptr", "dword ptr", "qword ptr"};
static const char *const ccs[] = {"o", "no", "b", "ae", "e", "ne", "be", "a",
				  "s", "ns", "p", "np", "l", "ge", "le", "g"};

static const struct {
	struct xmem m;
	const char *text;
} mems[] = {
	{{X_RAX, X_NONE, 0, 0, 0, 0}, "[rax]"},
	{{X_RBP, X_NONE, 0, 0, 0, 0}, "[rbp]"},
	{{X_RBP, X_NONE, 0, 127, 0, 0}, "[rbp+127]"},
	{{X_RBP, X_NONE, 0, 128, 0, 0}, "[rbp+128]"},
	{{X_RSP, X_NONE, 0, 0, 0, 0}, "[rsp]"},
	{{X_RSP, X_NONE, 0, -8, 0, 0}, "[rsp-8]"},
	{{X_R12, X_NONE, 0, 0, 0, 0}, "[r12]"},
	{{X_R12, X_NONE, 0, 1000, 0, 0}, "[r12+1000]"},
	{{X_R13, X_NONE, 0, 0, 0, 0}, "[r13]"},
	{{X_R13, X_NONE, 0, -128, 0, 0}, "[r13-128]"},
	{{X_R13, X_NONE, 0, -129, 0, 0}, "[r13-129]"},
	{{X_RAX, X_RCX, 2, 16, 0, 0}, "[rax+rcx*4+16]"},
	{{X_RBP, X_R8, 3, 0, 0, 0}, "[rbp+r8*8]"},
	{{X_R13, X_R15, 0, 0, 0, 0}, "[r13+r15]"},
	{{X_R12, X_RBP, 1, 0x12345, 0, 0}, "[r12+rbp*2+0x12345]"},
	{{X_R9, X_R12, 0, 4, 0, 0}, "[r9+r12+4]"},
	{{X_NONE, X_RDI, 3, 64, 0, 0}, "[rdi*8+64]"},
	{{X_NONE, X_R13, 1, 0, 0, 0}, "[r13*2+0]"},
	{{X_NONE, X_NONE, 0, 0x1234, 0, 0}, "ds:0x1234"},
	{{X_RIP, X_NONE, 0, 8, 0, 0}, "[rip+start+8]"},
};
enum { MEMS = ARRAY_SIZE(mems) };

static const unsigned some[] = {X_RAX, X_RSP, X_RBP, X_RDI, X_R8, X_R13, X_R15};
static const enum xsize sizes[] = {X_8, X_16, X_32, X_64};

#define EACH(i, table) for (size_t i = 0; i < ARRAY_SIZE(table); i++)

static void text(const char *fmt, ...)
{
	va_list ap;

	assert_true(nr_lines < LINES);
	line_at[nr_lines] = x_here(&x);
	va_start(ap, fmt);
	assert_true(vasprintf(&line_text[nr_lines++], fmt, ap) > 0);
	va_end(ap);
}

static u32 tables[3 * 4];
static struct xfix fixes[LINES];
static struct xreloc relocs[16];

static void begin(void)
{
	x = (struct xcode){.max_labels = ARRAY_SIZE(tables),
			   .label_at = tables,
			   .max_fixes = ARRAY_SIZE(fixes),
			   .fixes = fixes,
			   .max_relocs = ARRAY_SIZE(relocs),
			   .relocs = relocs};
	x_init(&x, code, CODE);
	nr_lines = 0;
	assert_int_equal(x_label(&x), 0);
	x_bind(&x, 0);
}

static void run(const char *fmt, ...)
{
	char command[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	assert_int_equal(system(command), 0);
}

static u8 *assembled(size_t *size)
{
	char path[128];
	u8 *bytes;
	FILE *f;

	snprintf(path, sizeof(path), "%s/t.s", dir);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, ".intel_syntax noprefix\n.text\nstart:\n");
	for (u32 i = 0; i < nr_lines; i++)
		fprintf(f, "%s\n", line_text[i]);
	fclose(f);
	run("%s --64 -o %s/t.o %s/t.s", as_program, dir, dir);
	run("%s -O binary -j .text %s/t.o %s/t.bin", objcopy_program, dir, dir);
	snprintf(path, sizeof(path), "%s/t.bin", dir);
	f = fopen(path, "r");
	assert_non_null(f);
	bytes = malloc(CODE);
	*size = fread(bytes, 1, CODE, f);
	fclose(f);
	return bytes;
}

/* Compare all that was emitted and written since begin(). */
static void end(void)
{
	size_t size, n;
	u8 *bytes;

	assert_true(x_finish(&x));
	bytes = assembled(&size);
	n = size < x_here(&x) ? size : x_here(&x);
	for (size_t i = 0; i < n; i++) {
		if (bytes[i] != code[i]) {
			u32 l = nr_lines - 1;

			while (line_at[l] > i)
				l--;
			print_error("%s:", line_text[l]);
			for (u32 k = line_at[l]; k < line_at[l] + 12; k++)
				print_error(" %02x/%02x", code[k], bytes[k]);
			print_error(" (ours/as)\n");
			fail();
		}
	}
	assert_int_equal(size, x_here(&x));
	for (u32 l = 0; l < nr_lines; l++)
		free(line_text[l]);
	free(bytes);
}

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

static void test_misc(void **state)
{
	static const struct {
		enum xop0 op;
		const char *text;
	} op0[] = {{X0_MFENCE, "mfence"}, {X0_LFENCE, "lfence"}, {X0_PAUSE, "pause"},
		   {X0_RDTSC, "rdtsc"},	  {X0_LAHF, "lahf"},	 {X0_SAHF, "sahf"},
		   {X0_CDQ, "cdq"},	  {X0_CQO, "cqo"},	 {X0_CDQE, "cdqe"},
		   {X0_STC, "stc"},	  {X0_CLC, "clc"},	 {X0_CMC, "cmc"},
		   {X0_INT3, "int3"},	  {X0_UD2, "ud2"},	 {X0_VZEROUPPER, "vzeroupper"}};

	(void)state;
	begin();
	EACH(i, op0)
	{
		text("%s", op0[i].text);
		x_op0(&x, op0[i].op);
	}
	for (unsigned r = 0; r < 16; r++) {
		text("push %s", r64[r]);
		x_push_r(&x, r);
		text("pop %s", r64[r]);
		x_pop_r(&x, r);
		text("jmp %s", r64[r]);
		x_jmp_r(&x, r);
		text("call %s", r64[r]);
		x_call_r(&x, r);
	}
	text("ret");
	x_ret(&x);
	text("push 100");
	x_push_i(&x, 100);
	text("push -1000");
	x_push_i(&x, -1000);
	EACH(i, mems)
	{
		const char *m = mems[i].text;

		text("push qword ptr %s", m);
		x_push_m(&x, mems[i].m);
		text("pop qword ptr %s", m);
		x_pop_m(&x, mems[i].m);
		text("jmp qword ptr %s", m);
		x_jmp_m(&x, mems[i].m);
		text("call qword ptr %s", m);
		x_call_m(&x, mems[i].m);
		text("prefetcht0 %s", m);
		x_prefetch(&x, mems[i].m);
		for (int vex = 0; vex < 2; vex++) {
			x.vex = vex;
			text("%sstmxcsr %s", vex ? "v" : "", m);
			x_stmxcsr(&x, mems[i].m);
			text("%sldmxcsr %s", vex ? "v" : "", m);
			x_ldmxcsr(&x, mems[i].m);
		}
	}
	for (u32 n = 1; n < 20; n++) {
		text(".nops %u, 9", n);
		x_nop(&x, n);
	}
	end();
}

/* Labels before and behind, short and long; alignment. */
static void test_label(void **state)
{
	(void)state;
	begin();
	for (unsigned l = 1; l < 8; l++)
		assert_int_equal(x_label(&x), l);
	text("jmp start");
	x_jmp(&x, 0);
	text("jz start");
	x_jcc(&x, XC_E, 0);
	text("call start");
	x_call(&x, 0);
	text("{disp32} jmp l1");
	x_jmp(&x, 1);
	text("{disp32} jc l1");
	x_jcc(&x, XC_C, 1);
	text("call l1");
	x_call(&x, 1);
	text("jmp l2");
	x_jmp_short(&x, 2);
	text("jg l2");
	x_jcc_short(&x, XC_G, 2);
	text("lea rax,[rip+l1-4]");
	x_lea(&x, X_64, X_RAX, xm_label(1, -4));
	text("add dword ptr [rip+l2],1000");
	x_alu_mi(&x, XA_ADD, X_32, xm_label(2, 0), 1000);
	text("l2: .skip 200, 0x90");
	x_bind(&x, 2);
	for (int i = 0; i < 200; i++)
		x_byte(&x, 0x90);
	text("l1: jmp l2");
	x_bind(&x, 1);
	x_jmp(&x, 2);
	text("jnp l2");
	x_jcc(&x, XC_NP, 2);
	text(".long 0x12345678");
	x_long(&x, 0x12345678);
	text(".quad 0x123456789abcdef0");
	x_quad(&x, 0x123456789abcdef0);
	end();
}

static void test_patchable(void **state)
{
	(void)state;
	for (u32 n = 0; n < 8; n++) {
		u32 l, at;
		s32 rel;

		begin();
		l = x_label(&x);
		x_nop(&x, n);
		at = x_jmp_patchable(&x, l);
		assert_int_equal(at & 3, 0);
		assert_int_equal(code[at - 1], 0xe9);
		x_align(&x, 16);
		assert_int_equal(x_here(&x) & 15, 0);
		x_bind(&x, l);
		assert_true(x_finish(&x));
		memcpy(&rel, code + at, 4);
		assert_int_equal(rel, x_here(&x) - at - 4);
	}
}

static void test_reloc(void **state)
{
	(void)state;
	begin();
	x_call_to(&x, 0x1000);
	x_jmp_to(&x, 0x2000);
	x_jcc_to(&x, XC_NE, 0x3000);
	x_mov_rm(&x, X_64, X_RAX, xm_target(0x4000));
	x_alu_mi(&x, XA_CMP, X_32, xm_target(0x5000), 1000);
	x_alu_mi(&x, XA_CMP, X_32, xm_target(0x6000), 1);
	assert_true(x_finish(&x));
	assert_int_equal(x.nr_relocs, 6);
	for (u32 i = 0; i < 6; i++)
		assert_int_equal(relocs[i].target, (i + 1) * 0x1000);
	assert_int_equal(relocs[0].at, 1);
	assert_int_equal(relocs[1].at, 6);
	assert_int_equal(relocs[2].at, 12);
	assert_int_equal(relocs[3].at, 19);
	assert_int_equal(relocs[3].after, 0);
	assert_int_equal(relocs[4].at, 25);
	assert_int_equal(relocs[4].after, 4);
	assert_int_equal(relocs[5].after, 1);
}

/* Full tables make the output void and write nothing out of bounds. */
static void test_overflow(void **state)
{
	u8 small[80];
	u32 label;

	(void)state;
	begin();
	label = x_label(&x);
	x_jcc_short(&x, XC_E, label);
	x_nop(&x, 200);
	x_bind(&x, label);
	assert_false(x_finish(&x));
	begin();
	label = x_label(&x);
	x_jmp(&x, label);
	assert_false(x_finish(&x));
	memset(small, 0xaa, sizeof(small));
	x.max_labels = 2;
	x_init(&x, small, 64);
	x_label(&x);
	x_label(&x);
	assert_false(x.overflow);
	x_label(&x);
	assert_true(x.overflow);
	x_init(&x, small, 64);
	for (int i = 0; i < 1000; i++)
		x_alu_mi(&x, XA_ADD, X_64, xm_index(X_R8, X_R9, 2, 100000), 100000);
	assert_true(x.overflow);
	for (size_t i = 64; i < sizeof(small); i++)
		assert_int_equal(small[i], 0xaa);
}

struct vop {
	enum xvop op;
	const char *name, *form;
};

static const struct vop vops[] = {
#define XVOP(name, gas, pp, map, op, bits, form) {XV_##name, gas, #form},
#include "backend/x86_64/vop.def"
#undef XVOP
};

static const unsigned xmms[] = {0, 3, 7, 8, 13, 15};

static bool has(const struct vop *v, char c)
{
	return strchr(v->form + 1, c) != NULL;
}

/* Operand r of a vector instruction: a general register where the form says so. */
static const char *operand(const struct vop *v, bool general, unsigned r)
{
	static char names[4][16];
	static unsigned turn;

	if (general && v->op & XV_W)
		return r64[r];
	if (general)
		return r32[r];
	turn = (turn + 1) % 4;
	snprintf(names[turn], sizeof(names[0]), "xmm%u", r);
	return names[turn];
}

static const char *imm_text(const struct vop *v)
{
	return has(v, 'I') ? ",0x35" : "";
}

static void a_form_r(const struct vop *v, unsigned d, unsigned a, unsigned b)
{
	const char *tb = operand(v, has(v, 'G'), b), *imm = imm_text(v);
	unsigned v1 = a, v2 = b;

	if (x.vex && v->op & XV_COMMUTES && b & 8 && !(a & 8) && (v->op >> 10 & 3) == 1) {
		v1 = b;
		v2 = a;
		tb = operand(v, false, v2);
	}
	if (x.vex)
		text("{load} v%s xmm%u,xmm%u,%s%s", v->name, d, v1, tb, imm);
	else
		text("%s xmm%u,%s%s", v->name, d, tb, imm);
	if (has(v, 'I'))
		xv_rrri(&x, v->op, d, a, b, 0x35);
	else
		xv_rrr(&x, v->op, d, a, b);
}

static void a_form_m(const struct vop *v, unsigned d, unsigned a, size_t i)
{
	if (x.vex)
		text("v%s xmm%u,xmm%u,%s%s", v->name, d, a, mems[i].text, imm_text(v));
	else
		text("%s xmm%u,%s%s", v->name, d, mems[i].text, imm_text(v));
	if (has(v, 'I'))
		xv_rrmi(&x, v->op, d, a, mems[i].m, 0x35);
	else
		xv_rrm(&x, v->op, d, a, mems[i].m);
}

static void u_form(const struct vop *v, unsigned d, unsigned b, size_t i)
{
	const char *td = operand(v, has(v, 'D'), d), *p = x.vex ? "v" : "";

	if (!has(v, 'M')) {
		/* as would take the store form for a shorter prefix */
		text("{load} %s%s %s,%s%s", p, v->name, td, operand(v, has(v, 'G'), b),
		     imm_text(v));
		if (has(v, 'I'))
			xv_rri(&x, v->op, d, b, 0x35);
		else
			xv_rr(&x, v->op, d, b);
	}
	if (!has(v, 'R')) {
		text("%s%s %s,%s%s", p, v->name, td, mems[i].text, imm_text(v));
		if (has(v, 'I'))
			xv_rmi(&x, v->op, d, mems[i].m, 0x35);
		else
			xv_rm(&x, v->op, d, mems[i].m);
	}
}

static void s_form(const struct vop *v, unsigned d, unsigned b, size_t i)
{
	const char *p = x.vex ? "v" : "";

	if (!has(v, 'M')) {
		text("%s%s %s,xmm%u%s", p, v->name, operand(v, has(v, 'G'), d), b, imm_text(v));
		if (has(v, 'I'))
			xv_rri_st(&x, v->op, d, b, 0x35);
		else
			xv_rr_st(&x, v->op, d, b);
	}
	if (!has(v, 'R')) {
		text("%s%s %s,xmm%u%s", p, v->name, mems[i].text, b, imm_text(v));
		if (has(v, 'I'))
			xv_mri(&x, v->op, mems[i].m, b, 0x35);
		else
			xv_mr(&x, v->op, mems[i].m, b);
	}
}

static void one_vop(const struct vop *v, unsigned d, unsigned b, size_t turn)
{
	switch (v->form[0]) {
	case 'A':
		for (size_t k = 0; k < (x.vex ? ARRAY_SIZE(xmms) : 1); k++) {
			unsigned a = x.vex ? xmms[k] : d;

			if (!has(v, 'M'))
				a_form_r(v, d, a, b);
			if (!has(v, 'R'))
				a_form_m(v, d, a, turn % MEMS);
		}
		break;
	case 'U':
		u_form(v, d, b, turn % MEMS);
		break;
	case 'S':
		s_form(v, d, b, turn % MEMS);
		break;
	case 'X':
		if (x.vex)
			text("v%s xmm%u,xmm%u,5", v->name, d, b);
		else if (d == b)
			text("%s xmm%u,5", v->name, d);
		else
			break;
		xv_shift_rri(&x, v->op, d, b, 5);
		break;
	default:
		fail();
	}
}

static void test_vector(void **state)
{
	size_t turn = 0;

	for (int vex = 0; vex < 2; vex++) {
		begin();
		x.vex = vex;
		EACH(i, vops)
		{
			if (vops[i].op & XV_VEX_ONLY && !vex)
				continue;
			EACH(j, xmms)
			EACH(k, xmms)
			one_vop(&vops[i], xmms[j], xmms[k], turn++);
		}
		end();
	}
	(void)state;
}

/* Three operands out of two, moves, blends. */
static void test_vector_more(void **state)
{
	(void)state;
	begin();
	text("movaps xmm1,xmm2");
	text("psubb xmm1,xmm3");
	xv_rrr(&x, XV_PSUBB, 1, 2, 3);
	text("psubb xmm1,xmm3");
	xv_rrr(&x, XV_PSUBB, 1, 1, 3);
	text("movaps xmm15,xmm3");
	text("movaps xmm3,xmm2");
	text("psubb xmm3,xmm15");
	xv_rrr(&x, XV_PSUBB, 3, 2, 3);
	text("paddb xmm3,xmm2");
	xv_rrr(&x, XV_PADDB, 3, 2, 3);
	text("movaps xmm9,xmm2");
	text("paddb xmm9,xmmword ptr [rax]");
	xv_rrm(&x, XV_PADDB, 9, 2, xm(X_RAX, 0));
	text("movaps xmm9,xmm12");
	text("palignr xmm9,xmm1,4");
	xv_rrri(&x, XV_PALIGNR, 9, 12, 1, 4);
	text("movaps xmm1,xmm12");
	text("palignr xmm1,xmmword ptr [rax],4");
	xv_rrmi(&x, XV_PALIGNR, 1, 12, xm(X_RAX, 0), 4);
	text("movaps xmm3,xmm12");
	text("pinsrd xmm3,ebx,1");
	xv_rrri(&x, XV_PINSRD, 3, 12, X_RBX, 1);
	text("movaps xmm5,xmm4");
	text("psllw xmm5,9");
	xv_shift_rri(&x, XV_PSLLW_I, 5, 4, 9);
	text("pblendvb xmm9,xmm8,xmm0");
	xv_pblendvb_xmm0(&x, 9, 8);
	xv_mov(&x, 5, 5);
	text("pxor xmm9,xmm9");
	xv_zero(&x, 9);
	text("pcmpeqd xmm9,xmm9");
	xv_ones(&x, 9);
	x.vex = true;
	for (unsigned d = 0; d < 16; d += 5) {
		for (unsigned s = 0; s < 16; s += 3) {
			if (d != s)
				text("vmovaps xmm%u,xmm%u", d, s);
			xv_mov(&x, d, s);
			for (unsigned m = 0; m < 16; m += 7) {
				text("vpblendvb xmm%u,xmm%u,xmm%u,xmm%u", d, s, 15 - s, m);
				xv_pblendvb(&x, d, s, 15 - s, m);
			}
		}
		text("vpxor xmm%u,xmm%u,xmm%u", d, d & 8 ? 0 : d, d & 8 ? 0 : d);
		xv_zero(&x, d);
		text("vpcmpeqd xmm%u,xmm%u,xmm%u", d, d, d);
		xv_ones(&x, d);
	}
	end();
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alu),	    cmocka_unit_test(test_test),
		cmocka_unit_test(test_mov),	    cmocka_unit_test(test_shift),
		cmocka_unit_test(test_bmi),	    cmocka_unit_test(test_multiply),
		cmocka_unit_test(test_condition),   cmocka_unit_test(test_exchange),
		cmocka_unit_test(test_misc),	    cmocka_unit_test(test_label),
		cmocka_unit_test(test_patchable),   cmocka_unit_test(test_reloc),
		cmocka_unit_test(test_overflow),    cmocka_unit_test(test_vector),
		cmocka_unit_test(test_vector_more),
	};
	int failed;

	as_program = argc > 1 ? argv[1] : "as";
	objcopy_program = argc > 2 ? argv[2] : "objcopy";
	code = malloc(CODE);
	line_at = malloc(LINES * sizeof(*line_at));
	line_text = malloc(LINES * sizeof(*line_text));
	if (!mkdtemp(dir))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	if (!failed)
		run("rm -r %s", dir);
	free(code);
	free(line_at);
	free(line_text);
	return failed;
}

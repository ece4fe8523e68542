/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The x86-64 encoder against GNU as: every emitting function with registers and addresses that need
 * different prefixes and ModRM forms is emitted and written down as assembly; as and objcopy turn
 * the text into bytes, which must be the same. argv[1], argv[2]: as, objcopy.
 */
#ifndef TEST_ENCODE_H
#define TEST_ENCODE_H

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

static int encode_main(int argc, char **argv, const struct CMUnitTest *tests, size_t count)
{
	int failed;

	as_program = argc > 1 ? argv[1] : "as";
	objcopy_program = argc > 2 ? argv[2] : "objcopy";
	code = malloc(CODE);
	line_at = malloc(LINES * sizeof(*line_at));
	line_text = malloc(LINES * sizeof(*line_text));
	if (!mkdtemp(dir))
		return 1;
	failed = _cmocka_run_group_tests("encode", tests, count, NULL, NULL);
	if (!failed)
		run("rm -r %s", dir);
	free(code);
	free(line_at);
	free(line_text);
	return failed;
}

#endif

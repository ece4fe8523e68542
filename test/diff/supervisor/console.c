// SPDX-License-Identifier: GPL-2.0-or-later
/* Text output by H_PUT_TERM_CHAR, power-off by RTAS, and the few facts needed from the tree. */
#include <stdarg.h>

#include "image.h"

enum { H_PUT_TERM_CHAR = 0x58, H_RTAS = 0xf000, H_BUSY = 1 };
enum { FDT_BEGIN_NODE = 1, FDT_END_NODE, FDT_PROP, FDT_NOP, FDT_END = 9 };

static u64 terminal;
static u32 power_off_token;
static union {
	char text[16];
	u64 word[2];
} line;
static unsigned line_fill;

static bool equal(const char *a, const char *b)
{
	for (; *a && *a == *b; a++, b++)
		;
	return *a == *b;
}

/* Cell index of the first property called name, or that of the address of the node called
 * "<name>@...". */
u32 fdt_cell(const void *fdt, const char *name, unsigned index, u32 otherwise)
{
	const u32 *head = fdt;
	const u32 *p = (const u32 *)((const char *)fdt + head[2]);
	const char *strings = (const char *)fdt + head[3];

	for (;;) {
		u32 token = *p++;

		if (token == FDT_BEGIN_NODE) {
			const char *s = (const char *)p;

			while (*s++)
				;
			p = (const u32 *)(((u64)s + 3) & ~3ull);
		} else if (token == FDT_PROP) {
			u32 len = p[0];

			if (equal(strings + p[1], name) && len >= 4 * (index + 1))
				return p[2 + index];
			p += 2 + (len + 3) / 4;
		} else if (token != FDT_END_NODE && token != FDT_NOP) {
			return otherwise;
		}
	}
}

static u32 vty_address(const void *fdt)
{
	const u32 *head = fdt;
	const char *p = (const char *)fdt + head[2];
	const char *end = (const char *)fdt + head[1];

	for (; p + 12 < end; p += 4) {
		u32 v = 0;

		if (p[0] != 'v' || p[1] != 't' || p[2] != 'y' || p[3] != '@')
			continue;
		for (const char *s = p + 4; *s; s++)
			v = v << 4 | (*s <= '9' ? *s - '0' : *s - 'a' + 10);
		return v;
	}
	return 0;
}

void console_init(const void *fdt)
{
	terminal = vty_address(fdt);
	power_off_token = fdt_cell(fdt, "power-off", 0, 0);
}

static void flush(void)
{
	u64 args[9] = {terminal, line_fill, line.word[0], line.word[1]};

	while (line_fill && hcall(H_PUT_TERM_CHAR, args) == H_BUSY) {
		args[0] = terminal;
		args[1] = line_fill;
		args[2] = line.word[0];
		args[3] = line.word[1];
	}
	line_fill = 0;
}

static void put(char c)
{
	line.text[line_fill++] = c;
	if (line_fill == sizeof(line.text) || c == '\n')
		flush();
}

static void put_number(u64 v, unsigned base)
{
	char digits[24];
	unsigned n = 0;

	do {
		digits[n++] = "0123456789abcdef"[v % base];
		v /= base;
	} while (v);
	while (n)
		put(digits[--n]);
}

static void vsay(const char *format, va_list ap)
{
	for (const char *f = format; *f; f++) {
		if (*f != '%') {
			put(*f);
			continue;
		}
		switch (*++f) {
		case 's':
			for (const char *s = va_arg(ap, const char *); *s; s++)
				put(*s);
			break;
		case 'c':
			put((char)va_arg(ap, int));
			break;
		case 'd':
			put_number(va_arg(ap, unsigned), 10);
			break;
		case 'x':
			put_number(va_arg(ap, u64), 16);
			break;
		default:
			put('?');
		}
	}
}

void say(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsay(format, ap);
	va_end(ap);
}

void show(const char *key, ...)
{
	va_list ap;

	va_start(ap, key);
	vsay(key, ap);
	va_end(ap);
	say(" | vec=%x srr0=%x srr1=%x msr=%x dar=%x dsisr=%x\n", out.vec, out.pc, out.msr,
	    out.hmsr, out.dar, out.dsisr);
}

u64 call(u64 nr, u64 a, u64 b, u64 c, u64 d)
{
	u64 args[9] = {a, b, c, d};

	return hcall(nr, args);
}

void power_off(void)
{
	static u32 args[16];

	args[0] = power_off_token;
	args[1] = 2;
	args[2] = 1;
	args[3] = args[4] = ~0u;
	call(H_RTAS, (u64)args, 0, 0, 0);
	for (;;)
		;
}

void *memset(void *p, int c, unsigned long n)
{
	for (u8 *d = p; n; n--)
		*d++ = (u8)c;
	return p;
}

void *memcpy(void *to, const void *from, unsigned long n)
{
	u8 *d = to;

	for (const u8 *s = from; n; n--)
		*d++ = *s++;
	return to;
}

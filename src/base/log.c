// SPDX-License-Identifier: GPL-2.0-or-later
/* Diagnostics and the small formatter behind them. The sink must be able to run on any thread:
 * a message is formatted whole and handed over in one call. */
#include "base/log.h"

u32 log_enabled_mask;

static log_sink_fn *log_sink;
static void *log_opaque;

enum { LOG_LINE_MAX = 512 };

struct out {
	char *buf;
	size_t size, len;
};

struct spec {
	bool left, zero, alt, plus, space;
	int width, precision; /* -1: none */
};

static void out_char(struct out *o, char c)
{
	if (o->len + 1 < o->size)
		o->buf[o->len] = c;
	o->len++;
}

static void out_fill(struct out *o, char c, int n)
{
	while (n-- > 0)
		out_char(o, c);
}

static void out_text(struct out *o, const char *s, size_t n, const struct spec *sp)
{
	int pad = sp->width > (int)n ? sp->width - (int)n : 0;

	if (!sp->left)
		out_fill(o, ' ', pad);
	for (size_t i = 0; i < n; i++)
		out_char(o, s[i]);
	if (sp->left)
		out_fill(o, ' ', pad);
}

static void out_number(struct out *o, u64 v, unsigned base, bool upper, const char *prefix,
		       const struct spec *sp)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char tmp[32];
	int n = 0, zeros, pad, plen = 0;

	while (v) {
		tmp[n++] = digits[v % base];
		v /= base;
	}
	if (!n && sp->precision)
		tmp[n++] = '0';
	while (prefix[plen])
		plen++;
	zeros = sp->precision > n ? sp->precision - n : 0;
	pad = sp->width - n - zeros - plen;
	if (pad > 0 && sp->zero && !sp->left && sp->precision < 0) {
		zeros += pad;
		pad = 0;
	}
	if (!sp->left)
		out_fill(o, ' ', pad);
	for (int i = 0; i < plen; i++)
		out_char(o, prefix[i]);
	out_fill(o, '0', zeros);
	while (n)
		out_char(o, tmp[--n]);
	if (sp->left)
		out_fill(o, ' ', pad);
}

static const char *parse_number(const char *f, va_list *ap, int *value)
{
	int v = 0;

	if (*f == '*') {
		*value = va_arg(*ap, int);
		return f + 1;
	}
	while (*f >= '0' && *f <= '9' && v < 100000)
		v = v * 10 + (*f++ - '0');
	*value = v;
	return f;
}

static const char *parse_spec(const char *f, va_list *ap, struct spec *sp)
{
	*sp = (struct spec){.precision = -1};
	for (;; f++) {
		if (*f == '-')
			sp->left = true;
		else if (*f == '0')
			sp->zero = true;
		else if (*f == '#')
			sp->alt = true;
		else if (*f == '+')
			sp->plus = true;
		else if (*f == ' ')
			sp->space = true;
		else
			break;
	}
	f = parse_number(f, ap, &sp->width);
	if (sp->width < 0) {
		sp->left = true;
		sp->width = -sp->width;
	}
	if (*f == '.')
		f = parse_number(f + 1, ap, &sp->precision);
	return f;
}

/* Length modifiers as a count: hh -2, h -1, none 0, l and z 1, ll 2. */
static const char *parse_length(const char *f, int *length)
{
	*length = 0;
	for (;; f++) {
		if (*f == 'l')
			++*length;
		else if (*f == 'h')
			--*length;
		else if (*f == 'z' || *f == 'j' || *f == 't')
			*length = 1;
		else
			return f;
	}
}

static u64 arg_unsigned(va_list *ap, int length)
{
	u64 v = length >= 2   ? va_arg(*ap, unsigned long long)
		: length == 1 ? va_arg(*ap, unsigned long)
			      : va_arg(*ap, unsigned);

	return length == -1 ? (u16)v : length <= -2 ? (u8)v : v;
}

static s64 arg_signed(va_list *ap, int length)
{
	s64 v = length >= 2   ? va_arg(*ap, long long)
		: length == 1 ? va_arg(*ap, long)
			      : va_arg(*ap, int);

	return length == -1 ? (s16)v : length <= -2 ? (s8)v : v;
}

static void format_string(struct out *o, const char *s, const struct spec *sp)
{
	size_t n = 0;

	if (!s)
		s = "(null)";
	while ((sp->precision < 0 || n < (size_t)sp->precision) && s[n])
		n++;
	out_text(o, s, n, sp);
}

static void format_one(struct out *o, char conv, va_list *ap, int length, const struct spec *sp)
{
	s64 d;
	u64 u;
	char c;

	switch (conv) {
	case 'd':
	case 'i':
		d = arg_signed(ap, length);
		out_number(o, d < 0 ? -(u64)d : (u64)d, 10, false,
			   d < 0       ? "-"
			   : sp->plus  ? "+"
			   : sp->space ? " "
				       : "",
			   sp);
		break;
	case 'u':
		out_number(o, arg_unsigned(ap, length), 10, false, "", sp);
		break;
	case 'x':
	case 'X':
		u = arg_unsigned(ap, length);
		out_number(o, u, 16, conv == 'X', sp->alt && u ? (conv == 'X' ? "0X" : "0x") : "",
			   sp);
		break;
	case 'p':
		out_number(o, (uintptr_t)va_arg(*ap, void *), 16, false, "0x", sp);
		break;
	case 'c':
		c = (char)va_arg(*ap, int);
		out_text(o, &c, 1, sp);
		break;
	case 's':
		format_string(o, va_arg(*ap, const char *), sp);
		break;
	case '%':
		out_char(o, '%');
		break;
	default:
		out_char(o, '%');
		out_char(o, conv);
	}
}

int log_vformat(char *buf, size_t size, const char *fmt, va_list ap)
{
	struct out o = {buf, size, 0};
	struct spec sp;
	va_list args;
	int length;

	va_copy(args, ap);
	for (; *fmt; fmt++) {
		if (*fmt != '%') {
			out_char(&o, *fmt);
			continue;
		}
		fmt = parse_spec(fmt + 1, &args, &sp);
		fmt = parse_length(fmt, &length);
		if (!*fmt)
			break;
		format_one(&o, *fmt, &args, length, &sp);
	}
	va_end(args);
	if (size)
		buf[o.len < size ? o.len : size - 1] = 0;
	return (int)o.len;
}

int log_format(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = log_vformat(buf, size, fmt, ap);
	va_end(ap);
	return n;
}

void log_set(u32 mask, log_sink_fn *sink, void *opaque)
{
	log_sink = sink;
	log_opaque = opaque;
	log_enabled_mask = sink ? mask : 0;
}

void log_printf(u32 mask, const char *fmt, ...)
{
	char line[LOG_LINE_MAX];
	va_list ap;
	int n;

	if (!log_on(mask) || !log_sink)
		return;
	va_start(ap, fmt);
	n = log_vformat(line, sizeof(line), fmt, ap);
	va_end(ap);
	log_sink(log_opaque, line, n < LOG_LINE_MAX ? (size_t)n : LOG_LINE_MAX - 1);
}

void log_warn(const char *fmt, ...)
{
	static const char prefix[] = "powervisor: ";
	char line[LOG_LINE_MAX];
	size_t len = sizeof(prefix) - 1;
	va_list ap;
	int n;

	if (!log_sink)
		return;
	__builtin_memcpy(line, prefix, len);
	va_start(ap, fmt);
	n = log_vformat(line + len, sizeof(line) - len - 1, fmt, ap);
	va_end(ap);
	len += (size_t)n < sizeof(line) - len - 1 ? (size_t)n : sizeof(line) - len - 2;
	line[len++] = '\n';
	log_sink(log_opaque, line, len);
}

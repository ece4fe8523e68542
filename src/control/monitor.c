// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/monitor.h"

#include <ctype.h>
#include <glib.h>
#include <stdarg.h>
#include <string.h>

/* Scripts that talk to QEMU wait for this. */
#define PROMPT "(qemu) "

enum { CTRL_C = 3, CTRL_U = 21, BACKSPACE = 8, DELETE = 127, ESCAPE = 27 };

struct monitor {
	struct monitor_config config;
	char line[MONITOR_LINE_MAX];
	size_t len;
	u8 escape; /* how far into a terminal's escape sequence */
	bool after_cr;
};

struct monitor *monitor_create(const struct monitor_config *config)
{
	struct monitor *m = g_new0(struct monitor, 1);

	m->config = *config;
	return m;
}

void monitor_destroy(struct monitor *m)
{
	g_free(m);
}

static void put(struct monitor *m, const char *text, size_t len)
{
	m->config.write(m->config.opaque, text, len);
}

/* Terminals are raw: a new line needs both characters. */
void monitor_print(struct monitor *m, const char *fmt, ...)
{
	char *text, *at, *end;
	va_list ap;

	va_start(ap, fmt);
	text = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	for (at = text; (end = strchr(at, '\n')); at = end + 1) {
		put(m, at, (size_t)(end - at));
		put(m, "\r\n", 2);
	}
	put(m, at, strlen(at));
	g_free(text);
}

void monitor_greet(struct monitor *m)
{
	m->len = 0;
	monitor_print(m, "Powervisor's monitor; 'help' lists commands\n" PROMPT);
}

/* Whether a line's first words, one or two, are those of a name. */
static bool begins(const char *line, const char *name)
{
	size_t n = strlen(name);

	return !strncmp(line, name, n) && (!line[n] || isspace((u8)line[n]));
}

/* What follows a command's name in a line; NULL: it is another command. */
static char *after_name(char *line, const char *name)
{
	return begins(line, name) ? line + strlen(name) : NULL;
}

static void print_help(struct monitor *m, const char *only)
{
	bool found = false;

	for (u32 t = 0; t < m->config.nr_tables; t++)
		for (u32 i = 0; i < m->config.tables[t].count; i++) {
			const struct monitor_command *c = &m->config.tables[t].commands[i];
			char *usage;

			if (*only && !begins(c->name, only))
				continue;
			usage = g_strdup_printf("%s %s", c->name, c->args);
			monitor_print(m, "%-34s %s\n", usage, c->help);
			g_free(usage);
			found = true;
		}
	if (!found)
		monitor_print(m, "unknown command: '%s'\n", only);
}

void monitor_execute(struct monitor *m, const char *line)
{
	char *copy = g_strstrip(g_strdup(line)), *args = after_name(copy, "help");

	if (!args)
		args = after_name(copy, "?");
	if (args) {
		print_help(m, g_strstrip(args));
		goto out;
	}
	for (u32 t = 0; t < m->config.nr_tables; t++)
		for (u32 i = 0; i < m->config.tables[t].count; i++) {
			const struct monitor_command *c = &m->config.tables[t].commands[i];

			args = after_name(copy, c->name);
			if (!args)
				continue;
			args = g_strstrip(args);
			if (!*c->args && *args)
				monitor_print(m, "%s takes nothing\n", c->name);
			else
				c->run(m, m->config.tables[t].opaque, args);
			goto out;
		}
	if (*copy) {
		copy[strcspn(copy, " \t")] = 0;
		monitor_print(m, "unknown command: '%s'\n", copy);
	}
out:
	g_free(copy);
}

void monitor_print_names(struct monitor *m, const char *first)
{
	for (u32 t = 0; t < m->config.nr_tables; t++)
		for (u32 i = 0; i < m->config.tables[t].count; i++) {
			const char *name = m->config.tables[t].commands[i].name;

			if (g_str_has_prefix(name, first) && name[strlen(first)] == ' ')
				monitor_print(m, "%s\n", name);
		}
}

static void end_line(struct monitor *m)
{
	char line[MONITOR_LINE_MAX];

	memcpy(line, m->line, m->len);
	line[m->len] = 0;
	m->len = 0;
	put(m, "\r\n", 2);
	monitor_execute(m, line);
	put(m, PROMPT, strlen(PROMPT));
}

/* ESC [ … letter: keys that mean nothing here. */
static bool in_escape(struct monitor *m, u8 c)
{
	if (!m->escape && c != ESCAPE)
		return false;
	if (!m->escape)
		m->escape = 1;
	else if (m->escape == 1 && (c == '[' || c == 'O'))
		m->escape = 2;
	else if (m->escape == 1 || (c >= '@' && c <= '~'))
		m->escape = 0;
	return true;
}

static void take(struct monitor *m, u8 c)
{
	bool lf_of_cr = c == '\n' && m->after_cr;

	m->after_cr = c == '\r';
	if (lf_of_cr || in_escape(m, c))
		return;
	if (c == '\r' || c == '\n') {
		end_line(m);
	} else if (c == BACKSPACE || c == DELETE) {
		if (m->len) {
			m->len--;
			put(m, "\b \b", 3);
		}
	} else if (c == CTRL_U || c == CTRL_C) {
		for (; m->len; m->len--)
			put(m, "\b \b", 3);
	} else if (c >= ' ' && m->len < MONITOR_LINE_MAX - 1) {
		m->line[m->len++] = (char)c;
		put(m, (const char *)&c, 1);
	}
}

void monitor_receive(struct monitor *m, const u8 *buf, size_t len)
{
	for (size_t i = 0; i < len; i++)
		take(m, buf[i]);
}

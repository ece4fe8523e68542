// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/monitor.h"

#include <errno.h>
#include <glib.h>
#include <linux/input-event-codes.h>
#include <string.h>

#include "bus/pci.h"
#include "cli/hotplug.h"
#include "cli/list.h"
#include "cli/monitor_pci.h"
#include "cli/values.h"
#include "control/monitor.h"
#include "host/display.h"
#include "host/input.h"

enum { WRITE_TRIES = 200, WRITE_WAIT_US = 1000 };

struct terminal {
	struct cli_monitors *all;
	struct chardev *chardev;
	bool owned; /* opened here */
	struct monitor *monitor;
};

struct cli_monitors {
	struct cli_options *o;
	struct vm *vm;
	struct char_escapes escapes; /* ours, around the program's */
	struct hotplug hotplug;
	struct monitor_table tables[6];
	struct terminal terminals[CLI_MAX_MONITORS];
	struct terminal escaped; /* of Ctrl-A c, wherever it was typed last */
};

/* What a terminal that is too slow does not take is lost. */
static void put(void *opaque, const char *text, size_t len)
{
	struct terminal *t = opaque;

	for (u32 i = 0; len && i < WRITE_TRIES; i++) {
		size_t n = chardev_write(t->chardev, (const u8 *)text, len);

		text += n;
		len -= n;
		if (len && !n)
			g_usleep(WRITE_WAIT_US);
	}
}

/* --- commands --- */
static void quit(struct monitor *m, void *opaque, const char *args)
{
	struct cli_monitors *all = opaque;

	all->escapes.quit(all->escapes.opaque);
}

/* Name, then maybe -f png, device, head: as QEMU has it. */
static void screendump(struct monitor *m, void *opaque, const char *args)
{
	struct cli_monitors *all = opaque;
	gchar **words = g_strsplit_set(args, " ", -1);
	const char *file = NULL;
	struct error e = {"a file's name is missing; pictures are PNG"};
	bool ok = true;

	for (u32 i = 0; words[i]; i++) {
		if (!strcmp(words[i], "-f") && words[i + 1])
			ok &= !strcmp(words[++i], "png");
		else if (*words[i] && !file)
			file = words[i];
		else
			ok &= !*words[i];
	}
	if (!file || !ok || display_png(all->o->backends.displays, 0, file, &e))
		monitor_print(m, "screendump: %s\n", e.text);
	g_strfreev(words);
}

static u16 key_code(const char *name)
{
	static const struct {
		const char *name;
		u16 code;
	} names[] = {
		{"ret", KEY_ENTER},
		{"kp_enter", KEY_KPENTER},
		{"esc", KEY_ESC},
		{"tab", KEY_TAB},
		{"spc", KEY_SPACE},
		{"backspace", KEY_BACKSPACE},
		{"ctrl", KEY_LEFTCTRL},
		{"ctrl_r", KEY_RIGHTCTRL},
		{"shift", KEY_LEFTSHIFT},
		{"alt", KEY_LEFTALT},
		{"alt_r", KEY_RIGHTALT},
		{"shift_r", KEY_RIGHTSHIFT},
		{"delete", KEY_DELETE},
		{"insert", KEY_INSERT},
		{"home", KEY_HOME},
		{"end", KEY_END},
		{"pgup", KEY_PAGEUP},
		{"pgdn", KEY_PAGEDOWN},
		{"up", KEY_UP},
		{"down", KEY_DOWN},
		{"left", KEY_LEFT},
		{"right", KEY_RIGHT},
		{"minus", KEY_MINUS},
		{"equal", KEY_EQUAL},
		{"comma", KEY_COMMA},
		{"dot", KEY_DOT},
		{"slash", KEY_SLASH},
		{"f1", KEY_F1},
		{"f2", KEY_F2},
		{"f3", KEY_F3},
		{"f4", KEY_F4},
		{"f5", KEY_F5},
		{"f6", KEY_F6},
		{"f7", KEY_F7},
		{"f8", KEY_F8},
		{"f9", KEY_F9},
		{"f10", KEY_F10},
		{"f11", KEY_F11},
		{"f12", KEY_F12},
		{"sysrq", KEY_SYSRQ},
		{"caps_lock", KEY_CAPSLOCK},
	};

	for (u32 i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(names[i].name, name))
			return names[i].code;
	return name[0] && !name[1] ? vnc_key((u8)name[0]) : 0;
}

/* KEY-KEY-…: all pressed in this order, then let go. */
static void sendkey(struct monitor *m, void *opaque, const char *args)
{
	struct input_hub *hub = ((struct cli_monitors *)opaque)->o->backends.input;
	gchar **words = g_strsplit(args, "-", 16);
	u32 n = g_strv_length(words), i;

	for (i = 0; i < n && key_code(words[i]); i++)
		;
	if (!n || i < n) {
		monitor_print(m, "there is no key '%s'\n", n ? words[i] : "");
	} else {
		for (i = 0; i < n; i++)
			input_key(hub, key_code(words[i]), true);
		while (i--)
			input_key(hub, key_code(words[i]), false);
	}
	g_strfreev(words);
}

static void set_password(struct monitor *m, void *opaque, const char *args)
{
	struct cli_monitors *all = opaque;

	if (strncmp(args, "vnc ", 4) || !args[4])
		monitor_print(m, "set_password vnc PASSWORD\n");
	else if (!all->o->vnc_server || !all->o->vnc.password)
		monitor_print(m, "there is no -vnc password=on\n");
	else
		vnc_set_password(all->o->vnc_server, g_strchug((char *)args + 4));
}

static const struct monitor_command commands[] = {
	{"q", "", "the same as quit", quit},
	{"quit", "", "end powervisor", quit},
	{"screendump", "FILE", "the screen as a PNG file", screendump},
	{"sendkey", "KEY[-KEY...]", "press keys: a, ret, ctrl-alt-delete", sendkey},
	{"set_password", "vnc PASSWORD", "what VNC viewers have to know", set_password},
};

/* --- terminals --- */
static size_t room(void *opaque)
{
	return MONITOR_LINE_MAX;
}

static void receive(void *opaque, const u8 *buf, size_t len)
{
	monitor_receive(((struct terminal *)opaque)->monitor, buf, len);
}

static void opened(void *opaque)
{
	monitor_greet(((struct terminal *)opaque)->monitor);
}

static const struct char_events events = {.room = room, .receive = receive, .opened = opened};

static void start(struct cli_monitors *all, struct terminal *t, struct chardev *c)
{
	const struct monitor_config config = {
		.vm = all->vm,
		.nr_tables = ARRAY_SIZE(all->tables),
		.tables = all->tables,
		.write = put,
		.opaque = t,
	};

	*t = (struct terminal){.all = all, .chardev = c};
	t->monitor = monitor_create(&config);
}

/* Ctrl-A c: buf NULL when somebody comes. */
static void escaped(void *opaque, struct chardev *c, const u8 *buf, size_t len)
{
	struct cli_monitors *all = opaque;
	struct terminal *t = &all->escaped;

	if (!all->vm)
		return;
	if (!t->monitor)
		start(all, t, c);
	t->chardev = c;
	if (buf)
		monitor_receive(t->monitor, buf, len);
	else
		monitor_greet(t->monitor);
}

struct cli_monitors *monitors_create(struct cli_options *o, const struct char_escapes *escapes)
{
	struct cli_monitors *all = g_new0(struct cli_monitors, 1);

	all->o = o;
	all->escapes = *escapes;
	all->escapes.monitor = escaped;
	all->escapes.monitor_opaque = all;
	return all;
}

const struct char_escapes *monitors_escapes(const struct cli_monitors *all)
{
	return &all->escapes;
}

static int open_one(struct cli_monitors *all, struct terminal *t, const char *spec, struct error *e)
{
	struct chardev *c = NULL;
	int err = 0;

	if (g_str_has_prefix(spec, "chardev:"))
		c = cli_chardev(all->o, spec + 8, "-monitor", e);
	else
		err = chardev_open(spec, "monitor", NULL, &c, e);
	if (!c)
		return err ? err : -ENOENT;
	start(all, t, c);
	t->owned = !g_str_has_prefix(spec, "chardev:");
	chardev_attach(c, &events, t);
	return 0;
}

int monitors_open(struct cli_monitors *all, struct vm *vm, struct error *e)
{
	int err = 0;

	all->vm = vm;
	all->tables[0] = (struct monitor_table){commands, ARRAY_SIZE(commands), all};
	all->hotplug = (struct hotplug){all->o, vm};
	all->tables[1] =
		(struct monitor_table){hotplug_commands, hotplug_nr_commands, &all->hotplug};
	all->tables[2] = (struct monitor_table){block_commands, block_nr_commands, &all->hotplug};
	all->tables[3] = (struct monitor_table){info_commands, info_nr_commands, &all->hotplug};
	/* "info", which takes all that is left, is one of these */
	all->tables[4] = (struct monitor_table){monitor_vm_commands, monitor_nr_vm_commands, vm};
	all->tables[5] = (struct monitor_table){monitor_pci_commands, monitor_nr_pci_commands, vm};
	for (u32 i = 0; i < all->o->nr_monitors && !err; i++)
		err = open_one(all, &all->terminals[i], all->o->monitors[i], e);
	if (err)
		error_prefix(e, "-monitor");
	return err;
}

static void stop(struct terminal *t)
{
	if (!t->monitor)
		return;
	if (t != &t->all->escaped)
		chardev_attach(t->chardev, NULL, NULL);
	if (t->owned)
		chardev_close(t->chardev);
	monitor_destroy(t->monitor);
	t->monitor = NULL;
}

void monitors_close(struct cli_monitors *all)
{
	for (u32 i = 0; i < ARRAY_SIZE(all->terminals); i++)
		stop(&all->terminals[i]);
	stop(&all->escaped);
	all->vm = NULL;
}

void monitors_destroy(struct cli_monitors *all)
{
	if (all)
		monitors_close(all);
	g_free(all);
}

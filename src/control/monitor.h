/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The monitor: lines that a person types while the guest runs, by QEMU's names where QEMU has the
 * command. Commands are rows of tables; those of the vm itself are monitor_vm_commands, whoever has
 * more brings a table of its own. On the main loop's thread, which holds no lock.
 */
#ifndef CONTROL_MONITOR_H
#define CONTROL_MONITOR_H

#include "base/error.h"
#include "base/types.h"

struct monitor;
struct vm;

enum { MONITOR_LINE_MAX = 1024 };

struct monitor_command {
	const char *name, *args, *help; /* name: a word or two; args "": it takes none */
	/* args: what follows the name, without blanks around. */
	void (*run)(struct monitor *m, void *opaque, const char *args);
};

struct monitor_table {
	const struct monitor_command *commands;
	u32 count;
	void *opaque;
};

struct monitor_config {
	struct vm *vm;
	u32 nr_tables;
	const struct monitor_table *tables; /* outlive the monitor; the first match counts */
	void (*write)(void *opaque, const char *text, size_t len);
	void *opaque;
};

struct monitor *monitor_create(const struct monitor_config *config);
void monitor_destroy(struct monitor *m);
/* The prompt, when somebody comes. */
void monitor_greet(struct monitor *m);
/* Typed bytes; they are echoed. */
void monitor_receive(struct monitor *m, const u8 *buf, size_t len);
void monitor_print(struct monitor *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The names of two words whose first is that, a line each. */
void monitor_print_names(struct monitor *m, const char *first);
/* One command; what it says goes to the monitor. */
void monitor_execute(struct monitor *m, const char *line);

/* opaque: the struct vm */
extern const struct monitor_command monitor_vm_commands[];
extern const u32 monitor_nr_vm_commands;

#endif

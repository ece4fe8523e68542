/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices and their back ends that come and go while the guest runs, by the monitor: the commands
 * have QEMU's names. On the main loop's thread.
 */
#ifndef CLI_HOTPLUG_H
#define CLI_HOTPLUG_H

#include "cli/options.h"
#include "control/monitor.h"

/* What the commands are about: their table's opaque. */
struct hotplug {
	struct cli_options *o;
	struct vm *vm;
};

extern const struct monitor_command hotplug_commands[];
extern const u32 hotplug_nr_commands;

extern const struct monitor_command block_commands[], info_commands[];
extern const u32 block_nr_commands, info_nr_commands;

/* Pauses the vm, if it runs, and takes its lock. */
bool hotplug_hold(struct vm *vm);
void hotplug_let_go(struct vm *vm, bool running);
/* Destroys the devices that the guest has let go of, with their drives. Nothing is held. */
void hotplug_reap(struct cli_options *o, struct vm *vm);

#endif

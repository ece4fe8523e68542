/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Boards. A machine is one function that builds a vm by straight-line constructor calls and one
 * that brings it to its state after power-on. cli/ fills the configuration and knows no board.
 */
#ifndef MACHINE_MACHINE_H
#define MACHINE_MACHINE_H

#include "base/error.h"
#include "vm/vm.h"

struct chardev;

enum {
	MACHINE_MAX_SERIALS = 4,
	MACHINE_MAX_OPTIONS = 16,
	MACHINE_MAX_DEVICES = 128,
	MACHINE_MAX_SETTINGS = 32,
};

/* A device that the user asked for. */
struct machine_device {
	const struct device_class *cls;
	u32 nr_settings;
	struct device_setting settings[MACHINE_MAX_SETTINGS];
};

struct machine_option {
	const char *key, *value;
};

struct machine_config {
	const char *name;
	const char *guest_name; /* of -name; NULL = none */
	const struct engine_ops *engine;
	const char *engine_options;
	bool icount;
	bool stats;
	const struct code_log *code_log; /* NULL: nobody asks */
	const struct cpu_model *model;
	u32 cpus;
	u32 max_cpus; /* that the guest may count on; at least cpus */
	u32 threads;  /* of a core; 0 = 1 */
	u64 ram_size; /* bytes, a multiple of 1 MiB */
	const char *kernel, *initrd, *append, *bios; /* NULL = none */
	const char *boot_order, *boot_once;	     /* letters of -boot; NULL = firmware's own */
	bool boot_menu;				     /* firmware asks what to boot */
	bool boot_strict; /* firmware tries nothing but what has a bootindex */
	u8 uuid[16];
	/* Of -M NAME,key=value. */
	u32 nr_options;
	struct machine_option options[MACHINE_MAX_OPTIONS];
	u32 nr_serials;
	struct chardev *serials[MACHINE_MAX_SERIALS]; /* NULL entries: not connected */
	const struct device_backends *backends;	      /* NULL: there are none */
	u32 nr_devices;
	const struct machine_device *devices;
};

struct machine_class {
	const char *name, *help;
	const char *default_cpu;
	u64 default_ram;
	const char *default_drive;  /* the interface of -drive without if=; NULL: there is none */
	const char *usb_controller; /* the device that -usb means; NULL: there is none */
	u32 max_cpus;
	bool has_firmware; /* that starts when there is neither -kernel nor -bios */
	/* Lines for --help about -M's options; may be "". */
	const char *option_help;
	bool (*cpu_ok)(const struct cpu_model *model);
	/* Make the vm, paused and reset; vm->machine is the machine's own. */
	int (*create)(const struct machine_config *config, struct vm **vm, struct error *e);
	/* Frees the machine with its vm. */
	void (*destroy)(struct vm *vm);
};

/* Make the devices that the user asked for, on the buses there are. */
int machine_add_devices(const struct machine_config *config, struct vm *vm, struct error *e);

const struct machine_class *machine_find(const char *name);
const struct machine_class *machine_at(unsigned i); /* NULL past the end */

/* The value of an option, or NULL; machine_check_options() says which ones exist. */
const char *machine_option(const struct machine_config *config, const char *key);
/* known: NULL-terminated list. */
int machine_check_options(const struct machine_config *config, const char *const *known,
			  struct error *e);

extern const struct machine_class machine_pseries, machine_bare_e500, machine_bare_440;

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Powervisor as a library: make a PowerPC virtual machine, run it, talk to it. Everything is
 * opaque; functions return 0 or a negative errno, and a line for the user in the buffer they are
 * given.
 *
 * A machine's functions come from one thread at a time. powervisor_run() needs the thread's default
 * GLib main context; the callbacks of the console run on vCPU threads.
 */
#ifndef POWERVISOR_H
#define POWERVISOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct powervisor;

struct powervisor_config {
	const char *machine; /* "pseries[,option=value…]", …; NULL = pseries */
	const char *cpu;     /* NULL = the machine's default */
	const char *engine;  /* NULL = the default */
	unsigned cpus;	     /* 0 = 1 */
	uint64_t memory;     /* bytes; 0 = the machine's default */
	const char *kernel, *initrd, *append, *bios; /* files; NULL = none */
	/* What the guest writes to its terminal; NULL = thrown away. */
	void (*console)(void *opaque, const uint8_t *data, size_t len);
	void *opaque;
};

enum powervisor_end {
	POWERVISOR_POWER_OFF = 0,
	POWERVISOR_REBOOT, /* asked for; go on with powervisor_reset() */
	POWERVISOR_CRASH,
	POWERVISOR_ERROR,
	POWERVISOR_TIMEOUT, /* it still runs */
};

struct powervisor_error {
	char text[256];
};

const char *powervisor_version(void);

int powervisor_create(const struct powervisor_config *config, struct powervisor **pv,
		      struct powervisor_error *error);
void powervisor_destroy(struct powervisor *pv);

/* Run until the guest ends or timeout_ms passed (negative: no limit). Paused on return. */
enum powervisor_end powervisor_run(struct powervisor *pv, int timeout_ms,
				   struct powervisor_error *error);
/* As after power-on. */
int powervisor_reset(struct powervisor *pv, struct powervisor_error *error);
/* Ask the guest to power itself off, as the power button does; powervisor_run() then returns when
 * it did. -ENOTSUP: the machine cannot ask. From any thread, while it runs or not. */
int powervisor_powerdown(struct powervisor *pv);
/* Type at the guest's terminal; returns how many bytes it took. */
size_t powervisor_input(struct powervisor *pv, const uint8_t *data, size_t len);

/* While paused. addr: guest real address. */
int powervisor_read(struct powervisor *pv, uint64_t addr, void *buf, size_t len);
int powervisor_write(struct powervisor *pv, uint64_t addr, const void *buf, size_t len);
/* A register by KVM's one_reg id or one of ours (isa/onereg.h), as 64 bits. */
int powervisor_get_reg(struct powervisor *pv, unsigned cpu, uint64_t id, uint64_t *value);
int powervisor_set_reg(struct powervisor *pv, unsigned cpu, uint64_t id, uint64_t value);

/* The whole state to a file, and back into a machine made alike that never ran. */
int powervisor_save(struct powervisor *pv, const char *path, struct powervisor_error *error);
int powervisor_load(struct powervisor *pv, const char *path, struct powervisor_error *error);

#endif

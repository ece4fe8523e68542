/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A pseries machine, on the null engine if no other is asked for, with an image made here: for
 * tests that call hypercalls and look at memory. */
#ifndef TEST_BOARD_H
#define TEST_BOARD_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/endian.h"
#include "engine/null.h"
#include "isa/model.h"
#include "machine/machine.h"

/* A 64-bit PowerPC ELF file with one segment of 16 bytes; returns its size. */
static inline size_t board_elf(u8 *f, bool little)
{
	memset(f, 0, 0x200);
	memcpy(f, "\177ELF", 4);
	f[4] = 2;
	f[5] = little ? 1 : 2;
	f[6] = 1;
#define PUT(bits, at, v) (little ? st_le##bits(f + (at), v) : st_be##bits(f + (at), v))
	PUT(16, 16, 2);			    /* executable */
	PUT(16, 18, 21);		    /* PPC64 */
	PUT(64, 24, 0xc000000000001000ull); /* entry */
	PUT(64, 32, 64);		    /* program headers */
	PUT(16, 54, 56);
	PUT(16, 56, 1);
	PUT(32, 64, 1);			    /* load */
	PUT(64, 72, 0x100);		    /* from */
	PUT(64, 80, 0xc000000000001000ull); /* to */
	PUT(64, 96, 16);
	PUT(64, 104, 0x2000);
#undef PUT
	memset(f + 0x100, 0x5a, 16);
	return 0x110;
}

static inline void board_file(char path[64], const void *data, size_t size)
{
	int fd;

	strcpy(path, "/tmp/pvtestXXXXXX");
	fd = mkstemp(path);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	close(fd);
}

/* By flattened tree unless the test says how the guest is entered. */
static inline void board_start(struct machine_config *c)
{
	if (c->bios || machine_option(c, "x-boot") || machine_option(c, "x-vof"))
		return;
	c->options[c->nr_options++] = (struct machine_option){"x-boot", "fdt"};
}

static inline int board_create(struct machine_config *c, struct vm **vm, struct error *e)
{
	static char path[64];
	u8 elf[0x200];
	size_t size = board_elf(elf, true);
	int err;

	board_file(path, elf, size);
	c->name = "pseries";
	if (!c->engine)
		c->engine = &engine_null;
	if (!c->model)
		c->model = cpu_model_find("power9");
	c->cpus = c->cpus ? c->cpus : 2;
	c->ram_size = 64 << 20;
	c->kernel = path;
	c->nr_serials = 1;
	board_start(c);
	err = machine_pseries.create(c, vm, e);
	unlink(path);
	return err;
}

#endif

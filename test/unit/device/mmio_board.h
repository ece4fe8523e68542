/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bare-e500 over the null engine: slots of virtio-mmio, and devices in them, without a guest. */
#ifndef TEST_MMIO_BOARD_H
#define TEST_MMIO_BOARD_H

#include "../machine/board.h"
#include "device/virtio_mmio.h"
#include "vm/vm.h"

enum { MMIO_BOARD_SLOTS = 0xe0010000, MMIO_BOARD_RAM = 16 << 20 };

static inline struct vm *mmio_board(bool legacy)
{
	static const u8 image[0x200];
	static const struct device_global global = {"virtio-mmio", "force-legacy", "on"};
	const struct device_backends backends = {.nr_globals = legacy, .globals = &global};
	struct machine_config c = {.name = "bare-e500",
				   .engine = &engine_null,
				   .model = cpu_model_find("e500v2"),
				   .cpus = 1,
				   .ram_size = MMIO_BOARD_RAM,
				   .backends = &backends};
	struct error e = {""};
	struct vm *vm = NULL;
	char path[64];

	board_file(path, image, sizeof(image));
	c.bios = path;
	if (machine_bare_e500.create(&c, &vm, &e)) {
		fprintf(stderr, "%s\n", e.text);
		abort();
	}
	unlink(path);
	vm->backends = NULL;
	return vm;
}

/* A device in the first slot that is free; pointer: of property `key`, else `value` is set. */
static inline struct device *mmio_plug(struct vm *vm, const struct device_class *cls,
				       const char *key, const char *value, void *pointer)
{
	struct device *d = device_new(vm, cls);
	struct error e = {""};

	device_set_pointer(d, "bus", device_bus_find(vm, BUS_VIRTIO_MMIO, NULL)->bus);
	if (pointer)
		device_set_pointer(d, key, pointer);
	if ((value && device_set(d, key, value, &e)) || device_realize(d, &e)) {
		fprintf(stderr, "%s\n", e.text);
		abort();
	}
	return d;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices are declared: one C file with one struct device_class. Properties are typed and double
 * as options; the state table is what save, restore and the monitor see. A device is touched only
 * under its machine's lock.
 */
#ifndef VM_DEVICE_H
#define VM_DEVICE_H

#include "base/error.h"
#include "base/savestate.h"
#include "base/types.h"

struct vm;
struct device;

enum device_prop_type { PROP_BOOL, PROP_U32, PROP_U64, PROP_STRING, PROP_POINTER };

struct device_prop {
	const char *name, *help;
	u32 type;	     /* enum device_prop_type */
	u32 offset;	     /* in the instance: bool, u32, u64, const char *, void * */
	const char *initial; /* as device_set() takes it; NULL = zero */
};

struct device_class {
	const char *name, *help;
	u32 size;			 /* of the instance, which starts with struct device */
	const struct device_prop *props; /* ends with a NULL name; NULL = none */
	int (*realize)(struct device *dev, struct error *e);
	void (*unrealize)(struct device *dev);
	void (*reset)(struct device *dev);
	/* Add nodes and properties to the tree (fdt: libfdt's); 0 or -errno. */
	int (*dt)(struct device *dev, void *fdt);
	const struct state_table *state;
	u32 state_offset; /* of the state struct in the instance */
};

struct device {
	const struct device_class *cls;
	struct vm *vm;
	u32 instance; /* counts devices of a class */
	bool realized;
};

/* Slots for classes that have nothing to do there. */
void device_no_unrealize(struct device *dev);
void device_no_reset(struct device *dev);
int device_no_dt(struct device *dev, void *fdt);

/* Owned by the vm afterwards. NULL: no memory. */
struct device *device_new(struct vm *vm, const struct device_class *cls);
int device_set(struct device *dev, const char *prop, const char *value, struct error *e);
void device_set_pointer(struct device *dev, const char *prop, void *value);
void device_set_u64(struct device *dev, const char *prop, u64 value);
int device_realize(struct device *dev, struct error *e);

/* All of a vm's devices. */
void devices_reset(struct vm *vm);
int devices_dt(struct vm *vm, void *fdt);
void devices_destroy(struct vm *vm);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices are declared: one C file with one struct device_class. Properties are typed and double
 * as options; the state table is what save, restore and the monitor see. A device is touched only
 * under its machine's lock.
 */
#ifndef VM_DEVICE_H
#define VM_DEVICE_H

#include <stddef.h>

#include "base/error.h"
#include "base/savestate.h"
#include "base/types.h"

struct vm;
struct device;
struct display_hub;
struct input_hub;

/* Longest path of boot_path(), with its 0. */
enum { DEVICE_PATH_MAX = 256 };

enum device_prop_type {
	PROP_BOOL,
	PROP_U32,
	PROP_U64,
	PROP_SIZE,   /* u64, with a suffix K, M, G, T */
	PROP_STRING, /* const char * */
	PROP_ON_OFF_AUTO,
	PROP_MAC, /* u8[6] */
	/* void *: what has a name on the host's side is given by that name */
	PROP_DRIVE,
	PROP_NETDEV,
	PROP_CHARDEV,
	PROP_FSDEV,
	PROP_RNG,
	PROP_IOTHREAD,
	PROP_POINTER, /* void *, of the machine's; no option */
};

enum device_auto { DEVICE_OFF, DEVICE_ON, DEVICE_AUTO }; /* u32 of PROP_ON_OFF_AUTO */

struct device_prop {
	const char *name, *help;
	u32 type;	     /* enum device_prop_type */
	u32 offset;	     /* in the instance */
	const char *initial; /* as device_set() takes it; NULL = zero */
};

/* What a device is plugged into. A class with another bus than BUS_NONE has a property `bus`, of
 * type PROP_POINTER, for it. */
enum device_bus_type {
	BUS_NONE,
	BUS_PCI,
	BUS_VIO,
	BUS_VIRTIO_MMIO,
	BUS_SCSI,
	BUS_USB,
	BUS_VIRTIO_SERIAL
};

struct device_bus {
	char name[32];
	u32 type;
	bool full; /* only who names it gets it */
	void *bus;
};

struct device_setting {
	const char *key, *value;
};

/* A property for all devices of a class, before their own (-global). */
struct device_global {
	const char *cls, *key, *value;
};

/* Where names of PROP_DRIVE and its kin come from. */
struct device_backends {
	/* For one device only, `user` in messages. NULL with e set. */
	void *(*claim)(void *opaque, u32 type, const char *name, const char *user, struct error *e);
	/* The device that claimed it is gone. */
	void (*release)(void *opaque, u32 type, void *backend);
	void *opaque;
	u32 nr_globals;
	const struct device_global *globals;
	struct input_hub *input;      /* host/input.h; NULL: nobody types */
	struct display_hub *displays; /* host/display.h; NULL: nobody looks */
	/* The name that claim() would take; NULL: nobody knows. */
	const char *(*name)(void *opaque, u32 type, const void *backend);
};

/* State of no fixed size, saved behind the device's own: save() writes sections of that name and
 * instance, or none; load() reads one. */
struct device_section {
	const char *name;
	void (*save)(struct device *dev, u32 instance, struct state_writer *w);
	int (*load)(struct device *dev, struct state_reader *r, struct error *e);
};

struct device_class {
	const char *name, *help;
	u32 bus_type;			 /* enum device_bus_type */
	u32 size;			 /* of the instance, which starts with struct device */
	const struct device_prop *props; /* ends with a NULL name; NULL = none */
	bool cold_only;			 /* does not come or go while the guest runs */
	int (*realize)(struct device *dev, struct error *e);
	void (*unrealize)(struct device *dev);
	void (*reset)(struct device *dev);
	/* Add nodes and properties to the tree (fdt: libfdt's); 0 or -errno. */
	int (*dt)(struct device *dev, void *fdt);
	/* Where firmware finds what it boots from (IEEE 1275, 4.3.1); 0 or -errno. NULL: nothing
	 * boots from such a device, and it has no bootindex. */
	int (*boot_path)(const struct device *dev, char *path, size_t size);
	/* Its drive has another size; the vm is paused. NULL: it looks by itself. */
	void (*resized)(struct device *dev);
	/* It goes, and what is plugged into it goes before: its driver hears of neither. NULL:
	 * nothing to do. */
	void (*leave)(struct device *dev);
	const struct state_table *state;
	u32 state_offset;		      /* of the state struct in the instance */
	const struct device_section *section; /* NULL: none */
};

struct device {
	const struct device_class *cls;
	struct vm *vm;
	const char *id;	 /* NULL: it has no name */
	s32 bootindex;	 /* firmware tries the lowest one first; -1: none */
	u32 instance;	 /* the lowest that no other device of the class has */
	u32 state_name;	 /* what tells its saved state from others of the class */
	bool configured; /* -global was applied */
	bool realized;
	bool unplug_asked; /* the guest was asked to let go of it */
	bool released;	   /* it has, and touches it no more */
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

/* A device by its settings, which may also be id, bus (a name) and bootindex; messages begin with
 * the class's name. */
int device_add(struct vm *vm, const struct device_class *cls, const struct device_setting *settings,
	       u32 count, struct error *e);
/* Asserts that there is room; the name is copied. */
void device_bus_add(struct vm *vm, u32 type, const char *name, void *bus);
void device_bus_remove(struct vm *vm, const void *bus);
void device_bus_set_full(struct vm *vm, const void *bus, bool full);
/* By name; NULL: the first of the type that is not full. */
struct device_bus *device_bus_find(struct vm *vm, u32 type, const char *name);

/* By id; NULL: there is none. */
struct device *device_find(struct vm *vm, const char *id);
/* What its first property of that type names; NULL: nothing. */
void *device_backend(const struct device *dev, u32 type);
/* Whoever has the back end `from` has `to` instead. The vm is paused. */
void devices_swap_backend(struct vm *vm, const void *from, void *to);
/* A drive has another size. Likewise. */
void devices_resized(struct vm *vm, const void *drive);
/* The guest has let go of a device: vm->unplugged() is called. Under the machine's lock. */
void device_release(struct device *dev);
/* Destroys a device and what is plugged into it; its back ends are free again. The vm is paused;
 * under the machine's lock. */
void device_remove(struct device *dev);
/* Destroys what the guest has let go of; `asked`: also what it was asked for. Likewise. */
void devices_reap(struct vm *vm, bool asked);

/* All of a vm's devices. */
void devices_reset(struct vm *vm);
int devices_dt(struct vm *vm, void *fdt);
void devices_destroy(struct vm *vm);

#endif

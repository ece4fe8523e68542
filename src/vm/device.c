// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/device.h"

#include <errno.h>

#include "base/assert.h"
#include "base/string.h"
#include "os/os.h"
#include "vm/vm.h"

void device_no_unrealize(struct device *dev)
{
}

void device_no_reset(struct device *dev)
{
}

int device_no_dt(struct device *dev, void *fdt)
{
	return 0;
}

static const struct device_prop *find_prop(const struct device *dev, const char *name)
{
	for (const struct device_prop *p = dev->cls->props; p && p->name; p++)
		if (!strcmp(p->name, name))
			return p;
	return NULL;
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

/* Returns where the number ended, NULL: there is none. */
static const char *parse_number(const char *s, u64 *value)
{
	u64 base = 10, v = 0;
	const char *first;

	if (s[0] == '0' && (s[1] | 0x20) == 'x') {
		base = 16;
		s += 2;
	}
	for (first = s; (u64)digit_of(*s) < base; s++)
		if (__builtin_mul_overflow(v, base, &v) ||
		    __builtin_add_overflow(v, (u64)digit_of(*s), &v))
			return NULL;
	*value = v;
	return s == first ? NULL : s;
}

static bool parse_u64(const char *s, u64 *value)
{
	s = parse_number(s, value);
	return s && !*s;
}

static bool parse_size(const char *s, u64 *value)
{
	static const char suffixes[] = "bkmgt";
	const char *end = parse_number(s, value);
	u64 shift = 0;

	if (!end)
		return false;
	if (*end) {
		while (shift < 5 && suffixes[shift] != (*end | 0x20))
			shift++;
		if (shift == 5 || end[1])
			return false;
	}
	return !__builtin_mul_overflow(*value, 1ull << 10 * shift, value);
}

static bool parse_s32(const char *s, s32 *value)
{
	bool minus = *s == '-';
	u64 v;

	if (!parse_u64(s + minus, &v) || v > 0x7fffffff)
		return false;
	*value = minus ? -(s32)v : (s32)v;
	return true;
}

static bool parse_bool(const char *s, bool *value)
{
	*value = !strcmp(s, "on") || !strcmp(s, "yes") || !strcmp(s, "true");
	return *value || !strcmp(s, "off") || !strcmp(s, "no") || !strcmp(s, "false");
}

static bool parse_auto(const char *s, u32 *value)
{
	bool on = false, ok = parse_bool(s, &on);

	*value = !ok ? DEVICE_AUTO : on ? DEVICE_ON : DEVICE_OFF;
	return ok || !strcmp(s, "auto");
}

/* xx:xx:xx:xx:xx:xx, not of a group. */
static bool parse_mac(const char *s, u8 *mac)
{
	for (u32 i = 0; i < 6; i++, s += 3) {
		int high = digit_of(s[0]), low = high < 16 ? digit_of(s[1]) : 16;

		if (low >= 16 || s[2] != (i < 5 ? ':' : 0))
			return false;
		mac[i] = (u8)(high << 4 | low);
	}
	return !(mac[0] & 1);
}

static int set_backend(struct device *dev, const struct device_prop *p, const char *name,
		       struct error *e)
{
	const struct device_backends *b = dev->vm->backends;
	void *backend;

	if (!b)
		return error_set(e, -ENOENT, "%s=%s: there is no such back end", p->name, name);
	backend = b->claim(b->opaque, p->type, name, dev->id ? dev->id : dev->cls->name, e);
	*(void **)((u8 *)dev + p->offset) = backend;
	return backend ? 0 : -ENOENT;
}

static bool parse(u32 type, const char *value, void *field)
{
	u64 v = 0;

	switch (type) {
	case PROP_BOOL:
		return parse_bool(value, field);
	case PROP_ON_OFF_AUTO:
		return parse_auto(value, field);
	case PROP_MAC:
		return parse_mac(value, field);
	case PROP_STRING:
		*(const char **)field = value;
		return true;
	case PROP_SIZE:
		return parse_size(value, field);
	case PROP_U64:
		return parse_u64(value, field);
	default:
		if (!parse_u64(value, &v) || v > 0xffffffff)
			return false;
		*(u32 *)field = (u32)v;
		return true;
	}
}

int device_set(struct device *dev, const char *prop, const char *value, struct error *e)
{
	const struct device_prop *p = find_prop(dev, prop);

	if (!p || p->type == PROP_POINTER)
		return error_set(e, -EINVAL, "%s has no property %s", dev->cls->name, prop);
	if (p->type >= PROP_DRIVE)
		return set_backend(dev, p, value, e);
	return parse(p->type, value, (u8 *)dev + p->offset)
		       ? 0
		       : error_set(e, -EINVAL, "%s: property %s cannot be '%s'", dev->cls->name,
				   prop, value);
}

void device_set_pointer(struct device *dev, const char *prop, void *value)
{
	const struct device_prop *p = find_prop(dev, prop);

	pv_assert(p && p->type >= PROP_DRIVE);
	*(void **)((u8 *)dev + p->offset) = value;
}

void device_set_u64(struct device *dev, const char *prop, u64 value)
{
	const struct device_prop *p = find_prop(dev, prop);

	pv_assert(p && (p->type == PROP_U64 || p->type == PROP_U32));
	if (p->type == PROP_U64)
		*(u64 *)((u8 *)dev + p->offset) = value;
	else
		*(u32 *)((u8 *)dev + p->offset) = (u32)value;
}

static bool instance_taken(const struct vm *vm, const struct device_class *cls, u32 instance)
{
	for (u32 i = 0; i < vm->nr_devices; i++)
		if (vm->devices[i]->cls == cls && vm->devices[i]->instance == instance)
			return true;
	return false;
}

struct device *device_new(struct vm *vm, const struct device_class *cls)
{
	struct device *dev;

	pv_assert(vm->nr_devices < VM_MAX_DEVICES);
	pv_assert(state_table_check(cls->state) == ~0u);
	dev = os_alloc(cls->size);
	if (!dev)
		return NULL;
	dev->cls = cls;
	dev->vm = vm;
	dev->bootindex = -1;
	while (instance_taken(vm, cls, dev->instance))
		dev->instance++;
	dev->state_name = dev->instance;
	for (const struct device_prop *p = cls->props; p && p->name; p++)
		if (p->initial)
			pv_assert(!device_set(dev, p->name, p->initial, NULL));
	vm->devices[vm->nr_devices++] = dev;
	return dev;
}

/* -global; what it names wrongly is found when a device of the class is made. */
static int set_globals(struct device *dev, struct error *e)
{
	const struct device_backends *b = dev->vm->backends;
	int err = 0;

	for (u32 i = 0; b && i < b->nr_globals && !err; i++)
		if (!strcmp(b->globals[i].cls, dev->cls->name))
			err = device_set(dev, b->globals[i].key, b->globals[i].value, e);
	return err;
}

int device_realize(struct device *dev, struct error *e)
{
	int err = dev->configured ? 0 : set_globals(dev, e);

	if (!err)
		err = dev->cls->realize(dev, e);
	dev->realized = !err;
	return err;
}

void device_bus_add(struct vm *vm, u32 type, const char *name, void *bus)
{
	struct device_bus *b = &vm->buses[vm->nr_buses++];

	pv_assert(vm->nr_buses <= VM_MAX_BUSES && strlen(name) < sizeof(b->name));
	memcpy(b->name, name, strlen(name) + 1);
	b->type = type;
	b->bus = bus;
	b->full = false;
}

void device_bus_remove(struct vm *vm, const void *bus)
{
	u32 kept = 0;

	for (u32 i = 0; i < vm->nr_buses; i++)
		if (vm->buses[i].bus != bus)
			vm->buses[kept++] = vm->buses[i];
	vm->nr_buses = kept;
}

void device_bus_set_full(struct vm *vm, const void *bus, bool full)
{
	for (u32 i = 0; i < vm->nr_buses; i++)
		if (vm->buses[i].bus == bus)
			vm->buses[i].full = full;
}

struct device_bus *device_bus_find(struct vm *vm, u32 type, const char *name)
{
	for (u32 i = 0; i < vm->nr_buses; i++)
		if (vm->buses[i].type == type &&
		    (name ? !strcmp(vm->buses[i].name, name) : !vm->buses[i].full))
			return &vm->buses[i];
	return NULL;
}

static int plug(struct device *dev, const char *name, struct error *e)
{
	static const char *const kinds[] = {
		[BUS_PCI] = "PCI",
		[BUS_VIO] = "virtual I/O",
		[BUS_VIRTIO_MMIO] = "virtio-mmio",
		[BUS_SCSI] = "SCSI",
		[BUS_USB] = "USB",
		[BUS_VIRTIO_SERIAL] = "virtio serial",
	};
	struct device_bus *b;

	if (dev->cls->bus_type == BUS_NONE)
		return name ? error_set(e, -EINVAL, "it is on no bus") : 0;
	b = device_bus_find(dev->vm, dev->cls->bus_type, name);
	if (!b && name)
		return error_set(e, -ENODEV, "there is no %s bus '%s'", kinds[dev->cls->bus_type],
				 name);
	if (!b)
		return error_set(e, -ENODEV, "machine %s has no %s bus", dev->vm->name,
				 kinds[dev->cls->bus_type]);
	device_set_pointer(dev, "bus", b->bus);
	return 0;
}

static int set_bootindex(struct device *dev, const char *value, struct error *e)
{
	struct vm *vm = dev->vm;
	s32 n;

	if (!dev->cls->boot_path)
		return error_set(e, -EINVAL, "nothing boots from it: it has no bootindex");
	if (!parse_s32(value, &n))
		return error_set(e, -EINVAL, "bootindex cannot be '%s'", value);
	for (u32 i = 0; i < vm->nr_devices && n >= 0; i++)
		if (vm->devices[i]->bootindex == n)
			return error_set(e, -EEXIST, "there are two devices of bootindex %d", n);
	dev->bootindex = n < 0 ? -1 : n;
	return 0;
}

struct device *device_find(struct vm *vm, const char *id)
{
	for (u32 i = 0; i < vm->nr_devices; i++)
		if (vm->devices[i]->id && !strcmp(vm->devices[i]->id, id))
			return vm->devices[i];
	return NULL;
}

/* Settings that all devices have; *bus becomes a name. */
static int set_common(struct device *dev, const struct device_setting *s, const char **bus,
		      struct error *e)
{
	struct vm *vm = dev->vm;

	if (!strcmp(s->key, "bus")) {
		*bus = s->value;
		return 0;
	}
	if (!strcmp(s->key, "bootindex"))
		return set_bootindex(dev, s->value, e);
	if (device_find(vm, s->value))
		return error_set(e, -EEXIST, "there are two devices '%s'", s->value);
	dev->id = s->value;
	return 0;
}

static bool is_common(const struct device_setting *s)
{
	return !strcmp(s->key, "id") || !strcmp(s->key, "bus") || !strcmp(s->key, "bootindex");
}

static int configure(struct device *dev, const struct device_setting *settings, u32 count,
		     struct error *e)
{
	const char *bus = NULL;
	int err = 0;

	for (u32 i = 0; i < count && !err; i++)
		if (is_common(&settings[i]))
			err = set_common(dev, &settings[i], &bus, e);
	if (!err)
		err = plug(dev, bus, e);
	if (err) {
		error_prefix(e, "%s", dev->cls->name);
		return err;
	}
	err = set_globals(dev, e);
	dev->configured = true;
	for (u32 i = 0; i < count && !err; i++)
		if (!is_common(&settings[i]))
			err = device_set(dev, settings[i].key, settings[i].value, e);
	return err;
}

int device_add(struct vm *vm, const struct device_class *cls, const struct device_setting *settings,
	       u32 count, struct error *e)
{
	struct device *dev;
	int err;

	/* Each may have a listener and two states of its own. */
	if (vm->nr_devices == VM_MAX_DEVICES || vm->nr_listeners == VM_MAX_LISTENERS ||
	    vm->nr_states + 2 > VM_MAX_STATES || vm->nr_buses == VM_MAX_BUSES)
		return error_set(e, -ENOSPC, "%s: there are too many devices", cls->name);
	dev = device_new(vm, cls);
	if (!dev)
		return error_set(e, -ENOMEM, "out of memory");
	err = configure(dev, settings, count, e);
	if (!err)
		err = device_realize(dev, e);
	if (err)
		device_remove(dev);
	return err;
}

/* --- the end of a device --- */
static void **backend_of(const struct device *dev, const struct device_prop *p)
{
	return (void **)((u8 *)dev + p->offset);
}

static void release_backends(struct device *dev)
{
	const struct device_backends *b = dev->vm->backends;

	for (const struct device_prop *p = dev->cls->props; b && b->release && p && p->name; p++) {
		void **backend = backend_of(dev, p);

		if (p->type < PROP_DRIVE || p->type == PROP_POINTER || !*backend)
			continue;
		b->release(b->opaque, p->type, *backend);
		*backend = NULL;
	}
}

void *device_backend(const struct device *dev, u32 type)
{
	for (const struct device_prop *p = dev->cls->props; p && p->name; p++)
		if (p->type == type)
			return *backend_of(dev, p);
	return NULL;
}

void devices_swap_backend(struct vm *vm, const void *from, void *to)
{
	pv_assert(vm->paused);
	for (u32 i = 0; i < vm->nr_devices; i++) {
		const struct device_prop *p = vm->devices[i]->cls->props;

		for (; p && p->name; p++)
			if (p->type >= PROP_DRIVE && p->type != PROP_POINTER &&
			    *backend_of(vm->devices[i], p) == from)
				*backend_of(vm->devices[i], p) = to;
	}
}

void devices_resized(struct vm *vm, const void *drive)
{
	pv_assert(vm->paused);
	for (u32 i = 0; i < vm->nr_devices; i++)
		if (vm->devices[i]->cls->resized &&
		    device_backend(vm->devices[i], PROP_DRIVE) == drive)
			vm->devices[i]->cls->resized(vm->devices[i]);
}

/* A bus is a part of the device that has it. */
static bool is_plugged_into(const struct device *dev, const struct device *parent)
{
	const struct device_prop *p = find_prop(dev, "bus");
	const u8 *bus = p ? *(u8 *const *)((const u8 *)dev + p->offset) : NULL;

	return bus && bus >= (const u8 *)parent && bus < (const u8 *)parent + parent->cls->size;
}

void device_release(struct device *dev)
{
	struct vm *vm = dev->vm;

	dev->released = true;
	if (vm->unplugged)
		vm->unplugged(vm->notify_opaque);
}

void device_remove(struct device *dev)
{
	struct vm *vm = dev->vm;
	u32 kept = 0;

	pv_assert(vm->paused);
	if (dev->realized && dev->cls->leave)
		dev->cls->leave(dev);
	for (u32 i = vm->nr_devices; i--;)
		if (i < vm->nr_devices && is_plugged_into(vm->devices[i], dev))
			device_remove(vm->devices[i]);
	if (dev->realized)
		dev->cls->unrealize(dev);
	release_backends(dev);
	for (u32 i = 0; i < vm->nr_devices; i++)
		if (vm->devices[i] != dev)
			vm->devices[kept++] = vm->devices[i];
	vm->nr_devices = kept;
	os_free(dev);
}

void devices_reap(struct vm *vm, bool asked)
{
	for (u32 i = vm->nr_devices; i--;)
		if (i < vm->nr_devices &&
		    (vm->devices[i]->released || (asked && vm->devices[i]->unplug_asked)))
			device_remove(vm->devices[i]);
}

void devices_reset(struct vm *vm)
{
	for (u32 i = 0; i < vm->nr_devices; i++)
		vm->devices[i]->cls->reset(vm->devices[i]);
}

int devices_dt(struct vm *vm, void *fdt)
{
	int err = 0;

	/* libfdt puts new nodes in front of their elder sisters. */
	for (u32 i = vm->nr_devices; i-- && !err;)
		err = vm->devices[i]->cls->dt(vm->devices[i], fdt);
	return err;
}

void devices_destroy(struct vm *vm)
{
	while (vm->nr_devices) {
		struct device *dev = vm->devices[--vm->nr_devices];

		if (dev->realized)
			dev->cls->unrealize(dev);
		os_free(dev);
	}
}

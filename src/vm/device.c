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

static bool parse_u64(const char *s, u64 *value)
{
	u64 base = 10, v = 0;

	if (s[0] == '0' && s[1] == 'x') {
		base = 16;
		s += 2;
	}
	if (!*s)
		return false;
	for (; *s; s++) {
		u64 d = *s >= '0' && *s <= '9'	 ? (u64)(*s - '0')
			: *s >= 'a' && *s <= 'f' ? (u64)(*s - 'a' + 10)
						 : 16;

		if (d >= base || __builtin_mul_overflow(v, base, &v) ||
		    __builtin_add_overflow(v, d, &v))
			return false;
	}
	*value = v;
	return true;
}

static bool parse_bool(const char *s, bool *value)
{
	*value = !strcmp(s, "on");
	return *value || !strcmp(s, "off");
}

int device_set(struct device *dev, const char *prop, const char *value, struct error *e)
{
	const struct device_prop *p = find_prop(dev, prop);
	u8 *field = p ? (u8 *)dev + p->offset : NULL;
	u64 v = 0;
	bool ok;

	if (!p || p->type == PROP_POINTER)
		return error_set(e, -EINVAL, "%s has no property %s", dev->cls->name, prop);
	switch (p->type) {
	case PROP_BOOL:
		ok = parse_bool(value, (bool *)field);
		break;
	case PROP_STRING:
		*(const char **)field = value;
		ok = true;
		break;
	default:
		ok = parse_u64(value, &v) && (p->type == PROP_U64 || v <= 0xffffffff);
		if (ok && p->type == PROP_U64)
			*(u64 *)field = v;
		else if (ok)
			*(u32 *)field = (u32)v;
	}
	return ok ? 0
		  : error_set(e, -EINVAL, "%s: property %s cannot be '%s'", dev->cls->name, prop,
			      value);
}

void device_set_pointer(struct device *dev, const char *prop, void *value)
{
	const struct device_prop *p = find_prop(dev, prop);

	pv_assert(p && p->type == PROP_POINTER);
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
	for (u32 i = 0; i < vm->nr_devices; i++)
		dev->instance += vm->devices[i]->cls == cls;
	for (const struct device_prop *p = cls->props; p && p->name; p++)
		if (p->initial)
			pv_assert(!device_set(dev, p->name, p->initial, NULL));
	vm->devices[vm->nr_devices++] = dev;
	return dev;
}

int device_realize(struct device *dev, struct error *e)
{
	int err = dev->cls->realize(dev, e);

	dev->realized = !err;
	return err;
}

void devices_reset(struct vm *vm)
{
	for (u32 i = 0; i < vm->nr_devices; i++)
		vm->devices[i]->cls->reset(vm->devices[i]);
}

int devices_dt(struct vm *vm, void *fdt)
{
	int err = 0;

	for (u32 i = 0; i < vm->nr_devices && !err; i++)
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

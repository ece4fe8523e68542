// SPDX-License-Identifier: GPL-2.0-or-later
/* info qtree: devices on their buses with their properties, in QEMU's layout. */
#include "control/monitor_qtree.h"

#include <string.h>

#include "control/monitor.h"
#include "vm/vm.h"

enum { DEPTH_MAX = 16 };

static const char *name_of(const struct device *dev, u32 type, const void *backend)
{
	const struct device_backends *b = dev->vm->backends;

	return b && b->name && backend ? b->name(b->opaque, type, backend) : NULL;
}

static void print_prop(struct monitor *m, const struct device *dev, const struct device_prop *p,
		       u32 indent)
{
	static const char *const autos[] = {"\"off\"", "\"on\"", "\"auto\""};
	const void *field = (const u8 *)dev + p->offset;
	const u8 *mac = field;
	const char *text;
	u64 n;

	monitor_print(m, "%*s%s = ", (int)indent, "", p->name);
	switch (p->type) {
	case PROP_BOOL:
		monitor_print(m, "%s\n", *(const bool *)field ? "true" : "false");
		break;
	case PROP_ON_OFF_AUTO:
		monitor_print(m, "%s\n", autos[*(const u32 *)field % ARRAY_SIZE(autos)]);
		break;
	case PROP_STRING:
		text = *(const char *const *)field;
		monitor_print(m, "\"%s\"\n", text ? text : "");
		break;
	case PROP_MAC:
		monitor_print(m, "\"%02x:%02x:%02x:%02x:%02x:%02x\"\n", mac[0], mac[1], mac[2],
			      mac[3], mac[4], mac[5]);
		break;
	case PROP_U32:
	case PROP_U64:
	case PROP_SIZE:
		n = p->type == PROP_U32 ? *(const u32 *)field : *(const u64 *)field;
		monitor_print(m, "%llu (0x%llx)\n", (unsigned long long)n, (unsigned long long)n);
		break;
	default:
		text = name_of(dev, p->type, *(void *const *)field);
		monitor_print(m, "\"%s\"\n", text ? text : "");
	}
}

static const void *bus_of(const struct device *dev)
{
	for (const struct device_prop *p = dev->cls->props; p && p->name; p++)
		if (!strcmp(p->name, "bus") && p->type == PROP_POINTER)
			return *(void *const *)((const u8 *)dev + p->offset);
	return NULL;
}

static bool is_part_of(const struct device *dev, const void *bus)
{
	const u8 *at = bus, *begin = (const u8 *)dev;

	return at >= begin && at < begin + dev->cls->size;
}

static void print_bus(struct monitor *m, struct vm *vm, const struct device_bus *bus, u32 indent);

static void print_device(struct monitor *m, struct vm *vm, const struct device *dev, u32 indent)
{
	monitor_print(m, "%*sdev: %s, id \"%s\"\n", (int)indent, "", dev->cls->name,
		      dev->id ? dev->id : "");
	for (const struct device_prop *p = dev->cls->props; p && p->name; p++)
		if (p->type != PROP_POINTER)
			print_prop(m, dev, p, indent + 2);
	for (u32 i = 0; i < vm->nr_buses && indent < 2 * DEPTH_MAX; i++)
		if (is_part_of(dev, vm->buses[i].bus))
			print_bus(m, vm, &vm->buses[i], indent + 2);
}

static void print_bus(struct monitor *m, struct vm *vm, const struct device_bus *bus, u32 indent)
{
	static const char *const types[] = {
		[BUS_NONE] = "System",
		[BUS_PCI] = "PCI",
		[BUS_VIO] = "spapr-vio-bus",
		[BUS_VIRTIO_MMIO] = "virtio-mmio-bus",
		[BUS_SCSI] = "SCSI",
		[BUS_USB] = "usb-bus",
		[BUS_VIRTIO_SERIAL] = "virtio-serial-bus",
	};

	monitor_print(m, "%*sbus: %s\n%*s  type %s\n", (int)indent, "", bus->name, (int)indent, "",
		      types[bus->type]);
	for (u32 i = 0; i < vm->nr_devices; i++)
		if (bus_of(vm->devices[i]) == bus->bus)
			print_device(m, vm, vm->devices[i], indent + 2);
}

static bool has_owner(const struct vm *vm, const void *bus)
{
	for (u32 i = 0; i < vm->nr_devices; i++)
		if (is_part_of(vm->devices[i], bus))
			return true;
	return false;
}

/* A bus that nobody knows by name is a part of the device that has it (a stick's disk). */
static bool is_named(const struct vm *vm, const void *bus)
{
	for (u32 i = 0; i < vm->nr_buses; i++)
		if (vm->buses[i].bus == bus)
			return true;
	return false;
}

void monitor_print_qtree(struct monitor *m, struct vm *vm)
{
	const struct device_bus system = {.name = "main-system-bus", .type = BUS_NONE};

	vm_lock(vm);
	print_bus(m, vm, &system, 0);
	for (u32 i = 0; i < vm->nr_buses; i++)
		if (!has_owner(vm, vm->buses[i].bus))
			print_bus(m, vm, &vm->buses[i], 2);
	for (u32 i = 0; i < vm->nr_devices; i++)
		if (bus_of(vm->devices[i]) && !is_named(vm, bus_of(vm->devices[i])))
			print_device(m, vm, vm->devices[i], 2);
	vm_unlock(vm);
}

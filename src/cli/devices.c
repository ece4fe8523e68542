// SPDX-License-Identifier: GPL-2.0-or-later
/* -device and -global: names and properties of device/registry.h. */
#include <errno.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "cli/list.h"
#include "cli/values.h"
#include "device/registry.h"

static const char *const bus_names[] = {
	[BUS_NONE] = "",
	[BUS_PCI] = "PCI",
	[BUS_VIO] = "virtual I/O",
	[BUS_VIRTIO_MMIO] = "virtio-mmio",
	[BUS_SCSI] = "SCSI",
	[BUS_USB] = "USB",
	[BUS_VIRTIO_SERIAL] = "virtio serial",
};

static void print_classes(void)
{
	const struct device_class *c;

	for (u32 i = 0; (c = device_class_at(i)); i++)
		printf("%-24s %s%s%s%s\n", c->name, c->help, c->bus_type ? " (" : "",
		       bus_names[c->bus_type], c->bus_type ? ")" : "");
}

static const char *type_name(u32 type)
{
	static const char *const names[] = {
		[PROP_BOOL] = "on|off",
		[PROP_U32] = "number",
		[PROP_U64] = "number",
		[PROP_SIZE] = "size",
		[PROP_STRING] = "text",
		[PROP_ON_OFF_AUTO] = "on|off|auto",
		[PROP_MAC] = "address",
		[PROP_DRIVE] = "ID of -drive",
		[PROP_NETDEV] = "ID of -netdev",
		[PROP_CHARDEV] = "ID of -chardev",
		[PROP_FSDEV] = "ID of -fsdev",
		[PROP_RNG] = "ID of -object",
		[PROP_IOTHREAD] = "ID of -object",
	};

	return names[type];
}

static void print_props(const struct device_class *c)
{
	char text[64];

	printf("%s: %s\n", c->name, c->help);
	for (const struct device_prop *p = c->props; p && p->name; p++) {
		if (p->type == PROP_POINTER)
			continue;
		snprintf(text, sizeof(text), "%s=<%s>", p->name, type_name(p->type));
		printf("  %-40s %s%s%s%s\n", text, p->help, p->initial ? " (default " : "",
		       p->initial ? p->initial : "", p->initial ? ")" : "");
	}
	puts("  id=<text>                                its name");
	if (c->bus_type)
		puts("  bus=<text>                               what it is plugged into");
	if (c->boot_path)
		puts("  bootindex=<number>                       firmware tries the lowest one "
		     "first");
}

struct machine_device *devices_new(struct cli_options *o, const char *name, struct error *e)
{
	const struct device_class *c = device_class_find(name);
	struct machine_device *d;

	if (!c) {
		error_set(e, -EINVAL, "there is no device '%s' (see -device help)", name);
		return NULL;
	}
	if (o->nr_devices == MACHINE_MAX_DEVICES) {
		error_set(e, -EINVAL, "there are more than %d devices", MACHINE_MAX_DEVICES);
		return NULL;
	}
	if (!o->devices)
		o->devices = g_new0(struct machine_device, MACHINE_MAX_DEVICES);
	d = &o->devices[o->nr_devices++];
	d->cls = c;
	return d;
}

static bool is_property(const struct device_class *c, const char *key)
{
	if (!strcmp(key, "id"))
		return true;
	if (!strcmp(key, "bootindex"))
		return c->boot_path;
	if (!strcmp(key, "bus"))
		return c->bus_type != BUS_NONE;
	for (const struct device_prop *p = c->props; p && p->name; p++)
		if (p->type != PROP_POINTER && !strcmp(p->name, key))
			return true;
	return false;
}

int devices_setting(struct machine_device *d, const char *key, const char *value, struct error *e)
{
	if (!value)
		return error_set(e, -EINVAL, "'%s' has no value", key);
	if (!is_property(d->cls, key))
		return error_set(e, -EINVAL, "%s has no property '%s' (see -device %s,help)",
				 d->cls->name, key, d->cls->name);
	if (!strcmp(key, "id") && cli_check_id(value, e))
		return -EINVAL;
	if (d->nr_settings == MACHINE_MAX_SETTINGS)
		return error_set(e, -EINVAL, "%s has too many properties", d->cls->name);
	d->settings[d->nr_settings++] = (struct device_setting){key, value};
	return 0;
}

int devices_parse(struct cli_options *o, const char *arg, struct machine_device *d, struct error *e)
{
	struct list l = list_of(o, arg, "driver");
	int err = 0;

	*d = (struct machine_device){0};
	if (!list_next(&l) || strcmp(l.key, "driver") || !l.value)
		return error_set(e, -EINVAL, "the first word has to be a device's name");
	d->cls = device_class_find(l.value);
	if (!d->cls)
		return error_set(e, -EINVAL, "there is no device '%s'", l.value);
	while (!err && list_next(&l))
		err = devices_setting(d, l.key, l.value, e);
	return err;
}

int value_device(struct cli_options *o, const char *arg, struct error *e)
{
	struct list l = list_of(o, arg, "driver");
	struct machine_device *d = NULL;
	int err = 0;

	if (!strcmp(arg, "help") || !strcmp(arg, "?")) {
		print_classes();
		return 1;
	}
	if (!list_next(&l) || strcmp(l.key, "driver") || !l.value)
		err = error_set(e, -EINVAL, "the first word has to be a device's name");
	else if (!(d = devices_new(o, l.value, e)))
		err = -EINVAL;
	while (!err && list_next(&l)) {
		if (!l.value && (!strcmp(l.key, "help") || !strcmp(l.key, "?"))) {
			print_props(d->cls);
			return 1;
		}
		err = devices_setting(d, l.key, l.value, e);
	}
	if (err)
		error_prefix(e, "-device");
	return err;
}

int value_vga(struct cli_options *o, const char *arg, struct error *e)
{
	if (!strcmp(arg, "none"))
		return 0;
	if (strcmp(arg, "std"))
		return error_set(e, -EINVAL, "-vga: '%s' is not std or none", arg);
	o->vga = true;
	return devices_new(o, "VGA", e) ? 0 : -EINVAL;
}

int value_usbdevice(struct cli_options *o, const char *arg, struct error *e)
{
	static const char *const kinds[][2] = {
		{"keyboard", "usb-kbd"}, {"mouse", "usb-mouse"}, {"tablet", "usb-tablet"}};

	o->usb = true;
	for (u32 i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(arg, kinds[i][0]))
			return devices_new(o, kinds[i][1], e) ? 0 : -EINVAL;
	return error_set(e, -EINVAL, "-usbdevice: '%s' is not keyboard, mouse or tablet", arg);
}

/* As qemu's pseries: a graphics card brings a controller along, and that a keyboard and a mouse. */
int usb_finish(struct cli_options *o, struct error *e)
{
	const char *controller = o->machine->usb_controller;
	struct machine_device d;

	o->usb |= o->vga && !o->no_defaults && controller;
	if (!o->usb)
		return 0;
	if (!controller)
		return error_set(e, -EINVAL, "machine %s has no USB", o->machine->name);
	if (!devices_new(o, controller, e))
		return -EINVAL;
	d = o->devices[o->nr_devices - 1];
	memmove(o->devices + 1, o->devices, (o->nr_devices - 1) * sizeof(*o->devices));
	o->devices[0] = d;
	if (o->vga && (!devices_new(o, "usb-kbd", e) || !devices_new(o, "usb-mouse", e)))
		return -EINVAL;
	return 0;
}

int value_global(struct cli_options *o, const char *arg, struct error *e)
{
	struct list l = list_of(o, arg, NULL);
	struct device_global g = {0};
	char *dot;

	while (list_next(&l)) {
		if (l.value && !strcmp(l.key, "driver")) {
			g.cls = l.value;
		} else if (l.value && !strcmp(l.key, "property")) {
			g.key = l.value;
		} else if (l.value && !strcmp(l.key, "value")) {
			g.value = l.value;
		} else {
			dot = strchr(l.key, '.');
			if (!dot || !l.value)
				return error_set(e, -EINVAL,
						 "-global: '%s' is no DEVICE.PROPERTY=VALUE", arg);
			*dot = 0;
			g = (struct device_global){l.key, dot + 1, l.value};
		}
	}
	if (!g.cls || !g.key || !g.value)
		return error_set(e, -EINVAL, "-global: '%s' is no DEVICE.PROPERTY=VALUE", arg);
	o->globals = g_renew(struct device_global, o->globals, o->nr_globals + 1);
	o->globals[o->nr_globals++] = g;
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * See hotplug.h. A device comes and goes while the vm is paused, for a moment if it runs: then no
 * processor, no queue and no disk is at work, and tables that are read without a lock may change.
 */
#include "cli/hotplug.h"

#include <errno.h>
#include <glib.h>
#include <string.h>

#include "bus/pci_host.h"
#include "cli/values.h"
#include "vm/vm.h"

/* Messages of options begin with the option. */
static void complain(struct monitor *m, const char *command, const struct error *e)
{
	const char *text = e->text, *end = *text == '-' ? strstr(text, ": ") : NULL;

	monitor_print(m, "%s: %s\n", command, end ? end + 2 : text);
}

/* --- pausing --- */
static bool hold(struct vm *vm)
{
	bool running = !vm->paused;

	if (running)
		vm_pause(vm);
	vm_lock(vm);
	return running;
}

static void let_go(struct vm *vm, bool running)
{
	vm_unlock(vm);
	if (running)
		vm_resume(vm);
}

void hotplug_reap(struct cli_options *o, struct vm *vm)
{
	bool any = false, running;

	vm_lock(vm);
	for (u32 i = 0; i < vm->nr_devices; i++)
		any |= vm->devices[i]->released;
	vm_unlock(vm);
	/* transfers that wait for 'cont' (werror=stop) are still their device's */
	if (!any || cli_waiting_drive(o))
		return;
	running = hold(vm);
	devices_reap(vm, false);
	let_go(vm, running);
	cli_close_freed(o);
}

/* --- devices --- */
static int check_class(const struct vm *vm, const struct device_class *c, struct error *e)
{
	if (c->bus_type != BUS_PCI || c->cold_only)
		return error_set(e, -EINVAL, "%s cannot be plugged in while the guest runs",
				 c->name);
	return vm->pci ? 0 : error_set(e, -ENODEV, "machine %s has no PCI bus", vm->name);
}

static void add_device(struct monitor *m, void *opaque, const char *args)
{
	struct hotplug *h = opaque;
	struct machine_device d;
	struct error e;
	int err = devices_parse(h->o, args, &d, &e);
	bool running;

	if (!err)
		err = check_class(h->vm, d.cls, &e);
	if (!err) {
		running = hold(h->vm);
		err = device_add(h->vm, d.cls, d.settings, d.nr_settings, &e);
		let_go(h->vm, running);
	}
	/* its drive waits for another try */
	for (u32 i = 0; i < h->o->nr_drives && err; i++)
		h->o->drives[i].freed = false;
	if (err)
		complain(m, "device_add", &e);
}

static int request_unplug(struct monitor *m, struct device *dev, struct error *e)
{
	if (dev->cls->bus_type != BUS_PCI || dev->cls->cold_only)
		return error_set(e, -EINVAL, "%s cannot be unplugged", dev->cls->name);
	if (dev->unplug_asked)
		monitor_print(m, "device_del: the guest was asked for '%s' before; asking again\n",
			      dev->id);
	return pci_request_unplug(container_of(dev, struct pci_device, dev), e);
}

static void remove_device(struct monitor *m, void *opaque, const char *args)
{
	struct hotplug *h = opaque;
	struct device *dev;
	struct error e;
	int err;

	vm_lock(h->vm);
	dev = *args ? device_find(h->vm, args) : NULL;
	if (dev)
		err = request_unplug(m, dev, &e);
	else
		err = *args ? error_set(&e, -ENOENT, "there is no device '%s'", args)
			    : error_set(&e, -EINVAL, "a device's id is missing");
	vm_unlock(h->vm);
	if (err)
		complain(m, "device_del", &e);
	/* one that the guest never took is gone by now */
	hotplug_reap(h->o, h->vm);
}

/* --- back ends --- */
static void add_drive(struct monitor *m, void *opaque, const char *args)
{
	struct hotplug *h = opaque;
	size_t n = strcspn(args, " =");
	struct error e;

	/* a place comes before the options, which means nothing for if=none */
	if (args[n] == ' ')
		args += n + strspn(args + n, " ");
	if (backends_add_drive(h->o, args, &e))
		complain(m, "drive_add", &e);
}

static void remove_drive(struct monitor *m, void *opaque, const char *args)
{
	struct hotplug *h = opaque;
	struct error e;

	if (backends_remove_drive(h->o, args, &e))
		complain(m, "drive_del", &e);
}

static void add_netdev(struct monitor *m, void *opaque, const char *args)
{
	struct hotplug *h = opaque;
	struct error e;

	if (backends_add_netdev(h->o, args, &e))
		complain(m, "netdev_add", &e);
}

static void remove_netdev(struct monitor *m, void *opaque, const char *args)
{
	struct hotplug *h = opaque;
	struct error e;

	if (backends_remove_netdev(h->o, args, &e))
		complain(m, "netdev_del", &e);
}

/* --- what there is --- */
static const char *or_nothing(const char *text)
{
	return text ? text : "-";
}

static void info_block(struct monitor *m, void *opaque, const char *args)
{
	const struct cli_options *o = ((struct hotplug *)opaque)->o;

	for (u32 i = 0; i < o->nr_drives; i++) {
		const struct cli_drive *d = &o->drives[i];

		if (d->block)
			monitor_print(m, "%s: %s, %llu bytes%s, of %s\n", or_nothing(d->id),
				      or_nothing(d->options.filename),
				      (unsigned long long)block_info(d->block)->size,
				      d->options.read_only ? ", read-only" : "",
				      d->user ? d->user : "nobody");
	}
}

static void info_network(struct monitor *m, void *opaque, const char *args)
{
	const struct cli_options *o = ((struct hotplug *)opaque)->o;

	for (u32 i = 0; i < o->nr_netdevs; i++)
		monitor_print(m, "%s: %s, of %s\n", o->netdevs[i].id,
			      o->netdevs[i].options.kind == NET_USER ? "user" : "tap",
			      o->netdevs[i].user ? o->netdevs[i].user : "nobody");
}

static void print_function(struct pci_device *d, void *opaque)
{
	const u8 *c = d->config;

	monitor_print(opaque, "  %s %02x.%x: %s", d->bus->name, d->devfn >> 3, d->devfn & 7,
		      d->dev.cls->name);
	if (d->dev.id)
		monitor_print(opaque, ", id %s", d->dev.id);
	monitor_print(opaque, ", %02x%02x:%02x%02x%s%s\n", c[1], c[0], c[3], c[2],
		      pci_frozen(d) ? ", stopped" : "",
		      d->dev.unplug_asked ? ", the guest is asked to let go of it" : "");
	for (u32 i = 0; i < PCI_BARS; i++)
		if (d->bars[i].size)
			monitor_print(opaque, "      BAR%u: 0x%llx, %llu bytes%s\n", i,
				      (unsigned long long)pci_bar_address(d, i),
				      (unsigned long long)d->bars[i].size,
				      pci_bar_decoded(d, i) ? "" : ", off");
}

static void info_pci(struct monitor *m, void *opaque, const char *args)
{
	struct vm *vm = ((struct hotplug *)opaque)->vm;

	vm_lock(vm);
	for (u32 i = 0; vm->pci && i < vm->pci->nr_hosts; i++) {
		monitor_print(m, "host bridge %u\n", vm->pci->hosts[i]->index);
		pci_for_each(vm->pci->hosts[i], print_function, m);
	}
	vm_unlock(vm);
	if (!vm->pci)
		monitor_print(m, "machine %s has no PCI bus\n", vm->name);
}

const struct monitor_command hotplug_commands[] = {
	{"device_add", "DRIVER[,PROP=VALUE]", "plug in a PCI device, as -device does", add_device},
	{"device_del", "ID", "ask the guest to let go of a PCI device", remove_device},
	{"drive_add", "0 OPTIONS", "a disk image for device_add, as -drive if=none", add_drive},
	{"drive_del", "ID", "close a disk image that no device has", remove_drive},
	{"info block", "", "disk images", info_block},
	{"info network", "", "networks", info_network},
	{"info pci", "", "PCI functions", info_pci},
	{"netdev_add", "OPTIONS", "a network for device_add, as -netdev", add_netdev},
	{"netdev_del", "ID", "end a network that no device has", remove_netdev},
};
const u32 hotplug_nr_commands = ARRAY_SIZE(hotplug_commands);

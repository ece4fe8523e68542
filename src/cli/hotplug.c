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
bool hotplug_hold(struct vm *vm)
{
	bool running = !vm->paused;

	if (running)
		vm_pause(vm);
	vm_lock(vm);
	return running;
}

void hotplug_let_go(struct vm *vm, bool running)
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
	running = hotplug_hold(vm);
	devices_reap(vm, false);
	hotplug_let_go(vm, running);
	cli_close_freed(o);
}

/* --- devices --- */

/* Units of SCSI and devices of USB come and go as they like: their bus tells the guest. */
static bool goes_at_once(const struct device_class *c)
{
	return c->bus_type == BUS_SCSI || c->bus_type == BUS_USB;
}

static int check_class(const struct vm *vm, const struct device_class *c, struct error *e)
{
	if (goes_at_once(c))
		return 0;
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
		running = hotplug_hold(h->vm);
		err = device_add(h->vm, d.cls, d.settings, d.nr_settings, &e);
		hotplug_let_go(h->vm, running);
	}
	/* its drive waits for another try */
	for (u32 i = 0; i < h->o->nr_drives && err; i++)
		h->o->drives[i].freed = false;
	if (err)
		complain(m, "device_add", &e);
}

/* Requests that are under way end before; those that wait for 'cont' fail. */
static void remove_at_once(struct hotplug *h, const char *id)
{
	bool running = hotplug_hold(h->vm);
	struct device *dev = device_find(h->vm, id);

	if (dev)
		device_remove(dev);
	hotplug_let_go(h->vm, running);
	cli_close_freed(h->o);
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
	bool at_once;
	int err = 0;

	vm_lock(h->vm);
	dev = *args ? device_find(h->vm, args) : NULL;
	at_once = dev && goes_at_once(dev->cls);
	if (dev)
		err = at_once ? 0 : request_unplug(m, dev, &e);
	else
		err = *args ? error_set(&e, -ENOENT, "there is no device '%s'", args)
			    : error_set(&e, -EINVAL, "a device's id is missing");
	vm_unlock(h->vm);
	if (err)
		complain(m, "device_del", &e);
	/* one that the guest never took is gone by now */
	if (at_once)
		remove_at_once(h, args);
	else
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

/* A network by its name or that of the card that has it; NULL: there is none. */
static struct cli_netdev *find_netdev(struct hotplug *h, const char *name)
{
	struct device *dev = device_find(h->vm, name);
	const void *net = dev ? device_backend(dev, PROP_NETDEV) : NULL;

	for (u32 i = 0; i < h->o->nr_netdevs; i++)
		if (!strcmp(h->o->netdevs[i].id, name) || (net && h->o->netdevs[i].net == net))
			return &h->o->netdevs[i];
	return NULL;
}

static void set_link(struct monitor *m, void *opaque, const char *args)
{
	gchar **words = g_strsplit(args, " ", 2);
	const char *state = words[0] && words[1] ? g_strstrip(words[1]) : "";
	bool on = !strcmp(state, "on");
	struct hotplug *h = opaque;
	struct cli_netdev *n;

	vm_lock(h->vm);
	n = words[0] ? find_netdev(h, words[0]) : NULL;
	vm_unlock(h->vm);
	if (!on && strcmp(state, "off"))
		monitor_print(m, "set_link NAME on|off\n");
	else if (!n)
		monitor_print(m, "Error: Device '%s' not found\n", words[0]);
	else
		net_set_link(n->net, on);
	g_strfreev(words);
}

/* The network may be left out if there is only one of its kind. */
static struct cli_netdev *user_network(struct hotplug *h, const char **args)
{
	const char *blank = strchr(*args, ' ');
	struct cli_netdev *n = NULL;
	char *name;

	if (blank) {
		name = g_strndup(*args, (gsize)(blank - *args));
		n = find_netdev(h, name);
		g_free(name);
		*args = blank + strspn(blank, " ");
		return n;
	}
	for (u32 i = 0; i < h->o->nr_netdevs; i++)
		if (h->o->netdevs[i].options.kind == NET_USER)
			n = n ? n : &h->o->netdevs[i];
	return n;
}

static void add_forward(struct monitor *m, void *opaque, const char *args)
{
	struct cli_netdev *n = user_network(opaque, &args);
	struct error e;

	if (!n)
		monitor_print(m, "hostfwd_add: there is no such user network\n");
	else if (net_add_forward(n->net, args, &e))
		monitor_print(m, "hostfwd_add: %s\n", e.text);
}

static void remove_forward(struct monitor *m, void *opaque, const char *args)
{
	struct cli_netdev *n = user_network(opaque, &args);
	struct error e;

	if (!n)
		monitor_print(m, "hostfwd_remove: there is no such user network\n");
	else if (net_remove_forward(n->net, args, &e))
		monitor_print(m, "%s\n", e.text);
	else
		monitor_print(m, "host forwarding rule for %s removed\n", args);
}

const struct monitor_command hotplug_commands[] = {
	{"device_add", "DRIVER[,PROP=VALUE]", "plug in a PCI, SCSI or USB device, as -device does",
	 add_device},
	{"device_del", "ID", "unplug: the guest is asked to let go of a PCI device", remove_device},
	{"drive_add", "0 OPTIONS", "a disk image for device_add, as -drive if=none", add_drive},
	{"drive_del", "ID", "close a disk image that no device has", remove_drive},
	{"hostfwd_add", "[NETDEV] RULE", "forward a port: [tcp|udp]:[ADDR]:PORT-[ADDR]:PORT",
	 add_forward},
	{"hostfwd_remove", "[NETDEV] RULE", "no more: [tcp|udp]:[ADDR]:PORT", remove_forward},
	{"netdev_add", "OPTIONS", "a network for device_add, as -netdev", add_netdev},
	{"netdev_del", "ID", "end a network that no device has", remove_netdev},
	{"set_link", "NAME on|off", "pull a network card's cable out, or put it in", set_link},
};
const u32 hotplug_nr_commands = ARRAY_SIZE(hotplug_commands);

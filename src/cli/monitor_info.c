// SPDX-License-Identifier: GPL-2.0-or-later
/* What there is on the host's side and on buses, in the layout of QEMU's info; character back ends
 * that come and go. */
#include <errno.h>
#include <glib.h>
#include <string.h>

#include "bus/pci_host.h"
#include "cli/hotplug.h"
#include "cli/list.h"
#include "cli/values.h"
#include "device/usb.h"
#include "host/char.h"
#include "vm/vm.h"

/* --- character back ends --- */
static void info_chardev(struct monitor *m, void *opaque, const char *args)
{
	const struct cli_options *o = ((struct hotplug *)opaque)->o;

	for (u32 i = 0; i < o->nr_chardevs; i++)
		monitor_print(m, "%s: filename=%s\n", o->chardevs[i].id, o->chardevs[i].spec);
}

static void add_chardev(struct monitor *m, void *opaque, const char *args)
{
	struct cli_options *o = ((struct hotplug *)opaque)->o;
	u32 before = o->nr_chardevs;
	struct error e;
	int err = value_chardev(o, args, &e);
	struct cli_chardev *c = o->chardevs + before;

	if (!err)
		err = chardev_open(c->spec, c->id, NULL, &c->chardev, &e);
	if (!err)
		return;
	o->nr_chardevs = before;
	monitor_print(m, "Error: %s\n", e.text);
}

static void remove_chardev(struct monitor *m, void *opaque, const char *args)
{
	struct cli_options *o = ((struct hotplug *)opaque)->o;
	u32 i = 0;

	while (i < o->nr_chardevs && strcmp(o->chardevs[i].id, args))
		i++;
	if (i == o->nr_chardevs) {
		monitor_print(m, "Error: Chardev '%s' not found\n", args);
	} else if (o->chardevs[i].user) {
		monitor_print(m, "Error: Chardev '%s' is busy\n", args);
	} else {
		chardev_close(o->chardevs[i].chardev);
		o->nr_chardevs--;
		memmove(o->chardevs + i, o->chardevs + i + 1,
			(o->nr_chardevs - i) * sizeof(*o->chardevs));
	}
}

/* --- networks: cards, with what they are plugged into; then what no card has --- */
static const char *kind_of(const struct cli_netdev *n)
{
	static const char *const kinds[] = {
		[NET_USER] = "user",   [NET_TAP] = "tap", [NET_STREAM] = "stream",
		[NET_DGRAM] = "dgram", [NET_VDE] = "vde",
	};

	return n->is_socket ? "socket" : kinds[n->options.kind];
}

static void print_network(struct monitor *m, const struct cli_netdev *n)
{
	monitor_print(m, "%s: index=0,type=%s", n->id, kind_of(n));
	if (n->options.kind == NET_USER)
		monitor_print(m, ",net=%s,restrict=%s",
			      n->options.network ? n->options.network : "10.0.2.0/24",
			      n->options.restricted ? "on" : "off");
	else if (n->options.kind == NET_TAP && n->options.ifname)
		monitor_print(m, ",ifname=%s", n->options.ifname);
	monitor_print(m, "%s\n", net_link(n->net) ? "" : ",link=off");
}

static void print_card(struct monitor *m, const struct device *dev, const struct cli_netdev *n)
{
	const u8 *mac = NULL;

	for (const struct device_prop *p = dev->cls->props; p && p->name; p++)
		if (p->type == PROP_MAC)
			mac = (const u8 *)dev + p->offset;
	monitor_print(m, "%s: index=0,type=nic,model=%s", dev->id ? dev->id : n->id,
		      dev->cls->name);
	if (mac)
		monitor_print(m, ",macaddr=%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
			      mac[3], mac[4], mac[5]);
	monitor_print(m, "\n \\ ");
	print_network(m, n);
}

static void info_network(struct monitor *m, void *opaque, const char *args)
{
	struct hotplug *h = opaque;

	vm_lock(h->vm);
	for (u32 i = 0; i < h->o->nr_netdevs; i++) {
		const struct cli_netdev *n = &h->o->netdevs[i];
		const struct device *card = NULL;

		for (u32 k = 0; k < h->vm->nr_devices && n->net; k++)
			if (device_backend(h->vm->devices[k], PROP_NETDEV) == n->net)
				card = h->vm->devices[k];
		if (card)
			print_card(m, card, n);
		else
			print_network(m, n);
	}
	vm_unlock(h->vm);
}

/* --- USB --- */
static void info_usb(struct monitor *m, void *opaque, const char *args)
{
	static const char *const speeds[USB_SPEEDS] = {"1.5", "12", "480", "5000"};
	struct vm *vm = ((struct hotplug *)opaque)->vm;
	u32 number = 0;
	bool any = false;

	vm_lock(vm);
	for (u32 i = 0; i < vm->nr_buses; i++) {
		if (vm->buses[i].type != BUS_USB)
			continue;
		any = true;
		for (u32 k = 0; k < vm->nr_devices; k++) {
			struct usb_device *d = container_of(vm->devices[k], struct usb_device, dev);

			if (d->dev.cls->bus_type != BUS_USB || d->bus != vm->buses[i].bus ||
			    !d->port)
				continue;
			monitor_print(m, "  Device %u.%u, Port %s, Speed %s Mb/s, Product %s",
				      number, d->state->address, d->port->path, speeds[d->speed],
				      d->description->name);
			monitor_print(m, d->dev.id ? ", ID: %s\n" : "\n", d->dev.id);
		}
		number++;
	}
	vm_unlock(vm);
	if (!any)
		monitor_print(m, "USB support not enabled\n");
}

/* --- PCI --- */
static void print_class(struct monitor *m, u32 class_code)
{
	static const struct {
		u16 code;
		const char *name;
	} names[] = {
		{0x0100, "SCSI controller"},	 {0x0108, "NVMe controller"},
		{0x0200, "Ethernet controller"}, {0x0300, "VGA controller"},
		{0x0604, "PCI bridge"},		 {0x0c03, "USB controller"},
	};

	for (u32 i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].code == class_code) {
			monitor_print(m, "    %s: ", names[i].name);
			return;
		}
	monitor_print(m, "    Class %04x: ", class_code);
}

static void print_bridge(struct monitor *m, const u8 *c)
{
	monitor_print(m, "      BUS %u.\n      secondary bus %u.\n      subordinate bus %u.\n",
		      c[0x18], c[0x19], c[0x1a]);
}

static void print_bar(struct monitor *m, struct pci_device *d, u32 bar)
{
	const struct pci_bar *b = &d->bars[bar];
	bool io = b->flags & PCI_BAR_IO;
	u64 at = pci_bar_decoded(d, bar) ? pci_bar_address(d, bar) : ~0ull;
	u64 last = at + b->size - 1;

	monitor_print(m, "      BAR%u: ", bar);
	if (io)
		monitor_print(m, "I/O at 0x%04llx [0x%04llx].\n", (unsigned long long)at,
			      (unsigned long long)last);
	else
		monitor_print(m, "%u bit%s memory at 0x%08llx [0x%08llx].\n",
			      b->flags & PCI_BAR_MEM64 ? 64 : 32,
			      b->flags & PCI_BAR_PREFETCH ? " prefetchable" : "",
			      (unsigned long long)at, (unsigned long long)last);
}

static void print_function(struct pci_device *d, void *opaque)
{
	struct monitor *m = opaque;
	const u8 *c = d->config;

	monitor_print(m, "  Bus %2u, device %3u, function %u:\n",
		      d->bus->bridge ? d->bus->bridge->config[0x19] : 0, d->devfn >> 3,
		      d->devfn & 7);
	print_class(m, (u32)(c[0x0b] << 8 | c[0x0a]));
	monitor_print(m, "PCI device %02x%02x:%02x%02x\n", c[1], c[0], c[3], c[2]);
	if (d->secondary)
		print_bridge(m, c);
	else
		monitor_print(m, "      PCI subsystem %02x%02x:%02x%02x\n", c[0x2d], c[0x2c],
			      c[0x2f], c[0x2e]);
	if (c[0x3d])
		monitor_print(m, "      IRQ %u, pin %c\n", c[0x3c], 'A' + c[0x3d] - 1);
	for (u32 i = 0; i < PCI_BARS; i++)
		if (d->bars[i].size)
			print_bar(m, d, i);
	monitor_print(m, "      id \"%s\"\n", d->dev.id ? d->dev.id : "");
	if (pci_frozen(d))
		monitor_print(m, "      stopped by an error\n");
	if (d->dev.unplug_asked)
		monitor_print(m, "      the guest is asked to let go of it\n");
}

static void info_pci(struct monitor *m, void *opaque, const char *args)
{
	struct vm *vm = ((struct hotplug *)opaque)->vm;

	vm_lock(vm);
	for (u32 i = 0; vm->pci && i < vm->pci->nr_hosts; i++) {
		if (vm->pci->nr_hosts > 1)
			monitor_print(m, "host bridge %u\n", vm->pci->hosts[i]->index);
		pci_for_each(vm->pci->hosts[i], print_function, m);
	}
	vm_unlock(vm);
	if (!vm->pci)
		monitor_print(m, "machine %s has no PCI bus\n", vm->name);
}

const struct monitor_command info_commands[] = {
	{"chardev-add", "OPTIONS", "a character back end for device_add, as -chardev", add_chardev},
	{"chardev-remove", "ID", "end one that no device has", remove_chardev},
	{"info chardev", "", "character back ends", info_chardev},
	{"info network", "", "networks", info_network},
	{"info pci", "", "PCI functions", info_pci},
	{"info usb", "", "USB devices", info_usb},
};
const u32 info_nr_commands = ARRAY_SIZE(info_commands);

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * PCI-to-PCI bridges (PCI-to-PCI Bridge Architecture 1.2; PCI Express 3.0, 7.8 for the root port).
 * What a bridge forwards is looked up by the core from its registers (bus/pci_space.c); there is
 * nothing to do here but to have them. 16-bit IO, 32-bit memory, 64-bit prefetchable windows.
 *
 * Asserting secondary bus reset resets what is behind, once; so does a reset of the bridge.
 */
#include "device/pci_bridge.h"

#include <errno.h>

#include "base/endian.h"
#include "base/log.h"
#include "bus/pci_host.h"

enum { VENDOR_REDHAT = 0x1b36, DEVICE_BRIDGE = 1, DEVICE_ROOT_PORT = 0xc, CLASS = 0x060400 };
enum {
	PREFETCH_64BIT = 1,
	CONTROL_MASK = 0x5f, /* parity, SERR, ISA, VGA, VGA 16-bit, secondary bus reset */
};

struct bridge_state {
	u32 chassis, slot; /* must agree */
};

struct bridge {
	struct pci_device pci;
	struct pci_bus bus;
	struct bridge_state state;
	u32 chassis, slot, port;
};

static int post_load(void *obj, struct error *e)
{
	struct bridge *b = container_of(obj, struct bridge, state);

	if (b->state.chassis != b->chassis || b->state.slot != b->slot)
		return error_set(e, -22, "the saved state has other PCI bridges");
	return 0;
}

static const struct state_field fields[] = {
	STATE_FIELD(struct bridge_state, chassis, STATE_U32),
	STATE_FIELD(struct bridge_state, slot, STATE_U32),
};

static const struct state_table table = {
	.name = "pci-bridge",
	.size = sizeof(struct bridge_state),
	.nr_fields = ARRAY_SIZE(fields),
	.fields = fields,
	.post_load = post_load,
};

static const struct state_table port_table = {
	.name = "pcie-root-port",
	.size = sizeof(struct bridge_state),
	.nr_fields = ARRAY_SIZE(fields),
	.fields = fields,
	.post_load = post_load,
};

static void add_registers(struct pci_device *d)
{
	d->config[PCI_HEADER_TYPE] = PCI_HEADER_BRIDGE;
	d->config[PCI_PREF_BASE] = PREFETCH_64BIT;
	d->config[PCI_PREF_LIMIT] = PREFETCH_64BIT;
	d->wmask[PCI_COMMAND] |= PCI_COMMAND_IO | PCI_COMMAND_MEMORY;
	d->wmask[PCI_PRIMARY_BUS] = 0xff;
	d->wmask[PCI_SECONDARY_BUS] = 0xff;
	d->wmask[PCI_SUBORDINATE_BUS] = 0xff;
	d->wmask[PCI_IO_BASE] = 0xf0;
	d->wmask[PCI_IO_LIMIT] = 0xf0;
	st_le16(d->w1c + PCI_SEC_STATUS, PCI_STATUS_ERRORS);
	st_le16(d->wmask + PCI_MEMORY_BASE, 0xfff0);
	st_le16(d->wmask + PCI_MEMORY_LIMIT, 0xfff0);
	st_le16(d->wmask + PCI_PREF_BASE, 0xfff0);
	st_le16(d->wmask + PCI_PREF_LIMIT, 0xfff0);
	st_le32(d->wmask + PCI_PREF_BASE_UPPER, 0xffffffff);
	st_le32(d->wmask + PCI_PREF_LIMIT_UPPER, 0xffffffff);
	st_le16(d->wmask + PCI_BRIDGE_CONTROL, CONTROL_MASK);
}

/* After the function is on its bus. */
static int add_bus(struct bridge *b, struct error *e)
{
	struct pci_device *d = &b->pci;
	char name[32];
	int err;

	if (d->dev.id)
		log_format(name, sizeof(name), "%s", d->dev.id);
	else
		log_format(name, sizeof(name), "%s.%u", d->dev.cls->name, d->dev.instance);
	err = pci_bus_init(&b->bus, d->host, d, name, e);
	if (err) {
		pci_detach(d);
		return err;
	}
	d->secondary = &b->bus;
	b->state = (struct bridge_state){b->chassis, b->slot};
	return 0;
}

/* What the registers hold of them. */
static int check_numbers(const struct bridge *b, struct error *e)
{
	if (b->chassis > 255)
		return error_set(e, -EINVAL, "%s: a chassis has a number up to 255",
				 b->pci.dev.cls->name);
	if (b->slot > 8191 || b->port > 255)
		return error_set(e, -EINVAL, "%s: slot is at most 8191, port 255",
				 b->pci.dev.cls->name);
	return 0;
}

static int bridge_realize(struct device *dev, struct error *e)
{
	struct bridge *b = container_of(dev, struct bridge, pci.dev);
	struct pci_device *d = &b->pci;
	int err = check_numbers(b, e);

	if (err)
		return err;
	pci_set_ids(d, &(struct pci_ids){.vendor = VENDOR_REDHAT,
					 .device = DEVICE_BRIDGE,
					 .class_code = CLASS});
	add_registers(d);
	d->no_intx = true;
	err = pci_attach(d, e);
	return err ? err : add_bus(b, e);
}

static int port_realize(struct device *dev, struct error *e)
{
	struct bridge *b = container_of(dev, struct bridge, pci.dev);
	struct pci_device *d = &b->pci;
	int err = check_numbers(b, e);

	if (err)
		return err;
	pci_set_ids(d, &(struct pci_ids){.vendor = VENDOR_REDHAT,
					 .device = DEVICE_ROOT_PORT,
					 .class_code = CLASS});
	add_registers(d);
	pci_add_express_port(d, b->port, b->slot);
	d->no_intx = true;
	err = pci_attach(d, e);
	if (!err)
		err = add_bus(b, e);
	if (!err)
		b->bus.one_slot = true;
	return err;
}

static void bridge_unrealize(struct device *dev)
{
	struct bridge *b = container_of(dev, struct bridge, pci.dev);

	pci_bus_exit(&b->bus);
	b->pci.secondary = NULL;
	pci_detach(&b->pci);
}

static const struct device_prop bridge_props[] = {
	PCI_DEVICE_PROPS(struct bridge, pci),
	{"chassis_nr", "number that the guest sees", PROP_U32, offsetof(struct bridge, chassis),
	 "0"},
	{NULL, NULL, 0, 0, NULL},
};

const struct device_class pci_bridge_class = {
	.name = "pci-bridge",
	.help = "PCI-to-PCI bridge; its id names the bus behind it",
	.bus_type = BUS_PCI,
	.cold_only = true,
	.size = sizeof(struct bridge),
	.props = bridge_props,
	.realize = bridge_realize,
	.unrealize = bridge_unrealize,
	.reset = device_no_reset,
	.dt = device_no_dt,
	.state = &table,
	.state_offset = offsetof(struct bridge, state),
};

static const struct device_prop port_props[] = {
	PCI_DEVICE_PROPS(struct bridge, pci),
	{"chassis", "number that the guest sees", PROP_U32, offsetof(struct bridge, chassis), "0"},
	{"slot", "number that the guest sees", PROP_U32, offsetof(struct bridge, slot), "0"},
	{"port", "number that the guest sees", PROP_U32, offsetof(struct bridge, port), "0"},
	{NULL, NULL, 0, 0, NULL},
};

const struct device_class pcie_root_port_class = {
	.name = "pcie-root-port",
	.help = "PCI Express port with one slot; its id names the bus behind it",
	.bus_type = BUS_PCI,
	.cold_only = true,
	.size = sizeof(struct bridge),
	.props = port_props,
	.realize = port_realize,
	.unrealize = bridge_unrealize,
	.reset = device_no_reset,
	.dt = device_no_dt,
	.state = &port_table,
	.state_offset = offsetof(struct bridge, state),
};

// SPDX-License-Identifier: GPL-2.0-or-later
/* OHCI controller "pci-ohci": registers and root hub (7). Registers are served without the
 * machine's lock. Ports always have power. */
#include "device/usb_ohci.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "vm/vm.h"

enum {
	BAR_BYTES = 4096,
	REVISION = 0x10,
	PORTS = 0x54,
	CONTROL_KEPT = 0x7ff,
	INTERRUPTS = 0x4000007f,
	FRAME_INTERVAL = 0x2edf, /* bit times */
	FRAME_NS = 1000000,
	NOTHING_DONE = 7,

	NO_POWER_SWITCHING = 1 << 9, /* HcRhDescriptorA */
	HUB_REMOTE_WAKEUP = 1 << 15, /* HcRhStatus */

	PORT_CONNECTED = 1 << 0,
	PORT_ENABLED = 1 << 1,
	PORT_SUSPENDED = 1 << 2,
	PORT_RESUME = 1 << 3, /* to be written */
	PORT_RESET = 1 << 4,
	PORT_POWER = 1 << 8,
	PORT_LOW_SPEED = 1 << 9,
	PORT_CHANGED_CONNECT = 1 << 16,
	PORT_CHANGED_SUSPEND = 1 << 18,
	PORT_CHANGED_RESET = 1 << 20,
	PORT_CHANGES = 0x1f << 16,
};

static struct ohci *of_bus(struct usb_bus *bus)
{
	return container_of(bus, struct ohci, bus);
}

/* --- interrupts --- */
static void update_pin(struct ohci *o)
{
	const struct ohci_state *s = &o->state;

	pci_intx(&o->pci, s->enabled & OHCI_MASTER_ENABLE && s->interrupts & s->enabled);
}

void ohci_raise(struct ohci *o, u32 interrupts)
{
	o->state.interrupts |= interrupts;
	update_pin(o);
}

void ohci_die(struct ohci *o)
{
	if (o->state.dead)
		return;
	log_printf(LOG_GUEST, "ohci: the guest's lists cannot be followed\n");
	o->state.dead = 1;
	ohci_raise(o, OHCI_ERROR);
}

/* --- root hub (7.4) --- */
static void port_connect(struct ohci *o, u32 i)
{
	const struct usb_device *d = o->bus.ports[i].device;
	u32 *port = &o->state.ports[i];

	*port &= PORT_CHANGES;
	*port |= PORT_POWER;
	if (d)
		*port |= PORT_CONNECTED | (d->speed == USB_LOW ? PORT_LOW_SPEED : 0);
	o->bus.ports[i].enabled = false;
}

static void port_changed(struct ohci *o, u32 i, u32 bits)
{
	o->state.ports[i] |= bits;
	ohci_raise(o, OHCI_HUB_CHANGED);
}

static void port_reset(struct ohci *o, u32 i)
{
	struct usb_device *d = o->bus.ports[i].device;

	if (!d)
		return;
	usb_bus_quiesce(&o->bus);
	usb_reset_device(d);
	o->state.ports[i] &= ~(u32)PORT_SUSPENDED;
	o->state.ports[i] |= PORT_ENABLED;
	o->bus.ports[i].enabled = true;
	port_changed(o, i, PORT_CHANGED_RESET);
}

/* Each bit is an order. */
static void port_store(struct ohci *o, u32 i, u32 value)
{
	u32 *port = &o->state.ports[i];

	*port &= ~(value & PORT_CHANGES);
	if (value & PORT_CONNECTED)
		*port &= ~(u32)(PORT_ENABLED | PORT_SUSPENDED);
	if (!(*port & PORT_CONNECTED)) {
		/* (7.4.4) of a port where nothing is: that is a change, too */
		if (value & (PORT_ENABLED | PORT_SUSPENDED | PORT_RESET))
			port_changed(o, i, PORT_CHANGED_CONNECT);
		return;
	}
	if (value & PORT_ENABLED)
		*port |= PORT_ENABLED;
	if (value & PORT_SUSPENDED)
		*port |= PORT_SUSPENDED;
	if (value & PORT_RESUME && *port & PORT_SUSPENDED) {
		*port &= ~(u32)PORT_SUSPENDED;
		port_changed(o, i, PORT_CHANGED_SUSPEND);
	}
	o->bus.ports[i].enabled = *port & PORT_ENABLED;
	if (value & PORT_RESET)
		port_reset(o, i);
}

static void attached(struct usb_bus *bus, struct usb_port *p)
{
	struct ohci *o = of_bus(bus);

	if (p->hub)
		return;
	port_connect(o, p->index);
	port_changed(o, p->index, PORT_CHANGED_CONNECT);
}

static void detached(struct usb_bus *bus, struct usb_port *p, struct usb_device *d)
{
	attached(bus, p);
}

/* --- registers --- */
/* What HcCommandStatus's reset leaves (7.1.3). */
static void soft_reset(struct ohci *o)
{
	struct ohci_state *s = &o->state;
	u32 a = s->hub_a, b = s->hub_b, status = s->hub_status, ports[OHCI_MAX_PORTS];

	usb_bus_quiesce(&o->bus);
	memcpy(ports, s->ports, sizeof(ports));
	*s = (struct ohci_state){
		.control = OHCI_SUSPEND,
		.interval = FRAME_INTERVAL,
		.low_threshold = 0x628,
		.done_wait = NOTHING_DONE,
		.hub_a = a,
		.hub_b = b,
		.hub_status = status,
	};
	memcpy(s->ports, ports, sizeof(ports));
	update_pin(o);
}

static void hard_reset(struct ohci *o)
{
	struct ohci_state *s = &o->state;

	soft_reset(o);
	s->control = 0;
	s->hub_a = NO_POWER_SWITCHING | o->nr_ports;
	s->hub_b = s->hub_status = 0;
	for (u32 i = 0; i < o->nr_ports; i++) {
		s->ports[i] = 0;
		port_connect(o, i);
		if (o->bus.ports[i].device)
			s->ports[i] |= PORT_CHANGED_CONNECT;
	}
}

static void control_store(struct ohci *o, u32 value)
{
	struct ohci_state *s = &o->state;
	u32 before = s->control & OHCI_FUNCTIONAL, now = value & OHCI_FUNCTIONAL;

	s->control = value & CONTROL_KEPT;
	if (now == before)
		return;
	usb_bus_quiesce(&o->bus);
	if (now == OHCI_OPERATIONAL)
		s->frame_ns = vm_clock_ns(&o->bus.vm->clock);
	/* a reset of the bus reaches every device */
	for (u32 i = 0; !now && i < o->nr_ports; i++) {
		if (o->bus.ports[i].device)
			usb_reset_device(o->bus.ports[i].device);
		port_connect(o, i);
	}
}

static u32 frame_remaining(const struct ohci *o)
{
	u64 in = (vm_clock_ns(&o->bus.vm->clock) - o->state.frame_ns) % FRAME_NS;

	return FRAME_INTERVAL - (u32)(in * FRAME_INTERVAL / FRAME_NS);
}

static u32 current_frame(const struct ohci *o)
{
	const struct ohci_state *s = &o->state;

	if ((s->control & OHCI_FUNCTIONAL) != OHCI_OPERATIONAL || s->dead)
		return s->frame;
	return (s->frame + (u32)((vm_clock_ns(&o->bus.vm->clock) - s->frame_ns) / FRAME_NS)) &
	       0xffff;
}

static u32 load(const struct ohci *o, u64 offset)
{
	const struct ohci_state *s = &o->state;
	const u32 values[] = {
		REVISION,
		s->control,
		s->command,
		s->interrupts,
		s->enabled,
		s->enabled,
		s->hcca,
		s->periodic_current,
		s->control_head,
		s->control_current,
		s->bulk_head,
		s->bulk_current,
		s->done_head,
		s->interval,
		frame_remaining(o),
		current_frame(o),
		s->periodic_start,
		s->low_threshold,
		s->hub_a,
		s->hub_b,
		s->hub_status,
	};

	if (offset >= PORTS)
		return offset < PORTS + 4ull * o->nr_ports ? s->ports[(offset - PORTS) / 4] : 0;
	return values[offset / 4];
}

static void command_store(struct ohci *o, u32 value)
{
	if (value & OHCI_RESET) {
		soft_reset(o);
		return;
	}
	o->state.command |= value & (OHCI_CONTROL_FILLED | OHCI_BULK_FILLED);
	o->kicked = true;
}

static void hub_status_store(struct ohci *o, u32 value)
{
	struct ohci_state *s = &o->state;

	if (value & HUB_REMOTE_WAKEUP)
		s->hub_status |= HUB_REMOTE_WAKEUP;
	if (value >> 31)
		s->hub_status &= ~(u32)HUB_REMOTE_WAKEUP;
}

static void store_list(struct ohci_state *s, u64 offset, u32 value)
{
	u32 *const fields[] = {&s->control_head, &s->control_current, &s->bulk_head,
			       &s->bulk_current};

	*fields[(offset - 0x20) / 4] = value & ~15u;
}

static void store(struct ohci *o, u64 offset, u32 value)
{
	struct ohci_state *s = &o->state;

	switch (offset) {
	case 0x04:
		control_store(o, value);
		break;
	case 0x08:
		command_store(o, value);
		break;
	case 0x0c:
		s->interrupts &= ~value;
		break;
	case 0x10:
		s->enabled |= value & (INTERRUPTS | OHCI_MASTER_ENABLE);
		break;
	case 0x14:
		s->enabled &= ~value;
		break;
	case 0x18:
		s->hcca = value & ~0xffu;
		break;
	case 0x20:
	case 0x24:
	case 0x28:
	case 0x2c:
		store_list(s, offset, value);
		break;
	case 0x34:
		s->interval = value;
		break;
	case 0x40:
		s->periodic_start = value & 0x3fff;
		break;
	case 0x44:
		s->low_threshold = value & 0xfff;
		break;
	case 0x48:
		s->hub_a = (value & 0xff001000) | NO_POWER_SWITCHING | o->nr_ports;
		break;
	case 0x4c:
		s->hub_b = value;
		break;
	case 0x50:
		hub_status_store(o, value);
		break;
	default:
		if (offset >= PORTS && offset < PORTS + 4ull * o->nr_ports)
			port_store(o, (u32)(offset - PORTS) / 4, value);
	}
	update_pin(o);
}

static u64 registers_read(void *opaque, u32 vcpu, u64 offset, u32 size)
{
	struct ohci *o = opaque;
	u32 value;

	os_mutex_lock(&o->bus.work);
	value = load(o, offset);
	os_mutex_unlock(&o->bus.work);
	return value;
}

static void registers_write(void *opaque, u32 vcpu, u64 offset, u32 size, u64 value)
{
	struct ohci *o = opaque;

	os_mutex_lock(&o->bus.work);
	store(o, offset, (u32)value);
	os_mutex_unlock(&o->bus.work);
	/* what the thread waits for may have changed */
	usb_kick(&o->bus);
}

static const struct mmio_ops registers_ops = {4, 4, MMIO_LITTLE | MMIO_NO_LOCK, registers_read,
					      registers_write};

static void run(struct usb_bus *bus, bool running)
{
}

static const struct usb_bus_ops bus_ops = {
	.attached = attached,
	.detached = detached,
	.work = ohci_work,
	.run = run,
};

/* --- saved state --- */
static const struct state_field fields[] = {
	STATE_FIELD(struct ohci_state, control, STATE_U32),
	STATE_FIELD(struct ohci_state, command, STATE_U32),
	STATE_FIELD(struct ohci_state, interrupts, STATE_U32),
	STATE_FIELD(struct ohci_state, enabled, STATE_U32),
	STATE_FIELD(struct ohci_state, hcca, STATE_U32),
	STATE_FIELD(struct ohci_state, periodic_current, STATE_U32),
	STATE_FIELD(struct ohci_state, control_head, STATE_U32),
	STATE_FIELD(struct ohci_state, control_current, STATE_U32),
	STATE_FIELD(struct ohci_state, bulk_head, STATE_U32),
	STATE_FIELD(struct ohci_state, bulk_current, STATE_U32),
	STATE_FIELD(struct ohci_state, done_head, STATE_U32),
	STATE_FIELD(struct ohci_state, done_wait, STATE_U32),
	STATE_FIELD(struct ohci_state, interval, STATE_U32),
	STATE_FIELD(struct ohci_state, periodic_start, STATE_U32),
	STATE_FIELD(struct ohci_state, low_threshold, STATE_U32),
	STATE_FIELD(struct ohci_state, hub_a, STATE_U32),
	STATE_FIELD(struct ohci_state, hub_b, STATE_U32),
	STATE_FIELD(struct ohci_state, hub_status, STATE_U32),
	STATE_ARRAY(struct ohci_state, ports, STATE_U32),
	STATE_FIELD(struct ohci_state, frame, STATE_U32),
	STATE_FIELD(struct ohci_state, frame_ns, STATE_U64),
	STATE_FIELD(struct ohci_state, dead, STATE_U32),
	STATE_FIELD(struct ohci_state, pad, STATE_DERIVED),
};

static int post_load(void *obj, struct error *e)
{
	struct ohci *o = container_of(obj, struct ohci, state);
	const struct ohci_state *s = obj;

	if (s->dead > 1 || s->done_wait > NOTHING_DONE || s->frame > 0xffff || s->hcca & 0xff)
		return error_set(e, -EINVAL, "saved state of an OHCI controller is damaged");
	for (u32 i = 0; i < o->nr_ports; i++)
		o->bus.ports[i].enabled = s->ports[i] & PORT_ENABLED;
	o->kicked = true;
	return 0;
}

static const struct state_table table = {
	.name = "pci-ohci",
	.size = sizeof(struct ohci_state),
	.nr_fields = ARRAY_SIZE(fields),
	.fields = fields,
	.post_load = post_load,
};

/* --- life --- */
static struct ohci *of_device(struct device *dev)
{
	return container_of(dev, struct ohci, pci.dev);
}

static int ohci_realize(struct device *dev, struct error *e)
{
	static const struct pci_ids ids = {
		.vendor = 0x106b,
		.device = 0x003f,
		.subsystem_vendor = 0x1af4,
		.subsystem = 0x1100,
		.class_code = 0x0c0310,
	};
	struct ohci *o = of_device(dev);
	int err;

	if (!o->nr_ports || o->nr_ports > OHCI_MAX_PORTS)
		return error_set(e, -EINVAL, "pci-ohci: num-ports is 1 to %d", OHCI_MAX_PORTS);
	pci_set_ids(&o->pci, &ids);
	pci_add_bar(&o->pci, 0, BAR_BYTES, PCI_BAR_MEM, &registers_ops, o);
	err = usb_bus_init(&o->bus, dev, &bus_ops, o->nr_ports, 1 << USB_LOW | 1 << USB_FULL, e);
	if (err)
		return err;
	os_mutex_lock(&o->bus.work);
	hard_reset(o);
	os_mutex_unlock(&o->bus.work);
	err = pci_attach(&o->pci, e);
	if (err)
		usb_bus_destroy(&o->bus);
	return err;
}

static void ohci_unrealize(struct device *dev)
{
	struct ohci *o = of_device(dev);

	pci_detach(&o->pci);
	usb_bus_destroy(&o->bus);
}

static void ohci_reset(struct device *dev)
{
	struct ohci *o = of_device(dev);

	os_mutex_lock(&o->bus.work);
	hard_reset(o);
	os_mutex_unlock(&o->bus.work);
}

static const struct device_prop props[] = {
	{"num-ports", "1 to 15", PROP_U32, offsetof(struct ohci, nr_ports), "3"},
	PCI_DEVICE_PROPS(struct ohci, pci),
	{NULL, NULL, 0, 0, NULL},
};

const struct device_class usb_ohci_class = {
	.name = "pci-ohci",
	.help = "USB 1.1 controller; its id and .0 name its bus",
	.bus_type = BUS_PCI,
	.size = sizeof(struct ohci),
	.props = props,
	.realize = ohci_realize,
	.unrealize = ohci_unrealize,
	.reset = ohci_reset,
	.dt = device_no_dt,
	.state = &table,
	.state_offset = offsetof(struct ohci, state),
};

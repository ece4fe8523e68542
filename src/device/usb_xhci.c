// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * xHCI controllers "qemu-xhci" and "nec-usb-xhci": registers (5), the bus's thread. Registers are
 * served without the machine's lock.
 */
#include "device/usb_xhci.h"

#include <errno.h>
#include <string.h>

#include "base/endian.h"
#include "base/log.h"
#include "vm/vm.h"

enum {
	BAR = 0,
	BAR_BYTES = 0x8000,
	OPERATIONAL = 0x40,
	PORTS = 0x440,
	RUNTIME = 0x1000,
	INTERRUPTERS = 0x1020,
	DOORBELLS = 0x2000,
	MSIX = 0x4000,

	VERSION = 0x0100,
	CAPABILITIES = 0x20,
	PROTOCOL_2 = 0x02000402, /* the next one stands 4 words on */
	PROTOCOL_3 = 0x03000002,
	USB_NAME = 0x20425355,

	RUN = 1 << 0, /* USBCMD */
	RESET = 1 << 1,
	SAVE_STATE = 1 << 8,
	RESTORE_STATE = 1 << 9,
	COMMAND_KEPT = 0xc0d,

	HALTED = 1 << 0, /* USBSTS */
	HOST_ERROR = 1 << 2,
	PORT_CHANGE = XHCI_PORT_CHANGE,
	RESTORE_ERROR = 1 << 10,
	STATUS_CLEARED = HOST_ERROR | 1 << 3 | PORT_CHANGE | RESTORE_ERROR,

	RING_CYCLE = 1 << 0, /* CRCR */
	RING_STOP = 1 << 1,
	RING_ABORT = 1 << 2,
	RING_RUNNING = 1 << 3,

	DOORBELL_LIMIT = 32, /* of one ring, before others have a turn */
	MICROFRAME_NS = 125000,
};

bool xhci_running(const struct xhci *x)
{
	return !(x->state.status & HALTED);
}

static void halt(struct xhci *x)
{
	x->state.command &= ~(u32)RUN;
	x->state.status |= HALTED;
	x->state.command_running = 0;
}

void xhci_die(struct xhci *x)
{
	if (!xhci_running(x))
		return;
	log_printf(LOG_GUEST, "xhci: cannot reach the guest's memory\n");
	halt(x);
	x->state.status |= HOST_ERROR;
}

/* --- capability registers (5.3, 7.2) --- */
static u32 capability_load(const struct xhci *x, u64 offset)
{
	switch (offset) {
	case 0x00:
		return VERSION << 16 | OPERATIONAL;
	case 0x04:
		return (x->p2 + x->p3) << 24 | x->nr_interrupters << 8 | x->nr_slots;
	case 0x08:
		return 0xf; /* look a frame ahead; one segment of an event ring */
	case 0x10:
		return CAPABILITIES / 4 << 16 | 1; /* 64-bit addresses */
	case 0x14:
		return DOORBELLS;
	case 0x18:
		return RUNTIME;
	case CAPABILITIES:
		return PROTOCOL_2;
	case CAPABILITIES + 0x10:
		return PROTOCOL_3;
	case CAPABILITIES + 0x04:
	case CAPABILITIES + 0x14:
		return USB_NAME;
	case CAPABILITIES + 0x08:
		return x->p2 << 8 | (x->p3 + 1);
	case CAPABILITIES + 0x18:
		return x->p3 << 8 | 1;
	default:
		return 0;
	}
}

/* --- operational registers (5.4) --- */
static void reset_locked(struct xhci *x)
{
	struct xhci_state *s = &x->state;

	usb_bus_quiesce(&x->bus);
	halt(x);
	xhci_slots_reset(x);
	s->command = s->notify = s->config = 0;
	s->status = HALTED;
	s->command_ring = s->contexts = 0;
	s->command_cycle = s->command_low = s->command_fresh = 0;
	memset(s->interrupters, 0, sizeof(s->interrupters));
	for (u32 i = 0; i < XHCI_MAX_INTERRUPTERS; i++) {
		s->interrupters[i].moderation = 4000;
		s->interrupters[i].cycle = 1;
	}
	xhci_ports_reset(x);
	xhci_interrupt_update(x);
}

static void kick(struct xhci_endpoint *ep)
{
	if (ep->state != EP_RUNNING)
		return;
	__atomic_store_n(&ep->kicked, 1, __ATOMIC_RELAXED);
	__atomic_fetch_or(&ep->xhci->slots_kicked[ep->slot / 32], 1u << ep->slot % 32,
			  __ATOMIC_RELEASE);
}

/* Everything that waits for the controller to run. */
static void kick_all(struct xhci *x)
{
	for (u32 i = 1; i <= x->nr_slots; i++)
		for (u32 id = 1; id <= XHCI_ENDPOINTS; id++)
			kick(&x->slots[i].endpoints[id]);
	usb_kick(&x->bus);
}

static void command_store(struct xhci *x, u32 value)
{
	struct xhci_state *s = &x->state;

	if (value & RESET) {
		reset_locked(x);
		return;
	}
	/* what is lost by losing power is the driver's to remember */
	if (value & (SAVE_STATE | RESTORE_STATE))
		s->status |= RESTORE_ERROR;
	s->command = (s->command & RUN) | (value & COMMAND_KEPT & ~(u32)RUN);
	if (value & RUN && !(s->command & RUN)) {
		s->command |= RUN;
		s->status &= ~(u32)HALTED;
		kick_all(x);
	} else if (!(value & RUN) && s->command & RUN) {
		usb_bus_quiesce(&x->bus);
		halt(x);
	}
	xhci_interrupt_update(x);
}

static void command_ring_store(struct xhci *x, u32 high)
{
	struct xhci_state *s = &x->state;

	if (s->command_low & (RING_STOP | RING_ABORT)) {
		if (s->command_running) {
			s->command_running = 0;
			xhci_event(x, 0, s->command_ring, (u32)CC_COMMAND_RING_STOPPED << 24,
				   TRB_COMMAND_EVENT << 10);
		}
	} else if (!s->command_running) {
		s->command_ring = (s->command_low & ~63u) | (u64)high << 32;
		s->command_cycle = s->command_low & RING_CYCLE;
		s->command_fresh = 1;
	}
}

static u32 operational_load(const struct xhci *x, u64 offset)
{
	const struct xhci_state *s = &x->state;

	switch (offset) {
	case 0x00:
		return s->command;
	case 0x04:
		return s->status;
	case 0x08:
		return 1; /* pages of 4 KiB */
	case 0x14:
		return s->notify;
	case 0x18:
		return s->command_running ? RING_RUNNING : 0;
	case 0x30:
		return (u32)s->contexts;
	case 0x34:
		return (u32)(s->contexts >> 32);
	case 0x38:
		return s->config;
	default:
		return 0;
	}
}

static void operational_store(struct xhci *x, u64 offset, u32 value)
{
	struct xhci_state *s = &x->state;

	switch (offset) {
	case 0x00:
		command_store(x, value);
		break;
	case 0x04:
		s->status &= ~(value & STATUS_CLEARED);
		break;
	case 0x14:
		s->notify = value & 0xffff;
		break;
	case 0x18:
		s->command_low = value;
		break;
	case 0x1c:
		command_ring_store(x, value);
		break;
	case 0x30:
		xhci_set_half(&s->contexts, value & ~63u, false);
		break;
	case 0x34:
		xhci_set_half(&s->contexts, value, true);
		break;
	case 0x38:
		s->config = value & 0xff;
		break;
	}
}

/* --- runtime registers (5.5) --- */
static u32 runtime_load(struct xhci *x, u64 offset)
{
	if (offset == RUNTIME)
		return (u32)(vm_clock_ns(&x->bus.vm->clock) / MICROFRAME_NS) & 0x3fff;
	if (offset >= INTERRUPTERS && offset < INTERRUPTERS + 32ull * x->nr_interrupters)
		return xhci_interrupter_load(x, offset - INTERRUPTERS);
	return 0;
}

/* --- access --- */
static bool is_port(const struct xhci *x, u64 offset)
{
	return offset >= PORTS && offset < PORTS + (u64)XHCI_PORT_BYTES * (x->p2 + x->p3);
}

static u64 registers_read(void *opaque, u32 vcpu, u64 offset, u32 size)
{
	struct xhci *x = opaque;
	u32 value = 0;

	os_mutex_lock(&x->bus.work);
	if (offset < OPERATIONAL)
		value = capability_load(x, offset);
	else if (is_port(x, offset))
		value = xhci_port_load(x, offset - PORTS);
	else if (offset < PORTS)
		value = operational_load(x, offset - OPERATIONAL);
	else if (offset >= RUNTIME)
		value = runtime_load(x, offset);
	os_mutex_unlock(&x->bus.work);
	return value;
}

static void registers_write(void *opaque, u32 vcpu, u64 offset, u32 size, u64 value)
{
	struct xhci *x = opaque;

	os_mutex_lock(&x->bus.work);
	if (is_port(x, offset)) {
		xhci_port_store(x, offset - PORTS, (u32)value);
	} else if (offset >= OPERATIONAL && offset < PORTS) {
		operational_store(x, offset - OPERATIONAL, (u32)value);
	} else if (offset >= INTERRUPTERS && offset < INTERRUPTERS + 32ull * x->nr_interrupters) {
		xhci_interrupter_store(x, offset - INTERRUPTERS, (u32)value);
	}
	os_mutex_unlock(&x->bus.work);
}

static u64 doorbell_read(void *opaque, u32 vcpu, u64 offset, u32 size)
{
	return 0;
}

static void doorbell_write(void *opaque, u32 vcpu, u64 offset, u32 size, u64 value)
{
	struct xhci *x = opaque;
	u32 slot = (u32)offset / 4, id = value & 0xff;

	if (!slot) {
		__atomic_store_n(&x->command_kicked, !id, __ATOMIC_RELEASE);
	} else if (slot <= x->nr_slots && id && id <= XHCI_ENDPOINTS) {
		__atomic_store_n(&x->slots[slot].endpoints[id].kicked, 1, __ATOMIC_RELAXED);
		__atomic_fetch_or(&x->slots_kicked[slot / 32], 1u << slot % 32, __ATOMIC_RELEASE);
	}
	usb_kick(&x->bus);
}

enum { FLAGS = MMIO_LITTLE | MMIO_NO_LOCK };
static const struct mmio_ops registers_ops = {4, 4, FLAGS, registers_read, registers_write};
static const struct mmio_ops doorbell_ops = {4, 4, FLAGS, doorbell_read, doorbell_write};

/* --- the bus's thread --- */
static void take_woken(struct usb_device *d, void *opaque)
{
	struct xhci *x = opaque;
	u32 in = d->woken_in, out = d->woken_out;

	d->woken_in = d->woken_out = 0;
	if (!in && !out)
		return;
	for (u32 i = 1; i <= x->nr_slots; i++) {
		if (x->slots[i].device != d)
			continue;
		for (u32 n = 1; n < 16; n++) {
			if (out >> n & 1)
				kick(&x->slots[i].endpoints[2 * n]);
			if (in >> n & 1)
				kick(&x->slots[i].endpoints[2 * n + 1]);
		}
	}
}

static bool work_slot(struct xhci *x, u32 slot)
{
	bool more = false;

	for (u32 id = 1; id <= XHCI_ENDPOINTS; id++) {
		struct xhci_endpoint *ep = &x->slots[slot].endpoints[id];

		if (!__atomic_exchange_n(&ep->kicked, 0, __ATOMIC_ACQUIRE))
			continue;
		if (ep->state == EP_STOPPED)
			xhci_set_endpoint_state(ep, EP_RUNNING);
		if (xhci_transfers(ep, DOORBELL_LIMIT)) {
			__atomic_store_n(&ep->kicked, 1, __ATOMIC_RELAXED);
			more = true;
		}
	}
	return more;
}

static u64 work(struct usb_bus *bus)
{
	struct xhci *x = xhci_of_bus(bus);
	bool more = false;

	if (!xhci_running(x))
		return OS_FOREVER;
	if (pci_frozen(&x->pci)) {
		xhci_die(x);
		return OS_FOREVER;
	}
	if (__atomic_exchange_n(&x->command_kicked, 0, __ATOMIC_ACQUIRE)) {
		x->state.command_running = 1;
		if (xhci_commands(x, DOORBELL_LIMIT)) {
			__atomic_store_n(&x->command_kicked, 1, __ATOMIC_RELAXED);
			more = true;
		}
	}
	usb_for_each(bus, take_woken, x);
	for (u32 i = 0; i <= XHCI_MAX_SLOTS / 32; i++) {
		u32 bits = __atomic_exchange_n(&x->slots_kicked[i], 0, __ATOMIC_ACQUIRE);

		for (; bits; bits &= bits - 1) {
			u32 slot = 32 * i + (u32)__builtin_ctz(bits);

			if (work_slot(x, slot)) {
				__atomic_fetch_or(&x->slots_kicked[i], 1u << slot % 32,
						  __ATOMIC_RELEASE);
				more = true;
			}
		}
	}
	return more ? 0 : OS_FOREVER;
}

static void run(struct usb_bus *bus, bool running)
{
	struct xhci *x = xhci_of_bus(bus);

	if (!running) {
		xhci_slots_flush(x);
		return;
	}
	if (x->loaded) {
		x->loaded = false;
		xhci_slots_load(x);
		x->command_kicked = x->state.command_running;
	}
}

static const struct usb_bus_ops bus_ops = {
	.attached = xhci_attached,
	.detached = xhci_detached,
	.work = work,
	.run = run,
};

/* --- life --- */
static struct xhci *of_device(struct device *dev)
{
	return container_of(dev, struct xhci, pci.dev);
}

static int check(const struct xhci *x, struct error *e)
{
	const char *name = x->pci.dev.cls->name;

	if (x->p2 > 15 || x->p3 > 15 || !(x->p2 + x->p3))
		return error_set(e, -EINVAL, "%s: p2 and p3 are at most 15, one at least", name);
	if (!x->nr_slots || x->nr_slots > XHCI_MAX_SLOTS)
		return error_set(e, -EINVAL, "%s: slots is 1 to %d", name, XHCI_MAX_SLOTS);
	if (!x->nr_interrupters || x->nr_interrupters > XHCI_MAX_INTERRUPTERS)
		return error_set(e, -EINVAL, "%s: intrs is 1 to %d", name, XHCI_MAX_INTERRUPTERS);
	return 0;
}

static int add_bus(struct xhci *x, struct error *e)
{
	u32 ports = x->p2 > x->p3 ? x->p2 : x->p3;
	int err = usb_bus_init(&x->bus, &x->pci.dev, &bus_ops, ports, 0, e);

	for (u32 i = 0; i < ports; i++)
		x->bus.ports[i].speeds =
			(i < x->p2 ? 1 << USB_LOW | 1 << USB_FULL | 1 << USB_HIGH : 0) |
			(i < x->p3 ? 1u << USB_SUPER : 0);
	return err;
}

static int realize(struct xhci *x, const struct pci_ids *ids, struct error *e)
{
	int err = check(x, e);

	if (err)
		return err;
	pci_set_ids(&x->pci, ids);
	pci_add_bar(&x->pci, BAR, BAR_BYTES, PCI_BAR_MEM64, NULL, NULL);
	pci_add_region(&x->pci, BAR, 0, DOORBELLS, &registers_ops, x);
	pci_add_region(&x->pci, BAR, DOORBELLS, 0x1000, &doorbell_ops, x);
	if (x->msi == DEVICE_ON)
		pci_add_msi(&x->pci, 1);
	if (x->msix != DEVICE_OFF)
		pci_add_msix(&x->pci, BAR, MSIX, x->nr_interrupters);
	if (pci_behind_port(&x->pci))
		pci_add_express(&x->pci);
	err = add_bus(x, e);
	if (err)
		return err;
	os_mutex_lock(&x->bus.work);
	reset_locked(x);
	os_mutex_unlock(&x->bus.work);
	err = pci_attach(&x->pci, e);
	if (err)
		usb_bus_destroy(&x->bus);
	return err;
}

static int qemu_realize(struct device *dev, struct error *e)
{
	static const struct pci_ids ids = {
		.vendor = 0x1b36,
		.device = 0x000d,
		.subsystem_vendor = 0x1af4,
		.subsystem = 0x1100,
		.class_code = 0x0c0330,
		.revision = 1,
	};

	return realize(of_device(dev), &ids, e);
}

static int nec_realize(struct device *dev, struct error *e)
{
	static const struct pci_ids ids = {
		.vendor = 0x1033,
		.device = 0x0194,
		.subsystem_vendor = 0x1af4,
		.subsystem = 0x1100,
		.class_code = 0x0c0330,
		.revision = 3,
	};

	of_device(dev)->nec = true;
	return realize(of_device(dev), &ids, e);
}

static void unrealize(struct device *dev)
{
	struct xhci *x = of_device(dev);

	pci_detach(&x->pci);
	usb_bus_destroy(&x->bus);
	for (u32 i = 1; i <= XHCI_MAX_SLOTS; i++)
		for (u32 id = 1; id <= XHCI_ENDPOINTS; id++)
			xhci_transfer_free(&x->slots[i].endpoints[id]);
}

static void reset(struct device *dev)
{
	struct xhci *x = of_device(dev);

	os_mutex_lock(&x->bus.work);
	reset_locked(x);
	os_mutex_unlock(&x->bus.work);
}

#define OFFSET(field) offsetof(struct xhci, field)
static const struct device_prop props[] = {
	{"p2", "ports for USB 2.0, 0 to 15", PROP_U32, OFFSET(p2), "4"},
	{"p3", "ports for SuperSpeed, 0 to 15", PROP_U32, OFFSET(p3), "4"},
	{"intrs", "interrupters, 1 to 16", PROP_U32, OFFSET(nr_interrupters), "16"},
	{"slots", "devices at a time, 1 to 64", PROP_U32, OFFSET(nr_slots), "64"},
	{"msi", "one message for all interrupters", PROP_ON_OFF_AUTO, OFFSET(msi), "auto"},
	{"msix", "a message for each interrupter", PROP_ON_OFF_AUTO, OFFSET(msix), "auto"},
	PCI_DEVICE_PROPS(struct xhci, pci),
	{NULL, NULL, 0, 0, NULL},
};

const struct device_class usb_xhci_class = {
	.name = "qemu-xhci",
	.help = "USB 3 controller; its id and .0 name its bus",
	.bus_type = BUS_PCI,
	.size = sizeof(struct xhci),
	.props = props,
	.realize = qemu_realize,
	.unrealize = unrealize,
	.reset = reset,
	.dt = device_no_dt,
	.state = &xhci_qemu_table,
	.state_offset = OFFSET(state),
};

const struct device_class usb_nec_xhci_class = {
	.name = "nec-usb-xhci",
	.help = "USB 3 controller of another make (NEC)",
	.bus_type = BUS_PCI,
	.size = sizeof(struct xhci),
	.props = props,
	.realize = nec_realize,
	.unrealize = unrealize,
	.reset = reset,
	.dt = device_no_dt,
	.state = &xhci_nec_table,
	.state_offset = OFFSET(state),
};

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * xHCI: the root hub (4.19, 5.4.8). SuperSpeed ports have the lower numbers; a port of the bus is
 * one of them and one of USB 2.0, and a device answers at the one of its speed. Ports always have
 * power.
 */
#include "device/usb_xhci.h"

enum {
	CONNECTED = 1 << 0, /* PORTSC */
	ENABLED = 1 << 1,
	PORT_RESET = 1 << 4,
	LINK = 15 << 5,
	LINK_U0 = 0 << 5,
	LINK_U3 = 3 << 5,
	LINK_NOTHING = 5 << 5,
	LINK_POLLING = 7 << 5,
	LINK_RESUME = 15 << 5,
	POWER = 1 << 9,
	SPEED = 15 << 10,
	INDICATOR = 3 << 14,
	LINK_WRITE = 1 << 16,
	CHANGED_CONNECT = 1 << 17,
	CHANGED_ENABLED = 1 << 18,
	CHANGED_WARM = 1 << 19,
	CHANGED_RESET = 1 << 21,
	CHANGED_LINK = 1 << 22,
	CHANGES = 0x7f << 17,
	WAKES = 7 << 25,
	WARM_RESET = (int)(1u << 31),
};

struct usb_port *xhci_port(struct xhci *x, u32 port)
{
	if (!port || port > x->p2 + x->p3)
		return NULL;
	return &x->bus.ports[port <= x->p3 ? port - 1 : port - 1 - x->p3];
}

struct usb_device *xhci_port_device(struct xhci *x, u32 port)
{
	struct usb_port *p = xhci_port(x, port);

	if (!p || !p->device || (p->device->speed == USB_SUPER) != (port <= x->p3))
		return NULL;
	return p->device;
}

static void port_changed(struct xhci *x, u32 port, u32 bits)
{
	struct xhci_port_state *s = &x->state.ports[port - 1];

	if ((s->status & bits) == bits)
		return;
	s->status |= bits;
	x->state.status |= XHCI_PORT_CHANGE;
	xhci_event(x, 0, (u64)port << 24, (u32)CC_SUCCESS << 24, TRB_PORT_EVENT << 10);
}

/* Who is there, as nobody had looked at it yet. */
static void port_connect(struct xhci *x, u32 port)
{
	static const u32 speeds[USB_SPEEDS] = {2 << 10, 1 << 10, 3 << 10, 4 << 10};
	struct xhci_port_state *s = &x->state.ports[port - 1];
	struct usb_device *d = xhci_port_device(x, port);

	s->status &= CHANGES | WAKES;
	s->status |= POWER | (d ? CONNECTED | speeds[d->speed] : LINK_NOTHING);
	if (d)
		s->status |= d->speed == USB_SUPER ? ENABLED | LINK_U0 : LINK_POLLING;
}

void xhci_ports_reset(struct xhci *x)
{
	for (u32 i = 1; i <= x->p2 + x->p3; i++) {
		x->state.ports[i - 1] = (struct xhci_port_state){0};
		port_connect(x, i);
		if (xhci_port_device(x, i))
			x->state.ports[i - 1].status |= CHANGED_CONNECT;
	}
}

static void port_reset(struct xhci *x, u32 port, bool warm)
{
	struct xhci_port_state *s = &x->state.ports[port - 1];
	struct usb_device *d = xhci_port_device(x, port);

	if (!d)
		return;
	usb_bus_quiesce(&x->bus);
	usb_reset_device(d);
	s->status &= ~(u32)LINK;
	s->status |= ENABLED;
	port_changed(x, port, CHANGED_RESET | (warm && port <= x->p3 ? CHANGED_WARM : 0));
}

/* What the guest may ask of a link: U0, U3 and, of USB 2.0, to resume. */
static void set_link(struct xhci *x, u32 port, u32 link)
{
	struct xhci_port_state *s = &x->state.ports[port - 1];
	u32 old = s->status & LINK;

	if (!(s->status & ENABLED))
		return;
	if (link == LINK_U3 && old < LINK_U3)
		s->status = (s->status & ~(u32)LINK) | link;
	else if (link == LINK_RESUME && old == LINK_U3 && port > x->p3)
		s->status = (s->status & ~(u32)LINK) | link;
	else if (link == LINK_U0 && old != LINK_U0) {
		s->status &= ~(u32)LINK;
		port_changed(x, port, CHANGED_LINK);
	}
}

static void port_store(struct xhci *x, u32 port, u32 value)
{
	struct xhci_port_state *s = &x->state.ports[port - 1];

	if (value & (u32)WARM_RESET || value & PORT_RESET) {
		port_reset(x, port, value & (u32)WARM_RESET);
		return;
	}
	s->status &= ~(value & CHANGES);
	s->status = (s->status & ~(u32)(WAKES | INDICATOR)) | (value & (WAKES | INDICATOR));
	if (value & ENABLED)
		s->status &= ~(u32)ENABLED;
	if (value & LINK_WRITE)
		set_link(x, port, value & LINK);
}

void xhci_attached(struct usb_bus *bus, struct usb_port *p)
{
	struct xhci *x = xhci_of_bus(bus);
	u32 port = p->index + 1;

	if (p->hub)
		return;
	if (p->device->speed != USB_SUPER)
		port += x->p3;
	port_connect(x, port);
	port_changed(x, port, CHANGED_CONNECT);
}

void xhci_detached(struct usb_bus *bus, struct usb_port *p, struct usb_device *d)
{
	struct xhci *x = xhci_of_bus(bus);

	xhci_slots_detached(x, d);
	for (u32 i = 1; i <= x->p2 + x->p3 && !p->hub; i++)
		if (xhci_port(x, i) == p && x->state.ports[i - 1].status & CONNECTED) {
			port_connect(x, i);
			port_changed(x, i, CHANGED_CONNECT);
		}
}

u32 xhci_port_load(const struct xhci *x, u64 offset)
{
	const struct xhci_port_state *s = &x->state.ports[offset / XHCI_PORT_BYTES];

	switch (offset % XHCI_PORT_BYTES) {
	case 0:
		return s->status;
	case 4:
		return s->power;
	default:
		return 0;
	}
}

void xhci_port_store(struct xhci *x, u64 offset, u32 value)
{
	u32 port = (u32)offset / XHCI_PORT_BYTES;

	if (offset % XHCI_PORT_BYTES == 0)
		port_store(x, port + 1, value);
	else if (offset % XHCI_PORT_BYTES == 4)
		x->state.ports[port].power = value;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* USB buses: the thread, ports, who is plugged in where. See usb.h. */
#include <errno.h>
#include <string.h>

#include "base/assert.h"
#include "base/log.h"
#include "device/usb.h"
#include "vm/vm.h"

/* --- the thread --- */
static void bus_main(void *opaque)
{
	struct usb_bus *bus = opaque;
	u64 next = OS_FOREVER;

	while (!__atomic_load_n(&bus->stop, __ATOMIC_ACQUIRE)) {
		if (next)
			os_wake_wait(&bus->wake, next);
		os_mutex_lock(&bus->work);
		usb_bus_handle_posted(bus);
		next = bus->running ? bus->ops->work(bus) : OS_FOREVER;
		os_mutex_unlock(&bus->work);
		if (!next)
			os_thread_yield();
	}
}

void usb_kick(struct usb_bus *bus)
{
	os_wake_signal(&bus->wake);
}

void usb_post(struct usb_bus *bus, struct usb_event *e)
{
	os_mutex_lock(&bus->posted_lock);
	e->next = NULL;
	*bus->posted_end = e;
	bus->posted_end = &e->next;
	os_mutex_unlock(&bus->posted_lock);
	usb_kick(bus);
}

void usb_bus_handle_posted(struct usb_bus *bus)
{
	struct usb_event *e, *next;

	os_mutex_lock(&bus->posted_lock);
	e = bus->posted;
	bus->posted = NULL;
	bus->posted_end = &bus->posted;
	os_mutex_unlock(&bus->posted_lock);
	for (; e; e = next) {
		next = e->next;
		e->handle(e);
	}
}

static void quiesce_one(struct usb_device *d, void *opaque)
{
	if (d->ops->quiesce)
		d->ops->quiesce(d);
}

void usb_bus_quiesce(struct usb_bus *bus)
{
	usb_for_each(bus, quiesce_one, NULL);
	usb_bus_handle_posted(bus);
}

static void bus_run(void *opaque, bool running)
{
	struct usb_bus *bus = opaque;

	os_mutex_lock(&bus->work);
	bus->running = running;
	if (!running) {
		bus->pausing = true;
		usb_bus_quiesce(bus);
		bus->pausing = false;
	}
	bus->ops->run(bus, running);
	os_mutex_unlock(&bus->work);
	usb_kick(bus);
}

/* --- ports --- */
static void init_port(struct usb_port *p, struct usb_bus *bus, struct usb_device *hub, u32 index,
		      u32 speeds)
{
	*p = (struct usb_port){.bus = bus, .hub = hub, .index = index, .speeds = speeds};
	if (!hub) {
		log_format(p->path, sizeof(p->path), "%u", index + 1);
		return;
	}
	p->depth = hub->port->depth + 1;
	log_format(p->path, sizeof(p->path), "%s.%u", hub->port->path, index + 1);
}

void usb_hub_ports_init(struct usb_device *hub, struct usb_port *ports, u32 count, u32 speeds)
{
	for (u32 i = 0; i < count; i++)
		init_port(&ports[i], hub->bus, hub, i, speeds);
}

/* The port that comes after p in an order in which a hub's ports follow the hub's own; NULL p: the
 * first. */
static struct usb_port *sibling(struct usb_bus *bus, struct usb_port *p)
{
	struct usb_device *hub = p->hub;

	if (!hub)
		return p->index + 1 < bus->nr_ports ? p + 1 : NULL;
	return hub->ops->port(hub, p->index + 1);
}

static struct usb_port *next_port(struct usb_bus *bus, struct usb_port *p)
{
	struct usb_port *next;

	if (!p)
		return bus->nr_ports ? &bus->ports[0] : NULL;
	if (p->device && p->device->ops->port) {
		next = p->device->ops->port(p->device, 0);
		if (next)
			return next;
	}
	for (; p; p = p->hub ? p->hub->port : NULL) {
		next = sibling(bus, p);
		if (next)
			return next;
	}
	return NULL;
}

void usb_for_each(struct usb_bus *bus, usb_visit_fn *fn, void *opaque)
{
	for (struct usb_port *p = next_port(bus, NULL); p; p = next_port(bus, p))
		if (p->device)
			fn(p->device, opaque);
}

struct usb_device *usb_find(struct usb_bus *bus, u32 address)
{
	for (struct usb_port *p = next_port(bus, NULL); p; p = next_port(bus, p))
		if (p->device && p->enabled && p->device->state->address == address)
			return p->device;
	return NULL;
}

struct usb_device *usb_route(struct usb_port *port, u32 route)
{
	struct usb_device *d = port->device;

	for (u32 i = 0; d && route & 15 && i < USB_MAX_DEPTH; i++, route >>= 4) {
		port = d->ops->port ? d->ops->port(d, (route & 15) - 1) : NULL;
		d = port ? port->device : NULL;
	}
	return d;
}

/* --- plugging --- */
static struct usb_port *find_port(struct usb_device *d, bool of_hubs)
{
	struct usb_bus *bus = d->bus;

	for (struct usb_port *p = next_port(bus, NULL); p; p = next_port(bus, p)) {
		if (d->port_path ? !strcmp(p->path, d->port_path)
				 : !p->device && p->speeds & d->description->speeds &&
					   !p->hub == !of_hubs)
			return p;
	}
	return NULL;
}

/* The controller's own ports are taken first. */
static struct usb_port *choose_port(struct usb_device *d, struct error *e)
{
	struct usb_bus *bus = d->bus;
	struct usb_port *p = find_port(d, false);

	if (!p)
		p = find_port(d, true);
	if (!p) {
		error_set(e, -ENODEV, "%s: bus %s has no port%s%s", d->dev.cls->name, bus->name,
			  d->port_path ? " " : " that is free", d->port_path ? d->port_path : "");
		return NULL;
	}
	if (p->device) {
		error_set(e, -EBUSY, "%s: port %s of bus %s is in use", d->dev.cls->name, p->path,
			  bus->name);
		return NULL;
	}
	if (!(p->speeds & d->description->speeds)) {
		error_set(e, -EINVAL, "%s: port %s of bus %s has another speed", d->dev.cls->name,
			  p->path, bus->name);
		return NULL;
	}
	return p;
}

int usb_attach(struct usb_device *d, const struct usb_ops *ops,
	       const struct usb_description *description, struct usb_device_state *state,
	       struct error *e)
{
	struct usb_bus *bus = d->bus;
	struct usb_port *p;

	d->ops = ops;
	d->description = description;
	d->state = state;
	os_mutex_lock(&bus->work);
	p = choose_port(d, e);
	if (p) {
		u32 both = p->speeds & description->speeds;

		d->speed = 31u - (u32)__builtin_clz(both);
		d->port = p;
		p->device = d;
		usb_reset_device(d);
		bus->ops->attached(bus, p);
		if (p->hub)
			p->hub->ops->port_changed(p->hub, p);
	}
	os_mutex_unlock(&bus->work);
	return p ? 0 : -ENODEV;
}

void usb_detach(struct usb_device *d)
{
	struct usb_bus *bus = d->bus;
	struct usb_port *p = d->port;

	if (!p)
		return;
	os_mutex_lock(&bus->work);
	if (d->ops->quiesce)
		d->ops->quiesce(d);
	usb_bus_handle_posted(bus);
	p->device = NULL;
	d->port = NULL;
	bus->ops->detached(bus, p, d);
	if (p->hub)
		p->hub->ops->port_changed(p->hub, p);
	os_mutex_unlock(&bus->work);
}

void usb_wakeup(struct usb_device *d, u8 pid, u8 endpoint)
{
	u32 *woken = pid == USB_PID_IN ? &d->woken_in : &d->woken_out;
	u32 *asleep = pid == USB_PID_IN ? &d->asleep_in : &d->asleep_out;
	u32 bit = 1u << endpoint;

	if (!(*asleep & bit))
		return;
	*asleep &= ~bit;
	*woken |= bit;
	usb_kick(d->bus);
}

void usb_complete(struct usb_packet *p, enum usb_status status)
{
	p->status = (u8)status;
	p->done(p);
}

/* --- life --- */
int usb_bus_init(struct usb_bus *bus, struct device *dev, const struct usb_bus_ops *ops,
		 u32 nr_ports, u32 speeds, struct error *e)
{
	struct vm *vm = dev->vm;
	u32 number = 0;

	pv_assert(nr_ports <= USB_MAX_PORTS);
	if (dev->id && strlen(dev->id) > 24)
		return error_set(e, -EINVAL, "%s: the name '%s' is too long", dev->cls->name,
				 dev->id);
	for (u32 i = 0; i < vm->nr_buses; i++)
		number += vm->buses[i].type == BUS_USB;
	*bus = (struct usb_bus){.vm = vm, .controller = dev, .ops = ops, .nr_ports = nr_ports};
	bus->posted_end = &bus->posted;
	if (dev->id)
		log_format(bus->name, sizeof(bus->name), "%s.0", dev->id);
	else
		log_format(bus->name, sizeof(bus->name), "usb-bus.%u", number);
	for (u32 i = 0; i < nr_ports; i++)
		init_port(&bus->ports[i], bus, NULL, i, speeds);
	os_mutex_init(&bus->work);
	os_mutex_init(&bus->posted_lock);
	os_wake_init(&bus->wake);
	if (os_thread_create(&bus->thread, bus->name, bus_main, bus))
		return error_set(e, -EAGAIN, "%s: no thread", dev->cls->name);
	bus->started = true;
	device_bus_add(vm, BUS_USB, bus->name, bus);
	vm_listen(vm, bus_run, bus);
	return 0;
}

void usb_bus_destroy(struct usb_bus *bus)
{
	if (!bus->started)
		return;
	vm_unlisten(bus->vm, bus);
	device_bus_remove(bus->vm, bus);
	__atomic_store_n(&bus->stop, true, __ATOMIC_RELEASE);
	usb_kick(bus);
	os_thread_join(&bus->thread);
	os_mutex_destroy(&bus->posted_lock);
	os_mutex_destroy(&bus->work);
	bus->started = false;
}

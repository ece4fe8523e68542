// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Dynamic reconfiguration connectors of PCI slots (LoPAPR 13.5, 13.6): every slot of every bus has
 * one, of the physical kind. A function that is plugged in while the guest runs is there at once,
 * isolated; the guest is told, takes its nodes by ibm,configure-connector and un-isolates it. To
 * unplug one the guest is asked; when it has isolated the slot, the functions go. A guest that
 * un-isolates the slot instead keeps them, and may be asked again; one that never did, and does not
 * use them, has nothing to let go of.
 *
 * Taking nodes is a sequence of calls; how far it has come is not saved: a guest whose sequence
 * breaks off gets an error and begins again, as after any other failure.
 */
#include <errno.h>
#include <libfdt.h>

#include "base/endian.h"
#include "base/log.h"
#include "base/string.h"
#include "bus/spapr_pci.h"
#include "isa/papr.h"
#include "vm/vm.h"

enum {
	DRC_PCI = 0x40000000,
	SENSOR_ENTITY = 9003,
	INDICATOR_ISOLATION = 9001,
	INDICATOR_DR = 9002,
	INDICATOR_ALLOCATION = 9003,
	ENTITY_EMPTY = 0,
	ENTITY_PRESENT = 1,
	MAX_INDICATOR = 3,
	NOT_CONFIGURABLE = -9003,
	POWER_LIVE = 100,
	DOMAIN_LIVE = -1,
};

/* What a step of ibm,configure-connector gives. */
enum { CC_DONE, CC_SIBLING, CC_CHILD, CC_PROPERTY, CC_PARENT };
enum { CC_WORK_BYTES = 4096, CC_DATA = 20, CC_TREE_BYTES = 16384 };

u32 spapr_drc_index(const struct spapr_phb *phb, u32 bus, u32 slot)
{
	return DRC_PCI | phb->index << 16 | bus << 8 | slot << 3;
}

struct connector {
	struct spapr_phb *phb;
	struct pci_bus *bus;
	u32 slot;
	struct pci_device *device; /* function 0; NULL: the slot is empty */
	u8 *flags;
};

static bool find(struct spapr_pci *s, u32 index, struct connector *c)
{
	u32 bus = index >> 8 & 0xff;

	*c = (struct connector){.slot = index >> 3 & 0x1f};
	if (index >> 24 != DRC_PCI >> 24 || index & 7 || bus >= PCI_MAX_BUSES)
		return false;
	c->phb = spapr_phb_find(s, SPAPR_PCI_BUID + (index >> 16 & 0xff));
	c->bus = c->phb ? c->phb->host.buses[bus] : NULL;
	if (!c->bus)
		return false;
	c->device = c->bus->devices[c->slot << 3];
	c->flags = &c->phb->state.connectors[bus * SPAPR_PCI_SLOTS + c->slot];
	return true;
}

/* --- plug and unplug --- */
static void tell(struct spapr_pci *s, u32 index, bool add)
{
	if (s->config.event)
		s->config.event(s->config.event_opaque, index, add);
}

static u8 *flags_of(struct spapr_phb *phb, const struct pci_device *d)
{
	return &phb->state.connectors[d->bus->index * SPAPR_PCI_SLOTS + (d->devfn >> 3)];
}

int spapr_drc_check(const struct spapr_phb *phb, const struct pci_device *d, struct error *e)
{
	if (!phb->started)
		return 0;
	if (d->devfn & 7 && d->bus->devices[d->devfn & ~7])
		return error_set(e, -EBUSY,
				 "%s: slot %02x of bus %s has its function 0 already; others have "
				 "to be plugged in before it",
				 d->dev.cls->name, d->devfn >> 3, d->bus->name);
	return 0;
}

void spapr_drc_plugged(struct spapr_phb *phb, struct pci_device *d)
{
	u8 *flags = flags_of(phb, d);

	if (!phb->started) {
		*flags = DRC_UNISOLATED | DRC_CONFIGURED;
		return;
	}
	/* The other functions come before function 0, which makes them known. */
	if (d->devfn & 7)
		return;
	*flags = 0;
	tell(phb->pci, spapr_drc_index(phb, d->bus->index, d->devfn >> 3), true);
}

/* Functions of the slot that are on their way out are so at a reset, too. */
static void set_asked(struct pci_bus *bus, u32 slot, bool asked)
{
	for (u32 f = 0; f < 8; f++)
		if (bus->devices[slot << 3 | f])
			bus->devices[slot << 3 | f]->dev.unplug_asked = asked;
}

static void release(struct pci_bus *bus, u32 slot, u8 *flags)
{
	*flags &= (u8) ~(DRC_CONFIGURED | DRC_UNPLUGGING);
	for (u32 f = 0; f < 8; f++) {
		struct pci_device *d = bus->devices[slot << 3 | f];

		if (!d)
			continue;
		d->unplugging = true;
		/* it does nothing any more, whenever it goes */
		pci_reset_device(d);
		device_release(&d->dev);
	}
}

int spapr_drc_request_unplug(struct spapr_phb *phb, struct pci_device *d, struct error *e)
{
	u8 *flags = flags_of(phb, d);

	if (d->devfn & 7)
		return error_set(e, -EINVAL, "%s: function 0 of a slot goes, and all with it",
				 d->dev.cls->name);
	if (d->secondary)
		return error_set(e, -EINVAL, "%s cannot be unplugged", d->dev.cls->name);
	if (d->unplugging)
		return error_set(e, -EBUSY, "%s: the guest has let go of it already",
				 d->dev.cls->name);
	/* Firmware that looks for functions by itself may use one without un-isolating it. */
	if (!(*flags & (DRC_UNISOLATED | DRC_CONFIGURED)) &&
	    !(ld_le16(d->config + PCI_COMMAND) &
	      (PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER))) {
		release(d->bus, d->devfn >> 3, flags);
		return 0;
	}
	*flags |= DRC_UNPLUGGING;
	set_asked(d->bus, d->devfn >> 3, true);
	tell(phb->pci, spapr_drc_index(phb, d->bus->index, d->devfn >> 3), false);
	return 0;
}

void spapr_drc_loaded(struct spapr_phb *phb)
{
	for (u32 b = 0; b < PCI_MAX_BUSES; b++)
		for (u32 slot = 0; slot < SPAPR_PCI_SLOTS && phb->host.buses[b]; slot++)
			set_asked(phb->host.buses[b], slot,
				  phb->state.connectors[b * SPAPR_PCI_SLOTS + slot] &
					  DRC_UNPLUGGING);
}

/* --- indicators and sensors --- */
static s32 set_isolation(struct connector *c, u32 state)
{
	if (state) {
		if (!c->device || c->device->unplugging)
			return NOT_CONFIGURABLE;
		*c->flags = (u8)((*c->flags | DRC_UNISOLATED) & ~DRC_UNPLUGGING);
		set_asked(c->bus, c->slot, false);
		return RTAS_SUCCESS;
	}
	*c->flags &= (u8)~DRC_UNISOLATED;
	os_free(c->phb->connector_tree);
	c->phb->connector_tree = NULL;
	if (*c->flags & DRC_UNPLUGGING)
		release(c->bus, c->slot, c->flags);
	else
		*c->flags &= (u8)~DRC_CONFIGURED;
	return RTAS_SUCCESS;
}

/* args: indicator, index, state */
static void rtas_set_indicator(void *opaque, struct vcpu *vcpu, const u32 *args, u32 *rets)
{
	struct connector c;
	s32 status = RTAS_NO_SUCH_INDICATOR;

	if (args[0] >= INDICATOR_ISOLATION && args[0] <= INDICATOR_ALLOCATION &&
	    find(opaque, args[1], &c) && args[2] <= MAX_INDICATOR) {
		if (args[0] == INDICATOR_ISOLATION && args[2] <= 1)
			status = set_isolation(&c, args[2]);
		else if (args[0] == INDICATOR_DR)
			status = RTAS_SUCCESS; /* a lamp that nobody sees */
	}
	rets[0] = (u32)status;
}

static void rtas_get_indicator(void *opaque, struct vcpu *vcpu, const u32 *args, u32 *rets)
{
	struct connector c;

	if (args[0] == INDICATOR_ISOLATION && find(opaque, args[1], &c))
		rets[1] = *c.flags & DRC_UNISOLATED ? 1 : 0;
	else
		rets[0] = (u32)RTAS_NO_SUCH_INDICATOR;
}

/* args: sensor, index; rets: status, state */
static void rtas_get_sensor(void *opaque, struct vcpu *vcpu, const u32 *args, u32 *rets)
{
	struct connector c;

	if (args[0] == SENSOR_ENTITY && find(opaque, args[1], &c))
		rets[1] = c.device && !c.device->unplugging ? ENTITY_PRESENT : ENTITY_EMPTY;
	else
		rets[0] = (u32)RTAS_NO_SUCH_INDICATOR;
}

/* args: domain, level; rets: status, level. Slots are live, always. */
static void rtas_set_power(void *opaque, struct vcpu *vcpu, const u32 *args, u32 *rets)
{
	if ((s32)args[0] == DOMAIN_LIVE)
		rets[1] = POWER_LIVE;
	else
		rets[0] = (u32)RTAS_PARAMETER;
}

static void rtas_get_power(void *opaque, struct vcpu *vcpu, const u32 *args, u32 *rets)
{
	rtas_set_power(opaque, vcpu, args, rets);
}

/* --- ibm,configure-connector --- */
static int begin(struct connector *c, u32 index)
{
	struct spapr_phb *phb = c->phb;
	void *fdt = os_alloc(CC_TREE_BYTES);
	int err = fdt ? fdt_create_empty_tree(fdt, CC_TREE_BYTES) : -ENOMEM;

	if (!err)
		err = spapr_pci_slot_dt(phb, c->bus, c->slot, fdt);
	if (err) {
		os_free(fdt);
		return err;
	}
	os_free(phb->connector_tree);
	phb->connector_tree = fdt;
	phb->connector_index = index;
	phb->connector_depth = 0;
	phb->connector_at = fdt_first_subnode(fdt, 0);
	return phb->connector_at < 0 ? -EINVAL : 0;
}

/* Name and value into the work area; false: there is no room. */
static bool put_data(struct vm *vm, u64 area, const char *name, const void *value, u32 len)
{
	u32 n = (u32)strlen(name) + 1, at = (CC_DATA + n + 3) & ~3u;

	if (at > CC_WORK_BYTES || len > CC_WORK_BYTES - at)
		return false;
	return !vm_mem_write(vm, area + CC_DATA, name, n) &&
	       !vm_mem_write(vm, area + at, value, len) && !vm_mem_st32(vm, area + 8, CC_DATA) &&
	       !vm_mem_st32(vm, area + 12, len) && !vm_mem_st32(vm, area + 16, at);
}

static s32 step(struct connector *c, struct vm *vm, u64 area)
{
	struct spapr_phb *phb = c->phb;
	const struct fdt_property *p;
	const char *name;
	int next, len;

	for (;;) {
		u32 tag = fdt_next_tag(phb->connector_tree, phb->connector_at, &next);
		int at = phb->connector_at;

		phb->connector_at = next;
		switch (tag) {
		case FDT_BEGIN_NODE:
			phb->connector_depth++;
			name = fdt_get_name(phb->connector_tree, at, NULL);
			return put_data(vm, area, name, "", 0) ? CC_CHILD : RTAS_HARDWARE;
		case FDT_PROP:
			p = fdt_get_property_by_offset(phb->connector_tree, at, &len);
			name = fdt_string(phb->connector_tree, (int)fdt32_to_cpu(p->nameoff));
			return put_data(vm, area, name, p->data, (u32)len) ? CC_PROPERTY
									   : RTAS_HARDWARE;
		case FDT_END_NODE:
			if (--phb->connector_depth)
				return CC_PARENT;
			tag = fdt_next_tag(phb->connector_tree, next, &at);
			if (tag != FDT_BEGIN_NODE)
				return CC_DONE;
			/* another function of the slot */
			phb->connector_at = at;
			phb->connector_depth++;
			name = fdt_get_name(phb->connector_tree, next, NULL);
			return put_data(vm, area, name, "", 0) ? CC_SIBLING : RTAS_HARDWARE;
		case FDT_NOP:
			break;
		default:
			return RTAS_HARDWARE;
		}
	}
}

/* args: work area, memory that the guest adds (we ask for none) */
static void rtas_configure_connector(void *opaque, struct vcpu *vcpu, const u32 *args, u32 *rets)
{
	struct vm *vm = vcpu->vm;
	struct connector c;
	u32 index, again;
	s32 status = RTAS_SUCCESS;

	rets[0] = (u32)RTAS_PARAMETER;
	if (args[0] % 4 || !vm_mem_ptr(vm, args[0], CC_WORK_BYTES) ||
	    vm_mem_ld32(vm, args[0], &index) || vm_mem_ld32(vm, args[0] + 4ull, &again) ||
	    !find(opaque, index, &c))
		return;
	if (!c.device || c.device->unplugging || !(*c.flags & DRC_UNISOLATED)) {
		rets[0] = (u32)NOT_CONFIGURABLE;
		return;
	}
	if (!c.phb->connector_tree || c.phb->connector_index != index)
		status = begin(&c, index) ? RTAS_HARDWARE : RTAS_SUCCESS;
	if (!status)
		status = step(&c, vm, args[0]);
	if (status <= CC_DONE) {
		os_free(c.phb->connector_tree);
		c.phb->connector_tree = NULL;
	}
	if (status == CC_DONE)
		*c.flags |= DRC_CONFIGURED;
	rets[0] = (u32)status;
}

void spapr_pci_register_drc(struct spapr_pci *s)
{
	struct vm *vm = s->vm;

	rtas_register(vm, "set-indicator", 3, 1, rtas_set_indicator, s);
	rtas_register(vm, "get-indicator", 2, 2, rtas_get_indicator, s);
	rtas_register(vm, "get-sensor-state", 2, 2, rtas_get_sensor, s);
	rtas_register(vm, "set-power-level", 2, 2, rtas_set_power, s);
	rtas_register(vm, "get-power-level", 1, 2, rtas_get_power, s);
	rtas_register(vm, "ibm,configure-connector", 2, 1, rtas_configure_connector, s);
}

/* --- the tree: connectors of a bus (LoPAPR 13.5.2) --- */
enum { NAME_BYTES = 24 };

static int append_u32(void *fdt, int node, const char *name, u32 v)
{
	fdt32_t cell = cpu_to_fdt32(v);

	return fdt_appendprop(fdt, node, name, &cell, sizeof(cell));
}

int spapr_drc_dt(struct spapr_phb *phb, const struct pci_bus *bus, void *fdt, int node)
{
	u32 slots = bus->one_slot ? 1 : SPAPR_PCI_SLOTS;
	int err = append_u32(fdt, node, "ibm,drc-indexes", slots);

	err |= append_u32(fdt, node, "ibm,drc-names", slots);
	err |= append_u32(fdt, node, "ibm,drc-types", slots);
	err |= append_u32(fdt, node, "ibm,drc-power-domains", slots);
	for (u32 slot = 0; slot < slots && !err; slot++) {
		u32 index = spapr_drc_index(phb, bus->index, slot);
		char name[NAME_BYTES];
		int n = log_format(name, sizeof(name), "C%u", index & 0xffffff) + 1;

		err = append_u32(fdt, node, "ibm,drc-indexes", index);
		err |= fdt_appendprop(fdt, node, "ibm,drc-names", name, n);
		err |= fdt_appendprop(fdt, node, "ibm,drc-types", "28", 3);
		err |= append_u32(fdt, node, "ibm,drc-power-domains", (u32)DOMAIN_LIVE);
	}
	return err;
}

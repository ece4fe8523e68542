// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/vio_private.h"

#include <errno.h>
#include <libfdt.h>

#include "base/assert.h"
#include "base/endian.h"
#include "base/log.h"
#include "isa/papr.h"

enum { TERM_CHARS = 16 };

struct vio_device *vio_find_unit(struct vio_bus *bus, u64 unit)
{
	for (u32 i = 0; i < bus->count; i++)
		if (bus->devices[i]->unit == unit)
			return bus->devices[i];
	return NULL;
}

/* Unit 0 is the first terminal, as LoPAPR 16.2.1 has it for kernels that know no tree yet. */
static struct vio_device *find_terminal(struct vio_bus *bus, u64 unit)
{
	struct vio_device *d = unit ? vio_find_unit(bus, unit) : NULL;

	for (u32 i = 0; !unit && !d && i < bus->count; i++)
		if (bus->devices[i]->ops->get_chars)
			d = bus->devices[i];
	return d && d->ops->get_chars ? d : NULL;
}

static s64 h_get_term_char(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	struct vio_device *d = find_terminal(opaque, args[0]);
	u8 buf[TERM_CHARS] = {0};

	if (!d)
		return H_PARAMETER;
	args[0] = d->ops->get_chars(d, buf, TERM_CHARS);
	args[1] = ld_be64(buf);
	args[2] = ld_be64(buf + 8);
	return H_SUCCESS;
}

static s64 h_put_term_char(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	struct vio_device *d = find_terminal(opaque, args[0]);
	u8 buf[TERM_CHARS];

	if (!d || args[1] > TERM_CHARS)
		return H_PARAMETER;
	st_be64(buf, args[2]);
	st_be64(buf + 8, args[3]);
	return d->ops->put_chars(d, buf, (u32)args[1]);
}

void vio_bus_init(struct vio_bus *bus, struct vm *vm, struct tce_registry *tce)
{
	*bus = (struct vio_bus){.vm = vm, .tce = tce};
	hcall_register(vm, H_GET_TERM_CHAR, "H_GET_TERM_CHAR", h_get_term_char, bus, 0);
	hcall_register(vm, H_PUT_TERM_CHAR, "H_PUT_TERM_CHAR", h_put_term_char, bus, 0);
	vio_register_crq(bus);
}

/* By unit address, so that it stays as devices come and go; another where two addresses meet. */
static u32 free_irq(const struct vio_bus *bus, u32 unit)
{
	for (;; unit++) {
		u32 irq = VIO_IRQ_BASE + unit % 256, i;

		for (i = 0; i < bus->count && bus->devices[i]->irq.irq != irq; i++)
			;
		if (i == bus->count)
			return irq;
	}
}

int vio_attach(struct vio_device *d, struct error *e)
{
	struct vio_bus *bus = d->bus;
	int err;

	pv_assert(bus);
	if (bus->count == VIO_MAX_DEVICES)
		return error_set(e, -ENOSPC, "more than %d virtual I/O devices", VIO_MAX_DEVICES);
	for (u32 unit = VIO_UNIT_BASE; !d->unit; unit++)
		if (!vio_find_unit(bus, unit))
			d->unit = unit;
	/* it is the number of a DMA window too, and the upper half is PCI's */
	if (vio_find_unit(bus, d->unit) || d->unit >= VIO_UNIT_END)
		return error_set(e, -EINVAL, "unit address 0x%x cannot be used", d->unit);
	err = irq_line_init(&d->irq, bus->vm, free_irq(bus, d->unit), false, e);
	if (!err)
		bus->devices[bus->count++] = d;
	return err;
}

static void node_name(const struct vio_device *d, char name[64])
{
	log_format(name, 64, "%s@%x", d->ops->node, d->unit);
}

int vio_boot_path(const struct device *dev, char *path, size_t size)
{
	const struct vio_device *d = container_of(dev, struct vio_device, dev);
	int n = log_format(path, size, "/vdevice/%s@%x", d->ops->node, d->unit);

	return n >= 0 && (size_t)n < size ? 0 : -ENAMETOOLONG;
}

/* By unit address, since guests number terminals and disks as they stand; libfdt puts a new node
 * before its siblings. */
static int add_nodes(struct vio_bus *bus, void *fdt, int parent)
{
	u64 below = VIO_UNIT_END;

	for (u32 n = 0; n < bus->count; n++) {
		struct vio_device *d = NULL;
		char name[64];

		for (u32 i = 0; i < bus->count; i++)
			if (bus->devices[i]->unit < below &&
			    (!d || bus->devices[i]->unit > d->unit))
				d = bus->devices[i];
		below = d->unit;
		node_name(d, name);
		if (fdt_add_subnode(fdt, parent, name) < 0)
			return -ENOSPC;
	}
	return 0;
}

int vio_bus_dt(struct vio_bus *bus, void *fdt)
{
	int node = fdt_add_subnode(fdt, 0, "vdevice"), err;

	if (node < 0)
		return -EINVAL;
	err = fdt_setprop_string(fdt, node, "device_type", "vdevice");
	err |= fdt_setprop_string(fdt, node, "compatible", "IBM,vdevice");
	err |= fdt_setprop_cell(fdt, node, "#address-cells", 1);
	err |= fdt_setprop_cell(fdt, node, "#size-cells", 0);
	err |= fdt_setprop_cell(fdt, node, "#interrupt-cells", 2);
	err |= fdt_setprop(fdt, node, "interrupt-controller", NULL, 0);
	return err ? -EINVAL : add_nodes(bus, fdt, node);
}

int vio_dt_node(struct vio_device *d, void *fdt, const char *type, const char *compatible)
{
	int bus = fdt_path_offset(fdt, "/vdevice"), node, err;
	char name[64];
	/* LIOBN, start, size */
	fdt32_t window[5] = {cpu_to_fdt32(d->unit), 0, 0, 0, cpu_to_fdt32(VIO_WINDOW_SIZE)};
	fdt32_t irq[2] = {cpu_to_fdt32(d->irq.irq), 0};

	node_name(d, name);
	node = fdt_subnode_offset(fdt, bus, name);
	if (node < 0)
		return node;
	err = fdt_setprop_cell(fdt, node, "reg", d->unit);
	err |= fdt_setprop_string(fdt, node, "device_type", type);
	err |= fdt_setprop_string(fdt, node, "compatible", compatible);
	err |= fdt_setprop(fdt, node, "interrupts", irq, sizeof(irq));
	if (d->vio) {
		err |= fdt_setprop_cell(fdt, node, "ibm,#dma-address-cells", 2);
		err |= fdt_setprop_cell(fdt, node, "ibm,#dma-size-cells", 2);
		err |= fdt_setprop(fdt, node, "ibm,my-dma-window", window, sizeof(window));
	}
	return err ? -1 : node;
}

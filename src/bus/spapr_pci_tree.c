// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What firmware does before a guest starts: addresses for all functions, and device-tree nodes
 * (IEEE 1275 PCI bus binding 2.1; LoPAPR B.6.6, C.5). Where firmware runs in the guest it places
 * functions itself and the nodes say nothing of addresses.
 *
 * Ranges are at least 64 KiB, the guest's page, apart, so that it may hand one on to somebody else.
 */
#include <errno.h>
#include <libfdt.h>

#include "base/endian.h"
#include "base/log.h"
#include "bus/spapr_pci.h"
#include "irqchip/common.h"
#include "vm/vm.h"

/* --- addresses --- */
struct places {
	u64 next[3]; /* of IO, 32-bit memory, 64-bit memory */
	u64 end[3];  /* of the host bridge's windows; 0: there is none */
	u32 bus;     /* last number given */
};
enum { PLACE_IO, PLACE_MEM32, PLACE_MEM64 };
enum { MIN_ALIGN = 1 << 16, BRIDGE_ALIGN = 1 << 20, BRIDGE_IO_ALIGN = 1 << 12 };

static u64 align_up(u64 v, u64 to)
{
	return (v + to - 1) & ~(to - 1);
}

static u32 place_of(const struct places *p, const struct pci_bar *b)
{
	return b->flags & PCI_BAR_IO				 ? PLACE_IO
	       : b->flags & PCI_BAR_MEM64 && p->end[PLACE_MEM64] ? PLACE_MEM64
								 : PLACE_MEM32;
}

/* The largest BARs first: what is aligned leaves no holes. */
static void assign_bus(struct spapr_phb *phb, struct pci_bus *bus, struct places *p);

static void assign_sized(struct pci_bus *bus, u64 size, struct places *p)
{
	for (u32 devfn = 0; devfn < PCI_DEVFNS; devfn++) {
		struct pci_device *d = bus->devices[devfn];

		for (u32 i = 0; d && i < PCI_BARS; i++) {
			u32 place = place_of(p, &d->bars[i]);
			u64 align = place == PLACE_IO || size > MIN_ALIGN ? size : MIN_ALIGN;

			if (d->bars[i].size != size)
				continue;
			p->next[place] = align_up(p->next[place], align);
			if (p->next[place] + align > p->end[place])
				continue; /* the guest may find room, or do without */
			pci_bar_set_address(d, i, p->next[place]);
			p->next[place] += align;
		}
	}
}

static void align_places(struct places *p)
{
	p->next[PLACE_IO] = align_up(p->next[PLACE_IO], BRIDGE_IO_ALIGN);
	p->next[PLACE_MEM32] = align_up(p->next[PLACE_MEM32], BRIDGE_ALIGN);
	p->next[PLACE_MEM64] = align_up(p->next[PLACE_MEM64], BRIDGE_ALIGN);
}

/* Its last address: before its first one if all is taken, which closes it. */
static u64 window_end(const struct places *p, u32 place)
{
	u64 end = p->next[place] < p->end[place] ? p->next[place] : p->end[place];

	return end ? end - 1 : 0;
}

static void set_bridge_windows(struct pci_device *d, const struct places *from,
			       const struct places *to)
{
	u64 io = window_end(to, PLACE_IO), mem = window_end(to, PLACE_MEM32),
	    pref = window_end(to, PLACE_MEM64);

	pci_config_write(d, PCI_IO_BASE, 1, (u32)(from->next[PLACE_IO] >> 8 & 0xf0));
	pci_config_write(d, PCI_IO_LIMIT, 1, (u32)(io >> 8 & 0xf0));
	pci_config_write(d, PCI_IO_BASE_UPPER, 2, (u32)(from->next[PLACE_IO] >> 16));
	pci_config_write(d, PCI_IO_LIMIT_UPPER, 2, (u32)(io >> 16));
	pci_config_write(d, PCI_MEMORY_BASE, 2, (u32)(from->next[PLACE_MEM32] >> 16));
	pci_config_write(d, PCI_MEMORY_LIMIT, 2, (u32)(mem >> 16));
	pci_config_write(d, PCI_PREF_BASE, 2, (u32)(from->next[PLACE_MEM64] >> 16 & 0xffff));
	pci_config_write(d, PCI_PREF_LIMIT, 2, (u32)(pref >> 16 & 0xffff));
	pci_config_write(d, PCI_PREF_BASE_UPPER, 4, (u32)(from->next[PLACE_MEM64] >> 32));
	pci_config_write(d, PCI_PREF_LIMIT_UPPER, 4, (u32)(pref >> 32));
}

static void assign_bridge(struct spapr_phb *phb, struct pci_device *d, struct places *p)
{
	struct places from;
	u32 secondary = ++p->bus;

	align_places(p);
	from = *p;
	pci_config_write(d, PCI_PRIMARY_BUS, 1, pci_bus_number(d->bus));
	pci_config_write(d, PCI_SECONDARY_BUS, 1, secondary);
	pci_config_write(d, PCI_SUBORDINATE_BUS, 1, 0xff);
	assign_bus(phb, d->secondary, p);
	pci_config_write(d, PCI_SUBORDINATE_BUS, 1, p->bus);
	align_places(p);
	/* Room for one that is plugged in later. */
	p->next[PLACE_IO] += BRIDGE_IO_ALIGN;
	p->next[PLACE_MEM32] += 2 * BRIDGE_ALIGN;
	p->next[PLACE_MEM64] += 2 * BRIDGE_ALIGN;
	set_bridge_windows(d, &from, p);
}

static void assign_bus(struct spapr_phb *phb, struct pci_bus *bus, struct places *p)
{
	for (u64 size = 1ull << 40; size >= 16; size >>= 1)
		assign_sized(bus, size, p);
	for (u32 devfn = 0; devfn < PCI_DEVFNS; devfn++)
		if (bus->devices[devfn] && bus->devices[devfn]->secondary)
			assign_bridge(phb, bus->devices[devfn], p);
}

/* Bus numbers alone, for firmware that is told so (qemu,phb-enumerated). */
static void enumerate_bus(struct pci_bus *bus, u32 *last)
{
	for (u32 devfn = 0; devfn < PCI_DEVFNS; devfn++) {
		struct pci_device *d = bus->devices[devfn];

		if (!d || !d->secondary)
			continue;
		pci_config_write(d, PCI_PRIMARY_BUS, 1, pci_bus_number(bus));
		pci_config_write(d, PCI_SECONDARY_BUS, 1, ++*last);
		pci_config_write(d, PCI_SUBORDINATE_BUS, 1, 0xff);
		enumerate_bus(d->secondary, last);
		pci_config_write(d, PCI_SUBORDINATE_BUS, 1, *last);
	}
}

void spapr_pci_enumerate(struct spapr_phb *phb)
{
	u32 last = 0;

	enumerate_bus(&phb->host.root, &last);
}

static u64 mem64_base(const struct spapr_phb *phb)
{
	return SPAPR_PCI_BASE + (phb->index + 1) * SPAPR_PCI_MEM64_SIZE;
}

void spapr_pci_assign(struct spapr_phb *phb)
{
	/* The first page of the IO space is where old devices are. */
	struct places p = {
		.next = {0x1000, SPAPR_PCI_MEM32_BASE, mem64_base(phb)},
		.end = {phb->io_size, SPAPR_PCI_MEM32_BASE + phb->mem32_size,
			phb->mem64_size ? mem64_base(phb) + phb->mem64_size : 0},
	};

	assign_bus(phb, &phb->host.root, &p);
}

/* --- nodes --- */
struct cells {
	u32 count;
	fdt32_t v[512];
};

static void put(struct cells *c, u32 v)
{
	if (c->count < ARRAY_SIZE(c->v))
		c->v[c->count++] = cpu_to_fdt32(v);
}

static void put64(struct cells *c, u64 v)
{
	put(c, (u32)(v >> 32));
	put(c, (u32)v);
}

static int set_cells(void *fdt, int node, const char *name, const struct cells *c)
{
	return fdt_setprop(fdt, node, name, c->v, (int)(c->count * sizeof(c->v[0])));
}

enum { SPACE_IO = 1 << 24, SPACE_MEM32 = 2 << 24, SPACE_MEM64 = 3 << 24 };
enum { ADDR_PREFETCH = 1 << 30 };
#define ADDR_FIXED 0x80000000u

static u32 unit_of(const struct pci_device *d)
{
	return pci_rid(d) << 8;
}

static u32 space_of(const struct pci_bar *b)
{
	u32 space = b->flags & PCI_BAR_IO      ? SPACE_IO
		    : b->flags & PCI_BAR_MEM64 ? SPACE_MEM64
					       : SPACE_MEM32;

	return space | (b->flags & PCI_BAR_PREFETCH ? ADDR_PREFETCH : 0);
}

static u32 bar_register(const struct pci_device *d, u32 i)
{
	return i == PCI_ROM_BAR ? (d->secondary ? PCI_BRIDGE_ROM_ADDRESS : PCI_ROM_ADDRESS)
				: PCI_BAR0 + 4 * i;
}

static int addresses(const struct pci_device *d, void *fdt, int node, bool assigned)
{
	struct cells reg = {0}, at = {0};
	int err;

	put(&reg, unit_of(d));
	put64(&reg, 0);
	put64(&reg, 0);
	for (u32 i = 0; i < PCI_BARS; i++) {
		const struct pci_bar *b = &d->bars[i];
		u32 head = unit_of(d) | bar_register(d, i) | space_of(b);

		if (!b->size)
			continue;
		put(&reg, head);
		put64(&reg, 0);
		put64(&reg, b->size);
		put(&at, head | ADDR_FIXED);
		put64(&at, pci_bar_address(d, i));
		put64(&at, b->size);
	}
	err = set_cells(fdt, node, "reg", &reg);
	if (assigned && at.count)
		err |= set_cells(fdt, node, "assigned-addresses", &at);
	return err;
}

struct class_name {
	u32 code, mask;
	const char *name;
};

/* Generic names (IEEE 1275 recommended practice); the first that matches. */
static const struct class_name class_names[] = {
	{0x010000, 0xffff00, "scsi"},
	{0x010100, 0xffff00, "ide"},
	{0x010600, 0xffff00, "sata"},
	{0x010802, 0xffffff, "nvme"},
	{0x010000, 0xff0000, "mass-storage"},
	{0x020000, 0xffff00, "ethernet"},
	{0x020000, 0xff0000, "network"},
	{0x030000, 0xffffff, "vga"},
	{0x030000, 0xff0000, "display"},
	{0x040000, 0xff0000, "multimedia-device"},
	{0x060400, 0xffff00, "pci"},
	{0x060000, 0xff0000, "unknown-bridge"},
	{0x070000, 0xff0000, "communication-controller"},
	{0x0c0310, 0xffffff, "usb-ohci"},
	{0x0c0320, 0xffffff, "usb-ehci"},
	{0x0c0330, 0xffffff, "usb-xhci"},
	{0x0c0300, 0xffff00, "usb"},
	{0x000000, 0xff0000, "legacy-device"},
};

static u32 class_of(const struct pci_device *d)
{
	return (u32)ld_le16(d->config + PCI_CLASS_DEVICE) << 8 | d->config[PCI_CLASS_PROG];
}

static const char *name_of(const struct pci_device *d)
{
	for (u32 i = 0; i < ARRAY_SIZE(class_names); i++)
		if ((class_of(d) & class_names[i].mask) == class_names[i].code)
			return class_names[i].name;
	return "pci-device";
}

static int identity(const struct pci_device *d, void *fdt, int node)
{
	int err = fdt_setprop_u32(fdt, node, "vendor-id", ld_le16(d->config + PCI_VENDOR_ID));

	err |= fdt_setprop_u32(fdt, node, "device-id", ld_le16(d->config + PCI_DEVICE_ID));
	err |= fdt_setprop_u32(fdt, node, "revision-id", d->config[PCI_REVISION_ID]);
	err |= fdt_setprop_u32(fdt, node, "class-code", class_of(d));
	if (!d->secondary) {
		err |= fdt_setprop_u32(fdt, node, "subsystem-vendor-id",
				       ld_le16(d->config + PCI_SUBSYSTEM_VENDOR_ID));
		err |= fdt_setprop_u32(fdt, node, "subsystem-id",
				       ld_le16(d->config + PCI_SUBSYSTEM_ID));
		err |= fdt_setprop_u32(fdt, node, "min-grant", 0);
		err |= fdt_setprop_u32(fdt, node, "max-latency", 0);
	}
	err |= fdt_setprop_u32(fdt, node, "cache-line-size", d->config[PCI_CACHE_LINE_SIZE]);
	err |= fdt_setprop_u32(fdt, node, "devsel-speed", 0);
	return err;
}

static int interrupts(const struct pci_device *d, void *fdt, int node)
{
	int err = 0;

	if (d->config[PCI_INTERRUPT_PIN])
		err |= fdt_setprop_u32(fdt, node, "interrupts", d->config[PCI_INTERRUPT_PIN]);
	if (d->msi_vectors)
		err |= fdt_setprop_u32(fdt, node, "ibm,req#msi", d->msi_vectors);
	if (d->msix_vectors)
		err |= fdt_setprop_u32(fdt, node, "ibm,req#msi-x", d->msix_vectors);
	return err;
}

static int dma_window(const struct spapr_phb *phb, void *fdt, int node, u32 liobn)
{
	struct cells c = {0};
	int err;

	put(&c, liobn);
	put64(&c, phb->dma_start);
	put64(&c, phb->dma_size);
	err = set_cells(fdt, node, "ibm,dma-window", &c);
	err |= fdt_setprop_u32(fdt, node, "ibm,#dma-address-cells", 2);
	err |= fdt_setprop_u32(fdt, node, "ibm,#dma-size-cells", 2);
	return err;
}

static u32 rtas_token(struct vm *vm, const char *name)
{
	for (u32 i = 0; i < vm->rtas.count; i++)
		if (!__builtin_strcmp(vm->rtas.calls[i].name, name))
			return RTAS_TOKEN_BASE + i;
	return 0;
}

static int dynamic_windows(const struct spapr_phb *phb, void *fdt, int node)
{
	struct vm *vm = phb->dev.vm;
	struct cells calls = {0}, more = {0};

	if (!phb->ddw)
		return 0;
	put(&calls, rtas_token(vm, "ibm,query-pe-dma-window"));
	put(&calls, rtas_token(vm, "ibm,create-pe-dma-window"));
	put(&calls, rtas_token(vm, "ibm,remove-pe-dma-window"));
	put(&more, 2); /* extensions: the reset call, six results of the query */
	put(&more, rtas_token(vm, "ibm,reset-pe-dma-window"));
	put(&more, 1);
	return set_cells(fdt, node, "ibm,ddw-applicable", &calls) |
	       set_cells(fdt, node, "ibm,ddw-extensions", &more);
}

static int bus_nodes(struct spapr_phb *phb, struct pci_bus *bus, void *fdt, int parent);

/* What is behind a bridge, as it was set up above. */
static int bridge_properties(struct spapr_phb *phb, struct pci_device *d, void *fdt, int node,
			     bool assigned)
{
	const u8 *c = d->config;
	struct cells range = {0}, ranges = {0};
	u64 io = (u64)(c[PCI_IO_BASE] & 0xf0) << 8 | (u64)ld_le16(c + PCI_IO_BASE_UPPER) << 16;
	u64 io_end =
		((u64)(c[PCI_IO_LIMIT] & 0xf0) << 8 | (u64)ld_le16(c + PCI_IO_LIMIT_UPPER) << 16) +
		0x1000;
	u64 mem = (u64)(ld_le16(c + PCI_MEMORY_BASE) & 0xfff0) << 16;
	u64 mem_end = ((u64)(ld_le16(c + PCI_MEMORY_LIMIT) & 0xfff0) << 16) + 0x100000;
	u64 pref = (u64)(ld_le16(c + PCI_PREF_BASE) & 0xfff0) << 16 |
		   (u64)ld_le32(c + PCI_PREF_BASE_UPPER) << 32;
	u64 pref_end = ((u64)(ld_le16(c + PCI_PREF_LIMIT) & 0xfff0) << 16 |
			(u64)ld_le32(c + PCI_PREF_LIMIT_UPPER) << 32) +
		       0x100000;
	const struct {
		u32 space;
		u64 from, to;
	} windows[] = {{SPACE_IO, io, io_end},
		       {SPACE_MEM32, mem, mem_end},
		       {SPACE_MEM64 | ADDR_PREFETCH, pref, pref_end}};
	int err = fdt_setprop_u32(fdt, node, "#address-cells", 3);

	err |= fdt_setprop_u32(fdt, node, "#size-cells", 2);
	if (!assigned)
		return err;
	err |= fdt_setprop_string(fdt, node, "device_type", "pci");
	put(&range, c[PCI_SECONDARY_BUS]);
	put(&range, c[PCI_SUBORDINATE_BUS]);
	err |= set_cells(fdt, node, "bus-range", &range);
	for (u32 i = 0; i < ARRAY_SIZE(windows); i++) {
		put(&ranges, windows[i].space);
		put64(&ranges, windows[i].from);
		put(&ranges, windows[i].space);
		put64(&ranges, windows[i].from);
		put64(&ranges, windows[i].to - windows[i].from);
	}
	return err | set_cells(fdt, node, "ranges", &ranges);
}

static void node_name(const struct pci_device *d, char *name, size_t size)
{
	if (d->devfn & 7)
		log_format(name, size, "%s@%x,%x", name_of(d), d->devfn >> 3, d->devfn & 7);
	else
		log_format(name, size, "%s@%x", name_of(d), d->devfn >> 3);
}

int pci_boot_path(const struct device *dev, char *path, size_t size)
{
	const struct pci_device *d = container_of(dev, struct pci_device, dev);
	const struct pci_device *way[PCI_MAX_BUSES];
	char name[40];
	u32 depth = 0;
	int at = log_format(path, size, "%s", d->host->path);

	for (; d && depth < ARRAY_SIZE(way); d = d->bus->bridge)
		way[depth++] = d;
	while (depth && at >= 0 && (size_t)at < size) {
		node_name(way[--depth], name, sizeof(name));
		at += log_format(path + at, size - at, "/%s", name);
	}
	return at >= 0 && (size_t)at < size ? 0 : -ENAMETOOLONG;
}

static int function_node(struct spapr_phb *phb, struct pci_device *d, void *fdt, int parent)
{
	u8 flags = phb->state.connectors[d->bus->index * SPAPR_PCI_SLOTS + (d->devfn >> 3)];
	/* Who plugs something in leaves it to the guest to place it. */
	bool assigned = !*phb->pci->config.firmware && flags & DRC_CONFIGURED;
	char name[64];
	int node, err;

	node_name(d, name, sizeof(name));
	node = fdt_add_subnode(fdt, parent, name);
	if (node < 0)
		return -EINVAL;
	err = identity(d, fdt, node);
	err |= interrupts(d, fdt, node);
	err |= addresses(d, fdt, node, assigned);
	if (pci_config_bytes(d) == PCI_CONFIG_BYTES)
		err |= fdt_setprop_u32(fdt, node, "ibm,pci-config-space-type", 1);
	log_format(name, sizeof(name), "%s:%04x:%02x:%02x.%x", d->dev.cls->name, phb->index,
		   pci_bus_number(d->bus), d->devfn >> 3, d->devfn & 7);
	err |= fdt_setprop_string(fdt, node, "ibm,loc-code", name);
	if (!(d->devfn & 7))
		err |= fdt_setprop_u32(fdt, node, "ibm,my-drc-index",
				       spapr_drc_index(phb, d->bus->index, d->devfn >> 3));
	if (d->secondary) {
		err |= spapr_drc_dt(phb, d->secondary, fdt, node);
		err |= bridge_properties(phb, d, fdt, node, assigned);
		return err || bus_nodes(phb, d->secondary, fdt, node) ? -EINVAL : 0;
	}
	/* A window of its own: what its endpoint translates by. */
	err |= dma_window(d->pe->opaque, fdt, node, d->pe->windows[0].liobn);
	err |= dynamic_windows(d->pe->opaque, fdt, node);
	return err ? -EINVAL : 0;
}

/* libfdt puts new nodes in front of their elder sisters. */
static int bus_nodes(struct spapr_phb *phb, struct pci_bus *bus, void *fdt, int parent)
{
	int err = 0;

	for (u32 devfn = PCI_DEVFNS; devfn-- && !err;)
		if (bus->devices[devfn])
			err = function_node(phb, bus->devices[devfn], fdt, parent);
	return err;
}

int spapr_pci_slot_dt(struct spapr_phb *phb, struct pci_bus *bus, u32 slot, void *fdt)
{
	int err = 0;

	for (u32 f = 8; f-- && !err;)
		if (bus->devices[slot << 3 | f])
			err = function_node(phb, bus->devices[slot << 3 | f], fdt, 0);
	return err;
}

static int interrupt_map(const struct spapr_phb *phb, void *fdt, int node)
{
	static const u32 mask[4] = {0xf800, 0, 0, 0xffffffff};
	struct cells c = {0}, m = {0};
	int err = 0;

	for (u32 i = 0; i < 4; i++)
		put(&m, mask[i]);
	err |= set_cells(fdt, node, "interrupt-map-mask", &m);
	/* In pieces: there are 128 entries of 7 cells. */
	for (u32 slot = 0; slot < SPAPR_PCI_SLOTS && !err; slot++) {
		c.count = 0;
		for (u32 pin = 0; pin < 4; pin++) {
			put(&c, slot << 11);
			put64(&c, 0);
			put(&c, pin + 1);
			put(&c, IRQCHIP_PHANDLE);
			put(&c, phb->lsi[(slot + pin) & 3].irq);
			put(&c, 1); /* level */
		}
		err = fdt_appendprop(fdt, node, "interrupt-map", c.v,
				     (int)(c.count * sizeof(c.v[0])));
	}
	return err;
}

static int host_ranges(const struct spapr_phb *phb, void *fdt, int node)
{
	struct cells c = {0};

	put(&c, SPACE_IO);
	put64(&c, 0);
	put64(&c, SPAPR_PCI_BASE + phb->index * SPAPR_PCI_IO_SIZE);
	put64(&c, phb->io_size);
	put(&c, SPACE_MEM32);
	put64(&c, SPAPR_PCI_MEM32_BASE);
	put64(&c, SPAPR_PCI_BASE + (phb->index + 1) * SPAPR_PCI_MEM32_SIZE);
	put64(&c, phb->mem32_size);
	if (phb->mem64_size) {
		put(&c, SPACE_MEM64);
		put64(&c, mem64_base(phb));
		put64(&c, mem64_base(phb));
		put64(&c, phb->mem64_size);
	}
	return set_cells(fdt, node, "ranges", &c);
}

static int host_identity(const struct spapr_phb *phb, void *fdt, int node)
{
	struct cells reg = {0}, range = {0};
	int err = fdt_setprop_string(fdt, node, "device_type", "pci");

	err |= fdt_setprop_string(fdt, node, "compatible", "IBM,Logical_PHB");
	err |= fdt_setprop_u32(fdt, node, "#address-cells", 3);
	err |= fdt_setprop_u32(fdt, node, "#size-cells", 2);
	err |= fdt_setprop_u32(fdt, node, "#interrupt-cells", 1);
	err |= fdt_setprop(fdt, node, "used-by-rtas", NULL, 0);
	put64(&reg, phb->buid);
	put64(&reg, 0);
	err |= set_cells(fdt, node, "reg", &reg);
	put(&range, 0);
	put(&range, 0xff);
	err |= set_cells(fdt, node, "bus-range", &range);
	if (*phb->pci->config.firmware)
		err |= fdt_setprop_u32(fdt, node, "qemu,phb-enumerated", 1);
	err |= fdt_setprop_u32(fdt, node, "ibm,pci-config-space-type", 1);
	err |= fdt_setprop_u32(fdt, node, "ibm,pe-total-#msi", phb->pci->config.msi_count);
	return err;
}

int spapr_pci_dt(struct spapr_phb *phb, void *fdt)
{
	int node = fdt_add_subnode(fdt, 0, phb->host.path + 1), err;

	if (node < 0)
		return -EINVAL;
	err = host_identity(phb, fdt, node);
	err |= host_ranges(phb, fdt, node);
	err |= interrupt_map(phb, fdt, node);
	err |= dma_window(phb, fdt, node, phb->dma.liobn);
	err |= dynamic_windows(phb, fdt, node);
	err |= spapr_drc_dt(phb, &phb->host.root, fdt, node);
	return err || bus_nodes(phb, &phb->host.root, fdt, node) ? -EINVAL : 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* The host bridge device and its endpoints; see spapr_pci.h. */
#include "bus/spapr_pci.h"

#include <errno.h>

#include "base/assert.h"
#include "base/endian.h"
#include "base/log.h"
#include "vm/vm.h"

/* --- who is who --- */
struct spapr_phb *spapr_phb_find(struct spapr_pci *s, u64 buid)
{
	for (u32 i = 0; i < s->system.nr_hosts; i++) {
		struct spapr_phb *phb = container_of(s->system.hosts[i], struct spapr_phb, host);

		if (phb->buid == buid)
			return phb;
	}
	return NULL;
}

struct pci_device *spapr_pci_device(struct spapr_pci *s, u32 config_addr, u64 buid)
{
	struct spapr_phb *phb = spapr_phb_find(s, buid);

	return phb ? pci_find(&phb->host, config_addr >> 8 & 0xffff) : NULL;
}

/* A number has a register part that no function's configuration address has. */
static u32 pe_number(u32 bus, u32 slot)
{
	return bus << 16 | slot << 11 | 1;
}

struct pe *spapr_pci_pe(struct spapr_pci *s, u32 addr, u64 buid)
{
	struct spapr_phb *phb = spapr_phb_find(s, buid);
	struct pci_device *d;
	u32 bus = addr >> 16 & 0xff, slot = addr >> 11 & 0x1f;

	if (!phb)
		return NULL;
	if (addr & 1)
		return bus < PCI_MAX_BUSES && addr == pe_number(bus, slot) ? phb->pes[bus][slot]
									   : NULL;
	d = pci_find(&phb->host, addr >> 8 & 0xffff);
	return d ? d->pe : NULL;
}

u32 spapr_pci_liobn(const struct spapr_phb *phb, u32 bus, u32 slot, u32 window)
{
	return 0x80000000 | phb->index << 20 | ((bus << 5 | slot) + 1) << 4 | window;
}

/* --- endpoints --- */
struct visit {
	struct pe *pe;
	spapr_pe_fn *fn;
	void *opaque;
};

static void visit(struct pci_device *d, void *opaque)
{
	struct visit *v = opaque;

	if (pe_is_behind(d->pe, v->pe))
		v->fn(d, v->opaque);
}

void spapr_pe_for_each(struct pe *pe, spapr_pe_fn *fn, void *opaque)
{
	struct spapr_phb *phb = pe->opaque;
	struct visit v = {pe, fn, opaque};

	pci_for_each(&phb->host, visit, &v);
}

void spapr_pe_reset_windows(struct pe *pe)
{
	const struct spapr_phb *phb = pe->opaque;

	for (u32 i = 1; i < PE_WINDOWS; i++)
		tce_table_open(&pe->windows[i], 0, 12, 0);
	tce_table_open(&pe->windows[0], phb->dma_start, 12, phb->dma_size >> 12);
}

void spapr_pe_reset(struct pe *pe)
{
	pe->state = (struct pe_state){0};
	spapr_pe_reset_windows(pe);
}

/* The guest has begun to use the endpoint's own window. */
static void own_window(struct tce_table *t)
{
	struct pe *pe = container_of(t, struct pe, windows[0]);

	__atomic_store_n(&pe->state.own_dma, 1, __ATOMIC_RELAXED);
}

static u64 window_entries(const struct spapr_phb *phb)
{
	u64 nr = 1;

	while (nr << 12 < phb->dma_size || nr << 12 < phb->pci->config.ram_size)
		nr <<= 1;
	return nr;
}

static void pe_destroy(struct pe *pe)
{
	struct spapr_phb *phb = pe->opaque;

	for (u32 i = 0; i < PE_WINDOWS; i++)
		tce_table_destroy(&pe->windows[i], phb->pci->config.tce);
	os_free(pe);
}

/* Memory of its functions is reached without looking at the endpoint; pins stay as they are until
 * somebody says so. */
static void changed(struct pe *pe)
{
	struct spapr_phb *phb = pe->opaque;

	pci_update_rams(&phb->host);
	pci_update_pins(&phb->host);
}

static struct pe *pe_create(struct spapr_phb *phb, const struct pci_bus *on, u32 slot,
			    struct error *e)
{
	u32 bus = on->index;
	struct pe *pe = os_alloc(sizeof(*pe));
	int err = 0;

	if (!pe) {
		error_set(e, -ENOMEM, "out of memory");
		return NULL;
	}
	pe->vm = phb->dev.vm;
	pe->opaque = phb;
	pe->number = pe_number(bus, slot);
	pe->parent = on->bridge ? on->bridge->pe : NULL;
	pe->shared = &phb->dma;
	for (u32 i = 0; i < PE_WINDOWS && !err; i++)
		err = tce_table_init(&pe->windows[i], phb->pci->config.tce,
				     spapr_pci_liobn(phb, bus, slot, i), window_entries(phb), e);
	if (err) {
		pe_destroy(pe);
		return NULL;
	}
	pe->windows[0].touched = own_window;
	pe->notify = changed;
	spapr_pe_reset(pe);
	vm_add_state(pe->vm, &pe_state_table, phb->index << 16 | bus << 8 | slot, &pe->state, NULL);
	return pe;
}

static u64 mem64_base(const struct spapr_phb *phb)
{
	return SPAPR_PCI_BASE + (phb->index + 1) * SPAPR_PCI_MEM64_SIZE;
}

static u64 mem32_base(const struct spapr_phb *phb)
{
	return SPAPR_PCI_BASE + (phb->index + 1) * SPAPR_PCI_MEM32_SIZE;
}

static int host_attach(struct pci_host *h, struct pci_device *d, struct error *e)
{
	struct spapr_phb *phb = container_of(h, struct spapr_phb, host);
	u32 slot = d->devfn >> 3;
	struct pe **pe = &phb->pes[d->bus->index][slot];

	if (spapr_drc_check(phb, d, e))
		return -EINVAL;
	if (!*pe)
		*pe = pe_create(phb, d->bus, slot, e);
	if (!*pe)
		return -ENOMEM;
	(*pe)->users++;
	d->pe = *pe;
	spapr_drc_plugged(phb, d);
	return 0;
}

static void host_detach(struct pci_host *h, struct pci_device *d)
{
	struct spapr_phb *phb = container_of(h, struct spapr_phb, host);
	struct pe *pe = d->pe;

	spapr_msi_release(phb->pci, d);
	d->pe = NULL;
	if (--pe->users)
		return;
	phb->pes[d->bus->index][d->devfn >> 3] = NULL;
	vm_remove_state(pe->vm, &pe->state);
	pe_destroy(pe);
}

static void host_set_pin(struct pci_host *h, u32 pin, bool level)
{
	irq_set(&container_of(h, struct spapr_phb, host)->lsi[pin], level);
}

static void host_message(struct pci_host *h, struct pci_device *d, u64 addr, u32 data)
{
	spapr_msi_send(container_of(h, struct spapr_phb, host)->pci, d, addr, data);
}

static int host_loaded(struct pci_host *h, struct pci_device *d, struct error *e)
{
	return spapr_msi_restore(container_of(h, struct spapr_phb, host)->pci, d, e);
}

static int host_request_unplug(struct pci_host *h, struct pci_device *d, struct error *e)
{
	return spapr_drc_request_unplug(container_of(h, struct spapr_phb, host), d, e);
}

static u64 host_memory_address(struct pci_host *h, u64 addr, u64 size)
{
	struct spapr_phb *phb = container_of(h, struct spapr_phb, host);
	u64 mem64 = mem64_base(phb), low = addr - SPAPR_PCI_MEM32_BASE;

	if (low < phb->mem32_size && size <= phb->mem32_size - low)
		return mem32_base(phb) + low;
	if (addr - mem64 < phb->mem64_size && size <= phb->mem64_size - (addr - mem64))
		return addr;
	return VM_WINDOW_NOWHERE;
}

static const struct pci_host_ops host_ops = {
	.request_unplug = host_request_unplug,
	.attach = host_attach,
	.detach = host_detach,
	.set_pin = host_set_pin,
	.memory_address = host_memory_address,
	.message = host_message,
	.loaded = host_loaded,
};

/* --- windows --- */
static u64 io_read(void *opaque, u32 vcpu, u64 offset, u32 size)
{
	return pci_read(&((struct spapr_phb *)opaque)->host, PCI_SPACE_IO, vcpu, offset, size);
}

static void io_write(void *opaque, u32 vcpu, u64 offset, u32 size, u64 value)
{
	pci_write(&((struct spapr_phb *)opaque)->host, PCI_SPACE_IO, vcpu, offset, size, value);
}

static u64 mem32_read(void *opaque, u32 vcpu, u64 offset, u32 size)
{
	return pci_read(&((struct spapr_phb *)opaque)->host, PCI_SPACE_MEM, vcpu,
			SPAPR_PCI_MEM32_BASE + offset, size);
}

static void mem32_write(void *opaque, u32 vcpu, u64 offset, u32 size, u64 value)
{
	pci_write(&((struct spapr_phb *)opaque)->host, PCI_SPACE_MEM, vcpu,
		  SPAPR_PCI_MEM32_BASE + offset, size, value);
}

static u64 mem64_read(void *opaque, u32 vcpu, u64 offset, u32 size)
{
	struct spapr_phb *phb = opaque;

	return pci_read(&phb->host, PCI_SPACE_MEM, vcpu, mem64_base(phb) + offset, size);
}

static void mem64_write(void *opaque, u32 vcpu, u64 offset, u32 size, u64 value)
{
	struct spapr_phb *phb = opaque;

	pci_write(&phb->host, PCI_SPACE_MEM, vcpu, mem64_base(phb) + offset, size, value);
}

#define WINDOW_FLAGS (MMIO_LITTLE | MMIO_NO_LOCK)
static const struct mmio_ops io_ops = {1, 4, WINDOW_FLAGS, io_read, io_write};
static const struct mmio_ops mem32_ops = {1, 8, WINDOW_FLAGS, mem32_read, mem32_write};
static const struct mmio_ops mem64_ops = {1, 8, WINDOW_FLAGS, mem64_read, mem64_write};

static void add_windows(struct spapr_phb *phb)
{
	struct vm *vm = phb->dev.vm;

	mmio_add(vm,
		 &(struct mmio_region){"pci-io", SPAPR_PCI_BASE + phb->index * SPAPR_PCI_IO_SIZE,
				       phb->io_size, &io_ops, phb});
	mmio_add(vm, &(struct mmio_region){"pci-mem32", mem32_base(phb), phb->mem32_size,
					   &mem32_ops, phb});
	if (phb->mem64_size)
		mmio_add(vm, &(struct mmio_region){"pci-mem64", mem64_base(phb), phb->mem64_size,
						   &mem64_ops, phb});
}

/* --- the device --- */
static bool is_size(u64 size, u64 least, u64 most)
{
	return size >= least && size <= most && !(size & (least - 1));
}

static int check_windows(const struct spapr_phb *phb, struct error *e)
{
	u64 dma_end = phb->dma_start + phb->dma_size;

	if (!is_size(phb->io_size, 0x2000, SPAPR_PCI_IO_SIZE))
		return error_set(e, -EINVAL, "io_win_size: 8K to 64K, in steps of 8K");
	if (!is_size(phb->mem32_size, 1 << 20, SPAPR_PCI_MEM32_SIZE))
		return error_set(e, -EINVAL, "mem_win_size: 1M to 2G, in steps of 1M");
	if (phb->mem64_size && !is_size(phb->mem64_size, 1 << 20, SPAPR_PCI_MEM64_SIZE))
		return error_set(e, -EINVAL, "mem64_win_size: 0, or 1M to 1T in steps of 1M");
	if (!is_size(phb->dma_size, 1 << 16, SPAPR_PCI_DMA_END) || phb->dma_start & 0xffff ||
	    phb->dma_start >= SPAPR_PCI_DMA_END || dma_end > SPAPR_PCI_DMA_END)
		return error_set(e, -EINVAL,
				 "dma_win_addr, dma_win_size: in steps of 64K, below 4G");
	if (phb->ddw_start < SPAPR_PCI_DMA_END || phb->ddw_start & (phb->ddw_start - 1))
		return error_set(e, -EINVAL, "dma64_win_addr: a power of two from 4G on");
	if (!phb->page_sizes || phb->page_sizes & ~(u64)SPAPR_PCI_PAGE_SIZES)
		return error_set(e, -EINVAL, "pgsz: a sum of 0x1000, 0x10000, 0x200000, 0x1000000");
	return 0;
}

static int phb_realize(struct device *dev, struct error *e)
{
	struct spapr_phb *phb = container_of(dev, struct spapr_phb, dev);
	struct spapr_pci *s;
	int err;

	if (phb->index >= PCI_MAX_HOSTS)
		return error_set(e, -EINVAL, "index of a host bridge: 0 to %d are possible",
				 PCI_MAX_HOSTS - 1);
	if (!dev->vm->pci)
		return error_set(e, -ENODEV, "this machine has no PCI");
	s = container_of(dev->vm->pci, struct spapr_pci, system);
	phb->pci = s;
	phb->buid = SPAPR_PCI_BUID + phb->index;
	err = check_windows(phb, e);
	if (!err)
		err = pci_host_init(&phb->host, dev->vm, phb->index, dev->id, &host_ops, e);
	if (err)
		return err;
	log_format(phb->host.path, sizeof(phb->host.path), "/pci@%llx",
		   (unsigned long long)phb->buid);
	err = tce_table_init(&phb->dma, s->config.tce, 0x80000000 | phb->index << 20,
			     phb->dma_size >> 12, e);
	for (u32 i = 0; i < 4 && !err; i++)
		err = irq_line_init(&phb->lsi[i], dev->vm, s->config.lsi_base + 4 * phb->index + i,
				    true, e);
	if (err) {
		tce_table_destroy(&phb->dma, s->config.tce);
		pci_host_destroy(&phb->host);
		return err;
	}
	phb->state.index = phb->index;
	add_windows(phb);
	return 0;
}

static void phb_unrealize(struct device *dev)
{
	struct spapr_phb *phb = container_of(dev, struct spapr_phb, dev);

	os_free(phb->connector_tree);
	tce_table_destroy(&phb->dma, phb->pci->config.tce);
	pci_host_destroy(&phb->host);
}

static void reset_function(struct pci_device *d, void *opaque)
{
	struct spapr_phb *phb = opaque;

	u32 at = d->bus->index * SPAPR_PCI_SLOTS + (d->devfn >> 3);

	phb->state.connectors[at] = DRC_UNISOLATED | DRC_CONFIGURED;
	spapr_msi_release(phb->pci, d);
	spapr_pe_reset(d->pe);
	/* its own reset() is called by the machine's, later */
	pci_reset_config(d);
}

static void phb_reset(struct device *dev)
{
	struct spapr_phb *phb = container_of(dev, struct spapr_phb, dev);

	phb->started = true;
	os_free(phb->connector_tree);
	phb->connector_tree = NULL;
	tce_table_open(&phb->dma, phb->dma_start, 12, phb->dma_size >> 12);
	pci_for_each(&phb->host, reset_function, phb);
	if (*phb->pci->config.firmware)
		spapr_pci_enumerate(phb);
	else
		spapr_pci_assign(phb);
}

static int phb_dt(struct device *dev, void *fdt)
{
	return spapr_pci_dt(container_of(dev, struct spapr_phb, dev), fdt);
}

static int phb_post_load(void *obj, struct error *e)
{
	struct spapr_phb *phb = container_of(obj, struct spapr_phb, state);

	if (phb->state.index != phb->index)
		return error_set(e, -EINVAL, "the saved state has other PCI host bridges");
	spapr_drc_loaded(phb);
	return 0;
}

static const struct state_field phb_fields[] = {
	STATE_FIELD(struct spapr_phb_state, index, STATE_U32),
	STATE_FIELD(struct spapr_phb_state, pad, STATE_U32),
	STATE_ARRAY(struct spapr_phb_state, connectors, STATE_U8),
};

static const struct state_table phb_table = {
	.name = "spapr-pci-host-bridge",
	.size = sizeof(struct spapr_phb_state),
	.nr_fields = ARRAY_SIZE(phb_fields),
	.fields = phb_fields,
	.post_load = phb_post_load,
};

static const struct device_prop phb_props[] = {
	{"index", "which one: 0 to 31", PROP_U32, offsetof(struct spapr_phb, index), "0"},
	{"io_win_size", "of its IO space", PROP_SIZE, offsetof(struct spapr_phb, io_size), "64K"},
	{"mem_win_size", "of its 32-bit memory space", PROP_SIZE,
	 offsetof(struct spapr_phb, mem32_size), "2G"},
	{"mem64_win_size", "of its 64-bit memory space, 0: none", PROP_SIZE,
	 offsetof(struct spapr_phb, mem64_size), "1T"},
	{"dma_win_addr", "of the default DMA window on the bus", PROP_U64,
	 offsetof(struct spapr_phb, dma_start), "0"},
	{"dma_win_size", "of the default DMA window", PROP_SIZE,
	 offsetof(struct spapr_phb, dma_size), "1G"},
	{"ddw", "dynamic DMA windows", PROP_BOOL, offsetof(struct spapr_phb, ddw), "on"},
	{"dma64_win_addr", "of the dynamic DMA window on the bus", PROP_U64,
	 offsetof(struct spapr_phb, ddw_start), "0x800000000000000"},
	{"pgsz", "page sizes of dynamic DMA windows, added", PROP_U64,
	 offsetof(struct spapr_phb, page_sizes), "0x1211000"},
	{NULL, NULL, 0, 0, NULL},
};

const struct device_class spapr_phb_class = {
	.name = "spapr-pci-host-bridge",
	.help = "PCI host bridge of a PAPR guest",
	.size = sizeof(struct spapr_phb),
	.props = phb_props,
	.realize = phb_realize,
	.unrealize = phb_unrealize,
	.reset = phb_reset,
	.dt = phb_dt,
	.state = &phb_table,
	.state_offset = offsetof(struct spapr_phb, state),
};

/* --- the machine's --- */
static void pci_state_reset(void *obj)
{
	*(struct spapr_pci_state *)obj = (struct spapr_pci_state){0};
}

static const struct state_field pci_fields[] = {
	STATE_FIELD(struct spapr_pci_state, errinjct_token, STATE_U32),
	STATE_FIELD(struct spapr_pci_state, errinjct_count, STATE_U32),
};

static const struct state_table pci_table = {
	.name = "spapr-pci",
	.size = sizeof(struct spapr_pci_state),
	.nr_fields = ARRAY_SIZE(pci_fields),
	.fields = pci_fields,
};

void spapr_pci_init(struct spapr_pci *s, struct vm *vm, const struct spapr_pci_config *config)
{
	pv_assert(config->msi_count <= SPAPR_PCI_MSI_MAX);
	*s = (struct spapr_pci){.vm = vm, .config = *config};
	pci_system_init(&s->system, vm);
	vm_add_state(vm, &pci_table, 0, &s->state, pci_state_reset);
	spapr_pci_register_config(s);
	spapr_pci_register_msi(s);
	spapr_pci_register_ddw(s);
	spapr_pci_register_eeh(s);
	spapr_pci_register_errinjct(s);
	spapr_pci_register_drc(s);
}

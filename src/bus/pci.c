// SPDX-License-Identifier: GPL-2.0-or-later
/* Functions, buses and their configuration space; see pci.h. */
#include "bus/pci.h"

#include <errno.h>

#include "base/assert.h"
#include "base/bits.h"
#include "base/endian.h"
#include "base/log.h"
#include "base/string.h"
#include "bus/pci_host.h"
#include "vm/vm.h"

enum { CONVENTIONAL_BYTES = 256, MAX_BAR_BITS = 40 };

/* --- saved state --- */
static int device_post_load(void *obj, struct error *e)
{
	struct pci_device *d = container_of(obj, struct pci_device, state);

	/* What the guest cannot write says what the device is. */
	for (u32 i = 0; i < PCI_CONFIG_BYTES; i++)
		if (i >= PCI_BAR0 && (d->config[i] ^ d->initial[i]) & ~(d->wmask[i] | d->w1c[i]))
			return error_set(e, -EINVAL,
					 "the saved state of %s is of another device (0x%x)",
					 d->dev.cls->name, i);
	if (memcmp(d->config, d->initial, 4) || d->state.intx > 1)
		return error_set(e, -EINVAL, "the saved state of %s is of another device",
				 d->dev.cls->name);
	pci_flags_update(d);
	pci_update_spaces(d->host);
	pci_intx_update(d);
	return d->host->ops->loaded(d->host, d, e);
}

static const struct state_field fields[] = {
	STATE_ARRAY(struct pci_state, config, STATE_U8),
	STATE_ARRAY(struct pci_state, msix, STATE_U8),
	STATE_ARRAY(struct pci_state, pending, STATE_U32),
	STATE_FIELD(struct pci_state, intx, STATE_U32),
	STATE_FIELD(struct pci_state, message_kind, STATE_U32),
	STATE_FIELD(struct pci_state, message_first, STATE_U32),
	STATE_FIELD(struct pci_state, message_count, STATE_U32),
};

const struct state_table pci_device_state_table = {
	.name = "pci-function",
	.size = sizeof(struct pci_state),
	.nr_fields = ARRAY_SIZE(fields),
	.fields = fields,
	.post_load = device_post_load,
};

/* --- building a device --- */
void pci_set_ids(struct pci_device *d, const struct pci_ids *ids)
{
	memset(&d->state, 0, sizeof(d->state));
	memset(d->wmask, 0, sizeof(d->wmask));
	memset(d->w1c, 0, sizeof(d->w1c));
	memset(d->bars, 0, sizeof(d->bars));
	memset(d->fixed, 0, sizeof(d->fixed));
	st_le16(d->config + PCI_VENDOR_ID, ids->vendor);
	st_le16(d->config + PCI_DEVICE_ID, ids->device);
	st_le16(d->config + PCI_SUBSYSTEM_VENDOR_ID, ids->subsystem_vendor);
	st_le16(d->config + PCI_SUBSYSTEM_ID, ids->subsystem);
	d->config[PCI_REVISION_ID] = ids->revision;
	d->config[PCI_CLASS_PROG] = (u8)ids->class_code;
	st_le16(d->config + PCI_CLASS_DEVICE, (u16)(ids->class_code >> 8));
	st_le16(d->wmask + PCI_COMMAND, PCI_COMMAND_MASTER | PCI_COMMAND_PARITY | PCI_COMMAND_SERR |
						PCI_COMMAND_INTX_DISABLE);
	st_le16(d->w1c + PCI_STATUS, PCI_STATUS_ERRORS);
	d->wmask[PCI_CACHE_LINE_SIZE] = 0xff;
	d->wmask[PCI_LATENCY_TIMER] = 0xff;
	d->wmask[PCI_INTERRUPT_LINE] = 0xff;
	d->cap_end = PCI_FIRST_CAPABILITY;
	d->extended_end = d->extended_last = 0;
}

static u32 bar_offset(u32 bar, bool bridge)
{
	if (bar != PCI_ROM_BAR)
		return PCI_BAR0 + 4 * bar;
	return bridge ? PCI_BRIDGE_ROM_ADDRESS : PCI_ROM_ADDRESS;
}

static bool is_bridge(const struct pci_device *d)
{
	return (d->config[PCI_HEADER_TYPE] & ~PCI_HEADER_MULTIFUNCTION) == PCI_HEADER_BRIDGE;
}

void pci_add_bar(struct pci_device *d, u32 bar, u64 size, u32 flags, const struct mmio_ops *ops,
		 void *opaque)
{
	u32 at = bar_offset(bar, is_bridge(d));
	u64 mask = ~(size - 1);

	pv_assert(bar < PCI_BARS && !d->bars[bar].size && bits_is_pow2(size) && size >= 16 &&
		  size <= 1ull << MAX_BAR_BITS && !d->attached);
	pv_assert(flags & PCI_BAR_MEM64 ? bar < 5 : size <= 1ull << 31);
	d->bars[bar] = (struct pci_bar){.size = size, .flags = flags, .device = d};
	if (ops)
		pci_add_region(d, bar, 0, size, ops, opaque);
	if (flags & PCI_BAR_IO) {
		pv_assert(size <= 256);
		d->config[at] = PCI_BAR_BIT_IO;
		d->wmask[PCI_COMMAND] |= PCI_COMMAND_IO;
	} else {
		d->wmask[PCI_COMMAND] |= PCI_COMMAND_MEMORY;
		d->config[at] = (flags & PCI_BAR_MEM64 ? PCI_BAR_BIT_64 : 0) |
				(flags & PCI_BAR_PREFETCH ? PCI_BAR_BIT_PREFETCH : 0);
	}
	st_le32(d->wmask + at, (u32)mask);
	if (flags & PCI_BAR_MEM64)
		st_le32(d->wmask + at + 4, (u32)(mask >> 32));
	if (bar == PCI_ROM_BAR) {
		d->config[at] = 0;
		d->wmask[at] |= PCI_ROM_ENABLE;
	}
}

void pci_add_region(struct pci_device *d, u32 bar, u64 offset, u64 size, const struct mmio_ops *ops,
		    void *opaque)
{
	struct pci_bar *b = &d->bars[bar];

	pv_assert(b->nr_regions < PCI_BAR_REGIONS && size && offset <= b->size &&
		  size <= b->size - offset && ops->min_size <= ops->max_size && ops->max_size <= 8);
	b->regions[b->nr_regions++] = (struct pci_region){offset, size, ops, opaque};
}

void pci_add_fixed_io(struct pci_device *d, u64 at, u64 size, const struct mmio_ops *ops,
		      void *opaque)
{
	u32 i = 0;

	while (i < PCI_FIXED_RANGES && d->fixed[i].bar.size)
		i++;
	pv_assert(i < PCI_FIXED_RANGES && !d->attached);
	d->fixed[i].at = at;
	d->fixed[i].bar = (struct pci_bar){
		.size = size,
		.flags = PCI_BAR_IO,
		.device = d,
		.nr_regions = 1,
		.regions = {{0, size, ops, opaque}},
	};
	d->wmask[PCI_COMMAND] |= PCI_COMMAND_IO;
}

u32 pci_add_capability(struct pci_device *d, u8 id, u32 size)
{
	u32 at = d->cap_end;

	size = (size + 3) & ~3u;
	pv_assert(at + size <= CONVENTIONAL_BYTES && !d->attached);
	d->config[at] = id;
	d->config[at + 1] = d->config[PCI_CAPABILITY_LIST];
	d->config[PCI_CAPABILITY_LIST] = (u8)at;
	d->config[PCI_STATUS] |= PCI_STATUS_CAP_LIST;
	d->cap_end = at + size;
	return at;
}

/* --- on the bus --- */
static int dma_translate(struct dma_view *v, u64 addr, bool write, u64 *gpa, u64 *len);
static int real_translate(struct dma_view *v, u64 addr, bool write, u64 *gpa, u64 *len);
static const struct dma_ops translated_ops = {dma_translate};
static const struct dma_ops real_ops = {real_translate};

/* Every bridge on the way has to pass it on. */
static bool may_master(const struct pci_device *d)
{
	for (; d; d = d->bus->bridge)
		if (!(__atomic_load_n(&d->flags, __ATOMIC_RELAXED) & PCI_FLAG_MASTER))
			return false;
	return true;
}

static int dma_translate(struct dma_view *v, u64 addr, bool write, u64 *gpa, u64 *len)
{
	struct pci_device *d = container_of(v, struct pci_device, dma);

	return may_master(d) ? pe_translate(d->pe, pci_rid(d), addr, write, gpa, len) : -EFAULT;
}

static int real_translate(struct dma_view *v, u64 addr, bool write, u64 *gpa, u64 *len)
{
	struct pci_device *d = container_of(v, struct pci_device, real);
	struct pe *pe = d->pe;

	if (pe_frozen(pe, PE_FROZEN_DMA) || !may_master(d) ||
	    pe_injected(pe, write ? PE_INJECT_DMA_WRITE : PE_INJECT_DMA_READ, pci_rid(d), addr))
		return -EFAULT;
	*gpa = addr;
	if (vm_mem_ptr(v->vm, addr, 1))
		return 0;
	pe_freeze(pe, write ? PE_ERROR_DMA_WRITE : PE_ERROR_DMA_READ, pci_rid(d), addr);
	return -EFAULT;
}

static bool slot_free(const struct pci_bus *b, u32 slot)
{
	for (u32 f = 0; f < 8; f++)
		if (b->devices[slot << 3 | f])
			return false;
	return true;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* SLOT or SLOT.FUNCTION, 0x before it or not; -1: it is neither. */
static int parse_addr(const char *s)
{
	int slot = 0, digits = 0, function = 0;

	if (s[0] == '0' && s[1] == 'x')
		s += 2;
	for (; hex_digit(*s) >= 0 && digits < 2; s++, digits++)
		slot = slot << 4 | hex_digit(*s);
	if (digits && s[0] == '.' && s[1] >= '0' && s[1] <= '7') {
		function = s[1] - '0';
		s += 2;
	}
	return digits && !*s && slot < 32 ? slot << 3 | function : -1;
}

static int choose_slot(struct pci_device *d, struct error *e)
{
	struct pci_bus *b = d->bus;
	int devfn = d->addr ? parse_addr(d->addr) : -1;

	/* from 0, as qemu: the addresses are in the names that guests give their interfaces */
	for (u32 slot = 0; !d->addr && slot < 32; slot++) {
		if (slot_free(b, slot)) {
			devfn = (int)slot << 3;
			break;
		}
	}
	if (devfn < 0)
		return d->addr ? error_set(e, -EINVAL, "%s: '%s' is no PCI address",
					   d->dev.cls->name, d->addr)
			       : error_set(e, -ENOSPC, "bus %s has no free slot", b->name);
	if (b->one_slot && devfn > 7)
		return error_set(e, -EINVAL, "behind port %s there is only slot 0", b->name);
	if (b->devices[devfn])
		return error_set(e, -EBUSY, "%s: slot %02x.%x of bus %s is taken by %s",
				 d->dev.cls->name, devfn >> 3, devfn & 7, b->name,
				 b->devices[devfn]->dev.cls->name);
	if (devfn & 7 && b->devices[devfn & ~7] && !b->devices[devfn & ~7]->multifunction)
		return error_set(e, -EINVAL, "%s: function 0 of slot %02x is not multifunction",
				 d->dev.cls->name, devfn >> 3);
	d->devfn = (u8)devfn;
	return 0;
}

static u32 state_instance(const struct pci_device *d)
{
	return d->host->index << 16 | d->bus->index << 8 | d->devfn;
}

int pci_attach(struct pci_device *d, struct error *e)
{
	struct vm *vm = d->dev.vm;
	int err;

	pv_assert(d->cap_end && !d->attached);
	if (!d->bus)
		d->bus = pci_bus_find(vm, NULL);
	if (!d->bus)
		return error_set(e, -ENODEV, "%s: this machine has no PCI bus", d->dev.cls->name);
	if (d->romfile && *d->romfile)
		return error_set(e, -ENOTSUP,
				 "%s: romfile has to be empty: there are no "
				 "expansion ROMs",
				 d->dev.cls->name);
	err = choose_slot(d, e);
	if (err)
		return err;
	d->host = d->bus->host;
	if (!d->no_intx)
		d->config[PCI_INTERRUPT_PIN] = d->pin ? d->pin : 1;
	if (d->multifunction)
		d->config[PCI_HEADER_TYPE] |= PCI_HEADER_MULTIFUNCTION;
	d->initial = os_alloc(PCI_CONFIG_BYTES);
	if (!d->initial)
		return error_set(e, -ENOMEM, "out of memory");
	memcpy(d->initial, d->config, PCI_CONFIG_BYTES);
	d->dma = (struct dma_view){vm, &translated_ops};
	d->real = (struct dma_view){vm, &real_ops};
	d->bus->devices[d->devfn] = d;
	err = d->host->ops->attach(d->host, d, e);
	if (err) {
		d->bus->devices[d->devfn] = NULL;
		os_free(d->initial);
		d->initial = NULL;
		return err;
	}
	d->attached = true;
	/* Whatever came and went before it, its state is found by its place. */
	d->dev.state_name = 1u << 31 | state_instance(d);
	pci_attach_pin(d);
	pci_attach_rams(d);
	vm_add_state(vm, &pci_device_state_table, state_instance(d), &d->state, NULL);
	pci_reset_config(d);
	return 0;
}

void pci_detach(struct pci_device *d)
{
	if (!d->attached)
		return;
	pci_reset_config(d);
	pci_detach_pin(d);
	pci_detach_rams(d);
	d->bus->devices[d->devfn] = NULL;
	pci_update_spaces(d->host);
	vm_remove_state(d->dev.vm, &d->state);
	d->host->ops->detach(d->host, d);
	d->attached = false;
	os_free(d->initial);
	d->initial = NULL;
}

int pci_request_unplug(struct pci_device *d, struct error *e)
{
	return d->host->ops->request_unplug(d->host, d, e);
}

u32 pci_bus_number(const struct pci_bus *b)
{
	return b->bridge ? b->bridge->config[PCI_SECONDARY_BUS] : 0;
}

u32 pci_rid(const struct pci_device *d)
{
	return pci_bus_number(d->bus) << 8 | d->devfn;
}

/* Do all bridges on the way pass accesses to this bus number on? */
static bool reachable(const struct pci_bus *b, u32 number)
{
	for (; b->bridge; b = b->bridge->bus) {
		const u8 *c = b->bridge->config;

		if (!number || number < c[PCI_SECONDARY_BUS] || number > c[PCI_SUBORDINATE_BUS])
			return false;
	}
	return true;
}

struct pci_device *pci_find(struct pci_host *h, u32 rid)
{
	u32 number = rid >> 8;

	for (u32 i = 0; i < h->nr_buses; i++) {
		struct pci_bus *b = h->buses[i];

		if (b && pci_bus_number(b) == number && reachable(b, number))
			return b->devices[rid & 0xff];
	}
	return NULL;
}

/* --- configuration space --- */
u32 pci_config_bytes(const struct pci_device *d)
{
	/* Nothing beyond what PCI had passes a bridge of PCI. */
	for (const struct pci_bus *b = d->bus; b->bridge; b = b->bridge->bus)
		if (!b->bridge->express)
			return CONVENTIONAL_BYTES;
	return d->express ? PCI_CONFIG_BYTES : CONVENTIONAL_BYTES;
}

u32 pci_config_read(struct pci_device *d, u32 offset, u32 len)
{
	u32 v = 0;

	if (offset + len > pci_config_bytes(d))
		return ~0u >> (32 - 8 * len);
	if (d->ops && d->ops->config_reading)
		d->ops->config_reading(d, offset, len);
	for (u32 i = 0; i < len; i++)
		v |= (u32)d->config[offset + i] << 8 * i;
	return v;
}

void pci_flags_update(struct pci_device *d)
{
	u16 command = ld_le16(d->config + PCI_COMMAND);
	u32 flags = 0, old;

	if (command & PCI_COMMAND_MASTER)
		flags |= PCI_FLAG_MASTER;
	if (command & PCI_COMMAND_INTX_DISABLE)
		flags |= PCI_FLAG_NO_INTX;
	if (d->msi_cap && ld_le16(d->config + d->msi_cap + PCI_MSI_CONTROL) & PCI_MSI_ENABLE)
		flags |= PCI_FLAG_MSI;
	if (d->msix_cap) {
		u16 control = ld_le16(d->config + d->msix_cap + PCI_MSIX_CONTROL);

		flags |= control & PCI_MSIX_ENABLE ? PCI_FLAG_MSIX : 0;
		flags |= control & PCI_MSIX_MASK_ALL ? PCI_FLAG_MSIX_MASKED : 0;
	}
	old = __atomic_exchange_n(&d->flags, flags, __ATOMIC_SEQ_CST);
	if ((old ^ flags) & (PCI_FLAG_NO_INTX | PCI_FLAG_MSI | PCI_FLAG_MSIX))
		pci_intx_update(d);
	if (old & ~flags & PCI_FLAG_MSIX_MASKED || flags & ~old & PCI_FLAG_MSIX)
		pci_msix_unmasked(d);
}

static bool overlap(u32 offset, u32 len, u32 from, u32 bytes)
{
	return offset < from + bytes && from < offset + len;
}

static void reset_behind(struct pci_device *d, void *opaque);

/* What a write means to the core. */
static void written(struct pci_device *d, u32 offset, u32 len, u16 old_control)
{
	bool bridge = is_bridge(d);

	if (offset < PCI_FIRST_CAPABILITY &&
	    (overlap(offset, len, PCI_COMMAND, 2) || overlap(offset, len, PCI_BAR0, 0x28) ||
	     overlap(offset, len, PCI_ROM_ADDRESS, 0xc)))
		pci_update_spaces(d->host);
	if (bridge && overlap(offset, len, PCI_BRIDGE_CONTROL, 2) &&
	    d->config[PCI_BRIDGE_CONTROL] & ~old_control & PCI_BRIDGE_CONTROL_RESET)
		pci_for_each(d->host, reset_behind, d);
	pci_flags_update(d);
	if (d->ops && d->ops->config_written)
		d->ops->config_written(d, offset, len);
}

void pci_config_write(struct pci_device *d, u32 offset, u32 len, u32 value)
{
	u16 control = ld_le16(d->config + PCI_BRIDGE_CONTROL);

	if (offset + len > pci_config_bytes(d))
		return;
	if (d->ops && d->ops->config_writing)
		d->ops->config_writing(d, offset, len);
	for (u32 i = 0; i < len; i++) {
		u8 v = (u8)(value >> 8 * i), *c = &d->config[offset + i];

		*c = (u8)((*c & ~d->wmask[offset + i]) | (v & d->wmask[offset + i]));
		*c = (u8)(*c & ~(v & d->w1c[offset + i]));
	}
	written(d, offset, len, control);
}

void pci_reset_config(struct pci_device *d)
{
	memcpy(d->config, d->initial, PCI_CONFIG_BYTES);
	memset(d->state.msix, 0, sizeof(d->state.msix));
	memset(d->state.pending, 0, sizeof(d->state.pending));
	for (u32 i = 0; i < PCI_MSIX_MAX; i++)
		d->state.msix[i * PCI_MSIX_ENTRY + PCI_MSIX_ENTRY_CONTROL] = PCI_MSIX_ENTRY_MASKED;
	pci_intx(d, false);
	pci_flags_update(d);
	pci_update_spaces(d->host);
}

static void reset_behind(struct pci_device *d, void *opaque)
{
	/* those further behind are reset by their own bridge */
	if (d->bus->bridge == opaque)
		pci_reset_device(d);
}

void pci_reset_device(struct pci_device *d)
{
	if (d->secondary)
		pci_for_each(d->host, reset_behind, d);
	pci_reset_config(d);
	d->dev.cls->reset(&d->dev);
}

void pci_for_each(struct pci_host *h, pci_visit_fn *fn, void *opaque)
{
	/* A bridge's bus is made after the bus that it is on. */
	for (u32 i = 0; i < h->nr_buses; i++)
		for (u32 devfn = 0; h->buses[i] && devfn < PCI_DEVFNS; devfn++)
			if (h->buses[i]->devices[devfn])
				fn(h->buses[i]->devices[devfn], opaque);
}

/* --- host bridges and buses --- */
void pci_system_init(struct pci_system *s, struct vm *vm)
{
	*s = (struct pci_system){.vm = vm};
	vm->pci = s;
}

int pci_bus_init(struct pci_bus *b, struct pci_host *h, struct pci_device *bridge, const char *name,
		 struct error *e)
{
	u32 index = 0;

	while (index < h->nr_buses && h->buses[index])
		index++;
	if (index == PCI_MAX_BUSES)
		return error_set(e, -ENOSPC, "more than %d buses behind a PCI host bridge",
				 PCI_MAX_BUSES);
	if (h->vm->nr_buses == VM_MAX_BUSES)
		return error_set(e, -ENOSPC, "more than %d buses", VM_MAX_BUSES);
	if (strlen(name) >= sizeof(b->name))
		return error_set(e, -EINVAL, "the name of bus '%s' is too long", name);
	if (pci_bus_find(h->vm, name))
		return error_set(e, -EBUSY, "there is a bus %s already", name);
	*b = (struct pci_bus){.host = h, .bridge = bridge, .index = index};
	memcpy(b->name, name, strlen(name));
	h->buses[index] = b;
	device_bus_add(h->vm, BUS_PCI, b->name, b);
	if (index == h->nr_buses)
		h->nr_buses++;
	return 0;
}

void pci_bus_exit(struct pci_bus *b)
{
	b->host->buses[b->index] = NULL;
	device_bus_remove(b->host->vm, b);
}

int pci_host_init(struct pci_host *h, struct vm *vm, u32 index, const char *id,
		  const struct pci_host_ops *ops, struct error *e)
{
	struct pci_system *s = vm->pci;
	char name[64];
	u32 number = 0;
	int err;

	if (!s || s->nr_hosts == PCI_MAX_HOSTS)
		return error_set(e, -ENODEV, "this machine has no place for a PCI host bridge");
	for (u32 i = 0; i < s->nr_hosts; i++)
		if (s->hosts[i]->index == index)
			return error_set(e, -EBUSY, "there is a PCI host bridge %u already", index);
	*h = (struct pci_host){.vm = vm, .ops = ops, .index = index};
	os_mutex_init(&h->pin_lock);
	os_mutex_init(&h->ram_lock);
	if (id)
		log_format(name, sizeof(name), "%s.0", id);
	else
		do
			log_format(name, sizeof(name), "pci.%u", number++);
		while (pci_bus_find(vm, name));
	err = pci_bus_init(&h->root, h, NULL, name, e);
	if (!err)
		s->hosts[s->nr_hosts++] = h;
	return err;
}

void pci_host_destroy(struct pci_host *h)
{
	struct pci_system *s = h->vm->pci;

	for (u32 i = 0; i < s->nr_hosts; i++)
		if (s->hosts[i] == h)
			s->hosts[i] = s->hosts[--s->nr_hosts];
	pci_bus_exit(&h->root);
	os_mutex_destroy(&h->ram_lock);
	os_mutex_destroy(&h->pin_lock);
}

struct pci_bus *pci_bus_find(struct vm *vm, const char *name)
{
	struct pci_system *s = vm->pci;

	for (u32 i = 0; s && i < s->nr_hosts; i++) {
		struct pci_host *h = s->hosts[i];

		if (!name && !h->index)
			return &h->root;
		for (u32 j = 0; name && j < h->nr_buses; j++)
			if (h->buses[j] && !strcmp(h->buses[j]->name, name))
				return h->buses[j];
	}
	return NULL;
}

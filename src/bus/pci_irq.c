// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Interrupts of PCI functions: pins, MSI, MSI-X; and errors.
 *
 * A masked vector becomes pending and fires when it is unmasked. Who notifies sets the pending bit
 * first and looks at the masks then, who unmasks clears the mask first and looks at the bits then;
 * whoever takes the bit sends the message: none is lost and none sent twice.
 */
#include "base/assert.h"
#include "base/bits.h"
#include "base/endian.h"
#include "bus/pci_host.h"
#include "vm/vm.h"

/* --- pins --- */
u32 pci_root_pin(const struct pci_device *d)
{
	u32 pin = d->config[PCI_INTERRUPT_PIN] - 1u;

	/* Each level turns by the slot's number (PCI-to-PCI Bridge 1.2, 9.1). */
	for (; d; d = d->bus->bridge)
		pin += d->devfn >> 3;
	return pin & 3;
}

/* Under pin_lock. */
static void update_pin(struct pci_host *h, struct pci_device *d)
{
	u32 flags = __atomic_load_n(&d->flags, __ATOMIC_ACQUIRE), pin = pci_root_pin(d);
	bool before = d->pin_held;
	bool level = __atomic_load_n(&d->state.intx, __ATOMIC_ACQUIRE) &&
		     !(flags & (PCI_FLAG_NO_INTX | PCI_FLAG_MSI | PCI_FLAG_MSIX)) &&
		     !pe_frozen(d->pe, PE_FROZEN_DMA);

	d->pin_held = level;
	if (level && !before && !h->pin_users[pin]++)
		h->ops->set_pin(h, pin, true);
	if (!level && before && !--h->pin_users[pin])
		h->ops->set_pin(h, pin, false);
}

void pci_intx_update(struct pci_device *d)
{
	struct pci_host *h = d->host;

	if (!d->initial || !d->initial[PCI_INTERRUPT_PIN])
		return;
	os_mutex_lock(&h->pin_lock);
	update_pin(h, d);
	os_mutex_unlock(&h->pin_lock);
}

void pci_update_pins(struct pci_host *h)
{
	os_mutex_lock(&h->pin_lock);
	for (struct pci_device *d = h->pins; d; d = d->next_pin)
		update_pin(h, d);
	os_mutex_unlock(&h->pin_lock);
}

void pci_attach_pin(struct pci_device *d)
{
	struct pci_host *h = d->host;

	if (!d->initial[PCI_INTERRUPT_PIN])
		return;
	os_mutex_lock(&h->pin_lock);
	d->next_pin = h->pins;
	h->pins = d;
	os_mutex_unlock(&h->pin_lock);
}

void pci_detach_pin(struct pci_device *d)
{
	struct pci_host *h = d->host;

	os_mutex_lock(&h->pin_lock);
	for (struct pci_device **p = &h->pins; *p; p = &(*p)->next_pin) {
		if (*p != d)
			continue;
		*p = d->next_pin;
		break;
	}
	os_mutex_unlock(&h->pin_lock);
}

void pci_intx(struct pci_device *d, bool level)
{
	u32 old = __atomic_exchange_n(&d->state.intx, level, __ATOMIC_ACQ_REL);

	if (old == level)
		return;
	if (level)
		__atomic_fetch_or(&d->config[PCI_STATUS], PCI_STATUS_INTERRUPT, __ATOMIC_RELAXED);
	else
		__atomic_fetch_and(&d->config[PCI_STATUS], (u8)~PCI_STATUS_INTERRUPT,
				   __ATOMIC_RELAXED);
	pci_intx_update(d);
}

/* --- messages --- */
static u32 *word(struct pci_device *d, u32 vector, u32 offset)
{
	return (u32 *)(d->state.msix + vector * PCI_MSIX_ENTRY + offset);
}

static u32 get_word(struct pci_device *d, u32 vector, u32 offset)
{
	u32 raw = __atomic_load_n(word(d, vector, offset), __ATOMIC_SEQ_CST);

	return ld_le32(&raw);
}

static void set_word(struct pci_device *d, u32 vector, u32 offset, u32 value)
{
	u32 raw;

	st_le32(&raw, value);
	__atomic_store_n(word(d, vector, offset), raw, __ATOMIC_SEQ_CST);
}

static void send(struct pci_device *d, u64 addr, u32 data)
{
	if (__atomic_load_n(&d->flags, __ATOMIC_RELAXED) & PCI_FLAG_MASTER &&
	    !pe_frozen(d->pe, PE_FROZEN_DMA))
		d->host->ops->message(d->host, d, addr, data);
}

bool pci_msix_enabled(const struct pci_device *d)
{
	return __atomic_load_n(&d->flags, __ATOMIC_ACQUIRE) & PCI_FLAG_MSIX;
}

bool pci_msi_enabled(const struct pci_device *d)
{
	return __atomic_load_n(&d->flags, __ATOMIC_ACQUIRE) & PCI_FLAG_MSI;
}

static void send_pending(struct pci_device *d, u32 vector)
{
	u32 bit = 1u << vector % 32, *pending = &d->state.pending[vector / 32];
	u32 flags = __atomic_load_n(&d->flags, __ATOMIC_SEQ_CST);

	if (!(flags & PCI_FLAG_MSIX) || flags & PCI_FLAG_MSIX_MASKED ||
	    get_word(d, vector, PCI_MSIX_ENTRY_CONTROL) & PCI_MSIX_ENTRY_MASKED)
		return;
	if (!(__atomic_fetch_and(pending, ~bit, __ATOMIC_SEQ_CST) & bit))
		return;
	send(d, get_word(d, vector, 0) | (u64)get_word(d, vector, 4) << 32,
	     get_word(d, vector, PCI_MSIX_ENTRY_DATA));
}

void pci_msix_notify(struct pci_device *d, u32 vector)
{
	if (!pci_msix_enabled(d) || vector >= d->msix_vectors)
		return;
	__atomic_fetch_or(&d->state.pending[vector / 32], 1u << vector % 32, __ATOMIC_SEQ_CST);
	send_pending(d, vector);
}

void pci_msix_unmasked(struct pci_device *d)
{
	for (u32 i = 0; i < d->msix_vectors; i++)
		if (__atomic_load_n(&d->state.pending[i / 32], __ATOMIC_SEQ_CST) >> i % 32 & 1)
			send_pending(d, i);
}

void pci_msi_notify(struct pci_device *d, u32 vector)
{
	const u8 *c = d->config + d->msi_cap;
	u32 enabled, data;

	if (!pci_msi_enabled(d))
		return;
	enabled = 1u << (ld_le16(c + PCI_MSI_CONTROL) >> 4 & 7);
	data = ld_le16(c + PCI_MSI_DATA);
	/* The function's vectors stand in the low bits of the data (PCI 3.0, 6.8.3.4). */
	send(d, ld_le32(c + PCI_MSI_ADDRESS_LOW) | (u64)ld_le32(c + PCI_MSI_ADDRESS_HIGH) << 32,
	     (data & ~(enabled - 1)) | (vector & (enabled - 1)));
}

/* --- capabilities --- */
static u64 table_read(void *opaque, u32 vcpu, u64 offset, u32 size)
{
	struct pci_device *d = opaque;

	return get_word(d, (u32)offset / PCI_MSIX_ENTRY, (u32)offset % PCI_MSIX_ENTRY);
}

static void table_write(void *opaque, u32 vcpu, u64 offset, u32 size, u64 value)
{
	struct pci_device *d = opaque;
	u32 vector = (u32)offset / PCI_MSIX_ENTRY, at = (u32)offset % PCI_MSIX_ENTRY;

	set_word(d, vector, at, (u32)value);
	if (at == PCI_MSIX_ENTRY_CONTROL)
		send_pending(d, vector);
}

static u64 pba_read(void *opaque, u32 vcpu, u64 offset, u32 size)
{
	struct pci_device *d = opaque;

	return __atomic_load_n(&d->state.pending[offset / 4], __ATOMIC_RELAXED);
}

static void pba_write(void *opaque, u32 vcpu, u64 offset, u32 size, u64 value)
{
}

static const struct mmio_ops table_ops = {4, 4, MMIO_LITTLE | MMIO_NO_LOCK, table_read,
					  table_write};
static const struct mmio_ops pba_ops = {4, 4, MMIO_LITTLE | MMIO_NO_LOCK, pba_read, pba_write};

void pci_add_msix(struct pci_device *d, u32 bar, u32 offset, u32 vectors)
{
	u32 pba = offset + (vectors > 128 ? 0x1000 : 0x800), at;

	pv_assert(vectors && vectors <= PCI_MSIX_MAX && !(offset & 0xfff));
	at = pci_add_capability(d, PCI_CAP_MSIX, PCI_MSIX_CAP_BYTES);
	d->msix_cap = at;
	d->msix_vectors = vectors;
	st_le16(d->config + at + PCI_MSIX_CONTROL, (u16)(vectors - 1));
	st_le16(d->wmask + at + PCI_MSIX_CONTROL, PCI_MSIX_ENABLE | PCI_MSIX_MASK_ALL);
	st_le32(d->config + at + PCI_MSIX_TABLE, offset | bar);
	st_le32(d->config + at + PCI_MSIX_PBA, pba | bar);
	pci_add_region(d, bar, offset, vectors * PCI_MSIX_ENTRY, &table_ops, d);
	pci_add_region(d, bar, pba, (vectors + 63) / 64 * 8, &pba_ops, d);
}

void pci_add_msi(struct pci_device *d, u32 n)
{
	u32 at = pci_add_capability(d, PCI_CAP_MSI, PCI_MSI_CAP_BYTES);
	u32 log = (u32)__builtin_ctz(n);

	pv_assert(bits_is_pow2(n) && n <= 32);
	d->msi_cap = at;
	d->msi_vectors = n;
	st_le16(d->config + at + PCI_MSI_CONTROL, (u16)(PCI_MSI_64BIT | log << 1));
	st_le16(d->wmask + at + PCI_MSI_CONTROL, PCI_MSI_ENABLE | PCI_MSI_MULTIPLE);
	st_le32(d->wmask + at + PCI_MSI_ADDRESS_LOW, 0xfffffffc);
	st_le32(d->wmask + at + PCI_MSI_ADDRESS_HIGH, 0xffffffff);
	st_le16(d->wmask + at + PCI_MSI_DATA, 0xffff);
}

/* --- what platform firmware does for the guest --- */
void pci_msi_program(struct pci_device *d, u64 addr, u32 data, u32 count)
{
	u32 at = d->msi_cap;
	u16 control = ld_le16(d->config + at + PCI_MSI_CONTROL) & (u16)~PCI_MSI_MULTIPLE;

	pv_assert(at && bits_is_pow2(count) && count <= d->msi_vectors);
	pci_config_write(d, at + PCI_MSI_ADDRESS_LOW, 4, (u32)addr);
	pci_config_write(d, at + PCI_MSI_ADDRESS_HIGH, 4, (u32)(addr >> 32));
	pci_config_write(d, at + PCI_MSI_DATA, 2, data);
	pci_config_write(d, at + PCI_MSI_CONTROL, 2, control | (u32)__builtin_ctz(count) << 4);
}

void pci_msix_program(struct pci_device *d, u32 vector, u64 addr, u32 data)
{
	pv_assert(vector < d->msix_vectors);
	set_word(d, vector, 0, (u32)addr);
	set_word(d, vector, 4, (u32)(addr >> 32));
	set_word(d, vector, PCI_MSIX_ENTRY_DATA, data);
}

/* --- errors --- */
void pci_report_error(struct pci_device *d, u64 addr)
{
	pe_freeze(d->pe, PE_ERROR_DEVICE, pci_rid(d), addr);
}

void pci_inject_error(struct pci_device *d, enum pe_inject kind, u64 addr, u64 mask)
{
	if (kind == PE_INJECT_NONE)
		pe_freeze(d->pe, PE_ERROR_INJECTED, pci_rid(d), addr);
	else
		pe_arm(d->pe, kind, addr, mask);
}

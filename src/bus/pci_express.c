// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What sets functions of PCI Express apart (PCI Express 3.0, 7.8 to 7.10): their capability, and
 * configuration space beyond 256 bytes with a chain of capabilities of its own. All have Advanced
 * Error Reporting there, whose status Linux puts into its log of an endpoint that stopped.
 */
#include "base/assert.h"
#include "base/endian.h"
#include "bus/pci_host.h"

enum {
	FIRST = 0x100,
	AER_SEVERITY = 0x462030, /* the errors that are fatal unless the guest says else */
	AER_UNCORRECTABLE = 0x7ff030,
	AER_CORRECTABLE = 0xf1c1,
	AER_ADVISORY = 0x2000, /* masked at first */
	ROOT_COMMAND = 7,
	ROOT_STATUS = 0x7f,
};

u32 pci_add_extended(struct pci_device *d, u16 id, u32 version, u32 size)
{
	u32 at = d->extended_end ? d->extended_end : FIRST;

	size = (size + 3) & ~3u;
	pv_assert(d->express && at + size <= PCI_CONFIG_BYTES && !d->attached);
	if (d->extended_last)
		st_le16(d->config + d->extended_last + 2,
			(u16)(ld_le16(d->config + d->extended_last + 2) | at << 4));
	st_le16(d->config + at, id);
	st_le16(d->config + at + 2, (u16)version);
	d->extended_last = at;
	d->extended_end = at + size;
	return at;
}

static void add_aer(struct pci_device *d, bool root)
{
	u32 at = pci_add_extended(d, PCI_EXT_CAP_AER, PCI_AER_VERSION,
				  root ? PCI_AER_ROOT_BYTES : PCI_AER_BYTES);
	u8 *c = d->config + at, *w = d->wmask + at, *w1c = d->w1c + at;

	st_le32(w1c + PCI_AER_UNCORRECTABLE, AER_UNCORRECTABLE);
	st_le32(w + PCI_AER_UNCORRECTABLE_MASK, AER_UNCORRECTABLE);
	st_le32(c + PCI_AER_SEVERITY, AER_SEVERITY);
	st_le32(w + PCI_AER_SEVERITY, AER_UNCORRECTABLE);
	st_le32(w1c + PCI_AER_CORRECTABLE, AER_CORRECTABLE);
	st_le32(c + PCI_AER_CORRECTABLE_MASK, AER_ADVISORY);
	st_le32(w + PCI_AER_CORRECTABLE_MASK, AER_CORRECTABLE);
	if (!root)
		return;
	st_le32(w + PCI_AER_ROOT_COMMAND, ROOT_COMMAND);
	st_le32(w1c + PCI_AER_ROOT_STATUS, ROOT_STATUS);
}

static void add_express(struct pci_device *d, u32 type)
{
	u32 at = pci_add_capability(d, PCI_CAP_EXPRESS, PCI_EXP_CAP_BYTES);

	d->express = true;
	d->express_cap = at;
	st_le16(d->config + at + PCI_EXP_FLAGS, (u16)(PCI_EXP_VERSION | type << 4));
	st_le32(d->config + at + PCI_EXP_DEVCAP, 1 << 15); /* role-based error reporting */
	st_le16(d->wmask + at + PCI_EXP_DEVCTL, 0x78ff);
	st_le16(d->w1c + at + PCI_EXP_DEVSTA, 0xf);
	st_le32(d->config + at + PCI_EXP_LNKCAP, 1 << 4 | 1); /* one lane, 2.5 GT/s */
	st_le16(d->config + at + PCI_EXP_LNKSTA, 1 << 4 | 1);
	st_le16(d->wmask + at + PCI_EXP_LNKCTL, 0xc3);
	add_aer(d, type == PCI_EXP_TYPE_ROOT_PORT);
}

void pci_add_express(struct pci_device *d)
{
	add_express(d, PCI_EXP_TYPE_ENDPOINT);
}

bool pci_behind_port(const struct pci_device *d)
{
	return d->bus && d->bus->bridge && d->bus->bridge->express;
}

void pci_add_express_port(struct pci_device *d, u32 port, u32 slot)
{
	u8 *cap;

	add_express(d, PCI_EXP_TYPE_ROOT_PORT);
	cap = d->config + d->express_cap;
	cap[PCI_EXP_FLAGS + 1] |= PCI_EXP_FLAGS_SLOT >> 8;
	cap[PCI_EXP_LNKCAP + 3] = (u8)port;
	st_le32(cap + PCI_EXP_SLTCAP, (slot & 0x1fff) << 19);
}

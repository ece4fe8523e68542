/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI: functions, buses, host bridges (PCI Local Bus 3.0, PCI Express 3.0, PCI-to-PCI Bridge 1.2).
 * A host bridge (spapr_pci.c) supplies the root bus, the windows through which the guest reaches
 * ranges that functions decode, endpoints (bus/pe.h) and interrupts; a device is written against
 * this header alone.
 *
 * A device's realize(): pci_set_ids(), pci_add_bar() …, capabilities, then pci_attach().
 *
 * Locks. Configuration space is touched under the machine's lock. Handlers of ranges run under it
 * unless their mmio_ops say MMIO_NO_LOCK. Interrupts and DMA: any thread, any time, no lock. Who
 * decodes which address stands in a table per address space that is read without a lock.
 */
#ifndef BUS_PCI_H
#define BUS_PCI_H

#include "bus/dma.h"
#include "bus/pci_regs.h"
#include "bus/pe.h"
#include "os/os.h"
#include "vm/device.h"
#include "vm/irq.h"
#include "vm/mmio.h"
#include "vm/window.h"

struct pci_bus;
struct pci_device;
struct pci_host;

enum {
	PCI_CONFIG_BYTES = 4096,
	PCI_BARS = 7, /* 6 = expansion ROM */
	PCI_ROM_BAR = 6,
	PCI_BAR_REGIONS = 8,
	PCI_FIXED_RANGES = 4,
	PCI_MSIX_MAX = 256, /* vectors of a function */
	PCI_MAX_BUSES = 32, /* behind a host bridge */
	PCI_MAX_HOSTS = 32,
	PCI_DEVFNS = 256,
};

enum pci_bar_flag {
	PCI_BAR_MEM = 0,
	PCI_BAR_IO = 1 << 0,
	PCI_BAR_MEM64 = 1 << 1, /* takes the next BAR, too */
	PCI_BAR_PREFETCH = 1 << 2,
};

struct pci_ops {
	/* Before configuration bytes are read: the device may update them. NULL: nothing to do. */
	void (*config_reading)(struct pci_device *d, u32 offset, u32 len);
	/* Before the guest writes configuration bytes. NULL as above. */
	void (*config_writing)(struct pci_device *d, u32 offset, u32 len);
	/* After the guest wrote configuration bytes (as far as wmask allows). NULL as above. */
	void (*config_written)(struct pci_device *d, u32 offset, u32 len);
};

struct pci_region {
	u64 offset, size;
	const struct mmio_ops *ops;
	void *opaque;
};

struct pci_bar {
	u64 size; /* 0: there is none */
	u32 flags, nr_regions;
	struct pci_region regions[PCI_BAR_REGIONS];
	struct pci_device *device;
	struct vm_window *ram; /* memory; NULL: the regions are all that answers */
	u64 ram_at;	       /* of memory, on the bus; under the host bridge's ram_lock */
};

/* IO ports that a function decodes wherever its BARs are. */
struct pci_fixed {
	u64 at;
	struct pci_bar bar;
};

enum pci_message_kind { PCI_NO_MESSAGES, PCI_MESSAGES_MSI, PCI_MESSAGES_MSIX };

/* Saved: config first. */
struct pci_state {
	u8 config[PCI_CONFIG_BYTES];
	u8 msix[PCI_MSIX_MAX *
		PCI_MSIX_ENTRY];	/* address low, high, data, control; little-endian */
	u32 pending[PCI_MSIX_MAX / 32]; /* atomic */
	u32 intx;			/* the level that the device drives */
	/* Messages that platform firmware gave the function: enum pci_message_kind. */
	u32 message_kind, message_first, message_count;
};

/* What a configuration write turned on: looked at by any thread. */
enum pci_device_flag {
	PCI_FLAG_MASTER = 1 << 0,
	PCI_FLAG_NO_INTX = 1 << 1,
	PCI_FLAG_MSI = 1 << 2,
	PCI_FLAG_MSIX = 1 << 3,
	PCI_FLAG_MSIX_MASKED = 1 << 4, /* all of the function's */
};

/* Embedded at the start of every device on a PCI bus. */
struct pci_device {
	struct device dev;
	struct pci_bus *bus; /* property "bus"; NULL: the default one */
	const char *addr;    /* property "addr": SLOT or SLOT.FUNCTION in hex; NULL: a free slot */
	bool multifunction;  /* property: function 0 of a slot with several */
	const char *romfile; /* property: NULL or empty, no device has an expansion ROM */
	u32 rombar;	     /* property, which therefore says nothing */
	u8 devfn;
	u8 pin; /* 1..4 = INTA..D, 0: none; set before pci_attach(), else INTA */
	bool no_intx, attached, express;
	bool unplugging;	     /* the guest has let go of it */
	bool pin_held;		     /* under the host bridge's pin_lock */
	struct pci_device *next_pin; /* as well */
	const struct pci_ops *ops;   /* set by the device; NULL: none */
	struct pci_host *host;
	struct pci_bus *secondary; /* of a bridge; NULL: this is none */
	struct pe *pe;
	/* Addresses translated by the endpoint's windows, real addresses (virtio without
	 * ACCESS_PLATFORM); both stop when the endpoint is frozen or bus mastering is off. */
	struct dma_view dma, real;
	u32 flags; /* enum pci_device_flag, atomic */
	union {
		u8 config[PCI_CONFIG_BYTES];
		struct pci_state state;
	};
	u8 wmask[PCI_CONFIG_BYTES]; /* bits that the guest may write */
	u8 w1c[PCI_CONFIG_BYTES];   /* bits that writing 1 clears */
	struct pci_bar bars[PCI_BARS];
	struct pci_fixed fixed[PCI_FIXED_RANGES];
	u32 cap_end;			 /* where the next capability may stand */
	u32 extended_end, extended_last; /* likewise beyond 256 bytes, and the last one */
	u32 msi_cap, msix_cap, express_cap;
	u32 msi_vectors, msix_vectors;
	u8 *initial;   /* configuration space after reset */
	void *hotplug; /* the host bridge's */
};

/* The properties of every PCI device; `field` is its struct pci_device member. */
#define PCI_DEVICE_PROPS(type, field)                                                              \
	{"bus", "PCI bus", PROP_POINTER, offsetof(type, field.bus), NULL},                         \
		{"addr", "slot or slot.function, in hex", PROP_STRING, offsetof(type, field.addr), \
		 NULL},                                                                            \
		{"romfile", "empty: there are no expansion ROMs", PROP_STRING,                     \
		 offsetof(type, field.romfile), NULL},                                             \
		{"rombar", "accepted: there are no expansion ROMs", PROP_U32,                      \
		 offsetof(type, field.rombar), "1"},                                               \
	{                                                                                          \
		"multifunction", "other functions of the slot follow (on|off)", PROP_BOOL,         \
			offsetof(type, field.multifunction), "off"                                 \
	}

/* --- building a device, in realize() --- */
struct pci_ids {
	u16 vendor, device, subsystem_vendor, subsystem;
	u32 class_code; /* 0xCCSSPP: class, subclass, programming interface */
	u8 revision;
};
void pci_set_ids(struct pci_device *d, const struct pci_ids *ids);
/* A range of size bytes (a power of two, 16 to 2^40; IO at most 256). ops takes all of it; NULL:
 * pci_add_region() says what is where. Handlers get offsets from the range's begin and values; an
 * access that is larger than max_size comes in pieces, one that is smaller than min_size reads a
 * part of it and writes nothing. */
void pci_add_bar(struct pci_device *d, u32 bar, u64 size, u32 flags, const struct mmio_ops *ops,
		 void *opaque);
/* A part of a BAR; offsets that handlers get count from the region. Regions do not overlap. */
void pci_add_region(struct pci_device *d, u32 bar, u64 offset, u64 size, const struct mmio_ops *ops,
		    void *opaque);
/* A range that is memory, of w->size bytes: vCPUs reach it without an exit while nothing stands
 * against it. 32-bit unless flags say else. */
void pci_add_ram(struct pci_device *d, u32 bar, u32 flags, struct vm_window *w);
/* IO ports that everybody knows (those of VGA); not behind bridges. */
void pci_add_fixed_io(struct pci_device *d, u64 at, u64 size, const struct mmio_ops *ops,
		      void *opaque);
/* A capability of size bytes with its head (id, next); returns its offset in config. */
u32 pci_add_capability(struct pci_device *d, u8 id, u32 size);
/* MSI-X with its table at `offset` of a BAR that exists (4 KiB aligned; pending bits follow at
 * offset + 0x800 or, with more than 128 vectors, + 0x1000: PCI_MSIX_BYTES in all). */
enum { PCI_MSIX_BYTES = 0x2000 };
void pci_add_msix(struct pci_device *d, u32 bar, u32 offset, u32 vectors);
/* n: 1, 2, 4 … 32 */
void pci_add_msi(struct pci_device *d, u32 n);
/* PCI Express capability of an endpoint; also makes configuration space 4096 bytes long, with
 * Advanced Error Reporting. */
void pci_add_express(struct pci_device *d);
/* Is the function to be one of PCI Express, as behind a port of that kind? */
bool pci_behind_port(const struct pci_device *d);
/* An extended capability of size bytes with its head; returns its offset in config. */
u32 pci_add_extended(struct pci_device *d, u16 id, u32 version, u32 size);
/* Puts the function on its bus; -EBUSY, -EINVAL: no such slot. After that it is visible. */
int pci_attach(struct pci_device *d, struct error *e);
/* In unrealize(). */
void pci_detach(struct pci_device *d);

/* --- a running device; any thread --- */
void pci_intx(struct pci_device *d, bool level);
bool pci_msix_enabled(const struct pci_device *d);
bool pci_msi_enabled(const struct pci_device *d);
/* Nothing happens when the guest has not enabled it; a masked vector becomes pending. */
void pci_msix_notify(struct pci_device *d, u32 vector);
void pci_msi_notify(struct pci_device *d, u32 vector);
/* The device found an error that its endpoint is to be stopped for. */
void pci_report_error(struct pci_device *d, u64 addr);
/* Is the endpoint stopped? Worker threads look at it before they begin something; a doorbell never
 * comes while it is. */
static inline bool pci_frozen(const struct pci_device *d)
{
	return pe_frozen(d->pe, PE_FROZEN);
}

/* May the device itself master the bus? Bridges before it are not looked at. */
static inline bool pci_is_master(const struct pci_device *d)
{
	return __atomic_load_n(&d->flags, __ATOMIC_RELAXED) & PCI_FLAG_MASTER;
}

/* --- for cli/ and machines --- */
/* A device is plugged in by realizing it under the machine's lock while the vm runs, and may be
 * destroyed, the vm paused, when the guest has let go of it. This asks it to. */
int pci_request_unplug(struct pci_device *d, struct error *e);
/* An error of the function's endpoint: now (PE_INJECT_NONE), or as pe_arm() has it. Under the
 * machine's lock. */
void pci_inject_error(struct pci_device *d, enum pe_inject kind, u64 addr, u64 mask);
/* Names are qemu's: ID.0 of a host bridge that has an id, "pci.0", "pci.1" … of the others as they
 * come, a bridge's id for what is behind it; NULL: the default bus (of host bridge 0). NULL: there
 * is none of that name. */
struct pci_bus *pci_bus_find(struct vm *vm, const char *name);

/* boot_path() of a device class: the function's node. */
int pci_boot_path(const struct device *dev, char *path, size_t size);

#endif

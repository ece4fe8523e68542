/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a host bridge and bridges need of the PCI core; devices need pci.h alone. */
#ifndef BUS_PCI_HOST_H
#define BUS_PCI_HOST_H

#include "bus/pci.h"

struct pci_bus {
	char name[32];
	struct pci_host *host;
	struct pci_device *bridge; /* NULL: the root bus */
	u32 index;		   /* of the host bridge's buses; never changes */
	bool one_slot;		   /* behind a PCI Express port */
	struct pci_device *devices[PCI_DEVFNS];
};

/* Who decodes what in one address space: sorted, without overlap. Changed under the machine's lock,
 * read without: a reader that met a change looks again. */
enum { PCI_MAX_RANGES = 512 };
struct pci_range {
	u64 start, last;
	struct pci_bar *bar;
};
struct pci_space {
	u32 sequence; /* odd: being changed */
	u32 count;
	struct pci_range ranges[PCI_MAX_RANGES];
};

enum pci_space_kind { PCI_SPACE_MEM, PCI_SPACE_IO, PCI_SPACES };

struct pci_host_ops {
	/* Gives the function its endpoint. */
	int (*attach)(struct pci_host *h, struct pci_device *d, struct error *e);
	void (*detach)(struct pci_host *h, struct pci_device *d);
	/* Ask the guest to let go of the function. */
	int (*request_unplug)(struct pci_host *h, struct pci_device *d, struct error *e);
	/* The function's state was loaded: take the messages that it has. */
	int (*loaded)(struct pci_host *h, struct pci_device *d, struct error *e);
	/* An interrupt pin of the host bridge, 0..3. Any thread. */
	void (*set_pin)(struct pci_host *h, u32 pin, bool level);
	/* Where the guest sees size bytes at a memory address of the bus; VM_WINDOW_NOWHERE. Any
	 * thread. */
	u64 (*memory_address)(struct pci_host *h, u64 addr, u64 size);
	/* A message; not for an endpoint whose DMA is stopped. Any thread. */
	void (*message)(struct pci_host *h, struct pci_device *d, u64 addr, u32 data);
};

struct pci_host {
	struct vm *vm;
	const struct pci_host_ops *ops;
	char path[32]; /* of its node in the tree */
	u32 index;
	u32 nr_buses;
	struct pci_bus *buses[PCI_MAX_BUSES]; /* [0]: the root */
	struct pci_bus root;
	struct pci_space spaces[PCI_SPACES];
	/* Functions that have a pin, how many drive each, under the lock. */
	struct os_mutex pin_lock;
	struct pci_device *pins;
	u32 pin_users[4];
	/* Ranges that are memory, under the lock. */
	struct os_mutex ram_lock;
	u32 nr_rams;
	struct pci_bar *rams[VM_MAX_WINDOWS];
};

struct pci_system {
	struct vm *vm;
	u32 nr_hosts;
	struct pci_host *hosts[PCI_MAX_HOSTS];
};

/* Makes it the vm's. */
void pci_system_init(struct pci_system *s, struct vm *vm);

int pci_host_init(struct pci_host *h, struct vm *vm, u32 index, const char *id,
		  const struct pci_host_ops *ops, struct error *e);
void pci_host_destroy(struct pci_host *h);
int pci_bus_init(struct pci_bus *b, struct pci_host *h, struct pci_device *bridge, const char *name,
		 struct error *e);
/* Nothing is on it any more. */
void pci_bus_exit(struct pci_bus *b);

/* The PCI Express capability of a root port that has a slot. */
void pci_add_express_port(struct pci_device *d, u32 port, u32 slot);

/* --- addresses: of the bus's spaces --- */
u64 pci_read(struct pci_host *h, enum pci_space_kind kind, u32 vcpu, u64 addr, u32 size);
void pci_write(struct pci_host *h, enum pci_space_kind kind, u32 vcpu, u64 addr, u32 size,
	       u64 value);
/* Whose is this address? NULL: nobody's. */
struct pci_device *pci_owner(struct pci_host *h, enum pci_space_kind kind, u64 addr);
/* Find out anew who decodes what. Under the machine's lock. */
void pci_update_spaces(struct pci_host *h);
/* Look again whether memory of functions may be reached: an endpoint froze, thawed, or an error was
 * armed. Any thread. */
void pci_update_rams(struct pci_host *h);
/* Where a BAR of a function is set to, and whether it decodes that now. */
u64 pci_bar_address(const struct pci_device *d, u32 bar);
bool pci_bar_decoded(const struct pci_device *d, u32 bar);
void pci_bar_set_address(struct pci_device *d, u32 bar, u64 addr);

/* --- configuration space, under the machine's lock --- */
/* rid: bus << 8 | devfn, with the bus numbers that the guest gave. */
struct pci_device *pci_find(struct pci_host *h, u32 rid);
u32 pci_rid(const struct pci_device *d);
u32 pci_bus_number(const struct pci_bus *b);
/* len 1, 2, 4; offset is a multiple. */
u32 pci_config_read(struct pci_device *d, u32 offset, u32 len);
void pci_config_write(struct pci_device *d, u32 offset, u32 len, u32 value);
u32 pci_config_bytes(const struct pci_device *d);
/* Configuration space as after power-on and the device's reset(). */
void pci_reset_device(struct pci_device *d);
/* The same without the device's own: the machine's reset calls that one by itself. */
void pci_reset_config(struct pci_device *d);
/* For each function of the host bridge, parents first. */
typedef void pci_visit_fn(struct pci_device *d, void *opaque);
void pci_for_each(struct pci_host *h, pci_visit_fn *fn, void *opaque);

/* --- interrupts --- */
/* Look again whether the function's pin is to be driven (the endpoint froze or thawed). */
void pci_intx_update(struct pci_device *d);
/* Of all functions. Any thread. */
void pci_update_pins(struct pci_host *h);
/* The pin of the host bridge that the function's pin is wired to, 0..3. */
u32 pci_root_pin(const struct pci_device *d);
/* Platform firmware programs messages: vector n gets addr and data (data + n for MSI). */
void pci_msi_program(struct pci_device *d, u64 addr, u32 data, u32 count);
void pci_msix_program(struct pci_device *d, u32 vector, u64 addr, u32 data);

extern const struct state_table pci_device_state_table;

/* Shared by the core's files. */
void pci_flags_update(struct pci_device *d);
void pci_msix_unmasked(struct pci_device *d);
void pci_attach_pin(struct pci_device *d);
void pci_detach_pin(struct pci_device *d);
void pci_attach_rams(struct pci_device *d);
void pci_detach_rams(struct pci_device *d);
/* Ranges have changed: where memory is decoded now. */
void pci_place_rams(struct pci_host *h);

#endif

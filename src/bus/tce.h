/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Translation control entries (LoPAPR 1.1, 3.2.2.2 and 14.5.4.2): a table per window of a bus's
 * address space, named by its logical I/O bus number (LIOBN). The hypercalls that read and write
 * entries find the table in the machine's registry; whoever does DMA translates through it.
 *
 * Entries are read by any thread without a lock while the guest writes them. A table's memory is
 * reserved for its largest size when it is made and goes when it is destroyed, so that one who
 * translates while a window is being closed reads an old entry, an empty one or a new window's, as
 * the hardware might, and never anything else. The geometry changes under the machine's lock.
 */
#ifndef BUS_TCE_H
#define BUS_TCE_H

#include "base/error.h"
#include "base/types.h"

struct vm;

enum { TCE_READ = 1, TCE_WRITE = 2, TCE_MAX_TABLES = 1024 };

struct tce_table {
	u32 liobn;
	u32 page_shift;
	u64 start; /* of the window on the bus */
	u64 nr;	   /* entries now; 0 = closed */
	u64 max_nr;
	u64 used;     /* entries from here on are empty */
	u64 *entries; /* host byte order: real address | TCE_READ | TCE_WRITE */
	/* Called by the hypercalls after entries changed, without a lock; NULL = nobody asks. */
	void (*touched)(struct tce_table *t);
};

struct tce_registry {
	struct vm *vm;
	u32 count;
	struct tce_table *tables[TCE_MAX_TABLES];
};

/* Registers the hypercalls. */
void tce_registry_init(struct tce_registry *r, struct vm *vm);

/* A closed table of up to max_nr entries, known to the registry until it is destroyed (when no vCPU
 * runs). -EBUSY: the LIOBN is taken. */
int tce_table_init(struct tce_table *t, struct tce_registry *r, u32 liobn, u64 max_nr,
		   struct error *e);
void tce_table_destroy(struct tce_table *t, struct tce_registry *r);
/* A window of empty entries at start; -EINVAL: it does not fit. nr = 0 closes. */
int tce_table_open(struct tce_table *t, u64 start, u32 page_shift, u64 nr);
/* Does the window take this bus address? */
bool tce_covers(const struct tce_table *t, u64 addr);
/* -EFAULT: outside, or the entry does not allow it. As struct dma_ops's translate(). */
int tce_translate(const struct tce_table *t, u64 addr, bool write, u64 *gpa, u64 *len);

/* Saved state of a table: its geometry, then its entries that are not empty. The stream's loader
 * checks both. */
struct state_writer;
struct state_reader;
void tce_save(struct state_writer *w, const struct tce_table *t);
int tce_load(struct state_reader *r, struct tce_table *t, struct error *e);

#endif

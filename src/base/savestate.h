/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Saved state: what save, restore, migration and the monitor's register views know of an object.
 * An object's migratable state stands in a struct of its own, described by a table of fields.
 *
 * R1. A field's name never changes its meaning; offsets and order may change freely.
 * R2. A loader that meets a field it does not know fails, unless the field was saved as
 *     STATE_SKIPPABLE. A field missing from the stream fails, unless the table says STATE_DEFAULT:
 *     then the object keeps what it had.
 * R3. A subsection is saved only when needed() says so; an unknown subsection fails.
 * R4. Every byte of the struct belongs to exactly one field: state_table_check() finds the
 *     forgotten one. (So such structs have no padding.)
 * Streams are hostile: lengths and counts are checked, post_load() checks values.
 */
#ifndef BASE_SAVESTATE_H
#define BASE_SAVESTATE_H

#include "base/error.h"
#include "base/types.h"

enum state_type {
	STATE_U8,
	STATE_U16,
	STATE_U32,
	STATE_U64,
	STATE_BOOL,    /* a C bool */
	STATE_BYTES,   /* raw bytes */
	STATE_TABLE,   /* structs described by .table */
	STATE_DERIVED, /* not saved: rebuilt by post_load() */
};

enum state_flag { STATE_SKIPPABLE = 1 << 0, STATE_DEFAULT = 1 << 1 };

struct state_table;
struct state_field {
	const char *name;
	u32 offset, size, count; /* size of one element */
	u8 type;		 /* enum state_type */
	u8 flags;		 /* enum state_flag */
	const struct state_table *table;
};

struct state_table {
	const char *name;
	u32 size; /* of the struct */
	u32 nr_fields;
	const struct state_field *fields;
	/* NULL-terminated; each describes the same struct. NULL = none. */
	const struct state_table *const *subsections;
	bool (*needed)(const void *obj);	      /* of a subsection; NULL = always */
	void (*pre_save)(void *obj);		      /* NULL = nothing */
	int (*post_load)(void *obj, struct error *e); /* NULL = nothing */
};

#define STATE_FIELD_(st, f, n, t, fl, tab)                                                         \
	{                                                                                          \
		.name = #f, .offset = offsetof(st, f), .size = sizeof(((st *)0)->f) / (n),         \
		.count = (n), .type = (t), .flags = (fl), .table = (tab)                           \
	}
#define STATE_FIELD(st, f, t)	 STATE_FIELD_(st, f, 1, t, 0, NULL)
#define STATE_ARRAY(st, f, t)	 STATE_FIELD_(st, f, ARRAY_SIZE(((st *)0)->f), t, 0, NULL)
#define STATE_STRUCT(st, f, tab) STATE_FIELD_(st, f, 1, STATE_TABLE, 0, tab)
#define STATE_STRUCT_ARRAY(st, f, tab)                                                             \
	STATE_FIELD_(st, f, ARRAY_SIZE(((st *)0)->f), STATE_TABLE, 0, tab)

struct state_writer {
	int (*write)(void *opaque, const void *buf, size_t len);
	void *opaque;
	int err; /* first failure; later writes do nothing */
};

struct state_reader {
	/* Exactly len bytes or an error. */
	int (*read)(void *opaque, void *buf, size_t len);
	void *opaque;
};

/* A section is one object: table's name and an instance number, then its fields. */
void state_save(struct state_writer *w, const struct state_table *t, u32 instance, void *obj);

/* What a section's head says; name is "" at the end of the stream. */
struct state_head {
	char name[64];
	u32 instance;
};
void state_write_end(struct state_writer *w);
int state_read_head(struct state_reader *r, struct state_head *h, struct error *e);
/* The fields of the section whose head was just read. */
int state_load(struct state_reader *r, const struct state_table *t, void *obj, struct error *e);

/* A section that is a head and then `len` raw bytes the caller writes itself (RAM, hash table). */
void state_save_raw(struct state_writer *w, const char *name, u32 instance);
void state_write(struct state_writer *w, const void *buf, size_t len);
void state_write_u64(struct state_writer *w, u64 v);
int state_read_u64(struct state_reader *r, u64 *v);

/* The first offset of the struct that no field covers or two fields cover; ~0 = R4 holds. */
u32 state_table_check(const struct state_table *t);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of the interpreter: the cells that interp_lower.c makes and interp_run.c runs.
 *
 * A place is a signed number of 8-byte units from the guest state: state slots are positive,
 * temporaries stand before the state. A cell is a handler's address and 64-bit words behind it;
 * their layout is at the handlers in interp_run.c.
 */
#ifndef BACKEND_INTERP_H
#define BACKEND_INTERP_H

#include "backend/backend.h"

enum interp_op {
#define IBIN(name, expr)      ICELL_##name, ICELL_##name##_I,
#define IUN(name, expr)	      ICELL_##name,
#define ILD(name, type, expr) ICELL_##name,
#define IST(name, type, expr) ICELL_##name,
#define IBR(name, expr)	      ICELL_##name, ICELL_##name##_I,
#define ICMP(name, type)      ICELL_##name, ICELL_##name##_I,
#define ICALL(n)	      ICELL_CALL##n,
#define IOP(name)	      ICELL_##name,
#include "backend/interp_op.def"
#undef IBIN
#undef IUN
#undef ILD
#undef IST
#undef IBR
#undef ICMP
#undef ICALL
#undef IOP
	ICELL_COUNT
};

union iword {
	const void *h; /* handler */
	const void *p;
	_Atomic(const union iword *) target;
	u64 u;
	s16 o[4]; /* d a b c */
	struct {
		s16 d, a;
		s32 imm;
	};
	s32 rel[2]; /* branch targets in words from the cell's start */
	u32 w[2];
};

/* w[1] of a memory cell's last word, beside enum ir_mem in w[0]. */
enum { INTERP_MEM_Q = 1 };

struct interp_pending {
	u64 imm;
	s16 slot, place;
	u8 type; /* enum ir_type */
	bool constant;
};

struct interp_exit {
	u64 pc, info;
	u32 code, icount;
	u32 count;
	struct interp_pending *pending;
};

enum {
	INTERP_TEMPS = 1024,  /* 8-byte ones: places -1 down to -INTERP_TEMPS */
	INTERP_QTEMPS = 256,  /* 16-byte ones below those */
	INTERP_PENDINGS = 96, /* of one record */
	INTERP_FRAME = 8 * INTERP_TEMPS + 16 * INTERP_QTEMPS,
	INTERP_WORDS = 1 << 15,
};

struct interp_code {
	struct backend_code base;
	struct interp_exit *exits;
	struct interp_pending *pendings;
	union iword *words;
};

struct lower;
struct backend {
	struct backend_config config;
	const void *const *labels;
	_Atomic(struct lower *) lower; /* scratch that nobody uses now */
};

/* cpu NULL: only return the handlers' addresses, by enum interp_op. */
enum backend_stop interp_run(struct backend *b, struct backend_cpu *cpu, const void *entry,
			     const void *const **labels);

struct lower *interp_lower_create(void);
int interp_lower(struct backend *b, struct lower *l, const struct ir_region *r,
		 const struct backend_unit *unit, struct interp_code **code);
void interp_code_free(struct interp_code *code);

#endif

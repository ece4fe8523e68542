/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Special purpose registers: one row of spr.def each. */
#ifndef ISA_SPR_H
#define ISA_SPR_H

#include "base/types.h"

/* Index of an SPR's storage in cpu_state.spr[]; the number of the instruction is a column. */
enum spr_id {
#define SPR(id, ...) SPR_##id,
#include "isa/spr.def"
#undef SPR
	SPR_ID_COUNT
};

/* How an SPR is read or written; the functions are in cpu/spr.c. */
enum spr_access {
	SPR_ACC_NONE, /* never in this direction */
	SPR_ACC_P,    /* plain: the slot of the storing row */
	SPR_ACC_XER,
	SPR_ACC_DEC,
	SPR_ACC_TB,
	SPR_ACC_TBU,
	SPR_ACC_TBL,
	SPR_ACC_TBU40,
	SPR_ACC_UAMR,
	SPR_ACC_AMR,
	SPR_ACC_IAMR,
	SPR_ACC_UAMOR,
	SPR_ACC_HIGH, /* upper word of the storing row */
	SPR_ACC_CTRL,
	SPR_ACC_DPDES,
	SPR_ACC_SPURR,
	SPR_ACC_PURR,
	SPR_ACC_HDEC,
	SPR_ACC_HMER,
	SPR_ACC_UMMCR0,
	SPR_ACC_UMMCR2,
	SPR_ACC_OR, /* set, clear bits; of the upper word */
	SPR_ACC_ORHIGH,
	SPR_ACC_ANDC,
	SPR_ACC_ANDCHIGH,
	SPR_ACC_IC,
	SPR_ACC_VTB,
	SPR_ACC_CLEAR, /* write one to clear */
	SPR_ACC_TSR,   /* brought up to date when read, write one to clear */
	SPR_ACC_TCR,
	SPR_ACC_EXT, /* asks cpu_ops.spr_read/spr_write */
	/* From here on the write may change the mode word or translation: the region ends. */
	SPR_ACC_FLUSH_R,
	SPR_ACC_PIDR_R,
	SPR_ACC_MODE_R,
	SPR_ACC_LPCR_R,
	SPR_ACC_UMMCR0_R,
	SPR_ACC_PID_R,
	SPR_ACC_DBCR0_R,
	SPR_ACC_MMUCSR0_R,
	SPR_ACC_COUNT
};

/* Rights in one state. */
enum spr_rights { SPR_NO, SPR_RO, SPR_WO, SPR_RW };

struct spr_row {
	const char *name;
	u16 number;
	u16 id;	   /* enum spr_id of this row */
	u16 store; /* enum spr_id of the row that holds the value */
	u8 families;
	u8 user, sup, hyp;	 /* enum spr_rights */
	u8 facility;		 /* enum insn_facility */
	u8 rd, wr;		 /* enum spr_access */
	u16 first_isa, last_isa; /* enum insn_isa_level */
	u64 mask;
};

struct cpu_model;

/* The row of an enum spr_id. */
const struct spr_row *spr_row(unsigned id);
/* The row of SPR number on model, NULL when it has none. */
const struct spr_row *spr_find(const struct cpu_model *model, unsigned number);
/* Bits that exist on model. */
u64 spr_mask(const struct spr_row *row, const struct cpu_model *model);
/* Slot (offset in struct cpu_state) of the value that row's plain access uses. */
u32 spr_slot(const struct spr_row *row);

#endif

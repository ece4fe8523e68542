/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The instruction table: ids, rows, operands. The rows are in insn.def, the operands in opnd.def.
 * Everything here is constant; decoding is in decode.h, printing in disasm.h.
 */
#ifndef ISA_INSN_H
#define ISA_INSN_H

#include "base/types.h"

enum insn_id {
#define INSN(name, ...) INSN_##name,
#include "isa/insn.def"
	INSN_COUNT,
};

/* Levels of the ISA; numeric order is age. */
enum insn_isa_level {
	ISA_PPC = 100, /* PowerPC 1.x, POWER heritage */
	ISA_P1 = ISA_PPC,
	ISA_2_00 = 200,
	ISA_2_01 = 201,
	ISA_2_02 = 202,
	ISA_2_03 = 203,
	ISA_2_04 = 204,
	ISA_2_05 = 205,
	ISA_2_06 = 206,
	ISA_2_07 = 207,
	ISA_3_0 = 300,
	ISA_3_1 = 310,
};

/* Processor families; a set is a bitmask. */
enum insn_family {
	FAM_S64 = 1 << 0,    /* 64-bit Book3S */
	FAM_S32 = 1 << 1,    /* 32-bit Book3S (G3, G4) */
	FAM_440 = 1 << 2,    /* 32-bit Book E as in the 440 */
	FAM_E500V2 = 1 << 3, /* e500v1/v2: SPE */
	FAM_E500MC = 1 << 4, /* e500mc: classic floating point, embedded hypervisor */
	FAM_E5500 = 1 << 5,  /* e5500: 64-bit e500mc */
	FAM_BOOK3S64 = FAM_S64,
	FAM_BOOK3S32 = FAM_S32,

	/* Sets that rows share. */
	FAM_E500HV = FAM_E500MC | FAM_E5500,
	FAM_E500 = FAM_E500V2 | FAM_E500HV,
	FAM_BOOKE = FAM_440 | FAM_E500,
	FAM_BOOK3S = FAM_S64 | FAM_S32,
	FAM_ALL = FAM_BOOK3S | FAM_BOOKE,
	FAM_W64 = FAM_S64 | FAM_E5500,
	FAM_FPU = FAM_BOOK3S | FAM_440 | FAM_E500HV,
	FAM_VMX = FAM_BOOK3S,
	FAM_STRING = FAM_BOOK3S | FAM_440,
	FAM_ISEL = FAM_S64 | FAM_E500,
	FAM_P6 = FAM_W64,
	FAM_MFTB = FAM_ALL,
	FAM_MCRXR = FAM_S32 | FAM_440 | FAM_E500V2 | FAM_E500MC,
	FAM_DCBA = FAM_S32 | FAM_BOOKE,
	FAM_DCBI = FAM_S32 | FAM_BOOKE,
	FAM_ICBT = FAM_S64 | FAM_BOOKE,
	FAM_SYNC = FAM_BOOK3S | FAM_E500HV,
	FAM_MSYNC = FAM_440 | FAM_E500V2,
	FAM_EIEIO = FAM_BOOK3S,
	FAM_RFI = FAM_S32 | FAM_BOOKE,
	FAM_MSG = FAM_S64 | FAM_E500HV,
};

/*
 * What has to be implemented and enabled for an instruction not to trap. VSX_VEC: MSR[VSX] for a
 * VSR below 32, MSR[VEC] above; FP_VEC: MSR[FP] below 32, MSR[VEC] above.
 */
enum insn_facility {
	FAC_NONE,
	FAC_FP,
	FAC_VEC,
	FAC_VSX,
	FAC_FP_VEC,
	FAC_VSX_VEC,
	FAC_DFP,
	FAC_TM,
	FAC_TAR,
	FAC_EBB,
	FAC_BHRB,
	FAC_SCV,
	FAC_SPE,
	/* No row needs these; models have them and registers do. */
	FAC_SPE_FP, /* embedded single/double floats of SPE */
	FAC_MAC,    /* 440 multiply-accumulate */
	FAC_DSCR,
	FAC_PMU,
	FAC_LM, /* copy, paste */
	FAC_MSGP,
	FAC_EXTPID, /* BookE external process ID */
	FAC_COUNT,
};

enum insn_privilege {
	PRIV_USER,
	PRIV_SUPER,
	PRIV_HYPER,
};

enum insn_flag {
	IF_RC = 1 << 0,		  /* bit 31 is Rc: suffix '.' */
	IF_OE = 1 << 1,		  /* bit 21 is OE: suffix 'o' */
	IF_VCRC = 1 << 2,	  /* bit 21 is Rc: suffix '.' */
	IF_RO = 1 << 3,		  /* bit 31 is RO, round to odd: suffix 'o' */
	IF_EX = 1 << 4,		  /* bit 31 is EX, inexact: suffix 'x' */
	IF_LK = 1 << 5,		  /* bit 31 is LK: suffix 'l' */
	IF_AA = 1 << 6,		  /* bit 30 is AA: suffix 'a' */
	IF_LOAD = 1 << 7,	  /* reads storage */
	IF_STORE = 1 << 8,	  /* writes storage */
	IF_BRANCH = 1 << 9,	  /* ends a block */
	IF_TRAP = 1 << 10,	  /* may raise a trap interrupt */
	IF_CA_IN = 1 << 11,	  /* reads XER[CA] */
	IF_CA_OUT = 1 << 12,	  /* writes XER[CA] */
	IF_FPSCR = 1 << 13,	  /* writes FPSCR */
	IF_BARRIER = 1 << 14,	  /* orders storage accesses */
	IF_CSI = 1 << 15,	  /* context synchronising */
	IF_RESERVATION = 1 << 16, /* sets or tests the reservation */
	IF_REMOVED_3_0 = 1 << 17, /* gone (or redefined by another row) in ISA 3.0 */
	IF_FALLBACK = 1 << 18,	  /* yields to a more specific row that matches too */
};

enum insn_opnd_kind {
	OPND_KIND_GPR,
	OPND_KIND_GPR0, /* register 0 means the value 0 */
	OPND_KIND_GPR2, /* even-odd pair */
	OPND_KIND_MEM,	/* displacement and base register */
	OPND_KIND_MEM0,
	OPND_KIND_FPR,
	OPND_KIND_FPR2,
	OPND_KIND_VR,
	OPND_KIND_VSR,
	OPND_KIND_CRF,
	OPND_KIND_CRB,
	OPND_KIND_TARGET,
	OPND_KIND_SIMM,
	OPND_KIND_UIMM,
	OPND_KIND_NB,
};

enum insn_opnd_access {
	OPND_ACCESS_N,
	OPND_ACCESS_R,
	OPND_ACCESS_W,
	OPND_ACCESS_RW,
};

enum insn_opnd_id {
	OPND_NONE,
#define OPND(name, ...) OPND_##name,
#include "isa/opnd.def"
	OPND_COUNT,
};

#define INSN_MAX_OPERANDS 6
#define INSN_MAX_SEGMENTS 3

struct insn_segment {
	u8 first, last;
};

struct insn_opnd {
	const char *name;
	u8 kind;   /* enum insn_opnd_kind */
	u8 access; /* enum insn_opnd_access */
	u8 scale;
	struct insn_segment segment[INSN_MAX_SEGMENTS]; /* unused ones are 0..0 */
};

struct insn_row {
	const char *name;
	const char *mnemonic;
	u64 match, mask;
	u8 operand[INSN_MAX_OPERANDS]; /* enum insn_opnd_id, OPND_NONE at the end */
	u8 privilege;		       /* enum insn_privilege */
	u8 facility;		       /* enum insn_facility */
	u16 families;		       /* FAM_* */
	u16 level;		       /* enum insn_isa_level */
	u32 flags;		       /* IF_* */
};

/* A decoded instruction. */
struct insn {
	u64 word;
	const struct insn_row *row;
	u16 id; /* enum insn_id */
	u8 len; /* bytes */
};

/* What a CPU model implements. Facilities: bit FAC_x for each. */
struct insn_set {
	u32 families;
	u32 isa_level;
	u64 facilities;
};

extern const struct insn_row insn_rows[INSN_COUNT];
extern const struct insn_opnd insn_opnds[OPND_COUNT];

/* The set has this row. */
bool insn_set_has(const struct insn_set *set, const struct insn_row *row);

/* Some word matches both rows, and neither is a fallback of the other. */
bool insn_rows_conflict(const struct insn_row *a, const struct insn_row *b);

/*
 * Looks for two rows of the set that conflict. True if there are such rows, then *a and *b name
 * them.
 */
bool insn_set_conflict(const struct insn_set *set, enum insn_id *a, enum insn_id *b);

/* Bits of the word that the operand's fields occupy, and its value (sign extended, scaled). */
u32 insn_opnd_bits(const struct insn_opnd *opnd);
s64 insn_opnd_value(const struct insn_opnd *opnd, u64 word);

/* Bits that the instruction defines neither as opcode nor as a field. */
u32 insn_row_reserved(const struct insn_row *row);

/* No reserved bit is set and register pairs are even: the form that assemblers produce. */
bool insn_is_strict(const struct insn *insn);

#endif

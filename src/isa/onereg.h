/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Registers as the engine interface names them: ids, sizes and meanings are those of KVM's one_reg
 * (Linux arch/powerpc/include/uapi/asm/kvm.h, KVM_REG_PPC_*). What KVM moves in struct kvm_regs
 * and kvm_sregs instead (GPRs, SPRGs, SLB …) has ids of ours behind ONEREG_OWN.
 *
 * onereg.def has the rows; SPRs beyond them are ONEREG_SPR(number), whose value is the plain
 * storage of that SPR.
 */
#ifndef ISA_ONEREG_H
#define ISA_ONEREG_H

#include "base/types.h"

#define ONEREG_PPC	 0x1000000000000000ull
#define ONEREG_SIZE_MASK 0x00f0000000000000ull
#define ONEREG_SIZE_U32	 0x0020000000000000ull
#define ONEREG_SIZE_U64	 0x0030000000000000ull
#define ONEREG_SIZE_U128 0x0040000000000000ull
#define ONEREG_BYTES(id) (1u << (((id)&ONEREG_SIZE_MASK) >> 52))

#define ONEREG_OWN    (ONEREG_PPC | 0x40000000)
#define ONEREG_SPR(n) (ONEREG_OWN | ONEREG_SIZE_U64 | 0x10000 | (n))

/* How a value is reached in struct cpu_state. */
enum onereg_kind {
	ONEREG_SLOT,   /* a u64 at .offset */
	ONEREG_QUAD,   /* a union vreg at .offset; the u128's most significant half is element 0 */
	ONEREG_VSRLOW, /* doubleword 1 of the VSR at .offset, KVM_REG_PPC_VSR: in the upper half */
	ONEREG_CR,
	ONEREG_XER,
	ONEREG_VSCR,
	ONEREG_TLB,   /* words of a software-loaded TLB entry */
	ONEREG_TLBID, /* its pid << 32 | valid */
	ONEREG_PSPR,  /* spr[.offset], an SPR that has an id of KVM's */
};

enum onereg_flag {
	ONEREG_ALIAS = 1 << 0, /* another row holds the same state: not saved */
};

struct onereg_row {
	const char *name;
	u64 id; /* of element 0 */
	u32 count;
	u32 offset, stride; /* in struct cpu_state */
	u16 families;
	u8 kind;  /* enum onereg_kind */
	u8 flags; /* enum onereg_flag */
	s16 gdb;  /* gdb's number of element 0 (org.gnu.gdb.power.*), -1: none */
};

const struct onereg_row *onereg_at(unsigned i); /* NULL past the end */
/* The row of an id, and which element it is; NULL: none. */
const struct onereg_row *onereg_find(u64 id, u32 *element);

struct cpu_model;
/* Walk everything that has to be saved of a processor: ids in a stable order. NULL name ends.
 * cursor starts at 0. */
struct onereg_saved {
	const char *name;
	u32 element;
	u64 id;
};
bool onereg_next_saved(const struct cpu_model *model, u64 *cursor, struct onereg_saved *reg);
/* The id that onereg_next_saved() gave for a name; 0: none. */
u64 onereg_saved_id(const struct cpu_model *model, const char *name, u32 element);

enum onereg_id_base {
#define ONEREG(ID, ...) ONEREG_ROW_##ID,
#include "isa/onereg.def"
#undef ONEREG
	ONEREG_ROWS
};

/* Ids that code names. */
#define ONEREG_GPR(n)	   (ONEREG_OWN | ONEREG_SIZE_U64 | (0x100 + (n)))
#define ONEREG_TLB(n)	   (ONEREG_OWN | ONEREG_SIZE_U128 | (0x1000 + (n)))
#define ONEREG_TLBID(n)	   (ONEREG_OWN | ONEREG_SIZE_U64 | (0x2000 + (n)))
#define ONEREG_PC	   (ONEREG_OWN | ONEREG_SIZE_U64 | 0x000)
#define ONEREG_MSR	   (ONEREG_OWN | ONEREG_SIZE_U64 | 0x001)
#define ONEREG_LR	   (ONEREG_OWN | ONEREG_SIZE_U64 | 0x002)
#define ONEREG_CTR	   (ONEREG_OWN | ONEREG_SIZE_U64 | 0x003)
#define ONEREG_XER_ID	   (ONEREG_OWN | ONEREG_SIZE_U64 | 0x004)
#define ONEREG_CR_ID	   (ONEREG_OWN | ONEREG_SIZE_U64 | 0x005)
#define ONEREG_ICOUNT	   (ONEREG_OWN | ONEREG_SIZE_U64 | 0x006)
#define ONEREG_LPCR	   (ONEREG_PPC | ONEREG_SIZE_U64 | 0xb5)
#define ONEREG_TB_OFFSET   (ONEREG_PPC | ONEREG_SIZE_U64 | 0x9c)
#define ONEREG_DEC_EXPIRY  (ONEREG_PPC | ONEREG_SIZE_U64 | 0xbe)
#define ONEREG_DABR	   (ONEREG_PPC | ONEREG_SIZE_U64 | 0x8)
#define ONEREG_DABRX	   (ONEREG_PPC | ONEREG_SIZE_U32 | 0xb8)
#define ONEREG_DAWR	   (ONEREG_PPC | ONEREG_SIZE_U64 | 0xaa)
#define ONEREG_DAWRX	   (ONEREG_PPC | ONEREG_SIZE_U64 | 0xab)
#define ONEREG_CIABR	   (ONEREG_PPC | ONEREG_SIZE_U64 | 0xac)
#define ONEREG_VPA_ADDR	   (ONEREG_PPC | ONEREG_SIZE_U64 | 0x82)
#define ONEREG_VPA_SLB	   (ONEREG_PPC | ONEREG_SIZE_U128 | 0x83)
#define ONEREG_VPA_DTL	   (ONEREG_PPC | ONEREG_SIZE_U128 | 0x84)
#define ONEREG_ICP_STATE   (ONEREG_PPC | ONEREG_SIZE_U64 | 0x8c)
#define ONEREG_VP_STATE	   (ONEREG_PPC | ONEREG_SIZE_U128 | 0x8d)
#define ONEREG_ARCH_COMPAT (ONEREG_PPC | ONEREG_SIZE_U32 | 0xb7)
#define ONEREG_ONLINE	   (ONEREG_PPC | ONEREG_SIZE_U32 | 0xbf)

#endif

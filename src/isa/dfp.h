/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The control word of the decimal floating-point helpers dfp and dfp_test: what to do, on which
 * format, and the immediate field of the instruction. */
#ifndef ISA_DFP_H
#define ISA_DFP_H

enum dfp_op {
	/* dfp: a result */
	DFP_ADD,
	DFP_SUB,
	DFP_MUL,
	DFP_DIV,
	DFP_QUAI,  /* immediate: RMC | TE << 2 */
	DFP_QUA,   /* RMC */
	DFP_RRND,  /* RMC */
	DFP_RINTX, /* RMC | R << 2 */
	DFP_RINTN, /* RMC | R << 2 */
	DFP_CTDP,
	DFP_CTQPQ,
	DFP_RSP,
	DFP_RDPQ,
	DFP_CFFIX,
	DFP_CTFIX,
	DFP_DEDPD, /* SP */
	DFP_ENBCD, /* S */
	DFP_XEX,
	DFP_IEX,
	DFP_SCLI, /* SH */
	DFP_SCRI, /* SH */
	DFP_RESULTS,

	/* dfp_test: a CR field */
	DFP_CMPU = DFP_RESULTS,
	DFP_CMPO,
	DFP_TSTDC, /* DCM */
	DFP_TSTDG, /* DGM */
	DFP_TSTEX,
	DFP_TSTSF,
	DFP_TSTSFI, /* UIM */
	DFP_OPS,
};

enum {
	DFP_OP = 0xff,
	DFP_IMM_SHIFT = 8,
	DFP_IMM = 0xff,
	DFP_QUAD = 1 << 16, /* the operands are extended, else long */
};

#endif

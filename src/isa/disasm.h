/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The disassembler: text from the instruction table. */
#ifndef ISA_DISASM_H
#define ISA_DISASM_H

#include "isa/insn.h"

/* Enough for any instruction. */
#define DISASM_MAX 96

/*
 * Writes the instruction at pc as "mnemonic operands" without extended mnemonics (as objdump's
 * "raw" option), always terminated when size > 0. Returns the length of the whole text, as
 * snprintf does.
 */
size_t insn_disasm(const struct insn *insn, u64 pc, char *buf, size_t size);

/* The mnemonic alone, with the suffixes that the word has. */
size_t insn_mnemonic(const struct insn *insn, char *buf, size_t size);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Software-loaded TLBs: what the TLB instructions do. The TLB itself is cpu_state.tlb. */
#ifndef MMU_TLB_H
#define MMU_TLB_H

#include "base/types.h"

struct cpu_state;

/* 440: entry is taken modulo 64; ws 0..2. */
void tlb_4xx_write(struct cpu_state *s, u32 entry, u32 ws, u32 value);
u32 tlb_4xx_read(struct cpu_state *s, u32 entry, u32 ws);
/* The entry that ea hits under MMUCR's STID and STS, or -1. */
int tlb_4xx_search(const struct cpu_state *s, u64 ea);

/* e500: operands are the MAS registers. */
void tlb_e500_write(struct cpu_state *s);
void tlb_e500_read(struct cpu_state *s);
void tlb_e500_search(struct cpu_state *s, u64 ea);
void tlb_e500_invalidate(struct cpu_state *s, u64 ea);
/* tlbilx: type 0 all of PID, 1 the PID given by MAS6 … as T says, 3 the page. */
void tlb_e500_invalidate_local(struct cpu_state *s, u32 t, u64 ea);
/* MMUCSR0's flash invalidate bits. */
void tlb_e500_flash(struct cpu_state *s, u64 mmucsr0);

#endif

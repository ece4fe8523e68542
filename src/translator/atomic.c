// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reservations (Power ISA Book II 1.7.2): larx notes where the storage is (its host address stands
 * for the real one), the size and the bytes it loaded; stcx. stores by compare and exchange with
 * those bytes. backend_cpu holds the reservation, so that translated code does both inline; here is
 * what misses the first-level TLB. It is not part of the saved state: a reservation may be lost at
 * any time. Departure: a store of the same value in between (ABA) does not clear the reservation,
 * as no code can tell but code that counts on losing it.
 */
#include "base/endian.h"
#include "isa/event.h"
#include "isa/sprbits.h"
#include "translator/internal.h"

static u128 swap_to(u128 v, u32 size_log2, bool be)
{
	u64 hi = (u64)(v >> 64), lo = (u64)v;

	if (be == HOST_BIG_ENDIAN || !size_log2)
		return v;
	if (size_log2 == 4)
		return (u128)bswap64(lo) << 64 | bswap64(hi);
	return bswap64(lo) >> (64 - (8u << size_log2));
}

static u64 ea_of(const struct translator_cpu *cpu, u64 ea)
{
	return cpu->mode & MODE_SF ? ea : (u32)ea;
}

/* Where a reservation access goes; or the code of the interrupt that it raises. */
static u32 find(struct translator_cpu *cpu, u64 ea, u32 mem, u32 access, struct data_page *page)
{
	u32 size = 1u << (mem & IR_MEM_SIZE);
	u32 code;

	if (ea & (size - 1))
		return memory_raise(cpu, CPU_EXC_ALIGN, ea,
				    (access & MMU_KIND) == MMU_STORE ? DSISR_ISSTORE : 0);
	code = tlb_data(cpu, ea, access, page);
	if (!code)
		code = memory_watch(cpu, ea, size, (access & MMU_KIND) == MMU_STORE);
	if (code)
		return code;
	/* Storage without memory coherence: data storage interrupt, DSISR bit 37. */
	if (!page->host)
		return memory_raise(cpu, CPU_EXC_DSI, ea, 1ull << 26);
	return 0;
}

u32 memory_larx(struct backend_cpu *be, u64 ea, u32 mem, u128 *value)
{
	struct translator_cpu *cpu = cpu_of(be);
	struct data_page page;
	u128 raw;
	u32 code;

	ea = ea_of(cpu, ea);
	code = find(cpu, ea, mem, MMU_LOAD, &page);
	if (code)
		return code;
	switch (mem & IR_MEM_SIZE) {
	case 0:
		raw = __atomic_load_n(page.host, __ATOMIC_RELAXED);
		break;
	case 1:
		raw = __atomic_load_n((u16 *)page.host, __ATOMIC_RELAXED);
		break;
	case 2:
		raw = __atomic_load_n((u32 *)page.host, __ATOMIC_RELAXED);
		break;
	case 3:
		raw = __atomic_load_n((u64 *)page.host, __ATOMIC_RELAXED);
		break;
	default:
		raw = os_load16(page.host);
		break;
	}
	be->res_host = (uintptr_t)page.host;
	be->res_size = 1u << (mem & IR_MEM_SIZE);
	be->res_value = raw;
	*value = swap_to(raw, mem & IR_MEM_SIZE, !!(mem & IR_MEM_BE) != !!(page.attr & MMU_LE));
	return 0;
}

#define EXCHANGE(type)                                                                             \
	({                                                                                         \
		type expected = (type)be->res_value;                                               \
		__atomic_compare_exchange_n((type *)page.host, &expected, (type)raw, false,        \
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);                   \
	})

u32 memory_stcx(struct backend_cpu *be, u64 ea, u32 mem, u128 value, u64 *stored)
{
	struct translator_cpu *cpu = cpu_of(be);
	struct data_page page;
	u128 raw, old;
	u32 code;
	bool ok;

	ea = ea_of(cpu, ea);
	code = find(cpu, ea, mem, MMU_STORE, &page);
	if (code)
		return code;
	*stored = 0;
	ok = be->res_host == (uintptr_t)page.host && be->res_size == 1u << (mem & IR_MEM_SIZE);
	be->res_host = 0;
	if (!ok)
		return 0;
	raw = swap_to(value, mem & IR_MEM_SIZE, !!(mem & IR_MEM_BE) != !!(page.attr & MMU_LE));
	switch (mem & IR_MEM_SIZE) {
	case 0:
		ok = EXCHANGE(u8);
		break;
	case 1:
		ok = EXCHANGE(u16);
		break;
	case 2:
		ok = EXCHANGE(u32);
		break;
	case 3:
		ok = EXCHANGE(u64);
		break;
	default:
		old = be->res_value;
		ok = os_cmpxchg16(page.host, &old, raw);
		break;
	}
	if (ok)
		memory_stored(cpu, &page, 1u << (mem & IR_MEM_SIZE));
	*stored = ok;
	return 0;
}

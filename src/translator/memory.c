// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Guest memory behind the first-level TLB: refills, accesses that cross a page, MMIO, stores to
 * pages with translated code, dcbz, and the accessors of helpers.
 *
 * MMIO is KVM-shaped: the access is described (struct translator_mmio), the instruction is left
 * through its exit record, and executed again alone once the data is there. An instruction may
 * make several such accesses; those completed before are replayed in order (steps).
 */
#include "base/endian.h"
#include "base/string.h"
#include "isa/model.h"
#include "isa/sprbits.h"
#include "translator/internal.h"

u32 memory_raise(struct translator_cpu *cpu, u32 code, u64 ea, u64 dsisr)
{
	cpu->s->event = (struct cpu_event){.code = code, .ea = ea, .dsisr = dsisr};
	return code;
}

/* Nobody answers at a real address: a machine check that names the access. SRR1[42] says load or
 * store; DSISR as POWER9 (bad real address) and POWER8 (uncorrectable error) set it; for BookE it
 * tells a store. */
static u32 raise_absent(struct translator_cpu *cpu, u64 ea, bool write)
{
	u64 dsisr = cpu->model->isa >= ISA_3_0 ? 0x40 : 0x8000;

	cpu->s->event = (struct cpu_event){
		.code = CPU_EXC_MCHECK,
		.info = PPC_BIT(42),
		.ea = ea,
		.dsisr = cpu->model->families & FAM_BOOKE ? (write ? DSISR_ISSTORE : 0) : dsisr,
	};
	return CPU_EXC_MCHECK;
}

static bool big_endian(const struct data_page *page, u32 mem)
{
	return !!(mem & IR_MEM_BE) != !!(page->attr & MMU_LE);
}

static u128 swap128(u128 v)
{
	return (u128)bswap64((u64)v) << 64 | bswap64((u64)(v >> 64));
}

/* Between the bytes in memory order, read as a host integer, and the value. */
static u128 swap_value(u128 v, u32 size_log2, bool be)
{
	if (be == HOST_BIG_ENDIAN)
		return v;
	switch (size_log2) {
	case 0:
		return v;
	case 1:
		return bswap16((u16)v);
	case 2:
		return bswap32((u32)v);
	case 3:
		return bswap64((u64)v);
	default:
		return swap128(v);
	}
}

static u128 extend(u128 v, u32 mem)
{
	if (mem & IR_MEM_SIGN && (mem & IR_MEM_SIZE) < 3) {
		unsigned up = 64 - (8u << (mem & IR_MEM_SIZE));

		return (u64)((s64)((u64)v << up) >> up);
	}
	return v;
}

__attribute__((no_sanitize("alignment"))) static u128 load_host(const u8 *p, u32 mem)
{
	u128 v;

	switch (mem & IR_MEM_SIZE) {
	case 0:
		return __atomic_load_n(p, __ATOMIC_RELAXED);
	case 1:
		return __atomic_load_n((const u16 *)p, __ATOMIC_RELAXED);
	case 2:
		return __atomic_load_n((const u32 *)p, __ATOMIC_RELAXED);
	case 3:
		return __atomic_load_n((const u64 *)p, __ATOMIC_RELAXED);
	default:
		if ((mem & IR_MEM_ALIGN) && !((uintptr_t)p & 15))
			return os_load16(p);
		((u64 *)&v)[0] = __atomic_load_n((const u64 *)p, __ATOMIC_RELAXED);
		((u64 *)&v)[1] = __atomic_load_n((const u64 *)p + 1, __ATOMIC_RELAXED);
		return v;
	}
}

__attribute__((no_sanitize("alignment"))) static void store_host(u8 *p, u32 mem, u128 v)
{
	switch (mem & IR_MEM_SIZE) {
	case 0:
		__atomic_store_n(p, (u8)v, __ATOMIC_RELAXED);
		break;
	case 1:
		__atomic_store_n((u16 *)p, (u16)v, __ATOMIC_RELAXED);
		break;
	case 2:
		__atomic_store_n((u32 *)p, (u32)v, __ATOMIC_RELAXED);
		break;
	case 3:
		__atomic_store_n((u64 *)p, (u64)v, __ATOMIC_RELAXED);
		break;
	default:
		if ((mem & IR_MEM_ALIGN) && !((uintptr_t)p & 15)) {
			os_store16(p, v);
			break;
		}
		__atomic_store_n((u64 *)p, ((u64 *)&v)[0], __ATOMIC_RELAXED);
		__atomic_store_n((u64 *)p + 1, ((u64 *)&v)[1], __ATOMIC_RELAXED);
		break;
	}
}

void memory_stored(struct translator_cpu *cpu, const struct data_page *page, u32 len)
{
	struct translator *t = cpu->t;

	if (!page->code)
		return;
	cpu->stats.code_stores += cache_stored(t, page->ra, len);
	t->config.host->dirty(t->config.host->opaque, page->ra, len);
}

/* --- MMIO --- */
/* The data of an access that was completed before, when the instruction runs again. */
static bool replay(struct translator_cpu *cpu, const struct translator_mmio *want, u8 *data,
		   bool *failed)
{
	const struct translator_mmio *m;

	if (!cpu->single || cpu->mmio_at >= cpu->mmio_done)
		return false;
	m = &cpu->step[cpu->mmio_at++].access;
	if (m->ra != want->ra || m->len != want->len || m->write != want->write ||
	    m->dcr != want->dcr) {
		/* The guest changed the translation under its own instruction: start over. */
		cpu->mmio_done = --cpu->mmio_at;
		return false;
	}
	*failed = m->failed;
	if (!m->write)
		memcpy(data, m->data, m->len);
	return true;
}

/* Leave for the access; false: the instruction makes too many. */
static bool ask(struct translator_cpu *cpu, u64 ea, const struct translator_mmio *access,
		const u8 *data)
{
	struct translator_mmio *m = &cpu->step[cpu->mmio_done].access;

	if (cpu->mmio_done == MMIO_STEPS)
		return false;
	*m = *access;
	if (m->write)
		memcpy(m->data, data, m->len);
	cpu->mmio_wait = true;
	cpu->s->event = (struct cpu_event){.code = CPU_EXIT_MMIO, .ea = ea};
	return true;
}

static u32 mmio(struct translator_cpu *cpu, u64 ea, u64 ra, u8 *data, u32 len, bool write)
{
	const struct translator_mmio access = {.ra = ra, .len = len, .write = write};
	const struct translator_host *h = cpu->t->config.host;
	bool failed;

	cpu->stats.mmio++;
	if (replay(cpu, &access, data, &failed))
		return failed ? raise_absent(cpu, ea, write) : 0;
	if (h->mmio(h->opaque, cpu->index, ra, data, len, write))
		return 0;
	return ask(cpu, ea, &access, data) ? CPU_EXIT_MMIO : raise_absent(cpu, ea, write);
}

bool memory_dcr(struct translator_cpu *cpu, u32 dcrn, u64 *value, bool write)
{
	const struct translator_mmio access = {.ra = dcrn, .len = 4, .write = write, .dcr = true};
	const struct translator_host *h = cpu->t->config.host;
	u8 data[4];
	bool failed;

	st_be32(data, (u32)*value);
	if (replay(cpu, &access, data, &failed)) {
		*value = ld_be32(data);
		return !failed;
	}
	return h->dcr(h->opaque, cpu->index, dcrn, value, write) || ask(cpu, 0, &access, data);
}

static u32 mmio_load(struct translator_cpu *cpu, u64 ea, u32 mem, const struct data_page *page,
		     u128 *value)
{
	u128 raw = 0;
	u32 code = mmio(cpu, ea, page->ra, (u8 *)&raw, 1u << (mem & IR_MEM_SIZE), false);

	if (HOST_BIG_ENDIAN)
		raw >>= 128 - (8u << (mem & IR_MEM_SIZE));
	*value = extend(swap_value(raw, mem & IR_MEM_SIZE, big_endian(page, mem)), mem);
	return code;
}

static u32 mmio_store(struct translator_cpu *cpu, u64 ea, u32 mem, const struct data_page *page,
		      u128 value)
{
	u128 raw = swap_value(value, mem & IR_MEM_SIZE, big_endian(page, mem));

	if (HOST_BIG_ENDIAN)
		raw <<= 128 - (8u << (mem & IR_MEM_SIZE));
	return mmio(cpu, ea, page->ra, (u8 *)&raw, 1u << (mem & IR_MEM_SIZE), true);
}

/* --- accesses --- */
static u64 wrap(const struct translator_cpu *cpu, u64 ea)
{
	return cpu->mode & MODE_SF ? ea : (u32)ea;
}

static u32 access_kind(u32 mem, u32 kind)
{
	return kind | (mem & IR_MEM_AS1 ? MMU_EXTPID : 0);
}

/* The data address watchpoint; a code when it matches. Watched pages always come here. */
u32 memory_watch(struct translator_cpu *cpu, u64 ea, u32 size, bool store)
{
	if (likely(!cpu->watch_key) || !cpu_watch_match(cpu->s, ea, size, store))
		return 0;
	return memory_raise(cpu, CPU_EXC_DSI, ea, DSISR_DAWR | (store ? DSISR_ISSTORE : 0));
}

/* Bytes of an access that crosses a page; both pages are translated before anything happens. */
static u32 split_pages(struct translator_cpu *cpu, u64 ea, u32 access, u32 size,
		       struct data_page page[2], u32 *first)
{
	u32 code;

	*first = (u32)((1 << TLB_PAGE_BITS) - (ea & ~TLB_PAGE_MASK));
	if (*first > size)
		*first = size;
	code = tlb_data(cpu, ea, access, &page[0]);
	if (!code && *first < size)
		code = tlb_data(cpu, wrap(cpu, ea + *first), access, &page[1]);
	if (!code)
		code = memory_watch(cpu, ea, size, (access & MMU_KIND) == MMU_STORE);
	return code;
}

static u32 copy_in(struct translator_cpu *cpu, u64 ea, u32 access, u8 *buf, u32 size)
{
	struct data_page page[2];
	u32 first, k, code = split_pages(cpu, ea, access, size, page, &first);

	for (k = 0; k < size && !code; k++) {
		const struct data_page *p = &page[k >= first];
		u32 off = k >= first ? k - first : k;

		if (p->host)
			buf[k] = __atomic_load_n(p->host + off, __ATOMIC_RELAXED);
		else
			code = mmio(cpu, ea + k, p->ra + off, &buf[k], 1, false);
	}
	return code;
}

static u32 copy_out(struct translator_cpu *cpu, u64 ea, u32 access, const u8 *buf, u32 size)
{
	struct data_page page[2];
	u32 first, k, code = split_pages(cpu, ea, access, size, page, &first);

	for (k = 0; k < size && !code; k++) {
		const struct data_page *p = &page[k >= first];
		u32 off = k >= first ? k - first : k;
		u8 byte = buf[k];

		if (p->host)
			__atomic_store_n(p->host + off, byte, __ATOMIC_RELAXED);
		else
			code = mmio(cpu, ea + k, p->ra + off, &byte, 1, true);
	}
	if (code)
		return code;
	if (page[0].host)
		memory_stored(cpu, &page[0], first);
	if (first < size && page[1].host)
		memory_stored(cpu, &page[1], size - first);
	return 0;
}

static bool crosses(u64 ea, u32 size)
{
	return (ea ^ (ea + size - 1)) & TLB_PAGE_MASK;
}

static u32 load(struct backend_cpu *be, u64 ea, u32 mem, u128 *value)
{
	struct translator_cpu *cpu = cpu_of(be);
	u32 size = 1u << (mem & IR_MEM_SIZE), code;
	struct data_page page;

	cpu->stats.slow_loads++;
	ea = wrap(cpu, ea);
	if ((mem & IR_MEM_ALIGN) && (ea & (size - 1)))
		return memory_raise(cpu, CPU_EXC_ALIGN, ea, 0);
	if (unlikely(crosses(ea, size))) {
		u128 raw = 0;

		code = copy_in(cpu, ea, access_kind(mem, MMU_LOAD), (u8 *)&raw, size);
		if (HOST_BIG_ENDIAN)
			raw >>= 128 - 8 * size;
		*value = extend(swap_value(raw, mem & IR_MEM_SIZE, mem & IR_MEM_BE), mem);
		return code;
	}
	code = tlb_data(cpu, ea, access_kind(mem, MMU_LOAD), &page);
	if (!code)
		code = memory_watch(cpu, ea, size, false);
	if (code)
		return code;
	if (unlikely(!page.host))
		return mmio_load(cpu, ea, mem, &page, value);
	*value = extend(
		swap_value(load_host(page.host, mem), mem & IR_MEM_SIZE, big_endian(&page, mem)),
		mem);
	return 0;
}

static u32 store(struct backend_cpu *be, u64 ea, u32 mem, u128 value)
{
	struct translator_cpu *cpu = cpu_of(be);
	u32 size = 1u << (mem & IR_MEM_SIZE), code;
	struct data_page page;

	cpu->stats.slow_stores++;
	ea = wrap(cpu, ea);
	if ((mem & IR_MEM_ALIGN) && (ea & (size - 1)))
		return memory_raise(cpu, CPU_EXC_ALIGN, ea, 1ull << 25);
	if (unlikely(crosses(ea, size))) {
		u128 raw = swap_value(value, mem & IR_MEM_SIZE, mem & IR_MEM_BE);

		if (HOST_BIG_ENDIAN)
			raw <<= 128 - 8 * size;
		return copy_out(cpu, ea, access_kind(mem, MMU_STORE), (u8 *)&raw, size);
	}
	code = tlb_data(cpu, ea, access_kind(mem, MMU_STORE), &page);
	if (!code)
		code = memory_watch(cpu, ea, size, true);
	if (code)
		return code;
	if (unlikely(!page.host))
		return mmio_store(cpu, ea, mem, &page, value);
	store_host(page.host, mem, swap_value(value, mem & IR_MEM_SIZE, big_endian(&page, mem)));
	memory_stored(cpu, &page, size);
	return 0;
}

static u32 dcbz(struct backend_cpu *be, u64 ea, u32 block)
{
	struct translator_cpu *cpu = cpu_of(be);
	struct data_page page;
	u32 code, k;

	ea = wrap(cpu, ea) & ~(u64)(block - 1);
	code = tlb_data(cpu, ea, MMU_STORE, &page);
	if (!code)
		code = memory_watch(cpu, ea, block, true);
	if (code)
		return code;
	if (!page.host || (page.attr & MMU_INHIBITED))
		return memory_raise(cpu, CPU_EXC_ALIGN, ea, 1ull << 25);
	for (k = 0; k < block; k += 8)
		__atomic_store_n((u64 *)(page.host + k), 0, __ATOMIC_RELAXED);
	memory_stored(cpu, &page, block);
	return 0;
}

/* A processor that synchronises has seen what others asked of it: its own stores to code that they
 * translated meanwhile. */
static void fence(struct backend_cpu *be, enum ir_fence kind)
{
	struct translator_cpu *cpu = cpu_of(be);

	if (kind != IR_FENCE_SYNC && kind != IR_FENCE_ISYNC)
		return;
	tlb_process_queue(cpu);
}

const struct backend_mem_ops memory_ops = {
	.load = load,
	.store = store,
	.larx = memory_larx,
	.stcx = memory_stcx,
	.dcbz = dcbz,
	.fence = fence,
};

/* --- for helpers (cpu/mem.h) --- */
/* An access of a helper may span pages; none is written before all of them are known good. */
bool memory_read(struct cpu_state *s, u64 ea, void *buf, u32 len)
{
	struct translator_cpu *cpu = cpu_of_state(s);
	u8 *at = buf;

	while (len) {
		u32 n = len < 16 ? len : 16;

		if (copy_in(cpu, wrap(cpu, ea), MMU_LOAD, at, n))
			return false;
		at += n;
		ea += n;
		len -= n;
	}
	return true;
}

bool memory_write(struct cpu_state *s, u64 ea, const void *buf, u32 len)
{
	struct translator_cpu *cpu = cpu_of_state(s);
	const u8 *at = buf;
	struct data_page page;
	u64 last = (ea + len - 1) & TLB_PAGE_MASK; /* the page's first byte is what DAR wants */

	if (len && (tlb_data(cpu, wrap(cpu, ea), MMU_STORE, &page) ||
		    (last > ea && tlb_data(cpu, wrap(cpu, last), MMU_STORE, &page))))
		return false;
	while (len) {
		u32 n = len < 16 ? len : 16;

		if (copy_out(cpu, wrap(cpu, ea), MMU_STORE, at, n))
			return false;
		at += n;
		ea += n;
		len -= n;
	}
	return true;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A translator over plain memory at real address 0, for tests that run a few guest words. */
#ifndef TEST_TRANSLATOR_HARNESS_H
#define TEST_TRANSLATOR_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../backend.h"
#include "base/endian.h"
#include "cpu/cpu.h"
#include "isa/msr.h"
#include "os/os.h"
#include "translator/translator.h"

enum { RAM_SIZE = 1 << 20, MMIO_BASE = 0x10000000 };

struct harness {
	struct os_ram ram;
	struct translator_host host;
	struct translator *t;
	struct translator_cpu *cpu[2];
	struct cpu_state *s[2];
	_Atomic u32 dirty;
};

static bool h_ram(void *opaque, u64 ra, struct translator_ram *ram)
{
	struct harness *h = opaque;

	if (ra >= RAM_SIZE)
		return false;
	*ram = (struct translator_ram){
		.host = (u8 *)h->ram.base + ra, .len = RAM_SIZE - ra, .writable = true};
	return true;
}

static void h_dirty(void *opaque, u64 ra, u64 len)
{
	struct harness *h = opaque;

	(void)ra;
	atomic_fetch_add(&h->dirty, 1);
}

static bool h_mmio(void *opaque, u32 cpu, u64 ra, u8 *data, u32 len, bool write)
{
	return false;
}

static u64 h_clock(void *opaque)
{
	return os_clock_ns() / 2;
}

static u64 h_clock_to_host(void *opaque, u64 ticks)
{
	return ticks * 2;
}

static void h_random(void *opaque, void *buf, size_t len)
{
	os_random(buf, len);
}

static enum translator_hcall h_hcall(void *opaque, u32 cpu, struct cpu_state *s)
{
	return TRANSLATOR_HCALL_EXIT;
}

static void h_idle(void *opaque, u32 cpu, struct cpu_state *s, bool asleep)
{
}

static void h_doorbell(void *opaque, u32 cpu, enum cpu_doorbell kind, u64 operand)
{
}

static bool h_reg(void *opaque, u32 cpu, u32 n, u64 *value, bool write)
{
	return false;
}

static inline void harness_begin_model(struct harness *h, u32 cpus, struct translator_config config,
				       const char *model)
{
	u32 k;

	memset(h, 0, sizeof(*h));
	assert_int_equal(os_ram_map(&h->ram, RAM_SIZE, "test"), 0);
	h->host = (struct translator_host){
		.ram = h_ram,
		.dirty = h_dirty,
		.mmio = h_mmio,
		.clock = h_clock,
		.clock_to_host = h_clock_to_host,
		.random = h_random,
		.hcall = h_hcall,
		.idle = h_idle,
		.doorbell = h_doorbell,
		.dcr = h_reg,
		.spr = h_reg,
		.opaque = h,
	};
	config.host = &h->host;
	if (!config.backend)
		config.backend = test_backend();
	config.verify = true;
	config.count = true;
	if (!config.tier2_after)
		config.tier2_after = test_tier2_after();
	assert_int_equal(translator_create(&config, &h->t), 0);
	translator_mmu_env(h->t)->rma_size = 1ull << 32;
	for (k = 0; k < cpus; k++) {
		assert_int_equal(translator_cpu_create(h->t, k, cpu_model_find(model), &h->cpu[k]),
				 0);
		h->s[k] = translator_cpu_state(h->cpu[k]);
		/* A guest of PAPR: no hypervisor state; big-endian unless told. */
		if (h->s[k]->model->is64)
			h->s[k]->msr = MSR_SF;
		h->s[k]->pc = 0x1000;
	}
}

static inline void harness_begin(struct harness *h, u32 cpus, struct translator_config config)
{
	harness_begin_model(h, cpus, config, "power9");
}

static inline void harness_end(struct harness *h)
{
	u32 k;

	for (k = 0; k < 2; k++)
		translator_cpu_destroy(h->cpu[k]);
	translator_destroy(h->t);
	os_ram_unmap(&h->ram);
}

/* Guest code is big-endian in these tests. */
static inline void poke(struct harness *h, u64 ra, const u32 *words, u32 count)
{
	u32 k;

	for (k = 0; k < count; k++)
		__atomic_store_n((u32 *)((u8 *)h->ram.base + ra + 4 * k),
				 HOST_BIG_ENDIAN ? words[k] : bswap32(words[k]), __ATOMIC_RELAXED);
	translator_memory_written(h->t, ra, 4 * count);
}

#define POKE(h, ra, ...)                                                                           \
	do {                                                                                       \
		static const u32 words_[] = {__VA_ARGS__};                                         \
		poke(h, ra, words_, ARRAY_SIZE(words_));                                           \
	} while (0)

/* Instructions. */
#define ADDI(rt, ra, si)  (14u << 26 | (rt) << 21 | (ra) << 16 | ((si)&0xffff))
#define ADDIS(rt, ra, si) (15u << 26 | (rt) << 21 | (ra) << 16 | ((si)&0xffff))
#define ANDI(ra, rs, ui)  (28u << 26 | (rs) << 21 | (ra) << 16 | ((ui)&0xffff))
#define ORI(ra, rs, ui)	  (24u << 26 | (rs) << 21 | (ra) << 16 | ((ui)&0xffff))
#define ADD(rt, ra, rb)	  (31u << 26 | (rt) << 21 | (ra) << 16 | (rb) << 11 | 266 << 1)
#define LWZ(rt, d, ra)	  (32u << 26 | (rt) << 21 | (ra) << 16 | ((d)&0xffff))
#define STW(rs, d, ra)	  (36u << 26 | (rs) << 21 | (ra) << 16 | ((d)&0xffff))
#define LHZ(rt, d, ra)	  (40u << 26 | (rt) << 21 | (ra) << 16 | ((d)&0xffff))
#define LD(rt, d, ra)	  (58u << 26 | (rt) << 21 | (ra) << 16 | ((d)&0xfffc))
#define STD(rs, d, ra)	  (62u << 26 | (rs) << 21 | (ra) << 16 | ((d)&0xfffc))
#define CMPWI(ra, si)	  (11u << 26 | (ra) << 16 | ((si)&0xffff))
#define CMPW(ra, rb)	  (31u << 26 | (ra) << 16 | (rb) << 11)
#define BDNZ(d)		  (16u << 26 | 16 << 21 | ((d)&0xfffc))
#define BNE(d)		  (16u << 26 | 4 << 21 | 2 << 16 | ((d)&0xfffc))
#define BEQ(d)		  (16u << 26 | 12 << 21 | 2 << 16 | ((d)&0xfffc))
#define B(d)		  (18u << 26 | ((d)&0x3fffffc))
#define BL(d)		  (B(d) | 1)
#define BLR		  0x4e800020u
#define NOP		  ORI(0, 0, 0)
#define LWARX(rt, ra, rb) (31u << 26 | (rt) << 21 | (ra) << 16 | (rb) << 11 | 20 << 1)
#define STWCX(rs, ra, rb) (31u << 26 | (rs) << 21 | (ra) << 16 | (rb) << 11 | 150 << 1 | 1)
#define SYNC		  0x7c0004acu
#define ISYNC		  0x4c00012cu
#define ICBI(ra, rb)	  (31u << 26 | (ra) << 16 | (rb) << 11 | 982 << 1)
#define SC1		  0x44000022u
#define MFDCR(rt, dcrn)                                                                            \
	(31u << 26 | (rt) << 21 | ((dcrn)&31) << 16 | (u32)(dcrn) >> 5 << 11 | 323 << 1)
#define MTDCR(dcrn, rs)                                                                            \
	(31u << 26 | (rs) << 21 | ((dcrn)&31) << 16 | (u32)(dcrn) >> 5 << 11 | 451 << 1)
#define LMW(rt, d, ra) (46u << 26 | (rt) << 21 | (ra) << 16 | ((d)&0xffff))

#endif

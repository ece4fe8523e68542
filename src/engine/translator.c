// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vm/engine.h on top of translator/: the vm, its options and configuration, memory slots with a
 * dirty log, the hash table. translator_vcpu.c has the vCPUs, translator_host.c what the translator
 * calls back, pv/ the hypercalls that KVM serves in the kernel.
 *
 * The table of slots is replaced as a whole and read without a lock; replaced tables are kept until
 * the vm goes, since slots change a few times in a vm's life.
 */
#include "engine/translator.h"

#include <errno.h>
#include <string.h>

#include "backend/backend.h"
#include "base/endian.h"
#include "engine/translator_private.h"
#include "isa/sprbits.h"
#include "os/os.h"

enum { VRMA_VSID = 0x1ffffff, VSID_SHIFT_1T = 24 };

/* --- vm --- */
struct option_value {
	const char *name;
	u64 value;
	const char *const *words; /* values by name: their indexes */
	bool size;		  /* bytes, at most MAX_SIZE: with K, M or G, else in MiB */
};

#define MAX_SIZE (1ull << 30)

static const char *parse_size(const char *text, size_t len, u64 *bytes)
{
	u64 v = 0, k, unit = 20;

	for (k = 0; k < len && v <= MAX_SIZE && text[k] >= '0' && text[k] <= '9'; k++)
		v = v * 10 + (u64)(text[k] - '0');
	if (k + 1 == len) {
		switch (text[k] | 0x20) {
		case 'k':
			unit = 10;
			break;
		case 'm':
			break;
		case 'g':
			unit = 30;
			break;
		default:
			return NULL;
		}
	} else if (k < len) {
		return NULL;
	}
	if (!v || !k || v > MAX_SIZE >> unit)
		return NULL;
	*bytes = v << unit;
	return text + len;
}

/* A number, on, off or one of the words; the rest of the text, NULL when it is none of them. */
static const char *parse_value(const char *text, struct option_value *o)
{
	static const char *const switches[] = {"off", "on", NULL};
	const char *const *words = o->words;
	size_t len = strcspn(text, ",");
	u64 v = 0, k;

	if (o->size)
		return parse_size(text, len, &o->value);

	if (!words)
		words = switches;
	for (k = 0; words[k]; k++) {
		if (strlen(words[k]) == len && !strncmp(words[k], text, len)) {
			o->value = k;
			return text + len;
		}
	}
	for (k = 0; k < len && text[k] >= '0' && text[k] <= '9'; k++)
		v = v * 10 + (u64)(text[k] - '0');
	if (k < len)
		return NULL;
	o->value = v;
	return text + len;
}

/* key=value,… of --engine; unknown keys are an error. */
static int parse_options(const char *text, struct option_value *options, u32 count)
{
	while (text && *text) {
		const char *eq = strchr(text, '=');
		u32 k;

		for (k = 0; eq && k < count; k++)
			if (strlen(options[k].name) == (size_t)(eq - text) &&
			    !strncmp(options[k].name, text, (size_t)(eq - text)))
				break;
		if (!eq || k == count)
			return -EINVAL;
		text = parse_value(eq + 1, &options[k]);
		if (!text)
			return -EINVAL;
		text += *text == ',';
	}
	return 0;
}

enum {
	OPT_CACHE,
	OPT_INSNS,
	OPT_PASSES_OFF,
	OPT_RECORDS,
	OPT_VERIFY,
	OPT_ICOUNT,
	OPT_TICK,
	OPT_STOP_AT,
	OPT_TIER2,
	OPT_TIER2_AFTER,
	OPT_BACKEND,
	OPT_HOST,
	OPT_COUNT
};

/* Of backend=, in the order of backend_at(). */
enum { MAX_BACKENDS = 4 };

static void name_backends(const char *names[MAX_BACKENDS + 1])
{
	u32 k;

	for (k = 0; k < MAX_BACKENDS && backend_at(k); k++)
		names[k] = backend_at(k)->name;
	names[k] = NULL;
}

static int create_translator(struct engine_vm *vm)
{
	static const char *const levels[] = {"best", "v1", "v2", "v3", NULL};
	const char *backends[MAX_BACKENDS + 1];
	struct option_value o[OPT_COUNT] = {
		[OPT_CACHE] = {.name = "cache", .size = true},
		[OPT_INSNS] = {.name = "insns"},
		[OPT_PASSES_OFF] = {.name = "passes-off"},
		[OPT_RECORDS] = {.name = "records"},
		[OPT_VERIFY] = {.name = "verify"},
		[OPT_ICOUNT] = {.name = "icount"},
		[OPT_TICK] = {.name = "tick", .value = 1},
		[OPT_STOP_AT] = {.name = "stop-at"},
		[OPT_TIER2] = {.name = "tier2", .value = 1},
		[OPT_TIER2_AFTER] = {.name = "tier2-after"},
		[OPT_BACKEND] = {.name = "backend", .words = backends},
		[OPT_HOST] = {.name = "host", .words = levels},
	};
	struct translator_config tc = {.host = &vm->host};
	int ret;

	name_backends(backends);
	ret = parse_options(vm->config.options, o, OPT_COUNT);
	if (ret)
		return ret;
	tc.backend = backend_at((u32)o[OPT_BACKEND].value);
	if (!tc.backend)
		return -EINVAL;
	tc.host_level = (u32)o[OPT_HOST].value;
	tc.cache_bytes = o[OPT_CACHE].value;
	tc.max_insns = (u32)o[OPT_INSNS].value;
	tc.passes = (u32)o[OPT_PASSES_OFF].value;
	tc.leave_at_records = o[OPT_RECORDS].value;
	tc.verify = o[OPT_VERIFY].value;
	tc.stop_at = o[OPT_STOP_AT].value;
	tc.stats = tc.count = vm->config.stats;
	tc.code_log = vm->config.code_log;
	tc.tier2_off = !o[OPT_TIER2].value;
	tc.tier2_after = (u32)o[OPT_TIER2_AFTER].value;
	if (vm->config.icount)
		tc.icount_insns = o[OPT_TICK].value ? o[OPT_TICK].value : 1;
	return translator_create(&tc, &vm->t);
}

static void xl_vm_destroy(struct engine_vm *vm)
{
	if (vm->has_sched)
		pv_sched_destroy(&vm->sched);
	translator_destroy(vm->t);
	slots_destroy(&vm->slots);
	os_unreserve(vm->htab, vm->htab_size);
	os_free(vm);
}

static int xl_vm_create(const struct engine_vm_config *config, struct engine_vm **out)
{
	struct engine_vm *vm = os_alloc(sizeof(*vm));
	int ret;

	if (!vm)
		return -ENOMEM;
	vm->config = *config;
	xl_host_init(vm);
	ret = slots_init(&vm->slots);
	if (!ret)
		ret = create_translator(vm);
	if (!ret && config->papr)
		ret = xl_sched_init(vm);
	/* The slots bound real mode: where nothing is, nobody answers, as with translation. */
	if (!ret)
		translator_mmu_env(vm->t)->rma_size = ~0ull;
	if (ret) {
		xl_vm_destroy(vm);
		return ret;
	}
	*out = vm;
	return 0;
}

/* --- memory --- */
static int xl_set_slot(struct engine_vm *vm, const struct engine_slot *slot)
{
	int ret = slots_set(&vm->slots, slot);

	if (ret)
		return ret;
	translator_flush(vm->t, true);
	return 0;
}

static int xl_dirty_log(struct engine_vm *vm, u32 slot, u64 *bitmap, bool clear)
{
	int ret = slots_dirty_log(&vm->slots, slot, bitmap, clear);

	/* Fast stores must come by again to mark their page. A page written between the copy and
	 * the flush is marked again by its next slow store only, so flush before the next copy is
	 * trusted: the log is read once more with all vCPUs stopped, as KVM's users do. */
	if (!ret && clear)
		translator_flush(vm->t, false);
	return ret;
}

static void xl_memory_written(struct engine_vm *vm, u64 gpa, u64 len)
{
	translator_memory_written(vm->t, gpa, len);
}

/* --- configuration --- */
/* Bits of LPCR that only the mode word looks at, not translation. */
#define LPCR_MODE (LPCR_ILE | LPCR_AIL | LPCR_LD | LPCR_GTSE)

/* mmu: the caller drops what bits of LPCR make void. */
static void set_lpcr(struct engine_vm *vm, u64 mask, u64 value, bool mmu)
{
	struct engine_vcpu *v;

	vm->lpcr_mask |= mask;
	vm->lpcr = (vm->lpcr & ~mask) | (value & mask);
	for (v = vm->vcpus; v; v = v->next) {
		u64 old = v->s->spr[SPR_LPCR];

		v->s->spr[SPR_LPCR] = (old & ~mask) | (value & mask);
		if (!mmu && ((old ^ v->s->spr[SPR_LPCR]) & ~LPCR_MODE))
			translator_registers_changed(v->cpu);
		translator_wake(v->cpu);
	}
}

/* PRTS image: address, and log2 of the size minus 12 in the low five bits (ISA 3.0B 5.7.6.1). */
static void set_v3_mmu(struct engine_vm *vm, u64 flags, u64 prts)
{
	struct mmu_env *env = translator_mmu_env(vm->t);
	u64 lpcr = 0;

	env->radix = flags & ENGINE_V3_RADIX;
	env->proc_table = prts & 0x0ffffffffffff000ull;
	env->proc_table_shift = (u8)((prts & 31) + 12);
	if (flags & ENGINE_V3_RADIX)
		lpcr |= LPCR_HR | LPCR_UPRT;
	if (flags & ENGINE_V3_GTSE)
		lpcr |= LPCR_GTSE;
	set_lpcr(vm, LPCR_HR | LPCR_UPRT | LPCR_GTSE, lpcr, true);
	translator_flush_guest(vm->t, NULL, &(struct cpu_flush){.kind = CPU_FLUSH_ALL});
}

/* Encoding of a VRMA segment with pages of 1 << shift bytes (L and LP of slbmte). */
static int set_vrma(struct engine_vm *vm, u64 shift)
{
	u64 size;

	switch (shift) {
	case 12:
		size = 0;
		break;
	case 16:
		size = SLB_VSID_L | 0x10;
		break;
	case 24:
		size = SLB_VSID_L;
		break;
	default:
		return -EINVAL;
	}
	translator_mmu_env(vm->t)->vrma_slb_vsid =
		SLB_VSID_1T | (u64)VRMA_VSID << VSID_SHIFT_1T | size;
	translator_flush(vm->t, false);
	return 0;
}

static int xl_configure(struct engine_vm *vm, enum engine_config what, u64 a, u64 b)
{
	switch (what) {
	case ENGINE_CFG_V3_MMU:
		set_v3_mmu(vm, a, b);
		return 0;
	case ENGINE_CFG_HCALL:
		return 0;
	case ENGINE_CFG_LPCR:
		set_lpcr(vm, a, b, false);
		return 0;
	case ENGINE_CFG_ENTRY_PSIZE:
		return set_vrma(vm, a);
	default:
		return -EINVAL;
	}
}

/* --- hash table: big-endian doublewords, as the MMU reads it --- */
static int xl_htab_alloc(struct engine_vm *vm, u32 order)
{
	struct mmu_env *env = translator_mmu_env(vm->t);

	if (order && (order < 18 || order > 46))
		return -EINVAL;
	env->hpt = NULL;
	env->hpt_shift = 0;
	translator_flush_guest(vm->t, NULL, &(struct cpu_flush){.kind = CPU_FLUSH_ALL});
	os_unreserve(vm->htab, vm->htab_size);
	vm->htab = NULL;
	vm->htab_size = 0;
	if (!order)
		return 0;
	vm->htab = os_reserve(1ull << order);
	if (!vm->htab)
		return -ENOMEM;
	vm->htab_size = 1ull << order;
	env->hpt = (u64 *)vm->htab;
	env->hpt_shift = (u8)order;
	return 0;
}

static u64 htab_span(struct engine_vm *vm, u64 index, u64 count)
{
	u64 entries = vm->htab_size / sizeof(struct engine_hpte);

	if (index >= entries)
		return 0;
	return count < entries - index ? count : entries - index;
}

static s64 xl_htab_read(struct engine_vm *vm, u64 index, struct engine_hpte *hpte, u64 count)
{
	u64 n = htab_span(vm, index, count), k;

	for (k = 0; k < n; k++) {
		hpte[k].v = ld_be64(&vm->htab[index + k].v);
		hpte[k].r = ld_be64(&vm->htab[index + k].r);
	}
	return (s64)n;
}

static s64 xl_htab_write(struct engine_vm *vm, u64 index, const struct engine_hpte *hpte, u64 count)
{
	u64 n = htab_span(vm, index, count), k;

	for (k = 0; k < n; k++) {
		st_be64(&vm->htab[index + k].v, hpte[k].v);
		st_be64(&vm->htab[index + k].r, hpte[k].r);
	}
	if (n)
		translator_flush(vm->t, false);
	return (s64)n;
}

static void xl_stats(struct engine_vm *vm, struct engine_vcpu *vcpu, engine_stat_fn *fn,
		     void *opaque)
{
	translator_stats(vm->t, vcpu ? vcpu->cpu : NULL, fn, opaque);
}

const struct engine_ops engine_translator = {
	.name = "translator",
	.help = "translates PowerPC code; needs nothing of the host\n"
		"    cache=SIZE        all that translated code takes: MiB, or K, M, G; at most "
		"1G; 208\n"
		"    tier2=on|off      compile hot code once more, as regions; on\n"
		"    backend=NAME      x86_64 or interp; the fastest that the host can run\n"
		"    host=v1|v2|v3     the level of the host's instruction set; the best\n"
		"    icount=on|off     time counts instructions: two runs are the same; off",
	.vm_create = xl_vm_create,
	.vm_destroy = xl_vm_destroy,
	.vcpu_create = xl_vcpu_create,
	.vcpu_destroy = xl_vcpu_destroy,
	.vcpu_reset = xl_vcpu_reset,
	.run = xl_run,
	.kick = xl_kick,
	.get_reg = xl_get_reg,
	.set_reg = xl_set_reg,
	.set_debug = xl_set_debug,
	.set_slot = xl_set_slot,
	.dirty_log = xl_dirty_log,
	.memory_written = xl_memory_written,
	.set_line = xl_set_line,
	.irqchip = &engine_no_irqchip,
	.configure = xl_configure,
	.htab_alloc = xl_htab_alloc,
	.htab_read = xl_htab_read,
	.htab_write = xl_htab_write,
	.stats = xl_stats,
};

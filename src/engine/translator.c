// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vm/engine.h on top of translator/: memory slots with a dirty log, exits, registers, the hash
 * table, and the hypercalls that KVM serves in the kernel (pv/).
 *
 * The table of slots is replaced as a whole and read without a lock; replaced tables are kept until
 * the vm goes, since slots change a few times in a vm's life.
 */
#include "engine/translator.h"

#include <errno.h>
#include <string.h>

#include "backend/backend.h"
#include "base/log.h"
#include "base/endian.h"
#include "cpu/cpu.h"
#include "cpu/onereg.h"
#include "engine/translator_slots.h"
#include "isa/model.h"
#include "isa/msr.h"
#include "isa/sprbits.h"
#include "os/os.h"
#include "pv/hpt.h"
#include "pv/sched.h"
#include "translator/translator.h"

enum { VRMA_VSID = 0x1ffffff, VSID_SHIFT_1T = 24 };

struct engine_vm {
	struct engine_vm_config config;
	struct translator *t;
	struct translator_host host;
	struct slots slots;
	struct pv_sched sched;
	bool has_sched;
	struct engine_hpte *htab;
	u64 htab_size;
	u64 lpcr_mask, lpcr; /* what configure() fixed for every vCPU */
	struct engine_vcpu *vcpus;
};

struct engine_vcpu {
	struct engine_vm *vm;
	struct engine_vcpu *next;
	struct translator_cpu *cpu;
	struct cpu_state *s;
	bool in_hcall;
};

/* --- callbacks of the translator --- */
static bool host_ram(void *opaque, u64 ra, struct translator_ram *ram)
{
	struct engine_vm *vm = opaque;

	return slots_ram(&vm->slots, ra, ram);
}

static void host_dirty(void *opaque, u64 ra)
{
	struct engine_vm *vm = opaque;

	slots_dirty(&vm->slots, ra);
}

static bool host_mmio(void *opaque, u32 cpu, u64 ra, u8 *data, u32 len, bool write)
{
	return false;
}

static u64 host_clock(void *opaque)
{
	struct engine_vm *vm = opaque;
	u64 ns = vm->config.input->clock_ns(vm->config.input->opaque);

	return (u64)((u128)ns * vm->config.tb_hz / 1000000000);
}

static u64 host_clock_to_host(void *opaque, u64 ticks)
{
	struct engine_vm *vm = opaque;
	u64 now = host_clock(opaque), ns = os_clock_ns();

	if ((s64)(ticks - now) <= 0)
		return ns;
	return ns + (u64)((u128)(ticks - now) * 1000000000 / vm->config.tb_hz);
}

static void host_random(void *opaque, void *buf, size_t len)
{
	struct engine_vm *vm = opaque;

	vm->config.input->random(vm->config.input->opaque, buf, len);
}

static enum translator_hcall host_hcall(void *opaque, u32 cpu, struct cpu_state *s)
{
	struct engine_vm *vm = opaque;
	const struct pv_hpt hpt = {.env = translator_mmu_env(vm->t),
				   .io = vm->config.is_io,
				   .opaque = vm->config.is_io_opaque};

	if (pv_hpt_hcall(&hpt, s) == PV_DONE)
		return TRANSLATOR_HCALL_DONE;
	if (!vm->has_sched)
		return TRANSLATOR_HCALL_EXIT;
	switch (pv_sched_hcall(&vm->sched, s)) {
	case PV_DONE:
		return TRANSLATOR_HCALL_DONE;
	case PV_IDLE:
		return TRANSLATOR_HCALL_IDLE;
	case PV_NOT_MINE:
		break;
	}
	return TRANSLATOR_HCALL_EXIT;
}

static void host_idle(void *opaque, u32 cpu, struct cpu_state *s, bool asleep)
{
	struct engine_vm *vm = opaque;

	if (!vm->has_sched)
		return;
	if (asleep)
		pv_sched_idle(&vm->sched, s);
	else
		pv_sched_dispatch(&vm->sched, s);
}

/* Doublewords of msgsnd: type in bits 32:36, then whom it is for: the processor by the low 14 bits
 * of its PIR, of msgsndp the thread of the same core by the low 7 of its TIR. */
static void host_doorbell(void *opaque, u32 cpu, enum cpu_doorbell kind, u64 operand)
{
	struct engine_vm *vm = opaque;
	u32 threads = vm->config.threads, target = operand & 0x3fff;
	enum cpu_irq irq = CPU_IRQ_DOORBELL;
	struct translator_cpu *to;

	if (kind == CPU_DOORBELL_PRIV) {
		if ((operand & 0x7f) >= threads)
			return;
		target = (cpu & ~(threads - 1)) + (operand & 0x7f);
	}
	to = translator_cpu_at(vm->t, target);
	if (kind == CPU_DOORBELL_HV)
		irq = CPU_IRQ_HDOORBELL;
	else if (kind == CPU_DOORBELL_BOOKE && (operand >> 27 & 31) == 1)
		irq = CPU_IRQ_CRIT_DOORBELL;
	if (to)
		translator_set_irq(to, irq, true);
}

static bool host_dcr(void *opaque, u32 cpu, u32 dcrn, u64 *value, bool write)
{
	return false;
}

static bool host_spr(void *opaque, u32 cpu, u32 sprn, u64 *value, bool write)
{
	return false;
}

static void sched_prod(void *opaque, u32 cpu)
{
	struct engine_vm *vm = opaque;
	struct translator_cpu *to = translator_cpu_at(vm->t, cpu);

	if (to)
		translator_set_irq(to, CPU_IRQ_PROD, true);
}

static void sched_yield_cpu(void *opaque)
{
	os_thread_yield();
}

static u64 sched_timebase(void *opaque, u32 cpu)
{
	return host_clock(opaque);
}

/* --- vm --- */
struct option_value {
	const char *name;
	u64 value;
};

/* key=value,… of --engine; unknown keys are an error. */
static int parse_options(const char *text, struct option_value *options, u32 count)
{
	while (text && *text) {
		const char *eq = strchr(text, '=');
		u64 v = 0;
		u32 k;

		for (k = 0; eq && k < count; k++)
			if (strlen(options[k].name) == (size_t)(eq - text) &&
			    !strncmp(options[k].name, text, (size_t)(eq - text)))
				break;
		if (!eq || k == count)
			return -EINVAL;
		text = eq + 1;
		if (!strncmp(text, "on", 2)) {
			v = 1;
			text += 2;
		} else if (!strncmp(text, "off", 3)) {
			text += 3;
		} else {
			while (*text >= '0' && *text <= '9')
				v = v * 10 + (u64)(*text++ - '0');
		}
		if (*text && *text != ',')
			return -EINVAL;
		text += *text == ',';
		options[k].value = v;
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
	OPT_COUNT
};

static int create_translator(struct engine_vm *vm)
{
	struct option_value o[OPT_COUNT] = {
		[OPT_CACHE] = {"cache", 0},
		[OPT_INSNS] = {"insns", 0},
		[OPT_PASSES_OFF] = {"passes-off", 0},
		[OPT_RECORDS] = {"records", 0},
		[OPT_VERIFY] = {"verify", 0},
		[OPT_ICOUNT] = {"icount", 0},
		[OPT_TICK] = {"tick", 1},
		[OPT_STOP_AT] = {"stop-at", 0},
	};
	struct translator_config tc = {.host = &vm->host, .backend = &backend_interp};
	int ret = parse_options(vm->config.options, o, OPT_COUNT);

	if (ret)
		return ret;
	tc.cache_bytes = o[OPT_CACHE].value << 20;
	tc.max_insns = (u32)o[OPT_INSNS].value;
	tc.passes = (u32)o[OPT_PASSES_OFF].value;
	tc.leave_at_records = o[OPT_RECORDS].value;
	tc.verify = o[OPT_VERIFY].value;
	tc.stop_at = o[OPT_STOP_AT].value;
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
	vm->host = (struct translator_host){
		.ram = host_ram,
		.dirty = host_dirty,
		.mmio = host_mmio,
		.clock = host_clock,
		.clock_to_host = host_clock_to_host,
		.random = host_random,
		.hcall = host_hcall,
		.idle = host_idle,
		.doorbell = host_doorbell,
		.dcr = host_dcr,
		.spr = host_spr,
		.opaque = vm,
	};
	ret = slots_init(&vm->slots);
	if (!ret)
		ret = create_translator(vm);
	if (!ret && config->papr) {
		struct pv_sched_host sh = {
			.prod = sched_prod,
			.yield = sched_yield_cpu,
			.timebase = sched_timebase,
			.mem = translator_mmu_env(vm->t)->mem,
			.opaque = vm,
		};

		ret = pv_sched_init(&vm->sched, config->max_vcpus, &sh);
		vm->has_sched = !ret;
	}
	if (ret) {
		xl_vm_destroy(vm);
		return ret;
	}
	*out = vm;
	return 0;
}

/* --- vcpu --- */
static void xl_vcpu_reset(struct engine_vcpu *v)
{
	cpu_reset(v->s, v->s->model);
	v->s->spr[SPR_TIR] = v->s->cpu_index & (v->vm->config.threads - 1);
	v->s->spr[SPR_LPCR] = (v->s->spr[SPR_LPCR] & ~v->vm->lpcr_mask) | v->vm->lpcr;
	if (v->vm->config.papr)
		v->s->msr &= ~MSR_HV;
	v->in_hcall = false;
	translator_cpu_cancel(v->cpu);
}

static int xl_vcpu_create(struct engine_vm *vm, u32 index, const struct cpu_model *model,
			  struct engine_vcpu **out)
{
	struct engine_vcpu *v = os_alloc(sizeof(*v));
	int ret;

	if (!v)
		return -ENOMEM;
	ret = translator_cpu_create(vm->t, index, model, &v->cpu);
	if (ret) {
		os_free(v);
		return ret;
	}
	v->vm = vm;
	v->s = translator_cpu_state(v->cpu);
	v->next = vm->vcpus;
	vm->vcpus = v;
	xl_vcpu_reset(v);
	*out = v;
	return 0;
}

static void xl_vcpu_destroy(struct engine_vcpu *v)
{
	struct engine_vcpu **at = &v->vm->vcpus;

	while (*at != v)
		at = &(*at)->next;
	*at = v->next;
	translator_cpu_destroy(v->cpu);
	os_free(v);
}

static void finish_exit(struct engine_vcpu *v, const struct vm_exit *exit)
{
	struct translator_mmio *m;
	u32 k;

	if (exit->reason == VM_EXIT_MMIO) {
		m = translator_mmio(v->cpu);
		memcpy(m->data, exit->mmio.data, sizeof(m->data));
		m->failed = exit->mmio.failed;
	}
	if (exit->reason == VM_EXIT_DCR)
		st_be32(translator_mmio(v->cpu)->data, exit->dcr.data);
	if (exit->reason == VM_EXIT_PAPR_HCALL && v->in_hcall) {
		v->s->gpr[3] = exit->hcall.ret;
		for (k = 0; k < ARRAY_SIZE(exit->hcall.args); k++)
			v->s->gpr[4 + k] = exit->hcall.args[k];
	}
	v->in_hcall = false;
}

static void exit_error(struct engine_vcpu *v, struct vm_exit *exit)
{
	exit->reason = VM_EXIT_ERROR;
	exit->error.pc = v->s->pc;
	log_format(exit->error.text, sizeof(exit->error.text),
		   "no way to go on: event %u, address %llx, info %llx", v->s->event.code,
		   (unsigned long long)v->s->event.ea, (unsigned long long)v->s->event.info);
}

static int xl_get_reg(struct engine_vcpu *v, u64 id, void *value)
{
	int ret = -ENOENT;

	if (v->vm->has_sched)
		ret = pv_sched_get_reg(&v->vm->sched, v->s->cpu_index, id, value);
	return ret == -ENOENT ? cpu_get_reg(v->s, id, value) : ret;
}

/* What two runs are compared by. */
static u64 hash_words(u64 hash, const u64 *words, u64 count)
{
	for (; count; count--, words++)
		hash = (hash ^ *words) * 0x9e3779b97f4a7c15ull + (hash >> 29);
	return hash;
}

static void exit_count(struct engine_vcpu *v, struct vm_exit *exit)
{
	struct onereg_saved reg;
	u64 hash = 0, cursor = 0, value[2];

	while (onereg_next_saved(v->s->model, &cursor, &reg)) {
		value[0] = value[1] = 0;
		if (!xl_get_reg(v, reg.id, value))
			hash = hash_words(hash, value, 2);
	}
	log_warn("%llu instructions: registers %016llx, memory %016llx",
		 (unsigned long long)v->s->icount, (unsigned long long)hash,
		 (unsigned long long)slots_hash(&v->vm->slots, hash_words));
	exit->reason = VM_EXIT_SYSTEM_EVENT;
	exit->system_event.type = VM_SYSTEM_SHUTDOWN;
	exit->system_event.info = 0;
}

static int xl_run(struct engine_vcpu *v, struct vm_exit *exit)
{
	const struct translator_mmio *m;
	enum translator_stop stop;
	u32 k;

	finish_exit(v, exit);
	stop = translator_run(v->cpu);
	switch (stop) {
	case TRANSLATOR_STOP_KICK:
		exit->reason = VM_EXIT_INTR;
		break;
	case TRANSLATOR_STOP_MMIO:
		m = translator_mmio(v->cpu);
		exit->reason = VM_EXIT_MMIO;
		exit->mmio.addr = m->ra;
		exit->mmio.len = m->len;
		exit->mmio.write = m->write;
		exit->mmio.failed = false;
		memcpy(exit->mmio.data, m->data, sizeof(m->data));
		break;
	case TRANSLATOR_STOP_DCR:
		m = translator_mmio(v->cpu);
		exit->reason = VM_EXIT_DCR;
		exit->dcr.number = (u32)m->ra;
		exit->dcr.data = ld_be32(m->data);
		exit->dcr.write = m->write;
		break;
	case TRANSLATOR_STOP_HCALL:
		exit->reason = VM_EXIT_PAPR_HCALL;
		exit->hcall.nr = v->s->gpr[3];
		exit->hcall.ret = 0;
		for (k = 0; k < ARRAY_SIZE(exit->hcall.args); k++)
			exit->hcall.args[k] = v->s->gpr[4 + k];
		v->in_hcall = true;
		break;
	case TRANSLATOR_STOP_DEBUG:
		exit->reason = VM_EXIT_DEBUG;
		exit->debug.address = v->s->pc;
		exit->debug.status = ENGINE_DEBUG_STEP;
		break;
	case TRANSLATOR_STOP_RESET:
		exit->reason = VM_EXIT_SYSTEM_EVENT;
		exit->system_event.type = VM_SYSTEM_RESET;
		exit->system_event.info = translator_stop_info(v->cpu);
		break;
	case TRANSLATOR_STOP_COUNT:
		exit_count(v, exit);
		break;
	default:
		exit_error(v, exit);
		break;
	}
	return 0;
}

static void xl_kick(struct engine_vcpu *v)
{
	translator_kick(v->cpu);
}

static int xl_set_reg(struct engine_vcpu *v, u64 id, const void *value)
{
	int ret = -ENOENT;

	if (v->vm->has_sched)
		ret = pv_sched_set_reg(&v->vm->sched, v->s->cpu_index, id, value);
	if (ret == -ENOENT) {
		ret = cpu_set_reg(v->s, id, value);
		translator_registers_changed(v->cpu);
	}
	return ret;
}

static int xl_set_debug(struct engine_vcpu *v, const struct engine_debug *debug)
{
	if (debug->enable && debug->nr_points)
		return -ENOTSUP;
	translator_single_step(v->cpu, debug->enable && debug->single_step);
	return 0;
}

/* --- memory --- */
static int xl_set_slot(struct engine_vm *vm, const struct engine_slot *slot)
{
	int ret = slots_set(&vm->slots, slot);

	if (ret)
		return ret;
	/* The slots bound real mode: where nothing is, nobody answers, as with translation. */
	translator_mmu_env(vm->t)->rma_size = ~0ull;
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

/* --- interrupts --- */
static void xl_set_line(struct engine_vcpu *v, enum engine_line line, bool level)
{
	static const enum cpu_irq irq[ENGINE_LINE_COUNT] = {
		[ENGINE_LINE_EXTERNAL] = CPU_IRQ_EXTERNAL,
		[ENGINE_LINE_CRITICAL] = CPU_IRQ_CRITICAL,
		[ENGINE_LINE_MCHECK] = CPU_IRQ_MCHECK,
		[ENGINE_LINE_SRESET] = CPU_IRQ_SRESET,
	};

	if (line < ENGINE_LINE_COUNT)
		translator_set_irq(v->cpu, irq[line], level);
}

static int xl_device_create(struct engine_vm *vm, enum engine_device_type type,
			    struct engine_device **dev)
{
	return -ENODEV;
}

static void xl_device_destroy(struct engine_device *dev)
{
}

static int xl_device_attr(struct engine_device *dev, bool set, u32 group, u64 attr, void *data)
{
	return -ENODEV;
}

static int xl_device_connect(struct engine_device *dev, struct engine_vcpu *vcpu, u32 server)
{
	return -ENODEV;
}

static int xl_device_map(struct engine_device *dev, u64 offset, u64 gpa, u64 size)
{
	return -ENODEV;
}

static int xl_set_irq(struct engine_vm *vm, u32 irq, bool level)
{
	return -ENODEV;
}

/* --- configuration --- */
static void set_lpcr(struct engine_vm *vm, u64 mask, u64 value)
{
	struct engine_vcpu *v;

	vm->lpcr_mask |= mask;
	vm->lpcr = (vm->lpcr & ~mask) | (value & mask);
	for (v = vm->vcpus; v; v = v->next) {
		v->s->spr[SPR_LPCR] = (v->s->spr[SPR_LPCR] & ~mask) | (value & mask);
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
	set_lpcr(vm, LPCR_HR | LPCR_UPRT | LPCR_GTSE, lpcr);
	translator_flush(vm->t, false);
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
		set_lpcr(vm, a, b);
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
	translator_flush(vm->t, false);
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
	.help = "translates PowerPC code; needs nothing of the host",
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
	.device_create = xl_device_create,
	.device_destroy = xl_device_destroy,
	.device_attr = xl_device_attr,
	.device_connect = xl_device_connect,
	.device_map = xl_device_map,
	.set_irq = xl_set_irq,
	.configure = xl_configure,
	.htab_alloc = xl_htab_alloc,
	.htab_read = xl_htab_read,
	.htab_write = xl_htab_write,
	.stats = xl_stats,
};

// SPDX-License-Identifier: GPL-2.0-or-later
#include "pv/sched.h"

#include <errno.h>

#include "base/endian.h"
#include "base/string.h"
#include "isa/event.h"
#include "isa/msr.h"
#include "isa/onereg.h"
#include "isa/papr.h"
#include "pv/log.h"

/* Virtual processor area (LoPAPR Table 182). */
enum {
	VPA_SIZE_FIELD = 4, /* u16; DTL and SLB shadow have a u32 there */
	VPA_STATUS = 9,
	VPA_STATUS_SHARED = 2, /* the processor is dispatched, not owned: our threads are */
	VPA_DTL_MASK = 0xb8,
	VPA_YIELD_COUNT = 0x100,
	VPA_DTL_INDEX = 0x218,
	VPA_MIN_SIZE = 640,
	VPA_ALIGN = 128,
	VPA_PAGE = 4096, /* a VPA does not cross one */
};
enum { DTL_ENTRY = 48, DTL_REASON_CEDE = 2, SLB_SHADOW_MIN = 8 };
/* Functions of H_REGISTER_VPA, flags bits 16..18. */
enum { VPA_FN_SHIFT = 45, VPA_FN_VPA = 1, VPA_FN_DTL = 2, VPA_FN_SLB = 3, VPA_FN_DEREG = 4 };

static u8 *area_map(struct pv_sched *p, u64 gpa, u64 len)
{
	return p->host.mem.ops->map(p->host.mem.opaque, gpa, len);
}

static void area_written(struct pv_sched *p, u64 gpa, u64 len)
{
	p->host.mem.ops->written(p->host.mem.opaque, gpa, len);
}

int pv_sched_init(struct pv_sched *p, u32 nr_cpus, const struct pv_sched_host *host)
{
	p->host = *host;
	p->nr_cpus = nr_cpus;
	p->cpu = os_alloc(nr_cpus * sizeof(*p->cpu));
	if (!p->cpu)
		return -ENOMEM;
	os_mutex_init(&p->lock);
	return 0;
}

void pv_sched_destroy(struct pv_sched *p)
{
	os_mutex_destroy(&p->lock);
	os_free(p->cpu);
}

void pv_sched_reset(struct pv_sched *p)
{
	memset(p->cpu, 0, p->nr_cpus * sizeof(*p->cpu));
}

/* Length of the area at gpa as its own header says; 0: it cannot be one. */
static u64 area_length(struct pv_sched *p, u32 fn, u64 gpa)
{
	u8 *head;
	u64 len;

	if (!gpa || (gpa & (VPA_ALIGN - 1)))
		return 0;
	head = area_map(p, gpa, 8);
	if (!head)
		return 0;
	len = fn == VPA_FN_VPA ? ld_be16(head + VPA_SIZE_FIELD) : ld_be32(head + VPA_SIZE_FIELD);
	return len && area_map(p, gpa, len) ? len : 0;
}

static s64 register_area(struct pv_sched *p, struct pv_sched_cpu *c, u32 fn, u64 gpa)
{
	u64 len = area_length(p, fn, gpa);

	if (!len)
		return H_PARAMETER;
	if (fn == VPA_FN_VPA) {
		if (len < VPA_MIN_SIZE || gpa / VPA_PAGE != (gpa + len - 1) / VPA_PAGE)
			return H_PARAMETER;
		c->vpa = (struct pv_area){gpa, len};
		area_map(p, gpa, len)[VPA_STATUS] |= VPA_STATUS_SHARED;
		area_written(p, gpa, len);
		return H_SUCCESS;
	}
	if (len < (fn == VPA_FN_DTL ? DTL_ENTRY : SLB_SHADOW_MIN))
		return H_PARAMETER;
	if (!c->vpa.gpa)
		return H_RESOURCE;
	if (fn == VPA_FN_SLB) {
		c->slb_shadow = (struct pv_area){gpa, len};
	} else {
		c->dtl = (struct pv_area){gpa, len - len % DTL_ENTRY};
		c->dtl_index = 0;
	}
	return H_SUCCESS;
}

static s64 deregister_area(struct pv_sched_cpu *c, u32 fn)
{
	switch (fn & ~VPA_FN_DEREG) {
	case VPA_FN_VPA:
		if (c->dtl.gpa || c->slb_shadow.gpa)
			return H_RESOURCE;
		c->vpa = (struct pv_area){0, 0};
		return H_SUCCESS;
	case VPA_FN_DTL:
		c->dtl = (struct pv_area){0, 0};
		return H_SUCCESS;
	case VPA_FN_SLB:
		c->slb_shadow = (struct pv_area){0, 0};
		return H_SUCCESS;
	default:
		return H_PARAMETER;
	}
}

static s64 h_register_vpa(struct pv_sched *p, u64 flags, u64 cpu, u64 gpa)
{
	u32 fn = flags >> VPA_FN_SHIFT & 7;
	s64 ret;

	if (cpu >= p->nr_cpus || !(fn & 3))
		return H_PARAMETER;
	os_mutex_lock(&p->lock);
	ret = fn & VPA_FN_DEREG ? deregister_area(&p->cpu[cpu], fn)
				: register_area(p, &p->cpu[cpu], fn, gpa);
	os_mutex_unlock(&p->lock);
	return ret;
}

/* Consume a prod that came before; else the caller may sleep. */
static bool take_prod(struct cpu_state *s)
{
	return atomic_fetch_and(&s->irq_pending, ~(1ull << CPU_IRQ_PROD)) & 1ull << CPU_IRQ_PROD;
}

static enum pv_verdict h_cede(struct cpu_state *s)
{
	s->msr |= MSR_EE;
	atomic_store(&s->wanted, 1);
	return take_prod(s) ? PV_DONE : PV_IDLE;
}

static s64 h_prod(struct pv_sched *p, u64 cpu)
{
	if (cpu >= p->nr_cpus)
		return H_PARAMETER;
	p->host.prod(p->host.opaque, (u32)cpu);
	return H_SUCCESS;
}

static u32 yield_count(struct pv_sched *p, u64 cpu, bool *valid)
{
	u8 *vpa = NULL;
	u32 v = 0;

	os_mutex_lock(&p->lock);
	if (p->cpu[cpu].vpa.gpa)
		vpa = area_map(p, p->cpu[cpu].vpa.gpa, VPA_MIN_SIZE);
	if (vpa)
		v = __atomic_load_n((u32 *)(vpa + VPA_YIELD_COUNT), __ATOMIC_RELAXED);
	os_mutex_unlock(&p->lock);
	*valid = vpa != NULL;
	return ld_be32(&v);
}

/* Give our time to processor `cpu` (~0: any) as long as it has not been dispatched since the guest
 * looked. All processors have threads of their own, so giving way to the host's scheduler does. */
static enum pv_verdict h_confer(struct pv_sched *p, struct cpu_state *s, s64 *ret)
{
	u64 cpu = s->gpr[4];
	u32 count = (u32)s->gpr[5];
	bool valid;

	*ret = H_SUCCESS;
	if ((s64)cpu == -1) {
		p->host.yield(p->host.opaque);
		return PV_DONE;
	}
	if (cpu >= p->nr_cpus) {
		*ret = H_PARAMETER;
		return PV_DONE;
	}
	if (cpu == s->cpu_index)
		return take_prod(s) ? PV_DONE : PV_IDLE;
	if (yield_count(p, cpu, &valid) == count && valid)
		p->host.yield(p->host.opaque);
	return PV_DONE;
}

enum pv_verdict pv_sched_hcall(struct pv_sched *p, struct cpu_state *s)
{
	const u64 args[4] = {s->gpr[4], s->gpr[5], s->gpr[6], s->gpr[7]};
	enum pv_verdict v = PV_DONE;
	s64 ret = H_SUCCESS;
	const char *name;

	switch (s->gpr[3]) {
	case H_CEDE:
		name = "H_CEDE";
		v = h_cede(s);
		break;
	case H_PROD:
		name = "H_PROD";
		ret = h_prod(p, s->gpr[4]);
		break;
	case H_CONFER:
		name = "H_CONFER";
		v = h_confer(p, s, &ret);
		break;
	case H_REGISTER_VPA:
		name = "H_REGISTER_VPA";
		ret = h_register_vpa(p, s->gpr[4], s->gpr[5], s->gpr[6]);
		break;
	default:
		return PV_NOT_MINE;
	}
	s->gpr[3] = (u64)ret;
	pv_log_hcall(s, name, args);
	return v;
}

/* Undispatched and dispatched again. The count stays even while a processor is idle: Linux takes
 * one with an odd count for preempted, and puts no task there. */
static void bump_yield_count(struct pv_sched *p, struct pv_sched_cpu *c)
{
	u8 *vpa = area_map(p, c->vpa.gpa, VPA_MIN_SIZE);
	u32 v;

	if (!vpa)
		return;
	v = __atomic_load_n((u32 *)(vpa + VPA_YIELD_COUNT), __ATOMIC_RELAXED);
	st_be32(&v, (ld_be32(&v) + 2) & ~1u);
	__atomic_store_n((u32 *)(vpa + VPA_YIELD_COUNT), v, __ATOMIC_RELAXED);
	area_written(p, c->vpa.gpa + VPA_YIELD_COUNT, 4);
}

static void log_dispatch(struct pv_sched *p, struct pv_sched_cpu *c, const struct cpu_state *s)
{
	u64 slots = c->dtl.len / DTL_ENTRY;
	u64 gpa = c->dtl.gpa + c->dtl_index % slots * DTL_ENTRY;
	u8 *e = area_map(p, gpa, DTL_ENTRY), *vpa = area_map(p, c->vpa.gpa, VPA_MIN_SIZE);
	u64 index;

	if (!e || !vpa || !(vpa[VPA_DTL_MASK] & DTL_REASON_CEDE))
		return;
	memset(e, 0, DTL_ENTRY);
	e[0] = DTL_REASON_CEDE;
	st_be16(e + 2, (u16)s->cpu_index);
	st_be64(e + 16, p->host.timebase(p->host.opaque, s->cpu_index));
	st_be64(e + 32, s->pc);
	st_be64(e + 40, s->msr);
	area_written(p, gpa, DTL_ENTRY);
	st_be64(&index, ++c->dtl_index);
	__atomic_store_n((u64 *)(vpa + VPA_DTL_INDEX), index, __ATOMIC_RELEASE);
	area_written(p, c->vpa.gpa + VPA_DTL_INDEX, 8);
}

void pv_sched_idle(struct pv_sched *p, struct cpu_state *s)
{
	struct pv_sched_cpu *c = &p->cpu[s->cpu_index];

	os_mutex_lock(&p->lock);
	if (c->vpa.gpa)
		c->idle = true;
	os_mutex_unlock(&p->lock);
}

void pv_sched_dispatch(struct pv_sched *p, struct cpu_state *s)
{
	struct pv_sched_cpu *c = &p->cpu[s->cpu_index];

	if (!c->idle)
		return;
	os_mutex_lock(&p->lock);
	c->idle = false;
	if (c->vpa.gpa)
		bump_yield_count(p, c);
	if (c->vpa.gpa && c->dtl.gpa)
		log_dispatch(p, c, s);
	os_mutex_unlock(&p->lock);
}

int pv_sched_get_reg(struct pv_sched *p, u32 cpu, u64 id, void *value)
{
	struct pv_sched_cpu *c = &p->cpu[cpu];
	const struct pv_area *a = id == ONEREG_VPA_SLB ? &c->slb_shadow : &c->dtl;
	u64 pair[2];

	if (id == ONEREG_VPA_ADDR) {
		memcpy(value, &c->vpa.gpa, 8);
		return 0;
	}
	if (id != ONEREG_VPA_SLB && id != ONEREG_VPA_DTL)
		return -ENOENT;
	pair[0] = a->gpa;
	pair[1] = a->len;
	memcpy(value, pair, sizeof(pair));
	return 0;
}

int pv_sched_set_reg(struct pv_sched *p, u32 cpu, u64 id, const void *value)
{
	struct pv_sched_cpu *c = &p->cpu[cpu];
	struct pv_area a;

	if (id == ONEREG_VPA_ADDR) {
		memcpy(&a.gpa, value, 8);
		if (a.gpa && ((a.gpa & (VPA_ALIGN - 1)) || !area_map(p, a.gpa, VPA_MIN_SIZE)))
			return -EINVAL;
		c->vpa = (struct pv_area){a.gpa, a.gpa ? VPA_MIN_SIZE : 0};
		/* A count left odd by a sleeping processor is made even by its next dispatch. */
		c->idle = a.gpa && area_map(p, a.gpa, VPA_MIN_SIZE)[VPA_YIELD_COUNT + 3] & 1;
		return 0;
	}
	if (id != ONEREG_VPA_SLB && id != ONEREG_VPA_DTL)
		return -ENOENT;
	memcpy(&a, value, sizeof(a));
	if (a.gpa &&
	    (!c->vpa.gpa || a.len < 8 || (a.gpa & (VPA_ALIGN - 1)) || !area_map(p, a.gpa, a.len)))
		return -EINVAL;
	if (id == ONEREG_VPA_SLB) {
		c->slb_shadow = a;
		return 0;
	}
	if (a.gpa && a.len < DTL_ENTRY)
		return -EINVAL;
	c->dtl = (struct pv_area){a.gpa, a.len - a.len % DTL_ENTRY};
	/* The index goes on from what the guest sees. */
	if (c->dtl.gpa)
		c->dtl_index = ld_be64(area_map(p, c->vpa.gpa, VPA_MIN_SIZE) + VPA_DTL_INDEX);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ibm,client-architecture-support (LoPAPR 1.1, B.6.2.3): the guest says which processors and which
 * options it knows, the machine answers with a device tree of what was agreed on: the processor's
 * architecture level, hash or radix, XICS or XIVE. All of it changes in place; nothing reboots.
 *
 * What the guest hands over is hostile: every byte is read through vm/memory.h and all counts end.
 * Everything runs under the machine's lock, on the only processor that is started.
 */
#include <errno.h>
#include <libfdt.h>

#include "base/endian.h"
#include "base/log.h"
#include "irqchip/dual.h"
#include "isa/model.h"
#include "isa/onereg.h"
#include "isa/papr.h"
#include "machine/pseries.h"

/* --- state --- */
static int cas_post_load(void *obj, struct error *e);

static const struct state_field cas_fields[] = {
	STATE_FIELD(struct pseries_agreed, done, STATE_U32),
	STATE_FIELD(struct pseries_agreed, radix, STATE_U32),
	STATE_FIELD(struct pseries_agreed, xive, STATE_U32),
	STATE_FIELD(struct pseries_agreed, level, STATE_U32),
	STATE_FIELD(struct pseries_agreed, form1, STATE_U32),
};

static const struct state_table cas_table = {
	.name = "pseries-agreed",
	.size = sizeof(struct pseries_agreed),
	.nr_fields = ARRAY_SIZE(cas_fields),
	.fields = cas_fields,
	.post_load = cas_post_load,
};

static bool agreed_possible(const struct pseries *p, const struct pseries_agreed *a)
{
	return a->done <= 1 && a->radix <= 1 && a->xive <= 1 && a->form1 <= 1 &&
	       (a->radix ? p->can_radix : p->can_hash) && (a->xive ? p->can_xive : p->can_xics) &&
	       (a->level == PSERIES_LEVEL_2_07 || a->level == p->top_level);
}

/* What the state says, done to the machine. An engine that had a hash table gets an empty one. */
static int apply(struct pseries *p)
{
	struct vm *vm = p->vm;
	int err = vm->ops->htab_alloc(vm->engine, p->agreed.radix ? 0 : p->hpt_order);

	if (err)
		return err;
	papr_set_radix(p->papr, p->agreed.radix);
	if (p->dual)
		irqchip_dual_select(p->dual, p->agreed.xive);
	return 0;
}

static int cas_post_load(void *obj, struct error *e)
{
	struct pseries *p = container_of(obj, struct pseries, agreed);

	if (!agreed_possible(p, &p->agreed) || apply(p))
		return error_set(e, -EINVAL, "the saved state has options that this machine lacks");
	return 0;
}

void pseries_cas_register_state(struct pseries *p)
{
	/* before memory and hash table, whose place it decides on */
	vm_add_early_state(p->vm, &cas_table, 0, &p->agreed, NULL);
}

int pseries_cas_reset(struct pseries *p)
{
	bool fixed = p->start == PSERIES_START_FDT;

	p->agreed = (struct pseries_agreed){
		.done = fixed,
		.radix = p->can_radix,
		/* firmware meets the older one; a tree without negotiation has the better one */
		.xive = p->can_xive && (fixed || !p->can_xics),
		.level = p->top_level,
		.form1 = fixed,
	};
	return apply(p);
}

/* --- the guest's vectors --- */
enum {
	MAX_PVRS = 256,
	VECTOR5 = 5,
	VECTOR5_BYTES = 32, /* more than any byte that is looked at */
	/* byte 5 */
	FORM1_AFFINITY = 0x80,
	/* byte 23: interrupt modes; byte 24: MMU */
	MODE_MASK = 0xc0,
	MODE_OLD = 0x00, /* XICS; hash */
	MODE_NEW = 0x40, /* XIVE exploitation; radix */
	MODE_EITHER = 0x80,
};

struct request {
	bool knows_2_07, knows_3_00, knows_this;
	u8 vector5[VECTOR5_BYTES]; /* by byte number, from 1 on as LoPAPR counts; absent ones are 0
				    */
};

static void note_pvr(const struct pseries *p, struct request *r, u32 mask, u32 pvr)
{
	if (mask == 0xffffffff && pvr == PSERIES_LEVEL_2_07)
		r->knows_2_07 = true;
	else if (mask == 0xffffffff && pvr == PSERIES_LEVEL_3_00)
		r->knows_3_00 = true;
	else if ((p->config.model->pvr & mask) == (pvr & mask))
		r->knows_this = true;
}

/* Pairs of mask and value; the one whose value has bits that its mask has not is the last. */
static int read_pvrs(struct pseries *p, u64 *at, struct request *r)
{
	u8 pair[8];

	for (u32 i = 0; i < MAX_PVRS; i++) {
		if (vm_mem_read(p->vm, *at, pair, sizeof(pair)))
			return -EFAULT;
		*at += sizeof(pair);
		if (ld_be32(pair + 4) & ~ld_be32(pair))
			return 0;
		note_pvr(p, r, ld_be32(pair), ld_be32(pair + 4));
	}
	return -EINVAL;
}

/* The number of vectors less one, then each: the number of its bytes less one, its bytes. */
static int read_vectors(struct pseries *p, u64 at, struct request *r)
{
	u8 count, len;

	if (vm_mem_read(p->vm, at++, &count, 1))
		return -EFAULT;
	for (u32 v = 1; v <= count + 1u && v <= VECTOR5; v++) {
		u32 bytes;

		if (vm_mem_read(p->vm, at++, &len, 1))
			return -EFAULT;
		bytes = len + 1u;
		if (v == VECTOR5 &&
		    vm_mem_read(p->vm, at, r->vector5 + 1,
				bytes < VECTOR5_BYTES - 1 ? bytes : VECTOR5_BYTES - 1))
			return -EFAULT;
		at += bytes;
	}
	return 0;
}

/* --- the decision --- */
/* Of two modes that the machine may have both or one of; -1: no agreement. A guest that leaves it
 * to the machine gets the new one. */
static int choose(u8 wish, bool can_old, bool can_new)
{
	switch (wish & MODE_MASK) {
	case MODE_OLD:
		return can_old ? 0 : -1;
	case MODE_NEW:
		return can_new ? 1 : -1;
	case MODE_EITHER:
		return can_new;
	default:
		return -1;
	}
}

static int decide(const struct pseries *p, const struct request *r, struct pseries_agreed *a)
{
	/* a guest that knows the older level only knows neither radix nor XIVE */
	bool knows_top = p->top_level == PSERIES_LEVEL_3_00 ? r->knows_3_00 : r->knows_2_07;
	bool old = !knows_top && !r->knows_this;
	int radix, xive;

	if (old && !r->knows_2_07)
		return -EINVAL;
	radix = choose(old ? MODE_OLD : r->vector5[24], p->can_hash, p->can_radix);
	xive = choose(old ? MODE_OLD : r->vector5[23], p->can_xics, p->can_xive);
	if (radix < 0 || xive < 0)
		return -EINVAL;
	*a = (struct pseries_agreed){
		.done = 1,
		.radix = (u32)radix,
		.xive = (u32)xive,
		.level = old ? PSERIES_LEVEL_2_07 : p->top_level,
		.form1 = !!(r->vector5[5] & FORM1_AFFINITY),
	};
	return 0;
}

/* What was agreed on leaves no table of the time before. */
s64 pseries_cas(struct pseries *p, struct vcpu *vcpu, u64 vectors)
{
	struct request r = {0};
	struct pseries_agreed a;

	for (u32 i = 0; i < p->vm->nr_vcpus; i++)
		if (i != vcpu->index && vcpu_get_state(&p->vm->vcpus[i]) != VCPU_STOPPED)
			return H_MULTI_THREADS_ACTIVE;
	if (read_pvrs(p, &vectors, &r) || read_vectors(p, vectors, &r))
		return H_PARAMETER;
	if (decide(p, &r, &a)) {
		log_printf(LOG_GUEST,
			   "cas: the guest wants what this machine has not: interrupts 0x%x, MMU "
			   "0x%x\n",
			   r.vector5[23], r.vector5[24]);
		return H_HARDWARE;
	}
	p->agreed = a;
	return apply(p) ? H_HARDWARE : H_SUCCESS;
}

/* --- H_CAS: firmware's way --- */
enum { CAS_HEADER = 4, CAS_VERSION = 1 };

/* Vectors, buffer, size of the buffer: a version word and the whole tree come back. */
static s64 h_cas(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	struct pseries *p = opaque;
	struct vm *vm = p->vm;
	u64 buffer = args[1], size = args[2];
	struct error e;
	u8 header[CAS_HEADER];
	void *fdt;
	s64 ret;

	if (size < CAS_HEADER || !vm_mem_ptr(vm, buffer, size))
		return H_PARAMETER;
	ret = pseries_cas(p, vcpu, args[0] & PSERIES_REAL_MASK);
	if (ret != H_SUCCESS)
		return ret;
	fdt = os_alloc(PSERIES_FDT_MAX);
	if (!fdt)
		return H_NO_MEM;
	st_be32(header, CAS_VERSION);
	if (pseries_build_fdt(p, fdt, PSERIES_FDT_MAX, &e) ||
	    fdt_totalsize(fdt) > size - CAS_HEADER)
		ret = H_NO_MEM;
	if (ret == H_SUCCESS && (vm_mem_write(vm, buffer, header, CAS_HEADER) ||
				 vm_mem_write(vm, buffer + CAS_HEADER, fdt, fdt_totalsize(fdt))))
		ret = H_PARAMETER;
	os_free(fdt);
	return ret;
}

/* Firmware shows its final tree before the kernel runs. Nothing here needs it: a check is all. */
static s64 h_update_dt(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	struct vm *vm = vcpu->vm;
	struct fdt_header head;
	s64 ret = H_PARAMETER;
	u32 size;
	void *copy;

	if (vm_mem_read(vm, args[0], &head, sizeof(head)) || fdt_magic(&head) != FDT_MAGIC)
		return H_PARAMETER;
	size = fdt_totalsize(&head);
	if (size < sizeof(head) || size > PSERIES_FDT_MAX)
		return H_PARAMETER;
	copy = os_alloc(size);
	if (!copy)
		return H_NO_MEM;
	/* a copy, since the guest's own may change under the check */
	if (!vm_mem_read(vm, args[0], copy, size) && !fdt_check_full(copy, size))
		ret = H_SUCCESS;
	os_free(copy);
	return ret;
}

void pseries_cas_register(struct pseries *p)
{
	hcall_register(p->vm, H_CAS, "H_CAS", h_cas, p, 0);
	hcall_register(p->vm, H_UPDATE_DT, "H_UPDATE_DT", h_update_dt, p, 0);
}

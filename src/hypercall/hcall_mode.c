// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Hypercalls that set processor registers a guest may not touch itself, and those that answer
 * questions: H_SET_MODE, H_SET_SPRG0, H_SET_DABR, H_SET_XDABR, H_REGISTER_PROC_TBL,
 * H_SIGNAL_SYS_RESET, H_RANDOM, H_HOME_NODE_ASSOCIATIVITY, H_GET_CPU_CHARACTERISTICS. LoPAPR 14.5.4
 * and 14.13; ACR of the POWER9 calls as Linux's users document them.
 */
#include "hypercall/hypercall.h"
#include "isa/msr.h"
#include "isa/onereg.h"
#include "isa/papr.h"

enum { MODE_CIABR = 1, MODE_DAWR0 = 2, MODE_AIL = 3, MODE_LE_RESOURCE = 4 };
enum { CIABR_PRIV_MASK = 3, CIABR_PRIV_HYP = 3 };
enum {
	DAWRX_USER = 1,
	DAWRX_KERNEL = 2,
	DAWRX_HYP = 4,
	DAWRX_WTI = 8,
	DAWRX_WT = 0x10,
	DAWRX_DR = 0x20,
	DAWRX_DW = 0x40,
};
enum { DABR_READ = 1, DABR_WRITE = 2, DABR_TRANSLATED = 4, DABRX_MASK = 15, DABRX_BTI = 8 };
enum { SPRN_SPRG0 = 272 };

int papr_configure_lpcr(struct papr *p)
{
	return p->vm->ops->configure(p->vm->engine, ENGINE_CFG_LPCR, LPCR_AIL_MASK | LPCR_ILE,
				     p->state.lpcr);
}

static s64 set_lpcr(struct papr *p, u64 mask, u64 value)
{
	p->state.lpcr = (p->state.lpcr & ~mask) | value;
	return papr_configure_lpcr(p) ? H_HARDWARE : H_SUCCESS;
}

static s64 set_endian(struct papr *p, u64 flags)
{
	if (flags > 1)
		return H_UNSUPPORTED_FLAG;
	if (p->config.set_byte_order)
		p->config.set_byte_order(p->config.byte_order_opaque, flags);
	return set_lpcr(p, LPCR_ILE, flags ? LPCR_ILE : 0);
}

static s64 set_interrupt_location(struct papr *p, u64 flags)
{
	if (flags == 1 || flags > 3)
		return H_UNSUPPORTED_FLAG;
	return set_lpcr(p, LPCR_AIL_MASK, flags << LPCR_AIL_SHIFT);
}

static s64 h_set_mode(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	u64 flags = args[0], value1 = args[2], value2 = args[3];

	switch (args[1]) {
	case MODE_CIABR:
		if (flags)
			return H_UNSUPPORTED_FLAG;
		if (value2)
			return H_P4;
		if ((value1 & CIABR_PRIV_MASK) == CIABR_PRIV_HYP)
			return H_P3;
		vcpu_set(vcpu, ONEREG_CIABR, value1);
		return H_SUCCESS;
	case MODE_DAWR0:
		if (flags)
			return H_UNSUPPORTED_FLAG;
		if (value2 & DAWRX_HYP)
			return H_P4;
		vcpu_set(vcpu, ONEREG_DAWR, value1);
		vcpu_set(vcpu, ONEREG_DAWRX, value2);
		return H_SUCCESS;
	case MODE_AIL:
	case MODE_LE_RESOURCE:
		if (value1)
			return H_P3;
		if (value2)
			return H_P4;
		return args[1] == MODE_AIL ? set_interrupt_location(opaque, flags)
					   : set_endian(opaque, flags);
	default:
		return H_P2;
	}
}

static s64 h_set_sprg0(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	vcpu_set(vcpu, ONEREG_SPR(SPRN_SPRG0), args[0]);
	return H_SUCCESS;
}

/* POWER8 and later have a DAWR in the DABR's place; it matches doublewords all the same. */
static void set_breakpoint(struct vcpu *vcpu, u64 dabr, u64 dabrx)
{
	u64 x = dabrx & (DAWRX_USER | DAWRX_KERNEL);

	x |= dabr & DABR_READ ? DAWRX_DR : 0;
	x |= dabr & DABR_WRITE ? DAWRX_DW : 0;
	x |= dabr & DABR_TRANSLATED ? DAWRX_WT : 0;
	x |= dabrx & DABRX_BTI ? DAWRX_WTI : 0;
	vcpu_set(vcpu, ONEREG_DAWR, dabr & ~7ull);
	vcpu_set(vcpu, ONEREG_DAWRX, x);
}

static s64 h_set_dabr(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	set_breakpoint(vcpu, args[0], DAWRX_USER | DAWRX_KERNEL);
	return H_SUCCESS;
}

static s64 h_set_xdabr(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	u64 dabrx = args[1];

	if ((dabrx & ~(u64)DABRX_MASK) || (dabrx & DAWRX_HYP) || !(dabrx & 3))
		return H_PARAMETER;
	set_breakpoint(vcpu, args[0], dabrx);
	return H_SUCCESS;
}

enum {
	PROC_TBL_GTSE = 0x01,
	PROC_TBL_SEGMENT_TABLE = 0x02,
	PROC_TBL_RADIX = 0x04,
	PROC_TBL_NEW = 0x08,
	PROC_TBL_MODIFY = 0x10,
	PROC_TBL_ALL = 0x1f,
	PROC_TBL_MAX_SIZE = 24,
};

/* A process table: flags say which kind of translation it serves; without MODIFY only the flags
 * change. Segment tables (hash through a process table) are not offered in the tree. */
static s64 h_register_proc_tbl(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	struct papr *p = opaque;
	struct vm *vm = p->vm;
	u64 flags = args[0], table = args[1], page_size = args[2], size = args[3];
	u64 entry = p->state.proc_table, mmu = 0;

	if (flags & ~(u64)PROC_TBL_ALL)
		return H_PARAMETER;
	if (!!(flags & PROC_TBL_RADIX) != p->config.radix || (flags & PROC_TBL_SEGMENT_TABLE))
		return H_PARAMETER;
	if (flags & PROC_TBL_MODIFY) {
		if (!(flags & PROC_TBL_NEW)) {
			if (table || page_size || size)
				return H_PARAMETER;
			entry = 0;
		} else if (flags & PROC_TBL_RADIX) {
			if ((table & 0xfff) || table >> 60)
				return H_P2;
			if (page_size)
				return H_P3;
			if (size > PROC_TBL_MAX_SIZE || !vm_mem_ptr(vm, table, 1ull << (size + 12)))
				return H_P4;
			entry = table | size;
		}
	}
	if (flags & PROC_TBL_RADIX)
		mmu |= ENGINE_V3_RADIX;
	if (flags & PROC_TBL_GTSE)
		mmu |= ENGINE_V3_GTSE;
	if (vm->ops->configure(vm->engine, ENGINE_CFG_V3_MMU, mmu, entry))
		return H_PARAMETER;
	p->state.proc_table = entry;
	p->state.mmu_flags = mmu;
	return H_SUCCESS;
}

static s64 h_signal_sys_reset(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	struct vm *vm = vcpu->vm;
	s64 target = (s64)args[0];

	if (target < -2 || target >= (s64)vm->nr_vcpus)
		return H_PARAMETER;
	for (u32 i = 0; i < vm->nr_vcpus; i++)
		if (target == -1 || target == i || (target == -2 && i != vcpu->index))
			vm->ops->set_line(vm->vcpus[i].engine, ENGINE_LINE_SRESET, true);
	return H_SUCCESS;
}

static s64 h_random(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	const struct input_source *in = vcpu->vm->input;

	in->random(in->opaque, &args[0], sizeof(args[0]));
	return H_SUCCESS;
}

/* One node: the domains above a processor are 0, its own number last; 31-bit numbers, packed two
 * to a register, then all ones. */
static s64 h_home_node_associativity(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	u64 flags = args[0], cpu = args[1];

	if (flags != 1)
		return H_FUNCTION;
	if (cpu >= vcpu->vm->nr_vcpus)
		return H_P2;
	args[0] = 0;
	args[1] = 0;
	args[2] = cpu << 32 | 0xffffffff;
	for (int i = 3; i < 6; i++)
		args[i] = ~0ull;
	return H_SUCCESS;
}

/* An emulated processor speculates nothing across a privilege boundary: nothing is to be flushed
 * and there is no behaviour to ask for. */
static s64 h_get_cpu_characteristics(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	args[0] = 0;
	args[1] = 0;
	return H_SUCCESS;
}

void papr_register_mode_calls(struct papr *p)
{
	struct vm *vm = p->vm;

	hcall_register(vm, H_SET_MODE, "H_SET_MODE", h_set_mode, p, 0);
	hcall_register(vm, H_SET_SPRG0, "H_SET_SPRG0", h_set_sprg0, p, CALL_NO_LOCK);
	hcall_register(vm, H_SET_DABR, "H_SET_DABR", h_set_dabr, p, CALL_NO_LOCK);
	hcall_register(vm, H_SET_XDABR, "H_SET_XDABR", h_set_xdabr, p, CALL_NO_LOCK);
	hcall_register(vm, H_REGISTER_PROC_TBL, "H_REGISTER_PROC_TBL", h_register_proc_tbl, p, 0);
	hcall_register(vm, H_SIGNAL_SYS_RESET, "H_SIGNAL_SYS_RESET", h_signal_sys_reset, p, 0);
	hcall_register(vm, H_RANDOM, "H_RANDOM", h_random, p, CALL_NO_LOCK);
	hcall_register(vm, H_HOME_NODE_ASSOCIATIVITY, "H_HOME_NODE_ASSOCIATIVITY",
		       h_home_node_associativity, p, CALL_NO_LOCK);
	hcall_register(vm, H_GET_CPU_CHARACTERISTICS, "H_GET_CPU_CHARACTERISTICS",
		       h_get_cpu_characteristics, p, CALL_NO_LOCK);
}

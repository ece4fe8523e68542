/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What runs a guest: KVM's shape (DESIGN, "The engine interface is KVM's"). Nothing above this
 * header knows which engine runs; engine/ has one file per implementation.
 *
 * Threads. vm-wide operations come from any thread, one at a time unless an operation says "any
 * thread, any time". Operations on a vCPU come from its own thread while it is outside run(), or
 * from any thread while the vCPU is known to be outside run() and stays there; kick() and
 * set_line() come from any thread at any time.
 *
 * Registers: KVM_REG_PPC_* ids (isa/onereg.h); the size is part of the id, values are in host
 * byte order.
 */
#ifndef VM_ENGINE_H
#define VM_ENGINE_H

#include "base/types.h"
#include "vm/exit.h"
#include "vm/input.h"

struct code_log;
struct cpu_model;
struct engine_vm;   /* the engine's own */
struct engine_vcpu; /* the engine's own */
struct engine_device;

/* What the platform above is; fixed when the vm is created. */
struct engine_vm_config {
	const struct input_source *input; /* never NULL; outlives the vm */
	u64 tb_hz;			  /* time base frequency */
	u32 max_vcpus;
	u32 threads; /* of a core, a power of two; vCPU n is thread n % threads of its core */
	bool papr;   /* sc 1 is a hypercall; privileged state is a PAPR guest's (no MSR[HV]) */
	bool icount; /* time and interrupts follow the instruction count (one vCPU only) */
	const struct code_log *code_log; /* NULL: nobody asks; outlives the vm */
	bool stats;			 /* count also what costs time to count, for stats() */
	/* Does a device answer anywhere in [gpa, gpa + len), which is no memory? What a hash table
	 * entry may map. NULL: no device anywhere. Any thread, any time. */
	bool (*is_io)(void *opaque, u64 gpa, u64 len);
	void *is_io_opaque;
	const char *options; /* rest of --engine NAME,…: "key=value,…"; NULL = none */
};

/* --- memory --- */
enum engine_slot_flag {
	ENGINE_SLOT_LOG_DIRTY = 1 << 0,
	ENGINE_SLOT_READONLY = 1 << 1, /* stores exit as MMIO */
};

struct engine_slot {
	u32 id;	   /* below ENGINE_MAX_SLOTS */
	u32 flags; /* enum engine_slot_flag */
	u64 gpa;   /* guest real address; gpa, size and host are multiples of 64 KiB */
	u64 size;  /* 0 deletes the slot */
	void *host;
};
enum { ENGINE_MAX_SLOTS = 64, ENGINE_SLOT_ALIGN = 1 << 16, ENGINE_DIRTY_PAGE = 1 << 12 };

/* --- interrupts --- */
/* Input pins of a vCPU; levels, except SRESET which is an edge. */
enum engine_line {
	ENGINE_LINE_EXTERNAL,
	ENGINE_LINE_CRITICAL,
	ENGINE_LINE_MCHECK,
	ENGINE_LINE_SRESET,
	ENGINE_LINE_COUNT
};

/* Interrupt controllers that an engine may have inside (KVM_DEV_TYPE_*). */
enum engine_device_type { ENGINE_DEV_XICS, ENGINE_DEV_XIVE, ENGINE_DEV_MPIC };

/* --- configuration of a running vm: KVM_ENABLE_CAP, KVM_PPC_CONFIGURE_V3_MMU --- */
enum engine_config {
	ENGINE_CFG_V3_MMU,	/* a = enum engine_v3_mmu bits, b = process table (PRTS image of
				 * H_REGISTER_PROC_TBL: address | size) */
	ENGINE_CFG_HCALL,	/* a = hypercall, b = 1: serve it inside when you can, 0: exit */
	ENGINE_CFG_LPCR,	/* a = mask, b = value of the bits: for every vCPU, now */
	ENGINE_CFG_ENTRY_PSIZE, /* hash: a = log2 page size of the VRMA */
	ENGINE_CFG_COUNT
};
enum engine_v3_mmu { ENGINE_V3_RADIX = 1 << 0, ENGINE_V3_GTSE = 1 << 1 };

/* --- hash page table (KVM_PPC_GET_HTAB_FD): entries are pairs of u64 in host order --- */
struct engine_hpte {
	u64 v, r;
};

/* --- debugging (KVM_SET_GUEST_DEBUG) --- */
enum engine_debug_status {
	ENGINE_DEBUG_BREAK = 1 << 0,
	ENGINE_DEBUG_STEP = 1 << 1,
	ENGINE_DEBUG_READ = 1 << 2,
	ENGINE_DEBUG_WRITE = 1 << 3,
};
struct engine_debug_point {
	u64 address;
	u32 len;
	u32 kind; /* enum engine_debug_status, not STEP */
};
struct engine_debug {
	bool enable, single_step;
	const struct engine_debug_point *points;
	u32 nr_points;
};

typedef void engine_stat_fn(void *opaque, const char *name, u64 value);

/* Interrupt controllers inside the engine; those without any have one table in common. */
struct engine_irqchip_ops {
	/* -ENODEV: there is none, run it above. */
	int (*create)(struct engine_vm *vm, enum engine_device_type type,
		      struct engine_device **dev);
	void (*destroy)(struct engine_device *dev);
	/* KVM_{SET,GET}_DEVICE_ATTR of that device type. */
	int (*attr)(struct engine_device *dev, bool set, u32 group, u64 attr, void *data);
	/* Connect a vCPU as interrupt server number `server`. */
	int (*connect)(struct engine_device *dev, struct engine_vcpu *vcpu, u32 server);
	/* Let the guest reach the device's pages [offset, offset+size) at gpa (XIVE: TIMA, ESBs);
	 * such accesses do not exit. size 0 removes the window at gpa. */
	int (*map)(struct engine_device *dev, u64 offset, u64 gpa, u64 size);
	/* An input of the in-engine controller (KVM_IRQ_LINE). Any thread, any time. */
	int (*set_irq)(struct engine_vm *vm, u32 irq, bool level);
};
extern const struct engine_irqchip_ops engine_no_irqchip;

/* Every slot is filled; what an engine lacks returns -ENOTSUP. All return 0 or -errno. */
struct engine_ops {
	const char *name, *help;

	int (*vm_create)(const struct engine_vm_config *config, struct engine_vm **vm);
	void (*vm_destroy)(struct engine_vm *vm); /* after all its vCPUs */
	int (*vcpu_create)(struct engine_vm *vm, u32 index, const struct cpu_model *model,
			   struct engine_vcpu **vcpu);
	void (*vcpu_destroy)(struct engine_vcpu *vcpu);
	/* Registers as after power-on; forgets what the last run() left to complete. */
	void (*vcpu_reset)(struct engine_vcpu *vcpu);

	/* Run until something needs the caller; blocks while the vCPU is idle. */
	int (*run)(struct engine_vcpu *vcpu, struct vm_exit *exit);
	/* Make run() return VM_EXIT_INTR soon, or at once when it is called next. Any thread, any
	 * time. */
	void (*kick)(struct engine_vcpu *vcpu);

	int (*get_reg)(struct engine_vcpu *vcpu, u64 id, void *value);
	int (*set_reg)(struct engine_vcpu *vcpu, u64 id, const void *value);
	int (*set_debug)(struct engine_vcpu *vcpu, const struct engine_debug *debug);

	int (*set_slot)(struct engine_vm *vm, const struct engine_slot *slot);
	/* Fetch a slot's dirty bits (one per ENGINE_DIRTY_PAGE, bit 0 of word 0 first) since they
	 * were cleared last; clear them when asked. */
	int (*dirty_log)(struct engine_vm *vm, u32 slot, u64 *bitmap, bool clear);
	/* Someone outside a vCPU (a device, a loader) wrote [gpa, gpa+len) of a slot: drop
	 * translations of it, mark it dirty. Any thread, any time. */
	void (*memory_written)(struct engine_vm *vm, u64 gpa, u64 len);

	/* A pin of a vCPU, for interrupt controllers above the engine. Any thread, any time. */
	void (*set_line)(struct engine_vcpu *vcpu, enum engine_line line, bool level);

	const struct engine_irqchip_ops *irqchip;

	int (*configure)(struct engine_vm *vm, enum engine_config what, u64 a, u64 b);

	/* Give the guest a hash table of 2^order bytes, empty; 0 = none (radix). */
	int (*htab_alloc)(struct engine_vm *vm, u32 order);
	/* Read entries from `index` on; returns how many were stored (0: past the end) or -errno.
	 */
	s64 (*htab_read)(struct engine_vm *vm, u64 index, struct engine_hpte *hpte, u64 count);
	s64 (*htab_write)(struct engine_vm *vm, u64 index, const struct engine_hpte *hpte,
			  u64 count);

	/* Counters of a vCPU (vcpu != NULL) or of the vm. */
	void (*stats)(struct engine_vm *vm, struct engine_vcpu *vcpu, engine_stat_fn *fn,
		      void *opaque);
};

#endif

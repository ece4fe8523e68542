/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the translator engine share; see translator.c. */
#ifndef ENGINE_TRANSLATOR_PRIVATE_H
#define ENGINE_TRANSLATOR_PRIVATE_H

#include "engine/translator.h"
#include "engine/translator_slots.h"
#include "pv/sched.h"
#include "translator/translator.h"

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

/* translator_host.c */
void xl_host_init(struct engine_vm *vm);
int xl_sched_init(struct engine_vm *vm);

/* translator_vcpu.c: slots of struct engine_ops. */
int xl_vcpu_create(struct engine_vm *vm, u32 index, const struct cpu_model *model,
		   struct engine_vcpu **out);
void xl_vcpu_destroy(struct engine_vcpu *v);
void xl_vcpu_reset(struct engine_vcpu *v);
int xl_run(struct engine_vcpu *v, struct vm_exit *exit);
void xl_kick(struct engine_vcpu *v);
int xl_get_reg(struct engine_vcpu *v, u64 id, void *value);
int xl_set_reg(struct engine_vcpu *v, u64 id, const void *value);
int xl_set_debug(struct engine_vcpu *v, const struct engine_debug *debug);
void xl_set_line(struct engine_vcpu *v, enum engine_line line, bool level);

#endif

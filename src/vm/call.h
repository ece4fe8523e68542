/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tables where hypercalls and RTAS calls register. Whoever implements a call registers it when
 * the machine is built; registering a number twice asserts. Handlers run on the calling vCPU's
 * thread under the machine's lock unless they say otherwise.
 */
#ifndef VM_CALL_H
#define VM_CALL_H

#include "base/types.h"

struct vm;
struct vcpu;

enum call_flag { CALL_NO_LOCK = 1 << 0 };

/* args: r4..r12, in and out. The result goes to r3. */
typedef s64 hcall_fn(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args);

struct hcall {
	const char *name;
	hcall_fn *fn;
	void *opaque;
	u32 flags; /* enum call_flag */
};

/* Numbers: 0..0x7fc in steps of 4 (PAPR), 0xf000..0xf0ff (private). */
enum { HCALL_PAPR_COUNT = 0x800 / 4, HCALL_PRIVATE_BASE = 0xf000, HCALL_PRIVATE_COUNT = 0x100 };
struct hcall_table {
	struct hcall papr[HCALL_PAPR_COUNT];
	struct hcall priv[HCALL_PRIVATE_COUNT];
};

void hcall_register(struct vm *vm, u64 nr, const char *name, hcall_fn *fn, void *opaque, u32 flags);
/* NULL: nobody registered that number. */
const struct hcall *hcall_find(const struct vm *vm, u64 nr);
/* H_FUNCTION when nobody answers. */
s64 hcall_dispatch(struct vcpu *vcpu, u64 nr, u64 *args);

/* rets[0] is the status, 0 beforehand like the others. */
typedef void rtas_fn(void *opaque, struct vcpu *vcpu, const u32 *args, u32 *rets);

struct rtas_call {
	const char *name; /* property of /rtas */
	rtas_fn *fn;
	void *opaque;
	u32 min_args, min_rets; /* fewer: the call fails with a parameter error */
};

enum { RTAS_TOKEN_BASE = 0x2000, RTAS_MAX_CALLS = 96, RTAS_MAX_WORDS = 16 };
struct rtas_table {
	u32 count;
	struct rtas_call calls[RTAS_MAX_CALLS];
};

/* Returns the token. */
u32 rtas_register(struct vm *vm, const char *name, u32 min_args, u32 min_rets, rtas_fn *fn,
		  void *opaque);
const struct rtas_call *rtas_find(const struct vm *vm, u32 token);

#endif

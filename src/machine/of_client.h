/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The client interface of Open Firmware (IEEE 1275-1994, 6.3; PowerPC binding 2.1), served here
 * instead of by firmware in the guest. The guest calls a stub, which makes the hypercall H_CLIENT
 * with the address of an argument block: big-endian words in real memory.
 *
 * What the guest hands over is hostile. Everything runs under the machine's lock.
 */
#ifndef MACHINE_OF_CLIENT_H
#define MACHINE_OF_CLIENT_H

#include "base/savestate.h"
#include "machine/of_tree.h"
#include "vm/vm.h"

/* What the machine does for it. */
struct of_client_ops {
	/* The machine's flattened tree of the moment, of os_alloc; NULL: no memory. */
	void *(*tree)(void *opaque);
	/* ibm,client-architecture-support: 0, or it failed. The tree may be another afterwards. */
	s64 (*support)(void *opaque, struct vcpu *vcpu, u64 vectors);
	/* instantiate-rtas: its entry point, 0 = there is no place. */
	u32 (*instantiate_rtas)(void *opaque, u64 gpa);
	void (*write)(void *opaque, const u8 *buf, u32 len);
	u32 (*read)(void *opaque, u8 *buf, u32 max);
	const char *console; /* path of what write() and read() are; NULL = there is none */
};

enum { OF_MAX_CLAIMS = 128, OF_MAX_INSTANCES = 32, OF_JOURNAL_BYTES = 16384 };

struct of_client_state {
	/* Memory that is taken: from, to; sorted, apart from each other. */
	u64 claims[2 * OF_MAX_CLAIMS];
	u32 nr_claims;
	u32 instances[OF_MAX_INSTANCES]; /* handles of open nodes; 0 = free */
	/* What the guest set: handle, lengths of name (with NUL) and value, both. */
	u32 journal_len;
	u8 journal[OF_JOURNAL_BYTES];
};

struct of_client {
	struct vm *vm;
	const struct of_client_ops *ops;
	void *opaque;
	u64 memory_top; /* that can be claimed */
	struct of_tree tree;
	u8 console[4], cpu[4]; /* properties of /chosen: instances */
	struct of_client_state state;
};

/* Registers H_CLIENT and the state. NULL: no memory. */
struct of_client *of_client_create(struct vm *vm, const struct of_client_ops *ops, void *opaque,
				   u64 memory_top);
void of_client_destroy(struct of_client *c);
/* As before the guest's first call; ranges (from, to; `count` of them) are taken. 0 or -errno. */
int of_client_reset(struct of_client *c, const u64 *ranges, u32 count);

/* For services: of_memory.c. */
#define OF_ERROR 0xffffffffu
u32 of_claim(struct of_client *c, u64 addr, u64 size, u64 align);
bool of_release(struct of_client *c, u64 addr, u64 size);
bool of_claims_valid(const struct of_client_state *s);

/* Perform the call whose argument block is at gpa; 0 or -1. */
s64 of_client_call(struct of_client *c, struct vcpu *vcpu, u64 gpa);

#endif

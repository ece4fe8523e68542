// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Error injection (LoPAPR 7.3.17): a guest opens the facility, arms errors on the bus of an
 * endpoint with a work buffer that says where, and closes it. The first access that matches is the
 * error: it does not happen, and the endpoint stops.
 */
#include "bus/spapr_pci.h"
#include "isa/papr.h"
#include "vm/vm.h"

enum { TOKEN_IOA_BUS = 7, TOKEN_IOA_BUS_64 = 15 };
/* Statuses of these calls. */
enum { NOT_OPEN = -1, ALREADY_OPEN = -4, BAD_TOKEN = -3 };
enum { WORDS_32 = 7, WORDS_64 = 9, BUFFER_ALIGN = 1024 };

const struct spapr_errinjct spapr_errinjct_tokens[SPAPR_ERRINJCT_TOKENS] = {
	{"ioa-bus-error", TOKEN_IOA_BUS},
	{"ioa-bus-error-64", TOKEN_IOA_BUS_64},
};

/* The functions of an IOA bus error, by twos: address parity, data parity; DMA has aborts, too. */
static const u8 functions[20] = {
	PE_INJECT_LOAD_MEM,  PE_INJECT_LOAD_MEM,     PE_INJECT_LOAD_IO,
	PE_INJECT_LOAD_IO,   PE_INJECT_LOAD_CONFIG,  PE_INJECT_LOAD_CONFIG,
	PE_INJECT_STORE_MEM, PE_INJECT_STORE_MEM,    PE_INJECT_STORE_IO,
	PE_INJECT_STORE_IO,  PE_INJECT_STORE_CONFIG, PE_INJECT_STORE_CONFIG,
	PE_INJECT_DMA_READ,  PE_INJECT_DMA_READ,     PE_INJECT_DMA_READ,
	PE_INJECT_DMA_READ,  PE_INJECT_DMA_WRITE,    PE_INJECT_DMA_WRITE,
	PE_INJECT_DMA_WRITE, PE_INJECT_DMA_WRITE,
};

/* rets: open token, status (in that order) */
static void rtas_open(void *opaque, struct vcpu *vcpu, const u32 *args, u32 *rets)
{
	struct spapr_pci *s = opaque;

	if (s->state.errinjct_token) {
		rets[1] = (u32)ALREADY_OPEN;
		return;
	}
	s->state.errinjct_token = ++s->state.errinjct_count | 0x10000;
	rets[0] = s->state.errinjct_token;
}

/* args: open token */
static void rtas_close(void *opaque, struct vcpu *vcpu, const u32 *args, u32 *rets)
{
	struct spapr_pci *s = opaque;

	if (!s->state.errinjct_token || args[0] != s->state.errinjct_token)
		rets[0] = (u32)(s->state.errinjct_token ? BAD_TOKEN : NOT_OPEN);
	else
		s->state.errinjct_token = 0;
}

/* args: error, open token, work buffer */
static void rtas_errinjct(void *opaque, struct vcpu *vcpu, const u32 *args, u32 *rets)
{
	struct spapr_pci *s = opaque;
	bool wide = args[0] == TOKEN_IOA_BUS_64;
	u32 words = wide ? WORDS_64 : WORDS_32, w[WORDS_64], *rest = w + (wide ? 4 : 2);
	struct pe *pe;

	rets[0] = (u32)RTAS_PARAMETER;
	if (!s->state.errinjct_token || args[1] != s->state.errinjct_token) {
		rets[0] = (u32)(s->state.errinjct_token ? ALREADY_OPEN : NOT_OPEN);
		return;
	}
	if ((args[0] != TOKEN_IOA_BUS && !wide) || args[2] % BUFFER_ALIGN)
		return;
	for (u32 i = 0; i < words; i++)
		if (vm_mem_ld32(vcpu->vm, args[2] + 4ull * i, &w[i]))
			return;
	/* address, mask, then: configuration address, BUID (2), function, operation */
	pe = spapr_pci_pe(s, rest[0], (u64)rest[1] << 32 | rest[2]);
	if (!pe || rest[3] >= ARRAY_SIZE(functions))
		return;
	pe_arm(pe, functions[rest[3]], wide ? (u64)w[0] << 32 | w[1] : w[0],
	       wide ? (u64)w[2] << 32 | w[3] : w[1]);
	rets[0] = RTAS_SUCCESS;
}

void spapr_pci_register_errinjct(struct spapr_pci *s)
{
	rtas_register(s->vm, "ibm,open-errinjct", 0, 2, rtas_open, s);
	rtas_register(s->vm, "ibm,close-errinjct", 1, 1, rtas_close, s);
	rtas_register(s->vm, "ibm,errinjct", 3, 1, rtas_errinjct, s);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the controllers of a PAPR platform have in common above their cores. */
#ifndef IRQCHIP_COMMON_H
#define IRQCHIP_COMMON_H

#include "base/error.h"
#include "base/savestate.h"
#include "vm/vm.h"

/* Of the controller's node: what interrupt-parent and interrupt-map properties name. */
enum { IRQCHIP_PHANDLE = 0x1111 };

/* A saved section of one word, as KVM's registers of these controllers are. */
struct irqchip_word {
	u64 state;
};
extern const struct state_field irqchip_word_fields[1];
#define IRQCHIP_WORD_TABLE(text)                                                                   \
	{                                                                                          \
		.name = text, .size = sizeof(struct irqchip_word), .nr_fields = 1,                 \
		.fields = irqchip_word_fields,                                                     \
	}

/* The external interrupt pin of the processor that is interrupt server number `server`. */
void irqchip_set_line(struct vm *vm, u32 server, bool level);
/* May this processor be one of `servers` interrupt servers? */
int irqchip_check_server(const char *name, u32 servers, const struct vcpu *vcpu, struct error *e);
/* The properties of every interrupt controller node; 0 or a libfdt error. */
int irqchip_dt_properties(void *fdt, int node, u32 *phandle);
int irqchip_no_memory(struct error *e);

#endif

// SPDX-License-Identifier: GPL-2.0-or-later
/* xHCI: saved state. Endpoints' places stand in the guest's contexts. */
#include <errno.h>

#include "device/usb_xhci.h"

enum { RUN = 1 << 0, RESET = 1 << 1, HALTED = 1 << 0 };

static const struct state_field interrupter_fields[] = {
	STATE_FIELD(struct xhci_interrupter, table, STATE_U64),
	STATE_FIELD(struct xhci_interrupter, dequeue, STATE_U64),
	STATE_FIELD(struct xhci_interrupter, start, STATE_U64),
	STATE_FIELD(struct xhci_interrupter, management, STATE_U32),
	STATE_FIELD(struct xhci_interrupter, moderation, STATE_U32),
	STATE_FIELD(struct xhci_interrupter, table_size, STATE_U32),
	STATE_FIELD(struct xhci_interrupter, size, STATE_U32),
	STATE_FIELD(struct xhci_interrupter, enqueue, STATE_U32),
	STATE_FIELD(struct xhci_interrupter, cycle, STATE_U32),
	STATE_FIELD(struct xhci_interrupter, full, STATE_U32),
	STATE_FIELD(struct xhci_interrupter, pad, STATE_DERIVED),
};

static const struct state_table interrupter_table = {
	.name = "xhci/interrupter",
	.size = sizeof(struct xhci_interrupter),
	.nr_fields = ARRAY_SIZE(interrupter_fields),
	.fields = interrupter_fields,
};

static const struct state_field port_fields[] = {
	STATE_FIELD(struct xhci_port_state, status, STATE_U32),
	STATE_FIELD(struct xhci_port_state, power, STATE_U32),
};

static const struct state_table port_table = {
	.name = "xhci/port",
	.size = sizeof(struct xhci_port_state),
	.nr_fields = ARRAY_SIZE(port_fields),
	.fields = port_fields,
};

static const struct state_field slot_fields[] = {
	STATE_FIELD(struct xhci_slot_state, context, STATE_U64),
	STATE_FIELD(struct xhci_slot_state, enabled, STATE_U32),
	STATE_FIELD(struct xhci_slot_state, status, STATE_U32),
	STATE_FIELD(struct xhci_slot_state, port, STATE_U32),
	STATE_FIELD(struct xhci_slot_state, route, STATE_U32),
};

static const struct state_table slot_table = {
	.name = "xhci/slot",
	.size = sizeof(struct xhci_slot_state),
	.nr_fields = ARRAY_SIZE(slot_fields),
	.fields = slot_fields,
};

static const struct state_field fields[] = {
	STATE_FIELD(struct xhci_state, command, STATE_U32),
	STATE_FIELD(struct xhci_state, status, STATE_U32),
	STATE_FIELD(struct xhci_state, notify, STATE_U32),
	STATE_FIELD(struct xhci_state, config, STATE_U32),
	STATE_FIELD(struct xhci_state, command_ring, STATE_U64),
	STATE_FIELD(struct xhci_state, command_cycle, STATE_U32),
	STATE_FIELD(struct xhci_state, command_running, STATE_U32),
	STATE_FIELD(struct xhci_state, command_low, STATE_U32),
	STATE_FIELD(struct xhci_state, command_fresh, STATE_U32),
	STATE_FIELD(struct xhci_state, contexts, STATE_U64),
	STATE_STRUCT_ARRAY(struct xhci_state, interrupters, &interrupter_table),
	STATE_STRUCT_ARRAY(struct xhci_state, ports, &port_table),
	STATE_STRUCT_ARRAY(struct xhci_state, slots, &slot_table),
};

static int post_load(void *obj, struct error *e)
{
	struct xhci *x = container_of(obj, struct xhci, state);
	struct xhci_state *s = obj;
	bool good = s->command_cycle <= 1 && s->command_running <= 1 && !(s->command & RESET) &&
		    !(s->command & RUN) == !!(s->status & HALTED);

	for (u32 i = 0; i < XHCI_MAX_INTERRUPTERS; i++) {
		const struct xhci_interrupter *n = &s->interrupters[i];

		good &= n->size <= 4096 && n->cycle <= 1 && n->full <= 1 &&
			(n->size ? n->enqueue < n->size : !n->enqueue);
	}
	for (u32 i = 0; i <= XHCI_MAX_SLOTS; i++)
		good &= s->slots[i].enabled <= 1 && s->slots[i].status <= SLOT_CONFIGURED &&
			(s->slots[i].enabled || !s->slots[i].status);
	if (!good)
		return error_set(e, -EINVAL, "saved state of an xHCI controller is damaged");
	x->loaded = true;
	return 0;
}

const struct state_table xhci_qemu_table = {
	.name = "qemu-xhci",
	.size = sizeof(struct xhci_state),
	.nr_fields = ARRAY_SIZE(fields),
	.fields = fields,
	.post_load = post_load,
};

const struct state_table xhci_nec_table = {
	.name = "nec-usb-xhci",
	.size = sizeof(struct xhci_state),
	.nr_fields = ARRAY_SIZE(fields),
	.fields = fields,
	.post_load = post_load,
};

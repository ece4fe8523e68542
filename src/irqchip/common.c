// SPDX-License-Identifier: GPL-2.0-or-later
#include "irqchip/common.h"

#include <errno.h>
#include <libfdt.h>

const struct state_field irqchip_word_fields[1] = {
	STATE_FIELD(struct irqchip_word, state, STATE_U64),
};

void irqchip_set_line(struct vm *vm, u32 server, bool level)
{
	if (server < vm->nr_vcpus && vm->vcpus[server].engine)
		vm->ops->set_line(vm->vcpus[server].engine, ENGINE_LINE_EXTERNAL, level);
}

int irqchip_check_server(const char *name, u32 servers, const struct vcpu *vcpu, struct error *e)
{
	if (vcpu->index < servers)
		return 0;
	return error_set(e, -EINVAL, "%s has no interrupt server %u", name, vcpu->index);
}

int irqchip_dt_properties(void *fdt, int node, u32 *phandle)
{
	int err = fdt_setprop(fdt, node, "interrupt-controller", NULL, 0);

	err |= fdt_setprop_u32(fdt, node, "#interrupt-cells", 2);
	err |= fdt_setprop_u32(fdt, node, "linux,phandle", IRQCHIP_PHANDLE);
	err |= fdt_setprop_u32(fdt, node, "phandle", IRQCHIP_PHANDLE);
	*phandle = IRQCHIP_PHANDLE;
	return err;
}

int irqchip_no_memory(struct error *e)
{
	return error_set(e, -ENOMEM, "no memory for the interrupt controller");
}

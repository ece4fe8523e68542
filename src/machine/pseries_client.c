// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The client interface of a pseries machine without firmware: what of_client.h asks of a machine,
 * and what stands in the guest's memory for it: one page with the entry point, whose only call is
 * H_CLIENT, and a stack for the guest's first steps.
 */
#include <errno.h>
#include <libfdt.h>

#include "device/spapr_vty.h"
#include "isa/onereg.h"
#include "isa/papr.h"
#include "machine/of_client.h"
#include "machine/pseries.h"

enum { STUB_BYTES = 0x1000, STACK_BYTES = 0x8000, FRAME = 0x80 };

/* mr r4,r3; li r3,0; ori r3,r3,nr; sc 1; blr: r3 is the address of an argument block. */
void pseries_place_stub(struct pseries *p, u64 gpa, u32 hcall)
{
	const u32 code[] = {0x7c641b78, 0x38600000, 0x60630000 | hcall, 0x44000022, 0x4e800020};

	for (u32 i = 0; i < ARRAY_SIZE(code); i++)
		vm_mem_st32(p->vm, gpa + 4 * i, code[i]);
}

static void *client_tree(void *opaque)
{
	struct pseries *p = opaque;
	void *fdt = os_alloc(PSERIES_FDT_MAX);
	struct error e;

	if (fdt && pseries_build_fdt(p, fdt, PSERIES_FDT_MAX, &e)) {
		os_free(fdt);
		fdt = NULL;
	}
	return fdt;
}

static s64 client_support(void *opaque, struct vcpu *vcpu, u64 vectors)
{
	return pseries_cas(opaque, vcpu, vectors);
}

static u32 client_instantiate_rtas(void *opaque, u64 gpa)
{
	struct pseries *p = opaque;

	if (!gpa || (gpa & 3) || vm_mem_fill(p->vm, gpa, 0, PSERIES_RTAS_SIZE))
		return 0;
	pseries_place_stub(p, gpa, H_RTAS);
	return (u32)gpa;
}

static struct vio_device *console(struct pseries *p)
{
	return container_of(p->vty, struct vio_device, dev);
}

static void client_write(void *opaque, const u8 *buf, u32 len)
{
	struct vio_device *d = console(opaque);

	d->ops->put_chars(d, buf, len);
}

static u32 client_read(void *opaque, u8 *buf, u32 max)
{
	struct vio_device *d = console(opaque);

	return d->ops->get_chars(d, buf, max);
}

int pseries_client_create(struct pseries *p, struct error *e)
{
	p->client_ops = (struct of_client_ops){
		.tree = client_tree,
		.support = client_support,
		.instantiate_rtas = client_instantiate_rtas,
		.write = client_write,
		.read = client_read,
		.console = p->vty ? p->console : NULL,
	};
	p->client = of_client_create(p->vm, &p->client_ops, p, p->config.ram_size);
	return p->client ? 0 : error_set(e, -ENOMEM, "out of memory");
}

int pseries_client_reset(struct pseries *p, struct error *e)
{
	const struct boot *b = &p->boot;
	const u64 taken[] = {
		/* interrupt vectors stand below the kernel */
		0,
		b->elf.high,
		b->initrd_start,
		b->initrd_start + b->initrd.size,
		p->rtas_base,
		p->rtas_base + STUB_BYTES + STACK_BYTES,
	};

	pseries_place_stub(p, p->rtas_base, H_CLIENT);
	if (of_client_reset(p->client, taken, ARRAY_SIZE(taken) / 2))
		return error_set(e, -ENOMEM, "the device tree cannot be shown to the guest");
	return 0;
}

void pseries_client_setup(struct pseries *p, struct vcpu *v)
{
	const struct boot *b = &p->boot;

	vcpu_set(v, ONEREG_GPR(1), p->rtas_base + STUB_BYTES + STACK_BYTES - FRAME);
	vcpu_set(v, ONEREG_GPR(3), b->initrd.size ? b->initrd_start : 0);
	vcpu_set(v, ONEREG_GPR(4), b->initrd.size);
	vcpu_set(v, ONEREG_GPR(5), p->rtas_base);
}

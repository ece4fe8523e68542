// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pseries: a guest of a PAPR hypervisor (LoPAPR 1.1) with RAM from 0, an XICS or XIVE interrupt
 * controller, a virtual I/O bus, RTAS. The guest is entered with a client interface that the
 * machine serves or through firmware, and negotiates MMU and interrupt controller (pseries_cas.c);
 * or it is entered by a flattened tree that says what the machine decided on.
 *
 * Real memory: images from 0, the tree and RTAS below min(RAM, 2 GiB).
 */
#include "machine/pseries.h"

#include <errno.h>
#include <libfdt.h>
#include <string.h>

#include "base/log.h"
#include "device/spapr_nvram.h"
#include "device/spapr_vty.h"
#include "device/vga.h"
#include "irqchip/dual.h"
#include "irqchip/xics.h"
#include "irqchip/xive.h"
#include "isa/model.h"
#include "isa/msr.h"
#include "isa/onereg.h"
#include "isa/papr.h"
#include "machine/linux.h"
#include "machine/of_client.h"

enum { HPT_MIN_ORDER = 18, HPT_MAX_ORDER = 46 };
#define RTAS_LIMIT (1ull << 31)

static bool pseries_cpu_ok(const struct cpu_model *model)
{
	return model->families & FAM_BOOK3S64;
}

/* One byte of table for 128 bytes of memory, as LoPAPR advises. */
static u32 hpt_order(u64 ram)
{
	u32 order = HPT_MIN_ORDER;

	while (order < HPT_MAX_ORDER && 1ull << order < ram / 128)
		order++;
	return order;
}

static int parse_ic_mode(struct pseries *p, struct error *e)
{
	const char *mode = machine_option(&p->config, "ic-mode");
	bool has_xive = p->config.model->isa >= ISA_3_0;

	p->can_xics = true;
	p->can_xive = has_xive;
	if (!mode || !strcmp(mode, "dual"))
		return 0;
	if (!strcmp(mode, "xics")) {
		p->can_xive = false;
		return 0;
	}
	if (strcmp(mode, "xive"))
		return error_set(e, -EINVAL, "ic-mode is xics, xive or dual, not '%s'", mode);
	if (!has_xive)
		return error_set(e, -EINVAL, "%s has no XIVE: ic-mode=xics", p->config.model->name);
	p->can_xics = false;
	return 0;
}

static int parse_mmu(struct pseries *p, struct error *e)
{
	const char *mmu = machine_option(&p->config, "x-mmu");
	bool has_radix = p->config.model->mmu == MMU_RADIX_OR_HASH64;

	p->can_hash = true;
	p->can_radix = has_radix;
	if (!mmu)
		return 0;
	if (!strcmp(mmu, "hash")) {
		p->can_radix = false;
		return 0;
	}
	if (strcmp(mmu, "radix"))
		return error_set(e, -EINVAL, "x-mmu is radix or hash, not '%s'", mmu);
	if (!has_radix)
		return error_set(e, -EINVAL, "%s has no radix MMU", p->config.model->name);
	p->can_hash = false;
	return 0;
}

/* x-vof is QEMU's: off means that firmware starts the kernel. */
static int parse_start(struct pseries *p, struct error *e)
{
	const char *boot = machine_option(&p->config, "x-boot");
	const char *vof = machine_option(&p->config, "x-vof");
	bool off = vof && !strcmp(vof, "off");

	if (vof && !off && strcmp(vof, "on"))
		return error_set(e, -EINVAL, "x-vof is on or off, not '%s'", vof);
	if (boot && strcmp(boot, "fdt"))
		return error_set(e, -EINVAL, "x-boot is fdt, not '%s'", boot);
	if (off || p->config.bios || !p->config.kernel)
		p->start = PSERIES_START_FIRMWARE;
	else
		p->start = boot ? PSERIES_START_FDT : PSERIES_START_CLIENT;
	if (p->start == PSERIES_START_FIRMWARE && (boot || (vof && !off)))
		return error_set(e, -EINVAL, "%s needs -kernel and no firmware",
				 boot ? "x-boot=fdt" : "x-vof=on");
	return 0;
}

/* Cores are whole, and the server numbers of a core's threads begin at a multiple of their number
 * (qemu's rules, too). */
static int check_cores(struct pseries *p, struct error *e)
{
	u32 threads = p->config.threads;

	if (threads & (threads - 1) || threads > PSERIES_MAX_THREADS)
		return error_set(e, -EINVAL, "-smp: cores of %u threads: 1, 2, 4, 8 are possible",
				 threads);
	if (p->config.cpus % threads || p->config.max_cpus % threads)
		return error_set(e, -EINVAL, "-smp: %u of %u processors are no whole cores of %u",
				 p->config.cpus, p->config.max_cpus, threads);
	return 0;
}

/* Registers that a processor starts with: 64-bit, big-endian, real mode (LoPAPR 7.3.8.3 and the
 * boot conventions); what the tree promises besides lives in LPCR. */
static void pseries_vcpu_setup(void *machine, struct vcpu *v, u64 pc, u64 arg)
{
	struct pseries *p = machine;

	vcpu_set(v, ONEREG_MSR, MSR_SF | MSR_ME);
	vcpu_set(v, ONEREG_PC, pc);
	vcpu_set(v, ONEREG_GPR(3), arg);
	if (p->client && !v->index && pc == p->boot.entry)
		pseries_client_setup(p, v);
}

/* RTAS is entered at its first instruction with r3 = argument block, in 32-bit big-endian real
 * mode. */
static void place_rtas(struct pseries *p)
{
	vm_mem_fill(p->vm, p->rtas_base, 0, PSERIES_RTAS_SIZE);
	pseries_place_stub(p, p->rtas_base, H_RTAS);
}

static int place_tree(struct pseries *p, struct error *e)
{
	void *fdt = os_alloc(PSERIES_FDT_MAX);
	int err;

	if (!fdt)
		return error_set(e, -ENOMEM, "out of memory");
	err = pseries_build_fdt(p, fdt, PSERIES_FDT_MAX, e);
	if (!err && vm_mem_write(p->vm, p->boot.fdt_addr, fdt, fdt_totalsize(fdt)))
		err = error_set(e, -EFAULT, "the device tree does not fit into memory");
	os_free(fdt);
	return err;
}

static int pseries_reset(void *machine, struct error *e)
{
	struct pseries *p = machine;
	struct vm *vm = p->vm;
	int err;

	err = pseries_cas_reset(p);
	if (err)
		return error_set(e, err, "the engine has no hash table of 2^%u bytes",
				 p->hpt_order);
	err = vm_mem_clear(vm);
	if (err)
		return error_set(e, err, "cannot clear the guest's memory");
	err = p->boot_method->place(&p->boot, vm, e);
	if (err)
		return err;
	if (p->start == PSERIES_START_FDT)
		place_rtas(p);
	err = p->client ? pseries_client_reset(p, e) : place_tree(p, e);
	if (err)
		return err;
	vcpu_start(&vm->vcpus[0], p->boot.entry, p->boot.fdt_addr);
	return 0;
}

static void pseries_powerdown(void *machine)
{
	struct pseries *p = machine;

	papr_powerdown(p->papr);
}

static void hotplug_event(void *opaque, u32 drc_index, bool add)
{
	papr_hotplug(((struct pseries *)opaque)->papr, drc_index, add);
}

static int add_pci(struct pseries *p, struct error *e)
{
	struct spapr_pci_config c = {
		.tce = &p->tce,
		.lsi_base = PSERIES_IRQ_LSI,
		.msi_base = PSERIES_IRQ_MSI,
		.msi_count = SPAPR_PCI_MSI_MAX,
		.firmware = &p->firmware,
		.ram_size = p->config.ram_size,
		.event = hotplug_event,
		.event_opaque = p,
	};
	struct device *phb;

	_Static_assert(PSERIES_IRQ_MSI + SPAPR_PCI_MSI_MAX == 0x1000 + PSERIES_IRQS, "all of them");
	tce_registry_init(&p->tce, p->vm);
	spapr_pci_init(&p->pci, p->vm, &c);
	phb = device_new(p->vm, &spapr_phb_class);
	if (!phb)
		return error_set(e, -ENOMEM, "out of memory");
	return device_realize(phb, e);
}

static bool user_has(const struct pseries *p, const struct device_class *cls)
{
	for (u32 i = 0; i < p->config.nr_devices; i++)
		if (p->config.devices[i].cls == cls)
			return true;
	return false;
}

bool pseries_has_graphics(const struct pseries *p)
{
	return user_has(p, &vga_class);
}

/* What firmware set up shows a guest of the other byte order wrong colours. */
static void set_byte_order(void *opaque, bool little)
{
	struct vm *vm = ((struct pseries *)opaque)->vm;

	for (u32 i = 0; i < vm->nr_devices; i++)
		if (vm->devices[i]->cls == &vga_class ||
		    vm->devices[i]->cls == &secondary_vga_class)
			vga_set_byte_order(vm->devices[i], little);
}

/* As in qemu the terminal of the lowest address, whether -serial or -device made it. */
static void choose_console(struct pseries *p)
{
	const struct vio_device *lowest = NULL;

	for (u32 i = 0; i < p->vio.count; i++) {
		struct vio_device *d = p->vio.devices[i];

		if (d->dev.cls != &spapr_vty_class || (lowest && lowest->unit < d->unit))
			continue;
		lowest = d;
		p->vty = &d->dev;
	}
	if (lowest)
		log_format(p->console, sizeof(p->console), "/vdevice/vty@%x", lowest->unit);
}

static int add_devices(struct pseries *p, struct error *e)
{
	struct device *dev;
	int err = 0;

	vio_bus_init(&p->vio, p->vm, &p->tce);
	device_bus_add(p->vm, BUS_VIO, "spapr-vio", &p->vio);
	for (u32 i = 0; i < p->config.nr_serials && !err; i++) {
		dev = device_new(p->vm, &spapr_vty_class);
		if (!dev)
			return error_set(e, -ENOMEM, "out of memory");
		device_set_pointer(dev, "bus", &p->vio);
		device_set_pointer(dev, "chardev", p->config.serials[i]);
		err = device_realize(dev, e);
	}
	if (err)
		return err;
	if (!user_has(p, &spapr_nvram_class)) {
		dev = device_new(p->vm, &spapr_nvram_class);
		if (!dev)
			return error_set(e, -ENOMEM, "out of memory");
		device_set_pointer(dev, "bus", &p->vio);
		err = device_realize(dev, e);
	}
	if (!err)
		err = machine_add_devices(&p->config, p->vm, e);
	choose_console(p);
	return err;
}

static int add_irqchip(struct pseries *p, struct error *e)
{
	struct vm *vm = p->vm;
	u32 servers = vm->nr_vcpus;
	int err;

	if (p->start == PSERIES_START_FDT)
		p->can_xics = !p->can_xive;
	if (p->can_xive && p->can_xics)
		err = irqchip_dual_create(vm, servers, PSERIES_IRQS, &p->dual, e);
	else if (p->can_xive)
		err = irqchip_xive_create(vm, servers, PSERIES_IRQS, e);
	else
		err = irqchip_xics_create(vm, servers, PSERIES_IRQS, e);
	for (u32 i = 0; i < vm->nr_vcpus && !err; i++)
		err = vm->irqchip_ops->connect(vm->irqchip, &vm->vcpus[i], e);
	if (!err)
		err = irq_line_init(&p->epow, vm, PSERIES_IRQ_EPOW, false, e);
	if (!err)
		err = irq_line_init(&p->hotplug, vm, PSERIES_IRQ_HOTPLUG, true, e);
	return err;
}

static int add_papr(struct pseries *p, struct error *e)
{
	struct papr_config pc = {
		.radix = p->can_radix,
		.ram_size = p->config.ram_size,
		.max_cpus = p->config.max_cpus,
		.display = p->vty ? spapr_vty_display : NULL,
		.display_opaque = p->vty,
		.set_byte_order = set_byte_order,
		.byte_order_opaque = p,
		.epow = &p->epow,
		.hotplug = &p->hotplug,
	};

	memcpy(pc.uuid, p->config.uuid, sizeof(pc.uuid));
	p->papr = papr_create(p->vm, &pc);
	if (!p->papr)
		return error_set(e, -ENOMEM, "out of memory");
	pseries_cas_register_state(p);
	if (p->start == PSERIES_START_FIRMWARE)
		pseries_cas_register(p);
	return p->start == PSERIES_START_CLIENT ? pseries_client_create(p, e) : 0;
}

static int prepare_boot(struct pseries *p, struct error *e)
{
	static const struct boot_method *const methods[] = {
		[PSERIES_START_FDT] = &boot_fdt,
		[PSERIES_START_CLIENT] = &boot_client,
		[PSERIES_START_FIRMWARE] = &boot_firmware,
	};
	int err;
	u64 limit = p->config.ram_size < RTAS_LIMIT ? p->config.ram_size : RTAS_LIMIT;

	p->rtas_base = (limit - PSERIES_RTAS_SIZE) & ~0xffffull;
	p->firmware = p->start == PSERIES_START_FIRMWARE;
	p->boot_method = methods[p->start];
	err = p->boot_method->prepare(&p->boot, &p->config, p->config.ram_size, p->rtas_base,
				      PSERIES_FDT_MAX, e);
	return err ? err : linux_check_memory(&p->boot, p->config.ram_size, p->can_radix, e);
}

static void pseries_free(struct pseries *p)
{
	if (p->boot_method)
		p->boot_method->release(&p->boot);
	vm_destroy(p->vm);
	papr_destroy(p->papr);
	of_client_destroy(p->client);
	os_free(p);
}

static int pseries_create(const struct machine_config *config, struct vm **out, struct error *e)
{
	static const char *const options[] = {"ic-mode", "x-mmu", "x-boot", "x-vof", NULL};
	struct pseries *p = os_alloc(sizeof(*p));
	struct vm_config vc;
	int err;

	if (!p)
		return error_set(e, -ENOMEM, "out of memory");
	p->config = *config;
	if (!p->config.threads)
		p->config.threads = 1;
	if (p->config.max_cpus < config->cpus)
		p->config.max_cpus = config->cpus;
	p->hpt_order = hpt_order(config->ram_size);
	p->top_level = config->model->isa >= ISA_3_0 ? PSERIES_LEVEL_3_00 : PSERIES_LEVEL_2_07;
	err = machine_check_options(config, options, e);
	if (!err)
		err = parse_ic_mode(p, e);
	if (!err)
		err = parse_mmu(p, e);
	if (!err)
		err = check_cores(p, e);
	if (!err)
		err = parse_start(p, e);
	if (!err)
		err = prepare_boot(p, e);
	vc = (struct vm_config){
		.name = config->name,
		.engine = config->engine,
		.engine_options = config->engine_options,
		.model = config->model,
		.nr_vcpus = config->cpus,
		.threads = p->config.threads,
		.tb_hz = PSERIES_TB_HZ,
		.papr = true,
		.icount = config->icount,
		.stats = config->stats,
		.code_log = config->code_log,
		.backends = config->backends,
	};
	if (!err)
		err = vm_create(&vc, &p->vm, e);
	if (err)
		goto fail;
	p->vm->machine = p;
	p->vm->vcpu_setup = pseries_vcpu_setup;
	p->vm->machine_reset = pseries_reset;
	p->vm->machine_powerdown = pseries_powerdown;
	err = vm_ram_add(p->vm, "ram", 0, config->ram_size, e);
	if (!err)
		err = add_irqchip(p, e);
	if (!err)
		err = add_pci(p, e);
	if (!err)
		err = add_devices(p, e);
	if (!err)
		err = add_papr(p, e);
	if (!err)
		err = vm_reset(p->vm, e);
	if (err)
		goto fail;
	*out = p->vm;
	return 0;
fail:
	pseries_free(p);
	return err;
}

static void pseries_destroy(struct vm *vm)
{
	pseries_free(vm->machine);
}

const struct machine_class machine_pseries = {
	.name = "pseries",
	.help = "guest of a PAPR hypervisor (POWER8, POWER9)",
	.default_cpu = "power9",
	.default_ram = 512ull << 20,
	.default_drive = "scsi",
	.usb_controller = "nec-usb-xhci",
	.max_cpus = 8,
	.has_firmware = true,
	.option_help =
		"      ic-mode=xics|xive|dual  interrupt controller; dual (default) means that\n"
		"                              the guest chooses where the processor has XIVE\n"
		"      x-mmu=radix|hash        the MMU that the guest uses (default: the guest\n"
		"                              chooses where the processor has radix)\n"
		"      x-vof=on|off            off: firmware (SLOF) starts -kernel; on (default):\n"
		"                              the machine itself is -kernel's Open Firmware\n"
		"      x-boot=fdt              start -kernel by a flattened device tree, which\n"
		"                              says what is used: XIVE and radix if possible\n",
	.cpu_ok = pseries_cpu_ok,
	.create = pseries_create,
	.destroy = pseries_destroy,
};

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bare-e500 and bare-440: an embedded core with RAM at 0, one UART where the core's chips have
 * theirs, and slots for virtio devices in a page of their own; no board. They run bare-metal 32-bit
 * images (-bios or -kernel). The first TLB entries map the first 256 MiB, the UART and the slots,
 * each to itself, as ePAPR 1.1, 5.4.1 has it for a boot program. There is no interrupt controller:
 * the core's external interrupt is the OR of all lines.
 */
#include <errno.h>
#include <string.h>

#include "device/uart_16550.h"
#include "device/virtio_mmio.h"
#include "isa/model.h"
#include "isa/onereg.h"
#include "machine/boot.h"
#include "machine/machine.h"

enum {
	BARE_TB_HZ = 100000000,
	UART_PAGE = 0xfff,
	SLOTS = 8,
	/* lines */
	UART_IRQ = 0,
	SLOT_IRQ,
	LINES = SLOT_IRQ + SLOTS,
};

struct bare_board {
	u64 uart, slots;
	/* The boot mapping: index in the TLB, words, valid. */
	struct {
		u32 index, word[4];
	} map[3];
};

/* TLB1 begins at entry 512; words are MAS1 (V, IPROT, size), MAS2 (I, G), MAS3 (SX SW SR), MAS7. */
static const struct bare_board board_e500 = {
	.uart = 0xe0004500,
	.slots = 0xe0010000,
	.map = {{512, {0xc0000900, 0, 0x15, 0}},
		{513, {0xc0000100, 0xe000400a, 0xe0004005, 0}},
		{514, {0xc0000100, 0xe001000a, 0xe0010005, 0}}},
};
/* Words 0 (V, size), 1, 2 (I, G, SX SW SR). */
static const struct bare_board board_440 = {
	.uart = 0xef600300,
	.slots = 0xef610000,
	.map = {{63, {0x290, 0, 0x7, 0}},
		{62, {0xef600210, 0xef600000, 0x503, 0}},
		{61, {0xef610210, 0xef610000, 0x503, 0}}},
};

/* Saved. */
struct wire_state {
	u32 lines; /* a bit for each that is high */
};

struct bare {
	struct machine_config config;
	const struct bare_board *board;
	struct vm *vm;
	struct boot boot;
	struct os_mutex lock; /* over wire and the core's line; a leaf */
	struct wire_state wire;
};

/* --- the interrupt "controller": one wire --- */
static const struct state_field wire_fields[] = {
	STATE_FIELD(struct wire_state, lines, STATE_U32),
};

static int wire_post_load(void *obj, struct error *e)
{
	const struct wire_state *s = obj;

	return s->lines >> LINES ? error_set(e, -EINVAL, "saved state of interrupts is damaged")
				 : 0;
}

static const struct state_table wire_table = {
	.name = "wire",
	.size = sizeof(struct wire_state),
	.nr_fields = ARRAY_SIZE(wire_fields),
	.fields = wire_fields,
	.post_load = wire_post_load,
};

static int wire_claim(struct irqchip *chip, u32 irq, bool level_sensitive)
{
	return irq < LINES ? 0 : -EINVAL;
}

static void wire_drive(struct bare *b)
{
	b->vm->ops->set_line(b->vm->vcpus[0].engine, ENGINE_LINE_EXTERNAL, b->wire.lines != 0);
}

static void wire_set_irq(struct irqchip *chip, u32 irq, bool level)
{
	struct bare *b = (struct bare *)chip;

	os_mutex_lock(&b->lock);
	b->wire.lines = level ? b->wire.lines | 1u << irq : b->wire.lines & ~(1u << irq);
	wire_drive(b);
	os_mutex_unlock(&b->lock);
}

static int wire_connect(struct irqchip *chip, struct vcpu *vcpu, struct error *e)
{
	return 0;
}

static void wire_nothing(struct irqchip *chip)
{
}

static int wire_dt(struct irqchip *chip, void *fdt, u32 *phandle)
{
	*phandle = 0;
	return 0;
}

static u32 wire_acknowledge(struct irqchip *chip, struct vcpu *vcpu)
{
	return 0;
}

static int wire_save(struct irqchip *chip, struct state_writer *w)
{
	state_save(w, &wire_table, 0, &((struct bare *)chip)->wire);
	return w->err;
}

static int wire_load(struct irqchip *chip, const struct state_head *h, struct state_reader *r,
		     struct error *e)
{
	struct bare *b = (struct bare *)chip;
	int err;

	if (strcmp(h->name, wire_table.name))
		return -ENOENT;
	err = state_load(r, &wire_table, &b->wire, e);
	if (!err)
		wire_drive(b);
	return err;
}

static const struct irqchip_ops wire_ops = {
	.name = "wire",
	.claim = wire_claim,
	.set_irq = wire_set_irq,
	.connect = wire_connect,
	.reset = wire_nothing,
	.dt = wire_dt,
	.acknowledge = wire_acknowledge,
	.save = wire_save,
	.load = wire_load,
	.destroy = wire_nothing,
};

static void setup_vcpu(void *machine, struct vcpu *v, u64 pc, u64 arg)
{
	struct bare *b = machine;

	for (u32 i = 0; i < ARRAY_SIZE(b->board->map); i++) {
		const u32 *w = b->board->map[i].word;
		u128 words = (u128)w[0] << 96 | (u128)w[1] << 64 | (u128)w[2] << 32 | w[3];
		u64 valid = 1;

		b->vm->ops->set_reg(v->engine, ONEREG_TLB(b->board->map[i].index), &words);
		b->vm->ops->set_reg(v->engine, ONEREG_TLBID(b->board->map[i].index), &valid);
	}
	vcpu_set(v, ONEREG_PC, pc);
	vcpu_set(v, ONEREG_GPR(3), arg);
}

static int bare_reset(void *machine, struct error *e)
{
	struct bare *b = machine;
	int err = vm_mem_fill(b->vm, 0, 0, b->config.ram_size);

	if (err)
		return error_set(e, err, "cannot clear the guest's memory");
	err = boot_fdt.place(&b->boot, b->vm, e);
	if (!err)
		vcpu_start(&b->vm->vcpus[0], b->boot.entry, 0);
	return err;
}

static void bare_free(struct bare *b)
{
	boot_fdt.release(&b->boot);
	vm_destroy(b->vm);
	os_mutex_destroy(&b->lock);
	os_free(b);
}

static int add_uart(struct bare *b, struct error *e)
{
	struct device *dev = device_new(b->vm, &uart_16550_class);

	if (!dev)
		return error_set(e, -ENOMEM, "out of memory");
	device_set_u64(dev, "base", b->board->uart);
	device_set_u64(dev, "irq", UART_IRQ);
	device_set_pointer(dev, "chardev", b->config.nr_serials ? b->config.serials[0] : NULL);
	return device_realize(dev, e);
}

static int add_slots(struct bare *b, struct error *e)
{
	int err = 0;

	for (u32 i = 0; i < SLOTS && !err; i++) {
		struct device *dev = device_new(b->vm, &virtio_mmio_class);

		if (!dev)
			return error_set(e, -ENOMEM, "out of memory");
		device_set_u64(dev, "base", b->board->slots + i * VIRTIO_MMIO_BYTES);
		device_set_u64(dev, "irq", SLOT_IRQ + i);
		err = device_realize(dev, e);
	}
	return err;
}

static int bare_create(const struct machine_config *config, const struct bare_board *board,
		       struct vm **out, struct error *e)
{
	static const char *const options[] = {NULL};
	struct bare *b = os_alloc(sizeof(*b));
	struct vm_config vc = {
		.name = config->name,
		.engine = config->engine,
		.engine_options = config->engine_options,
		.model = config->model,
		.nr_vcpus = config->cpus,
		.tb_hz = BARE_TB_HZ,
		.icount = config->icount,
		.stats = config->stats,
		.code_log = config->code_log,
		.backends = config->backends,
	};
	int err;

	if (!b)
		return error_set(e, -ENOMEM, "out of memory");
	b->config = *config;
	b->board = board;
	os_mutex_init(&b->lock);
	err = machine_check_options(config, options, e);
	if (!err && config->ram_size > (board->uart & ~(u64)UART_PAGE))
		err = error_set(e, -EINVAL, "-m: memory has to end below the UART at 0x%llx",
				(unsigned long long)board->uart);
	if (!err)
		err = boot_fdt.prepare(&b->boot, config, config->ram_size, config->ram_size, 0, e);
	if (!err)
		err = vm_create(&vc, &b->vm, e);
	if (err)
		goto fail;
	irq_set_chip(b->vm, &wire_ops, (struct irqchip *)b);
	b->vm->machine = b;
	b->vm->vcpu_setup = setup_vcpu;
	b->vm->machine_reset = bare_reset;
	err = vm_ram_add(b->vm, "ram", 0, config->ram_size, e);
	if (!err)
		err = add_uart(b, e);
	if (!err)
		err = add_slots(b, e);
	if (!err)
		err = machine_add_devices(config, b->vm, e);
	if (!err)
		err = vm_reset(b->vm, e);
	if (err)
		goto fail;
	*out = b->vm;
	return 0;
fail:
	bare_free(b);
	return err;
}

static void bare_destroy(struct vm *vm)
{
	bare_free(vm->machine);
}

static int create_e500(const struct machine_config *config, struct vm **vm, struct error *e)
{
	return bare_create(config, &board_e500, vm, e);
}

static int create_440(const struct machine_config *config, struct vm **vm, struct error *e)
{
	return bare_create(config, &board_440, vm, e);
}

static bool is_e500(const struct cpu_model *model)
{
	return model->mmu == MMU_E500;
}

static bool is_440(const struct cpu_model *model)
{
	return model->mmu == MMU_4XX;
}

const struct machine_class machine_bare_e500 = {
	.name = "bare-e500",
	.help = "e500 core, RAM, a UART at 0xe0004500, 8 virtio-mmio slots from 0xe0010000 on; for "
		"bare-metal images",
	.default_cpu = "e500v2",
	.default_ram = 64 << 20,
	.max_cpus = 1,
	.option_help = "",
	.cpu_ok = is_e500,
	.create = create_e500,
	.destroy = bare_destroy,
};

const struct machine_class machine_bare_440 = {
	.name = "bare-440",
	.help = "440 core, RAM, a UART at 0xef600300, 8 virtio-mmio slots from 0xef610000 on; for "
		"bare-metal images",
	.default_cpu = "440ep",
	.default_ram = 64 << 20,
	.max_cpus = 1,
	.option_help = "",
	.cpu_ok = is_440,
	.create = create_440,
	.destroy = bare_destroy,
};

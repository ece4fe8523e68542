// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Intel's gigabit network card 82540EM (PCI/PCI-X Family of Gigabit Ethernet Controllers Software
 * Developer's Manual, 317453): registers, EEPROM by its wires and by EERD, PHY, interrupts. Rings
 * are served by e1000_tx.c and e1000_rx.c.
 *
 * The link, if there is one, has 1000 Mb/s, full duplex. Interrupts come at once, whatever ITR and
 * the delay registers say: a driver masks them while it polls, which is what they are for. Wake-up,
 * loopback and most statistics are not there.
 *
 * Registers are under the card's lock, not the machine's: drivers touch them for every few frames.
 */
#include "device/e1000.h"

#include <string.h>

#include "base/endian.h"
#include "device/e1000_private.h"
#include "device/mac.h"
#include "vm/vm.h"

enum {
	VENDOR_INTEL = 0x8086,
	DEVICE_82540EM = 0x100e,
	SUBSYSTEM_VENDOR = 0x1af4,
	SUBSYSTEM = 0x1100,
	MMIO_BYTES = 0x20000,
	IO_BYTES = 64,

	STATUS_LINK = 2,
	PHY_LINK = 0x24, /* link up, negotiated */
	PHY_LINK_NOW = 0x400,
	STATUS_UP = 0x83, /* full duplex, link, 1000 Mb/s */
	PBA_DEFAULT = 0x00100030,
	RAH_VALID_HIGH = 0x8000,

	EECD_SK = 1 << 0,
	EECD_CS = 1 << 1,
	EECD_DI = 1 << 2,
	EECD_DO = 1 << 3,
	EECD_REQ = 1 << 6,
	EECD_GNT = 1 << 7,
	EECD_PRES = 1 << 8,
	EECD_KEPT = 0x7f,
	EERD_START = 1 << 0,
	EERD_DONE = 1 << 4,
	/* Microwire: a one, two bits of operation, six of address, then sixteen of data. */
	EEPROM_COMMAND_BITS = 9,
	EEPROM_READ = 6,
	EEPROM_SUM = 0xbaba,

	MDIC_WRITE = 1 << 26,
	MDIC_READ = 1 << 27,
	MDIC_READY = 1 << 28,
	MDIC_INTERRUPT = 1 << 29,
	MDIC_ERROR = 1 << 30,
	PHY_ADDRESS = 1,
	PHY_CONTROL = 0,
	PHY_RESET = 1 << 15,
	PHY_RESTART = 1 << 9,
};

static struct e1000 *of(struct device *dev)
{
	return container_of(dev, struct e1000, pci.dev);
}

/* --- interrupts --- */
static void update_pin(struct e1000 *d)
{
	pci_intx(&d->pci, *e1000_reg(d, R_ICR) & *e1000_reg(d, R_IMS));
}

void e1000_interrupt(struct e1000 *d, u32 cause)
{
	*e1000_reg(d, R_ICR) |= cause;
	update_pin(d);
}

/* --- EEPROM --- */
static void fill_eeprom(struct e1000 *d)
{
	u16 *w = d->state.eeprom, sum = 0;

	memset(w, 0, sizeof(d->state.eeprom));
	for (u32 i = 0; i < 3; i++)
		w[i] = ld_le16(d->mac + 2 * i);
	w[0x0a] = 0x4408; /* initialisation control: valid, subsystem loaded from here */
	w[0x0b] = SUBSYSTEM;
	w[0x0c] = SUBSYSTEM_VENDOR;
	w[0x0d] = DEVICE_82540EM;
	w[0x0e] = VENDOR_INTEL;
	w[0x0f] = 0x3040;
	for (u32 i = 0; i < E1000_EEPROM_WORDS - 1; i++)
		sum = (u16)(sum + w[i]);
	w[E1000_EEPROM_WORDS - 1] = (u16)(EEPROM_SUM - sum);
}

static u32 eecd_read(const struct e1000 *d)
{
	const struct e1000_state *s = &d->state;
	u32 v = s->regs[R_EECD / 4] & EECD_KEPT & ~(u32)EECD_DO, bit;

	v |= EECD_PRES | (v & EECD_REQ ? EECD_GNT : 0);
	if (!(v & EECD_CS) || s->eeprom_clock <= EEPROM_COMMAND_BITS)
		return v | EECD_DO;
	bit = s->eeprom_clock - EEPROM_COMMAND_BITS - 1;
	if (s->eeprom_in >> 6 != EEPROM_READ || bit > 15)
		return v;
	return v | (s->eeprom[s->eeprom_in & 63] >> (15 - bit) & 1 ? EECD_DO : 0);
}

static void eecd_write(struct e1000 *d, u32 value)
{
	struct e1000_state *s = &d->state;
	u32 old = s->regs[R_EECD / 4];

	s->regs[R_EECD / 4] = value & EECD_KEPT;
	if (!(value & EECD_CS)) {
		s->eeprom_clock = s->eeprom_in = 0;
		return;
	}
	if (!(value & ~old & EECD_SK) || !(old & EECD_CS) || s->eeprom_clock > 64)
		return;
	/* leading zeros are no command yet */
	if (!s->eeprom_clock && !(value & EECD_DI))
		return;
	if (s->eeprom_clock++ < EEPROM_COMMAND_BITS)
		s->eeprom_in = s->eeprom_in << 1 | !!(value & EECD_DI);
}

static void eerd_write(struct e1000 *d, u32 value)
{
	u32 at = value >> 8 & 0xff;
	u32 word = at < E1000_EEPROM_WORDS ? d->state.eeprom[at] : 0xffff;

	if (value & EERD_START)
		value = (value & 0xff00) | word << 16 | EERD_DONE;
	*e1000_reg(d, R_EERD) = value;
}

/* --- PHY: a Marvell 88E1011 --- */
/* What PHY and status say of the cable. */
static void show_link(struct e1000 *d)
{
	bool up = !d->net || net_link(d->net);
	u16 *phy = d->state.phy;

	phy[1] = (u16)(up ? phy[1] | PHY_LINK : phy[1] & ~PHY_LINK);
	phy[17] = (u16)(up ? phy[17] | PHY_LINK_NOW : phy[17] & ~PHY_LINK_NOW);
	*e1000_reg(d, R_STATUS) =
		(*e1000_reg(d, R_STATUS) & ~(u32)STATUS_LINK) | (up ? STATUS_LINK : 0);
}

static void reset_phy(struct e1000 *d)
{
	static const u16 initial[E1000_PHY_REGISTERS] = {
		[0] = 0x1140,		     /* autonegotiation, full duplex, 1000 Mb/s */
		[1] = 0x796d,		     /* done, link up */
		[2] = 0x0141,  [3] = 0x0c20, /* who it is */
		[4] = 0x0de1,  [5] = 0x41e0, /* what it and its partner can do */
		[6] = 0x0001,  [9] = 0x0e00,  [10] = 0x3c00,
		[16] = 0x0360, [17] = 0xac00, /* 1000 Mb/s, full duplex, resolved, link */
		[20] = 0x0d60,
	};

	memcpy(d->state.phy, initial, sizeof(initial));
	show_link(d);
}

static void phy_write(struct e1000 *d, u32 reg, u16 value)
{
	static const u32 read_only = 1 << 1 | 1 << 2 | 1 << 3 | 1 << 5 | 1 << 6 | 1 << 10 | 1 << 17;

	if (reg == PHY_CONTROL && value & PHY_RESET)
		reset_phy(d);
	else if (reg == PHY_CONTROL)
		d->state.phy[reg] = value & (u16)~PHY_RESTART;
	else if (!(read_only >> reg & 1))
		d->state.phy[reg] = value;
	if (reg == PHY_CONTROL && value & (PHY_RESET | PHY_RESTART))
		e1000_interrupt(d, ICR_LSC);
}

static void mdic_write(struct e1000 *d, u32 value)
{
	u32 reg = value >> 16 & 31, result = (value & ~(u32)MDIC_ERROR) | MDIC_READY;

	if ((value >> 21 & 31) != PHY_ADDRESS)
		result |= MDIC_ERROR;
	else if (value & MDIC_READ)
		result = (result & ~0xffffu) | d->state.phy[reg];
	else if (value & MDIC_WRITE)
		phy_write(d, reg, (u16)value);
	*e1000_reg(d, R_MDIC) = result;
	if (value & MDIC_INTERRUPT)
		e1000_interrupt(d, ICR_MDAC);
}

/* --- registers --- */
/* Under the lock. */
static void reset_registers(struct e1000 *d)
{
	struct e1000_state *s = &d->state;

	memset(s->regs, 0, sizeof(s->regs));
	s->eeprom_clock = s->eeprom_in = 0;
	*e1000_reg(d, R_STATUS) = STATUS_UP;
	show_link(d);
	*e1000_reg(d, R_PBA) = PBA_DEFAULT;
	*e1000_reg(d, R_RAL) = (u32)s->eeprom[0] | (u32)s->eeprom[1] << 16;
	*e1000_reg(d, R_RAH) = (u32)s->eeprom[2] | (u32)RAH_VALID_HIGH << 16;
	d->resets++;
	/* a sender notices by itself */
	if (!d->sending) {
		s->tx_len = s->tx_options = s->tx_segment = s->tx_vlan = 0;
		memset(&s->context, 0, sizeof(s->context));
	}
	update_pin(d);
}

static u32 read_register(struct e1000 *d, u32 at)
{
	u32 v = *e1000_reg(d, at);

	switch (at) {
	case R_ICR:
		*e1000_reg(d, R_ICR) = 0;
		update_pin(d);
		return v;
	case R_ICS:
	case R_IMC:
		return 0;
	case R_EECD:
		return eecd_read(d);
	default:
		if (at >= R_STATS && at < R_STATS_END)
			*e1000_reg(d, at) = 0;
		return v;
	}
}

static void write_register(struct e1000 *d, u32 at, u32 value)
{
	switch (at) {
	case R_CTRL:
		if (value & CTRL_RST)
			reset_registers(d);
		*e1000_reg(d, at) = value & ~(u32)CTRL_RST;
		break;
	case R_STATUS:
		break;
	case R_EECD:
		eecd_write(d, value);
		break;
	case R_EERD:
		eerd_write(d, value);
		break;
	case R_MDIC:
		mdic_write(d, value);
		break;
	case R_ICR:
		*e1000_reg(d, R_ICR) &= ~value;
		update_pin(d);
		break;
	case R_ICS:
		e1000_interrupt(d, value);
		break;
	case R_IMS:
		*e1000_reg(d, R_IMS) |= value;
		update_pin(d);
		break;
	case R_IMC:
		*e1000_reg(d, R_IMS) &= ~value;
		update_pin(d);
		break;
	case R_RDBAL:
	case R_TDBAL:
		*e1000_reg(d, at) = value & ~0xfu;
		break;
	case R_RDLEN:
	case R_TDLEN:
		*e1000_reg(d, at) = value & 0xfff80;
		break;
	case R_RDH:
	case R_RDT:
	case R_TDH:
	case R_TDT:
		*e1000_reg(d, at) = value & 0xffff;
		break;
	default:
		*e1000_reg(d, at) = value;
		break;
	}
}

static u64 regs_read(void *opaque, u32 vcpu, u64 offset, u32 size)
{
	struct e1000 *d = opaque;
	u32 v;

	if (offset >= R_END)
		return 0;
	os_mutex_lock(&d->lock);
	v = read_register(d, (u32)offset);
	os_mutex_unlock(&d->lock);
	return v;
}

static void regs_write(void *opaque, u32 vcpu, u64 offset, u32 size, u64 value)
{
	struct e1000 *d = opaque;

	if (offset >= R_END)
		return;
	os_mutex_lock(&d->lock);
	write_register(d, (u32)offset, (u32)value);
	os_mutex_unlock(&d->lock);
	/* without the lock: the network may come back to us */
	if (offset == R_TDT || offset == R_TCTL)
		e1000_transmit(d);
	else if ((offset == R_RDT || offset == R_RCTL) && d->net)
		net_ready(d->net, 0);
}

/* In IO space: an address and what stands there. The address is at 0, which is kept in a register
 * that is nothing else. */
enum { IO_ADDRESS = 0, IO_DATA = 4, R_IO_ADDRESS = 0x5ffc };

static u64 io_read(void *opaque, u32 vcpu, u64 offset, u32 size)
{
	struct e1000 *d = opaque;
	u64 at = regs_read(d, vcpu, R_IO_ADDRESS, 4);

	if (offset == IO_DATA)
		return regs_read(d, vcpu, at & ~3ull, 4);
	return offset == IO_ADDRESS ? at : 0;
}

static void io_write(void *opaque, u32 vcpu, u64 offset, u32 size, u64 value)
{
	struct e1000 *d = opaque;

	if (offset == IO_ADDRESS)
		regs_write(d, vcpu, R_IO_ADDRESS, 4, value & (MMIO_BYTES - 1));
	else if (offset == IO_DATA)
		regs_write(d, vcpu, regs_read(d, vcpu, R_IO_ADDRESS, 4) & ~3ull, 4, value);
}

static const struct mmio_ops regs_ops = {4, 4, MMIO_LITTLE | MMIO_NO_LOCK, regs_read, regs_write};
static const struct mmio_ops io_ops = {4, 4, MMIO_LITTLE | MMIO_NO_LOCK, io_read, io_write};

/* --- building --- */
/* Nothing reaches memory while the machine stands still. */
static void run(void *opaque, bool running)
{
	struct e1000 *d = opaque;

	os_mutex_lock(&d->lock);
	d->running = running;
	os_mutex_unlock(&d->lock);
	if (running && d->net)
		net_ready(d->net, 0);
}

static void link_changed(void *opaque, bool up)
{
	struct e1000 *d = opaque;

	os_mutex_lock(&d->lock);
	show_link(d);
	e1000_interrupt(d, ICR_LSC);
	os_mutex_unlock(&d->lock);
}

static void e1000_reset(struct device *dev)
{
	struct e1000 *d = of(dev);

	os_mutex_lock(&d->lock);
	fill_eeprom(d);
	reset_phy(d);
	reset_registers(d);
	os_mutex_unlock(&d->lock);
}

static int e1000_realize(struct device *dev, struct error *e)
{
	struct e1000 *d = of(dev);
	int err = mac_default(dev, d->mac, e);

	if (err)
		return err;
	os_mutex_init(&d->lock);
	pci_set_ids(&d->pci, &(struct pci_ids){.vendor = VENDOR_INTEL,
					       .device = DEVICE_82540EM,
					       .subsystem_vendor = SUBSYSTEM_VENDOR,
					       .subsystem = SUBSYSTEM,
					       .class_code = 0x020000,
					       .revision = 3});
	pci_add_bar(&d->pci, 0, MMIO_BYTES, PCI_BAR_MEM, &regs_ops, d);
	pci_add_bar(&d->pci, 1, IO_BYTES, PCI_BAR_IO, &io_ops, d);
	err = pci_attach(&d->pci, e);
	if (err) {
		os_mutex_destroy(&d->lock);
		return err;
	}
	e1000_reset(dev);
	vm_listen(dev->vm, run, d);
	if (d->net) {
		net_attach(d->net, e1000_receive, d);
		net_on_link(d->net, link_changed, d);
	}
	return 0;
}

static void e1000_unrealize(struct device *dev)
{
	struct e1000 *d = of(dev);

	if (d->net) {
		net_on_link(d->net, NULL, NULL);
		net_attach(d->net, NULL, NULL);
	}
	vm_unlisten(dev->vm, d);
	pci_detach(&d->pci);
	os_mutex_destroy(&d->lock);
}

static const struct state_field context_fields[] = {
	STATE_FIELD(struct e1000_context, ip_start, STATE_U32),
	STATE_FIELD(struct e1000_context, ip_offset, STATE_U32),
	STATE_FIELD(struct e1000_context, ip_end, STATE_U32),
	STATE_FIELD(struct e1000_context, tu_start, STATE_U32),
	STATE_FIELD(struct e1000_context, tu_offset, STATE_U32),
	STATE_FIELD(struct e1000_context, tu_end, STATE_U32),
	STATE_FIELD(struct e1000_context, payload, STATE_U32),
	STATE_FIELD(struct e1000_context, header, STATE_U32),
	STATE_FIELD(struct e1000_context, mss, STATE_U32),
	STATE_FIELD(struct e1000_context, command, STATE_U32),
};

static const struct state_table context_table = {
	.name = "e1000-context",
	.size = sizeof(struct e1000_context),
	.nr_fields = ARRAY_SIZE(context_fields),
	.fields = context_fields,
};

static const struct state_field fields[] = {
	STATE_ARRAY(struct e1000_state, regs, STATE_U32),
	STATE_ARRAY(struct e1000_state, phy, STATE_U16),
	STATE_ARRAY(struct e1000_state, eeprom, STATE_U16),
	STATE_FIELD(struct e1000_state, eeprom_clock, STATE_U32),
	STATE_FIELD(struct e1000_state, eeprom_in, STATE_U32),
	STATE_STRUCT(struct e1000_state, context, &context_table),
	STATE_FIELD(struct e1000_state, tx_len, STATE_U32),
	STATE_FIELD(struct e1000_state, tx_options, STATE_U32),
	STATE_FIELD(struct e1000_state, tx_segment, STATE_U32),
	STATE_FIELD(struct e1000_state, tx_vlan, STATE_U32),
	STATE_ARRAY(struct e1000_state, tx, STATE_U8),
};

/* Rings are checked where they are used. */
static int post_load(void *obj, struct error *e)
{
	struct e1000 *d = container_of(obj, struct e1000, state);
	const struct e1000_context *c = &d->state.context;

	if (d->state.tx_len > E1000_TX_BYTES || c->header > 0xff || c->mss > 0xffff ||
	    c->ip_start > 0xff || c->ip_offset > 0xff || c->tu_start > 0xff ||
	    c->tu_offset > 0xff || *e1000_reg(d, R_RDLEN) > 0xfff80 ||
	    *e1000_reg(d, R_TDLEN) > 0xfff80)
		return error_set(e, -22, "the saved state of a network card is damaged");
	return 0;
}

static const struct state_table e1000_table = {
	.name = "e1000",
	.size = sizeof(struct e1000_state),
	.nr_fields = ARRAY_SIZE(fields),
	.fields = fields,
	.post_load = post_load,
};

static const struct device_prop props[] = {
	{"netdev", "the network it is on", PROP_NETDEV, offsetof(struct e1000, net), NULL},
	{"mac", "its address", PROP_MAC, offsetof(struct e1000, mac), NULL},
	PCI_DEVICE_PROPS(struct e1000, pci),
	{NULL, NULL, 0, 0, NULL},
};

const struct device_class e1000_class = {
	.name = "e1000",
	.help = "Intel gigabit network card (82540EM)",
	.bus_type = BUS_PCI,
	.size = sizeof(struct e1000),
	.props = props,
	.realize = e1000_realize,
	.unrealize = e1000_unrealize,
	.reset = e1000_reset,
	.boot_path = pci_boot_path,
	.dt = device_no_dt,
	.state = &e1000_table,
	.state_offset = offsetof(struct e1000, state),
};

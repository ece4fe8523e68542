// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A 16550A UART as embedded boards have it: eight byte registers (National Semiconductor PC16550D
 * data sheet, 8.0). The line has no speed: what is written is sent at once, what comes waits in a
 * FIFO of 16. Touched under the machine's lock.
 */
#include "device/uart_16550.h"

#include "base/string.h"
#include "host/char.h"
#include "vm/irq.h"
#include "vm/vm.h"

enum { REG_DATA, REG_IER, REG_IIR_FCR, REG_LCR, REG_MCR, REG_LSR, REG_MSR, REG_SCR, REGS };
enum { IER_RX = 1, IER_TX = 2, IER_LINE = 4, IER_MODEM = 8 };
enum { IIR_NONE = 1, IIR_TX = 2, IIR_RX = 4, IIR_FIFOS = 0xc0 };
enum { FCR_ENABLE = 1, FCR_CLEAR_RX = 2 };
enum { LCR_DLAB = 0x80 };
enum { MCR_LOOP = 0x10, MCR_MASK = 0x1f };
enum { LSR_DATA = 1, LSR_TX_EMPTY = 0x60 };
enum { MSR_READY = 0xb0 }; /* carrier, data set ready, clear to send */
enum { FIFO = 16 };

struct uart_state {
	u8 fifo[FIFO];
	u8 head, count;
	u8 ier, lcr, mcr, scr, divisor_low, divisor_high, fifos_on;
	bool tx_pending; /* the transmitter became empty and nobody looked yet */
};

struct uart_16550 {
	struct device dev;
	struct chardev *chardev;
	u64 base;
	u32 irq;
	struct irq_line line;
	struct uart_state state;
};

static int uart_post_load(void *obj, struct error *e)
{
	struct uart_state *s = obj;

	if (s->head >= FIFO || s->count > FIFO)
		return error_set(e, -22, "saved state of the UART is damaged");
	return 0;
}

static const struct state_field uart_fields[] = {
	STATE_ARRAY(struct uart_state, fifo, STATE_U8),
	STATE_FIELD(struct uart_state, head, STATE_U8),
	STATE_FIELD(struct uart_state, count, STATE_U8),
	STATE_FIELD(struct uart_state, ier, STATE_U8),
	STATE_FIELD(struct uart_state, lcr, STATE_U8),
	STATE_FIELD(struct uart_state, mcr, STATE_U8),
	STATE_FIELD(struct uart_state, scr, STATE_U8),
	STATE_FIELD(struct uart_state, divisor_low, STATE_U8),
	STATE_FIELD(struct uart_state, divisor_high, STATE_U8),
	STATE_FIELD(struct uart_state, fifos_on, STATE_U8),
	STATE_FIELD(struct uart_state, tx_pending, STATE_BOOL),
};

static const struct state_table uart_table = {
	.name = "uart-16550",
	.size = sizeof(struct uart_state),
	.nr_fields = ARRAY_SIZE(uart_fields),
	.fields = uart_fields,
	.post_load = uart_post_load,
};

static u8 pending(const struct uart_state *s)
{
	if ((s->ier & IER_RX) && s->count)
		return IIR_RX;
	if ((s->ier & IER_TX) && s->tx_pending)
		return IIR_TX;
	return IIR_NONE;
}

static void update_line(struct uart_16550 *u)
{
	irq_set(&u->line, pending(&u->state) != IIR_NONE);
}

static void push(struct uart_16550 *u, u8 c)
{
	struct uart_state *s = &u->state;

	if (s->count < FIFO)
		s->fifo[(s->head + s->count++) % FIFO] = c;
}

static u8 pop(struct uart_16550 *u)
{
	struct uart_state *s = &u->state;
	u8 c;

	if (!s->count)
		return 0;
	c = s->fifo[s->head];
	s->head = (s->head + 1) % FIFO;
	if (!--s->count && u->chardev)
		chardev_accept(u->chardev);
	return c;
}

static u64 uart_read(void *opaque, u32 vcpu, u64 offset, u32 size)
{
	struct uart_16550 *u = opaque;
	struct uart_state *s = &u->state;
	u8 v = 0;

	switch (offset) {
	case REG_DATA:
		v = s->lcr & LCR_DLAB ? s->divisor_low : pop(u);
		break;
	case REG_IER:
		v = s->lcr & LCR_DLAB ? s->divisor_high : s->ier;
		break;
	case REG_IIR_FCR:
		v = pending(s);
		if (v == IIR_TX)
			s->tx_pending = false;
		v |= s->fifos_on ? IIR_FIFOS : 0;
		break;
	case REG_LCR:
		v = s->lcr;
		break;
	case REG_MCR:
		v = s->mcr;
		break;
	case REG_LSR:
		v = (u8)(LSR_TX_EMPTY | (s->count ? LSR_DATA : 0));
		break;
	case REG_MSR: /* in loopback the modem outputs are the inputs */
		v = s->mcr & MCR_LOOP
			    ? (u8)((s->mcr & 0xc) << 4 | (s->mcr & 2) << 3 | (s->mcr & 1) << 5)
			    : MSR_READY;
		break;
	default:
		v = s->scr;
	}
	update_line(u);
	return v;
}

static void send(struct uart_16550 *u, u8 c)
{
	if (u->state.mcr & MCR_LOOP)
		push(u, c);
	else if (u->chardev)
		chardev_write(u->chardev, &c, 1);
	u->state.tx_pending = true;
}

static void uart_write(void *opaque, u32 vcpu, u64 offset, u32 size, u64 value)
{
	struct uart_16550 *u = opaque;
	struct uart_state *s = &u->state;
	u8 v = (u8)value;

	switch (offset) {
	case REG_DATA:
		if (s->lcr & LCR_DLAB)
			s->divisor_low = v;
		else
			send(u, v);
		break;
	case REG_IER:
		if (s->lcr & LCR_DLAB) {
			s->divisor_high = v;
			break;
		}
		/* Enabling the transmitter's interrupt while it is empty raises it. */
		if ((v & IER_TX) && !(s->ier & IER_TX))
			s->tx_pending = true;
		s->ier = v & (IER_RX | IER_TX | IER_LINE | IER_MODEM);
		break;
	case REG_IIR_FCR:
		s->fifos_on = v & FCR_ENABLE;
		if (v & FCR_CLEAR_RX)
			s->count = 0;
		break;
	case REG_LCR:
		s->lcr = v;
		break;
	case REG_MCR:
		s->mcr = v & MCR_MASK;
		break;
	case REG_SCR:
		s->scr = v;
		break;
	default: /* LSR and MSR are read-only */
		break;
	}
	update_line(u);
}

static const struct mmio_ops uart_ops = {
	.min_size = 1, .max_size = 1, .read = uart_read, .write = uart_write};

static size_t uart_room(void *opaque)
{
	struct uart_16550 *u = opaque;
	size_t n;

	vm_lock(u->dev.vm);
	n = u->state.mcr & MCR_LOOP ? 0 : FIFO - u->state.count;
	vm_unlock(u->dev.vm);
	return n;
}

static void uart_receive(void *opaque, const u8 *buf, size_t len)
{
	struct uart_16550 *u = opaque;

	vm_lock(u->dev.vm);
	for (size_t i = 0; i < len; i++)
		push(u, buf[i]);
	update_line(u);
	vm_unlock(u->dev.vm);
}

static const struct char_events uart_events = {.room = uart_room, .receive = uart_receive};

static int uart_realize(struct device *dev, struct error *e)
{
	struct uart_16550 *u = container_of(dev, struct uart_16550, dev);
	const struct mmio_region region = {"uart-16550", u->base, REGS, &uart_ops, u};

	mmio_add(dev->vm, &region);
	if (u->chardev)
		chardev_attach(u->chardev, &uart_events, u);
	return irq_line_init(&u->line, dev->vm, u->irq, true, e);
}

static void uart_unrealize(struct device *dev)
{
	struct uart_16550 *u = container_of(dev, struct uart_16550, dev);

	if (u->chardev)
		chardev_attach(u->chardev, NULL, NULL);
}

static void uart_reset(struct device *dev)
{
	struct uart_16550 *u = container_of(dev, struct uart_16550, dev);

	memset(&u->state, 0, sizeof(u->state));
	update_line(u);
}

static const struct device_prop uart_props[] = {
	{"chardev", "where it ends on the host", PROP_CHARDEV, offsetof(struct uart_16550, chardev),
	 NULL},
	{"base", "address of its registers", PROP_U64, offsetof(struct uart_16550, base), "0"},
	{"irq", "its interrupt", PROP_U32, offsetof(struct uart_16550, irq), "0"},
	{NULL, NULL, 0, 0, NULL},
};

const struct device_class uart_16550_class = {
	.name = "uart-16550",
	.help = "serial port of embedded boards",
	.size = sizeof(struct uart_16550),
	.props = uart_props,
	.realize = uart_realize,
	.unrealize = uart_unrealize,
	.reset = uart_reset,
	.dt = device_no_dt,
	.state = &uart_table,
	.state_offset = offsetof(struct uart_16550, state),
};

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The standard graphics card of Bochs and QEMU (qemu's docs/specs/standard-vga.rst; Bochs' VBE
 * extension; IBM VGA's ports for palette and blanking): a framebuffer in BAR 0, registers in BAR 2
 * and, of the primary card, at VGA's IO ports.
 *
 *   BAR 2   0x000  EDID    0x400  ports 0x3c0…0x3df    0x500  Bochs' registers, 16 bits each
 *           0x600  qemu's: size of this block, byte order of pixels
 *
 * Modes are those of Bochs' extension: linear, 8 to 32 bits. Text and planar modes need memory
 * below 1 MiB of the bus, which no host bridge of a PowerPC machine shows: their registers keep
 * what is written, and the screen is black.
 *
 * Registers are under a lock of their own, because viewers draw without the machine's.
 */
#include "device/vga.h"

#include <errno.h>

#include "base/endian.h"
#include "base/string.h"
#include "device/vga_private.h"
#include "vm/vm.h"

enum {
	VENDOR = 0x1234,
	DEVICE = 0x1111,
	SUBSYSTEM_VENDOR = 0x1af4,
	SUBSYSTEM = 0x1100,
	REVISION = 2, /* has qemu's registers */
	CLASS_VGA = 0x030000,
	CLASS_OTHER = 0x038000,

	MMIO_BYTES = 0x1000,
	MMIO_PORTS = 0x400,
	MMIO_DISPI = 0x500,
	MMIO_EXTENSION = 0x600,
	EXTENSION_BYTES = 8,
	ORDER = 4, /* of the extension */
	PORT_DISPI = 0x1ce,
	ID_LOWEST = 0xb0c0,
	ID = 0xb0c5,
	MAX_XRES = 16000,
	MAX_YRES = 12000,
};
#define ORDER_LITTLE 0x1e1e1e1eu
#define ORDER_BIG    0xbebebebeu

static struct vga *of(struct device *dev)
{
	return container_of(dev, struct vga, pci.dev);
}

/* --- Bochs' registers --- */
u16 vga_dispi_read(struct vga *g, u32 index)
{
	static const u16 most[] = {
		[DISPI_XRES] = MAX_XRES, [DISPI_YRES] = MAX_YRES, [DISPI_BPP] = 32};
	const u16 *r = g->state.dispi;
	u32 columns, bytes = (r[DISPI_BPP] + 7u) / 8;

	if (index == DISPI_MEMORY)
		return (u16)(g->memory.size >> 16);
	if (index >= DISPI_SAVED)
		return 0;
	if (r[DISPI_ENABLE] & DISPI_CAPABILITIES && index >= DISPI_XRES && index <= DISPI_BPP)
		return most[index];
	if (index == DISPI_VIRT_WIDTH && r[index] < r[DISPI_XRES])
		return r[DISPI_XRES];
	if (index == DISPI_VIRT_HEIGHT) {
		columns = r[DISPI_VIRT_WIDTH] > r[DISPI_XRES] ? r[DISPI_VIRT_WIDTH] : r[DISPI_XRES];
		columns = columns && bytes ? (u32)(g->memory.size / (columns * bytes)) : 0;
		return columns > 0xffff ? 0xffff : (u16)columns;
	}
	return r[index];
}

/* A mode begins: at the memory's begin, which is cleared unless the guest wants it as it is. */
static void enable(struct vga *g, u16 value)
{
	u16 *r = g->state.dispi;

	if (value & ~r[DISPI_ENABLE] & DISPI_ENABLED) {
		r[DISPI_VIRT_WIDTH] = r[DISPI_X_OFFSET] = r[DISPI_Y_OFFSET] = 0;
		if (!(value & DISPI_KEEP_MEMORY))
			vm_window_clear(g->pci.dev.vm, &g->memory);
	}
	r[DISPI_ENABLE] = value;
}

void vga_dispi_write(struct vga *g, u32 index, u16 value)
{
	u16 *r = g->state.dispi;

	switch (index) {
	case DISPI_ID:
		if (value >= ID_LOWEST && value <= ID)
			r[index] = value;
		break;
	case DISPI_XRES:
		if (value <= MAX_XRES)
			r[index] = value & ~7;
		break;
	case DISPI_YRES:
		if (value <= MAX_YRES)
			r[index] = value;
		break;
	case DISPI_BPP:
		value = value ? value : 8;
		if (value == 8 || value == 15 || value == 16 || value == 24 || value == 32)
			r[index] = value;
		break;
	case DISPI_ENABLE:
		enable(g, value);
		break;
	case DISPI_BANK:
	case DISPI_VIRT_WIDTH:
	case DISPI_X_OFFSET:
	case DISPI_Y_OFFSET:
		r[index] = value;
		break;
	default:
		break;
	}
}

/* --- VGA's ports --- */
enum {
	PORT_ATTRIBUTE = 0x00,
	PORT_ATTRIBUTE_READ = 0x01,
	PORT_MISC = 0x02, /* read: switches */
	PORT_SEQUENCER = 0x04,
	PORT_SEQUENCER_DATA = 0x05,
	PORT_PALETTE_READ = 0x07,
	PORT_PALETTE_WRITE = 0x08,
	PORT_PALETTE_DATA = 0x09,
	PORT_MISC_READ = 0x0c,
	PORT_GRAPHICS = 0x0e,
	PORT_GRAPHICS_DATA = 0x0f,
	PORT_CRTC = 0x14,
	PORT_CRTC_DATA = 0x15,
	PORT_STATUS = 0x1a,
};

static u8 *palette_next(struct vga_state *s, u8 *entry)
{
	u8 *p = &s->palette[3 * *entry + s->palette_part];

	if (++s->palette_part == 3) {
		s->palette_part = 0;
		++*entry;
	}
	return p;
}

u8 vga_port_read(struct vga *g, u32 port)
{
	struct vga_state *s = &g->state;

	switch (port) {
	case PORT_ATTRIBUTE:
		return s->attribute_data ? 0 : s->attribute_index;
	case PORT_ATTRIBUTE_READ:
		return s->attribute[s->attribute_index & 31];
	case PORT_SEQUENCER:
		return s->sequencer_index;
	case PORT_SEQUENCER_DATA:
		return s->sequencer[s->sequencer_index & 7];
	case PORT_PALETTE_READ:
		return 3; /* reads are served */
	case PORT_PALETTE_WRITE:
		return s->palette_write;
	case PORT_PALETTE_DATA:
		return *palette_next(s, &s->palette_read);
	case PORT_MISC_READ:
		return s->misc;
	case PORT_GRAPHICS:
		return s->graphics_index;
	case PORT_GRAPHICS_DATA:
		return s->graphics[s->graphics_index & 15];
	case PORT_CRTC:
		return s->crtc_index;
	case PORT_CRTC_DATA:
		return s->crtc[s->crtc_index & 31];
	case PORT_STATUS:
		s->attribute_data = 0;
		return 0;
	default:
		return 0;
	}
}

static void attribute_write(struct vga_state *s, u8 value)
{
	if (s->attribute_data)
		s->attribute[s->attribute_index & 31] = value;
	else
		s->attribute_index = value & 0x3f;
	s->attribute_data ^= 1;
}

void vga_port_write(struct vga *g, u32 port, u8 value)
{
	struct vga_state *s = &g->state;

	switch (port) {
	case PORT_ATTRIBUTE:
		attribute_write(s, value);
		break;
	case PORT_MISC:
		s->misc = value;
		break;
	case PORT_SEQUENCER:
		s->sequencer_index = value;
		break;
	case PORT_SEQUENCER_DATA:
		s->sequencer[s->sequencer_index & 7] = value;
		break;
	case PORT_PALETTE_READ:
		s->palette_read = value;
		s->palette_part = 0;
		break;
	case PORT_PALETTE_WRITE:
		s->palette_write = value;
		s->palette_part = 0;
		break;
	case PORT_PALETTE_DATA:
		*palette_next(s, &s->palette_write) = value;
		break;
	case PORT_GRAPHICS:
		s->graphics_index = value;
		break;
	case PORT_GRAPHICS_DATA:
		s->graphics[s->graphics_index & 15] = value;
		break;
	case PORT_CRTC:
		s->crtc_index = value;
		break;
	case PORT_CRTC_DATA:
		s->crtc[s->crtc_index & 31] = value;
		break;
	default:
		break;
	}
}

/* --- how the guest reaches them --- */
static u64 ports_read(void *opaque, u32 vcpu, u64 offset, u32 size)
{
	struct vga *g = opaque;
	u8 v;

	os_mutex_lock(&g->lock);
	v = vga_port_read(g, (u32)offset);
	os_mutex_unlock(&g->lock);
	return v;
}

static void ports_write(void *opaque, u32 vcpu, u64 offset, u32 size, u64 value)
{
	struct vga *g = opaque;

	os_mutex_lock(&g->lock);
	vga_port_write(g, (u32)offset, (u8)value);
	os_mutex_unlock(&g->lock);
}

static u64 dispi_read(void *opaque, u32 vcpu, u64 offset, u32 size)
{
	struct vga *g = opaque;
	u16 v;

	os_mutex_lock(&g->lock);
	v = vga_dispi_read(g, (u32)offset / 2);
	os_mutex_unlock(&g->lock);
	return v;
}

static void dispi_write(void *opaque, u32 vcpu, u64 offset, u32 size, u64 value)
{
	struct vga *g = opaque;

	os_mutex_lock(&g->lock);
	vga_dispi_write(g, (u32)offset / 2, (u16)value);
	os_mutex_unlock(&g->lock);
}

/* An index port and, two further, the data. */
static u64 indexed_read(void *opaque, u32 vcpu, u64 offset, u32 size)
{
	struct vga *g = opaque;
	u16 v;

	os_mutex_lock(&g->lock);
	v = offset ? vga_dispi_read(g, g->state.dispi_index) : g->state.dispi_index;
	os_mutex_unlock(&g->lock);
	return v;
}

static void indexed_write(void *opaque, u32 vcpu, u64 offset, u32 size, u64 value)
{
	struct vga *g = opaque;

	os_mutex_lock(&g->lock);
	if (offset)
		vga_dispi_write(g, g->state.dispi_index, (u16)value);
	else
		g->state.dispi_index = (u16)value;
	os_mutex_unlock(&g->lock);
}

static u64 extension_read(void *opaque, u32 vcpu, u64 offset, u32 size)
{
	const struct vga *g = opaque;

	if (offset != ORDER)
		return EXTENSION_BYTES;
	return __atomic_load_n(&g->state.little, __ATOMIC_RELAXED) ? ORDER_LITTLE : ORDER_BIG;
}

static void set_order(struct vga *g, bool little)
{
	os_mutex_lock(&g->lock);
	__atomic_store_n(&g->state.little, little, __ATOMIC_RELAXED);
	os_mutex_unlock(&g->lock);
}

static void extension_write(void *opaque, u32 vcpu, u64 offset, u32 size, u64 value)
{
	if (offset == ORDER && (value == ORDER_LITTLE || value == ORDER_BIG))
		set_order(opaque, value == ORDER_LITTLE);
}

static u64 edid_read(void *opaque, u32 vcpu, u64 offset, u32 size)
{
	const struct vga *g = opaque;

	return g->edid && offset < VGA_EDID_BYTES ? g->edid_block[offset] : 0;
}

static void edid_write(void *opaque, u32 vcpu, u64 offset, u32 size, u64 value)
{
}

#define FLAGS (MMIO_LITTLE | MMIO_NO_LOCK)
static const struct mmio_ops ports_ops = {1, 1, FLAGS, ports_read, ports_write};
static const struct mmio_ops dispi_ops = {2, 2, FLAGS, dispi_read, dispi_write};
static const struct mmio_ops indexed_ops = {2, 2, FLAGS, indexed_read, indexed_write};
static const struct mmio_ops extension_ops = {4, 4, FLAGS, extension_read, extension_write};
static const struct mmio_ops edid_ops = {1, 1, FLAGS, edid_read, edid_write};

void vga_set_byte_order(struct device *dev, bool little)
{
	set_order(of(dev), little);
}

/* --- building --- */
static void reset_state(struct vga *g)
{
	os_mutex_lock(&g->lock);
	memset(&g->state, 0, sizeof(g->state));
	g->state.dispi[DISPI_ID] = ID;
	g->state.dispi[DISPI_BPP] = 8;
	vm_window_clear(g->pci.dev.vm, &g->memory);
	os_mutex_unlock(&g->lock);
}

static void release(struct vga *g)
{
	vm_window_destroy(g->pci.dev.vm, &g->memory);
	os_mutex_destroy(&g->lock);
	os_free(g->dirty);
	os_free(g->row);
	os_free(g->drawn);
}

static int check(const struct vga *g, struct error *e)
{
	const char *name = g->pci.dev.cls->name;

	if (!g->memory_mb || g->memory_mb > 256 || g->memory_mb & (g->memory_mb - 1))
		return error_set(e, -EINVAL, "%s: vgamem_mb is a power of two up to 256", name);
	/* what a detailed timing can say */
	if (g->xres < 320 || g->xres > 4088 || g->yres < 200 || g->yres > 4095 || g->xres % 8)
		return error_set(e, -EINVAL,
				 "%s: xres (by eights) and yres go from 320x200 to 4088x4095",
				 name);
	return 0;
}

static int allocate(struct vga *g, struct error *e)
{
	int err =
		vm_window_init(g->pci.dev.vm, &g->memory, "vga-memory", (u64)g->memory_mb << 20, e);

	if (err)
		return err;
	os_mutex_init(&g->lock);
	g->dirty = os_alloc(vm_window_words(&g->memory) * sizeof(u64));
	g->row = os_alloc(DISPLAY_MAX_SIDE * sizeof(u32));
	g->drawn = os_alloc(sizeof(*g->drawn));
	if (g->dirty && g->row && g->drawn)
		return 0;
	release(g);
	return error_set(e, -ENOMEM, "out of memory");
}

static void add_ranges(struct vga *g)
{
	struct pci_device *d = &g->pci;

	pci_add_ram(d, 0, PCI_BAR_MEM, &g->memory);
	pci_add_bar(d, 2, MMIO_BYTES, PCI_BAR_MEM, NULL, NULL);
	pci_add_region(d, 2, 0, MMIO_PORTS, &edid_ops, g);
	pci_add_region(d, 2, MMIO_PORTS, VGA_PORTS, &ports_ops, g);
	pci_add_region(d, 2, MMIO_DISPI, DISPI_COUNT * 2, &dispi_ops, g);
	pci_add_region(d, 2, MMIO_EXTENSION, EXTENSION_BYTES, &extension_ops, g);
	if (g->secondary)
		return;
	pci_add_fixed_io(d, PORT_DISPI, 4, &indexed_ops, g);
	pci_add_fixed_io(d, VGA_PORT_BASE, VGA_PORTS, &ports_ops, g);
}

static int realize(struct vga *g, bool secondary, struct error *e)
{
	struct vm *vm = g->pci.dev.vm;
	int err = check(g, e);

	if (!err)
		err = allocate(g, e);
	if (err)
		return err;
	g->secondary = secondary;
	vga_make_edid(g->edid_block, g->xres, g->yres);
	pci_set_ids(&g->pci, &(struct pci_ids){.vendor = VENDOR,
					       .device = DEVICE,
					       .subsystem_vendor = SUBSYSTEM_VENDOR,
					       .subsystem = SUBSYSTEM,
					       .class_code = secondary ? CLASS_OTHER : CLASS_VGA,
					       .revision = REVISION});
	g->pci.no_intx = true;
	add_ranges(g);
	reset_state(g);
	err = pci_attach(&g->pci, e);
	if (err) {
		release(g);
		return err;
	}
	g->source = (struct display_source){.update = vga_update, .opaque = g};
	g->displays = vm->backends ? vm->backends->displays : NULL;
	err = display_add(g->displays, &g->source);
	if (err) {
		pci_detach(&g->pci);
		release(g);
		return error_set(e, err, "%s: there are too many displays", g->pci.dev.cls->name);
	}
	return 0;
}

static int vga_realize(struct device *dev, struct error *e)
{
	return realize(of(dev), false, e);
}

static int secondary_realize(struct device *dev, struct error *e)
{
	return realize(of(dev), true, e);
}

static void vga_unrealize(struct device *dev)
{
	struct vga *g = of(dev);

	display_remove(g->displays, &g->source);
	pci_detach(&g->pci);
	release(g);
}

static void vga_reset(struct device *dev)
{
	reset_state(of(dev));
}

static const struct state_field fields[] = {
	STATE_ARRAY(struct vga_state, dispi, STATE_U16),
	STATE_FIELD(struct vga_state, dispi_index, STATE_U16),
	STATE_ARRAY(struct vga_state, palette, STATE_U8),
	STATE_FIELD(struct vga_state, palette_read, STATE_U8),
	STATE_FIELD(struct vga_state, palette_write, STATE_U8),
	STATE_FIELD(struct vga_state, palette_part, STATE_U8),
	STATE_FIELD(struct vga_state, attribute_index, STATE_U8),
	STATE_FIELD(struct vga_state, attribute_data, STATE_U8),
	STATE_FIELD(struct vga_state, misc, STATE_U8),
	STATE_FIELD(struct vga_state, sequencer_index, STATE_U8),
	STATE_FIELD(struct vga_state, graphics_index, STATE_U8),
	STATE_FIELD(struct vga_state, crtc_index, STATE_U8),
	STATE_FIELD(struct vga_state, little, STATE_U8),
	STATE_ARRAY(struct vga_state, attribute, STATE_U8),
	STATE_ARRAY(struct vga_state, sequencer, STATE_U8),
	STATE_ARRAY(struct vga_state, graphics, STATE_U8),
	STATE_ARRAY(struct vga_state, crtc, STATE_U8),
};

/* Everything else is checked where it is used. */
static int post_load(void *obj, struct error *e)
{
	const struct vga_state *s = obj;
	u16 bits = s->dispi[DISPI_BPP];

	if (s->palette_part > 2 || s->attribute_data > 1 || s->little > 1 ||
	    (bits != 8 && bits != 15 && bits != 16 && bits != 24 && bits != 32))
		return error_set(e, -EINVAL, "the saved state of a graphics card is damaged");
	return 0;
}

static const struct state_table vga_table = {
	.name = "vga",
	.size = sizeof(struct vga_state),
	.nr_fields = ARRAY_SIZE(fields),
	.fields = fields,
	.post_load = post_load,
};

static const struct state_table secondary_table = {
	.name = "secondary-vga",
	.size = sizeof(struct vga_state),
	.nr_fields = ARRAY_SIZE(fields),
	.fields = fields,
	.post_load = post_load,
};

static const struct device_prop props[] = {
	{"vgamem_mb", "memory in MiB", PROP_U32, offsetof(struct vga, memory_mb), "16"},
	{"edid", "a monitor that says what it is", PROP_BOOL, offsetof(struct vga, edid), "on"},
	{"xres", "width that the monitor likes", PROP_U32, offsetof(struct vga, xres), "1280"},
	{"yres", "height that the monitor likes", PROP_U32, offsetof(struct vga, yres), "800"},
	PCI_DEVICE_PROPS(struct vga, pci),
	{NULL, NULL, 0, 0, NULL},
};

const struct device_class vga_class = {
	.name = "VGA",
	.help = "graphics card",
	.bus_type = BUS_PCI,
	.cold_only = true,
	.size = sizeof(struct vga),
	.props = props,
	.realize = vga_realize,
	.unrealize = vga_unrealize,
	.reset = vga_reset,
	.dt = device_no_dt,
	.state = &vga_table,
	.state_offset = offsetof(struct vga, state),
};

const struct device_class secondary_vga_class = {
	.name = "secondary-vga",
	.help = "graphics card without VGA's ports, for one more screen",
	.bus_type = BUS_PCI,
	.cold_only = true,
	.size = sizeof(struct vga),
	.props = props,
	.realize = secondary_realize,
	.unrealize = vga_unrealize,
	.reset = vga_reset,
	.dt = device_no_dt,
	.state = &secondary_table,
	.state_offset = offsetof(struct vga, state),
};

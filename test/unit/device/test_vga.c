// SPDX-License-Identifier: GPL-2.0-or-later
/* The graphics card as a guest and a viewer see it: modes, byte orders, palette, blanking, VGA's
 * ports, an endpoint that stops, saved state, a picture in a file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <png.h>

#include "../buffer.h"
#include "../machine/board.h"
#include "bus/pci_host.h"
#include "device/vga_private.h"
#include "device/vga.h"
#include "vm/savestate.h"

enum { MEMORY = 16 << 20, PORTS = 0x400, DISPI = 0x500, EXTENSION = 0x600 };
#define IO (1ull << 45)

static struct vm *vm;
static struct vga *card;
static struct device_backends backends;
static u64 fb, regs; /* where the guest sees them */

static struct vm *board(struct vga **g)
{
	struct machine_config c = {.cpus = 1, .backends = &backends};
	struct error e = {""};
	struct device *d;
	struct vm *v;

	if (board_create(&c, &v, &e))
		fail_msg("%s", e.text);
	d = device_new(v, &vga_class);
	if (device_realize(d, &e) || vm_reset(v, &e))
		fail_msg("%s", e.text);
	*g = container_of(d, struct vga, pci.dev);
	return v;
}

static u64 seen_at(u32 bar)
{
	struct pci_host *h = card->pci.host;

	return h->ops->memory_address(h, pci_bar_address(&card->pci, bar),
				      card->pci.bars[bar].size);
}

static void decode(bool on)
{
	pci_config_write(&card->pci, PCI_COMMAND, 2, on ? PCI_COMMAND_MEMORY | PCI_COMMAND_IO : 0);
}

static int setup(void **state)
{
	backends.displays = display_create();
	vm = board(&card);
	fb = seen_at(0);
	regs = seen_at(2);
	decode(true);
	return 0;
}

static int teardown(void **state)
{
	machine_pseries.destroy(vm);
	display_destroy(backends.displays);
	return 0;
}

/* --- a guest's little-endian loads and stores --- */
static u64 load(u64 addr, u32 size)
{
	struct vm_exit x = {.reason = VM_EXIT_MMIO, .mmio = {.addr = addr, .len = size}};
	u8 raw[8] = {0};

	mmio_dispatch(vm, 0, &x);
	memcpy(raw, x.mmio.data, size);
	return ld_le64(raw);
}

static void store(u64 addr, u32 size, u64 value)
{
	struct vm_exit x = {.reason = VM_EXIT_MMIO,
			    .mmio = {.addr = addr, .len = size, .write = true}};
	u8 raw[8];

	st_le64(raw, value);
	memcpy(x.mmio.data, raw, size);
	mmio_dispatch(vm, 0, &x);
}

static u16 dispi(u32 index)
{
	return (u16)load(regs + DISPI + 2 * index, 2);
}

static void set_dispi(u32 index, u16 value)
{
	store(regs + DISPI + 2 * index, 2, value);
}

static void set_mode(u32 width, u32 height, u32 bits)
{
	set_dispi(DISPI_ENABLE, 0);
	set_dispi(DISPI_XRES, (u16)width);
	set_dispi(DISPI_YRES, (u16)height);
	set_dispi(DISPI_BPP, (u16)bits);
	set_dispi(DISPI_ENABLE, DISPI_ENABLED | DISPI_LINEAR);
	load(regs + PORTS + 0x1a, 1);
	store(regs + PORTS, 1, 0x20);
}

/* --- a viewer --- */
struct seen {
	u32 width, height, x, y, pixel;
	u64 serial, shape;
	u32 changed; /* rows since serial */
};

static void look_at(void *opaque, const struct display_frame *f)
{
	struct seen *s = opaque;

	s->changed = 0;
	for (u32 y = 0; y < f->height; y++)
		s->changed += f->serials[y] > s->serial;
	s->width = f->width;
	s->height = f->height;
	s->pixel = f->pixels[s->y * f->width + s->x];
	s->serial = f->serial;
	s->shape = f->shape;
}

static u32 pixel(u32 x, u32 y)
{
	struct seen s = {.x = x, .y = y};

	assert_true(display_look(backends.displays, 0, look_at, &s));
	return s.pixel;
}

static void test_modes(void **state)
{
	static const struct {
		u32 bits;
		bool little;
		u8 raw[4];
		u32 color;
	} rows[] = {
		{32, true, {0x33, 0x22, 0x11, 0xff}, 0x112233},
		{32, false, {0xff, 0x11, 0x22, 0x33}, 0x112233},
		{24, true, {0x33, 0x22, 0x11}, 0x112233},
		{24, false, {0x11, 0x22, 0x33}, 0x112233},
		{16, true, {0x00, 0xf8}, 0xff0000},
		{16, false, {0x07, 0xe0}, 0x00ff00},
		{15, true, {0x00, 0x7c}, 0xff0000},
		{15, false, {0x00, 0x1f}, 0x0000ff},
	};
	struct seen s = {0};

	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		u32 bytes = (rows[i].bits + 7) / 8;

		set_mode(64, 48, rows[i].bits);
		store(regs + EXTENSION + 4, 4, rows[i].little ? 0x1e1e1e1e : 0xbebebebe);
		assert_int_equal(load(regs + EXTENSION + 4, 4),
				 rows[i].little ? 0x1e1e1e1e : 0xbebebebe);
		for (u32 k = 0; k < bytes; k++)
			store(fb + (64 * 5 + 9) * bytes + k, 1, rows[i].raw[k]);
		assert_int_equal(pixel(9, 5), rows[i].color);
		assert_int_equal(pixel(8, 5), 0);
	}
	display_look(backends.displays, 0, look_at, &s);
	assert_int_equal(s.width, 64);
	assert_int_equal(s.height, 48);
	/* only what changed is new to a viewer */
	store(fb, 2, 0xffff);
	display_look(backends.displays, 0, look_at, &s);
	assert_int_equal(s.changed, 1);
}

/* Eight bits through the palette, of six or eight bits. */
static void test_palette(void **state)
{
	set_mode(64, 48, 8);
	store(fb + 3, 1, 7);
	store(regs + PORTS + 8, 1, 7);
	store(regs + PORTS + 9, 1, 0x3f);
	store(regs + PORTS + 9, 1, 0x00);
	store(regs + PORTS + 9, 1, 0x20);
	assert_int_equal(pixel(3, 0), 0xff0082);
	/* by VGA's ports, too */
	store(IO + 0x3c7, 1, 7);
	assert_int_equal(load(IO + 0x3c9, 1), 0x3f);
	store(IO + 0x1ce, 2, DISPI_ENABLE);
	store(IO + 0x1d0, 2, DISPI_ENABLED | DISPI_DAC_8BIT);
	assert_int_equal(dispi(DISPI_ENABLE), DISPI_ENABLED | DISPI_DAC_8BIT);
	assert_int_equal(pixel(3, 0), 0x3f0020);
	/* blanked */
	load(regs + PORTS + 0x1a, 1);
	store(regs + PORTS, 1, 0);
	assert_int_equal(pixel(3, 0), 0);
}

static void test_registers(void **state)
{
	assert_int_equal(dispi(DISPI_ID), 0xb0c5);
	assert_int_equal(dispi(DISPI_MEMORY), MEMORY >> 16);
	set_mode(1024, 768, 32);
	assert_int_equal(dispi(DISPI_VIRT_WIDTH), 1024);
	assert_int_equal(dispi(DISPI_VIRT_HEIGHT), MEMORY / 4096);
	/* panning */
	set_dispi(DISPI_VIRT_WIDTH, 2048);
	set_dispi(DISPI_X_OFFSET, 16);
	set_dispi(DISPI_Y_OFFSET, 2);
	store(regs + EXTENSION + 4, 4, 0x1e1e1e1e);
	store(fb + 2 * 8192 + 16 * 4, 4, 0xabcdef);
	assert_int_equal(pixel(0, 0), 0xabcdef);
	/* what is not in memory is not shown */
	set_dispi(DISPI_Y_OFFSET, 0xffff);
	assert_int_equal(pixel(0, 0), 0);
	set_dispi(DISPI_Y_OFFSET, 0);
	set_dispi(DISPI_VIRT_WIDTH, 0xffff);
	assert_int_equal(pixel(0, 0), 0);
	set_mode(0, 0, 32);
	pixel(0, 0);
	set_mode(16000, 12000, 32);
	pixel(0, 0);
	set_dispi(DISPI_BPP, 7); /* there is none */
	assert_int_equal(dispi(DISPI_BPP), 32);
	set_dispi(DISPI_ENABLE, DISPI_CAPABILITIES);
	assert_int_equal(dispi(DISPI_XRES), 16000);
	/* a monitor */
	assert_int_equal(load(regs, 8), 0x00ffffffffffff00ull);
	u8 sum = 0;
	for (u32 i = 0; i < 128; i++)
		sum = (u8)(sum + load(regs + i, 1));
	assert_int_equal(sum, 0);
}

/* The memory is there for as long as the function decodes it and its endpoint runs. */
static void test_memory(void **state)
{
	set_mode(64, 48, 32);
	assert_true(card->memory.gpa == fb);
	decode(false);
	assert_true(card->memory.gpa == VM_WINDOW_NOWHERE);
	assert_int_equal(load(fb, 4), 0xffffffff);
	decode(true);
	assert_true(card->memory.gpa == fb);
	store(fb, 8, 0x1122334455667788);
	assert_int_equal(load(fb, 8), 0x1122334455667788);
	assert_int_equal(*(u8 *)card->memory.ram.base, 0x88);
	pe_freeze(card->pci.pe, PE_ERROR_INJECTED, 0, 0);
	assert_true(card->memory.gpa == VM_WINDOW_NOWHERE);
	assert_int_equal(load(fb, 4), 0xffffffff);
	store(fb, 4, 0);
	assert_int_equal(*(u8 *)card->memory.ram.base, 0x88);
}

static void test_state(void **state)
{
	struct buffer s = {0};
	struct state_writer w = {buf_write, &s, 0};
	struct state_reader r = {buf_read, &s};
	struct error e = {""};

	set_mode(64, 48, 32);
	store(regs + EXTENSION + 4, 4, 0x1e1e1e1e);
	store(fb + 4 * (64 * 40 + 3), 4, 0x445566);
	assert_int_equal(vm_save(vm, &w, &e), 0);
	machine_pseries.destroy(vm);
	vm = board(&card);
	assert_int_equal(pixel(3, 40), 0);
	if (vm_load(vm, &r, &e))
		fail_msg("%s", e.text);
	assert_int_equal(pixel(3, 40), 0x445566);
	assert_true(card->memory.gpa == fb);
	free(s.data);
}

static void test_file(void **state)
{
	png_image image = {.version = PNG_IMAGE_VERSION};
	char path[64];
	struct error e = {""};
	u8 *pixels;

	set_mode(64, 48, 32);
	store(regs + EXTENSION + 4, 4, 0x1e1e1e1e);
	store(fb + 4 * (64 * 2 + 1), 4, 0x102030);
	board_file(path, "", 0);
	if (display_png(backends.displays, 0, path, &e))
		fail_msg("%s", e.text);
	assert_int_not_equal(display_png(backends.displays, 1, path, &e), 0);
	assert_int_not_equal(display_png(backends.displays, 0, "/nowhere/x.png", &e), 0);
	assert_true(png_image_begin_read_from_file(&image, path));
	assert_int_equal(image.width, 64);
	assert_int_equal(image.height, 48);
	image.format = PNG_FORMAT_RGB;
	pixels = malloc(PNG_IMAGE_SIZE(image));
	assert_true(png_image_finish_read(&image, NULL, pixels, 0, NULL));
	assert_memory_equal(pixels + 3 * (64 * 2 + 1), "\x10\x20\x30", 3);
	free(pixels);
	unlink(path);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(test_modes),  TEST(test_palette), TEST(test_registers),
		TEST(test_memory), TEST(test_state),   TEST(test_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

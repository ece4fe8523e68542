/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of the graphics card. */
#ifndef DEVICE_VGA_PRIVATE_H
#define DEVICE_VGA_PRIVATE_H

#include "bus/pci.h"
#include "host/display.h"

/* Registers of Bochs' extension. */
enum vga_dispi {
	DISPI_ID,
	DISPI_XRES,
	DISPI_YRES,
	DISPI_BPP,
	DISPI_ENABLE,
	DISPI_BANK,
	DISPI_VIRT_WIDTH,
	DISPI_VIRT_HEIGHT,
	DISPI_X_OFFSET,
	DISPI_Y_OFFSET,
	DISPI_SAVED,
	DISPI_MEMORY = DISPI_SAVED, /* in units of 64 KiB; read-only */
	DISPI_COUNT,
};

enum {
	DISPI_ENABLED = 1 << 0,
	DISPI_CAPABILITIES = 1 << 1,
	DISPI_DAC_8BIT = 1 << 5,
	DISPI_LINEAR = 1 << 6,
	DISPI_KEEP_MEMORY = 1 << 7,
};

enum {
	VGA_PALETTE_BYTES = 768,
	VGA_PORTS = 0x20, /* from VGA_PORT_BASE on */
	VGA_PORT_BASE = 0x3c0,
	VGA_EDID_BYTES = 128,
};

/* Saved. */
struct vga_state {
	u16 dispi[DISPI_SAVED];
	u16 dispi_index;
	u8 palette[VGA_PALETTE_BYTES];
	u8 palette_read, palette_write, palette_part; /* entries, which colour of one comes next */
	u8 attribute_index, attribute_data;	      /* data: the next write is a value */
	u8 misc, sequencer_index, graphics_index, crtc_index, little; /* of pixels */
	u8 attribute[32], sequencer[8], graphics[16], crtc[32];
};

struct vga {
	struct pci_device pci;
	struct vga_state state; /* under the lock */
	struct os_mutex lock;
	struct vm_window memory;
	u32 memory_mb, xres, yres;
	bool secondary, edid;
	u8 edid_block[VGA_EDID_BYTES];
	struct display_hub *displays;
	struct display_source source;
	struct vga_mode *drawn; /* what the picture shows */
	u64 *dirty;
	u32 *row;
};

/* What is shown. */
struct vga_mode {
	u32 width, height, bits; /* bits of a pixel; 0: nothing */
	u32 stride;
	u64 start; /* in memory; all rows are in it */
	bool little;
	u32 palette[256];
};

/* Under the lock. */
void vga_mode_of(const struct vga *g, struct vga_mode *m);
/* display_source.update() */
void vga_update(void *opaque, struct display_picture *p);

u8 vga_port_read(struct vga *g, u32 port);
void vga_port_write(struct vga *g, u32 port, u8 value);
u16 vga_dispi_read(struct vga *g, u32 index);
void vga_dispi_write(struct vga *g, u32 index, u16 value);

/* A monitor that likes width × height. */
void vga_make_edid(u8 edid[VGA_EDID_BYTES], u32 width, u32 height);

#endif

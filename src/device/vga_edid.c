// SPDX-License-Identifier: GPL-2.0-or-later
/* What the monitor says of itself (VESA EDID 1.3): one detailed timing, that of the size the user
 * wants, with blanking as in VESA's reduced timings, and the established sizes. */
#include <string.h>

#include "base/endian.h"
#include "device/vga_private.h"

enum {
	AT_VENDOR = 8,
	AT_WEEK = 16,
	AT_VERSION = 18,
	AT_VIDEO = 20,
	AT_CHROMATICITY = 25,
	AT_ESTABLISHED = 35,
	AT_STANDARD = 38,
	AT_DETAILED = 54,
	DESCRIPTOR = 18,

	H_BLANK = 160,
	H_FRONT = 48,
	H_SYNC = 32,
	V_BLANK = 30,
	V_FRONT = 3,
	V_SYNC = 6,
	HZ = 60,
	DPI = 100,
};

static void detailed(u8 *d, u32 width, u32 height)
{
	u64 clock = (u64)(width + H_BLANK) * (height + V_BLANK) * HZ / 10000;
	u32 mm_x = width * 254 / DPI / 10, mm_y = height * 254 / DPI / 10;

	st_le16(d, clock > 0xffff ? 0xffff : (u16)clock);
	d[2] = (u8)width;
	d[3] = H_BLANK;
	d[4] = (u8)((width >> 8) << 4 | H_BLANK >> 8);
	d[5] = (u8)height;
	d[6] = V_BLANK;
	d[7] = (u8)((height >> 8) << 4 | V_BLANK >> 8);
	d[8] = H_FRONT;
	d[9] = H_SYNC;
	d[10] = V_FRONT << 4 | V_SYNC;
	d[12] = (u8)mm_x;
	d[13] = (u8)mm_y;
	d[14] = (u8)((mm_x >> 8) << 4 | (mm_y >> 8 & 15));
	d[17] = 0x1e; /* separate syncs, positive */
}

static void text(u8 *d, u8 tag, const char *s)
{
	size_t n = strlen(s);

	d[3] = tag;
	memset(d + 5, ' ', 13);
	memcpy(d + 5, s, n);
	d[5 + n] = '\n';
}

/* 48-75 Hz, 30-160 kHz, up to 600 MHz. */
static void range(u8 *d)
{
	static const u8 values[] = {0, 0, 0, 0xfd, 0, 48, 75, 30, 160, 60, 0, '\n'};

	memset(d, ' ', DESCRIPTOR);
	memcpy(d, values, sizeof(values));
}

void vga_make_edid(u8 e[VGA_EDID_BYTES], u32 width, u32 height)
{
	/* sRGB */
	static const u8 chromaticity[10] = {0xee, 0x91, 0xa3, 0x54, 0x4c,
					    0x99, 0x26, 0x0f, 0x50, 0x54};
	u8 sum = 0;

	memset(e, 0, VGA_EDID_BYTES);
	memset(e + 1, 0xff, 6);
	/* "PVR", five bits a letter */
	st_be16(e + AT_VENDOR, ('P' - '@') << 10 | ('V' - '@') << 5 | ('R' - '@'));
	st_le16(e + AT_VENDOR + 2, 1);
	e[AT_WEEK] = 1;
	e[AT_WEEK + 1] = 2026 - 1990;
	e[AT_VERSION] = 1;
	e[AT_VERSION + 1] = 3;
	e[AT_VIDEO] = 0x80; /* digital */
	e[AT_VIDEO + 1] = (u8)(width * 254 / DPI / 100);
	e[AT_VIDEO + 2] = (u8)(height * 254 / DPI / 100);
	e[AT_VIDEO + 3] = 120;	/* gamma 2.2 */
	e[AT_VIDEO + 4] = 0x06; /* sRGB, the first timing is preferred */
	memcpy(e + AT_CHROMATICITY, chromaticity, sizeof(chromaticity));
	e[AT_ESTABLISHED] = 0x21;     /* 640x480, 800x600 at 60 Hz */
	e[AT_ESTABLISHED + 1] = 0x08; /* 1024x768 at 60 Hz */
	memset(e + AT_STANDARD, 1, 16);
	detailed(e + AT_DETAILED, width, height);
	range(e + AT_DETAILED + DESCRIPTOR);
	text(e + AT_DETAILED + 2 * DESCRIPTOR, 0xfc, "Powervisor");
	text(e + AT_DETAILED + 3 * DESCRIPTOR, 0xff, "1");
	for (u32 i = 0; i < VGA_EDID_BYTES - 1; i++)
		sum = (u8)(sum + e[i]);
	e[VGA_EDID_BYTES - 1] = (u8)-sum;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the card shows: rows of the framebuffer that are on pages which were written, turned into
 * the hub's pixels. On a viewer's thread.
 */
#include <string.h>

#include "base/endian.h"
#include "device/vga_private.h"
#include "vm/vm.h"

static u32 palette_color(const struct vga_state *s, u32 i)
{
	const u8 *c = &s->palette[3 * i];
	u32 shift = s->dispi[DISPI_ENABLE] & DISPI_DAC_8BIT ? 0 : 2, color = 0;

	for (u32 k = 0; k < 3; k++)
		color = color << 8 | (u8)(c[k] << shift | (shift ? c[k] >> 4 & 3 : 0));
	return color;
}

/* Registers may say anything; what does not fit into memory is not shown. */
void vga_mode_of(const struct vga *g, struct vga_mode *m)
{
	const struct vga_state *s = &g->state;
	u32 bits = s->dispi[DISPI_BPP], bytes = (bits + 7) / 8, columns;
	u64 end;

	memset(m, 0, sizeof(*m));
	m->width = 640;
	m->height = 480;
	if (!(s->dispi[DISPI_ENABLE] & DISPI_ENABLED))
		return;
	columns = s->dispi[DISPI_VIRT_WIDTH] > s->dispi[DISPI_XRES] ? s->dispi[DISPI_VIRT_WIDTH]
								    : s->dispi[DISPI_XRES];
	if (!s->dispi[DISPI_XRES] || !s->dispi[DISPI_YRES] ||
	    s->dispi[DISPI_XRES] > DISPLAY_MAX_SIDE || s->dispi[DISPI_YRES] > DISPLAY_MAX_SIDE)
		return;
	m->width = s->dispi[DISPI_XRES];
	m->height = s->dispi[DISPI_YRES];
	m->stride = columns * bytes;
	m->start =
		(u64)s->dispi[DISPI_Y_OFFSET] * m->stride + (u64)s->dispi[DISPI_X_OFFSET] * bytes;
	m->little = s->little;
	end = m->start + (u64)(m->height - 1) * m->stride + (u64)m->width * bytes;
	/* blanked by the attribute controller */
	if (bits >= 8 && end <= g->memory.size && s->attribute_index & 0x20)
		m->bits = bits;
	for (u32 i = 0; i < 256 && m->bits == 8; i++)
		m->palette[i] = palette_color(s, i);
}

static u32 from_565(u32 v)
{
	u32 r = v >> 11 & 31, g = v >> 5 & 63, b = v & 31;

	return (r << 3 | r >> 2) << 16 | (g << 2 | g >> 4) << 8 | (b << 3 | b >> 2);
}

static u32 from_555(u32 v)
{
	u32 r = v >> 10 & 31, g = v >> 5 & 31, b = v & 31;

	return (r << 3 | r >> 2) << 16 | (g << 3 | g >> 2) << 8 | (b << 3 | b >> 2);
}

static void convert(const struct vga_mode *m, const u8 *p, u32 *to)
{
	switch (m->bits) {
	case 8:
		for (u32 x = 0; x < m->width; x++)
			to[x] = m->palette[p[x]];
		break;
	case 15:
		for (u32 x = 0; x < m->width; x++)
			to[x] = from_555(m->little ? ld_le16(p + 2 * x) : ld_be16(p + 2 * x));
		break;
	case 16:
		for (u32 x = 0; x < m->width; x++)
			to[x] = from_565(m->little ? ld_le16(p + 2 * x) : ld_be16(p + 2 * x));
		break;
	case 24:
		for (u32 x = 0; x < m->width; x++, p += 3)
			to[x] = m->little ? (u32)p[2] << 16 | p[1] << 8 | p[0]
					  : (u32)p[0] << 16 | p[1] << 8 | p[2];
		break;
	case 32:
		for (u32 x = 0; x < m->width; x++)
			to[x] = (m->little ? ld_le32(p + 4 * x) : ld_be32(p + 4 * x)) & 0xffffff;
		break;
	default:
		memset(to, 0, m->width * sizeof(*to));
	}
}

static bool row_dirty(const struct vga_mode *m, const u64 *dirty, u32 y)
{
	u64 from = m->start + (u64)y * m->stride,
	    last = (from + m->width * ((m->bits + 7) / 8) - 1) / ENGINE_DIRTY_PAGE;

	for (u64 page = from / ENGINE_DIRTY_PAGE; page <= last; page++)
		if (dirty[page / 64] >> page % 64 & 1)
			return true;
	return false;
}

void vga_update(void *opaque, struct display_picture *p)
{
	struct vga *g = opaque;
	struct vga_mode m;
	bool all, some;

	os_mutex_lock(&g->lock);
	vga_mode_of(g, &m);
	os_mutex_unlock(&g->lock);
	all = memcmp(&m, g->drawn, sizeof(m)) != 0;
	some = vm_window_dirty(g->pci.dev.vm, &g->memory, g->dirty) && m.bits;
	if (!all && !some)
		return;
	*g->drawn = m;
	if (!display_size(p, m.width, m.height)) {
		g->drawn->width = 0; /* try again */
		return;
	}
	for (u32 y = 0; y < m.height; y++) {
		if (!all && !row_dirty(&m, g->dirty, y))
			continue;
		convert(&m, (const u8 *)g->memory.ram.base + m.start + (u64)y * m.stride, g->row);
		display_row(p, y, g->row);
	}
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * NVRAM of a PAPR guest: the RTAS calls nvram-fetch and nvram-store (LoPAPR 1.1, 7.3.2) on 64 KiB
 * that live as long as the process, or in an image (drive=), where every store goes at once. It
 * starts as one free partition (LoPAPR Table 63), so that Linux finds a well-formed store and room
 * in it; an image of zeroes is made that.
 */
#include "device/spapr_nvram.h"

#include <errno.h>
#include <libfdt.h>

#include "base/endian.h"
#include "base/string.h"
#include "bus/vio.h"
#include "host/block.h"
#include "isa/papr.h"

enum { NVRAM_SIZE = 0x10000, NVRAM_BLOCK = 16, SIGNATURE_FREE = 0x7f, SECTOR = 512 };

struct nvram_state {
	u8 data[NVRAM_SIZE];
};

struct spapr_nvram {
	struct vio_device vio;
	struct block *block; /* NULL: there is no image */
	struct nvram_state state;
};

static int nvram_post_load(void *obj, struct error *e);

static const struct state_field nvram_fields[] = {
	STATE_ARRAY(struct nvram_state, data, STATE_U8),
};

static const struct state_table nvram_table = {
	.name = "spapr-nvram",
	.size = sizeof(struct nvram_state),
	.nr_fields = ARRAY_SIZE(nvram_fields),
	.fields = nvram_fields,
	.post_load = nvram_post_load,
};

/* What [offset, offset + len) is in, to the image. */
static int write_back(struct spapr_nvram *n, u32 offset, u32 len)
{
	u32 from = offset / SECTOR * SECTOR;
	u32 to = (offset + len + SECTOR - 1) / SECTOR * SECTOR;

	if (!n->block || !len)
		return 0;
	return block_rw_sync(n->block, BLOCK_WRITE, from, n->state.data + from, to - from);
}

static int nvram_post_load(void *obj, struct error *e)
{
	struct spapr_nvram *n = container_of(obj, struct spapr_nvram, state);

	if (write_back(n, 0, NVRAM_SIZE))
		return error_set(e, -EIO, "spapr-nvram: the image cannot be written");
	return 0;
}

/* Sum of a partition header's bytes with end-around carry, the checksum byte left out. */
static u8 header_checksum(const u8 *h)
{
	u32 sum = h[0];

	for (int i = 2; i < NVRAM_BLOCK; i++) {
		sum += h[i];
		sum = (sum & 0xff) + (sum >> 8);
	}
	return (u8)sum;
}

static void format_free(struct nvram_state *s)
{
	u8 *h = s->data;

	memset(s->data, 0, NVRAM_SIZE);
	h[0] = SIGNATURE_FREE;
	st_be16(h + 2, NVRAM_SIZE / NVRAM_BLOCK);
	memset(h + 4, 0x77, 12); /* the name of free space */
	h[1] = header_checksum(h);
}

static bool in_range(u32 offset, u32 len)
{
	return offset <= NVRAM_SIZE && len <= NVRAM_SIZE - offset;
}

/* args: offset, buffer, length; rets: status, bytes moved. */
static void nvram_fetch(void *opaque, struct vcpu *vcpu, const u32 *args, u32 *rets)
{
	struct spapr_nvram *n = opaque;

	if (!in_range(args[0], args[2]) ||
	    vm_mem_write(vcpu->vm, args[1], n->state.data + args[0], args[2]))
		rets[0] = (u32)RTAS_PARAMETER;
	else
		rets[1] = args[2];
}

static void nvram_store(void *opaque, struct vcpu *vcpu, const u32 *args, u32 *rets)
{
	struct spapr_nvram *n = opaque;

	if (!in_range(args[0], args[2]) ||
	    vm_mem_read(vcpu->vm, args[1], n->state.data + args[0], args[2]))
		rets[0] = (u32)RTAS_PARAMETER;
	else if (write_back(n, args[0], args[2]))
		rets[0] = (u32)RTAS_HARDWARE;
	else
		rets[1] = args[2];
}

static bool all_zero(const u8 *p, u32 len)
{
	while (len && !*p) {
		p++;
		len--;
	}
	return !len;
}

static int read_image(struct spapr_nvram *n, struct error *e)
{
	const struct block_info *info = block_info(n->block);

	if (info->size < NVRAM_SIZE || info->read_only)
		return error_set(e, -EINVAL,
				 "spapr-nvram: the image needs %u KiB and must be writable",
				 NVRAM_SIZE >> 10);
	if (block_rw_sync(n->block, BLOCK_READ, 0, n->state.data, NVRAM_SIZE))
		return error_set(e, -EIO, "spapr-nvram: the image cannot be read");
	if (!all_zero(n->state.data, NVRAM_SIZE))
		return 0;
	format_free(&n->state);
	return nvram_post_load(&n->state, e);
}

static const struct vio_ops nvram_ops = {.node = "nvram", .get_chars = NULL};

static int nvram_realize(struct device *dev, struct error *e)
{
	struct spapr_nvram *n = container_of(dev, struct spapr_nvram, vio.dev);
	int err = n->block ? read_image(n, e) : 0;

	for (u32 i = 0; i < n->vio.bus->count && !err; i++)
		if (n->vio.bus->devices[i]->ops == &nvram_ops)
			err = error_set(e, -EEXIST, "spapr-nvram: there is one already");
	if (err)
		return err;
	n->vio.ops = &nvram_ops;
	if (!n->block)
		format_free(&n->state);
	rtas_register(dev->vm, "nvram-fetch", 3, 2, nvram_fetch, n);
	rtas_register(dev->vm, "nvram-store", 3, 2, nvram_store, n);
	return vio_attach(&n->vio, e);
}

static int nvram_dt(struct device *dev, void *fdt)
{
	struct spapr_nvram *n = container_of(dev, struct spapr_nvram, vio.dev);
	int node = vio_dt_node(&n->vio, fdt, "nvram", "qemu,spapr-nvram");

	return node < 0 || fdt_setprop_cell(fdt, node, "#bytes", NVRAM_SIZE) ? -22 : 0;
}

static const struct device_prop nvram_props[] = {
	{"bus", "the virtual I/O bus", PROP_POINTER, offsetof(struct spapr_nvram, vio.bus), NULL},
	{"drive", "image that it is kept in", PROP_DRIVE, offsetof(struct spapr_nvram, block),
	 NULL},
	{"unit", "unit address, 0 = the next free one", PROP_U32,
	 offsetof(struct spapr_nvram, vio.unit), "0"},
	{"reg", "another name of unit", PROP_U32, offsetof(struct spapr_nvram, vio.unit), NULL},
	{NULL, NULL, 0, 0, NULL},
};

const struct device_class spapr_nvram_class = {
	.name = "spapr-nvram",
	.help = "non-volatile memory of a PAPR guest",
	.bus_type = BUS_VIO,
	.size = sizeof(struct spapr_nvram),
	.props = nvram_props,
	.realize = nvram_realize,
	.unrealize = device_no_unrealize,
	.reset = device_no_reset,
	.dt = nvram_dt,
	.state = &nvram_table,
	.state_offset = offsetof(struct spapr_nvram, state),
};

// SPDX-License-Identifier: GPL-2.0-or-later
/* Receiving (manual, 3.2): which frames are ours, and into which buffers they go. On the network's
 * thread, with the lock. Checksums are left to the driver, which is told so. */
#include <string.h>

#include "base/endian.h"
#include "device/e1000_private.h"

enum {
	RCTL_EN = 1 << 1,
	RCTL_SBP = 1 << 2, /* frames that are bad, too */
	RCTL_UPE = 1 << 3,
	RCTL_MPE = 1 << 4,
	RCTL_LPE = 1 << 5,
	RCTL_RDMTS_SHIFT = 8,
	RCTL_MO_SHIFT = 12,
	RCTL_BAM = 1 << 15,
	RCTL_BSIZE_SHIFT = 16,
	RCTL_VFE = 1 << 18,
	RCTL_BSEX = 1 << 25,
	RCTL_SECRC = 1 << 26,

	STATUS_DD = 1 << 0,
	STATUS_EOP = 1 << 1,
	STATUS_IXSM = 1 << 2, /* ignore checksum indications */
	STATUS_VP = 1 << 3,

	RECEIVE_ADDRESSES = 16,
	ADDRESSES = 12,
	VLAN_BYTES = 4,
	CRC_BYTES = 4,
	MAX_FRAME = 1518, /* without its CRC, with a tag */
};
#define RAH_VALID 0x80000000u

static bool tagged(struct e1000 *d, const u8 *frame, size_t len)
{
	return len >= ADDRESSES + VLAN_BYTES + 2 &&
	       ld_be16(frame + ADDRESSES) == (u16)*e1000_reg(d, R_VET);
}

static bool group_wanted(struct e1000 *d, const u8 *mac, u32 rctl)
{
	static const u8 shifts[4] = {4, 3, 2, 0};
	static const u8 all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	u32 hash;

	if (!memcmp(mac, all, 6) && rctl & RCTL_BAM)
		return true;
	if (rctl & RCTL_MPE)
		return true;
	hash = (u32)(mac[5] << 8 | mac[4]) >> shifts[rctl >> RCTL_MO_SHIFT & 3] & 0xfff;
	return *e1000_reg(d, R_MTA + hash / 32 * 4) >> hash % 32 & 1;
}

static bool wanted(struct e1000 *d, const u8 *frame, size_t len)
{
	u32 rctl = *e1000_reg(d, R_RCTL), vid;

	if (len < ADDRESSES + 2 || (len > MAX_FRAME && !(rctl & (RCTL_LPE | RCTL_SBP))))
		return false;
	if (rctl & RCTL_VFE && tagged(d, frame, len)) {
		vid = ld_be16(frame + ADDRESSES + 2) & 0xfff;
		if (!(*e1000_reg(d, R_VFTA + vid / 32 * 4) >> vid % 32 & 1))
			return false;
	}
	if (frame[0] & 1)
		return group_wanted(d, frame, rctl);
	if (rctl & RCTL_UPE)
		return true;
	for (u32 i = 0; i < RECEIVE_ADDRESSES; i++) {
		u32 high = *e1000_reg(d, R_RAH + 8 * i);

		if (high & RAH_VALID && ld_le32(frame) == *e1000_reg(d, R_RAL + 8 * i) &&
		    ld_le16(frame + 4) == (u16)high)
			return true;
	}
	return false;
}

static u32 buffer_bytes(u32 rctl)
{
	u32 n = rctl >> RCTL_BSIZE_SHIFT & 3;

	if (rctl & RCTL_BSEX && n)
		return 32768 >> n;
	return 2048 >> n;
}

/* What goes into buffers: a frame with its tag cut out, padded, with a CRC. */
struct incoming {
	const u8 *head, *rest;
	u32 head_len, rest_len, zeros, at;
	u16 tag;
	u8 status;
};

static void prepare(struct e1000 *d, struct incoming *in, const u8 *frame, size_t len)
{
	u32 total;

	*in = (struct incoming){.head = frame, .head_len = (u32)len, .status = STATUS_IXSM};
	if (*e1000_reg(d, R_CTRL) & CTRL_VME && tagged(d, frame, len)) {
		in->tag = ld_be16(frame + ADDRESSES + 2);
		in->status |= STATUS_VP;
		in->head_len = ADDRESSES;
		in->rest = frame + ADDRESSES + VLAN_BYTES;
		in->rest_len = (u32)len - ADDRESSES - VLAN_BYTES;
	}
	total = in->head_len + in->rest_len;
	in->zeros = total < E1000_MIN_FRAME ? E1000_MIN_FRAME - total : 0;
	if (!(*e1000_reg(d, R_RCTL) & RCTL_SECRC))
		in->zeros += CRC_BYTES;
}

static u32 left(const struct incoming *in)
{
	return in->head_len + in->rest_len + in->zeros - in->at;
}

/* The next n bytes to addr. */
static int put(struct e1000 *d, struct incoming *in, u64 addr, u32 n)
{
	const struct {
		const u8 *from;
		u32 len;
	} parts[] = {{in->head, in->head_len}, {in->rest, in->rest_len}, {NULL, in->zeros}};
	u32 begin = 0;
	int err = 0;

	for (u32 i = 0; i < ARRAY_SIZE(parts) && n && !err; begin += parts[i].len, i++) {
		u32 skip = in->at - begin, some;

		if (in->at < begin || skip >= parts[i].len)
			continue;
		some = parts[i].len - skip < n ? parts[i].len - skip : n;
		err = parts[i].from ? dma_write(&d->pci.dma, addr, parts[i].from + skip, some)
				    : dma_fill(&d->pci.dma, addr, 0, some);
		in->at += some;
		addr += some;
		n -= some;
	}
	return err;
}

static u32 entries_of(struct e1000 *d)
{
	return *e1000_reg(d, R_RDLEN) / E1000_DESCRIPTOR;
}

static u32 free_buffers(struct e1000 *d)
{
	u32 entries = entries_of(d), head = *e1000_reg(d, R_RDH), tail = *e1000_reg(d, R_RDT);

	if (head >= entries || tail >= entries)
		return 0;
	return tail >= head ? tail - head : entries - head + tail;
}

static int fill_one(struct e1000 *d, struct incoming *in, u32 size)
{
	u32 head = *e1000_reg(d, R_RDH), n = left(in) < size ? left(in) : size;
	u64 at = ((u64)*e1000_reg(d, R_RDBAH) << 32 | *e1000_reg(d, R_RDBAL)) +
		 (u64)head * E1000_DESCRIPTOR;
	u64 buffer;
	int err = dma_ld64_le(&d->pci.dma, at, &buffer);

	if (!err && buffer)
		err = put(d, in, buffer, n);
	else
		in->at += n; /* a descriptor without a buffer swallows it */
	if (!err)
		err = dma_st64_le(
			&d->pci.dma, at + 8,
			(u64)in->tag << 48 |
				(u64)(in->status | STATUS_DD | (left(in) ? 0 : STATUS_EOP)) << 32 |
				n);
	if (!err)
		*e1000_reg(d, R_RDH) = head + 1 >= entries_of(d) ? 0 : head + 1;
	return err;
}

static bool receive(struct e1000 *d, const u8 *frame, size_t len)
{
	u32 rctl = *e1000_reg(d, R_RCTL), size = buffer_bytes(rctl), need, avail, causes;
	struct incoming in;

	if (!(rctl & RCTL_EN) || !wanted(d, frame, len))
		return true;
	prepare(d, &in, frame, len);
	need = (left(&in) + size - 1) / size;
	avail = free_buffers(d);
	if (need >= entries_of(d))
		return true; /* it never fits */
	if (avail < need) {
		*e1000_reg(d, R_MPC) += 1;
		e1000_interrupt(d, ICR_RXO);
		return false;
	}
	while (left(&in))
		if (fill_one(d, &in, size))
			return true; /* the endpoint is stopped */
	*e1000_reg(d, R_GPRC) += 1;
	*e1000_reg(d, R_TPR) += 1;
	causes = ICR_RXT0;
	if (avail - need <= entries_of(d) >> ((rctl >> RCTL_RDMTS_SHIFT & 3) + 1))
		causes |= ICR_RXDMT0;
	e1000_interrupt(d, causes);
	return true;
}

bool e1000_receive(void *opaque, u32 queue, const struct net_offload *o, const u8 *frame,
		   size_t len)
{
	struct e1000 *d = opaque;
	bool taken;

	os_mutex_lock(&d->lock);
	taken = d->running && receive(d, frame, len);
	os_mutex_unlock(&d->lock);
	return taken;
}

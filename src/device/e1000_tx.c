// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sending (manual, 3.3 and 3.5): legacy descriptors, and extended ones, whose context says where
 * checksums go and how a frame that is too long is cut into TCP or UDP segments.
 *
 * One thread sends at a time, with the lock for registers only: the network may give us a frame
 * while it takes one.
 */
#include <string.h>

#include "base/endian.h"
#include "device/e1000_private.h"

/* Of a descriptor's second doubleword. */
#define D_LENGTH(d)	  ((u32)(d)&0xffff) /* legacy */
#define D_LENGTH_EXT(d)	  ((u32)(d)&0xfffff)
#define D_TYPE(d)	  ((u32)((d) >> 20) & 0xf)
#define D_COMMAND(d)	  ((u32)((d) >> 24) & 0xff)
#define D_CHECK_OFFSET(d) ((u32)((d) >> 16) & 0xff) /* legacy */
#define D_CHECK_START(d)  ((u32)((d) >> 40) & 0xff) /* legacy */
#define D_OPTIONS(d)	  ((u32)((d) >> 40) & 0xff)
#define D_SPECIAL(d)	  ((u32)((d) >> 48) & 0xffff)
#define D_DONE		  (1ull << 32)

enum {
	CMD_EOP = 1 << 0,
	CMD_IC = 1 << 2,  /* legacy: insert a checksum */
	CMD_TSE = 1 << 2, /* extended: cut into segments */
	CMD_RS = 1 << 3,
	CMD_DEXT = 1 << 5,
	CMD_VLE = 1 << 6,
	TUCMD_TCP = 1 << 0,
	TUCMD_IP4 = 1 << 1,
	OPTION_IP = 1 << 0,
	OPTION_TU = 1 << 1,
	VLAN_SET = 1 << 16,
	VLAN_BYTES = 4,
	ADDRESSES = 12,
	TYPE_CONTEXT = 0,

	TCP_FLAGS = 13,
	TCP_FIN_PSH = 0x09,
};

/* --- checksums --- */
static u32 sum_bytes(const u8 *p, u32 len)
{
	u32 sum = 0;

	for (; len > 1; len -= 2, p += 2)
		sum += ld_be16(p);
	return len ? sum + ((u32)*p << 8) : sum;
}

static u16 fold(u32 sum)
{
	sum = (sum >> 16) + (sum & 0xffff);
	return (u16)(sum + (sum >> 16));
}

/* From start to end (0: the frame's), into two bytes at offset; what stands there counts. */
static void insert_checksum(u8 *frame, u32 len, u32 start, u32 end, u32 offset)
{
	u16 sum;

	if (!end || end >= len)
		end = len - 1;
	if (start > end || offset + 2 > len)
		return;
	sum = (u16)~fold(sum_bytes(frame + start, end + 1 - start));
	/* nothing is no checksum of UDP */
	st_be16(frame + offset, sum);
}

/* --- frames --- */
static void send(struct e1000 *d, u8 *frame, u32 len)
{
	struct iovec iov[3] = {{frame, len}};
	static const struct net_offload whole;
	u8 tag[VLAN_BYTES];
	int n = 1;

	if (len < ADDRESSES + 2 || !d->net)
		return;
	if (d->state.tx_vlan & VLAN_SET) {
		st_be16(tag, (u16)*e1000_reg(d, R_VET));
		st_be16(tag + 2, (u16)d->state.tx_vlan);
		iov[0].iov_len = ADDRESSES;
		iov[1] = (struct iovec){tag, VLAN_BYTES};
		iov[2] = (struct iovec){frame + ADDRESSES, len - ADDRESSES};
		n = 3;
	}
	net_send(d->net, 0, &whole, iov, n);
	os_mutex_lock(&d->lock);
	*e1000_reg(d, R_GPTC) += 1;
	*e1000_reg(d, R_TPT) += 1;
	os_mutex_unlock(&d->lock);
}

static u32 pad(u8 *frame, u32 len)
{
	if (len >= E1000_MIN_FRAME)
		return len;
	memset(frame + len, 0, E1000_MIN_FRAME - len);
	return E1000_MIN_FRAME;
}

static void checksums(const struct e1000_state *s, u8 *frame, u32 len)
{
	const struct e1000_context *c = &s->context;

	if (s->tx_options & OPTION_TU)
		insert_checksum(frame, len, c->tu_start, c->tu_end, c->tu_offset);
	if (s->tx_options & OPTION_IP)
		insert_checksum(frame, len, c->ip_start, c->ip_end, c->ip_offset);
}

/* The n'th segment's headers; done bytes of payload were in those before, and `last` is to come no
 * more after it. False: they do not fit. */
static bool fix_headers(const struct e1000_context *c, u8 *frame, u32 len, u32 n, u32 done,
			bool last)
{
	u32 ip = c->ip_start, tu = c->tu_start, sum;

	if (ip + 8 > c->header || tu + TCP_FLAGS + 1 > c->header || len < tu ||
	    c->tu_offset + 2 > c->header)
		return false;
	if (c->command & TUCMD_IP4) {
		st_be16(frame + ip + 2, (u16)(len - ip));
		st_be16(frame + ip + 4, (u16)(ld_be16(frame + ip + 4) + n));
	} else {
		st_be16(frame + ip + 4, (u16)(len - ip - 40));
	}
	if (c->command & TUCMD_TCP) {
		st_be32(frame + tu + 4, ld_be32(frame + tu + 4) + done);
		if (!last)
			frame[tu + TCP_FLAGS] &= (u8)~TCP_FIN_PSH;
	} else {
		st_be16(frame + tu + 4, (u16)(len - tu));
	}
	/* the driver's sum of the pseudo header is without the length */
	sum = ld_be16(frame + c->tu_offset) + (len - tu);
	st_be16(frame + c->tu_offset, fold(sum));
	return true;
}

static void send_segments(struct e1000 *d)
{
	struct e1000_state *s = &d->state;
	const struct e1000_context *c = &s->context;
	u32 n = 0, size;

	if (!c->mss || !c->header || c->header > s->tx_len || c->header + c->mss > sizeof(d->frame))
		return;
	for (u32 done = 0; done < s->tx_len - c->header; done += size, n++) {
		bool last = s->tx_len - c->header - done <= c->mss;

		size = last ? s->tx_len - c->header - done : c->mss;
		memcpy(d->frame, s->tx, c->header);
		memcpy(d->frame + c->header, s->tx + c->header + done, size);
		if (!fix_headers(c, d->frame, c->header + size, n, done, last))
			return;
		checksums(s, d->frame, c->header + size);
		send(d, d->frame, pad(d->frame, c->header + size));
	}
}

static void end_of_frame(struct e1000 *d)
{
	struct e1000_state *s = &d->state;

	if (s->tx_segment) {
		send_segments(d);
	} else if (s->tx_len && s->tx_len <= NET_FRAME_MAX - VLAN_BYTES) {
		checksums(s, s->tx, s->tx_len);
		send(d, s->tx, pad(s->tx, s->tx_len));
	}
	s->tx_len = s->tx_options = s->tx_segment = s->tx_vlan = 0;
}

/* --- descriptors --- */
static void take_context(struct e1000_context *c, u64 low, u64 high)
{
	c->ip_start = low & 0xff;
	c->ip_offset = low >> 8 & 0xff;
	c->ip_end = low >> 16 & 0xffff;
	c->tu_start = low >> 32 & 0xff;
	c->tu_offset = low >> 40 & 0xff;
	c->tu_end = (u32)(low >> 48);
	c->payload = (u32)high & 0xfffff;
	c->command = D_COMMAND(high);
	c->header = high >> 40 & 0xff;
	c->mss = (u32)(high >> 48);
}

/* More of the frame than fits is left out, and so is then the frame. */
static int take_data(struct e1000 *d, u64 addr, u32 len)
{
	struct e1000_state *s = &d->state;
	int err;

	if (len > E1000_TX_BYTES - s->tx_len) {
		s->tx_len = E1000_TX_BYTES;
		return 0;
	}
	err = dma_read(&d->pci.dma, addr, s->tx + s->tx_len, len);
	s->tx_len += err ? 0 : len;
	return err;
}

static int execute(struct e1000 *d, u64 low, u64 high, bool tags)
{
	struct e1000_state *s = &d->state;
	u32 command = D_COMMAND(high);
	bool first = !s->tx_len;
	int err;

	if (command & CMD_DEXT && D_TYPE(high) == TYPE_CONTEXT) {
		take_context(&s->context, low, high);
		return 0;
	}
	if (first && command & CMD_DEXT) {
		s->tx_options = D_OPTIONS(high);
		s->tx_segment = command & CMD_TSE && s->context.mss;
	}
	err = take_data(d, low, command & CMD_DEXT ? D_LENGTH_EXT(high) : D_LENGTH(high));
	if (err || !(command & CMD_EOP))
		return err;
	if (command & CMD_VLE && tags)
		s->tx_vlan = VLAN_SET | D_SPECIAL(high);
	if (!(command & CMD_DEXT) && command & CMD_IC && s->tx_len)
		insert_checksum(s->tx, s->tx_len, D_CHECK_START(high), 0, D_CHECK_OFFSET(high));
	end_of_frame(d);
	return 0;
}

/* Under the lock. */
static bool next(struct e1000 *d, u64 *addr, u32 *entries)
{
	u32 head = *e1000_reg(d, R_TDH);

	*entries = *e1000_reg(d, R_TDLEN) / E1000_DESCRIPTOR;
	if (!(*e1000_reg(d, R_TCTL) & TCTL_EN) || head >= *entries || head == *e1000_reg(d, R_TDT))
		return false;
	*addr = ((u64)*e1000_reg(d, R_TDBAH) << 32 | *e1000_reg(d, R_TDBAL)) +
		(u64)head * E1000_DESCRIPTOR;
	return true;
}

/* One descriptor; with the lock held, which is let go meanwhile. */
static bool step(struct e1000 *d, u32 *causes)
{
	bool tags = *e1000_reg(d, R_CTRL) & CTRL_VME;
	u32 resets = d->resets, entries, command;
	u64 addr, low, high;
	int err;

	if (!next(d, &addr, &entries))
		return false;
	os_mutex_unlock(&d->lock);
	err = dma_ld64_le(&d->pci.dma, addr, &low);
	if (!err)
		err = dma_ld64_le(&d->pci.dma, addr + 8, &high);
	if (!err)
		err = execute(d, low, high, tags);
	command = err ? 0 : D_COMMAND(high);
	if (!err && command & CMD_RS)
		err = dma_st64_le(&d->pci.dma, addr + 8, high | D_DONE);
	os_mutex_lock(&d->lock);
	if (d->resets != resets) {
		d->state.tx_len = 0;
		return false;
	}
	if (err)
		return false;
	*causes |= command & CMD_RS ? ICR_TXDW : 0;
	*e1000_reg(d, R_TDH) = *e1000_reg(d, R_TDH) + 1 >= entries ? 0 : *e1000_reg(d, R_TDH) + 1;
	return true;
}

void e1000_transmit(struct e1000 *d)
{
	u32 causes = 0;
	bool any = false;

	os_mutex_lock(&d->lock);
	if (!d->sending) {
		d->sending = true;
		while (step(d, &causes))
			any = true;
		d->sending = false;
		if (any)
			e1000_interrupt(d, causes | ICR_TXQE);
	}
	os_mutex_unlock(&d->lock);
	if (any && d->net)
		net_flush(d->net);
}

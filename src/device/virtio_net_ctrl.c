// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Commands of network cards' drivers (virtio 1.2, 5.1.6.5): which frames come, in how many queues,
 * with what left undone. State is written with the receive queues' locks held, which those who
 * receive hold one of.
 */
#include <string.h>

#include "base/endian.h"
#include "device/virtio_net_private.h"

enum {
	CLASS_RX = 0,
	CLASS_MAC = 1,
	CLASS_VLAN = 2,
	CLASS_ANNOUNCE = 3,
	CLASS_MQ = 4,
	CLASS_OFFLOADS = 5,
	MAC_TABLE = 0,
	MAC_ADDRESS = 1,
	VLAN_ADD = 0,
	VLAN_REMOVE = 1,
	MAX_TABLE = 1 << 16, /* addresses in one command */

	OK = 0,
	ERR = 1,
	HEAD = 2, /* class and command */

	ETHERNET = 14,
	TYPE_VLAN = 0x8100,
};

/* --- saved state --- */
static int net_post_load(void *obj, struct error *e)
{
	struct virtio_net_state *s = obj;

	if (s->nr_unicast > NET_MAC_TABLE || s->nr_groups > NET_MAC_TABLE ||
	    s->pairs > NET_MAX_PAIRS || s->offloads & ~NET_F_GUEST_OFFLOADS)
		return error_set(e, -22, "saved state of a network card is damaged");
	/* others learn where the address is now */
	s->announce = s->virtio.features & NET_F_GUEST_ANNOUNCE &&
		      s->virtio.status & VIRTIO_STATUS_DRIVER_OK;
	return 0;
}

static const struct state_field net_fields[] = {
	STATE_STRUCT(struct virtio_net_state, virtio, &virtio_state_table),
	STATE_ARRAY(struct virtio_net_state, mac, STATE_U8),
	STATE_ARRAY(struct virtio_net_state, modes, STATE_U8),
	STATE_FIELD(struct virtio_net_state, pairs, STATE_U16),
	STATE_FIELD(struct virtio_net_state, announce, STATE_U8),
	STATE_FIELD(struct virtio_net_state, all_tables, STATE_U8),
	STATE_FIELD(struct virtio_net_state, offloads, STATE_U64),
	STATE_FIELD(struct virtio_net_state, nr_unicast, STATE_U32),
	STATE_FIELD(struct virtio_net_state, nr_groups, STATE_U32),
	STATE_FIELD_(struct virtio_net_state, unicast, NET_MAC_TABLE * 6, STATE_U8, 0, NULL),
	STATE_FIELD_(struct virtio_net_state, groups, NET_MAC_TABLE * 6, STATE_U8, 0, NULL),
	STATE_ARRAY(struct virtio_net_state, vlans, STATE_U8),
};

const struct state_table virtio_net_table = {
	.name = "virtio-net",
	.size = sizeof(struct virtio_net_state),
	.nr_fields = ARRAY_SIZE(net_fields),
	.fields = net_fields,
	.post_load = net_post_load,
};

/* --- the filter --- */
static bool in_table(const u8 (*table)[6], u32 n, const u8 *mac)
{
	for (u32 i = 0; i < n; i++)
		if (!memcmp(table[i], mac, 6))
			return true;
	return false;
}

static bool vlan_wanted(const struct virtio_net *d, const u8 *frame, size_t len)
{
	u32 id;

	if (!virtio_has(&d->v, NET_F_CTRL_VLAN) || len < ETHERNET + 4 ||
	    ld_be16(frame + 12) != TYPE_VLAN)
		return true;
	id = ld_be16(frame + 14) & 0xfff;
	return d->state.vlans[id / 8] & 1 << id % 8;
}

bool virtio_net_wanted(const struct virtio_net *d, const u8 *frame, size_t len)
{
	static const u8 broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	const struct virtio_net_state *s = &d->state;

	if (len < ETHERNET)
		return false;
	if (s->modes[NET_RX_PROMISC])
		return true;
	if (!vlan_wanted(d, frame, len))
		return false;
	if (!memcmp(frame, broadcast, 6))
		return !s->modes[NET_RX_NOBCAST];
	if (frame[0] & 1)
		return !s->modes[NET_RX_NOMULTI] &&
		       (!virtio_has(&d->v, NET_F_CTRL_RX) || s->modes[NET_RX_ALLMULTI] ||
			s->all_tables & 2 || in_table(s->groups, s->nr_groups, frame));
	return !s->modes[NET_RX_NOUNI] &&
	       (s->modes[NET_RX_ALLUNI] || s->all_tables & 1 || !memcmp(frame, s->mac, 6) ||
		in_table(s->unicast, s->nr_unicast, frame));
}

void virtio_net_reset_filter(struct virtio_net *d)
{
	struct virtio_net_state *s = &d->state;

	memcpy(s->mac, d->mac, 6);
	memset(s->modes, 0, sizeof(s->modes));
	s->pairs = 1;
	s->announce = s->all_tables = 0;
	s->offloads = 0;
	s->nr_unicast = s->nr_groups = 0;
	memset(s->unicast, 0, sizeof(s->unicast));
	memset(s->groups, 0, sizeof(s->groups));
	memset(s->vlans, 0, sizeof(s->vlans));
}

void virtio_net_start(struct virtio_net *d)
{
	d->state.offloads = d->v.s->features & NET_F_GUEST_OFFLOADS;
}

void virtio_net_offer(struct virtio_net *d)
{
	u64 o = d->state.offloads;
	u32 takes = 0;

	/* the rest stands on sums (5.1.3.1) */
	if (o & NET_F_GUEST_CSUM)
		takes = NET_TAKES_CSUM | (o & NET_F_GUEST_TSO4 ? NET_TAKES_TCP4 : 0) |
			(o & NET_F_GUEST_TSO6 ? NET_TAKES_TCP6 : 0) |
			(o & NET_F_GUEST_ECN ? NET_TAKES_ECN : 0);
	if (d->net)
		net_take(d->net, takes);
}

/* --- commands --- */
static void lock_rx(struct virtio_net *d)
{
	for (u32 i = 0; i < d->pairs; i++)
		os_mutex_lock(&d->v.queues[virtio_net_rxq(i)].lock);
}

static void unlock_rx(struct virtio_net *d)
{
	for (u32 i = d->pairs; i--;)
		os_mutex_unlock(&d->v.queues[virtio_net_rxq(i)].lock);
}

/* One table: a count and addresses. Too many of them: all frames of that kind come. */
static bool read_table(struct virtio_net *d, const struct virtqueue_element *el, u64 *at,
		       u8 (*table)[6], u32 *kept, bool *over)
{
	u8 raw[4];
	u32 n;

	if (iov_to_buf(el->out, el->nout, *at, raw, 4) != 4)
		return false;
	n = virtio_ld32(&d->v, raw);
	*at += 4;
	if (n > MAX_TABLE || el->out_len - *at < (u64)n * 6)
		return false;
	*over = n > NET_MAC_TABLE;
	*kept = *over ? 0 : n;
	iov_to_buf(el->out, el->nout, *at, table, *kept * 6);
	*at += (u64)n * 6;
	return true;
}

static u8 set_tables(struct virtio_net *d, const struct virtqueue_element *el)
{
	u8 unicast[NET_MAC_TABLE][6] = {0}, groups[NET_MAC_TABLE][6] = {0};
	struct virtio_net_state *s = &d->state;
	u32 nr_unicast, nr_groups;
	bool over_unicast, over_groups;
	u64 at = HEAD;

	if (!read_table(d, el, &at, unicast, &nr_unicast, &over_unicast) ||
	    !read_table(d, el, &at, groups, &nr_groups, &over_groups))
		return ERR;
	lock_rx(d);
	memcpy(s->unicast, unicast, sizeof(unicast));
	memcpy(s->groups, groups, sizeof(groups));
	s->nr_unicast = nr_unicast;
	s->nr_groups = nr_groups;
	s->all_tables = (u8)(over_unicast | over_groups << 1);
	unlock_rx(d);
	return OK;
}

static u8 set_mode(struct virtio_net *d, u8 mode, u8 on)
{
	u64 needs = mode > NET_RX_ALLMULTI ? NET_F_CTRL_RX_EXTRA : NET_F_CTRL_RX;

	if (mode >= NET_RX_MODES || !virtio_has(&d->v, needs))
		return ERR;
	lock_rx(d);
	d->state.modes[mode] = on != 0;
	unlock_rx(d);
	return OK;
}

static u8 set_address(struct virtio_net *d, const u8 *mac)
{
	lock_rx(d);
	memcpy(d->state.mac, mac, 6);
	unlock_rx(d);
	return OK;
}

static u8 set_vlan(struct virtio_net *d, u8 cmd, u32 id)
{
	u8 *byte = &d->state.vlans[id / 8 % sizeof(d->state.vlans)], bit = (u8)(1 << id % 8);

	if (id > 0xfff || cmd > VLAN_REMOVE || !virtio_has(&d->v, NET_F_CTRL_VLAN))
		return ERR;
	lock_rx(d);
	*byte = cmd == VLAN_ADD ? *byte | bit : *byte & (u8)~bit;
	unlock_rx(d);
	return OK;
}

static u8 set_pairs(struct virtio_net *d, u32 n)
{
	if (!virtio_has(&d->v, NET_F_MQ) || !n || n > d->pairs)
		return ERR;
	lock_rx(d);
	d->state.pairs = (u16)n;
	unlock_rx(d);
	return OK;
}

static u8 set_offloads(struct virtio_net *d, u64 offloads)
{
	if (!virtio_has(&d->v, NET_F_CTRL_GUEST_OFFLOADS) ||
	    offloads & ~(d->v.s->features & NET_F_GUEST_OFFLOADS))
		return ERR;
	d->state.offloads = offloads;
	virtio_net_offer(d);
	return OK;
}

static u8 command(struct virtio_net *d, const struct virtqueue_element *el)
{
	u8 c[HEAD + 8] = {0}, *data = c + HEAD;
	u64 n = iov_to_buf(el->out, el->nout, 0, c, sizeof(c));

	n = n < HEAD ? 0 : n - HEAD;
	switch (c[0]) {
	case CLASS_RX:
		return n ? set_mode(d, c[1], data[0]) : ERR;
	case CLASS_MAC:
		if (c[1] == MAC_TABLE)
			return set_tables(d, el);
		return c[1] == MAC_ADDRESS && n == 6 ? set_address(d, data) : ERR;
	case CLASS_VLAN:
		return n == 2 ? set_vlan(d, c[1], virtio_ld16(&d->v, data)) : ERR;
	case CLASS_ANNOUNCE:
		if (c[1] || !d->state.announce)
			return ERR;
		d->state.announce = 0;
		return OK;
	case CLASS_MQ:
		return n == 2 && !c[1] ? set_pairs(d, virtio_ld16(&d->v, data)) : ERR;
	case CLASS_OFFLOADS:
		return n == 8 && !c[1] ? set_offloads(d, virtio_ld64(&d->v, data)) : ERR;
	default:
		return ERR;
	}
}

void virtio_net_commands(struct virtio_net *d)
{
	struct virtqueue_element *el = &d->ctrl_el;
	u32 queue = virtio_net_ctrlq(d);

	virtio_want_notify(&d->v, queue, false);
	while (virtio_pop(&d->v, queue, el) > 0) {
		u8 status = command(d, el);

		virtio_complete(&d->v, queue, el, iov_from_buf(el->in, el->nin, 0, &status, 1));
	}
	virtio_want_notify(&d->v, queue, true);
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a driver of the logical LAN leaves to us, and what it takes from us unfinished (LoPAR,
 * "ILLAN Checksum Offload Support Option", "ILLAN Large Send/Receive option"): TCP checksums, and
 * TCP frames that are several. The driver says by H_ILLAN_ATTRIBUTES what it knows of, before it
 * registers; bits of a send buffer's descriptor and of the receive queue's entries say it of one
 * frame.
 *
 * Flags, lengths and headers are the driver's or the network's, and all are checked. Headers are
 * looked at in a copy. IPv6 extension headers are not among what is known: a driver that leaves
 * such a frame's checksum to us is told that this cannot be.
 *
 * PAPR has a frame without checksum dropped if it is not from the adapter's own address. Here it
 * goes out, so that a bridge in the guest works.
 */
#include "base/endian.h"
#include "device/spapr_vlan_private.h"
#include "isa/papr.h"

enum {
	ETHERNET = 14,
	TYPE_IP4 = 0x0800,
	TYPE_IP6 = 0x86dd,
	IP4 = 20,
	IP6 = 40,
	TCP = 20,
	TCP_SUM = 16,
	PROTO_TCP = 6,
	IP4_FRAGMENT = 0x3fff, /* more of them, and where */

	MIN_MSS = 16,
};

struct tcp_place {
	bool v6;
	u32 tcp, data, end; /* where they are in the frame; padding is behind the end */
};

/* Of a frame of so many bytes, of which the first head_len are here. */
static bool find_tcp(const u8 *head, size_t head_len, size_t len, struct tcp_place *t)
{
	const u8 *ip = head + ETHERNET;

	if (head_len < ETHERNET + IP4 + TCP)
		return false;
	t->v6 = ld_be16(head + 12) == TYPE_IP6;
	if (t->v6) {
		if (ip[6] != PROTO_TCP)
			return false;
		t->tcp = ETHERNET + IP6;
		t->end = t->tcp + ld_be16(ip + 4);
	} else {
		if (ld_be16(head + 12) != TYPE_IP4 || (ip[0] & 15) * 4u < IP4 ||
		    ip[9] != PROTO_TCP || ld_be16(ip + 6) & IP4_FRAGMENT)
			return false;
		t->tcp = ETHERNET + (ip[0] & 15) * 4u;
		t->end = ETHERNET + ld_be16(ip + 2);
	}
	if (t->tcp + TCP > head_len)
		return false;
	t->data = t->tcp + (head[t->tcp + 12] >> 4) * 4u;
	return t->data >= t->tcp + TCP && t->data <= head_len && t->data <= t->end && t->end <= len;
}

/* --- attributes --- */
s64 vlan_attributes(struct vlan_state *s, u64 reset, u64 set, u64 *result)
{
	u64 now = s->attributes | VLAN_FIXED, known = VLAN_FIXED | VLAN_CHANGEABLE;
	u64 wanted = ((now & ~reset) | set) & known;
	u64 fixed = s->registered ? known : VLAN_FIXED;

	*result = (now & fixed) | (wanted & ~fixed);
	s->attributes = (u32)(*result & VLAN_CHANGEABLE);
	return *result == wanted ? H_SUCCESS : H_CONSTRAINED;
}

u32 vlan_takes(const struct vlan_state *s)
{
	u32 takes = 0;

	if (!s->registered || !(s->attributes & (VLAN_SUM4 | VLAN_SUM6)))
		return 0;
	if (s->attributes & VLAN_LARGE)
		takes = (s->attributes & VLAN_SUM4 ? NET_TAKES_TCP4 : 0) |
			(s->attributes & VLAN_SUM6 ? NET_TAKES_TCP6 : 0);
	return takes | NET_TAKES_CSUM;
}

/* --- from the guest --- */
/* What stands in a checksum's place while the data is not summed: the sum of addresses, protocol
 * and length. */
static u16 pseudo_sum(const u8 *head, const struct tcp_place *t)
{
	const u8 *p = head + ETHERNET + (t->v6 ? 8 : 12), *end = p + (t->v6 ? 32 : 8);
	u32 sum = PROTO_TCP + (t->end - t->tcp);

	for (; p < end; p += 2)
		sum += ld_be16(p);
	sum = (sum & 0xffff) + (sum >> 16);
	return (u16)((sum & 0xffff) + (sum >> 16));
}

s64 vlan_send_offload(const struct vlan_state *s, u64 bd, u64 mss, struct vlan_frame *f)
{
	u32 flags = bd >> 56 & VLAN_FLAGS;
	struct tcp_place t;

	f->offload = (struct net_offload){0};
	if (s->attributes & VLAN_LARGE && mss && (mss < MIN_MSS || mss > 0xffff))
		return H_PARAMETER;
	if (!flags)
		return H_SUCCESS;
	if (!find_tcp(f->head, f->head_len, f->len, &t) ||
	    !(s->attributes & (t.v6 ? VLAN_SUM6 : VLAN_SUM4)) ||
	    (flags & FLAG_NO_SUM && !(flags & FLAG_SUM_GOOD)) ||
	    (flags & FLAG_LARGE && !(s->attributes & VLAN_LARGE)))
		return H_PARAMETER;
	if (!(flags & (FLAG_NO_SUM | FLAG_LARGE))) {
		f->offload.flags = NET_CSUM_VALID;
		return H_SUCCESS;
	}
	/* padding does not count, whatever it is */
	f->len = t.end;
	st_be16(f->head + t.tcp + TCP_SUM, pseudo_sum(f->head, &t));
	f->offload = (struct net_offload){
		.flags = NET_NEEDS_CSUM,
		.csum_start = (u16)t.tcp,
		.csum_offset = TCP_SUM,
	};
	if (flags & FLAG_LARGE && mss && t.end - t.data > mss) {
		f->offload.gso = t.v6 ? NET_GSO_TCP6 : NET_GSO_TCP4;
		f->offload.gso_size = (u16)mss;
		f->offload.header_len = (u16)t.data;
	}
	return H_SUCCESS;
}

/* --- to the guest --- */
bool vlan_receive_offload(const struct vlan_state *s, const struct net_offload *o, const u8 *frame,
			  size_t len, struct vlan_entry *e)
{
	u32 type = len >= ETHERNET ? ld_be16(frame + 12) : 0;
	struct tcp_place t;

	*e = (struct vlan_entry){0};
	if (!o->gso && !(o->flags & NET_NEEDS_CSUM)) {
		if (o->flags & NET_CSUM_VALID && ((type == TYPE_IP4 && s->attributes & VLAN_SUM4) ||
						  (type == TYPE_IP6 && s->attributes & VLAN_SUM6)))
			e->flags = FLAG_SUM_GOOD;
		return true;
	}
	if (!find_tcp(frame, len, len, &t) || !(s->attributes & (t.v6 ? VLAN_SUM6 : VLAN_SUM4)) ||
	    o->csum_start != t.tcp || o->csum_offset != TCP_SUM)
		return false;
	e->flags = FLAG_NO_SUM | FLAG_SUM_GOOD;
	e->sum_at = t.tcp + TCP_SUM;
	if (!o->gso)
		return true;
	e->flags |= FLAG_LARGE;
	e->mss = o->gso_size;
	return o->gso == (t.v6 ? NET_GSO_TCP6 : NET_GSO_TCP4) && s->attributes & VLAN_LARGE &&
	       e->mss;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What network cards do for drivers, for networks and receivers that do not: checksums (RFC 1071),
 * TCP frames that become several, and several that become one. Frames are a guest's or a network
 * peer's: every length in them is checked.
 */
#include <string.h>

#include "base/endian.h"
#include "host/net_private.h"

enum {
	ETHERNET = 14,
	IP4 = 20,
	IP6 = 40,
	TCP = 20,
	TCP_SUM = 16,
	PROTO_TCP = 6,
	TYPE_IP4 = 0x0800,
	TYPE_IP6 = 0x86dd,
	FIN = 1,
	PSH = 8,
	ACK = 16,
	CWR = 128,
	/* of frames that become one: with what a card puts in front it fits into a buffer of 64 KiB
	 */
	MERGED_MAX = 65504,
};

/* --- checksums --- */
/* Of big-endian words, not folded. Eight bytes at a time: the sum does not care about byte order
 * until its end, and a carry out of 64 bits is a carry out of 16. */
static u64 sum_bytes(const u8 *p, size_t len)
{
	u64 sum = 0, last = 0, word;

	for (; len >= 8; p += 8, len -= 8) {
		memcpy(&word, p, 8);
		sum += word;
		sum += sum < word;
	}
	memcpy(&last, p, len);
	sum += last;
	sum += sum < last;
	return sum;
}

static u16 fold(u64 sum)
{
	u8 raw[2];
	u16 v;

	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	v = (u16)sum;
	memcpy(raw, &v, 2);
	return ld_be16(raw);
}

static u16 checksum(const u8 *p, size_t len)
{
	return (u16)~fold(sum_bytes(p, len));
}

static u16 add16(u32 a, u32 b)
{
	u32 v = a + b;

	return (u16)((v & 0xffff) + (v >> 16));
}

bool net_checksum(const struct net_offload *o, u8 *frame, size_t len)
{
	u32 at = (u32)o->csum_start + o->csum_offset;
	u16 sum;

	if (!(o->flags & NET_NEEDS_CSUM))
		return true;
	if (o->csum_start >= len || at + 2 > len)
		return false;
	sum = checksum(frame + o->csum_start, len - o->csum_start);
	/* zero says "none" in UDP */
	st_be16(frame + at, sum ? sum : 0xffff);
	return true;
}

/* --- TCP frames --- */
struct tcp_frame {
	u8 *ip, *tcp;
	bool v6;
	u32 headers; /* bytes before the data */
};

/* Without extension headers; options are allowed. */
static bool parse(u8 *frame, size_t len, struct tcp_frame *t)
{
	u32 ip_len;

	if (len < ETHERNET + IP4 + TCP)
		return false;
	t->ip = frame + ETHERNET;
	t->v6 = ld_be16(frame + 12) == TYPE_IP6;
	if (!t->v6 && ld_be16(frame + 12) != TYPE_IP4)
		return false;
	ip_len = t->v6 ? IP6 : (t->ip[0] & 15) * 4u;
	if (ip_len < IP4 || ETHERNET + ip_len + TCP > len ||
	    (t->v6 ? t->ip[6] : t->ip[9]) != PROTO_TCP)
		return false;
	t->tcp = t->ip + ip_len;
	t->headers = ETHERNET + ip_len + (t->tcp[12] >> 4) * 4u;
	return t->headers >= ETHERNET + ip_len + TCP && t->headers <= len;
}

/* Of addresses, protocol and length, as it stands in the sum's place while data is not summed. */
static u16 pseudo_sum(const struct tcp_frame *t, u32 tcp_len)
{
	u16 sum = fold(t->v6 ? sum_bytes(t->ip + 8, 32) : sum_bytes(t->ip + 12, 8));

	return add16(sum, add16(PROTO_TCP, tcp_len));
}

/* Lengths and the header's sum, for a frame of so many bytes. */
static void set_lengths(struct tcp_frame *t, size_t len, u16 id)
{
	u32 ip_len = (u32)(t->tcp - t->ip), total = (u32)len - ETHERNET;

	if (t->v6) {
		st_be16(t->ip + 4, (u16)(total - IP6));
	} else {
		st_be16(t->ip + 2, (u16)total);
		st_be16(t->ip + 4, id);
		st_be16(t->ip + 10, 0);
		st_be16(t->ip + 10, checksum(t->ip, ip_len));
	}
	st_be16(t->tcp + TCP_SUM, pseudo_sum(t, total - ip_len));
}

bool net_join(const struct net_offload *o, u8 *frame, size_t len)
{
	struct tcp_frame t;

	if (!parse(frame, len, &t) || len - ETHERNET > 0xffff)
		return false;
	set_lengths(&t, len, ld_be16(t.ip + 4));
	st_be16(t.tcp + TCP_SUM, checksum(t.tcp, len - (size_t)(t.tcp - frame)));
	return true;
}

static void split(const struct net_offload *o, u8 *frame, size_t len, net_emit_fn *emit,
		  void *opaque)
{
	u8 part[NET_FRAME_MAX];
	struct tcp_frame t, p;
	u32 seq, at = 0, data;
	u16 id;
	u8 flags;

	if (!o->gso_size || !parse(frame, len, &t))
		return;
	data = (u32)len - t.headers;
	seq = ld_be32(t.tcp + 4);
	flags = t.tcp[13];
	id = ld_be16(t.ip + 4);
	do {
		u32 n = data - at < o->gso_size ? data - at : o->gso_size;

		memcpy(part, frame, t.headers);
		memcpy(part + t.headers, frame + t.headers + at, n);
		parse(part, t.headers + n, &p);
		st_be32(p.tcp + 4, seq + at);
		p.tcp[13] = (u8)(flags & ~(at ? CWR : 0) & ~(at + n < data ? FIN | PSH : 0));
		set_lengths(&p, t.headers + n, id++);
		st_be16(p.tcp + TCP_SUM, checksum(p.tcp, t.headers + n - (size_t)(p.tcp - part)));
		emit(opaque, part, t.headers + n);
		at += n;
	} while (at < data);
}

void net_finish(const struct net_offload *o, u8 *frame, size_t len, net_emit_fn *emit, void *opaque)
{
	if (len > NET_FRAME_MAX)
		return;
	if (o->gso)
		split(o, frame, len, emit, opaque);
	else if (net_checksum(o, frame, len))
		emit(opaque, frame, len);
}

/* --- several that become one --- */
/* Is it a plain piece of a stream? */
static bool is_piece(u8 *frame, size_t len, struct tcp_frame *t)
{
	/* no fragments, and nothing behind the end: short frames are padded */
	return parse(frame, len, t) && !t->v6 && t->tcp == t->ip + IP4 &&
	       !(ld_be16(t->ip + 6) & 0x3fff) && ld_be16(t->ip + 2) == len - ETHERNET &&
	       (t->tcp[13] & ~PSH) == ACK && len > t->headers;
}

/* Everything but lengths, numbers, the window and sums is the same. */
static bool same_stream(const struct tcp_frame *a, const struct tcp_frame *b)
{
	return a->headers == b->headers && !memcmp(a->ip - ETHERNET, b->ip - ETHERNET, ETHERNET) &&
	       !memcmp(a->ip, b->ip, 2) && !memcmp(a->ip + 6, b->ip + 6, 4) &&
	       !memcmp(a->ip + 12, b->ip + 12, 8) && !memcmp(a->tcp, b->tcp, 4) &&
	       !memcmp(a->tcp + 8, b->tcp + 8, 5) &&
	       !memcmp(a->tcp + TCP, b->tcp + TCP, a->headers - ETHERNET - IP4 - TCP);
}

static bool append(struct net_merge *m, u8 *frame, size_t len)
{
	struct tcp_frame whole, t;
	size_t data;

	if (!m->count || m->closed || !is_piece(frame, len, &t))
		return false;
	parse(m->frame, m->len, &whole);
	data = len - t.headers;
	if (!same_stream(&whole, &t) || data > m->size || m->len + data > MERGED_MAX ||
	    ld_be32(t.tcp + 4) != ld_be32(whole.tcp + 4) + (u32)(m->len - whole.headers))
		return false;
	memcpy(m->frame + m->len, frame + t.headers, data);
	m->len += data;
	m->count++;
	memcpy(whole.tcp + 14, t.tcp + 14, 2);
	whole.tcp[13] |= t.tcp[13];
	m->closed = data < m->size || t.tcp[13] & PSH;
	return true;
}

void net_merge_add(struct net_merge *m, const u8 *frame, size_t len)
{
	static const struct net_offload valid = {.flags = NET_CSUM_VALID};
	struct tcp_frame t;

	if (append(m, (u8 *)frame, len))
		return;
	net_merge_flush(m);
	if (!(m->n->takes & NET_TAKES_TCP4) || len > sizeof(m->frame) ||
	    !is_piece((u8 *)frame, len, &t)) {
		net_deliver(m->n, 0, &valid, frame, len);
		return;
	}
	memcpy(m->frame, frame, len);
	m->len = len;
	m->count = 1;
	m->size = (u16)(len - t.headers);
	m->closed = t.tcp[13] & PSH;
}

void net_merge_flush(struct net_merge *m)
{
	struct net_offload o = {.flags = NET_CSUM_VALID};
	struct tcp_frame t;

	if (m->count > 1) {
		parse(m->frame, m->len, &t);
		set_lengths(&t, m->len, ld_be16(t.ip + 4));
		o = (struct net_offload){
			.flags = NET_NEEDS_CSUM,
			.gso = NET_GSO_TCP4,
			.header_len = (u16)t.headers,
			.gso_size = m->size,
			.csum_start = ETHERNET + IP4,
			.csum_offset = TCP_SUM,
		};
	}
	if (m->count)
		net_deliver(m->n, 0, &o, m->frame, m->len);
	m->count = 0;
}

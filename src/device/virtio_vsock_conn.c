// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Connections of the socket device (virtio 1.2, 5.10.6). A connection is known by the two ports,
 * since there is one guest and one host. Credit: the guest may have VSOCK_BUFFER bytes under way,
 * and they count as taken when the program has them; the guest's own buffer is what it says with
 * every packet. Numbers of bytes are modulo 2^32; a guest that says it took more than it was sent
 * has no credit until that many are sent, which is never.
 *
 * An end: a side that has said that it neither sends nor receives is answered with RST, and the
 * ports are free again. What the guest sent before is still written to the program.
 */
#include <errno.h>

#include "base/endian.h"
#include "base/log.h"
#include "device/virtio_vsock_private.h"

#define NEWS(op) (1u << VSOCK_OP_##op)

enum { FIRST_PORT = 1 << 30, TELL_AT = VSOCK_BUFFER / 4 };

/* --- finding --- */
static struct vsock_conn **bucket(struct virtio_vsock *d, u32 guest_port, u32 host_port)
{
	u32 hash = (guest_port * 0x9e3779b1u) ^ (host_port * 0x85ebca6bu);

	return &d->buckets[(hash >> 16) % VSOCK_BUCKETS];
}

static struct vsock_conn *find(struct virtio_vsock *d, u32 guest_port, u32 host_port)
{
	struct vsock_conn *c = *bucket(d, guest_port, host_port);

	while (c && (c->guest_port != guest_port || c->host_port != host_port))
		c = c->hash_next;
	return c;
}

static void free_conn(struct virtio_vsock *d, struct vsock_conn *c)
{
	struct vsock_conn **at = bucket(d, c->guest_port, c->host_port);

	while (*at != c)
		at = &(*at)->hash_next;
	*at = c->hash_next;
	if (c->stream)
		vsock_end(c->stream);
	c->stream = NULL;
	c->state = VSOCK_FREE;
}

/* One that waits for nothing but the guest's last word, which may never come, may go. */
static struct vsock_conn *room(struct virtio_vsock *d)
{
	struct vsock_conn *over = NULL;

	for (u32 i = 0; i < VSOCK_CONNS; i++) {
		struct vsock_conn *c = &d->conns[i];

		if (c->state == VSOCK_FREE)
			return c;
		if (c->state == VSOCK_OVER || (c->state == VSOCK_ASKED_GUEST && c->host_shut))
			over = c;
	}
	if (over)
		free_conn(d, over);
	return over;
}

static struct vsock_conn *new_conn(struct virtio_vsock *d, u8 state, u32 guest_port, u32 host_port)
{
	struct vsock_conn **head = bucket(d, guest_port, host_port), *c = room(d);

	if (!c)
		return NULL;
	/* it may stand in the line of turns still */
	*c = (struct vsock_conn){
		.hash_next = *head,
		.turn_next = c->turn_next,
		.in_turn = c->in_turn,
		.state = state,
		.guest_port = guest_port,
		.host_port = host_port,
		/* what comes with a program's request may have come already */
		.readable = true,
	};
	*head = c;
	return c;
}

void vsock_drop_all(struct virtio_vsock *d)
{
	struct vsock_stream *s;
	u32 events;

	for (u32 i = 0; i < VSOCK_CONNS; i++)
		if (d->conns[i].state != VSOCK_FREE)
			free_conn(d, &d->conns[i]);
	/* with the connections gone only new ones have events */
	while ((s = vsock_next(d->hub, &events)))
		vsock_end(s);
	d->nr_replies = 0;
	d->held_up = false;
}

/* --- what is due --- */
static u32 taken(const struct vsock_conn *c)
{
	return c->received - (c->stream ? vsock_waiting(c->stream) : 0);
}

static u32 credit(const struct vsock_conn *c)
{
	u32 under_way = c->sent - c->fwd_cnt;

	return under_way < c->buf_alloc ? c->buf_alloc - under_way : 0;
}

static u32 sendable_news(const struct vsock_conn *c)
{
	switch (c->state) {
	case VSOCK_ASKED_GUEST:
		return c->news & NEWS(REQUEST);
	case VSOCK_CONNECTED_BOTH:
	case VSOCK_OVER:
		return c->news;
	default:
		return 0;
	}
}

static bool has_data(const struct vsock_conn *c)
{
	return c->state == VSOCK_CONNECTED_BOTH && c->readable &&
	       !(c->host_shut & VSOCK_SHUT_SEND) && !(c->guest_shut & VSOCK_SHUT_RECEIVE);
}

static void schedule(struct virtio_vsock *d, struct vsock_conn *c)
{
	if (has_data(c) && !credit(c) && !c->asked_credit) {
		c->asked_credit = true;
		c->news |= NEWS(CREDIT_REQUEST);
	}
	if (c->in_turn || !(sendable_news(c) || (has_data(c) && credit(c))))
		return;
	c->in_turn = true;
	c->turn_next = NULL;
	if (d->turn_first)
		d->turn_last->turn_next = c;
	else
		d->turn_first = c;
	d->turn_last = c;
}

/* Reset, from our side. */
static void reset_conn(struct virtio_vsock *d, struct vsock_conn *c)
{
	bool known = c->state != VSOCK_ASKED_GUEST || !(c->news & NEWS(REQUEST));

	if (!known) {
		free_conn(d, c);
		return;
	}
	if (c->stream)
		vsock_end(c->stream);
	c->stream = NULL;
	c->state = VSOCK_OVER;
	c->news = NEWS(RST);
	schedule(d, c);
}

/* The program sends, or receives, no more. */
static void host_shuts(struct vsock_conn *c, u8 what)
{
	if ((c->host_shut & what) == what)
		return;
	c->host_shut |= what;
	c->news |= NEWS(SHUTDOWN);
	if (c->state != VSOCK_CONNECTED_BOTH || c->host_shut != VSOCK_SHUT_BOTH)
		return;
	vsock_end(c->stream);
	c->stream = NULL;
	c->state = VSOCK_OVER;
}

/* --- the host's side --- */
/* NULL: there is no room for one more. */
static struct vsock_conn *program_comes(struct virtio_vsock *d, struct vsock_stream *s)
{
	struct vsock_conn *c;

	do {
		if (d->next_port < FIRST_PORT || d->next_port == ~0u)
			d->next_port = FIRST_PORT;
		d->next_port++;
	} while (find(d, vsock_port(s), d->next_port));
	c = new_conn(d, VSOCK_ASKED_GUEST, vsock_port(s), d->next_port);
	if (!c) {
		vsock_end(s);
		return NULL;
	}
	vsock_own(s, c);
	c->stream = s;
	c->news = NEWS(REQUEST);
	return c;
}

static void tell_credit(struct vsock_conn *c)
{
	if (taken(c) - c->told >= TELL_AT)
		c->news |= NEWS(CREDIT_UPDATE);
}

static void take_event(struct virtio_vsock *d, struct vsock_conn *c, u32 events)
{
	if (events & VSOCK_REFUSED) {
		reset_conn(d, c);
		return;
	}
	if (events & VSOCK_CONNECTED) {
		c->state = VSOCK_CONNECTED_BOTH;
		c->news |= NEWS(RESPONSE);
	}
	if (events & VSOCK_READABLE)
		c->readable = true;
	if (events & VSOCK_WRITTEN)
		tell_credit(c);
	if (events & VSOCK_DEAF)
		/* a guest that does not read is not told when all is read */
		host_shuts(c, c->guest_shut & VSOCK_SHUT_RECEIVE ? VSOCK_SHUT_BOTH
								 : VSOCK_SHUT_RECEIVE);
	schedule(d, c);
}

void vsock_take_events(struct virtio_vsock *d)
{
	struct vsock_stream *s;
	u32 events;

	while ((s = vsock_next(d->hub, &events))) {
		struct vsock_conn *c = vsock_owner(s);

		if (!c)
			c = program_comes(d, s);
		if (c)
			take_event(d, c, events);
	}
}

/* --- from the guest --- */

/* The caller looked whether there is room. */
static void reply_reset(struct virtio_vsock *d, const struct vsock_packet *p)
{
	u32 at = (d->reply_head + d->nr_replies) % VSOCK_REPLIES;

	if (p->op == VSOCK_OP_RST)
		return;
	d->replies[at] = (struct vsock_reply){p->dst_cid, p->src_port, p->dst_port, p->type};
	d->nr_replies++;
}

static void take_credit(struct vsock_conn *c, const struct vsock_packet *p)
{
	c->buf_alloc = p->buf_alloc;
	c->fwd_cnt = p->fwd_cnt;
	if (credit(c))
		c->asked_credit = false;
}

static void take_request(struct virtio_vsock *d, const struct vsock_packet *p)
{
	struct vsock_conn *c = new_conn(d, VSOCK_ASKED_HOST, p->src_port, p->dst_port);

	if (c)
		c->stream = vsock_connect(d->hub, p->dst_port, c);
	if (c && !c->stream)
		free_conn(d, c);
	if (!c || !c->stream)
		reply_reset(d, p);
	else
		take_credit(c, p);
}

static void take_response(struct virtio_vsock *d, struct vsock_conn *c)
{
	if (c->state != VSOCK_ASKED_GUEST || c->news & NEWS(REQUEST)) {
		reset_conn(d, c);
		return;
	}
	c->state = VSOCK_CONNECTED_BOTH;
	vsock_welcome(c->stream, c->host_port);
}

static void take_data(struct virtio_vsock *d, struct vsock_conn *c, u32 len)
{
	if (c->state != VSOCK_CONNECTED_BOTH || c->guest_shut & VSOCK_SHUT_SEND ||
	    len > VSOCK_BUFFER - vsock_waiting(c->stream)) {
		log_printf(LOG_GUEST, "%s: bytes that nobody gave credit for\n", d->v.name);
		reset_conn(d, c);
		return;
	}
	vsock_write(c->stream, d->tx.out, d->tx.nout, VSOCK_HEADER, len);
	c->received += len;
	tell_credit(c);
}

static void take_shutdown(struct virtio_vsock *d, struct vsock_conn *c, u32 flags)
{
	if (c->state != VSOCK_CONNECTED_BOTH) {
		reset_conn(d, c);
		return;
	}
	c->guest_shut |= flags & VSOCK_SHUT_BOTH;
	if (c->guest_shut == VSOCK_SHUT_BOTH) {
		reset_conn(d, c);
		return;
	}
	vsock_shut(c->stream, flags & VSOCK_SHUT_RECEIVE, flags & VSOCK_SHUT_SEND);
	if (c->guest_shut & VSOCK_SHUT_RECEIVE && c->host_shut & VSOCK_SHUT_RECEIVE)
		host_shuts(c, VSOCK_SHUT_BOTH);
}

/* Both have said that it is over, or one did and RST is on its way. */
static void take_last_words(struct virtio_vsock *d, struct vsock_conn *c,
			    const struct vsock_packet *p)
{
	if (p->op == VSOCK_OP_SHUTDOWN && (p->flags & VSOCK_SHUT_BOTH) == VSOCK_SHUT_BOTH)
		reset_conn(d, c);
}

void vsock_take_packet(struct virtio_vsock *d, const struct vsock_packet *p)
{
	struct vsock_conn *c = NULL;

	if (p->type == VSOCK_TYPE_STREAM && p->dst_cid == VSOCK_CID_HOST)
		c = find(d, p->src_port, p->dst_port);
	/* a guest that asks again forgot that there was one */
	if (c && c->state == VSOCK_OVER && p->op == VSOCK_OP_REQUEST) {
		free_conn(d, c);
		c = NULL;
	}
	if (!c) {
		if (p->type == VSOCK_TYPE_STREAM && p->dst_cid == VSOCK_CID_HOST &&
		    p->op == VSOCK_OP_REQUEST)
			take_request(d, p);
		else
			reply_reset(d, p);
		return;
	}
	take_credit(c, p);
	if (p->op == VSOCK_OP_RST) {
		free_conn(d, c);
		return;
	}
	if (c->state == VSOCK_OVER) {
		take_last_words(d, c, p);
		return;
	}
	switch (p->op) {
	case VSOCK_OP_RESPONSE:
		take_response(d, c);
		break;
	case VSOCK_OP_SHUTDOWN:
		take_shutdown(d, c, p->flags);
		break;
	case VSOCK_OP_RW:
		take_data(d, c, p->len);
		break;
	case VSOCK_OP_CREDIT_UPDATE:
		break;
	case VSOCK_OP_CREDIT_REQUEST:
		c->news |= NEWS(CREDIT_UPDATE);
		break;
	default:
		log_printf(LOG_GUEST, "%s: a packet of no known kind: %u\n", d->v.name, p->op);
		reset_conn(d, c);
	}
	if (c->state != VSOCK_FREE)
		schedule(d, c);
}

/* --- to the guest --- */
bool vsock_has_packet(struct virtio_vsock *d)
{
	return d->nr_replies || d->turn_first;
}

static u64 put_packet(struct virtio_vsock *d, const struct vsock_packet *p)
{
	u8 h[VSOCK_HEADER];

	st_le64(h, p->src_cid);
	st_le64(h + 8, d->guest_cid);
	st_le32(h + 16, p->src_port);
	st_le32(h + 20, p->dst_port);
	st_le32(h + 24, p->len);
	st_le16(h + 28, p->type);
	st_le16(h + 30, p->op);
	st_le32(h + 32, p->flags);
	st_le32(h + 36, p->buf_alloc);
	st_le32(h + 40, p->fwd_cnt);
	iov_from_buf(d->rx.in, d->rx.nin, 0, h, sizeof(h));
	return VSOCK_HEADER + p->len;
}

static u64 give_reply(struct virtio_vsock *d)
{
	const struct vsock_reply *r = &d->replies[d->reply_head];
	struct vsock_packet p = {
		.src_cid = r->cid,
		.src_port = r->host_port,
		.dst_port = r->guest_port,
		.type = r->type,
		.op = VSOCK_OP_RST,
	};

	d->reply_head = (d->reply_head + 1) % VSOCK_REPLIES;
	d->nr_replies--;
	return put_packet(d, &p);
}

static u64 put_op(struct virtio_vsock *d, struct vsock_conn *c, u16 op, u32 flags, u32 len)
{
	struct vsock_packet p = {
		.src_cid = VSOCK_CID_HOST,
		.src_port = c->host_port,
		.dst_port = c->guest_port,
		.len = len,
		.type = VSOCK_TYPE_STREAM,
		.op = op,
		.flags = flags,
		.buf_alloc = VSOCK_BUFFER,
		.fwd_cnt = taken(c),
	};

	/* any packet tells of credit */
	c->told = p.fwd_cnt;
	c->news &= ~(1u << op | NEWS(CREDIT_UPDATE));
	return put_packet(d, &p);
}

static u64 give_data(struct virtio_vsock *d, struct vsock_conn *c)
{
	u64 n = d->rx.in_len - VSOCK_HEADER;
	ssize_t got;

	n = n < VSOCK_PACKET_MAX ? n : VSOCK_PACKET_MAX;
	n = n < credit(c) ? n : credit(c);
	got = vsock_read(c->stream, d->rx.in, d->rx.nin, VSOCK_HEADER, n);
	if (got < 0) {
		c->readable = false;
		return 0;
	}
	if (!got) {
		host_shuts(c, c->host_shut | VSOCK_SHUT_SEND);
		return 0;
	}
	c->sent += (u32)got;
	return put_op(d, c, VSOCK_OP_RW, 0, (u32)got);
}

static u64 give_news(struct virtio_vsock *d, struct vsock_conn *c, u32 news)
{
	/* in their order */
	static const u16 ops[] = {
		VSOCK_OP_RST,		VSOCK_OP_REQUEST,	 VSOCK_OP_RESPONSE,
		VSOCK_OP_CREDIT_UPDATE, VSOCK_OP_CREDIT_REQUEST, VSOCK_OP_SHUTDOWN};
	u64 written;
	u32 i = 0;

	while (!(news & 1u << ops[i]))
		i++;
	written = put_op(d, c, ops[i], ops[i] == VSOCK_OP_SHUTDOWN ? c->host_shut : 0, 0);
	if (ops[i] == VSOCK_OP_RST)
		free_conn(d, c);
	return written;
}

u64 vsock_give_packet(struct virtio_vsock *d)
{
	struct vsock_conn *c;
	u64 written = 0;

	if (d->nr_replies)
		return give_reply(d);
	c = d->turn_first;
	d->turn_first = c->turn_next;
	c->in_turn = false;
	if (c->state == VSOCK_FREE)
		return 0;
	if (sendable_news(c))
		written = give_news(d, c, sendable_news(c));
	else if (has_data(c) && credit(c))
		written = give_data(d, c);
	if (c->state != VSOCK_FREE)
		schedule(d, c);
	return written;
}

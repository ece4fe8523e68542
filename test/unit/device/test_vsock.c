// SPDX-License-Identifier: GPL-2.0-or-later
/* The socket device as a driver sees it: connections from both sides, credit both ways, halves and
 * ends, packets that no driver sends, more connections than there may be, reset, save and load. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <cmocka.h>

#include "../machine/board.h"
#include "device/virtio_vsock_private.h"
#include "vdriver.h"

enum { CID = 42, GUEST = 1000, HOST = 9, MS = 100, CREDIT = 4096 };

static char folder[] = "/tmp/pvvsockdevXXXXXX";
static char path[64];

struct rig {
	struct vm *vm;
	struct vdriver d;
	struct device *dev;
	int listener;
};

/* What the guest got. */
struct got {
	struct vsock_packet p;
	u8 data[4096];
};

static struct sockaddr_un name(const char *suffix)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	snprintf(a.sun_path, sizeof(a.sun_path), "%s%s", path, suffix);
	return a;
}

static void build(struct rig *g)
{
	struct machine_config c = {.cpus = 1};
	struct error e = {""};

	memset(g, 0, sizeof(*g));
	if (board_create(&c, &g->vm, &e))
		fail_msg("%s", e.text);
	g->dev = device_new(g->vm, &vhost_vsock_pci_class);
	if (device_set(g->dev, "guest-cid", "42", &e) || device_set(g->dev, "socket", path, &e) ||
	    device_realize(g->dev, &e))
		fail_msg("%s", e.text);
	vd_init(&g->d, g->dev);
}

static void setup(struct rig *g)
{
	struct sockaddr_un a = name("_9");

	build(g);
	g->listener = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(g->listener, (void *)&a, sizeof(a)), 0);
	assert_int_equal(listen(g->listener, 16), 0);
	vm_resume(g->vm);
	vd_start(&g->d, 1);
	/* programs are let in when the device has seen the driver: it answers a packet */
	vd_offer(&g->d, VSOCK_TX, "short", 5, 0);
	assert_int_equal(vd_take(&g->d, VSOCK_TX, NULL, 0), 0);
}

static void destroy(struct rig *g)
{
	struct sockaddr_un a = name("_9");

	vm_pause(g->vm);
	machine_pseries.destroy(g->vm);
	close(g->listener);
	unlink(a.sun_path);
}

static u32 encode(u8 *m, const struct vsock_packet *p, const void *data)
{
	st_le64(m, p->src_cid);
	st_le64(m + 8, p->dst_cid);
	st_le32(m + 16, p->src_port);
	st_le32(m + 20, p->dst_port);
	st_le32(m + 24, p->len);
	st_le16(m + 28, p->type);
	st_le16(m + 30, p->op);
	st_le32(m + 32, p->flags);
	st_le32(m + 36, p->buf_alloc);
	st_le32(m + 40, p->fwd_cnt);
	if (data)
		memcpy(m + VSOCK_HEADER, data, p->len);
	return VSOCK_HEADER + (data ? p->len : 0);
}

/* Any packet; bytes may be fewer than it says. */
static void send_packet(struct rig *g, struct vsock_packet p, const void *data)
{
	static u8 m[VSOCK_HEADER + 8192];

	vd_offer(&g->d, VSOCK_TX, m, encode(m, &p, data), 0);
	assert_int_equal(vd_take(&g->d, VSOCK_TX, NULL, 0), 0);
}

static struct vsock_packet packet(u16 op, u32 guest, u32 host)
{
	return (struct vsock_packet){.src_cid = CID,
				     .dst_cid = VSOCK_CID_HOST,
				     .src_port = guest,
				     .dst_port = host,
				     .type = VSOCK_TYPE_STREAM,
				     .op = op,
				     .buf_alloc = CREDIT};
}

static void say(struct rig *g, u16 op, u32 guest, u32 host)
{
	send_packet(g, packet(op, guest, host), NULL);
}

static void say_shutdown(struct rig *g, u32 guest, u32 host, u32 flags)
{
	struct vsock_packet p = packet(VSOCK_OP_SHUTDOWN, guest, host);

	p.flags = flags;
	send_packet(g, p, NULL);
}

static void say_data(struct rig *g, u32 guest, u32 host, const void *data, u32 len)
{
	struct vsock_packet p = packet(VSOCK_OP_RW, guest, host);

	p.len = len;
	send_packet(g, p, data);
}

static struct got hear_anything(struct rig *g)
{
	u8 m[VSOCK_HEADER + 4096] = {0};
	struct got got;
	u32 n;

	vd_offer(&g->d, VSOCK_RX, NULL, 0, sizeof(m));
	n = vd_take(&g->d, VSOCK_RX, m, sizeof(m));
	got.p = (struct vsock_packet){ld_le64(m),      ld_le64(m + 8),	ld_le32(m + 16),
				      ld_le32(m + 20), ld_le32(m + 24), ld_le16(m + 28),
				      ld_le16(m + 30), ld_le32(m + 32), ld_le32(m + 36),
				      ld_le32(m + 40)};
	assert_int_equal(n, VSOCK_HEADER + got.p.len);
	assert_int_equal(got.p.dst_cid, CID);
	memcpy(got.data, m + VSOCK_HEADER, sizeof(got.data));
	return got;
}

static struct got hear(struct rig *g, u16 op, u32 guest, u32 host)
{
	struct got got = hear_anything(g);

	assert_int_equal(got.p.op, op);
	assert_int_equal(got.p.dst_port, guest);
	assert_int_equal(got.p.src_port, host);
	return got;
}

/* The buffer stays, and takes what comes next. */
static void silence(struct rig *g)
{
	vd_offer(&g->d, VSOCK_RX, NULL, 0, 1024);
	assert_false(vd_ready(&g->d, VSOCK_RX, MS));
}

/* The guest calls; the program's end. */
static int call(struct rig *g, u32 guest)
{
	struct got got;

	say(g, VSOCK_OP_REQUEST, guest, HOST);
	got = hear(g, VSOCK_OP_RESPONSE, guest, HOST);
	assert_int_equal(got.p.buf_alloc, VSOCK_BUFFER);
	assert_int_equal(got.p.src_cid, VSOCK_CID_HOST);
	return accept(g->listener, NULL, NULL);
}

/* A program calls; the guest has not answered. */
static int dial(const char *line)
{
	struct sockaddr_un a = name("");
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (void *)&a, sizeof(a)), 0);
	assert_int_equal(write(fd, line, strlen(line)), strlen(line));
	return fd;
}

static bool ended(int fd)
{
	char c;

	return read(fd, &c, 1) <= 0;
}

static void test_guest_calls(void **state)
{
	struct vsock_packet p;
	struct rig g;
	struct got got;
	char text[16];
	int fd;

	setup(&g);
	fd = call(&g, GUEST);
	say_data(&g, GUEST, HOST, "to the host", 11);
	assert_int_equal(read(fd, text, sizeof(text)), 11);
	assert_memory_equal(text, "to the host", 11);
	assert_int_equal(write(fd, "to the guest", 12), 12);
	got = hear(&g, VSOCK_OP_RW, GUEST, HOST);
	assert_int_equal(got.p.len, 12);
	assert_int_equal(got.p.fwd_cnt, 11);
	assert_memory_equal(got.data, "to the guest", 12);
	say(&g, VSOCK_OP_CREDIT_REQUEST, GUEST, HOST);
	hear(&g, VSOCK_OP_CREDIT_UPDATE, GUEST, HOST);
	/* halves of the guest's */
	say_shutdown(&g, GUEST, HOST, VSOCK_SHUT_SEND);
	assert_true(ended(fd));
	assert_int_equal(write(fd, "x", 1), 1);
	hear(&g, VSOCK_OP_RW, GUEST, HOST);
	say_shutdown(&g, GUEST, HOST, VSOCK_SHUT_RECEIVE);
	hear(&g, VSOCK_OP_RST, GUEST, HOST);
	close(fd);
	/* a port where nobody listens, another host, another kind of socket */
	say(&g, VSOCK_OP_REQUEST, GUEST, HOST + 1);
	hear(&g, VSOCK_OP_RST, GUEST, HOST + 1);
	p = packet(VSOCK_OP_REQUEST, GUEST, HOST);
	p.dst_cid = 77;
	send_packet(&g, p, NULL);
	got = hear(&g, VSOCK_OP_RST, GUEST, HOST);
	assert_int_equal(got.p.src_cid, 77);
	p = packet(VSOCK_OP_REQUEST, GUEST, HOST);
	p.type = 2;
	send_packet(&g, p, NULL);
	got = hear(&g, VSOCK_OP_RST, GUEST, HOST);
	assert_int_equal(got.p.type, 2);
	destroy(&g);
}

static void test_host_calls(void **state)
{
	struct rig g;
	struct got got;
	char text[32];
	u32 port;
	int fd;

	setup(&g);
	fd = dial("CONNECT 1000\nearly");
	got = hear_anything(&g);
	assert_int_equal(got.p.op, VSOCK_OP_REQUEST);
	assert_int_equal(got.p.dst_port, GUEST);
	port = got.p.src_port;
	silence(&g);
	say(&g, VSOCK_OP_RESPONSE, GUEST, port);
	assert_int_equal(vd_take(&g.d, VSOCK_RX, text, 0), VSOCK_HEADER + 5);
	assert_int_equal(read(fd, text, sizeof(text)), snprintf(NULL, 0, "OK %u\n", port));
	/* the program closes: the guest's RST frees the ports */
	close(fd);
	do
		got = hear(&g, VSOCK_OP_SHUTDOWN, GUEST, port);
	while (got.p.flags != VSOCK_SHUT_BOTH);
	say(&g, VSOCK_OP_RST, GUEST, port);
	/* the program has gone before the guest hears of it, and left something */
	close(dial("CONNECT 1000\nlast words"));
	got = hear_anything(&g);
	port = got.p.src_port;
	assert_int_equal(got.p.op, VSOCK_OP_REQUEST);
	say(&g, VSOCK_OP_RESPONSE, GUEST, port);
	do
		got = hear_anything(&g);
	while (got.p.op != VSOCK_OP_RW);
	assert_int_equal(got.p.len, 10);
	assert_memory_equal(got.data, "last words", 10);
	do
		got = hear(&g, VSOCK_OP_SHUTDOWN, GUEST, port);
	while (got.p.flags != VSOCK_SHUT_BOTH);
	/* the guest says no */
	fd = dial("CONNECT 1000\n");
	got = hear_anything(&g);
	say(&g, VSOCK_OP_RST, GUEST, got.p.src_port);
	assert_true(ended(fd));
	close(fd);
	/* it says yes twice */
	fd = dial("CONNECT 1000\n");
	got = hear_anything(&g);
	say(&g, VSOCK_OP_RESPONSE, GUEST, got.p.src_port);
	say(&g, VSOCK_OP_RESPONSE, GUEST, got.p.src_port);
	hear(&g, VSOCK_OP_RST, GUEST, got.p.src_port);
	close(fd);
	destroy(&g);
}

/* The program is not given more than the guest has room for; the guest not more than we have. */
static void test_credit(void **state)
{
	static u8 data[8192], text[8192];
	struct vsock_packet p;
	struct rig g;
	struct got got;
	u32 sent = 0;
	int fd;

	setup(&g);
	fd = call(&g, GUEST);
	assert_int_equal(write(fd, data, sizeof(data)), sizeof(data));
	for (u32 left = CREDIT; left; left -= got.p.len) {
		got = hear(&g, VSOCK_OP_RW, GUEST, HOST);
		assert_true(got.p.len <= left);
	}
	hear(&g, VSOCK_OP_CREDIT_REQUEST, GUEST, HOST);
	silence(&g);
	/* it says that it took more than there was: no credit follows from that */
	p = packet(VSOCK_OP_CREDIT_UPDATE, GUEST, HOST);
	p.fwd_cnt = 5000;
	send_packet(&g, p, NULL);
	assert_false(vd_ready(&g.d, VSOCK_RX, MS));
	p.fwd_cnt = 100;
	send_packet(&g, p, NULL);
	assert_int_equal(vd_take(&g.d, VSOCK_RX, NULL, 0), VSOCK_HEADER + 100);
	hear(&g, VSOCK_OP_CREDIT_REQUEST, GUEST, HOST);
	/* a program that reads nothing: what it does not take is the guest's debt */
	while (sent + sizeof(data) <= VSOCK_BUFFER) {
		say_data(&g, GUEST, HOST, data, sizeof(data));
		sent += sizeof(data);
	}
	for (u32 i = 0; i < 2 * VSOCK_BUFFER / sizeof(data); i++) {
		say_data(&g, GUEST, HOST, data, sizeof(data));
		sent += sizeof(data);
	}
	do
		got = hear_anything(&g);
	while (got.p.op == VSOCK_OP_CREDIT_UPDATE);
	assert_int_equal(got.p.op, VSOCK_OP_RST);
	/* what was within it arrives */
	while (sent > sizeof(text) && read(fd, text, sizeof(text)) > 0)
		sent -= sizeof(text);
	close(fd);
	destroy(&g);
}

static void test_nonsense(void **state)
{
	struct vsock_packet p = packet(VSOCK_OP_RW, GUEST, HOST);
	struct rig g;
	int fd;

	setup(&g);
	/* to nobody; RST is not answered */
	for (u16 op = 0; op < 20; op++) {
		if (op == VSOCK_OP_REQUEST)
			continue;
		say(&g, op, GUEST, HOST);
		if (op != VSOCK_OP_RST)
			hear(&g, VSOCK_OP_RST, GUEST, HOST);
	}
	/* shorter than a header, of another guest */
	vd_offer(&g.d, VSOCK_TX, "short", 5, 0);
	assert_int_equal(vd_take(&g.d, VSOCK_TX, NULL, 0), 0);
	p.src_cid = CID + 1;
	send_packet(&g, p, NULL);
	/* shorter than it says; of no kind; asked for twice: each ends the connection */
	for (u32 i = 0; i < 4; i++) {
		fd = call(&g, GUEST);
		p = packet(i == 0 ? VSOCK_OP_RW : i == 1 ? 99 : VSOCK_OP_REQUEST, GUEST, HOST);
		if (i == 3)
			p = packet(VSOCK_OP_RESPONSE, GUEST, HOST);
		p.len = i ? 0 : 0xffffffff;
		send_packet(&g, p, NULL);
		hear(&g, VSOCK_OP_RST, GUEST, HOST);
		assert_true(ended(fd));
		close(fd);
	}
	/* bytes after the guest said that there are none */
	fd = call(&g, GUEST);
	say_shutdown(&g, GUEST, HOST, VSOCK_SHUT_SEND);
	say_data(&g, GUEST, HOST, "x", 1);
	hear(&g, VSOCK_OP_RST, GUEST, HOST);
	close(fd);
	silence(&g);
	/* a buffer without room for a packet breaks the device, until it is reset */
	vd_start(&g.d, 1);
	vd_offer(&g.d, VSOCK_RX, NULL, 0, VSOCK_HEADER);
	say(&g, VSOCK_OP_RW, GUEST, HOST);
	assert_int_equal(vd_take(&g.d, VSOCK_RX, NULL, 0), 0);
	assert_true(g.d.v->s->status & VIRTIO_STATUS_NEEDS_RESET);
	vd_start(&g.d, 1);
	close(call(&g, GUEST));
	destroy(&g);
}

/* More of everything than there may be. */
static void test_limits(void **state)
{
	static int fds[VSOCK_CONNS];
	struct rig g;
	u32 taken = 0;

	setup(&g);
	for (u32 i = 0; i < VSOCK_CONNS; i++)
		fds[i] = call(&g, i);
	say(&g, VSOCK_OP_REQUEST, VSOCK_CONNS, HOST);
	hear(&g, VSOCK_OP_RST, VSOCK_CONNS, HOST);
	say(&g, VSOCK_OP_RST, 7, HOST);
	assert_true(ended(fds[7]));
	/* resets of what is no connection wait for buffers, and then the packets do */
	for (u32 i = 0; i < VSOCK_REPLIES; i++)
		say(&g, VSOCK_OP_RW, GUEST + i, 8);
	for (u32 i = 0; i < 4; i++) {
		u8 m[VSOCK_HEADER];
		struct vsock_packet p = packet(VSOCK_OP_RW, GUEST + VSOCK_REPLIES + i, 8);

		vd_offer(&g.d, VSOCK_TX, m, encode(m, &p, NULL), 0);
	}
	assert_false(vd_ready(&g.d, VSOCK_TX, MS));
	for (u32 i = 0; i < VSOCK_REPLIES + 4; i++)
		hear(&g, VSOCK_OP_RST, GUEST + i, 8);
	for (; taken < 4 && vd_ready(&g.d, VSOCK_TX, 20000); taken++)
		vd_take(&g.d, VSOCK_TX, NULL, 0);
	assert_int_equal(taken, 4);
	/* all end with the driver */
	vd_start(&g.d, 1);
	for (u32 i = 0; i < VSOCK_CONNS; i++) {
		assert_true(ended(fds[i]));
		close(fds[i]);
	}
	close(call(&g, GUEST));
	destroy(&g);
}

static void test_save(void **state)
{
	struct buffer b = {0};
	struct vdriver driver;
	struct rig g, h;
	u8 event[4];
	int fd;

	setup(&g);
	fd = call(&g, GUEST);
	vd_save(&g.d, &b);
	driver = g.d;
	destroy(&g);
	assert_true(ended(fd));
	close(fd);
	build(&h);
	h.listener = -1;
	vd_load(&h.d, &driver, &b);
	vd_offer(&h.d, VSOCK_EVENT, NULL, 0, 8);
	assert_int_equal(vd_take(&h.d, VSOCK_EVENT, event, sizeof(event)), 4);
	assert_int_equal(ld_le32(event), 0);
	say_data(&h, GUEST, HOST, "x", 1);
	hear(&h, VSOCK_OP_RST, GUEST, HOST);
	destroy(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_guest_calls), cmocka_unit_test(test_host_calls),
		cmocka_unit_test(test_credit),	    cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_limits),	    cmocka_unit_test(test_save),
	};
	int failed;

	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof(path), "%s/v", folder);
	failed = cmocka_run_group_tests_name("device vsock", tests, NULL, NULL);
	rmdir(folder);
	return failed;
}

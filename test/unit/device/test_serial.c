// SPDX-License-Identifier: GPL-2.0-or-later
/* The virtio serial adapter as a driver sees it: the dialogue on the control queues, bytes in both
 * directions, a back end that takes them slowly, peers that come and go, save and load, messages
 * that no driver sends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "../machine/board.h"
#include "device/virtio_serial_private.h"
#include "host/char_private.h"
#include "vdriver.h"

#define F_MULTIPORT (1ull << 1)

enum { CONTROL_IN = 2, CONTROL_OUT = 3, PORT = 1, IN = 4, OUT = 5 };
enum { READY, ADD, REMOVE, PORT_READY, CONSOLE, RESIZE, OPEN, NAME };

struct rig {
	struct vm *vm;
	struct vdriver d;
	struct chardev *chardev;
	struct device *dev, *console, *port;
	u8 got[65536];
	_Atomic size_t len;
};

static void host_gets(void *opaque, const u8 *buf, size_t len)
{
	struct rig *g = opaque;

	memcpy(g->got + g->len, buf, len);
	g->len += len;
}

/* spec: of the port's character device; NULL: it gives to host_gets(). */
static void build_with(struct rig *g, const char *spec)
{
	struct machine_config c = {.cpus = 1};
	struct error e = {""};
	struct virtio_serial *s;

	memset(g, 0, sizeof(*g));
	if (board_create(&c, &g->vm, &e))
		fail_msg("%s", e.text);
	if (!spec)
		g->chardev = chardev_open_internal(host_gets, g);
	else if (chardev_open(spec, "test", NULL, &g->chardev, &e))
		fail_msg("%s", e.text);
	g->dev = device_new(g->vm, &virtio_serial_pci_class);
	if (device_set(g->dev, "max_ports", "4", &e) || device_realize(g->dev, &e))
		fail_msg("%s", e.text);
	s = device_bus_find(g->vm, BUS_VIRTIO_SERIAL, "virtio-serial-bus.0")->bus;
	g->console = device_new(g->vm, &virtconsole_class);
	device_set_pointer(g->console, "bus", s);
	g->port = device_new(g->vm, &virtserialport_class);
	device_set_pointer(g->port, "bus", s);
	device_set_pointer(g->port, "chardev", g->chardev);
	if (device_set(g->port, "name", "org.test", &e) || device_realize(g->console, &e) ||
	    device_realize(g->port, &e))
		fail_msg("%s", e.text);
	vd_init(&g->d, g->dev);
}

static void build(struct rig *g)
{
	build_with(g, NULL);
}

static void destroy(struct rig *g)
{
	vm_pause(g->vm);
	machine_pseries.destroy(g->vm);
	chardev_close(g->chardev);
}

static void tell(struct rig *g, u32 nr, u16 event, u16 value)
{
	u8 m[8];

	st_le32(m, nr);
	st_le16(m + 4, event);
	st_le16(m + 6, value);
	vd_offer(&g->d, CONTROL_OUT, m, sizeof(m), 0);
	assert_int_equal(vd_take(&g->d, CONTROL_OUT, NULL, 0), 0);
}

static void told(struct rig *g, u32 nr, u16 event, u16 value, const char *text)
{
	u8 m[64];

	vd_offer(&g->d, CONTROL_IN, NULL, 0, sizeof(m));
	assert_int_equal(vd_take(&g->d, CONTROL_IN, m, sizeof(m)), 8 + strlen(text));
	assert_int_equal(ld_le32(m), nr);
	assert_int_equal(ld_le16(m + 4), event);
	assert_int_equal(ld_le16(m + 6), value);
	assert_memory_equal(m + 8, text, strlen(text));
}

/* Nothing to be told: the buffer stays; it takes the next message. */
static void silence(struct rig *g)
{
	vd_offer(&g->d, CONTROL_IN, NULL, 0, 64);
	assert_false(vd_ready(&g->d, CONTROL_IN, 50));
}

static void setup_with(struct rig *g, const char *spec)
{
	build_with(g, spec);
	vm_resume(g->vm);
	vd_start(&g->d, F_MULTIPORT);
	tell(g, 0, READY, 1);
	told(g, 0, ADD, 1, "");
	told(g, 1, ADD, 1, "");
	tell(g, 0, PORT_READY, 1);
	told(g, 0, CONSOLE, 1, "");
	told(g, 0, OPEN, 1, "");
	tell(g, 1, PORT_READY, 1);
	told(g, 1, NAME, 1, "org.test");
	told(g, 1, OPEN, 1, "");
}

static void setup(struct rig *g)
{
	setup_with(g, NULL);
}

static void test_dialogue(void **state)
{
	static struct rig g;

	setup(&g);
	g.chardev->events->closed(g.chardev->opaque);
	told(&g, PORT, OPEN, 0, "");
	g.chardev->events->opened(g.chardev->opaque);
	told(&g, PORT, OPEN, 1, "");
	/* nonsense */
	tell(&g, 99, PORT_READY, 1);
	tell(&g, 3, PORT_READY, 1);
	tell(&g, ~0u, OPEN, 1);
	tell(&g, PORT, 77, 1);
	silence(&g);
	/* a port goes while the guest runs */
	virtserialport_class.unrealize(g.port);
	g.port->realized = false;
	assert_int_equal(vd_take(&g.d, CONTROL_IN, NULL, 0), 8);
	tell(&g, PORT, OPEN, 1);
	vd_offer(&g.d, OUT, "nobody", 6, 0);
	assert_int_equal(vd_take(&g.d, OUT, NULL, 0), 0);
	destroy(&g);
}

static void test_bytes(void **state)
{
	static struct rig g;
	u8 data[3000], got[3000];

	for (u32 i = 0; i < sizeof(data); i++)
		data[i] = (u8)(i * 11 + i / 256);
	setup(&g);
	assert_int_equal(chardev_feed(g.chardev, data, sizeof(data)), 0); /* not open */
	tell(&g, PORT, OPEN, 1);
	assert_int_equal(chardev_feed(g.chardev, data, sizeof(data)), SERIAL_BUFFER);
	assert_int_equal(chardev_feed(g.chardev, data, sizeof(data)), 0);
	vd_offer(&g.d, IN, NULL, 0, 1000);
	assert_int_equal(vd_take(&g.d, IN, got, sizeof(got)), 1000);
	assert_memory_equal(got, data, 1000);
	assert_int_equal(chardev_feed(g.chardev, data, 100), 100);
	vd_offer(&g.d, IN, NULL, 0, 1000);
	assert_int_equal(vd_take(&g.d, IN, got, sizeof(got)), 124);
	assert_memory_equal(got, data + 1000, 24);
	assert_memory_equal(got + 24, data, 100);
	vd_offer(&g.d, OUT, data, sizeof(data), 0);
	assert_int_equal(vd_take(&g.d, OUT, NULL, 0), 0);
	assert_int_equal(g.len, sizeof(data));
	assert_memory_equal(g.got, data, sizeof(data));
	/* what came before a program closed the port is not for the next one */
	assert_int_equal(chardev_feed(g.chardev, data, 100), 100);
	tell(&g, PORT, OPEN, 0);
	tell(&g, PORT, OPEN, 1);
	vd_offer(&g.d, IN, NULL, 0, 1000);
	assert_int_equal(chardev_feed(g.chardev, data + 50, 10), 10);
	assert_int_equal(vd_take(&g.d, IN, got, sizeof(got)), 10);
	assert_memory_equal(got, data + 50, 10);
	destroy(&g);
}

/* A socket that is full: nothing is lost, and the guest waits. */
static void test_slow_peer(void **state)
{
	static struct rig g;
	static u8 data[8192], got[8192];
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	char folder[] = "/tmp/test_serial.XXXXXX", spec[sizeof(a.sun_path) + 8];
	int listener = socket(AF_UNIX, SOCK_STREAM, 0), peer, size = 4096;
	size_t sent = 0, taken = 0;

	for (u32 i = 0; i < sizeof(data); i++)
		data[i] = (u8)(i * 13 + i / 256);
	assert_non_null(mkdtemp(folder));
	snprintf(a.sun_path, sizeof(a.sun_path), "%s/peer", folder);
	snprintf(spec, sizeof(spec), "unix:%s", a.sun_path);
	assert_int_equal(bind(listener, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(listener, 1), 0);
	setup_with(&g, spec);
	peer = accept(listener, NULL, NULL);
	assert_true(peer >= 0);
	setsockopt(g.chardev->out, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	for (;; sent++) {
		vd_offer(&g.d, OUT, data, sizeof(data), 0);
		if (!vd_ready(&g.d, OUT, 200))
			break;
		vd_take(&g.d, OUT, NULL, 0);
	}
	sent++;
	vm_pause(g.vm);
	vm_resume(g.vm);
	while (taken < sent * sizeof(data)) {
		ssize_t n;

		while (g_main_context_iteration(NULL, false))
			;
		n = recv(peer, got, sizeof(got), MSG_DONTWAIT);
		for (ssize_t i = 0; i < n; i++)
			assert_int_equal(got[i], data[(taken + (size_t)i) % sizeof(data)]);
		taken += n > 0 ? (size_t)n : 0;
	}
	assert_int_equal(vd_take(&g.d, OUT, NULL, 0), 0);
	destroy(&g);
	close(peer);
	close(listener);
	unlink(a.sun_path);
	rmdir(folder);
}

static void test_save(void **state)
{
	static struct rig g;
	struct buffer b = {0};
	struct vdriver saved;
	u8 got[64];

	setup(&g);
	tell(&g, PORT, OPEN, 1);
	assert_int_equal(chardev_feed(g.chardev, (const u8 *)"before", 6), 6);
	vd_save(&g.d, &b);
	saved = g.d;
	destroy(&g);

	build(&g);
	vd_load(&g.d, &saved, &b);
	/* ports may have other peers now */
	told(&g, 0, OPEN, 1, "");
	told(&g, 1, OPEN, 1, "");
	vd_offer(&g.d, IN, NULL, 0, 64);
	assert_int_equal(vd_take(&g.d, IN, got, sizeof(got)), 6);
	assert_memory_equal(got, "before", 6);
	assert_int_equal(chardev_feed(g.chardev, (const u8 *)"after", 5), 5);
	vd_offer(&g.d, IN, NULL, 0, 64);
	assert_int_equal(vd_take(&g.d, IN, got, sizeof(got)), 5);
	destroy(&g);
}

/* A driver that knows one port only. */
static void test_single(void **state)
{
	static struct rig g;
	struct serial_port *port;

	build(&g);
	vm_resume(g.vm);
	vd_start(&g.d, 0);
	port = container_of(g.console, struct serial_port, dev);
	assert_int_equal(port->state.guest_open, 1);
	vd_offer(&g.d, 1, "x", 1, 0);
	assert_int_equal(vd_take(&g.d, 1, NULL, 0), 0);
	destroy(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dialogue),  cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_slow_peer), cmocka_unit_test(test_save),
		cmocka_unit_test(test_single),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

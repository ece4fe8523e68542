// SPDX-License-Identifier: GPL-2.0-or-later
/* Packets of a guest, right ones and others, to a socket device whose programs are there: one
 * listens, one calls, and they read, write, shut and close as the input says. The target is the
 * hub's thread, and does the device's work, so that an input does the same each time. */
#include <sys/socket.h>
#include <sys/un.h>

#include "../unit/device/vdriver.h"
#include "device/virtio_vsock_private.h"
#include "fuzz.h"
#include "host/vsock_private.h"

enum { PROGRAMS = 8, CID = 3, BUFFER = 512 };

static struct vdriver driver;
static struct virtio_vsock *device;
static int listener, programs[PROGRAMS];
static char path[64];

static int unix_socket(struct sockaddr_un *a, const char *suffix)
{
	*a = (struct sockaddr_un){.sun_family = AF_UNIX};
	snprintf(a->sun_path, sizeof(a->sun_path), "%s%s", path, suffix);
	return socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
}

static void leave_nothing(void)
{
	struct sockaddr_un a;

	close(unix_socket(&a, ""));
	unlink(a.sun_path);
	close(unix_socket(&a, "_1"));
	unlink(a.sun_path);
}

static void rig(void)
{
	struct vm *vm = fuzz_board();
	struct device *d = device_new(vm, &virtio_vsock_pci_class);
	struct error e = {""};
	struct sockaddr_un a;

	memset(programs, -1, sizeof(programs));
	snprintf(path, sizeof(path), "/tmp/pvfuzz%d", (int)getpid());
	if (device_set(d, "socket", path, &e) || device_realize(d, &e)) {
		fprintf(stderr, "%s\n", e.text);
		abort();
	}
	device = container_of(d, struct virtio_vsock, p.dev);
	vsock_stop(device->hub);
	listener = unix_socket(&a, "_1");
	unlink(a.sun_path);
	if (bind(listener, (void *)&a, sizeof(a)) || listen(listener, 4))
		abort();
	atexit(leave_nothing);
	vd_init(&driver, d);
	vm_resume(vm);
}

static void handle(u32 queue)
{
	os_mutex_lock(&driver.v->work);
	driver.v->ops->handle(driver.v, queue);
	os_mutex_unlock(&driver.v->work);
}

/* Ports that often meet those of a connection that is there. */
static u32 port(struct fuzz_input *in)
{
	u32 v = (u32)fuzz_value(in, 1);

	if (v & 0x80)
		return device->next_port - (v & 3);
	return v & 0x40 ? (u32)fuzz_value(in, 4) : v & 3;
}

static void packet(struct fuzz_input *in)
{
	u32 kind = (u32)fuzz_value(in, 1), len = (u32)fuzz_value(in, 2) % BUFFER;
	static u8 p[VSOCK_HEADER + BUFFER];

	memset(p, (int)kind, sizeof(p));
	st_le64(p, kind & 0xf8 ? CID : fuzz_value(in, 8));
	st_le64(p + 8, kind & 0xf1 ? VSOCK_CID_HOST : fuzz_value(in, 8));
	st_le32(p + 16, port(in));
	st_le32(p + 20, port(in));
	st_le32(p + 24, kind & 0xf2 ? len : (u32)fuzz_value(in, 4));
	st_le16(p + 28, kind & 0xf4 ? VSOCK_TYPE_STREAM : (u16)fuzz_value(in, 2));
	st_le16(p + 30, (u16)fuzz_value(in, 1) & (kind & 0x80 ? 7 : 15));
	st_le32(p + 32, (u32)fuzz_value(in, 1));
	st_le32(p + 36, (u32)fuzz_value(in, 3));
	st_le32(p + 40, (u32)fuzz_value(in, kind & 0x10 ? 4 : 1));
	vd_publish(&driver, VSOCK_TX, p, kind == 0xff ? len % 50 + 1 : VSOCK_HEADER + len, 0);
	handle(VSOCK_TX);
}

static void act(struct fuzz_input *in)
{
	u32 v = (u32)fuzz_value(in, 1), i = v % PROGRAMS;
	static u8 buf[70000];
	struct sockaddr_un a;
	char line[32];

	if (programs[i] < 0 && (v & 0x80)) {
		programs[i] = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
	} else if (programs[i] < 0) {
		programs[i] = unix_socket(&a, "");
		if (connect(programs[i], (void *)&a, sizeof(a)))
			return;
		snprintf(line, sizeof(line), v & 0x40 ? "CONNECT %u\nmore" : "CONNECT %u",
			 port(in));
		(void)!write(programs[i], line, strlen(line));
	} else if (v & 0x80) {
		(void)!read(programs[i], buf, v & 0x40 ? sizeof(buf) : 100);
	} else if (v & 0x40) {
		(void)!send(programs[i], buf, v & 0x20 ? sizeof(buf) : 100, MSG_NOSIGNAL);
	} else if (v & 0x20) {
		shutdown(programs[i], v & 0x10 ? SHUT_WR : SHUT_RD);
	} else {
		close(programs[i]);
		programs[i] = -1;
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz_input in = {data, size};

	if (!device)
		rig();
	vd_start(&driver, driver.v->host_features);
	while (in.size) {
		u32 what = (u32)fuzz_value(&in, 1);

		if (what & 0xc0)
			packet(&in);
		else if (what & 0x30)
			act(&in);
		else if (what & 8)
			vd_publish(&driver, what & 4 ? VSOCK_EVENT : VSOCK_RX, NULL, 0,
				   (u32)fuzz_value(&in, 2) % 4096 + 1);
		else if (what == 7)
			device->state.loaded = 1;
		vsock_turn(device->hub, 0);
		handle(what % 3);
	}
	/* as after power-on */
	for (u32 i = 0; i < PROGRAMS; i++) {
		if (programs[i] >= 0)
			close(programs[i]);
		programs[i] = -1;
	}
	virtio_reset(driver.v);
	vsock_turn(device->hub, 0);
	for (int fd; (fd = accept(listener, NULL, NULL)) >= 0;)
		close(fd);
	return 0;
}

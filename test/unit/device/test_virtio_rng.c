// SPDX-License-Identifier: GPL-2.0-or-later
/* virtio-rng on a slot of virtio-mmio: bytes of a file in their order, a source that has none yet,
 * limits of the rate (max-bytes in a period), requests that wait across a pause, bad values. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

#include "base/endian.h"
#include "device/virtio_rng.h"
#include "host/rng.h"
#include "mmio_board.h"
#include "os/os.h"

enum {
	RING = 0x100000,
	AVAIL = RING + 0x1000,
	USED = RING + 0x2000,
	DATA = 0x200000,
	SIZE = 8,
	BYTES = 64,
	MS = 1000000,
};

struct rig {
	struct vm *vm;
	struct rng *rng;
	char path[32];
	int fd;
	u32 offered;
};

static void put(struct rig *g, u32 offset, u32 value)
{
	struct vm_exit x = {.reason = VM_EXIT_MMIO};

	x.mmio.addr = MMIO_BOARD_SLOTS + offset;
	x.mmio.len = 4;
	x.mmio.write = true;
	st_le32(x.mmio.data, value);
	mmio_dispatch(g->vm, 0, &x);
	assert_false(x.mmio.failed);
}

static void poke(struct rig *g, u64 at, u64 value, u32 bytes)
{
	u8 b[8];

	st_le64(b, value);
	assert_int_equal(vm_mem_write(g->vm, at, b, bytes), 0);
}

static u32 peek(struct rig *g, u64 at, u32 bytes)
{
	u8 b[4] = {0};

	assert_int_equal(vm_mem_read(g->vm, at, b, bytes), 0);
	return ld_le32(b);
}

static void start(struct rig *g)
{
	static const u32 steps[][2] = {{0x70, 0},    {0x70, 1},	    {0x70, 3},	  {0x24, 1},
				       {0x20, 1},    {0x70, 11},    {0x30, 0},	  {0x38, 8},
				       {0x80, RING}, {0x90, AVAIL}, {0xa0, USED}, {0x44, 1},
				       {0x70, 15}};

	for (u32 i = 0; i < ARRAY_SIZE(steps); i++)
		put(g, steps[i][0], steps[i][1]);
}

/* max_bytes, period: NULL = as they come. */
static void setup(struct rig *g, const char *max_bytes, const char *period)
{
	struct error e = {""};
	struct device *d;

	*g = (struct rig){.path = "/tmp/pvrngXXXXXX"};
	g->fd = mkstemp(g->path);
	assert_true(g->fd >= 0);
	if (rng_open(g->path, &g->rng, &e))
		fail_msg("%s", e.text);
	assert_false(rng_is_builtin(g->rng));
	g->vm = mmio_board(false);
	d = device_new(g->vm, &virtio_rng_device_class);
	device_set_pointer(d, "bus", device_bus_find(g->vm, BUS_VIRTIO_MMIO, NULL)->bus);
	device_set_pointer(d, "rng", g->rng);
	if ((max_bytes && device_set(d, "max-bytes", max_bytes, &e)) ||
	    (period && device_set(d, "period", period, &e)) || device_realize(d, &e))
		fail_msg("%s", e.text);
	devices_reset(g->vm);
	vm_resume(g->vm);
	start(g);
}

static void teardown(struct rig *g)
{
	vm_pause(g->vm);
	machine_bare_e500.destroy(g->vm);
	rng_close(g->rng);
	close(g->fd);
	unlink(g->path);
}

/* Bytes 0, 1, 2 … go on from what the file has. */
static void grow(struct rig *g, u32 bytes)
{
	off_t at = lseek(g->fd, 0, SEEK_END);

	for (u32 i = 0; i < bytes; i++) {
		u8 b = (u8)(at + i);

		assert_int_equal(write(g->fd, &b, 1), 1);
	}
}

static void offer(struct rig *g, u32 bytes)
{
	u32 nr = g->offered++;
	u64 desc = RING + 16 * (nr % SIZE);

	poke(g, desc, DATA + BYTES * (nr % SIZE), 8);
	poke(g, desc + 8, bytes, 4);
	poke(g, desc + 12, 2, 2);
	poke(g, AVAIL + 4 + 2 * (nr % SIZE), nr % SIZE, 2);
	poke(g, AVAIL + 2, nr + 1, 2);
	put(g, 0x50, 0);
}

static bool wait_used(struct rig *g, u32 count)
{
	u64 end = os_clock_ns() + 60000ull * MS;

	while (peek(g, USED + 2, 2) != count) {
		if (os_clock_ns() > end)
			return false;
		os_thread_yield();
	}
	return true;
}

static u32 used_len(struct rig *g, u32 nr)
{
	return peek(g, USED + 4 + 8 * (nr % SIZE) + 4, 4);
}

static void sleep_ms(u32 ms)
{
	struct timespec t = {.tv_nsec = ms * MS};

	nanosleep(&t, NULL);
}

static void test_file(void **state)
{
	struct rig g;
	u8 data[BYTES];

	setup(&g, NULL, NULL);
	grow(&g, BYTES + 10);
	offer(&g, BYTES);
	offer(&g, BYTES);
	assert_true(wait_used(&g, 2));
	assert_int_equal(used_len(&g, 0), BYTES);
	assert_int_equal(used_len(&g, 1), 10);
	for (u32 nr = 0; nr < 2; nr++) {
		assert_int_equal(vm_mem_read(g.vm, DATA + BYTES * nr, data, BYTES), 0);
		for (u32 i = 0; i < used_len(&g, nr); i++)
			assert_int_equal(data[i], BYTES * nr + i);
	}
	/* nothing there: it waits, also across a pause, and is asked again */
	offer(&g, BYTES);
	sleep_ms(50);
	assert_int_equal(peek(&g, USED + 2, 2), 2);
	vm_pause(g.vm);
	grow(&g, 5);
	sleep_ms(50);
	assert_int_equal(peek(&g, USED + 2, 2), 2);
	vm_resume(g.vm);
	assert_true(wait_used(&g, 3));
	assert_int_equal(used_len(&g, 2), 5);
	offer(&g, BYTES);
	sleep_ms(30);
	grow(&g, 7);
	assert_true(wait_used(&g, 4));
	teardown(&g);
}

static void test_rate(void **state)
{
	enum { PERIOD = 400 };
	struct rig g;
	u64 began;

	setup(&g, "100", "400");
	grow(&g, 1000);
	sleep_ms(PERIOD / 4); /* a period begins with its first bytes */
	began = os_clock_ns();
	offer(&g, BYTES);
	offer(&g, BYTES);
	offer(&g, BYTES);
	assert_true(wait_used(&g, 2));
	assert_int_equal(used_len(&g, 0), BYTES);
	assert_int_equal(used_len(&g, 1), 100 - BYTES);
	assert_true(wait_used(&g, 3));
	assert_true(os_clock_ns() - began >= (u64)PERIOD * MS);
	assert_int_equal(used_len(&g, 2), BYTES);
	/* the rest of the second period, then it waits again, and a reset does not help */
	offer(&g, BYTES);
	assert_true(wait_used(&g, 4));
	assert_int_equal(used_len(&g, 3), 100 - BYTES);
	vm_mem_fill(g.vm, RING, 0, 0x4000);
	g.offered = 0;
	start(&g);
	offer(&g, BYTES);
	assert_true(wait_used(&g, 1));
	assert_true(os_clock_ns() - began >= 2ull * PERIOD * MS);
	teardown(&g);
}

/* None at all is a limit, too, and keeps no processor busy. */
static void test_nothing(void **state)
{
	struct rig g;

	setup(&g, "0", "1");
	grow(&g, 100);
	offer(&g, BYTES);
	sleep_ms(50);
	assert_int_equal(peek(&g, USED + 2, 2), 0);
	teardown(&g);
}

static void test_refused(void **state)
{
	static const struct device_setting bad[] = {{"period", "0"},
						    {"period", "4294967296"},
						    {"max-bytes", "9223372036854775808"},
						    {"max-bytes", "1K"},
						    {"rng", "absent"}};
	struct vm *vm = mmio_board(false);
	struct rng *r = NULL;
	struct error e;

	for (u32 i = 0; i < ARRAY_SIZE(bad); i++) {
		e = (struct error){""};
		assert_true(device_add(vm, &virtio_rng_device_class, &bad[i], 1, &e) < 0);
		assert_non_null(strstr(e.text, bad[i].key));
	}
	machine_bare_e500.destroy(vm);
	assert_int_equal(rng_open("/nowhere/at/all", &r, &e), -ENOENT);
	assert_int_equal(rng_open("/tmp", &r, &e), -EISDIR);
	assert_null(r);
	assert_int_equal(rng_open(NULL, &r, &e), 0);
	assert_true(rng_is_builtin(r));
	rng_close(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_rate),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

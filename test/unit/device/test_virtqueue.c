// SPDX-License-Identifier: GPL-2.0-or-later
/* device/virtqueue.h against a driver written here: elements in and out of split and packed rings
 * through many wraps, suppression of notifications, and everything that a hostile driver can put
 * into a ring. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "../machine/board.h"
#include "device/virtqueue.h"
#include "vm/vm.h"

enum {
	DESC = 0x10000,
	DRIVER = 0x12000,
	DEVICE = 0x14000,
	TABLE = 0x18000,
	DATA = 0x20000,
	SIZE = 8,
	RAM = 64 << 20,
	NEXT = 1,
	WRITE = 2,
	INDIRECT = 4,
};

static struct vm *vm;
static struct dma_view view;
static struct virtqueue_state state;
static struct virtqueue q;
static struct virtqueue_element el;
static u32 breaks;

static void broken(struct virtqueue *ring, const char *why)
{
	breaks++;
}

static int setup(void **s)
{
	static struct machine_config c;
	struct error e;

	if (board_create(&c, &vm, &e))
		return -1;
	dma_view_init_real(&view, vm);
	return 0;
}

static int teardown(void **s)
{
	virtqueue_element_free(&el);
	machine_pseries.destroy(vm);
	return 0;
}

static void begin(bool packed, bool event_idx)
{
	vm_mem_fill(vm, DESC, 0, DATA - DESC);
	q = (struct virtqueue){
		.s = &state,
		.view = &view,
		.packed = packed,
		.event_idx = event_idx,
		.indirect = true,
		.broken = broken,
	};
	virtqueue_reset(&q, SIZE);
	state.desc = DESC;
	state.driver = DRIVER;
	state.device = DEVICE;
	state.enabled = 1;
	breaks = 0;
}

static void put(u64 at, u64 v, u32 bytes)
{
	u8 raw[8];

	st_le64(raw, v);
	assert_int_equal(vm_mem_write(vm, at, raw, bytes), 0);
}

static u64 get(u64 at, u32 bytes)
{
	u8 raw[8] = {0};

	assert_int_equal(vm_mem_read(vm, at, raw, bytes), 0);
	return ld_le64(raw);
}

/* Split: next and flags in their places. */
static void desc(u64 table, u32 i, u64 addr, u32 len, u16 flags, u16 next)
{
	put(table + 16 * i, addr, 8);
	put(table + 16 * i + 8, len, 4);
	put(table + 16 * i + 12, flags, 2);
	put(table + 16 * i + 14, next, 2);
}

static void packed_desc(u64 table, u32 i, u64 addr, u32 len, u16 flags, u16 id)
{
	desc(table, i, addr, len, id, flags);
}

static u16 avail_index;

static void offer(u16 head)
{
	put(DRIVER + 4 + 2 * (avail_index % SIZE), head, 2);
	put(DRIVER + 2, ++avail_index, 2);
}

/* Before anything gave the element memory: UBSan must not see an offset to no memory. */
static void test_empty(void **s)
{
	begin(false, false);
	avail_index = 0;
	desc(DESC, 0, DATA, 0, 0, 0);
	offer(0);
	assert_int_equal(virtqueue_pop(&q, &el), 1);
	assert_int_equal(el.nout + el.nin, 0);
	virtqueue_push(&q, &el, 0);
	assert_int_equal(breaks, 0);
}

static void test_split(void **s)
{
	begin(false, false);
	avail_index = 0;
	assert_false(virtqueue_ready(&q));
	for (u32 round = 0; round < 70000; round++) {
		u16 head = (u16)(round * 3 % (SIZE - 2));

		desc(DESC, head, DATA, 16, NEXT, (u16)(head + 1));
		desc(DESC, head + 1u, DATA + 0x1000, 32, NEXT | WRITE, (u16)(head + 2));
		desc(DESC, head + 2u, DATA + 0x3000, 8, WRITE, 0);
		offer(head);
		assert_int_equal(virtqueue_pop(&q, &el), 1);
		assert_int_equal(el.id, head);
		assert_int_equal(el.nout, 1);
		assert_int_equal(el.nin, 2);
		assert_int_equal(el.out_len, 16);
		assert_int_equal(el.in_len, 40);
		virtqueue_push(&q, &el, round);
		assert_int_equal(get(DEVICE + 2, 2), (u16)(round + 1));
		assert_int_equal(get(DEVICE + 4 + 8 * (round % SIZE), 4), head);
		assert_int_equal(get(DEVICE + 8 + 8 * (round % SIZE), 4), round);
		assert_int_equal(virtqueue_pop(&q, &el), 0);
	}
	assert_int_equal(breaks, 0);
}

/* Neighbours in memory become one piece; a table may hold them. */
static void test_indirect(void **s)
{
	begin(false, false);
	avail_index = 0;
	desc(TABLE, 0, DATA, 0x1000, NEXT, 2);
	desc(TABLE, 2, DATA + 0x1000, 0x1000, NEXT, 1);
	desc(TABLE, 1, DATA + 0x2000, 0x10, WRITE, 0);
	desc(DESC, 5, TABLE, 48, INDIRECT, 0);
	offer(5);
	assert_int_equal(virtqueue_pop(&q, &el), 1);
	assert_int_equal(el.nout, 1);
	assert_int_equal(el.out_len, 0x2000);
	assert_int_equal(el.nin, 1);
	virtqueue_unpop(&q, &el);
	assert_int_equal(virtqueue_pop(&q, &el), 1);
	assert_int_equal(el.id, 5);
	virtqueue_push(&q, &el, 0);

	begin(true, false);
	packed_desc(TABLE, 0, DATA, 0x10, 0, 0);
	packed_desc(TABLE, 1, DATA + 0x1000, 0x20, WRITE, 0);
	packed_desc(DESC, 0, TABLE, 32, INDIRECT | 0x80, 77);
	assert_int_equal(virtqueue_pop(&q, &el), 1);
	assert_int_equal(el.id, 77);
	assert_int_equal(el.out_len, 0x10);
	assert_int_equal(el.in_len, 0x20);
	virtqueue_push(&q, &el, 3);
	assert_int_equal(get(DESC + 12, 2), 77);
	assert_int_equal(get(DESC + 8, 4), 3);
	assert_int_equal(get(DESC + 14, 2), 0x8080 | WRITE);
	assert_int_equal(breaks, 0);
}

/* Chains of one to three descriptors around the ring, two under way, finished in any order. */
static void test_packed(void **s)
{
	struct virtqueue_element other = {0};
	u32 at = 0, used = 0;
	bool wrap = true, used_wrap = true;

	begin(true, false);
	for (u32 round = 0; round < 10000; round++) {
		u32 counts[2] = {1 + round % 3, 1 + round / 3 % 3};

		for (u32 e = 0; e < 2; e++) {
			u32 first = at;
			u16 first_flags = 0;

			for (u32 i = 0; i < counts[e]; i++) {
				u16 flags = (u16)((wrap ? 0x80 : 0x8000) |
						  (i + 1 < counts[e] ? NEXT : 0) | WRITE);

				if (!i)
					first_flags = flags;
				packed_desc(DESC, at, DATA + 0x1000 * i, 64, i ? flags : 0,
					    (u16)(round * 2 + e));
				if (++at == SIZE) {
					at = 0;
					wrap = !wrap;
				}
			}
			put(DESC + 16 * first + 14, first_flags, 2);
		}
		assert_int_equal(virtqueue_pop(&q, &el), 1);
		assert_int_equal(el.id, (u16)(round * 2));
		assert_int_equal(el.in_len, 64 * counts[0]);
		assert_int_equal(virtqueue_pop(&q, &other), 1);
		assert_int_equal(other.id, (u16)(round * 2 + 1));
		assert_int_equal(virtqueue_pop(&q, &(struct virtqueue_element){0}), 0);
		for (u32 e = 0; e < 2; e++) {
			bool second = (round & 1) ^ e;

			virtqueue_push(&q, second ? &other : &el, 5 + e);
			assert_int_equal(get(DESC + 16 * used + 12, 2), (u16)(round * 2 + second));
			assert_int_equal(get(DESC + 16 * used + 14, 2),
					 (used_wrap ? 0x8080 : 0) | WRITE);
			used += counts[second];
			if (used >= SIZE) {
				used -= SIZE;
				used_wrap = !used_wrap;
			}
		}
	}
	virtqueue_element_free(&other);
	assert_int_equal(breaks, 0);
}

static void one(u16 head)
{
	offer(head);
	assert_int_equal(virtqueue_pop(&q, &el), 1);
	virtqueue_push(&q, &el, 0);
}

static void test_suppression(void **s)
{
	begin(false, false);
	avail_index = 0;
	desc(DESC, 0, DATA, 8, 0, 0);
	one(0);
	assert_true(virtqueue_should_interrupt(&q));
	put(DRIVER, 1, 2);
	one(0);
	assert_false(virtqueue_should_interrupt(&q));
	virtqueue_want_notify(&q, false);
	assert_int_equal(get(DEVICE, 2), 1);
	virtqueue_want_notify(&q, true);
	assert_int_equal(get(DEVICE, 2), 0);

	begin(false, true);
	avail_index = 0;
	desc(DESC, 0, DATA, 8, 0, 0);
	put(DRIVER + 4 + 2 * SIZE, 2, 2); /* tell me when 3 are done */
	one(0);
	assert_true(virtqueue_should_interrupt(&q)); /* the first time always */
	one(0);
	assert_false(virtqueue_should_interrupt(&q));
	one(0);
	assert_true(virtqueue_should_interrupt(&q));
	one(0);
	assert_false(virtqueue_should_interrupt(&q));
	virtqueue_want_notify(&q, true);
	assert_int_equal(get(DEVICE + 4 + 8 * SIZE, 2), 4);

	begin(true, true);
	packed_desc(DESC, 0, DATA, 8, 0x80, 0);
	packed_desc(DESC, 1, DATA, 8, 0x80, 0);
	put(DRIVER, 1 | 0x8000, 2);
	put(DRIVER + 2, 2, 2);
	assert_int_equal(virtqueue_pop(&q, &el), 1);
	virtqueue_push(&q, &el, 0);
	assert_true(virtqueue_should_interrupt(&q));
	assert_int_equal(virtqueue_pop(&q, &el), 1);
	virtqueue_push(&q, &el, 0);
	assert_true(virtqueue_should_interrupt(&q));
	put(DRIVER + 2, 1, 2);
	assert_false(virtqueue_should_interrupt(&q));
	put(DRIVER + 2, 0, 2);
	assert_true(virtqueue_should_interrupt(&q));
	virtqueue_want_notify(&q, true);
	assert_int_equal(get(DEVICE, 2), 2 | 0x8000);
	assert_int_equal(get(DEVICE + 2, 2), 2);
	virtqueue_want_notify(&q, false);
	assert_int_equal(get(DEVICE + 2, 2), 1);
}

static void breaks_now(const char *what)
{
	if (virtqueue_pop(&q, &el) >= 0 || breaks != 1)
		fail_msg("%s did not break the queue", what);
	assert_false(virtqueue_ready(&q));
	assert_int_equal(virtqueue_pop(&q, &el), 0);
	virtqueue_push(&q, &el, 100);
	assert_false(virtqueue_should_interrupt(&q));
}

static void fresh(bool packed)
{
	begin(packed, true);
	avail_index = 0;
}

static void test_hostile_split(void **s)
{
	fresh(false);
	desc(DESC, 0, RAM - 8, 16, 0, 0);
	offer(0);
	breaks_now("an address beyond memory");
	fresh(false);
	desc(DESC, 0, ~0ull - 8, 0xffffffff, WRITE, 0);
	offer(0);
	breaks_now("an address that wraps");
	fresh(false);
	desc(DESC, 0, DATA, 16, NEXT, 0);
	offer(0);
	breaks_now("a loop");
	fresh(false);
	desc(DESC, 0, DATA, 16, NEXT, SIZE);
	offer(0);
	breaks_now("a successor outside");
	fresh(false);
	offer(SIZE);
	breaks_now("a head outside");
	fresh(false);
	put(DRIVER + 2, SIZE + 1, 2);
	breaks_now("an index too far ahead");
	fresh(false);
	desc(DESC, 0, DATA, 16, WRITE | NEXT, 1);
	desc(DESC, 1, DATA, 16, 0, 0);
	offer(0);
	breaks_now("readable after writable");
	fresh(false);
	desc(DESC, 0, TABLE, 0, INDIRECT, 0);
	offer(0);
	breaks_now("an empty table");
	fresh(false);
	desc(DESC, 0, TABLE, 17, INDIRECT, 0);
	offer(0);
	breaks_now("a table of odd size");
	fresh(false);
	desc(DESC, 0, TABLE, 0xfffffff0, INDIRECT, 0);
	offer(0);
	breaks_now("a huge table");
	fresh(false);
	desc(DESC, 0, TABLE, 16, INDIRECT, 0);
	desc(TABLE, 0, TABLE, 16, INDIRECT, 0);
	offer(0);
	breaks_now("a table in a table");
	fresh(false);
	desc(DESC, 0, TABLE, 32, INDIRECT, 0);
	desc(TABLE, 0, DATA, 16, NEXT, 1);
	desc(TABLE, 1, DATA, 16, NEXT, 0);
	offer(0);
	breaks_now("a loop in a table");
	fresh(false);
	desc(DESC, 0, TABLE, 16, INDIRECT, 0);
	q.indirect = false;
	offer(0);
	breaks_now("a table nobody agreed on");
	fresh(false);
	state.desc = RAM;
	offer(0);
	breaks_now("descriptors beyond memory");
}

static void test_hostile_packed(void **s)
{
	fresh(true);
	for (u32 i = 0; i < SIZE; i++)
		packed_desc(DESC, i, DATA, 4, NEXT | 0x80, 0);
	breaks_now("a chain without end");
	fresh(true);
	packed_desc(DESC, 0, RAM, 4, 0x80, 0);
	breaks_now("an address beyond memory");
	fresh(true);
	packed_desc(DESC, 0, TABLE, 8, INDIRECT | 0x80, 0);
	breaks_now("a table of odd size");
	fresh(true);
	packed_desc(DESC, 0, DATA, 8, NEXT | 0x80, 0);
	packed_desc(DESC, 1, TABLE, 16, INDIRECT | 0x80, 0);
	breaks_now("a table in a chain");
	fresh(true);
	state.desc = RAM;
	assert_false(virtqueue_ready(&q));
	assert_int_equal(breaks, 1);
	/* an event area that cannot be written */
	fresh(true);
	state.device = RAM;
	virtqueue_want_notify(&q, true);
	assert_int_equal(breaks, 1);
	/* rings that cannot be written */
	fresh(false);
	desc(DESC, 0, DATA, 8, WRITE, 0);
	state.device = RAM;
	q.event_idx = false;
	offer(0);
	assert_int_equal(virtqueue_pop(&q, &el), 1);
	virtqueue_push(&q, &el, 8);
	assert_int_equal(breaks, 1);
}

/* What one descriptor covers may be all of memory: it stays one piece. */
static void test_large(void **s)
{
	fresh(false);
	desc(DESC, 0, 0, RAM, WRITE, 0);
	offer(0);
	assert_int_equal(virtqueue_pop(&q, &el), 1);
	assert_int_equal(el.nin, 1);
	assert_int_equal(el.in_len, RAM);
	/* More elements than places: the same head again and again. */
	fresh(false);
	desc(DESC, 0, DATA, 8, 0, 0);
	for (u32 i = 0; i < SIZE; i++) {
		offer(0);
		assert_int_equal(virtqueue_pop(&q, &el), 1);
	}
	offer(0);
	breaks_now("more elements than places");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),	       cmocka_unit_test(test_split),
		cmocka_unit_test(test_indirect),       cmocka_unit_test(test_packed),
		cmocka_unit_test(test_suppression),    cmocka_unit_test(test_hostile_split),
		cmocka_unit_test(test_hostile_packed), cmocka_unit_test(test_large),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

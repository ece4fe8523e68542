// SPDX-License-Identifier: GPL-2.0-or-later
/* An NVMe controller, driven as a driver does it. Expected values are those of the NVM Express
 * specification 1.4. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "../buffer.h"
#include "nvme.h"
#include "vm/savestate.h"

enum {
	DISK_BYTES = 4 << 20,
	DNR = 1 << 14,
	FLUSH = 0,
	WRITE = 1,
	READ = 2,
	ZEROES = 8,
	DATASET = 9
};

struct rig {
	struct ndriver d;
	char path[64];
	struct block *disk;
	u8 image[DISK_BYTES];
};

static struct rig rig;

static struct ndriver board(struct rig *g)
{
	struct machine_config c = {.cpus = 1};
	struct ndriver d = {0};
	struct error e = {""};

	assert_int_equal(board_create(&c, &d.vm, &e), 0);
	d.n = n_add(d.vm, g->disk, &e);
	if (!d.n)
		fail_msg("%s", e.text);
	assert_int_equal(vm_reset(d.vm, &e), 0);
	dma_view_init_real(&d.n->pci.dma, d.vm);
	return d;
}

static int setup(void **state)
{
	struct block_options o = {.discard = true};
	struct error e = {""};

	for (u32 i = 0; i < DISK_BYTES; i++)
		rig.image[i] = (u8)(i / 512 + i);
	board_file(rig.path, rig.image, sizeof(rig.image));
	o.filename = rig.path;
	assert_int_equal(block_open(&o, &rig.disk, &e), 0);
	rig.d = board(&rig);
	*state = &rig;
	return 0;
}

static int teardown(void **state)
{
	machine_pseries.destroy(rig.d.vm);
	block_close(rig.disk);
	unlink(rig.path);
	return 0;
}

static void start(struct ndriver *d)
{
	n_enable(d);
	assert_int_equal(n_load(d, 0x1c), 1);
	assert_int_equal(n_make(d, 1, N_ENTRIES), 0);
}

/* bytes of the disk, as they are in its file */
static void file_read(u8 *to, u64 at, u32 len)
{
	assert_int_equal(block_rw_sync(rig.disk, BLOCK_READ, at, to, len), 0);
}

static void test_registers(void **state)
{
	struct ndriver *d = &rig.d;

	/* CAP: 2048 entries, contiguous, 7.5 s, NVM commands, pages up to 64K; 1.4 */
	assert_int_equal(n_load(d, 0), 0x0f0107ff);
	assert_int_equal(n_load(d, 4), 0x00400020);
	assert_int_equal(n_load(d, 8), 0x00010400);
	/* a doorbell of nothing; a queue that is not aligned */
	n_store(d, 0x1000, 1);
	n_store(d, 0x24, 15 << 16 | 15);
	n_store64(d, 0x28, N_SUBMISSION + 64);
	n_store(d, 0x14, 4 << 20 | 6 << 16 | 1);
	assert_int_equal(n_load(d, 0x1c), 2);
	n_store(d, 0x14, 0);
	assert_int_equal(n_load(d, 0x1c), 0);
	start(d);
	/* shutting down flushes */
	n_store(d, 0x14, 4 << 20 | 6 << 16 | 1 << 14 | 1);
	assert_int_equal(n_load(d, 0x1c), 1 | 1 << 2);
	n_work(d);
	assert_int_equal(n_load(d, 0x1c), 1 | 2 << 2);
}

static void test_identify(void **state)
{
	struct ndriver *d = &rig.d;
	u8 b[4096];

	start(d);
	assert_int_equal(
		n_command(d, 0, (struct ncommand){.opcode = 6, .prp1 = N_DATA, .dw10 = 1}, NULL),
		0);
	vm_mem_read(d->vm, N_DATA, b, sizeof(b));
	assert_int_equal(ld_le16(b), 0x1b36);
	assert_memory_equal(b + 4, "test-disk           ", 20);
	assert_int_equal(b[77], 7);
	assert_int_equal(ld_le32(b + 516), 1);
	/* across a page */
	assert_int_equal(n_command(d, 0,
				   (struct ncommand){.opcode = 6,
						     .nsid = 1,
						     .prp1 = N_DATA + 0xe00,
						     .prp2 = N_DATA + 0x4000},
				   NULL),
			 0);
	vm_mem_read(d->vm, N_DATA + 0xe00, b, 512);
	assert_true(ld_le64(b) == DISK_BYTES / 512);
	assert_int_equal(b[130], 9);
	assert_int_equal(
		n_command(d, 0, (struct ncommand){.opcode = 6, .nsid = 2, .prp1 = N_DATA}, NULL),
		0x0b);
	assert_int_equal(
		n_command(d, 0, (struct ncommand){.opcode = 6, .dw10 = 0x77, .prp1 = N_DATA}, NULL),
		2);
	assert_int_equal(n_command(d, 0, (struct ncommand){.opcode = 0x77}, NULL), 1);
}

/* A transfer of len bytes at lba; its pages are every other one from N_DATA on, named by a list
 * that begins `skip` bytes before the end of its page. */
static u32 transfer(struct ndriver *d, u8 opcode, u64 lba, u32 len, u32 offset, u32 skip)
{
	u32 pages = (offset + len + 4095) / 4096;
	u64 list = N_LIST + 4096 - skip, next = N_LIST + 0x1000;
	struct ncommand c = {.opcode = opcode,
			     .nsid = 1,
			     .prp1 = N_DATA + offset,
			     .dw10 = (u32)lba,
			     .dw12 = len / 512 - 1};

	c.prp2 = pages == 2 ? N_DATA + 0x2000 : list;
	for (u32 i = 1; i < pages && pages > 2; i++) {
		u8 raw[8];

		if (list % 4096 == 4088 && i + 1 < pages) {
			st_le64(raw, next);
			vm_mem_write(d->vm, list, raw, 8);
			list = next;
		}
		st_le64(raw, N_DATA + 0x2000ull * i);
		vm_mem_write(d->vm, list, raw, 8);
		list += 8;
	}
	return n_command(d, 1, c, NULL);
}

static void data(struct ndriver *d, u8 *p, u32 len, u32 offset, bool write)
{
	for (u32 i = 0; len; i++) {
		u32 n = 4096 - offset < len ? 4096 - offset : len;
		u64 at = N_DATA + 0x2000ull * i + offset;

		if (write)
			vm_mem_write(d->vm, at, p, n);
		else
			vm_mem_read(d->vm, at, p, n);
		p += n;
		len -= n;
		offset = 0;
	}
}

static void test_transfers(void **state)
{
	static const struct {
		u32 len, offset, skip;
	} cases[] = {
		{512, 0, 0},	    {4096, 0, 0},	 {4096, 1024, 0},	{8192, 0, 64},
		{12288, 512, 4096}, {65536, 0, 16},	 {65536, 2048, 8 * 17}, {65536, 0, 8 * 15},
		{524288, 0, 4096},  {524288, 512, 1024},
	};
	struct ndriver *d = &rig.d;
	static u8 want[1 << 19], got[1 << 19];

	start(d);
	for (u32 k = 0; k < ARRAY_SIZE(cases); k++) {
		u32 len = cases[k].len, lba = 100 + 7 * k;

		assert_int_equal(transfer(d, READ, lba, len, cases[k].offset, cases[k].skip), 0);
		data(d, got, len, cases[k].offset, false);
		assert_memory_equal(got, rig.image + 512 * lba, len);
		for (u32 i = 0; i < len; i++)
			want[i] = (u8)(i * 7 + i / 251 + k);
		data(d, want, len, cases[k].offset, true);
		assert_int_equal(
			transfer(d, WRITE, 3000 + lba, len, cases[k].offset, cases[k].skip), 0);
		file_read(got, 512 * (3000ull + lba), len);
		assert_memory_equal(got, want, len);
	}
}

static void test_errors(void **state)
{
	struct ndriver *d = &rig.d;
	u32 last = DISK_BYTES / 512 - 1;

	start(d);
	assert_int_equal(transfer(d, READ, last, 512, 0, 8), 0);
	assert_int_equal(transfer(d, READ, last, 1024, 0, 8), DNR | 0x80);
	assert_int_equal(transfer(d, READ, last + 1ull, 512, 0, 8), DNR | 0x80);
	/* longer than MDTS */
	assert_int_equal(transfer(d, READ, 0, 528384, 0, 4096), DNR | 2);
	assert_int_equal(
		n_command(d, 1, (struct ncommand){.opcode = READ, .nsid = 2, .prp1 = N_DATA}, NULL),
		DNR | 0x0b);
	assert_int_equal(
		n_command(d, 1, (struct ncommand){.opcode = READ, .flags = 0x40, .nsid = 1}, NULL),
		DNR | 2);
	assert_int_equal(n_command(d, 1, (struct ncommand){.opcode = 0x55, .nsid = 1}, NULL),
			 DNR | 1);
	/* entries that are not aligned; memory that is not there */
	assert_int_equal(n_command(d, 1,
				   (struct ncommand){.opcode = READ, .nsid = 1, .prp1 = N_DATA + 2},
				   NULL),
			 DNR | 0x13);
	assert_int_equal(n_command(d, 1,
				   (struct ncommand){.opcode = READ,
						     .nsid = 1,
						     .prp1 = N_DATA,
						     .prp2 = N_DATA + 8,
						     .dw12 = 15},
				   NULL),
			 DNR | 0x13);
	assert_int_equal(n_command(d, 1,
				   (struct ncommand){.opcode = READ, .nsid = 1, .prp1 = 1ull << 50},
				   NULL),
			 4);
	/* queues */
	assert_int_equal(n_make(d, 1, N_ENTRIES) & ~0x4000u, 0x101);
	d->head[1] = d->tail[1] = 0;
	assert_int_equal(
		n_command(d, 0,
			  (struct ncommand){
				  .opcode = 5, .prp1 = N_DATA, .dw10 = 15 << 16 | 4, .dw11 = 1},
			  NULL),
		0x101);
	assert_int_equal(
		n_command(d, 0,
			  (struct ncommand){.opcode = 5, .prp1 = N_DATA, .dw10 = 2, .dw11 = 1},
			  NULL),
		0x102);
	assert_int_equal(n_command(d, 0,
				   (struct ncommand){.opcode = 5,
						     .prp1 = N_DATA,
						     .dw10 = 15 << 16 | 2,
						     .dw11 = 99 << 16 | 3},
				   NULL),
			 0x108);
	assert_int_equal(n_command(d, 0,
				   (struct ncommand){.opcode = 1,
						     .prp1 = N_DATA,
						     .dw10 = 15 << 16 | 2,
						     .dw11 = 3 << 16 | 1},
				   NULL),
			 0x100);
	assert_int_equal(n_command(d, 0, (struct ncommand){.opcode = 4, .dw10 = 1}, NULL), 0x10c);
	assert_int_equal(n_command(d, 0, (struct ncommand){.opcode = 0, .dw10 = 1}, NULL), 0);
	assert_int_equal(n_command(d, 0, (struct ncommand){.opcode = 4, .dw10 = 1}, NULL), 0);
	assert_int_equal(n_command(d, 0, (struct ncommand){.opcode = 0, .dw10 = 1}, NULL), 0x101);
}

/* No command is taken before its completion has a place. */
static void test_full(void **state)
{
	struct ndriver *d = &rig.d;
	u32 w[4], seen = 0;

	n_enable(d);
	assert_int_equal(n_make(d, 2, 3), 0);
	/* completions of two places to submissions of 16: the completion queue of queue 2 for both
	 */
	n_queue(d, 1, N_ENTRIES);
	assert_int_equal(n_command(d, 0,
				   (struct ncommand){.opcode = 1,
						     .prp1 = N_SUBMISSION + (1 << 16),
						     .dw10 = (N_ENTRIES - 1) << 16 | 1,
						     .dw11 = 2 << 16 | 1},
				   NULL),
			 0);
	for (u32 i = 0; i < 9; i++)
		n_put(d, 1, (struct ncommand){.opcode = FLUSH, .nsid = 1});
	n_ring(d, 1);
	while (seen < 9) {
		u32 now = 0;

		for (; n_completion(d, 2, w); now++)
			assert_int_equal(w[3] >> 17, 0);
		assert_int_equal(now, seen < 8 ? 2 : 1);
		seen += now;
		n_taken(d, 2);
	}
	assert_false(n_completion(d, 2, w));
}

static void test_ranges(void **state)
{
	struct ndriver *d = &rig.d;
	u8 raw[32] = {0}, got[512 * 40], zero[512 * 20] = {0};

	start(d);
	assert_int_equal(
		n_command(d, 1,
			  (struct ncommand){.opcode = ZEROES, .nsid = 1, .dw10 = 8, .dw12 = 19},
			  NULL),
		0);
	file_read(got, 0, sizeof(got));
	assert_memory_equal(got, rig.image, 512 * 8);
	assert_memory_equal(got + 512 * 8, zero, 512 * 20);
	assert_memory_equal(got + 512 * 28, rig.image + 512 * 28, 512 * 12);
	assert_int_equal(
		n_command(d, 1,
			  (struct ncommand){.opcode = ZEROES, .nsid = 1, .dw10 = 8, .dw11 = 1},
			  NULL),
		DNR | 0x80);
	st_le32(raw + 4, 8);
	st_le64(raw + 8, 1024);
	st_le32(raw + 16 + 4, 16);
	st_le64(raw + 16 + 8, 2048);
	vm_mem_write(d->vm, N_DATA, raw, sizeof(raw));
	assert_int_equal(
		n_command(
			d, 1,
			(struct ncommand){
				.opcode = DATASET, .nsid = 1, .prp1 = N_DATA, .dw10 = 1, .dw11 = 4},
			NULL),
		0);
	file_read(got, 512 * 2040, 512 * 40);
	assert_memory_equal(got, rig.image + 512 * 2040, 512 * 8);
	assert_memory_equal(got + 512 * 8, zero, 512 * 16);
	assert_memory_equal(got + 512 * 24, rig.image + 512 * 2064, 512 * 16);
	st_le64(raw + 16 + 8, ~0ull);
	vm_mem_write(d->vm, N_DATA, raw, sizeof(raw));
	assert_int_equal(
		n_command(
			d, 1,
			(struct ncommand){
				.opcode = DATASET, .nsid = 1, .prp1 = N_DATA, .dw10 = 1, .dw11 = 4},
			NULL),
		DNR | 0x80);
}

static void test_features(void **state)
{
	struct ndriver *d = &rig.d;
	u32 result, w[4];
	u16 id;

	start(d);
	/* queues: as many as there are, from 0 */
	assert_int_equal(n_command(d, 0,
				   (struct ncommand){.opcode = 9, .dw10 = 7, .dw11 = 9 << 16 | 9},
				   &result),
			 0);
	assert_int_equal(result, 2 << 16 | 2);
	assert_int_equal(
		n_command(d, 0, (struct ncommand){.opcode = 9, .dw10 = 6, .dw11 = 0}, NULL), 0);
	assert_int_equal(n_command(d, 0, (struct ncommand){.opcode = 10, .dw10 = 6}, &result), 0);
	assert_int_equal(result, 0);
	assert_int_equal(
		n_command(d, 0, (struct ncommand){.opcode = 10, .dw10 = 1 << 8 | 6}, &result), 0);
	assert_int_equal(result, 1);
	assert_int_equal(n_command(d, 0, (struct ncommand){.opcode = 10, .dw10 = 0x55}, NULL), 2);
	assert_int_equal(
		n_command(d, 0, (struct ncommand){.opcode = 9, .dw10 = 1u << 31 | 6}, NULL), 0x10d);
	/* a request for an event waits until it is aborted */
	id = n_put(d, 0, (struct ncommand){.opcode = 12});
	n_ring(d, 0);
	assert_false(n_completion(d, 0, w));
	n_put(d, 0, (struct ncommand){.opcode = 8, .dw10 = (u32)id << 16});
	n_ring(d, 0);
	assert_true(n_completion(d, 0, w));
	assert_int_equal(w[3] & 0xffff, id);
	assert_int_equal(w[3] >> 17, 7);
	assert_true(n_completion(d, 0, w));
	assert_int_equal(w[0], 0);
}

static void test_unreachable(void **state)
{
	struct ndriver *d = &rig.d;

	start(d);
	n_store(d, 0x14, 0);
	n_store64(d, 0x28, 1ull << 52);
	n_store(d, 0x14, 4 << 20 | 6 << 16 | 1);
	n_store(d, 0x1000, 3);
	n_work(d);
	assert_int_equal(n_load(d, 0x1c), 3);
	/* a reset brings it back */
	start(d);
	assert_int_equal(transfer(d, READ, 5, 512, 0, 8), 0);
}

static void test_state(void **state)
{
	struct ndriver *d = &rig.d, other;
	struct buffer b = {0};
	struct state_writer w = {buf_write, &b, 0};
	struct state_reader r = {buf_read, &b};
	struct error e = {""};
	u32 words[4];
	u8 got[512];

	start(d);
	assert_int_equal(transfer(d, READ, 5, 512, 0, 8), 0);
	/* a command that nobody took yet */
	n_put(d, 1, (struct ncommand){.opcode = READ, .nsid = 1, .prp1 = N_DATA, .dw10 = 77});
	n_store(d, 0x1008, d->tail[1]);
	assert_int_equal(vm_save(d->vm, &w, &e), 0);
	other = board(&rig);
	if (vm_load(other.vm, &r, &e))
		fail_msg("%s", e.text);
	dma_view_init_real(&other.n->pci.dma, other.vm);
	memcpy(other.tail, d->tail, sizeof(d->tail));
	memcpy(other.head, d->head, sizeof(d->head));
	memcpy(other.phase, d->phase, sizeof(d->phase));
	memcpy(other.size, d->size, sizeof(d->size));
	nvme_kick(other.n, 1);
	n_work(&other);
	assert_true(n_completion(&other, 1, words));
	assert_int_equal(words[3] >> 17, 0);
	vm_mem_read(other.vm, N_DATA, got, sizeof(got));
	assert_memory_equal(got, rig.image + 512 * 77, 512);
	machine_pseries.destroy(other.vm);
	free(b.data);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(test_registers), TEST(test_identify),    TEST(test_transfers),
		TEST(test_errors),    TEST(test_full),	      TEST(test_ranges),
		TEST(test_features),  TEST(test_unreachable), TEST(test_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* The virtual SCSI adapter as a guest drives it: its window and queue, logging in, commands of a
 * disk and of a CD-ROM drive, what a hostile guest sends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "../machine/board.h"
#include "device/scsi.h"
#include "device/spapr_vscsi.h"
#include "isa/papr.h"

enum {
	QUEUE = 0x100000,
	IU = 0x110000,
	DATA = 0x200000, /* where data is in the guest, and in the window */
	DISK_BYTES = 1 << 20,
	CD_BYTES = 1 << 18,
	DISK = 0x8000,
	CD = 0x8200,
};

struct rig {
	struct vm *vm;
	struct block *disk, *cd;
	char disk_path[64], cd_path[64];
	u64 unit;
	u32 at; /* of the queue */
};

static s64 hcall(struct rig *g, u64 nr, u64 a, u64 b, u64 c, u64 d)
{
	u64 args[9] = {a, b, c, d};

	return hcall_dispatch(&g->vm->vcpus[0], nr, args);
}

static struct block *image(char *path, u32 size, u8 seed, bool read_only)
{
	struct block_options o = {.read_only = read_only, .discard = true};
	u8 *data = malloc(size);
	struct error e = {""};
	struct block *b;

	for (u32 i = 0; i < size; i++)
		data[i] = (u8)(i / 512 + seed);
	board_file(path, data, size);
	free(data);
	o.filename = path;
	if (block_open(&o, &b, &e))
		fail_msg("%s", e.text);
	return b;
}

static struct device *add(struct rig *g, const struct device_class *cls, u32 bus, struct block *b,
			  u32 target)
{
	struct device *d = device_new(g->vm, cls);
	struct error e = {""};

	device_set_pointer(d, "bus", device_bus_find(g->vm, bus, NULL)->bus);
	if (b) {
		device_set_pointer(d, "drive", b);
		device_set_u64(d, "scsi-id", target);
	}
	if (device_realize(d, &e))
		fail_msg("%s", e.text);
	cls->reset(d);
	return d;
}

/* Unit 3 of target 4, alone there. */
static void add_far_unit(struct rig *g)
{
	struct device *d = device_new(g->vm, &scsi_hd_class);
	struct error e = {""};

	device_set_pointer(d, "bus", device_bus_find(g->vm, BUS_SCSI, NULL)->bus);
	device_set_pointer(d, "drive", g->disk);
	device_set_u64(d, "scsi-id", 4);
	device_set_u64(d, "lun", 3);
	if (device_realize(d, &e))
		fail_msg("%s", e.text);
}

static void setup(struct rig *g)
{
	struct machine_config c = {.cpus = 1};
	struct error e = {""};

	*g = (struct rig){0};
	if (board_create(&c, &g->vm, &e))
		fail_msg("%s", e.text);
	g->disk = image(g->disk_path, DISK_BYTES, 1, false);
	g->cd = image(g->cd_path, CD_BYTES, 7, true);
	add(g, &spapr_vscsi_class, BUS_VIO, NULL, 0);
	add(g, &scsi_hd_class, BUS_SCSI, g->disk, 0);
	add(g, &scsi_cd_class, BUS_SCSI, g->cd, 2);
	g->unit = 0x71000002;
	/* the window shows the first megabytes as they are */
	for (u64 a = 0; a < 8 << 20; a += 4096)
		assert_int_equal(hcall(g, H_PUT_TCE, g->unit, a, a | 3, 0), H_SUCCESS);
	assert_int_equal(hcall(g, H_REG_CRQ, g->unit, QUEUE, 4096, 0), H_SUCCESS);
}

static void teardown(struct rig *g)
{
	machine_pseries.destroy(g->vm);
	block_close(g->disk);
	block_close(g->cd);
	unlink(g->disk_path);
	unlink(g->cd_path);
}

/* The next entry of the queue, as a guest takes it. */
static void take(struct rig *g, u8 entry[16])
{
	u64 at = QUEUE + g->at, word = 0;

	for (u32 i = 0; i < 50000 && !word; i++) {
		vm_mem_ld64(g->vm, at, &word);
		if (!word)
			usleep(100);
	}
	assert_true(word);
	vm_mem_read(g->vm, at, entry, 16);
	vm_mem_fill(g->vm, at, 0, 16);
	g->at = (g->at + 16) % 4096;
}

static void send(struct rig *g, u32 len)
{
	u64 high = 0x8001000000000000ull | len;

	assert_int_equal(hcall(g, H_SEND_CRQ, g->unit, high, IU, 0), H_SUCCESS);
}

/* A command with `in` or `out` bytes at DATA; the status. Sense key and code go to *sense. */
static u8 command(struct rig *g, u32 lun, const u8 *cdb, u32 cdb_len, u32 in, u32 out, u32 *sense)
{
	u8 iu[64] = {0x02}, entry[16], rsp[64];

	iu[5] = (u8)(out ? 0x10 : in ? 1 : 0);
	st_be64(iu + 8, 0x1122334455667788);
	st_be16(iu + 20, (u16)lun);
	memcpy(iu + 32, cdb, cdb_len);
	st_be64(iu + 48, DATA);
	st_be32(iu + 60, in + out);
	vm_mem_write(g->vm, IU, iu, sizeof(iu));
	send(g, sizeof(iu));
	take(g, entry);
	assert_int_equal(entry[0], 0x80);
	assert_int_equal(entry[1], 1);
	assert_int_equal(ld_be64(entry + 8), 0x1122334455667788);
	vm_mem_read(g->vm, IU, rsp, sizeof(rsp));
	assert_int_equal(rsp[0], 0xc1);
	assert_int_equal(ld_be64(rsp + 8), 0x1122334455667788);
	if (sense)
		*sense = ld_be32(rsp + 28) ? (u32)rsp[38] << 16 | (u32)rsp[48] << 8 | rsp[49] : 0;
	return rsp[19];
}

static u8 *data(struct rig *g)
{
	return vm_mem_ptr(g->vm, DATA, 1 << 20);
}

#define CDB(...) ((const u8[]){__VA_ARGS__}), sizeof((const u8[]){__VA_ARGS__})

/* The first command but INQUIRY learns that the unit was reset. */
static void wake(struct rig *g, u32 lun)
{
	u32 sense = 0;

	assert_int_equal(command(g, lun, CDB(0, 0, 0, 0, 0, 0), 0, 0, &sense), 2);
	assert_int_equal(sense, 0x062900);
	assert_int_equal(command(g, lun, CDB(0, 0, 0, 0, 0, 0), 0, 0, &sense), 0);
}

static void test_connection(void **state)
{
	u8 entry[16], iu[64] = {0};
	struct rig g;

	setup(&g);
	assert_int_equal(hcall(&g, H_REG_CRQ, g.unit, QUEUE, 4096, 0), H_RESOURCE);
	assert_int_equal(hcall(&g, H_SEND_CRQ, g.unit, 0xc001000000000000ull, 0, 0), H_SUCCESS);
	take(&g, entry);
	assert_int_equal(ld_be16(entry), 0xc002);
	/* log in */
	st_be64(iu + 8, 42);
	vm_mem_write(g.vm, IU, iu, sizeof(iu));
	send(&g, sizeof(iu));
	take(&g, entry);
	assert_int_equal(entry[3], 0x99);
	vm_mem_read(g.vm, IU, iu, sizeof(iu));
	assert_int_equal(iu[0], 0xc0);
	assert_in_range(ld_be32(iu + 4), 1, 1000);
	/* adapter information */
	memset(iu, 0, sizeof(iu));
	st_be32(iu, 3);
	st_be16(iu + 6, 148);
	st_be64(iu + 16, DATA);
	vm_mem_write(g.vm, IU, iu, sizeof(iu));
	assert_int_equal(hcall(&g, H_SEND_CRQ, g.unit, 0x8002000000000018ull, IU, 0), H_SUCCESS);
	take(&g, entry);
	assert_int_equal(entry[1], 2);
	assert_memory_equal(data(&g), "16.a", 4);
	assert_int_equal(hcall(&g, H_FREE_CRQ, g.unit, 0, 0, 0), H_SUCCESS);
	assert_int_equal(hcall(&g, H_SEND_CRQ, g.unit, 0xc001000000000000ull, 0, 0), H_CLOSED);
	teardown(&g);
}

static void test_disk(void **state)
{
	struct rig g;
	u32 sense;

	setup(&g);
	assert_int_equal(command(&g, DISK, CDB(0x12, 0, 0, 0, 36, 0), 36, 0, &sense), 0);
	assert_int_equal(data(&g)[0], 0);
	assert_memory_equal(data(&g) + 16, "HARDDISK", 8);
	wake(&g, DISK);
	assert_int_equal(command(&g, DISK, CDB(0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0), 8, 0, &sense), 0);
	assert_int_equal(ld_be32(data(&g)), DISK_BYTES / 512 - 1);
	assert_int_equal(ld_be32(data(&g) + 4), 512);
	/* READ(10) of three blocks from 5, READ(6), READ(16) */
	assert_int_equal(command(&g, DISK, CDB(0x28, 0, 0, 0, 0, 5, 0, 0, 3, 0), 1536, 0, &sense),
			 0);
	assert_int_equal(data(&g)[0], 6);
	assert_int_equal(data(&g)[1535], 8);
	assert_int_equal(command(&g, DISK, CDB(0x08, 0, 0, 9, 1, 0), 512, 0, &sense), 0);
	assert_int_equal(data(&g)[0], 10);
	assert_int_equal(command(&g, DISK, CDB(0x88, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 1, 0, 0),
				 512, 0, &sense),
			 0);
	assert_int_equal(data(&g)[0], 8);
	/* WRITE(10) and what it wrote */
	memset(data(&g), 0xee, 1024);
	assert_int_equal(command(&g, DISK, CDB(0x2a, 8, 0, 0, 0, 5, 0, 0, 2, 0), 0, 1024, &sense),
			 0);
	memset(data(&g), 0, 1536);
	assert_int_equal(command(&g, DISK, CDB(0x28, 0, 0, 0, 0, 5, 0, 0, 3, 0), 1536, 0, &sense),
			 0);
	assert_int_equal(data(&g)[1023], 0xee);
	assert_int_equal(data(&g)[1024], 8);
	assert_int_equal(command(&g, DISK, CDB(0x35, 0, 0, 0, 0, 0, 0, 0, 0, 0), 0, 0, &sense), 0);
	/* WRITE SAME of a pattern, and of nothing */
	memset(data(&g), 0x5b, 512);
	assert_int_equal(command(&g, DISK, CDB(0x41, 0, 0, 0, 0, 20, 0, 0, 200, 0), 0, 512, &sense),
			 0);
	assert_int_equal(command(&g, DISK, CDB(0x93, 1, 0, 0, 0, 0, 0, 0, 0, 30, 0, 0, 0, 4, 0, 0),
				 0, 0, &sense),
			 0);
	assert_int_equal(command(&g, DISK, CDB(0x28, 0, 0, 0, 0, 29, 0, 0, 6, 0), 3072, 0, &sense),
			 0);
	assert_int_equal(data(&g)[511], 0x5b);
	assert_int_equal(data(&g)[512], 0);
	assert_int_equal(data(&g)[512 * 5], 0x5b);
	/* beyond the end */
	assert_int_equal(
		command(&g, DISK, CDB(0x28, 0, 0, 0, 7, 0xff, 0, 0, 2, 0), 1024, 0, &sense), 2);
	assert_int_equal(sense, 0x052100);
	assert_int_equal(command(&g, DISK, CDB(0xff, 0, 0, 0, 0, 0), 0, 0, &sense), 2);
	assert_int_equal(sense, 0x052000);
	/* the write cache can be switched */
	assert_int_equal(command(&g, DISK, CDB(0x1a, 8, 8, 0, 255, 0), 255, 0, &sense), 0);
	assert_int_equal(data(&g)[4], 8);
	teardown(&g);
}

/* What the guest hands over to be read is not written, nor the other way round. */
static void test_direction(void **state)
{
	struct rig g;
	u32 sense;

	setup(&g);
	wake(&g, DISK);
	memset(data(&g), 0xee, 1024);
	assert_int_equal(command(&g, DISK, CDB(0x28, 0, 0, 0, 0, 5, 0, 0, 2, 0), 0, 1024, &sense),
			 2);
	assert_int_equal(sense, 0x0b4b00);
	assert_int_equal(command(&g, DISK, CDB(0x12, 0, 0, 0, 36, 0), 0, 36, &sense), 2);
	assert_int_equal(sense, 0x0b4b00);
	for (u32 i = 0; i < 1024; i++)
		assert_int_equal(data(&g)[i], 0xee);
	assert_int_equal(command(&g, DISK, CDB(0x2a, 0, 0, 0, 0, 5, 0, 0, 2, 0), 1024, 0, &sense),
			 2);
	assert_int_equal(sense, 0x0b4b00);
	assert_int_equal(command(&g, DISK, CDB(0x41, 0, 0, 0, 0, 5, 0, 0, 2, 0), 512, 0, &sense),
			 2);
	assert_int_equal(sense, 0x0b4b00);
	assert_int_equal(command(&g, DISK, CDB(0x28, 0, 0, 0, 0, 5, 0, 0, 2, 0), 1024, 0, &sense),
			 0);
	assert_int_equal(data(&g)[0], 6);
	assert_int_equal(data(&g)[1023], 7);
	teardown(&g);
}

static void test_pages(void **state)
{
	static const u8 pages[] = {0x00, 0x80, 0x83, 0xb0, 0xb1, 0xb2};
	struct rig g;
	u32 sense;

	setup(&g);
	for (u32 i = 0; i < sizeof(pages); i++) {
		assert_int_equal(
			command(&g, DISK, CDB(0x12, 1, pages[i], 0, 255, 0), 255, 0, &sense), 0);
		assert_int_equal(data(&g)[1], pages[i]);
	}
	assert_int_equal(command(&g, DISK, CDB(0x12, 1, 0x77, 0, 255, 0), 255, 0, &sense), 2);
	assert_int_equal(sense, 0x052400);
	/* who is there */
	assert_int_equal(
		command(&g, DISK, CDB(0xa0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0), 256, 0, &sense), 0);
	assert_int_equal(ld_be32(data(&g)), 8);
	assert_int_equal(command(&g, 0x8100, CDB(0x12, 0, 0, 0, 36, 0), 36, 0, &sense), 0);
	assert_int_equal(data(&g)[0], 0x7f);
	assert_int_equal(command(&g, 0x8100, CDB(0, 0, 0, 0, 0, 0), 0, 0, &sense), 2);
	assert_int_equal(sense, 0x052500);
	add_far_unit(&g);
	/* a target without unit 0 says that it is there, and which units it has */
	assert_int_equal(command(&g, 0x8400, CDB(0x12, 0, 0, 0, 36, 0), 36, 0, &sense), 0);
	assert_int_equal(data(&g)[0], 0x3f);
	assert_int_equal(command(&g, 0x8401, CDB(0x12, 0, 0, 0, 36, 0), 36, 0, &sense), 0);
	assert_int_equal(data(&g)[0], 0x7f);
	assert_int_equal(command(&g, 0x8400, CDB(0, 0, 0, 0, 0, 0), 0, 0, &sense), 2);
	assert_int_equal(sense, 0x052500);
	assert_int_equal(
		command(&g, 0x8400, CDB(0xa0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0), 256, 0, &sense), 0);
	assert_int_equal(ld_be32(data(&g)), 8);
	assert_int_equal(data(&g)[9], 3);
	teardown(&g);
}

/* What properties say of a disk: names, sizes of blocks, that it turns, has no cache. */
static void test_properties(void **state)
{
	static const struct device_setting settings[] = {{"device_id", "drive-scsi0-0-0-5"},
							 {"wwn", "0x5000c50015ea71ac"},
							 {"rotation_rate", "7200"},
							 {"logical_block_size", "4096"},
							 {"write-cache", "off"},
							 {"scsi-id", "5"}};
	static const u8 wwn[] = {1, 3, 0, 8, 0x50, 0, 0xc5, 0, 0x15, 0xea, 0x71, 0xac};
	struct error e = {""};
	struct device *d;
	struct rig g;
	u32 sense;

	setup(&g);
	d = device_new(g.vm, &scsi_hd_class);
	device_set_pointer(d, "bus", device_bus_find(g.vm, BUS_SCSI, NULL)->bus);
	device_set_pointer(d, "drive", g.disk);
	for (u32 i = 0; i < ARRAY_SIZE(settings); i++)
		assert_int_equal(device_set(d, settings[i].key, settings[i].value, &e), 0);
	if (device_realize(d, &e))
		fail_msg("%s", e.text);
	assert_int_equal(command(&g, 0x8500, CDB(0x12, 1, 0x83, 0, 255, 0), 255, 0, &sense), 0);
	assert_memory_equal(data(&g) + 16, "drive-scsi0-0-0-5", 17);
	assert_memory_equal(data(&g) + 33, wwn, sizeof(wwn));
	assert_int_equal(ld_be16(data(&g) + 2), 33 - 4 + sizeof(wwn));
	assert_int_equal(command(&g, 0x8500, CDB(0x12, 1, 0xb1, 0, 255, 0), 255, 0, &sense), 0);
	assert_int_equal(ld_be16(data(&g) + 4), 7200);
	wake(&g, 0x8500);
	assert_int_equal(command(&g, 0x8500, CDB(0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0), 8, 0, &sense),
			 0);
	assert_int_equal(ld_be32(data(&g)), DISK_BYTES / 4096 - 1);
	assert_int_equal(ld_be32(data(&g) + 4), 4096);
	assert_int_equal(command(&g, 0x8500, CDB(0x28, 0, 0, 0, 0, 5, 0, 0, 1, 0), 4096, 0, &sense),
			 0);
	assert_int_equal(data(&g)[0], 5 * 8 + 1);
	assert_int_equal(data(&g)[4095], 5 * 8 + 8);
	assert_int_equal(command(&g, 0x8500, CDB(0x1a, 8, 8, 0, 255, 0), 255, 0, &sense), 0);
	assert_int_equal(data(&g)[4], 8);
	assert_int_equal(data(&g)[6] & 4, 0);

	d = device_new(g.vm, &scsi_hd_class);
	device_set_pointer(d, "bus", device_bus_find(g.vm, BUS_SCSI, NULL)->bus);
	device_set_pointer(d, "drive", g.disk);
	assert_int_equal(device_set(d, "logical_block_size", "1000", &e), 0);
	assert_true(device_realize(d, &e) < 0);
	assert_non_null(strstr(e.text, "logical_block_size"));
	teardown(&g);
}

static void test_cd(void **state)
{
	struct rig g;
	u32 sense;

	setup(&g);
	wake(&g, CD);
	assert_int_equal(command(&g, CD, CDB(0x12, 0, 0, 0, 36, 0), 36, 0, &sense), 0);
	assert_int_equal(data(&g)[0], 5);
	assert_int_equal(data(&g)[1], 0x80);
	assert_int_equal(command(&g, CD, CDB(0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0), 8, 0, &sense), 0);
	assert_int_equal(ld_be32(data(&g) + 4), 2048);
	assert_int_equal(command(&g, CD, CDB(0x28, 0, 0, 0, 0, 1, 0, 0, 1, 0), 2048, 0, &sense), 0);
	assert_int_equal(data(&g)[0], 7 + 4);
	assert_int_equal(command(&g, CD, CDB(0x2a, 0, 0, 0, 0, 1, 0, 0, 1, 0), 0, 2048, &sense), 2);
	assert_int_equal(sense, 0x072700);
	assert_int_equal(command(&g, CD, CDB(0x43, 0, 0, 0, 0, 0, 0, 0, 20, 0), 20, 0, &sense), 0);
	assert_int_equal(ld_be32(data(&g) + 16), CD_BYTES / 2048);
	assert_int_equal(command(&g, CD, CDB(0x46, 0, 0, 0, 0, 0, 0, 0, 64, 0), 64, 0, &sense), 0);
	assert_int_equal(ld_be16(data(&g) + 6), 8);
	/* out and in again */
	assert_int_equal(command(&g, CD, CDB(0x1e, 0, 0, 0, 1, 0), 0, 0, &sense), 0);
	assert_int_equal(command(&g, CD, CDB(0x1b, 0, 0, 0, 2, 0), 0, 0, &sense), 2);
	assert_int_equal(sense, 0x055302);
	assert_int_equal(command(&g, CD, CDB(0x1e, 0, 0, 0, 0, 0), 0, 0, &sense), 0);
	assert_int_equal(command(&g, CD, CDB(0x1b, 0, 0, 0, 2, 0), 0, 0, &sense), 0);
	assert_int_equal(command(&g, CD, CDB(0x28, 0, 0, 0, 0, 1, 0, 0, 1, 0), 2048, 0, &sense), 2);
	assert_int_equal(sense, 0x023a00);
	assert_int_equal(command(&g, CD, CDB(0x1b, 0, 0, 0, 3, 0), 0, 0, &sense), 0);
	assert_int_equal(command(&g, CD, CDB(0, 0, 0, 0, 0, 0), 0, 0, &sense), 0);
	teardown(&g);
}

static void test_hostile(void **state)
{
	u8 iu[256] = {0}, entry[16];
	struct rig g;

	setup(&g);
	assert_int_equal(hcall(&g, H_REG_CRQ, 0x71000000, QUEUE, 4096, 0), H_PARAMETER);
	assert_int_equal(hcall(&g, H_FREE_CRQ, 0x1234, 0, 0, 0), H_PARAMETER);
	assert_int_equal(hcall(&g, H_FREE_CRQ, g.unit, 0, 0, 0), H_SUCCESS);
	assert_int_equal(hcall(&g, H_REG_CRQ, g.unit, QUEUE + 8, 4096, 0), H_PARAMETER);
	assert_int_equal(hcall(&g, H_REG_CRQ, g.unit, QUEUE, 0, 0), H_PARAMETER);
	assert_int_equal(hcall(&g, H_REG_CRQ, g.unit, QUEUE, ~0ull << 12, 0), H_PARAMETER);
	assert_int_equal(hcall(&g, H_REG_CRQ, g.unit, 0x0ffff000, 0x2000, 0), H_PARAMETER);
	assert_int_equal(hcall(&g, H_REG_CRQ, g.unit, QUEUE, 4096, 0), H_SUCCESS);
	/* no unit there, too long, too short: nothing comes back */
	hcall(&g, H_SEND_CRQ, g.unit, 0x8001000000000040ull, ~0ull - 8, 0);
	hcall(&g, H_SEND_CRQ, g.unit, 0x800100000000ffffull, IU, 0);
	hcall(&g, H_SEND_CRQ, g.unit, 0x8001000000000003ull, IU, 0);
	assert_int_equal(hcall(&g, H_SEND_CRQ, g.unit, 0x0001000000000040ull, IU, 0), H_PARAMETER);
	/* descriptors that lead nowhere */
	iu[0] = 2;
	iu[5] = 1;
	st_be16(iu + 20, DISK);
	iu[32] = 0x12;
	iu[36] = 36;
	st_be64(iu + 48, 0x0ff00000);
	st_be32(iu + 60, 36);
	vm_mem_write(g.vm, IU, iu, sizeof(iu));
	send(&g, 64);
	take(&g, entry);
	vm_mem_read(g.vm, IU, iu, sizeof(iu));
	assert_int_equal(iu[19], 2);
	/* a table of descriptors with an absurd length, one outside the unit */
	for (u32 i = 0; i < 2; i++) {
		memset(iu, 0, sizeof(iu));
		iu[0] = 2;
		iu[5] = 2;
		iu[7] = 255;
		st_be16(iu + 20, DISK);
		st_be64(iu + 48, DATA);
		st_be32(iu + 60, i ? 0xffffffff : 16 * 100);
		vm_mem_write(g.vm, IU, iu, sizeof(iu));
		send(&g, 68);
		take(&g, entry);
		vm_mem_read(g.vm, IU, iu, sizeof(iu));
		assert_int_equal(iu[19], 2);
	}
	/* a queue that the guest does not empty */
	vm_mem_fill(g.vm, QUEUE, 0xff, 4096);
	for (u32 i = 0; i < 1000; i++)
		hcall(&g, H_SEND_CRQ, g.unit, 0xc001000000000000ull, 0, 0);
	teardown(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_connection), cmocka_unit_test(test_disk),
		cmocka_unit_test(test_direction),  cmocka_unit_test(test_pages),
		cmocka_unit_test(test_cd),	   cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_properties),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

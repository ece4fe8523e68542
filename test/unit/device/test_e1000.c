// SPDX-License-Identifier: GPL-2.0-or-later
/* Intel's network card as a guest drives it: EEPROM and PHY, rings, filters, tags, checksums,
 * segments, interrupts, frames that wait, save and load. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "../buffer.h"
#include "../machine/board.h"
#include "bus/pci_host.h"
#include "device/e1000.h"
#include "device/e1000_private.h"
#include "fakenet.h"
#include "isa/papr.h"
#include "vm/savestate.h"

enum { TX_RING = 0x100000, RX_RING = 0x110000, DATA = 0x200000, ENTRIES = 16, WINDOW = 4 << 20 };

static const u8 own[6] = {0x52, 0x54, 0, 1, 2, 3};

static struct vm *vm;
static struct e1000 *card;
static struct fakenet net;
static u64 regs;

static struct vm *board(struct e1000 **d)
{
	struct machine_config c = {.cpus = 1};
	struct error e = {""};
	struct device *dev;
	struct vm *v;

	fakenet_init(&net);
	if (board_create(&c, &v, &e))
		fail_msg("%s", e.text);
	dev = device_new(v, &e1000_class);
	device_set_pointer(dev, "netdev", &net.n);
	if (device_set(dev, "mac", "52:54:00:01:02:03", &e) || device_realize(dev, &e) ||
	    vm_reset(v, &e))
		fail_msg("%s", e.text);
	*d = container_of(dev, struct e1000, pci.dev);
	return v;
}

static void map(void)
{
	struct pci_host *h = card->pci.host;
	u64 args[9];

	pci_config_write(&card->pci, PCI_COMMAND, 2,
			 PCI_COMMAND_MEMORY | PCI_COMMAND_IO | PCI_COMMAND_MASTER);
	regs = h->ops->memory_address(h, pci_bar_address(&card->pci, 0), 0x20000);
	for (u64 a = 0; a < WINDOW; a += 4096) {
		memcpy(args, (u64[]){card->pci.pe->windows[0].liobn, a, a | 3}, 24);
		assert_int_equal(hcall_dispatch(&vm->vcpus[0], H_PUT_TCE, args), H_SUCCESS);
	}
}

static int setup(void **state)
{
	vm = board(&card);
	map();
	vm_resume(vm);
	return 0;
}

static int teardown(void **state)
{
	vm_pause(vm);
	machine_pseries.destroy(vm);
	fakenet_destroy(&net);
	return 0;
}

static u32 get(u32 reg)
{
	struct vm_exit x = {.reason = VM_EXIT_MMIO, .mmio = {.addr = regs + reg, .len = 4}};

	mmio_dispatch(vm, 0, &x);
	return ld_le32(x.mmio.data);
}

static void set(u32 reg, u32 value)
{
	struct vm_exit x = {.reason = VM_EXIT_MMIO,
			    .mmio = {.addr = regs + reg, .len = 4, .write = true}};

	st_le32(x.mmio.data, value);
	mmio_dispatch(vm, 0, &x);
}

static void start(u32 rctl)
{
	set(R_TDBAL, TX_RING);
	set(R_TDLEN, ENTRIES * 16);
	set(R_TDH, 0);
	set(R_TDT, 0);
	set(R_TCTL, TCTL_EN);
	set(R_RDBAL, RX_RING);
	set(R_RDLEN, ENTRIES * 16);
	for (u32 i = 0; i < ENTRIES; i++) {
		u8 d[16] = {0};

		st_le64(d, DATA + 0x1000 * i);
		vm_mem_write(vm, RX_RING + 16 * i, d, 16);
	}
	set(R_RDH, 0);
	set(R_RDT, ENTRIES - 1);
	set(R_RCTL, rctl | 2);
}

/* --- what firmware and drivers read first --- */
static u16 eeprom_by_wire(u32 word)
{
	u32 command = 6 << 6 | word, v = 0;
	enum { SK = 1, CS = 2, DI = 4, DO = 8, REQ = 0x40, GNT = 0x80 };

	set(R_EECD, REQ);
	assert_true(get(R_EECD) & GNT);
	set(R_EECD, REQ | CS);
	for (u32 i = 9; i--;) {
		u32 di = command >> i & 1 ? DI : 0;

		set(R_EECD, REQ | CS | di);
		set(R_EECD, REQ | CS | di | SK);
	}
	for (u32 i = 0; i < 16; i++) {
		set(R_EECD, REQ | CS);
		set(R_EECD, REQ | CS | SK);
		v = v << 1 | !!(get(R_EECD) & DO);
	}
	set(R_EECD, 0);
	return (u16)v;
}

static void test_identity(void **state)
{
	u16 sum = 0;

	for (u32 i = 0; i < E1000_EEPROM_WORDS; i++) {
		u16 w = eeprom_by_wire(i);

		sum = (u16)(sum + w);
		set(R_EERD, i << 8 | 1);
		assert_true(get(R_EERD) & 0x10);
		assert_int_equal(get(R_EERD) >> 16, w);
		if (i < 3)
			assert_int_equal(w, ld_le16(own + 2 * i));
	}
	assert_int_equal(sum, 0xbaba);
	assert_int_equal(get(R_RAL), ld_le32(own));
	assert_int_equal(get(R_RAH), 0x80000000 | ld_le16(own + 4));
	assert_int_equal(get(R_STATUS) & 2, 2);
	set(R_MDIC, 1 << 27 | 1 << 21 | 2 << 16);
	assert_int_equal(get(R_MDIC) & 0xffff, 0x0141);
	assert_true(get(R_MDIC) & 1 << 28);
	set(R_MDIC, 1 << 27 | 2 << 21 | 2 << 16); /* nobody there */
	assert_true(get(R_MDIC) & 1 << 30);
	/* the address through IO space */
	set(R_VET, 0x8100);
	assert_int_equal(get(R_VET), 0x8100);
	set(R_CTRL, CTRL_RST);
	assert_int_equal(get(R_CTRL) & CTRL_RST, 0);
	assert_int_equal(get(R_VET), 0);
	assert_int_equal(get(0x7000), 0);
	set(0x1fffc, 1);
}

/* --- sending --- */
static u32 tx_at;

static void push(u64 low, u64 high)
{
	u8 d[16];

	st_le64(d, low);
	st_le64(d + 8, high);
	vm_mem_write(vm, TX_RING + 16 * tx_at, d, 16);
	tx_at = (tx_at + 1) % ENTRIES;
}

static u8 tx_status(u32 i)
{
	u8 v;

	vm_mem_read(vm, TX_RING + 16 * i + 12, &v, 1);
	return v;
}

#define CMD(c) ((u64)(c) << 24)

static void test_send(void **state)
{
	u8 data[200];

	tx_at = 0;
	start(0);
	set(R_IMS, ICR_TXDW);
	for (u32 i = 0; i < sizeof(data); i++)
		data[i] = (u8)(i * 3);
	vm_mem_write(vm, DATA, data, sizeof(data));
	/* two pieces; a short one is padded */
	push(DATA, CMD(0) | 100);
	push(DATA + 100, CMD(0x09) | 100);
	push(DATA, CMD(0x09) | 20);
	set(R_TDT, 2);
	assert_int_equal(net.sent, 1);
	assert_int_equal(net.last_len, 200);
	assert_memory_equal(net.last, data, 200);
	assert_int_equal(tx_status(0), 0);
	assert_int_equal(tx_status(1), 1);
	assert_int_equal(get(R_TDH), 2);
	assert_true(card->pci.state.intx);
	assert_true(get(R_ICR) & ICR_TXDW);
	assert_false(card->pci.state.intx);
	set(R_TDT, 3);
	assert_int_equal(net.last_len, 60);
	assert_int_equal(net.last[19], data[19]);
	assert_int_equal(net.last[20], 0);
	/* a tag, and a checksum of the old kind */
	set(R_VET, 0x8100);
	set(R_CTRL, CTRL_VME);
	push(DATA, 0x1234ull << 48 | 14ull << 40 | CMD(0x4d) | 30 << 16 | 64);
	set(R_TDT, 4);
	assert_int_equal(net.last_len, 68);
	assert_memory_equal(net.last, data, 12);
	assert_int_equal(ld_be32(net.last + 12), 0x81001234);
	u32 sum = 0;
	for (u32 i = 14; i < 64; i += 2)
		sum += ld_be16(data + i);
	sum = (sum & 0xffff) + (sum >> 16);
	assert_int_equal(ld_be16(net.last + 34), (u16)~sum);
}

static u16 tcp_sum(const u8 *f, u32 len)
{
	u32 sum = 6 + (len - 34);

	for (u32 i = 26; i < len; i += 2)
		sum += i + 1 < len ? ld_be16(f + i) : (u32)f[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (u16)sum;
}

static u16 ip_sum(const u8 *f)
{
	u32 sum = 0;

	for (u32 i = 14; i < 34; i += 2)
		sum += ld_be16(f + i);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (u16)sum;
}

/* A TCP segment of 3000 bytes, cut at 1460. */
static void test_segments(void **state)
{
	u8 f[54 + 3000] = {0};
	u32 pseudo;

	tx_at = 0;
	start(0);
	for (u32 i = 54; i < sizeof(f); i++)
		f[i] = (u8)(i * 11);
	st_be16(f + 12, 0x800);
	f[14] = 0x45;
	st_be16(f + 18, 100); /* id */
	f[23] = 6;
	st_be32(f + 26, 0x0a00020f);
	st_be32(f + 30, 0x0a000202);
	st_be32(f + 38, 1000); /* sequence number */
	f[46] = 0x50;
	f[47] = 0x19; /* ACK, PSH, FIN */
	pseudo = 0x0a00 + 0x020f + 0x0a00 + 0x0202 + 6;
	st_be16(f + 50, (u16)pseudo);
	vm_mem_write(vm, DATA, f, sizeof(f));
	push(14 | 24ull << 8 | 33ull << 16 | 34ull << 32 | 50ull << 40,
	     1460ull << 48 | 54ull << 40 | CMD(0x27) | 3000);
	push(DATA, 3ull << 40 | CMD(0x2d) | 1 << 20 | sizeof(f));
	set(R_TDT, 2);
	assert_int_equal(net.sent, 3);
	assert_int_equal(net.last_len, 54 + 80);
	assert_int_equal(ld_be16(net.last + 16), 40 + 80);
	assert_int_equal(ld_be16(net.last + 18), 102);
	assert_int_equal(ld_be32(net.last + 38), 1000 + 2920);
	assert_int_equal(net.last[47], 0x19);
	assert_memory_equal(net.last + 54, f + 54 + 2920, 80);
	assert_int_equal(ip_sum(net.last), 0xffff);
	assert_int_equal(tcp_sum(net.last, 134), 0xffff);
	/* headers that are none: nothing happens */
	push(200 | 0xffull << 8 | 250ull << 32 | 255ull << 40,
	     1ull << 48 | 3ull << 40 | CMD(0x27) | 10);
	push(DATA, 3ull << 40 | CMD(0x2d) | 1 << 20 | 100);
	set(R_TDT, 4);
	assert_int_equal(net.sent, 3);
	/* more than a frame can be */
	for (u32 i = 0; i < 8; i++)
		push(DATA, CMD(i == 7 ? 0x29 : 0x20) | 1 << 20 | 0xfffff);
	set(R_TDT, 12);
	assert_int_equal(net.sent, 3);
	assert_int_equal(get(R_TDH), 12);
}

/* --- receiving --- */
static void frame_to(u8 *f, const u8 *to, u32 len)
{
	for (u32 i = 0; i < len; i++)
		f[i] = (u8)(i * 7 + len);
	memcpy(f, to, 6);
}

static void arrive(const u8 *to, u32 len)
{
	u8 f[9000];

	frame_to(f, to, len);
	fakenet_put(&net, f, len);
}

static void test_receive(void **state)
{
	static const u8 all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	static const u8 group[6] = {0x01, 0, 0x5e, 0, 0, 0xfb}, other[6] = {2, 1, 1, 1, 1, 1};
	u8 d[16], f[9000], got[9000];

	start(0);
	set(R_IMS, ICR_RXT0);
	arrive(own, 100);
	assert_int_equal(get(R_RDH), 1);
	assert_true(card->pci.state.intx);
	get(R_ICR);
	vm_mem_read(vm, RX_RING, d, 16);
	assert_int_equal(ld_le16(d + 8), 104); /* with the CRC */
	assert_int_equal(d[12], 7);
	frame_to(f, own, 100);
	vm_mem_read(vm, DATA, got, 100);
	assert_memory_equal(got, f, 100);
	/* not for us, until we ask for it */
	arrive(other, 100);
	arrive(all, 100);
	arrive(group, 100);
	assert_int_equal(get(R_RDH), 1);
	set(R_RCTL, 2 | 1 << 15);
	arrive(all, 100);
	assert_int_equal(get(R_RDH), 2);
	u32 hash = (0xfb00u | 0) >> 4 & 0xfff;
	set(R_MTA + hash / 32 * 4, 1u << hash % 32);
	arrive(group, 100);
	assert_int_equal(get(R_RDH), 3);
	set(R_RCTL, 2 | 1 << 3);
	arrive(other, 40);
	assert_int_equal(get(R_RDH), 4);
	vm_mem_read(vm, RX_RING + 48, d, 16);
	assert_int_equal(ld_le16(d + 8), 64);
	/* long ones, in several buffers, without a CRC */
	arrive(own, 5000);
	assert_int_equal(get(R_RDH), 4);
	set(R_RCTL, 2 | 1 << 5 | 1 << 26);
	arrive(own, 5000);
	assert_int_equal(get(R_RDH), 7);
	vm_mem_read(vm, RX_RING + 64, d, 16);
	assert_int_equal(d[12], 5);
	assert_int_equal(ld_le16(d + 8), 2048);
	vm_mem_read(vm, RX_RING + 96, d, 16);
	assert_int_equal(d[12], 7);
	assert_int_equal(ld_le16(d + 8), 5000 - 4096);
	frame_to(f, own, 5000);
	vm_mem_read(vm, DATA + 0x1000 * 5, got, 2048);
	assert_memory_equal(got, f + 2048, 2048);
}

static void test_tags(void **state)
{
	u8 f[100], d[16];

	start(0);
	set(R_VET, 0x8100);
	set(R_CTRL, CTRL_VME);
	frame_to(f, own, 100);
	st_be32(f + 12, 0x81000005);
	fakenet_put(&net, f, 100);
	vm_mem_read(vm, RX_RING, d, 16);
	assert_int_equal(ld_le16(d + 8), 100);
	assert_int_equal(d[12], 0xf);
	assert_int_equal(ld_le16(d + 14), 5);
	set(R_RCTL, 2 | 1 << 18);
	fakenet_put(&net, f, 100);
	assert_int_equal(get(R_RDH), 1);
	set(R_VFTA, 1 << 5);
	fakenet_put(&net, f, 100);
	assert_int_equal(get(R_RDH), 2);
}

/* Frames wait while there are no buffers; a ring that is nonsense harms nobody. */
static void test_hostile(void **state)
{
	u32 resumed;

	start(0);
	for (u32 i = 0; i < ENTRIES + 4; i++)
		arrive(own, 100);
	assert_int_equal(get(R_RDH), ENTRIES - 1);
	assert_true(get(R_ICR) & ICR_RXO);
	resumed = net.resumed;
	set(R_RDT, 5);
	assert_int_not_equal(net.resumed, resumed);
	assert_int_equal(get(R_RDH), 4);
	set(R_RDH, 0xffff);
	arrive(own, 100);
	set(R_RDLEN, 0);
	arrive(own, 100);
	set(R_RDT, 0);
	set(R_TDLEN, 0);
	set(R_TDH, 0x1000);
	set(R_TDT, 1);
	set(R_TDLEN, ENTRIES * 16);
	set(R_TDH, 0);
	set(R_TDBAH, 0xffffffff);
	set(R_TDT, 2);
	assert_int_equal(get(R_TDH), 0xffffffff); /* the endpoint stopped */
}

static void test_state(void **state)
{
	struct buffer b = {0};
	struct state_writer w = {buf_write, &b, 0};
	struct state_reader r = {buf_read, &b};
	struct error e = {""};

	tx_at = 0;
	start(0);
	push(DATA, CMD(0) | 100);
	set(R_TDT, 1); /* a frame's first half */
	arrive(own, 100);
	vm_pause(vm);
	if (vm_save(vm, &w, &e))
		fail_msg("%s", e.text);
	machine_pseries.destroy(vm);
	fakenet_destroy(&net);
	vm = board(&card);
	regs = card->pci.host->ops->memory_address(card->pci.host, pci_bar_address(&card->pci, 0),
						   0x20000);
	if (vm_load(vm, &r, &e))
		fail_msg("%s", e.text);
	vm_resume(vm);
	push(DATA, CMD(0x09) | 100);
	set(R_TDT, 2);
	assert_int_equal(net.sent, 1);
	assert_int_equal(net.last_len, 200);
	arrive(own, 100);
	assert_int_equal(get(R_RDH), 2);
	free(b.data);
}

static u16 phy(u32 reg)
{
	set(R_MDIC, 1 << 27 | 1 << 21 | reg << 16);
	return (u16)get(R_MDIC);
}

/* The cable: status, PHY, an interrupt; it stays out over a reset. */
static void test_link(void **state)
{
	enum { LSC = 4, RESET = 1 << 26 };

	get(R_ICR);
	assert_true(phy(1) & 4);
	net_set_link(&net.n, false);
	assert_false(get(R_STATUS) & 2);
	assert_false(phy(1) & 4);
	assert_true(get(R_ICR) & LSC);
	net_set_link(&net.n, false);
	assert_false(get(R_ICR) & LSC);
	set(0, RESET);
	assert_false(get(R_STATUS) & 2);
	net_set_link(&net.n, true);
	assert_true(get(R_STATUS) & 2);
	assert_true(phy(1) & 4);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(test_identity), TEST(test_send),	 TEST(test_segments), TEST(test_receive),
		TEST(test_tags),     TEST(test_hostile), TEST(test_state),    TEST(test_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* The virtio network card's control queue: what each command does to the frames that come, commands
 * that are cut off, unknown or not agreed on, save and load. Expected values are those of virtio
 * 1.2, 5.1.6.5. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "../buffer.h"
#include "../machine/board.h"
#include "device/e1000.h"
#include "device/spapr_vlan.h"
#include "device/virtio_net_private.h"
#include "device/virtio_net.h"
#include "fakenet.h"
#include "vdriver.h"
#include "vm/savestate.h"

#define FEATURES                                                                                   \
	(NET_F_CTRL_VQ | NET_F_CTRL_RX | NET_F_CTRL_VLAN | NET_F_CTRL_RX_EXTRA | NET_F_CTRL_MAC |  \
	 NET_F_MAC | NET_F_STATUS)

enum { RX, TX, CTRL, OK = 0, ERR = 1, FRAME = 64, NET_HEADER = 12 };

static const u8 own[6] = {0x52, 0x54, 0, 1, 2, 3}, other[6] = {0x52, 0x54, 0, 9, 9, 9},
		group[6] = {1, 0, 0x5e, 1, 2, 3}, everybody[6] = {255, 255, 255, 255, 255, 255};

struct rig {
	struct vm *vm;
	struct fakenet net;
	struct vdriver d;
	struct virtio_net *card;
};

static void build(struct rig *g)
{
	struct machine_config c = {.cpus = 1};
	struct error e = {""};
	struct device *dev;

	memset(g, 0, sizeof(*g));
	fakenet_init(&g->net);
	if (board_create(&c, &g->vm, &e))
		fail_msg("%s", e.text);
	dev = device_new(g->vm, &virtio_net_pci_class);
	device_set_pointer(dev, "netdev", &g->net.n);
	if (device_set(dev, "mac", "52:54:00:01:02:03", &e) || device_realize(dev, &e))
		fail_msg("%s", e.text);
	g->card = container_of(dev, struct virtio_net, p.dev);
	vd_init(&g->d, dev);
}

static void setup(struct rig *g, u64 features)
{
	build(g);
	vm_resume(g->vm);
	vd_start(&g->d, features & g->d.v->host_features);
}

static void teardown(struct rig *g)
{
	vm_pause(g->vm);
	machine_pseries.destroy(g->vm);
	fakenet_destroy(&g->net);
}

/* A command of `len` bytes after class and command; ~0: nothing was said. */
static u32 command(struct rig *g, u8 class, u8 cmd, const void *data, u32 len)
{
	u8 message[2 + 1024] = {class, cmd}, answer = 0xff;

	if (len)
		memcpy(message + 2, data, len);
	vd_offer(&g->d, CTRL, message, 2 + len, 1);
	return vd_take(&g->d, CTRL, &answer, 1) == 1 ? answer : ~0u;
}

static u32 mode(struct rig *g, u8 which, u8 on)
{
	return command(g, 0, which, &on, 1);
}

/* Does a frame to this address reach the guest? vlan: 0 = untagged. */
static bool comes(struct rig *g, const u8 *to, u16 vlan)
{
	u8 frame[FRAME] = {0}, in[NET_HEADER + FRAME];
	bool yes;

	memcpy(frame, to, 6);
	st_be16(frame + 12, vlan ? 0x8100 : 0x88b5);
	st_be16(frame + 14, vlan);
	vd_offer(&g->d, RX, NULL, 0, sizeof(in));
	/* the device's thread has seen that there are buffers */
	while (!__atomic_load_n(&g->card->rx[0].receiving, __ATOMIC_ACQUIRE))
		os_thread_yield();
	fakenet_put(&g->net, frame, sizeof(frame));
	yes = vd_ready(&g->d, RX, 0);
	/* one that surely comes takes the buffer otherwise */
	if (!yes) {
		memset(frame, 0, sizeof(frame));
		assert_int_equal(mode(g, NET_RX_PROMISC, 1), OK);
		fakenet_put(&g->net, frame, sizeof(frame));
		assert_int_equal(mode(g, NET_RX_PROMISC, 0), OK);
	}
	assert_int_equal(vd_take(&g->d, RX, in, sizeof(in)), sizeof(in));
	assert_memory_equal(in + NET_HEADER, yes ? to : frame, 6);
	return yes;
}

static void test_modes(void **state)
{
	struct rig g;

	setup(&g, FEATURES);
	assert_true(comes(&g, own, 0));
	assert_true(comes(&g, everybody, 0));
	assert_false(comes(&g, other, 0));
	assert_false(comes(&g, group, 0));
	assert_int_equal(mode(&g, NET_RX_ALLMULTI, 1), OK);
	assert_true(comes(&g, group, 0));
	assert_int_equal(mode(&g, NET_RX_NOMULTI, 1), OK);
	assert_false(comes(&g, group, 0));
	assert_int_equal(mode(&g, NET_RX_ALLUNI, 1), OK);
	assert_true(comes(&g, other, 0));
	assert_int_equal(mode(&g, NET_RX_NOUNI, 1), OK);
	assert_false(comes(&g, own, 0));
	assert_int_equal(mode(&g, NET_RX_NOBCAST, 1), OK);
	assert_false(comes(&g, everybody, 0));
	assert_int_equal(mode(&g, NET_RX_NOUNI, 0), OK);
	assert_true(comes(&g, own, 0));
	/* what there is not */
	assert_int_equal(mode(&g, NET_RX_MODES, 1), ERR);
	assert_int_equal(command(&g, 0, NET_RX_PROMISC, NULL, 0), ERR);
	assert_int_equal(command(&g, 9, 0, NULL, 0), ERR);
	assert_int_equal(command(&g, 3, 0, NULL, 0), ERR);
	/* reset forgets all of it */
	vd_start(&g.d, FEATURES & g.d.v->host_features);
	assert_true(comes(&g, everybody, 0));
	assert_false(comes(&g, group, 0));
	teardown(&g);
}

/* Both tables; at most 64 + 64 addresses here. */
static u32 tables(struct rig *g, u32 unicast, u32 groups, u32 cut)
{
	u8 data[8 + 128 * 6] = {0}, *p = data;

	st_le32(p, unicast);
	p += 4;
	for (u32 i = 0; i < unicast; i++, p += 6)
		memcpy(p, other, 6);
	st_le32(p, groups);
	p += 4;
	for (u32 i = 0; i < groups; i++, p += 6)
		memcpy(p, group, 6);
	return command(g, 1, 0, data, (u32)(p - data) - cut);
}

static void test_addresses(void **state)
{
	static const u8 second[6] = {0x52, 0x54, 0, 7, 7, 7};
	u8 lies[8] = {0xff, 0xff, 0xff, 0xff};
	struct rig g;

	setup(&g, FEATURES);
	assert_int_equal(tables(&g, 1, 0, 0), OK);
	assert_true(comes(&g, other, 0));
	assert_false(comes(&g, group, 0));
	assert_int_equal(tables(&g, 0, 2, 0), OK);
	assert_false(comes(&g, other, 0));
	assert_true(comes(&g, group, 0));
	/* cut off anywhere, or with a count that is not there: nothing changes */
	for (u32 cut = 1; cut <= 2 * 4 + 2 * 6; cut++)
		assert_int_equal(tables(&g, 1, 1, cut), ERR);
	assert_int_equal(command(&g, 1, 0, lies, sizeof(lies)), ERR);
	assert_true(comes(&g, group, 0));
	assert_false(comes(&g, other, 0));
	/* more than are kept: all of the kind come */
	assert_int_equal(tables(&g, NET_MAC_TABLE + 1, 0, 0), OK);
	assert_true(comes(&g, second, 0));
	assert_false(comes(&g, group, 0));
	assert_int_equal(tables(&g, 0, NET_MAC_TABLE + 1, 0), OK);
	assert_false(comes(&g, second, 0));
	assert_true(comes(&g, group, 0));
	assert_int_equal(tables(&g, NET_MAC_TABLE, NET_MAC_TABLE, 0), OK);
	assert_true(comes(&g, other, 0));
	/* an address of one's own */
	assert_int_equal(tables(&g, 0, 0, 0), OK);
	assert_int_equal(command(&g, 1, 1, second, 6), OK);
	assert_true(comes(&g, second, 0));
	assert_false(comes(&g, own, 0));
	assert_int_equal(command(&g, 1, 1, own, 5), ERR);
	assert_int_equal(command(&g, 1, 2, own, 6), ERR);
	assert_true(comes(&g, second, 0));
	teardown(&g);
}

static void test_vlans(void **state)
{
	struct rig g;
	u8 id[2];

	setup(&g, FEATURES);
	assert_true(comes(&g, own, 0));
	assert_false(comes(&g, own, 0xfff));
	st_le16(id, 0xfff);
	assert_int_equal(command(&g, 2, 0, id, 2), OK);
	assert_true(comes(&g, own, 0xfff));
	assert_true(comes(&g, own, 0x3fff)); /* the priority is no part of it */
	assert_false(comes(&g, own, 0xffe));
	assert_int_equal(command(&g, 2, 1, id, 2), OK);
	assert_false(comes(&g, own, 0xfff));
	assert_int_equal(command(&g, 2, 2, id, 2), ERR);
	assert_int_equal(command(&g, 2, 0, id, 1), ERR);
	st_le16(id, 0x1000);
	assert_int_equal(command(&g, 2, 0, id, 2), ERR);
	teardown(&g);
}

/* What was not agreed on is refused; an answer needs a place, too. */
static void test_unagreed(void **state)
{
	u8 message[3] = {0, NET_RX_PROMISC, 1}, pairs[2] = {1}, offloads[8] = {0};
	struct rig g;

	setup(&g, NET_F_CTRL_VQ | NET_F_CTRL_RX);
	assert_int_equal(mode(&g, NET_RX_NOBCAST, 1), ERR);
	assert_int_equal(command(&g, 2, 0, pairs, 2), ERR);
	assert_int_equal(command(&g, 4, 0, pairs, 2), ERR);
	assert_int_equal(command(&g, 5, 0, offloads, 8), ERR);
	assert_false(comes(&g, other, 0));
	vd_offer(&g.d, CTRL, message, sizeof(message), 0);
	assert_int_equal(vd_take(&g.d, CTRL, NULL, 0), 0);
	assert_true(comes(&g, other, 0)); /* it was done all the same */
	vd_offer(&g.d, CTRL, NULL, 0, 1);
	assert_int_equal(vd_take(&g.d, CTRL, NULL, 0), 1);
	teardown(&g);
}

static void test_offloads(void **state)
{
	u64 wants = NET_F_CTRL_VQ | NET_F_CTRL_GUEST_OFFLOADS | NET_F_GUEST_CSUM | NET_F_GUEST_TSO4;
	struct rig g;
	u8 data[8];

	setup(&g, wants);
	if (!virtio_has(g.d.v, NET_F_CTRL_GUEST_OFFLOADS)) {
		teardown(&g);
		skip();
	}
	assert_int_equal(g.card->state.offloads, NET_F_GUEST_CSUM | NET_F_GUEST_TSO4);
	st_le64(data, NET_F_GUEST_CSUM);
	assert_int_equal(command(&g, 5, 0, data, 8), OK);
	assert_int_equal(g.card->state.offloads, NET_F_GUEST_CSUM);
	st_le64(data, NET_F_GUEST_TSO6); /* not agreed on */
	assert_int_equal(command(&g, 5, 0, data, 8), ERR);
	assert_int_equal(command(&g, 5, 0, data, 7), ERR);
	assert_int_equal(command(&g, 5, 1, data, 8), ERR);
	assert_int_equal(g.card->state.offloads, NET_F_GUEST_CSUM);
	teardown(&g);
}

static void test_state(void **state)
{
	struct buffer stream = {0};
	struct state_writer w = {buf_write, &stream, 0};
	struct state_reader r = {buf_read, &stream};
	struct error e = {""};
	struct rig g, h;

	setup(&g, FEATURES);
	assert_int_equal(tables(&g, 1, 1, 0), OK);
	assert_int_equal(mode(&g, NET_RX_NOBCAST, 1), OK);
	vm_pause(g.vm);
	assert_int_equal(vm_save(g.vm, &w, &e), 0);
	build(&h);
	if (vm_load(h.vm, &r, &e))
		fail_msg("%s", e.text);
	vm_resume(h.vm);
	memcpy(h.d.avail, g.d.avail, sizeof(h.d.avail));
	memcpy(h.d.used, g.d.used, sizeof(h.d.used));
	assert_true(comes(&h, other, 0));
	assert_true(comes(&h, group, 0));
	assert_false(comes(&h, everybody, 0));
	teardown(&h);
	machine_pseries.destroy(g.vm);
	fakenet_destroy(&g.net);
	free(stream.data);
}

/* Cards without an address have one each, whatever their kind and whoever has taken one already. */
static void test_defaults(void **state)
{
	static const struct device_class *const kinds[4] = {
		&virtio_net_pci_class, &e1000_class, &spapr_vlan_class, &virtio_net_pci_class};
	static const u8 last[4] = {0x56, 0x57, 0x59, 0x5a};
	struct machine_config c = {.cpus = 1};
	struct error e = {""};
	struct vm *vm;

	if (board_create(&c, &vm, &e))
		fail_msg("%s", e.text);
	if (device_add(vm, &virtio_net_pci_class,
		       &(struct device_setting){"mac", "52:54:00:12:34:58"}, 1, &e))
		fail_msg("%s", e.text);
	for (u32 i = 0; i < 4; i++) {
		const u8 wanted[6] = {0x52, 0x54, 0, 0x12, 0x34, last[i]};
		const struct device_prop *p = kinds[i]->props;

		if (device_add(vm, kinds[i], NULL, 0, &e))
			fail_msg("%s", e.text);
		while (p->type != PROP_MAC)
			p++;
		assert_memory_equal((u8 *)vm->devices[vm->nr_devices - 1] + p->offset, wanted, 6);
	}
	machine_pseries.destroy(vm);
}

/* The cable: a bit of the configuration, of which the driver hears; frames are lost. */
static void test_link(void **state)
{
	static const u8 frame[64] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	struct rig g;
	u32 before;

	setup(&g, ~0ull);
	assert_int_equal(virtio_config_load(g.d.v, 6, 2) & 1, 1);
	before = g.d.v->s->generation;
	net_set_link(&g.net.n, false);
	assert_int_equal(virtio_config_load(g.d.v, 6, 2) & 1, 0);
	assert_int_not_equal(g.d.v->s->generation, before);
	vd_offer(&g.d, 0, NULL, 0, 2048);
	assert_true(fakenet_put(&g.net, frame, sizeof(frame)));
	assert_false(vd_ready(&g.d, 0, 20));
	net_set_link(&g.net.n, true);
	assert_int_equal(virtio_config_load(g.d.v, 6, 2) & 1, 1);
	assert_true(fakenet_put(&g.net, frame, sizeof(frame)));
	assert_true(vd_ready(&g.d, 0, 20000));
	teardown(&g);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_modes),	 cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_vlans),	 cmocka_unit_test(test_unagreed),
		cmocka_unit_test(test_offloads), cmocka_unit_test(test_state),
		cmocka_unit_test(test_link),	 cmocka_unit_test(test_defaults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

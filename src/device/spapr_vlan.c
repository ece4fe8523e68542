// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The interpartition logical LAN, "IBM,l-lan" (LoPAPR 1.1, 16.4): the driver registers a queue of
 * 16-byte entries and lends receive buffers by hypercall; a frame goes into the smallest buffer
 * that takes it, behind the 8 bytes that the driver has left there, which come back in the queue's
 * entry. Sending is one hypercall, done when it returns.
 *
 * Buffers of one length make a pool. PAPR has the hypervisor keep them in the driver's buffer list;
 * here they are host state, where no driver can reach them, and of the list only the count of
 * dropped frames at its end is used.
 *
 * Hypercalls come on any vCPU without the machine's lock, frames on the network's thread. `lock` is
 * over the state; `send_lock` is held around net_send(), which may deliver frames itself: it comes
 * before `lock`.
 */
#include "device/spapr_vlan.h"

#include <errno.h>
#include <libfdt.h>
#include <stdatomic.h>

#include "base/endian.h"
#include "base/string.h"
#include "device/mac.h"
#include "device/spapr_vlan_private.h"

enum {
	ENTRY_TOGGLE = 0x80,
	ENTRY_VALID = 0x40,
	COOKIE = 8,
	MSS = 8, /* follows the cookie in front of a large frame */

	SIGNAL_ON = 1,
};

static u64 mac_value(const u8 mac[6])
{
	return (u64)ld_be16(mac) << 32 | ld_be32(mac + 2);
}

/* --- saved state --- */
static int pool_post_load(void *obj, struct error *e)
{
	struct vlan_pool *p = obj;

	if (p->count > VLAN_POOL_BUFFERS || (p->count && p->len < VLAN_MIN_BUFFER))
		return error_set(e, -EINVAL, "saved state of spapr-vlan is damaged");
	return 0;
}

static const struct state_field pool_fields[] = {
	STATE_FIELD(struct vlan_pool, len, STATE_U32),
	STATE_FIELD(struct vlan_pool, count, STATE_U32),
	STATE_ARRAY(struct vlan_pool, buffers, STATE_U32),
};

static const struct state_table pool_table = {
	.name = "spapr-vlan-pool",
	.size = sizeof(struct vlan_pool),
	.nr_fields = ARRAY_SIZE(pool_fields),
	.fields = pool_fields,
	.post_load = pool_post_load,
};

static int vlan_post_load(void *obj, struct error *e)
{
	struct vlan_state *s = obj;
	u32 size = bd_len(s->queue);

	if (s->registered > 1 || s->nr_filters > VLAN_FILTERS || s->nr_pools > VLAN_POOLS ||
	    s->attributes & ~VLAN_CHANGEABLE || s->at % VLAN_ENTRY ||
	    (s->registered ? s->at >= size : s->at) || size % VLAN_ENTRY)
		return error_set(e, -EINVAL, "saved state of spapr-vlan is damaged");
	return 0;
}

static const struct state_field vlan_fields[] = {
	STATE_STRUCT(struct vlan_state, vio, &vio_state_table),
	STATE_FIELD(struct vlan_state, list, STATE_U64),
	STATE_FIELD(struct vlan_state, queue, STATE_U64),
	STATE_FIELD(struct vlan_state, at, STATE_U32),
	STATE_FIELD(struct vlan_state, registered, STATE_U32),
	STATE_FIELD(struct vlan_state, mac, STATE_U64),
	STATE_FIELD(struct vlan_state, multicast, STATE_U8),
	STATE_FIELD(struct vlan_state, filtering, STATE_U8),
	STATE_ARRAY(struct vlan_state, pad, STATE_DERIVED),
	STATE_FIELD(struct vlan_state, nr_filters, STATE_U32),
	STATE_ARRAY(struct vlan_state, filters, STATE_U64),
	STATE_FIELD(struct vlan_state, nr_pools, STATE_U32),
	STATE_FIELD(struct vlan_state, attributes, STATE_U32),
	STATE_STRUCT_ARRAY(struct vlan_state, pools, &pool_table),
};

static const struct state_table vlan_table = {
	.name = "spapr-vlan",
	.size = sizeof(struct vlan_state),
	.nr_fields = ARRAY_SIZE(vlan_fields),
	.fields = vlan_fields,
	.post_load = vlan_post_load,
};

/* --- to the guest; with the lock held --- */
static bool wanted(const struct vlan_state *s, const u8 *frame, size_t len)
{
	static const u8 broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	u64 to;

	if (len < 14)
		return false;
	to = mac_value(frame);
	if (!(frame[0] & 1))
		return to == s->mac;
	if (!memcmp(frame, broadcast, 6))
		return true;
	for (u32 i = 0; i < s->nr_filters && s->filtering; i++)
		if (s->filters[i] == to)
			return true;
	return s->multicast && !s->filtering;
}

/* The smallest buffers that take so much; NULL: nothing is long enough, or (*starved) there are
 * none just now. */
static struct vlan_pool *find_pool(struct vlan_state *s, size_t len, bool *starved)
{
	struct vlan_pool *best = NULL;

	*starved = false;
	for (u32 i = 0; i < s->nr_pools; i++) {
		struct vlan_pool *p = &s->pools[i];

		if (p->len < len)
			continue;
		if (!p->count)
			*starved = true;
		else if (!best || p->len < best->len)
			best = p;
	}
	return best;
}

static void count_dropped(struct spapr_vlan *v)
{
	u64 n;

	if (!dma_ld64_be(&v->vio.dma, v->state.list + VLAN_DROPPED_AT, &n))
		dma_st64_be(&v->vio.dma, v->state.list + VLAN_DROPPED_AT, n + 1);
}

static u32 before_frame(const struct vlan_entry *e)
{
	return COOKIE + (e->flags & FLAG_LARGE ? MSS : 0);
}

static int put_frame(struct spapr_vlan *v, u32 buffer, const struct vlan_entry *e, const u8 *frame,
		     size_t len)
{
	struct vlan_state *s = &v->state;
	struct dma_view *view = &v->vio.dma;
	u64 at = bd_addr(s->queue) + (u64)s->at;
	bool toggle = !(s->queue & BD_TOGGLE);
	u32 control = ENTRY_VALID | (toggle ? ENTRY_TOGGLE : 0) | e->flags;
	u32 before = before_frame(e);
	u8 cookie[COOKIE];
	int err = dma_read(view, buffer, cookie, COOKIE);

	if (!err)
		err = dma_write(view, (u64)buffer + before, frame, len);
	if (!err && before > COOKIE)
		err = dma_st64_be(view, (u64)buffer + COOKIE, e->mss);
	if (!err && e->sum_at)
		err = dma_fill(view, (u64)buffer + before + e->sum_at, 0, 2);
	if (!err)
		err = dma_write(view, at + 8, cookie, COOKIE);
	if (!err)
		err = dma_st32_be(view, at + 4, (u32)len);
	/* the driver polls the first word */
	atomic_thread_fence(memory_order_release);
	if (!err)
		err = dma_st32_be(view, at, control << 24 | before);
	if (err)
		return err;
	s->at += VLAN_ENTRY;
	if (s->at >= bd_len(s->queue)) {
		s->at = 0;
		s->queue ^= BD_TOGGLE;
	}
	return 0;
}

static void interrupt(struct spapr_vlan *v)
{
	bool on;

	os_mutex_lock(&v->vio.queue_lock);
	on = v->state.vio.signal & SIGNAL_ON;
	os_mutex_unlock(&v->vio.queue_lock);
	if (on)
		irq_set(&v->vio.irq, true);
}

static bool receive_frame(struct spapr_vlan *v, const struct net_offload *o, const u8 *frame,
			  size_t len);

struct receiver {
	struct spapr_vlan *v;
	bool taken;
};

static void receive_finished(void *opaque, const u8 *frame, size_t len)
{
	static const struct net_offload valid = {.flags = NET_CSUM_VALID};
	struct receiver *r = opaque;

	r->taken = receive_frame(r->v, &valid, frame, len);
}

/* In place of the driver, which does not do it for such a frame or has no buffer as long as it. Of
 * several that it becomes, those that there is no room for are lost. */
static bool receive_unfinished(struct spapr_vlan *v, const struct net_offload *o, const u8 *frame,
			       size_t len)
{
	struct receiver r = {v, true};
	u8 *copy = os_alloc(len);

	memcpy(copy, frame, len);
	net_finish(o, copy, len, receive_finished, &r);
	os_free(copy);
	return r.taken || o->gso;
}

static bool receive_frame(struct spapr_vlan *v, const struct net_offload *o, const u8 *frame,
			  size_t len)
{
	struct vlan_entry entry;
	struct vlan_pool *p;

	if (!v->state.registered || !wanted(&v->state, frame, len))
		return true;
	if (!v->running) {
		v->starved = true;
		return false;
	}
	if (!vlan_receive_offload(&v->state, o, frame, len, &entry))
		return receive_unfinished(v, o, frame, len);
	p = find_pool(&v->state, len + before_frame(&entry), &v->starved);
	if (!p && v->starved)
		return false;
	v->starved = false;
	if (!p && o->gso)
		return receive_unfinished(v, o, frame, len);
	if (!p || put_frame(v, p->buffers[--p->count], &entry, frame, len))
		count_dropped(v);
	else
		interrupt(v);
	return true;
}

static bool on_frame(void *opaque, u32 queue, const struct net_offload *o, const u8 *frame,
		     size_t len)
{
	struct spapr_vlan *v = opaque;
	bool taken;

	os_mutex_lock(&v->lock);
	taken = receive_frame(v, o, frame, len);
	os_mutex_unlock(&v->lock);
	return taken;
}

void vlan_tell_takes(struct spapr_vlan *v)
{
	u32 takes;

	os_mutex_lock(&v->lock);
	takes = vlan_takes(&v->state);
	os_mutex_unlock(&v->lock);
	if (v->net)
		net_take(v->net, takes);
}

void vlan_forget(struct spapr_vlan *v)
{
	struct vlan_state *s = &v->state;

	os_mutex_lock(&v->lock);
	s->registered = 0;
	s->list = s->queue = 0;
	s->at = 0;
	s->nr_pools = s->nr_filters = 0;
	memset(s->pools, 0, sizeof(s->pools));
	memset(s->filters, 0, sizeof(s->filters));
	s->multicast = s->filtering = 0;
	os_mutex_lock(&v->vio.queue_lock);
	s->vio.signal = 0;
	os_mutex_unlock(&v->vio.queue_lock);
	os_mutex_unlock(&v->lock);
	vlan_tell_takes(v);
}

/* --- the device --- */
static void vlan_disconnect(struct vio_device *d)
{
	vlan_forget(vlan_of(d));
}

const struct vio_ops vlan_ops = {.node = "l-lan", .disconnect = vlan_disconnect};

/* Nothing reaches memory while the machine stands still. */
static void vlan_run(void *opaque, bool running)
{
	struct spapr_vlan *v = opaque;

	os_mutex_lock(&v->lock);
	v->running = running;
	os_mutex_unlock(&v->lock);
	if (!running)
		return;
	/* it may have been loaded */
	vlan_tell_takes(v);
	if (v->net)
		net_ready(v->net, 0);
}

static int vlan_realize(struct device *dev, struct error *e)
{
	struct spapr_vlan *v = container_of(dev, struct spapr_vlan, vio.dev);
	int err = mac_default(dev, v->mac, e);

	if (err)
		return err;
	v->vio.ops = &vlan_ops;
	err = vio_attach(&v->vio, e);
	if (!err)
		err = vio_add_window(&v->vio, &v->state.vio, e);
	if (err)
		return err;
	os_mutex_init(&v->lock);
	os_mutex_init(&v->send_lock);
	vlan_register_calls(v->vio.bus);
	vm_listen(dev->vm, vlan_run, v);
	if (v->net)
		net_attach(v->net, on_frame, v);
	return 0;
}

static void vlan_unrealize(struct device *dev)
{
	struct spapr_vlan *v = container_of(dev, struct spapr_vlan, vio.dev);

	if (v->net)
		net_attach(v->net, NULL, NULL);
	vio_remove_window(&v->vio);
	os_mutex_destroy(&v->lock);
	os_mutex_destroy(&v->send_lock);
}

static void vlan_reset(struct device *dev)
{
	struct spapr_vlan *v = container_of(dev, struct spapr_vlan, vio.dev);

	vlan_forget(v);
	v->state.mac = mac_value(v->mac);
	v->state.attributes = 0;
	vio_reset_window(&v->vio);
}

static int vlan_dt(struct device *dev, void *fdt)
{
	struct spapr_vlan *v = container_of(dev, struct spapr_vlan, vio.dev);
	int node = vio_dt_node(&v->vio, fdt, "network", "IBM,l-lan");
	u8 mac[8] = {0}; /* of 8 bytes, as IBM's firmware has it */

	memcpy(mac + 2, v->mac, 6);
	/* that H_ILLAN_ATTRIBUTES is there */
	if (node < 0 || fdt_setprop(fdt, node, "ibm,illan-options", NULL, 0) ||
	    fdt_setprop(fdt, node, "local-mac-address", mac, sizeof(mac)) ||
	    fdt_setprop_cell(fdt, node, "ibm,mac-address-filters", VLAN_FILTERS))
		return -ENOSPC;
	return 0;
}

static const struct device_prop vlan_props[] = {
	{"bus", "the virtual I/O bus", PROP_POINTER, offsetof(struct spapr_vlan, vio.bus), NULL},
	{"netdev", "the network it is on", PROP_NETDEV, offsetof(struct spapr_vlan, net), NULL},
	{"mac", "its address", PROP_MAC, offsetof(struct spapr_vlan, mac), NULL},
	{"reg", "unit address, 0 = the next free one", PROP_U32,
	 offsetof(struct spapr_vlan, vio.unit), "0"},
	{NULL, NULL, 0, 0, NULL},
};

const struct device_class spapr_vlan_class = {
	.name = "spapr-vlan",
	.help = "logical LAN adapter of a PAPR guest",
	.bus_type = BUS_VIO,
	.size = sizeof(struct spapr_vlan),
	.props = vlan_props,
	.realize = vlan_realize,
	.unrealize = vlan_unrealize,
	.reset = vlan_reset,
	.dt = vlan_dt,
	.boot_path = vio_boot_path,
	.state = &vlan_table,
	.state_offset = offsetof(struct spapr_vlan, state),
};

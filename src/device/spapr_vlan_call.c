// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Hypercalls of the logical LAN (LoPAPR 1.1, 16.4.3): registering, lending buffers, sending,
 * groups, attributes. They come on any vCPU without the machine's lock; spapr_vlan.c has the locks.
 */
#include <errno.h>

#include "base/string.h"
#include "device/spapr_vlan_private.h"
#include "isa/papr.h"

enum {
	SEND_BUFFERS = 6,
	SEND_PIECES = 32, /* of a frame, after translation */

	/* H_MULTICAST_CTRL */
	CTRL_RECEPTION = 0x80000, /* change it, to ... */
	CTRL_RECEPTION_ON = 0x20000,
	CTRL_FILTERING = 0x40000,
	CTRL_FILTERING_ON = 0x10000,
	CTRL_TABLE = 3,
	TABLE_ADD = 1,
	TABLE_REMOVE = 2,
	TABLE_CLEAR = 3,
};

static struct spapr_vlan *find(struct vio_bus *bus, u64 unit)
{
	struct vio_device *d = vio_find_unit(bus, unit);

	return d && d->ops == &vlan_ops ? vlan_of(d) : NULL;
}

/* May the driver lend [addr, addr + len)? */
static bool reachable(const struct spapr_vlan *v, u64 addr, u64 len)
{
	if (v->state.vio.bypass)
		return true;
	return len && tce_covers(&v->vio.tce, addr) && tce_covers(&v->vio.tce, addr + len - 1);
}

/* Unit, buffer list, descriptor of the queue, filter list, address. */
static s64 h_register(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	struct spapr_vlan *v = find(opaque, args[0]);
	u64 list = args[1], queue = args[2], filters = args[3];
	s64 ret = H_SUCCESS;

	if (!v || (list | filters) & (VLAN_PAGE - 1) || !reachable(v, list, VLAN_PAGE) ||
	    !reachable(v, filters, VLAN_PAGE))
		return H_PARAMETER;
	if (!(queue & BD_VALID) || !bd_len(queue) ||
	    (bd_addr(queue) | bd_len(queue)) % VLAN_ENTRY ||
	    !reachable(v, bd_addr(queue), bd_len(queue)))
		return H_PARAMETER;
	os_mutex_lock(&v->lock);
	if (v->state.registered) {
		ret = H_RESOURCE;
	} else {
		v->state.list = list;
		v->state.queue = queue & ~BD_TOGGLE;
		v->state.at = 0;
		v->state.mac = args[4] & 0xffffffffffff;
		v->state.registered = 1;
		dma_st64_be(&v->vio.dma, list + VLAN_DROPPED_AT, 0);
	}
	os_mutex_unlock(&v->lock);
	vlan_tell_takes(v);
	return ret;
}

static s64 h_free(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	struct spapr_vlan *v = find(opaque, args[0]);
	bool registered;

	if (!v)
		return H_PARAMETER;
	os_mutex_lock(&v->lock);
	registered = v->state.registered;
	os_mutex_unlock(&v->lock);
	if (!registered)
		return H_RESOURCE;
	vlan_forget(v);
	return H_SUCCESS;
}

static struct vlan_pool *pool_of(struct vlan_state *s, u32 len, bool make)
{
	struct vlan_pool *p, *unused = NULL;

	for (u32 i = 0; i < s->nr_pools; i++) {
		p = &s->pools[i];
		if (p->len == len)
			return p;
		if (!p->count)
			unused = p;
	}
	if (!make)
		return NULL;
	/* a driver that changed its sizes has forgotten an old one */
	p = s->nr_pools < VLAN_POOLS ? &s->pools[s->nr_pools++] : unused;
	if (p)
		p->len = len;
	return p;
}

/* Unit, descriptor. */
static s64 h_add_buffer(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	struct spapr_vlan *v = find(opaque, args[0]);
	struct vlan_pool *p = NULL;
	u64 bd = args[1];
	bool starved;

	if (!v || bd_len(bd) < VLAN_MIN_BUFFER || !reachable(v, bd_addr(bd), bd_len(bd)))
		return H_PARAMETER;
	os_mutex_lock(&v->lock);
	if (v->state.registered)
		p = pool_of(&v->state, bd_len(bd), true);
	if (p && p->count < VLAN_POOL_BUFFERS)
		p->buffers[p->count++] = bd_addr(bd);
	else
		p = NULL;
	starved = v->starved;
	v->starved = false;
	os_mutex_unlock(&v->lock);
	if (starved && v->net)
		net_ready(v->net, 0);
	return p ? H_SUCCESS : H_RESOURCE;
}

/* Unit, length: one buffer comes back, its descriptor in the first result. */
static s64 h_free_buffer(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	struct spapr_vlan *v = find(opaque, args[0]);
	struct vlan_pool *p;
	s64 ret = H_NOT_FOUND;

	if (!v)
		return H_PARAMETER;
	os_mutex_lock(&v->lock);
	p = pool_of(&v->state, (u32)args[1] & 0xffffff, false);
	if (p && p->count) {
		args[0] = BD_VALID | (u64)p->len << 32 | p->buffers[--p->count];
		ret = H_SUCCESS;
	}
	os_mutex_unlock(&v->lock);
	return ret;
}

static int gather(struct spapr_vlan *v, const u64 *bds, struct iovec *iov)
{
	u64 total = 0;
	int n = 0;

	for (u32 i = 0; i < SEND_BUFFERS && bds[i] & BD_VALID; i++) {
		u64 addr = bd_addr(bds[i]), left = bd_len(bds[i]);

		total += left;
		if (total > NET_FRAME_MAX)
			return -EINVAL;
		while (left) {
			u64 len = left;
			void *p = n < SEND_PIECES ? dma_map(&v->vio.dma, addr, &len, false) : NULL;

			if (!p)
				return -EFAULT;
			iov[n++] = (struct iovec){p, len};
			addr += len;
			left -= len;
		}
	}
	return n;
}

/* The frame with the copied head in place of what the guest may be changing; to has room for n + 1.
 */
static int with_head(struct vlan_frame *f, const struct iovec *iov, int n, struct iovec *to)
{
	u64 left = f->len - f->head_len;

	to[0] = (struct iovec){f->head, f->head_len};
	n = iov_cut(iov, n, f->head_len, to + 1);
	for (int i = 1; i <= n; i++) {
		if (to[i].iov_len >= left) {
			to[i].iov_len = left;
			return left ? i + 1 : i;
		}
		left -= to[i].iov_len;
	}
	return n + 1;
}

static s64 send_frame(struct spapr_vlan *v, u64 bd, u64 mss, const struct iovec *iov, int n)
{
	struct iovec changed[SEND_PIECES + 1];
	struct vlan_frame f;
	s64 ret = H_DROPPED;

	f.len = 0;
	for (int i = 0; i < n; i++)
		f.len += iov[i].iov_len;
	f.head_len = iov_to_buf(iov, n, 0, f.head, sizeof(f.head));
	os_mutex_lock(&v->lock);
	if (v->state.registered)
		ret = vlan_send_offload(&v->state, bd, mss, &f);
	os_mutex_unlock(&v->lock);
	if (ret || !n || !v->net)
		return ret;
	if (f.offload.flags & NET_NEEDS_CSUM) {
		n = with_head(&f, iov, n, changed);
		iov = changed;
	}
	os_mutex_lock(&v->send_lock);
	net_send(v->net, 0, &f.offload, iov, n);
	net_flush(v->net);
	os_mutex_unlock(&v->send_lock);
	return H_SUCCESS;
}

/* Unit, six descriptors, a token of an unfinished call: there are none of these; bytes of data in a
 * frame where one is to become several. */
static s64 h_send(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	struct spapr_vlan *v = find(opaque, args[0]);
	struct iovec iov[SEND_PIECES];
	int n;
	s64 ret;

	if (!v || args[7])
		return H_PARAMETER;
	n = gather(v, args + 1, iov);
	if (n < 0)
		return H_PARAMETER;
	ret = send_frame(v, args[1], args[8], iov, n);
	if (!ret)
		args[0] = 0;
	return ret;
}

/* Unit, bits to clear, bits to set; what they are then in the first result. */
static s64 h_attributes(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	struct spapr_vlan *v = find(opaque, args[0]);
	s64 ret;

	if (!v)
		return H_PARAMETER;
	os_mutex_lock(&v->lock);
	ret = vlan_attributes(&v->state, args[1], args[2], &args[0]);
	os_mutex_unlock(&v->lock);
	return ret;
}

static s64 change_table(struct vlan_state *s, u32 command, u64 mac)
{
	u32 i;

	if (command == TABLE_CLEAR) {
		memset(s->filters, 0, sizeof(s->filters));
		s->nr_filters = 0;
		return H_SUCCESS;
	}
	for (i = 0; i < s->nr_filters && s->filters[i] != mac; i++)
		;
	if (command == TABLE_ADD && i == s->nr_filters) {
		if (s->nr_filters == VLAN_FILTERS)
			return H_CONSTRAINED;
		s->filters[s->nr_filters++] = mac;
	}
	if (command == TABLE_REMOVE) {
		if (i == s->nr_filters)
			return H_NOT_FOUND;
		s->filters[i] = s->filters[--s->nr_filters];
	}
	return H_SUCCESS;
}

/* Unit, commands, a group's address; what is on, and the groups of the table, in the first result.
 */
static s64 h_multicast(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	const u64 known = CTRL_RECEPTION | CTRL_RECEPTION_ON | CTRL_FILTERING | CTRL_FILTERING_ON |
			  CTRL_TABLE;
	struct spapr_vlan *v = find(opaque, args[0]);
	u32 command = args[1] & CTRL_TABLE;
	s64 ret = H_SUCCESS;

	if (!v || args[1] & ~known)
		return H_PARAMETER;
	if ((command == TABLE_ADD || command == TABLE_REMOVE) && args[2] >> 48)
		return H_PARAMETER;
	os_mutex_lock(&v->lock);
	if (args[1] & CTRL_RECEPTION)
		v->state.multicast = !!(args[1] & CTRL_RECEPTION_ON);
	if (args[1] & CTRL_FILTERING)
		v->state.filtering = !!(args[1] & CTRL_FILTERING_ON);
	if (command)
		ret = change_table(&v->state, command, args[2]);
	args[0] = (v->state.multicast ? CTRL_RECEPTION_ON : 0) |
		  (v->state.filtering ? CTRL_FILTERING_ON : 0) | v->state.nr_filters;
	os_mutex_unlock(&v->lock);
	return ret;
}

static s64 h_change_mac(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	struct spapr_vlan *v = find(opaque, args[0]);

	if (!v || args[1] >> 48)
		return H_PARAMETER;
	os_mutex_lock(&v->lock);
	v->state.mac = args[1];
	os_mutex_unlock(&v->lock);
	return H_SUCCESS;
}

void vlan_register_calls(struct vio_bus *bus)
{
	static const struct {
		u64 nr;
		const char *name;
		hcall_fn *fn;
	} calls[] = {
		{H_REGISTER_LOGICAL_LAN, "H_REGISTER_LOGICAL_LAN", h_register},
		{H_FREE_LOGICAL_LAN, "H_FREE_LOGICAL_LAN", h_free},
		{H_ADD_LOGICAL_LAN_BUFFER, "H_ADD_LOGICAL_LAN_BUFFER", h_add_buffer},
		{H_FREE_LOGICAL_LAN_BUFFER, "H_FREE_LOGICAL_LAN_BUFFER", h_free_buffer},
		{H_SEND_LOGICAL_LAN, "H_SEND_LOGICAL_LAN", h_send},
		{H_MULTICAST_CTRL, "H_MULTICAST_CTRL", h_multicast},
		{H_CHANGE_LOGICAL_LAN_MAC, "H_CHANGE_LOGICAL_LAN_MAC", h_change_mac},
		{H_ILLAN_ATTRIBUTES, "H_ILLAN_ATTRIBUTES", h_attributes},
	};

	if (hcall_find(bus->vm, H_REGISTER_LOGICAL_LAN))
		return;
	for (u32 i = 0; i < ARRAY_SIZE(calls); i++)
		hcall_register(bus->vm, calls[i].nr, calls[i].name, calls[i].fn, bus, CALL_NO_LOCK);
}

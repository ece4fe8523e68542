/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICE_SPAPR_VLAN_PRIVATE_H
#define DEVICE_SPAPR_VLAN_PRIVATE_H

#include "bus/vio.h"
#include "host/net.h"

enum {
	VLAN_PAGE = 4096,
	VLAN_POOLS = 8,
	VLAN_POOL_BUFFERS = 4096,
	VLAN_FILTERS = 256,
	VLAN_DROPPED_AT = VLAN_PAGE - 8,

	VLAN_ENTRY = 16, /* of the queue: control, offset of the frame; its length; what the driver
			    left */
	VLAN_MIN_BUFFER = 16,
};

/* Buffer descriptors: control, 24 bits of length, 32 bits of address. */
#define BD_VALID  (1ull << 63)
#define BD_TOGGLE (1ull << 62)

static inline u32 bd_len(u64 bd)
{
	return bd >> 32 & 0xffffff;
}

static inline u32 bd_addr(u64 bd)
{
	return (u32)bd;
}

struct vlan_pool {
	u32 len, count;
	u32 buffers[VLAN_POOL_BUFFERS]; /* bus addresses; the last one goes first */
};

struct vlan_state {
	struct vio_state vio;
	u64 list, queue;    /* of the buffer list; descriptor of the queue */
	u32 at, registered; /* of the next entry in the queue */
	u64 mac;
	u8 multicast, filtering; /* frames to groups come; only those of the table do */
	u8 pad[2];
	u32 nr_filters;
	u64 filters[VLAN_FILTERS];
	u32 nr_pools, pad2;
	struct vlan_pool pools[VLAN_POOLS];
};

struct spapr_vlan {
	struct vio_device vio;
	struct net_backend *net;
	u8 mac[6];
	struct os_mutex lock, send_lock;
	bool running;
	bool starved; /* a frame was refused */
	struct vlan_state state;
};

static inline struct spapr_vlan *vlan_of(struct vio_device *d)
{
	return container_of(d, struct spapr_vlan, vio);
}

extern const struct vio_ops vlan_ops;

/* As a driver leaves it that frees it. */
void vlan_forget(struct spapr_vlan *v);

/* Once for a bus. */
void vlan_register_calls(struct vio_bus *bus);

#endif

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
	VLAN_HEAD = 144, /* bytes that have all of a frame's headers */
};

/* What H_ILLAN_ATTRIBUTES changes and tells (LoPAR, "ILLAN Attributes"). */
enum {
	VLAN_LARGE = 0x10000, /* frames that are to become several go out and come in */
	VLAN_LARGE_SUPPORT = 0x8000,
	VLAN_PADDED = 0x2000, /* padded ones may be without checksum */
	VLAN_SUM6 = 4,
	VLAN_SUM4 = 2,
	VLAN_CHANGEABLE = VLAN_LARGE | VLAN_SUM6 | VLAN_SUM4,
	VLAN_FIXED = VLAN_LARGE_SUPPORT | VLAN_PADDED,
};

/* In the control byte of a send buffer's descriptor and of the queue's entry. */
enum {
	FLAG_LARGE = 4,
	FLAG_NO_SUM = 2,
	FLAG_SUM_GOOD = 1,
	VLAN_FLAGS = FLAG_LARGE | FLAG_NO_SUM | FLAG_SUM_GOOD,
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
	u32 nr_pools, attributes;
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

/* --- spapr_vlan_offload.c; of the state, with the lock held --- */
/* A frame that the driver sends. */
struct vlan_frame {
	u8 head[VLAN_HEAD]; /* a copy of its first head_len bytes */
	size_t head_len, len;
	struct net_offload offload;
};

/* What stands in the queue's entry for a frame, and in front of it in its buffer. */
struct vlan_entry {
	u32 flags, mss;
	u32 sum_at; /* bytes of the frame that are to be zero, where not 0 */
};

s64 vlan_attributes(struct vlan_state *s, u64 reset, u64 set, u64 *result);
/* NET_TAKES_... */
u32 vlan_takes(const struct vlan_state *s);
/* By the descriptor of its first buffer: what is left to do, which may change the head and cut the
 * length. */
s64 vlan_send_offload(const struct vlan_state *s, u64 bd, u64 mss, struct vlan_frame *f);
/* False: the driver cannot be told of a frame like this before it is finished. */
bool vlan_receive_offload(const struct vlan_state *s, const struct net_offload *o, const u8 *frame,
			  size_t len, struct vlan_entry *e);

/* The network is told what the driver takes. Without a lock. */
void vlan_tell_takes(struct spapr_vlan *v);

/* As a driver leaves it that frees it. */
void vlan_forget(struct spapr_vlan *v);

/* Once for a bus. */
void vlan_register_calls(struct vio_bus *bus);

#endif

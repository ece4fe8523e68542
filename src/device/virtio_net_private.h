/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of the virtio network card. */
#ifndef DEVICE_VIRTIO_NET_PRIVATE_H
#define DEVICE_VIRTIO_NET_PRIVATE_H

#include "device/virtio_plug.h"
#include "host/net.h"

#define NET_F_CSUM		  (1ull << 0)
#define NET_F_GUEST_CSUM	  (1ull << 1)
#define NET_F_CTRL_GUEST_OFFLOADS (1ull << 2)
#define NET_F_MTU		  (1ull << 3)
#define NET_F_MAC		  (1ull << 5)
#define NET_F_GUEST_TSO4	  (1ull << 7)
#define NET_F_GUEST_TSO6	  (1ull << 8)
#define NET_F_GUEST_ECN		  (1ull << 9)
#define NET_F_HOST_TSO4		  (1ull << 11)
#define NET_F_HOST_TSO6		  (1ull << 12)
#define NET_F_HOST_ECN		  (1ull << 13)
#define NET_F_MRG_RXBUF		  (1ull << 15)
#define NET_F_STATUS		  (1ull << 16)
#define NET_F_CTRL_VQ		  (1ull << 17)
#define NET_F_CTRL_RX		  (1ull << 18)
#define NET_F_CTRL_VLAN		  (1ull << 19)
#define NET_F_CTRL_RX_EXTRA	  (1ull << 20)
#define NET_F_GUEST_ANNOUNCE	  (1ull << 21)
#define NET_F_MQ		  (1ull << 22)
#define NET_F_CTRL_MAC		  (1ull << 23)
#define NET_F_SPEED_DUPLEX	  (1ull << 63)
#define NET_F_GUEST_OFFLOADS                                                                       \
	(NET_F_GUEST_CSUM | NET_F_GUEST_TSO4 | NET_F_GUEST_TSO6 | NET_F_GUEST_ECN)

enum {
	NET_MAX_PAIRS = NET_MAX_QUEUES,
	NET_RX_BUFFERS = 64, /* that one frame may take */
	NET_MAC_TABLE = 64,

	/* receive modes, by the number of the command */
	NET_RX_PROMISC = 0,
	NET_RX_ALLMULTI = 1,
	NET_RX_ALLUNI = 2,
	NET_RX_NOMULTI = 3,
	NET_RX_NOUNI = 4,
	NET_RX_NOBCAST = 5,
	NET_RX_MODES = 6,

	NET_STATUS_LINK_UP = 1,
	NET_STATUS_ANNOUNCE = 2,
};

struct virtio_net_state {
	struct virtio_state virtio;
	u8 mac[6];
	u8 modes[NET_RX_MODES];
	u16 pairs;		 /* in use */
	u8 announce, all_tables; /* the table overflowed: 1 unicast, 2 groups */
	u64 offloads;		 /* of NET_F_GUEST_OFFLOADS, now */
	u32 nr_unicast, nr_groups;
	u8 unicast[NET_MAC_TABLE][6], groups[NET_MAC_TABLE][6];
	u8 vlans[512]; /* bits */
};

/* Receive queue of a pair; under its virtqueue's lock. */
struct virtio_net_rx {
	struct virtqueue_element el[NET_RX_BUFFERS];
	bool receiving;
	bool starved; /* the driver is asked to notify when there are buffers */
};

struct virtio_net {
	struct virtio_plug p;
	struct virtio_device v;
	struct net_backend *net;
	u8 mac[6];
	u32 rx_size, tx_size, mtu, speed;
	const char *duplex; /* NULL: unknown */
	bool ufo;
	u32 pairs; /* that there may be */
	bool mq;
	bool csum, guest_csum, host_tso4, host_tso6, host_ecn, guest_tso4, guest_tso6, guest_ecn;
	bool mrg_rxbuf, status, ctrl_vq, ctrl_rx, ctrl_rx_extra, ctrl_vlan, ctrl_mac, ctrl_offloads,
		announce;
	bool announced; /* the driver was told to, since the vm runs */
	struct virtqueue_element tx_el, ctrl_el;
	struct virtio_net_rx rx[NET_MAX_PAIRS];
	struct virtio_net_state state;
};

/* Number of the pair's queues. */
static inline u32 virtio_net_rxq(u32 pair)
{
	return 2 * pair;
}

static inline u32 virtio_net_txq(u32 pair)
{
	return 2 * pair + 1;
}

/* Behind the queues that the driver knows of. */
static inline u32 virtio_net_ctrlq(const struct virtio_net *d)
{
	return virtio_has(&d->v, NET_F_MQ) ? 2 * d->pairs : 2;
}

/* --- virtio_net_ctrl.c --- */
/* The driver's commands; on the device's thread. */
void virtio_net_commands(struct virtio_net *d);
/* Is the frame for this card? */
bool virtio_net_wanted(const struct virtio_net *d, const u8 *frame, size_t len);
/* As after power-on, or after the driver agreed on features. */
void virtio_net_reset_filter(struct virtio_net *d);
void virtio_net_start(struct virtio_net *d);
/* The network learns what the driver takes undone. */
void virtio_net_offer(struct virtio_net *d);

extern const struct state_table virtio_net_table;

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of the Intel network card; names are the manual's. */
#ifndef DEVICE_E1000_PRIVATE_H
#define DEVICE_E1000_PRIVATE_H

#include "bus/pci.h"
#include "host/net.h"

enum e1000_register {
	R_CTRL = 0x0000,
	R_STATUS = 0x0008,
	R_EECD = 0x0010,
	R_EERD = 0x0014,
	R_MDIC = 0x0020,
	R_VET = 0x0038,
	R_ICR = 0x00c0,
	R_ITR = 0x00c4,
	R_ICS = 0x00c8,
	R_IMS = 0x00d0,
	R_IMC = 0x00d8,
	R_RCTL = 0x0100,
	R_TCTL = 0x0400,
	R_PBA = 0x1000,
	R_RDBAL = 0x2800,
	R_RDBAH = 0x2804,
	R_RDLEN = 0x2808,
	R_RDH = 0x2810,
	R_RDT = 0x2818,
	R_TDBAL = 0x3800,
	R_TDBAH = 0x3804,
	R_TDLEN = 0x3808,
	R_TDH = 0x3810,
	R_TDT = 0x3818,
	R_STATS = 0x4000, /* cleared when read, to … */
	R_MPC = 0x4010,
	R_GPRC = 0x4074,
	R_GPTC = 0x4080,
	R_TPR = 0x40d0,
	R_TPT = 0x40d4,
	R_STATS_END = 0x4100,
	R_MTA = 0x5200,
	R_RAL = 0x5400,
	R_RAH = 0x5404,
	R_VFTA = 0x5600,
	R_END = 0x6000, /* nothing behind is kept */
};

enum {
	CTRL_SLU = 1 << 6,
	CTRL_RST = 1 << 26,
	CTRL_VME = 1 << 30,
	ICR_TXDW = 1 << 0,
	ICR_TXQE = 1 << 1,
	ICR_LSC = 1 << 2,
	ICR_RXDMT0 = 1 << 4,
	ICR_RXO = 1 << 6,
	ICR_RXT0 = 1 << 7,
	ICR_MDAC = 1 << 9,
	TCTL_EN = 1 << 1,

	E1000_TX_BYTES = 65536 + 512, /* of a frame that is not cut yet */
	E1000_PHY_REGISTERS = 32,
	E1000_EEPROM_WORDS = 64,
	E1000_DESCRIPTOR = 16,
	E1000_MIN_FRAME = 60,
};

/* What a context descriptor says. */
struct e1000_context {
	u32 ip_start, ip_offset, ip_end;
	u32 tu_start, tu_offset, tu_end; /* TCP or UDP */
	u32 payload, header, mss;
	u32 command;
};

/* Saved. */
struct e1000_state {
	u32 regs[R_END / 4];
	u16 phy[E1000_PHY_REGISTERS];
	u16 eeprom[E1000_EEPROM_WORDS];
	u32 eeprom_clock, eeprom_in; /* bits since selected, and those that came */
	/* A frame of which descriptors have come but not the last. */
	struct e1000_context context;
	u32 tx_len, tx_options, tx_segment, tx_vlan; /* vlan: tag | 1 << 16 */
	u8 tx[E1000_TX_BYTES];
};

struct e1000 {
	struct pci_device pci;
	struct net_backend *net;
	u8 mac[6];
	struct os_mutex lock; /* over the state but the frame, which is the sender's */
	bool sending, running;
	u32 resets; /* a sender that sees another number than it began with stops */
	struct e1000_state state;
	u8 frame[NET_FRAME_MAX]; /* the sender's */
};

static inline u32 *e1000_reg(struct e1000 *d, u32 offset)
{
	return &d->state.regs[offset / 4];
}

/* Under the lock. */
void e1000_interrupt(struct e1000 *d, u32 cause);
/* After TDT or TCTL was written, without the lock: sends what there is. */
void e1000_transmit(struct e1000 *d);
/* net_receive_fn */
bool e1000_receive(void *opaque, u32 queue, const struct net_offload *o, const u8 *frame,
		   size_t len);

#endif

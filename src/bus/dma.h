/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a device sees of memory. A view turns the addresses that a device was given into guest real
 * addresses, or refuses them; everything that a device reads and writes goes through one. Views of
 * PCI functions go through the windows of their partitionable endpoint (bus/pe.h), those of virtual
 * I/O devices through their TCE table (bus/tce.h), others are real addresses.
 *
 * Any thread, any time, no lock. Addresses and lengths are hostile. A transfer that fails may have
 * moved a part, as on a real bus.
 */
#ifndef BUS_DMA_H
#define BUS_DMA_H

#include "base/types.h"

struct vm;
struct dma_view;

struct dma_ops {
	/* 0, or -EFAULT after whatever the fault means to the device (a frozen endpoint). *len is
	 * at least 1 and is cut to what is contiguous from *gpa on. */
	int (*translate)(struct dma_view *v, u64 addr, bool write, u64 *gpa, u64 *len);
};

struct dma_view {
	struct vm *vm;
	const struct dma_ops *ops;
};

/* Addresses are guest real addresses. */
void dma_view_init_real(struct dma_view *v, struct vm *vm);

/* 0 or -EFAULT. */
int dma_read(struct dma_view *v, u64 addr, void *buf, u64 len);
int dma_write(struct dma_view *v, u64 addr, const void *buf, u64 len);
int dma_fill(struct dma_view *v, u64 addr, u8 byte, u64 len);

/* Host address of the first *len bytes (cut to what is contiguous in the host) or NULL. Stays
 * valid; when the translation goes meanwhile, so be it. Who wrote through it tells dma_unmap(). */
void *dma_map(struct dma_view *v, u64 addr, u64 *len, bool write);
void dma_unmap(struct dma_view *v, void *p, u64 len, bool written);

/* Single values of a stated byte order; aligned ones are atomic towards running vCPUs (relaxed). */
#define DMA_ACCESSORS(bits)                                                                        \
	int dma_ld##bits##_le(struct dma_view *v, u64 addr, u##bits *value);                       \
	int dma_ld##bits##_be(struct dma_view *v, u64 addr, u##bits *value);                       \
	int dma_st##bits##_le(struct dma_view *v, u64 addr, u##bits value);                        \
	int dma_st##bits##_be(struct dma_view *v, u64 addr, u##bits value);
DMA_ACCESSORS(16)
DMA_ACCESSORS(32)
DMA_ACCESSORS(64)
#undef DMA_ACCESSORS

#endif

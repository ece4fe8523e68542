// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The registers of virtio before 1.0 (virtio 1.2, 4.1.4.10), an IO range of a transitional device.
 * Its driver's byte order is that of the processor which drives it. Locks as in virtio_pci.c.
 */
#include "device/virtio_pci.h"

#include "device/virtio_pci_private.h"

enum {
	BAR_LEGACY = 0,
	LEGACY_CONFIG = 0x14,
	LEGACY_CONFIG_MSIX = 0x18,
	LEGACY_PAGE = 4096,
};

static u32 legacy_config(const struct virtio_pci *p)
{
	return pci_msix_enabled(&p->pci) ? LEGACY_CONFIG_MSIX : LEGACY_CONFIG;
}

static u64 legacy_load(struct virtio_pci *p, u64 offset)
{
	struct virtio_device *v = p->v;
	const struct virtqueue_state *q = virtio_selected(v);

	switch (offset) {
	case 0x00:
		return virtio_offered(v, true);
	case 0x04:
		return v->s->features & 0xffffffff;
	case 0x08:
		return q && q->enabled ? q->desc / LEGACY_PAGE : 0;
	case 0x0c:
		return q ? q->size : 0;
	case 0x0e:
		return v->s->queue_sel;
	case 0x12:
		return v->s->status;
	case 0x13:
		return virtio_isr(v, 0, 0xff);
	case 0x14:
		return v->s->config_vector;
	case 0x16:
		return q ? q->vector : VIRTQUEUE_NO_VECTOR;
	default:
		return 0;
	}
}

static void legacy_store(struct virtio_pci *p, u32 vcpu, u64 offset, u32 value)
{
	struct virtio_device *v = p->v;
	struct virtqueue_state *q = virtio_selected(v);

	switch (offset) {
	case 0x04:
		virtio_set_features(v, value & virtio_offered(v, true));
		break;
	case 0x08:
		virtio_queue_place(v, (u64)value * LEGACY_PAGE, LEGACY_PAGE);
		break;
	case 0x0e:
		v->s->queue_sel = (u16)value;
		break;
	case 0x12:
		virtio_set_status(v, (u8)value);
		if (value == VIRTIO_STATUS_ACKNOWLEDGE)
			virtio_set_byte_order(v, virtio_big_endian(v, vcpu));
		break;
	case 0x14:
		v->s->config_vector = virtio_pci_check_vector(p, value);
		break;
	case 0x16:
		if (q)
			q->vector = virtio_pci_check_vector(p, value);
		break;
	}
}

static u64 legacy_read(void *opaque, u32 vcpu, u64 offset, u32 size)
{
	struct virtio_pci *p = opaque;
	u32 config = legacy_config(p);
	u64 value;

	os_mutex_lock(&p->v->lock);
	value = offset >= config ? virtio_config_load(p->v, (u32)offset - config, size)
				 : legacy_load(p, offset);
	os_mutex_unlock(&p->v->lock);
	return size == 4 ? value & 0xffffffff : value & ((1ull << 8 * size) - 1);
}

static void legacy_write(void *opaque, u32 vcpu, u64 offset, u32 size, u64 value)
{
	struct virtio_pci *p = opaque;
	u32 config = legacy_config(p);

	if (offset == 0x10) {
		virtio_kick(p->v, (u32)value);
		return;
	}
	os_mutex_lock(&p->v->lock);
	if (offset >= config)
		virtio_config_store(p->v, (u32)offset - config, size, value);
	else
		legacy_store(p, vcpu, offset, (u32)value);
	os_mutex_unlock(&p->v->lock);
}

static const struct mmio_ops legacy_ops = {1, 4, VIRTIO_PCI_FLAGS, legacy_read, legacy_write};

void virtio_pci_add_legacy(struct virtio_pci *p)
{
	u64 size = 32;

	while (size < LEGACY_CONFIG_MSIX + p->v->config_len)
		size *= 2;
	pci_add_bar(&p->pci, BAR_LEGACY, size, PCI_BAR_IO, &legacy_ops, p);
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Virtio over PCI (virtio 1.2, 4.1). BAR 4 has the modern structures, BAR 0 the legacy registers of
 * a transitional device (virtio_pci_legacy.c), BAR 1 MSI-X: where qemu has them.
 *
 * All registers are served without the machine's lock, under the device's own; doorbells without
 * any. INTx's level follows the ISR.
 */
#include "device/virtio_pci.h"

#include <errno.h>
#include <string.h>

#include "base/endian.h"
#include "bus/pci_regs.h"
#include "device/virtio_pci_private.h"

enum {
	VENDOR = 0x1af4,
	TRANSITIONAL_IDS = 0x1000,
	MODERN_IDS = 0x1040,
	MODERN_SUBSYSTEM = 0x1100,

	BAR_MSIX = 1,
	BAR_MODERN = 4,

	COMMON = 0,
	ISR = 0x1000,
	DEVICE = 0x2000,
	NOTIFY = 0x3000,
	STRUCTURE = 0x1000,
	NOTIFY_STEP = 4,
	PAGE_STEP = 0x1000,

	CAP_VENDOR = 9,
	CAP_COMMON = 1,
	CAP_NOTIFY = 2,
	CAP_ISR = 3,
	CAP_DEVICE = 4,
	CAP_ACCESS = 5,
	CAP_BYTES = 16,

	ATS_BYTES = 8,
	ATS_ALIGNED = 1 << 5,
	ATS_CONTROL = 0x801f, /* enable, smallest unit */
};

static struct virtio_pci *of_device(const struct virtio_device *v)
{
	return v->transport_data;
}

/* --- interrupts, DMA --- */
static void interrupt(struct virtio_device *v, u16 vector, u8 isr)
{
	struct virtio_pci *p = of_device(v);

	if (!pci_msix_enabled(&p->pci))
		virtio_isr(v, isr, 0);
	else if (vector < p->vectors)
		pci_msix_notify(&p->pci, vector);
}

static void line(struct virtio_device *v, bool level)
{
	pci_intx(&of_device(v)->pci, level);
}

static struct dma_view *view(struct virtio_device *v, bool platform)
{
	struct virtio_pci *p = of_device(v);

	return platform ? &p->pci.dma : &p->pci.real;
}

static bool alive(struct virtio_device *v)
{
	struct virtio_pci *p = of_device(v);

	return !p->pausing && pci_is_master(&p->pci) && !pci_frozen(&p->pci);
}

static const struct virtio_transport_ops transport = {interrupt, line, view, alive};

u16 virtio_pci_check_vector(const struct virtio_pci *p, u64 value)
{
	return value < p->vectors ? (u16)value : VIRTQUEUE_NO_VECTOR;
}

/* --- common configuration (4.1.4.3) --- */
static u32 queue_load(const struct virtio_device *v, const struct virtqueue_state *q, u64 offset)
{
	switch (offset) {
	case 0x18:
		return q->size;
	case 0x1a:
		return q->vector;
	case 0x1c:
		return q->enabled;
	case 0x1e:
		return v->s->queue_sel;
	case 0x20:
		return (u32)q->desc;
	case 0x24:
		return (u32)(q->desc >> 32);
	case 0x28:
		return (u32)q->driver;
	case 0x2c:
		return (u32)(q->driver >> 32);
	case 0x30:
		return (u32)q->device;
	case 0x34:
		return (u32)(q->device >> 32);
	default:
		return 0;
	}
}

static u64 common_load(struct virtio_device *v, u64 offset)
{
	const struct virtio_state *s = v->s;
	const struct virtqueue_state *q;

	switch (offset) {
	case 0x00:
		return s->device_feature_sel;
	case 0x04:
		return virtio_features_load(v, false);
	case 0x08:
		return s->driver_feature_sel;
	case 0x0c:
		return s->driver_feature_sel > 1 ? 0
						 : (u32)(s->features >> 32 * s->driver_feature_sel);
	case 0x10:
		return s->config_vector;
	case 0x12:
		return v->nr_queues;
	case 0x14:
		return s->status;
	case 0x15:
		return s->generation;
	case 0x16:
		return s->queue_sel;
	default:
		q = virtio_selected(v);
		return q ? queue_load(v, q, offset) : 0;
	}
}

static void queue_store(struct virtio_pci *p, struct virtqueue_state *q, u64 offset, u32 value)
{
	struct virtio_device *v = p->v;

	if (offset == 0x1a) {
		q->vector = virtio_pci_check_vector(p, value);
		return;
	}
	if (offset == 0x3a) {
		if (value == 1 && virtio_has(v, VIRTIO_F_RING_RESET))
			virtio_reset_queue(v, v->s->queue_sel);
		return;
	}
	switch (offset) {
	case 0x18:
		virtio_queue_set_size(v, value);
		break;
	case 0x1c:
		if (value == 1)
			virtio_queue_enable(v);
		break;
	case 0x20:
	case 0x24:
		virtio_queue_set_address(v, VIRTIO_DESC, offset & 4, value);
		break;
	case 0x28:
	case 0x2c:
		virtio_queue_set_address(v, VIRTIO_DRIVER_AREA, offset & 4, value);
		break;
	case 0x30:
	case 0x34:
		virtio_queue_set_address(v, VIRTIO_DEVICE_AREA, offset & 4, value);
		break;
	}
}

static void common_store(struct virtio_pci *p, u64 offset, u32 value)
{
	struct virtio_device *v = p->v;
	struct virtio_state *s = v->s;
	struct virtqueue_state *q;

	switch (offset) {
	case 0x00:
		s->device_feature_sel = value;
		break;
	case 0x08:
		s->driver_feature_sel = value;
		break;
	case 0x0c:
		virtio_features_store(v, false, value);
		break;
	case 0x10:
		s->config_vector = virtio_pci_check_vector(p, value);
		break;
	case 0x14:
		virtio_set_status(v, (u8)value);
		break;
	case 0x16:
		s->queue_sel = (u16)value;
		break;
	default:
		q = virtio_selected(v);
		if (q)
			queue_store(p, q, offset, value);
	}
}

static u64 common_read(void *opaque, u32 vcpu, u64 offset, u32 size)
{
	struct virtio_device *v = ((struct virtio_pci *)opaque)->v;
	u64 value;

	os_mutex_lock(&v->lock);
	value = common_load(v, offset);
	os_mutex_unlock(&v->lock);
	return size == 4 ? value : value & ((1ull << 8 * size) - 1);
}

static void common_write(void *opaque, u32 vcpu, u64 offset, u32 size, u64 value)
{
	struct virtio_pci *p = opaque;

	os_mutex_lock(&p->v->lock);
	common_store(p, offset, (u32)value);
	os_mutex_unlock(&p->v->lock);
}

/* --- ISR, device configuration, doorbells --- */
static u64 isr_read(void *opaque, u32 vcpu, u64 offset, u32 size)
{
	return offset ? 0 : virtio_isr(((struct virtio_pci *)opaque)->v, 0, 0xff);
}

static void isr_write(void *opaque, u32 vcpu, u64 offset, u32 size, u64 value)
{
}

static u64 device_read(void *opaque, u32 vcpu, u64 offset, u32 size)
{
	struct virtio_device *v = ((struct virtio_pci *)opaque)->v;
	u64 value;

	os_mutex_lock(&v->lock);
	value = virtio_config_load(v, (u32)offset, size);
	os_mutex_unlock(&v->lock);
	return value;
}

static void device_write(void *opaque, u32 vcpu, u64 offset, u32 size, u64 value)
{
	struct virtio_device *v = ((struct virtio_pci *)opaque)->v;

	os_mutex_lock(&v->lock);
	virtio_config_store(v, (u32)offset, size, value);
	os_mutex_unlock(&v->lock);
}

static u64 notify_read(void *opaque, u32 vcpu, u64 offset, u32 size)
{
	return 0;
}

static void notify_write(void *opaque, u32 vcpu, u64 offset, u32 size, u64 value)
{
	struct virtio_pci *p = opaque;

	virtio_kick(p->v, (u32)(offset / (p->page_per_vq ? PAGE_STEP : NOTIFY_STEP)));
}

static const struct mmio_ops common_ops = {1, 4, VIRTIO_PCI_FLAGS, common_read, common_write};
static const struct mmio_ops isr_ops = {1, 4, VIRTIO_PCI_FLAGS, isr_read, isr_write};
static const struct mmio_ops device_ops = {1, 4, VIRTIO_PCI_FLAGS, device_read, device_write};
static const struct mmio_ops notify_ops = {1, 4, VIRTIO_PCI_FLAGS, notify_read, notify_write};

/* --- access by configuration space (4.1.4.9) --- */
static const struct mmio_ops *modern_at(u32 *offset)
{
	static const struct mmio_ops *const parts[] = {&common_ops, &isr_ops, &device_ops};
	u32 part = *offset / STRUCTURE;

	*offset -= part < 3 ? part * STRUCTURE : NOTIFY;
	return part < 3 ? parts[part] : &notify_ops;
}

/* Length if the registers name a possible access, or 0. */
static u32 access_window(const struct virtio_pci *p, u32 *offset)
{
	const u8 *cap = p->pci.config + p->access_cap;
	u32 len = ld_le32(cap + 12);

	*offset = ld_le32(cap + 8);
	if (cap[4] != BAR_MODERN || (len != 1 && len != 2 && len != 4) || *offset % len ||
	    *offset >= p->pci.bars[BAR_MODERN].size)
		return 0;
	return len;
}

static void config_reading(struct pci_device *d, u32 offset, u32 len)
{
	struct virtio_pci *p = container_of(d, struct virtio_pci, pci);
	u32 data = p->access_cap + CAP_BYTES, at, n;

	if (!p->access_cap || offset + len <= data || offset >= data + 4)
		return;
	n = access_window(p, &at);
	if (n) {
		const struct mmio_ops *ops = modern_at(&at);

		st_le32(d->config + data, (u32)ops->read(p, 0, at, n));
	}
}

/*
 * Firmware turns bus mastering off and on under a running driver (SLOF does with every open of a
 * disk's node), when no request is under way. The device's thread may still be at the ring's flags
 * then: it must be out of them before its accesses fail, and what was notified meanwhile waits.
 */
static void config_writing(struct pci_device *d, u32 offset, u32 len)
{
	struct virtio_pci *p = container_of(d, struct virtio_pci, pci);

	if (offset > PCI_COMMAND || offset + len <= PCI_COMMAND)
		return;
	p->pausing = true;
	virtio_settle(p->v);
}

static void config_written(struct pci_device *d, u32 offset, u32 len)
{
	struct virtio_pci *p = container_of(d, struct virtio_pci, pci);
	u32 data = p->access_cap + CAP_BYTES, at, n;

	if (p->pausing) {
		p->pausing = false;
		virtio_resume(p->v);
	}
	if (!p->access_cap || offset + len <= data || offset >= data + 4)
		return;
	n = access_window(p, &at);
	if (n) {
		const struct mmio_ops *ops = modern_at(&at);
		u32 value = ld_le32(d->config + data);

		ops->write(p, 0, at, n, n == 4 ? value : value & ((1u << 8 * n) - 1));
	}
}

static const struct pci_ops pci_ops = {config_reading, config_writing, config_written};

/* --- building --- */
static u32 add_cap(struct virtio_pci *p, u8 type, u32 offset, u32 len, u32 extra)
{
	u32 at = pci_add_capability(&p->pci, CAP_VENDOR, CAP_BYTES + extra);
	u8 *cap = p->pci.config + at;

	cap[2] = (u8)(CAP_BYTES + extra);
	cap[3] = type;
	cap[4] = BAR_MODERN;
	st_le32(cap + 8, offset);
	st_le32(cap + 12, len);
	return at;
}

static void add_modern(struct virtio_pci *p)
{
	u32 step = p->page_per_vq ? PAGE_STEP : NOTIFY_STEP;
	u32 doorbells = step * VIRTIO_MAX_QUEUES, at;
	u64 size = 0x4000;

	if (doorbells < STRUCTURE)
		doorbells = STRUCTURE;
	while (size < NOTIFY + doorbells)
		size *= 2;
	pci_add_bar(&p->pci, BAR_MODERN, size, PCI_BAR_MEM64 | PCI_BAR_PREFETCH, NULL, NULL);
	pci_add_region(&p->pci, BAR_MODERN, COMMON, STRUCTURE, &common_ops, p);
	pci_add_region(&p->pci, BAR_MODERN, ISR, STRUCTURE, &isr_ops, p);
	pci_add_region(&p->pci, BAR_MODERN, DEVICE, STRUCTURE, &device_ops, p);
	pci_add_region(&p->pci, BAR_MODERN, NOTIFY, doorbells, &notify_ops, p);
	add_cap(p, CAP_COMMON, COMMON, STRUCTURE, 0);
	add_cap(p, CAP_ISR, ISR, STRUCTURE, 0);
	if (p->v->config_len)
		add_cap(p, CAP_DEVICE, DEVICE, STRUCTURE, 0);
	at = add_cap(p, CAP_NOTIFY, NOTIFY, doorbells, 4);
	st_le32(p->pci.config + at + CAP_BYTES, step);
	p->access_cap = at = add_cap(p, CAP_ACCESS, 0, 0, 4);
	p->pci.config[at + 4] = 0;
	p->pci.wmask[at + 4] = 0xff;
	memset(p->pci.wmask + at + 8, 0xff, CAP_BYTES - 8 + 4);
}

static void set_ids(struct virtio_pci *p, const struct virtio_ops *ops)
{
	static const u16 transitional[] = {
		[VIRTIO_ID_NET] = 0,	 [VIRTIO_ID_BLOCK] = 1, [VIRTIO_ID_BALLOON] = 2,
		[VIRTIO_ID_CONSOLE] = 3, [VIRTIO_ID_SCSI] = 4,	[VIRTIO_ID_RNG] = 5,
		[VIRTIO_ID_9P] = 9,
	};
	struct pci_ids ids = {
		.vendor = VENDOR,
		.device = (u16)(MODERN_IDS + ops->id),
		.subsystem_vendor = VENDOR,
		.subsystem = MODERN_SUBSYSTEM,
		.class_code = ops->class_code,
		.revision = 1,
	};

	if (p->legacy) {
		ids.device = (u16)(TRANSITIONAL_IDS + transitional[ops->id]);
		ids.subsystem = (u16)ops->id;
		ids.revision = 0;
	}
	pci_set_ids(&p->pci, &ids);
}

/* With ATS (PCI Express ATS 1.1, 5.1) a guest may let the function keep translations; it keeps
 * none.
 */
static void add_express(struct virtio_pci *p)
{
	u32 at;

	pci_add_express(&p->pci);
	if (!p->ats)
		return;
	at = pci_add_extended(&p->pci, PCI_EXT_CAP_ATS, 1, ATS_BYTES);
	st_le16(p->pci.config + at + 4, ATS_ALIGNED);
	st_le16(p->pci.wmask + at + 6, ATS_CONTROL);
}

static int choose(struct virtio_pci *p, bool modern_only, struct error *e)
{
	if (modern_only && (p->disable_legacy == DEVICE_OFF || p->disable_modern))
		return error_set(e, -EINVAL, "%s: there is no legacy interface",
				 p->pci.dev.cls->name);
	/* Legacy drivers know nothing of the platform's windows or packed rings. */
	if (p->disable_legacy == DEVICE_AUTO)
		p->legacy = p->disable_modern ||
			    (!modern_only && !p->props.iommu_platform && !pci_behind_port(&p->pci));
	else
		p->legacy = p->disable_legacy == DEVICE_OFF;
	p->modern = !p->disable_modern;
	if (!p->legacy && !p->modern)
		return error_set(e, -EINVAL, "%s has no interface at all", p->pci.dev.cls->name);
	if (p->props.iommu_platform && p->legacy)
		return error_set(e, -EINVAL, "%s: iommu_platform=on needs disable-legacy=on",
				 p->pci.dev.cls->name);
	return 0;
}

int virtio_pci_realize(struct virtio_pci *p, struct virtio_device *v, struct virtio_init *init,
		       struct error *e)
{
	int err = choose(p, init->modern_only, e);

	if (err)
		return err;
	if (p->vectors == ~0u)
		p->vectors = init->vectors ? init->vectors : init->nr_queues + 1;
	if (p->vectors > PCI_MSIX_MAX)
		return error_set(e, -EINVAL, "%s: vectors is at most %d", p->pci.dev.cls->name,
				 PCI_MSIX_MAX);
	init->vm = p->pci.dev.vm;
	init->name = p->pci.dev.id ? p->pci.dev.id : p->pci.dev.cls->name;
	init->transport = &transport;
	init->transport_data = p;
	init->props = &p->props;
	p->v = v;
	p->pci.ops = &pci_ops;
	set_ids(p, init->ops);
	err = virtio_init(v, init, e);
	if (err)
		return err;
	if (!p->modern)
		v->host_features &= ~VIRTIO_F_VERSION_1;
	if (p->legacy)
		virtio_pci_add_legacy(p);
	if (p->modern)
		add_modern(p);
	if (p->vectors) {
		pci_add_bar(&p->pci, BAR_MSIX, PCI_MSIX_BYTES, PCI_BAR_MEM, NULL, NULL);
		pci_add_msix(&p->pci, BAR_MSIX, 0, p->vectors);
	}
	if (pci_behind_port(&p->pci))
		add_express(p);
	err = pci_attach(&p->pci, e);
	if (err)
		virtio_destroy(v);
	return err;
}

void virtio_pci_unrealize(struct virtio_pci *p)
{
	pci_detach(&p->pci);
	virtio_destroy(p->v);
}

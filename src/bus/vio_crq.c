// SPDX-License-Identifier: GPL-2.0-or-later
/* DMA windows and command/response queues of virtual I/O devices; see vio.h. Hypercalls: LoPAPR
 * 17.2.3.1; ibm,set-tce-bypass and quiesce are QEMU's, for firmware. */
#include "bus/vio_private.h"

#include <errno.h>
#include <stdatomic.h>

#include "base/endian.h"
#include "base/string.h"
#include "isa/papr.h"

enum {
	PAGE = 4096,
	PAGE_SHIFT = 12,
	CRQ_VALID = 0x80,
	SIGNAL_ON = 1,
};

static const struct state_field vio_fields[] = {
	STATE_FIELD(struct vio_state, queue, STATE_U64),
	STATE_FIELD(struct vio_state, queue_size, STATE_U64),
	STATE_FIELD(struct vio_state, queue_at, STATE_U32),
	STATE_FIELD(struct vio_state, bypass, STATE_U32),
	STATE_FIELD(struct vio_state, signal, STATE_U32),
	STATE_FIELD(struct vio_state, pad, STATE_DERIVED),
};

static int vio_post_load(void *obj, struct error *e)
{
	struct vio_state *s = obj;

	if (s->queue_size % PAGE || s->queue_at % VIO_CRQ_ENTRY ||
	    (s->queue_size ? s->queue_at >= s->queue_size : s->queue_at))
		return error_set(e, -EINVAL, "the saved queue of a virtual I/O device is damaged");
	return 0;
}

const struct state_table vio_state_table = {
	.name = "vio",
	.size = sizeof(struct vio_state),
	.nr_fields = ARRAY_SIZE(vio_fields),
	.fields = vio_fields,
	.post_load = vio_post_load,
};

/* --- the window --- */
static int window_translate(struct dma_view *v, u64 addr, bool write, u64 *gpa, u64 *len)
{
	struct vio_device *d = container_of(v, struct vio_device, dma);

	if (!d->vio->bypass)
		return tce_translate(&d->tce, addr, write, gpa, len);
	*gpa = addr;
	return 0;
}

static const struct dma_ops window_ops = {.translate = window_translate};

int vio_add_window(struct vio_device *d, struct vio_state *state, struct error *e)
{
	int err = tce_table_init(&d->tce, d->bus->tce, d->unit, VIO_WINDOW_SIZE >> PAGE_SHIFT, e);

	if (err)
		return err;
	os_mutex_init(&d->queue_lock);
	d->dma = (struct dma_view){d->bus->vm, &window_ops};
	d->vio = state;
	return 0;
}

void vio_remove_window(struct vio_device *d)
{
	if (!d->vio)
		return;
	tce_table_destroy(&d->tce, d->bus->tce);
	os_mutex_destroy(&d->queue_lock);
	d->vio = NULL;
}

static void forget_queue(struct vio_device *d)
{
	os_mutex_lock(&d->queue_lock);
	d->vio->queue = d->vio->queue_size = 0;
	d->vio->queue_at = 0;
	d->vio->signal = 0;
	os_mutex_unlock(&d->queue_lock);
}

void vio_reset_window(struct vio_device *d)
{
	forget_queue(d);
	d->vio->bypass = 0;
	d->vio->pad = 0;
	tce_table_open(&d->tce, 0, PAGE_SHIFT, VIO_WINDOW_SIZE >> PAGE_SHIFT);
}

/* --- the queue --- */
int vio_crq_post(struct vio_device *d, const u8 *entry)
{
	struct vio_state *s = d->vio;
	int err = -ENOTCONN;
	bool signal = false;
	u8 used;
	u64 at;

	os_mutex_lock(&d->queue_lock);
	if (s->queue_size) {
		at = s->queue + s->queue_at;
		err = dma_read(&d->dma, at, &used, 1);
		if (!err && used)
			err = -EBUSY;
		/* the guest polls the first half */
		if (!err)
			err = dma_write(&d->dma, at + 8, entry + 8, 8);
		atomic_thread_fence(memory_order_release);
		if (!err)
			err = dma_st64_be(&d->dma, at, ld_be64(entry));
		if (!err)
			s->queue_at = (u32)((s->queue_at + VIO_CRQ_ENTRY) % s->queue_size);
		signal = s->signal & SIGNAL_ON;
	}
	os_mutex_unlock(&d->queue_lock);
	if (!err && signal)
		irq_set(&d->irq, true);
	return err;
}

static struct vio_device *with_queue(struct vio_bus *bus, u64 unit)
{
	struct vio_device *d = vio_find_unit(bus, unit);

	return d && d->vio && d->ops->receive ? d : NULL;
}

/* Unit, bus address, bytes. */
static s64 h_reg_crq(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	struct vio_device *d = with_queue(opaque, args[0]);
	u64 queue = args[1], size = args[2];
	s64 ret = H_SUCCESS;

	if (!d || !size || ((queue | size) & (PAGE - 1)) || size > VIO_WINDOW_SIZE)
		return H_PARAMETER;
	if (!d->vio->bypass && (!tce_covers(&d->tce, queue) || size > VIO_WINDOW_SIZE - queue))
		return H_PARAMETER;
	os_mutex_lock(&d->queue_lock);
	if (d->vio->queue_size) {
		ret = H_RESOURCE;
	} else {
		d->vio->queue = queue;
		d->vio->queue_size = size;
		d->vio->queue_at = 0;
	}
	os_mutex_unlock(&d->queue_lock);
	return ret;
}

static s64 h_free_crq(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	struct vio_device *d = with_queue(opaque, args[0]);

	if (!d)
		return H_PARAMETER;
	d->ops->disconnect(d);
	forget_queue(d);
	return H_SUCCESS;
}

static s64 h_enable_crq(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	return with_queue(opaque, args[0]) ? H_SUCCESS : H_PARAMETER;
}

static s64 h_send_crq(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	struct vio_device *d = with_queue(opaque, args[0]);
	u8 entry[VIO_CRQ_ENTRY];

	if (!d)
		return H_PARAMETER;
	if (!d->vio->queue_size)
		return H_CLOSED;
	st_be64(entry, args[1]);
	st_be64(entry + 8, args[2]);
	return entry[0] & CRQ_VALID ? d->ops->receive(d, entry) : H_PARAMETER;
}

static s64 h_vio_signal(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	struct vio_device *d = vio_find_unit(opaque, args[0]);

	if (!d || !d->vio || args[1] > SIGNAL_ON)
		return H_PARAMETER;
	os_mutex_lock(&d->queue_lock);
	d->vio->signal = (u32)args[1];
	os_mutex_unlock(&d->queue_lock);
	return H_SUCCESS;
}

/* --- RTAS, for firmware --- */
static void rtas_set_tce_bypass(void *opaque, struct vcpu *vcpu, const u32 *args, u32 *rets)
{
	struct vio_device *d = vio_find_unit(opaque, args[0]);

	if (d && d->vio)
		d->vio->bypass = !!args[1];
	else
		rets[0] = (u32)RTAS_PARAMETER;
}

/* Firmware is done: devices forget it. */
static void rtas_quiesce(void *opaque, struct vcpu *vcpu, const u32 *args, u32 *rets)
{
	struct vio_bus *bus = opaque;

	for (u32 i = 0; i < bus->count; i++) {
		struct vio_device *d = bus->devices[i];

		if (!d->vio)
			continue;
		if (d->ops->disconnect)
			d->ops->disconnect(d);
		vio_reset_window(d);
	}
}

void vio_register_crq(struct vio_bus *bus)
{
	struct vm *vm = bus->vm;

	hcall_register(vm, H_REG_CRQ, "H_REG_CRQ", h_reg_crq, bus, 0);
	hcall_register(vm, H_FREE_CRQ, "H_FREE_CRQ", h_free_crq, bus, 0);
	hcall_register(vm, H_SEND_CRQ, "H_SEND_CRQ", h_send_crq, bus, 0);
	hcall_register(vm, H_ENABLE_CRQ, "H_ENABLE_CRQ", h_enable_crq, bus, 0);
	hcall_register(vm, H_VIO_SIGNAL, "H_VIO_SIGNAL", h_vio_signal, bus, 0);
	rtas_register(vm, "ibm,set-tce-bypass", 2, 0, rtas_set_tce_bypass, bus);
	rtas_register(vm, "quiesce", 0, 0, rtas_quiesce, bus);
}

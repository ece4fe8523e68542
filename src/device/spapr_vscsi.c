// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The virtual SCSI adapter "IBM,v-scsi" (LoPAPR 1.1, 17.2.4 and appendix on VSCSI): information
 * units of the SCSI RDMA protocol (SRP, T10 revision 16a) and management datagrams come by the
 * command queue, which names their place in the guest's window; the answer goes to the same place.
 *
 * Requests start under the machine's lock, in H_SEND_CRQ, and end on any thread: `lock` is the leaf
 * that guards the table of requests.
 */
#include "device/spapr_vscsi.h"

#include <errno.h>
#include <libfdt.h>

#include "base/endian.h"
#include "base/log.h"
#include "base/string.h"
#include "bus/vio.h"
#include "device/scsi.h"
#include "isa/papr.h"

enum {
	MAX_REQUESTS = 32, /* that the guest may have open at a time */
	MAX_IU = 256,
	MAX_SEGMENTS = 1024,
	MAX_DESCRIPTORS = 512,
	MAX_TRANSFER = 2 << 20,
	DESCRIPTOR = 16,

	/* the queue's entries: valid, format, reserved, status, timeout, length of the unit, place
	 */
	CRQ_COMMAND = 0x80,
	CRQ_INIT = 0xc0,
	CRQ_TRANSPORT = 0xff,
	INIT_START = 1,
	INIT_COMPLETE = 2,
	FORMAT_SRP = 1,
	FORMAT_MAD = 2,
	CRQ_OK = 0x99,

	SRP_LOGIN_REQ = 0x00,
	SRP_TASK = 0x01,
	SRP_COMMAND = 0x02,
	SRP_LOGOUT = 0x03,
	SRP_LOGIN_RSP = 0xc0,
	SRP_RSP = 0xc1,
	LOGIN_RSP_BYTES = 52,
	RSP_BYTES = 36,
	COMMAND_BYTES = 48,
	RSP_SENSE = 2,
	RSP_OUT_UNDER = 8,
	RSP_IN_UNDER = 0x20,
	FORMATS = 6, /* direct and indirect buffers */

	MAD_ADAPTER_INFO = 3,
	MAD_NOT_SUPPORTED = 0xf1,
	MAD_FAILED = 0xf7,
	ADAPTER_INFO_BYTES = 148,
};

struct vscsi_state {
	struct vio_state vio;
	u32 connected; /* the first handshake is done */
	u32 pad;
};

struct vscsi_request {
	struct spapr_vscsi *adapter;
	bool used, write;
	u64 iu_addr, tag; /* tag: as it came, never looked at */
	u64 total;	  /* bytes of the guest's buffer */
	struct iovec *iov;
	struct scsi_request scsi;
};

struct spapr_vscsi {
	struct vio_device vio;
	struct scsi_bus scsi;
	struct os_mutex lock;
	struct vscsi_request requests[MAX_REQUESTS];
	struct vscsi_state state;
};

static const struct state_field vscsi_fields[] = {
	STATE_STRUCT(struct vscsi_state, vio, &vio_state_table),
	STATE_FIELD(struct vscsi_state, connected, STATE_U32),
	STATE_FIELD(struct vscsi_state, pad, STATE_DERIVED),
};

static const struct state_table vscsi_table = {
	.name = "spapr-vscsi",
	.size = sizeof(struct vscsi_state),
	.nr_fields = ARRAY_SIZE(vscsi_fields),
	.fields = vscsi_fields,
};

/* --- answers --- */
static void answer(struct spapr_vscsi *v, u64 iu_addr, u64 tag, u8 format, const u8 *iu, u32 len)
{
	u8 entry[VIO_CRQ_ENTRY] = {CRQ_COMMAND, format};
	bool written = !dma_write(&v->vio.dma, iu_addr, iu, len);

	entry[3] = written ? CRQ_OK : 0;
	st_be16(entry + 6, (u16)len);
	memcpy(entry + 8, &tag, 8);
	vio_crq_post(&v->vio, entry);
}

static void put_response(u8 *rsp, u64 tag, const u8 *sense, u32 sense_len)
{
	memset(rsp, 0, RSP_BYTES);
	rsp[0] = SRP_RSP;
	st_be32(rsp + 4, 1); /* one more may come */
	memcpy(rsp + 8, &tag, 8);
	if (!sense_len)
		return;
	rsp[18] = RSP_SENSE;
	st_be32(rsp + 28, sense_len);
	memcpy(rsp + RSP_BYTES, sense, sense_len);
}

static void unmap_all(struct vscsi_request *q)
{
	struct scsi_request *s = &q->scsi;

	for (int i = 0; i < s->niov; i++)
		dma_unmap(&q->adapter->vio.dma, s->iov[i].iov_base, s->iov[i].iov_len, !q->write);
	os_free(q->iov);
	q->iov = NULL;
}

static void put_request(struct vscsi_request *q)
{
	struct spapr_vscsi *v = q->adapter;

	os_mutex_lock(&v->lock);
	q->used = false;
	os_mutex_unlock(&v->lock);
}

static void command_done(struct scsi_request *s)
{
	struct vscsi_request *q = s->opaque;
	struct spapr_vscsi *v = q->adapter;
	u8 rsp[RSP_BYTES + SCSI_SENSE_BYTES];
	u64 rest = q->total > s->moved ? q->total - s->moved : 0, iu_addr = q->iu_addr;
	u64 tag = q->tag;

	put_response(rsp, tag, s->sense, s->sense_len);
	rsp[19] = s->status;
	if (rest && q->write) {
		rsp[18] |= RSP_OUT_UNDER;
		st_be32(rsp + 20, (u32)rest);
	} else if (rest) {
		rsp[18] |= RSP_IN_UNDER;
		st_be32(rsp + 24, (u32)rest);
	}
	unmap_all(q);
	put_request(q);
	answer(v, iu_addr, tag, FORMAT_SRP, rsp, RSP_BYTES + s->sense_len);
}

/* --- data buffers --- */
struct descriptors {
	u32 count;
	u64 addr[MAX_DESCRIPTORS];
	u32 len[MAX_DESCRIPTORS];
};

static bool add_descriptor(struct descriptors *d, const u8 *p)
{
	if (d->count == MAX_DESCRIPTORS)
		return false;
	d->addr[d->count] = ld_be64(p);
	d->len[d->count++] = ld_be32(p + 12);
	return true;
}

/* A table of descriptors: in the unit if it is all there, else in the guest's memory. */
static bool indirect(struct spapr_vscsi *v, struct descriptors *d, const u8 *p, u32 left,
		     u32 inline_n)
{
	u32 n, at;
	u8 entry[DESCRIPTOR];

	if (left < DESCRIPTOR + 4)
		return false;
	n = ld_be32(p + 12) / DESCRIPTOR;
	at = DESCRIPTOR + 4;
	if (n > MAX_DESCRIPTORS)
		return false;
	for (u32 i = 0; i < n; i++) {
		if (n <= inline_n && left - at >= DESCRIPTOR) {
			if (!add_descriptor(d, p + at))
				return false;
			at += DESCRIPTOR;
		} else if (n <= inline_n ||
			   dma_read(&v->vio.dma, ld_be64(p) + (u64)i * DESCRIPTOR, entry,
				    DESCRIPTOR) ||
			   !add_descriptor(d, entry)) {
			return false;
		}
	}
	return true;
}

/* Behind the command block: descriptors of the data out, then those of the data in. */
static bool find_buffers(struct spapr_vscsi *v, const u8 *iu, u32 len, bool *write,
			 struct descriptors *d)
{
	u32 at = COMMAND_BYTES + (iu[31] & ~3u), out = iu[5] >> 4, in = iu[5] & 15;
	u32 format = out ? out : in;

	d->count = 0;
	*write = out;
	if (out && in)
		return false;
	if (!format)
		return true;
	if (at > len)
		return false;
	if (format == 1)
		return len - at >= DESCRIPTOR && add_descriptor(d, iu + at);
	return format == 2 && indirect(v, d, iu + at, len - at, out ? iu[6] : iu[7]);
}

static int map_buffers(struct vscsi_request *q, const struct descriptors *d)
{
	struct dma_view *view = &q->adapter->vio.dma;
	struct scsi_request *s = &q->scsi;
	u64 total = 0;

	s->niov = 0;
	q->iov = os_alloc(MAX_SEGMENTS * sizeof(*q->iov));
	if (!q->iov)
		return -ENOMEM;
	s->iov = q->iov;
	for (u32 i = 0; i < d->count; i++) {
		u64 addr = d->addr[i], left = d->len[i];

		while (left) {
			u64 n = left;
			void *p = dma_map(view, addr, &n, !q->write);
			struct iovec *last = s->niov ? &q->iov[s->niov - 1] : NULL;

			if (!p)
				return -EFAULT;
			if (last && (u8 *)last->iov_base + last->iov_len == p) {
				last->iov_len += n;
			} else if (s->niov == MAX_SEGMENTS) {
				return -E2BIG;
			} else {
				q->iov[s->niov++] = (struct iovec){p, n};
			}
			addr += n;
			left -= n;
			total += n;
		}
	}
	q->total = s->room = total;
	s->to_guest = !q->write;
	return 0;
}

/* --- commands --- */
/* The first two bytes of a unit's address: flat over channel, target and unit, or a unit of the
 * first target (SAM-4, 4.6). */
static void submit(struct spapr_vscsi *v, const u8 *lun, struct scsi_request *r)
{
	u32 word = ld_be16(lun), target = word >> 8 & 0x3f;

	switch (word >> 14) {
	case 2:
		scsi_submit_at(&v->scsi, word >> 5 & 7, target, word & 31, r);
		break;
	case 0:
		scsi_submit_at(&v->scsi, 0, target, word & 0xff, r);
		break;
	default:
		scsi_submit(NULL, r);
	}
}

static struct vscsi_request *get_request(struct spapr_vscsi *v)
{
	struct vscsi_request *q = NULL;

	os_mutex_lock(&v->lock);
	for (u32 i = 0; i < MAX_REQUESTS && !q; i++)
		if (!v->requests[i].used)
			q = &v->requests[i];
	if (q)
		q->used = true;
	os_mutex_unlock(&v->lock);
	return q;
}

static void refuse(struct spapr_vscsi *v, u64 iu_addr, u64 tag, u8 status)
{
	u8 rsp[RSP_BYTES];

	put_response(rsp, tag, NULL, 0);
	rsp[19] = status;
	answer(v, iu_addr, tag, FORMAT_SRP, rsp, sizeof(rsp));
}

static void command(struct spapr_vscsi *v, u64 iu_addr, u64 tag, const u8 *iu, u32 len)
{
	struct vscsi_request *q = len >= COMMAND_BYTES ? get_request(v) : NULL;
	struct descriptors d;

	if (!q) {
		refuse(v, iu_addr, tag, SCSI_TASK_SET_FULL);
		return;
	}
	q->adapter = v;
	q->iu_addr = iu_addr;
	q->tag = tag;
	q->iov = NULL;
	q->total = 0;
	q->scsi = (struct scsi_request){.done = command_done, .opaque = q};
	memcpy(q->scsi.cdb, iu + 32, 16);
	if (!find_buffers(v, iu, len, &q->write, &d) || map_buffers(q, &d)) {
		log_printf(LOG_GUEST, "vscsi: unit 0x%x: bad data buffers\n", v->vio.unit);
		q->scsi.dev = NULL;
		scsi_fail(&q->scsi, SENSE_DATA_PHASE);
		return;
	}
	submit(v, iu + 20, &q->scsi);
}

/* Nothing is ever left to abort: a request ends by itself, and soon. */
static void task(struct spapr_vscsi *v, u64 iu_addr, u64 tag)
{
	refuse(v, iu_addr, tag, SCSI_GOOD);
}

static void login(struct spapr_vscsi *v, u64 iu_addr, u64 tag)
{
	u8 rsp[LOGIN_RSP_BYTES] = {SRP_LOGIN_RSP};

	st_be32(rsp + 4, MAX_REQUESTS - 2);
	memcpy(rsp + 8, &tag, 8);
	st_be32(rsp + 16, MAX_IU);
	st_be32(rsp + 20, MAX_IU);
	st_be16(rsp + 24, FORMATS);
	answer(v, iu_addr, tag, FORMAT_SRP, rsp, sizeof(rsp));
}

/* --- management --- */
static void adapter_info(struct spapr_vscsi *v, u8 *iu)
{
	u8 info[ADAPTER_INFO_BYTES] = {0};
	u32 limit = ld_be16(iu + 6);

	memcpy(info, "16.a", 4);
	memcpy(info + 8, "powervisor", 10);
	st_be32(info + 108, 1); /* version of these datagrams */
	st_be32(info + 112, 2); /* Linux */
	st_be32(info + 116, MAX_TRANSFER);
	if (dma_write(&v->vio.dma, ld_be64(iu + 16), info,
		      limit < sizeof(info) ? limit : sizeof(info)))
		st_be16(iu + 4, MAD_FAILED);
	else
		st_be16(iu + 4, 0);
}

/* A head of 16 bytes: type, status, length, tag. */
static void management(struct spapr_vscsi *v, u64 iu_addr, u8 *iu, u32 len)
{
	u64 tag;

	if (len < 16)
		return;
	memcpy(&tag, iu + 8, 8);
	if (ld_be32(iu) == MAD_ADAPTER_INFO && len >= 24)
		adapter_info(v, iu);
	else
		st_be16(iu + 4, MAD_NOT_SUPPORTED);
	answer(v, iu_addr, tag, FORMAT_MAD, iu, len);
}

/* --- the queue --- */
static s64 initialise(struct spapr_vscsi *v, const u8 *entry)
{
	u8 reply[VIO_CRQ_ENTRY] = {CRQ_INIT, INIT_COMPLETE};

	v->state.connected = 1;
	if (entry[1] == INIT_START)
		vio_crq_post(&v->vio, reply);
	return H_SUCCESS;
}

static s64 vscsi_receive(struct vio_device *d, const u8 *entry)
{
	struct spapr_vscsi *v = container_of(d, struct spapr_vscsi, vio);
	u64 iu_addr = ld_be64(entry + 8), tag;
	u32 len = ld_be16(entry + 6);
	u8 iu[MAX_IU] = {0};

	if (entry[0] == CRQ_INIT)
		return initialise(v, entry);
	if (entry[0] != CRQ_COMMAND || (entry[1] != FORMAT_SRP && entry[1] != FORMAT_MAD))
		return entry[0] == CRQ_TRANSPORT ? H_SUCCESS : H_PARAMETER;
	if (len > MAX_IU || len < 16 || dma_read(&v->vio.dma, iu_addr, iu, len)) {
		log_printf(LOG_GUEST, "vscsi: unit 0x%x: no information unit at 0x%llx\n", d->unit,
			   (unsigned long long)iu_addr);
		return H_SUCCESS;
	}
	if (entry[1] == FORMAT_MAD) {
		management(v, iu_addr, iu, len);
		return H_SUCCESS;
	}
	memcpy(&tag, iu + 8, 8);
	switch (iu[0]) {
	case SRP_LOGIN_REQ:
		login(v, iu_addr, tag);
		break;
	case SRP_COMMAND:
		command(v, iu_addr, tag, iu, len);
		break;
	case SRP_TASK:
		task(v, iu_addr, tag);
		break;
	case SRP_LOGOUT:
	default:
		break;
	}
	return H_SUCCESS;
}

static void vscsi_disconnect(struct vio_device *d)
{
	struct spapr_vscsi *v = container_of(d, struct spapr_vscsi, vio);

	scsi_bus_drain(&v->scsi);
	v->state.connected = 0;
}

static const struct vio_ops vscsi_ops = {
	.node = "v-scsi",
	.receive = vscsi_receive,
	.disconnect = vscsi_disconnect,
};

/* Nothing reaches memory or the queue while the machine stands still. */
static void vscsi_run(void *opaque, bool running)
{
	struct spapr_vscsi *v = opaque;

	if (!running)
		scsi_bus_settle(&v->scsi);
}

/* --- the device --- */
/* Units as LoPAPR has them: 10, target, channel, unit in the first 16 bits. */
static int vscsi_boot_path(const struct scsi_device *d, char *path, size_t size)
{
	const struct spapr_vscsi *v = container_of(d->bus, struct spapr_vscsi, scsi);
	u64 unit = (u64)(0x8000 | d->target << 8 | d->channel << 5 | d->lun) << 48;
	int err = vio_boot_path(&v->vio.dev, path, size), n;
	size_t at = err ? 0 : strlen(path);

	if (err)
		return err;
	n = log_format(path + at, size - at, "/disk@%llX", (unsigned long long)unit);
	return n >= 0 && (size_t)n < size - at ? 0 : -ENAMETOOLONG;
}

static int vscsi_realize(struct device *dev, struct error *e)
{
	struct spapr_vscsi *v = container_of(dev, struct spapr_vscsi, vio.dev);
	char name[32];
	int err;

	v->vio.ops = &vscsi_ops;
	err = vio_attach(&v->vio, e);
	if (!err)
		err = vio_add_window(&v->vio, &v->state.vio, e);
	if (err)
		return err;
	os_mutex_init(&v->lock);
	if (dev->id)
		log_format(name, sizeof(name), "%s.0", dev->id);
	else
		log_format(name, sizeof(name), "scsi.%u", dev->instance);
	scsi_bus_init(&v->scsi, dev->vm, name, 8, 64, 32);
	v->scsi.boot_path = vscsi_boot_path;
	vm_listen(dev->vm, vscsi_run, v);
	return 0;
}

static void vscsi_unrealize(struct device *dev)
{
	struct spapr_vscsi *v = container_of(dev, struct spapr_vscsi, vio.dev);

	vio_remove_window(&v->vio);
	device_bus_remove(dev->vm, &v->scsi);
	os_mutex_destroy(&v->lock);
}

static void vscsi_reset(struct device *dev)
{
	struct spapr_vscsi *v = container_of(dev, struct spapr_vscsi, vio.dev);

	scsi_bus_drain(&v->scsi);
	v->state.connected = v->state.pad = 0;
	vio_reset_window(&v->vio);
}

static int vscsi_dt(struct device *dev, void *fdt)
{
	struct spapr_vscsi *v = container_of(dev, struct spapr_vscsi, vio.dev);
	int node = vio_dt_node(&v->vio, fdt, "vscsi", "IBM,v-scsi");

	if (node < 0 || fdt_setprop_cell(fdt, node, "#address-cells", 2) ||
	    fdt_setprop_cell(fdt, node, "#size-cells", 0))
		return -ENOSPC;
	return 0;
}

static const struct device_prop vscsi_props[] = {
	{"bus", "the virtual I/O bus", PROP_POINTER, offsetof(struct spapr_vscsi, vio.bus), NULL},
	{"reg", "unit address, 0 = the next free one", PROP_U32,
	 offsetof(struct spapr_vscsi, vio.unit), "0"},
	{NULL, NULL, 0, 0, NULL},
};

const struct device_class spapr_vscsi_class = {
	.name = "spapr-vscsi",
	.help = "virtual SCSI adapter of a PAPR guest",
	.bus_type = BUS_VIO,
	.size = sizeof(struct spapr_vscsi),
	.props = vscsi_props,
	.realize = vscsi_realize,
	.unrealize = vscsi_unrealize,
	.reset = vscsi_reset,
	.dt = vscsi_dt,
	.state = &vscsi_table,
	.state_offset = offsetof(struct spapr_vscsi, state),
};

// SPDX-License-Identifier: GPL-2.0-or-later
/* NVM Express: registers (3), the controller's thread. See nvme.h. */
#include "device/nvme.h"

#include <errno.h>
#include <string.h>

#include "base/assert.h"
#include "base/endian.h"
#include "base/log.h"
#include "device/block_size.h"
#include "vm/vm.h"

enum {
	BAR = 0,
	DOORBELLS = 0x1000,
	DOORBELL_BYTES = 0x1000,
	MSIX = 0x2000,
	BAR_BYTES = 0x4000,

	CAP_LOW = 0x00,
	CAP_HIGH = 0x04,
	VERSION = 0x08,
	INTMS = 0x0c,
	INTMC = 0x10,
	CC = 0x14,
	CSTS = 0x1c,
	AQA = 0x24,
	ASQ = 0x28,
	ACQ = 0x30,

	CAP_CONTIGUOUS = 1 << 16,
	CAP_TIMEOUT = 15 << 24,	   /* 7.5 s */
	CAP_NVM_COMMANDS = 1 << 5, /* of the high half */
	MAX_PAGE = 4,		   /* 2^4 * 4 KiB */
	CAP_MAX_PAGE = MAX_PAGE << 20,

	ENABLE = 1 << 0,
	CC_KEPT = 0x00fffff1,
	COMMAND_SET = 7 << 4,
	ARBITRATION = 7 << 11,
	SHUTDOWN = 3 << 14,

	READY = 1 << 0,
	FATAL = 1 << 1,
	SHUTDOWN_STATUS = 3 << 2,
	SHUTTING_DOWN = 1 << 2,
	SHUT_DOWN = 2 << 2,

	BATCH = 32,
};

/* --- the controller --- */
void nvme_fail(struct nvme *n, const char *why)
{
	u32 old = __atomic_fetch_or(&n->state.status, FATAL, __ATOMIC_RELAXED);

	if (!(old & FATAL))
		log_printf(LOG_GUEST, "nvme: %s; the controller stops\n", why);
}

static void reset_locked(struct nvme *n)
{
	block_drain(n->block);
	for (u32 i = 0; i < NVME_MAX_QUEUES; i++) {
		NVME_SET(n->state.submission[i].size, 0);
		nvme_delete_completion(n, i);
	}
	n->state.nr_events = 0;
	NVME_SET(n->state.status, 0);
	nvme_default_features(n);
}

static bool enable(struct nvme *n)
{
	struct nvme_state *s = &n->state;
	u32 submission = (s->admin_sizes & 0xfff) + 1;
	u32 completion = (s->admin_sizes >> 16 & 0xfff) + 1;

	if (s->config & (COMMAND_SET | ARBITRATION) || (s->config >> 7 & 15) > MAX_PAGE)
		return false;
	return !nvme_make_completion(n, 0, s->admin_completion, completion, true, 0) &&
	       !nvme_make_submission(n, 0, s->admin_submission, submission, 0);
}

static void config_store(struct nvme *n, u32 value)
{
	u32 old = n->state.config;

	NVME_SET(n->state.config, value & CC_KEPT);
	if (!(old & ENABLE) && value & ENABLE) {
		if (enable(n))
			__atomic_fetch_or(&n->state.status, READY, __ATOMIC_RELAXED);
		else
			nvme_fail(n, "it cannot be enabled so");
	} else if (old & ENABLE && !(value & ENABLE)) {
		reset_locked(n);
	}
	if (!(value & SHUTDOWN)) {
		__atomic_fetch_and(&n->state.status, ~(u32)SHUTDOWN_STATUS, __ATOMIC_RELAXED);
	} else if (!(NVME_GET(n->state.status) & SHUTDOWN_STATUS)) {
		__atomic_fetch_or(&n->state.status, SHUTTING_DOWN, __ATOMIC_RELAXED);
		nvme_kick(n, 0);
	}
}

static void shut_down(struct nvme *n)
{
	block_drain(n->block);
	if (block_rw_sync(n->block, BLOCK_FLUSH, 0, NULL, 0))
		nvme_fail(n, "what was written cannot be flushed");
	__atomic_fetch_xor(&n->state.status, SHUTTING_DOWN ^ SHUT_DOWN, __ATOMIC_RELAXED);
}

/* --- registers --- */
static u64 registers_read(void *opaque, u32 vcpu, u64 offset, u32 size)
{
	struct nvme *n = opaque;
	const struct nvme_state *s = &n->state;

	switch (offset) {
	case CAP_LOW:
		return (NVME_MAX_ENTRIES - 1) | CAP_CONTIGUOUS | CAP_TIMEOUT;
	case CAP_HIGH:
		return CAP_NVM_COMMANDS | CAP_MAX_PAGE;
	case VERSION:
		return 0x00010400;
	case INTMS:
	case INTMC:
		return NVME_GET(s->masked);
	case CC:
		return NVME_GET(s->config);
	case CSTS:
		return NVME_GET(s->status);
	case AQA:
		return NVME_GET(s->admin_sizes);
	case ASQ:
	case ASQ + 4:
		return (u32)(NVME_GET(s->admin_submission) >> 8 * (offset - ASQ));
	case ACQ:
	case ACQ + 4:
		return (u32)(NVME_GET(s->admin_completion) >> 8 * (offset - ACQ));
	default:
		return 0;
	}
}

static void set_half(u64 *field, u64 value, bool high)
{
	u64 old = *field;

	NVME_SET(*field, high ? (u32)old | value << 32 : (old >> 32 << 32) | value);
}

static void registers_write(void *opaque, u32 vcpu, u64 offset, u32 size, u64 value)
{
	struct nvme *n = opaque;
	struct nvme_state *s = &n->state;

	os_mutex_lock(&n->work);
	switch (offset) {
	case INTMS:
		NVME_SET(s->masked, s->masked | (u32)value);
		nvme_update_pin(n);
		break;
	case INTMC:
		NVME_SET(s->masked, s->masked & ~(u32)value);
		nvme_update_pin(n);
		break;
	case CC:
		config_store(n, (u32)value);
		break;
	case AQA:
		NVME_SET(s->admin_sizes, (u32)value & 0x0fff0fff);
		break;
	case ASQ:
	case ASQ + 4:
		set_half(&s->admin_submission, value, offset > ASQ);
		break;
	case ACQ:
	case ACQ + 4:
		set_half(&s->admin_completion, value, offset > ACQ);
		break;
	}
	os_mutex_unlock(&n->work);
}

static u64 doorbell_read(void *opaque, u32 vcpu, u64 offset, u32 size)
{
	return 0;
}

static void doorbell_write(void *opaque, u32 vcpu, u64 offset, u32 size, u64 value)
{
	struct nvme *n = opaque;
	u32 id = (u32)offset / 8;
	bool completion = offset & 4;
	struct nvme_queue_state *s;

	if (id >= NVME_MAX_QUEUES)
		return;
	s = completion ? &n->state.completion[id] : &n->state.submission[id];
	value = (u32)value;
	if (value >= NVME_GET(s->size)) {
		log_printf(LOG_GUEST, "nvme: a doorbell of no queue, or past its end\n");
		return;
	}
	if (completion) {
		NVME_SET(s->head, (u32)value);
		nvme_update_pin(n);
		nvme_place_is_free(n, &n->completion[id]);
	} else {
		__atomic_store_n(&s->tail, (u32)value, __ATOMIC_RELEASE);
		nvme_kick(n, id);
	}
}

enum { FLAGS = MMIO_LITTLE | MMIO_NO_LOCK };
static const struct mmio_ops registers_ops = {4, 4, FLAGS, registers_read, registers_write};
static const struct mmio_ops doorbell_ops = {4, 4, FLAGS, doorbell_read, doorbell_write};

/* --- the thread --- */
static void decode(struct nvme_command *c, const u8 *raw, u32 queue, u32 completion)
{
	*c = (struct nvme_command){
		.opcode = raw[0],
		.flags = raw[1],
		.id = ld_le16(raw + 2),
		.queue = (u16)queue,
		.completion = (u16)completion,
		.nsid = ld_le32(raw + 4),
		.prp = {ld_le64(raw + 24), ld_le64(raw + 32)},
		.dw10 = ld_le32(raw + 40),
		.dw11 = ld_le32(raw + 44),
		.dw12 = ld_le32(raw + 48),
		.dw13 = ld_le32(raw + 52),
		.dw14 = ld_le32(raw + 56),
		.dw15 = ld_le32(raw + 60),
	};
}

/* The next command of the queue, with a place for its completion. */
static bool take(struct nvme *n, u32 id, struct nvme_command *c)
{
	struct nvme_queue_state *s = &n->state.submission[id];
	u32 tail = __atomic_load_n(&s->tail, __ATOMIC_ACQUIRE);
	u8 raw[NVME_COMMAND_BYTES];

	/* the tail may be that of an older, larger queue */
	if (tail == s->head || tail >= s->size || !nvme_reserve(n, s->completion))
		return false;
	if (dma_read(&n->pci.dma, s->base + (u64)s->head * sizeof(raw), raw, sizeof(raw))) {
		nvme_release(n, s->completion);
		nvme_fail(n, "a submission queue cannot be read");
		return false;
	}
	NVME_SET(s->head, (s->head + 1) % s->size);
	decode(c, raw, id, s->completion);
	return true;
}

/* True: there may be more. */
static bool work_queue(struct nvme *n, u32 id)
{
	struct block_request *list[BATCH], *r = NULL;
	struct nvme_command c;
	u32 count = 0, taken;

	for (taken = 0; taken < BATCH && take(n, id, &c); taken++) {
		u32 result = 0, status;

		if (id)
			status = nvme_io(n, &c, &r);
		else
			status = nvme_admin(n, &c, &result);
		if (status != NVME_LATER)
			nvme_complete(n, c.queue, c.completion, c.id, status, result);
		else if (id)
			list[count++] = r;
		else
			nvme_release(n, c.completion);
	}
	if (count)
		block_submit_batch(n->block, list, count);
	return taken == BATCH;
}

void nvme_work(struct nvme *n)
{
	if ((NVME_GET(n->state.status) & SHUTDOWN_STATUS) == SHUTTING_DOWN)
		shut_down(n);
	for (u32 i = 0; i < ARRAY_SIZE(n->kicked); i++) {
		u32 bits = __atomic_exchange_n(&n->kicked[i], 0, __ATOMIC_ACQUIRE);

		for (; bits; bits &= bits - 1) {
			u32 id = 32 * i + (u32)__builtin_ctz(bits);

			if (id >= NVME_MAX_QUEUES || !n->state.submission[id].size ||
			    (NVME_GET(n->state.status) & (READY | FATAL)) != READY)
				continue;
			if (work_queue(n, id))
				nvme_kick(n, id);
		}
	}
}

static void thread_main(void *opaque)
{
	struct nvme *n = opaque;

	while (!__atomic_load_n(&n->stop, __ATOMIC_ACQUIRE)) {
		os_wake_wait(&n->wake, OS_FOREVER);
		os_mutex_lock(&n->work);
		if (n->running)
			nvme_work(n);
		os_mutex_unlock(&n->work);
	}
}

static void run(void *opaque, bool running)
{
	struct nvme *n = opaque;

	os_mutex_lock(&n->work);
	n->running = running;
	if (!running)
		block_settle(n->block);
	os_mutex_unlock(&n->work);
	nvme_kick_all(n);
}

/* --- saved state --- */
static const struct state_field queue_fields[] = {
	STATE_FIELD(struct nvme_queue_state, base, STATE_U64),
	STATE_FIELD(struct nvme_queue_state, size, STATE_U32),
	STATE_FIELD(struct nvme_queue_state, head, STATE_U32),
	STATE_FIELD(struct nvme_queue_state, tail, STATE_U32),
	STATE_FIELD(struct nvme_queue_state, completion, STATE_U32),
	STATE_FIELD(struct nvme_queue_state, vector, STATE_U32),
	STATE_FIELD(struct nvme_queue_state, phase, STATE_U32),
	STATE_FIELD(struct nvme_queue_state, interrupts, STATE_U32),
	STATE_FIELD(struct nvme_queue_state, pad, STATE_DERIVED),
};

static const struct state_table queue_table = {
	.name = "nvme/queue",
	.size = sizeof(struct nvme_queue_state),
	.nr_fields = ARRAY_SIZE(queue_fields),
	.fields = queue_fields,
};

static const struct state_field fields[] = {
	STATE_FIELD(struct nvme_state, config, STATE_U32),
	STATE_FIELD(struct nvme_state, status, STATE_U32),
	STATE_FIELD(struct nvme_state, admin_sizes, STATE_U32),
	STATE_FIELD(struct nvme_state, masked, STATE_U32),
	STATE_FIELD(struct nvme_state, admin_submission, STATE_U64),
	STATE_FIELD(struct nvme_state, admin_completion, STATE_U64),
	STATE_ARRAY(struct nvme_state, features, STATE_U32),
	STATE_FIELD(struct nvme_state, nr_events, STATE_U32),
	STATE_ARRAY(struct nvme_state, events, STATE_U32),
	STATE_FIELD(struct nvme_state, pad, STATE_DERIVED),
	STATE_FIELD(struct nvme_state, sectors_read, STATE_U64),
	STATE_FIELD(struct nvme_state, sectors_written, STATE_U64),
	STATE_FIELD(struct nvme_state, reads, STATE_U64),
	STATE_FIELD(struct nvme_state, writes, STATE_U64),
	STATE_STRUCT_ARRAY(struct nvme_state, submission, &queue_table),
	STATE_STRUCT_ARRAY(struct nvme_state, completion, &queue_table),
};

static bool good_queue(const struct nvme_queue_state *s, u32 id, u32 vectors)
{
	return s->size <= (id ? NVME_MAX_ENTRIES : 4096) && s->size != 1 &&
	       (!s->size || (s->head < s->size && s->tail < s->size)) && s->phase <= 1 &&
	       s->interrupts <= 1 && s->vector < vectors;
}

static int post_load(void *obj, struct error *e)
{
	struct nvme *n = container_of(obj, struct nvme, state);
	struct nvme_state *s = obj;
	bool good = s->nr_events <= NVME_MAX_EVENTS && (s->config >> 7 & 15) <= MAX_PAGE;

	for (u32 i = 0; i < NVME_MAX_QUEUES; i++) {
		const struct nvme_queue_state *q = &s->submission[i];

		good = good && good_queue(q, i, n->nr_vectors) &&
		       good_queue(&s->completion[i], i, n->nr_vectors) &&
		       (!q->size ||
			(q->completion < NVME_MAX_QUEUES && s->completion[q->completion].size));
	}
	if (!good)
		return error_set(e, -EINVAL, "saved state of an NVMe controller is damaged");
	block_set_write_cache(n->block, s->features[NVME_FEATURE_WRITE_CACHE]);
	return 0;
}

static const struct state_table table = {
	.name = "nvme",
	.size = sizeof(struct nvme_state),
	.nr_fields = ARRAY_SIZE(fields),
	.fields = fields,
	.post_load = post_load,
};

/* --- life --- */
static struct nvme *of(struct device *dev)
{
	return container_of(dev, struct nvme, pci.dev);
}

static int check(struct nvme *n, struct error *e)
{
	int err;

	if (!n->block)
		return error_set(e, -EINVAL, "nvme: a disk needs drive=");
	if (!n->serial || !*n->serial || strlen(n->serial) > 20)
		return error_set(e, -EINVAL, "nvme: serial= of 1 to 20 characters is needed");
	if (!n->max_pairs || n->max_pairs >= NVME_MAX_QUEUES)
		return error_set(e, -EINVAL, "nvme: max_ioqpairs is 1 to %d", NVME_MAX_QUEUES - 1);
	if (!n->nr_vectors || n->nr_vectors > PCI_MSIX_MAX)
		return error_set(e, -EINVAL, "nvme: msix_qsize is 1 to %d", PCI_MSIX_MAX);
	n->info = block_info(n->block);
	block_set_on_error(n->block, NULL, NULL, e);
	err = block_size_check(n->info, &n->logical_size, &n->physical_size, 65536, "65536", e);
	if (err) {
		error_prefix(e, "nvme");
		return err;
	}
	n->block_shift = (u32)__builtin_ctzll(n->logical_size);
	return 0;
}

static void set_up_pci(struct nvme *n)
{
	static const struct pci_ids ids = {
		.vendor = 0x1b36,
		.device = 0x0010,
		.subsystem_vendor = 0x1af4,
		.subsystem = 0x1100,
		.class_code = 0x010802,
		.revision = 2,
	};

	pci_set_ids(&n->pci, &ids);
	pci_add_bar(&n->pci, BAR, BAR_BYTES, PCI_BAR_MEM64, NULL, NULL);
	pci_add_region(&n->pci, BAR, 0, DOORBELLS, &registers_ops, n);
	pci_add_region(&n->pci, BAR, DOORBELLS, DOORBELL_BYTES, &doorbell_ops, n);
	pci_add_msix(&n->pci, BAR, MSIX, n->nr_vectors);
	pci_add_express(&n->pci);
}

/* The driver hears of nothing that was under way. */
static void end_work(struct nvme *n)
{
	vm_unlisten(n->pci.dev.vm, n);
	__atomic_store_n(&n->stop, true, __ATOMIC_RELEASE);
	os_wake_signal(&n->wake);
	os_thread_join(&n->thread);
	__atomic_store_n(&n->gone, true, __ATOMIC_RELEASE);
	block_drain(n->block);
}

static void clear_up(struct nvme *n)
{
	nvme_free_requests(n);
	for (u32 i = 0; i < NVME_MAX_QUEUES; i++)
		os_mutex_destroy(&n->completion[i].lock);
	os_mutex_destroy(&n->free_lock);
	os_mutex_destroy(&n->pin_lock);
	os_mutex_destroy(&n->work);
}

static int realize(struct device *dev, struct error *e)
{
	struct nvme *n = of(dev);
	int err = check(n, e);

	if (err)
		return err;
	os_mutex_init(&n->work);
	os_mutex_init(&n->pin_lock);
	os_mutex_init(&n->free_lock);
	for (u32 i = 0; i < NVME_MAX_QUEUES; i++)
		os_mutex_init(&n->completion[i].lock);
	os_wake_init(&n->wake);
	set_up_pci(n);
	nvme_default_features(n);
	err = pci_attach(&n->pci, e);
	if (!err && os_thread_create(&n->thread, "nvme", thread_main, n)) {
		pci_detach(&n->pci);
		err = error_set(e, -EAGAIN, "nvme: no thread");
	}
	if (err) {
		clear_up(n);
		return err;
	}
	block_set_saved(n->block, false);
	vm_listen(dev->vm, run, n);
	return 0;
}

static void unrealize(struct device *dev)
{
	struct nvme *n = of(dev);

	end_work(n);
	pci_detach(&n->pci);
	clear_up(n);
}

static void reset(struct device *dev)
{
	struct nvme *n = of(dev);
	struct nvme_state *s = &n->state;

	os_mutex_lock(&n->work);
	reset_locked(n);
	NVME_SET(s->config, 0);
	NVME_SET(s->masked, 0);
	NVME_SET(s->admin_sizes, 0);
	NVME_SET(s->admin_submission, 0);
	NVME_SET(s->admin_completion, 0);
	os_mutex_unlock(&n->work);
}

#define OFFSET(field) offsetof(struct nvme, field)
static const struct device_prop props[] = {
	{"drive", "the disk's image", PROP_DRIVE, OFFSET(block), NULL},
	{"serial", "its serial number, 1 to 20 characters", PROP_STRING, OFFSET(serial), NULL},
	{"max_ioqpairs", "pairs of queues, 1 to 64", PROP_U32, OFFSET(max_pairs), "64"},
	{"msix_qsize", "messages, 1 to 256", PROP_U32, OFFSET(nr_vectors), "65"},
	{"logical_block_size", "of the namespace, 0: the image's", PROP_SIZE, OFFSET(logical_size),
	 "0"},
	{"physical_block_size", "what the medium writes at once, 0: the image's", PROP_SIZE,
	 OFFSET(physical_size), "0"},
	PCI_DEVICE_PROPS(struct nvme, pci),
	{NULL, NULL, 0, 0, NULL},
};

const struct device_class nvme_class = {
	.name = "nvme",
	.help = "NVM Express controller with one disk",
	.bus_type = BUS_PCI,
	.size = sizeof(struct nvme),
	.props = props,
	.realize = realize,
	.unrealize = unrealize,
	.reset = reset,
	.dt = device_no_dt,
	.state = &table,
	.state_offset = OFFSET(state),
};

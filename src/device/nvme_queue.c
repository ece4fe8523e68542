// SPDX-License-Identifier: GPL-2.0-or-later
/* NVM Express: queues (4.1), completions, interrupts. See nvme.h. */
#include "base/endian.h"
#include "device/nvme.h"

enum {
	SUBMISSION_ENTRY = 6, /* 2^6 bytes */
	COMPLETION_ENTRY = 4,
};

/* --- interrupts --- */

/* Without messages: the pin is up while a completion queue has something. */
void nvme_update_pin(struct nvme *n)
{
	bool level = false;

	if (pci_msix_enabled(&n->pci))
		return;
	os_mutex_lock(&n->pin_lock);
	for (u32 i = 0; i < NVME_MAX_QUEUES && !level; i++) {
		struct nvme_queue_state *s = &n->state.completion[i];

		level = NVME_GET(s->size) && NVME_GET(s->interrupts) &&
			NVME_GET(s->head) != NVME_GET(s->tail);
	}
	pci_intx(&n->pci, level && !(NVME_GET(n->state.masked) & 1));
	os_mutex_unlock(&n->pin_lock);
}

/* --- completions --- */
void nvme_kick_all(struct nvme *n)
{
	for (u32 i = 0; i < ARRAY_SIZE(n->kicked); i++)
		__atomic_store_n(&n->kicked[i], ~0u, __ATOMIC_RELEASE);
	os_wake_signal(&n->wake);
}

void nvme_kick(struct nvme *n, u32 queue)
{
	__atomic_fetch_or(&n->kicked[queue / 32], 1u << queue % 32, __ATOMIC_RELEASE);
	os_wake_signal(&n->wake);
}

/* Who waited for a place in the queue goes on. */
void nvme_place_is_free(struct nvme *n, struct nvme_completion_queue *q)
{
	if (__atomic_load_n(&q->starved, __ATOMIC_ACQUIRE) &&
	    __atomic_exchange_n(&q->starved, false, __ATOMIC_ACQ_REL))
		nvme_kick_all(n);
}

/* A place for the completion of a command that is about to be taken. */
static bool try_reserve(struct nvme *n, u32 id)
{
	struct nvme_completion_queue *q = &n->completion[id];
	struct nvme_queue_state *s = &n->state.completion[id];
	u32 head = NVME_GET(s->head), used;
	bool got;

	os_mutex_lock(&q->lock);
	used = head < s->size ? (s->tail + s->size - head) % s->size : s->size;
	got = s->size && used + q->taken + 1 < s->size;
	q->taken += got;
	os_mutex_unlock(&q->lock);
	return got;
}

bool nvme_reserve(struct nvme *n, u32 id)
{
	if (try_reserve(n, id))
		return true;
	__atomic_store_n(&n->completion[id].starved, true, __ATOMIC_SEQ_CST);
	return try_reserve(n, id);
}

void nvme_release(struct nvme *n, u32 id)
{
	struct nvme_completion_queue *q = &n->completion[id];

	os_mutex_lock(&q->lock);
	q->taken--;
	os_mutex_unlock(&q->lock);
	nvme_place_is_free(n, q);
}

/* Under the queue's lock. The dword with the phase goes last. */
static bool post(struct nvme *n, struct nvme_queue_state *s, u16 queue, u16 id, u32 status,
		 u32 result)
{
	u64 at = s->base + (u64)s->tail * NVME_COMPLETION_BYTES;
	u8 entry[12];
	u32 tail = s->tail + 1;

	st_le32(entry, result);
	st_le32(entry + 4, 0);
	st_le16(entry + 8, (u16)NVME_GET(n->state.submission[queue].head));
	st_le16(entry + 10, queue);
	if (dma_write(&n->pci.dma, at, entry, sizeof(entry)))
		return false;
	__atomic_thread_fence(__ATOMIC_RELEASE);
	if (dma_st32_le(&n->pci.dma, at + 12, (status << 1 | s->phase) << 16 | id))
		return false;
	if (tail == s->size) {
		tail = 0;
		s->phase ^= 1;
	}
	NVME_SET(s->tail, tail);
	return true;
}

void nvme_complete(struct nvme *n, u16 queue, u16 completion, u16 id, u32 status, u32 result)
{
	struct nvme_completion_queue *q = &n->completion[completion];
	struct nvme_queue_state *s = &n->state.completion[completion];
	bool interrupts, good;
	u32 vector;

	if (__atomic_load_n(&n->gone, __ATOMIC_ACQUIRE))
		return;
	os_mutex_lock(&q->lock);
	q->taken--;
	good = post(n, s, queue, id, status, result);
	interrupts = s->interrupts;
	vector = s->vector;
	os_mutex_unlock(&q->lock);
	if (!good)
		nvme_fail(n, "a completion queue cannot be written");
	else if (interrupts && pci_msix_enabled(&n->pci))
		pci_msix_notify(&n->pci, vector);
	else if (interrupts)
		nvme_update_pin(n);
	nvme_place_is_free(n, q);
}

/* --- queues --- */
static u64 page_mask(const struct nvme *n)
{
	return (4096ull << (n->state.config >> 7 & 15)) - 1;
}

/* 0: the queue may be made. */
static u32 check_queue(const struct nvme *n, const struct nvme_queue_state *s, u32 id, u64 base,
		       u32 size)
{
	if (id > n->max_pairs || s[id].size)
		return NVME_BAD_QUEUE_ID;
	if (size < 2 || (id && size > NVME_MAX_ENTRIES))
		return NVME_BAD_QUEUE_SIZE;
	return base & page_mask(n) ? NVME_INVALID_PRP : NVME_OK;
}

u32 nvme_make_completion(struct nvme *n, u32 id, u64 base, u32 size, bool interrupts, u32 vector)
{
	struct nvme_queue_state *s = n->state.completion;
	u32 status = check_queue(n, s, id, base, size);

	if (status)
		return status;
	if (id && (n->state.config >> 20 & 15) != COMPLETION_ENTRY)
		return NVME_BAD_QUEUE_SIZE;
	if (vector >= (pci_msix_enabled(&n->pci) ? n->nr_vectors : 1))
		return NVME_BAD_VECTOR;
	os_mutex_lock(&n->completion[id].lock);
	s += id;
	s->base = base;
	s->vector = vector;
	s->phase = 1;
	NVME_SET(s->head, 0);
	NVME_SET(s->tail, 0);
	NVME_SET(s->interrupts, interrupts);
	NVME_SET(s->size, size);
	os_mutex_unlock(&n->completion[id].lock);
	return NVME_OK;
}

u32 nvme_make_submission(struct nvme *n, u32 id, u64 base, u32 size, u32 completion)
{
	struct nvme_queue_state *s = n->state.submission;
	u32 status = check_queue(n, s, id, base, size);

	if (status)
		return status;
	if (completion > n->max_pairs || !n->state.completion[completion].size)
		return NVME_BAD_COMPLETION_QUEUE;
	if (id && (n->state.config >> 16 & 15) != SUBMISSION_ENTRY)
		return NVME_BAD_QUEUE_SIZE;
	s += id;
	s->base = base;
	s->completion = completion;
	NVME_SET(s->head, 0);
	NVME_SET(s->tail, 0);
	NVME_SET(s->size, size);
	return NVME_OK;
}

void nvme_delete_submission(struct nvme *n, u32 id)
{
	block_drain(n->block);
	NVME_SET(n->state.submission[id].size, 0);
}

void nvme_delete_completion(struct nvme *n, u32 id)
{
	struct nvme_queue_state *s = &n->state.completion[id];

	os_mutex_lock(&n->completion[id].lock);
	NVME_SET(s->size, 0);
	NVME_SET(s->interrupts, 0);
	os_mutex_unlock(&n->completion[id].lock);
	nvme_update_pin(n);
}

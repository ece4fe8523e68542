// SPDX-License-Identifier: GPL-2.0-or-later
/* NVM Express: admin commands (5). */
#include <string.h>

#include "base/endian.h"
#include "device/nvme.h"

enum {
	DELETE_SUBMISSION = 0x00,
	CREATE_SUBMISSION = 0x01,
	GET_LOG_PAGE = 0x02,
	DELETE_COMPLETION = 0x04,
	CREATE_COMPLETION = 0x05,
	IDENTIFY = 0x06,
	ABORT = 0x08,
	SET_FEATURES = 0x09,
	GET_FEATURES = 0x0a,
	EVENT_REQUEST = 0x0c,

	CONTIGUOUS = 1 << 0,
	INTERRUPTS = 1 << 1,

	IDENTIFY_NAMESPACE = 0,
	IDENTIFY_CONTROLLER = 1,
	IDENTIFY_LIST = 2,
	IDENTIFY_DESCRIPTORS = 3,
	DESCRIPTOR_EUI64 = 1,

	LOG_ERRORS = 1,
	LOG_HEALTH = 2,
	LOG_FIRMWARE = 3,
	LOG_BYTES = 512,
	ERROR_ENTRY_BYTES = 64,

	SELECT_CURRENT = 0,
	SELECT_DEFAULT = 1,
	SELECT_SAVED = 2,
	SELECT_SUPPORTED = 3,
	SAVE = (int)(1u << 31),
	CHANGEABLE = 1 << 2,

	TEMPERATURE = 323, /* kelvin */
	WARNING_TEMPERATURE = 343,
	CRITICAL_TEMPERATURE = 373,
};

/* --- queues (5.3 to 5.6) --- */
static u32 create_completion(struct nvme *n, const struct nvme_command *c)
{
	if (!(c->dw11 & CONTIGUOUS))
		return NVME_INVALID_FIELD;
	if (!(c->dw10 & 0xffff))
		return NVME_BAD_QUEUE_ID;
	return nvme_make_completion(n, c->dw10 & 0xffff, c->prp[0], (c->dw10 >> 16) + 1,
				    c->dw11 & INTERRUPTS, c->dw11 >> 16);
}

static u32 create_submission(struct nvme *n, const struct nvme_command *c)
{
	if (!(c->dw11 & CONTIGUOUS))
		return NVME_INVALID_FIELD;
	if (!(c->dw10 & 0xffff))
		return NVME_BAD_QUEUE_ID;
	if (!(c->dw11 >> 16))
		return NVME_BAD_COMPLETION_QUEUE;
	return nvme_make_submission(n, c->dw10 & 0xffff, c->prp[0], (c->dw10 >> 16) + 1,
				    c->dw11 >> 16);
}

static u32 delete_submission(struct nvme *n, u32 id)
{
	if (!id || id >= NVME_MAX_QUEUES || !n->state.submission[id].size)
		return NVME_BAD_QUEUE_ID;
	nvme_delete_submission(n, id);
	return NVME_OK;
}

static u32 delete_completion(struct nvme *n, u32 id)
{
	if (!id || id >= NVME_MAX_QUEUES || !n->state.completion[id].size)
		return NVME_BAD_QUEUE_ID;
	for (u32 i = 0; i < NVME_MAX_QUEUES; i++)
		if (n->state.submission[i].size && n->state.submission[i].completion == id)
			return NVME_BAD_DELETION;
	nvme_delete_completion(n, id);
	return NVME_OK;
}

/* --- identify (5.15) --- */

/* Text fields are filled with blanks. */
static void put_text(u8 *to, u32 len, const char *text)
{
	size_t have = strlen(text);

	memset(to, ' ', len);
	memcpy(to, text, have < len ? have : len);
}

/* The same in every run: from the serial number. */
static void put_eui64(const struct nvme *n, u8 to[8])
{
	u64 hash = 0xcbf29ce484222325ull;

	for (const char *s = n->serial; *s; s++)
		hash = (hash ^ (u8)*s) * 0x100000001b3ull;
	st_be64(to, hash);
	memcpy(to, "\x52\x54\x00", 3); /* locally administered */
}

static void identify_controller(const struct nvme *n, u8 *b)
{
	st_le16(b, 0x1b36);
	st_le16(b + 2, 0x1af4);
	put_text(b + 4, 20, n->serial);
	put_text(b + 24, 40, "Powervisor NVMe Ctrl");
	put_text(b + 64, 8, "1.0");
	b[72] = 6; /* arbitration burst */
	memcpy(b + 73, "\x00\x54\x52", 3);
	b[77] = NVME_MDTS;
	st_le32(b + 80, 0x00010400);
	b[111] = 1; /* an I/O controller */
	b[258] = 3; /* aborts at a time, from 0 */
	b[259] = NVME_MAX_EVENTS - 1;
	b[260] = 3;	 /* one firmware slot, read-only */
	b[261] = 1 << 2; /* log pages from any offset */
	st_le16(b + 266, WARNING_TEMPERATURE);
	st_le16(b + 268, CRITICAL_TEMPERATURE);
	b[512] = 0x66; /* entries of 64 and of 16 bytes */
	b[513] = 0x44;
	st_le32(b + 516, 1); /* namespaces */
	st_le16(b + 520,
		(u16)((n->info->discard ? 1 << 2 : 0) | (n->info->read_only ? 0 : 1 << 3)));
	b[525] = (u8)((n->info->write_cache ? 1 : 0) | 3 << 1);
	memcpy(b + 768, "nqn.2026-11.org.powervisor:", 27);
	memcpy(b + 768 + 27, n->serial, strnlen(n->serial, 128));
	st_le16(b + 2048, 2500); /* the one power state: 25 W */
	st_le32(b + 2048 + 4, 16);
	st_le32(b + 2048 + 8, 4);
}

static void identify_namespace(const struct nvme *n, u8 *b)
{
	u64 blocks = n->info->size >> n->block_shift;

	st_le64(b, blocks);
	st_le64(b + 8, blocks);
	st_le64(b + 16, blocks);
	b[24] = n->info->discard ? 1 : 0;
	if (n->physical_size > n->logical_size) {
		u16 unit = (u16)((n->physical_size >> n->block_shift) - 1);

		b[24] |= 1 << 4; /* what follows is there */
		st_le16(b + 64, unit);
		st_le16(b + 66, unit);
	}
	b[99] = n->info->read_only ? 1 : 0;
	put_eui64(n, b + 120);
	b[128 + 2] = (u8)n->block_shift;
}

static u32 identify(struct nvme *n, const struct nvme_command *c)
{
	u8 b[NVME_IDENTIFY_BYTES] = {0};

	switch (c->dw10 & 0xff) {
	case IDENTIFY_NAMESPACE:
		if (c->nsid != NVME_NAMESPACE && c->nsid != (u32)NVME_ALL_NAMESPACES)
			return NVME_INVALID_NAMESPACE;
		identify_namespace(n, b);
		break;
	case IDENTIFY_CONTROLLER:
		identify_controller(n, b);
		break;
	case IDENTIFY_LIST:
		if (c->nsid >= 0xfffffffe)
			return NVME_INVALID_NAMESPACE;
		st_le32(b, c->nsid < NVME_NAMESPACE ? NVME_NAMESPACE : 0);
		break;
	case IDENTIFY_DESCRIPTORS:
		if (c->nsid != NVME_NAMESPACE)
			return NVME_INVALID_NAMESPACE;
		b[0] = DESCRIPTOR_EUI64;
		b[1] = 8;
		put_eui64(n, b + 4);
		break;
	default:
		return NVME_INVALID_FIELD;
	}
	return nvme_to_guest(n, c, b, sizeof(b));
}

/* --- logs (5.14) --- */
static void health(const struct nvme *n, u8 *b)
{
	const struct nvme_state *s = &n->state;

	st_le16(b + 1, TEMPERATURE);
	b[3] = 100; /* spare blocks, percent */
	b[4] = 10;
	st_le64(b + 32, (s->sectors_read + 999) / 1000);
	st_le64(b + 48, (s->sectors_written + 999) / 1000);
	st_le64(b + 64, s->reads);
	st_le64(b + 80, s->writes);
}

static u32 get_log_page(struct nvme *n, const struct nvme_command *c)
{
	u64 len = (((u64)c->dw11 & 0xffff) << 16 | c->dw10 >> 16) + 1, offset, size = LOG_BYTES;
	u8 b[LOG_BYTES] = {0};

	len *= 4;
	offset = (u64)c->dw13 << 32 | c->dw12;
	switch (c->dw10 & 0xff) {
	case LOG_ERRORS:
		size = ERROR_ENTRY_BYTES;
		break;
	case LOG_HEALTH:
		health(n, b);
		break;
	case LOG_FIRMWARE:
		b[0] = 1;
		put_text(b + 8, 8, "1.0");
		break;
	default:
		return NVME_BAD_LOG_PAGE;
	}
	if (offset & 3 || offset > size)
		return NVME_INVALID_FIELD;
	if (offset == size)
		return NVME_OK;
	return nvme_to_guest(n, c, b + offset, len < size - offset ? len : size - offset);
}

/* --- features (5.13, 5.21) --- */
static u32 default_feature(const struct nvme *n, u32 feature)
{
	switch (feature) {
	case NVME_FEATURE_TEMPERATURE:
		return WARNING_TEMPERATURE;
	case NVME_FEATURE_WRITE_CACHE:
		return n->info->write_cache;
	case NVME_FEATURE_QUEUES:
		return (n->max_pairs - 1) << 16 | (n->max_pairs - 1);
	default:
		return 0;
	}
}

void nvme_default_features(struct nvme *n)
{
	for (u32 i = 0; i < NVME_FEATURES; i++)
		n->state.features[i] = default_feature(n, i);
	block_set_write_cache(n->block, n->info->write_cache);
}

static bool is_feature(u32 feature)
{
	const u32 known = 1 << NVME_FEATURE_ARBITRATION | 1 << NVME_FEATURE_POWER |
			  1 << NVME_FEATURE_TEMPERATURE | 1 << NVME_FEATURE_ERROR_RECOVERY |
			  1 << NVME_FEATURE_WRITE_CACHE | 1 << NVME_FEATURE_QUEUES |
			  1 << NVME_FEATURE_COALESCING | 1 << NVME_FEATURE_VECTOR |
			  1 << NVME_FEATURE_ATOMICITY | 1 << NVME_FEATURE_EVENTS;

	return feature < NVME_FEATURES && known >> feature & 1;
}

/* Of the feature a value may be given for each vector or sensor; one of them is what there is. */
static u32 current_feature(const struct nvme *n, const struct nvme_command *c, u32 feature)
{
	if (feature == NVME_FEATURE_VECTOR)
		return c->dw11 & 0xffff;
	if (feature == NVME_FEATURE_TEMPERATURE && c->dw11 >> 20 & 3)
		return 0; /* the lower threshold */
	return n->state.features[feature];
}

static u32 get_features(struct nvme *n, const struct nvme_command *c, u32 *result)
{
	u32 feature = c->dw10 & 0xff;

	if (!is_feature(feature))
		return NVME_INVALID_FIELD;
	if (feature == NVME_FEATURE_VECTOR && (c->dw11 & 0xffff) >= n->nr_vectors)
		return NVME_INVALID_FIELD;
	switch (c->dw10 >> 8 & 7) {
	case SELECT_CURRENT:
		*result = current_feature(n, c, feature);
		return NVME_OK;
	case SELECT_DEFAULT:
	case SELECT_SAVED:
		*result = default_feature(n, feature);
		return NVME_OK;
	case SELECT_SUPPORTED:
		*result = feature == NVME_FEATURE_QUEUES || feature == NVME_FEATURE_VECTOR
				  ? 0
				  : CHANGEABLE;
		return NVME_OK;
	default:
		return NVME_INVALID_FIELD;
	}
}

static u32 set_features(struct nvme *n, const struct nvme_command *c, u32 *result)
{
	u32 feature = c->dw10 & 0xff;

	if (c->dw10 & (u32)SAVE)
		return NVME_FEATURE_NOT_SAVEABLE;
	if (!is_feature(feature))
		return NVME_INVALID_FIELD;
	switch (feature) {
	case NVME_FEATURE_QUEUES:
		if ((c->dw11 & 0xffff) == 0xffff || c->dw11 >> 16 == 0xffff)
			return NVME_INVALID_FIELD;
		*result = n->state.features[feature];
		return NVME_OK;
	case NVME_FEATURE_VECTOR:
		return (c->dw11 & 0xffff) < n->nr_vectors ? NVME_OK : NVME_INVALID_FIELD;
	case NVME_FEATURE_WRITE_CACHE:
		if (!n->info->write_cache)
			return NVME_INVALID_FIELD;
		n->state.features[feature] = c->dw11 & 1;
		block_set_write_cache(n->block, c->dw11 & 1);
		return NVME_OK;
	case NVME_FEATURE_POWER:
		return c->dw11 & 0x1f ? NVME_INVALID_FIELD : NVME_OK;
	case NVME_FEATURE_TEMPERATURE:
		if (!(c->dw11 >> 20 & 3))
			n->state.features[feature] = c->dw11 & 0xffff;
		return NVME_OK;
	default:
		n->state.features[feature] = c->dw11;
		return NVME_OK;
	}
}

/* --- events and aborts (5.1, 5.2) --- */
static u32 request_event(struct nvme *n, const struct nvme_command *c)
{
	struct nvme_state *s = &n->state;

	if (s->nr_events == NVME_MAX_EVENTS)
		return NVME_TOO_MANY_EVENTS;
	s->events[s->nr_events++] = c->id;
	return NVME_LATER;
}

/* Commands of disks are done before an abort could reach them; requests for events wait. */
static u32 abort_command(struct nvme *n, const struct nvme_command *c, u32 *result)
{
	struct nvme_state *s = &n->state;
	u32 queue = c->dw10 & 0xffff, id = c->dw10 >> 16;

	*result = 1; /* not aborted */
	if (queue)
		return NVME_OK;
	for (u32 i = 0; i < s->nr_events; i++) {
		if (s->events[i] != id || !nvme_reserve(n, 0))
			continue;
		s->nr_events--;
		memmove(&s->events[i], &s->events[i + 1],
			(s->nr_events - i) * sizeof(s->events[0]));
		nvme_complete(n, 0, 0, (u16)id, NVME_ABORTED, 0);
		*result = 0;
		break;
	}
	return NVME_OK;
}

u32 nvme_admin(struct nvme *n, const struct nvme_command *c, u32 *result)
{
	if (c->flags)
		return NVME_INVALID_FIELD;
	switch (c->opcode) {
	case DELETE_SUBMISSION:
		return delete_submission(n, c->dw10 & 0xffff);
	case CREATE_SUBMISSION:
		return create_submission(n, c);
	case GET_LOG_PAGE:
		return get_log_page(n, c);
	case DELETE_COMPLETION:
		return delete_completion(n, c->dw10 & 0xffff);
	case CREATE_COMPLETION:
		return create_completion(n, c);
	case IDENTIFY:
		return identify(n, c);
	case ABORT:
		return abort_command(n, c, result);
	case SET_FEATURES:
		return set_features(n, c, result);
	case GET_FEATURES:
		return get_features(n, c, result);
	case EVENT_REQUEST:
		return request_event(n, c);
	default:
		return NVME_INVALID_OPCODE;
	}
}

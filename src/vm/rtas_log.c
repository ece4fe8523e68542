// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/rtas_log.h"

#include "base/assert.h"
#include "base/endian.h"
#include "base/string.h"

enum {
	VERSION = 6,
	EXTENDED = 1 << 2,
	EXTENDED_VALID = 0x80,
	EXTENDED_NEW = 0x04,
	EXTENDED_BIG_ENDIAN = 0x02,
	EXTENDED_POWERPC = 0x80,
	EXTENDED_PLATFORM_EVENT = 0x0e, /* format of what follows: sections */
};

u8 *rtas_log_begin(u8 *log, u32 len, enum rtas_log_severity severity,
		   enum rtas_log_disposition disposition, enum rtas_log_type type)
{
	u8 *extended = log + RTAS_LOG_FIXED_BYTES;

	pv_assert(len >= RTAS_LOG_HEAD_BYTES);
	memset(log, 0, len);
	log[0] = VERSION;
	log[1] = (u8)((u32)severity | (u32)disposition | EXTENDED);
	log[3] = (u8)type;
	st_be32(log + 4, len - RTAS_LOG_FIXED_BYTES);
	extended[0] = EXTENDED_VALID | EXTENDED_NEW | EXTENDED_BIG_ENDIAN;
	extended[2] = EXTENDED_POWERPC | EXTENDED_PLATFORM_EVENT;
	memcpy(extended + 12, "IBM", 4);
	return log + RTAS_LOG_HEAD_BYTES;
}

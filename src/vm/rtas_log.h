/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The head that all RTAS error and event logs share: fixed part (LoPAPR 10.3.2.1) and version 6
 * extended part (10.3.2.2) without sections. */
#ifndef VM_RTAS_LOG_H
#define VM_RTAS_LOG_H

#include "base/types.h"

enum rtas_log_severity {
	RTAS_LOG_EVENT = 1 << 5,
	RTAS_LOG_ERROR = 2 << 5,
};

enum rtas_log_disposition {
	RTAS_LOG_RECOVERED = 0 << 3,
	RTAS_LOG_NOT_RECOVERED = 2 << 3,
};

enum rtas_log_type {
	RTAS_LOG_EPOW = 0x40,
	RTAS_LOG_PCI = 0xe0,
	RTAS_LOG_HOTPLUG = 0xe5,
};

enum {
	RTAS_LOG_FIXED_BYTES = 8,
	RTAS_LOG_HEAD_BYTES = RTAS_LOG_FIXED_BYTES + 16,
};

/* Clears the len bytes at log, at least RTAS_LOG_HEAD_BYTES, and writes the head of a log that ends
 * there; returns where its sections begin. */
u8 *rtas_log_begin(u8 *log, u32 len, enum rtas_log_severity severity,
		   enum rtas_log_disposition disposition, enum rtas_log_type type);

#endif

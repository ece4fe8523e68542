/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Diagnostics: categories of -d, and one-line messages. The sink is set by cli/ (or a test);
 * until then everything goes nowhere, so freestanding builds need no stdio. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdarg.h>

#include "base/types.h"

enum log_mask {
	LOG_IN_ASM = 1 << 0,  /* guest instructions as they are translated */
	LOG_IR = 1 << 1,      /* IR of each region, before and after the optimiser */
	LOG_EXEC = 1 << 2,    /* each region entered */
	LOG_INT = 1 << 3,     /* interrupts delivered */
	LOG_MMU = 1 << 4,     /* translations that failed, TLB management */
	LOG_HCALL = 1 << 5,   /* hypercalls and RTAS calls with arguments and result */
	LOG_GUEST = 1 << 6,   /* what the guest does wrong */
	LOG_UNIMP = 1 << 7,   /* what the guest asks for and we do not have */
	LOG_OUT_ASM = 1 << 8, /* host code */
};

typedef void log_sink_fn(void *opaque, const char *text, size_t len);

extern u32 log_enabled_mask;

static inline bool log_on(u32 mask)
{
	return unlikely(log_enabled_mask & mask);
}

/* Set the sink of log text and the enabled categories. Call before any vCPU runs. */
void log_set(u32 mask, log_sink_fn *sink, void *opaque);
/* Format and emit one message when any category of mask is on. The formats understood are those
 * of log_vformat(). */
void log_printf(u32 mask, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* One line for the user, whatever the categories: goes to the sink with "powervisor: " before. */
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A small vsnprintf for freestanding builds: %d %i %u %x %X %c %s %p %%, flags 0 - # +, width,
 * precision, '*', and the lengths hh h l ll z. Returns what vsnprintf returns. */
int log_vformat(char *buf, size_t size, const char *fmt, va_list ap);
int log_format(char *buf, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif

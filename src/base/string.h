/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The six functions that freestanding code may use of <string.h>; the bare-metal edition brings
 * its own, a hosted build takes the C library's. */
#ifndef BASE_STRING_H
#define BASE_STRING_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);

#endif

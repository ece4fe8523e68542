/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One-line error messages for the user. A function that can fail for reasons the user should read
 * takes a struct error and sets it once, where the reason is known; callers only pass it up. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include "base/types.h"

struct error {
	char text[256];
};

/* Format the message (base/log.h's formats) and return err, a negative errno. e may be NULL. */
int error_set(struct error *e, int err, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Put "prefix: " before the message that e holds. */
void error_prefix(struct error *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif

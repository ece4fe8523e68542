// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/error.h"

#include "base/log.h"
#include "base/string.h"

int error_set(struct error *e, int err, const char *fmt, ...)
{
	va_list ap;

	if (e) {
		va_start(ap, fmt);
		log_vformat(e->text, sizeof(e->text), fmt, ap);
		va_end(ap);
	}
	return err;
}

void error_prefix(struct error *e, const char *fmt, ...)
{
	char old[sizeof(e->text)];
	va_list ap;
	size_t n;

	if (!e)
		return;
	memcpy(old, e->text, sizeof(old));
	va_start(ap, fmt);
	log_vformat(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	n = strlen(e->text);
	log_format(e->text + n, sizeof(e->text) - n, ": %s", old);
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "exempt.h"

const char *diff_exempt(const struct diff_view *v)
{
	const char *why = diff_exempt_float(v);

	why = why ? why : diff_exempt_fixed(v);
	return why ? why : diff_exempt_dfp(v);
}

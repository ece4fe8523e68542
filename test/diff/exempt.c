// SPDX-License-Identifier: GPL-2.0-or-later
#include "exempt.h"

const char *diff_exempt(const struct diff_view *v)
{
	return diff_exempt_float(v);
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "exempt.h"

static const struct diff_exemption *const lists[] = {
	diff_exempt_fixed, diff_exempt_dfp,	 diff_exempt_float, diff_exempt_round,
	diff_exempt_trap,  diff_exempt_sequence, diff_exempt_vector};

const struct diff_exemption *diff_exemption(unsigned n)
{
	const struct diff_exemption *e;
	unsigned l;

	for (l = 0; l < sizeof(lists) / sizeof(*lists); l++)
		for (e = lists[l]; e->id; e++)
			if (!n--)
				return e;
	return NULL;
}

bool diff_exempt(const struct diff_view *v, bool used[DIFF_EXEMPTIONS])
{
	static struct diff_result m;
	static struct diff_result last;
	const struct diff_exemption *e;
	unsigned n;

	memset(used, 0, DIFF_EXEMPTIONS * sizeof(*used));
	if (!v->insn->row)
		return false;
	m = *v->ours;
	for (n = 0; n < DIFF_EXEMPTIONS && (e = diff_exemption(n)); n++) {
		if (e->sequence != v->sequence)
			continue;
		last = m;
		e->apply(v, &m);
		used[n] = memcmp(&last, &m, sizeof(last));
	}
	return !memcmp(&m, v->theirs, sizeof(m));
}

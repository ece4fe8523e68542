// SPDX-License-Identifier: GPL-2.0-or-later
#include "isa/onereg.h"

#include "isa/insn.h"
#include "isa/state.h"

static const struct onereg_row rows[] = {
#define ONEREG(ID, nm, i, sz, n, k, off, str, fam, fl, g)                                          \
	{.name = nm,                                                                               \
	 .id = ONEREG_PPC | ONEREG_SIZE_##sz | (i),                                                \
	 .count = (n),                                                                             \
	 .offset = (u32)(off),                                                                     \
	 .stride = (str),                                                                          \
	 .families = (fam),                                                                        \
	 .kind = ONEREG_##k,                                                                       \
	 .flags = (fl),                                                                            \
	 .gdb = (g)},
#include "isa/onereg.def"
#undef ONEREG
};

const struct onereg_row *onereg_at(unsigned i)
{
	return i < ARRAY_SIZE(rows) ? &rows[i] : NULL;
}

const struct onereg_row *onereg_find(u64 id, u32 *element)
{
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		if (id >= rows[i].id && id - rows[i].id < rows[i].count) {
			*element = (u32)(id - rows[i].id);
			return &rows[i];
		}
	}
	return NULL;
}

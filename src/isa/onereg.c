// SPDX-License-Identifier: GPL-2.0-or-later
#include "isa/onereg.h"

#include "base/string.h"
#include "isa/insn.h"
#include "isa/model.h"
#include "isa/state.h"

enum { SPR_NUMBERS = 1024 };

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

/* cursor: row << 32 | element, then (rows << 32) | SPR number. */
bool onereg_next_saved(const struct cpu_model *model, u64 *cursor, struct onereg_saved *reg)
{
	const struct onereg_row *r;
	const struct spr_row *spr;

	while ((r = onereg_at((unsigned)(*cursor >> 32)))) {
		u32 element = (u32)*cursor;

		if (element >= r->count || !(r->families & model->families) ||
		    (r->flags & ONEREG_ALIAS)) {
			*cursor = ((*cursor >> 32) + 1) << 32;
			continue;
		}
		*reg = (struct onereg_saved){r->name, element, r->id + element};
		++*cursor;
		return true;
	}
	while ((u32)*cursor < SPR_NUMBERS) {
		u32 number = (u32)(*cursor)++;

		spr = spr_find(model, number);
		if (spr && spr->store == spr->id) {
			*reg = (struct onereg_saved){"spr", number, ONEREG_SPR(number)};
			return true;
		}
	}
	return false;
}

u64 onereg_saved_id(const struct cpu_model *model, const char *name, u32 element)
{
	const struct spr_row *spr;
	const struct onereg_row *r;

	if (!strcmp(name, "spr")) {
		spr = element < SPR_NUMBERS ? spr_find(model, element) : NULL;
		return spr && spr->store == spr->id ? ONEREG_SPR(element) : 0;
	}
	for (unsigned i = 0; (r = onereg_at(i)); i++)
		if (!strcmp(r->name, name) && element < r->count && !(r->flags & ONEREG_ALIAS) &&
		    (r->families & model->families))
			return r->id + element;
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of special purpose registers and its look-ups. */
#include "isa/spr.h"

#include "isa/model.h"
#include "isa/state.h"

static const struct spr_row rows[] = {
#define SPR(i, num, text, fam, first, last, u, s, h, fac, m, st, r, w)                             \
	[SPR_##i] = {                                                                              \
		.name = text,                                                                      \
		.number = num,                                                                     \
		.id = SPR_##i,                                                                     \
		.store = SPR_##st,                                                                 \
		.families = (fam),                                                                 \
		.user = SPR_##u,                                                                   \
		.sup = SPR_##s,                                                                    \
		.hyp = SPR_##h,                                                                    \
		.facility = FAC_##fac,                                                             \
		.rd = SPR_ACC_##r,                                                                 \
		.wr = SPR_ACC_##w,                                                                 \
		.first_isa = first,                                                                \
		.last_isa = last,                                                                  \
		.mask = m,                                                                         \
	},
#include "isa/spr.def"
#undef SPR
};

const struct spr_row *spr_row(unsigned id)
{
	return &rows[id];
}

const struct spr_row *spr_find(const struct cpu_model *model, unsigned number)
{
	for (unsigned i = 0; i < SPR_ID_COUNT; i++) {
		const struct spr_row *row = &rows[i];

		if (row->number == number && (row->families & model->families) &&
		    row->first_isa <= model->isa && model->isa <= row->last_isa)
			return row;
	}
	return NULL;
}

u64 spr_mask(const struct spr_row *row, const struct cpu_model *model)
{
	return model->is64 ? row->mask : row->mask & 0xffffffffu;
}

u32 spr_slot(const struct spr_row *row)
{
	switch (row->store) {
	case SPR_LR:
		return SLOT(lr);
	case SPR_CTR:
		return SLOT(ctr);
	case SPR_TAR:
		return SLOT(tar);
	case SPR_VRSAVE:
		return SLOT(vrsave);
	case SPR_SPEFSCR:
		return SLOT(spefscr);
	default:
		return SLOT_SPR(row->store);
	}
}

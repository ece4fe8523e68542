/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of CPU models. */
#include "isa/model.h"

#include "isa/msr.h"

static const struct cpu_model models[] = {
#define F(name) (1ull << FAC_##name)
#define MODEL(id, text, pvr_, fam, isa_, mmu_, is64_, slb, dc, ic, dcbz, dec, fac, msr, reset)     \
	{                                                                                          \
		.name = text,                                                                      \
		.pvr = pvr_,                                                                       \
		.families = fam,                                                                   \
		.isa = isa_,                                                                       \
		.facilities = fac,                                                                 \
		.mmu = mmu_,                                                                       \
		.is64 = is64_,                                                                     \
		.slb_entries = slb,                                                                \
		.dcache_line = dc,                                                                 \
		.icache_line = ic,                                                                 \
		.dcbz_block = dcbz,                                                                \
		.dec_bits = dec,                                                                   \
		.msr_mask = msr,                                                                   \
		.reset_msr = reset,                                                                \
	},
#include "isa/model.def"
#undef MODEL
#undef F
};

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool same_name(const char *a, const char *b)
{
	while (*a && lower(*a) == lower(*b)) {
		a++;
		b++;
	}
	return *a == *b;
}

const struct cpu_model *cpu_model_find(const char *name)
{
	for (unsigned i = 0; i < ARRAY_SIZE(models); i++)
		if (same_name(models[i].name, name))
			return &models[i];
	return NULL;
}

const struct cpu_model *cpu_model_at(unsigned i)
{
	return i < ARRAY_SIZE(models) ? &models[i] : NULL;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* What the host processor can do (Intel SDM 2A, CPUID). */
#include "backend/x86_64/core.h"

struct cpuid {
	u32 a, b, c, d;
};

static struct cpuid cpuid(u32 leaf, u32 sub)
{
	struct cpuid r;

	__asm__ volatile("cpuid"
			 : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d)
			 : "0"(leaf), "2"(sub));
	return r;
}

/* The operating system saves the upper halves of ymm registers. */
static bool saves_avx(void)
{
	u32 lo, hi;

	__asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
	return (lo & 6) == 6;
}

struct feature {
	u8 bit;
	u32 host;
};

static u32 features(u32 reg, const struct feature *f, u32 count)
{
	u32 k, host = 0;

	for (k = 0; k < count; k++)
		if (reg >> f[k].bit & 1)
			host |= f[k].host;
	return host;
}

static u32 level_mask(u32 level)
{
	const u32 v2 = HOST_SSE3 | HOST_SSSE3 | HOST_SSE41 | HOST_SSE42 | HOST_POPCNT | HOST_CX16;
	const u32 v3 = v2 | HOST_AVX | HOST_AVX2 | HOST_FMA | HOST_BMI1 | HOST_BMI2 | HOST_LZCNT |
		       HOST_MOVBE | HOST_F16C;
	const u32 masks[] = {~0u, 0, v2, v3};

	return level < ARRAY_SIZE(masks) ? masks[level] : ~0u;
}

u32 host_detect(u32 level)
{
	static const struct feature leaf1_c[] = {
		{0, HOST_SSE3},	   {1, HOST_PCLMUL}, {9, HOST_SSSE3},  {12, HOST_FMA},
		{13, HOST_CX16},   {19, HOST_SSE41}, {20, HOST_SSE42}, {22, HOST_MOVBE},
		{23, HOST_POPCNT}, {25, HOST_AES},   {28, HOST_AVX},   {29, HOST_F16C},
	};
	static const struct feature leaf7_b[] = {{3, HOST_BMI1}, {5, HOST_AVX2}, {8, HOST_BMI2}};
	static const struct feature ext_c[] = {{5, HOST_LZCNT}};
	u32 host, max = cpuid(0, 0).a;
	struct cpuid one = cpuid(1, 0);

	host = features(one.c, leaf1_c, ARRAY_SIZE(leaf1_c));
	if (max >= 7)
		host |= features(cpuid(7, 0).b, leaf7_b, ARRAY_SIZE(leaf7_b));
	if (cpuid(0x80000000, 0).a >= 0x80000001)
		host |= features(cpuid(0x80000001, 0).c, ext_c, ARRAY_SIZE(ext_c));
	if (!(one.c >> 27 & 1) || !saves_avx())
		host &= ~(u32)(HOST_AVX | HOST_AVX2 | HOST_FMA | HOST_F16C);
	return host & level_mask(level);
}

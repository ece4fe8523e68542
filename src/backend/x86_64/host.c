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

/* What registers the operating system saves: upper halves of ymm; masks and zmm too. */
enum { SAVES_AVX = 0x6, SAVES_AVX512 = 0xe6 };

static bool saves(u32 what)
{
	u32 lo, hi;

	__asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
	return (lo & what) == what;
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
	static const struct feature leaf7_b[] = {
		{3, HOST_BMI1}, {5, HOST_AVX2}, {8, HOST_BMI2}, {16, HOST_AVX512F}};
	/* VAES came with the fast divider: Zen 3, Ice Lake. */
	static const struct feature leaf7_c[] = {{9, HOST_FAST_DIV}};
	static const struct feature ext_c[] = {{5, HOST_LZCNT}};
	u32 host, max = cpuid(0, 0).a;
	struct cpuid one = cpuid(1, 0);

	host = features(one.c, leaf1_c, ARRAY_SIZE(leaf1_c));
	if (max >= 7) {
		host |= features(cpuid(7, 0).b, leaf7_b, ARRAY_SIZE(leaf7_b));
		host |= features(cpuid(7, 0).c, leaf7_c, ARRAY_SIZE(leaf7_c));
	}
	if (cpuid(0x80000000, 0).a >= 0x80000001)
		host |= features(cpuid(0x80000001, 0).c, ext_c, ARRAY_SIZE(ext_c));
	if (!(one.c >> 27 & 1) || !saves(SAVES_AVX))
		host &= ~(u32)(HOST_AVX | HOST_AVX2 | HOST_FMA | HOST_F16C | HOST_AVX512F);
	else if (!saves(SAVES_AVX512))
		host &= ~(u32)HOST_AVX512F;
	return host & level_mask(level);
}

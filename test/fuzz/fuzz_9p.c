// SPDX-License-Identifier: GPL-2.0-or-later
/* Messages of 9P2000.L of any content, to a folder of a few files that they may change as they
 * like; what lies beside it must stay as it is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../unit/host/p9.h"
#include "fuzz.h"

static char top[64], share[80], beside[80];

static void leave(void)
{
	char line[128];

	snprintf(line, sizeof(line), "rm -rf %s", top);
	if (system(line))
		abort();
}

static void begin(void)
{
	char line[256];

	strcpy(top, "/tmp/pvfuzz9pXXXXXX");
	if (!mkdtemp(top))
		abort();
	atexit(leave);
	snprintf(share, sizeof(share), "%s/share", top);
	snprintf(beside, sizeof(beside), "%s/beside", top);
	snprintf(
		line, sizeof(line),
		"cd %s && mkdir -p share/a/b && echo x > share/a/c && ln -s ../beside share/out && "
		"printf 0123456 > beside && chmod 644 beside",
		top);
	if (system(line))
		abort();
}

static void check(void)
{
	struct stat st;

	if (stat(beside, &st) || st.st_size != 7 || (st.st_mode & 0777) != 0644 ||
	    listxattr(beside, NULL, 0) > 0)
		abort();
}

/* Mostly names that are there. */
static void name(struct p9_client *c, struct fuzz_input *in)
{
	static const char *const names[] = {"a",
					    "b",
					    "c",
					    "out",
					    "..",
					    "new",
					    "a/c",
					    "",
					    "user.a",
					    "user.b",
					    "user.virtfs.mode",
					    "system.posix_acl_access",
					    "security.x",
					    "user.",
					    "..",
					    "new"};
	u32 kind = (u32)fuzz_value(in, 1);

	if (kind & 0x80)
		c_put(c, fuzz_value(in, 2), 2);
	else
		c_text(c, names[kind & 15]);
}

static void message(struct p9_client *c, struct fuzz_input *in)
{
	static const u8 kinds[] = {8,	12,  14,  16,  18,  22,	 24,  26,  40,	50, 52,
				   54,	70,  72,  74,  76,  20,	 30,  32,  30,	32, 116,
				   118, 120, 100, 104, 108, 110, 116, 118, 120, 122};
	u32 parts = (u32)fuzz_value(in, 1) & 7;

	c_begin(c, kinds[fuzz_value(in, 1) % ARRAY_SIZE(kinds)]);
	c_put(c, fuzz_value(in, 1) & 3, 4);
	for (u32 i = 0; i < parts; i++)
		switch (fuzz_value(in, 1) & 7) {
		case 0:
		case 1:
			name(c, in);
			break;
		case 2:
			c_put(c, fuzz_value(in, 1) & 3, 4);
			break;
		case 3:
			c_put(c, fuzz_value(in, 1), 2);
			break;
		case 4:
			c_put(c, fuzz_value(in, 1), 8);
			break;
		case 5:
			c_put(c, fuzz_value(in, 8), 8);
			break;
		case 6:
			c_put(c, fuzz_value(in, 4), 4);
			break;
		default:
			c_put(c, fuzz_value(in, 2) % 12, 2);
		}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct p9_client c;
	struct fuzz_input in = {data, size};
	struct error e;

	if (!top[0])
		begin();
	struct fsdev_options o = {share, fuzz_value(&in, 1) & 1 ? FSDEV_MAPPED : FSDEV_NONE, false};

	if (fsdev_open(&o, &c.f, &e))
		abort();
	c_version(&c);
	c_attach(&c, 0);
	for (u32 i = 0; i < 64 && in.size; i++) {
		message(&c, &in);
		c_call(&c);
		if (!c.f || c.len > sizeof(c.in))
			abort();
	}
	fsdev_close(c.f);
	check();
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * xattr FILE: extended attributes of a file of which the host has set user.host to "from the host".
 * Says "right", or which step went wrong and how. user.guest stays for the host to look at,
 * user.host goes.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

enum { LONG = 3000 };

static int wrong(const char *step, long got)
{
	printf("%s: %ld, %s\n", step, got, got < 0 ? strerror(errno) : "no error");
	return 1;
}

/* The call fails with that error. */
static int fails(long got, int error)
{
	return got == -1 && errno == error;
}

static int listed(const char *names, long size, const char *name)
{
	for (long at = 0; at < size; at += (long)strlen(names + at) + 1)
		if (!strcmp(names + at, name))
			return 1;
	return 0;
}

static int check(const char *file)
{
	static char value[LONG], back[2 * LONG], names[4096];
	long n = getxattr(file, "user.host", back, sizeof(back));

	if (n != 13 || memcmp(back, "from the host", 13))
		return wrong("the host's value", n);
	for (int i = 0; i < LONG; i++)
		value[i] = (char)(i * 7);
	n = setxattr(file, "user.guest", value, LONG, XATTR_CREATE);
	if (n)
		return wrong("a long value", n);
	n = getxattr(file, "user.guest", NULL, 0);
	if (n != LONG)
		return wrong("its size", n);
	n = getxattr(file, "user.guest", back, 100);
	if (!fails(n, ERANGE))
		return wrong("a part of it", n);
	n = getxattr(file, "user.guest", back, sizeof(back));
	if (n != LONG || memcmp(back, value, LONG))
		return wrong("reading it", n);
	n = setxattr(file, "user.guest", "x", 1, XATTR_CREATE);
	if (!fails(n, EEXIST))
		return wrong("creating it again", n);
	n = setxattr(file, "user.none", "x", 1, XATTR_REPLACE);
	if (!fails(n, ENODATA))
		return wrong("replacing what is not there", n);
	n = setxattr(file, "user.guest", "of the guest", 12, 0);
	if (n)
		return wrong("replacing", n);
	n = setxattr(file, "user.empty", "", 0, 0);
	if (n)
		return wrong("a value of no bytes", n);
	n = listxattr(file, names, sizeof(names));
	if (n < 0 || !listed(names, n, "user.host") || !listed(names, n, "user.guest") ||
	    !listed(names, n, "user.empty") || listed(names, n, "user.virtfs.mode"))
		return wrong("the list", n);
	n = removexattr(file, "user.host") || removexattr(file, "user.empty");
	if (n)
		return wrong("removing", n);
	n = getxattr(file, "user.host", back, sizeof(back));
	if (!fails(n, ENODATA))
		return wrong("what was removed", n);
	n = removexattr(file, "user.host");
	if (!fails(n, ENODATA))
		return wrong("removing it again", n);
	puts("right");
	return 0;
}

int main(int argc, char **argv)
{
	return argc == 2 ? check(argv[1]) : 2;
}

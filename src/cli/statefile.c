// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/statefile.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "vm/savestate.h"

static int stream_write(void *opaque, const void *buf, size_t len)
{
	return fwrite(buf, 1, len, opaque) == len ? 0 : -EIO;
}

static int stream_read(void *opaque, void *buf, size_t len)
{
	return fread(buf, 1, len, opaque) == len ? 0 : -EIO;
}

int statefile_save(struct vm *vm, const char *path, struct error *e)
{
	FILE *f = fopen(path, "wb");
	struct state_writer w = {stream_write, f, 0};
	int err;

	if (!f)
		return error_set(e, -errno, "cannot open %s: %s", path, strerror(errno));
	err = vm_save(vm, &w, e);
	if (fclose(f) && !err)
		err = error_set(e, -EIO, "cannot write %s", path);
	return err;
}

int statefile_load(struct vm *vm, const char *path, struct error *e)
{
	FILE *f = fopen(path, "rb");
	struct state_reader r = {stream_read, f};
	int err;

	if (!f)
		return error_set(e, -errno, "cannot open %s: %s", path, strerror(errno));
	err = vm_load(vm, &r, e);
	if (err)
		error_prefix(e, "%s", path);
	fclose(f);
	return err;
}

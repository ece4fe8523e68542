// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The list of devices that firmware boots from, as QEMU gives it to SLOF: paths by bootindex, with
 * spaces between them; HALT at the end means that nothing else is to be tried.
 */
#include <libfdt.h>

#include "base/log.h"
#include "base/string.h"
#include "machine/boot.h"
#include "os/os.h"
#include "vm/device.h"
#include "vm/vm.h"

/* The next one behind a bootindex; NULL: there is none. */
static const struct device *next_device(const struct vm *vm, s32 behind)
{
	const struct device *best = NULL;

	for (u32 i = 0; i < vm->nr_devices; i++) {
		const struct device *d = vm->devices[i];

		if (d->bootindex > behind && (!best || d->bootindex < best->bootindex))
			best = d;
	}
	return best;
}

static void append(char *list, const char *word)
{
	size_t at = strlen(list);

	if (at)
		list[at++] = ' ';
	memcpy(list + at, word, strlen(word) + 1);
}

int boot_list_dt(struct vm *vm, bool strict, void *fdt)
{
	int chosen = fdt_path_offset(fdt, "/chosen"), err = 0;
	char path[DEVICE_PATH_MAX], *list;
	const struct device *d = NULL;

	list = os_alloc((vm->nr_devices + 1) * (DEVICE_PATH_MAX + 1));
	if (!list)
		return -FDT_ERR_NOSPACE;
	while ((d = next_device(vm, d ? d->bootindex : -1)))
		if (!d->cls->boot_path(d, path, sizeof(path)))
			append(list, path);
	if (*list) {
		if (strict)
			append(list, "HALT");
		err = fdt_setprop_string(fdt, chosen, "qemu,boot-list", list);
	}
	os_free(list);
	return err;
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "device/mac.h"

#include <errno.h>
#include <string.h>

#include "vm/vm.h"

static bool is_used(const struct device *dev, const u8 mac[6])
{
	const struct vm *vm = dev->vm;

	for (u32 i = 0; i < vm->nr_devices; i++) {
		const struct device *d = vm->devices[i];
		const struct device_prop *p = d == dev ? NULL : d->cls->props;

		for (; p && p->name; p++)
			if (p->type == PROP_MAC && !memcmp((const u8 *)d + p->offset, mac, 6))
				return true;
	}
	return false;
}

int mac_default(const struct device *dev, u8 mac[6], struct error *e)
{
	static const u8 none[6];
	u8 first[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};

	if (memcmp(mac, none, 6))
		return 0;
	for (; first[5]; first[5]++)
		if (!is_used(dev, first)) {
			memcpy(mac, first, 6);
			return 0;
		}
	return error_set(e, -ENOSPC, "there are more network cards than addresses: say mac=");
}

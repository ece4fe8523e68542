// SPDX-License-Identifier: GPL-2.0-or-later
#include "backend/backend.h"

#include "base/string.h"

const struct backend_ops *backend_at(u32 i)
{
	return i < backend_count ? backend_list[i] : NULL;
}

const struct backend_ops *backend_find(const char *name)
{
	const struct backend_ops *ops;
	u32 i;

	for (i = 0; (ops = backend_at(i)); i++)
		if (!strcmp(ops->name, name))
			return ops;
	return NULL;
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/engines.h"

#include "base/string.h"
#include "engine/null.h"
#include "engine/translator.h"

static const struct engine_ops *const engines[] = {&engine_translator, &engine_null};

const struct engine_ops *engine_at(unsigned i)
{
	return i < ARRAY_SIZE(engines) ? engines[i] : NULL;
}

const struct engine_ops *engine_find(const char *name)
{
	for (unsigned i = 0; i < ARRAY_SIZE(engines); i++)
		if (!strcmp(engines[i]->name, name))
			return engines[i];
	return NULL;
}

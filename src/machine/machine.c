// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/machine.h"

#include <errno.h>
#include <string.h>

static const struct machine_class *const machines[] = {&machine_pseries, &machine_bare_e500,
						       &machine_bare_440};

const struct machine_class *machine_at(unsigned i)
{
	return i < ARRAY_SIZE(machines) ? machines[i] : NULL;
}

const struct machine_class *machine_find(const char *name)
{
	for (unsigned i = 0; i < ARRAY_SIZE(machines); i++)
		if (!strcmp(machines[i]->name, name))
			return machines[i];
	return NULL;
}

const char *machine_option(const struct machine_config *config, const char *key)
{
	for (u32 i = config->nr_options; i--;)
		if (!strcmp(config->options[i].key, key))
			return config->options[i].value;
	return NULL;
}

int machine_check_options(const struct machine_config *config, const char *const *known,
			  struct error *e)
{
	for (u32 i = 0; i < config->nr_options; i++) {
		const char *const *k = known;

		while (*k && strcmp(*k, config->options[i].key))
			k++;
		if (!*k)
			return error_set(e, -EINVAL, "machine %s has no option '%s'", config->name,
					 config->options[i].key);
	}
	return 0;
}

int machine_add_devices(const struct machine_config *config, struct vm *vm, struct error *e)
{
	int err = 0;

	for (u32 i = 0; i < config->nr_devices && !err; i++) {
		const struct machine_device *d = &config->devices[i];

		err = device_add(vm, d->cls, d->settings, d->nr_settings, e);
	}
	return err;
}

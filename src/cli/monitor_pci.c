// SPDX-License-Identifier: GPL-2.0-or-later
/* Errors of PCI devices from the host's side: the guest has to recover them as those of hardware.
 */
#include "cli/monitor_pci.h"

#include <glib.h>
#include <string.h>

#include "bus/pci.h"
#include "vm/vm.h"

/* Under the machine's lock; NULL: there is none. */
static struct device *find(struct vm *vm, const char *id)
{
	for (u32 i = 0; i < vm->nr_devices; i++)
		if (vm->devices[i]->id && !strcmp(vm->devices[i]->id, id))
			return vm->devices[i];
	return NULL;
}

static bool find_kind(const char *name, enum pe_inject *kind)
{
	for (u32 i = 0; i < PE_INJECT_COUNT; i++)
		if (!strcmp(pe_inject_names[i], name)) {
			*kind = i;
			return true;
		}
	return false;
}

static bool number(const char *text, u64 *v)
{
	char *end;

	*v = g_ascii_strtoull(text, &end, 0);
	return g_ascii_isdigit(*text) && !*end;
}

static void print_kinds(struct monitor *m, const char *wrong)
{
	monitor_print(m, "eeh_inject_error: '%s' is no type; there are:", wrong);
	for (u32 i = 0; i < PE_INJECT_COUNT; i++)
		monitor_print(m, " %s", pe_inject_names[i]);
	monitor_print(m, "\n");
}

static void inject(struct monitor *m, struct vm *vm, const char *id, enum pe_inject kind, u64 addr,
		   u64 mask)
{
	struct device *dev;

	vm_lock(vm);
	dev = find(vm, id);
	if (!dev)
		monitor_print(m, "eeh_inject_error: there is no device '%s'\n", id);
	else if (dev->cls->bus_type != BUS_PCI)
		monitor_print(m, "eeh_inject_error: '%s' is not on a PCI bus\n", id);
	else
		pci_inject_error(container_of(dev, struct pci_device, dev), kind, addr, mask);
	vm_unlock(vm);
}

/* ID, type, then maybe an address and which of its bits count: all of them. */
static void eeh_inject_error(struct monitor *m, void *opaque, const char *args)
{
	gchar **words = g_strsplit_set(args, " ", -1), *word[5] = {0};
	enum pe_inject kind = PE_INJECT_NONE;
	u64 addr = 0, mask = 0;
	u32 n = 0;

	for (u32 i = 0; words[i]; i++)
		if (*words[i] && n < ARRAY_SIZE(word))
			word[n++] = words[i];
	mask = n == 3 ? ~0ull : 0;
	if (n < 2 || n > 4 || (n > 2 && !number(word[2], &addr)) ||
	    (n > 3 && !number(word[3], &mask)))
		monitor_print(m, "eeh_inject_error ID TYPE [ADDRESS [MASK]]\n");
	else if (!find_kind(word[1], &kind))
		print_kinds(m, word[1]);
	else
		inject(m, opaque, word[0], kind, addr, mask);
	g_strfreev(words);
}

const struct monitor_command monitor_pci_commands[] = {
	{"eeh_inject_error", "ID TYPE [ADDR [MASK]]",
	 "an error of a PCI device's endpoint: freeze (now), or its next load-mem, store-mem, "
	 "load-io, "
	 "store-io, load-config, store-config, dma-read, dma-write",
	 eeh_inject_error},
};
const u32 monitor_nr_pci_commands = ARRAY_SIZE(monitor_pci_commands);

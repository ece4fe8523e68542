// SPDX-License-Identifier: GPL-2.0-or-later
/* The command line, by option.def. */
#include "cli/options.h"

#include <errno.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "cli/engines.h"
#include "cli/json.h"
#include "cli/values.h"
#include "isa/model.h"

enum option_id {
#define OPTION(ID, ...) OPT_##ID,
#define ALIAS(...)
#define SECTION(...)
#include "cli/option.def"
#undef OPTION
#undef ALIAS
#undef SECTION
};

struct option {
	enum option_id id;
	const char *name, *arg, *help; /* no name: a section, its title in help */
	bool alias;
};

static const struct option options[] = {
#define OPTION(ID, name, arg, help) {OPT_##ID, name, arg, help, false},
#define ALIAS(ID, name)		    {OPT_##ID, name, NULL, NULL, true},
#define SECTION(title)		    {0, NULL, NULL, title, false},
#include "cli/option.def"
#undef OPTION
#undef ALIAS
#undef SECTION
};

static void print_indented(const char *text)
{
	for (; *text; text++) {
		putchar(*text);
		if (*text == '\n')
			fputs("              ", stdout);
	}
	putchar('\n');
}

static const char *alias_of(enum option_id id)
{
	for (unsigned i = 0; i < ARRAY_SIZE(options); i++)
		if (options[i].alias && options[i].id == id)
			return options[i].name;
	return NULL;
}

static void print_help(void)
{
	const struct machine_class *m;

	puts("powervisor - runs PowerPC virtual machines\n\n"
	     "Usage: powervisor [OPTION]...\n\n"
	     "Options have the names that QEMU gives them; one or two dashes are the same.\n"
	     "An option of QEMU's that is not here does not exist, and using it is an error.");
	for (unsigned i = 0; i < ARRAY_SIZE(options); i++) {
		const struct option *o = &options[i];
		const char *alias;

		if (o->alias)
			continue;
		if (!o->name) {
			printf("\n%s\n", o->help);
			continue;
		}
		alias = alias_of(o->id);
		printf("  -%s%s%s%s%s\n              ", o->name, alias ? ", -" : "",
		       alias ? alias : "", o->arg ? " " : "", o->arg ? o->arg : "");
		print_indented(o->help);
	}
	for (unsigned i = 0; (m = machine_at(i)); i++)
		if (*m->option_help)
			printf("\nOptions of -machine %s\n%s", m->name, m->option_help);
	puts("\nKeys of -nographic and -serial mon:stdio\n"
	     "  Ctrl-A x    end powervisor\n"
	     "  Ctrl-A c    to the monitor and back\n"
	     "  Ctrl-A h    help\n"
	     "  Ctrl-A Ctrl-A  send Ctrl-A\n"
	     "\nExit status: 0 when the guest powered off, when -no-reboot ended a guest that\n"
	     "reboots, and after SIGTERM, SIGINT or Ctrl-A x; 1 when something failed or the\n"
	     "guest reported that it crashed.\n"
	     "\nExample\n"
	     "  powervisor -M pseries -cpu power9 -smp 4 -m 1G -nographic \\\n"
	     "      -kernel vmlinux -initrd initrd.gz -append console=hvc0");
}

static const struct option *find_option(const char *word)
{
	if (*word++ != '-')
		return NULL;
	if (*word == '-')
		word++;
	for (unsigned i = 0; i < ARRAY_SIZE(options); i++)
		if (options[i].name && !strcmp(options[i].name, word)) {
			const struct option *o = &options[i];

			for (unsigned j = 0; o->alias; j++)
				if (!options[j].alias && options[j].name && options[j].id == o->id)
					o = &options[j];
			return o;
		}
	return NULL;
}

static int only_none(const struct option *opt, const char *arg, struct error *e)
{
	return !strcmp(arg, "none")
		       ? 0
		       : error_set(e, -EINVAL, "-%s: only 'none' is possible", opt->name);
}

static int apply(struct cli_options *o, const struct option *opt, const char *arg, struct error *e)
{
	switch (opt->id) {
	case OPT_MACHINE:
		return value_machine(o, arg, e);
	case OPT_CPU:
		return value_cpu(o, arg, e);
	case OPT_SMP:
		return value_smp(o, arg, e);
	case OPT_MEMORY:
		return value_memory(o, arg, e);
	case OPT_UUID:
		return value_uuid(o, arg, e);
	case OPT_ENGINE:
		return value_engine(o, arg, e);
	case OPT_DEBUG:
		return value_log(o, arg, e);
	case OPT_SERIAL:
		if (o->nr_serials == CLI_MAX_SERIALS)
			return error_set(e, -EINVAL, "-serial: at most %d", CLI_MAX_SERIALS);
		o->serials[o->nr_serials++] = arg;
		return 0;
	case OPT_VNC:
		return value_vnc(o, arg, e);
	case OPT_DISPLAY:
		return value_display(o, arg, e);
	case OPT_OBJECT:
		arg = json_to_list(o, arg, "qom-type", e);
		return arg ? value_object(o, arg, e) : -EINVAL;
	case OPT_ACCEL:
		return value_accel(o, arg, e);
	case OPT_RTC:
		return value_rtc(o, arg, e);
	case OPT_OVERCOMMIT:
		return value_overcommit(o, arg, e);
	case OPT_SANDBOX:
		return value_sandbox(o, arg, e);
	case OPT_MSG:
		return value_msg(o, arg, e);
	case OPT_AUDIODEV:
		arg = json_to_list(o, arg, "driver", e);
		return arg ? value_audiodev(o, arg, e) : -EINVAL;
	case OPT_MON:
		return value_mon(o, arg, e);
	case OPT_NO_USER_CONFIG:
		return 0;
	case OPT_VGA:
		return value_vga(o, arg, e);
	case OPT_USB:
		o->usb = true;
		return 0;
	case OPT_USBDEVICE:
		return value_usbdevice(o, arg, e);
	case OPT_DEVICE:
		arg = json_to_list(o, arg, "driver", e);
		return arg ? value_device(o, arg, e) : -EINVAL;
	case OPT_DRIVE:
		return value_drive(o, arg, e);
	case OPT_BLOCKDEV:
		return value_blockdev(o, arg, e);
	case OPT_HDA:
	case OPT_HDB:
	case OPT_HDC:
	case OPT_HDD:
		return value_disk(o, opt->id - OPT_HDA, arg, e);
	case OPT_CDROM:
		return value_cdrom(o, arg, e);
	case OPT_FSDEV:
		return arg ? value_fsdev(o, arg, e) : -EINVAL;
	case OPT_VIRTFS:
		return arg ? value_virtfs(o, arg, e) : -EINVAL;
	case OPT_NETDEV:
		arg = json_to_list(o, arg, "type", e);
		return arg ? value_netdev(o, arg, e) : -EINVAL;
	case OPT_NIC:
		return value_nic(o, arg, e);
	case OPT_CHARDEV:
		return value_chardev(o, arg, e);
	case OPT_GLOBAL:
		return value_global(o, arg, e);
	case OPT_SNAPSHOT:
		o->snapshot = true;
		return 0;
	case OPT_MONITOR:
		if (!strcmp(arg, "none"))
			return 0;
		if (o->nr_monitors == CLI_MAX_MONITORS)
			return error_set(e, -EINVAL, "-monitor: at most %d", CLI_MAX_MONITORS);
		o->monitors[o->nr_monitors++] = arg;
		return 0;
	case OPT_NET:
	case OPT_PARALLEL:
		return only_none(opt, arg, e);
	case OPT_NAME:
		return value_name(o, arg, e);
	case OPT_KERNEL:
		o->config.kernel = arg;
		return 0;
	case OPT_INITRD:
		o->config.initrd = arg;
		return 0;
	case OPT_APPEND:
		o->config.append = arg;
		return 0;
	case OPT_BIOS:
		o->config.bios = arg;
		return 0;
	case OPT_BOOT:
		return value_boot(o, arg, e);
	case OPT_LOGFILE:
		o->log_file = arg;
		return 0;
	case OPT_SAVE:
		o->save_file = arg;
		return 0;
	case OPT_LOAD:
		o->load_file = arg;
		return 0;
	case OPT_NOGRAPHIC:
		o->nographic = true;
		return 0;
	case OPT_NODEFAULTS:
		o->no_defaults = true;
		return 0;
	case OPT_NO_REBOOT:
		o->no_reboot = true;
		return 0;
	case OPT_NO_SHUTDOWN:
		o->no_shutdown = true;
		return 0;
	case OPT_STATS:
		o->stats = o->config.stats = true;
		return 0;
	case OPT_PERF_MAP:
		o->perf_map = true;
		return 0;
	case OPT_STOPPED:
		o->stopped = true;
		return 0;
	case OPT_VERSION:
		puts("powervisor " POWERVISOR_VERSION);
		return 1;
	case OPT_HELP:
		print_help();
		return 1;
	}
	return 0;
}

static bool is_stdio(const char *spec)
{
	return !strcmp(spec, "stdio") || !strcmp(spec, "mon:stdio");
}

/* Two readers would take each other's keys. */
static int check_stdio(const struct cli_options *o, struct error *e)
{
	u32 users = 0;

	for (u32 i = 0; i < o->nr_serials; i++)
		users += is_stdio(o->serials[i]);
	for (u32 i = 0; i < o->nr_monitors; i++)
		users += is_stdio(o->monitors[i]);
	for (u32 i = 0; i < o->nr_chardevs; i++)
		users += is_stdio(o->chardevs[i].spec);
	return users > 1 ? error_set(e, -EBUSY,
				     "-serial, -monitor, -chardev: only one can have stdio; "
				     "mon:stdio is terminal and monitor")
			 : 0;
}

/* What follows from the options together. */
static int finish(struct cli_options *o, struct error *e)
{
	struct machine_config *c = &o->config;
	int err;

	if (!o->machine)
		o->machine = machine_at(0);
	c->name = o->machine->name;
	if (!c->engine)
		c->engine = engine_at(0);
	if (!c->model)
		c->model = cpu_model_find(o->machine->default_cpu);
	if (!o->machine->cpu_ok(c->model))
		return error_set(e, -EINVAL, "machine %s cannot have a %s processor",
				 o->machine->name, c->model->name);
	if (!c->cpus)
		c->cpus = c->max_cpus = c->threads = 1;
	if (c->max_cpus > o->machine->max_cpus)
		return error_set(e, -EINVAL, "-smp: machine %s has at most %u processors, not %u",
				 o->machine->name, o->machine->max_cpus, c->max_cpus);
	if (c->icount && c->cpus > 1)
		return error_set(e, -EINVAL, "icount=on allows one processor only");
	err = objects_finish(o, e);
	if (err)
		return err;
	if (!c->ram_size)
		c->ram_size = o->machine->default_ram;
	if (!c->kernel && !c->bios && !o->machine->has_firmware)
		return error_set(e, -EINVAL, "nothing to boot: -kernel or -bios (see --help)");
	if (c->initrd && !c->kernel)
		return error_set(e, -EINVAL, "-initrd needs -kernel");
	/* the terminal is the monitor's, when somebody says so */
	for (u32 i = 0; i < o->nr_monitors; i++)
		if (!o->nr_serials && !strcmp(o->monitors[i], "stdio"))
			o->serials[o->nr_serials++] = "none";
	if (!o->nr_serials && !o->no_defaults)
		o->serials[o->nr_serials++] = "mon:stdio";
	err = check_stdio(o, e);
	if (!err)
		err = usb_finish(o, e);
	return err ? err : drives_finish(o, e);
}

void cli_free(struct cli_options *o)
{
	g_slist_free_full(o->owned, g_free);
	o->owned = NULL;
	for (u32 i = 0; i < o->nr_drives; i++)
		g_free(o->drives[i].nodes);
	g_free(o->drives);
	g_free(o->chardevs);
	g_free(o->netdevs);
	g_free(o->fsdevs);
	g_free(o->devices);
	g_free(o->globals);
	groups_close(o);
	objects_close(o);
	o->drives = NULL;
	o->chardevs = NULL;
	o->netdevs = NULL;
	o->fsdevs = NULL;
	o->devices = NULL;
	o->globals = NULL;
}

int cli_parse(struct cli_options *o, int argc, char **argv, struct error *e)
{
	*o = (struct cli_options){0};
	for (int i = 1; i < argc; i++) {
		const struct option *opt = find_option(argv[i]);
		int err;

		if (!opt)
			return error_set(e, -EINVAL,
					 "%s: powervisor has no such option (see --help)", argv[i]);
		if (opt->arg && i + 1 == argc)
			return error_set(e, -EINVAL, "%s: what follows is missing: %s", argv[i],
					 opt->arg);
		err = apply(o, opt, opt->arg ? argv[++i] : NULL, e);
		if (err)
			return err;
	}
	return finish(o, e);
}

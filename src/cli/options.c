// SPDX-License-Identifier: GPL-2.0-or-later
/* The command line, by option.def. */
#include "cli/options.h"

#include <errno.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/engines.h"
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

static const struct {
	const char *name;
	u32 mask;
	const char *help;
} log_items[] = {
	{"in_asm", LOG_IN_ASM, "guest instructions as they are translated"},
	{"ir", LOG_IR, "intermediate representation of each region"},
	{"exec", LOG_EXEC, "each region entered"},
	{"int", LOG_INT, "interrupts"},
	{"mmu", LOG_MMU, "translations that failed"},
	{"hcall", LOG_HCALL, "hypercalls and RTAS calls"},
	{"guest_errors", LOG_GUEST, "what the guest does wrong"},
	{"unimp", LOG_UNIMP, "what the guest asks for and we do not have"},
	{"out_asm", LOG_OUT_ASM, "host code"},
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

static int parse_number(const char *s, u64 *value)
{
	char *end;

	if (*s < '0' || *s > '9')
		return -EINVAL;
	errno = 0;
	*value = strtoull(s, &end, 0);
	return errno || *end ? -EINVAL : 0;
}

static int parse_size(const char *text, u64 *bytes)
{
	const char *s = !strncmp(text, "size=", 5) ? text + 5 : text;
	u64 v, unit = 1ull << 20;
	char *end;

	if (*s < '0' || *s > '9')
		return -EINVAL;
	errno = 0;
	v = strtoull(s, &end, 0);
	switch (*end) {
	case 'b':
	case 'B':
		unit = 1;
		break;
	case 'k':
	case 'K':
		unit = 1ull << 10;
		break;
	case 'g':
	case 'G':
		unit = 1ull << 30;
		break;
	case 't':
	case 'T':
		unit = 1ull << 40;
		break;
	case 'm':
	case 'M':
	case 0:
		break;
	default:
		return -EINVAL;
	}
	if (errno || (*end && end[1]) || __builtin_mul_overflow(v, unit, bytes))
		return -EINVAL;
	return 0;
}

/* Memory is given out when the guest touches it, but not what could never be there. */
static bool host_can_hold(u64 bytes)
{
	long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);

	return pages <= 0 || size <= 0 || bytes / 2 <= (u64)pages * (u64)size;
}

static int parse_memory(struct cli_options *o, const char *arg, struct error *e)
{
	u64 v;

	if (parse_size(arg, &v))
		return error_set(e, -EINVAL, "-m: '%s' is no size", arg);
	if (v < 64 << 20)
		return error_set(e, -EINVAL, "-m: too little memory, 64M are the least");
	if (v > 1ull << 42 || (v & ((1 << 20) - 1)))
		return error_set(e, -EINVAL, "-m: '%s': whole MiB up to 4T are possible", arg);
	if (!host_can_hold(v))
		return error_set(e, -EINVAL, "-m: '%s' is more than twice this host's memory", arg);
	o->config.ram_size = v;
	return 0;
}

static int parse_smp(struct cli_options *o, const char *arg, struct error *e)
{
	static const char *const keys[] = {"cpus", "cores", "threads", "sockets", "maxcpus"};
	char **words = g_strsplit(arg, ",", -1);
	u64 v[ARRAY_SIZE(keys)] = {0}, product = 1;
	int err = 0;

	for (char **w = words; *w && !err; w++) {
		char *eq = strchr(*w, '=');
		unsigned k = 0;

		if (eq)
			*eq++ = 0;
		while (eq && k < ARRAY_SIZE(keys) && strcmp(*w, keys[k]))
			k++;
		if (k == ARRAY_SIZE(keys) || parse_number(eq ? eq : *w, &v[k]) || !v[k] ||
		    v[k] > 65535)
			err = error_set(e, -EINVAL, "-smp: cannot understand '%s'", arg);
	}
	g_strfreev(words);
	for (unsigned k = 1; k <= 3; k++)
		product *= v[k] ? v[k] : 1;
	if (!err && v[0] && product > 1 && product != v[0] && product != v[4])
		err = error_set(e, -EINVAL, "-smp: sockets, cores and threads do not make %llu",
				(unsigned long long)v[0]);
	o->config.cpus = (u32)(v[0] ? v[0] : product > 65535 ? 65535 : product);
	return err;
}

static char **own(struct cli_options *o, char **words)
{
	o->owned = g_slist_prepend(o->owned, words);
	return words;
}

void cli_free(struct cli_options *o)
{
	g_slist_free_full(o->owned, (GDestroyNotify)g_strfreev);
	o->owned = NULL;
}

static int parse_machine(struct cli_options *o, char *arg, struct error *e)
{
	struct machine_config *c = &o->config;
	char **words = own(o, g_strsplit(arg, ",", -1));
	const struct machine_class *m;

	if (!strcmp(arg, "help")) {
		for (unsigned i = 0; (m = machine_at(i)); i++)
			printf("%-12s %s\n", m->name, m->help);
		return 1;
	}
	for (char **w = words; *w; w++) {
		char *eq = strchr(*w, '=');

		if (!eq && w != words)
			return error_set(e, -EINVAL, "-machine: '%s' has no value", *w);
		if (eq)
			*eq++ = 0;
		if (!eq || !strcmp(*w, "type")) {
			c->name = eq ? eq : *w;
			o->machine = machine_find(c->name);
			if (!o->machine)
				return error_set(e, -EINVAL, "-machine: there is no machine '%s'",
						 c->name);
			continue;
		}
		if (c->nr_options == MACHINE_MAX_OPTIONS)
			return error_set(e, -EINVAL, "-machine: too many options");
		c->options[c->nr_options++] = (struct machine_option){*w, eq};
	}
	return 0;
}

static int parse_cpu(struct cli_options *o, const char *arg, struct error *e)
{
	const struct cpu_model *m;

	if (!strcmp(arg, "help")) {
		for (unsigned i = 0; (m = cpu_model_at(i)); i++)
			puts(m->name);
		return 1;
	}
	o->config.model = cpu_model_find(arg);
	return o->config.model ? 0 : error_set(e, -EINVAL, "-cpu: there is no processor '%s'", arg);
}

static int parse_engine(struct cli_options *o, const char *arg, struct error *e)
{
	char **words = own(o, g_strsplit(arg, ",", 2));
	const struct engine_ops *ops;

	if (!strcmp(arg, "help")) {
		for (unsigned i = 0; (ops = engine_at(i)); i++)
			printf("%-12s %s\n", ops->name, ops->help);
		return 1;
	}
	o->config.engine = words[0] ? engine_find(words[0]) : NULL;
	if (!o->config.engine)
		return error_set(e, -EINVAL, "--engine: there is no engine '%s'", arg);
	o->config.engine_options = words[1];
	o->config.icount = words[1] && strstr(words[1], "icount=on");
	return 0;
}

static int parse_log(struct cli_options *o, const char *arg, struct error *e)
{
	char **words = g_strsplit(arg, ",", -1);
	int err = 0;

	for (char **w = words; *w && !err; w++) {
		unsigned i = 0;

		if (!strcmp(*w, "help")) {
			for (i = 0; i < ARRAY_SIZE(log_items); i++)
				printf("%-14s %s\n", log_items[i].name, log_items[i].help);
			err = 1;
			break;
		}
		while (i < ARRAY_SIZE(log_items) && strcmp(*w, log_items[i].name))
			i++;
		if (i < ARRAY_SIZE(log_items))
			o->log_mask |= log_items[i].mask;
		else
			err = error_set(e, -EINVAL, "-d: there is no item '%s'", *w);
	}
	g_strfreev(words);
	return err;
}

static int parse_uuid(struct cli_options *o, const char *arg, struct error *e)
{
	u32 n = 0;

	for (const char *s = arg; *s; s++) {
		if (*s == '-')
			continue;
		if (!g_ascii_isxdigit(*s) || n == 32)
			return error_set(e, -EINVAL, "-uuid: '%s' is none", arg);
		o->config.uuid[n / 2] = (u8)(o->config.uuid[n / 2] << 4 | g_ascii_xdigit_value(*s));
		n++;
	}
	return n == 32 ? 0 : error_set(e, -EINVAL, "-uuid: '%s' is none", arg);
}

static int only_none(const struct option *opt, const char *arg, struct error *e)
{
	return !strcmp(arg, "none")
		       ? 0
		       : error_set(e, -EINVAL, "-%s: only 'none' is possible", opt->name);
}

static int apply(struct cli_options *o, const struct option *opt, char *arg, struct error *e)
{
	switch (opt->id) {
	case OPT_MACHINE:
		return parse_machine(o, arg, e);
	case OPT_CPU:
		return parse_cpu(o, arg, e);
	case OPT_SMP:
		return parse_smp(o, arg, e);
	case OPT_MEMORY:
		return parse_memory(o, arg, e);
	case OPT_UUID:
		return parse_uuid(o, arg, e);
	case OPT_ENGINE:
		return parse_engine(o, arg, e);
	case OPT_DEBUG:
		return parse_log(o, arg, e);
	case OPT_SERIAL:
		if (o->nr_serials == CLI_MAX_SERIALS)
			return error_set(e, -EINVAL, "-serial: at most %d", CLI_MAX_SERIALS);
		o->serials[o->nr_serials++] = arg;
		return 0;
	case OPT_DISPLAY:
	case OPT_VGA:
	case OPT_MONITOR:
	case OPT_NIC:
	case OPT_NET:
		return only_none(opt, arg, e);
	case OPT_NAME:
		o->config.guest_name = arg;
		return 0;
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
		o->stats = true;
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

/* What follows from the options together. */
static int finish(struct cli_options *o, struct error *e)
{
	struct machine_config *c = &o->config;

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
		c->cpus = 1;
	if (c->cpus > o->machine->max_cpus)
		return error_set(e, -EINVAL, "-smp: machine %s has at most %u processors, not %u",
				 o->machine->name, o->machine->max_cpus, c->cpus);
	if (c->icount && c->cpus > 1)
		return error_set(e, -EINVAL, "icount=on allows one processor only");
	if (!c->ram_size)
		c->ram_size = o->machine->default_ram;
	if (!c->kernel && !c->bios)
		return error_set(e, -EINVAL, "nothing to boot: -kernel or -bios (see --help)");
	if (c->initrd && !c->kernel)
		return error_set(e, -EINVAL, "-initrd needs -kernel");
	if (!o->nr_serials && !o->no_defaults)
		o->serials[o->nr_serials++] = "mon:stdio";
	return 0;
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

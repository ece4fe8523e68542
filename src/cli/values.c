// SPDX-License-Identifier: GPL-2.0-or-later
/* See values.h. */
#include "cli/values.h"

#include <errno.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/engines.h"
#include "cli/list.h"
#include "isa/model.h"

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

/* --- numbers --- */
static int parse_number(const char *s, u64 *value)
{
	char *end;

	if (*s < '0' || *s > '9')
		return -EINVAL;
	errno = 0;
	*value = strtoull(s, &end, 0);
	return errno || *end ? -EINVAL : 0;
}

int cli_size(const char *s, u64 unit, u64 *bytes)
{
	u64 v;
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
		unit = 1ull << 20;
		break;
	case 0:
		break;
	default:
		return -EINVAL;
	}
	if (errno || (*end && end[1]) || __builtin_mul_overflow(v, unit, bytes))
		return -EINVAL;
	return 0;
}

/* --- the machine --- */

/* Memory is given out when the guest touches it, but not what could never be there. */
static bool host_can_hold(u64 bytes)
{
	long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);

	return pages <= 0 || size <= 0 || bytes / 2 <= (u64)pages * (u64)size;
}

int values_set_memory(struct cli_options *o, u64 v, struct error *e)
{
	if (v < 64 << 20)
		return error_set(e, -EINVAL, "-m: too little memory, 64M are the least");
	if (v > 1ull << 42 || (v & ((1 << 20) - 1)))
		return error_set(e, -EINVAL, "-m: %llu bytes: whole MiB up to 4T are possible",
				 (unsigned long long)v);
	if (!host_can_hold(v))
		return error_set(e, -EINVAL, "-m: %lluM is more than twice this host's memory",
				 (unsigned long long)v >> 20);
	o->config.ram_size = v;
	return 0;
}

int value_memory(struct cli_options *o, const char *arg, struct error *e)
{
	u64 v;

	if (cli_size(!strncmp(arg, "size=", 5) ? arg + 5 : arg, 1 << 20, &v))
		return error_set(e, -EINVAL, "-m: '%s' is no size", arg);
	o->has_memory = true;
	return values_set_memory(o, v, e);
}

struct topology {
	u64 cpus, max_cpus, sockets, cores, threads; /* 0: not said */
};

/* What was not said follows from what was: cores first, then sockets, then threads. */
static void complete_topology(struct topology *t)
{
	if (!t->cpus && !t->max_cpus) {
		t->sockets = t->sockets ? t->sockets : 1;
		t->cores = t->cores ? t->cores : 1;
		t->threads = t->threads ? t->threads : 1;
		t->max_cpus = t->sockets * t->cores * t->threads;
	}
	t->max_cpus = t->max_cpus ? t->max_cpus : t->cpus;
	t->cpus = t->cpus ? t->cpus : t->max_cpus;
	if (!t->threads && !(t->sockets && t->cores))
		t->threads = 1;
	if (!t->cores) {
		t->sockets = t->sockets ? t->sockets : 1;
		t->cores = t->max_cpus / (t->sockets * t->threads);
	}
	if (!t->sockets)
		t->sockets = t->max_cpus / (t->cores * t->threads);
	if (!t->threads)
		t->threads = t->max_cpus / (t->sockets * t->cores);
}

static int check_topology(const struct topology *t, struct error *e)
{
	if (t->sockets * t->cores * t->threads != t->max_cpus)
		return error_set(
			e, -EINVAL,
			"-smp: %llu sockets of %llu cores of %llu threads do not make %llu",
			(unsigned long long)t->sockets, (unsigned long long)t->cores,
			(unsigned long long)t->threads, (unsigned long long)t->max_cpus);
	if (t->max_cpus < t->cpus)
		return error_set(e, -EINVAL, "-smp: maxcpus=%llu is less than the %llu processors",
				 (unsigned long long)t->max_cpus, (unsigned long long)t->cpus);
	return 0;
}

int value_smp(struct cli_options *o, const char *arg, struct error *e)
{
	struct topology t = {0};
	u64 ones[2] = {1, 1};
	const struct {
		const char *name;
		u64 *value;
	} keys[] = {{"cpus", &t.cpus},	   {"maxcpus", &t.max_cpus}, {"sockets", &t.sockets},
		    {"cores", &t.cores},   {"threads", &t.threads},  {"dies", &ones[0]},
		    {"clusters", &ones[1]}};
	struct list l = list_of(o, arg, "cpus");
	unsigned k;
	int err;

	while (list_next(&l)) {
		for (k = 0; k < ARRAY_SIZE(keys) && strcmp(l.key, keys[k].name); k++)
			;
		if (k == ARRAY_SIZE(keys))
			return error_set(e, -EINVAL, "-smp: there is no '%s'", l.key);
		if (!l.value || parse_number(l.value, keys[k].value) || !*keys[k].value ||
		    *keys[k].value > 65535)
			return error_set(e, -EINVAL, "-smp: '%s' is no number of %s",
					 l.value ? l.value : "", l.key);
	}
	if (ones[0] != 1 || ones[1] != 1)
		return error_set(e, -EINVAL, "-smp: a socket is one die of one cluster");
	complete_topology(&t);
	err = check_topology(&t, e);
	o->config.cpus = (u32)t.cpus;
	o->config.max_cpus = (u32)t.max_cpus;
	o->config.threads = (u32)t.threads;
	return err;
}

/* qemu's machine of one of its versions is what it is here: pseries-7.2. */
static const struct machine_class *find_machine(const char *name)
{
	static const char versions[] = "pseries-";
	const char *v = name + sizeof(versions) - 1;

	if (g_str_has_prefix(name, versions) && *v && strspn(v, "0123456789.") == strlen(v))
		return &machine_pseries;
	return machine_find(name);
}

int value_machine(struct cli_options *o, const char *arg, struct error *e)
{
	struct machine_config *c = &o->config;
	struct list l = list_of(o, arg, "type");
	const struct machine_class *m;
	int err;

	if (!strcmp(arg, "help")) {
		for (unsigned i = 0; (m = machine_at(i)); i++)
			printf("%-12s %s\n", m->name, m->help);
		return 1;
	}
	while (list_next(&l)) {
		if (!l.value)
			return error_set(e, -EINVAL, "-machine: '%s' has no value", l.key);
		if (!strcmp(l.key, "type")) {
			c->name = l.value;
			o->machine = find_machine(c->name);
			if (!o->machine)
				return error_set(e, -EINVAL, "-machine: there is no machine '%s'",
						 c->name);
			continue;
		}
		err = value_machine_key(o, l.key, l.value, e);
		if (err < 0)
			return err;
		if (!err)
			continue;
		if (c->nr_options == MACHINE_MAX_OPTIONS)
			return error_set(e, -EINVAL, "-machine: too many options");
		c->options[c->nr_options++] = (struct machine_option){l.key, l.value};
	}
	return 0;
}

/* Properties are a list, as in qemu, where the processors of ours have none either. */
int value_cpu(struct cli_options *o, const char *arg, struct error *e)
{
	struct list l = list_of(o, arg, "model");
	const struct cpu_model *m;

	if (!strcmp(arg, "help")) {
		for (unsigned i = 0; (m = cpu_model_at(i)); i++)
			puts(m->name);
		return 1;
	}
	if (!list_next(&l) || strcmp(l.key, "model") || !(m = cpu_model_find(l.value)))
		return error_set(e, -EINVAL, "-cpu: there is no processor '%s'", arg);
	if (list_next(&l))
		return l.value ? error_set(e, -EINVAL, "-cpu: processor %s has no property '%s'",
					   m->name, l.key)
			       : error_set(e, -EINVAL, "-cpu: '%s' has no value", l.key);
	o->config.model = m;
	return 0;
}

int value_name(struct cli_options *o, const char *arg, struct error *e)
{
	struct list l = list_of(o, arg, "guest");

	while (list_next(&l)) {
		if (!l.value)
			return error_set(e, -EINVAL, "-name: '%s' has no value", l.key);
		if (!strcmp(l.key, "guest"))
			o->config.guest_name = l.value;
		else if (!strcmp(l.key, "process"))
			o->process_name = l.value;
		else if (strcmp(l.key, "debug-threads"))
			return error_set(e, -EINVAL, "-name: there is no '%s'", l.key);
		/* threads have their names whatever this says */
		else if (strcmp(l.value, "on") && strcmp(l.value, "off"))
			return error_set(e, -EINVAL, "-name: debug-threads is on or off, not '%s'",
					 l.value);
	}
	return 0;
}

static int boot_letters(const struct list *l, const char **to, struct error *e)
{
	if (strspn(l->value, "abcdefghijklmnop") != strlen(l->value))
		return error_set(e, -EINVAL, "-boot: %s=%s: letters from a to p are possible",
				 l->key, l->value);
	for (const char *s = l->value; *s; s++)
		if (strchr(s + 1, *s))
			return error_set(e, -EINVAL, "-boot: %s=%s: '%c' is there twice", l->key,
					 l->value, *s);
	*to = l->value;
	return 0;
}

static int boot_switch(const struct list *l, bool *to, struct error *e)
{
	if (strcmp(l->value, "on") && strcmp(l->value, "off"))
		return error_set(e, -EINVAL, "-boot: %s is on or off, not '%s'", l->key, l->value);
	*to = !strcmp(l->value, "on");
	return 0;
}

int value_boot(struct cli_options *o, const char *arg, struct error *e)
{
	struct list l = list_of(o, arg, "order");
	int err = 0;

	while (!err && list_next(&l)) {
		if (!l.value)
			err = error_set(e, -EINVAL, "-boot: '%s' has no value", l.key);
		else if (!strcmp(l.key, "order"))
			err = boot_letters(&l, &o->config.boot_order, e);
		else if (!strcmp(l.key, "once"))
			err = boot_letters(&l, &o->config.boot_once, e);
		else if (!strcmp(l.key, "menu"))
			err = boot_switch(&l, &o->config.boot_menu, e);
		else if (!strcmp(l.key, "strict"))
			err = boot_switch(&l, &o->config.boot_strict, e);
		else
			err = error_set(e, -EINVAL, "-boot: there is no '%s'", l.key);
	}
	return err;
}

int value_uuid(struct cli_options *o, const char *arg, struct error *e)
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

/* --- what runs and watches it --- */
int value_engine(struct cli_options *o, const char *arg, struct error *e)
{
	const struct engine_ops *ops;
	char *name, *rest;

	if (!strcmp(arg, "help")) {
		for (unsigned i = 0; (ops = engine_at(i)); i++)
			printf("%-12s %s\n", ops->name, ops->help);
		return 1;
	}
	name = g_strdup(arg);
	o->owned = g_slist_prepend(o->owned, name);
	rest = strchr(name, ',');
	if (rest)
		*rest++ = 0;
	o->config.engine = engine_find(name);
	if (!o->config.engine)
		return error_set(e, -EINVAL, "--engine: there is no engine '%s'", arg);
	o->config.engine_options = rest;
	o->config.icount = rest && strstr(rest, "icount=on");
	return 0;
}

int value_log(struct cli_options *o, const char *arg, struct error *e)
{
	struct list l = list_of(o, arg, NULL);

	while (list_next(&l)) {
		unsigned i = 0;

		if (!strcmp(l.key, "help")) {
			for (i = 0; i < ARRAY_SIZE(log_items); i++)
				printf("%-14s %s\n", log_items[i].name, log_items[i].help);
			return 1;
		}
		while (i < ARRAY_SIZE(log_items) && strcmp(l.key, log_items[i].name))
			i++;
		if (i == ARRAY_SIZE(log_items))
			return error_set(e, -EINVAL, "-d: there is no item '%s'", l.key);
		o->log_mask |= log_items[i].mask;
	}
	return 0;
}

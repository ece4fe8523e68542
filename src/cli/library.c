// SPDX-License-Identifier: GPL-2.0-or-later
/* include/powervisor.h over the command line's parser: a configuration is checked once, there. */
#include "powervisor.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>

#include "base/log.h"
#include "cli/options.h"
#include "cli/statefile.h"
#include "host/char.h"

enum { MAX_ARGS = 32 };

struct powervisor {
	struct cli_options options;
	char *words[MAX_ARGS];
	int count;
	struct vm *vm;
	struct chardev *console;
	struct os_notifier notifier;
	GMainLoop *loop;
	enum powervisor_end end;
	struct powervisor_config config;
};

const char *powervisor_version(void)
{
	return POWERVISOR_VERSION;
}

static int report(struct powervisor_error *out, const struct error *e, int err)
{
	if (err && out)
		memcpy(out->text, e->text, sizeof(out->text));
	return err;
}
_Static_assert(sizeof(((struct powervisor_error *)0)->text) == sizeof(((struct error *)0)->text),
	       "the two hold the same message");

static void add(struct powervisor *pv, const char *option, const char *value)
{
	if (!value)
		return;
	pv->words[pv->count++] = g_strdup(option);
	pv->words[pv->count++] = g_strdup(value);
}

static void make_words(struct powervisor *pv)
{
	const struct powervisor_config *c = &pv->config;
	char text[32];

	pv->words[pv->count++] = g_strdup("powervisor");
	add(pv, "-machine", c->machine);
	add(pv, "-cpu", c->cpu);
	add(pv, "-engine", c->engine);
	if (c->cpus) {
		log_format(text, sizeof(text), "%u", c->cpus);
		add(pv, "-smp", text);
	}
	if (c->memory) {
		log_format(text, sizeof(text), "%lluB", (unsigned long long)c->memory);
		add(pv, "-m", text);
	}
	add(pv, "-kernel", c->kernel);
	add(pv, "-initrd", c->initrd);
	add(pv, "-append", c->append);
	add(pv, "-bios", c->bios);
	add(pv, "-serial", "null");
}

static void console_write(void *opaque, const u8 *buf, size_t len)
{
	struct powervisor *pv = opaque;

	if (pv->config.console)
		pv->config.console(pv->config.opaque, buf, len);
}

static void notify(void *opaque)
{
	struct powervisor *pv = opaque;

	os_notifier_signal(&pv->notifier);
}

int powervisor_create(const struct powervisor_config *config, struct powervisor **out,
		      struct powervisor_error *error)
{
	struct powervisor *pv = g_new0(struct powervisor, 1);
	struct machine_config *mc = &pv->options.config;
	struct error e = {""};
	int err;

	pv->config = *config;
	make_words(pv);
	err = os_notifier_init(&pv->notifier);
	if (err) {
		for (int i = 0; i < pv->count; i++)
			g_free(pv->words[i]);
		g_free(pv);
		return report(error, &e, error_set(&e, err, "out of file descriptors"));
	}
	err = cli_parse(&pv->options, pv->count, pv->words, &e);
	if (err > 0)
		err = error_set(&e, -EINVAL, "'help' is no configuration");
	if (!err) {
		pv->console = chardev_open_internal(console_write, pv);
		mc->serials[mc->nr_serials++] = pv->console;
		err = pv->options.machine->create(mc, &pv->vm, &e);
	}
	if (err) {
		powervisor_destroy(pv);
		return report(error, &e, err);
	}
	pv->vm->notify_opaque = pv;
	pv->vm->notify = notify;
	*out = pv;
	return 0;
}

void powervisor_destroy(struct powervisor *pv)
{
	if (!pv)
		return;
	if (pv->vm)
		pv->options.machine->destroy(pv->vm);
	chardev_close(pv->console);
	os_notifier_destroy(&pv->notifier);
	cli_close_backends(&pv->options);
	cli_free(&pv->options);
	for (int i = 0; i < pv->count; i++)
		g_free(pv->words[i]);
	g_free(pv);
}

static gboolean on_timeout(gpointer opaque)
{
	struct powervisor *pv = opaque;

	pv->end = POWERVISOR_TIMEOUT;
	g_main_loop_quit(pv->loop);
	return G_SOURCE_CONTINUE;
}

static gboolean on_request(gint fd, GIOCondition condition, gpointer opaque)
{
	static const enum powervisor_end ends[VM_REQUEST_COUNT] = {
		[VM_REQUEST_RESET] = POWERVISOR_REBOOT,
		[VM_REQUEST_SHUTDOWN] = POWERVISOR_POWER_OFF,
		[VM_REQUEST_CRASH] = POWERVISOR_CRASH,
		[VM_REQUEST_DEBUG] = POWERVISOR_ERROR,
		[VM_REQUEST_ERROR] = POWERVISOR_ERROR,
		[VM_REQUEST_IO_ERROR] = POWERVISOR_ERROR,
	};
	struct powervisor *pv = opaque;
	enum vm_request r;

	os_notifier_clear(&pv->notifier);
	r = vm_take_request(pv->vm);
	if (r == VM_REQUEST_NONE)
		return G_SOURCE_CONTINUE;
	pv->end = ends[r];
	g_main_loop_quit(pv->loop);
	return G_SOURCE_CONTINUE;
}

enum powervisor_end powervisor_run(struct powervisor *pv, int timeout_ms,
				   struct powervisor_error *error)
{
	guint request = g_unix_fd_add(pv->notifier.fd, G_IO_IN, on_request, pv);
	guint timeout = timeout_ms < 0 ? 0 : g_timeout_add((guint)timeout_ms, on_timeout, pv);

	pv->loop = g_main_loop_new(NULL, FALSE);
	vm_resume(pv->vm);
	g_main_loop_run(pv->loop);
	vm_pause(pv->vm);
	g_main_loop_unref(pv->loop);
	g_source_remove(request);
	if (timeout)
		g_source_remove(timeout);
	if (pv->end == POWERVISOR_ERROR)
		report(error, &pv->vm->error, -EIO);
	return pv->end;
}

int powervisor_reset(struct powervisor *pv, struct powervisor_error *error)
{
	struct error e = {""};

	return report(error, &e, vm_reset(pv->vm, &e));
}

int powervisor_powerdown(struct powervisor *pv)
{
	return vm_powerdown(pv->vm);
}

size_t powervisor_input(struct powervisor *pv, const uint8_t *data, size_t len)
{
	return chardev_feed(pv->console, data, len);
}

int powervisor_read(struct powervisor *pv, uint64_t addr, void *buf, size_t len)
{
	return vm_mem_read(pv->vm, addr, buf, len);
}

int powervisor_write(struct powervisor *pv, uint64_t addr, const void *buf, size_t len)
{
	return vm_mem_write(pv->vm, addr, buf, len);
}

int powervisor_get_reg(struct powervisor *pv, unsigned cpu, uint64_t id, uint64_t *value)
{
	if (cpu >= pv->vm->nr_vcpus)
		return -ENOENT;
	*value = vcpu_get(&pv->vm->vcpus[cpu], id);
	return 0;
}

int powervisor_set_reg(struct powervisor *pv, unsigned cpu, uint64_t id, uint64_t value)
{
	if (cpu >= pv->vm->nr_vcpus)
		return -ENOENT;
	vcpu_set(&pv->vm->vcpus[cpu], id, value);
	return 0;
}

int powervisor_save(struct powervisor *pv, const char *path, struct powervisor_error *error)
{
	struct error e = {""};

	return report(error, &e, statefile_save(pv->vm, path, &e));
}

int powervisor_load(struct powervisor *pv, const char *path, struct powervisor_error *error)
{
	struct error e = {""};

	return report(error, &e, statefile_load(pv->vm, path, &e));
}

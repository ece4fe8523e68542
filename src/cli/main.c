// SPDX-License-Identifier: GPL-2.0-or-later
/* The program: command line, log, terminal, main loop. The only place that ends the process. */
#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/hotplug.h"
#include "cli/monitor.h"
#include "cli/options.h"
#include "cli/statefile.h"
#include "control/codelog.h"
#include "control/stats.h"
#include "host/char.h"

struct program {
	struct cli_options options;
	struct vm *vm;
	GMainLoop *loop;
	struct os_notifier notifier;
	struct chardev *serials[CLI_MAX_SERIALS];
	FILE *log;
	int status;
	struct codelog *codelog;
	struct cli_monitors *monitors;
};

static void log_to_file(void *opaque, const char *text, size_t len)
{
	fwrite(text, 1, len, opaque);
}

static int fail(const struct error *e)
{
	fprintf(stderr, "powervisor: %s\n", e->text);
	return 1;
}

static int open_log(struct program *p, struct error *e)
{
	p->log = stderr;
	if (p->options.log_file) {
		p->log = fopen(p->options.log_file, "w");
		if (!p->log)
			return error_set(e, -errno, "cannot open %s: %s", p->options.log_file,
					 strerror(errno));
	}
	log_set(p->options.log_mask, log_to_file, p->log);
	return 0;
}

static void quit(void *opaque)
{
	struct program *p = opaque;

	g_main_loop_quit(p->loop);
}

static gboolean on_signal(gpointer opaque)
{
	quit(opaque);
	return G_SOURCE_CONTINUE;
}

/* Leave the user's terminal usable whatever happens. */
static void on_fatal_signal(int number)
{
	char_restore_terminal();
	signal(number, SIG_DFL);
	raise(number);
}

/* A socket that waits for its peer keeps the main loop from starting. */
static void on_early_signal(int number)
{
	char_restore_terminal();
	_exit(0);
}

static gboolean on_save(gpointer opaque);

static void catch_early_signals(void)
{
	static const int fatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP};

	for (unsigned i = 0; i < ARRAY_SIZE(fatal); i++)
		signal(fatal[i], on_fatal_signal);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTERM, on_early_signal);
	signal(SIGINT, on_early_signal);
	signal(SIGHUP, on_early_signal);
}

static void catch_signals(struct program *p)
{
	g_unix_signal_add(SIGTERM, on_signal, p);
	g_unix_signal_add(SIGINT, on_signal, p);
	g_unix_signal_add(SIGHUP, on_signal, p);
	if (p->options.save_file)
		g_unix_signal_add(SIGUSR1, on_save, p);
}

static void end_with(struct program *p, int status)
{
	p->status = status;
	g_main_loop_quit(p->loop);
}

static void reboot(struct program *p)
{
	struct error e;

	if (p->options.no_reboot) {
		end_with(p, 0);
	} else if (vm_reset(p->vm, &e)) {
		end_with(p, fail(&e));
	} else {
		cli_close_freed(&p->options);
		vm_resume(p->vm);
	}
}

static gboolean on_request(gint fd, GIOCondition condition, gpointer opaque)
{
	struct program *p = opaque;

	os_notifier_clear(&p->notifier);
	hotplug_reap(&p->options, p->vm);
	switch (vm_take_request(p->vm)) {
	case VM_REQUEST_RESET:
		reboot(p);
		break;
	case VM_REQUEST_SHUTDOWN:
		if (!p->options.no_shutdown)
			end_with(p, 0);
		break;
	case VM_REQUEST_CRASH:
		end_with(p, 1);
		break;
	case VM_REQUEST_ERROR:
		end_with(p, fail(&p->vm->error));
		break;
	default:
		break;
	}
	return G_SOURCE_CONTINUE;
}

static void notify(void *opaque)
{
	struct program *p = opaque;

	os_notifier_signal(&p->notifier);
}

static gboolean on_save(gpointer opaque)
{
	struct program *p = opaque;
	const char *waits;
	struct error e;

	vm_pause(p->vm);
	hotplug_reap(&p->options, p->vm);
	waits = cli_waiting_drive(&p->options);
	if (waits) {
		/* what the guest wrote is neither in its memory's rings nor on the disk */
		log_warn("drive %s waits for 'cont': the machine cannot be saved now", waits);
		return G_SOURCE_CONTINUE;
	}
	end_with(p, statefile_save(p->vm, p->options.save_file, &e) ? fail(&e) : 0);
	return G_SOURCE_REMOVE;
}

static int open_serials(struct program *p, const struct char_escapes *escapes, struct error *e)
{
	struct machine_config *c = &p->options.config;
	char label[16];
	int err = 0;

	for (u32 i = 0; i < p->options.nr_serials && !err; i++) {
		if (!strcmp(p->options.serials[i], "none"))
			continue;
		if (g_str_has_prefix(p->options.serials[i], "chardev:")) {
			struct chardev *named =
				cli_chardev(&p->options, p->options.serials[i] + 8, "-serial", e);

			c->serials[c->nr_serials++] = named;
			err = named ? 0 : -ENOENT;
			continue;
		}
		log_format(label, sizeof(label), "serial%u", i);
		err = chardev_open(p->options.serials[i], label, escapes, &p->serials[i], e);
		c->serials[c->nr_serials++] = p->serials[i];
	}
	if (err)
		error_prefix(e, "-serial");
	return err;
}

static int run(struct program *p)
{
	const struct char_escapes own = {.quit = quit, .opaque = p}, *escapes;
	struct error e;

	if (open_log(p, &e))
		return fail(&e);
	if (os_notifier_init(&p->notifier)) {
		error_set(&e, -EMFILE, "out of file descriptors");
		return fail(&e);
	}
	if (p->options.process_name)
		os_thread_set_name(p->options.process_name);
	p->loop = g_main_loop_new(NULL, FALSE);
	catch_early_signals();
	p->monitors = monitors_create(&p->options, &own);
	escapes = monitors_escapes(p->monitors);
	if (cli_open_backends(&p->options, escapes, &e) || open_serials(p, escapes, &e))
		return fail(&e);
	catch_signals(p);
	if ((p->options.perf_map || log_on(LOG_OUT_ASM)) &&
	    codelog_open(p->options.perf_map, log_on(LOG_OUT_ASM), &p->codelog, &e))
		return fail(&e);
	p->options.config.code_log = codelog_hook(p->codelog);
	if (p->options.machine->create(&p->options.config, &p->vm, &e))
		return fail(&e);
	if (p->options.load_file && statefile_load(p->vm, p->options.load_file, &e))
		return fail(&e);
	cli_watch_backends(&p->options, p->vm);
	p->vm->notify_opaque = p;
	p->vm->notify = notify;
	p->vm->unplugged = notify;
	if (monitors_open(p->monitors, p->vm, &e))
		return fail(&e);
	g_unix_fd_add(p->notifier.fd, G_IO_IN, on_request, p);
	if (!p->options.stopped)
		vm_resume(p->vm);
	g_main_loop_run(p->loop);
	monitors_close(p->monitors);
	vm_pause(p->vm);
	cli_watch_backends(&p->options, NULL);
	if (p->options.stats)
		stats_print(p->vm, stderr);
	p->options.machine->destroy(p->vm);
	codelog_close(p->codelog);
	return p->status;
}

int main(int argc, char **argv)
{
	struct program p = {0};
	struct error e;
	int status, err;

	os_heap_init();
	err = cli_parse(&p.options, argc, argv, &e);
	if (err) {
		cli_free(&p.options);
		return err > 0 ? 0 : fail(&e);
	}
	status = run(&p);
	for (u32 i = 0; i < CLI_MAX_SERIALS; i++)
		chardev_close(p.serials[i]);
	monitors_destroy(p.monitors);
	cli_close_backends(&p.options);
	char_restore_terminal();
	if (p.loop)
		g_main_loop_unref(p.loop);
	if (p.log && p.log != stderr)
		fclose(p.log);
	cli_free(&p.options);
	return status;
}

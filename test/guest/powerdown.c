// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * powerdown MACHINE CPU CPUS KERNEL INITRD: boots through the library, looks at the guest's shell
 * how it is told to power off, and asks it to. The console goes to standard output. 0: it did.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "powervisor.h"

enum { STEP_MS = 250, BOOT_STEPS = 600, END_STEPS = 240 };

static char tail[64];

/* On a vCPU's thread; run() has returned when main() looks. */
static void hear(void *opaque, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		memmove(tail, tail + 1, sizeof(tail) - 2);
		tail[sizeof(tail) - 2] = (char)data[i];
	}
	fwrite(data, 1, len, stdout);
	fflush(stdout);
}

static bool prompt_seen(void)
{
	const char *p = tail;

	while (!*p && p < tail + sizeof(tail) - 1)
		p++;
	return strstr(p, "guest# ");
}

static enum powervisor_end run_until_prompt(struct powervisor *pv, struct powervisor_error *e)
{
	enum powervisor_end end = POWERVISOR_TIMEOUT;

	memset(tail, 0, sizeof(tail));
	for (int i = 0; i < BOOT_STEPS && end == POWERVISOR_TIMEOUT && !prompt_seen(); i++)
		end = powervisor_run(pv, STEP_MS, e);
	return end;
}

static int fail(const char *what, const char *why)
{
	fprintf(stderr, "powerdown: %s %s\n", what, why);
	return 1;
}

static int test(struct powervisor *pv, struct powervisor_error *e)
{
	/* The kernel's copy of the log: a sequence number, then what check-exception wrote. */
	static const char look[] =
		"dd if=/proc/ppc64/rtas/error_log bs=4k count=1|hexdump -Cvn 120\n";
	enum powervisor_end end = run_until_prompt(pv, e);

	if (end != POWERVISOR_TIMEOUT || !prompt_seen())
		return fail("no shell", e->text);
	powervisor_input(pv, (const uint8_t *)look, sizeof(look) - 1);
	powervisor_run(pv, 4 * STEP_MS, e);
	if (powervisor_powerdown(pv))
		return fail("the machine", "cannot ask its guest to power off");
	end = POWERVISOR_TIMEOUT;
	for (int i = 0; i < END_STEPS && end == POWERVISOR_TIMEOUT; i++)
		end = powervisor_run(pv, STEP_MS, e);
	return end == POWERVISOR_POWER_OFF ? 0 : fail("the guest does not power off", e->text);
}

int main(int argc, char **argv)
{
	struct powervisor_error e = {""};
	struct powervisor *pv;
	int status;

	if (argc != 6)
		return fail("usage: powerdown MACHINE CPU CPUS KERNEL INITRD", "");
	const struct powervisor_config config = {
		.machine = argv[1],
		.cpu = argv[2],
		.cpus = (unsigned)atoi(argv[3]),
		.memory = 512 << 20,
		.kernel = argv[4],
		.initrd = argv[5],
		.append = "console=hvc0",
		.console = hear,
	};

	if (powervisor_create(&config, &pv, &e))
		return fail("cannot create:", e.text);
	status = test(pv, &e);
	powervisor_destroy(pv);
	return status;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* include/powervisor.h: a program on a bare 440 that talks, echoes and resets; its state saved and
 * loaded; configurations that are refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/endian.h"
#include "base/types.h"
#include "isa/onereg.h"
#include "powervisor.h"

/* Writes "hi", then r5 = what came on the UART, then resets the core. */
static const u32 program[] = {
	0x3c80ef60, 0x60840300, /* r4 = UART */
	0x38600068, 0x98640000, /* 'h' */
	0x38600069, 0x98640000, /* 'i' */
	0x88640005, 0x70630001, /* line status: a byte there? */
	0x4182fff8, 0x88a40000, /* else again; read it */
	0x3c603000, 0x7c744ba6, /* DBCR0[RST] */
	0x48000000,
};

static char heard[64];
static size_t heard_len;

static void hear(void *opaque, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len && heard_len < sizeof(heard) - 1; i++)
		heard[heard_len++] = (char)data[i];
}

static char image[] = "/tmp/pvlibXXXXXX", state_file[] = "/tmp/pvstateXXXXXX";

static int setup(void **state)
{
	u8 raw[0x100 + sizeof(program)] = {0};
	int fd = mkstemp(image);

	for (size_t i = 0; i < ARRAY_SIZE(program); i++)
		st_be32(raw + 0x100 + 4 * i, program[i]);
	if (fd < 0 || write(fd, raw, sizeof(raw)) != (ssize_t)sizeof(raw))
		return -1;
	close(fd);
	close(mkstemp(state_file));
	return 0;
}

static int teardown(void **state)
{
	unlink(image);
	unlink(state_file);
	return 0;
}

static struct powervisor *make(void)
{
	const struct powervisor_config c = {.machine = "bare-440", .bios = image, .console = hear};
	struct powervisor_error e = {""};
	struct powervisor *pv = NULL;

	if (powervisor_create(&c, &pv, &e))
		fail_msg("%s", e.text);
	return pv;
}

static void test_run(void **state)
{
	struct powervisor_error e = {""};
	struct powervisor *pv = make();
	uint64_t r5 = 0;
	u8 word[4];

	heard_len = 0;
	assert_int_equal(powervisor_powerdown(pv), -ENOTSUP);
	assert_int_equal(powervisor_run(pv, 300, &e), POWERVISOR_TIMEOUT);
	assert_memory_equal(heard, "hi", 2);
	assert_int_equal(powervisor_read(pv, 0x100, word, 4), 0);
	assert_int_equal(ld_be32(word), program[0]);
	assert_true(powervisor_read(pv, 1ull << 40, word, 4) < 0);
	assert_int_equal(powervisor_save(pv, state_file, &e), 0);

	assert_int_equal(powervisor_input(pv, (const uint8_t *)"K", 1), 1);
	assert_int_equal(powervisor_run(pv, 20000, &e), POWERVISOR_REBOOT);
	assert_int_equal(powervisor_get_reg(pv, 0, ONEREG_GPR(5), &r5), 0);
	assert_int_equal(r5, 'K');
	assert_true(powervisor_get_reg(pv, 1, ONEREG_GPR(5), &r5) < 0);
	assert_int_equal(powervisor_reset(pv, &e), 0);
	heard_len = 0;
	assert_int_equal(powervisor_run(pv, 300, &e), POWERVISOR_TIMEOUT);
	assert_int_equal(heard_len, 2);
	powervisor_destroy(pv);
}

static void test_load(void **state)
{
	struct powervisor_error e = {""};
	struct powervisor *pv = make();
	uint64_t r5 = 0;

	assert_int_equal(powervisor_load(pv, state_file, &e), 0);
	heard_len = 0;
	powervisor_input(pv, (const uint8_t *)"L", 1);
	assert_int_equal(powervisor_run(pv, 20000, &e), POWERVISOR_REBOOT);
	powervisor_get_reg(pv, 0, ONEREG_GPR(5), &r5);
	assert_int_equal(r5, 'L');
	assert_int_equal(heard_len, 0); /* it had spoken before */
	powervisor_destroy(pv);
}

static void test_refused(void **state)
{
	const struct powervisor_config bad[] = {
		{.machine = "toaster", .bios = image},
		{.machine = "bare-440", .cpu = "power9", .bios = image},
		{.machine = "bare-440", .cpus = 2, .bios = image},
		{.machine = "bare-440", .memory = 12345, .bios = image},
		{.machine = "bare-440", .bios = "/nowhere"},
		{.machine = "help", .bios = image},
		{.machine = "bare-440"},
	};

	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		struct powervisor_error e = {""};
		struct powervisor *pv = NULL;

		assert_true(powervisor_create(&bad[i], &pv, &e) < 0);
		assert_true(e.text[0]);
		assert_null(pv);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_run),
		cmocka_unit_test(test_load),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs cases on qemu-user (runner.c). */
#ifndef TEST_DIFF_ORACLE_H
#define TEST_DIFF_ORACLE_H

#include <stdbool.h>

#include "case.h"

struct diff_oracle {
	char **command; /* of the runner, with three free places behind its words */
	int words;
	const char *dir; /* of the files between us */
	bool big;
};

/* Signal of a result whose case killed the oracle or took it longer than its time. */
enum { DIFF_ORACLE_DIED = 98 };

void diff_oracle_run(const struct diff_oracle *o, const struct diff_case *cases,
		     struct diff_result *results, unsigned count);

#endif

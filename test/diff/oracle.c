// SPDX-License-Identifier: GPL-2.0-or-later
/* The runner writes each result as soon as it has it: when qemu dies or hangs, the case behind the
 * last result is to blame, and a new process goes on with the next. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/endian.h"
#include "oracle.h"

enum { SECONDS = 120 };

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static void swap_state(struct diff_state *s)
{
	uint64_t *v = (uint64_t *)s;
	size_t n;

	for (n = 0; n < sizeof(*s) / 8; n++)
		v[n] = bswap64(v[n]);
}

static void to_oracle(struct diff_case *c)
{
	unsigned n;

	swap_state(&c->state);
	c->mem_seed = bswap64(c->mem_seed);
	c->words = bswap32(c->words);
	for (n = 0; n < DIFF_MAX_WORDS; n++)
		c->code[n] = bswap32(c->code[n]);
}

static void run_process(const struct diff_oracle *o, char *in, char *out)
{
	int status = 0;
	pid_t pid;

	o->command[o->words] = in;
	o->command[o->words + 1] = out;
	o->command[o->words + 2] = NULL;
	fflush(NULL);
	pid = fork();
	if (!pid) {
		alarm(SECONDS);
		execvp(o->command[0], o->command);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		die("oracle");
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
		fprintf(stderr, "%s does not run\n", o->command[0]);
		exit(2);
	}
}

static void write_cases(const struct diff_oracle *o, const char *in, const struct diff_case *cases,
			unsigned count)
{
	FILE *f = fopen(in, "wb");
	struct diff_case c;
	unsigned n;

	if (!f)
		die(in);
	for (n = 0; n < count; n++) {
		c = cases[n];
		if (o->big)
			to_oracle(&c);
		if (fwrite(&c, sizeof(c), 1, f) != 1)
			die(in);
	}
	if (fclose(f))
		die(in);
}

static unsigned some(const struct diff_oracle *o, const struct diff_case *cases,
		     struct diff_result *results, unsigned count)
{
	char in[512], out[512];
	unsigned n, done;
	FILE *f;

	snprintf(in, sizeof(in), "%s/cases.%d", o->dir, (int)getpid());
	snprintf(out, sizeof(out), "%s/results.%d", o->dir, (int)getpid());
	write_cases(o, in, cases, count);
	run_process(o, in, out);
	f = fopen(out, "rb");
	if (!f)
		die(out);
	done = (unsigned)fread(results, sizeof(*results), count, f);
	fclose(f);
	unlink(in);
	unlink(out);
	for (n = 0; n < done && o->big; n++)
		swap_state(&results[n].state);
	return done;
}

void diff_oracle_run(const struct diff_oracle *o, const struct diff_case *cases,
		     struct diff_result *results, unsigned count)
{
	unsigned done = 0;

	while (done < count) {
		done += some(o, &cases[done], &results[done], count - done);
		if (done == count)
			break;
		memset(&results[done], 0, sizeof(results[done]));
		results[done++].state.signal = DIFF_ORACLE_DIED;
	}
}

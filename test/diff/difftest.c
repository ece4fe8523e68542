// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * difftest RUNNER-COMMAND... -- [options]: random cases through our interpreter and through the
 * oracle (qemu-user with runner.c), compared bit for bit. A case that differs is run again as its
 * prefixes; the first one that differs shows the instruction, which exempt.c may excuse.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/endian.h"
#include "exempt.h"
#include "gen.h"
#include "ir/ir.h"
#include "isa/decode.h"
#include "isa/disasm.h"
#include "ours.h"

enum { CHUNK = 2000 };

static struct {
	char **runner; /* command, with two free places for the file names */
	int runner_words;
	const char *dir;
	bool big, records;
	uint64_t seed, cases, reports;
	uint64_t differs[INSN_COUNT]; /* by row */
	const char *only;
	const struct cpu_model *model;
	struct insn_decoder decoder;
	struct diff_gen gen;
	struct diff_ours *ours, *plain;
	uint64_t ran, exempted, failed;
	struct {
		const char *why;
		uint64_t count;
	} reason[64];
} t;

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static uint64_t swap(uint64_t v)
{
	return t.big ? bswap64(v) : v;
}

static void swap_state(struct diff_state *s)
{
	uint64_t *v = (uint64_t *)s;
	size_t n;

	for (n = 0; n < sizeof(*s) / 8; n++)
		v[n] = swap(v[n]);
}

static void to_oracle(struct diff_case *c)
{
	unsigned n;

	swap_state(&c->state);
	c->mem_seed = swap(c->mem_seed);
	if (!t.big)
		return;
	c->words = bswap32(c->words);
	for (n = 0; n < DIFF_MAX_WORDS; n++)
		c->code[n] = bswap32(c->code[n]);
}

/* Both files have fixed names in the build folder: one run uses it at a time. */
static void run_oracle(const struct diff_case *cases, struct diff_result *results, unsigned count)
{
	char in[512], out[512];
	struct diff_case c;
	unsigned n;
	int status = 0;
	pid_t pid;
	FILE *f;

	snprintf(in, sizeof(in), "%s/cases.%d", t.dir, (int)getpid());
	snprintf(out, sizeof(out), "%s/results.%d", t.dir, (int)getpid());
	f = fopen(in, "wb");
	if (!f)
		die(in);
	for (n = 0; n < count; n++) {
		c = cases[n];
		to_oracle(&c);
		fwrite(&c, sizeof(c), 1, f);
	}
	if (fclose(f))
		die(in);
	t.runner[t.runner_words] = in;
	t.runner[t.runner_words + 1] = out;
	t.runner[t.runner_words + 2] = NULL;
	pid = fork();
	if (!pid) {
		execvp(t.runner[0], t.runner);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status) {
		fprintf(stderr, "the oracle failed (status %x)\n", status);
		exit(2);
	}
	f = fopen(out, "rb");
	if (!f || fread(results, sizeof(*results), count, f) != count)
		die(out);
	fclose(f);
	unlink(in);
	unlink(out);
	for (n = 0; n < count; n++)
		swap_state(&results[n].state);
}

/* The oracle cannot see what the runner keeps. */
static void mask(struct diff_result *r)
{
	r->state.gpr[1] = r->state.gpr[13] = 0;
	r->state.exit_address = r->state.host_r1 = 0;
	memset(r->state.spare, 0, sizeof(r->state.spare));
	r->state.vscr &= 0x10001;
	r->state.vrsave = (uint32_t)r->state.vrsave;
	r->state.cr = (uint32_t)r->state.cr;
	if (r->state.signal) /* qemu-user's frame keeps the low word */
		r->state.fpscr = (uint32_t)r->state.fpscr;
	if (t.big && r->state.signal) /* descriptors aside, both stop at the same address */
		r->state.pc &= ~3ull;
}

static void print_state(const struct diff_state *a, const struct diff_state *b)
{
	static const char *const name[] = {"cr",   "xer",    "lr",     "ctr", "fpscr",
					   "vscr", "vrsave", "signal", "pc"};
	const uint64_t *x = &a->cr, *y = &b->cr;
	int n;

	for (n = 0; n < 32; n++)
		if (a->gpr[n] != b->gpr[n])
			printf("    r%-6d ours %016llx qemu %016llx\n", n,
			       (unsigned long long)a->gpr[n], (unsigned long long)b->gpr[n]);
	for (n = 0; n < 9; n++)
		if (x[n] != y[n])
			printf("    %-7s ours %016llx qemu %016llx\n", name[n],
			       (unsigned long long)x[n], (unsigned long long)y[n]);
	for (n = 0; n < 64; n++)
		if (memcmp(a->vsr[n], b->vsr[n], 16))
			printf("    vs%-5d ours %016llx_%016llx qemu %016llx_%016llx\n", n,
			       (unsigned long long)a->vsr[n][0], (unsigned long long)a->vsr[n][1],
			       (unsigned long long)b->vsr[n][0], (unsigned long long)b->vsr[n][1]);
}

static void print_operands(const struct insn *i, const struct diff_state *s)
{
	unsigned n, reg;

	for (n = 0; i->row && n < INSN_MAX_OPERANDS && i->row->operand[n]; n++) {
		const struct insn_opnd *o = &insn_opnds[i->row->operand[n]];

		reg = (unsigned)insn_opnd_value(o, i->word);
		if (o->kind == OPND_KIND_GPR || o->kind == OPND_KIND_GPR0)
			printf("    %s = r%u = %016llx\n", o->name, reg,
			       (unsigned long long)s->gpr[reg & 31]);
		if (o->kind == OPND_KIND_VR)
			reg += 32;
		if (o->kind == OPND_KIND_VR || o->kind == OPND_KIND_VSR ||
		    o->kind == OPND_KIND_FPR || o->kind == OPND_KIND_FPR2)
			printf("    %s = vs%u = %016llx_%016llx\n", o->name, reg,
			       (unsigned long long)s->vsr[reg & 63][0],
			       (unsigned long long)s->vsr[reg & 63][1]);
	}
	printf("    before: cr %08llx xer %08llx fpscr %016llx\n", (unsigned long long)s->cr,
	       (unsigned long long)s->xer, (unsigned long long)s->fpscr);
}

static void report(const struct diff_view *v, uint64_t number, unsigned index)
{
	char text[128] = "?";
	int n;

	if (v->insn->row)
		insn_disasm(v->insn, DIFF_CODE + 4ull * index, text, sizeof(text));
	printf("not ok case %llu (seed %llu), instruction %u: %08llx %s\n",
	       (unsigned long long)number, (unsigned long long)t.seed, index,
	       (unsigned long long)v->insn->word, text);
	print_operands(v->insn, &v->before->state);
	print_state(&v->ours->state, &v->theirs->state);
	for (n = 0; n < DIFF_MEM; n++)
		if (v->ours->mem[n] != v->theirs->mem[n])
			break;
	if (n < DIFF_MEM)
		printf("    memory at %d: ours %02x qemu %02x\n", n, v->ours->mem[n],
		       v->theirs->mem[n]);
}

static void excuse(const char *why)
{
	unsigned n;

	t.exempted++;
	for (n = 0; n < ARRAY_SIZE(t.reason) - 1; n++)
		if (!t.reason[n].why || !strcmp(t.reason[n].why, why))
			break;
	t.reason[n].why = why;
	t.reason[n].count++;
}

/* Find the first instruction of a differing case after which the two sides differ. */
static void examine(const struct diff_case *c, uint64_t number)
{
	static struct diff_case prefix[DIFF_MAX_WORDS];
	static struct diff_result theirs[DIFF_MAX_WORDS], ours, ours_before;
	struct diff_view v = {.before = prefix, .ours = &ours};
	struct diff_case before = *c;
	struct insn insn = {0};
	struct insn earlier;
	const char *why;
	unsigned n, k;

	for (n = 0; n < c->words; n++) {
		prefix[n] = *c;
		/* no-ops, so that branches still have a target */
		for (k = n + 1; k < c->words; k++)
			prefix[n].code[k] = 0x60000000;
	}
	run_oracle(prefix, theirs, c->words);
	for (n = 0; n < c->words; n++) {
		diff_ours_run(t.ours, &prefix[n], &ours);
		mask(&ours);
		mask(&theirs[n]);
		if (memcmp(&ours, &theirs[n], sizeof(ours)))
			break;
		ours_before = ours;
		before.state = ours_before.state;
	}
	if (n == c->words) {
		printf("not ok case %llu: differs, but none of its prefixes does\n",
		       (unsigned long long)number);
		t.failed++;
		return;
	}
	insn_decode(&t.decoder, c->code[n], &insn);
	insn.word = c->code[n];
	v.insn = &insn;
	for (k = 0; k < n; k++)
		if (insn_decode(&t.decoder, c->code[k], &earlier) &&
		    (earlier.row->flags & IF_RESERVATION) && (earlier.row->flags & IF_LOAD))
			v.reserved = earlier.row;
	v.before = &before;
	v.theirs = &theirs[n];
	why = diff_exempt(&v);
	if (why) {
		excuse(why);
		return;
	}
	t.differs[insn.id]++;
	if (t.failed++ < t.reports)
		report(&v, number, n);
}

static void print_code(const struct diff_case *c)
{
	struct insn insn;
	char text[128];
	unsigned n;

	for (n = 0; n < c->words; n++) {
		if (!insn_decode(&t.decoder, c->code[n], &insn))
			continue;
		insn.word = c->code[n];
		insn_disasm(&insn, DIFF_CODE + 4ull * n, text, sizeof(text));
		printf("    %08x %s\n", c->code[n], text);
	}
}

static void run_chunk(uint64_t first, unsigned count)
{
	static struct diff_case cases[CHUNK];
	static struct diff_result theirs[CHUNK], ours, plain;
	unsigned n;

	for (n = 0; n < count; n++)
		diff_gen_case(&t.gen, &cases[n], first + n);
	run_oracle(cases, theirs, count);
	for (n = 0; n < count; n++) {
		diff_ours_run(t.ours, &cases[n], &ours);
		diff_ours_run(t.plain, &cases[n], &plain);
		if (memcmp(&ours, &plain, sizeof(ours))) {
			printf("not ok case %llu: optimised and plain IR differ\n",
			       (unsigned long long)(first + n));
			print_code(&cases[n]);
			print_state(&ours.state, &plain.state);
			t.failed++;
			continue;
		}
		mask(&ours);
		mask(&theirs[n]);
		if (memcmp(&ours, &theirs[n], sizeof(ours)))
			examine(&cases[n], first + n);
	}
	t.ran += count;
}

static void usage(void)
{
	fprintf(stderr,
		"usage: difftest [--cpu NAME] [--big] [--records] [--seed N] [--cases N]\n"
		"                [--only ROW] [--reports N] [--list] [--dir DIR] -- ORACLE...\n");
	exit(2);
}

static void list_rows(void)
{
	unsigned n;

	for (n = 0; n < INSN_COUNT; n++)
		if (insn_set_has(&t.gen.set, &insn_rows[n]) &&
		    diff_gen_excluded(&insn_rows[n], t.big))
			printf("%-12s %s\n", insn_rows[n].name,
			       diff_gen_excluded(&insn_rows[n], t.big));
}

static void parse(int argc, char **argv)
{
	const char *cpu = "power9";
	struct insn_set set;
	bool list = false;
	int n;

	t.cases = 20000;
	t.reports = 20;
	t.seed = 1;
	t.dir = ".";
	for (n = 1; n < argc && strcmp(argv[n], "--"); n++) {
		if (!strcmp(argv[n], "--big"))
			t.big = true;
		else if (!strcmp(argv[n], "--records"))
			t.records = true;
		else if (!strcmp(argv[n], "--list"))
			list = true;
		else if (n + 1 == argc)
			usage();
		else if (!strcmp(argv[n], "--cpu"))
			cpu = argv[++n];
		else if (!strcmp(argv[n], "--seed"))
			t.seed = strtoull(argv[++n], NULL, 0);
		else if (!strcmp(argv[n], "--cases"))
			t.cases = strtoull(argv[++n], NULL, 0);
		else if (!strcmp(argv[n], "--reports"))
			t.reports = strtoull(argv[++n], NULL, 0);
		else if (!strcmp(argv[n], "--only"))
			t.only = argv[++n];
		else if (!strcmp(argv[n], "--dir"))
			t.dir = argv[++n];
		else
			usage();
	}
	t.model = cpu_model_find(cpu);
	if (!t.model)
		usage();
	set = (struct insn_set){t.model->families, t.model->isa, t.model->facilities};
	if (!diff_gen_init(&t.gen, &set, t.seed, t.big, t.only) ||
	    !insn_decoder_init(&t.decoder, &set))
		usage();
	if (list) {
		list_rows();
		exit(0);
	}
	if (n >= argc - 1)
		usage();
	t.runner_words = argc - n - 1;
	t.runner = calloc((size_t)t.runner_words + 3, sizeof(char *));
	memcpy(t.runner, &argv[n + 1], (size_t)t.runner_words * sizeof(char *));
}

int main(int argc, char **argv)
{
	uint64_t first;
	unsigned n;

	parse(argc, argv);
	setvbuf(stdout, NULL, _IOLBF, 0);
	t.ours = diff_ours_create(t.model, !t.big, t.records, IR_PASS_ALL);
	t.plain = diff_ours_create(t.model, !t.big, false, 0);
	for (first = 0; first < t.cases; first += CHUNK)
		run_chunk(first, t.cases - first < CHUNK ? (unsigned)(t.cases - first) : CHUNK);
	for (n = 0; n < ARRAY_SIZE(t.reason) && t.reason[n].why; n++)
		printf("# exempt %6llu: %s\n", (unsigned long long)t.reason[n].count,
		       t.reason[n].why);
	for (n = 0; n < INSN_COUNT; n++)
		if (t.differs[n])
			printf("# differs %5llu: %s\n", (unsigned long long)t.differs[n],
			       insn_rows[n].name);
	printf("# %s %s: %llu cases over %u rows, %llu exempt, %llu differ\n", t.model->name,
	       t.big ? "big-endian" : "little-endian", (unsigned long long)t.ran, t.gen.nr_rows,
	       (unsigned long long)t.exempted, (unsigned long long)t.failed);
	diff_ours_destroy(t.ours);
	diff_ours_destroy(t.plain);
	return t.failed != 0;
}

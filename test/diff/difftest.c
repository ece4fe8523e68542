// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * difftest [options] [-- RUNNER-COMMAND...]: random cases through our interpreter and through the
 * oracle (qemu-user with runner.c), compared bit for bit. Ours run as one optimised region and as
 * single instructions without optimiser, which must agree; with --records the region is left at
 * every exit record. The regions (half of them of several blocks, some in loops) run on the back
 * end named, the single instructions always on the interpreter. A case that differs from the
 * oracle's is walked through by instruction, and only what exempt.c explains is allowed to differ.
 * Without an oracle, in 32-bit mode (--narrow) and of 32-bit models, ours are compared alone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exempt.h"
#include "gen.h"
#include "ir/ir.h"
#include "isa/decode.h"
#include "isa/fpscr.h"
#include "oracle.h"
#include "ours.h"
#include "report.h"

enum { CHUNK = 2000, NOP = 0x60000000, BDNZ_NEXT = 0x42000004 };

static struct {
	struct diff_oracle oracle;
	bool big, records, fast, regions, narrow;
	uint32_t host_level;
	const struct backend_ops *backend;
	uint64_t seed, cases, reports;
	uint64_t differs[INSN_COUNT]; /* by row */
	uint64_t count[DIFF_EXEMPTIONS];
	const char *only, *show;
	const struct cpu_model *model;
	struct insn_decoder decoder;
	struct diff_gen gen;
	struct diff_ours *ours, *plain;
	uint64_t ran, exempted, failed;
} t;

/* The oracle cannot see what the runner keeps. */
static void mask(struct diff_result *r, const struct diff_case *c)
{
	r->state.gpr[1] = r->state.gpr[13] = 0;
	r->state.exit_address = r->state.host_r1 = 0;
	memset(r->state.spare, 0, sizeof(r->state.spare));
	r->state.vscr &= 0x10001;
	r->state.vrsave = (uint32_t)r->state.vrsave;
	r->state.cr = (uint32_t)r->state.cr;
	if (!r->state.signal) /* a walk stops earlier */
		r->state.pc = DIFF_CODE + 4ull * c->words;
}

static bool same(const struct diff_result *a, const struct diff_result *b)
{
	return !memcmp(a, b, sizeof(*a));
}

/* The case up to instruction n: what stands behind does nothing, so that branches land where they
 * do in the whole. */
static void prefix(const struct diff_case *c, unsigned n, struct diff_case *p)
{
	*p = *c;
	for (n++; n < c->words; n++)
		p->code[n] = NOP;
}

static bool failed(uint64_t number, const struct diff_case *c, const char *what)
{
	if (t.failed++ >= t.reports)
		return false;
	printf("not ok case %llu (seed %llu): %s\n", (unsigned long long)number,
	       (unsigned long long)t.seed, what);
	diff_report_code(&t.decoder, c);
	return true;
}

static const struct diff_case *examined;

static void again(const struct diff_view *v, const struct diff_result *before,
		  struct diff_result *after)
{
	diff_ours_step(t.plain, v->index, before, after);
	mask(after, examined);
}

/* Counts the exemptions that do it. */
static bool explained(const struct diff_view *v, uint64_t number)
{
	bool used[DIFF_EXEMPTIONS];
	unsigned n;

	if (!diff_exempt(v, used))
		return false;
	for (n = 0; n < DIFF_EXEMPTIONS; n++) {
		t.count[n] += used[n];
		if (used[n] && t.show && !strcmp(diff_exemption(n)->id, t.show)) {
			printf("# %s explains case %llu\n", t.show, (unsigned long long)number);
			diff_report_insn(v, v->index);
		}
	}
	return true;
}

static bool is_atomic(const struct insn_row *row)
{
	return !strcmp(row->name, "lwat") || !strcmp(row->name, "ldat") ||
	       !strcmp(row->name, "stwat") || !strcmp(row->name, "stdat");
}

/*
 * Go through a differing case instruction by instruction, each from the state that the oracle has
 * before it (theirs[n] is the state behind instruction n), so that one difference hides none of
 * those behind it.
 */
static void examine(const struct diff_case *c, uint64_t number, struct diff_result *theirs,
		    const struct diff_result *whole)
{
	static struct diff_result first, before, ours, reserved;
	struct insn insn;
	struct diff_view v = {.insn = &insn,
			      .before = &before,
			      .ours = &ours,
			      .big = t.big,
			      .again = again,
			      .first = &first,
			      .trail = theirs,
			      .reserved_at = &reserved};
	const struct insn_row *row;
	unsigned n = 0, next, differ = 0;

	memset(&before, 0, sizeof(before));
	before.state = c->state;
	diff_fill(before.mem, c->mem_seed);
	first = before;
	examined = c;
	diff_ours_walk(t.plain, c);
	for (; n < c->words; n = next) {
		insn_decode(&t.decoder, c->code[n], &insn);
		insn.word = c->code[n];
		row = insn.row;
		next = diff_ours_step(t.plain, n, &before, &ours);
		mask(&ours, c);
		mask(&theirs[n], c);
		if (!same(&ours, &theirs[n])) {
			differ++;
			v.theirs = &theirs[n];
			v.index = n;
			if (!explained(&v, number)) {
				t.differs[insn.id]++;
				if (failed(number, c, "differs from the oracle"))
					diff_report_insn(&v, n);
				return;
			}
		}
		/* Where qemu should have interrupted there is no going on. */
		if (theirs[n].state.signal || theirs[n].state.fpscr & FPSCR_FEX ||
		    fpscr_summarise(theirs[n].state.fpscr) != theirs[n].state.fpscr)
			break;
		if ((row->flags & IF_RESERVATION) && (row->flags & IF_LOAD)) {
			reserved = before;
			v.reserved = row;
			v.atomic_since = false;
		}
		v.atomic_since |= is_atomic(row);
		if (ours.state.signal) {
			next = n + 1;
			/* qemu's misaligned stcx. was executed (X5) */
			if ((row->flags & IF_RESERVATION) && (row->flags & IF_STORE))
				diff_ours_forget(t.plain);
		}
		before = theirs[n];
	}
	v.sequence = true;
	v.index = n;
	v.ours = &theirs[n];
	v.theirs = whole;
	if (differ || (n < c->words && explained(&v, number)))
		t.exempted++;
	else
		failed(number, c, "differs, but no instruction does");
}

/* A loop, one round after the other: 5 words each, and as many rounds as there is room for. */
static void flatten(const struct diff_case *c, struct diff_case *flat)
{
	unsigned n, k;

	*flat = *c;
	if (!c->rounds)
		return;
	for (n = k = 0; k < c->rounds; k++) {
		memcpy(&flat->code[n], c->code, (c->words - 1) * sizeof(*c->code));
		n += c->words - 1;
		flat->code[n++] = BDNZ_NEXT;
	}
	flat->words = n;
}

/* All instructions of the chunk's differing cases, in one run of the oracle. */
static void examine_all(const struct diff_case *cases, const struct diff_result *whole,
			const unsigned *which, unsigned count, uint64_t first)
{
	static struct diff_case flat[CHUNK];
	struct diff_case *p;
	struct diff_result *theirs;
	unsigned n, k, total = 0;

	for (n = 0; n < count; n++) {
		flatten(&cases[which[n]], &flat[n]);
		total += flat[n].words;
	}
	if (!total)
		return;
	p = calloc(total, sizeof(*p));
	theirs = calloc(total, sizeof(*theirs));
	if (!p || !theirs)
		abort();
	for (n = total = 0; n < count; n++)
		for (k = 0; k < flat[n].words; k++)
			prefix(&flat[n], k, &p[total++]);
	diff_oracle_run(&t.oracle, p, theirs, total);
	for (n = total = 0; n < count; n++) {
		total += flat[n].words;
		examine(&flat[n], first + which[n], &theirs[total - flat[n].words],
			flat[n].rounds ? &theirs[total - 1] : &whole[which[n]]);
	}
	free(p);
	free(theirs);
}

static void run_chunk(uint64_t first, unsigned count)
{
	static struct diff_case cases[CHUNK];
	static struct diff_result theirs[CHUNK], ours, plain;
	static unsigned which[CHUNK];
	unsigned n, differing = 0;

	for (n = 0; n < count; n++)
		diff_gen_case(&t.gen, &cases[n], first + n);
	if (t.oracle.command)
		diff_oracle_run(&t.oracle, cases, theirs, count);
	for (n = 0; n < count; n++) {
		diff_ours_run(t.ours, &cases[n], DIFF_MAX_WORDS, &ours);
		diff_ours_run(t.plain, &cases[n], 1, &plain);
		if (!same(&ours, &plain)) {
			if (failed(first + n, &cases[n], "a region differs from its instructions"))
				diff_report_states("region", &ours, "single", &plain);
			continue;
		}
		if (!t.oracle.command)
			continue;
		if (theirs[n].state.signal == DIFF_ORACLE_DIED) {
			failed(first + n, &cases[n], "kills the oracle");
			continue;
		}
		mask(&ours, &cases[n]);
		mask(&theirs[n], &cases[n]);
		if (!same(&ours, &theirs[n]))
			which[differing++] = n;
	}
	examine_all(cases, theirs, which, differing, first);
	t.ran += count;
}

static void usage(void)
{
	fprintf(stderr,
		"usage: difftest [--cpu NAME] [--big] [--backend NAME] [--host LEVEL] [--records]\n"
		"                [--regions] [--slow] [--seed N] [--cases N] [--only ROW]\n"
		"                [--reports N] [--rows] [--show EXEMPTION] [--dir DIR]\n"
		"                [--narrow] [-- ORACLE...]\n");
	exit(2);
}

/* Every row of the model, with the reason why it is never drawn. */
static void list_rows(void)
{
	const char *why;
	unsigned n;

	for (n = 0; n < INSN_COUNT; n++)
		if (insn_set_has(&t.gen.set, &insn_rows[n])) {
			why = diff_gen_excluded(&insn_rows[n], t.big);
			printf("%s %s\n", insn_rows[n].name, why ? why : "");
		}
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
	t.fast = true;
	t.backend = &backend_interp;
	t.oracle.dir = ".";
	for (n = 1; n < argc && strcmp(argv[n], "--"); n++) {
		if (!strcmp(argv[n], "--big"))
			t.big = true;
		else if (!strcmp(argv[n], "--records"))
			t.records = true;
		else if (!strcmp(argv[n], "--regions"))
			t.regions = true;
		else if (!strcmp(argv[n], "--narrow"))
			t.narrow = true;
		else if (!strcmp(argv[n], "--slow"))
			t.fast = false;
		else if (!strcmp(argv[n], "--rows"))
			list = true;
		else if (n + 1 == argc)
			usage();
		else if (!strcmp(argv[n], "--cpu"))
			cpu = argv[++n];
		else if (!strcmp(argv[n], "--backend"))
			t.backend = backend_find(argv[++n]);
		else if (!strcmp(argv[n], "--host"))
			t.host_level = (uint32_t)strtoul(argv[++n], NULL, 0);
		else if (!strcmp(argv[n], "--seed"))
			t.seed = strtoull(argv[++n], NULL, 0);
		else if (!strcmp(argv[n], "--cases"))
			t.cases = strtoull(argv[++n], NULL, 0);
		else if (!strcmp(argv[n], "--reports"))
			t.reports = strtoull(argv[++n], NULL, 0);
		else if (!strcmp(argv[n], "--only"))
			t.only = argv[++n];
		else if (!strcmp(argv[n], "--show"))
			t.show = argv[++n];
		else if (!strcmp(argv[n], "--dir"))
			t.oracle.dir = argv[++n];
		else
			usage();
	}
	t.model = cpu_model_find(cpu);
	if (!t.model || !t.backend)
		usage();
	set = (struct insn_set){t.model->families, t.model->isa, t.model->facilities};
	if (!diff_gen_init(&t.gen, &set, t.seed, t.big, t.only) ||
	    !insn_decoder_init(&t.decoder, &set))
		usage();
	if (list) {
		list_rows();
		exit(0);
	}
	t.narrow |= !t.model->is64;
	t.gen.long_loops = n >= argc - 1 || t.narrow;
	if (t.gen.long_loops)
		return;
	t.oracle.big = t.big;
	t.oracle.words = argc - n - 1;
	t.oracle.command = calloc((size_t)t.oracle.words + 3, sizeof(char *));
	memcpy(t.oracle.command, &argv[n + 1], (size_t)t.oracle.words * sizeof(char *));
}

int main(int argc, char **argv)
{
	struct diff_engine single = {.backend = &backend_interp};
	struct diff_engine region;
	const struct diff_exemption *e;
	uint64_t first;
	unsigned n;

	parse(argc, argv);
	setvbuf(stdout, NULL, _IOLBF, 0);
	region = (struct diff_engine){.backend = t.backend,
				      .leave_at_records = t.records,
				      .fast_memory = t.fast,
				      .shape = t.regions ? DIFF_REGIONS : DIFF_MIXED,
				      .passes = IR_PASS_ALL,
				      .host_level = t.host_level,
				      .narrow = t.narrow,
				      .vary_msr = t.gen.long_loops};
	single.narrow = t.narrow;
	single.vary_msr = t.gen.long_loops;
	t.ours = diff_ours_create(t.model, !t.big, &region);
	t.plain = diff_ours_create(t.model, !t.big, &single);
	for (first = 0; first < t.cases; first += CHUNK)
		run_chunk(first, t.cases - first < CHUNK ? (unsigned)(t.cases - first) : CHUNK);
	for (n = 0; n < DIFF_EXEMPTIONS && (e = diff_exemption(n)); n++)
		if (t.count[n])
			printf("# exempt %6llu: %s %s\n", (unsigned long long)t.count[n], e->id,
			       e->what);
	for (n = 0; n < INSN_COUNT; n++)
		if (t.differs[n])
			printf("# differs %5llu: %s\n", (unsigned long long)t.differs[n],
			       insn_rows[n].name);
	printf("# %s %s %s: %llu cases over %u rows, %llu exempt, %llu differ\n", t.backend->name,
	       t.model->name, t.big ? "big-endian" : "little-endian", (unsigned long long)t.ran,
	       t.gen.nr_rows, (unsigned long long)t.exempted, (unsigned long long)t.failed);
	if (t.records) {
		printf("# left at %llu records\n", (unsigned long long)diff_ours_records(t.ours));
		t.failed += !diff_ours_records(t.ours);
	}
	diff_ours_destroy(t.ours);
	diff_ours_destroy(t.plain);
	return t.failed != 0;
}

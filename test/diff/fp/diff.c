// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Floating-point instructions against qemu-user: the same word, operands and FPSCR on both sides,
 * then FPSCR, CR, target register compared.
 *
 *   fp-diff [-n cases per row] [-r row] [-s seed] [-m shown per row] QEMU GUEST
 *
 * Where qemu 7.2 departs from the ISA (docs/qemu-departures.md) the bits concerned are left out;
 * each such mask names its departure by number.
 */
#include <errno.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/backend.h"
#include "frontend/frontend.h"
#include "isa/decode.h"
#include "isa/fpscr.h"
#include "isa/model.h"
#include "record.h"
#include "softfp/softfp.h"
#include "translator/internal.h"

#include "masks.h"

enum { BATCH = 512 };

static u64 rng = 88172645463325252ull;

static u64 rnd(void)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng * 0x2545f4914f6cdd1d;
}

/* --- operands --- */

static u128 operand(unsigned frac_bits, unsigned exp_bits)
{
	u32 max = (1u << exp_bits) - 1, bias = max / 2, exp;
	u128 frac = ((u128)rnd() << 64 | rnd()) & (((u128)1 << frac_bits) - 1), sign = rnd() & 1;

	switch (rnd() % 12) {
	case 0: /* zero, denormals */
		exp = 0;
		if (rnd() & 1)
			frac = 0;
		break;
	case 1: /* infinity, NaNs */
		exp = max;
		if (rnd() & 1)
			frac = 0;
		else if (rnd() & 1)
			frac &= ~((u128)1 << (frac_bits - 1));
		break;
	case 2:
		exp = (u32)(rnd() % 6);
		break;
	case 3:
		exp = max - 1 - (u32)(rnd() % 6);
		break;
	case 4:
		exp = (u32)(rnd() % max);
		break;
	case 5: /* the range of integers */
		exp = bias + (u32)(rnd() % 68);
		if (exp >= max)
			exp = max - 1;
		break;
	case 6: /* singles' edges in doubles, halves' in singles */
		exp = bias + (rnd() & 1 ? 1 : -1) * (int)(bias / 8) + (int)(rnd() % 60) - 30;
		exp &= max;
		break;
	default:
		exp = bias - 4 + (u32)(rnd() % 8);
	}
	switch (rnd() % 7) {
	case 0:
		frac = exp == max ? frac : 0;
		break;
	case 1:
		frac &= ~(u128)0 << (rnd() % frac_bits);
		break;
	case 2:
		frac |= ~(((u128)1 << frac_bits / 2) - 1) & (((u128)1 << frac_bits) - 1);
		break;
	default:
		break;
	}
	return (sign << exp_bits | exp) << frac_bits | frac;
}

static void fill(u64 v[2], unsigned kind)
{
	u128 q = 0;
	int i;

	switch (kind) {
	case 0:
		v[0] = (u64)operand(52, 11);
		v[1] = (u64)operand(52, 11);
		return;
	case 1:
		for (i = 0; i < 4; i++)
			q = q << 32 | operand(23, 8);
		break;
	case 2:
		q = operand(112, 15);
		break;
	case 3:
		for (i = 0; i < 8; i++)
			q = q << 16 | operand(10, 5);
		break;
	case 4: /* doubles that are singles */
		v[0] = sf_load_single((u32)operand(23, 8));
		v[1] = sf_load_single((u32)operand(23, 8));
		return;
	default:
		v[0] = rnd() >> (rnd() & 63);
		v[1] = rnd() >> (rnd() & 63);
		if (rnd() & 1)
			v[0] = -v[0];
		if (rnd() & 1)
			v[1] = -v[1];
		return;
	}
	v[0] = (u64)(q >> 64);
	v[1] = (u64)q;
}

static unsigned operand_kind(const char *name)
{
	if (is_single(name) && strcmp(name, "frsp") && strcmp(name, "xsrsp") &&
	    !starts(name, "fcf") && !starts(name, "xscv"))
		return 4;
	if (!(rnd() % 8))
		return (unsigned)(rnd() % 6);
	if (strstr(name, "hp") && strstr(name, "cvhp"))
		return 3;
	if (strstr(name, "cvsd") || strstr(name, "cvud") || strstr(name, "cvsx") ||
	    strstr(name, "cvux") || strstr(name, "fcfid"))
		return 5;
	if (strstr(name, "qp") && strcmp(name, "xscvdpqp"))
		return 2;
	if (!strncmp(name, "xv", 2) && (strstr(name, "sp") && !strstr(name, "cvdp")))
		return 1;
	if (!strncmp(name, "xscvspdp", 8))
		return 1;
	return rnd() & 1 ? 0 : 4;
}

/* --- words --- */

static u32 insert(u32 w, const struct insn_opnd *o, u64 v)
{
	int i;

	for (i = INSN_MAX_SEGMENTS - 1; i >= 0; i--) {
		unsigned first = o->segment[i].first, last = o->segment[i].last;
		unsigned len = last - first + 1;
		u32 mask;

		if (!first && !last)
			continue;
		mask = (u32)(((1ull << len) - 1) << (31 - last));
		w = (w & ~mask) | ((u32)(v << (31 - last)) & mask);
		v >>= len;
	}
	return w;
}

static u64 number_of(const char *name)
{
	static const struct {
		const char *name;
		unsigned n;
	} fixed[] = {{"FRT", REG_T}, {"FRA", REG_A},  {"FRB", REG_B}, {"FRC", REG_C},
		     {"VRT", REG_T}, {"VRTX", REG_T}, {"VRA", REG_A}, {"VRB", REG_B},
		     {"XT", REG_T},  {"XTX", REG_T},  {"XA", REG_A},  {"XB", REG_B},
		     {"RT", GPR_T},  {"RA", GPR_A},   {"RB", GPR_B}};
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(fixed); i++)
		if (!strcmp(fixed[i].name, name))
			return fixed[i].n;
	return rnd();
}

static u32 word_of(const struct insn_row *row)
{
	u32 w = (u32)row->match;
	unsigned i;

	for (i = 0; i < INSN_MAX_OPERANDS && row->operand[i]; i++) {
		const struct insn_opnd *o = &insn_opnds[row->operand[i]];

		w = insert(w, o, number_of(o->name));
	}
	if (row->flags & (IF_RC | IF_RO | IF_EX))
		w |= rnd() & 1;
	/* R = 0 with RMC 1, 2 is reserved. */
	if (starts(row->name, "xsrqp") && !(w >> 16 & 1))
		w = (w & ~(3u << 9)) | (rnd() & 1 ? 3u << 9 : 0);
	if (row->flags & IF_VCRC)
		w |= (u32)(rnd() & 1) << 10;
	return w;
}

/* --- our side --- */

struct engine {
	struct insn_decoder decoder;
	struct ir_env env;
	struct backend *backend;
	struct ir_region region;
	u32 word;
	struct backend_code *code;
	struct jump_cache jumps[1 << JUMP_CACHE_BITS];
	struct tlb_fast tlb[1 << TLB_BITS];
	u8 *memory;
	struct cpu_state *state;
};

static bool fetch(void *opaque, u64 ea, u32 *word)
{
	struct engine *e = opaque;

	*word = e->word;
	return true;
}

static void engine_init(struct engine *e)
{
	const struct cpu_model *model = cpu_model_find("power9");
	struct insn_set set = {model->families, model->isa, model->facilities};
	struct backend_config config = {.env = &e->env, .event_slot = SLOT(event)};

	insn_decoder_init(&e->decoder, &set);
	helper_env_init(&e->env);
	backend_interp.create(&config, &e->backend);
	e->memory =
		aligned_alloc(64, (backend_interp.frame_size + sizeof(*e->state) + 127) & ~63ull);
	e->state = (struct cpu_state *)(e->memory + ((backend_interp.frame_size + 63) & ~63ull));
}

static void engine_run(struct engine *e, const struct fp_case *c, struct fp_result *r)
{
	struct cpu_state *s = e->state;
	struct backend_cpu cpu = {.state = (u8 *)s,
				  .tlb = e->tlb,
				  .tlb_as1 = e->tlb,
				  .jump_cache = e->jumps,
				  .code_key = 1,
				  .poll = &s->wanted,
				  .budget = 1000};
	struct tr_ctx t = {.r = &e->region,
			   .model = cpu_model_find("power9"),
			   .decoder = &e->decoder,
			   .mode = MODE_SF | MODE_LE | MODE_PR | MODE_FP | MODE_VEC | MODE_VSX};
	char msg[200];
	u64 cr = 0;
	int i;

	if (c->fpscr & FPSCR_ENABLES)
		t.mode |= MODE_FPX;
	memset(s, 0, sizeof(*s));
	memset(r, 0, sizeof(*r));
	s->fpscr = fpscr_summarise(c->fpscr & FPSCR_WRITABLE);
	for (i = 0; i < 4; i++) {
		VD(&s->vsr[1 + i], 0) = VD(&s->vsr[33 + i], 0) = c->v[i][0];
		VD(&s->vsr[1 + i], 1) = VD(&s->vsr[33 + i], 1) = c->v[i][1];
	}
	for (i = 0; i < 3; i++)
		s->gpr[GPR_T + i] = c->gpr[i];
	e->word = c->word;
	frontend_translate(&t, 0x1000, 1, fetch, e);
	if (ir_verify(&e->region, &e->env, msg, sizeof(msg))) {
		printf("%s: %s\n", t.insn.row ? t.insn.row->name : "?", msg);
		exit(1);
	}
	ir_optimise(&e->region, &e->env, IR_PASS_ALL);
	if (backend_interp.compile(e->backend, &e->region, 0x1000, &e->code)) {
		printf("compile failed\n");
		exit(1);
	}
	backend_interp.run(e->backend, &cpu, e->code->entry);
	backend_interp.discard(e->backend, e->code);
	if (cpu.exit_code && cpu.exit_code != CPU_EXIT_RESYNC)
		r->trapped = cpu.exit_code;
	for (i = 0; i < 8; i++)
		cr = cr << 4 | s->cr[i];
	r->cr = cr;
	r->fpscr = s->fpscr;
	r->gpr = s->gpr[GPR_T];
	r->low[0] = VD(&s->vsr[1], 0);
	r->low[1] = VD(&s->vsr[1], 1);
	r->high[0] = VD(&s->vsr[33], 0);
	r->high[1] = VD(&s->vsr[33], 1);
}

/* --- the guest --- */

static int to_guest, from_guest;

static void start_guest(const char *qemu, const char *guest)
{
	int in[2], out[2];

	if (pipe(in) || pipe(out))
		exit(1);
	if (!fork()) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		close(in[1]);
		close(out[0]);
		execlp(qemu, qemu, "-cpu", "power9", guest, (char *)NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	to_guest = in[1];
	from_guest = out[0];
}

static void guest_run(const struct fp_case *c, struct fp_result *r, unsigned n)
{
	size_t done = 0, size = n * sizeof(*r);
	unsigned i;

	/* One at a time would be slow, all at once could fill both pipes. */
	for (i = 0; i < n; i += 16) {
		unsigned m = n - i < 16 ? n - i : 16;

		if (write(to_guest, c + i, m * sizeof(*c)) != (ssize_t)(m * sizeof(*c)))
			exit(1);
		while (done < (i + m) * sizeof(*r)) {
			ssize_t got = read(from_guest, (char *)r + done, size - done);

			if (got <= 0) {
				printf("the guest died\n");
				exit(1);
			}
			done += (size_t)got;
		}
	}
}

static u64 differences(const struct insn_row *row, const struct fp_case *c,
		       const struct fp_result *a, const struct fp_result *b)
{
	struct fp_result m;

	masks(row, c, a, b, &m);
	return ((a->fpscr ^ b->fpscr) & m.fpscr) | ((a->cr ^ b->cr) & m.cr) |
	       ((a->gpr ^ b->gpr) & m.gpr) | ((a->low[0] ^ b->low[0]) & m.low[0]) |
	       ((a->low[1] ^ b->low[1]) & m.low[1]) | ((a->high[0] ^ b->high[0]) & m.high[0]) |
	       ((a->high[1] ^ b->high[1]) & m.high[1]) | a->trapped;
}

static void show(const char *who, const struct fp_result *r)
{
	printf("    %-5s fpscr %08llx cr %08llx gpr %llx vs1 %016llx %016llx vs33 %016llx "
	       "%016llx%s\n",
	       who, (unsigned long long)r->fpscr, (unsigned long long)r->cr,
	       (unsigned long long)r->gpr, (unsigned long long)r->low[0],
	       (unsigned long long)r->low[1], (unsigned long long)r->high[0],
	       (unsigned long long)r->high[1], r->trapped ? " TRAP" : "");
}

static bool ours(const struct insn_row *row)
{
	static const char *const prefix[] = {"f", "xs", "xv", "mtfs", "mffs", "mcrfs"};
	unsigned i;

	if (row->flags & (IF_LOAD | IF_STORE))
		return false;
	if (row->facility != FAC_FP && row->facility != FAC_VSX && row->facility != FAC_VEC &&
	    row->facility != FAC_VSX_VEC)
		return false;
	for (i = 0; i < ARRAY_SIZE(prefix); i++)
		if (!strncmp(row->name, prefix[i], strlen(prefix[i])))
			return true;
	return false;
}

int main(int argc, char **argv)
{
	static struct engine e;
	static struct fp_case c[BATCH];
	static struct fp_result got[BATCH], want[BATCH];
	const struct cpu_model *model = cpu_model_find("power9");
	struct insn_set set = {model->families, model->isa, model->facilities};
	const char *only = NULL;
	unsigned cases = 200, i, n, id, shown, failed = 0, rows = 0, limit = 4;
	int opt;

	while ((opt = getopt(argc, argv, "n:r:s:m:")) != -1) {
		if (opt == 'n')
			cases = (unsigned)atoi(optarg);
		else if (opt == 'r')
			only = optarg;
		else if (opt == 's')
			rng ^= strtoull(optarg, NULL, 0) << 7;
		else if (opt == 'm')
			limit = (unsigned)atoi(optarg);
	}
	if (argc - optind != 2)
		return 2;
	signal(SIGPIPE, SIG_IGN);
	engine_init(&e);
	start_guest(argv[optind], argv[optind + 1]);
	for (id = 0; id < INSN_COUNT; id++) {
		const struct insn_row *row = &insn_rows[id];

		if (!ours(row) || !insn_set_has(&set, row) || (only && fnmatch(only, row->name, 0)))
			continue;
		rows++;
		shown = 0;
		for (i = 0; i < cases; i += n) {
			unsigned k, bad = 0;
			u32 word = word_of(row);

			n = cases - i < BATCH ? cases - i : BATCH;
			for (k = 0; k < n; k++) {
				int j;

				if (!(k % 16))
					word = word_of(row);
				c[k].word = word;
				c[k].fpscr = rnd() & 3;
				if (rnd() & 1)
					c[k].fpscr |= rnd() & (FPSCR_FPRF | FPSCR_FR | FPSCR_FI |
							       FPSCR_XX | FPSCR_OX | FPSCR_FX);
				for (j = 0; j < 4; j++)
					fill(c[k].v[j], operand_kind(row->name));
				for (j = 0; j < 3; j++)
					c[k].gpr[j] = rnd();
			}
			guest_run(c, want, n);
			for (k = 0; k < n; k++) {
				engine_run(&e, &c[k], &got[k]);
				if (!differences(row, &c[k], &got[k], &want[k]))
					continue;
				bad++;
				if (shown++ >= limit)
					continue;
				printf("%s %08x fpscr %llx\n", row->name, c[k].word,
				       (unsigned long long)c[k].fpscr);
				printf("    T %016llx %016llx A %016llx %016llx\n"
				       "    B %016llx %016llx C %016llx %016llx\n",
				       (unsigned long long)c[k].v[0][0],
				       (unsigned long long)c[k].v[0][1],
				       (unsigned long long)c[k].v[1][0],
				       (unsigned long long)c[k].v[1][1],
				       (unsigned long long)c[k].v[2][0],
				       (unsigned long long)c[k].v[2][1],
				       (unsigned long long)c[k].v[3][0],
				       (unsigned long long)c[k].v[3][1]);
				show("ours", &got[k]);
				show("qemu", &want[k]);
			}
		}
		if (shown)
			printf("%s: %u of %u differ\n", row->name, shown, cases);
		failed += shown != 0;
	}
	close(to_guest);
	printf("%u rows, %u failed\n", rows, failed);
	return failed || !rows;
}

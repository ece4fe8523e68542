// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every SPR number, read and written in privileged state, in problem state with the facilities as
 * reset leaves them, and in problem state with all of them open. Which exist is not asked: the
 * numbers nobody has must behave as well.
 */
#include "image.h"

static const u64 patterns[] = {0, ~0ull, 0x5555555555555555, 0xaaaaaaaaaaaaaaaa,
			       0x0123456789abcdef};

enum { STATE_SUP, STATE_USER, STATE_OPEN, STATE_COUNT };
static const char *const state_names[] = {"sup", "user", "open"};
static const u64 state_msr[] = {REAL, USER, USER};

/* Values that move on their own. */
static bool moving(unsigned n)
{
	switch (n) {
	case 22:  /* DEC */
	case 28:  /* CFAR */
	case 268: /* TB */
	case 269:
	case 308: /* SPURR, PURR */
	case 309:
	case 848: /* IC, VTB */
	case 849:
		return true;
	case 775: /* PMC5, PMC6 */
	case 776:
	case 791:
	case 792:
		return true;
	default:
		return false;
	}
}

/* Bits that would start something in the state tested. */
static u64 harmless(unsigned n, u64 v)
{
	if (n == 800 || n == 801 || n == 806) /* BESCR: an event-based branch */
		return v & 0x0000000100000001;
	return v;
}

static bool user_state(int state)
{
	return state != STATE_SUP;
}

static void open_facilities(bool open)
{
	mtspr(SPR_FSCR, open ? ~0ull : 0);
	mtspr(SPR_MMCR0, open ? 0x80080000 : 0x80000000);
}

static u64 read_spr(unsigned n, int state, bool *ok)
{
	begin(state_msr[state]);
	emit(MFSPR(5, n));
	go();
	*ok = ended();
	return value_of(5);
}

static void write_spr(unsigned n, u64 v)
{
	begin(REAL);
	in.gpr[4] = v;
	emit(MTSPR(n, 4));
	go();
}

static void show_read(unsigned n, int state)
{
	bool ok;
	u64 v = read_spr(n, state, &ok);

	say(" mf=");
	if (!ok)
		show_short();
	else if (v == in.gpr[5])
		say("unchanged");
	else if (moving(n))
		say("moving");
	else
		say("%x", v);
}

static void show_write(unsigned n, int state)
{
	static const char *const names[] = {"w0", "w1", "w5", "wa", "wi"};

	for (unsigned i = 0; i < 5; i++) {
		bool readable;
		u64 before;

		/* It may have ticked, or not. */
		if (n == SPR_DEC && !patterns[i])
			continue;
		before = read_spr(n, STATE_SUP, &readable);

		begin(state_msr[state]);
		in.gpr[4] = user_state(state) ? harmless(n, patterns[i]) : patterns[i];
		emit(MTSPR(n, 4));
		go();
		if (!ended()) {
			say(" mt=");
			show_short();
			return;
		}
		begin(state_msr[state]);
		in.gpr[4] = user_state(state) ? harmless(n, patterns[i]) : patterns[i];
		emit(MTSPR(n, 4));
		emit(MFSPR(5, n));
		go();
		say(" %s=", names[i]);
		if (!ended())
			show_short();
		else if (value_of(5) == in.gpr[5])
			say("unchanged");
		else if (moving(n) && n < 775)
			say("%x", value_of(5) >> 28 << 28);
		else
			say("%x", value_of(5));
		if (n >= 800 && n <= 803)
			write_spr(806, 0);
		if (readable && before != 0x0123000000000505)
			write_spr(n, before);
		open_facilities(state == STATE_OPEN);
	}
}

void test_spr(void)
{
	for (int state = 0; state < STATE_COUNT; state++) {
		for (unsigned n = 0; n < 1024; n++) {
			open_facilities(state == STATE_OPEN);
			/* The half of the numbers that problem state may never name. */
			say("spr %d %s %s |", n, n & 0x10 ? "privileged" : "problem",
			    state_names[state]);
			show_read(n, state);
			show_write(n, state);
			say("\n");
		}
		open_facilities(false);
	}
	/* Facility unavailable tells which in FSCR. */
	for (unsigned n = 0; n < 1024; n++) {
		begin(USER);
		emit(MFSPR(5, n));
		go();
		if ((out.vec & 0xfff) != 0xf60)
			continue;
		say("spr %d facility | fscr=%x\n", n, mfspr(153));
		mtspr(SPR_FSCR, 0);
	}
}

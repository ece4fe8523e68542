/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs a case on our front end, optimiser and a back end, with no translator around them. */
#ifndef TEST_DIFF_OURS_H
#define TEST_DIFF_OURS_H

#include "backend/backend.h"
#include "case.h"
#include "isa/model.h"

struct diff_ours;

/* What it runs on, and how. */
struct diff_engine {
	const struct backend_ops *backend;
	bool leave_at_records;
	/* By turns one, the other, both or none of the pages are in the first-level TLB, so that
	 * accesses there are inline; without, all take the slow path. */
	bool fast_memory;
	/* Regions of several blocks, as tier 2 translates, or single blocks; or both by turns, and
	 * the blocks in both tiers. */
	enum diff_shape { DIFF_BLOCKS, DIFF_REGIONS, DIFF_MIXED } shape;
	u32 passes;
	u32 host_level; /* of backend_config */
	bool narrow;	/* 32-bit mode */
	bool vary_msr;	/* some cases without FE0, FE1 or a facility, which no oracle does */
};

struct diff_ours *diff_ours_create(const struct cpu_model *model, bool little_endian,
				   const struct diff_engine *engine);
void diff_ours_destroy(struct diff_ours *o);
/* A whole case, in regions of at most max instructions. pc and signal of the result are as the
 * runner gives them. */
void diff_ours_run(struct diff_ours *o, const struct diff_case *c, u32 max, struct diff_result *r);
/* One instruction at a time: walk() begins the case, step() executes instruction `index` in the
 * state `before` and returns the index of the next one. Reservations last from step to step. */
void diff_ours_walk(struct diff_ours *o, const struct diff_case *c);
u32 diff_ours_step(struct diff_ours *o, u32 index, const struct diff_result *before,
		   struct diff_result *after);
/* The reservation is lost. */
void diff_ours_forget(struct diff_ours *o);
/* How often a region was left at a record. */
u64 diff_ours_records(const struct diff_ours *o);

#endif

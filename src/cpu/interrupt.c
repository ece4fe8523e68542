/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Picks the family's interrupts. */
#include "cpu/interrupt.h"

static const struct cpu_interrupt_ops *ops_of(const struct cpu_state *s)
{
	return s->model->families & FAM_BOOKE ? &booke_interrupt_ops : &book3s_64_interrupt_ops;
}

void cpu_forget_late_fp(struct cpu_state *s)
{
	if (atomic_load_explicit(&s->irq_pending, memory_order_relaxed) >> CPU_IRQ_FP & 1)
		cpu_post_irq(s, CPU_IRQ_FP, false);
}

bool cpu_deliver(struct cpu_state *s)
{
	bool done = ops_of(s)->deliver(s);

	if (done)
		s->event.code = CPU_EXIT_NONE;
	return done;
}

bool cpu_take_irq(struct cpu_state *s)
{
	int irq = ops_of(s)->select(s);

	if (irq < 0)
		return false;
	ops_of(s)->take(s, (enum cpu_irq)irq);
	return true;
}

bool cpu_irq_ready(const struct cpu_state *s)
{
	return ops_of(s)->select(s) >= 0;
}

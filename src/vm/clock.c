// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/clock.h"

#include "os/os.h"

u64 vm_clock_ns(const struct vm_clock *c)
{
	return c->running ? os_clock_ns() - c->base : c->base;
}

static u64 host_clock_ns(void *opaque)
{
	return vm_clock_ns(opaque);
}

static s64 host_wall_time(void *opaque)
{
	return (s64)(os_clock_real_ns() / 1000000000);
}

static void host_random(void *opaque, void *buf, size_t len)
{
	os_random(buf, len);
}

/* 1 January 2026. */
static s64 fixed_wall_time(void *opaque)
{
	return 1767225600;
}

static void fixed_random(void *opaque, void *buf, size_t len)
{
	struct vm_clock *c = opaque;
	u8 *at = buf;

	while (len--) {
		c->seed = c->seed * 6364136223846793005ull + 1442695040888963407ull;
		*at++ = (u8)(c->seed >> 56);
	}
}

static size_t host_input(void *opaque, u32 device, u8 *buf, size_t len)
{
	return len;
}

static bool host_interrupt(void *opaque, u32 vcpu, u32 line, bool level)
{
	return true;
}

void vm_clock_init(struct vm_clock *c, bool fixed)
{
	*c = (struct vm_clock){
		.host = {host_clock_ns, host_wall_time, host_random, host_input, host_interrupt, c},
	};
	if (fixed) {
		c->host.wall_time = fixed_wall_time;
		c->host.random = fixed_random;
	}
}

void vm_clock_start(struct vm_clock *c)
{
	if (c->running)
		return;
	c->base = os_clock_ns() - c->base;
	c->running = true;
}

void vm_clock_stop(struct vm_clock *c)
{
	c->base = vm_clock_ns(c);
	c->running = false;
}

void vm_clock_set(struct vm_clock *c, u64 ns)
{
	c->base = ns;
}

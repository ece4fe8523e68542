// SPDX-License-Identifier: GPL-2.0-or-later
/* RTAS calls about the platform: clock, console of last resort, parameters
 * (LoPAPR 7.3.1 to 7.3.16). */
#include "base/endian.h"
#include "base/log.h"
#include "base/string.h"
#include "hypercall/hypercall.h"
#include "isa/papr.h"

/* --- time of day: the proleptic Gregorian calendar, UTC --- */
/* Days since 1970-01-01; years are counted from March, so that the leap day comes last. */
static s64 days_from_date(s64 year, u32 month, u32 day)
{
	s64 y = month <= 2 ? year - 1 : year;
	s64 era = (y >= 0 ? y : y - 399) / 400;
	s64 in_era = y - era * 400;
	s64 in_year = (153 * ((s64)month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 + in_year - 719468;
}

void papr_date(s64 t, struct papr_date *d)
{
	s64 days = t / 86400 - (t % 86400 < 0);
	s64 rest = t - days * 86400;
	s64 z = days + 719468;
	s64 era = (z >= 0 ? z : z - 146096) / 146097;
	s64 in_era = z - era * 146097;
	s64 y = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
	s64 in_year = in_era - (365 * y + y / 4 - y / 100);
	s64 m = (5 * in_year + 2) / 153;

	d->day = (u32)(in_year - (153 * m + 2) / 5 + 1);
	d->month = (u32)(m < 10 ? m + 3 : m - 9);
	d->year = y + era * 400 + (d->month <= 2);
	d->hour = (u32)(rest / 3600);
	d->minute = (u32)(rest / 60 % 60);
	d->second = (u32)(rest % 60);
}

static s64 host_time(struct papr *p)
{
	const struct input_source *in = p->vm->input;

	return in->wall_time(in->opaque);
}

s64 papr_time(struct papr *p)
{
	return host_time(p) + p->state.rtc_offset;
}

static void rtas_get_time(void *opaque, struct vcpu *vcpu, const u32 *args, u32 *rets)
{
	struct papr *p = opaque;
	struct papr_date d;

	papr_date(papr_time(p), &d);
	rets[1] = (u32)d.year;
	rets[2] = d.month;
	rets[3] = d.day;
	rets[4] = d.hour;
	rets[5] = d.minute;
	rets[6] = d.second;
	rets[7] = 0;
}

static void rtas_set_time(void *opaque, struct vcpu *vcpu, const u32 *args, u32 *rets)
{
	struct papr *p = opaque;
	s64 days, t;

	if (args[0] < 1970 || args[0] > 9999 || args[1] < 1 || args[1] > 12 || args[2] < 1 ||
	    args[2] > 31 || args[3] > 23 || args[4] > 59 || args[5] > 59) {
		rets[0] = (u32)RTAS_PARAMETER;
		return;
	}
	days = days_from_date(args[0], args[1], args[2]);
	t = days * 86400 + (s64)args[3] * 3600 + (s64)args[4] * 60 + (s64)args[5];
	p->state.rtc_offset = t - host_time(p);
}

static void rtas_display_character(void *opaque, struct vcpu *vcpu, const u32 *args, u32 *rets)
{
	struct papr *p = opaque;

	if (p->config.display)
		p->config.display(p->config.display_opaque, (u8)args[0]);
	else
		rets[0] = (u32)RTAS_HARDWARE;
}

/* --- system parameters: 2 bytes of length, then the value --- */
enum { PARAM_SPLPAR = 20, PARAM_DIAGNOSTICS = 42, PARAM_UUID = 48 };

static s32 put_parameter(struct vm *vm, u64 gpa, u32 size, const void *value, u32 len)
{
	u8 buf[2 + 256];

	if (size < 2)
		return RTAS_PARAMETER;
	st_be16(buf, (u16)len);
	memcpy(buf + 2, value, len);
	len += 2;
	return vm_mem_write(vm, gpa, buf, len < size ? len : size) ? RTAS_PARAMETER : RTAS_SUCCESS;
}

static void rtas_get_parameter(void *opaque, struct vcpu *vcpu, const u32 *args, u32 *rets)
{
	struct papr *p = opaque;
	char text[256];
	s32 status;
	int n;

	switch (args[0]) {
	case PARAM_SPLPAR:
		n = log_format(text, sizeof(text),
			       "MaxEntCap=%u,DesMem=%llu,DesProcs=%u,MaxPlatProcs=%u",
			       p->config.max_cpus, (unsigned long long)(p->config.ram_size >> 20),
			       p->vm->nr_vcpus, p->config.max_cpus);
		status = put_parameter(p->vm, args[1], args[2], text, (u32)n + 1);
		break;
	case PARAM_DIAGNOSTICS:
		status = put_parameter(p->vm, args[1], args[2], "", 1);
		break;
	case PARAM_UUID:
		status = put_parameter(p->vm, args[1], args[2], p->config.uuid, 16);
		break;
	default:
		status = -3; /* not supported */
	}
	rets[0] = (u32)status;
}

static void rtas_set_parameter(void *opaque, struct vcpu *vcpu, const u32 *args, u32 *rets)
{
	bool known =
		args[0] == PARAM_SPLPAR || args[0] == PARAM_DIAGNOSTICS || args[0] == PARAM_UUID;

	rets[0] = known ? (u32)RTAS_NOT_AUTHORIZED : (u32)-3;
}

void papr_register_rtas_system(struct papr *p)
{
	struct vm *vm = p->vm;

	rtas_register(vm, "display-character", 1, 1, rtas_display_character, p);
	rtas_register(vm, "get-time-of-day", 0, 8, rtas_get_time, p);
	rtas_register(vm, "set-time-of-day", 7, 1, rtas_set_time, p);
	rtas_register(vm, "ibm,get-system-parameter", 3, 1, rtas_get_parameter, p);
	rtas_register(vm, "ibm,set-system-parameter", 2, 1, rtas_set_parameter, p);
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* The supervisor test's image. Each line of its output is a key, a bar and named values; the driver
 * compares the lines of qemu and ours. */
#include "image.h"

bool power9, radix;
unsigned hpt_shift;

void image_main(const void *fdt);

void image_main(const void *fdt)
{
	u64 pvr = mfspr(SPR_PVR);

	console_init(fdt);
	power9 = pvr >> 16 == 0x4e;
	radix = power9 && *(volatile char *)VARIANT == 'R';
	hpt_shift = fdt_cell(fdt, "ibm,pft-size", 1, 0);
	if (!hpt_shift)
		hpt_shift = 21;
	say("reset | pvr=%x radix=%d\n", pvr >> 16, radix);
	probe_init();
	paging_init();
	test_msr();
	test_spr();
	test_interrupts();
	test_external();
	test_facilities();
	test_alignment();
	test_trace();
	test_storage();
	test_slb();
	if (radix)
		test_radix();
	else
		test_hpt();
	test_tlbie();
	test_location();
	test_hcalls();
	say("end |\n");
	power_off();
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the image keeps things, and the layout of a saved register set; shared with entry.S. */
#ifndef SUPERVISOR_LAYOUT_H
#define SUPERVISOR_LAYOUT_H

#define VARIANT	 0x40		    /* the driver puts 'R' or 'H' here: radix or hash on POWER9 */
#define STUBS_BE 0x6000		    /* entry stubs of all vectors, then the common handler */
#define STUBS_LE 0xb000		    /* the same for a processor that enters in little-endian */
#define SAVED	 0x10000	    /* registers at the last interrupt */
#define CONTEXT	 0x11000	    /* the C code that waits for it */
#define CODE	 0x400000	    /* instructions under test */
#define DATA	 0x500000	    /* what they may touch */
#define TABLES	 0x600000	    /* translation tables */
#define PAGES	 0x900000	    /* pages that the MMU tests map in various ways */
#define BASE_MSR 0x8000000000001000 /* SF, ME: what C code runs with */

#define R_CR	0x100
#define R_LR	0x108
#define R_CTR	0x110
#define R_XER	0x118
#define R_PC	0x120
#define R_MSR	0x128
#define R_DAR	0x130
#define R_DSISR 0x138
#define R_HMSR	0x140
#define R_VEC	0x148
#define R_SIZE	0x150

#endif

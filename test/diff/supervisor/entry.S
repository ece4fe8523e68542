/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reset entry; run(), which loads a whole register set and goes there; and the common part of all
 * interrupt handlers, which saves a whole register set and returns from run().
 */
#include "layout.h"

	.machine power8
	.section .head, "ax"
	.org 0x100
	.globl reset
reset:
	b	start

	.org SAVED
	.space	R_SIZE
	.org 0x1fffc
	.long	0

	.text
start:
	lis	%r1, stack_top@ha
	addi	%r1, %r1, stack_top@l
	addi	%r1, %r1, -256
	lis	%r2, .TOC.@ha
	addi	%r2, %r2, .TOC.@l
	bl	image_main
1:	b	1b

.macro context op
	\op	%r1, 0(%r4)
	\op	%r2, 8(%r4)
	.irp	n, 13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	\op	%r\n, 8*\n(%r4)
	.endr
.endm

	/* void run(const struct regs *in) */
	.globl run
run:
	mflr	%r0
	mfcr	%r5
	lis	%r4, CONTEXT@ha
	addi	%r4, %r4, CONTEXT@l
	context	std
	std	%r0, R_LR(%r4)
	std	%r5, R_CR(%r4)
	ld	%r5, R_PC(%r3)
	mtsrr0	%r5
	ld	%r5, R_MSR(%r3)
	mtsrr1	%r5
	ld	%r5, R_CR(%r3)
	mtcr	%r5
	ld	%r5, R_LR(%r3)
	mtlr	%r5
	ld	%r5, R_CTR(%r3)
	mtctr	%r5
	ld	%r5, R_XER(%r3)
	mtxer	%r5
	ld	%r5, R_DAR(%r3)
	mtdar	%r5
	ld	%r5, R_DSISR(%r3)
	mtdsisr	%r5
	.irp	n, 0,1,2,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	ld	%r\n, 8*\n(%r3)
	.endr
	ld	%r3, 24(%r3)
	rfid

resume:
	lis	%r4, CONTEXT@ha
	addi	%r4, %r4, CONTEXT@l
	context	ld
	ld	%r0, R_LR(%r4)
	ld	%r5, R_CR(%r4)
	mtlr	%r0
	mtcr	%r5
	blr

	/* Copied behind the stubs, for little-endian entry with the bytes of each word swapped. In:
	 * SPRG0 = r1, r1 = number of the vector. Addresses have the top bits set, which real mode
	 * ignores. */
	.globl handler, handler_end
handler:
	mtsprg	1, %r2
	lis	%r2, 0xc000
	rldicr	%r2, %r2, 32, 31
	oris	%r2, %r2, SAVED@h
	std	%r0, 0(%r2)
	std	%r1, R_VEC(%r2)
	mfsprg	%r0, 0
	std	%r0, 8(%r2)
	mfsprg	%r0, 1
	std	%r0, 16(%r2)
	.irp	n, 3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	std	%r\n, 8*\n(%r2)
	.endr
	mfcr	%r0
	std	%r0, R_CR(%r2)
	mflr	%r0
	std	%r0, R_LR(%r2)
	mfctr	%r0
	std	%r0, R_CTR(%r2)
	mfxer	%r0
	std	%r0, R_XER(%r2)
	mfsrr0	%r0
	std	%r0, R_PC(%r2)
	mfsrr1	%r0
	std	%r0, R_MSR(%r2)
	mfdar	%r0
	std	%r0, R_DAR(%r2)
	mfdsisr	%r0
	std	%r0, R_DSISR(%r2)
	mfmsr	%r0
	std	%r0, R_HMSR(%r2)
	lis	%r3, resume@ha
	addi	%r3, %r3, resume@l
	mtsrr0	%r3
	li	%r3, 1
	rldicr	%r3, %r3, 63, 0
	ori	%r3, %r3, BASE_MSR & 0xffff
	mtsrr1	%r3
	rfid
handler_end:

	/* u64 hcall(u64 nr, u64 *args): args[0..8] go to r4..r12 and come back from there */
	.globl hcall
hcall:
	mr	%r0, %r4
	std	%r31, -8(%r1)
	mr	%r31, %r0
	ld	%r4, 0(%r31)
	ld	%r5, 8(%r31)
	ld	%r6, 16(%r31)
	ld	%r7, 24(%r31)
	ld	%r8, 32(%r31)
	ld	%r9, 40(%r31)
	ld	%r10, 48(%r31)
	ld	%r11, 56(%r31)
	ld	%r12, 64(%r31)
	sc	1
	std	%r4, 0(%r31)
	std	%r5, 8(%r31)
	std	%r6, 16(%r31)
	std	%r7, 24(%r31)
	std	%r8, 32(%r31)
	std	%r9, 40(%r31)
	std	%r10, 48(%r31)
	std	%r11, 56(%r31)
	std	%r12, 64(%r31)
	ld	%r31, -8(%r1)
	blr

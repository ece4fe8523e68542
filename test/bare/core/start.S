/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entry, vectors, and the instructions that are meant to interrupt, each with its address. */
	.section .vectors, "ax"
	.globl	vectors
vectors:
	/* IVORn = 32 n; 0, 12 and 15 are critical, 1 has registers of its own only on the e500 */
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	.balign	32
	stwu	1, -96(1)
	stw	0, 8(1)
	stw	3, 12(1)
	li	3, \n
	b	enter
	.endr

	.balign	32
enter:
	stw	4, 16(1)
	stw	5, 20(1)
	stw	6, 24(1)
	stw	7, 28(1)
	stw	8, 32(1)
	stw	9, 36(1)
	stw	10, 40(1)
	stw	11, 44(1)
	stw	12, 48(1)
	mfcr	0
	stw	0, 52(1)
	mflr	0
	stw	0, 56(1)
	mfctr	0
	stw	0, 60(1)
	mfxer	0
	stw	0, 64(1)
	stw	3, 68(1)
	addi	4, 1, 8
	bl	trap
	lwz	3, 68(1)
	cmpwi	6, 3, 1
	cmpwi	1, 3, 0
	cmpwi	0, 3, 12
	cmpwi	7, 3, 15
	cror	2, 2, 6
	cror	2, 2, 30
	lwz	0, 64(1)
	mtxer	0
	lwz	0, 60(1)
	mtctr	0
	lwz	0, 56(1)
	mtlr	0
	lwz	4, 16(1)
	lwz	5, 20(1)
	lwz	6, 24(1)
	lwz	7, 28(1)
	lwz	8, 32(1)
	lwz	9, 36(1)
	lwz	10, 40(1)
	lwz	11, 44(1)
	lwz	12, 48(1)
	lwz	3, 12(1)
	beq	critical
	beq	6, machine_check
	lwz	0, 52(1)
	mtcr	0
	lwz	0, 8(1)
	addi	1, 1, 96
	rfi
critical:
	lwz	0, 52(1)
	mtcr	0
	lwz	0, 8(1)
	addi	1, 1, 96
	rfci

machine_check:
	lwz	0, 52(1)
	mtcr	0
	lwz	0, 8(1)
	addi	1, 1, 96
	.long	0x4c00004c	/* rfmci: not every assembler of the 440 has it */

	.text
	.globl	_start
_start:
	lis	1, stack_top@h
	ori	1, 1, stack_top@l
	li	0, 0
	stwu	0, -16(1)
	bl	main
1:	b	1b

	.macro	probe name
	.globl	\name
\name:
	.endm

probe get_msr
	mfmsr	3
	blr

probe set_msr
	mflr	4
	mtspr	26, 4
	mtspr	27, 3
	rfi

/* run_user(f, a, b): f(a, b) in problem state; ends by a system call that trap() knows */
probe run_user
	stwu	1, -16(1)
	mflr	0
	stw	0, 20(1)
	mtspr	26, 3
	mfmsr	0
	ori	0, 0, 0x4000
	mtspr	27, 0
	lis	6, user_exit@h
	ori	6, 6, user_exit@l
	mtlr	6
	mr	3, 4
	mr	4, 5
	rfi
user_exit:
	li	0, 0x7e57
probe user_exit_sc
	sc
probe user_back
	lwz	0, 20(1)
	mtlr	0
	addi	1, 1, 16
	blr

probe do_lwz
	lwz	3, 0(3)
	blr
probe do_lbz
	lbz	3, 0(3)
	blr
probe do_lwarx
	lwarx	3, 0, 3
	blr
probe do_lmw
	lmw	31, 0(3)
	blr
probe do_stw
	stw	4, 0(3)
	blr
probe do_stwcx
	stwcx.	4, 0, 3
	blr
probe do_dcbz
	dcbz	0, 3
	blr
probe do_illegal
	.long	0
	blr
probe do_trap
	trap
	blr
probe do_mfmsr
	mfmsr	3
	blr
probe do_mtspr
	mtspr	272, 3
	blr
probe do_rfi
	rfi
	blr
probe do_tlb
	tlbsync
	blr
probe do_sc
	sc
	blr
probe do_lfd
	.long	0xc8030000	/* lfd 0, 0(3) */
	blr
probe do_call
	mtctr	3
	mflr	12
	bctrl
	mtlr	12
	blr

probe code_7
	li	3, 7
	blr
probe code_9
	li	3, 9
	blr

probe flush_code
	dcbst	0, 3
	sync
	icbi	0, 3
	sync
	isync
	blr

	.bss
	.balign	16
	.space	32768
stack_top:
	.space	16

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entry, and the external interrupt's vector: the 440 and the e500 take it alike. */
	.section .vectors, "ax"
	.globl	external
external:
	stwu	1, -80(1)
	stw	0, 8(1)
	mflr	0
	stw	0, 12(1)
	mfctr	0
	stw	0, 16(1)
	mfxer	0
	stw	0, 20(1)
	mfcr	0
	stw	0, 24(1)
	b	save

	.text
save:
	stw	3, 28(1)
	stw	4, 32(1)
	stw	5, 36(1)
	stw	6, 40(1)
	stw	7, 44(1)
	stw	8, 48(1)
	stw	9, 52(1)
	stw	10, 56(1)
	stw	11, 60(1)
	stw	12, 64(1)
	bl	interrupt
	lwz	0, 24(1)
	mtcr	0
	lwz	0, 20(1)
	mtxer	0
	lwz	0, 16(1)
	mtctr	0
	lwz	0, 12(1)
	mtlr	0
	lwz	3, 28(1)
	lwz	4, 32(1)
	lwz	5, 36(1)
	lwz	6, 40(1)
	lwz	7, 44(1)
	lwz	8, 48(1)
	lwz	9, 52(1)
	lwz	10, 56(1)
	lwz	11, 60(1)
	lwz	12, 64(1)
	lwz	0, 8(1)
	addi	1, 1, 80
	rfi

	.globl	_start
_start:
	lis	1, stack_top@h
	ori	1, 1, stack_top@l
	li	0, 0
	stwu	0, -16(1)
	bl	main
1:	b	1b

	.bss
	.balign	16
	.space	16384
stack_top:
	.space	16

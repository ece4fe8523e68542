/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What disk.py has SLOF load from a PReP partition. The payload's words add up to 0 if every block of it was
 * read right. The firmware is asked to say so and to power off (IEEE 1275, client interface: r5 is its entry,
 * r3 the arguments). It loads the file at 0x4000 before it moves its segments, so they lie far above that.
 */
	.section .text
	.globl	_start
_start:
	mr	%r30, %r5
	lis	%r3, payload@ha
	addi	%r3, %r3, payload@l
	lis	%r4, payload_end@ha
	addi	%r4, %r4, payload_end@l
	li	%r6, 0
1:	lwz	%r7, 0(%r3)
	add	%r6, %r6, %r7
	addi	%r3, %r3, 4
	cmplw	%r3, %r4
	blt	1b
	clrlwi.	%r6, %r6, 0
	lis	%r7, good@ha
	addi	%r7, %r7, good@l
	beq	2f
	lis	%r7, bad@ha
	addi	%r7, %r7, bad@l
2:	lis	%r3, args@ha
	addi	%r3, %r3, args@l
	stw	%r7, 12(%r3)
	mtctr	%r30
	bctrl
	b	.

	.section .data
	.balign	4
args:	.long	service, 1, 1, 0, 0
service: .asciz	"interpret"
good:	.asciz	".\" disk: firmware good\" cr power-off"
bad:	.asciz	".\" disk: firmware bad\" cr power-off"
	.balign	4
payload:
	.incbin	"payload"
payload_end:

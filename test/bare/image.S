/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bare-metal image for the machines bare-e500 and bare-440, entered at 0x100 in the boot mapping:
 * UART, system call, program interrupt, a TLB miss that its handler repairs, decrementer, and the
 * UART's interrupt in loopback. Says what failed, or that all is well, and resets the core.
 *
 * UART: address of the UART. E500: defined for the e500.
 */
#define SRR0	26
#define DEAR	61
#define IVPR	63
#define IVOR(n)	(400 + (n))
#define DBCR0	308
#define TCR	340
#define TSR	336
#define MAS1	625
#define MAS2	626
#define MAS3	627
#define MAS4	628

	.macro	set reg, value
	lis	\reg, (\value)@h
	ori	\reg, \reg, (\value)@l
	.endm

	.macro	say text
	set	3, \text
	bl	print
	.endm

	/* go on when r10 == value, else say which step failed */
	.macro	expect value, name
	set	11, \value
	cmpw	10, 11
	li	12, \name
	bne	failed
	.endm

	.text
	.globl	_start
	.org	0x100
_start:
	li	0, 0
	mtspr	IVPR, 0
	li	3, 0x2000
	mtspr	IVOR(8), 3
	li	3, 0x2100
	mtspr	IVOR(13), 3
	li	3, 0x2200
	mtspr	IVOR(10), 3
	li	3, 0x2300
	mtspr	IVOR(4), 3
	li	3, 0x2400
	mtspr	IVOR(6), 3
	say	hello

	li	10, 0
	sc
	expect	0x5c, 'S'

	li	10, 0
	trap
	expect	0x7a, 'P'

	/* 0x40000000 is mapped to 0x8000 by the handler */
	set	4, 0x12345678
	set	5, 0x8008
	stw	4, 0(5)
	set	5, 0x40000008
	lwz	10, 0(5)
	expect	0x12345678, 'T'
	set	4, 0x9abcdef0
	stw	4, 4(5)
	set	5, 0x800c
	lwz	10, 0(5)
	expect	0x9abcdef0, 't'

	/* decrementer */
	li	10, 0
	li	4, 1000
	mtdec	4
	lis	4, 0x0400
	mtspr	TCR, 4
	wrteei	1
	lis	4, 0x1000
	mtctr	4
1:	cmpwi	10, 0
	bne	2f
	bdnz	1b
2:	wrteei	0
	expect	0xdec, 'D'

	/* loopback: what is sent comes back and interrupts */
	set	8, UART
	li	10, 0
	li	4, 0x10
	stb	4, 4(8)
	li	4, 1
	stb	4, 1(8)
	wrteei	1
	li	4, 0x4b
	stb	4, 0(8)
	lis	4, 0x1000
	mtctr	4
1:	cmpwi	10, 0
	bne	2f
	bdnz	1b
2:	wrteei	0
	li	4, 0
	stb	4, 1(8)
	stb	4, 4(8)
	expect	0x4b, 'U'
	say	done
stop:
	lis	3, 0x3000
	mtspr	DBCR0, 3
	b	.

failed:
	set	4, where
	stb	12, 0(4)
	say	bad
	b	stop

print:
	set	4, UART
1:	lbz	5, 0(3)
	cmpwi	5, 0
	beqlr
2:	lbz	6, 5(4)
	andi.	6, 6, 0x20
	beq	2b
	stb	5, 0(4)
	addi	3, 3, 1
	b	1b

hello:	.asciz	"bare: hello\n"
done:	.asciz	"bare: all is well\n"
bad:	.ascii	"bare: step "
where:	.asciz	"? failed\n"

	.org	0x2000		/* system call */
	li	10, 0x5c
	rfi

	.org	0x2100		/* data TLB miss */
#ifdef E500
	lis	25, 0xc000	/* MAS1: valid, 4K by MAS4 and the miss; MAS2 as it was left */
	mfspr	24, MAS1
	or	24, 24, 25
	li	25, 0x0100
	or	24, 24, 25
	mtspr	MAS1, 24
	set	25, 0x8015
	mtspr	MAS3, 25
	tlbwe
#else
	li	24, 1
	set	25, 0x40000210	/* page, valid, 4K */
	tlbwe	25, 24, 0
	set	25, 0x8000
	tlbwe	25, 24, 1
	li	25, 7
	tlbwe	25, 24, 2
	isync
#endif
	rfi

	.org	0x2200		/* decrementer */
	lis	10, 0x0800
	mtspr	TSR, 10
	li	10, 0xdec
	rfi

	.org	0x2300		/* external: the UART has a byte */
	lbz	10, 0(8)
	rfi

	.org	0x2400		/* program */
	mfspr	10, SRR0
	addi	10, 10, 4
	mtspr	SRR0, 10
	li	10, 0x7a
	rfi

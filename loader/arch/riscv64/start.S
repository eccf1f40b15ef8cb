/* How code is entered and called in ways that C has no words for. */
#include "asm.inc"

	.text
/* arch_enter(stack, entry): as the kernel enters a program: all registers 0 but the stack pointer. */
FUNCTION(arch_enter)
	mv	sp, a0
	mv	t0, a1
	.irp	r, ra, gp, tp, t1, t2, s0, s1, a0, a1, a2, a3, a4, a5, a6, a7
	li	\r, 0
	.endr
	.irp	r, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, t3, t4, t5, t6
	li	\r, 0
	.endr
	jr	t0
END(arch_enter)

/* arch_call_on(top, function, argument) */
FUNCTION(arch_call_on)
	.cfi_startproc
	addi	sp, sp, -16
	.cfi_def_cfa_offset 16
	sd	ra, 8(sp)
	sd	s0, 0(sp)
	.cfi_offset ra, -8
	.cfi_offset s0, -16
	addi	s0, sp, 16
	.cfi_def_cfa s0, 0
	mv	sp, a0
	mv	a0, a2
	jalr	a1
	addi	sp, s0, -16
	.cfi_def_cfa sp, 16
	ld	ra, 8(sp)
	ld	s0, 0(sp)
	addi	sp, sp, 16
	.cfi_def_cfa_offset 0
	ret
	.cfi_endproc
END(arch_call_on)

/* arch_keep_vectors(function, argument): nothing that is called passes values in vector registers. */
FUNCTION(arch_keep_vectors)
	mv	t0, a0
	mv	a0, a1
	jr	t0
END(arch_keep_vectors)

	.section .note.GNU-stack, "", %progbits
	.section .note.xipld, "a", %note
	.balign	4
	.long	6, 4, 1			/* sizes of name and content, type: loader's version */
	.asciz	"xipld"
	.balign	4
	.long	1

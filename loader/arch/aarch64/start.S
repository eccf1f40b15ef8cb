/* How code is entered and called in ways that C has no words for. */
#include "asm.inc"

	.text
/* arch_enter(stack, entry): as the kernel enters a program: all registers 0 but the stack pointer. */
FUNCTION(arch_enter)
	mov	sp, x0
	mov	x16, x1
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	mov	x\n, #0
	.endr
	.irp	n, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
	mov	x\n, #0
	.endr
	br	x16
END(arch_enter)

/* arch_call_on(top, function, argument) */
FUNCTION(arch_call_on)
	.cfi_startproc
	stp	x29, x30, [sp, #-16]!
	.cfi_def_cfa_offset 16
	.cfi_offset x29, -16
	.cfi_offset x30, -8
	mov	x29, sp
	.cfi_def_cfa_register x29
	mov	sp, x0
	mov	x0, x2
	blr	x1
	mov	sp, x29
	.cfi_def_cfa_register sp
	ldp	x29, x30, [sp], #16
	.cfi_def_cfa_offset 0
	ret
	.cfi_endproc
END(arch_call_on)

/* arch_keep_vectors(function, argument): call it, and let the vector registers be as they were. */
FUNCTION(arch_keep_vectors)
	.cfi_startproc
	stp	x29, x30, [sp, #-16]!
	.cfi_def_cfa_offset 16
	.cfi_offset x29, -16
	.cfi_offset x30, -8
	mov	x29, sp
	.cfi_def_cfa_register x29
	sub	sp, sp, #512
	VECTORS(stp)
	mov	x2, x0
	mov	x0, x1
	blr	x2
	VECTORS(ldp)
	mov	sp, x29
	.cfi_def_cfa_register sp
	ldp	x29, x30, [sp], #16
	.cfi_def_cfa_offset 0
	ret
	.cfi_endproc
END(arch_keep_vectors)

	.section .note.GNU-stack, "", %progbits
	.section .note.xipld, "a", %note
	.balign	4
	.long	6, 4, 1			/* sizes of name and content, type: loader's version */
	.asciz	"xipld"
	.balign	4
	.long	1

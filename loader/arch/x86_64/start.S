/* How code is entered and called in ways that C has no words for. */

	.text
/* arch_enter(stack, entry): as the kernel enters a program: all registers 0 but the stack pointer. */
	.globl	arch_enter
	.hidden	arch_enter
	.type	arch_enter, @function
arch_enter:
	mov	%rdi, %rsp
	mov	%rsi, %r11
	xor	%eax, %eax
	xor	%ebx, %ebx
	xor	%ecx, %ecx
	xor	%edx, %edx
	xor	%edi, %edi
	xor	%esi, %esi
	xor	%ebp, %ebp
	xor	%r8d, %r8d
	xor	%r9d, %r9d
	xor	%r10d, %r10d
	jmp	*%r11
	.size	arch_enter, . - arch_enter

/* arch_call_on(top, function, argument) */
	.globl	arch_call_on
	.hidden	arch_call_on
	.type	arch_call_on, @function
arch_call_on:
	.cfi_startproc
	push	%rbp
	.cfi_def_cfa_offset 16
	.cfi_offset rbp, -16
	mov	%rsp, %rbp
	.cfi_def_cfa_register rbp
	mov	%rdi, %rsp
	mov	%rdx, %rdi
	call	*%rsi
	leave
	.cfi_def_cfa rsp, 8
	ret
	.cfi_endproc
	.size	arch_call_on, . - arch_call_on

/* arch_keep_vectors(function, argument): call it, and let the vector registers be as they were. */
	.globl	arch_keep_vectors
	.hidden	arch_keep_vectors
	.type	arch_keep_vectors, @function
arch_keep_vectors:
	.cfi_startproc
	push	%rbp
	.cfi_def_cfa_offset 16
	.cfi_offset rbp, -16
	mov	%rsp, %rbp
	.cfi_def_cfa_register rbp
	push	%rbx
	.cfi_offset rbx, -24
	sub	$8, %rsp
	mov	%rdi, %r8
	mov	vector_state_size(%rip), %rcx
	test	%rcx, %rcx
	jz	1f
	sub	%rcx, %rsp
	and	$-64, %rsp
	/* XRSTOR wants the header (bytes 512 to 575) to be zero where XSAVE does not write it */
	xor	%eax, %eax
	lea	512(%rsp), %rdi
	mov	$8, %ecx
	rep stosq
	mov	$-1, %eax
	mov	$-1, %edx
	xsave64	(%rsp)
	mov	%rsi, %rdi
	call	*%r8
	mov	%rax, %rbx
	mov	$-1, %eax
	mov	$-1, %edx
	xrstor64 (%rsp)
	mov	%rbx, %rax
	jmp	2f
1:	sub	$512, %rsp
	and	$-16, %rsp
	fxsave64 (%rsp)
	mov	%rsi, %rdi
	call	*%r8
	fxrstor64 (%rsp)
2:	lea	-8(%rbp), %rsp
	pop	%rbx
	pop	%rbp
	.cfi_def_cfa rsp, 8
	ret
	.cfi_endproc
	.size	arch_keep_vectors, . - arch_keep_vectors

	.section .note.GNU-stack, "", @progbits
	.section .note.xipld, "a", @note
	.balign	4
	.long	6, 4, 1			/* sizes of name and content, type: loader's version */
	.asciz	"xipld"
	.balign	4
	.long	1

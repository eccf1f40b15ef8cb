/*
 * How a program starts on x86-64, how it is entered, and what must be written in assembly because it may change no
 * register: stubs, TLS descriptors (psABI TLS descriptors: Oliva & de Melo), and the thunks of the SELF functions.
 */
	.text
	.globl	_start
	.hidden	_start
	.type	_start, @function
_start:
	.cfi_startproc
	.cfi_undefined rip
	xor	%ebp, %ebp
	mov	%rsp, %rdi
	and	$-16, %rsp
	call	loader_start
	hlt
	.cfi_endproc
	.size	_start, . - _start

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

/* arch_call_iterator(fn, info, size, data) */
	.globl	arch_call_iterator
	.hidden	arch_call_iterator
	.type	arch_call_iterator, @function
arch_call_iterator:
	.cfi_startproc
	.cfi_personality 0x1b, iterator_is_left
	sub	$8, %rsp
	.cfi_def_cfa_offset 16
	mov	%rdi, %rax
	mov	%rsi, %rdi
	mov	%rdx, %rsi
	mov	%rcx, %rdx
	call	*%rax
	add	$8, %rsp
	.cfi_def_cfa_offset 8
	ret
	.cfi_endproc
	.size	arch_call_iterator, . - arch_call_iterator

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

/*
 * The C library's interpreter jumps here, as to a program's entry point: the stack holds argc, rdx the function that
 * the program must register with atexit (psABI 3.4.1). host_ready(stack, rdx) returns the program's own entry point.
 */
	.globl	host_entry
	.hidden	host_entry
	.type	host_entry, @function
host_entry:
	.cfi_startproc
	.cfi_undefined rip
	mov	%rsp, %rbx
	mov	%rsp, %rdi
	mov	%rdx, %rsi
	xor	%ebp, %ebp
	and	$-16, %rsp
	call	host_ready
	mov	%rbx, %rsp
	lea	host_run_destructors(%rip), %rdx
	xor	%ebx, %ebx
	jmp	*%rax
	.cfi_endproc
	.size	host_entry, . - host_entry

/* Callers compiled by old compilers may not have aligned the stack (GCC PR 58066). */
	.globl	tls_get_addr_entry
	.hidden	tls_get_addr_entry
	.type	tls_get_addr_entry, @function
tls_get_addr_entry:
	.cfi_startproc
	push	%rbp
	.cfi_def_cfa_offset 16
	.cfi_offset rbp, -16
	mov	%rsp, %rbp
	.cfi_def_cfa_register rbp
	and	$-16, %rsp
	call	tls_get_addr
	leave
	.cfi_def_cfa rsp, 8
	ret
	.cfi_endproc
	.size	tls_get_addr_entry, . - tls_get_addr_entry

/* TLS descriptors: rax is the descriptor's address, and on return the offset from the thread pointer. */
	.globl	tlsdesc_static
	.hidden	tlsdesc_static
	.type	tlsdesc_static, @function
tlsdesc_static:
	mov	8(%rax), %rax
	ret
	.size	tlsdesc_static, . - tlsdesc_static

	.globl	tlsdesc_weak
	.hidden	tlsdesc_weak
	.type	tlsdesc_weak, @function
tlsdesc_weak:
	mov	8(%rax), %rax
	sub	%fs:0, %rax
	ret
	.size	tlsdesc_weak, . - tlsdesc_weak

	.globl	tlsdesc_dynamic
	.hidden	tlsdesc_dynamic
	.type	tlsdesc_dynamic, @function
tlsdesc_dynamic:
	.cfi_startproc
	push	%rbp
	.cfi_def_cfa_offset 16
	.cfi_offset rbp, -16
	mov	%rsp, %rbp
	.cfi_def_cfa_register rbp
	push	%rdi
	push	%rsi
	push	%rdx
	push	%rcx
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	push	%rbx
	and	$-16, %rsp
	mov	8(%rax), %rbx
	mov	%rbx, %rdi
	call	tls_get_present		/* general registers only */
	test	%rax, %rax
	jnz	2f
	/* The slow way calls the C library. */
	lea	tls_get_addr(%rip), %rdi
	mov	%rbx, %rsi
	call	arch_keep_vectors
2:	sub	%fs:0, %rax
	lea	-72(%rbp), %rsp
	pop	%rbx
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rcx
	pop	%rdx
	pop	%rsi
	pop	%rdi
	pop	%rbp
	.cfi_def_cfa rsp, 8
	ret
	.cfi_endproc
	.size	tlsdesc_dynamic, . - tlsdesc_dynamic

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

/*
 * Where the head of an object's procedure linkage table leads (psABI 5.2): the stack holds what lazy_prepare put into
 * the table's second word, the number of the relocation, and the return address.
 */
	.globl	lazy_entry
	.hidden	lazy_entry
	.type	lazy_entry, @function
lazy_entry:
	.cfi_startproc
	.cfi_def_cfa_offset 24
	push	%rbp
	.cfi_def_cfa_offset 32
	.cfi_offset rbp, -32
	mov	%rsp, %rbp
	.cfi_def_cfa_register rbp
	push	%rax
	push	%rdi
	push	%rsi
	push	%rdx
	push	%rcx
	push	%r8
	push	%r9
	push	%r10
	and	$-16, %rsp
	mov	8(%rbp), %rdi
	mov	16(%rbp), %rsi
	call	lazy_bind		/* general registers only */
	mov	%rax, %r11
	lea	-64(%rbp), %rsp
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rcx
	pop	%rdx
	pop	%rsi
	pop	%rdi
	pop	%rax
	pop	%rbp
	.cfi_def_cfa rsp, 24
	add	$16, %rsp
	.cfi_def_cfa_offset 8
	jmp	*%r11
	.cfi_endproc
	.size	lazy_entry, . - lazy_entry

/*
 * A SELF function: if its path argument says /proc/self/exe, let it say the program's path; then go on to libc's
 * function with every argument register as it came (open takes a variable number).
 */
	.type	self_common, @function
self_common:			/* stack: argument's register (0 rdi, 1 rsi), number, return address */
	push	%rax
	push	%rdi
	push	%rsi
	push	%rdx
	push	%rcx
	push	%r8
	push	%r9
	push	%rbp
	mov	%rsp, %rbp
	and	$-16, %rsp
	mov	%rdi, %rax
	cmpl	$0, 64(%rbp)
	cmovne	%rsi, %rax
	mov	%rax, %rdi
	call	self_path
	mov	%rbp, %rsp
	cmpl	$0, 64(%rbp)
	jne	1f
	mov	%rax, 48(%rbp)		/* saved rdi */
	jmp	2f
1:	mov	%rax, 40(%rbp)		/* saved rsi */
2:	pop	%rbp
	pop	%r9
	pop	%r8
	pop	%rcx
	pop	%rdx
	pop	%rsi
	pop	%rdi
	pop	%rax
	add	$8, %rsp
	pop	%r11
	mov	export_originals(%rip), %r10
	jmp	*(%r10,%r11,8)
	.size	self_common, . - self_common

	.set	number, 0
#define EXPORT(name, function) .set number, number + 1
#define PLACE(name) .set number, number + 1
#define SELFLINK0(name) .set number, number + 1
#define SELFLINK1(name) .set number, number + 1
#define SELF(name, argument) \
	.globl self_##name; \
	.hidden self_##name; \
	.type self_##name, @function; \
self_##name: \
	pushq $number; \
	pushq $argument; \
	jmp self_common; \
	.size self_##name, . - self_##name; \
	.set number, number + 1
#define SELF0(name) SELF(name, 0)
#define SELF1(name) SELF(name, 1)
#define SELFV0(id, text) SELF(id, 0)
#define SELFV1(id, text) SELF(id, 1)
#include "rtld/stubs.def"

/* The page of stubs: export i at 16 * i. */
	.section .stubs, "ax", @progbits
	.balign	4096
	.globl	export_stubs
	.hidden	export_stubs
export_stubs:
	.set	i, 0
	.rept	144			/* EXPORT_STUB_SLOTS */
	.balign	16
	jmp	*(export_page + 8 * i)(%rip)
	.set	i, i + 1
	.endr

	.section .note.GNU-stack, "", @progbits
	.section .note.xipld, "a", @note
	.balign	4
	.long	6, 4, 1			/* sizes of name and content, type: loader's version */
	.asciz	"xipld"
	.balign	4
	.long	1

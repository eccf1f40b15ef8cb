/*
 * How a program starts on AArch64, how it is entered, and what must be written in assembly because it may change no
 * register: stubs, TLS descriptors (AAELF64, "TLS descriptors"), and the thunks of the SELF functions. Whatever is reached
 * by an indirect branch begins with a landing pad (BTI).
 */
#define FUNCTION(name) .globl name; .hidden name; .type name, @function; name:
#define END(name) .size name, . - name
#define VECTORS4(op, a, b, c, d) op q##a, q##b, [sp, #(16 * a)]; op q##c, q##d, [sp, #(16 * c)]
#define VECTORS(op) \
	VECTORS4(op, 0, 1, 2, 3); VECTORS4(op, 4, 5, 6, 7); VECTORS4(op, 8, 9, 10, 11); \
	VECTORS4(op, 12, 13, 14, 15); VECTORS4(op, 16, 17, 18, 19); VECTORS4(op, 20, 21, 22, 23); \
	VECTORS4(op, 24, 25, 26, 27); VECTORS4(op, 28, 29, 30, 31)

	.text
FUNCTION(_start)
	.cfi_startproc
	.cfi_undefined x30
	bti	jc
	mov	x29, #0
	mov	x30, #0
	mov	x0, sp
	bl	loader_start
	brk	#1000
	.cfi_endproc
END(_start)

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

/* arch_call_iterator(fn, info, size, data) */
FUNCTION(arch_call_iterator)
	.cfi_startproc
	.cfi_personality 0x1b, iterator_is_left
	stp	x29, x30, [sp, #-16]!
	.cfi_def_cfa_offset 16
	.cfi_offset x29, -16
	.cfi_offset x30, -8
	mov	x29, sp
	mov	x9, x0
	mov	x0, x1
	mov	x1, x2
	mov	x2, x3
	blr	x9
	ldp	x29, x30, [sp], #16
	.cfi_def_cfa_offset 0
	ret
	.cfi_endproc
END(arch_call_iterator)

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

/*
 * The C library's interpreter jumps here, as to a program's entry point: the stack holds argc, x0 the function that
 * the program must register with atexit (SYSVABI64). host_ready(stack, x0) returns the program's own entry point.
 */
FUNCTION(host_entry)
	.cfi_startproc
	.cfi_undefined x30
	bti	jc
	mov	x1, x0
	mov	x0, sp
	mov	x29, #0
	mov	x30, #0
	bl	host_ready
	mov	x16, x0
	adrp	x0, host_run_destructors
	add	x0, x0, #:lo12:host_run_destructors
	mov	x30, #0
	br	x16
	.cfi_endproc
END(host_entry)

FUNCTION(tls_get_addr_entry)
	bti	c
	b	tls_get_addr
END(tls_get_addr_entry)

/*
 * TLS descriptors: x0 is the descriptor's address, and on return the offset from the thread pointer. All other registers
 * are kept; of the vector registers the lower 128 bits, as compilers expect.
 */
FUNCTION(tlsdesc_static)
	bti	c
	ldr	x0, [x0, #8]
	ret
END(tlsdesc_static)

FUNCTION(tlsdesc_weak)
	bti	c
	str	x1, [sp, #-16]!
	ldr	x0, [x0, #8]
	mrs	x1, tpidr_el0
	sub	x0, x0, x1
	ldr	x1, [sp], #16
	ret
END(tlsdesc_weak)

FUNCTION(tlsdesc_dynamic)
	.cfi_startproc
	bti	c
	stp	x29, x30, [sp, #-176]!
	.cfi_def_cfa_offset 176
	.cfi_offset x29, -176
	.cfi_offset x30, -168
	mov	x29, sp
	.cfi_def_cfa_register x29
	stp	x1, x2, [sp, #16]
	stp	x3, x4, [sp, #32]
	stp	x5, x6, [sp, #48]
	stp	x7, x8, [sp, #64]
	stp	x9, x10, [sp, #80]
	stp	x11, x12, [sp, #96]
	stp	x13, x14, [sp, #112]
	stp	x15, x16, [sp, #128]
	stp	x17, x18, [sp, #144]
	ldr	x0, [x0, #8]
	str	x0, [sp, #160]
	bl	tls_get_present		/* general registers only */
	cbnz	x0, 1f
	/* The slow way calls the C library. */
	adrp	x0, tls_get_addr
	add	x0, x0, #:lo12:tls_get_addr
	ldr	x1, [x29, #160]
	bl	arch_keep_vectors
1:	mrs	x1, tpidr_el0
	sub	x0, x0, x1
	ldp	x1, x2, [sp, #16]
	ldp	x3, x4, [sp, #32]
	ldp	x5, x6, [sp, #48]
	ldp	x7, x8, [sp, #64]
	ldp	x9, x10, [sp, #80]
	ldp	x11, x12, [sp, #96]
	ldp	x13, x14, [sp, #112]
	ldp	x15, x16, [sp, #128]
	ldp	x17, x18, [sp, #144]
	.cfi_def_cfa_register sp
	ldp	x29, x30, [sp], #176
	.cfi_def_cfa_offset 0
	ret
	.cfi_endproc
END(tlsdesc_dynamic)

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

/*
 * Where the head of an object's procedure linkage table leads (SYSVABI64, "Procedure linkage table"): the stack holds
 * the address of the table's slot and the return address. The stubs have changed x16.
 */
FUNCTION(lazy_entry)
	.cfi_startproc
	.cfi_def_cfa_offset 16
	.cfi_offset x30, -8
	bti	jc
	stp	x29, x30, [sp, #-96]!
	.cfi_def_cfa_offset 112
	.cfi_offset x29, -112
	mov	x29, sp
	.cfi_def_cfa x29, 112
	stp	x0, x1, [sp, #16]
	stp	x2, x3, [sp, #32]
	stp	x4, x5, [sp, #48]
	stp	x6, x7, [sp, #64]
	str	x8, [sp, #80]
	ldr	x0, [sp, #96]
	mov	x1, #-1
	bl	lazy_bind		/* general registers only */
	mov	x16, x0
	ldp	x0, x1, [sp, #16]
	ldp	x2, x3, [sp, #32]
	ldp	x4, x5, [sp, #48]
	ldp	x6, x7, [sp, #64]
	ldr	x8, [sp, #80]
	.cfi_def_cfa sp, 112
	ldp	x29, x30, [sp], #96
	.cfi_def_cfa_offset 16
	ldr	x30, [sp, #8]
	add	sp, sp, #16
	.cfi_def_cfa_offset 0
	br	x16
	.cfi_endproc
END(lazy_entry)

/*
 * A SELF function: if its path argument says /proc/self/exe, let it say the program's path; then go on to libc's
 * function with every argument register as it came (open takes a variable number). x16: the function's number, x17: the
 * argument's.
 */
FUNCTION(self_common)
	stp	x29, x30, [sp, #-112]!
	mov	x29, sp
	stp	x0, x1, [sp, #16]
	stp	x2, x3, [sp, #32]
	stp	x4, x5, [sp, #48]
	stp	x6, x7, [sp, #64]
	stp	x8, x16, [sp, #80]
	add	x17, sp, x17, lsl #3
	str	x17, [sp, #96]
	ldr	x0, [x17, #16]
	bl	self_path
	ldr	x17, [sp, #96]
	str	x0, [x17, #16]
	ldp	x0, x1, [sp, #16]
	ldp	x2, x3, [sp, #32]
	ldp	x4, x5, [sp, #48]
	ldp	x6, x7, [sp, #64]
	ldp	x8, x17, [sp, #80]
	ldp	x29, x30, [sp], #112
	adrp	x16, export_originals
	ldr	x16, [x16, #:lo12:export_originals]
	ldr	x16, [x16, x17, lsl #3]
	br	x16
END(self_common)

	.set	number, 0
#define EXPORT(name, function) .set number, number + 1
#define PLACE(name) .set number, number + 1
#define SELFLINK0(name) .set number, number + 1
#define SELFLINK1(name) .set number, number + 1
#define SELF(name, argument) \
	FUNCTION(self_##name) \
	bti	c; \
	mov	x16, number; \
	mov	x17, argument; \
	b	self_common; \
	END(self_##name); \
	.set number, number + 1
#define SELF0(name) SELF(name, 0)
#define SELF1(name) SELF(name, 1)
#define SELFV0(id, text) SELF(id, 0)
#define SELFV1(id, text) SELF(id, 1)
#include "rtld/stubs.def"

/* The page of stubs: export i at 16 * i. */
	.section .stubs, "ax", %progbits
	.balign	65536			/* ARCH_PAGE_MAX */
	.globl	export_stubs
	.hidden	export_stubs
export_stubs:
	.set	i, 0
	.rept	144			/* EXPORT_STUB_SLOTS */
	bti	c
	adrp	x16, export_page + 8 * i
	ldr	x16, [x16, #:lo12:(export_page + 8 * i)]
	br	x16
	.set	i, i + 1
	.endr

	.section .note.GNU-stack, "", %progbits
	.section .note.xipld, "a", %note
	.balign	4
	.long	6, 4, 1			/* sizes of name and content, type: loader's version */
	.asciz	"xipld"
	.balign	4
	.long	1

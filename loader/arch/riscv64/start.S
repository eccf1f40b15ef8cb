/*
 * How a program starts on RISC-V, how it is entered, and what must be written in assembly because it may change no
 * argument register: stubs and the thunks of the SELF functions. gp is the program's: nothing here or in the loader's C
 * uses it.
 */
#define FUNCTION(name) .globl name; .hidden name; .type name, @function; name:
#define END(name) .size name, . - name

	.option	norelax
	.text
FUNCTION(_start)
	.cfi_startproc
	.cfi_undefined ra
	mv	a0, sp
	li	s0, 0
	li	ra, 0
	call	loader_start
	ebreak
	.cfi_endproc
END(_start)

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

/* arch_call_iterator(fn, info, size, data) */
FUNCTION(arch_call_iterator)
	.cfi_startproc
	.cfi_personality 0x1b, iterator_is_left
	addi	sp, sp, -16
	.cfi_def_cfa_offset 16
	sd	ra, 8(sp)
	.cfi_offset ra, -8
	mv	t1, a0
	mv	a0, a1
	mv	a1, a2
	mv	a2, a3
	jalr	t1
	ld	ra, 8(sp)
	addi	sp, sp, 16
	.cfi_def_cfa_offset 0
	ret
	.cfi_endproc
END(arch_call_iterator)

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

/*
 * The C library's interpreter jumps here, as to a program's entry point: the stack holds argc, a0 the function that
 * the program must register with atexit. host_ready(stack, a0) returns the program's own entry point.
 */
FUNCTION(host_entry)
	.cfi_startproc
	.cfi_undefined ra
	mv	a1, a0
	mv	a0, sp
	li	s0, 0
	li	ra, 0
	call	host_ready
	mv	t0, a0
	lla	a0, host_run_destructors
	li	ra, 0
	jr	t0
	.cfi_endproc
END(host_entry)

FUNCTION(tls_get_addr_entry)
	tail	tls_get_addr
END(tls_get_addr_entry)

/*
 * TLS descriptors: relocation 12 is refused (arch_reloc_kind), so nothing leads here. GNU tools know it from binutils
 * 2.42 and GCC 15 on.
 */
	.globl	tlsdesc_static, tlsdesc_weak, tlsdesc_dynamic
	.hidden	tlsdesc_static, tlsdesc_weak, tlsdesc_dynamic
tlsdesc_static:
tlsdesc_weak:
tlsdesc_dynamic:
	ebreak

/* arch_keep_vectors(function, argument): nothing that is called passes values in vector registers. */
FUNCTION(arch_keep_vectors)
	mv	t0, a0
	mv	a0, a1
	jr	t0
END(arch_keep_vectors)

/*
 * Where the head of an object's procedure linkage table leads (psABI, "Procedure linkage table"): t0 is what
 * lazy_prepare put into the table's second word, t1 the offset of the slot behind the table's head.
 */
FUNCTION(lazy_entry)
	.cfi_startproc
	addi	sp, sp, -144
	.cfi_def_cfa_offset 144
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7
	sd	a\n, 8 * \n(sp)
	fsd	fa\n, 64 + 8 * \n(sp)
	.endr
	sd	ra, 128(sp)
	.cfi_offset ra, -16
	mv	a0, t0
	srli	a1, t1, 3
	call	lazy_bind
	mv	t1, a0
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7
	ld	a\n, 8 * \n(sp)
	fld	fa\n, 64 + 8 * \n(sp)
	.endr
	ld	ra, 128(sp)
	addi	sp, sp, 144
	.cfi_def_cfa_offset 0
	jr	t1
	.cfi_endproc
END(lazy_entry)

/*
 * A SELF function: if its path argument says /proc/self/exe, let it say the program's path; then go on to libc's
 * function with every argument register as it came (open takes a variable number). t0: the function's number, t1: the
 * argument's.
 */
FUNCTION(self_common)
	addi	sp, sp, -96
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7
	sd	a\n, 8 * \n(sp)
	.endr
	sd	ra, 64(sp)
	sd	t0, 72(sp)
	slli	t1, t1, 3
	add	t1, t1, sp
	sd	t1, 80(sp)
	ld	a0, 0(t1)
	call	self_path
	ld	t1, 80(sp)
	sd	a0, 0(t1)
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7
	ld	a\n, 8 * \n(sp)
	.endr
	ld	ra, 64(sp)
	ld	t0, 72(sp)
	addi	sp, sp, 96
	ld	t1, export_originals
	slli	t0, t0, 3
	add	t0, t0, t1
	ld	t0, 0(t0)
	jr	t0
END(self_common)

	.set	number, 0
#define EXPORT(name, function) .set number, number + 1
#define PLACE(name) .set number, number + 1
#define SELFLINK0(name) .set number, number + 1
#define SELFLINK1(name) .set number, number + 1
#define SELF(name, argument) \
	FUNCTION(self_##name) \
	li	t0, number; \
	li	t1, argument; \
	j	self_common; \
	END(self_##name); \
	.set number, number + 1
#define SELF0(name) SELF(name, 0)
#define SELF1(name) SELF(name, 1)
#define SELFV0(id, text) SELF(id, 0)
#define SELFV1(id, text) SELF(id, 1)
#include "rtld/stubs.def"

/* The page of stubs: export i at 16 * i. */
	.section .stubs, "ax", %progbits
	.balign	4096			/* ARCH_PAGE_MAX */
	.option	norvc			/* every instruction has four bytes */
	.globl	export_stubs
	.hidden	export_stubs
export_stubs:
	.set	i, 0
	.rept	144			/* EXPORT_STUB_SLOTS */
	.balign	16
	ld	t3, export_page + 8 * i
	jr	t3
	.set	i, i + 1
	.endr

	.section .note.GNU-stack, "", %progbits
	.section .note.xipld, "a", %note
	.balign	4
	.long	6, 4, 1			/* sizes of name and content, type: loader's version */
	.asciz	"xipld"
	.balign	4
	.long	1

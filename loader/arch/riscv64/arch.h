/*
 * What the loader asks of a CPU; see arch/arch.h. RISC-V, 64 bits: "RISC-V ELF Specification",
 * "RISC-V Calling Conventions" (riscv-elf-psabi-doc).
 */
#ifndef XIPLD_ARCH_H
#define XIPLD_ARCH_H

#include "arch/arch.h"

#define ARCH_MACHINE EM_RISCV
#define ARCH_PLATFORM "riscv64"
#define ARCH_INTERP "/lib/ld-linux-riscv64-lp64d.so.1" /* psABI: the program interpreter */
#define ARCH_LIB "lib/riscv64-linux-gnu"
#define ARCH_DEFAULT_DIRS "/lib/riscv64-linux-gnu:/usr/lib/riscv64-linux-gnu:/lib:/usr/lib"
#define ARCH_MUSL "riscv64"
#define ARCH_CACHE_FLAGS 0x1003 /* ld.so.cache: ELF, libc6, double-precision floating point */
#define ARCH_CALL_SKEW 0 /* the stack pointer at a function's entry, below a multiple of 16 */
#define ARCH_PAGE_MAX 4096
#define ARCH_INIT_FUNCTIONS 0 /* DT_INIT and DT_FINI are not called: as glibc (ELF_INITFINI) */
#define ARCH_SLOT_ADDEND 1 /* JUMP_SLOT: glibc adds the addend, which the psABI leaves out */
#define ARCH_DYNAMIC_RELOCATED 0 /* glibc: .dynamic stays as in the file (DL_RO_DYN_SECTION) */
#define ARCH_O_DIRECTORY 0200000
#define ARCH_O_NOFOLLOW 0400000
#define ARCH_SYSTEM_CALL "\x73\x00\x00\x00" /* ecall */

/* Variant I: the thread pointer points at the program's block. */
#define ARCH_TLS_ABOVE_TP 1
#define ARCH_TLS_TCB_SIZE 0
#define ARCH_TLS_DTP_BIAS 0x800

#define ARCH_USER_TOP 0x7ffffffff000UL

/*
 * Sv48 (and the part of Sv57 that programs get unasked), Sv39. AddressSanitizer's shadow begins at
 * 0xd5555'0000 and takes an eighth of the addresses; PIE lies at two thirds of them.
 */
#define ARCH_REGIONS                                                 \
	{                                                            \
		{0x200000000000UL, 0x500000000000UL, 1UL << 40},     \
			{0x1600000000UL, 0x2800000000UL, 1UL << 35}, \
	}

/* Where the kernel begins to put PIEs: 0, as it depends on the size of address spaces. Of how many
 * pages it chooses at random: CONFIG_ARCH_MMAP_RND_BITS's least. */
#define ARCH_PIE_BASE 0UL
#define ARCH_PIE_BITS 18

/* Words at the head of a procedure linkage table (psABI): the object, and the entry for all slots.
 */
#define ARCH_PLT_OBJECT 1
#define ARCH_PLT_ENTRY 0

static inline long
arch_syscall(long nr, long a, long b, long c, long d, long e, long f)
{
	register long a7 __asm__("a7") = nr;
	register long a0 __asm__("a0") = a;
	register long a1 __asm__("a1") = b;
	register long a2 __asm__("a2") = c;
	register long a3 __asm__("a3") = d;
	register long a4 __asm__("a4") = e;
	register long a5 __asm__("a5") = f;

	__asm__ volatile("ecall"
			 : "+r"(a0)
			 : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5)
			 : "memory");
	return a0;
}

static inline uintptr_t
arch_thread_pointer(void)
{
	uintptr_t tp;

	__asm__("mv %0, tp" : "=r"(tp));
	return tp;
}

/* EBREAK, long or compressed; instructions are aligned to two bytes. */
static inline int
arch_is_breakpoint(const void *code)
{
	const volatile uint16_t *half = code;

	return half[0] == 0x9002 || (half[0] == 0x0073 && half[1] == 0x0010);
}

#endif

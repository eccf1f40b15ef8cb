/*
 * What the loader asks of a CPU; see arch/x86_64/arch.h for the common part.  AArch64: "ELF for the
 * Arm 64-bit Architecture" (AAELF64), "System V ABI for the Arm 64-bit Architecture" (SYSVABI64).
 */
#ifndef XIPLD_ARCH_H
#define XIPLD_ARCH_H

#include "arch/arch.h"

#define ARCH_MACHINE EM_AARCH64
#define ARCH_PLATFORM "aarch64"
#define ARCH_INTERP "/lib/ld-linux-aarch64.so.1" /* psABI: the program interpreter */
#define ARCH_LIB "lib/aarch64-linux-gnu"
#define ARCH_DEFAULT_DIRS "/lib/aarch64-linux-gnu:/usr/lib/aarch64-linux-gnu:/lib:/usr/lib"
#define ARCH_MUSL "aarch64"
#define ARCH_CACHE_FLAGS 0x0a03 /* ld.so.cache: ELF, libc6, AArch64 LP64 */
#define ARCH_CALL_SKEW 0 /* the stack pointer at a function's entry, below a multiple of 16 */
#define ARCH_PAGE_MAX 65536
#define ARCH_INIT_FUNCTIONS 1
#define ARCH_SLOT_ADDEND 1 /* GLOB_DAT and JUMP_SLOT are S + A (AAELF64) */
#define ARCH_DYNAMIC_RELOCATED 1 /* glibc: ld.so adds the base to pointers in .dynamic */
#define ARCH_O_DIRECTORY 040000
#define ARCH_O_NOFOLLOW 0100000
#define ARCH_SYSTEM_CALL "\x01\x00\x00\xd4" /* svc #0 */

/* Variant I: two words of the C library at the thread pointer, then the program's block. */
#define ARCH_TLS_ABOVE_TP 1
#define ARCH_TLS_TCB_SIZE 16
#define ARCH_TLS_DTP_BIAS 0

#define ARCH_USER_TOP 0xfffffffff000UL

/*
 * 48 bits of address, 42 (pages of 64 KiB), 39 (pages of 4 KiB). AddressSanitizer's shadow begins
 * at 2^36 and takes an eighth of the addresses; PIE lies at two thirds of them.
 */
#define ARCH_REGIONS                                                   \
	{                                                              \
		{0x240000000000UL, 0x500000000000UL, 1UL << 40},       \
			{0x10000000000UL, 0x28000000000UL, 1UL << 38}, \
			{0x2000000000UL, 0x4000000000UL, 1UL << 35},   \
	}

/* Where the kernel begins to put PIEs: 0, as it depends on the size of address spaces. Of how many
 * pages it chooses at random: CONFIG_ARCH_MMAP_RND_BITS's least. */
#define ARCH_PIE_BASE 0UL
#define ARCH_PIE_BITS 18

/* Words at the head of a procedure linkage table (psABI): the object, and the entry for all slots.
 */
#define ARCH_PLT_OBJECT 1
#define ARCH_PLT_ENTRY 2

static inline long
arch_syscall(long nr, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc #0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
}

static inline uintptr_t
arch_thread_pointer(void)
{
	uintptr_t tp;

	__asm__("mrs %0, tpidr_el0" : "=r"(tp));
	return tp;
}

/* BRK, whatever its number. */
static inline int
arch_is_breakpoint(const void *code)
{
	return (*(const volatile uint32_t *)code & 0xffe0001f) == 0xd4200000;
}

#endif

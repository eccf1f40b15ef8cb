/*
 * What the loader asks of a CPU: how a system call is made, how thread-local storage is laid out,
 * where things may lie.  x86-64: System V psABI, AMD64 supplement.
 */
#ifndef XIPLD_ARCH_H
#define XIPLD_ARCH_H

#include "arch/arch.h"

#define ARCH_MACHINE EM_X86_64
#define ARCH_PLATFORM "x86_64" /* $PLATFORM when the kernel gives no AT_PLATFORM */
#define ARCH_INTERP "/lib64/ld-linux-x86-64.so.2" /* psABI: the program interpreter */
#define ARCH_LIB "lib/x86_64-linux-gnu" /* $LIB, as Debian builds ld.so */
#define ARCH_DEFAULT_DIRS "/lib/x86_64-linux-gnu:/usr/lib/x86_64-linux-gnu:/lib:/usr/lib"
#define ARCH_MUSL "x86_64"
#define ARCH_CACHE_FLAGS 0x0303 /* ld.so.cache: ELF, libc6, 64-bit x86 */
#define ARCH_CALL_SKEW 8 /* the stack pointer at a function's entry, below a multiple of 16 */
#define ARCH_PAGE_MAX 4096 /* largest page that a kernel of this CPU may have */
#define ARCH_INIT_FUNCTIONS 1 /* DT_INIT and DT_FINI are called */
/* GLOB_DAT and JUMP_SLOT are S (psABI table 4.9): -z mark-plt keeps the PLT's offset in the addend.
 */
#define ARCH_SLOT_ADDEND 0
#define ARCH_DYNAMIC_RELOCATED 1 /* glibc: ld.so adds the base to pointers in .dynamic */

/* Where the kernel begins to put PIEs (0: it depends on the size of address spaces), and of how
 * many pages it chooses at random (CONFIG_ARCH_MMAP_RND_BITS's default). */
#define ARCH_PIE_BASE 0x555555554000UL
#define ARCH_PIE_BITS 28

/* Flags of open(2) that are not the same everywhere: asm/fcntl.h */
#define ARCH_O_DIRECTORY 0200000
#define ARCH_O_NOFOLLOW 0400000
#define ARCH_SYSTEM_CALL "\x0f\x05" /* syscall */

/* Thread-local storage, variant II: the program's block ends at the thread pointer. */
#define ARCH_TLS_ABOVE_TP 0
#define ARCH_TLS_TCB_SIZE 0
#define ARCH_TLS_DTP_BIAS 0

/* Upper limit of what a user mapping may span; 47 bits less the guard page. */
#define ARCH_USER_TOP 0x7ffffffff000UL

/*
 * Where regions may lie: clear of PIE, heap, mmap, stack and the sanitizers' shadows. Where address
 * spaces differ in size there are several, the largest first.
 */
#define ARCH_REGIONS                                                  \
	{                                                             \
		{                                                     \
			0x200000000000UL, 0x500000000000UL, 1UL << 40 \
		}                                                     \
	}

/* Words at the head of a procedure linkage table (psABI): the object, and the entry for all slots.
 */
#define ARCH_PLT_OBJECT 1
#define ARCH_PLT_ENTRY 2

static inline long
arch_syscall(long nr, long a, long b, long c, long d, long e, long f)
{
	long ret;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

static inline uintptr_t
arch_thread_pointer(void)
{
	uintptr_t tp;

	__asm__("mov %%fs:0, %0" : "=r"(tp));
	return tp;
}

/* A debugger's breakpoint instruction stands here. */
static inline int
arch_is_breakpoint(const void *code)
{
	return *(const volatile unsigned char *)code == 0xcc;
}

#endif

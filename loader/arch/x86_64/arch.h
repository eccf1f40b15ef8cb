/*
 * What the loader asks of a CPU: how a system call is made, how a relocation type is read, how
 * thread-local storage is laid out.  x86-64: System V psABI, AMD64 supplement.
 */
#ifndef XIPLD_ARCH_H
#define XIPLD_ARCH_H

#include <elf.h>
#include <stddef.h>
#include <stdint.h>

#define ARCH_MACHINE EM_X86_64
#define ARCH_PLATFORM "x86_64" /* $PLATFORM when the kernel gives no AT_PLATFORM */
#define ARCH_LIB "lib/x86_64-linux-gnu" /* $LIB, as Debian builds ld.so */
#define ARCH_DEFAULT_DIRS "/lib/x86_64-linux-gnu:/usr/lib/x86_64-linux-gnu:/lib:/usr/lib"
#define ARCH_MUSL "x86_64"
#define ARCH_CACHE_FLAGS 0x0303 /* ld.so.cache: ELF, libc6, 64-bit x86 */

/* Thread-local storage, variant II: the program's block ends at the thread pointer. */
#define ARCH_TLS_ABOVE_TP 0
#define ARCH_TLS_TCB_SIZE 0
#define ARCH_TLS_DTP_BIAS 0

/* Upper limit of what a user mapping may span; 47 bits less the guard page. */
#define ARCH_USER_TOP 0x7ffffffff000UL

/* Where regions may lie: clear of PIE, heap, mmap, stack and the sanitizers' shadows. */
#define ARCH_REGION_LOW 0x200000000000UL
#define ARCH_REGION_HIGH 0x500000000000UL

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

/* What a relocation computes; the letters are the psABI's. */
enum reloc_kind {
	RELOC_NONE,
	RELOC_RELATIVE, /* B + A */
	RELOC_ADDRESS, /* S + A, 64 bits */
	RELOC_FUNCTION, /* S + A in a PLT slot: may wait for the first call */
	RELOC_COPY,
	RELOC_IRELATIVE, /* (B + A)() */
	RELOC_DTPMOD,
	RELOC_DTPOFF,
	RELOC_TPOFF,
	RELOC_TLSDESC,
	RELOC_ADDRESS32, /* S + A, must fit 32 bits unsigned */
	RELOC_ADDRESS32S, /* S + A, must fit 32 bits signed */
	RELOC_PC32, /* S + A - P, must fit 32 bits signed */
	RELOC_PC64, /* S + A - P */
	RELOC_SIZE32,
	RELOC_SIZE64,
	RELOC_UNKNOWN
};

/* Returns what relocation type `type` of this CPU computes. */
enum reloc_kind arch_reloc_kind(uint32_t type);

/* Number of the glibc-hwcaps directory names this CPU can use, best first, written to names[4]. */
unsigned arch_hwcaps(const char *names[4]);

/* Bytes that XSAVE needs for the vector registers in use (a TLS descriptor's slow path saves them).
 */
size_t arch_vector_state_size(void);

/* A number that is equal for two CPUs only if every IFUNC resolver may be expected to choose
 * equally on them. */
uint64_t arch_cpu_identity(void);

/* Give code that reads a stack protector's guard through the thread pointer something to read, as
 * long as the process has no C library (true), and take it away again (false). */
void arch_lend_thread_block(int lend);

#endif

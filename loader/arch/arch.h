/*
 * The questions to a CPU. What can be said in a header, arch/CPU/arch.h says: its numbers, how a
 * system call is made, where the thread pointer is. The rest is answered by arch/CPU/cpu.c, and by
 * start.S what only assembly can do. docs/porting.md has the list of what a CPU must give.
 */
#ifndef XIPLD_ARCH_COMMON_H
#define XIPLD_ARCH_COMMON_H

#include <elf.h>
#include <stddef.h>
#include <stdint.h>

/* What a relocation computes; the letters are the psABIs'. */
enum reloc_kind {
	RELOC_NONE,
	RELOC_RELATIVE, /* B + A */
	RELOC_ADDRESS, /* S + A, 64 bits */
	RELOC_GOT, /* S, in a GOT slot; with ARCH_SLOT_ADDEND S + A */
	RELOC_FUNCTION, /* the same in a PLT slot: may wait for the first call */
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

/* A word that is an address, and nothing but that if there is no addend. */
static inline int
reloc_is_address(enum reloc_kind kind)
{
	return kind == RELOC_ADDRESS || kind == RELOC_GOT || kind == RELOC_FUNCTION;
}

/* Called once, before anything else here: the auxiliary vector tells the CPU's features. */
void arch_begin(const Elf64_auxv_t *auxv);

/* The address that an IFUNC resolver chooses, called with what this CPU's resolvers are told. */
uintptr_t arch_resolve(uintptr_t resolver);

/* Number of the glibc-hwcaps directory names this CPU can use, best first, written to names[4]. */
unsigned arch_hwcaps(const char *names[4]);

/*
 * Bytes that the vector registers in use need, for a TLS descriptor's slow way in start.S; 0 if it
 * knows without being told.
 */
size_t arch_vector_state_size(void);

/* Bytes of stack that arch_keep_vectors takes: arch_vector_state_size()'s answer, once it is
 * needed. */
extern size_t vector_state_size;

/* function(argument), with the vector registers as they were when it returns. */
uintptr_t arch_keep_vectors(uintptr_t (*function)(uintptr_t), uintptr_t argument);

/*
 * A number that is equal for two CPUs only if every IFUNC resolver may be expected to choose
 * equally on them.
 */
uint64_t arch_cpu_features_hash(void);

/*
 * fn(info, size, data), as dl_iterate_phdr calls it. If it is left by an exception,
 * iterator_is_left (rtld/object_ranges.c) is asked as this frame's personality routine.
 */
int arch_call_iterator(void *fn, void *info, size_t size, void *data);

/* Call function(argument) on the stack that ends at `top`, a multiple of 16; back on this one. */
void arch_call_on(void *top, void (*function)(void *), void *argument);

/* Give code that reads a stack protector's guard through the thread pointer something to read, as
 * long as the process has no C library (true), and take it away again (false). */
void arch_lend_thread_block(int lend);

/*
 * Bits to add to mmap's protection of an object's executable segments, from its PT_GNU_PROPERTY
 * notes.
 */
int arch_exec_protection(const void *notes, size_t size);

/* True if such notes ask for instructions that this CPU has not. */
int arch_lacks_instructions(const void *notes, size_t size);

/*
 * Does this function of glibc's load a pointer to a table from the word at `offset` of a structure,
 * and go on through the table's entry at `entry` at once? Looks at ARCH_HOOK_CODE bytes of code.
 */
#define ARCH_HOOK_CODE 96
#define ARCH_HOOK_NEAR 32 /* bytes between the two: the next function may not be meant */
int arch_reads_hook(const void *code, size_t offset, size_t entry);

/* Where regions may lie: a base in [low, high - size]. */
struct arch_region {
	uintptr_t low, high, size;
};

#endif

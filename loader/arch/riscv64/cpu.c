/* Relocation kinds and CPU features of RISC-V (riscv-elf-psabi-doc, "Relocations"). */
#include "arch.h"

#include <asm/unistd.h>

#ifndef __NR_riscv_hwprobe
#define __NR_riscv_hwprobe 258
#endif

static uint64_t hwcap;

void
arch_begin(const Elf64_auxv_t *auxv)
{
	for (; auxv->a_type != AT_NULL; auxv++)
		if (auxv->a_type == AT_HWCAP)
			hwcap = auxv->a_un.a_val;
}

/* As glibc's __riscv_hwprobe: 0 or a positive error number. */
static int
hwprobe(void *pairs, size_t count, size_t cpu_set_size, unsigned long *cpus, unsigned flags)
{
	return (int)-arch_syscall(__NR_riscv_hwprobe, (long)pairs, (long)count, (long)cpu_set_size,
				  (long)cpus, flags, 0);
}

/* glibc 2.40 and later tell a resolver the second; others ignore it. */
uintptr_t
arch_resolve(uintptr_t resolver)
{
	return ((uintptr_t(*)(uint64_t, int (*)(void *, size_t, size_t, unsigned long *, unsigned),
			      void *))resolver)(hwcap, hwprobe, NULL);
}

enum reloc_kind
arch_reloc_kind(uint32_t type)
{
	switch (type) {
	case R_RISCV_NONE:
		return RELOC_NONE;
	case R_RISCV_RELATIVE:
		return RELOC_RELATIVE;
	case R_RISCV_64:
		return RELOC_ADDRESS;
	case R_RISCV_JUMP_SLOT:
		return RELOC_FUNCTION;
	case R_RISCV_COPY:
		return RELOC_COPY;
	case R_RISCV_IRELATIVE:
		return RELOC_IRELATIVE;
	case R_RISCV_TLS_DTPMOD64:
		return RELOC_DTPMOD;
	case R_RISCV_TLS_DTPREL64:
		return RELOC_DTPOFF;
	case R_RISCV_TLS_TPREL64:
		return RELOC_TPOFF;
	default:
		return RELOC_UNKNOWN; /* R_RISCV_TLSDESC: see start.S */
	}
}

unsigned
arch_hwcaps(const char *names[4])
{
	(void)names; /* glibc defines none for this CPU */
	return 0;
}

size_t vector_state_size;

size_t
arch_vector_state_size(void)
{
	return 0;
}

/*
 * The single-letter extensions, and what hwprobe tells (vendor, architecture, implementation, the
 * base behaviour, extensions, speed of misaligned accesses), all that a resolver can ask.
 */
uint64_t
arch_cpu_features_hash(void)
{
	struct {
		int64_t key;
		uint64_t value;
	} pairs[6];
	uint64_t hash = 14695981039346656037UL;
	int err;

	for (int k = 0; k < 6; k++) {
		pairs[k].key = k;
		pairs[k].value = 0;
	}
	err = hwprobe(pairs, 6, 0, NULL, 0);
	hash = (hash ^ hwcap) * 1099511628211UL;
	for (int k = 0; k < 6 && !err; k++)
		hash = (hash ^ pairs[k].value) * 1099511628211UL;
	return hash;
}

int
arch_lacks_instructions(const void *notes, size_t size)
{
	(void)notes;
	(void)size;
	return 0;
}

int
arch_exec_protection(const void *notes, size_t size)
{
	(void)notes;
	(void)size;
	return 0;
}

/* The stack protector's guard is a variable here, not a word of the thread. */
void
arch_lend_thread_block(int lend)
{
	(void)lend;
}

/* Relocation kinds and CPU features of AArch64 (AAELF64, "Dynamic relocations" and "Static data
 * relocations"). */
#include "arch.h"

#include <stdbool.h>

#define IFUNC_ARG_HWCAP (1UL << 62) /* a second argument follows: <sys/ifunc.h> */
#define HWCAP2_BTI (1UL << 17)
#define PROT_BTI 0x10
#define GNU_PROPERTY_TYPE 5 /* NT_GNU_PROPERTY_TYPE_0 */
#define FEATURE_1_AND 0xc0000000U /* GNU_PROPERTY_AARCH64_FEATURE_1_AND */
#define FEATURE_1_BTI 1U

/* What an IFUNC resolver is told (<sys/ifunc.h>, __ifunc_arg_t). */
static struct {
	uint64_t size, hwcap[4];
} features;

void
arch_begin(const Elf64_auxv_t *auxv)
{
	static const unsigned types[4] = {AT_HWCAP, AT_HWCAP2, 29, 30}; /* AT_HWCAP3, AT_HWCAP4 */

	features.size = sizeof(features);
	for (; auxv->a_type != AT_NULL; auxv++)
		for (unsigned i = 0; i < 4; i++)
			if (auxv->a_type == types[i])
				features.hwcap[i] = auxv->a_un.a_val;
}

uintptr_t
arch_resolve(uintptr_t resolver)
{
	return ((uintptr_t(*)(uint64_t, const void *))resolver)(features.hwcap[0] | IFUNC_ARG_HWCAP,
								&features);
}

enum reloc_kind
arch_reloc_kind(uint32_t type)
{
	switch (type) {
	case R_AARCH64_NONE:
		return RELOC_NONE;
	case R_AARCH64_RELATIVE:
		return RELOC_RELATIVE;
	case R_AARCH64_ABS64:
		return RELOC_ADDRESS;
	case R_AARCH64_GLOB_DAT:
		return RELOC_GOT;
	case R_AARCH64_JUMP_SLOT:
		return RELOC_FUNCTION;
	case R_AARCH64_COPY:
		return RELOC_COPY;
	case R_AARCH64_IRELATIVE:
		return RELOC_IRELATIVE;
	case R_AARCH64_TLS_DTPMOD:
		return RELOC_DTPMOD;
	case R_AARCH64_TLS_DTPREL:
		return RELOC_DTPOFF;
	case R_AARCH64_TLS_TPREL:
		return RELOC_TPOFF;
	case R_AARCH64_TLSDESC:
		return RELOC_TLSDESC;
	case R_AARCH64_ABS32:
		return RELOC_ADDRESS32;
	case R_AARCH64_PREL32:
		return RELOC_PC32;
	case R_AARCH64_PREL64:
		return RELOC_PC64;
	default:
		return RELOC_UNKNOWN;
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
 * What the kernel tells of the CPU, and the block that DC ZVA zeroes, which memset's resolver asks
 * for. Not the model (MIDR_EL1): a machine may have several, and every choice is good for all.
 */
uint64_t
arch_cpu_features_hash(void)
{
	uint64_t hash = 14695981039346656037UL, zva;

	__asm__("mrs %0, dczid_el0" : "=r"(zva));
	for (unsigned i = 0; i < 4; i++)
		hash = (hash ^ features.hwcap[i]) * 1099511628211UL;
	return (hash ^ zva) * 1099511628211UL;
}

/* One note's properties: type, size, content padded to 8 bytes. */
static bool
is_guarded(const uint32_t *p, size_t size)
{
	for (size_t words = size / 4; words >= 3;) {
		size_t step = 2 + ((size_t)p[1] + 7) / 8 * 2;

		if (p[0] == FEATURE_1_AND && p[1] == 4)
			return p[2] & FEATURE_1_BTI;
		if (step > words)
			break;
		p += step;
		words -= step;
	}
	return false;
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
	const Elf64_Nhdr *n = notes;

	if (!(features.hwcap[1] & HWCAP2_BTI))
		return 0;
	/* the linker leaves one note, named GNU, here */
	if (size < sizeof(*n) + 4 || n->n_namesz != 4 || n->n_type != GNU_PROPERTY_TYPE ||
	    n->n_descsz > size - sizeof(*n) - 4)
		return 0;
	return is_guarded((const uint32_t *)(n + 1) + 1, n->n_descsz) ? PROT_BTI : 0;
}

/* The stack protector's guard is a variable here, not a word of the thread. */
void
arch_lend_thread_block(int lend)
{
	(void)lend;
}

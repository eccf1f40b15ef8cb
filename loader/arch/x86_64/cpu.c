/* Relocation kinds and CPU features of x86-64 (psABI table 4.9; psABI "micro-architecture levels").
 */
#include "arch.h"

#include <asm/prctl.h>
#include <asm/unistd.h>
#include <cpuid.h>
#include <stdbool.h>

enum reloc_kind
arch_reloc_kind(uint32_t type)
{
	static const unsigned char kinds[] = {
		[R_X86_64_NONE] = RELOC_NONE,
		[R_X86_64_64] = RELOC_ADDRESS,
		[R_X86_64_PC32] = RELOC_PC32,
		[R_X86_64_GOT32] = RELOC_UNKNOWN,
		[R_X86_64_PLT32] = RELOC_UNKNOWN,
		[R_X86_64_COPY] = RELOC_COPY,
		[R_X86_64_GLOB_DAT] = RELOC_GOT,
		[R_X86_64_JUMP_SLOT] = RELOC_FUNCTION,
		[R_X86_64_RELATIVE] = RELOC_RELATIVE,
		[R_X86_64_GOTPCREL] = RELOC_UNKNOWN,
		[R_X86_64_32] = RELOC_ADDRESS32,
		[R_X86_64_32S] = RELOC_ADDRESS32S,
		[R_X86_64_16] = RELOC_UNKNOWN,
		[R_X86_64_PC16] = RELOC_UNKNOWN,
		[R_X86_64_8] = RELOC_UNKNOWN,
		[R_X86_64_PC8] = RELOC_UNKNOWN,
		[R_X86_64_DTPMOD64] = RELOC_DTPMOD,
		[R_X86_64_DTPOFF64] = RELOC_DTPOFF,
		[R_X86_64_TPOFF64] = RELOC_TPOFF,
		[R_X86_64_TLSGD... R_X86_64_TPOFF32] = RELOC_UNKNOWN,
		[R_X86_64_PC64] = RELOC_PC64,
		[R_X86_64_GOTOFF64... R_X86_64_PLTOFF64] = RELOC_UNKNOWN,
		[R_X86_64_SIZE32] = RELOC_SIZE32,
		[R_X86_64_SIZE64] = RELOC_SIZE64,
		[R_X86_64_GOTPC32_TLSDESC... R_X86_64_TLSDESC_CALL] = RELOC_UNKNOWN,
		[R_X86_64_TLSDESC] = RELOC_TLSDESC,
		[R_X86_64_IRELATIVE] = RELOC_IRELATIVE,
		[R_X86_64_RELATIVE64] = RELOC_RELATIVE,
	};

	return type < sizeof(kinds) ? (enum reloc_kind)kinds[type] : RELOC_UNKNOWN;
}

void
arch_begin(const Elf64_auxv_t *auxv)
{
	(void)auxv;
}

uintptr_t
arch_resolve(uintptr_t resolver)
{
	return ((uintptr_t(*)(void))resolver)();
}

int
arch_exec_protection(const void *notes, size_t size)
{
	(void)notes;
	(void)size;
	return 0;
}

static bool
has(uint32_t reg, uint32_t bits)
{
	return (reg & bits) == bits;
}

/* The operating system saves AVX (6) or AVX-512 (0xe6) state: XCR0. */
static bool
os_saves(uint32_t mask)
{
	uint32_t a, d;

	__asm__("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
	return (a & mask) == mask;
}

/* 1 for the baseline, up to 4 for x86-64-v4. */
static unsigned
find_isa_level(void)
{
	uint32_t a, b, c1, d, b7 = 0, c7, d7, cx = 0;
	uint32_t top = __get_cpuid_max(0, NULL);

	__cpuid(1, a, b, c1, d);
	if (top >= 7)
		__cpuid_count(7, 0, a, b7, c7, d7);
	if ((uint32_t)__get_cpuid_max(0x80000000, NULL) >= 0x80000001U)
		__cpuid(0x80000001, a, b, cx, d);
	if (!has(c1,
		 bit_SSE3 | bit_SSSE3 | bit_CMPXCHG16B | bit_SSE4_1 | bit_SSE4_2 | bit_POPCNT) ||
	    !has(cx, bit_LAHF_LM))
		return 1;
	if (!has(c1, bit_AVX | bit_F16C | bit_FMA | bit_MOVBE | bit_OSXSAVE) ||
	    !has(b7, bit_AVX2 | bit_BMI | bit_BMI2) || !has(cx, bit_LZCNT) || !os_saves(0x6))
		return 2;
	if (!has(b7, bit_AVX512F | bit_AVX512BW | bit_AVX512CD | bit_AVX512DQ | bit_AVX512VL) ||
	    !os_saves(0xe6))
		return 3;
	return 4;
}

/* Each object is checked against it; CPUID is a trap in a virtual machine. */
static unsigned
isa_level(void)
{
	static unsigned level;

	if (!level)
		level = find_isa_level();
	return level;
}

#define GNU_PROPERTY_TYPE 5 /* NT_GNU_PROPERTY_TYPE_0 */
#define ISA_1_NEEDED 0xc0008002U /* GNU_PROPERTY_X86_ISA_1_NEEDED: a bit for each level */

/* Properties are a type, a size and a value, padded to eight bytes. */
static uint32_t
needed_levels(const uint32_t *property, size_t size)
{
	while (size >= 12) {
		size_t step = 8 + ((property[1] + 7UL) & ~7UL);

		if (property[0] == ISA_1_NEEDED && property[1] == 4)
			return property[2];
		if (step > size)
			return 0;
		property += step / 4;
		size -= step;
	}
	return 0;
}

int
arch_lacks_instructions(const void *notes, size_t size)
{
	const Elf64_Nhdr *n = notes;
	uint32_t needed;

	/* the linker leaves one note, named GNU, here */
	if (size < sizeof(*n) + 4 || n->n_namesz != 4 || n->n_type != GNU_PROPERTY_TYPE ||
	    n->n_descsz > size - sizeof(*n) - 4)
		return 0;
	needed = needed_levels((const uint32_t *)(n + 1) + 1, n->n_descsz);
	return needed && (needed & ~((1U << isa_level()) - 1));
}

unsigned
arch_hwcaps(const char *names[4])
{
	unsigned n = 0, level = isa_level();

	if (level >= 4)
		names[n++] = "x86-64-v4";
	if (level >= 3)
		names[n++] = "x86-64-v3";
	if (level >= 2)
		names[n++] = "x86-64-v2";
	return n;
}

size_t vector_state_size;

size_t
arch_vector_state_size(void)
{
	uint32_t a, b, c, d;

	__cpuid(1, a, b, c, d);
	if (!has(c, bit_OSXSAVE))
		return 0; /* no XSAVE: FXSAVE's 512 bytes will do */
	__cpuid_count(0xd, 0, a, b, c, d);
	return (b + 63) & ~63UL;
}

/*
 * The features that come after the baseline (leaf 7) and the register state that the system saves
 * (XCR0). One CPUID only: it is a trap in a virtual machine, and this is asked at every launch.
 */
uint64_t
arch_cpu_features_hash(void)
{
	uint32_t r[6];
	uint64_t hash = 14695981039346656037UL;

	__cpuid_count(7, 0, r[0], r[1], r[2], r[3]);
	r[4] = r[5] = 0;
	if (r[1] & bit_AVX2) /* which no system without XGETBV has */
		__asm__("xgetbv" : "=a"(r[4]), "=d"(r[5]) : "c"(0));
	for (int k = 0; k < 6; k++)
		hash = (hash ^ r[k]) * 1099511628211UL;
	return hash;
}

void
arch_lend_thread_block(int lend)
{
	static uintptr_t block[8]; /* the guard is at fs:40 */
	static int lent;
	uintptr_t now = 0;

	if (lend) {
		arch_syscall(__NR_arch_prctl, ARCH_GET_FS, (long)&now, 0, 0, 0, 0);
		lent = now == 0;
		now = (uintptr_t)block;
	}
	if (lent)
		arch_syscall(__NR_arch_prctl, ARCH_SET_FS, (long)now, 0, 0, 0, 0);
}

/* glibc's hook for another loader, in the code that reads it (libc/dlfcn_hook.h). */
#include "arch.h"

#include <stdbool.h>

struct load {
	unsigned target, base;
	size_t displacement;
};

/* ld, or its compressed form c.ld (RISC-V unprivileged specification, "RV64I" and "C") */
static bool
is_load(const uint16_t *code, struct load *l)
{
	uint32_t word = code[0];

	if ((word & 0xe003) == 0x6000) { /* c.ld: registers x8 to x15 */
		*l = (struct load){(word >> 2 & 7) + 8, (word >> 7 & 7) + 8,
				   (word >> 10 & 7) << 3 | (word >> 5 & 3) << 6};
		return true;
	}
	if ((word & 0x707f) != 0x3003)
		return false;
	word |= (uint32_t)code[1] << 16;
	*l = (struct load){word >> 7 & 31, word >> 15 & 31, word >> 20};
	return true;
}

static size_t
length(const uint16_t *code)
{
	return (*code & 3) == 3 ? 2 : 1;
}

int
arch_reads_hook(const void *function, size_t offset, size_t entry)
{
	const size_t near = ARCH_HOOK_NEAR / sizeof(uint16_t);
	const uint16_t *code = function, *end = code + ARCH_HOOK_CODE / sizeof(*code) - near - 2;
	struct load hook, use;

	for (; code < end; code += length(code)) {
		if (!is_load(code, &hook) || hook.displacement != offset)
			continue;
		for (const uint16_t *p = code + length(code); p <= code + near; p += length(p))
			if (is_load(p, &use) && use.base == hook.target &&
			    use.displacement == entry)
				return true;
	}
	return false;
}

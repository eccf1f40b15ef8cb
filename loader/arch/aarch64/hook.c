/* glibc's hook for another loader, in the code that reads it (libc/dlfcn_hook.h). */
#include "arch.h"

#include <stdbool.h>

/* ldr Xt, [Xn, #displacement]: Arm ARM C6.2, 64-bit, unsigned offset */
static bool
is_load(uint32_t word, size_t displacement, unsigned *target, unsigned *base)
{
	*target = word & 31;
	*base = word >> 5 & 31;
	return (word & 0xffc00000U) == 0xf9400000U && (word >> 10 & 0xfff) * 8UL == displacement;
}

int
arch_reads_hook(const void *function, size_t offset, size_t entry)
{
	const uint32_t *code = function;
	const size_t count = ARCH_HOOK_CODE / sizeof(*code), near = ARCH_HOOK_NEAR / sizeof(*code);
	unsigned table, target, base;

	for (size_t i = 0; i < count - near; i++) {
		if (!is_load(code[i], offset, &table, &base))
			continue;
		for (size_t k = i + 1; k <= i + near; k++)
			if (is_load(code[k], entry, &target, &base) && base == table)
				return true;
	}
	return false;
}

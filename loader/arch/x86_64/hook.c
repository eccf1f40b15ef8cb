/* glibc's hook for another loader, in the code that reads it (libc/dlfcn_hook.h). */
#include "arch.h"

#include <stdbool.h>

/* An instruction with a register and a displacement from another register. */
struct access {
	unsigned reg, base;
	size_t length;
	uint32_t displacement;
};

/* Decode what follows the opcode at code[1] of an instruction that begins with this REX prefix (0:
 * none). No SIB byte: rsp and r12 are no bases here. */
static bool
decode(const uint8_t *code, uint8_t rex, struct access *a)
{
	uint8_t modrm = code[1];
	unsigned mode = modrm >> 6;

	a->reg = (modrm >> 3 & 7) | (rex & 4 ? 8 : 0);
	a->base = (modrm & 7) | (rex & 1 ? 8 : 0);
	if (mode == 3 || (modrm & 7) == 4 || (mode == 0 && (modrm & 7) == 5))
		return false;
	a->displacement = 0;
	a->length = 2;
	if (mode == 1)
		a->displacement = (uint32_t)(int8_t)code[2];
	else if (mode == 2)
		__builtin_memcpy(&a->displacement, code + 2, sizeof(a->displacement));
	a->length += mode == 1 ? 1 : mode == 2 ? 4 : 0;
	return true;
}

/* mov disp(base), reg */
static bool
is_load(const uint8_t *code, struct access *a)
{
	return (code[0] & 0xf8) == 0x48 && code[1] == 0x8b && decode(code + 1, code[0], a);
}

/* A load from the table, or a call or jump through it. */
static bool
uses(const uint8_t *code, unsigned table, size_t entry)
{
	uint8_t rex = (code[0] & 0xf0) == 0x40 ? *code++ : 0;
	struct access a;

	if (code[0] != 0x8b && code[0] != 0xff)
		return false;
	if (!decode(code, rex, &a) || a.base != table || a.displacement != entry)
		return false;
	return code[0] == 0x8b || (a.reg & 7) == 2 || (a.reg & 7) == 4;
}

int
arch_reads_hook(const void *function, size_t offset, size_t entry)
{
	const uint8_t *code = function;
	struct access load;

	for (size_t i = 0; i < ARCH_HOOK_CODE / 2; i++) {
		if (!is_load(code + i, &load) || load.displacement != offset)
			continue;
		for (size_t k = i + 1 + load.length; k <= i + ARCH_HOOK_NEAR; k++)
			if (uses(code + k, load.reg, entry))
				return true;
	}
	return false;
}

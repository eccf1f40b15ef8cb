/* Hand-over by a jump: the dynamic linker that the loader stands for takes the process over. */
#ifndef XIPLD_JUMP_H
#define XIPLD_JUMP_H

#include <elf.h>
#include <stdbool.h>
#include <stdint.h>

#define PROGRAM_PHDRS 64 /* whoever has more is left where he is */

/* The program as the kernel has mapped it, by the auxiliary vector. */
struct kernel_program {
	const Elf64_Phdr *phdr; /* a copy, if there are no more than PROGRAM_PHDRS */
	uint32_t phnum;
	uintptr_t bias;
	const char *interp; /* PT_INTERP; NULL: it cannot be seen */
};

void kernel_program_find(struct kernel_program *program);

/* Take it away from there, and put it there again: from /proc/self/exe, as the kernel did. */
void kernel_program_unmap(const struct kernel_program *program);
bool kernel_program_map(const struct kernel_program *program);

/*
 * The process is as the kernel made it: map the dynamic linker that the program names (the CPU's
 * usual one, if that cannot be seen) and enter it as the kernel would have. Nothing of the loader
 * stays but the pages of its text, which make the jump.
 */
_Noreturn void jump_to_interp(const struct kernel_program *program);

/* The same if the user has called it by this name, as a command: then it is the program. */
_Noreturn void jump_to_command(const char *name);

#endif

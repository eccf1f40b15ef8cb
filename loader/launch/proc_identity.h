/* The process takes the program's identity: name, command line, executable, auxiliary vector. */
#ifndef XIPLD_PROC_IDENTITY_H
#define XIPLD_PROC_IDENTITY_H

#include <elf.h>
#include <stdint.h>

struct rtld;

/*
 * Let /proc/self/exe be the program's open file, if the kernel lets us: of the linker's state that
 * a plan has, which need not be mapped yet. The kernel looks at every mapping for that, so it is
 * best done before there are many; else proc_identity_take does it.
 */
void proc_identity_set_exe(const struct rtld *w, int program_fd);

/*
 * As far as the kernel lets us (prctl(2), PR_SET_MM_MAP); what it does not, rtld/proc_exe.h makes
 * up for. Closes rtld->program_fd. A program that nothing can make up for is left to the kernel:
 * it was found by `path`.
 */
void proc_identity_take(const char *path);

/* The process runs the program already, as its interpreter: only what is mapped where is new. */
void proc_identity_keep(void);

/* The auxiliary vector has changed, and the program's headers are these: tell the kernel, as
 * debuggers look at /proc/PID/auxv. What it refuses is as it was. */
void proc_identity_note_vector(const Elf64_Phdr *phdr, uint32_t phnum, uintptr_t base);

/* Leave such a program to the kernel if proc_identity_take would surely do so. */
void proc_identity_foresee(const char *path);

#endif

/* What the kernel puts on the stack of a new program (psABI 3.4.1): argc, argv, envp, auxiliary
 * vector. */
#ifndef XIPLD_PROCESS_ARGS_H
#define XIPLD_PROCESS_ARGS_H

#include <elf.h>
#include <stdbool.h>
#include <stdint.h>

struct start {
	uintptr_t *stack; /* at argc */
	int argc;
	char **argv, **envp;
	Elf64_auxv_t *auxv;
	uint32_t nauxv; /* entries, AT_NULL included */
};

/* How this process began. */
extern struct start process_start;

/* The path under which the loader itself was started (its AT_EXECFN). */
extern const char *process_execfn;

/* Take the vectors apart. */
void start_parse(struct start *start, uintptr_t *stack);

/* Value of an auxiliary vector entry, or 0. */
uint64_t start_aux(const struct start *start, uint64_t type);
void start_set_aux(struct start *start, uint64_t type, uint64_t value);

/* Value of an environment variable, or NULL. */
char *start_getenv(const struct start *start, const char *name);

/* Drop the first `count` (>= 1) arguments in place; the stack pointer stays aligned to 16 bytes. */
void start_drop_arguments(struct start *start, int count);

/* Hide variables that ld.so would act on while it boots, and show them again (in place, in the
 * strings). */
void start_hide_loader_variables(struct start *start);
void start_show_loader_variables(struct start *start);

#endif

/* What the kernel puts on the stack of a new program (psABI 3.4.1): argc, argv, envp, auxiliary
 * vector. */
#ifndef XIPLD_PROCESS_ARGS_H
#define XIPLD_PROCESS_ARGS_H

#include <elf.h>
#include <stdbool.h>
#include <stdint.h>

struct process_args {
	uintptr_t *stack; /* at argc */
	int argc;
	char **argv, **envp;
	Elf64_auxv_t *auxv;
	uint32_t nauxv; /* entries, AT_NULL included */
};

/* How this process began. */
extern struct process_args process_args;

/* The path under which the loader itself was started (its AT_EXECFN). */
extern const char *process_execfn;

/* Take the vectors apart. */
void process_args_parse(struct process_args *start, uintptr_t *stack);

/* Value of an auxiliary vector entry, or 0. */
uint64_t process_args_aux(const struct process_args *start, uint64_t type);
void process_args_set_aux(struct process_args *start, uint64_t type, uint64_t value);

/* Value of an environment variable, or NULL. */
char *process_args_getenv(const struct process_args *start, const char *name);

/* Drop the first `count` (>= 1) arguments in place; the stack pointer stays aligned to 16 bytes. */
void process_args_drop(struct process_args *start, int count);

/* Hide variables that ld.so would act on while it boots, and show them again (in place, in the
 * strings). */
void process_args_hide_loader_variables(struct process_args *start);
void process_args_show_loader_variables(struct process_args *start);

#endif

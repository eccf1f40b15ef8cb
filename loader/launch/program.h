/* Which file is to be run: PATH, scripts, and what is not for us. */
#ifndef XIPLD_PROGRAM_H
#define XIPLD_PROGRAM_H

#include "rtld/rtld.h"

/*
 * Find the program `name`, follow scripts to their interpreters as the kernel does, and launch what
 * comes out: program_launch_plan, program_launch_file. What the kernel must run itself it gets.
 * Does not come back.
 */
_Noreturn void program_run(const char *name);

/* Fill the headers of the program's object from its file; one that is not for us goes to the
 * kernel. */
void program_examine(struct object *program, int fd, const char *path);

/* Does the environment ask for something that only ld.so does? */
bool program_asks_for_ld_so(void);

/* End the process for what cannot be loaded; for want of memory the kernel may try it. */
_Noreturn void program_fail(const struct error *error, int status, const char *path);

/* The launch's two ways, in main.c. The first comes back if there is no plan. */
void program_launch_plan(const char *path);
_Noreturn void program_launch_file(int fd, const char *path);

#endif

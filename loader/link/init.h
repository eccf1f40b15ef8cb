/* Constructors and destructors, in ld.so's order (gABI 5 "Initialization and Termination
 * Functions"). */
#ifndef XIPLD_INIT_H
#define XIPLD_INIT_H

#include "link/world.h"

/* Fix the order for the start-up closure. */
void init_prepare(void);

/* Pre-initialisation functions and constructors of the start-up closure (with glibc, not the
 * program's own). */
void init_run_startup(int argc, char **argv, char **envp);

/* Constructors of what a dlopen brought, in `order` from the last to the first. */
void init_run(struct object **order, uint32_t count);

/* Destructors of one object. */
void init_finish(struct object *obj);

/* At exit: every object that was initialised. */
void init_run_destructors(void);

#endif

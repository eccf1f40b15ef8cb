/* Constructors and destructors, in ld.so's order (gABI 5 "Initialization and Termination
 * Functions"). */
#ifndef XIPLD_INIT_H
#define XIPLD_INIT_H

#include "rtld/rtld.h"

/* Fix the order for the start-up closure. */
void init_prepare(void);

/* Pre-initialisation functions and constructors of the start-up closure (with glibc, not the
 * program's own). */
void init_run_startup(int argc, char **argv, char **envp);

/*
 * Before any constructor ran: note in `kept` (obj as a plan keeps it) which of obj's functions need
 * not be called, because they do nothing, or nothing that matters when the process ends.
 */
void init_examine(const struct object *obj, struct object *kept);

/* Constructors of what a dlopen brought, in `order` from the last to the first. */
void init_run(struct object **order, uint32_t count);

/* Destructors of one object. */
void init_finish(struct object *obj);

/* At exit: every object that was initialised. */
void init_run_destructors(void);

/* Have they begun? */
bool init_is_exiting(void);

#endif

/* The loader as the program interpreter (PT_INTERP): the kernel has mapped the program already. */
#ifndef XIPLD_INTERP_H
#define XIPLD_INTERP_H

#include <stdbool.h>

#include "base/process_args.h"

/* Has the kernel started us as a program's interpreter, or is the name that we were called by a
 * dynamic linker's? */
bool interp_is_wanted(const struct process_args *args);

/* Run the program from its plan, or let its own dynamic linker do it. */
_Noreturn void interp_run(void);

#endif

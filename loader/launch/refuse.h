/* What of a closure speaks against hosting it. */
#ifndef XIPLD_REFUSE_H
#define XIPLD_REFUSE_H

#include "rtld/rtld.h"

/* Why the kernel must run the program, now that all its objects are loaded; NULL: it need not. */
const char *refuse_closure(const struct scope *closure);

/*
 * Does the program ask the kernel, by a system call of its own, which executable it runs? Go's and
 * Free Pascal's run-times do: the program holds the name /proc/self/exe, makes system calls, and
 * imports nothing of libc's that reads a link. It can be hosted only where the kernel can be told
 * of it.
 */
bool refuse_unless_named(const struct object *program);

#endif

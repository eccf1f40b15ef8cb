/* A mount namespace of this process's own, with a user namespace around it where that is needed. */
#ifndef XIPLD_NAMESPACE_H
#define XIPLD_NAMESPACE_H

#include <stdbool.h>

#include "lib/error.h"

/*
 * Make it; mounts made in it stay in it. Who is not root gets a user namespace in which he is who
 * he is, and nobody else is anybody. False: *error names `file`, and begins with `what`.
 */
bool namespace_make(const char *file, const char *what, struct error *error);

/* Give up what a user namespace has given: the program is to have the rights that it had. */
void namespace_drop_privileges(void);

#endif

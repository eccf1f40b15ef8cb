/* What of a closure speaks against hosting it. */
#ifndef XIPLD_REFUSE_H
#define XIPLD_REFUSE_H

#include "rtld/rtld.h"

/* Why the kernel must run the program, now that all its objects are loaded; NULL: it need not. */
const char *refuse_closure(const struct scope *closure);

#endif

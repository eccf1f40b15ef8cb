/* --bindings. */
#ifndef XIPLD_BINDINGS_H
#define XIPLD_BINDINGS_H

#include "rtld/rtld.h"

/* One line of --bindings: what symbol `index` of obj binds to; `how` is call, data or copy. */
void report_binding(const struct object *obj, uint32_t index, const struct symdef *def,
		    uintptr_t value, const char *how);

#endif

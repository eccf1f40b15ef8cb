/*
 * What constructors ask dlsym for, and the answers. A look-up through all libraries of a program,
 * and all the more one for what none of them has, touches each library's hash table. The first
 * launch from a plan notes what is asked before the program begins, and the plan keeps it.
 */
#ifndef XIPLD_DLSYM_CACHE_H
#define XIPLD_DLSYM_CACHE_H

#include "elf/lookup.h"
#include "cache/store/mapped_plan.h"

/*
 * Is it known what a search of this kind that begins at `root` finds under the name? Fills *def,
 * with obj NULL if it finds nothing. Only as long as nothing was opened that could be found as
 * well.
 */
bool dlsym_cache_find(const struct plan *plan, enum dlsym_kind how, const struct object *root,
		      const char *name, struct symdef *def);

/* This was found: note it, if this launch notes. */
void dlsym_cache_add(const struct plan *plan, enum dlsym_kind how, const struct object *root,
		     const char *name, const struct symdef *def);

/* What was noted. */
const struct plan_dlsym *dlsym_cache_added(uint64_t *count);

#endif

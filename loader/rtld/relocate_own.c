#include "rtld/relocate.h"

/* Told of each relocation whose value is this process's own; NULL: nobody asks. */
static relocate_own_fn *own_fn;
static void *own_context;

void
relocate_watch_own(relocate_own_fn *fn, void *context)
{
	own_fn = fn;
	own_context = context;
}

void
relocate_tell_own(struct object *obj, uint32_t table, uint64_t entry)
{
	if (own_fn)
		own_fn(own_context, obj, table, entry);
}

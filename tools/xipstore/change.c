#include "xipstore/change.h"

#include "xipstore/options.h"

bool
change_begin(struct change *c, const char *what, struct error *error)
{
	*c = (struct change){0};
	if (!store_open(&c->store, options.store, NULL, error))
		return false;
	if (!options.dry_run && !store_may_write(&c->store, error))
		return false;
	if (!options.dry_run && c->store.has_epoch && !store_lock(&c->store, options.wait, error))
		return false;
	/* plans first: a process that begins to use one afterwards finds its file, or none */
	if (!catalog_read(&c->catalog, &c->store, NULL, what, error) ||
	    !usage_read(&c->usage, c->store.dir, error))
		return false;
	for (size_t i = 0; i < c->catalog.count; i++)
		c->catalog.list[i].processes = usage_processes(&c->usage, c->catalog.list[i].path);
	return true;
}

void
change_end(struct change *c)
{
	store_unlock(&c->store);
	catalog_free(&c->catalog);
	usage_free(&c->usage);
}

/* How much of the disk a store may take, and how much it takes (docs/store.md, The limit). */
#ifndef XIPSTORE_BUDGET_H
#define XIPSTORE_BUDGET_H

#include "lib/limit.h"
#include "xipstore/collect.h"

struct budget {
	struct limit set; /* LIMIT_DEFAULT if there is no file, or a damaged one */
	uint64_t limit, used; /* bytes; UINT64_MAX: no limit */
};

/*
 * Read a store's limit and measure it: all its files but imported images, by the blocks that they
 * have. A damaged DIR/limit counts as none, and is told in *damage (may be NULL), whose file is
 * empty else.
 */
void budget_read(struct budget *budget, const struct store *store, struct error *damage);

/* What of a collection serves the limit. */
void budget_wish(const struct budget *budget, struct collection_wish *wish);

/* Say that a limit is damaged, if it is. */
void budget_complain(const struct error *damage);

/* Set the store's limit; LIMIT_DEFAULT removes the file. The store must be locked if it has an
 * epoch. */
bool budget_set(const struct store *store, const struct limit *limit, struct error *error);

/* If the store that the options name is over its limit, let plans go until it is well below. */
bool budget_keep(struct error *error);

#endif

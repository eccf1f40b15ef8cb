/* What is to be removed from a store: decided first, done afterwards. */
#ifndef XIPSTORE_COLLECT_H
#define XIPSTORE_COLLECT_H

#include "xipstore/catalog.h"

struct victim {
	char *path; /* owned */
	const char *why; /* constant */
	uint64_t freed; /* bytes */
};

struct collection {
	struct victim *list; /* owned; files before the directories they are in */
	size_t count, capacity;
	uint64_t freed;
	size_t kept; /* files that nothing but a running process needs */
	struct index index; /* as it shall be */
	bool index_changed;
};

/* What is to go beside that which is of no use to anybody. */
struct collection_wish {
	long older_than; /* plans that were not used for so many days; -1: whatever their age */
	bool keep_stale; /* stale plans whose program is there and has no good one: refresh is to
			    make them again */
	uint64_t size, limit, goal; /* bytes of the store. If it is larger than `limit` after all
				       else, plans go, the least recently used first, until it is
				       no larger than `goal` */
};

/*
 * Decide what a store can do without. Of the current epoch, whose lock the caller holds if there is
 * one: plans that no launch can use, and what is wished; relocated pages, copies and index records
 * that nothing names; what dead publishers left. Of epochs that are over: all, unless a process has
 * something of them mapped or somebody holds their lock. What running processes map, or may come to
 * open, stays.
 */
bool collection_make(struct collection *c, const struct store *store, const struct usage *usage,
		     const struct catalog *catalog, const struct collection_wish *wish,
		     struct error *error);

/* The next `count` program plans that would go for a limit's sake, the first to go first: numbers
 * in the catalog. Returns how many there are. */
size_t collection_next(const struct store *store, const struct usage *usage,
		       const struct catalog *catalog, size_t *numbers, size_t count);

/* Do it. Counts what could not be removed into *failed, and prints why. */
bool collection_remove(const struct collection *c, const struct store *store, size_t *failed,
		       struct error *error);
void collection_free(struct collection *c);

#endif

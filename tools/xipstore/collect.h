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

/*
 * Decide what a store can do without. Of the current epoch, whose lock the caller holds if there is
 * one: plans that no launch can use, or that were not used for older_than days (-1: whatever their
 * age); relocated pages, copies and index records that nothing names; what dead publishers left. Of
 * epochs that are over: all, unless a process has something of them mapped or somebody holds
 * their lock. What running processes map, or may come to open, stays.
 */
bool collection_make(struct collection *c, const struct store *store, const struct usage *usage,
		     const struct catalog *catalog, long older_than, struct error *error);

/* Do it. Counts what could not be removed into *failed, and prints why. */
bool collection_remove(const struct collection *c, const struct store *store, size_t *failed,
		       struct error *error);
void collection_free(struct collection *c);

#endif

/* All plans of a store, and what each is good for. */
#ifndef XIPSTORE_CATALOG_H
#define XIPSTORE_CATALOG_H

#include <jansson.h>

#include "xipstore/index.h"
#include "xipstore/plan.h"
#include "xipstore/processes.h"

enum plan_state {
	STATE_GOOD, /* the next launch maps it */
	STATE_STALE, /* something it was made from has changed */
	STATE_ORPHAN, /* a dlopen plan whose program plan is gone */
	STATE_OTHER_EPOCH, /* addresses of a region that is no more */
	STATE_OTHER_LOADER, /* made by another build of xipld */
	STATE_OTHER_CPU, /* made on another kind of CPU */
	STATE_UNREADABLE, /* damaged, or not to be believed */
};

const char *state_name(enum plan_state state);

struct entry {
	struct plan plan; /* nothing but the name if unreadable */
	char *path; /* of its file; owned */
	enum plan_state state;
	char *why; /* what changed, what is wrong; owned, never NULL */
	uint64_t size, freed; /* of its file: bytes, and what its removal gives back */
	int64_t changed, used; /* seconds since the epoch */
	size_t processes; /* that have it mapped */
};

struct catalog {
	struct entry *list; /* by program's path, dlopen plans behind their program plans; owned */
	size_t count;
	struct index index; /* of the current epoch; empty if it cannot be read */
};

/*
 * Read all plans of DIR/plans. `what` heads the line of progress. The processes that use the store
 * may be NULL: then no plan is in use.
 */
bool catalog_read(struct catalog *catalog, const struct store *store, const struct usage *usage,
		  const char *what, struct error *error);
void catalog_free(struct catalog *catalog);

/* The program plan that this dlopen plan belongs to, or NULL. */
const struct entry *catalog_closure(const struct catalog *catalog, const struct entry *added);

/* Additions to this closure. */
size_t catalog_dlopen_plans(const struct catalog *catalog, const struct entry *closure);

/*
 * The first input or file of a plan that is not as it was: its path and how it differs ("has
 * changed"); NULL if all are.
 */
const char *plan_stale(const struct plan *plan, const char **how);

/* Pages by class, as JSON. */
json_t *pages_json(const struct page_counts *counts);

/* What every report says of a plan, as JSON. */
json_t *entry_json(const struct catalog *catalog, const struct entry *entry);

#endif

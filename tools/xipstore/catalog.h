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
	bool moved; /* an input has changed and gives the same answers: to be noted in the plan */
	uint64_t size, freed; /* of its file: bytes, and what its removal gives back */
	int64_t changed; /* seconds since the epoch */
	struct timespec used;
	size_t processes; /* that have it mapped */
};

struct catalog {
	struct entry *list; /* by program's path, dlopen plans behind their program plans; owned */
	size_t count, capacity;
	struct index index; /* of the current epoch; empty if it cannot be read */
};

/*
 * Read all plans of DIR/plans, without the content of their pages, of which a large store has more
 * than belongs into memory at once. `what` heads the line of progress. The processes that use the
 * store may be NULL: then no plan is in use.
 */
bool catalog_read(struct catalog *catalog, const struct store *store, const struct usage *usage,
		  const char *what, struct error *error);
/* The same with all content. */
bool catalog_read_whole(struct catalog *catalog, const struct store *store,
			const struct usage *usage, const char *what, struct error *error);
void catalog_free(struct catalog *catalog);

/* The program plans that epochs which are over have left (DIR/e-N/plans), in no order. */
bool catalog_read_retired(struct catalog *catalog, const struct store *store, const char *what,
			  struct error *error);

/* The order of plans by last use, the least recently used first, as qsort has it. */
int entry_compare_use(const struct entry *a, const struct entry *b);

/* The program plan that this dlopen plan belongs to, or NULL. */
const struct entry *catalog_closure(const struct catalog *catalog, const struct entry *added);

/* Additions to this closure. */
size_t catalog_dlopen_plans(const struct catalog *catalog, const struct entry *closure);

/*
 * The first input or file of a plan that is not as it was: its path and how it differs ("has
 * changed"); NULL if all are, or give the same answers: then *moved says which.
 */
const char *plan_stale(const struct plan *plan, const char **how, bool *moved);

/* A good plan for the same program in the same environment, or NULL. */
const struct entry *catalog_good_plan(const struct catalog *catalog, const struct entry *entry);

/* Pages by class, as JSON. */
json_t *pages_json(const struct page_counts *counts);

/* What every report says of a plan, as JSON. */
json_t *entry_json(const struct catalog *catalog, const struct entry *entry);

#endif

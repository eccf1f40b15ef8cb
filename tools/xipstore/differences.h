/* What makes pages of a closure differ from the baseline pages of their object, word by word. */
#ifndef XIPSTORE_DIFFERENCES_H
#define XIPSTORE_DIFFERENCES_H

#include "xipstore/index.h"
#include "xipstore/plan.h"

/* A word that is another here than where the object was first linked. */
struct difference {
	char *symbol; /* owned; "" if none is known */
	const char *kind; /* address, thread-local or other */
	/* The objects that the values lie in, xipld or undefined; NULL: in none (a program at a
	 * fixed address). The plan's and the index's strings, or constant. */
	const char *here, *baseline;
};

struct differences {
	struct difference *list; /* one for each symbol; owned */
	size_t count, capacity;
};

/* What a closure's plan and the store know; all are the caller's. */
struct comparison {
	const struct store *store;
	const struct index *index;
	const struct plan *plan;
	const struct plan_object *objects;
	size_t nobjects;
};

/* Compare `pages` pages at `address` with the baseline pages. What cannot be had gives no entry. */
void differences_find(const struct comparison *c, uint64_t address, uint64_t pages,
		      struct differences *found);
void differences_free(struct differences *found);

#endif

/*
 * What is worth a plan. A plan takes some time and some hundred kilobytes: what is rebuilt again
 * and again, as programs of tests are, should never fill a store.
 */
#ifndef XIPLD_WORTH_H
#define XIPLD_WORTH_H

#include <stdbool.h>
#include <stdint.h>

#define WORTH_SETTLED 60 /* seconds for which a file of root's has been as it is */
#define WORTH_LAUNCHES 3 /* of another file */
#define WORTH_DAY 86400 /* seconds within which these are counted */

/* What is known of a program when somebody asks. */
struct candidate {
	bool ordered; /* somebody said so: xipstore add, a package */
	bool roots; /* the file is root's, and nobody else can write it */
	int64_t age; /* seconds since the file last changed (ctime) */
	unsigned launches; /* of this very file within WORTH_DAY, this one included */
};

/* Is it worth a plan now? *reason says why, or what it waits for. */
bool worth_a_plan(const struct candidate *c, const char **reason);

#endif

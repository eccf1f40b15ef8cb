/* Whether what a plan was made from is as it was: for launches and for xipstore. */
#ifndef XIPLD_PLAN_INPUTS_H
#define XIPLD_PLAN_INPUTS_H

#include "lib/plan.h"

struct plan_inputs {
	const struct plan_tables *tables;
	bool anywhere; /* not for a launch: what depends on the current directory is left out */
	bool moved; /* becomes true if something has changed that gives the same answers */
	bool tried_is_checked;
};

/*
 * Look at all inputs of a plan. Returns NULL, or the path of the first that is not as it was, with
 * *how: "has changed", "has appeared", ... Only what a directory or ld.so.cache would answer
 * matters, not whether others' entries came or went there.
 */
const char *plan_inputs_check(struct plan_inputs *inputs, const char **how);

/* Do ld.so.cache and the directories that were searched give the answers that they gave, whether
 * they have changed or not? */
bool plan_inputs_hold(struct plan_inputs *inputs);

#endif

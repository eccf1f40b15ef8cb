/*
 * What launches of a program touch, so that later ones have the kernel bring it in by two system
 * calls instead of a page fault each. It is learned in two steps, each of which adds to the plan:
 * the first launch from it finds what the C library's boot and the constructors read or write; the
 * next is observed (store/observe.h), and of what the program itself reads the pages of files join.
 * If constructors ask dlsym for something, a launch before those keeps the answers (store/asked.h).
 */
#ifndef XIPLD_TOUCH_H
#define XIPLD_TOUCH_H

#include "store/plan.h"
#include "store/ranges.h"

/* What launches touch: of what is written to and read, each page once; of huge (store/huge.h) whole
 * mappings. */
struct touched {
	struct ranges written, read, huge;
	const struct plan_asked *asked; /* store/asked.h */
	uint64_t nasked;
	bool ran; /* what a run of the program read is among them */
	uint64_t alike; /* pages that constructors leave alike (store/alike.h) */
};

/* Bring the pages in. Every mapping of the plan is made. */
void touch_populate(const struct plan *plan);

/* The constructors are about to run. */
void touch_begin(void);

/* The program is about to begin: if its plan is this user's and does not know all yet, go a step
 * on; if it does, share what constructors left alike. */
void touch_learn(void);

/* Write the plan's file again with these answers and ranges for its last parts. Takes the store's
 * lock. False: nothing is changed. */
bool touch_rewrite(const struct plan *plan, const struct touched *touched);

#endif

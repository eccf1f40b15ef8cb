/*
 * What every launch of a program touches: pages that the C library's boot and the constructors read
 * or write. The first launch from a plan finds out, and adds it to the plan; later ones have the
 * kernel bring all of it in by two system calls instead of a page fault each.
 */
#ifndef XIPLD_TOUCH_H
#define XIPLD_TOUCH_H

#include "store/plan.h"

/* Bring the pages in. Every mapping of the plan is made. */
void touch_populate(const struct plan *plan);

/* The program is about to begin: if its plan does not know yet, and is this user's, tell it. */
void touch_learn(void);

#endif

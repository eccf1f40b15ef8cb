/* The checks that a plan's bytes pass before anything in them is used; see also plan_take. */
#ifndef XIPLD_PLAN_CHECK_H
#define XIPLD_PLAN_CHECK_H

#include "cache/plan/plan.h"

/* The first look at a header: enough to know where the rest is to be mapped. */
bool plan_header_fits(const struct plan *plan, enum plan_kind kind);
bool plan_heap_fits(const struct plan_header *header);

/* The whole file, at plan->bytes: fills the plan's pointers to its parts. */
bool plan_is_sound(struct plan *plan);
bool plan_closure_is_sound(struct plan *plan);

#endif

/*
 * What launches from a plan have learned, as they hand it in: the plan's file as it is to be, and
 * behind it the file of DIR/init-pages that goes with it, or nothing.
 */
#ifndef XIPSTORE_LEARNED_H
#define XIPSTORE_LEARNED_H

#include "xipstore/plan.h"

/*
 * The pure part: does `bytes` hold the plan `now` with nothing changed but what launches learn, and
 * is that possible in it? NULL, with the size of the plan's part in *plan_size, or what is wrong.
 */
const char *learned_check(const struct plan_tables *now, const char *bytes, size_t size,
			  size_t *plan_size);

/*
 * Write what the open file holds into the store, in place of the plan of this name. NULL, or why
 * not; the caller frees.
 */
char *learned_keep(int file, const char *name);

#endif

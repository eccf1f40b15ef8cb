/* Publishing as those do who look after the store too: the publisher, xipstore add and refresh. */
#ifndef XIPSTORE_UPKEEP_H
#define XIPSTORE_UPKEEP_H

#include "xipstore/prepare.h"

/*
 * prepare(); where the region is full, in a new epoch. Then the store's limit is kept. A plan that
 * does not stay, as the limit has no room for it alone, is a failure. What else goes wrong with the
 * limit is printed; the plan is there all the same.
 */
void upkeep_prepare(const char *const *loader_options, const char *program,
		    struct outcome *outcome);

#endif

/* Plans of programs that are gone: each launch that publishes looks at a few. */
#ifndef XIPLD_PRUNE_H
#define XIPLD_PRUNE_H

#include "cache/store/store.h"

/*
 * Programs that are run once, at a random path (a build's, a self-extracting one's), would leave
 * a plan each. Of all plans in the store, which is locked, look at some, chosen at random, and
 * remove those whose programs are gone, with their records in the index; what is left is xipstore
 * gc's.
 */
void prune_plans(struct store *store);

#endif

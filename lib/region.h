/* Where the regions of stores may lie: ARCH_REGIONS, the largest first. */
#ifndef XIPLD_REGION_H
#define XIPLD_REGION_H

#include <stdbool.h>

#include "arch.h"

/* The one in which a region of `size` bytes may begin at `base`, or NULL. */
const struct arch_region *region_find(uintptr_t base, uint64_t size);

/* Is `at` in any? */
bool region_holds(uintptr_t at);

/*
 * The largest whose addresses this kernel has. Tries only where there is a choice, by mapping a
 * page for a moment.
 */
const struct arch_region *region_choose(void);

/*
 * A base in it, to the page, chosen by a random number: in the first half of what an upper page of
 * the page table maps, so that most regions need one such page, and not where the end of what a
 * lower page maps would cut the C library, stubs and heap (format.h) twice. Costs two bits of
 * entropy.
 */
uintptr_t region_base(const struct arch_region *region, uint64_t random);

#endif

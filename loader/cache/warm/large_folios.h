/*
 * Large folios: where a program's launches use much of a large segment that is only read, the
 * kernel is asked to keep that file in pieces as large as one entry of the upper page table maps
 * (2 MiB on x86-64). Each then takes one entry and one fault instead of 512, and less page table.
 * It costs no private memory, but page cache for the parts of those pieces that nobody reads; so it
 * is asked for only where a start was seen to use an eighth, and for a sixteenth of the memory at
 * most. A kernel or a file system that has no large folios does as it always did.
 */
#ifndef XIPLD_LARGE_FOLIOS_H
#define XIPLD_LARGE_FOLIOS_H

#include "elf/object.h"
#include "cache/store/mapped_plan.h"
#include "cache/warm/ranges.h"

/* The plan's mappings that are worth it, by what a start was seen to read; to *huge. */
void large_folios_choose(const struct plan *plan, const struct ranges *read, struct ranges *huge);

/*
 * What is in memory of those in small folios: let go of it, so that it comes back in large ones
 * now. Not if the process has pages of its own there (a debugger's breakpoints).
 */
void large_folios_form(const struct plan *plan, const struct ranges *huge);

#endif

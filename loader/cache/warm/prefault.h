/*
 * What launches of a program touch, so that later ones have the kernel bring it in by two system
 * calls instead of a page fault each.
 *
 * It is learned by the first two launches from a plan, each of which looks when the program is
 * about to begin and writes the plan again. The first finds the pages that the C library's boot and
 * the constructors have read or written, chooses large folios by them (cache/warm/large_folios.h),
 * and notes what constructors leave in pages (cache/warm/init_pages.h). The second chooses those
 * that it finds the same; a plan that has nothing noted is done without it. If constructors ask
 * dlsym for something, the first keeps the answers instead (cache/warm/dlsym_cache.h), and the
 * second looks at the pages too.
 */
#ifndef XIPLD_PREFAULT_H
#define XIPLD_PREFAULT_H

#include "cache/store/mapped_plan.h"
#include "cache/warm/ranges.h"

/* What launches touch: of what is written to and read, each page once; of huge
 * (cache/warm/large_folios.h) whole mappings. */
struct working_set {
	struct ranges written, read, huge;
	const struct plan_dlsym *dlsyms; /* cache/warm/dlsym_cache.h */
	uint64_t ndlsyms;
	uint64_t init_pages, init_pages_sum; /* as in the plan's header (cache/warm/init_pages.h) */
	struct init_pages_file *init_file; /* that file, scratch memory; NULL: it stays as it is */
	size_t init_size,
		init_capacity; /* bytes: of the file (0: there is to be none), of the memory */
};

/* Bring the pages in. Every mapping of the plan is made. */
void prefault_populate(const struct plan *plan);

/* The constructors are about to run. plan: that this process runs from, or NULL. */
void prefault_begin(const struct plan *plan);

/* The program is about to begin: if its plan is this user's and does not know all yet, go a step
 * on; if it does, share the init pages. */
void prefault_learn(const struct plan *plan);

#endif

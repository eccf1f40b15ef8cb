/* Lists of ranges of pages, as they are found in /proc/PID/pagemap. */
#ifndef XIPLD_RANGES_H
#define XIPLD_RANGES_H

#include "lib/store_format.h"

#define MAX_RANGES 16384
#define RANGES_BYTES (MAX_RANGES * sizeof(struct plan_prefault))

struct ranges {
	struct plan_prefault
		*list; /* the caller's: room for MAX_RANGES; what does not fit is left out */
	uint32_t count;
};

/* Add [address, address + size), next to the last one or apart from it. */
void ranges_add(struct ranges *r, uintptr_t address, size_t size);

/*
 * Look [at, at + size) up in an open pagemap: the pages of files go to *files, the process's own to
 * *own. Either may be NULL.
 */
void pagemap_collect(int pagemap, uintptr_t at, size_t size, struct ranges *files,
		     struct ranges *own);

/* By address, without overlaps, and what lies side by side as one. */
void ranges_coalesce(struct ranges *r);

/* The part of *t that lies in [start, end); size 0: none. */
struct plan_prefault ranges_clip(const struct plan_prefault *t, uintptr_t start, uintptr_t end);

/* Of sorted ranges, what lies in [start, end). */
void ranges_cut(const struct ranges *r, uintptr_t start, uintptr_t end, struct ranges *to);

/*
 * Of sorted ranges, what is to be asked for in the mapping of a file at [start, end): one page of
 * each window that a fault brings in (base/populate.h).
 */
void ranges_thin(const struct ranges *r, uintptr_t start, uintptr_t end, struct ranges *dlsyms);

#endif

/*
 * What /proc/PID/pagemap tells of ranges of pages, without their frames: PAGEMAP_SCAN
 * (Documentation/admin-guide/mm/pagemap.rst, Linux 6.7 and later). Needs no privilege but that to
 * open the file.
 */
#ifndef SHMSTAT_PROC_SCAN_H
#define SHMSTAT_PROC_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Categories: the values are the kernel's. */
#define SCAN_FILE (1u << 2) /* a file's page, or shared memory */
#define SCAN_PRESENT (1u << 3)
#define SCAN_SWAPPED (1u << 4)
#define SCAN_ZERO (1u << 5) /* the zero page: no memory */

/* Pages next to each other that are alike. */
struct scan_run {
	uint64_t start, end; /* addresses */
	uint64_t categories;
};

#define SCAN_BATCH 1024

/* A scan under way: of [at, end), with the runs that were read ahead. */
struct scan {
	int fd; /* pagemap; the caller's */
	bool failed; /* the kernel has no such call, or the process is gone: errno */
	uint64_t at, end;
	uint64_t wanted; /* the categories that are asked for */
	size_t next, count;
	struct scan_run runs[SCAN_BATCH];
};

/* All runs of present or swapped pages in [start, end), in order. */
void scan_start(struct scan *s, int fd, uint64_t start, uint64_t end);
/* The same, told only whether pages are there: much quicker, for the kernel need not look at them.
 */
void scan_start_bare(struct scan *s, int fd, uint64_t start, uint64_t end);
/* False at the end, and on failure (then s->failed). */
bool scan_next(struct scan *s, struct scan_run *run);

/* Does this kernel have the call? */
bool scan_available(void);

#endif

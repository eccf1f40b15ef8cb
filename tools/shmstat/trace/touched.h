/* Which pages of which files were touched: what a profile for mkxip consists of. */
#ifndef SHMSTAT_TRACE_TOUCHED_H
#define SHMSTAT_TRACE_TOUCHED_H

#include <stdio.h>

#include "shmstat/proc/model.h"

struct working_set;

/* NULL without memory. */
struct working_set *touched_new(void);
void touched_free(struct working_set *t);

/*
 * Add the pages of files that a process has in its page tables now: mapped from the file, or copied
 * from it. Not those of a store. The process was read with DEPTH_PAGES. False without memory.
 */
bool touched_add(struct working_set *t, const struct process *p);

struct touched_sum {
	size_t files, pages;
	size_t left_out; /* files whose names a profile cannot hold (a line feed) */
};

/*
 * Write the profile (docs/image-format.md): a line for each run of pages, in the order of names.
 * `root`: only files below this directory, named as seen from it; NULL: all.
 */
void touched_write(struct working_set *t, const char *root, FILE *to, struct touched_sum *sum);

#endif

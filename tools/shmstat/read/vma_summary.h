/* A summary of a process by its mappings. */
#ifndef SHMSTAT_READ_VMA_SUMMARY_H
#define SHMSTAT_READ_VMA_SUMMARY_H

#include "shmstat/read/reader.h"

/*
 * Like read_sum, to DEPTH_VMA_SUMMARY, but that `directory` may be /proc, with a prefix set.
 * Returns 0 or an errno; EAGAIN: it is to be done by read_sum.
 */
int read_vma_summary(struct reader *r, int directory, const char *object, bool *found,
		     struct process *p);

#endif

#ifndef SHMSTAT_READ_PARALLEL_H
#define SHMSTAT_READ_PARALLEL_H

#include "shmstat/read/reader_internal.h"

/* One process out of many: which, and what came of it. */
struct one_read {
	pid_t pid;
	struct process p; /* to be freed in any case */
	bool shown; /* it passes the filter */
	int error; /* ENODATA: it has no memory */
};

/* Read job->pid with the filter, in /proc (a directory): list.c. */
void read_one(struct reader *r, int proc, const struct filter *filter, enum depth depth,
	      struct one_read *read);

/* read_one for all, to DEPTH_SUM at most, in several threads; `r` is the calling one's. */
void read_sums(struct reader *r, int proc, const struct filter *filter, enum depth depth,
	       struct one_read *reads, size_t count);

#endif

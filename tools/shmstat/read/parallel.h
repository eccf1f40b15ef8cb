/* Sums of many processes by as many threads as there are processors. */
#ifndef SHMSTAT_READ_PARALLEL_H
#define SHMSTAT_READ_PARALLEL_H

#include "shmstat/read/list.h"

/* read_one for all, to DEPTH_SUM at most, in several threads; `r` is the calling one's. */
void read_sums(struct reader *r, int proc, const struct filter *filter, enum depth depth,
	       struct one_read *reads, size_t count);

#endif

/* A process in sum. */
#ifndef SHMSTAT_READ_SUMS_H
#define SHMSTAT_READ_SUMS_H

#include "shmstat/read/reader.h"

/*
 * Both return 0 or an errno; `directory` is /proc/PID.
 */
/* p->sum, without mappings; *found: `object` (if not NULL) is part of the path of a mapping. */
int read_sum(struct reader *r, int directory, const char *object, bool *found, struct process *p);
/* smaps_rollup. */
int read_rollup(struct reader *r, int directory, struct counts *sum);

#endif

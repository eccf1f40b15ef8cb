/* A process mapping by mapping. */
#ifndef SHMSTAT_READ_MAPPINGS_H
#define SHMSTAT_READ_MAPPINGS_H

#include "shmstat/read/reader.h"

/* p->mappings and p->sum out of smaps of `directory`, /proc/PID. Returns 0 or an errno. */
int read_mappings(struct reader *r, int directory, struct process *p);

#endif

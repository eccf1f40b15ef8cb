/* What of a process's memory is private, and why: object by object, reason by reason. */
#ifndef SHMSTAT_VIEW_REST_H
#define SHMSTAT_VIEW_REST_H

#include "shmstat/out/table.h"
#include "shmstat/why/reasons.h"

/* Column keys: private_kb, reason, object, symbols. */
struct table *rest_new(void);
/* A row for each object and reason; their sum is the process's private memory (cow and anon) as it
 * is in memory. The process was read with DEPTH_PAGES. False without memory. */
bool rest_add(struct table *t, const struct process *p);

#endif

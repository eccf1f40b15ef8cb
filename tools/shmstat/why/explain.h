/* From a process's pages to reasons. */
#ifndef SHMSTAT_WHY_EXPLAIN_H
#define SHMSTAT_WHY_EXPLAIN_H

#include "shmstat/why/reasons.h"

/*
 * Explain each private page (cow, or anonymous in an object's range) of the objects whose path
 * contains `object` (NULL: all), in order. The process was read with DEPTH_PAGES. Everything that
 * an explanation points to lives until explain_process returns, but causes only until the visit
 * does. Stops when `visit` returns false. Returns 0 or an errno (ENOMEM).
 */
int explain_process(const struct process *p, const char *object,
		    bool (*visit)(const struct explanation *e, void *arg), void *arg);

#endif

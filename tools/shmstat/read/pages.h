/* A process page by page. */
#ifndef SHMSTAT_READ_PAGES_H
#define SHMSTAT_READ_PAGES_H

#include "shmstat/read/reader.h"

/* p->pages, and counts from them. Compares with what read_mappings found.
 * `directory` is /proc/PID. Returns 0 or an errno. */
int read_pages(struct reader *r, int directory, struct process *p);

#endif

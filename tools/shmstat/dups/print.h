/* The report of shmstat dups in each format; `top`: how many pairs and objects (0: all). */
#ifndef SHMSTAT_DUPS_PRINT_H
#define SHMSTAT_DUPS_PRINT_H

#include "shmstat/dups/dups.h"

void dups_text(const struct dups *d, size_t top);
void dups_csv(const struct dups *d, size_t top);
void dups_json(const struct dups *d, size_t top);

#endif

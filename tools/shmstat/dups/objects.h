/* Whole files with equal content. */
#ifndef SHMSTAT_DUPS_OBJECTS_H
#define SHMSTAT_DUPS_OBJECTS_H

#include "shmstat/dups/dups.h"

/* Find them among the owners; fills d->objects. */
bool dups_objects_find(struct dups *d);

#endif

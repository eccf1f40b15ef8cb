/*
 * Mappings asked for one by one, as numbers: PROCMAP_QUERY of /proc/PID/maps (Linux 6.11,
 * Documentation/filesystems/proc.rst). The text of maps costs the kernel a path and eight numbers
 * in digits for each mapping, most of which have the path of the one before.
 */
#ifndef SHMSTAT_PROC_PROCMAP_H
#define SHMSTAT_PROC_PROCMAP_H

#include "shmstat/proc/model.h"

#define PROCMAP_NAME 4352 /* a path of PATH_MAX and " (deleted)" */

/*
 * The mapping that holds `address`, or else the next one, of a process whose maps is open. m is
 * cleared and filled; m->path is "" if name is NULL, else it points to name (PROCMAP_NAME bytes),
 * unescaped. Returns 0 or an errno: ENOENT behind the last, ESRCH if the process is gone, ENOTTY if
 * the kernel cannot do it.
 */
int procmap_query(int maps, uint64_t address, char *name, struct mapping *m);

#endif

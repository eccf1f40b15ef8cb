/* The bytes behind mappings: of the file, and of the process. */
#ifndef SHMSTAT_PROC_MEMORY_H
#define SHMSTAT_PROC_MEMORY_H

#include "shmstat/proc/model.h"

/*
 * Open what a mapping of the process maps, through /proc/PID/map_files or /proc/PID/root, whichever
 * may be opened, and only if it is the same file (device, inode) and a regular file or block
 * device. -1 with errno.
 */
int open_mapped(const struct process *p, const struct mapping *m);

/* `size` bytes of the process's memory at an address. False if they cannot be read. */
bool read_memory(const struct process *p, uint64_t address, void *to, size_t size);

#endif

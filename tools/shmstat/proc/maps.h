/* The lines that /proc/PID/maps, smaps, smaps_rollup and status consist of. Pure: text to numbers.
 */
#ifndef SHMSTAT_PROC_MAPS_H
#define SHMSTAT_PROC_MAPS_H

#include "shmstat/proc/model.h"

/*
 * A line of maps, or one that begins a mapping in smaps, without its newline. m is cleared and
 * filled; m->path points into the line ("" for none), as the kernel wrote it: a newline in a name
 * is \012, a file that has no name any more ends in " (deleted)". False if the line is none.
 */
bool maps_line(const char *line, struct mapping *m);

/* Can pages be asked for there at all? The vsyscall page lies outside every address space. */
bool mapping_is_user(const struct mapping *m);

/* "Key:   123 kB" of smaps or smaps_rollup, added to the counts. Unknown keys are passed over. */
void smaps_line(const char *line, struct counts *c);

/*
 * A line of status: name, parent, uid, table_kb, kernel_counts, first_ended of *p. Name is
 * unescaped (the kernel writes \n and \\). `has_memory` is set when the process has an address
 * space: a kernel thread has none.
 */
void status_line(const char *line, struct process *p, bool *has_memory);

/* "pid (comm) state ppid … starttime …" of /proc/PID/stat; comm may hold anything. False if it is
 * not such a line. */
bool stat_line(const char *text, pid_t *parent, uint64_t *start_time);

#endif

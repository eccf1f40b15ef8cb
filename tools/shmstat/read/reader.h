/*
 * From /proc to the model. The only files of shmstat that read other processes are those of this
 * folder, and of proc/ the ones that they call (scan.c, frames.c) and memory.c, for the bytes of
 * pages.
 */
#ifndef SHMSTAT_READ_READER_H
#define SHMSTAT_READ_READER_H

#include "shmstat/out/error.h"
#include "shmstat/proc/model.h"

struct reader; /* open files of /proc, buffers, and what is known about mapped files */

/* NULL without memory. */
struct reader *reader_open(void);
void reader_close(struct reader *r);
/* Another for a thread of its own, to be closed before the first. NULL without memory. */
struct reader *reader_beside(const struct reader *other);
/* What is known of the state of memory is old: read_all begins so. */
void reader_refresh(struct reader *r);

/*
 * Read one process. False with *error set: it has ended (error ESRCH), may not be read (EACCES), or
 * no memory. A kernel thread is ESRCH too. On success process_free gives the memory back. As root
 * pages come from page frames, else from pagemap's flags: p->source says which. Sums are compared
 * with the kernel's own; if they differ the process is read once more and then marked `changed`.
 */
bool read_process(struct reader *r, pid_t pid, enum depth depth, struct process *p,
		  struct error *error);

#endif

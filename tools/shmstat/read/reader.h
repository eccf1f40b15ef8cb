/*
 * From /proc to the model. The only files of shmstat that read other processes are those of this
 * folder, and of proc/ the ones that they call (scan.c, frames.c) and memory.c, for the bytes of
 * pages.
 */
#ifndef SHMSTAT_READ_READER_H
#define SHMSTAT_READ_READER_H

#include "shmstat/out/fault.h"
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
 * Read one process. False with *fault set: it has ended (error ESRCH), may not be read (EACCES), or
 * no memory. A kernel thread is ESRCH too. On success process_free gives the memory back. As root
 * pages come from page frames, else from pagemap's flags: p->source says which. Sums are compared
 * with the kernel's own; if they differ the process is read once more and then marked `changed`.
 */
bool read_process(struct reader *r, pid_t pid, enum depth depth, struct process *p,
		  struct fault *fault);

/* Which processes; NULL or -1: all. */
struct filter {
	const char *command; /* part of comm or of the command line; never this process itself */
	const char *cgroup; /* part of the path in any hierarchy */
	const char *object; /* part of the path of something mapped */
	long uid;
	pid_t tree; /* this process and its descendants; 0: all */
};

/* What read_all could not show. */
#define SKIPPED_NAMED 12
struct skipped {
	size_t denied; /* no permission */
	size_t ended; /* went away while they were read */
	struct {
		pid_t pid;
		char name[64]; /* as struct process has it; "" if not even that may be read */
	} named[SKIPPED_NAMED]; /* of the denied ones, the first */
};

/* Which were denied: numbers and names, the first of them. Returns `text`. */
const char *skipped_names(const struct skipped *skipped, char *text, size_t size);

/*
 * Read all processes that pass the filter, in the order of their numbers, and hand each to `visit`,
 * which may keep nothing of it without clearing what it took over. Stops when `visit` returns
 * false. False with *fault set if /proc cannot be listed.
 */
bool read_all(struct reader *r, const struct filter *filter, enum depth depth,
	      bool (*visit)(struct process *p, void *arg), void *arg, struct skipped *skipped,
	      struct fault *fault);

#endif

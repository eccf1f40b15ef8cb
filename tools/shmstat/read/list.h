/* All processes, or those of them that a filter passes. */
#ifndef SHMSTAT_READ_LIST_H
#define SHMSTAT_READ_LIST_H

#include "shmstat/read/reader.h"

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
 * false. False with *error set if /proc cannot be listed.
 */
bool read_all(struct reader *r, const struct filter *filter, enum depth depth,
	      bool (*visit)(struct process *p, void *arg), void *arg, struct skipped *skipped,
	      struct error *error);

/* One process out of many: which, and what came of it. */
struct one_read {
	pid_t pid;
	struct process p; /* to be freed in any case */
	bool shown; /* it passes the filter */
	int err; /* ENODATA: it has no memory */
};

/* Read job->pid with the filter, in /proc (a directory). */
void read_one(struct reader *r, int proc, const struct filter *filter, enum depth depth,
	      struct one_read *read);

#endif

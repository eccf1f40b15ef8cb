/* A program N times as the system runs it and N times under xipld, held where it can be compared.
 */
#ifndef SHMSTAT_TRACE_COMPARE_H
#define SHMSTAT_TRACE_COMPARE_H

#include "shmstat/read/reader.h"

#define COMPARE_MOST 1000

enum launcher { LAUNCHED_STOCK, LAUNCHED_XIPLD, LAUNCHER_COUNT };
enum stage {
	STAGE_ENTRY, /* at the program's entry point: linked, nothing of its own done */
	STAGE_SETTLED, /* --settle seconds later */
	STAGE_COUNT
};

struct compare_options {
	char **argv; /* the program and its arguments; argv[-1] may be set to the launcher */
	const char *xipld; /* path, or a name to be looked up in PATH */
	size_t count; /* how many at once */
	double settle; /* seconds; 0: at the entry point only */
};

/* What `processes` processes took together at one stage; none: the stage was not reached. */
struct measured {
	size_t processes;
	struct counts sum;
	uint64_t table_kb;
};

struct comparison {
	struct measured at[STAGE_COUNT][LAUNCHER_COUNT];
	/* one process of each kind, page by page, at the last stage; `looked_at` sees it alive */
	void (*look)(enum launcher launcher, struct process *p, void *arg);
	void *look_arg;
	bool to_kernel; /* xipld left the program to the kernel */
	size_t ended; /* processes that ended before they had settled */
};

/*
 * Run, measure, end. Stock first, then xipld (twice more before that, so that its store has what
 * the program needs); never both at once, so that neither shares with the other. False with *error
 * set.
 */
bool compare_run(struct comparison *c, const struct compare_options *o, struct error *error);

#endif

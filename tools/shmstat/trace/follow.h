/* A program and all its children, followed to their end, with each page that they touch. */
#ifndef SHMSTAT_TRACE_FOLLOW_H
#define SHMSTAT_TRACE_FOLLOW_H

#include "shmstat/read/reader.h"
#include "shmstat/trace/touched.h"

struct followed {
	size_t programs; /* executed */
	size_t inexact; /* of those, where faults could not be kept from mapping pages around */
	int status; /* of the program itself, as waitpid has it */
};

/*
 * Run argv until it and its children have ended, and add the pages of files that they touch.
 *
 * A fault on a file's page maps up to 16 pages around it that happen to be in the page cache; the
 * page tables then tell too much. The kernel does not do that where write protection is watched by
 * userfaultfd (uffd_disable_fault_around of include/linux/userfaultfd_k.h), so each mapping of a
 * file is put under a watch that never reports (UFFD_FEATURE_WP_ASYNC, Linux 6.7). Where that is
 * not possible the program is counted in `inexact`.
 */
bool follow(char **argv, struct reader *r, struct working_set *t, struct followed *f,
	    struct error *error);

#endif

/* Which processes have files of the store mapped, and which pages of a plan they copied. */
#ifndef XIPSTORE_PROCESSES_H
#define XIPSTORE_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "xipstore/plan.h"

/* A file of the store that a process has mapped. */
struct used_file {
	pid_t pid;
	char *path; /* owned; as the file is called now */
	uint64_t ino;
	bool deleted; /* it has lost that name */
};

struct usage {
	struct used_file *list;
	size_t count, capacity;
	size_t unknown; /* processes whose mappings we may not read */
};

/* Look at all processes for files below `dir` (absolute, without symbolic links). */
bool usage_read(struct usage *usage, const char *dir, struct error *error);
void usage_free(struct usage *usage);

/* How many processes have this very file mapped. */
size_t usage_processes(const struct usage *usage, const char *path);

/* Does any process map a file below this directory? */
bool usage_below(const struct usage *usage, const char *dir);

/* Does any process map a file of this directory that has lost its name? */
bool usage_deleted_in(const struct usage *usage, const char *dir);

/* Pages that processes copied because they wrote to them. */
struct written {
	uint64_t address, pages;
	size_t processes;
};

/*
 * The file pages of a plan that the processes that run from it have copied, as runs by address; the
 * caller frees.
 */
struct written *usage_written(const struct usage *usage, const char *path, const struct plan *plan,
			      size_t *count);

/* Pure: one line of /proc/PID/maps: the inode and where the path begins; NULL without a path. */
const char *maps_path(const char *line, uint64_t *ino);

#endif

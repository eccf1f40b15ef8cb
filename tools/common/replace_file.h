/* A file that is written whole or not at all; what was there before stays until then. */
#ifndef TOOLS_COMMON_REPLACE_FILE_H
#define TOOLS_COMMON_REPLACE_FILE_H

#include <limits.h>
#include <sys/types.h>

struct replacement {
	int fd; /* write here */
	char path[PATH_MAX], temporary[PATH_MAX]; /* temporary: "" if there is none */
};

/*
 * Open a temporary file beside `path`: its name with `suffix` behind it. One that ends with XXXXXX
 * is made unique (mkstemp); of another kind there is one at a time, what was left of it goes (for
 * those who hold a lock). `mode`: as open(2) has it. Returns 0 or an errno.
 */
int replace_begin(struct replacement *r, const char *path, const char *suffix, mode_t mode);

/* Put it in place once it is on the disk, and close it. Returns 0, or an errno: nothing is left. */
int replace_commit(struct replacement *r);

/* Leave nothing. May be called at any time after r was zeroed, by a signal handler too. */
void replace_abandon(struct replacement *r);

#endif

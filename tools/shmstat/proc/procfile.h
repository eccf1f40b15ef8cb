/* Files of /proc, read as they come: whole, or line by line through a buffer of fixed size. */
#ifndef SHMSTAT_PROC_PROCFILE_H
#define SHMSTAT_PROC_PROCFILE_H

#include <stdbool.h>
#include <stddef.h>

/* Longer than any line: a path is at most 4 kB, and of its characters only newlines grow. */
#define PROCFILE_BUFFER 65536

struct procfile {
	int fd; /* -1: not open */
	int err; /* errno of a failed read */
	size_t at, have;
	char buffer[PROCFILE_BUFFER + 1];
};

/* Open a file in the directory /proc/PID. False with errno. */
bool procfile_open(struct procfile *f, int directory, const char *name);
/* The next line without its newline, valid until the next call; NULL at the end or on error. */
char *procfile_line(struct procfile *f);
/* Returns the error met while reading, or 0. */
int procfile_close(struct procfile *f);

/* A small file that the kernel makes in one piece, with a single read. Returns its length, -1 with
 * errno. */
long procfile_once(int directory, const char *name, char *to, size_t capacity);

/* A whole small file as a string (what does not fit is cut off). Returns its length, -1 with
 * errno. */
long procfile_read(int directory, const char *name, char *to, size_t capacity);

#endif

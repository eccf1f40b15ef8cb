/* Errors travel up as one of these and are printed in one place: main() in shmstat.c. */
#ifndef SHMSTAT_OUT_FAULT_H
#define SHMSTAT_OUT_FAULT_H

#include <stdbool.h>

struct fault {
	char file[256]; /* what it is about: a path, "process 12"; may be "" */
	char text[1200]; /* what is wrong, and where */
	int error; /* the errno behind it; 0 if there is none */
};

/* Fill *fault (may be NULL) and return false, for `return fault_set(...)`. The text is formatted;
 * `error`, if not 0, is appended in words. */
bool fault_set(struct fault *fault, const char *file, int error, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* "shmstat: FILE: TEXT", escaped, one line, to standard error. */
void fault_print(const struct fault *fault);

#endif

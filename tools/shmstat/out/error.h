/* Errors travel up as struct error (lib/message.h) and are printed in one place: main(). */
#ifndef SHMSTAT_OUT_ERROR_H
#define SHMSTAT_OUT_ERROR_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/error.h"
#include "lib/message.h"

/*
 * error_set with all of printf's formats: fill *error (may be NULL) and return false, for `return
 * error_format(...)`. `file`: what it is about: a path, "process 12"; may be "". `number`: the
 * errno behind it; 0: none.
 */
bool error_format(struct error *error, const char *file, int number, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Is there one? (Zeroed: none.) */
bool error_is_set(const struct error *error);

/* What is wrong, and the system's word for the number. Returns `text`. */
const char *error_text(const struct error *error, char *text, size_t size);

/* "shmstat: FILE: TEXT", escaped, one line, to standard error. */
void error_print(const struct error *error);

#endif

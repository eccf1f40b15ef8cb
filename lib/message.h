/* Text for people: formatting without a C library, and the one type in which errors travel. */
#ifndef XIPLD_MESSAGE_H
#define XIPLD_MESSAGE_H

#include <stdarg.h>
#include <stddef.h>

#include "lib/text.h"

/*
 * An error on its way up: which file, what is wrong with it, where. `what` is complete text;
 * `number` a kernel error number or 0. Filled where it happens, printed where it ends (main,
 * dlerror).
 */
struct error {
	char file[512];
	char what[512];
	int number;
	enum text text; /* which of ld.so's, if it is one */
	const char *whole_file; /* the file's name where it does not fit, else NULL */
};

/*
 * Formats %s %d %u %lu %ld %x %lx %p %c %% into buf, always NUL-terminated.
 * Returns the length it would have needed, without the NUL.
 */
size_t message_format(char *buf, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
size_t message_vformat(char *buf, size_t size, const char *format, va_list args);

/* Print to a file descriptor in one write. */
void message_print(int fd, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Print to standard error and end the process. */
_Noreturn void message_die(int status, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Fill *error; returns false, so that a checking function can return it directly. A NULL error is
 * allowed. */
_Bool error_set(struct error *error, const char *file, int err, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The same with one of ld.so's texts; the arguments are its. */
_Bool error_say(struct error *error, const char *file, int err, enum text text, ...);

#endif

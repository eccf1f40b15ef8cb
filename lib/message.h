/* Text for people: formatting without a C library. */
#ifndef XIPLD_MESSAGE_H
#define XIPLD_MESSAGE_H

#include <stdarg.h>
#include <stddef.h>

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

#endif

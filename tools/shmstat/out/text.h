/* Strings that others chose (file names, command names, symbols): made fit to be shown. */
#ifndef SHMSTAT_OUT_TEXT_H
#define SHMSTAT_OUT_TEXT_H

#include <stddef.h>

/*
 * A copy of `s` in which whatever a terminal might obey or that is not UTF-8 is written \ooo
 * (octal, byte by byte): control characters of ASCII and of Unicode (C1, bidirectional marks, line
 * separators), and each byte of a sequence that is not well-formed. A backslash stays as it is.
 * The result is valid UTF-8. malloc'd; NULL without memory.
 */
char *text_escape(const char *s);

/* Columns of a terminal that escaped text takes: one for each character (wide ones two). */
size_t text_width(const char *s);

#endif

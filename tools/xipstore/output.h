/* What people and scripts see: text that fits a terminal, progress, JSON, errors. */
#ifndef XIPSTORE_OUTPUT_H
#define XIPSTORE_OUTPUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/error.h"
#include "lib/message.h"

/* Print a string of unknown origin: nothing that a terminal would obey. */
void print_escaped(const char *s);

/* Print a path in at most `capacity` columns on a terminal (its end tells most), whole elsewhere.
 */
void print_path(const char *path, int capacity);

/* Columns of standard output: its terminal's, or 0 if it is none. */
int output_width(void);

/* "4.2M"; "3d". The caller's buffer is filled and returned. */
struct short_text {
	char s[24];
};

struct short_text size_text(uint64_t bytes);
struct short_text age_text(int64_t seconds);

/* "1 page", "2 pages" */
const char *plural(uint64_t n);

/* A line of progress on a terminal (standard error), over the last one; nothing elsewhere. */
void progress(const char *format, ...) __attribute__((format(printf, 1, 2)));
void progress_end(void);
/* No more of it from this process: another one has the terminal. */
void progress_off(void);

/* A string of unknown bytes as JSON: what is not UTF-8 is replaced by "?". */
json_t *json_text(const char *s);

/* An address or an identity: a string "0x…", as JSON's numbers end at 53 bits in many readers. */
json_t *json_hex(uint64_t n);

static inline json_t *
json_count(uint64_t n)
{
	return json_integer((json_int_t)n);
}

/* Print a report and give it back. */
void print_json(json_t *report);

/* Print an error: "xipstore: FILE: what". */
void report_error(const struct error *error);

/* The text of an error without the program's name. */
void error_text(const struct error *error, char *to, size_t size);

#endif

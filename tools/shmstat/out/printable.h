/* Strings of others, escaped (text.h), on their way out. */
#ifndef SHMSTAT_OUT_PRINTABLE_H
#define SHMSTAT_OUT_PRINTABLE_H

#include <jansson.h>
#include <stdio.h>

/* Write s as text_escape makes it. */
void printable_put(FILE *to, const char *s);
/* A JSON string of it; JSON's null for NULL. */
json_t *printable_json(const char *s);
/* One field of a CSV line (RFC 4180), quoted where needed; nothing for NULL. A field that a
 * spreadsheet would take for a formula gets an apostrophe before it. */
void printable_csv(FILE *to, const char *s);

#endif

/* Names come from whoever made a file or a process: what of them a terminal, a JSON reader or a
 * spreadsheet gets to see. */
#ifndef SHMSTAT_PRINTABLE_H
#define SHMSTAT_PRINTABLE_H

#include <jansson.h>
#include <stdio.h>

/* Write s with control characters (C0, DEL, C1) and bytes that are no UTF-8 as \ooo. */
void printable_put(FILE *to, const char *s);
/* The same in a new string; malloc'd, NULL without memory. */
char *printable(const char *s);
/* A JSON string of it; JSON's null for NULL. */
json_t *printable_json(const char *s);
/* One field of a CSV line (RFC 4180), quoted where needed; nothing for NULL. A field that a
 * spreadsheet would take for a formula gets an apostrophe before it. */
void printable_csv(FILE *to, const char *s);

#endif

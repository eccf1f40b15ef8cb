/* Tables for scripts: CSV (RFC 4180) and JSON. */
#ifndef SHMSTAT_OUT_TABLE_DATA_H
#define SHMSTAT_OUT_TABLE_DATA_H

#include "shmstat/out/table.h"

void table_print_csv(const struct table *t, FILE *to);
bool table_print_json(const struct table *t, FILE *to);

/* The table as --json prints it, for a document that has more; the caller's. NULL without memory.
 */
struct json_t *table_json(const struct table *t);

#endif

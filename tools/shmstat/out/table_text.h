/* Tables for people. */
#ifndef SHMSTAT_OUT_TABLE_TEXT_H
#define SHMSTAT_OUT_TABLE_TEXT_H

#include "shmstat/out/table.h"

void table_print_text(const struct table *t, const struct output *out);

#endif

/* What a table consists of: table.c makes it, table_text.c and table_data.c print it. */
#ifndef SHMSTAT_OUT_TABLE_INTERNAL_H
#define SHMSTAT_OUT_TABLE_INTERNAL_H

#include "shmstat/out/table.h"

#define MAX_NOTES 16

struct cell {
	bool set;
	uint64_t number;
	char *text; /* escaped; owned */
};

struct row {
	struct cell *cells; /* one for each column; owned */
	char *heading; /* before this row; owned */
	size_t group; /* rows under one heading */
	size_t serial; /* order of making: ties are sorted by it */
	bool is_total;
};

struct table {
	const char *view;
	const struct column *columns;
	size_t column_count;
	struct row *rows, open;
	size_t row_count, row_capacity, open_cells, group;
	char *notes[MAX_NOTES];
	size_t note_count;
	bool failed; /* out of memory at some time */
};

#endif

/*
 * Tables: what every view prints, as text for people, as CSV and as JSON for scripts.
 *
 * A view says once which columns it has. A column's key is its field name in JSON and CSV (stable,
 * documented in shmstat.1); its title heads the column on a terminal. Cells are strings (any bytes:
 * they are escaped on output) or numbers.
 */
#ifndef SHMSTAT_OUT_TABLE_H
#define SHMSTAT_OUT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * HEX is a number, printed 0x… on the terminal and in CSV, a string in JSON. SIGNED is one made
 * with table_signed; INTEGER too, printed without a plus. Text in the last column is cut where the
 * terminal ends: of TEXT the end is kept (a path), of TEXT_START the beginning.
 */
enum cell_kind {
	CELL_NUMBER,
	CELL_SIGNED,
	CELL_INTEGER,
	CELL_TEXT,
	CELL_TEXT_START,
	CELL_HEX,
	CELL_BOOL
};

struct column {
	const char *key; /* field name in JSON and CSV; NULL: only on the terminal */
	const char *title; /* NULL: only in JSON and CSV */
	enum cell_kind kind;
	const char *colour; /* SGR parameters for cells that are not 0 or empty; NULL: none */
	/* on a terminal that is too narrow: 1: left out if 0 in all rows; 2: then left out anyway
	 */
	unsigned optional;
};

enum format { FORMAT_TEXT, FORMAT_CSV, FORMAT_JSON };

struct output {
	enum format format;
	FILE *to;
	unsigned width; /* columns of the terminal; 0: no limit */
	bool colour;
};

/* Text to standard output: width and colour as the terminal, COLUMNS and NO_COLOR say. */
void output_init(struct output *out, enum format format);

struct table;

/* `view` names it in JSON. The columns must outlive the table. NULL without memory. */
struct table *table_new(const char *view, const struct column *columns, size_t count);
void table_free(struct table *t);

/* Cells of the row that is being made, left to right; strings are copied. A missing one is empty
 * (CSV), null (JSON). table_row ends the row. Out of memory is remembered: table_print fails. */
void table_number(struct table *t, uint64_t n);
void table_signed(struct table *t, int64_t n);
void table_text(struct table *t, const char *s);
void table_skip(struct table *t);
void table_row(struct table *t);
/* The row that is being made is not wanted after all. */
void table_drop(struct table *t);
/* The rows from here on stand under a heading (terminal only; "" for an empty line). */
void table_heading(struct table *t, const char *text);
/* The row that was ended last is a sum: "totals" in JSON, left out of CSV. */
void table_total(struct table *t);
/* A remark below the table on the terminal; JSON: in "notes". */
void table_note(struct table *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Sort the rows under each heading by the column that is called so; numbers fall, text rises. False
 * if there is none.
 */
bool table_sort(struct table *t, const char *key);

/* Does this name the column: its key, without _kb too, or its title; in capitals or not? */
bool column_is_called(const struct column *column, const char *name);
/* The keys that there are, with blanks between them. Returns `text`. */
const char *table_keys(const struct table *t, char *text, size_t size);

/* False if it could not be written, or memory ran out before. */
bool table_print(const struct table *t, const struct output *out);

#endif

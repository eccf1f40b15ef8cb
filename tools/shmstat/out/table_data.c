/* Tables for scripts: CSV (RFC 4180) and JSON. Fields are named by the columns' keys. */
#include "shmstat/out/table_data.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "shmstat/out/table_internal.h"

static void
put_quoted(const char *s, FILE *to)
{
	if (!strpbrk(s, ",\"\r\n") && s[0] != ' ') {
		fputs(s, to);
		return;
	}
	fputc('"', to);
	for (; *s; s++) {
		if (*s == '"')
			fputc('"', to);
		fputc(*s, to);
	}
	fputc('"', to);
}

static void
put_csv_cell(const struct column *column, const struct cell *cell, FILE *to)
{
	if (!cell->set)
		return;
	switch (column->kind) {
	case CELL_TEXT:
	case CELL_TEXT_START:
		put_quoted(cell->text, to);
		break;
	case CELL_HEX:
		fprintf(to, "%#" PRIx64, cell->number);
		break;
	case CELL_SIGNED:
	case CELL_INTEGER:
		fprintf(to, "%" PRId64, (int64_t)cell->number);
		break;
	case CELL_BOOL:
	case CELL_NUMBER:
		fprintf(to, "%" PRIu64, cell->number);
		break;
	}
}

void
table_print_csv(const struct table *t, FILE *to)
{
	/* row -1: the names */
	for (size_t k = 0; k <= t->row_count; k++) {
		const struct row *row = k ? &t->rows[k - 1] : NULL;
		bool first = true;

		if (row && row->is_total)
			continue;
		for (size_t i = 0; i < t->column_count; i++) {
			if (!t->columns[i].key)
				continue;
			if (!first)
				fputc(',', to);
			first = false;
			if (row)
				put_csv_cell(&t->columns[i], &row->cells[i], to);
			else
				fputs(t->columns[i].key, to);
		}
		fputs("\r\n", to);
	}
}

static json_t *
cell_json(const struct column *column, const struct cell *cell)
{
	char buffer[32];

	if (!cell->set)
		return json_null();
	switch (column->kind) {
	case CELL_TEXT:
	case CELL_TEXT_START:
		return json_string(cell->text);
	case CELL_HEX:
		snprintf(buffer, sizeof(buffer), "%#" PRIx64, cell->number);
		return json_string(buffer);
	case CELL_BOOL:
		return json_boolean(cell->number);
	case CELL_SIGNED:
	case CELL_INTEGER:
	case CELL_NUMBER:
		break;
	}
	return json_integer((json_int_t)cell->number);
}

static json_t *
row_json(const struct table *t, const struct row *row)
{
	json_t *object = json_object();

	for (size_t i = 0; i < t->column_count; i++)
		if (t->columns[i].key && !(row->is_total && !row->cells[i].set))
			json_object_set_new(object, t->columns[i].key,
					    cell_json(&t->columns[i], &row->cells[i]));
	return object;
}

json_t *
table_json(const struct table *t)
{
	json_t *rows = json_array(), *totals = json_array(), *notes = json_array();

	for (size_t k = 0; k < t->row_count; k++)
		json_array_append_new(t->rows[k].is_total ? totals : rows,
				      row_json(t, &t->rows[k]));
	for (size_t i = 0; i < t->note_count; i++)
		json_array_append_new(notes, json_string(t->notes[i]));
	return json_pack("{si ss so so so}", "format", 1, "view", t->view, "rows", rows, "totals",
			 totals, "notes", notes);
}

bool
table_print_json(const struct table *t, FILE *to)
{
	json_t *all = table_json(t);
	bool ok;

	ok = all && json_dumpf(all, to, JSON_INDENT(1)) == 0;
	fputc('\n', to);
	json_decref(all);
	return ok;
}

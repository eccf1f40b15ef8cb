/* Tables for people: columns as wide as what is in them, cut where the terminal ends. */
#include "shmstat/out/table_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "shmstat/out/table_internal.h"
#include "shmstat/out/text.h"

#define MAX_COLUMNS 48
#define LAST_LEAST 16 /* terminal columns that the last cell should have at least */
#define TEXT_MOST \
	44 /* of a text that is not the last cell: C++ names have thousands of characters */
#define TEXT_LEAST 10 /* columns that it keeps on the narrowest terminal */
#define BOLD "1"
#define DIM "2"

/* Most cells are such, and printf would take its time over each. Returns where the digits begin. */
static const char *
decimal(uint64_t n, char *buffer, size_t capacity)
{
	char *at = buffer + capacity - 1;

	*at = '\0';
	do
		*--at = (char)('0' + n % 10);
	while ((n /= 10));
	return at;
}

static const char *
cell_string(const struct column *column, const struct cell *cell, char *buffer, size_t capacity)
{
	buffer[0] = '\0';
	if (!cell->set)
		return buffer;
	switch (column->kind) {
	case CELL_TEXT:
	case CELL_TEXT_START:
		return cell->text;
	case CELL_INTEGER:
		snprintf(buffer, capacity, "%" PRId64, (int64_t)cell->number);
		break;
	case CELL_SIGNED:
		snprintf(buffer, capacity, "%s%" PRId64, (int64_t)cell->number > 0 ? "+" : "",
			 (int64_t)cell->number);
		break;
	case CELL_HEX:
		snprintf(buffer, capacity, "%#" PRIx64, cell->number);
		break;
	case CELL_BOOL:
		return cell->number ? "yes" : "";
	case CELL_NUMBER:
		return decimal(cell->number, buffer, capacity);
	}
	return buffer;
}

static size_t
last_shown(const struct table *t)
{
	size_t last = 0;

	for (size_t i = 0; i < t->column_count; i++)
		if (t->columns[i].title)
			last = i;
	return last;
}

static void
measure(const struct table *t, size_t *widths)
{
	size_t last = last_shown(t);
	char buffer[32];

	for (size_t i = 0; i < t->column_count; i++) {
		if (!t->columns[i].title)
			continue;
		widths[i] = text_width(t->columns[i].title);
		for (size_t k = 0; k < t->row_count; k++) {
			size_t width = text_width(cell_string(&t->columns[i], &t->rows[k].cells[i],
							      buffer, sizeof(buffer)));

			if (width > TEXT_MOST && i != last)
				width = TEXT_MOST;
			if (width > widths[i])
				widths[i] = width;
		}
	}
}

static bool
is_empty(const struct table *t, size_t column)
{
	for (size_t k = 0; k < t->row_count; k++)
		if (t->rows[k].cells[column].number || t->rows[k].cells[column].text)
			return false;
	return true;
}

static size_t
total_width(const size_t *widths, size_t last)
{
	size_t total = LAST_LEAST;

	for (size_t i = 0; i < last; i++)
		total += widths[i] ? widths[i] + 2 : 0;
	return total;
}

static bool
is_text(const struct column *column)
{
	return column->kind == CELL_TEXT || column->kind == CELL_TEXT_START;
}

/* Text gives way, the widest first. False if all of it is as narrow as it may be. */
static bool
narrow_text(const struct table *t, size_t *widths, size_t last, size_t excess)
{
	size_t widest = last;

	for (size_t i = 0; i < last; i++)
		if (is_text(&t->columns[i]) && widths[i] > TEXT_LEAST &&
		    (widest == last || widths[i] > widths[widest]))
			widest = i;
	if (widest == last)
		return false;
	widths[widest] =
		widths[widest] - TEXT_LEAST > excess ? widths[widest] - excess : TEXT_LEAST;
	return true;
}

/* What says nothing goes first if the table is wider than the terminal: its width becomes 0. */
static void
drop_columns(const struct table *t, const struct output *out, size_t *widths)
{
	size_t last = last_shown(t);

	for (unsigned pass = 1; pass <= 2; pass++) {
		for (size_t i = last; i-- > 0;) {
			unsigned optional = t->columns[i].optional;

			if (!out->width || total_width(widths, last) <= out->width)
				return;
			if (optional && optional <= pass && (optional == 2 || is_empty(t, i)))
				widths[i] = 0;
		}
	}
	while (total_width(widths, last) > out->width &&
	       narrow_text(t, widths, last, total_width(widths, last) - out->width))
		;
}

/* The end of a string is what tells most of a path. Cuts whole characters off its front. */
static const char *
cut_front(const char *s, size_t width)
{
	while (text_width(s) > width) {
		s++;
		while (((unsigned char)*s & 0xc0) == 0x80)
			s++;
	}
	return s;
}

static void
put_coloured(const struct output *out, const char *colour, const char *s)
{
	if (out->colour && colour && *s)
		fprintf(out->to, "\033[%sm%s\033[0m", colour, s);
	else
		fputs(s, out->to);
}

static void
pad(const struct output *out, size_t n)
{
	while (n--)
		fputc(' ', out->to);
}

/* As much of the beginning as fits, and the sign that there is more. */
static void
put_start(const struct output *out, const char *s, size_t width)
{
	size_t len = strlen(s);
	char *copy = strdup(s);

	while (copy && text_width(copy) > width) {
		while (((unsigned char)copy[--len] & 0xc0) == 0x80)
			;
		copy[len] = '\0';
	}
	fprintf(out->to, "%s…", copy ? copy : "");
	free(copy);
}

/* One cell. `used`: terminal columns to the left of it; the last cell of a row gets what is left.
 */
static void
put_cell(const struct output *out, const struct column *column, const char *s, const char *colour,
	 size_t width, size_t used, bool last)
{
	size_t own = text_width(s);
	bool right = !is_text(column);
	size_t capacity = out->width > used + 8 ? out->width - used : 8;

	if (last && out->width && own > capacity) {
		if (column->kind == CELL_TEXT_START) {
			put_start(out, s, capacity - 1);
			return;
		}
		s = cut_front(s, capacity - 1);
		own = text_width(s) + 1;
		put_coloured(out, colour, "…");
	}
	if (right)
		pad(out, width > own ? width - own : 0);
	if (!last && own > width) {
		put_start(out, s, width - 1);
		return;
	}
	put_coloured(out, colour, s);
	if (!right && !last)
		pad(out, width > own ? width - own : 0);
}

static void
put_row(const struct table *t, const struct output *out, const struct row *row,
	const size_t *widths)
{
	size_t used = 0, last = last_shown(t);
	char buffer[32];

	for (size_t i = 0; i < t->column_count; i++) {
		const struct column *column = &t->columns[i];
		const char *s, *colour = NULL;

		if (widths[i] == 0)
			continue;
		s = row ? cell_string(column, &row->cells[i], buffer, sizeof(buffer))
			: column->title;
		if (!row || row->is_total)
			colour = BOLD;
		else if (column->kind != CELL_TEXT && strcmp(s, "0") == 0)
			colour = DIM;
		else
			colour = column->colour;
		put_cell(out, column, s, colour, widths[i], used, i == last);
		used += widths[i] + 2;
		if (i != last)
			fputs("  ", out->to);
	}
	fputc('\n', out->to);
}

void
table_print_text(const struct table *t, const struct output *out)
{
	size_t widths[MAX_COLUMNS] = {0};
	bool headings = false;

	if (t->column_count > MAX_COLUMNS)
		return;
	measure(t, widths);
	drop_columns(t, out, widths);
	for (size_t k = 0; k < t->row_count; k++)
		headings |= t->rows[k].heading != NULL;
	if (!headings && t->row_count)
		put_row(t, out, NULL, widths);
	for (size_t k = 0; k < t->row_count; k++) {
		const struct row *row = &t->rows[k];

		if (row->heading) {
			if (k)
				fputc('\n', out->to);
			put_coloured(out, BOLD, row->heading);
			fputc('\n', out->to);
			put_row(t, out, NULL, widths);
		}
		put_row(t, out, row, widths);
	}
	for (size_t i = 0; i < t->note_count; i++)
		fprintf(out->to, "%s%s\n", i == 0 && t->row_count ? "\n" : "", t->notes[i]);
}

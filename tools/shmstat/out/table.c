#include "shmstat/out/table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/array.h"
#include "shmstat/out/table_data.h"
#include "shmstat/out/table_internal.h"
#include "shmstat/out/table_text.h"
#include "shmstat/out/text.h"

static unsigned
terminal_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	long n = columns ? strtol(columns, NULL, 10) : 0;

	if (n > 0 && n < 10000)
		return (unsigned)n;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
		return size.ws_col;
	return 80;
}

void
output_init(struct output *out, enum format format)
{
	const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");
	bool terminal = isatty(STDOUT_FILENO) == 1;

	*out = (struct output){.format = format, .to = stdout};
	if (format != FORMAT_TEXT || !terminal)
		return;
	out->width = terminal_width();
	/* https://no-color.org: set and not empty, whatever it says */
	out->colour = !(no_colour && *no_colour) && term && strcmp(term, "dumb") != 0;
}

struct table *
table_new(const char *view, const struct column *columns, size_t count)
{
	struct table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->view = view;
	t->columns = columns;
	t->column_count = count;
	return t;
}

static void
free_row(struct table *t, struct row *row)
{
	for (size_t i = 0; row->cells && i < t->column_count; i++)
		free(row->cells[i].text);
	free(row->cells);
	free(row->heading);
}

void
table_free(struct table *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->row_count; i++)
		free_row(t, &t->rows[i]);
	free_row(t, &t->open);
	for (size_t i = 0; i < t->note_count; i++)
		free(t->notes[i]);
	free(t->rows);
	free(t);
}

/* The next cell of the open row; NULL without memory. More cells than columns are a mistake here.
 */
static struct cell *
next_cell(struct table *t)
{
	if (!t->open.cells)
		t->open.cells = calloc(t->column_count, sizeof(*t->open.cells));
	if (!t->open.cells || t->open_cells >= t->column_count) {
		t->failed = true;
		return NULL;
	}
	return &t->open.cells[t->open_cells++];
}

void
table_number(struct table *t, uint64_t n)
{
	struct cell *c = next_cell(t);

	if (!c)
		return;
	c->set = true;
	c->number = n;
}

void
table_signed(struct table *t, int64_t n)
{
	table_number(t, (uint64_t)n);
}

void
table_text(struct table *t, const char *s)
{
	struct cell *c = next_cell(t);

	if (!c)
		return;
	c->set = true;
	c->text = text_escape(s);
	t->failed |= !c->text;
}

void
table_skip(struct table *t)
{
	next_cell(t);
}

void
table_row(struct table *t)
{
	if (!t->open.cells)
		t->open.cells = calloc(t->column_count, sizeof(*t->open.cells));
	if (!t->open.cells ||
	    !array_reserve(&t->rows, &t->row_capacity, t->row_count + 1, sizeof(*t->rows))) {
		t->failed = true;
		return;
	}
	t->open.group = t->group;
	t->rows[t->row_count++] = t->open;
	memset(&t->open, 0, sizeof(t->open));
	t->open_cells = 0;
}

void
table_drop(struct table *t)
{
	char *heading = t->open.heading;

	t->open.heading = NULL;
	free_row(t, &t->open);
	memset(&t->open, 0, sizeof(t->open));
	t->open.heading = heading;
	t->open_cells = 0;
}

void
table_heading(struct table *t, const char *text)
{
	free(t->open.heading);
	t->open.heading = text_escape(text);
	t->failed |= !t->open.heading;
	t->group++;
}

void
table_total(struct table *t)
{
	if (t->row_count)
		t->rows[t->row_count - 1].is_total = true;
}

void
table_note(struct table *t, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (t->note_count < MAX_NOTES && (t->notes[t->note_count] = text_escape(text)))
		t->note_count++;
	else
		t->failed = true;
}

/* What qsort's comparison needs: there is no argument to pass it. */
static struct {
	size_t column;
	enum cell_kind kind;
} order;

static int
compare_rows(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	const struct cell *p = &x->cells[order.column], *q = &y->cells[order.column];

	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	if (x->is_total != y->is_total)
		return x->is_total - y->is_total;
	if (order.kind == CELL_TEXT || order.kind == CELL_TEXT_START) {
		int c = strcmp(p->text ? p->text : "", q->text ? q->text : "");

		if (c)
			return c;
	} else if ((order.kind == CELL_SIGNED || order.kind == CELL_INTEGER) &&
		   p->number != q->number) {
		return (int64_t)p->number < (int64_t)q->number ? 1 : -1;
	} else if (p->number != q->number) {
		return p->number < q->number ? 1 : -1;
	}
	return x->serial < y->serial ? -1 : x->serial > y->serial;
}

bool
column_is_called(const struct column *column, const char *name)
{
	size_t len = strlen(name);

	if (!column->key)
		return false;
	if (strncasecmp(column->key, name, len) == 0 &&
	    (column->key[len] == '\0' || strcmp(column->key + len, "_kb") == 0))
		return true;
	return column->title && strcasecmp(column->title, name) == 0;
}

const char *
table_keys(const struct table *t, char *text, size_t size)
{
	size_t n = 0;

	text[0] = '\0';
	for (size_t i = 0; i < t->column_count && n < size; i++)
		if (t->columns[i].key)
			n += (size_t)snprintf(text + n, size - n, "%s%s", n ? " " : "",
					      t->columns[i].key);
	return text;
}

bool
table_sort(struct table *t, const char *key)
{
	size_t i = 0;

	while (i < t->column_count && !column_is_called(&t->columns[i], key))
		i++;
	if (i == t->column_count)
		return false;
	order.column = i;
	order.kind = t->columns[i].kind;
	for (size_t k = 0; k < t->row_count; k++)
		t->rows[k].serial = k;
	if (t->row_count)
		qsort(t->rows, t->row_count, sizeof(*t->rows), compare_rows);
	/* a heading stands before its group's first row, whichever that is now */
	for (size_t k = 0, first = 0; k < t->row_count; k++) {
		if (t->rows[k].group != t->rows[first].group)
			first = k;
		if (k != first && t->rows[k].heading) {
			t->rows[first].heading = t->rows[k].heading;
			t->rows[k].heading = NULL;
		}
	}
	return true;
}

bool
table_print(const struct table *t, const struct output *out)
{
	if (t->failed)
		return false;
	switch (out->format) {
	case FORMAT_CSV:
		table_print_csv(t, out->to);
		break;
	case FORMAT_JSON:
		return table_print_json(t, out->to) && !ferror(out->to);
	case FORMAT_TEXT:
		table_print_text(t, out);
		break;
	}
	return !ferror(out->to);
}

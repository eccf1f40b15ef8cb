#include "lib/options.h"

/* Text under way: where the next byte goes, and how many there have been. */
struct text {
	char *to;
	size_t size, used;
	unsigned column;
};

static void
put_char(struct text *t, char c)
{
	if (t->used + 1 < t->size)
		t->to[t->used] = c;
	t->used++;
	t->column = c == '\n' ? 0 : t->column + 1;
}

static void
put(struct text *t, const char *s)
{
	while (*s)
		put_char(t, *s++);
}

static void
put_blanks(struct text *t, unsigned column)
{
	while (t->column < column)
		put_char(t, ' ');
}

static void
put_row(struct text *t, const struct option_row *row, unsigned column)
{
	if (row->value & OPTION_HIDDEN)
		return;
	if (row->value == OPTION_TEXT) {
		put_blanks(t, column);
	} else if (row->value != OPTION_HEADING) {
		put(t, "  ");
		if (row->letter) {
			put_char(t, '-');
			put_char(t, row->letter);
			put(t, ", ");
		}
		put_blanks(t, 6);
		put(t, "--");
		put(t, row->name);
		put(t, row->operand);
		if (row->help[0] && t->column >= column)
			put(t, "  ");
		else if (row->help[0])
			put_blanks(t, column);
	}
	put(t, row->help);
	put_char(t, '\n');
}

size_t
options_help(const struct option_table *t, char *to, size_t size)
{
	struct text text = {.to = to, .size = size};

	for (size_t i = 0; i < t->count; i++)
		put_row(&text, &t->rows[i], t->column);
	if (size)
		to[text.used < size ? text.used : size - 1] = '\0';
	return text.used;
}

static bool
is_option(const struct option_row *row)
{
	return row->value != OPTION_TEXT && row->value != OPTION_HEADING;
}

/* Is `name`, up to its end or a '=', the row's? Returns what stands behind it, or NULL. */
static const char *
behind_name(const struct option_row *row, const char *name)
{
	size_t i = 0;

	while (row->name[i] && row->name[i] == name[i])
		i++;
	return row->name[i] == '\0' && (name[i] == '\0' || name[i] == '=') ? name + i : NULL;
}

const struct option_row *
options_find(const struct option_table *t, const char *argument, const char **value)
{
	bool is_long = argument[0] == '-' && argument[1] == '-';

	*value = NULL;
	for (size_t i = 0; i < t->count && argument[0] == '-' && argument[1]; i++) {
		const struct option_row *row = &t->rows[i];
		const char *end = is_long ? behind_name(row, argument + 2) : argument + 2;

		if (!is_option(row) || !end || (!is_long && row->letter != argument[1]))
			continue;
		if (!is_long && *end)
			continue;
		*value = *end == '=' ? end + 1 : NULL;
		return row;
	}
	return NULL;
}

bool
option_is_first(const struct option_table *t, size_t row)
{
	if (!is_option(&t->rows[row]))
		return false;
	for (size_t i = 0; i < row; i++)
		if (is_option(&t->rows[i]) && behind_name(&t->rows[i], t->rows[row].name))
			return false;
	return true;
}

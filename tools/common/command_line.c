#include "common/command_line.h"

#include <assert.h>
#include <getopt.h>

#define MOST_OPTIONS 64
#define HELP_BYTES 8192
#define FIRST_NAME 256 /* of getopt's values: behind the letters */

/* The same table in getopt's words. Names are numbered by their rows. */
struct getopt_table {
	struct option names[MOST_OPTIONS + 1];
	char letters[3 * MOST_OPTIONS + 2];
};

static const int arguments[] = {[OPTION_ALONE] = no_argument,
				[OPTION_WANTS_VALUE] = required_argument,
				[OPTION_MAY_HAVE_VALUE] = optional_argument};

static void
translate(const struct option_table *t, bool in_order, struct getopt_table *g)
{
	size_t n = 0, letters = 0;

	*g = (struct getopt_table){0};
	if (in_order)
		g->letters[letters++] = '+';
	for (size_t i = 0; i < t->count; i++) {
		const struct option_row *row = &t->rows[i];

		if (!option_is_first(t, i))
			continue;
		assert(n < MOST_OPTIONS);
		g->names[n++] = (struct option){row->name, arguments[row->value & ~OPTION_HIDDEN],
						NULL, FIRST_NAME + (int)i};
		if (!row->letter)
			continue;
		g->letters[letters++] = row->letter;
		for (int k = OPTION_ALONE; k < (row->value & ~OPTION_HIDDEN); k++)
			g->letters[letters++] = ':';
	}
}

static const struct option_row *
row_of(const struct option_table *t, int got)
{
	if (got >= FIRST_NAME)
		return &t->rows[got - FIRST_NAME];
	for (size_t i = 0; i < t->count; i++)
		if (t->rows[i].letter == got && option_is_first(t, i))
			return &t->rows[i];
	return NULL;
}

int
command_line_option(struct command_line *c)
{
	struct getopt_table g;
	const struct option_row *row;
	int got;

	translate(c->table, c->in_order, &g);
	got = getopt_long(c->argc, c->argv, g.letters, g.names, NULL);
	c->value = optarg;
	c->next = optind;
	if (got == -1)
		return COMMAND_LINE_END;
	row = got == '?' ? NULL : row_of(c->table, got);
	return row ? row->number : COMMAND_LINE_WRONG;
}

void
command_line_help(FILE *to, const char *before, const struct option_table *table, const char *after)
{
	char help[HELP_BYTES];
	size_t size = options_help(table, help, sizeof(help));

	assert(size < sizeof(help));
	fputs(before, to);
	fputs(help, to);
	fputs(after, to);
}

/* shmstat diff A B: what became private, or no longer is, between two saved states. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/command_line.h"
#include "shmstat/cmd/commands.h"
#include "shmstat/cmd/snapshot.h"
#include "shmstat/cmd/snapshot_read.h"
#include "shmstat/out/table.h"

enum diff_view { DIFF_SYMBOLS, DIFF_OBJECTS, DIFF_PROCESSES };

static const struct column symbol_columns[] = {
	{"pid", NULL, CELL_NUMBER, NULL, 0},
	{"name", NULL, CELL_TEXT, NULL, 0},
	{"pages_before", "BEFORE", CELL_NUMBER, NULL, 0},
	{"pages_after", "AFTER", CELL_NUMBER, NULL, 0},
	{"pages_change", "PAGES", CELL_SIGNED, "33", 0},
	{"words_change", "WORDS", CELL_SIGNED, NULL, 0},
	{"reason", "REASON", CELL_TEXT, NULL, 0},
	{"kind", "KIND", CELL_TEXT, NULL, 2},
	{"section", "SECTION", CELL_TEXT, NULL, 2},
	{"symbol", "SYMBOL", CELL_TEXT, "1", 0},
	{"object", "OBJECT", CELL_TEXT, NULL, 0},
};

#define CHANGE_COLUMNS                                                  \
	{"rss_change_kb", "RSS", CELL_SIGNED, NULL, 0},                 \
		{"pss_change_kb", "PSS", CELL_SIGNED, NULL, 0},         \
		{"uss_change_kb", "USS", CELL_SIGNED, NULL, 0},         \
		{"private_change_kb", "private", CELL_SIGNED, "33", 0}, \
		{"cow_change_kb", "cow", CELL_SIGNED, "31", 0},         \
	{                                                               \
		"swap_change_kb", "swap", CELL_SIGNED, NULL, 1          \
	}

static const struct column object_columns[] = {
	{"pid", NULL, CELL_NUMBER, NULL, 0},
	{"name", NULL, CELL_TEXT, NULL, 0},
	CHANGE_COLUMNS,
	{"object", "OBJECT", CELL_TEXT, NULL, 0},
};

static const struct column process_columns[] = {
	{"pid", "PID", CELL_NUMBER, NULL, 0},
	CHANGE_COLUMNS,
	{"state", "", CELL_TEXT, NULL, 0},
	{"name", "COMMAND", CELL_TEXT_START, NULL, 0},
};

/* The same process before and after; NULL: there was none. */
struct pair {
	const struct saved_process *before, *after;
};

struct diff {
	struct snapshot a, b;
	struct pair *pairs;
	size_t count;
	enum diff_view view;
	bool all; /* also what did not change */
	struct table *t;
};

/*
 * Who is whom: the same process by number and start; of the others, the first one not yet taken of
 * the same name (a program that was started again).
 */
static const struct saved_process *
partner(const struct snapshot *a, const struct saved_process *p, const bool *taken, bool by_name)
{
	for (size_t i = 0; i < a->count; i++) {
		const struct saved_process *q = &a->processes[i];

		if (taken[i])
			continue;
		if (by_name ? strcmp(p->name, q->name) == 0
			    : p->pid == q->pid && p->start_time == q->start_time)
			return q;
	}
	return NULL;
}

static bool
make_pairs(struct diff *d)
{
	bool *taken = calloc(d->a.count + 1, sizeof(*taken));

	d->pairs = calloc(d->a.count + d->b.count + 1, sizeof(*d->pairs));
	if (!taken || !d->pairs) {
		free(taken);
		return false;
	}
	for (size_t i = 0; i < d->b.count; i++)
		d->pairs[d->count++].after = &d->b.processes[i];
	for (int by_name = 0; by_name <= 1; by_name++) {
		for (size_t i = 0; i < d->count; i++) {
			struct pair *pair = &d->pairs[i];

			if (!pair->before)
				pair->before = partner(&d->a, pair->after, taken, by_name);
			if (pair->before)
				taken[pair->before - d->a.processes] = true;
		}
	}
	for (size_t i = 0; i < d->a.count; i++)
		if (!taken[i])
			d->pairs[d->count++].before = &d->a.processes[i];
	free(taken);
	return true;
}

static const struct saved_process *
one_of(const struct pair *pair)
{
	return pair->after ? pair->after : pair->before;
}

/* Puts the changes of all counts; false, and nothing put, if there is none. */
static bool
put_changes(struct diff *d, const int64_t *before, const int64_t *after)
{
	int64_t change[SAVED_COUNT];
	bool any = false;

	for (int i = 0; i < SAVED_COUNT; i++) {
		change[i] = (after ? after[i] : 0) - (before ? before[i] : 0);
		any |= change[i] != 0;
	}
	for (int i = 0; i < SAVED_COUNT; i++)
		table_signed(d->t, change[i]);
	return any;
}

static const struct saved_object *
object_named(const struct saved_process *p, const char *path)
{
	for (size_t i = 0; p && i < p->object_count; i++)
		if (strcmp(p->objects[i].path, path) == 0)
			return &p->objects[i];
	return NULL;
}

static bool
is_same_symbol(const struct saved_symbol *x, const struct saved_symbol *y)
{
	return strcmp(x->symbol, y->symbol) == 0 && strcmp(x->section, y->section) == 0 &&
	       strcmp(x->reason, y->reason) == 0 && strcmp(x->kind, y->kind) == 0;
}

/*
 * Several symbols may have one name (static ones of several files): the first of them that is not
 * behind *hint stands for it. Symbols are in the same order in both states, so it is mostly next.
 */
static const struct saved_symbol *
symbol_like(const struct saved_object *o, const struct saved_symbol *s, size_t *hint)
{
	for (size_t i = 0; o && i < o->symbol_count; i++) {
		size_t at = (*hint + i) % o->symbol_count;

		if (is_same_symbol(&o->symbols[at], s)) {
			*hint = at + 1;
			return &o->symbols[at];
		}
	}
	return NULL;
}

static void
put_symbol(struct diff *d, const struct pair *pair, const char *path,
	   const struct saved_symbol *before, const struct saved_symbol *after)
{
	const struct saved_symbol *s = after ? after : before;
	int64_t pages = (after ? after->pages : 0) - (before ? before->pages : 0);
	int64_t words = (after ? after->words : 0) - (before ? before->words : 0);

	if (!d->all && pages == 0 && words == 0)
		return;
	table_number(d->t, (uint64_t)one_of(pair)->pid);
	table_text(d->t, one_of(pair)->name);
	table_number(d->t, before ? (uint64_t)before->pages : 0);
	table_number(d->t, after ? (uint64_t)after->pages : 0);
	table_signed(d->t, pages);
	table_signed(d->t, words);
	table_text(d->t, s->reason);
	table_text(d->t, s->kind);
	table_text(d->t, s->section);
	table_text(d->t, s->symbol);
	table_text(d->t, path);
	table_row(d->t);
}

static void
put_symbols(struct diff *d, const struct pair *pair, const char *path,
	    const struct saved_object *before, const struct saved_object *after)
{
	size_t hint = 0;

	for (size_t i = 0; after && i < after->symbol_count; i++)
		put_symbol(d, pair, path, symbol_like(before, &after->symbols[i], &hint),
			   &after->symbols[i]);
	hint = 0;
	for (size_t i = 0; before && i < before->symbol_count; i++)
		if (!symbol_like(after, &before->symbols[i], &hint))
			put_symbol(d, pair, path, &before->symbols[i], NULL);
}

static void
put_object(struct diff *d, const struct pair *pair, const char *path,
	   const struct saved_object *before, const struct saved_object *after)
{
	if (d->view == DIFF_SYMBOLS) {
		put_symbols(d, pair, path, before, after);
		return;
	}
	table_number(d->t, (uint64_t)one_of(pair)->pid);
	table_text(d->t, one_of(pair)->name);
	if (!put_changes(d, before ? before->counts : NULL, after ? after->counts : NULL) &&
	    !d->all) {
		table_drop(d->t);
		return;
	}
	table_text(d->t, path);
	table_row(d->t);
}

static const char *
pair_state(const struct pair *pair)
{
	if (!pair->before)
		return "new";
	if (!pair->after)
		return "gone";
	return pair->before->pid == pair->after->pid &&
			       pair->before->start_time == pair->after->start_time
		       ? ""
		       : "restarted";
}

static void
put_process(struct diff *d, const struct pair *pair)
{
	table_number(d->t, (uint64_t)one_of(pair)->pid);
	if (!put_changes(d, pair->before ? pair->before->counts : NULL,
			 pair->after ? pair->after->counts : NULL) &&
	    !d->all) {
		table_drop(d->t);
		return;
	}
	table_text(d->t, pair_state(pair));
	table_text(d->t, one_of(pair)->name);
	table_row(d->t);
}

static void
put_pair(struct diff *d, const struct pair *pair)
{
	const struct saved_process *before = pair->before, *after = pair->after;
	const char *state = pair_state(pair);
	char heading[256];

	if (d->view == DIFF_PROCESSES) {
		put_process(d, pair);
		return;
	}
	snprintf(heading, sizeof(heading), "%lld %s%s%s", (long long)one_of(pair)->pid,
		 one_of(pair)->name, *state ? ", " : "", state);
	table_heading(d->t, heading);
	for (size_t i = 0; after && i < after->object_count; i++)
		put_object(d, pair, after->objects[i].path,
			   object_named(before, after->objects[i].path), &after->objects[i]);
	for (size_t i = 0; before && i < before->object_count; i++)
		if (!object_named(after, before->objects[i].path))
			put_object(d, pair, before->objects[i].path, &before->objects[i], NULL);
}

static struct table *
new_table(enum diff_view view)
{
#define NEW(name, columns) table_new(name, columns, sizeof(columns) / sizeof((columns)[0]))
	switch (view) {
	case DIFF_OBJECTS:
		return NEW("diff_objects", object_columns);
	case DIFF_PROCESSES:
		return NEW("diff_processes", process_columns);
	default:
		return NEW("diff_symbols", symbol_columns);
	}
#undef NEW
}

static int
show(struct diff *d, enum format format, struct error *error)
{
	static const char *const keys[] = {"pages_change", "private_change_kb",
					   "private_change_kb"};
	struct output out;
	bool ok;

	d->t = new_table(d->view);
	if (!d->t || !make_pairs(d)) {
		error_format(error, "", ENOMEM, "%s", "");
		return 1;
	}
	for (size_t i = 0; i < d->count; i++)
		put_pair(d, &d->pairs[i]);
	table_sort(d->t, keys[d->view]);
	output_init(&out, format);
	ok = table_print(d->t, &out);
	if (!ok)
		error_format(error, "standard output", 0, "cannot be written, or out of memory");
	return ok ? 0 : 1;
}

static const char before_options[] =
	"Usage: shmstat diff [OPTION]... BEFORE AFTER\n"
	"Show what became private between two files of `shmstat save`, by symbol.\n"
	"\n";

static const struct option_row option_rows[] = {
	{'o', 0, OPTION_ALONE, "objects", "", "by object, in kB"},
	{'s', 's', OPTION_ALONE, "summary", "", "by process, in kB"},
	{'a', 'a', OPTION_ALONE, "all", "", "also what did not change"},
	{'j', 'j', OPTION_ALONE, "json", "", "as JSON"},
	{'c', 0, OPTION_ALONE, "csv", "", "as CSV"},
	{'h', 'h', OPTION_ALONE, "help", "", "print this text"},
};

static const struct option_table option_table = {option_rows,
						 sizeof(option_rows) / sizeof(option_rows[0]), 18};

static void
usage(FILE *to)
{
	command_line_help(to, before_options, &option_table, "");
}

/* Returns -1 to go on, else the status. */
static int
parse_options(struct command_line *line, struct diff *d, enum format *format)
{
	int letter;

	while ((letter = command_line_option(line)) != COMMAND_LINE_END) {
		switch (letter) {
		case 'o':
			d->view = DIFF_OBJECTS;
			break;
		case 's':
			d->view = DIFF_PROCESSES;
			break;
		case 'a':
			d->all = true;
			break;
		case 'j':
			*format = FORMAT_JSON;
			break;
		case 'c':
			*format = FORMAT_CSV;
			break;
		case 'h':
			usage(stdout);
			return 0;
		default:
			return 2;
		}
	}
	if (line->argc - line->next != 2) {
		usage(stderr);
		return 2;
	}
	return -1;
}

int
cmd_diff(int argc, char **argv, struct error *error)
{
	struct command_line line = {.argc = argc, .argv = argv, .table = &option_table};
	struct diff d = {.view = DIFF_SYMBOLS};
	enum format format = FORMAT_TEXT;
	int status = parse_options(&line, &d, &format);

	if (status >= 0)
		return status;
	status = 1;
	if (snapshot_read(&d.a, argv[line.next], error)) {
		if (snapshot_read(&d.b, argv[line.next + 1], error)) {
			status = show(&d, format, error);
			snapshot_free(&d.b);
		}
		snapshot_free(&d.a);
	}
	table_free(d.t);
	free(d.pairs);
	return status;
}

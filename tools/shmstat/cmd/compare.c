/* shmstat compare -- PROGRAM ARG...: what sharing saves, process by process and in all. */
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/command_line.h"
#include "shmstat/cmd/commands.h"
#include "shmstat/out/outfile.h"
#include "shmstat/out/printable.h"
#include "shmstat/out/table_data.h"
#include "shmstat/trace/compare.h"
#include "shmstat/view/picture.h"
#include "shmstat/view/picture_json.h"
#include "shmstat/view/rest.h"

enum { OPTION_XIPLD = 256, OPTION_HTML };

static const char before_options[] =
	"Usage: shmstat compare [OPTION]... [--] PROGRAM [ARGUMENT]...\n"
	"Run a program several times as the system does and several times under xipld, stop\n"
	"all at its entry point, and show what sharing saves, and why the rest is private.\n"
	"\n";

static const struct option_row option_rows[] = {
	{'n', 'n', OPTION_WANTS_VALUE, "count", " N", "so many of each (10)"},
	{'S', 'S', OPTION_WANTS_VALUE, "settle", " SECONDS",
	 "look once more, so long after the entry point"},
	{OPTION_XIPLD, 0, OPTION_WANTS_VALUE, "xipld", " PATH",
	 "the launcher (beside shmstat, or in PATH)"},
	{'j', 'j', OPTION_ALONE, "json", "", "as JSON"},
	{OPTION_HTML, 0, OPTION_WANTS_VALUE, "html", " FILE",
	 "also as a page, with the pages of one of each kind"},
	{'h', 'h', OPTION_ALONE, "help", "", "print this text"},
};

static const struct option_table option_table = {option_rows,
						 sizeof(option_rows) / sizeof(option_rows[0]), 24};

static const char after_options[] =
	"\n"
	"The program's standard input and output are /dev/null; it is ended afterwards.\n";

static void
usage(FILE *to)
{
	command_line_help(to, before_options, &option_table, after_options);
}

#define KB(name, title, optional)                               \
	{                                                       \
		name "_kb", title, CELL_INTEGER, NULL, optional \
	}

static const struct column columns[] = {
	{"stage", NULL, CELL_TEXT, NULL, 0},
	{"scope", NULL, CELL_TEXT, NULL, 0},
	{"launcher", NULL, CELL_TEXT, NULL, 0},
	{"processes", NULL, CELL_NUMBER, NULL, 0},
	{NULL, "", CELL_TEXT, NULL, 0},
	KB("rss", "RSS", 0),
	KB("pss", "PSS", 0),
	KB("uss", "USS", 0),
	KB("private", "private", 0),
	KB("cow", "cow", 0),
	KB("anon", "anon", 0),
	KB("text", "text", 2),
	KB("relocated", "relocated", 1),
	KB("program", "program", 1),
	KB("xip", "xip", 1),
	KB("tables", "tables", 0),
	KB("swap", "swap", 1),
};

#define NUMBERS 12

static const char *const launchers[] = {"stock", "xipld", "saved"};
static const char *const stages[] = {"entry", "settled"};

/* What is kept of one run: the table of the rest is made while the process is alive. */
struct findings {
	struct comparison c;
	struct table *rest;
	json_t *pictures; /* NULL: not wanted */
	bool no_memory;
};

struct request {
	struct compare_options o;
	enum format format;
	const char *html; /* NULL: none */
};

static void
numbers_of(const struct measured *m, int64_t *to)
{
	const struct counts *c = &m->sum;
	const uint64_t kb[NUMBERS] = {
		pages_kb(c->resident),
		pss_kb(c),
		pages_kb(counts_private(c)),
		pages_kb(counts_own(c)),
		pages_kb(c->class[CLASS_COW]),
		pages_kb(c->class[CLASS_ANON]),
		pages_kb(c->class[CLASS_TEXT]),
		pages_kb(c->class[CLASS_RELOCATED]),
		pages_kb(c->class[CLASS_PROGRAM]),
		pages_kb(c->class[CLASS_XIP]),
		m->table_kb,
		pages_kb(c->swap),
	};

	for (int i = 0; i < NUMBERS; i++)
		to[i] = (int64_t)kb[i];
}

static void
put_row(struct table *t, int stage, const char *scope, int launcher, size_t processes,
	const int64_t *numbers)
{
	char text[64];

	table_text(t, stages[stage]);
	table_text(t, scope);
	table_text(t, launchers[launcher]);
	table_number(t, processes);
	snprintf(text, sizeof(text), "%s, %s", launchers[launcher], scope);
	table_text(t, text);
	for (int i = 0; i < NUMBERS; i++)
		table_signed(t, numbers[i]);
	table_row(t);
}

/* Each: the mean. All: of as many as both kinds have, so that what is saved can be told. */
static void
put_stage(struct table *t, int stage, const struct measured *m, double settle)
{
	int64_t all[LAUNCHER_COUNT][NUMBERS], each[LAUNCHER_COUNT][NUMBERS], saved[NUMBERS];
	size_t n = m[0].processes < m[1].processes ? m[0].processes : m[1].processes;
	char text[96];

	if (n == 0)
		return;
	if (stage == STAGE_ENTRY)
		snprintf(text, sizeof(text), "at the program's entry point");
	else
		snprintf(text, sizeof(text), "%g s later", settle);
	table_heading(t, text);
	for (int l = 0; l < LAUNCHER_COUNT; l++) {
		numbers_of(&m[l], all[l]);
		for (int i = 0; i < NUMBERS; i++) {
			int64_t count = (int64_t)m[l].processes;

			each[l][i] = (all[l][i] + count / 2) / count;
			all[l][i] = (all[l][i] * (int64_t)n + count / 2) / count;
		}
		put_row(t, stage, "each", l, m[l].processes, each[l]);
	}
	for (int i = 0; i < NUMBERS; i++)
		saved[i] = each[0][i] - each[1][i];
	put_row(t, stage, "each", 2, n, saved);
	for (int l = 0; l < LAUNCHER_COUNT; l++)
		put_row(t, stage, "all", l, n, all[l]);
	for (int i = 0; i < NUMBERS; i++)
		saved[i] = all[0][i] - all[1][i];
	put_row(t, stage, "all", 2, n, saved);
}

static void
look(enum launcher launcher, struct process *p, void *arg)
{
	struct findings *f = arg;

	struct picture pic;

	if (launcher == LAUNCHED_XIPLD && !rest_add(f->rest, p))
		f->no_memory = true;
	if (!f->pictures)
		return;
	if (picture_make(&pic, p) != 0 ||
	    json_array_append_new(f->pictures, picture_json(&pic)) != 0)
		f->no_memory = true;
	picture_free(&pic);
}

static void
put_notes(struct table *t, const struct findings *f, const struct request *q)
{
	if (f->c.to_kernel)
		table_note(t, "xipld left the program to the kernel: nothing of it is shared.");
	else if (!f->c.at[STAGE_ENTRY][LAUNCHED_XIPLD].sum.class[CLASS_RELOCATED] &&
		 !f->c.at[STAGE_ENTRY][LAUNCHED_XIPLD].sum.class[CLASS_PROGRAM])
		table_note(t, "xipld had no relocated pages to share: xipld --verbose says why.");
	if (f->c.ended)
		table_note(t, "%zu of %zu had ended before %g s had passed.", f->c.ended,
			   2 * q->o.count, q->o.settle);
}

/* The table with the other as "rest" in it. NULL without memory. */
static json_t *
whole_json(const struct table *t, const struct table *rest)
{
	json_t *all = table_json(t), *more = table_json(rest);

	if (!all || !more || json_object_set(all, "rest", json_object_get(more, "rows")) != 0) {
		json_decref(all);
		all = NULL;
	}
	json_decref(more);
	return all;
}

static bool
write_page(const struct table *t, const struct findings *f, const struct request *q,
	   struct error *error)
{
	json_t *data;
	struct outfile out;
	char text[256];
	bool ok;

	snprintf(text, sizeof(text), "%s, %zu times stock and %zu times under xipld", q->o.argv[0],
		 q->o.count, q->o.count);
	if (!outfile_open(&out, q->html, error))
		return false;
	data = json_pack("{so sO so}", "title", printable_json(text), "processes", f->pictures,
			 "compare", whole_json(t, f->rest));
	ok = page_write(data, out.file);
	json_decref(data);
	return outfile_close(&out, ok ? 0 : ENOMEM, error);
}

static bool
print(const struct table *t, const struct findings *f, const struct request *q)
{
	struct output out;

	output_init(&out, q->format);
	if (q->format == FORMAT_JSON) {
		json_t *all = whole_json(t, f->rest);
		bool ok = all && json_dumpf(all, stdout, JSON_INDENT(1)) == 0;

		putchar('\n');
		json_decref(all);
		return ok;
	}
	if (!table_print(t, &out))
		return false;
	fputs("\nWhy the rest is private, in one process under xipld:\n", out.to);
	return table_print(f->rest, &out);
}

static int
run(const struct request *q, struct error *error)
{
	struct table *t = table_new("compare", columns, sizeof(columns) / sizeof(columns[0]));
	struct findings f = {.rest = rest_new(), .pictures = q->html ? json_array() : NULL};
	bool ok = t && f.rest;

	f.c.look = look;
	f.c.look_arg = &f;
	if (!ok)
		error_format(error, "", ENOMEM, "%s", "");
	ok = ok && compare_run(&f.c, &q->o, error);
	if (ok) {
		for (int s = 0; s < STAGE_COUNT; s++)
			put_stage(t, s, f.c.at[s], q->o.settle);
		put_notes(t, &f, q);
		ok = !f.no_memory && print(t, &f, q);
		if (!ok)
			error_format(error, "standard output", 0,
				     "cannot be written, or out of memory");
		ok = ok && (!q->html || write_page(t, &f, q, error));
	}
	json_decref(f.pictures);
	table_free(t);
	table_free(f.rest);
	return ok ? 0 : 1;
}

/* The launcher that lies beside shmstat; else its name, for PATH. */
static const char *
own_xipld(char *buffer, size_t capacity)
{
	ssize_t len = readlink("/proc/self/exe", buffer, capacity - sizeof("/xipld"));
	char *slash;

	if (len <= 0)
		return "xipld";
	buffer[len] = '\0';
	slash = strrchr(buffer, '/');
	memcpy(slash ? slash : buffer, "/xipld", sizeof("/xipld"));
	return access(buffer, X_OK) == 0 ? buffer : "xipld";
}

static bool
parse_count(const char *word, size_t *count, struct error *error)
{
	char *end;
	unsigned long n = strtoul(word, &end, 10);

	if (word[0] < '0' || word[0] > '9' || *end || n == 0 || n > COMPARE_MOST)
		return error_format(error, word, 0, "not a number from 1 to %d", COMPARE_MOST);
	*count = n;
	return true;
}

static bool
parse_seconds(const char *word, double *seconds, struct error *error)
{
	char *end;

	*seconds = strtod(word, &end);
	if (end == word || *end || !(*seconds > 0 && *seconds <= 86400))
		return error_format(error, word, 0, "not a number of seconds up to 86400");
	return true;
}

/* -1 to go on, else the exit status. */
static int
parse_options(struct command_line *line, struct request *q, struct error *error)
{
	int letter;

	while ((letter = command_line_option(line)) != COMMAND_LINE_END) {
		switch (letter) {
		case 'n':
			if (!parse_count(line->value, &q->o.count, error))
				return 2;
			break;
		case 'S':
			if (!parse_seconds(line->value, &q->o.settle, error))
				return 2;
			break;
		case OPTION_XIPLD:
			q->o.xipld = line->value;
			break;
		case OPTION_HTML:
			q->html = line->value;
			break;
		case 'j':
			q->format = FORMAT_JSON;
			break;
		case 'h':
			usage(stdout);
			return 0;
		default:
			return 2;
		}
	}
	if (line->next < line->argc)
		return -1;
	usage(stderr);
	return 2;
}

int
cmd_compare(int argc, char **argv, struct error *error)
{
	struct command_line line = {
		.argc = argc, .argv = argv, .table = &option_table, .in_order = true};
	char beside[PATH_MAX];
	struct request q = {.o.count = 10, .format = FORMAT_TEXT};
	int status = parse_options(&line, &q, error);

	if (status >= 0)
		return status;
	if (!q.o.xipld)
		q.o.xipld = own_xipld(beside, sizeof(beside));
	q.o.argv = argv + line.next; /* argv[-1] is an option, or this command's word */
	return run(&q, error);
}

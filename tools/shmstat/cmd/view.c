/* `shmstat [OPTION]... [PID]...`: the options of the views. */
#include <ctype.h>
#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/array.h"
#include "common/command_line.h"
#include "shmstat/cmd/commands.h"
#include "shmstat/view/view.h"

enum {
	OPTION_OBJECTS = 256,
	OPTION_SEGMENTS,
	OPTION_SECTIONS,
	OPTION_SYMBOLS,
	OPTION_LINES,
	OPTION_WHY,
	OPTION_BYTES,
	OPTION_LIBS,
	OPTION_CSV,
	OPTION_HTML,
	OPTION_SVG,
	OPTION_INTERVAL,
	OPTION_COUNT
};

static const char before_options[] =
	"Usage: shmstat [OPTION]... [PID]...\n"
	"   or: shmstat COMMAND [ARGUMENT]...      (shmstat COMMAND --help tells more)\n"
	"Show how much memory processes share, have for themselves, and why.\n"
	"\n"
	"Without PID: a line for each process. With PID: its objects.\n"
	"\n";

static const struct option_row option_rows[] = {
	{'s', 's', OPTION_ALONE, "summary", "", "a line for each process, also with PID"},
	{OPTION_OBJECTS, 0, OPTION_ALONE, "objects", "", "objects, also without PID"},
	{OPTION_SEGMENTS, 0, OPTION_ALONE, "segments", "", "mappings"},
	{OPTION_SECTIONS, 0, OPTION_ALONE, "sections", "", "sections with private pages"},
	{OPTION_SYMBOLS, 0, OPTION_ALONE, "symbols", "", "variables that made pages private"},
	{OPTION_LINES, 0, OPTION_ALONE, "lines", "", "the same with their types and declarations"},
	{OPTION_WHY, 0, OPTION_ALONE, "why", "", "each private page of an object, and the reason"},
	{OPTION_BYTES, 0, OPTION_ALONE, "bytes", "", "with --why: what was there, and what is"},
	{OPTION_LIBS, 0, OPTION_ALONE, "libs", "", "objects over all processes"},
	{'t', 't', OPTION_ALONE, "tree", "",
	 "children below their parents; with PID: its descendants"},
	{'p', 'p', OPTION_WANTS_VALUE, "pid", " PID", "the same as PID"},
	{'u', 'u', OPTION_WANTS_VALUE, "user", " USER", "only processes of this user"},
	{'c', 'c', OPTION_WANTS_VALUE, "command", " TEXT",
	 "only those with TEXT in name or command line"},
	{'g', 'g', OPTION_WANTS_VALUE, "cgroup", " TEXT",
	 "only those with TEXT in the path of their cgroup"},
	{'o', 'o', OPTION_WANTS_VALUE, "object", " TEXT",
	 "only those that map such a file; of it only"},
	{'x', 'x', OPTION_ALONE, "xipld", "", "only those that xipld launched"},
	{'k', 'k', OPTION_WANTS_VALUE, "sort", " FIELD",
	 "order by a column or a field of --json (numbers: largest first)"},
	{'j', 'j', OPTION_ALONE, "json", "", "as JSON"},
	{OPTION_CSV, 0, OPTION_ALONE, "csv", "", "as CSV"},
	{OPTION_HTML, 0, OPTION_WANTS_VALUE, "html", " FILE",
	 "as a page: charts; with PID: every page, in colours"},
	{OPTION_SVG, 0, OPTION_WANTS_VALUE, "svg", " FILE", "the pages of PID as a picture"},
	{OPTION_INTERVAL, 0, OPTION_WANTS_VALUE, "interval", " S",
	 "again every S seconds, until it is interrupted"},
	{OPTION_COUNT, 0, OPTION_WANTS_VALUE, "count", " N", "with --interval: so many times"},
	{'h', 'h', OPTION_ALONE, "help", "", "print this text"},
	{'V', 'V', OPTION_ALONE, "version", "", "print the version"},
};

static const struct option_table option_table = {option_rows,
						 sizeof(option_rows) / sizeof(option_rows[0]), 23};

static const char after_options[] =
	"\n"
	"Commands: save, diff, advise, dups, compare, record, watch.\n"
	"Exit status: 0, 1 if a process could not be read or none was found, 2 for wrong usage.\n";

static void
usage(FILE *to)
{
	command_line_help(to, before_options, &option_table, after_options);
}

/* What the command line says; view -1: nothing yet. */
struct request {
	struct view_options o;
	int view;
	enum format format;
	pid_t *pids; /* o.pid_count of them */
	size_t pid_capacity;
	bool done; /* --help, --version */
	double interval; /* seconds; 0: once */
	unsigned long count; /* 0: no end */
};

static bool
add_pid(struct request *q, const char *word, struct error *error)
{
	char *end;
	long pid = strtol(word, &end, 10);

	if (!isdigit((unsigned char)word[0]) || *end || pid <= 0 || pid > 1 << 30)
		return error_format(error, word, 0, "not a process number");
	if (!array_reserve(&q->pids, &q->pid_capacity, q->o.pid_count + 1, sizeof(*q->pids)))
		return error_format(error, "", ENOMEM, "%s", "");
	q->pids[q->o.pid_count++] = (pid_t)pid;
	return true;
}

static bool
parse_user(struct request *q, const char *name, struct error *error)
{
	struct passwd *user = getpwnam(name);
	char *end;
	unsigned long uid = strtoul(name, &end, 10);

	if (user) {
		q->o.filter.uid = (long)user->pw_uid;
		return true;
	}
	if (!isdigit((unsigned char)name[0]) || *end || uid > UINT32_MAX)
		return error_format(error, name, 0, "no such user");
	q->o.filter.uid = (long)uid;
	return true;
}

static bool
parse_repetition(struct request *q, int letter, const char *value, struct error *error)
{
	char *end;

	if (letter == OPTION_INTERVAL) {
		q->interval = strtod(value, &end);
		if (end == value || *end || !(q->interval > 0 && q->interval <= 1e6))
			return error_format(error, value, 0, "not a number of seconds");
		return true;
	}
	q->count = strtoul(value, &end, 10);
	if (!isdigit((unsigned char)value[0]) || *end || q->count == 0)
		return error_format(error, value, 0, "not a number of times");
	return true;
}

static bool
parse_filter(struct request *q, int letter, const char *value, struct error *error)
{
	switch (letter) {
	case 'p':
		return add_pid(q, value, error);
	case 'u':
		return parse_user(q, value, error);
	case 'c':
		q->o.filter.command = value;
		return true;
	case 'g':
		q->o.filter.cgroup = value;
		return true;
	case 'o':
		q->o.filter.object = value;
		return true;
	case 'x':
		q->o.only_xipld = true;
		return true;
	case OPTION_INTERVAL:
	case OPTION_COUNT:
		return parse_repetition(q, letter, value, error);
	case 'k':
		q->o.sort = value;
		return true;
	default: /* getopt has said what is wrong */
		return false;
	}
}

static bool
parse_option(struct request *q, int letter, const char *value, struct error *error)
{
	switch (letter) {
	case 's':
		q->view = VIEW_PROCESSES;
		return true;
	case OPTION_OBJECTS:
	case OPTION_SEGMENTS:
	case OPTION_SECTIONS:
	case OPTION_SYMBOLS:
	case OPTION_LINES:
	case OPTION_WHY:
		q->view = VIEW_OBJECTS + (letter == OPTION_OBJECTS    ? 0
					  : letter == OPTION_SEGMENTS ? 1
					  : letter == OPTION_SECTIONS ? 2
					  : letter == OPTION_SYMBOLS  ? 3
					  : letter == OPTION_LINES    ? 4
								      : 5);
		return true;
	case OPTION_LIBS:
		q->view = VIEW_LIBS;
		return true;
	case OPTION_HTML:
	case OPTION_SVG:
		q->view = VIEW_PICTURE;
		q->o.picture = value;
		q->o.svg = letter == OPTION_SVG;
		return true;
	case OPTION_BYTES:
		q->o.bytes = true;
		return true;
	case 't':
		q->o.tree = true;
		return true;
	case 'j':
		q->format = FORMAT_JSON;
		return true;
	case OPTION_CSV:
		q->format = FORMAT_CSV;
		return true;
	case 'h':
	case 'V':
		q->done = true;
		return true;
	default:
		return parse_filter(q, letter, value, error);
	}
}

/* --help and --version are printed at once. */
static bool
parse_options(struct request *q, int argc, char **argv, struct error *error)
{
	struct command_line line = {.argc = argc, .argv = argv, .table = &option_table};
	int letter;

	while ((letter = command_line_option(&line)) != COMMAND_LINE_END) {
		if (!parse_option(q, letter, line.value, error))
			return false;
		if (q->done) {
			if (letter == 'h')
				usage(stdout);
			else
				puts("shmstat " XIPLD_VERSION);
			return true;
		}
	}
	for (; line.next < argc; line.next++)
		if (!add_pid(q, argv[line.next], error))
			return false;
	return true;
}

/* What options mean together. */
static bool
settle(struct request *q, struct error *error)
{
	struct view_options *o = &q->o;

	if (q->view < 0)
		q->view = o->pid_count && !o->tree ? VIEW_OBJECTS : VIEW_PROCESSES;
	o->view = (enum view)q->view;
	o->pids = q->pids;
	if (o->tree && o->view != VIEW_PROCESSES)
		return error_format(error, "", 0, "--tree goes with the view of processes only");
	if (o->tree && o->sort)
		return error_format(error, "", 0, "--tree has its own order: no --sort");
	if (o->tree && o->pid_count > 1)
		return error_format(error, "", 0, "--tree takes one PID at most");
	if (o->bytes && o->view != VIEW_WHY)
		return error_format(error, "", 0, "--bytes goes with --why only");
	if (q->count && q->interval <= 0)
		return error_format(error, "", 0, "--count goes with --interval only");
	if (o->svg && o->pid_count != 1)
		return error_format(error, "", 0, "--svg takes one PID");
	if (o->tree && o->pid_count) {
		o->filter.tree = q->pids[0];
		o->pid_count = 0;
	}
	output_init(&o->out, q->format);
	return true;
}

static int
run(const struct view_options *o, struct error *error)
{
	struct reader *r = reader_open();
	int status;

	if (!r) {
		error_format(error, "", ENOMEM, "%s", "");
		return 1;
	}
	switch (o->view) {
	case VIEW_PROCESSES:
		status = view_processes(r, o, error);
		break;
	case VIEW_OBJECTS:
	case VIEW_SEGMENTS:
		status = view_objects(r, o, error);
		break;
	case VIEW_LIBS:
		status = view_libs(r, o, error);
		break;
	case VIEW_PICTURE:
		status = view_picture(r, o, error);
		break;
	default:
		status = view_private(r, o, error);
	}
	reader_close(r);
	return status;
}

/* Each time again, at the same pace however long it takes. */
static int
run_repeatedly(const struct request *q, struct error *error)
{
	struct timespec next;
	int status;

	clock_gettime(CLOCK_MONOTONIC, &next);
	for (unsigned long i = 1;; i++) {
		status = run(&q->o, error);
		if (status == 1 && q->interval > 0 && q->o.pid_count == 0 && i != q->count) {
			error_print(error); /* none passes the filter yet, or any more */
			*error = (struct error){0};
			status = 0;
		}
		if (status || i == q->count || q->interval <= 0 || fflush(stdout) != 0)
			return status;
		next.tv_nsec += (long)((q->interval - (double)(time_t)q->interval) * 1e9);
		next.tv_sec += (time_t)q->interval + next.tv_nsec / 1000000000;
		next.tv_nsec %= 1000000000;
		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL) == EINTR)
			;
		if (q->format == FORMAT_TEXT)
			putchar('\n');
	}
}

int
cmd_view(int argc, char **argv, struct error *error)
{
	struct request q = {.view = -1, .o.filter.uid = -1};
	int status = 2;

	if (parse_options(&q, argc, argv, error) && (q.done || settle(&q, error)))
		status = q.done ? 0 : run_repeatedly(&q, error);
	free(q.pids);
	return status;
}

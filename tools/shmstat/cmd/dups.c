/* The sub-command: shmstat dups [PID]... */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/command_line.h"
#include "shmstat/cmd/commands.h"
#include "shmstat/dups/dups.h"
#include "shmstat/dups/print.h"

#define DEFAULT_MEMORY (32u << 20)
#define LEAST_MEGABYTES 1
#define MOST_MEGABYTES 65536

struct request {
	struct dups_options options;
	size_t top;
	bool json, csv;
};

enum { OPT_CSV = 256 };

static const char before_options[] =
	"Usage: shmstat dups [OPTION]... [PID]...\n"
	"Find pages and files with equal content in the memory of all processes, or of those\n"
	"named, and say how much memory keeping one of each would give back.\n"
	"\n";

static const struct option_row option_rows[] = {
	{'n', 'n', OPTION_WANTS_VALUE, "top", " N", "N entries of each list (20; 0: all)"},
	{'m', 'm', OPTION_WANTS_VALUE, "memory", " MB",
	 "memory to compare with (32); less takes more rounds"},
	{'q', 'q', OPTION_ALONE, "quiet", "", "no progress on the terminal"},
	{'j', 'j', OPTION_ALONE, "json", "", "as JSON"},
	{OPT_CSV, 0, OPTION_ALONE, "csv", "", "pairs as comma-separated values"},
	{'h', 'h', OPTION_ALONE, "help", "", "print this text"},
	{'V', 'V', OPTION_ALONE, "version", "", "print the version"},
};

static const struct option_table option_table = {option_rows,
						 sizeof(option_rows) / sizeof(option_rows[0]), 20};

static const char after_options[] =
	"\n"
	"Exit status: 0, 1 if nothing could be read, 2 for wrong usage.\n";

static void
usage(FILE *to)
{
	command_line_help(to, before_options, &option_table, after_options);
}

static bool
parse_number(const char *s, unsigned long least, unsigned long most, size_t *n)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(s, &end, 10);
	*n = value;
	return errno == 0 && *s >= '0' && *s <= '9' && *end == '\0' && value >= least &&
	       value <= most;
}

/* Returns -1 to go on, else the exit status. */
static int
parse_options(struct command_line *line, struct request *r, struct error *error)
{
	int letter;
	size_t megabytes;

	while ((letter = command_line_option(line)) != COMMAND_LINE_END) {
		switch (letter) {
		case 'n':
			if (parse_number(line->value, 0, ULONG_MAX, &r->top))
				break;
			error_format(error, "dups", 0, "%s: not a number", line->value);
			return 2;
		case 'm':
			if (parse_number(line->value, LEAST_MEGABYTES, MOST_MEGABYTES,
					 &megabytes)) {
				r->options.memory = megabytes << 20;
				break;
			}
			error_format(error, "dups", 0,
				     "%s: not a number of megabytes from %d to %d", line->value,
				     LEAST_MEGABYTES, MOST_MEGABYTES);
			return 2;
		case 'q':
			r->options.progress = false;
			break;
		case 'j':
			r->json = true;
			break;
		case OPT_CSV:
			r->csv = true;
			break;
		case 'h':
			usage(stdout);
			return 0;
		case 'V':
			puts("shmstat " XIPLD_VERSION);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (!(r->json && r->csv))
		return -1;
	usage(stderr);
	return 2;
}

/* The processes named, each once; false after a message in *error. */
static bool
parse_processes(char **names, size_t count, int *pids, size_t *kept, struct error *error)
{
	*kept = 0;
	for (size_t i = 0; i < count; i++) {
		size_t pid, k = 0;

		if (!parse_number(names[i], 1, 1 << 30, &pid))
			return error_format(error, names[i], 0, "not a process number");
		while (k < *kept && pids[k] != (int)pid)
			k++;
		pids[k] = (int)pid;
		*kept += k == *kept;
	}
	return true;
}

static int
run(struct request *r, struct error *error)
{
	struct dups d;
	int status = 1;

	if (!dups_find(&d, &r->options, error)) {
		dups_free(&d);
		return 1;
	}
	if (d.walk.counts.processes == 0) {
		error_format(error, "dups", 0, "no process could be read");
	} else {
		status = 0;
		if (r->json)
			dups_json(&d, r->top);
		else if (r->csv)
			dups_csv(&d, r->top);
		else
			dups_text(&d, r->top);
	}
	dups_free(&d);
	return status;
}

int
cmd_dups(int argc, char **argv, struct error *error)
{
	struct command_line line = {.argc = argc, .argv = argv, .table = &option_table};
	struct request r = {.options = {.memory = DEFAULT_MEMORY}, .top = 20};
	int status, *pids = NULL;

	r.options.progress = isatty(STDERR_FILENO);
	status = parse_options(&line, &r, error);
	if (status >= 0)
		return status;
	if (line.next < argc) {
		pids = calloc((size_t)(argc - line.next), sizeof(*pids));
		if (!pids) {
			error_format(error, "", ENOMEM, "%s", "");
			return 1;
		}
		if (!parse_processes(argv + line.next, (size_t)(argc - line.next), pids,
				     &r.options.pid_count, error)) {
			free(pids);
			return 2;
		}
		r.options.pids = pids;
	}
	status = run(&r, error);
	free(pids);
	return status;
}

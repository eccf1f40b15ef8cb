/* shmstat record: which pages of files are really touched, as a profile for mkxip. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/array.h"
#include "common/command_line.h"
#include "shmstat/cmd/commands.h"
#include "shmstat/out/outfile.h"
#include "shmstat/trace/follow.h"
#include "shmstat/trace/touched.h"

static const char before_options[] =
	"Usage: shmstat record [OPTION]... [-o FILE] [--] PROGRAM [ARGUMENT]...\n"
	"   or: shmstat record [OPTION]... -p PID[,PID]... FILE\n"
	"Write which pages of files a program and its children touch, until they end; or\n"
	"which pages running processes have mapped now. mkxip --profile reads it.\n"
	"\n";

static const struct option_row option_rows[] = {
	{'o', 'o', OPTION_WANTS_VALUE, "output", " FILE",
	 "where to (shmstat.profile; - is standard output)"},
	{'p', 'p', OPTION_WANTS_VALUE, "pid", " PID",
	 "a process; several with commas or several options"},
	{'r', 'r', OPTION_WANTS_VALUE, "root", " DIR",
	 "only files below DIR, named as seen from there"},
	{'h', 'h', OPTION_ALONE, "help", "", "print this text"},
};

static const struct option_table option_table = {option_rows,
						 sizeof(option_rows) / sizeof(option_rows[0]), 23};

static void
usage(FILE *to)
{
	command_line_help(to, before_options, &option_table, "");
}

struct request {
	const char *output, *root;
	pid_t *pids;
	size_t pid_count, pid_capacity;
	char **argv; /* program; NULL: processes */
};

static bool
add_pids(struct request *q, const char *words, struct error *error)
{
	const char *word = words;

	for (;; word++) {
		char *end;
		long pid = strtol(word, &end, 10);

		if (!isdigit((unsigned char)*word) || (*end && *end != ',') || pid <= 0 ||
		    pid > 1 << 30)
			return error_format(error, words, 0, "not a process number");
		if (!array_reserve(&q->pids, &q->pid_capacity, q->pid_count + 1, sizeof(*q->pids)))
			return error_format(error, "", ENOMEM, "%s", "");
		q->pids[q->pid_count++] = (pid_t)pid;
		if (!*end)
			return true;
		word = end;
	}
}

/* What the pages of running processes came by is not known: faults map pages around. */
static bool
record_processes(const struct request *q, struct reader *r, struct working_set *t, FILE *to,
		 struct error *error)
{
	fputs("# shmstat record: pages mapped by", to);
	for (size_t i = 0; i < q->pid_count; i++) {
		struct process p;
		bool ok;

		if (!read_process(r, q->pids[i], DEPTH_PAGES, &p, error))
			return false;
		fprintf(to, "%s %d", i ? "," : "", (int)q->pids[i]);
		ok = touched_add(t, &p);
		process_free(&p);
		if (!ok)
			return error_format(error, "", ENOMEM, "%s", "");
	}
	fputs("; a fault maps up to 16 pages around\n", to);
	return true;
}

static bool
record_program(const struct request *q, struct reader *r, struct working_set *t, FILE *to,
	       struct error *error)
{
	struct followed f;

	if (!follow(q->argv, r, t, &f, error))
		return false;
	fprintf(to, "# shmstat record: pages touched by %zu program%s", f.programs,
		f.programs == 1 ? "" : "s");
	if (f.inexact)
		fprintf(to, "; in %zu a fault mapped up to 16 pages around", f.inexact);
	putc('\n', to);
	if (!WIFEXITED(f.status) || WEXITSTATUS(f.status))
		fprintf(stderr, "shmstat: note: the program ended with %s %d\n",
			WIFEXITED(f.status) ? "status" : "signal",
			WIFEXITED(f.status) ? WEXITSTATUS(f.status) : WTERMSIG(f.status));
	return true;
}

static int
record(const struct request *q, struct error *error)
{
	struct reader *r = reader_open();
	struct working_set *t = touched_new();
	struct touched_sum sum = {0};
	struct outfile out;
	bool ok = r && t;

	if (!ok)
		error_format(error, "", ENOMEM, "%s", "");
	else if ((ok = outfile_open(&out, q->output, error))) {
		ok = q->argv ? record_program(q, r, t, out.file, error)
			     : record_processes(q, r, t, out.file, error);
		if (ok) {
			touched_write(t, q->root, out.file, &sum);
			ok = outfile_close(&out, 0, error);
		} else {
			outfile_abandon(&out);
		}
	}
	touched_free(t);
	reader_close(r);
	if (ok && strcmp(q->output, "-") != 0)
		printf("%s: %zu pages of %zu files\n", q->output, sum.pages, sum.files);
	if (ok && sum.left_out)
		fprintf(stderr, "shmstat: note: %zu files have names that a profile cannot hold\n",
			sum.left_out);
	return ok ? 0 : 1;
}

/* -1 to go on, else the exit status. */
static int
parse_options(int argc, char **argv, struct request *q, struct error *error)
{
	struct command_line line = {
		.argc = argc, .argv = argv, .table = &option_table, .in_order = true};
	int letter;

	while ((letter = command_line_option(&line)) != COMMAND_LINE_END) {
		switch (letter) {
		case 'o':
			q->output = line.value;
			break;
		case 'r':
			q->root = line.value;
			break;
		case 'p':
			if (!add_pids(q, line.value, error))
				return 2;
			break;
		case 'h':
			usage(stdout);
			return 0;
		default:
			return 2;
		}
	}
	if (q->pid_count && line.next + 1 == argc && !q->output)
		q->output = argv[line.next++];
	if (!q->pid_count && line.next < argc)
		q->argv = argv + line.next;
	else if (!q->pid_count || line.next < argc) {
		usage(stderr);
		return 2;
	}
	if (!q->output)
		q->output = "shmstat.profile";
	return -1;
}

int
cmd_record(int argc, char **argv, struct error *error)
{
	struct request q = {0};
	int status = parse_options(argc, argv, &q, error);

	if (status < 0)
		status = record(&q, error);
	free(q.pids);
	return status;
}

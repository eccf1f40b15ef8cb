/* shmstat save FILE [PID]...: the state of processes, to be compared later. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/command_line.h"
#include "shmstat/cmd/commands.h"
#include "shmstat/cmd/snapshot.h"
#include "shmstat/cmd/snapshot_write.h"
#include "shmstat/read/list.h"

static const char before_options[] =
	"Usage: shmstat save [OPTION]... FILE [PID]...\n"
	"Save what processes share and have for themselves, object by object, with the\n"
	"symbols that made pages private; all processes, or those named. - is standard output.\n"
	"\n";

static const struct option_row option_rows[] = {
	{'c', 'c', OPTION_WANTS_VALUE, "command", " TEXT",
	 "only those with TEXT in name or command line"},
	{'h', 'h', OPTION_ALONE, "help", "", "print this text"},
};

static const struct option_table option_table = {option_rows,
						 sizeof(option_rows) / sizeof(option_rows[0]), 23};

static void
usage(FILE *to)
{
	command_line_help(to, before_options, &option_table, "");
}

static bool
save_one(struct process *p, void *arg)
{
	snapshot_add(arg, p);
	return true;
}

static bool
save_named(struct reader *r, struct snapshot_writer *w, char **words, struct error *error)
{
	for (; *words; words++) {
		struct process p;
		char *end;
		long pid = strtol(*words, &end, 10);

		if (!isdigit((unsigned char)**words) || *end || pid <= 0 || pid > 1 << 30)
			return error_format(error, *words, 0, "not a process number");
		if (!read_process(r, (pid_t)pid, DEPTH_PAGES, &p, error))
			return false;
		snapshot_add(w, &p);
		process_free(&p);
	}
	return true;
}

/* Processes that end meanwhile, or may not be read, are left out of a save of all. */
static bool
save(const char *path, char **pids, const struct filter *filter, struct error *error)
{
	struct reader *r = reader_open();
	struct snapshot_writer *w;
	struct skipped skipped = {0};
	char names[800];
	bool ok;

	if (!r)
		return error_format(error, "", ENOMEM, "%s", "");
	w = snapshot_begin(path, error);
	if (!w) {
		reader_close(r);
		return false;
	}
	ok = *pids ? save_named(r, w, pids, error)
		   : read_all(r, filter, DEPTH_PAGES, save_one, w, &skipped, error);
	reader_close(r);
	if (ok && snapshot_count(w) == 0)
		ok = error_format(error, "", 0, "no process to save that may be read");
	if (!ok) {
		snapshot_abandon(w);
		return false;
	}
	if (!snapshot_end(w, error))
		return false;
	if (skipped.denied) /* told by main, and no failure */
		error_format(error, "", 0, "%zu processes may not be read, and are left out: %s",
			     skipped.denied, skipped_names(&skipped, names, sizeof(names)));
	return true;
}

int
cmd_save(int argc, char **argv, struct error *error)
{
	struct filter filter = {.uid = -1};
	struct command_line line = {.argc = argc, .argv = argv, .table = &option_table};
	int letter;

	while ((letter = command_line_option(&line)) != COMMAND_LINE_END) {
		switch (letter) {
		case 'c':
			filter.command = line.value;
			break;
		case 'h':
			usage(stdout);
			return 0;
		default:
			return 2;
		}
	}
	if (line.next == argc) {
		usage(stderr);
		return 2;
	}
	return save(argv[line.next], argv + line.next + 1, &filter, error) ? 0 : 1;
}

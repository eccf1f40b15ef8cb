/* `shmstat [OPTION]... [PID]...`: the options of the views. */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/array.h"
#include "shmstat/cmd/commands.h"
#include "shmstat/view/view.h"

static void
usage(FILE *to)
{
	fputs("Usage: shmstat [OPTION]... [PID]...\n"
	      "   or: shmstat COMMAND [ARGUMENT]...      (shmstat COMMAND --help tells more)\n"
	      "Show how much memory processes share, have for themselves, and why.\n"
	      "\n"
	      "Without PID: a line for each process. With PID: its objects.\n"
	      "\n"
	      "  -s, --summary        a line for each process, also with PID\n"
	      "      --objects        objects, also without PID\n"
	      "      --segments       mappings\n"
	      "      --sections       sections with private pages\n"
	      "      --symbols        variables that made pages private\n"
	      "      --lines          the same with their types and declarations\n"
	      "      --why            each private page of an object, and the reason\n"
	      "      --bytes          with --why: what was there, and what is\n"
	      "      --libs           objects over all processes\n"
	      "  -t, --tree           children below their parents; with PID: its descendants\n"
	      "  -p, --pid PID        the same as PID\n"
	      "  -u, --user USER      only processes of this user\n"
	      "  -c, --command TEXT   only those with TEXT in name or command line\n"
	      "  -g, --cgroup TEXT    only those with TEXT in the path of their cgroup\n"
	      "  -o, --object TEXT    only those that map such a file; of it only\n"
	      "  -x, --xipld          only those that xipld launched\n"
	      "  -k, --sort FIELD     order by a column or a field of --json (numbers: largest "
	      "first)\n"
	      "  -j, --json           as JSON\n"
	      "      --csv            as CSV\n"
	      "      --html FILE      as a page: charts; with PID: every page, in colours\n"
	      "      --svg FILE       the pages of PID as a picture\n"
	      "      --interval S     again every S seconds, until it is interrupted\n"
	      "      --count N        with --interval: so many times\n"
	      "  -h, --help           print this text\n"
	      "  -V, --version        print the version\n"
	      "\n"
	      "Commands: save, diff, advise, dups, compare, record, watch.\n"
	      "Exit status: 0, 1 if a process could not be read or none was found, 2 for wrong "
	      "usage.\n",
	      to);
}

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

static const struct option longopts[] = {
	{"summary", no_argument, NULL, 's'},
	{"objects", no_argument, NULL, OPTION_OBJECTS},
	{"segments", no_argument, NULL, OPTION_SEGMENTS},
	{"sections", no_argument, NULL, OPTION_SECTIONS},
	{"symbols", no_argument, NULL, OPTION_SYMBOLS},
	{"lines", no_argument, NULL, OPTION_LINES},
	{"why", no_argument, NULL, OPTION_WHY},
	{"bytes", no_argument, NULL, OPTION_BYTES},
	{"libs", no_argument, NULL, OPTION_LIBS},
	{"tree", no_argument, NULL, 't'},
	{"pid", required_argument, NULL, 'p'},
	{"user", required_argument, NULL, 'u'},
	{"command", required_argument, NULL, 'c'},
	{"cgroup", required_argument, NULL, 'g'},
	{"object", required_argument, NULL, 'o'},
	{"xipld", no_argument, NULL, 'x'},
	{"sort", required_argument, NULL, 'k'},
	{"json", no_argument, NULL, 'j'},
	{"csv", no_argument, NULL, OPTION_CSV},
	{"html", required_argument, NULL, OPTION_HTML},
	{"svg", required_argument, NULL, OPTION_SVG},
	{"interval", required_argument, NULL, OPTION_INTERVAL},
	{"count", required_argument, NULL, OPTION_COUNT},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},
	{NULL, 0, NULL, 0},
};

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
add_pid(struct request *q, const char *word, struct fault *fault)
{
	char *end;
	long pid = strtol(word, &end, 10);

	if (!isdigit((unsigned char)word[0]) || *end || pid <= 0 || pid > 1 << 30)
		return fault_set(fault, word, 0, "not a process number");
	if (!array_reserve(&q->pids, &q->pid_capacity, q->o.pid_count + 1, sizeof(*q->pids)))
		return fault_set(fault, "", ENOMEM, "%s", "");
	q->pids[q->o.pid_count++] = (pid_t)pid;
	return true;
}

static bool
take_user(struct request *q, const char *name, struct fault *fault)
{
	struct passwd *user = getpwnam(name);
	char *end;
	unsigned long uid = strtoul(name, &end, 10);

	if (user) {
		q->o.filter.uid = (long)user->pw_uid;
		return true;
	}
	if (!isdigit((unsigned char)name[0]) || *end || uid > UINT32_MAX)
		return fault_set(fault, name, 0, "no such user");
	q->o.filter.uid = (long)uid;
	return true;
}

static bool
take_repetition(struct request *q, int letter, struct fault *fault)
{
	char *end;

	if (letter == OPTION_INTERVAL) {
		q->interval = strtod(optarg, &end);
		if (end == optarg || *end || !(q->interval > 0 && q->interval <= 1e6))
			return fault_set(fault, optarg, 0, "not a number of seconds");
		return true;
	}
	q->count = strtoul(optarg, &end, 10);
	if (!isdigit((unsigned char)optarg[0]) || *end || q->count == 0)
		return fault_set(fault, optarg, 0, "not a number of times");
	return true;
}

static bool
take_filter(struct request *q, int letter, struct fault *fault)
{
	switch (letter) {
	case 'p':
		return add_pid(q, optarg, fault);
	case 'u':
		return take_user(q, optarg, fault);
	case 'c':
		q->o.filter.command = optarg;
		return true;
	case 'g':
		q->o.filter.cgroup = optarg;
		return true;
	case 'o':
		q->o.filter.object = optarg;
		return true;
	case 'x':
		q->o.only_xipld = true;
		return true;
	case OPTION_INTERVAL:
	case OPTION_COUNT:
		return take_repetition(q, letter, fault);
	case 'k':
		q->o.sort = optarg;
		return true;
	default: /* getopt has said what is wrong */
		return false;
	}
}

static bool
take_option(struct request *q, int letter, struct fault *fault)
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
		q->o.picture = optarg;
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
		return take_filter(q, letter, fault);
	}
}

/* --help and --version are printed at once. */
static bool
take_options(struct request *q, int argc, char **argv, struct fault *fault)
{
	int letter;

	while ((letter = getopt_long(argc, argv, "stp:u:c:g:o:xk:jhV", longopts, NULL)) != -1) {
		if (!take_option(q, letter, fault))
			return false;
		if (q->done) {
			if (letter == 'h')
				usage(stdout);
			else
				puts("shmstat " XIPLD_VERSION);
			return true;
		}
	}
	for (; optind < argc; optind++)
		if (!add_pid(q, argv[optind], fault))
			return false;
	return true;
}

/* What options mean together. */
static bool
settle(struct request *q, struct fault *fault)
{
	struct view_options *o = &q->o;

	if (q->view < 0)
		q->view = o->pid_count && !o->tree ? VIEW_OBJECTS : VIEW_PROCESSES;
	o->view = (enum view)q->view;
	o->pids = q->pids;
	if (o->tree && o->view != VIEW_PROCESSES)
		return fault_set(fault, "", 0, "--tree goes with the view of processes only");
	if (o->tree && o->sort)
		return fault_set(fault, "", 0, "--tree has its own order: no --sort");
	if (o->tree && o->pid_count > 1)
		return fault_set(fault, "", 0, "--tree takes one PID at most");
	if (o->bytes && o->view != VIEW_WHY)
		return fault_set(fault, "", 0, "--bytes goes with --why only");
	if (q->count && q->interval <= 0)
		return fault_set(fault, "", 0, "--count goes with --interval only");
	if (o->svg && o->pid_count != 1)
		return fault_set(fault, "", 0, "--svg takes one PID");
	if (o->tree && o->pid_count) {
		o->filter.tree = q->pids[0];
		o->pid_count = 0;
	}
	output_init(&o->out, q->format);
	return true;
}

static int
run(const struct view_options *o, struct fault *fault)
{
	struct reader *r = reader_open();
	int status;

	if (!r) {
		fault_set(fault, "", ENOMEM, "%s", "");
		return 1;
	}
	switch (o->view) {
	case VIEW_PROCESSES:
		status = view_processes(r, o, fault);
		break;
	case VIEW_OBJECTS:
	case VIEW_SEGMENTS:
		status = view_objects(r, o, fault);
		break;
	case VIEW_LIBS:
		status = view_libs(r, o, fault);
		break;
	case VIEW_PICTURE:
		status = view_picture(r, o, fault);
		break;
	default:
		status = view_private(r, o, fault);
	}
	reader_close(r);
	return status;
}

/* Each time anew, at the same pace however long it takes. */
static int
run_repeatedly(const struct request *q, struct fault *fault)
{
	struct timespec next;
	int status;

	clock_gettime(CLOCK_MONOTONIC, &next);
	for (unsigned long i = 1;; i++) {
		status = run(&q->o, fault);
		if (status == 1 && q->interval > 0 && q->o.pid_count == 0 && i != q->count) {
			fault_print(fault); /* none passes the filter yet, or any more */
			*fault = (struct fault){0};
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
cmd_view(int argc, char **argv, struct fault *fault)
{
	struct request q = {.view = -1, .o.filter.uid = -1};
	int status = 2;

	if (take_options(&q, argc, argv, fault) && (q.done || settle(&q, fault)))
		status = q.done ? 0 : run_repeatedly(&q, fault);
	free(q.pids);
	return status;
}

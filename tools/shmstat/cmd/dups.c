/* The sub-command: shmstat dups [PID]... */
#include "shmstat/cmd/commands.h"
#include "shmstat/dups/dups.h"
#include "shmstat/dups/print.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_MEMORY (32u << 20)
#define LEAST_MEGABYTES 1
#define MOST_MEGABYTES 65536

struct request {
	struct dups_options options;
	size_t top;
	bool json, csv;
};

static void
usage(FILE *to)
{
	fputs("Usage: shmstat dups [OPTION]... [PID]...\n"
	      "Find pages and files with equal content in the memory of all processes, or of "
	      "those\n"
	      "named, and say how much memory keeping one of each would give back.\n"
	      "\n"
	      "  -n, --top N       N entries of each list (20; 0: all)\n"
	      "  -m, --memory MB   memory to compare with (32); less takes more rounds\n"
	      "  -q, --quiet       no progress on the terminal\n"
	      "  -j, --json        as JSON\n"
	      "      --csv         pairs as comma-separated values\n"
	      "  -h, --help        print this text\n"
	      "  -V, --version     print the version\n"
	      "\n"
	      "Exit status: 0, 1 if nothing could be read, 2 for wrong usage.\n",
	      to);
}

enum { OPT_CSV = 256 };

static const struct option longopts[] = {
	{"top", required_argument, NULL, 'n'}, {"memory", required_argument, NULL, 'm'},
	{"quiet", no_argument, NULL, 'q'},     {"json", no_argument, NULL, 'j'},
	{"csv", no_argument, NULL, OPT_CSV},   {"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},   {NULL, 0, NULL, 0},
};

static bool
take_number(const char *s, unsigned long least, unsigned long most, size_t *n)
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
take_options(int argc, char **argv, struct request *r, struct fault *fault)
{
	int letter;
	size_t megabytes;

	while ((letter = getopt_long(argc, argv, "n:m:qjhV", longopts, NULL)) != -1) {
		switch (letter) {
		case 'n':
			if (take_number(optarg, 0, ULONG_MAX, &r->top))
				break;
			fault_set(fault, "dups", 0, "%s: not a number", optarg);
			return 2;
		case 'm':
			if (take_number(optarg, LEAST_MEGABYTES, MOST_MEGABYTES, &megabytes)) {
				r->options.memory = megabytes << 20;
				break;
			}
			fault_set(fault, "dups", 0, "%s: not a number of megabytes from %d to %d",
				  optarg, LEAST_MEGABYTES, MOST_MEGABYTES);
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

/* The processes named, each once; false after a message in *fault. */
static bool
take_processes(char **names, size_t count, int *pids, size_t *kept, struct fault *fault)
{
	*kept = 0;
	for (size_t i = 0; i < count; i++) {
		size_t pid, k = 0;

		if (!take_number(names[i], 1, 1 << 30, &pid))
			return fault_set(fault, names[i], 0, "not a process number");
		while (k < *kept && pids[k] != (int)pid)
			k++;
		pids[k] = (int)pid;
		*kept += k == *kept;
	}
	return true;
}

static int
run(struct request *r, struct fault *fault)
{
	struct dups d;
	int status = 1;

	if (!dups_find(&d, &r->options, fault)) {
		dups_free(&d);
		return 1;
	}
	if (d.walk.counts.processes == 0) {
		fault_set(fault, "dups", 0, "no process could be read");
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
cmd_dups(int argc, char **argv, struct fault *fault)
{
	struct request r = {.options = {.memory = DEFAULT_MEMORY}, .top = 20};
	int status, *pids = NULL;

	r.options.progress = isatty(STDERR_FILENO);
	status = take_options(argc, argv, &r, fault);
	if (status >= 0)
		return status;
	if (optind < argc) {
		pids = calloc((size_t)(argc - optind), sizeof(*pids));
		if (!pids) {
			fault_set(fault, "", ENOMEM, "%s", "");
			return 1;
		}
		if (!take_processes(argv + optind, (size_t)(argc - optind), pids,
				    &r.options.pid_count, fault)) {
			free(pids);
			return 2;
		}
		r.options.pids = pids;
	}
	status = run(&r, fault);
	free(pids);
	return status;
}

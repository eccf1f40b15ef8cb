#include "xipstore/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/command_line.h"

struct options options = {.older_than = -1, .wait = 30, .idle_exit = -1, .seconds = -1, .cpus = 1};

#define CPUS_MOST 256

enum {
	OPT_STORE = 256,
	OPT_DRY_RUN,
	OPT_OLDER_THAN,
	OPT_WAIT,
	OPT_SOCKET,
	OPT_IDLE_EXIT,
	OPT_TIME,
	OPT_CPUS
};

static const char before_options[] =
	"Usage: xipstore [OPTION]... COMMAND [PROGRAM]...\n"
	"Look after the store in which xipld keeps linked programs.\n"
	"\n"
	"  add PROGRAM...       link ahead: publish plans without running the programs\n"
	"  refresh [PROGRAM]... publish again what was made stale, most used first\n"
	"  list                 the plans: state, size, age, shared and own pages\n"
	"  show PROGRAM...      object by object what is shared, and why the rest is not\n"
	"  bindings PROGRAM...  from which object to which each symbol is bound\n"
	"  why PROGRAM...       whether a program gets a plan, and why\n"
	"  serve                publish what launches ask for\n"
	"  status               size, limit, plans by state, what the publisher did\n"
	"  limit [SIZE]         how much of the disk the store may take: 64M, 5%, none, default\n"
	"  verify               check all content of the store\n"
	"  gc                   remove what no plan or file needs\n"
	"  rerandomize          begin a new epoch at a new random address\n"
	"\n";

static const struct option_row option_rows[] = {
	{OPT_STORE, 0, OPTION_WANTS_VALUE, "store", " DIR",
	 "this store (else XIPLD_STORE, else /var/cache/xipld for"},
	{0, 0, OPTION_TEXT, "", "", "root, $XDG_CACHE_HOME/xipld or ~/.cache/xipld for others)"},
	{'j', 0, OPTION_ALONE, "json", "", "print JSON"},
	{OPT_DRY_RUN, 0, OPTION_ALONE, "dry-run", "",
	 "gc, refresh, rerandomize: say what would be done, do nothing"},
	{OPT_OLDER_THAN, 0, OPTION_WANTS_VALUE, "older-than", " DAYS",
	 "gc: remove good plans too that were not used for DAYS days"},
	{OPT_WAIT, 0, OPTION_WANTS_VALUE, "wait", " SECONDS",
	 "how long to wait while another process publishes (30)"},
	{OPT_TIME, 0, OPTION_WANTS_VALUE, "time", " SECONDS",
	 "refresh: stop after so long, and say what is left"},
	{OPT_CPUS, 0, OPTION_WANTS_VALUE, "cpus", " N", "refresh: make N plans at once (1)"},
	{OPT_SOCKET, 0, OPTION_WANTS_VALUE, "socket", " PATH",
	 "serve, why, status: listen or ask there (else /run/xipld/publish for"},
	{0, 0, OPTION_TEXT, "", "", "root, $XDG_RUNTIME_DIR/xipld/publish for others)"},
	{OPT_IDLE_EXIT, 0, OPTION_WANTS_VALUE, "idle-exit", " SECONDS",
	 "serve: end after so long without a request"},
	{'h', 'h', OPTION_ALONE, "help", "", "print this text"},
	{'V', 'V', OPTION_ALONE, "version", "", "print the version"},
};

static const struct option_table option_table = {option_rows,
						 sizeof(option_rows) / sizeof(option_rows[0]), 25};

static const char after_options[] =
	"\n"
	"Exit status: 0, 1 if something failed or verify found a problem, 2 for wrong usage.\n";

int
usage_error(const char *what, const char *why)
{
	fprintf(stderr, "xipstore: %s: %s (try 'xipstore --help')\n", what, why);
	return 2;
}

static bool
parse_number(const char *s, long *n)
{
	char *end;

	errno = 0;
	*n = strtol(s, &end, 10);
	return !errno && end != s && !*end && *n >= 0 && *n <= 1000000;
}

/* Returns -1 to go on, or an exit status. */
static int
parse_option(int letter, const char *value)
{
	long n;

	switch (letter) {
	case OPT_STORE:
		options.store = value;
		return -1;
	case 'j':
		options.json = true;
		return -1;
	case OPT_DRY_RUN:
		options.dry_run = true;
		return -1;
	case OPT_OLDER_THAN:
		if (!parse_number(value, &options.older_than))
			return usage_error(value, "not a number of days");
		return -1;
	case OPT_WAIT:
		if (!parse_number(value, &n))
			return usage_error(value, "not a number of seconds");
		options.wait = (unsigned)n;
		return -1;
	case OPT_TIME:
		if (!parse_number(value, &options.seconds))
			return usage_error(value, "not a number of seconds");
		return -1;
	case OPT_CPUS:
		if (!parse_number(value, &n) || n < 1 || n > CPUS_MOST)
			return usage_error(value, "not a number of plans at once, 1 to 256");
		options.cpus = (unsigned)n;
		return -1;
	case OPT_SOCKET:
		options.socket = value;
		return -1;
	case OPT_IDLE_EXIT:
		if (!parse_number(value, &options.idle_exit))
			return usage_error(value, "not a number of seconds");
		return -1;
	case 'h':
		command_line_help(stdout, before_options, &option_table, after_options);
		return 0;
	case 'V':
		puts("xipstore " XIPLD_VERSION);
		return 0;
	default:
		fputs("Try 'xipstore --help'.\n", stderr);
		return 2;
	}
}

int
options_parse(int argc, char **argv, char ***words)
{
	struct command_line line = {.argc = argc, .argv = argv, .table = &option_table};
	int letter, status;

	while ((letter = command_line_option(&line)) != COMMAND_LINE_END)
		if ((status = parse_option(letter, line.value)) >= 0)
			return status;
	*words = argv + line.next;
	return line.next < argc ? -1 : usage_error("COMMAND", "not given");
}

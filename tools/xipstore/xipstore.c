/* xipstore: looks after the store in which xipld keeps linked programs. */
#include "xipstore/command.h"
#include "sys/sys.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct options options = {.older_than = -1, .wait = 30};

static const char help[] =
	"Usage: xipstore [OPTION]... COMMAND [PROGRAM]...\n"
	"Look after the store in which xipld keeps linked programs.\n"
	"\n"
	"  add PROGRAM...       link ahead: publish plans without running the programs\n"
	"  list                 the plans: state, size, age, shared and own pages\n"
	"  show PROGRAM...      object by object what is shared, and why the rest is not\n"
	"  bindings PROGRAM...  from which object to which each symbol is bound\n"
	"  verify               check all content of the store\n"
	"  gc                   remove what no plan or file needs\n"
	"  rebase               begin a new epoch at a new random address\n"
	"\n"
	"      --store DIR        this store (else XIPLD_STORE, else /var/cache/xipld for\n"
	"                         root, $XDG_CACHE_HOME/xipld or ~/.cache/xipld for others)\n"
	"      --json             print JSON\n"
	"      --dry-run          gc, rebase: say what would be done, and do nothing\n"
	"      --older-than DAYS  gc: remove good plans too that were not used for DAYS days\n"
	"      --wait SECONDS     how long to wait while another process publishes (30)\n"
	"  -h, --help             print this text\n"
	"  -V, --version          print the version\n"
	"\n"
	"Exit status: 0, 1 if something failed or verify found a problem, 2 for wrong usage.\n";

static const struct {
	char name[12];
	int (*run)(char **arguments);
	bool programs; /* wants some; the others take none */
} commands[] = {
	{"add", command_add, true},	   {"list", command_list, false},
	{"show", command_show, true},	   {"bindings", command_bindings, true},
	{"verify", command_verify, false}, {"gc", command_gc, false},
	{"rebase", command_rebase, false},
};

static int
usage_error(const char *what, const char *why)
{
	fprintf(stderr, "xipstore: %s: %s (try 'xipstore --help')\n", what, why);
	return 2;
}

static bool
take_number(const char *s, long *n)
{
	char *end;

	errno = 0;
	*n = strtol(s, &end, 10);
	return !errno && end != s && !*end && *n >= 0 && *n <= 1000000;
}

static int
run(char **argv)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, argv[0]) != 0)
			continue;
		if (commands[i].programs && !argv[1])
			return usage_error(argv[0], "no program given");
		if (!commands[i].programs && argv[1])
			return usage_error(argv[1], "unexpected argument");
		return commands[i].run(argv + 1);
	}
	return usage_error(argv[0], "unknown command");
}

enum { OPT_STORE = 256, OPT_DRY_RUN, OPT_OLDER_THAN, OPT_WAIT };

/* Returns -1 to go on, or an exit status. */
static int
take_option(int letter)
{
	long n;

	switch (letter) {
	case OPT_STORE:
		options.store = optarg;
		return -1;
	case 'j':
		options.json = true;
		return -1;
	case OPT_DRY_RUN:
		options.dry_run = true;
		return -1;
	case OPT_OLDER_THAN:
		if (!take_number(optarg, &options.older_than))
			return usage_error(optarg, "not a number of days");
		return -1;
	case OPT_WAIT:
		if (!take_number(optarg, &n))
			return usage_error(optarg, "not a number of seconds");
		options.wait = (unsigned)n;
		return -1;
	case 'h':
		fputs(help, stdout);
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
main(int argc, char **argv)
{
	static const struct option longopts[] = {
		{"store", required_argument, NULL, OPT_STORE},
		{"json", no_argument, NULL, 'j'},
		{"dry-run", no_argument, NULL, OPT_DRY_RUN},
		{"older-than", required_argument, NULL, OPT_OLDER_THAN},
		{"wait", required_argument, NULL, OPT_WAIT},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{NULL, 0, NULL, 0},
	};
	int letter, status = -1;

	page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
	umask(022); /* other users' launches read the store */
	while (status < 0 && (letter = getopt_long(argc, argv, "hV", longopts, NULL)) != -1)
		status = take_option(letter);
	if (status < 0)
		status = optind < argc ? run(argv + optind) : usage_error("COMMAND", "not given");
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "xipstore: standard output: %s\n", strerror(errno));
		return 1;
	}
	return status;
}

/* xipstore: looks after the store in which xipld keeps linked programs. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/sys.h"
#include "xipstore/command.h"
#include "xipstore/options.h"

static const struct {
	char name[12];
	int (*run)(char **arguments);
	enum { NONE, SOME, ANY } words; /* behind it */
} commands[] = {
	{"add", command_add, SOME},
	{"refresh", command_refresh, ANY},
	{"list", command_list, NONE},
	{"show", command_show, SOME},
	{"bindings", command_bindings, SOME},
	{"why", command_why, SOME},
	{"serve", command_serve, NONE},
	{"status", command_status, NONE},
	{"limit", command_limit, ANY},
	{"verify", command_verify, NONE},
	{"gc", command_gc, NONE},
	{"rerandomize", command_rerandomize, NONE},
	{"rebase", command_rerandomize, NONE}, /* its former name */
};

static int
run(char **argv)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, argv[0]) != 0)
			continue;
		if (commands[i].words == SOME && !argv[1])
			return usage_error(argv[0], "no program given");
		if (commands[i].words == NONE && argv[1])
			return usage_error(argv[1], "unexpected argument");
		return commands[i].run(argv + 1);
	}
	return usage_error(argv[0], "unknown command");
}

int
main(int argc, char **argv)
{
	char **words;
	int status;

	page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
	umask(022); /* other users' launches read the store */
	status = options_parse(argc, argv, &words);
	if (status < 0)
		status = run(words);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "xipstore: standard output: %s\n", strerror(errno));
		return 1;
	}
	return status;
}

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
	bool programs; /* wants some; the others take none */
} commands[] = {
	{"add", command_add, true},
	{"list", command_list, false},
	{"show", command_show, true},
	{"bindings", command_bindings, true},
	{"why", command_why, true},
	{"serve", command_serve, false},
	{"verify", command_verify, false},
	{"gc", command_gc, false},
	{"rerandomize", command_rerandomize, false},
	{"rebase", command_rerandomize, false}, /* its former name */
};

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

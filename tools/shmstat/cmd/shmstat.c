/* shmstat: where the memory of processes goes, page by page.  Here: which command, and errors. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "shmstat/cmd/commands.h"

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv, struct error *error);
} commands[] = {
	{"view", cmd_view},	{"save", cmd_save},   {"diff", cmd_diff},
	{"advise", cmd_advise}, {"dups", cmd_dups},   {"compare", cmd_compare},
	{"record", cmd_record}, {"watch", cmd_watch},
};

static const struct command *
command_named(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

int
main(int argc, char **argv)
{
	const struct command *command = argc > 1 ? command_named(argv[1]) : NULL;
	struct error error = {0};
	int status;

	if (command)
		status = command->run(argc - 1, argv + 1, &error);
	else
		status = cmd_view(argc, argv, &error);
	if (error_is_set(&error))
		error_print(&error);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "shmstat: standard output: %s\n", strerror(errno));
		return 1;
	}
	return status;
}

/* The sub-commands. Each returns the exit status: 0, 1 after messages, 2 for wrong usage. */
#ifndef XIPSTORE_COMMAND_H
#define XIPSTORE_COMMAND_H

#include <stdbool.h>

/* The command line. */
struct options {
	const char *store; /* --store, or NULL */
	bool json, dry_run;
	long older_than; /* days; -1: no limit */
	unsigned wait; /* seconds */
};

extern struct options options;

int command_add(char **programs);
int command_list(char **none);
int command_show(char **programs);
int command_bindings(char **programs);
int command_verify(char **none);
int command_gc(char **none);
int command_rebase(char **none);

#endif

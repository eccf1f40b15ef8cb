/* The command line. */
#ifndef XIPSTORE_OPTIONS_H
#define XIPSTORE_OPTIONS_H

#include <stdbool.h>

struct options {
	const char *store; /* --store, or NULL */
	bool json, dry_run;
	long older_than; /* days; -1: no limit */
	unsigned wait; /* seconds */
	const char *socket; /* of a publisher, or NULL */
	long idle_exit; /* seconds; -1: never */
	long seconds; /* that refresh may take; -1: as long as it takes */
	unsigned cpus; /* plans that refresh makes at once */
};

extern struct options options;

/*
 * Fill `options`. Returns -1 to go on, with the words of the command in *words, else the status to
 * exit with (--help, --version printed; or a usage error reported).
 */
int options_parse(int argc, char **argv, char ***words);

/* Report wrong usage of `what`; returns the exit status for that. */
int usage_error(const char *what, const char *why);

#endif

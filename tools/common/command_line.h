/*
 * Command lines, read by a table of options (lib/options.h) as getopt_long(3) reads them: names may
 * be shortened, options may stand behind arguments.
 */
#ifndef TOOLS_COMMON_COMMAND_LINE_H
#define TOOLS_COMMON_COMMAND_LINE_H

#include <stdio.h>

#include "lib/options.h"

enum { COMMAND_LINE_END = -1, COMMAND_LINE_WRONG = -2 };

struct command_line {
	int argc;
	char **argv;
	const struct option_table *table;
	bool in_order; /* the first argument ends the options */
	const char *value; /* of the option that came last; NULL: none */
	int next; /* at the end: index of the first argument */
};

/*
 * The number of the next option; COMMAND_LINE_END; COMMAND_LINE_WRONG after a message of getopt's.
 */
int command_line_option(struct command_line *c);

/* What --help prints: text, the lines of the options, text. */
void command_line_help(FILE *to, const char *before, const struct option_table *table,
		       const char *after);

#endif

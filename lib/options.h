/*
 * The options of a program: one table, by which its command line is read and from which its --help
 * is made. A row is a line of --help.
 *
 * Rows hold no pointers: the loader, which has no relocations, has such a table too.
 */
#ifndef LIB_OPTIONS_H
#define LIB_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum option_value {
	OPTION_ALONE, /* takes no value */
	OPTION_WANTS_VALUE,
	OPTION_MAY_HAVE_VALUE, /* --name=VALUE, or --name alone */
	OPTION_TEXT, /* no option: more help for the one before */
	OPTION_HEADING, /* no option: a line of its own */
	OPTION_HIDDEN = 0x10 /* with one of the first three: not in --help */
};

struct option_row {
	int16_t number; /* what it is to the program: not negative */
	char letter; /* -x; 0: it has none */
	uint8_t value; /* enum option_value */
	char name[18]; /* without "--" */
	char operand[20]; /* in --help, behind the name: " DIR", "=all", "[=PROGRAM]" */
	char help[72];
};

struct option_table {
	const struct option_row *rows;
	size_t count;
	unsigned column; /* where help begins; the first is 0 */
};

/*
 * The lines of --help, NUL-terminated, into `to`. Returns the bytes that all of them have, without
 * the NUL; what does not fit is left out.
 */
size_t options_help(const struct option_table *t, char *to, size_t size);

/*
 * The option that an argument names, "-x", "--name" or "--name=VALUE"; NULL: none. *value: what
 * stands behind the '=', or NULL. Several rows may have one name: it is the first.
 */
const struct option_row *options_find(const struct option_table *t, const char *argument,
				      const char **value);

/* Is the row an option, and the first of its name? */
bool option_is_first(const struct option_table *t, size_t row);

#endif

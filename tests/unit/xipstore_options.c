/* The command line of xipstore. */
#include <fcntl.h>
#include <getopt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "xipstore/options.h"

#define MOST_WORDS 12

static char **command;

/* The words of a line, apart at blanks; "xipstore" before them. The status of options_parse. */
static int
parse(const char *line)
{
	static char copy[256], *words[MOST_WORDS + 1];
	int count = 1, quiet = open("/dev/null", O_WRONLY), error = dup(2), status;

	strncpy(copy, line, sizeof(copy) - 1);
	words[0] = (char *)"xipstore";
	for (char *w = strtok(copy, " "); w && count < MOST_WORDS; w = strtok(NULL, " "))
		words[count++] = w;
	words[count] = NULL;
	optind = 0;
	options = (struct options){.older_than = -1, .wait = 30};
	command = NULL;
	dup2(quiet, 2);
	status = options_parse(count, words, &command);
	dup2(error, 2);
	close(quiet);
	close(error);
	return status;
}

static void
options_stand_before_and_behind_the_command(void **state)
{
	(void)state;
	assert_int_equal(parse("--store /s show --json bash"), -1);
	assert_string_equal(options.store, "/s");
	assert_true(options.json);
	assert_false(options.dry_run);
	assert_string_equal(command[0], "show");
	assert_string_equal(command[1], "bash");
	assert_null(command[2]);
}

static void
without_options_all_is_as_ever(void **state)
{
	(void)state;
	assert_int_equal(parse("gc"), -1);
	assert_null(options.store);
	assert_false(options.json || options.dry_run);
	assert_int_equal(options.older_than, -1);
	assert_int_equal(options.wait, 30);
}

static void
days_and_seconds_are_whole_numbers(void **state)
{
	(void)state;
	assert_int_equal(parse("gc --older-than 0 --wait=5"), -1);
	assert_int_equal(options.older_than, 0);
	assert_int_equal(options.wait, 5);
	assert_int_equal(parse("gc --older-than 1000000"), -1);
	assert_int_equal(options.older_than, 1000000);
	assert_int_equal(parse("gc --older-than -1"), 2);
	assert_int_equal(parse("gc --older-than 1000001"), 2);
	assert_int_equal(parse("gc --older-than 3d"), 2);
	assert_int_equal(parse("gc --wait soon"), 2);
	assert_int_equal(parse("gc --wait="), 2);
}

static void
a_command_is_wanted(void **state)
{
	(void)state;
	assert_int_equal(parse(""), 2);
	assert_int_equal(parse("--json"), 2);
	assert_int_equal(parse("list --nonsense"), 2);
	assert_int_equal(parse("list --store"), 2);
	assert_int_equal(parse("-- --json"), -1);
	assert_string_equal(command[0], "--json");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_stand_before_and_behind_the_command),
		cmocka_unit_test(without_options_all_is_as_ever),
		cmocka_unit_test(days_and_seconds_are_whole_numbers),
		cmocka_unit_test(a_command_is_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The table of options: what --help says, and how command lines are read by it. */
#include <fcntl.h>
#include <getopt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/command_line.h"
#include "lib/options.h"

enum { ALL, DEPTH, SHARE, LINK, SECRET };

static const struct option_row rows[] = {
	{0, 0, OPTION_HEADING, "", "", "What is done"},
	{ALL, 'a', OPTION_ALONE, "all", "", "everything"},
	{DEPTH, 'd', OPTION_WANTS_VALUE, "depth", " N", "so deep,"},
	{0, 0, OPTION_TEXT, "", "", "and no deeper"},
	{SHARE, 0, OPTION_WANTS_VALUE, "share", "=all", "pages too"},
	{SHARE, 0, OPTION_WANTS_VALUE, "share", "=text", "text only"},
	{LINK, 'l', OPTION_MAY_HAVE_VALUE, "link", "[=PROGRAM]", "link it"},
	{SECRET, 0, OPTION_ALONE | OPTION_HIDDEN, "secret", "", "not told"},
};

static const struct option_table table = {rows, sizeof(rows) / sizeof(rows[0]), 18};

static const char help[] = "What is done\n"
			   "  -a, --all       everything\n"
			   "  -d, --depth N   so deep,\n"
			   "                  and no deeper\n"
			   "      --share=all pages too\n"
			   "      --share=text  text only\n"
			   "  -l, --link[=PROGRAM]  link it\n";

static void
help_has_a_line_for_each_row(void **state)
{
	char text[1024];

	(void)state;
	assert_int_equal(options_help(&table, text, sizeof(text)), sizeof(help) - 1);
	assert_string_equal(text, help);
}

static void
help_that_does_not_fit_is_cut_and_counted(void **state)
{
	char text[20];

	(void)state;
	memset(text, '!', sizeof(text));
	assert_int_equal(options_help(&table, text, 16), sizeof(help) - 1);
	assert_memory_equal(text, help, 15);
	assert_int_equal(text[15], '\0');
	assert_int_equal(text[16], '!');
	assert_int_equal(options_help(&table, NULL, 0), sizeof(help) - 1);
}

static void
an_argument_names_an_option(void **state)
{
	const char *value;

	(void)state;
	assert_ptr_equal(options_find(&table, "--all", &value), &rows[1]);
	assert_null(value);
	assert_ptr_equal(options_find(&table, "-d", &value), &rows[2]);
	assert_null(value);
	assert_ptr_equal(options_find(&table, "--depth=", &value), &rows[2]);
	assert_string_equal(value, "");
	assert_ptr_equal(options_find(&table, "--share=text", &value), &rows[4]);
	assert_string_equal(value, "text");
	assert_ptr_equal(options_find(&table, "--secret", &value), &rows[7]);
}

static void
other_arguments_name_none(void **state)
{
	static const char *const arguments[] = {"",	"-",	  "--",		 "all",	 "-x",
						"-all", "--al",	  "--allx",	 "--a=", "-d5",
						"--=x", "---all", "What is done"};
	const char *value;

	(void)state;
	for (size_t i = 0; i < sizeof(arguments) / sizeof(arguments[0]); i++)
		assert_null(options_find(&table, arguments[i], &value));
}

/* What is read, as text: "NUMBER=VALUE ", "wrong ", then the arguments behind the options. */
static void
assert_read(const char *expected, bool in_order, int argc, const char **argv)
{
	struct command_line line = {
		.argc = argc, .argv = (char **)argv, .table = &table, .in_order = in_order};
	int number, quiet = open("/dev/null", O_WRONLY), error = dup(2);
	char got[256] = "";
	size_t used = 0;

	optind = 0;
	dup2(quiet, 2);
	while ((number = command_line_option(&line)) != COMMAND_LINE_END)
		used += (size_t)snprintf(got + used, sizeof(got) - used, "%d=%s ", number,
					 line.value ? line.value : "");
	dup2(error, 2);
	close(quiet);
	close(error);
	for (int i = line.next; i < argc; i++)
		used += (size_t)snprintf(got + used, sizeof(got) - used, "%s ", argv[i]);
	assert_string_equal(got, expected);
}

#define ARGUMENTS(...)                                                                 \
	sizeof((const char *[]){__VA_ARGS__}) / sizeof(const char *), (const char *[]) \
	{                                                                              \
		__VA_ARGS__, NULL                                                      \
	}

static void
options_are_read_with_their_values(void **state)
{
	(void)state;
	assert_read(
		"0= 1=5 2=text 3= 3=x 4= ", false,
		ARGUMENTS("p", "-a", "-d5", "--share", "text", "--link", "--link=x", "--secret"));
	assert_read("0= 1=7 ", false, ARGUMENTS("p", "-ad", "7"));
}

static void
names_may_be_shortened_where_one_is_meant(void **state)
{
	(void)state;
	assert_read("1=3 2=all ", false, ARGUMENTS("p", "--de=3", "--sh=all"));
	assert_read("-2= ", false, ARGUMENTS("p", "--s=all"));
}

static void
options_stand_behind_arguments_unless_these_are_a_command(void **state)
{
	(void)state;
	assert_read("0= file ", false, ARGUMENTS("p", "file", "-a"));
	assert_read("program -a ", true, ARGUMENTS("p", "program", "-a"));
	assert_read("0= -d ", false, ARGUMENTS("p", "-a", "--", "-d"));
}

static void
what_is_wrong_is_said(void **state)
{
	(void)state;
	assert_read("-2= ", false, ARGUMENTS("p", "--nonsense"));
	assert_read("-2= ", false, ARGUMENTS("p", "-d"));
	assert_read("-2= ", false, ARGUMENTS("p", "--all=5"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(help_has_a_line_for_each_row),
		cmocka_unit_test(help_that_does_not_fit_is_cut_and_counted),
		cmocka_unit_test(an_argument_names_an_option),
		cmocka_unit_test(other_arguments_name_none),
		cmocka_unit_test(options_are_read_with_their_values),
		cmocka_unit_test(names_may_be_shortened_where_one_is_meant),
		cmocka_unit_test(options_stand_behind_arguments_unless_these_are_a_command),
		cmocka_unit_test(what_is_wrong_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

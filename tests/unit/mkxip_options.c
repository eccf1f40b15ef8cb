/* The command line of mkxip: what it means, and what is refused. */
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

#include "mkxip/options.h"

#define MOST_WORDS 16

static char *words[MOST_WORDS + 1];

/* What was made of the line before. */
static struct options made;

static int
release(void **state)
{
	(void)state;
	free(made.includes);
	free(made.excludes);
	free(made.links);
	made = (struct options){0};
	return 0;
}

/* The words of a line, apart at blanks; "mkxip" before them. The status of options_parse. */
static int
parse(struct options *o, const char *line)
{
	int count = 1, quiet = open("/dev/null", O_WRONLY), error = dup(2), status;
	static char copy[512];

	strncpy(copy, line, sizeof(copy) - 1);
	words[0] = (char *)"mkxip";
	for (char *w = strtok(copy, " "); w && count < MOST_WORDS; w = strtok(NULL, " "))
		words[count++] = w;
	words[count] = NULL;
	optind = 0;
	release(NULL);
	dup2(quiet, 2);
	status = options_parse(o, count, words);
	made = *o;
	dup2(error, 2);
	close(quiet);
	close(error);
	return status;
}

static void
assert_refused(const char *line)
{
	struct options o;

	assert_int_equal(parse(&o, line), 2);
}

static void
a_directory_is_packed_as_it_is_by_default(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(parse(&o, "dir image"), -1);
	assert_int_equal(o.command, COMMAND_PACK);
	assert_int_equal(o.xip, XIP_AUTO);
	assert_int_equal(o.level, 9);
	assert_int_equal(o.max_size, 0);
	assert_string_equal(o.root, "/");
	assert_string_equal(o.name, "xip");
	assert_int_equal(o.narguments, 2);
	assert_string_equal(o.arguments[1], "image");
	assert_false(o.programs || o.link || o.pad || o.classic || o.json || o.quiet);
}

static void
sizes_have_factors(void **state)
{
	static const struct {
		const char *line;
		uint64_t size;
	} cases[] = {
		{"--max-size 4096 d i", 4096},	{"--max-size=4k d i", 4096},
		{"d i --max-size 3M", 3 << 20}, {"--max-size 2G d i", 2ULL << 30},
		{"--max-size 0x10 d i", 16},
	};
	struct options o;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(parse(&o, cases[i].line), -1);
		assert_int_equal(o.max_size, cases[i].size);
	}
}

static void
what_is_no_number_is_refused(void **state)
{
	(void)state;
	assert_refused("--max-size 0 d i");
	assert_refused("--max-size -1 d i");
	assert_refused("--max-size 1T d i");
	assert_refused("--max-size 99999999999G d i");
	assert_refused("--max-size 4kk d i");
	assert_refused("--edition 4294967296 d i");
	assert_refused("--edition x d i");
	assert_refused("--compression-level 0 d i");
	assert_refused("--compression-level 10 d i");
}

static void
what_is_stored_in_place_is_a_mode_or_a_file(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(parse(&o, "--xip=all d i"), -1);
	assert_int_equal(o.xip, XIP_ALL);
	assert_null(o.xip_file);
	assert_int_equal(parse(&o, "--xip patterns d i"), -1);
	assert_int_equal(o.xip, XIP_FILE);
	assert_string_equal(o.xip_file, "patterns");
	assert_int_equal(parse(&o, "--xip patterns --xip=none d i"), -1); /* the last one counts */
	assert_int_equal(o.xip, XIP_NONE);
	assert_null(o.xip_file);
	assert_int_equal(parse(&o, "--classic d i"), -1); /* which cannot have any */
	assert_int_equal(o.xip, XIP_NONE);
	assert_refused("--xip= d i");
}

static void
options_that_name_several_things_add_up(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(parse(&o, "--program --include /a --include=/b --exclude *.pyc "
				   "--link=/bin/x --link p q image"),
			 -1);
	assert_true(o.programs && o.link);
	assert_int_equal(o.nincludes, 2);
	assert_string_equal(o.includes[1], "/b");
	assert_int_equal(o.nexcludes, 1);
	assert_int_equal(o.nlinks, 1);
	assert_string_equal(o.links[0], "/bin/x");
	assert_int_equal(o.narguments, 3);
}

static void
options_that_do_not_go_together_are_refused(void **state)
{
	(void)state;
	assert_refused("--classic --xip=all d i");
	assert_refused("--classic --profile p d i");
	assert_refused("--link=/bin/x --classic d i");
	assert_refused("--link=/bin/x --xip=none d i");
	assert_refused("--link d i"); /* of which program? */
	assert_refused("--loader xipld d i");
	assert_refused("--include /a d i");
	assert_refused("--root /r d i");
	assert_refused("--endian middle d i");
	assert_refused("--name a_name_of_17_bytes d i");
}

static void
each_command_wants_its_arguments(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(parse(&o, "--list --json i"), -1);
	assert_true(o.command == COMMAND_LIST && o.json);
	assert_int_equal(parse(&o, "i --check"), -1);
	assert_int_equal(o.command, COMMAND_CHECK);
	assert_int_equal(parse(&o, "--extract i d"), -1);
	assert_int_equal(o.command, COMMAND_EXTRACT);
	assert_refused("");
	assert_refused("d");
	assert_refused("d i more");
	assert_refused("--list");
	assert_refused("--check i j");
	assert_refused("--extract i");
	assert_refused("--program i");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_directory_is_packed_as_it_is_by_default),
		cmocka_unit_test(sizes_have_factors),
		cmocka_unit_test(what_is_no_number_is_refused),
		cmocka_unit_test(what_is_stored_in_place_is_a_mode_or_a_file),
		cmocka_unit_test(options_that_name_several_things_add_up),
		cmocka_unit_test(options_that_do_not_go_together_are_refused),
		cmocka_unit_test(each_command_wants_its_arguments),
	};

	return cmocka_run_group_tests(tests, NULL, release);
}

/* What an error says, where it is put together: its text, and the system's word for its number. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "shmstat/out/error.h"

static void
text_and_number_stand_together(void **state)
{
	struct error e = {0};
	char text[256];

	(void)state;
	assert_false(error_format(&e, "/a", ENOENT, "line %zu", (size_t)3));
	assert_true(error_is_set(&e));
	assert_string_equal(error_text(&e, text, sizeof(text)),
			    "line 3: No such file or directory");
	error_format(&e, "/a", 0, "%.1f of %s", 1.5, "it");
	assert_string_equal(error_text(&e, text, sizeof(text)), "1.5 of it");
	error_format(&e, "/a", EACCES, "%s", "");
	assert_string_equal(error_text(&e, text, sizeof(text)), "Permission denied");
	assert_string_equal(e.file, "/a");
}

static void
one_that_was_not_filled_is_none(void **state)
{
	struct error e = {0};

	(void)state;
	assert_false(error_is_set(&e));
	assert_false(error_format(NULL, "/a", ENOENT, "nobody %s", "asks"));
	error_format(&e, "", ENOMEM, "%s", "");
	assert_true(error_is_set(&e));
}

static void
what_is_too_long_is_cut(void **state)
{
	static char name[2000];
	struct error e = {0};

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	error_format(&e, name, 0, "%s", name);
	assert_int_equal(strlen(e.file), sizeof(e.file) - 1);
	assert_int_equal(strlen(e.what), sizeof(e.what) - 1);
}

/* On a terminal nothing of a file's name is obeyed. */
static void
it_is_printed_in_one_harmless_line(void **state)
{
	struct error e = {0};
	int ends[2], error = dup(2);
	char got[256] = "";
	ssize_t n;

	(void)state;
	error_format(&e, "a\033[2J\nb", EIO, "%s", "broken\n");
	assert_int_equal(pipe(ends), 0);
	dup2(ends[1], 2);
	error_print(&e);
	dup2(error, 2);
	n = read(ends[0], got, sizeof(got) - 1);
	assert_true(n > 0);
	assert_string_equal(got, "shmstat: a\\033[2J\\012b: broken\\012: Input/output error\n");
	close(ends[0]);
	close(ends[1]);
	close(error);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_and_number_stand_together),
		cmocka_unit_test(one_that_was_not_filled_is_none),
		cmocka_unit_test(what_is_too_long_is_cut),
		cmocka_unit_test(it_is_printed_in_one_harmless_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Tables as text, CSV and JSON; strings of others made harmless. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shmstat/out/table.h"
#include "shmstat/out/text.h"

static void
expect_escaped(const char *from, const char *to)
{
	char *s = text_escape(from);

	assert_string_equal(s, to);
	free(s);
}

static void
what_a_terminal_obeys_is_escaped(void **state)
{
	(void)state;
	expect_escaped("plain ünïcode 日本 \\n", "plain ünïcode 日本 \\n");
	expect_escaped("\033[31m\n\t\177", "\\033[31m\\012\\011\\177");
	expect_escaped("\xc2\x9b", "\\302\\233"); /* C1: CSI */
	expect_escaped("a\xe2\x80\xae"
		       "b",
		       "a\\342\\200\\256b"); /* right-to-left override */
}

static void
bytes_that_are_no_utf8_are_escaped_one_by_one(void **state)
{
	(void)state;
	expect_escaped("\xff", "\\377");
	expect_escaped("\xc0\xaf", "\\300\\257"); /* overlong */
	expect_escaped("\xed\xa0\x80", "\\355\\240\\200"); /* a surrogate */
	expect_escaped("\xe2\x82", "\\342\\202"); /* cut off */
	expect_escaped("\xf4\x90\x80\x80", "\\364\\220\\200\\200"); /* behind the last */
	expect_escaped("\xe9t\xe9", "\\351t\\351");
}

static const struct column columns[] = {
	{"number", "N", CELL_NUMBER, NULL, 0}, {"hidden", NULL, CELL_HEX, NULL, 0},
	{"zero", "Z", CELL_NUMBER, NULL, 1},   {"change", "D", CELL_SIGNED, NULL, 0},
	{"name", "NAME", CELL_TEXT, NULL, 0},
};

static struct table *
example(void)
{
	struct table *t = table_new("example", columns, 5);

	for (unsigned i = 1; i <= 3; i++) {
		table_number(t, i * 10 % 29);
		table_number(t, i);
		table_number(t, 0);
		table_signed(t, 1 - (int)i);
		table_text(t, i == 2 ? "with \"quotes\", and\nlines" : "/a/path");
		table_row(t);
	}
	table_number(t, 31);
	table_skip(t);
	table_skip(t);
	table_skip(t);
	table_text(t, "sum");
	table_row(t);
	table_total(t);
	return t;
}

static char *
printed(struct table *t, enum format format, unsigned width)
{
	char *text = NULL;
	size_t size = 0;
	struct output out = {.format = format, .to = open_memstream(&text, &size), .width = width};

	assert_true(table_print(t, &out));
	fclose(out.to);
	table_free(t);
	return text;
}

static void
csv_quotes_and_leaves_sums_out(void **state)
{
	char *text = printed(example(), FORMAT_CSV, 0);

	(void)state;
	assert_string_equal(text, "number,hidden,zero,change,name\r\n"
				  "10,0x1,0,0,/a/path\r\n"
				  "20,0x2,0,-1,\"with \"\"quotes\"\", and\\012lines\"\r\n"
				  "1,0x3,0,-2,/a/path\r\n");
	free(text);
}

static void
json_has_rows_and_totals(void **state)
{
	char *text = printed(example(), FORMAT_JSON, 0);
	json_t *all = json_loads(text, 0, NULL), *row, *total;

	(void)state;
	assert_non_null(all);
	assert_string_equal(json_string_value(json_object_get(all, "view")), "example");
	assert_int_equal(json_array_size(json_object_get(all, "rows")), 3);
	row = json_array_get(json_object_get(all, "rows"), 1);
	assert_int_equal(json_integer_value(json_object_get(row, "change")), -1);
	assert_string_equal(json_string_value(json_object_get(row, "hidden")), "0x2");
	total = json_array_get(json_object_get(all, "totals"), 0);
	assert_int_equal(json_integer_value(json_object_get(total, "number")), 31);
	assert_null(json_object_get(total, "zero"));
	json_decref(all);
	free(text);
}

static void
numbers_fall_and_text_rises_and_sums_stay_last(void **state)
{
	struct table *t = example();
	char *text;

	(void)state;
	assert_false(table_sort(t, "nothing"));
	assert_true(table_sort(t, "number"));
	text = printed(t, FORMAT_TEXT, 0);
	assert_true(strstr(text, "20  0  -1") < strstr(text, "10  0   0"));
	assert_true(strstr(text, "10  0   0") < strstr(text, " 1  0  -2"));
	assert_true(strstr(text, " 1  0  -2") < strstr(text, "sum"));
	free(text);
}

static void
a_narrow_terminal_loses_zeros_first_and_then_the_front_of_paths(void **state)
{
	char *text = printed(example(), FORMAT_TEXT, 22);

	(void)state;
	assert_null(strstr(text, "Z"));
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		assert_true(text_width(line) <= 22);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_terminal_obeys_is_escaped),
		cmocka_unit_test(bytes_that_are_no_utf8_are_escaped_one_by_one),
		cmocka_unit_test(csv_quotes_and_leaves_sums_out),
		cmocka_unit_test(json_has_rows_and_totals),
		cmocka_unit_test(numbers_fall_and_text_rises_and_sums_stay_last),
		cmocka_unit_test(a_narrow_terminal_loses_zeros_first_and_then_the_front_of_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

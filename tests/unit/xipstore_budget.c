/* How much a store may take, and what a publisher counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/limit.h"
#include "xipstore/serve_counts.h"

#define MIB (1UL << 20)
#define GIB (1UL << 30)

static void
sizes_are_understood(void **state)
{
	static const struct {
		const char *text;
		enum limit_unit unit;
		uint64_t value;
	} good[] = {
		{"1", LIMIT_OF_BYTES, 1},
		{"64K", LIMIT_OF_BYTES, 65536},
		{"64M", LIMIT_OF_BYTES, 64 * MIB},
		{"3G", LIMIT_OF_BYTES, 3 * GIB},
		{"1T", LIMIT_OF_BYTES, 1024 * GIB},
		{"1%", LIMIT_OF_FILE_SYSTEM, 1},
		{"100%", LIMIT_OF_FILE_SYSTEM, 100},
		{"none", LIMIT_NONE, 0},
		{"default", LIMIT_DEFAULT, 0},
	};
	struct limit l;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_null(limit_parse(good[i].text, &l));
		assert_int_equal(l.unit, good[i].unit);
		assert_int_equal(l.value, good[i].value);
	}
}

static void
what_is_no_size_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"0",
		"0M",
		"0%",
		"00",
		"-1",
		"+1",
		"M",
		"%",
		"101%",
		"5%K",
		"5 %",
		"1KB",
		"1k",
		"1.5G",
		" 1",
		"1 ",
		"None",
		"nonee",
		"0x10",
		"1e3",
		"5%%",
		"16777216T",
		"18446744073709551616",
		"18446744073709551615",
		"99999999999999999999999999",
	};
	struct limit l;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!limit_parse(bad[i], &l))
			fail_msg("taken for a size: '%s'", bad[i]);
}

static void
a_limit_s_file_is_taken_apart(void **state)
{
	const struct limit limits[] = {
		{LIMIT_OF_BYTES, 1}, {LIMIT_OF_FILE_SYSTEM, 7}, {LIMIT_NONE, 0}};
	struct limit_file f;
	struct limit l;

	(void)state;
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		limit_encode(&f, &limits[i]);
		assert_null(limit_decode(&f, sizeof(f), &l));
		assert_int_equal(l.unit, limits[i].unit);
		assert_int_equal(l.value, limits[i].value);
	}
}

static void
a_damaged_limit_is_refused(void **state)
{
	const struct limit impossible[] = {{LIMIT_OF_BYTES, 0},
					   {LIMIT_OF_FILE_SYSTEM, 0},
					   {LIMIT_OF_FILE_SYSTEM, 101},
					   {LIMIT_NONE, 1},
					   {LIMIT_DEFAULT, 0},
					   {0, 1},
					   {9, 1}};
	struct limit_file f;
	struct limit l = {LIMIT_OF_BYTES, 64 * MIB};

	(void)state;
	limit_encode(&f, &l);
	for (size_t size = 0; size <= 2 * sizeof(f); size++)
		if (size != sizeof(f))
			assert_non_null(limit_decode(&f, size, &l));
	for (size_t i = 0; i < sizeof(f); i++) {
		((uint8_t *)&f)[i] ^= 4;
		assert_non_null(limit_decode(&f, sizeof(f), &l));
		((uint8_t *)&f)[i] ^= 4;
	}
	for (size_t i = 0; i < sizeof(impossible) / sizeof(impossible[0]); i++) {
		limit_encode(&f, &impossible[i]);
		assert_non_null(limit_decode(&f, sizeof(f), &l));
	}
}

static void
the_default_is_the_lesser_of_two(void **state)
{
	const struct limit none = {LIMIT_NONE, 0}, usual = {LIMIT_DEFAULT, 0};
	const struct limit part = {LIMIT_OF_FILE_SYSTEM, 50}, bytes = {LIMIT_OF_BYTES, 7};

	(void)state;
	assert_int_equal(limit_bytes(&usual, 1000 * GIB), GIB);
	assert_int_equal(limit_bytes(&usual, 1000 * MIB), 50 * MIB);
	assert_int_equal(limit_bytes(&part, 1000 * MIB), 500 * MIB);
	assert_int_equal(limit_bytes(&bytes, 1000 * MIB), 7);
	assert_true(limit_bytes(&none, 1000 * MIB) == UINT64_MAX);
}

static void
reasons_are_counted(void **state)
{
	static struct counts c;
	char text[1024];
	size_t used;

	(void)state;
	counts_add(&c, COUNT_FAILED, "store-busy");
	counts_add(&c, COUNT_REFUSED, "its path is not plain");
	counts_add(&c, COUNT_FAILED, "store-busy");
	counts_add(&c, COUNT_FAILED, "text-relocations");
	counts_add(&c, COUNT_PUBLISHED, NULL);
	used = counts_print(&c, text, sizeof(text));
	assert_int_equal(used, strlen(text));
	assert_string_equal(text, "1 published\n0 unchanged\n0 learned\n0 not-yet\n0 repeated\n"
				  "1 refused\n\t1 its path is not plain\n"
				  "3 failed\n\t2 store-busy\n\t1 text-relocations\n0 dropped\n");
}

static void
counts_have_an_end(void **state)
{
	static struct counts c;
	char text[COUNTS_REASONS * (COUNTS_REASON + 24)], reason[2 * COUNTS_REASON];
	size_t used;

	(void)state;
	for (unsigned i = 0; i < 10 * COUNTS_REASONS; i++) {
		memset(reason, 'x', sizeof(reason));
		reason[sizeof(reason) - 1] = 0;
		snprintf(reason, sizeof(reason), "%u", i);
		reason[strlen(reason)] = 'x';
		counts_add(&c, COUNT_FAILED, reason);
		counts_add(&c, COUNT_FAILED, reason);
	}
	assert_int_equal(c.of[COUNT_FAILED], 20 * COUNTS_REASONS);
	assert_int_equal(c.reasons[COUNTS_REASONS - 1].times, 2);
	for (size_t size = 1; size < sizeof(text); size += 97) {
		used = counts_print(&c, text, size);
		assert_true(used < size);
		assert_true(used == 0 || text[used - 1] == '\n');
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_understood),
		cmocka_unit_test(what_is_no_size_is_refused),
		cmocka_unit_test(a_limit_s_file_is_taken_apart),
		cmocka_unit_test(a_damaged_limit_is_refused),
		cmocka_unit_test(the_default_is_the_lesser_of_two),
		cmocka_unit_test(reasons_are_counted),
		cmocka_unit_test(counts_have_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

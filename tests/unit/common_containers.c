/* What the tools share: arrays that grow, the hash table, files that are replaced. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/array.h"
#include "common/hash_index.h"
#include "common/replace_file.h"

static void
elements_stay_while_an_array_grows(void **state)
{
	struct wide {
		uint64_t n[5];
	} *list = NULL;
	size_t count = 0, capacity = 0, moves = 0;

	(void)state;
	for (uint64_t i = 0; i < 10000; i++) {
		size_t before = capacity;

		assert_true(array_reserve(&list, &capacity, count + 1, sizeof(*list)));
		moves += capacity != before;
		list[count++] = (struct wide){{i, 0, 0, 0, ~i}};
	}
	for (uint64_t i = 0; i < count; i++)
		assert_true(list[i].n[0] == i && list[i].n[4] == ~i);
	assert_true(moves <= 12); /* it doubles */
	free(list);
}

static void
an_array_that_cannot_be_is_refused(void **state)
{
	int *list = NULL, *before;
	size_t capacity = 0, was;

	(void)state;
	assert_true(array_reserve(&list, &capacity, 3, sizeof(*list)));
	before = list;
	was = capacity;
	assert_false(array_reserve(&list, &capacity, SIZE_MAX / 2, sizeof(*list)));
	assert_false(array_reserve(&list, &capacity, SIZE_MAX, sizeof(*list)));
	assert_ptr_equal(list, before);
	assert_int_equal(capacity, was);
	free(list);
}

static void
a_large_need_is_met_at_once(void **state)
{
	char *bytes = NULL;
	size_t capacity = 0;

	(void)state;
	assert_true(array_reserve(&bytes, &capacity, 100000, 1));
	assert_true(capacity >= 100000);
	memset(bytes, 1, 100000);
	free(bytes);
}

static size_t
first_with(const struct hash_index *h, uint64_t hash)
{
	struct hash_index_walk walk = hash_index_walk(h, hash);
	size_t number;

	return hash_index_next(&walk, &number) ? number : SIZE_MAX;
}

static void
each_number_is_found_by_its_hash(void **state)
{
	struct hash_index h = {0};

	(void)state;
	assert_int_equal(first_with(&h, 1), SIZE_MAX);
	for (size_t i = 0; i < 5000; i++)
		assert_true(hash_index_add(&h, hash_of_number(i, 7), i));
	for (size_t i = 0; i < 5000; i++) {
		struct hash_index_walk walk = hash_index_walk(&h, hash_of_number(i, 7));
		size_t number;
		bool found = false;

		while (hash_index_next(&walk, &number))
			found |= number == i;
		assert_true(found);
	}
	hash_index_clear(&h);
	assert_int_equal(first_with(&h, hash_of_number(1, 7)), SIZE_MAX);
	hash_index_free(&h);
}

/* All in one place of the table, among others, across its growth: in the order of their adding. */
static void
numbers_of_one_hash_stay_in_their_order(void **state)
{
	struct hash_index h = {0};
	struct hash_index_walk walk;
	size_t number, expected = 0;

	(void)state;
	for (size_t i = 0; i < 500; i++) {
		assert_true(hash_index_add(&h, 63, 2 * i));
		assert_true(hash_index_add(&h, i * 61, 2 * i + 1));
	}
	walk = hash_index_walk(&h, 63);
	while (hash_index_next(&walk, &number)) {
		if (number % 2)
			continue;
		assert_int_equal(number, expected);
		expected += 2;
	}
	assert_int_equal(expected, 1000);
	hash_index_free(&h);
}

static void
a_number_that_does_not_fit_is_refused(void **state)
{
	struct hash_index h = {0};

	(void)state;
	assert_false(hash_index_add(&h, 1, UINT32_MAX));
	assert_int_equal(first_with(&h, 1), SIZE_MAX);
	hash_index_free(&h);
}

static char directory[] = "/tmp/containers.XXXXXX";
static char target[64];

static int
make_directory(void **state)
{
	FILE *f;

	(void)state;
	if (!mkdtemp(directory))
		return -1;
	snprintf(target, sizeof(target), "%s/file", directory);
	f = fopen(target, "w");
	if (!f)
		return -1;
	fputs("old", f);
	return fclose(f);
}

static int
remove_directory(void **state)
{
	(void)state;
	unlink(target);
	/* not empty if a temporary file was left */
	return rmdir(directory);
}

static void
assert_content(const char *text)
{
	char got[64] = "";
	FILE *f = fopen(target, "r");

	assert_non_null(f);
	assert_true(fgets(got, sizeof(got), f) || !*text);
	fclose(f);
	assert_string_equal(got, text);
}

static void
a_file_is_replaced_only_when_it_is_whole(void **state)
{
	struct replacement r;
	struct stat st;
	mode_t mask = umask(027);

	(void)state;
	assert_int_equal(replace_begin(&r, target, ".XXXXXX", 0666), 0);
	assert_int_equal(write(r.fd, "new", 3), 3);
	assert_content("old");
	assert_int_equal(replace_commit(&r), 0);
	assert_content("new");
	assert_int_equal(stat(target, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	replace_abandon(&r);
	assert_content("new");
	umask(mask);
}

static void
an_abandoned_file_leaves_nothing(void **state)
{
	struct replacement r;

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(replace_begin(&r, target, i ? ".new" : ".XXXXXX", 0666), 0);
		assert_int_equal(access(r.temporary, F_OK), 0);
		replace_abandon(&r);
	}
	assert_content("new");
}

static void
what_was_left_under_a_fixed_name_goes(void **state)
{
	struct replacement left, r;

	(void)state;
	assert_int_equal(replace_begin(&left, target, ".new", 0666), 0);
	assert_int_equal(write(left.fd, "half", 4), 4);
	close(left.fd);
	assert_int_equal(replace_begin(&r, target, ".new", 0666), 0);
	assert_int_equal(write(r.fd, "whole", 5), 5);
	assert_int_equal(replace_commit(&r), 0);
	assert_content("whole");
}

static void
what_cannot_be_made_is_an_error(void **state)
{
	struct replacement r;
	char name[PATH_MAX];

	(void)state;
	assert_int_equal(replace_begin(&r, "/nowhere/at/all", ".XXXXXX", 0666), ENOENT);
	replace_abandon(&r);
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(replace_begin(&r, name, ".XXXXXX", 0666), ENAMETOOLONG);
	assert_int_equal(replace_begin(&r, directory, ".XXXXXX", 0666), 0);
	memcpy(name, r.temporary, sizeof(name));
	assert_int_equal(access(name, F_OK), 0);
	assert_int_equal(replace_commit(&r), EISDIR);
	assert_int_equal(access(name, F_OK), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(elements_stay_while_an_array_grows),
		cmocka_unit_test(an_array_that_cannot_be_is_refused),
		cmocka_unit_test(a_large_need_is_met_at_once),
		cmocka_unit_test(each_number_is_found_by_its_hash),
		cmocka_unit_test(numbers_of_one_hash_stay_in_their_order),
		cmocka_unit_test(a_number_that_does_not_fit_is_refused),
		cmocka_unit_test(a_file_is_replaced_only_when_it_is_whole),
		cmocka_unit_test(an_abandoned_file_leaves_nothing),
		cmocka_unit_test(what_was_left_under_a_fixed_name_goes),
		cmocka_unit_test(what_cannot_be_made_is_an_error),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}

/* The tables of shmstat dups: equal pages found in little memory, sets of pages, owners. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "dups_owners.h"
#include "dups_seen.h"
#include "dups_table.h"

static const unsigned char secret[DUPS_SECRET] = {1, 2, 3, 200, 5, 77, 13};

/* A page that holds a number, and its hash. */
static struct dups_hash
hash_of(uint64_t number)
{
	uint64_t page[512] = {number, ~number};

	return dups_hash_page(page, sizeof(page), secret);
}

struct found {
	uint64_t groups, members, owners_sum;
};

static void
count_group(const struct dups_record *r, size_t count, void *arg)
{
	struct found *found = arg;

	found->groups++;
	found->members += count;
	for (size_t i = 0; i < count; i++) {
		found->owners_sum += r[i].owner;
		if (i > 0) /* by owner */
			assert_true(r[i].owner >= r[i - 1].owner);
	}
}

/* Pages 0..pages-1, each three times if it is a multiple of seven. */
static struct found
look(struct dups_table *t, uint64_t pages)
{
	struct found found = {0};

	for (uint64_t i = 0; i < pages; i++) {
		struct dups_hash hash = hash_of(i);

		for (int k = 0; k < (i % 7 ? 1 : 3); k++)
			dups_first(t, &hash);
	}
	for (unsigned round = 0, rounds = dups_plan(t); round < rounds; round++) {
		dups_round(t, round);
		for (uint64_t i = 0; i < pages; i++) {
			struct dups_hash hash = hash_of(i);

			for (int k = 2; k >= (i % 7 ? 2 : 0); k--)
				dups_second(t, &hash, (uint32_t)k);
		}
		dups_groups(t, count_group, &found);
	}
	return found;
}

static void
equal_pages_are_found_in_one_round(void **state)
{
	struct dups_table t;
	struct found found;

	(void)state;
	assert_true(dups_table_init(&t, 4 << 20));
	found = look(&t, 7000);
	assert_int_equal(t.rounds, 1);
	assert_int_equal(found.groups, 1000);
	assert_int_equal(found.members, 3000);
	assert_int_equal(found.owners_sum, 3000);
	assert_int_equal(t.lost, 0);
	dups_table_free(&t);
}

static void
the_same_are_found_in_many(void **state)
{
	struct dups_table t;
	struct found found;

	(void)state;
	assert_true(dups_table_init(&t, 16384));
	found = look(&t, 70000);
	assert_true(t.rounds > 10);
	assert_int_equal(found.groups, 10000);
	assert_int_equal(found.members, 30000);
	assert_int_equal(t.lost, 0);
	dups_table_free(&t);
}

static void
without_twins_there_is_no_second_walk(void **state)
{
	struct dups_table t;
	struct dups_hash a = {.low = 1}, b = {.low = 2};

	(void)state;
	assert_true(dups_table_init(&t, 65536));
	dups_first(&t, &a);
	dups_first(&t, &b);
	assert_int_equal(dups_plan(&t), 0);
	dups_table_free(&t);
}

static void
half_a_hash_is_not_enough(void **state)
{
	struct dups_table t;
	struct found found = {0};
	struct dups_hash a = {1, 1}, b = {1, 2};

	(void)state;
	assert_true(dups_table_init(&t, 65536));
	dups_first(&t, &a);
	dups_first(&t, &b);
	assert_int_equal(dups_plan(&t), 1);
	dups_round(&t, 0);
	dups_second(&t, &a, 0);
	dups_second(&t, &b, 1);
	dups_groups(&t, count_group, &found);
	assert_int_equal(found.groups, 0);
	dups_table_free(&t);
}

/* Memory that changes between the walks may bring more than was planned for. */
static void
what_has_no_room_is_counted(void **state)
{
	struct dups_table t;
	struct dups_hash a = {5, 5};

	(void)state;
	assert_true(dups_table_init(&t, 4096));
	dups_first(&t, &a);
	dups_first(&t, &a);
	dups_plan(&t);
	dups_round(&t, 0);
	for (size_t i = 0; i < t.room + 3; i++)
		dups_second(&t, &a, 0);
	assert_int_equal(t.count, t.room);
	assert_int_equal(t.lost, 3);
	dups_table_free(&t);
}

static void
sets_of_pages_remember(void **state)
{
	struct dups_seen s;

	(void)state;
	dups_seen_init(&s, 1 << 20);
	for (uint64_t i = 0; i < 100000; i += 3)
		assert_int_equal(dups_seen_add(&s, 0, i), SEEN_NEW);
	for (uint64_t i = 0; i < 100000; i++)
		assert_int_equal(dups_seen_add(&s, 0, i), i % 3 ? SEEN_NEW : SEEN_BEFORE);
	assert_int_equal(dups_seen_add(&s, 7, 0), SEEN_NEW);
	assert_int_equal(dups_seen_add(&s, 7, 0), SEEN_BEFORE);
	assert_int_equal(dups_seen_add(&s, 0, UINT64_MAX), SEEN_NEW);
	dups_seen_clear(&s);
	assert_int_equal(dups_seen_add(&s, 7, 0), SEEN_NEW);
	dups_seen_free(&s);
}

static void
sets_of_pages_have_a_bound(void **state)
{
	struct dups_seen s;
	unsigned full = 0;

	(void)state;
	dups_seen_init(&s, 64 << 10);
	for (uint64_t i = 0; i < 1000; i++)
		full += dups_seen_add(&s, 0, i << 32) == SEEN_FULL;
	assert_true(full > 800 && full < 1000);
	/* what was remembered still is */
	assert_int_equal(dups_seen_add(&s, 0, 0), SEEN_BEFORE);
	dups_seen_free(&s);
}

static void
a_file_is_one_owner_whatever_its_name(void **state)
{
	struct owners o;
	uint64_t disk = 8ULL << 32 | 1;
	bool fresh;
	uint32_t a;

	(void)state;
	owners_init(&o, 1000);
	a = owners_find(&o, OWNER_FILE, disk, 12, "/a", &fresh);
	assert_true(fresh);
	assert_int_equal(owners_find(&o, OWNER_FILE, disk, 12, "/b", &fresh), a);
	assert_false(fresh);
	assert_int_not_equal(owners_find(&o, OWNER_COPY, disk, 12, "/a", NULL), a);
	assert_int_not_equal(owners_find(&o, OWNER_FILE, disk, 13, "/a", NULL), a);
	/* without a device of its own an inode number is not enough */
	a = owners_find(&o, OWNER_FILE, 31, 12, "/a", NULL);
	assert_int_not_equal(owners_find(&o, OWNER_FILE, 31, 12, "/b", NULL), a);
	assert_int_equal(owners_find(&o, OWNER_FILE, 31, 12, "/a", NULL), a);
	owners_free(&o);
}

static void
too_many_owners_are_one(void **state)
{
	struct owners o;
	char name[32];
	uint32_t last = 0;

	(void)state;
	owners_init(&o, 300);
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "[heap] %d", i);
		last = owners_find(&o, OWNER_ANON, 0, 0, name, NULL);
	}
	assert_int_equal(o.count, 300);
	assert_string_equal(o.owners[last].name, "[others]");
	assert_int_equal(owners_find(&o, OWNER_ANON, 0, 0, "[heap] 5", NULL), 5);
	owners_free(&o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_pages_are_found_in_one_round),
		cmocka_unit_test(the_same_are_found_in_many),
		cmocka_unit_test(without_twins_there_is_no_second_walk),
		cmocka_unit_test(half_a_hash_is_not_enough),
		cmocka_unit_test(what_has_no_room_is_counted),
		cmocka_unit_test(sets_of_pages_remember),
		cmocka_unit_test(sets_of_pages_have_a_bound),
		cmocka_unit_test(a_file_is_one_owner_whatever_its_name),
		cmocka_unit_test(too_many_owners_are_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

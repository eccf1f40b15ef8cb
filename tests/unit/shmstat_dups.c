/* The tables of shmstat dups: equal pages found in little memory, sets of pages, owners. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "shmstat/dups/owners.h"
#include "shmstat/dups/seen.h"
#include "shmstat/dups/table.h"

static const unsigned char secret[DUPS_SECRET] = {1, 2, 3, 200, 5, 77, 13};

/* A page that holds a number, and its hash. */
static struct dups_hash
hash_of(uint64_t number)
{
	uint64_t page[512] = {number, ~number};

	return dups_hash_page(page, sizeof(page), secret);
}

struct look {
	struct dups_table t;
	uint64_t
		pages; /* 0..pages-1, each three times (of owners 0, 1, 2) if a multiple of seven */
	uint64_t alike; /* and so many equal ones, of owner 3 */
	unsigned walks;
	uint64_t groups, members, owners_sum;
};

static void
hand_over(struct look *look, void (*take)(struct look *look, uint64_t number, uint32_t owner))
{
	for (uint64_t i = 0; i < look->pages; i++)
		for (uint32_t k = 0; k < (i % 7 ? 1 : 3); k++)
			take(look, i, 2 - k);
	for (uint64_t i = 0; i < look->alike; i++)
		take(look, UINT64_MAX, 3);
}

static void
take_first(struct look *look, uint64_t number, uint32_t owner)
{
	struct dups_hash hash = hash_of(number);

	(void)owner;
	dups_first(&look->t, &hash);
}

static void
take_second(struct look *look, uint64_t number, uint32_t owner)
{
	struct dups_hash hash = hash_of(number);

	dups_second(&look->t, &hash, owner);
}

static bool
walk(void *arg)
{
	struct look *look = arg;

	look->walks++;
	hand_over(look, take_second);
	return true;
}

static void
count_group(const struct dups_record *r, size_t count, void *arg)
{
	struct look *look = arg;

	look->groups++;
	for (size_t i = 0; i < count; i++) {
		look->members += r[i].pages;
		look->owners_sum += r[i].owner;
		if (i > 0) /* by owner, each once */
			assert_true(r[i].owner > r[i - 1].owner);
	}
}

static void
look_for_twins(struct look *look, size_t bytes)
{
	assert_true(dups_table_init(&look->t, bytes));
	hand_over(look, take_first);
	assert_true(dups_rounds(&look->t, walk, count_group, look));
	assert_int_equal(look->t.rounds, look->walks);
	dups_table_free(&look->t);
}

static void
equal_pages_are_found_in_one_round(void **state)
{
	struct look look = {.pages = 7000};

	(void)state;
	look_for_twins(&look, 4 << 20);
	assert_int_equal(look.walks, 1);
	assert_int_equal(look.groups, 1000);
	assert_int_equal(look.members, 3000);
	assert_int_equal(look.owners_sum, 3000);
	assert_int_equal(look.t.lost, 0);
}

static void
the_same_are_found_in_many(void **state)
{
	struct look look = {.pages = 70000};

	(void)state;
	look_for_twins(&look, 65536);
	assert_true(look.walks > 10);
	assert_int_equal(look.groups, 10000);
	assert_int_equal(look.members, 30000);
	assert_int_equal(look.t.lost, 0);
}

/* A page that is there more often than there are records. */
static void
a_large_group_needs_little_room(void **state)
{
	struct look look = {.pages = 700, .alike = 100000};

	(void)state;
	look_for_twins(&look, 16384);
	assert_int_equal(look.groups, 101);
	assert_int_equal(look.members, 300 + 100000);
	assert_int_equal(look.t.lost, 0);
}

static void
without_twins_there_is_no_second_walk(void **state)
{
	struct look look = {0};
	struct dups_hash a = {.low = 1}, b = {.low = 2};

	(void)state;
	assert_true(dups_table_init(&look.t, 65536));
	dups_first(&look.t, &a);
	dups_first(&look.t, &b);
	assert_true(dups_rounds(&look.t, walk, count_group, &look));
	assert_int_equal(look.walks, 0);
	dups_table_free(&look.t);
}

static struct dups_hash half[2] = {{1, 1}, {1, 2}};

static bool
walk_half(void *arg)
{
	struct look *look = arg;

	dups_second(&look->t, &half[0], 0);
	dups_second(&look->t, &half[1], 1);
	return true;
}

static void
half_a_hash_is_not_enough(void **state)
{
	struct look look = {0};

	(void)state;
	assert_true(dups_table_init(&look.t, 65536));
	dups_first(&look.t, &half[0]);
	dups_first(&look.t, &half[1]);
	assert_true(dups_rounds(&look.t, walk_half, count_group, &look));
	assert_int_equal(look.t.rounds, 1);
	assert_int_equal(look.groups, 0);
	dups_table_free(&look.t);
}

/* One page of more owners than there are records: no cut helps. It is counted, not kept silent. */
static bool
walk_many_owners(void *arg)
{
	struct look *look = arg;

	for (uint32_t i = 0; i < look->pages; i++)
		dups_second(&look->t, &half[0], i);
	return true;
}

static void
what_has_no_room_is_counted(void **state)
{
	struct look look = {.pages = 1000};

	(void)state;
	assert_true(dups_table_init(&look.t, 4096));
	dups_first(&look.t, &half[0]);
	dups_first(&look.t, &half[0]);
	assert_true(dups_rounds(&look.t, walk_many_owners, count_group, &look));
	assert_int_equal(look.groups, 1);
	assert_int_equal(look.members + look.t.lost, 1000);
	assert_true(look.t.lost > 0);
	dups_table_free(&look.t);
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
		cmocka_unit_test(a_large_group_needs_little_room),
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

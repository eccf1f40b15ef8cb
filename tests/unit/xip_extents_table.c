/* The table of pages in place: what is looked up, how ranges are split, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "lib/xip_extents.h"

/* Two files; the second has pages 0-3 and 6 in place, the third run follows in the file only. */
struct example {
	struct xip_header h;
	struct xip_file files[2];
	struct xip_extent runs[4];
};

static struct example
good(void)
{
	struct example e = {
		.h = {.version = XIP_VERSION,
		      .page_size = XIP_PAGE,
		      .image_size = 0x20000,
		      .nfiles = 2,
		      .nruns = 4},
		.files = {{100, 0x1800, 0, 1}, {200, 0x8000, 1, 3}},
		.runs = {{0, 2, 0x1000}, {0, 4, 0x8000}, {6, 1, 0x4000}, {7, 1, 0x1f000}},
	};

	memcpy(e.h.magic, XIP_MAGIC, sizeof(e.h.magic));
	e.h.checksum = xip_checksum(&e, sizeof(e));
	return e;
}

/* With its checksum made right again. */
static bool
opens(struct example e)
{
	struct xip_table t;

	e.h.checksum = xip_checksum(&e, sizeof(e));
	return xip_open(&t, &e, sizeof(e));
}

static void
files_are_found_by_inode_and_size(void **state)
{
	struct example e = good();
	struct xip_table t;

	(void)state;
	assert_true(xip_open(&t, &e, sizeof(e)));
	assert_int_equal(xip_find(&t, 100, 0x1800).count, 1);
	assert_int_equal(xip_find(&t, 200, 0x8000).count, 3);
	assert_int_equal(xip_find(&t, 200, 0x8001).count, 0);
	assert_int_equal(xip_find(&t, 99, 0x1800).count, 0);
	assert_int_equal(xip_find(&t, 150, 0x1800).count, 0);
	assert_int_equal(xip_find(&t, 300, 0x1800).count, 0);
}

static void
ranges_are_split_where_the_place_changes(void **state)
{
	static const struct xip_piece want[] = {{0x3000, true, 0x9000},
						{0x2000, false, 0},
						{0x1000, true, 0x4000},
						{0x1000, true, 0x1f000},
						{0x2000, false, 0}};
	struct example e = good();
	struct xip_table t;
	struct xip_extents runs;
	uint64_t at = 0x1000, end = 0xa000;

	(void)state;
	assert_true(xip_open(&t, &e, sizeof(e)));
	runs = xip_find(&t, 200, 0x8000);
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		struct xip_piece p = xip_next(&runs, at, end - at);

		assert_int_equal(p.size, want[i].size);
		assert_int_equal(p.in_place, want[i].in_place);
		if (p.in_place)
			assert_int_equal(p.offset, want[i].offset);
		at += p.size;
	}
	assert_int_equal(at, end);
	/* a range that ends within a run */
	assert_int_equal(xip_next(&runs, 0, 0x1000).size, 0x1000);
	runs.count = 0;
	assert_int_equal(xip_next(&runs, 0x1000, 0x5000).size, 0x5000);
}

static void
a_table_that_lies_is_refused(void **state)
{
	struct example e = good();

	(void)state;
	assert_true(opens(e));
	e.runs[0].offset = 0x1f000; /* its second page is behind the image's end */
	assert_false(opens(e));
	e = good();
	e.runs[0].offset = 0x1010;
	assert_false(opens(e));
	e = good();
	e.runs[0].count = 3; /* the file has two pages */
	assert_false(opens(e));
	e = good();
	e.runs[0].count = 0;
	assert_false(opens(e));
	e = good();
	e.runs[2].page = 3; /* over the run before it */
	assert_false(opens(e));
	e = good();
	e.files[1].count = 4;
	assert_false(opens(e));
	e = good();
	e.files[1].first = 5;
	e.files[1].count = 0xfffffffd;
	assert_false(opens(e));
	e = good();
	e.files[1].ino = 100;
	assert_false(opens(e));
	e = good();
	e.h.nfiles = 3;
	assert_false(opens(e));
	e = good();
	e.h.version++;
	assert_false(opens(e));
}

static void
a_damaged_table_is_refused(void **state)
{
	struct example e = good();
	struct xip_table t;

	(void)state;
	for (size_t bit = 0; bit < sizeof(e) * 8; bit++) {
		((uint8_t *)&e)[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_false(xip_open(&t, &e, sizeof(e)));
		((uint8_t *)&e)[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t size = 0; size < sizeof(e); size++)
		assert_false(xip_open(&t, &e, size));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_found_by_inode_and_size),
		cmocka_unit_test(ranges_are_split_where_the_place_changes),
		cmocka_unit_test(a_table_that_lies_is_refused),
		cmocka_unit_test(a_damaged_table_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

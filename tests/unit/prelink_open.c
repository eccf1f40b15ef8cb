/* The file of an image's prelinked plans: what is taken, and that anything else in it is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "lib/prelink.h"

#define MACHINE 62
#define PAGE 4096

struct example {
	struct prelink_header h;
	struct index_record records[2];
	uint64_t plans[1];
	struct prelink_pages pages[2];
};

static struct example
good(void)
{
	struct example e = {
		.h = {.version = PRELINK_VERSION,
		      .store_version = STORE_VERSION,
		      .machine = MACHINE,
		      .page_size = PAGE,
		      .nrecords = 2,
		      .nplans = 1,
		      .npages = 2},
		.records = {{.kind = RECORD_OBJECT, .path = "/a", .relocated_pages = 1},
			    {.kind = RECORD_OBJECT, .path = "/b", .relocated_offset = PAGE}},
		.plans = {1},
		.pages = {{1, 1, 0}, {2, 3, 0}},
	};

	memcpy(e.h.magic, PRELINK_MAGIC, sizeof(e.h.magic));
	return e;
}

/* With its checksum made right again. */
static const char *
opened(struct example e)
{
	struct prelink l;

	e.h.checksum = prelink_checksum(&e, sizeof(e));
	return prelink_open(&l, &e, sizeof(e), MACHINE, PAGE);
}

static void
a_sound_file_is_taken_apart(void **state)
{
	struct example e = good();
	struct prelink l;

	(void)state;
	e.h.checksum = prelink_checksum(&e, sizeof(e));
	assert_null(prelink_open(&l, &e, sizeof(e), MACHINE, PAGE));
	assert_ptr_equal(l.records, e.records);
	assert_ptr_equal(l.plans, e.plans);
	assert_ptr_equal(l.pages, e.pages);
}

static void
what_does_not_fit_here_is_refused(void **state)
{
	struct example e = good();
	struct prelink l;

	(void)state;
	e.h.checksum = prelink_checksum(&e, sizeof(e));
	assert_non_null(prelink_open(&l, &e, sizeof(e), MACHINE + 1, PAGE));
	assert_non_null(prelink_open(&l, &e, sizeof(e), MACHINE, 4 * PAGE));
	e = good(), e.h.version++;
	assert_non_null(opened(e));
	e = good(), e.h.store_version++;
	assert_non_null(opened(e));
	e = good(), e.h.magic[3] ^= 1;
	assert_non_null(opened(e));
}

static void
counts_that_do_not_make_the_size_are_refused(void **state)
{
	struct example e;

	(void)state;
	e = good(), e.h.nrecords = UINT32_MAX;
	assert_non_null(opened(e));
	e = good(), e.h.nrecords--;
	assert_non_null(opened(e));
	e = good(), e.h.nplans = 0;
	assert_non_null(opened(e));
	e = good(), e.h.nplans = PRELINK_MAX + 1;
	assert_non_null(opened(e));
	e = good(), e.h.npages = UINT32_MAX;
	assert_non_null(opened(e));
}

static void
each_bit_and_each_length_is_looked_at(void **state)
{
	struct example e = good();
	struct prelink l;

	(void)state;
	e.h.checksum = prelink_checksum(&e, sizeof(e));
	for (size_t i = 0; i < sizeof(e); i++) {
		((uint8_t *)&e)[i] ^= (uint8_t)(1 << i % 8);
		assert_non_null(prelink_open(&l, &e, sizeof(e), MACHINE, PAGE));
		((uint8_t *)&e)[i] ^= (uint8_t)(1 << i % 8);
	}
	for (size_t size = 0; size < sizeof(e); size++)
		assert_non_null(prelink_open(&l, &e, size, MACHINE, PAGE));
}

static void
records_say_nothing_impossible(void **state)
{
	struct example e;

	(void)state;
	e = good(), e.records[1].kind = RECORD_ALIAS;
	assert_non_null(opened(e));
	e = good(), e.records[0].path[0] = 'x';
	assert_non_null(opened(e));
	e = good(), memset(e.records[1].path, '/', sizeof(e.records[1].path));
	assert_non_null(opened(e));
	e = good(), e.records[1].relocated_offset = PAGE + 8;
	assert_non_null(opened(e));
	e = good(), e.records[0].relocated_pages = 1UL << 52;
	assert_non_null(opened(e));
	e = good(), e.pages[1].pages = 0;
	assert_non_null(opened(e));
	e = good(), e.pages[0].pages = UINT64_MAX;
	assert_non_null(opened(e));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sound_file_is_taken_apart),
		cmocka_unit_test(what_does_not_fit_here_is_refused),
		cmocka_unit_test(counts_that_do_not_make_the_size_are_refused),
		cmocka_unit_test(each_bit_and_each_length_is_looked_at),
		cmocka_unit_test(records_say_nothing_impossible),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

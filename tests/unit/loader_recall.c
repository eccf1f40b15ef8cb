/* How often a process tried to share something (cache/plan/recall.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cache/plan/recall.h"
#include "tests_rtld.h"

static void
what_was_noted_is_counted(void **state)
{
	struct recall r = {{{0}}};
	const uint64_t one = 0x123456789abcdef0, other = 0xfedcba9876543210;

	(void)state;
	assert_int_equal(recall_times(&r, one), 0);
	for (uint32_t n = 1; n <= 300; n++) {
		recall_note(&r, one);
		assert_int_equal(recall_times(&r, one), n < RECALL_MOST ? n : RECALL_MOST);
	}
	assert_int_equal(recall_times(&r, other), 0);
	recall_note(&r, other);
	assert_int_equal(recall_times(&r, other), 1);
	assert_int_equal(recall_times(&r, one), RECALL_MOST);
}

/* Sums of one group: as many as it has places are kept, then the least noted goes. */
static void
what_was_noted_least_goes(void **state)
{
	struct recall r = {{{0}}};
	const uint64_t group = 0x500, step = 0x1000000000000000;

	(void)state;
	for (uint64_t i = 0; i < RECALL_PLACES; i++)
		for (uint64_t n = 0; n < 2 + (i != 3); n++)
			recall_note(&r, group + i * step);
	for (uint64_t i = 0; i < RECALL_PLACES; i++)
		assert_int_equal(recall_times(&r, group + i * step), 2 + (i != 3));
	recall_note(&r, group + RECALL_PLACES * step);
	assert_int_equal(recall_times(&r, group + RECALL_PLACES * step), 1);
	assert_int_equal(recall_times(&r, group + 3 * step), 0);
	assert_int_equal(recall_times(&r, group + 2 * step), 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_noted_is_counted),
		cmocka_unit_test(what_was_noted_least_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

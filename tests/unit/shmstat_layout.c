/* Where an ELF file lies in memory: which segment a mapping is of, and so at which bias it was
 * loaded. */
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "shmstat/read/layout.h"

#define BIAS 0x7f0000000000ULL

/* As binutils lays out a library of 4 KiB pages: the last two share a page of the file. */
static const struct elf_segment segments[] = {
	{.address = 0, .offset = 0, .file_size = 0x800, .memory_size = 0x800, .flags = PF_R},
	{.address = 0x1000,
	 .offset = 0x1000,
	 .file_size = 0x1400,
	 .memory_size = 0x1400,
	 .flags = PF_R | PF_X},
	{.address = 0x3000,
	 .offset = 0x3000,
	 .file_size = 0xd00,
	 .memory_size = 0xd00,
	 .flags = PF_R},
	{.address = 0x4d00,
	 .offset = 0x3d00,
	 .file_size = 0x500,
	 .memory_size = 0x1a00,
	 .flags = PF_R | PF_W},
};

static struct layout *
library(void)
{
	struct layout *l = layout_new(segments, sizeof(segments) / sizeof(segments[0]));

	assert_non_null(l);
	return l;
}

static struct mapping
mapping_of(uint64_t start, uint64_t offset, const char *perms)
{
	struct mapping m = {.start = start, .end = start + 0x1000, .offset = offset};

	for (int i = 0; i < 4; i++)
		m.perms[i] = perms[i];
	return m;
}

static void
it_spans_whole_pages_and_the_bss(void **state)
{
	struct layout *l = library();

	(void)state;
	assert_int_equal(layout_start(l), 0);
	assert_int_equal(layout_end(l), 0x7000); /* 0x4d00 + 0x1a00, and up */
	free(l);
}

static void
a_mapping_of_one_segment_gives_the_bias(void **state)
{
	struct layout *l = library();
	struct mapping m = mapping_of(BIAS + 0x1000, 0x1000, "r-xp");
	uint64_t bias = 1;

	(void)state;
	assert_true(layout_bias(l, &m, UINT64_MAX, &bias));
	assert_int_equal(bias, BIAS);
	m = mapping_of(BIAS + 0x2000, 0x2000, "r-xp"); /* its second page */
	assert_true(layout_bias(l, &m, UINT64_MAX, &bias));
	assert_int_equal(bias, BIAS);
	free(l);
}

static void
of_two_segments_in_a_page_that_with_its_rights_is_meant(void **state)
{
	struct layout *l = library();
	struct mapping m = mapping_of(BIAS + 0x4000, 0x3000, "rw-p");
	uint64_t bias;

	(void)state;
	assert_true(layout_bias(l, &m, UINT64_MAX, &bias));
	assert_int_equal(bias, BIAS);
	m = mapping_of(BIAS + 0x3000, 0x3000, "r--p");
	assert_true(layout_bias(l, &m, UINT64_MAX, &bias));
	assert_int_equal(bias, BIAS);
	free(l);
}

/* RELRO: the writable segment was made read-only after relocation. */
static void
a_bias_that_is_expected_comes_before_rights(void **state)
{
	struct layout *l = library();
	struct mapping m = mapping_of(BIAS + 0x4000, 0x3000, "r--p");
	uint64_t bias;

	(void)state;
	assert_true(layout_bias(l, &m, UINT64_MAX, &bias));
	assert_int_equal(bias, BIAS + 0x1000);
	assert_true(layout_bias(l, &m, BIAS, &bias));
	assert_int_equal(bias, BIAS);
	free(l);
}

static void
what_no_segment_holds_has_no_bias(void **state)
{
	struct layout *l = library(), *none = layout_new(NULL, 0);
	struct mapping m = mapping_of(BIAS + 0x9000, 0x9000, "r--p");
	uint64_t bias = 1;

	(void)state;
	assert_false(layout_bias(l, &m, UINT64_MAX, &bias));
	m = mapping_of(BIAS, 0, "r--p");
	assert_non_null(none);
	assert_false(layout_bias(none, &m, UINT64_MAX, &bias));
	assert_int_equal(layout_start(none), 0);
	assert_int_equal(layout_end(none), 0);
	assert_int_equal(bias, 1);
	free(l);
	free(none);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_spans_whole_pages_and_the_bss),
		cmocka_unit_test(a_mapping_of_one_segment_gives_the_bias),
		cmocka_unit_test(of_two_segments_in_a_page_that_with_its_rights_is_meant),
		cmocka_unit_test(a_bias_that_is_expected_comes_before_rights),
		cmocka_unit_test(what_no_segment_holds_has_no_bias),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

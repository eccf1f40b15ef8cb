/* A plan that was damaged is refused, or, where somebody made the checksum right again, is used
 * within its bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests_plan.h"

static void
every_bit_of_the_header_counts(void **state)
{
	(void)state;
	for (size_t bit = 0; bit < sizeof(struct plan_header) * 8; bit++) {
		file.bytes[bit / 8] ^= (char)(1 << bit % 8);
		assert_non_null(problem());
		file.bytes[bit / 8] ^= (char)(1 << bit % 8);
	}
	assert_null(problem());
}

static void
every_byte_of_the_tables_counts(void **state)
{
	(void)state;
	for (size_t at = header()->tables; at < file.size; at++) {
		file.bytes[at] ^= 0x10;
		assert_non_null(problem());
		file.bytes[at] ^= 0x10;
	}
	assert_null(problem());
}

static void
every_page_of_heap_stubs_and_own_pages_counts(void **state)
{
	(void)state;
	for (size_t at = PAGE; at < header()->tables; at += 509) { /* in each page several */
		file.bytes[at] ^= 1;
		assert_non_null(problem());
		file.bytes[at] ^= 1;
	}
	assert_null(problem());
}

static void
a_plan_that_was_cut_is_refused(void **state)
{
	char *whole = file.bytes, *part;
	const size_t size = file.size;

	(void)state;
	for (size_t cut = 0; cut < size; cut += cut < size - 200 ? 97 : 1) {
		part = malloc(cut ? cut : 1);
		memcpy(part, whole, cut);
		assert_non_null(plan_check(&plan, part, cut, sizeof(struct rtld)));
		free(part);
	}
}

/* The values to try in a word of `width` bytes that was `was`. */
#define VALUES 16
static void
bad_values(uint64_t was, uint64_t values[VALUES])
{
	const uint64_t list[VALUES] = {0,	   1,	      was + 1,	     was - 1,
				       was + 8,	   was - 8,   was * 2,	     was + PAGE,
				       was - PAGE, file.size, file.size - 8, PLAN_SELF,
				       UINT32_MAX, INT64_MAX, 1UL << 63,     UINT64_MAX};

	memcpy(values, list, sizeof(list));
}

/* Damage the word of `width` bytes at `at`, with the checksum made right again: refused, or used
 * within bounds. Returns how many values were refused. */
static unsigned
damage_word(size_t at, size_t width)
{
	const struct plan_header before = *header();
	uint64_t was = 0, values[VALUES];
	unsigned refused = 0;

	memcpy(&was, file.bytes + at, width);
	bad_values(was, values);
	for (size_t i = 0; i < VALUES; i++) {
		memcpy(file.bytes + at, &values[i], width);
		if (!problem_with_checksum())
			check_bounds();
		else
			refused++;
		memcpy(file.bytes + at, &was, width);
		*header() = before;
	}
	assert_null(problem());
	return refused;
}

static void
a_header_that_lies_under_a_right_checksum_stays_within_bounds(void **state)
{
	unsigned refused = 0;

	(void)state;
	for (size_t at = 0; at < sizeof(struct plan_header); at += 4) {
		refused += damage_word(at, 4);
		if (at % 8 == 0)
			refused += damage_word(at, 8);
	}
	assert_true(refused > 500);
}

static void
tables_that_lie_under_a_right_checksum_stay_within_bounds(void **state)
{
	(void)state;
	for (size_t at = header()->tables; at + 8 <= file.size; at += 4) {
		damage_word(at, 4);
		if (at % 8 == 0)
			damage_word(at, 8);
	}
}

/* With this in the header, all else being right, the plan has this fault. */
#define REFUSES(field, value, text)                                 \
	do {                                                        \
		const struct plan_header h = *header();             \
		header()->field = (value);                          \
		assert_string_equal(problem_with_checksum(), text); \
		*header() = h;                                      \
	} while (0)

static void
a_plan_of_another_build_or_cpu_or_page_size_is_refused(void **state)
{
	(void)state;
	REFUSES(magic[0], 'X', "is not a plan");
	REFUSES(version, STORE_VERSION + 1, plan_other_version);
	REFUSES(machine, EM_SPARC, "is of another machine");
	REFUSES(page_size, 65536, "is of another machine");
	REFUSES(kind, 3, "is of an unknown kind");
	REFUSES(size, file.size + 1, "is not as long as its header says");
	assert_null(problem_with_checksum());
}

static void
what_lies_behind_the_header_in_its_page_is_refused(void **state)
{
	(void)state;
	for (size_t at = sizeof(struct plan_header); at < PAGE; at++) {
		file.bytes[at] = 1;
		assert_string_equal(problem(), "has something behind its header");
		file.bytes[at] = 0;
	}
}

static void
a_heap_outside_the_region_or_the_file_is_refused(void **state)
{
	static const char elsewhere[] = "has its heap where it cannot be";

	(void)state;
	REFUSES(heap, 0x10000, elsewhere);
	REFUSES(heap, HEAP + 8, elsewhere);
	REFUSES(heap_size, PAGE, elsewhere); /* too small for the linker's state */
	REFUSES(heap_size, HEAP_SIZE + 8, elsewhere);
	REFUSES(heap_size, PAGE_ALIGN_UP(file.size), elsewhere);
	REFUSES(heap_size, HEAP_CHUNK + PAGE, elsewhere);
	REFUSES(rtld, HEAP - 8, elsewhere);
	REFUSES(rtld, HEAP + HEAP_SIZE - sizeof(struct rtld) + 8, elsewhere);
	REFUSES(rtld, UINT64_MAX, elsewhere);
	assert_null(problem_with_checksum());
}

static void
a_part_outside_the_file_or_askew_is_refused(void **state)
{
	static const size_t parts[] = {
		offsetof(struct plan_header, key),     offsetof(struct plan_header, inputs),
		offsetof(struct plan_header, lookups), offsetof(struct plan_header, tried),
		offsetof(struct plan_header, files),   offsetof(struct plan_header, maps),
		offsetof(struct plan_header, fixups),  offsetof(struct plan_header, depends),
		offsetof(struct plan_header, notes),   offsetof(struct plan_header, strings),
		offsetof(struct plan_header, dlsyms),  offsetof(struct plan_header, prefault)};

	(void)state;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct plan_part *part = (struct plan_part *)(file.bytes + parts[i]), was = *part;
		const struct plan_part bad[] = {{PAGE - 8, 0},
						{was.offset + 4, 0},
						{file.size + 8, 0},
						{UINT64_MAX - 7, 1},
						{was.offset, file.size},
						{was.offset, UINT64_MAX},
						{was.offset, UINT64_MAX / 8}};

		for (size_t k = 0; k < sizeof(bad) / sizeof(bad[0]); k++) {
			*part = bad[k];
			assert_non_null(problem_with_checksum());
		}
		*part = was;
	}
	assert_null(problem_with_checksum());
}

static void
numbers_that_count_into_tables_are_refused_beyond_their_ends(void **state)
{
	static const char prefault[] = "has more pages to prefault than it names",
			  endless[] = "has strings without an end";

	(void)state;
	REFUSES(executable, 2, "names no executable");
	REFUSES(executable, UINT32_MAX, "names no executable");
	REFUSES(prefault_written, 3, prefault);
	REFUSES(prefault_large, 2, prefault); /* with one that is written to, one too many */
	REFUSES(prefault_large, UINT64_MAX, prefault);
	REFUSES(strings.count, 0, endless);
	REFUSES(strings.count, header()->strings.count - 1, endless);
	assert_null(problem_with_checksum());
}

static void
a_text_beyond_the_strings_is_empty(void **state)
{
	(void)state;
	assert_null(problem());
	assert_string_equal(plan_string(&plan, (uint32_t)plan.header->strings.count), "");
	assert_string_equal(plan_string(&plan, UINT32_MAX), "");
}

/* What is wrong with a plan whose first map is this one. */
static const char *
problem_of_map(struct plan_map m)
{
	memcpy(file.bytes + header()->maps.offset, &m, sizeof(m));
	return problem_with_checksum();
}

static void
maps_that_cannot_be_are_refused(void **state)
{
	static const char place[] = "has a mapping at an address that cannot be",
			  outside[] = "has a mapping outside its file";

	(void)state;
	assert_null(problem_of_map((struct plan_map){SLOT, PAGE, 0, 0, 1}));
	assert_string_equal(problem_of_map((struct plan_map){SLOT + 8, PAGE, 0, 0, 1}), place);
	assert_string_equal(problem_of_map((struct plan_map){SLOT, 0, 0, 0, 1}), place);
	assert_string_equal(problem_of_map((struct plan_map){-PAGE, 2 * PAGE, 0, 0, 1}), place);
	assert_string_equal(problem_of_map((struct plan_map){SLOT, PAGE, 0, 0, 6}),
			    "has a mapping that is writable and executable");
	assert_string_equal(problem_of_map((struct plan_map){SLOT, PAGE, 0, 2, 1}),
			    "has a mapping of a file that it does not name");
	assert_string_equal(problem_of_map((struct plan_map){SLOT, PAGE, file.size, PLAN_SELF, 1}),
			    outside);
	assert_string_equal(problem_of_map((struct plan_map){SLOT, PAGE, -PAGE, PLAN_SELF, 1}),
			    outside);
}

/* What a plan of a dlopen maps over objects, one map at a time; it names no file. */
static bool
map_fits(struct plan_map m)
{
	static struct plan opened;
	struct object obj = {.start = SLOT, .end = SLOT + 4 * PAGE}, *list[] = {&obj};

	opened = (struct plan){.header.maps.count = 1, .tables.maps = &m, .fd = -1};
	opened.tables.header = &opened.header;
	return plan_fits(&opened, list, 1);
}

static void
maps_of_a_dlopen_plan_outside_its_objects_are_refused(void **state)
{
	(void)state;
	assert_true(map_fits((struct plan_map){SLOT, 4 * PAGE, 0, PLAN_SELF, SYS_PROT_READ}));
	assert_false(map_fits((struct plan_map){SLOT - PAGE, PAGE, 0, PLAN_SELF, 1}));
	assert_false(map_fits((struct plan_map){SLOT, 5 * PAGE, 0, PLAN_SELF, 1}));
	assert_false(
		map_fits((struct plan_map){SLOT + PAGE, UINT64_MAX - PAGE + 1, 0, PLAN_SELF, 1}));
	assert_false(map_fits((struct plan_map){SLOT + 4 * PAGE, PAGE, 0, PLAN_SELF, 1}));
	assert_false(map_fits((struct plan_map){SLOT + 8, PAGE, 0, PLAN_SELF, 1}));
	assert_false(map_fits((struct plan_map){SLOT, PAGE - 8, 0, PLAN_SELF, 1}));
}

static void
maps_of_a_dlopen_plan_to_be_written_and_executed_are_refused(void **state)
{
	const uint32_t both = SYS_PROT_WRITE | SYS_PROT_EXEC;

	(void)state;
	assert_false(map_fits((struct plan_map){SLOT, PAGE, 0, PLAN_SELF, both}));
	assert_false(map_fits((struct plan_map){SLOT, PAGE, 0, PLAN_SELF, both | 1}));
}

static void
maps_of_a_file_that_the_plan_has_not_are_refused(void **state)
{
	(void)state;
	assert_false(map_fits((struct plan_map){SLOT, PAGE, 0, 0, SYS_PROT_READ}));
	assert_false(map_fits((struct plan_map){SLOT, PAGE, 0, UINT32_MAX - 2, SYS_PROT_READ}));
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_bit_of_the_header_counts),
		TEST(every_byte_of_the_tables_counts),
		TEST(every_page_of_heap_stubs_and_own_pages_counts),
		TEST(a_plan_that_was_cut_is_refused),
		TEST(a_header_that_lies_under_a_right_checksum_stays_within_bounds),
		TEST(tables_that_lie_under_a_right_checksum_stay_within_bounds),
		TEST(a_plan_of_another_build_or_cpu_or_page_size_is_refused),
		TEST(what_lies_behind_the_header_in_its_page_is_refused),
		TEST(a_heap_outside_the_region_or_the_file_is_refused),
		TEST(a_part_outside_the_file_or_askew_is_refused),
		TEST(numbers_that_count_into_tables_are_refused_beyond_their_ends),
		TEST(a_text_beyond_the_strings_is_empty),
		TEST(maps_that_cannot_be_are_refused),
		TEST(maps_of_a_dlopen_plan_outside_its_objects_are_refused),
		TEST(maps_of_a_dlopen_plan_to_be_written_and_executed_are_refused),
		TEST(maps_of_a_file_that_the_plan_has_not_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

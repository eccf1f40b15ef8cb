/* /etc/ld.so.cache: when it is asked, and what it answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/ld_cache.h"
#include "tests_files.h"

/* An ld.so.cache of up to four entries, given in its order; hwcap: number of a name, or -1. */
struct cached {
	const char *name, *path;
	int hwcap;
	int32_t flags;
};

struct cache_bytes {
	struct {
		char magic[20];
		uint32_t count, strings_size;
		uint8_t flags, padding[3];
		uint32_t extension_offset, unused[3];
	} header;
	struct {
		int32_t flags;
		uint32_t key, value, osversion;
		uint64_t hwcap;
	} entries[4];
	uint32_t extension[6], hwcaps[4];
	char strings[1024];
};

/* Keep a text in the cache; returns its offset. */
static uint32_t
cache_text(const char *text)
{
	size_t at = ld_cache.size;

	strcpy(ld_cache.bytes + at, text);
	ld_cache.size += strlen(text) + 1;
	return (uint32_t)at;
}

static void
make_cache(const struct cached *list, uint32_t count, const char *const *hwcaps, uint32_t nhwcaps)
{
	struct cache_bytes *c = (struct cache_bytes *)ld_cache.bytes;

	memset(&ld_cache, 0, sizeof(ld_cache));
	ld_cache.size = offsetof(struct cache_bytes, strings);
	memcpy(c->header.magic, "glibc-ld.so.cache1.1", 20);
	c->header.count = count;
	c->header.extension_offset = offsetof(struct cache_bytes, extension);
	memcpy(c->extension,
	       (uint32_t[]){0xeaa42174, 1, 1, 0, offsetof(struct cache_bytes, hwcaps), nhwcaps * 4},
	       sizeof(c->extension));
	for (uint32_t i = 0; i < nhwcaps; i++)
		c->hwcaps[i] = cache_text(hwcaps[i]);
	for (uint32_t i = 0; i < count; i++) {
		c->entries[i].flags = list[i].flags ? list[i].flags : ARCH_CACHE_FLAGS;
		c->entries[i].hwcap = list[i].hwcap < 0 ? 0 : 1UL << 62 | (uint32_t)list[i].hwcap;
		c->entries[i].key = cache_text(list[i].name);
		c->entries[i].value = cache_text(list[i].path);
	}
	add_file("/etc/ld.so.cache", CACHE);
}

static void
the_cache_comes_before_default_directories(void **state)
{
	static const struct cached list[] = {{"libx.so", "/far/libx.so", -1, 0}};

	(void)state;
	make_cache(list, 1, NULL, 0);
	add_file("/far/libx.so", LIBRARY);
	add_file("/usr/lib/libx.so", LIBRARY);
	assert_string_equal(found("libx.so", library), "/far/libx.so");
	assert_int_equal(library->found_by, FOUND_IN_CACHE);
	assert_string_equal(opened, " /etc/ld.so.cache /far/libx.so");
}

static void
the_cache_is_opened_once_for_one_operation(void **state)
{
	static const struct cached list[] = {{"libx.so", "/far/libx.so", -1, 0}};

	(void)state;
	make_cache(list, 1, NULL, 0);
	add_file("/far/libx.so", LIBRARY);
	found("libx.so", library);
	found("libx.so", library);
	assert_string_equal(opened, " /etc/ld.so.cache /far/libx.so /far/libx.so");
	search_done();
	found("libx.so", library);
	assert_non_null(strstr(strstr(opened, "libx.so"), "/etc/ld.so.cache"));
}

static void
what_the_cache_names_and_is_gone_is_looked_for_in_default_directories(void **state)
{
	static const struct cached list[] = {{"libx.so", "/far/libx.so", -1, 0}};

	(void)state;
	make_cache(list, 1, NULL, 0);
	add_file("/usr/lib/libx.so", LIBRARY);
	assert_string_equal(found("libx.so", library), "/usr/lib/libx.so");
}

static void
the_cache_gives_the_best_of_what_the_cpu_can_use(void **state)
{
	static const char *const known[] = {"v4", "v3", "v2"}; /* the file's order is any */
	static const char *const ours[] = {"v3", "v2"}; /* best first */
	static const struct cached list[] = {{"libx.so", "/4/libx.so", 0, 0},
					     {"libx.so", "/plain/libx.so", -1, 0},
					     {"libx.so", "/2/libx.so", 2, 0},
					     {"libx.so", "/3/libx.so", 1, 0}};

	(void)state;
	make_cache(list, 4, known, 3);
	assert_string_equal(ld_cache_lookup(ld_cache.bytes, ld_cache.size, "libx.so", ours, 2),
			    "/3/libx.so");
	assert_string_equal(ld_cache_lookup(ld_cache.bytes, ld_cache.size, "libx.so", ours + 1, 1),
			    "/2/libx.so");
	assert_string_equal(ld_cache_lookup(ld_cache.bytes, ld_cache.size, "libx.so", ours, 0),
			    "/plain/libx.so");
}

static void
entries_of_the_cache_for_another_cpu_are_not_ours(void **state)
{
	static const struct cached list[] = {{"libx.so", "/32/libx.so", -1, 0x0803},
					     {"libx.so", "/ours/libx.so", -1, 0}};

	(void)state;
	make_cache(list, 2, NULL, 0);
	assert_string_equal(ld_cache_lookup(ld_cache.bytes, ld_cache.size, "libx.so", NULL, 0),
			    "/ours/libx.so");
	make_cache(list, 1, NULL, 0);
	assert_null(ld_cache_lookup(ld_cache.bytes, ld_cache.size, "libx.so", NULL, 0));
}

/* Descending, as ldconfig sorts; 10 is more than 9. */
static void
numbers_in_names_of_the_cache_are_compared_by_value(void **state)
{
	static const struct cached list[] = {{"libx.so.10", "/10", -1, 0},
					     {"libx.so.9", "/9", -1, 0},
					     {"libx.so", "/0", -1, 0},
					     {"liba-b.so", "/a", -1, 0}};

	(void)state;
	make_cache(list, 4, NULL, 0);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(
			ld_cache_lookup(ld_cache.bytes, ld_cache.size, list[i].name, NULL, 0),
			list[i].path);
	assert_null(ld_cache_lookup(ld_cache.bytes, ld_cache.size, "libx.so.11", NULL, 0));
	assert_null(ld_cache_lookup(ld_cache.bytes, ld_cache.size, "libb.so", NULL, 0));
}

/* Look into the first `size` bytes, which end before a page that cannot be read (or, as tables are
 * aligned, up to seven bytes before): false if the answer does not lie in them. */
static bool
stays_inside(size_t size, const char *const *hwcaps, uint32_t nhwcaps)
{
	static char *pages;
	const char *path;
	char *part;

	if (!pages) {
		pages = mmap(NULL, 2 * page_size, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		assert_int_equal(mprotect(pages + page_size, page_size, PROT_NONE), 0);
	}
	part = pages + page_size - ((size + 7) & ~7UL);
	memcpy(part, ld_cache.bytes, size);
	path = ld_cache_lookup(part, size, "libx.so", hwcaps, nhwcaps);
	return !path || !*path || memchr(path, 0, (size_t)(part + size - path));
}

static const char *const one_hwcap[] = {"v3"};
static const struct cached two_of_a_name[] = {{"libx.so", "/3/libx.so", 0, 0},
					      {"libx.so", "/plain/libx.so", -1, 0}};

static void
a_cache_that_was_cut_is_not_read_beyond_its_end(void **state)
{
	(void)state;
	make_cache(two_of_a_name, 2, one_hwcap, 1);
	for (size_t size = 0; size <= ld_cache.size; size++)
		assert_true(stays_inside(size, one_hwcap, 1));
}

/* Every two words of header, entries and extension at once. */
static void
a_cache_that_lies_is_not_read_beyond_its_end(void **state)
{
	static const uint32_t bad[] = {0, 1, 0x400, 0xffc, 0x7fffffff, UINT32_MAX};
	const size_t words = offsetof(struct cache_bytes, strings) / 4, values = 6;
	uint32_t *word = (uint32_t *)ld_cache.bytes;

	(void)state;
	make_cache(two_of_a_name, 2, one_hwcap, 1);
	ld_cache.size = (ld_cache.size + 7) & ~7UL; /* nothing between it and the page behind */
	for (size_t i = 5; i < words; i++) {
		for (size_t k = i; k < words; k++) {
			const uint32_t was[] = {word[i], word[k]};

			for (size_t n = 0; n < values * values; n++) {
				word[i] = bad[n % values];
				word[k] = bad[n / values];
				assert_true(stays_inside(ld_cache.size, one_hwcap, 1));
			}
			word[k] = was[1];
			word[i] = was[0];
		}
	}
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_cache_comes_before_default_directories),
		TEST(the_cache_is_opened_once_for_one_operation),
		TEST(what_the_cache_names_and_is_gone_is_looked_for_in_default_directories),
		TEST(the_cache_gives_the_best_of_what_the_cpu_can_use),
		TEST(entries_of_the_cache_for_another_cpu_are_not_ours),
		TEST(numbers_in_names_of_the_cache_are_compared_by_value),
		TEST(a_cache_that_was_cut_is_not_read_beyond_its_end),
		TEST(a_cache_that_lies_is_not_read_beyond_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

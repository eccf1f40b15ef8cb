/* What is known of files' pages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "shmstat/read/filepages.h"

#define DEVICE (8ULL << 32 | 1)

static void
what_was_written_is_found_by_file_and_place(void **state)
{
	struct file_pages *f = file_pages_new();
	uint16_t *words = file_pages_at(f, DEVICE, 7, 100, 8);

	(void)state;
	assert_non_null(words);
	for (int i = 0; i < 8; i++)
		assert_int_equal(words[i], FILE_PAGE_UNKNOWN);
	words[0] = 3;
	words[7] = FILE_PAGE_UNCOUNTED;
	/* longer now, and among many others */
	assert_non_null(file_pages_at(f, DEVICE, 7, 0, 5000));
	for (uint64_t inode = 1000; inode < 3000; inode++)
		file_pages_at(f, DEVICE, inode, 0, 1)[0] = (uint16_t)inode;
	words = file_pages_at(f, DEVICE, 7, 99, 9);
	assert_int_equal(words[0], FILE_PAGE_UNKNOWN);
	assert_int_equal(words[1], 3);
	assert_int_equal(words[8], FILE_PAGE_UNCOUNTED);
	for (uint64_t inode = 1000; inode < 3000; inode++)
		assert_int_equal(file_pages_at(f, DEVICE, inode, 0, 1)[0], inode);
	file_pages_free(f);
}

static void
equal_inodes_of_two_devices_are_two_files(void **state)
{
	struct file_pages *f = file_pages_new();

	(void)state;
	file_pages_at(f, DEVICE, 7, 0, 1)[0] = 3;
	assert_int_equal(file_pages_at(f, DEVICE + 1, 7, 0, 1)[0], FILE_PAGE_UNKNOWN);
	file_pages_free(f);
}

static void
forgotten_is_unknown(void **state)
{
	struct file_pages *f = file_pages_new();

	(void)state;
	file_pages_at(f, DEVICE, 7, 0, 1)[0] = 3;
	file_pages_forget(f);
	assert_int_equal(file_pages_at(f, DEVICE, 7, 0, 1)[0], FILE_PAGE_UNKNOWN);
	file_pages_free(f);
}

static void
memory_for_it_is_bounded(void **state)
{
	struct file_pages *f = file_pages_new();
	uint64_t kept = 0;

	(void)state;
	assert_null(file_pages_at(f, DEVICE, 7, 1ULL << 40, 1));
	assert_null(file_pages_at(f, DEVICE, 7, 1, UINT64_MAX));
	for (uint64_t inode = 1; inode < 1000; inode++)
		kept += file_pages_at(f, DEVICE, inode, 0, 60000) != NULL;
	assert_in_range(kept, 10, 50);
	file_pages_free(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_is_found_by_file_and_place),
		cmocka_unit_test(equal_inodes_of_two_devices_are_two_files),
		cmocka_unit_test(forgotten_is_unknown),
		cmocka_unit_test(memory_for_it_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

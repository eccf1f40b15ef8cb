/* Lines of /proc/PID/maps and smaps, and what class of pages a path means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "maps.h"

static void
lines_of_maps_are_taken_apart(void **state)
{
	struct mapping m;

	(void)state;
	assert_true(maps_line("7f0000001000-7f0000003000 r-xp 00002000 fe:00 1234      /usr/lib/a "
			      "b.so (deleted)\n",
			      &m));
	assert_int_equal(m.start, 0x7f0000001000);
	assert_int_equal(m.end, 0x7f0000003000);
	assert_int_equal(m.offset, 0x2000);
	assert_string_equal(m.perms, "r-xp");
	assert_string_equal(m.path, "/usr/lib/a b.so (deleted)");
	free(m.path);
	assert_true(maps_line("1000-2000 rw-p 00000000 00:00 0 \n", &m));
	assert_string_equal(m.path, "");
	free(m.path);
	assert_false(maps_line("Size:                  4 kB\n", &m));
	assert_false(maps_line("", &m));
	assert_false(maps_line("zzz-yyy rw-p", &m));
}

static void
values_of_smaps_are_read(void **state)
{
	uint64_t kb = 0;

	(void)state;
	assert_true(smaps_value("Private_Dirty:        12 kB\n", "Private_Dirty", &kb));
	assert_int_equal(kb, 12);
	assert_false(smaps_value("Private_Dirty:        12 kB\n", "Private", &kb));
	assert_false(smaps_value("SwapPss:               0 kB\n", "Swap", &kb));
}

static void
paths_of_a_store_have_classes(void **state)
{
	struct mapping m = {.path = "/s/e-12ab/linked/0123456789abcdef"};

	(void)state;
	assert_int_equal(mapping_class(&m), CLASS_LINKED);
	m.path = "/s/plans/0123456789abcdef";
	assert_int_equal(mapping_class(&m), CLASS_CLOSURE);
	m.path = "/s/plans/readme";
	assert_int_equal(mapping_class(&m), CLASS_TEXT);
	m.path = "linked/0123456789abcdef";
	assert_int_equal(mapping_class(&m), CLASS_ANON);
	m.path = "[heap]";
	assert_int_equal(mapping_class(&m), CLASS_ANON);
	m.path = "/usr/libexec/xipld/xipld-self";
	assert_true(mapping_is_loader(&m));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_of_maps_are_taken_apart),
		cmocka_unit_test(values_of_smaps_are_read),
		cmocka_unit_test(paths_of_a_store_have_classes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

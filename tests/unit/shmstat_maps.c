/* Lines of /proc/PID/maps, smaps, status and stat, and what class of pages a path means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shmstat/read/classes.h"
#include "shmstat/proc/maps.h"
#include "shmstat/proc/procmap.h"
#include "shmstat/read/read_method.h"

static void
lines_of_maps_are_taken_apart(void **state)
{
	struct mapping m;

	(void)state;
	assert_true(maps_line("7f0000001000-7f0000003000 r-xp 00002000 fe:0a 1234      /usr/lib/a "
			      "b.so (deleted)",
			      &m));
	assert_int_equal(m.start, 0x7f0000001000);
	assert_int_equal(m.end, 0x7f0000003000);
	assert_int_equal(m.offset, 0x2000);
	assert_int_equal(m.inode, 1234);
	assert_int_equal(m.dev_major, 0xfe);
	assert_int_equal(m.dev_minor, 0x0a);
	assert_string_equal(m.perms, "r-xp");
	assert_string_equal(m.path, "/usr/lib/a b.so (deleted)");
	assert_true(maps_line("1000-2000 rw-s 00000000 00:00 0 ", &m));
	assert_string_equal(m.path, "");
	assert_true(maps_line("ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]",
			      &m));
	assert_false(mapping_is_user(&m));
}

static void
what_is_no_line_of_maps_is_refused(void **state)
{
	static const char *const lines[] = {
		"",
		"Size:                  4 kB",
		"zzz-yyy rw-p",
		"2000-1000 rw-p 00000000 00:00 0 ",
		"1000-2000 rwwp 00000000 00:00 0 ",
		"1000-2000 rw-p 00000000 00:00",
		"11112222333344445-2000 rw-p 00000000 00:00 0 ",
		"1000-2000 rw-p 00000000 00:00 99999999999999999999 ",
	};
	struct mapping m;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_false(maps_line(lines[i], &m));
}

static void
values_of_smaps_are_added(void **state)
{
	struct counts c = {0};

	(void)state;
	smaps_line("Private_Dirty:        12 kB", &c);
	smaps_line("Private_Dirty:         4 kB", &c);
	smaps_line("Pss:                   5 kB", &c);
	smaps_line("SwapPss:               3 kB", &c);
	smaps_line("Pss_Dirty:             9 kB", &c);
	smaps_line("Swap:                  x kB", &c);
	smaps_line("Rss: 99999999999999999999 kB", &c);
	smaps_line("no colon", &c);
	assert_int_equal(c.private_dirty, 16 * 1024 / system_page_size());
	assert_int_equal(pss_kb(&c), 5);
	assert_int_equal(c.swap_pss_kb, 3);
	assert_int_equal(c.swap, 0);
	assert_int_equal(c.resident, 0);
}

static void
status_names_the_process(void **state)
{
	struct process p = {0};
	bool has_memory = false;

	(void)state;
	status_line("Name:\ta\\nb\\\\c d", &p, &has_memory);
	status_line("PPid:\t17", &p, &has_memory);
	status_line("Uid:\t1000\t1001\t1002\t1003", &p, &has_memory);
	assert_false(has_memory);
	status_line("VmPTE:\t      48 kB", &p, &has_memory);
	assert_true(has_memory);
	assert_string_equal(p.name, "a\nb\\c d");
	assert_int_equal(p.parent, 17);
	assert_int_equal(p.uid, 1000);
	assert_int_equal(p.table_kb, 48);
}

static void
stat_is_read_behind_the_last_parenthesis(void **state)
{
	pid_t parent = 0;
	uint64_t start = 0;

	(void)state;
	assert_true(
		stat_line("12 (a) S 1 (b) S 7 12 12 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4711 9 "
			  "9",
			  &parent, &start));
	assert_int_equal(parent, 7);
	assert_int_equal(start, 4711);
	assert_false(stat_line("12 (a S 7", &parent, &start));
	assert_false(stat_line("12 (a) S 7 1 1", &parent, &start));
	assert_false(stat_line("", &parent, &start));
}

static void
paths_of_a_store_have_classes(void **state)
{
	(void)state;
	assert_int_equal(store_class("/s/e-12ab/relocated/0123456789abcdef"), CLASS_RELOCATED);
	assert_int_equal(store_class("/s/e-12ab/relocated/0123456789abcdef (deleted)"),
			 CLASS_RELOCATED);
	assert_int_equal(store_class("/s/plans/0123456789abcdef"), CLASS_PROGRAM);
	assert_int_equal(store_class("/s/init-pages/8123456789abcdef"), CLASS_PROGRAM);
	assert_int_equal(store_class("/s/plans/readme"), CLASS_TEXT);
	assert_int_equal(store_class("/s/plans/0123456789abcdef0"), CLASS_TEXT);
	assert_int_equal(store_class("linked/0123456789abcdef"), CLASS_TEXT);
	assert_int_equal(store_class(""), CLASS_TEXT);
	assert_true(path_is_loader("/usr/libexec/xipld/xipld-self"));
	assert_true(path_is_loader("/usr/bin/xipld (deleted)"));
	assert_false(path_is_loader("/usr/bin/xipld-other"));
	assert_false(path_is_loader("[heap]"));
}

static void
a_page_written_is_a_copy_only_where_a_file_is_behind_it(void **state)
{
	struct mapping m = {.path = "/lib/a.so", .inode = 3};

	(void)state;
	assert_true(mapping_has_file(&m));
	m = (struct mapping){.path = "[heap]"};
	assert_false(mapping_has_file(&m));
	m = (struct mapping){.path = "/dev/zero", .inode = 5};
	assert_false(mapping_has_file(&m));
	m = (struct mapping){.path = "[vvar]"};
	assert_true(mapping_is_uncounted(&m));
	m.inode = 9; /* a file that has itself called like that */
	assert_false(mapping_is_uncounted(&m));
}

/* No allocation between the two looks: it might make a mapping. */
static void
a_query_says_what_the_text_of_maps_says(void **state)
{
	static char text[1 << 20], name[PROCMAP_NAME];
	char *line, *rest = text;
	struct mapping told, asked;
	uint64_t address = 0;
	size_t have = 0;
	ssize_t got;
	int maps = open("/proc/self/maps", O_RDONLY);

	(void)state;
	assert_true(maps >= 0);
	if (procmap_query(maps, 0, NULL, &asked) == ENOTTY) { /* before Linux 6.11 */
		close(maps);
		skip();
	}
	while ((got = read(maps, text + have, sizeof(text) - 1 - have)) > 0)
		have += (size_t)got;
	while ((line = strsep(&rest, "\n"))) {
		if (!maps_line(line, &told) || !mapping_is_user(&told))
			continue;
		assert_int_equal(procmap_query(maps, address, name, &asked), 0);
		assert_int_equal(asked.start, told.start);
		assert_int_equal(asked.end, told.end);
		assert_int_equal(asked.offset, told.offset);
		assert_int_equal(asked.inode, told.inode);
		assert_int_equal(asked.dev_major, told.dev_major);
		assert_int_equal(asked.dev_minor, told.dev_minor);
		assert_string_equal(asked.perms, told.perms);
		assert_string_equal(asked.path, told.path);
		address = asked.end;
	}
	assert_int_equal(procmap_query(maps, address, NULL, &asked), ENOENT);
	close(maps);
}

static void
a_kind_is_remembered_only_of_files_that_their_numbers_name(void **state)
{
	struct known_files *k = known_files_new();
	struct process p = {.pid = getpid()};
	struct mapping linked = {
		.path = "/s/relocated/0123456789abcdef", .inode = 3, .dev_major = 8};
	struct mapping overlay = {.path = "/usr/bin/xipld", .inode = 3};
	struct file_kind kind;

	(void)state;
	assert_non_null(k);
	assert_false(known_kind(k, &linked, &kind));
	assert_int_equal(learn_kind(k, &p, &linked).class, CLASS_RELOCATED);
	linked.path = "";
	assert_true(known_kind(k, &linked, &kind));
	assert_int_equal(kind.class, CLASS_RELOCATED);
	assert_true(kind.anonymous_class == CLASS_COW && !kind.is_loader);
	assert_true(learn_kind(k, &p, &overlay).is_loader);
	assert_false(known_kind(k, &overlay, &kind));
	known_kinds_forget(k);
	assert_false(known_kind(k, &linked, &kind));
	known_files_free(k);
}

/* Each method is tried as often as the other; then the one whose best trial was cheaper stays. */
static void
settle_method(struct read_methods *w, uint64_t query, uint64_t text)
{
	for (unsigned i = 0; i < 2 * READ_METHOD_TRIALS; i++) {
		bool queries = read_by_query(w);

		assert_true(queries == (i % 2 == 0));
		/* the first of each is dearer: nothing is known yet */
		read_method_learn(queries ? &w->query : &w->text,
				  (queries ? query : text) * (i < 2 ? 9 : 1),
				  READ_METHOD_MAPPINGS + i);
	}
}

static void
the_cheaper_way_is_kept_to(void **state)
{
	struct read_methods w = {0};

	(void)state;
	read_method_learn(&w.query, 1, READ_METHOD_MAPPINGS - 1); /* too few to tell */
	assert_int_equal(w.query.trials, 0);
	settle_method(&w, 30000, 20000);
	assert_false(read_by_query(&w));
	read_method_learn(&w.text, 1000000, READ_METHOD_MAPPINGS); /* has been tried enough */
	assert_false(read_by_query(&w));
	w = (struct read_methods){0};
	settle_method(&w, 20000, 30000);
	assert_true(read_by_query(&w));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_of_maps_are_taken_apart),
		cmocka_unit_test(what_is_no_line_of_maps_is_refused),
		cmocka_unit_test(values_of_smaps_are_added),
		cmocka_unit_test(status_names_the_process),
		cmocka_unit_test(stat_is_read_behind_the_last_parenthesis),
		cmocka_unit_test(paths_of_a_store_have_classes),
		cmocka_unit_test(a_page_written_is_a_copy_only_where_a_file_is_behind_it),
		cmocka_unit_test(a_query_says_what_the_text_of_maps_says),
		cmocka_unit_test(the_cheaper_way_is_kept_to),
		cmocka_unit_test(a_kind_is_remembered_only_of_files_that_their_numbers_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

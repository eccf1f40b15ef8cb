/* In which order constructors and destructors run: what is sorted, at the start and at exit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests_graph.h"

/* What runs in a child until it exits: init.c counts how far the start came, once a process. */
static const char *
ran_in_child(void (*fn)(void))
{
	static char text[sizeof(ran)];
	int ends[2];
	pid_t child;
	ssize_t got;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		fn();
		exit(write(ends[1], ran, strlen(ran)) < 0);
	}
	close(ends[1]);
	got = read(ends[0], text, sizeof(text) - 1);
	assert_true(got >= 0);
	text[got] = 0;
	close(ends[0]);
	assert_int_equal(waitpid(child, NULL, 0), child);
	return text;
}

static void
a_chain_is_sorted_from_who_needs_to_what_is_needed(void **state)
{
	(void)state;
	start("a:b b:c c:d", "");
	assert_string_equal(startup_order(), "abcd");
	assert_string_equal(letters_of(rtld->exit_order, rtld->exit_count), "abcd");
}

static void
what_two_need_comes_behind_both(void **state)
{
	(void)state;
	start("a:bc b:d c:d", "");
	assert_string_equal(startup_order(), "abcd");
}

static void
a_library_loaded_early_is_sorted_behind_a_later_one_that_needs_it(void **state)
{
	(void)state;
	start("a:edcb b:e c:d e:f d:f", "");
	assert_string_equal(letters_of(rtld->startup.list, rtld->startup.count), "aedcbf");
	assert_string_equal(startup_order(), "acdbef");
}

static void
a_circle_is_cut_where_the_last_loaded_of_it_comes_to_it(void **state)
{
	(void)state;
	start("a:b b:c c:bd", "");
	assert_string_equal(startup_order(), "acbd");
}

static void
independent_libraries_keep_the_order_in_which_they_were_loaded(void **state)
{
	(void)state;
	start("a:bcde", "");
	assert_string_equal(startup_order(), "abcde");
}

static void
a_preload_is_sorted_before_what_it_needs_and_after_the_program(void **state)
{
	(void)state;
	start("a:bc f:c", "f");
	assert_string_equal(letters_of(rtld->startup.list, rtld->startup.count), "afbc");
	assert_string_equal(startup_order(), "afbc");
}

static void
the_program_stays_first_where_a_library_needs_it(void **state)
{
	(void)state;
	start("a:b b:a", "");
	assert_string_equal(startup_order(), "ab");
}

static void
run_start(void)
{
	char *none[] = {NULL};

	init_run_startup(0, none, none);
}

static void
run_start_and_exit(void)
{
	run_start();
	note('|');
	init_run_destructors();
	init_run_destructors(); /* exit handlers may come to it twice */
}

static void
constructors_run_from_the_needed_and_destructors_the_other_way(void **state)
{
	(void)state;
	start("a:bc b:d c:d", "");
	assert_string_equal(ran_in_child(run_start_and_exit), "dcb|ABCD");
}

static void
the_programs_own_constructors_are_libcs_to_run_with_glibc_alone(void **state)
{
	(void)state;
	start("a:b", "");
	assert_string_equal(ran_in_child(run_start), "b");
	rtld->libc_kind = LIBC_MUSL;
	assert_string_equal(ran_in_child(run_start), "ba");
}

static void
an_object_marked_initfirst_runs_before_all_and_once(void **state)
{
	(void)state;
	object('b')->flags_1 = DF_1_INITFIRST;
	start("a:bc b:d", "");
	assert_ptr_equal(rtld->init_first, object('b'));
	assert_string_equal(ran_in_child(run_start), "bdc");
}

static void
constructors_known_to_do_nothing_are_not_called(void **state)
{
	(void)state;
	start("a:bc", "");
	object('b')->init_is_trivial = true;
	assert_string_equal(ran_in_child(run_start), "c");
}

static void
destructors_known_to_do_nothing_are_not_called(void **state)
{
	(void)state;
	start("a:bc", "");
	object('c')->fini_known = true;
	assert_string_equal(ran_in_child(run_start_and_exit), "cb|AB");
}

/* c's constructor opens e, which needs d: that one's come first, and not again. */
static void
dlopen_in_a_constructor_first_runs_those_of_what_it_needs(void **state)
{
	(void)state;
	describe("e:d");
	start("a:dc", "");
	opens_in_constructor = 'e';
	assert_string_equal(startup_order(), "adc");
	assert_string_equal(ran_in_child(run_start), "dec");
}

static void
open_and_exit(void)
{
	run_start();
	open_it("e", RTLD_NOW);
	note('|');
	init_run_destructors();
}

static void
what_was_opened_is_finished_at_exit_before_what_it_needs(void **state)
{
	(void)state;
	describe("e:b");
	start("a:b", "");
	assert_string_equal(ran_in_child(open_and_exit), "be|AEB");
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_chain_is_sorted_from_who_needs_to_what_is_needed),
		TEST(what_two_need_comes_behind_both),
		TEST(a_library_loaded_early_is_sorted_behind_a_later_one_that_needs_it),
		TEST(a_circle_is_cut_where_the_last_loaded_of_it_comes_to_it),
		TEST(independent_libraries_keep_the_order_in_which_they_were_loaded),
		TEST(a_preload_is_sorted_before_what_it_needs_and_after_the_program),
		TEST(the_program_stays_first_where_a_library_needs_it),
		TEST(constructors_run_from_the_needed_and_destructors_the_other_way),
		TEST(the_programs_own_constructors_are_libcs_to_run_with_glibc_alone),
		TEST(an_object_marked_initfirst_runs_before_all_and_once),
		TEST(constructors_known_to_do_nothing_are_not_called),
		TEST(destructors_known_to_do_nothing_are_not_called),
		TEST(dlopen_in_a_constructor_first_runs_those_of_what_it_needs),
		TEST(what_was_opened_is_finished_at_exit_before_what_it_needs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

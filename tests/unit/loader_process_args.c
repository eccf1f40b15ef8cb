/* What the kernel puts on the stack of a new program, taken apart, and what of the environment is
 * hidden from the C library's own dynamic linker while it boots. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/tunables.h"
#include "tests_rtld.h"

/* argc, two arguments, two variables, an auxiliary vector of two entries */
static uintptr_t stack[16] __attribute__((aligned(16)));
static struct process_args args;

static int
begin(void **state)
{
	static char name[] = "name", argument[] = "argument", last[] = "last", path[] = "PATH=/bin",
		    empty[] = "EMPTY=";
	const uintptr_t content[] = {3,
				     (uintptr_t)name,
				     (uintptr_t)argument,
				     (uintptr_t)last,
				     0,
				     (uintptr_t)path,
				     (uintptr_t)empty,
				     0,
				     AT_PAGESZ,
				     4096,
				     AT_NULL,
				     0};

	(void)state;
	memcpy(stack, content, sizeof(content));
	process_args_parse(&args, stack);
	return 0;
}

static void
the_kernels_vectors_follow_each_other(void **state)
{
	(void)state;
	assert_int_equal(args.argc, 3);
	assert_string_equal(args.argv[2], "last");
	assert_string_equal(process_args_getenv(&args, "PATH"), "/bin");
	assert_string_equal(process_args_getenv(&args, "EMPTY"), "");
	assert_null(process_args_getenv(&args, "PAT"));
	assert_null(process_args_getenv(&args, "PATH=/bin"));
	assert_int_equal(args.nauxv, 2);
	assert_int_equal(process_args_aux(&args, AT_PAGESZ), 4096);
	assert_int_equal(process_args_aux(&args, AT_PHDR), 0);
	process_args_set_aux(&args, AT_PAGESZ, 65536);
	assert_int_equal(process_args_aux(&args, AT_PAGESZ), 65536);
}

static void
arguments_are_dropped_and_the_stack_stays_aligned(void **state)
{
	for (int count = 1; count <= 2; count++) {
		begin(state);
		process_args_drop(&args, count);
		assert_int_equal((uintptr_t)args.stack % 16, 0);
		assert_int_equal(args.argc, 3 - count);
		assert_int_equal(*args.stack, 3 - count);
		assert_string_equal(args.argv[0], count == 1 ? "argument" : "last");
		assert_null(args.argv[args.argc]);
		assert_string_equal(process_args_getenv(&args, "PATH"), "/bin");
		assert_int_equal(process_args_aux(&args, AT_PAGESZ), 4096);
	}
}

/* Each variable alone, as ld.so would find it. */
static void
every_variable_that_ld_so_acts_on_is_hidden_and_shown_again(void **state)
{
	static const char *const variables[] = {"LD_PRELOAD=a",	  "LD_AUDIT=a",
						"LD_DEBUG=all",	  "LD_BIND_NOW=",
						"LD_VERBOSE=1",	  "LD_TRACE_LOADED_OBJECTS=1",
						"LD_PROFILE=a",	  "LD_TRACE_LOADED_OBJECTS=",
						"LD_SHOW_AUXV=1", "LD_WARN=yes",
						"LD_BIND_NOW=1"};
	char text[64];
	char *envp[] = {text, NULL};
	struct process_args one = {.envp = envp};

	(void)state;
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		strcpy(text, variables[i]);
		process_args_hide_loader_variables(&one);
		assert_int_not_equal(strncmp(text, "LD_", 3), 0);
		process_args_show_loader_variables(&one);
		assert_string_equal(text, variables[i]);
	}
}

static void
variables_of_other_names_are_not_hidden(void **state)
{
	static const char *const variables[] = {
		"LD_LIBRARY_PATH=/a", "LD_PRELOADED=a", "LD_WARN", "LANG=C", "L", ""};
	char text[64];
	char *envp[] = {text, NULL};
	struct process_args one = {.envp = envp};

	(void)state;
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		strcpy(text, variables[i]);
		process_args_hide_loader_variables(&one);
		assert_string_equal(text, variables[i]);
	}
}

static void
the_last_value_of_a_tunable_that_is_in_range_counts(void **state)
{
	(void)state;
	assert_int_equal(tunable(NULL, "a.b", 7, 0, 100), 7);
	assert_int_equal(tunable("a.b=5", "a.b", 7, 0, 100), 5);
	assert_int_equal(tunable("x=1:a.b=5:a.b=6:y=2", "a.b", 7, 0, 100), 6);
	assert_int_equal(tunable("a.b=5:a.b=101", "a.b", 7, 0, 100), 5);
	assert_int_equal(tunable("a.bc=5:aa.b=5:a.b", "a.b", 7, 0, 100), 7);
}

static void
numbers_of_tunables_are_read_as_ld_so_does(void **state)
{
	(void)state;
	assert_int_equal(tunable("t=0x1F", "t", 7, 0, UINT64_MAX), 31);
	assert_int_equal(tunable("t=017", "t", 7, 0, UINT64_MAX), 15);
	assert_int_equal(tunable("t= +12kB", "t", 7, 0, UINT64_MAX), 12);
	assert_int_equal(tunable("t=-1", "t", 7, 0, UINT64_MAX), UINT64_MAX);
	assert_int_equal(tunable("t=99999999999999999999999", "t", 7, 0, UINT64_MAX), UINT64_MAX);
	assert_int_equal(tunable("t=", "t", 7, 0, UINT64_MAX), 0);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_kernels_vectors_follow_each_other),
		TEST(arguments_are_dropped_and_the_stack_stays_aligned),
		TEST(every_variable_that_ld_so_acts_on_is_hidden_and_shown_again),
		TEST(variables_of_other_names_are_not_hidden),
		TEST(the_last_value_of_a_tunable_that_is_in_range_counts),
		TEST(numbers_of_tunables_are_read_as_ld_so_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

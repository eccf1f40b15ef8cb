/* When a plan is stale: what the search looked at has changed, and would answer otherwise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/ld_cache.h"
#include "lib/plan_inputs.h"
#include "lib/sys.h"

static char dir[64], place[80], text[512];
static struct plan_header header;
static struct plan_input input;
static struct plan_lookup lookup;
static struct plan_tried tried;
static const struct plan_tables tables = {
	.header = &header, .strings = text, .inputs = &input, .lookups = &lookup, .tried = &tried};
static struct plan_inputs inputs;

static uint32_t
put(const char *string)
{
	uint32_t at = (uint32_t)header.strings.count;

	header.strings.count += (size_t)snprintf(text + at, sizeof(text) - at, "%s", string) + 1;
	return at;
}

/* One input; what there is at its path now is what was there. */
static void
make(enum plan_input_kind kind, const char *path)
{
	memset(&header, 0, sizeof(header));
	header.inputs.count = 1;
	input = (struct plan_input){.path = put(path), .kind = kind};
	sys_stat(path, &input.id);
}

static const char *
stale(void)
{
	const char *how;

	inputs.tables = &tables;
	return plan_inputs_check(&inputs, &how) ? how : NULL;
}

static void
create(const char *name)
{
	snprintf(place, sizeof(place), "%s/%s", dir, name);
	fclose(fopen(place, "w"));
}

static int
set_up(void **state)
{
	(void)state;
	page_size = 4096;
	snprintf(dir, sizeof(dir), "/tmp/plan-inputs.XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int
tear_down(void **state)
{
	char command[96];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command);
}

static void
a_file_must_be_the_same_file(void **state)
{
	(void)state;
	create("file");
	make(PLAN_INPUT_FILE, place);
	assert_null(stale());
	assert_int_equal(truncate(place, 7), 0);
	assert_string_equal(stale(), "has changed");
	unlink(place);
	assert_string_equal(stale(), "is gone");
}

static void
what_was_absent_must_stay_absent(void **state)
{
	char path[96];

	(void)state;
	snprintf(path, sizeof(path), "%s/new", dir);
	make(PLAN_INPUT_ABSENT, path);
	assert_null(stale());
	create("new");
	assert_string_equal(stale(), "has appeared");
}

static void
another_file_in_a_searched_directory_matters_not(void **state)
{
	(void)state;
	make(PLAN_INPUT_DIRECTORY, dir);
	header.tried.count = 1;
	tried = (struct plan_tried){put(dir), put("libwanted.so")};
	assert_null(stale());
	assert_false(inputs.moved);
	create("other");
	assert_null(stale());
	assert_true(inputs.moved);
}

static void
a_file_of_a_name_that_was_tried_does(void **state)
{
	const char *how;
	char path[96];

	(void)state;
	make(PLAN_INPUT_DIRECTORY, dir);
	header.tried.count = 1;
	tried = (struct plan_tried){put(dir), put("libwanted.so")};
	create("libwanted.so");
	snprintf(path, sizeof(path), "%s/libwanted.so", dir);
	assert_string_equal(plan_inputs_check(&inputs, &how), path);
	assert_string_equal(how, "has appeared");
}

static void
a_directory_that_is_gone_is_another_answer(void **state)
{
	(void)state;
	make(PLAN_INPUT_DIRECTORY, dir);
	rmdir(dir);
	assert_string_equal(stale(), "is gone");
	mkdir(dir, 0700);
}

/* What the machine's cache says of this name; "" if it has neither. */
static const char *
answer(const char *name)
{
	static char bytes[4 << 20];
	FILE *f = fopen(LD_CACHE_FILE, "r");
	size_t size = f ? fread(bytes, 1, sizeof(bytes), f) : 0;
	const char *hwcaps[4], *found;

	if (f)
		fclose(f);
	found = ld_cache_lookup(bytes, size, name, hwcaps, arch_hwcaps(hwcaps));
	return found ? found : "";
}

static void
make_cache(const char *path)
{
	make(PLAN_INPUT_LD_CACHE, LD_CACHE_FILE);
	header.lookups.count = 1;
	lookup = (struct plan_lookup){put("libc.so.6"), put(path)};
}

static void
the_same_cache_is_not_asked(void **state)
{
	(void)state;
	make_cache("/somewhere/libc.so.6");
	assert_null(stale());
	assert_false(inputs.moved);
}

static void
another_cache_of_the_same_answers_will_do(void **state)
{
	(void)state;
	make_cache(answer("libc.so.6"));
	input.id.ino++;
	assert_null(stale());
	assert_true(inputs.moved);
}

static void
another_answer_of_the_cache_makes_stale(void **state)
{
	(void)state;
	make_cache("/somewhere/libc.so.6");
	input.id.ino++;
	assert_string_equal(stale(), "has changed");
}

static void
the_current_directory_must_be_the_one(void **state)
{
	char cwd[256];

	(void)state;
	make(PLAN_INPUT_CWD, getcwd(cwd, sizeof(cwd)));
	assert_null(stale());
	make(PLAN_INPUT_CWD, "/nowhere");
	assert_non_null(stale());
	inputs.anywhere = true;
	assert_null(stale());
	inputs.anywhere = false;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_file_must_be_the_same_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_was_absent_must_stay_absent, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(another_file_in_a_searched_directory_matters_not,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_file_of_a_name_that_was_tried_does, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_directory_that_is_gone_is_another_answer, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(the_same_cache_is_not_asked, set_up, tear_down),
		cmocka_unit_test(another_cache_of_the_same_answers_will_do),
		cmocka_unit_test(another_answer_of_the_cache_makes_stale),
		cmocka_unit_test(the_current_directory_must_be_the_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

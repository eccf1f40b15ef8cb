/* Whether glibc's functions read the hook for another loader: on the code of this machine's own
 * libc, and on code that does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "arch.h"
#include "tests_rtld.h"

#define FAR 4096 /* larger than any offset in _rtld_global_ro */

/* The offset of the hook, as three functions have it in common; 0: none has. */
static size_t
find_offset(const void *function, size_t entry, size_t from)
{
	for (size_t offset = from; offset < FAR; offset += 8)
		if (arch_reads_hook(function, offset, entry))
			return offset;
	return 0;
}

/* libc's own: a sanitizer has functions of the same names. */
static const void *
of_libc(const char *name)
{
	const void *function = dlsym(dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD), name);

	assert_non_null(function);
	return function;
}

static void
libc_reads_the_hook_at_one_offset(void **state)
{
	size_t offset = find_offset(of_libc("dladdr"), 5 * 8, 8);

	(void)state;
	assert_int_not_equal(offset, 0);
	assert_int_equal(find_offset(of_libc("dladdr"), 5 * 8, offset + 8), 0);
	assert_true(arch_reads_hook(of_libc("dladdr1"), offset, 6 * 8));
	assert_true(arch_reads_hook(of_libc("dlclose"), offset, 1 * 8));
}

static void
another_entry_is_told_apart(void **state)
{
	size_t offset = find_offset(of_libc("dladdr"), 5 * 8, 8);

	(void)state;
	assert_false(arch_reads_hook(of_libc("dladdr"), offset, 6 * 8));
	assert_false(arch_reads_hook(of_libc("dladdr1"), offset, 5 * 8));
}

static void
other_code_reads_no_hook(void **state)
{
	unsigned char zeroes[ARCH_HOOK_CODE] = {0}, ones[ARCH_HOOK_CODE];

	(void)state;
	memset(ones, 0xff, sizeof(ones));
	assert_int_equal(find_offset(zeroes, 5 * 8, 8), 0);
	assert_int_equal(find_offset(ones, 5 * 8, 8), 0);
	assert_int_equal(find_offset(of_libc("memchr"), 5 * 8, 8), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(libc_reads_the_hook_at_one_offset),
		cmocka_unit_test(another_entry_is_told_apart),
		cmocka_unit_test(other_code_reads_no_hook),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

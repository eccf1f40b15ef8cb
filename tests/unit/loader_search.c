/* Where a library is looked for, and in which order: ld.so(8), and musl's ldso. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/search_path.h"
#include "tests_files.h"

/* Every directory of the list has the library: which one is first? */
static void
add_candidates(void)
{
	add_file("/rpath/libx.so", LIBRARY);
	add_file("/env/libx.so", LIBRARY);
	add_file("/runpath/libx.so", LIBRARY);
	add_file("/usr/lib/libx.so", LIBRARY);
	rtld->search.library_path = "/env";
}

static void
rpath_comes_before_ld_library_path(void **state)
{
	(void)state;
	add_candidates();
	library->rpath = "/rpath";
	assert_string_equal(found("libx.so", library), "/rpath/libx.so");
	assert_int_equal(library->found_by, FOUND_BY_RPATH);
}

static void
runpath_comes_after_ld_library_path_and_before_the_system(void **state)
{
	(void)state;
	add_candidates();
	library->runpath = "/runpath";
	assert_string_equal(found("libx.so", library), "/env/libx.so");
	assert_int_equal(library->found_by, FOUND_BY_LIBRARY_PATH);
	rtld->search.library_path = NULL;
	assert_string_equal(found("libx.so", library), "/runpath/libx.so");
	assert_int_equal(library->found_by, FOUND_BY_RUNPATH);
	library->runpath = NULL;
	assert_string_equal(found("libx.so", library), "/usr/lib/libx.so");
	assert_int_equal(library->found_by, FOUND_BY_DEFAULT);
}

static void
rpath_is_ignored_beside_runpath(void **state)
{
	(void)state;
	add_candidates();
	library->rpath = program->rpath = "/rpath";
	library->runpath = "/nowhere";
	assert_string_equal(found("libx.so", library), "/env/libx.so");
}

static void
an_object_file_with_both_keeps_the_runpath_alone(void **state)
{
	static struct image image;

	(void)state;
	begin_image(&image);
	add_dynamic(&image, DT_RPATH, add_string(&image, "/rpath"));
	add_dynamic(&image, DT_RUNPATH, add_string(&image, "/runpath"));
	assert_true(read_image(&image, library, &error));
	assert_null(library->rpath);
	assert_string_equal(library->runpath, "/runpath");
}

static void
rpath_is_inherited_from_who_needs_the_library(void **state)
{
	(void)state;
	add_candidates();
	program->rpath = "/rpath";
	assert_string_equal(found("libx.so", library), "/rpath/libx.so");
	add_file("/own/libx.so", LIBRARY);
	library->rpath = "/own";
	assert_string_equal(found("libx.so", library), "/own/libx.so");
}

static void
runpath_is_not_inherited(void **state)
{
	(void)state;
	add_candidates();
	rtld->search.library_path = NULL;
	program->runpath = "/runpath";
	assert_string_equal(found("libx.so", library), "/usr/lib/libx.so");
	program->rpath = "/rpath"; /* which the runpath beside it hides from all */
	assert_string_equal(found("libx.so", library), "/usr/lib/libx.so");
}

static void
the_programs_rpath_counts_for_what_nobody_needed(void **state)
{
	(void)state;
	add_candidates();
	program->rpath = "/rpath";
	library->needed_by = NULL; /* dlopened */
	assert_string_equal(found("libx.so", library), "/rpath/libx.so");
}

static void
origin_is_the_directory_of_whose_path_it_is(void **state)
{
	(void)state;
	add_file("/opt/lib/libx.so", LIBRARY);
	add_file("/opt/bin/libx.so", LIBRARY);
	add_file("/opt/bin/../plugins/libx.so", LIBRARY);
	library->rpath = "$ORIGIN";
	assert_string_equal(found("libx.so", library), "/opt/lib/libx.so");
	library->rpath = NULL;
	program->rpath = "${ORIGIN}";
	assert_string_equal(found("libx.so", library), "/opt/bin/libx.so");
	program->rpath = "$ORIGIN/../plugins";
	assert_string_equal(found("libx.so", library), "/opt/bin/../plugins/libx.so");
	program->rpath = NULL;
	rtld->search.library_path = "$ORIGIN"; /* the program's, whoever asks */
	assert_string_equal(found("libx.so", library), "/opt/bin/libx.so");
}

static void
the_origin_of_a_relative_path_begins_at_the_current_directory(void **state)
{
	struct object *relative = new_object("sub/liby.so", OBJECT_LOADED);
	struct object *root = new_object("/libz.so", OBJECT_LOADED);
	char cwd[4096];

	(void)state;
	assert_non_null(getcwd(cwd, sizeof(cwd)));
	assert_int_equal(strncmp(search_origin(relative), cwd, strlen(cwd)), 0);
	assert_string_equal(search_origin(relative) + strlen(cwd), "/sub");
	assert_string_equal(search_origin(root), "/");
}

static void
lib_and_platform_are_this_cpus(void **state)
{
	(void)state;
	assert_string_equal(search_expand("/a/$LIB/b", library), "/a/" ARCH_LIB "/b");
	assert_string_equal(search_expand("/a/${LIB}", library), "/a/" ARCH_LIB);
	assert_string_equal(search_expand("$PLATFORM", library), ARCH_PLATFORM);
	rtld->search.platform = "haswell"; /* AT_PLATFORM */
	assert_string_equal(search_expand("/${PLATFORM}/x", library), "/haswell/x");
	assert_string_equal(search_expand("$ORIGIN/$LIB", library), "/opt/lib/" ARCH_LIB);
}

static void
what_only_begins_like_a_token_stays_as_it_is(void **state)
{
	static const char *const texts[] = {"$ORIGINAL", "${ORIGIN",	"$LIBS", "$HOME",
					    "$",	 "$PLATFORM_X", "a$"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_string_equal(search_expand(texts[i], library), texts[i]);
}

static void
a_text_that_grows_too_long_is_no_place(void **state)
{
	static char list[4096 * 2];

	(void)state;
	add_file("/usr/lib/libx.so", LIBRARY);
	for (size_t i = 0; i < 600; i++)
		strcat(list, "$ORIGIN");
	assert_null(search_expand(list, library));
	library->rpath = list;
	assert_string_equal(found("libx.so", library), "/usr/lib/libx.so");
}

static void
an_empty_element_is_the_current_directory(void **state)
{
	(void)state;
	add_file("./libx.so", LIBRARY);
	library->rpath = "/none::/more";
	assert_string_equal(found("libx.so", library), "./libx.so");
	library->rpath = "/none:";
	assert_string_equal(found("libx.so", library), "./libx.so");
}

static void
a_semicolon_separates_in_ld_library_path_alone(void **state)
{
	(void)state;
	add_file("/b/libx.so", LIBRARY);
	rtld->search.library_path = "/a;/b";
	assert_string_equal(found("libx.so", library), "/b/libx.so");
	rtld->search.library_path = NULL;
	library->rpath = "/a;/b";
	assert_string_equal(found("libx.so", library), "");
	assert_non_null(strstr(opened, " /a;/b/libx.so"));
}

static void
slashes_at_the_end_of_a_directory_are_dropped(void **state)
{
	(void)state;
	add_file("/a/libx.so", LIBRARY);
	library->rpath = "/a//";
	assert_string_equal(found("libx.so", library), "/a/libx.so");
}

static void
a_name_with_a_slash_is_looked_for_nowhere_else(void **state)
{
	(void)state;
	add_candidates();
	add_file("sub/libx.so", LIBRARY);
	library->rpath = "/rpath";
	assert_string_equal(found("sub/libx.so", library), "sub/libx.so");
	assert_int_equal(library->found_by, FOUND_BY_PATH);
	assert_string_equal(found("other/libx.so", library), "");
	assert_string_equal(error.what, "cannot open shared object file");
	assert_int_equal(error.number, ENOENT);
}

static void
a_file_of_another_class_is_passed_over_and_told_if_it_is_the_only_one(void **state)
{
	(void)state;
	add_file("/a/libx.so", OTHER_CLASS);
	add_file("/b/libx.so", OTHER_CPU);
	add_file("/c/libx.so", LIBRARY);
	library->rpath = "/a:/b:/c";
	assert_string_equal(found("libx.so", library), "/c/libx.so");
	library->rpath = "/a:/b";
	assert_string_equal(found("libx.so", library), "");
	assert_string_equal(error.what, "wrong ELF class: ELFCLASS32");
	library->rpath = "/b";
	assert_string_equal(found("libx.so", library), "");
	assert_string_equal(error.what, "cannot open shared object file");
}

static void
a_broken_file_ends_the_search(void **state)
{
	(void)state;
	add_file("/a/libx.so", EMPTY);
	add_file("/b/libx.so", LIBRARY);
	library->rpath = "/a:/b";
	assert_string_equal(found("libx.so", library), "");
	assert_string_equal(error.file, "/a/libx.so");
	assert_string_equal(error.what, "file too short");
}

static void
a_file_that_may_not_be_read_is_passed_over(void **state)
{
	(void)state;
	add_file("/a/libx.so", LIBRARY);
	add_file("/b/libx.so", LIBRARY);
	files[0].error = EACCES;
	library->rpath = "/a:/b";
	assert_string_equal(found("libx.so", library), "/b/libx.so");
}

static void
another_error_ends_the_list_and_not_the_search(void **state)
{
	(void)state;
	add_file("/a/libx.so", LIBRARY);
	add_file("/b/libx.so", LIBRARY);
	files[0].error = ELOOP;
	library->rpath = "/a:/b";
	assert_string_equal(found("libx.so", library), "");
	assert_null(strstr(opened, " /b/"));
	rtld->search.library_path = "/b";
	assert_string_equal(found("libx.so", library), "/b/libx.so");
}

static void
musl_searches_no_more_after_another_error(void **state)
{
	(void)state;
	rtld->libc_kind = LIBC_MUSL;
	rtld->search.musl_path = "/b";
	add_file("/a/libx.so", LIBRARY);
	add_file("/b/libx.so", LIBRARY);
	files[0].error = ELOOP;
	library->rpath = "/a";
	assert_string_equal(found("libx.so", library), "");
	assert_int_equal(error.number, ELOOP);
}

static void
default_directories_are_the_cpus_in_their_order(void **state)
{
	char want[512] = "", list[] = ARCH_DEFAULT_DIRS;

	(void)state;
	for (char *dir = strtok(list, ":"); dir; dir = strtok(NULL, ":"))
		strcat(strcat(strcat(want, " "), dir), "/libx.so");
	assert_string_equal(found("libx.so", library), "");
	assert_string_equal(opened + strlen(" /etc/ld.so.cache"), want);
	assert_int_equal(error.number, ENOENT);
}

static void
nodefaultlib_looks_neither_into_the_cache_nor_into_default_directories(void **state)
{
	(void)state;
	add_file("/usr/lib/libx.so", LIBRARY);
	library->flags_1 = DF_1_NODEFLIB;
	assert_string_equal(found("libx.so", library), "");
	assert_string_equal(opened, "");
	assert_int_equal(error.number, 0); /* ld.so names none where there was no place */
}

static void
directories_for_the_cpu_come_first_the_best_of_them_before_all(void **state)
{
	const char *names[4];
	unsigned count = arch_hwcaps(names);
	char want[1024] = "", path[4][128];

	(void)state;
	if (count < 2)
		skip();
	for (unsigned i = 0; i < count; i++) {
		message_format(path[i], sizeof(path[i]), "/a/glibc-hwcaps/%s/libx.so", names[i]);
		strcat(strcat(want, " "), path[i]);
	}
	add_file("/a/glibc-hwcaps/other/libx.so", LIBRARY); /* so that the directory is there */
	library->rpath = "/a:/b";
	found("libx.so", library);
	strcat(want, " /a/libx.so /b/libx.so");
	opened[strlen(want)] = 0;
	assert_string_equal(opened, want);
	add_file(path[1], LIBRARY);
	add_file("/a/libx.so", LIBRARY);
	assert_string_equal(found("libx.so", library), path[1]);
}

static void
a_missing_directory_for_the_cpu_is_asked_for_once(void **state)
{
	const char *first;

	(void)state;
	library->rpath = "/a";
	found("libx.so", library);
	found("liby.so", library);
	first = strstr(asked, " /a/glibc-hwcaps");
	assert_non_null(first);
	assert_null(strstr(first + 1, " /a/glibc-hwcaps"));
}

static void
musl_takes_ld_library_path_first_then_inherited_paths_then_its_own(void **state)
{
	(void)state;
	rtld->libc_kind = LIBC_MUSL;
	rtld->search.library_path = "/env";
	rtld->search.musl_path = "/musl:/local";
	library->runpath = "/own";
	library->rpath = "/hidden";
	program->runpath = "/inherited";
	assert_string_equal(found("libx.so", library), "");
	assert_string_equal(opened, " /env/libx.so /own/libx.so /inherited/libx.so"
				    " /musl/libx.so /local/libx.so");
	assert_string_equal(asked, ""); /* it knows no directories for the CPU */
}

static void
dlinfo_lists_the_directories_in_the_searchs_order(void **state)
{
	struct search_dir dirs[16];
	uint32_t count;

	(void)state;
	library->rpath = "$ORIGIN/x:/r/:/r";
	program->rpath = "/p";
	rtld->search.library_path = "/e1;/e2";
	count = search_dirs(library, dirs, 16);
	assert_true(count > 5);
	assert_string_equal(dirs[0].dir, "/opt/lib/x");
	assert_string_equal(dirs[1].dir, "/r"); /* once */
	assert_string_equal(dirs[2].dir, "/p");
	assert_string_equal(dirs[3].dir, "/e1");
	assert_string_equal(dirs[4].dir, "/e2");
	assert_int_equal(dirs[5].rule, FOUND_BY_DEFAULT);
	assert_int_equal(search_dirs(library, dirs, 3), 3);
	library->runpath = "/run";
	search_dirs(library, dirs, 16);
	assert_string_equal(dirs[2].dir, "/run");
}

static void
a_program_is_looked_for_in_path_as_a_shell_does(void **state)
{
	char path[64];

	(void)state;
	add_file("/none/ls", LIBRARY); /* is there for stat, but not to be executed */
	assert_int_equal(search_path("ls", "/a:/none", path, sizeof(path)), EACCES);
	assert_int_equal(search_path("ls", "/a:/b", path, sizeof(path)), ENOENT);
	assert_int_equal(search_path("", "/a", path, sizeof(path)), ENOENT);
	assert_int_equal(search_path("./ls", "/a", path, sizeof(path)), 0);
	assert_string_equal(path, "./ls");
	add_file("/bin/sh", LIBRARY);
	assert_int_equal(search_path("sh", NULL, path, sizeof(path)), 0);
	assert_string_equal(path, "/bin/sh");
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(rpath_comes_before_ld_library_path),
		TEST(runpath_comes_after_ld_library_path_and_before_the_system),
		TEST(rpath_is_ignored_beside_runpath),
		TEST(an_object_file_with_both_keeps_the_runpath_alone),
		TEST(rpath_is_inherited_from_who_needs_the_library),
		TEST(runpath_is_not_inherited),
		TEST(the_programs_rpath_counts_for_what_nobody_needed),
		TEST(origin_is_the_directory_of_whose_path_it_is),
		TEST(the_origin_of_a_relative_path_begins_at_the_current_directory),
		TEST(lib_and_platform_are_this_cpus),
		TEST(what_only_begins_like_a_token_stays_as_it_is),
		TEST(a_text_that_grows_too_long_is_no_place),
		TEST(an_empty_element_is_the_current_directory),
		TEST(a_semicolon_separates_in_ld_library_path_alone),
		TEST(slashes_at_the_end_of_a_directory_are_dropped),
		TEST(a_name_with_a_slash_is_looked_for_nowhere_else),
		TEST(a_file_of_another_class_is_passed_over_and_told_if_it_is_the_only_one),
		TEST(a_broken_file_ends_the_search),
		TEST(a_file_that_may_not_be_read_is_passed_over),
		TEST(another_error_ends_the_list_and_not_the_search),
		TEST(musl_searches_no_more_after_another_error),
		TEST(default_directories_are_the_cpus_in_their_order),
		TEST(nodefaultlib_looks_neither_into_the_cache_nor_into_default_directories),
		TEST(directories_for_the_cpu_come_first_the_best_of_them_before_all),
		TEST(a_missing_directory_for_the_cpu_is_asked_for_once),
		TEST(musl_takes_ld_library_path_first_then_inherited_paths_then_its_own),
		TEST(dlinfo_lists_the_directories_in_the_searchs_order),
		TEST(a_program_is_looked_for_in_path_as_a_shell_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

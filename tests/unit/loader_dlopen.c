/* dlopen and dlclose: the order of constructors and destructors, how long an object stays, and in
 * which scopes its names are looked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "rtld/relocate.h"
#include "tests_graph.h"

static void
dlopen_runs_constructors_from_the_needed_and_dlclose_the_destructors_back(void **state)
{
	struct object *b;

	(void)state;
	start("a", "");
	describe("b:cd c:e d:e");
	b = open_it("b", RTLD_NOW);
	assert_string_equal(ran, "edcb");
	close_it(b);
	assert_string_equal(ran, "edcbBCDE");
	assert_int_equal(rtld->all.count, 1);
}

static void
a_circle_that_dlopen_brings_ends_at_the_opened_one(void **state)
{
	struct object *b;

	(void)state;
	start("a", "");
	describe("b:c c:d d:b");
	b = open_it("b", RTLD_NOW);
	assert_string_equal(ran, "dcb");
	close_it(b);
	assert_int_equal(strlen(ran), 6);
	assert_int_equal(rtld->all.count, 1);
}

static void
an_object_opened_twice_goes_with_the_second_dlclose(void **state)
{
	struct object *b;

	(void)state;
	start("a", "");
	describe("b");
	b = open_it("b", RTLD_NOW);
	assert_ptr_equal(open_it("b", RTLD_NOW), b);
	close_it(b);
	assert_string_equal(ran, "b");
	close_it(b);
	assert_string_equal(ran, "bB");
}

static void
what_another_opened_object_needs_stays(void **state)
{
	struct object *b, *c;

	(void)state;
	start("a", "");
	describe("b:d c:d");
	b = open_it("b", RTLD_NOW);
	c = open_it("c", RTLD_NOW);
	close_it(b);
	assert_string_equal(ran, "dbcB");
	close_it(c);
	assert_string_equal(ran, "dbcBCD");
}

static void
what_an_opened_object_has_bound_to_stays_though_not_needed(void **state)
{
	struct object *b, *c;

	(void)state;
	start("a", "");
	describe("b c");
	b = open_it("b", RTLD_NOW | RTLD_GLOBAL);
	c = open_it("c", RTLD_NOW);
	relocate_depend(c, b);
	close_it(b);
	assert_string_equal(ran, "bc");
	close_it(c);
	assert_string_equal(ran, "bcCB");
}

/* c has bound to b, which needs it. */
static void
destructors_follow_what_is_needed_rather_than_what_was_bound_to(void **state)
{
	struct object *b;

	(void)state;
	start("a", "");
	describe("b:c");
	b = open_it("b", RTLD_NOW);
	relocate_depend(object('c'), b);
	close_it(b);
	assert_string_equal(ran, "cbBC");
}

static void
what_the_program_has_bound_to_stays_for_good(void **state)
{
	struct object *b;

	(void)state;
	start("a", "");
	describe("b");
	b = open_it("b", RTLD_NOW | RTLD_GLOBAL);
	relocate_depend(rtld->program, b);
	close_it(b);
	assert_string_equal(ran, "b");
	assert_true(scope_has(&rtld->all, b));
}

static void
rtld_nodelete_keeps_the_object_and_what_it_needs(void **state)
{
	struct object *b;

	(void)state;
	start("a", "");
	describe("b:c");
	b = open_it("b", RTLD_NOW | RTLD_NODELETE);
	close_it(b);
	assert_string_equal(ran, "cb");
	assert_int_equal(rtld->all.count, 3);
	assert_ptr_equal(open_it("b", RTLD_NOW), b);
	assert_string_equal(ran, "cb");
}

static void
dlclose_of_what_is_not_open_is_an_error_with_ld_sos_text(void **state)
{
	struct object *c;

	(void)state;
	start("a", "");
	describe("b:c");
	open_it("b", RTLD_NOW);
	c = object('c');
	assert_int_equal(stub_dlclose(&c->map), -1);
	assert_string_equal(stub_dlerror(), "/c: shared object not open");
	assert_int_equal(stub_dlclose(&rtld->program->map), 0); /* never unloaded */
	assert_int_equal(stub_dlclose(NULL), -1);
	assert_non_null(stub_dlerror());
	assert_null(stub_dlerror());
}

static void
modes_that_glibc_refuses_are_refused_with_its_texts(void **state)
{
	(void)state;
	start("a", "");
	describe("b");
	assert_null(dl_open("b", 0, NULL));
	assert_string_equal(stub_dlerror(), "b: invalid mode for dlopen(): Invalid argument");
	assert_null(dl_open("b", RTLD_NOW | 0x100000, NULL));
	assert_string_equal(stub_dlerror(), "invalid mode parameter");
	assert_string_equal(ran, "");
}

static void
a_dlopen_that_fails_leaves_nothing_behind(void **state)
{
	static const struct version missing = {
		.name = "V1", .file = "c", .hash = 1, .needed = true, .order = 1};
	struct object *b;
	struct error error;

	(void)state;
	start("a", "");
	describe("b:c");
	b = object('b');
	b->versions = heap_alloc(sizeof(missing));
	b->versions[0] = missing;
	b->nversions = b->nneeds = 1;
	object('c')->has_verdef = true;
	assert_null(dl_open_for("b", RTLD_NOW, NULL, &error));
	assert_string_equal(error.what, "version `V1' not found (required by /b)");
	assert_string_equal(ran, "");
	assert_int_equal(rtld->all.count, 1);
	assert_null(dl_open_for("h", RTLD_NOW, NULL, &error));
	assert_int_equal(error.kind, ERROR_NOT_FOUND);
}

static const Elf64_Sym symbol_table[2] = {{0},
					  {.st_name = 1,
					   .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT),
					   .st_shndx = 1,
					   .st_value = 16}};
static const uint32_t buckets[] = {1}, chain[] = {0, 0};

/* These define the symbol `x`. */
static void
define_in(const char *letters)
{
	for (; *letters; letters++) {
		struct object *obj = object(*letters);

		obj->strtab = "\0x";
		obj->strsz = 3;
		obj->symtab = symbol_table;
		obj->nsyms = 2;
		obj->sysv = (struct sysv_hash){buckets, chain, 1, 2};
	}
}

/* Whose `x` a reference in this object binds to; '-': nobody's. */
static char
binds_to(char letter)
{
	struct symbol_query want;
	struct symdef def;

	symbol_query_init(&want, "x");
	return relocate_search(object(letter), &want, &def) ? def.obj->soname[0] : '-';
}

static void
the_programs_symbols_come_before_those_of_an_opened_object(void **state)
{
	(void)state;
	start("a:b", "");
	describe("c:d");
	define_in("bcd");
	open_it("c", RTLD_NOW);
	assert_int_equal(binds_to('c'), 'b');
	assert_int_equal(binds_to('d'), 'b');
}

static void
rtld_deepbind_puts_the_opened_closure_before_the_program(void **state)
{
	(void)state;
	start("a:b", "");
	describe("c:d");
	define_in("abd");
	open_it("c", RTLD_NOW | RTLD_DEEPBIND);
	assert_int_equal(binds_to('c'), 'd');
	assert_int_equal(binds_to('d'), 'd');
}

static void
df_symbolic_binds_to_the_object_itself(void **state)
{
	(void)state;
	start("a", "");
	describe("c");
	define_in("ac");
	object('c')->symbolic = true;
	open_it("c", RTLD_NOW);
	assert_int_equal(binds_to('c'), 'c');
}

static void
an_rtld_local_object_is_seen_by_its_own_closure_only(void **state)
{
	(void)state;
	start("a", "");
	describe("b:c d");
	define_in("b");
	open_it("b", RTLD_NOW);
	open_it("d", RTLD_NOW);
	assert_int_equal(binds_to('c'), 'b');
	assert_int_equal(binds_to('d'), '-');
	assert_int_equal(rtld->global.count, 1);
}

static void
rtld_global_shows_the_whole_closure_to_all(void **state)
{
	(void)state;
	start("a", "");
	describe("b:c d");
	define_in("c");
	open_it("d", RTLD_NOW);
	assert_int_equal(binds_to('d'), '-');
	open_it("b", RTLD_NOW | RTLD_GLOBAL);
	assert_int_equal(binds_to('d'), 'c');
	assert_string_equal(letters_of(rtld->global.list, rtld->global.count), "abc");
}

static void
opening_again_with_rtld_global_makes_a_local_object_global(void **state)
{
	struct object *b;

	(void)state;
	start("a", "");
	describe("b d");
	define_in("b");
	b = open_it("b", RTLD_NOW);
	open_it("d", RTLD_NOW);
	assert_int_equal(binds_to('d'), '-');
	assert_ptr_equal(open_it("b", RTLD_NOW | RTLD_NOLOAD | RTLD_GLOBAL), b);
	assert_int_equal(binds_to('d'), 'b');
	close_it(b);
	close_it(b);
	assert_int_equal(binds_to('d'), '-');
}

/* As ld.so: c was opened by itself, and from now on sees what comes with b. */
static void
an_open_object_sees_the_closure_that_comes_to_need_it(void **state)
{
	struct object *b;

	(void)state;
	start("a", "");
	describe("b:c c");
	define_in("b");
	open_it("c", RTLD_NOW);
	assert_int_equal(binds_to('c'), '-');
	b = open_it("b", RTLD_NOW);
	assert_int_equal(binds_to('c'), 'b');
	assert_int_equal(object('c')->nscopes, 3);
	close_it(b);
	assert_int_equal(binds_to('c'), '-');
	assert_int_equal(object('c')->nscopes, 2);
}

static void
rtld_noload_loads_nothing(void **state)
{
	(void)state;
	start("a", "");
	describe("b");
	assert_null(open_it("b", RTLD_NOW | RTLD_NOLOAD));
	assert_int_equal(rtld->all.count, 1);
	assert_string_equal(ran, "");
}

static void
rtld_lazy_alone_leaves_calls_to_be_bound_later(void **state)
{
	(void)state;
	start("a", "");
	describe("b c");
	assert_false(open_it("b", RTLD_LAZY)->bind_now);
	assert_true(open_it("c", RTLD_NOW)->bind_now);
}

static void
an_empty_name_is_the_programs_handle(void **state)
{
	(void)state;
	start("a:b", "");
	assert_ptr_equal(dl_open(NULL, RTLD_NOW, NULL), &rtld->program->map);
	assert_ptr_equal(dl_open("", RTLD_NOW, NULL), &rtld->program->map);
	assert_ptr_equal(closure_of(rtld->program), &rtld->startup);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(dlopen_runs_constructors_from_the_needed_and_dlclose_the_destructors_back),
		TEST(a_circle_that_dlopen_brings_ends_at_the_opened_one),
		TEST(an_object_opened_twice_goes_with_the_second_dlclose),
		TEST(what_another_opened_object_needs_stays),
		TEST(what_an_opened_object_has_bound_to_stays_though_not_needed),
		TEST(destructors_follow_what_is_needed_rather_than_what_was_bound_to),
		TEST(what_the_program_has_bound_to_stays_for_good),
		TEST(rtld_nodelete_keeps_the_object_and_what_it_needs),
		TEST(dlclose_of_what_is_not_open_is_an_error_with_ld_sos_text),
		TEST(modes_that_glibc_refuses_are_refused_with_its_texts),
		TEST(a_dlopen_that_fails_leaves_nothing_behind),
		TEST(the_programs_symbols_come_before_those_of_an_opened_object),
		TEST(rtld_deepbind_puts_the_opened_closure_before_the_program),
		TEST(df_symbolic_binds_to_the_object_itself),
		TEST(an_rtld_local_object_is_seen_by_its_own_closure_only),
		TEST(rtld_global_shows_the_whole_closure_to_all),
		TEST(opening_again_with_rtld_global_makes_a_local_object_global),
		TEST(an_open_object_sees_the_closure_that_comes_to_need_it),
		TEST(rtld_noload_loads_nothing),
		TEST(rtld_lazy_alone_leaves_calls_to_be_bound_later),
		TEST(an_empty_name_is_the_programs_handle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

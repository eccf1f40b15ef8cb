/* Thread-local storage: where blocks lie in both variants, the surplus that dlopen takes from, and
 * the blocks that a thread makes when it first asks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "rtld/dlfcn.h"
#include "rtld/tls.h"
#include "rtld/tls_place.h"
#include "tests_objects.h"

static const struct tls shapes[] = {
	{.memsz = 1, .align = 1},
	{.memsz = 12, .align = 4},
	{.memsz = 8, .align = 64},
	{.memsz = 100, .align = 64, .align_offset = 8},
	{.memsz = 24, .align = 16, .align_offset = 4},
	{.memsz = 4096, .align = 4096},
	{.memsz = 16, .align = 8},
};
#define SHAPES (sizeof(shapes) / sizeof(shapes[0]))

static void
check_places(enum tls_variant variant, size_t tcb_size)
{
	ptrdiff_t at[SHAPES];
	size_t used = tcb_size;

	for (size_t i = 0; i < SHAPES; i++) {
		const size_t mask = shapes[i].align - 1;

		at[i] = tls_place(variant, &used, &shapes[i]);
		assert_int_equal((size_t)at[i] & mask, shapes[i].align_offset);
		for (size_t k = 0; k < i; k++)
			assert_true(at[i] + (ptrdiff_t)shapes[i].memsz <= at[k] ||
				    at[k] + (ptrdiff_t)shapes[k].memsz <= at[i]);
		if (variant == TLS_VARIANT_I)
			assert_true(at[i] >= (ptrdiff_t)tcb_size);
		else
			assert_true(at[i] + (ptrdiff_t)shapes[i].memsz <= 0);
	}
}

static void
blocks_of_variant_ii_are_aligned_and_apart_below_the_thread_pointer(void **state)
{
	(void)state;
	check_places(TLS_VARIANT_II, 0);
}

static void
blocks_of_variant_i_are_aligned_and_apart_behind_the_thread_control_block(void **state)
{
	(void)state;
	check_places(TLS_VARIANT_I, 0);
	check_places(TLS_VARIANT_I, 16);
}

/* What local-exec code of a program has computed: Drepper's formulas for the first module. */
static void
the_program_lies_where_its_local_exec_code_expects_it(void **state)
{
	const struct tls program = {.memsz = 20, .align = 16}, far = {.memsz = 20, .align = 64};
	size_t used = 0;

	(void)state;
	assert_int_equal(tls_place(TLS_VARIANT_II, &used, &program), -32);
	used = 16;
	assert_int_equal(tls_place(TLS_VARIANT_I, &used, &program), 16);
	used = 16;
	assert_int_equal(tls_place(TLS_VARIANT_I, &used, &far), 64);
	used = 0;
	assert_int_equal(tls_place(TLS_VARIANT_I, &used, &far), 0);
}

static void
the_union_holds_all_that_was_placed(void **state)
{
	struct tls_union below = tls_union_of(TLS_VARIANT_II, 0, 100, 64),
			 above = tls_union_of(TLS_VARIANT_I, 16, 116, 64);

	(void)state;
	assert_int_equal(below.size, 128);
	assert_int_equal(below.low, -128);
	assert_int_equal(above.size, 128);
	assert_int_equal(above.low, 16);
}

static void
a_place_in_the_surplus_is_aligned_wherever_the_surplus_begins(void **state)
{
	static const ptrdiff_t starts[] = {-4096, -2104, -8, 0, 16, 24, 4097};

	(void)state;
	for (size_t i = 0; i < SHAPES; i++) {
		for (size_t k = 0; k < sizeof(starts) / sizeof(starts[0]); k++) {
			size_t at = tls_fit(&shapes[i], starts[k], 40);

			assert_true(at >= 40 && at < 40 + shapes[i].align);
			assert_int_equal(((size_t)starts[k] + at) & (shapes[i].align - 1),
					 shapes[i].align_offset);
		}
	}
}

static unsigned char initial[64] = "initial";

static struct object *
new_tls_object(const char *path, enum object_kind kind, size_t memsz, size_t align)
{
	struct object *obj = new_object(path, kind);

	obj->tls = (struct tls){.present = true,
				.image = (uintptr_t)initial,
				.filesz = 8,
				.memsz = memsz,
				.align = align};
	return obj;
}

/* The loader's own word of this thread, where the layout says that it is. */
static __thread struct thread_storage *own_word;

static int
begin(void **state)
{
	(void)state;
	forget_rtld();
	unsetenv("GLIBC_TUNABLES");
	process_args.envp = environ;
	own_word = NULL;
	return 0;
}

static void
lay_out(void)
{
	tls_layout_startup(0);
	rtld->tls.self = (ptrdiff_t)((uintptr_t)&own_word - arch_thread_pointer());
	rtld->tls.running = true;
}

static void
every_module_of_the_start_lies_in_the_union_and_has_a_number(void **state)
{
	struct object *program = new_tls_object("/bin/p", OBJECT_STARTUP, 40, 16);
	struct object *plain = new_object("/lib/plain.so", OBJECT_STARTUP);
	struct object *lib = new_tls_object("/lib/l.so", OBJECT_STARTUP, 16, 256);
	const struct tls_layout *l = &rtld->tls;

	(void)state;
	rtld->startup = rtld->all;
	lay_out();
	assert_int_equal(program->tls.module, 1);
	assert_int_equal(lib->tls.module, 2);
	assert_int_equal(plain->tls.module, 0);
	assert_int_equal(l->align, 256);
	assert_int_equal(l->size % l->align, 0);
	for (uint32_t i = 0; i < rtld->startup.count; i++) {
		const struct tls *t = &rtld->startup.list[i]->tls;

		if (!t->present)
			continue;
		assert_true(t->is_static && t->tp_offset >= l->low);
		assert_true(t->tp_offset + (ptrdiff_t)t->memsz <= l->low + (ptrdiff_t)l->size);
	}
	tls_fill_image(program, false);
	assert_memory_equal(l->image + (program->tls.tp_offset - l->low), initial, 8);
}

/* glibc: twice 144 bytes for each of four namespaces, and 512; a value out of range does not count.
 */
static void
the_surplus_is_as_large_as_the_tunables_say(void **state)
{
	(void)state;
	lay_out();
	assert_int_equal(rtld->tls.surplus_size, 8 * 144 + 512);
	setenv("GLIBC_TUNABLES", "glibc.rtld.nns=1:glibc.rtld.optional_static_tls=1000", 1);
	process_args.envp = environ;
	lay_out();
	assert_int_equal(rtld->tls.surplus_size, 2 * 144 + 1000);
	setenv("GLIBC_TUNABLES", "glibc.rtld.nns=17:glibc.rtld.optional_static_tls=0", 1);
	process_args.envp = environ;
	lay_out();
	assert_int_equal(rtld->tls.surplus_size, 8 * 144);
}

static void
dlopened_modules_take_places_of_the_surplus_that_do_not_meet(void **state)
{
	const struct tls_layout *l = &rtld->tls;
	struct object *opened[5];

	(void)state;
	lay_out();
	for (size_t i = 0; i < 5; i++) {
		struct tls *t;

		opened[i] = new_tls_object("/lib/o.so", OBJECT_LOADED, 90, i % 2 ? 64 : 8);
		t = &opened[i]->tls;
		tls_assign(opened[i]);
		assert_true(tls_make_static(opened[i]));
		assert_int_equal((size_t)t->tp_offset & (t->align - 1), 0);
		assert_true(t->tp_offset >= l->surplus);
		assert_true(t->tp_offset + 90 <= l->surplus + (ptrdiff_t)l->surplus_size);
		for (size_t k = 0; k < i; k++)
			assert_true(labs((long)(t->tp_offset - opened[k]->tls.tp_offset)) >= 90);
	}
}

static void
what_dlclose_gives_back_of_the_surplus_is_taken_again(void **state)
{
	struct object *obj = NULL;

	(void)state;
	lay_out();
	for (int i = 0; i < 100; i++) {
		obj = new_tls_object("/lib/o.so", OBJECT_LOADED, 600, 16);
		tls_assign(obj);
		assert_int_equal(obj->tls.module, 1);
		assert_true(tls_make_static(obj));
		assert_int_equal(obj->tls.was_used, i > 0);
		tls_release(obj);
		assert_int_equal(obj->tls.module, 0);
	}
}

static void
what_does_not_fit_the_surplus_stays_dynamic(void **state)
{
	struct object *large = new_tls_object("/lib/large.so", OBJECT_LOADED, 100000, 8);
	struct object *coarse = new_tls_object("/lib/coarse.so", OBJECT_LOADED, 8, 128);
	struct object *none = new_object("/lib/none.so", OBJECT_LOADED);

	(void)state;
	lay_out();
	tls_assign(large);
	tls_assign(coarse);
	assert_false(tls_make_static(large));
	assert_false(tls_make_static(coarse)); /* the surplus is known modulo 64 only */
	assert_false(tls_make_static(none));
	assert_int_equal(rtld->tls.surplus_used, 0);
}

static void
a_thread_gets_a_block_when_it_first_asks_and_keeps_it(void **state)
{
	struct object *obj = new_tls_object("/lib/o.so", OBJECT_LOADED, 32, 64);
	struct tls_index index = {.offset = 4 - ARCH_TLS_DTP_BIAS};
	char *at;

	(void)state;
	obj->tls.align_offset = 16;
	lay_out();
	tls_assign(obj);
	index.module = obj->tls.module;
	assert_null(tls_get_present(&index));
	assert_null(tls_block_if_present(obj));
	at = tls_get_addr(&index);
	assert_memory_equal(at - 4, initial, 8);
	assert_int_equal(((uintptr_t)at - 4) % 64, 16);
	for (int i = 8; i < 32; i++)
		assert_int_equal(at[i - 4], 0);
	at[0] = 'X';
	assert_ptr_equal(tls_get_addr(&index), at);
	assert_ptr_equal(tls_get_present(&index), at);
	assert_ptr_equal(tls_block_if_present(obj), at - 4);
	assert_int_equal(initial[4], 'i');
}

static void
a_module_that_a_thread_has_used_can_no_longer_become_static(void **state)
{
	struct object *obj = new_tls_object("/lib/o.so", OBJECT_LOADED, 32, 8);
	struct tls_index index;

	(void)state;
	lay_out();
	tls_assign(obj);
	index = (struct tls_index){obj->tls.module, 0};
	tls_get_addr(&index);
	assert_false(tls_make_static(obj));
}

static void
a_number_that_is_used_again_gives_no_block_of_the_old_module(void **state)
{
	struct object *first = new_tls_object("/lib/a.so", OBJECT_LOADED, 32, 8);
	struct object *second = new_tls_object("/lib/b.so", OBJECT_LOADED, 32, 8);
	struct tls_index index = {.offset = 0 - ARCH_TLS_DTP_BIAS};

	(void)state;
	lay_out();
	tls_assign(first);
	index.module = first->tls.module;
	((char *)tls_get_addr(&index))[0] = 'X';
	tls_release(first);
	tls_assign(second);
	assert_int_equal(second->tls.module, index.module);
	assert_null(tls_get_present(&index));
	assert_int_equal(((char *)tls_get_addr(&index))[0], 'i');
}

static void
a_thread_that_ends_gives_its_storage_back(void **state)
{
	struct object *obj = new_tls_object("/lib/o.so", OBJECT_LOADED, 32, 8);
	struct tls_index index;

	(void)state;
	lay_out();
	tls_assign(obj);
	index = (struct tls_index){obj->tls.module, 0};
	tls_get_addr(&index);
	assert_non_null(own_word);
	tls_thread_ends(own_word); /* no C library asks for another round */
	assert_null(own_word);
	assert_null(tls_get_present(&index));
}

static void
threads_that_cannot_be_told_are_an_error_of_static_storage(void **state)
{
	struct object *obj = new_tls_object("/lib/o.so", OBJECT_LOADED, 32, 8);
	struct error error;

	(void)state;
	lay_out();
	tls_assign(obj);
	assert_true(tls_make_static(obj));
	assert_false(tls_start_static(&error));
	assert_string_equal(error.what, "cannot allocate memory in static TLS block");
	assert_memory_equal(rtld->tls.image + (obj->tls.tp_offset - rtld->tls.low), initial, 8);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(blocks_of_variant_ii_are_aligned_and_apart_below_the_thread_pointer),
		TEST(blocks_of_variant_i_are_aligned_and_apart_behind_the_thread_control_block),
		TEST(the_program_lies_where_its_local_exec_code_expects_it),
		TEST(the_union_holds_all_that_was_placed),
		TEST(a_place_in_the_surplus_is_aligned_wherever_the_surplus_begins),
		TEST(every_module_of_the_start_lies_in_the_union_and_has_a_number),
		TEST(the_surplus_is_as_large_as_the_tunables_say),
		TEST(dlopened_modules_take_places_of_the_surplus_that_do_not_meet),
		TEST(what_dlclose_gives_back_of_the_surplus_is_taken_again),
		TEST(what_does_not_fit_the_surplus_stays_dynamic),
		TEST(a_thread_gets_a_block_when_it_first_asks_and_keeps_it),
		TEST(a_module_that_a_thread_has_used_can_no_longer_become_static),
		TEST(a_number_that_is_used_again_gives_no_block_of_the_old_module),
		TEST(a_thread_that_ends_gives_its_storage_back),
		TEST(threads_that_cannot_be_told_are_an_error_of_static_storage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

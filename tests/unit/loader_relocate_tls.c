/* Relocations of thread-local storage: module, offset, descriptor. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "rtld/tls.h"
#include "tests_relocate.h"

/* The other has thread-local storage in the union, 64 bytes below the thread pointer. */
static uint32_t
add_tls_reference(bool is_static)
{
	other->tls = (struct tls){.present = true,
				  .memsz = 64,
				  .align = 8,
				  .module = 3,
				  .is_static = is_static,
				  .tp_offset = -64};
	return add_reference("variable", STT_TLS, 16, 8);
}

static void
dtpmod_and_dtpoff_are_the_module_and_the_place_in_it(void **state)
{
	uint32_t symbol = add_tls_reference(true);

	(void)state;
	add(RELOC_DTPMOD, 0, symbol, 0);
	add(RELOC_DTPOFF, 1, symbol, 4);
	assert_true(relocated());
	assert_int_equal(user_image.words[0], 3);
	assert_int_equal(user_image.words[1], 20 - ARCH_TLS_DTP_BIAS);
}

static void
dtpmod_without_a_symbol_is_the_objects_own_module(void **state)
{
	(void)state;
	user->tls = (struct tls){.present = true, .memsz = 8, .align = 8, .module = 9};
	add(RELOC_DTPMOD, 0, 0, 0);
	assert_true(relocated());
	assert_int_equal(user_image.words[0], 9);
}

static void
tpoff_is_the_distance_from_the_thread_pointer(void **state)
{
	(void)state;
	add(RELOC_TPOFF, 0, add_tls_reference(true), 4);
	assert_true(relocated());
	assert_int_equal(user_image.words[0], (uint64_t)(-64 + 16 + 4));
}

static void
tpoff_of_a_dynamic_module_moves_it_into_the_surplus(void **state)
{
	(void)state;
	add(RELOC_TPOFF, 0, add_tls_reference(false), 4);
	tls_layout_startup(0);
	other->tls.module = 0;
	tls_assign(other);
	assert_true(relocated());
	assert_true(other->tls.is_static);
	assert_int_equal(user_image.words[0], (uint64_t)(rtld->tls.surplus + 20));
}

static void
tpoff_without_room_in_the_surplus_has_ld_sos_text(void **state)
{
	(void)state;
	add(RELOC_TPOFF, 0, add_tls_reference(false), 4);
	other->tls.memsz = 1 << 20;
	tls_layout_startup(0);
	assert_false(relocated());
	assert_string_equal(error.what, "cannot allocate memory in static TLS block");
	assert_string_equal(error.file, "/lib/other.so");
}

static void
tpoff_into_an_object_without_storage_is_an_error(void **state)
{
	(void)state;
	add(RELOC_TPOFF, 0, add_tls_reference(false), 0);
	other->tls = (struct tls){0};
	assert_false(relocated());
	assert_non_null(strstr(error.what, "without thread-local storage"));
}

static void
a_descriptor_of_static_storage_holds_the_offset(void **state)
{
	(void)state;
	add(RELOC_TLSDESC, 0, add_tls_reference(true), 4);
	assert_true(relocated());
	assert_int_equal(user_image.words[0], stub_address(STUB_tlsdesc_static));
	assert_int_equal(user_image.words[1], (uint64_t)(-64 + 16 + 4));
}

static void
a_descriptor_of_dynamic_storage_holds_module_and_offset(void **state)
{
	const struct tls_index *index;

	(void)state;
	add(RELOC_TLSDESC, 0, add_tls_reference(false), 4);
	assert_true(relocated());
	assert_int_equal(user_image.words[0], stub_address(STUB_tlsdesc_dynamic));
	index = (const struct tls_index *)user_image.words[1];
	assert_int_equal(index->module, 3);
	assert_int_equal(index->offset, 20 - ARCH_TLS_DTP_BIAS);
}

static void
a_descriptor_of_an_undefined_weak_variable_gives_a_null_pointer(void **state)
{
	(void)state;
	add(RELOC_TLSDESC, 0, add_symbol(&user_image, "none", WEAK(STT_TLS), SHN_UNDEF, 0, 0), 0);
	assert_true(relocated());
	assert_int_equal(user_image.words[0], stub_address(STUB_tlsdesc_weak));
	assert_int_equal(user_image.words[1], 0);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(dtpmod_and_dtpoff_are_the_module_and_the_place_in_it),
		TEST(dtpmod_without_a_symbol_is_the_objects_own_module),
		TEST(tpoff_is_the_distance_from_the_thread_pointer),
		TEST(tpoff_of_a_dynamic_module_moves_it_into_the_surplus),
		TEST(tpoff_without_room_in_the_surplus_has_ld_sos_text),
		TEST(tpoff_into_an_object_without_storage_is_an_error),
		TEST(a_descriptor_of_static_storage_holds_the_offset),
		TEST(a_descriptor_of_dynamic_storage_holds_module_and_offset),
		TEST(a_descriptor_of_an_undefined_weak_variable_gives_a_null_pointer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

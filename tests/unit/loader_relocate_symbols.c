/* Which symbol a relocation binds to, and what is said where there is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests_relocate.h"

static void
a_symbol_number_that_the_table_has_not_is_an_error(void **state)
{
	static const uint32_t numbers[] = {2, 1000, UINT32_MAX};

	(void)state;
	for (enum reloc_kind kind = RELOC_ADDRESS; kind < RELOC_UNKNOWN; kind++) {
		if (kind == RELOC_IRELATIVE || type_of(kind) == ABSENT)
			continue;
		for (size_t i = 0; i < 3; i++) {
			begin(NULL);
			add_reference("data", STT_OBJECT, 64, 8);
			add(kind, 0, numbers[i], 0);
			assert_false(relocated());
			assert_non_null(strstr(error.what, "names a symbol that is not there"));
		}
	}
}

static void
an_undefined_symbol_has_ld_sos_text(void **state)
{
	(void)state;
	add(RELOC_ADDRESS, 0, add_symbol(&user_image, "nobody", GLOBAL(STT_FUNC), SHN_UNDEF, 0, 0),
	    0);
	assert_false(relocated());
	assert_string_equal(error.what, "undefined symbol: nobody");
	assert_string_equal(error.file, "/lib/user.so");
	assert_int_equal(error.kind, ERROR_UNDEFINED);
}

static void
an_undefined_weak_symbol_is_the_addend(void **state)
{
	(void)state;
	add(RELOC_ADDRESS, 0, add_symbol(&user_image, "nobody", WEAK(STT_FUNC), SHN_UNDEF, 0, 0),
	    3);
	user_image.words[0] = 99;
	assert_true(relocated());
	assert_int_equal(user_image.words[0], 3);
}

static void
a_local_symbol_needs_no_search(void **state)
{
	uint32_t symbol;

	(void)state;
	symbol = add_symbol(&user_image, "x", ELF64_ST_INFO(STB_LOCAL, STT_OBJECT), 1, 40, 8);
	add(RELOC_ADDRESS, 0, symbol, 0);
	read_both();
	user->nscopes = 0;
	assert_true(relocate_object(user, false, &error));
	assert_int_equal(user_image.words[0], USER(40));
}

/* The scope has the other's definition first; a protected one is not to be replaced. */
static void
a_protected_definition_is_its_own_objects(void **state)
{
	uint32_t symbol;

	(void)state;
	add_symbol(&other_image, "x", GLOBAL(STT_OBJECT), 1, 64, 8);
	symbol = add_symbol(&user_image, "x", GLOBAL(STT_OBJECT), 1, 40, 8);
	add(RELOC_ADDRESS, 0, symbol, 0);
	add(RELOC_ADDRESS, 1, add_symbol(&user_image, "y", GLOBAL(STT_OBJECT), 1, 48, 8), 0);
	add_symbol(&other_image, "y", GLOBAL(STT_OBJECT), 1, 72, 8);
	user_image.symbols[symbol].st_other = STV_PROTECTED;
	read_both();
	both.list[0] = other;
	both.list[1] = user;
	assert_true(relocate_object(user, false, &error));
	assert_int_equal(user_image.words[0], USER(40));
	assert_int_equal(user_image.words[1], OTHER(72));
}

static void
a_unique_symbol_is_the_first_ones_in_every_scope(void **state)
{
	const unsigned char unique = ELF64_ST_INFO(STB_GNU_UNIQUE, STT_OBJECT);
	struct scope own = {0};

	(void)state;
	add_symbol(&other_image, "u", unique, 1, 64, 8);
	add(RELOC_ADDRESS, 0, add_symbol(&user_image, "u", unique, 1, 40, 8), 0);
	other_image.rela[other_image.nrela++] =
		(Elf64_Rela){.r_offset = IMAGE_OFFSET(words[5]),
			     .r_info = ELF64_R_INFO(1UL, type_of(RELOC_ADDRESS))};
	assert_true(relocated());
	scope_add(&own, other);
	set_scope(other, &own);
	assert_true(relocate_object(other, false, &error));
	assert_int_equal(user_image.words[0], USER(40));
	assert_int_equal(other_image.words[5], USER(40));
}

/* More than 64 references: answers are remembered, for calls and for data apart. */
static void
many_references_to_one_symbol_get_one_answer(void **state)
{
	uint32_t symbol = add_reference("data", STT_OBJECT, 64, 8);

	(void)state;
	for (uint32_t i = 0; i < 72; i++)
		add(i % 2 ? RELOC_FUNCTION : RELOC_ADDRESS, i, symbol, 0);
	lookup_count = 0;
	assert_true(relocated());
	for (uint32_t i = 0; i < 72; i++)
		assert_int_equal(user_image.words[i], OTHER(64));
	assert_true(lookup_count < 72);
}

/* A slot as the linker leaves it: the way to the head of the table, less the base. */
static void
add_slot(const char *name)
{
	uint32_t symbol = add_symbol(&user_image, name, GLOBAL(STT_FUNC), SHN_UNDEF, 0, 0);

	user_image.jmprel[user_image.njmprel++] =
		(Elf64_Rela){.r_offset = IMAGE_OFFSET(got[3]),
			     .r_info = ELF64_R_INFO((uint64_t)symbol, type_of(RELOC_FUNCTION))};
	user_image.got[3] = 0x500;
}

static void
a_call_that_nobody_defines_waits_for_the_first_call(void **state)
{
	(void)state;
	add_slot("nobody");
	assert_true(relocated());
	assert_int_equal(user_image.got[3], USER(0x500));
	assert_int_equal(user_image.got[ARCH_PLT_ENTRY], stub_address(STUB_lazy_entry));
	assert_int_equal(user_image.got[ARCH_PLT_OBJECT], user->start);
}

static void
a_call_that_nobody_defines_is_an_error_with_bind_now(void **state)
{
	(void)state;
	add_slot("nobody");
	rtld->bind_now = true;
	assert_false(relocated());
	assert_string_equal(error.what, "undefined symbol: nobody");
	begin(NULL);
	add_slot("nobody");
	user_image.jmprel[0].r_info = ELF64_R_INFO(1UL, type_of(RELOC_FUNCTION));
	add_dynamic(&user_image, DT_FLAGS, DF_BIND_NOW);
	assert_false(relocated());
}

static void
a_plans_fixup_of_an_entry_that_is_not_there_is_an_error(void **state)
{
	(void)state;
	add(RELOC_RELATIVE, 0, 0, 16);
	read_both();
	assert_true(relocate_again(user, PLAN_TABLE_RELA, 0, &error));
	assert_int_equal(user_image.words[0], USER(16));
	assert_false(relocate_again(user, PLAN_TABLE_RELA, 1, &error));
	assert_false(relocate_again(user, PLAN_TABLE_JMPREL, 0, &error));
	assert_false(relocate_again(user, PLAN_TABLE_RELA, UINT64_MAX, &error));
	assert_string_equal(error.what, "plan names a relocation that is not there");
}

static void
what_is_only_noted_is_written_later(void **state)
{
	(void)state;
	add(RELOC_ADDRESS, 0, add_reference("data", STT_OBJECT, 64, 8), 0);
	add(RELOC_RELATIVE, 1, 0, 16); /* the interpreter has done it */
	read_both();
	assert_true(relocate_note(user, &error));
	assert_int_equal(user_image.words[0], 0);
	relocate_noted();
	assert_int_equal(user_image.words[0], OTHER(64));
	assert_int_equal(user_image.words[1], 0);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_symbol_number_that_the_table_has_not_is_an_error),
		TEST(an_undefined_symbol_has_ld_sos_text),
		TEST(an_undefined_weak_symbol_is_the_addend),
		TEST(a_local_symbol_needs_no_search),
		TEST(a_protected_definition_is_its_own_objects),
		TEST(a_unique_symbol_is_the_first_ones_in_every_scope),
		TEST(many_references_to_one_symbol_get_one_answer),
		TEST(a_call_that_nobody_defines_waits_for_the_first_call),
		TEST(a_call_that_nobody_defines_is_an_error_with_bind_now),
		TEST(a_plans_fixup_of_an_entry_that_is_not_there_is_an_error),
		TEST(what_is_only_noted_is_written_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

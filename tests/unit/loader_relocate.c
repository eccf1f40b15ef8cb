/* What each kind of relocation writes, and which relocations are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "rtld/copy_reloc.h"
#include "tests_relocate.h"

static void
numbers_are_kinds_as_the_psabi_has_them(void **state)
{
	static const struct {
		uint32_t type;
		enum reloc_kind kind;
	} known[] = {
#if defined(__x86_64__)
		{R_X86_64_NONE, RELOC_NONE},
		{R_X86_64_RELATIVE, RELOC_RELATIVE},
		{R_X86_64_64, RELOC_ADDRESS},
		{R_X86_64_GLOB_DAT, RELOC_GOT},
		{R_X86_64_JUMP_SLOT, RELOC_FUNCTION},
		{R_X86_64_COPY, RELOC_COPY},
		{R_X86_64_IRELATIVE, RELOC_IRELATIVE},
		{R_X86_64_DTPMOD64, RELOC_DTPMOD},
		{R_X86_64_DTPOFF64, RELOC_DTPOFF},
		{R_X86_64_TPOFF64, RELOC_TPOFF},
		{R_X86_64_TLSDESC, RELOC_TLSDESC},
		{R_X86_64_32, RELOC_ADDRESS32},
		{R_X86_64_32S, RELOC_ADDRESS32S},
		{R_X86_64_PC32, RELOC_PC32},
		{R_X86_64_PC64, RELOC_PC64},
		{R_X86_64_SIZE32, RELOC_SIZE32},
		{R_X86_64_SIZE64, RELOC_SIZE64},
		{R_X86_64_PLT32, RELOC_UNKNOWN},
#elif defined(__aarch64__)
		{R_AARCH64_NONE, RELOC_NONE},
		{R_AARCH64_RELATIVE, RELOC_RELATIVE},
		{R_AARCH64_ABS64, RELOC_ADDRESS},
		{R_AARCH64_GLOB_DAT, RELOC_GOT},
		{R_AARCH64_JUMP_SLOT, RELOC_FUNCTION},
		{R_AARCH64_COPY, RELOC_COPY},
		{R_AARCH64_IRELATIVE, RELOC_IRELATIVE},
		{R_AARCH64_TLS_TPREL, RELOC_TPOFF},
		{R_AARCH64_TLSDESC, RELOC_TLSDESC},
#else
		{R_RISCV_NONE, RELOC_NONE},
		{R_RISCV_RELATIVE, RELOC_RELATIVE},
		{R_RISCV_64, RELOC_ADDRESS},
		{R_RISCV_JUMP_SLOT, RELOC_FUNCTION},
		{R_RISCV_COPY, RELOC_COPY},
		{R_RISCV_IRELATIVE, RELOC_IRELATIVE},
		{R_RISCV_TLS_DTPMOD64, RELOC_DTPMOD},
		{R_RISCV_TLS_DTPREL64, RELOC_DTPOFF},
		{R_RISCV_TLS_TPREL64, RELOC_TPOFF},
#endif
	};

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		assert_int_equal(arch_reloc_kind(known[i].type), known[i].kind);
}

static void
relative_adds_the_base_to_the_addend(void **state)
{
	(void)state;
	add(RELOC_RELATIVE, 0, 0, 0x1234);
	user_image.words[0] = 7; /* the word itself does not count */
	assert_true(relocated());
	assert_int_equal(user_image.words[0], USER(0x1234));
	assert_int_equal(stats.bytes_written > 0, true);
}

static void
none_writes_nothing_wherever_it_points(void **state)
{
	(void)state;
	add(RELOC_NONE, 0, 0, 1);
	user_image.rela[0].r_offset = 1UL << 40;
	assert_true(relocated());
	assert_int_equal(user_image.words[0], 0);
}

static void
an_address_is_symbol_plus_addend(void **state)
{
	(void)state;
	add(RELOC_ADDRESS, 1, add_reference("data", STT_OBJECT, 64, 8), -8);
	assert_true(relocated());
	assert_int_equal(user_image.words[1], OTHER(56));
}

static void
an_absolute_symbol_gets_no_base(void **state)
{
	(void)state;
	add_symbol(&other_image, "number", GLOBAL(STT_NOTYPE), SHN_ABS, 4711, 0);
	add(RELOC_ADDRESS, 0,
	    add_symbol(&user_image, "number", GLOBAL(STT_NOTYPE), SHN_UNDEF, 0, 0), 1);
	assert_true(relocated());
	assert_int_equal(user_image.words[0], 4712);
}

/* x86-64: "S", whatever the addend; elsewhere "S + A". */
static void
a_got_slots_addend_counts_where_the_psabi_says_so(void **state)
{
	(void)state;
	add(RELOC_GOT, 0, add_reference("data", STT_OBJECT, 64, 8), 32);
	assert_true(relocated());
	assert_int_equal(user_image.words[0], OTHER(ARCH_SLOT_ADDEND ? 96 : 64));
}

static void
a_plt_slots_addend_counts_where_the_psabi_says_so(void **state)
{
	(void)state;
	add(RELOC_FUNCTION, 0, add_reference("function", STT_FUNC, 48, 8), 32);
	user_image.words[0] = 99;
	assert_true(relocated());
	assert_int_equal(user_image.words[0], OTHER(ARCH_SLOT_ADDEND ? 80 : 48));
}

static void
a_pc_relative_word_is_the_distance_from_itself(void **state)
{
	(void)state;
	add(RELOC_PC64, 0, add_reference("data", STT_OBJECT, 64, 8), 4);
	assert_true(relocated());
	assert_int_equal(user_image.words[0], OTHER(68) - USER(IMAGE_OFFSET(words[0])));
}

static void
a_pc_relative_half_word_keeps_the_bytes_behind_it(void **state)
{
	uint64_t distance;

	(void)state;
	add(RELOC_PC32, 0, add_reference("data", STT_OBJECT, 64, 8), 4);
	user_image.words[0] = UINT64_MAX;
	assert_true(relocated());
	distance = OTHER(68) - USER(IMAGE_OFFSET(words[0]));
	assert_int_equal(user_image.words[0], UINT64_MAX << 32 | (uint32_t)distance);
}

/* An absolute symbol, as addresses of this process may not fit. */
static bool
narrow_takes(enum reloc_kind kind, uint64_t value)
{
	begin(NULL);
	add_symbol(&other_image, "number", GLOBAL(STT_NOTYPE), SHN_ABS, value, 0);
	add(kind, 0, add_symbol(&user_image, "number", GLOBAL(STT_NOTYPE), SHN_UNDEF, 0, 0), 0);
	if (!relocated())
		return false;
	assert_int_equal(user_image.words[0], (uint32_t)value);
	return true;
}

static void
an_unsigned_half_word_that_overflows_is_an_error(void **state)
{
	(void)state;
	assert_true(narrow_takes(RELOC_ADDRESS32, UINT32_MAX));
	assert_false(narrow_takes(RELOC_ADDRESS32, 1UL << 32));
	assert_non_null(strstr(error.what, "32-bit relocation overflows"));
	assert_string_equal(error.file, "/lib/user.so");
	assert_false(narrow_takes(RELOC_ADDRESS32, (uint64_t)-1));
	assert_int_equal(user_image.words[0], 0);
}

static void
a_signed_half_word_that_overflows_is_an_error(void **state)
{
	(void)state;
	assert_true(narrow_takes(RELOC_ADDRESS32S, INT32_MAX));
	assert_true(narrow_takes(RELOC_ADDRESS32S, (uint64_t)INT32_MIN));
	assert_false(narrow_takes(RELOC_ADDRESS32S, 1UL << 31));
	assert_non_null(strstr(error.what, "32-bit relocation overflows"));
}

static void
a_distance_that_overflows_is_an_error(void **state)
{
	(void)state;
	add(RELOC_PC32, 0, add_reference("data", STT_OBJECT, 64, 8), 1L << 40);
	assert_false(relocated());
	assert_non_null(strstr(error.what, "32-bit relocation overflows"));
}

static void
a_size_is_the_definitions_plus_addend(void **state)
{
	uint32_t symbol = add_reference("data", STT_OBJECT, 64, 24);

	(void)state;
	add(RELOC_SIZE64, 0, symbol, 2);
	add(RELOC_SIZE32, 1, symbol, -4);
	assert_true(relocated());
	assert_int_equal(user_image.words[0], 26);
	assert_int_equal(user_image.words[1], 20);
}

static void
relr_addresses_and_bitmaps_add_the_base(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 70; i++)
		user_image.words[i] = 100 + i;
	user_image.relr[0] = IMAGE_OFFSET(words[0]);
	user_image.relr[1] = (1UL << 2 | 1UL << 63 | 1); /* words 2 and 63 */
	user_image.relr[2] = (1UL << 1 | 1); /* word 64 */
	user_image.relr[3] = IMAGE_OFFSET(words[69]);
	user_image.nrelr = 4;
	assert_true(relocated());
	for (uint64_t i = 0; i < 70; i++) {
		bool is_moved = i == 0 || i == 2 || i == 63 || i == 64 || i == 69;

		assert_int_equal(user_image.words[i], is_moved ? USER(100 + i) : 100 + i);
	}
}

static void
relr_outside_the_object_is_an_error(void **state)
{
	(void)state;
	user_image.relr[0] = IMAGE_OFFSET(ndynamic) - 4;
	user_image.nrelr = 1;
	assert_false(relocated());
	assert_non_null(strstr(error.what, "outside the writable segments"));
	begin(NULL);
	user_image.relr[0] = UINT64_MAX; /* a bitmap, and no address before it */
	user_image.nrelr = 1;
	assert_false(relocated());
	begin(NULL);
	user_image.relr[0] = IMAGE_OFFSET(tls[3]);
	user_image.relr[1] = 3;
	user_image.nrelr = 2;
	assert_false(relocated());
}

static void
a_copy_takes_the_librarys_variable_into_the_program(void **state)
{
	uint32_t symbol;

	(void)state;
	add_symbol(&other_image, "data", GLOBAL(STT_OBJECT), 1, IMAGE_OFFSET(words[8]), 16);
	symbol = add_symbol(&user_image, "data", GLOBAL(STT_OBJECT), 1, IMAGE_OFFSET(words[2]), 16);
	add(RELOC_COPY, 2, symbol, 0);
	other_image.words[8] = 81;
	other_image.words[9] = 82;
	assert_true(relocated());
	assert_int_equal(user_image.words[2], 0); /* not before all is relocated */
	copy_relocs_do();
	assert_int_equal(user_image.words[2], 81);
	assert_int_equal(user_image.words[3], 82);
	assert_int_equal(rtld->ncomplaints, 0);
	assert_int_equal(copy_relocs_of(OTHER(IMAGE_OFFSET(words[9]))),
			 USER(IMAGE_OFFSET(words[3])));
	assert_int_equal(copy_relocs_of(OTHER(IMAGE_OFFSET(words[10]))), 0);
}

static void
a_copy_of_another_size_takes_the_smaller_and_ld_so_complains(void **state)
{
	uint32_t symbol;

	(void)state;
	add_symbol(&other_image, "data", GLOBAL(STT_OBJECT), 1, IMAGE_OFFSET(words[8]), 24);
	symbol = add_symbol(&user_image, "data", GLOBAL(STT_OBJECT), 1, IMAGE_OFFSET(words[2]), 8);
	add(RELOC_COPY, 2, symbol, 0);
	other_image.words[8] = other_image.words[9] = 81;
	assert_true(relocated());
	copy_relocs_do();
	assert_int_equal(user_image.words[2], 81);
	assert_int_equal(user_image.words[3], 0);
	assert_int_equal(rtld->ncomplaints, 1);
	assert_string_equal(
		rtld->complaints[0].text,
		"Symbol `data' has different size in shared object, consider re-linking");
	assert_true(rtld->complaints[0].names_program);
}

static void
a_copy_over_the_segments_end_is_an_error(void **state)
{
	uint32_t symbol;

	(void)state;
	add_symbol(&other_image, "data", GLOBAL(STT_OBJECT), 1, 64, 4096);
	symbol = add_symbol(&user_image, "data", GLOBAL(STT_OBJECT), 1, IMAGE_OFFSET(tls), 1 << 20);
	add(RELOC_COPY, 2, symbol, 0);
	assert_false(relocated());
	assert_non_null(strstr(error.what, "copy relocation outside a segment"));
}

static uint64_t
the_answer(void)
{
	return 4711;
}

static uint64_t
offset_of_resolver(void)
{
	return (uint64_t)(uintptr_t)the_answer;
}

static void
irelative_is_asked_after_all_else_is_written(void **state)
{
	(void)state;
	add(RELOC_IRELATIVE, 0, 0, (int64_t)(offset_of_resolver() - USER(0)));
	assert_true(relocated());
	assert_int_equal(user_image.words[0], 0);
	assert_int_equal(rtld->nifunc_relocs, 1);
	ifunc_resolve();
	assert_int_equal(user_image.words[0], 4711);
}

static void
libcs_own_irelative_is_left_to_its_interpreter(void **state)
{
	(void)state;
	add(RELOC_IRELATIVE, 0, 0, (int64_t)(offset_of_resolver() - USER(0)));
	read_both();
	assert_true(relocate_object(user, true, &error));
	assert_int_equal(rtld->nifunc_relocs, 0);
}

static void
a_reference_to_an_ifunc_waits_for_its_resolver(void **state)
{
	uint32_t symbol =
		add_reference("chosen", STT_GNU_IFUNC, offset_of_resolver() - OTHER(0), 8);

	(void)state;
	add(RELOC_ADDRESS, 0, symbol, 5);
	assert_true(relocated());
	assert_int_equal(user_image.words[0], 0);
	ifunc_resolve();
	assert_int_equal(user_image.words[0], 4716);
}

static void
every_unknown_number_is_an_error_and_writes_nothing(void **state)
{
	uint32_t unknown = 0;

	(void)state;
	for (uint32_t type = 0; type < TYPES; type++) {
		if (arch_reloc_kind(type) != RELOC_UNKNOWN)
			continue;
		begin(NULL);
		add(RELOC_RELATIVE, 0, 0, 0);
		user_image.rela[0].r_info = ELF64_R_INFO(0UL, type);
		assert_false(relocated());
		assert_non_null(strstr(error.what, "unexpected relocation type"));
		assert_int_equal(user_image.words[0], 0);
		unknown++;
	}
	assert_in_range(unknown, 1, TYPES - 1);
	assert_int_equal(arch_reloc_kind(UINT32_MAX), RELOC_UNKNOWN);
}

static void
every_kind_is_refused_outside_the_writable_segment(void **state)
{
	const uint64_t end = IMAGE_OFFSET(ndynamic);
	const uint64_t bad[] = {end, end - 2, 1UL << 40, (uint64_t)-8, UINT64_MAX};

	(void)state;
	for (enum reloc_kind kind = RELOC_RELATIVE; kind < RELOC_UNKNOWN; kind++) {
		if (kind == RELOC_COPY || type_of(kind) == ABSENT)
			continue; /* (of a copy its symbol's size counts) */
		for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
			begin(NULL);
			add(kind, 0, add_reference("data", STT_OBJECT, 64, 8), 0);
			user_image.rela[0].r_offset = bad[i];
			assert_false(relocated());
			assert_non_null(strstr(error.what, "outside the writable segments"));
		}
	}
}

static void
a_read_only_segment_is_written_with_textrel_alone(void **state)
{
	(void)state;
	add(RELOC_RELATIVE, 0, 0, 1);
	read_both();
	user_image.phdr[0].p_flags = PF_R | PF_X;
	assert_false(relocate_object(user, false, &error));
	assert_non_null(strstr(error.what, "outside the writable segments"));
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(numbers_are_kinds_as_the_psabi_has_them),
		TEST(relative_adds_the_base_to_the_addend),
		TEST(none_writes_nothing_wherever_it_points),
		TEST(an_address_is_symbol_plus_addend),
		TEST(an_absolute_symbol_gets_no_base),
		TEST(a_got_slots_addend_counts_where_the_psabi_says_so),
		TEST(a_plt_slots_addend_counts_where_the_psabi_says_so),
		TEST(a_pc_relative_word_is_the_distance_from_itself),
		TEST(a_pc_relative_half_word_keeps_the_bytes_behind_it),
		TEST(an_unsigned_half_word_that_overflows_is_an_error),
		TEST(a_signed_half_word_that_overflows_is_an_error),
		TEST(a_distance_that_overflows_is_an_error),
		TEST(a_size_is_the_definitions_plus_addend),
		TEST(relr_addresses_and_bitmaps_add_the_base),
		TEST(relr_outside_the_object_is_an_error),
		TEST(a_copy_takes_the_librarys_variable_into_the_program),
		TEST(a_copy_of_another_size_takes_the_smaller_and_ld_so_complains),
		TEST(a_copy_over_the_segments_end_is_an_error),
		TEST(irelative_is_asked_after_all_else_is_written),
		TEST(libcs_own_irelative_is_left_to_its_interpreter),
		TEST(a_reference_to_an_ifunc_waits_for_its_resolver),
		TEST(every_unknown_number_is_an_error_and_writes_nothing),
		TEST(every_kind_is_refused_outside_the_writable_segment),
		TEST(a_read_only_segment_is_written_with_textrel_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

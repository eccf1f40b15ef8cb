/* A plan: what its writer writes is what its reader reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests_plan.h"

static void
what_was_written_is_read(void **state)
{
	const struct plan_header *h = header();

	(void)state;
	assert_null(problem());
	check_bounds();
	assert_int_equal(h->kind, PLAN_CLOSURE);
	assert_memory_equal(file.bytes + h->key.offset, key, sizeof(key) - 1);
	assert_int_equal(h->inputs.count, 4);
	assert_string_equal(plan_string(&plan, plan.inputs[0].path), "/bin/p");
	assert_int_equal(plan.inputs[0].kind, PLAN_INPUT_FILE);
	assert_memory_equal(&plan.inputs[0].id, &program_id, sizeof(program_id));
	assert_int_equal(plan.inputs[1].kind, PLAN_INPUT_ABSENT);
	assert_int_equal(plan.inputs[2].kind, PLAN_INPUT_CWD);
	assert_int_equal(plan.inputs[3].kind, PLAN_INPUT_REPLACED);
	assert_int_equal(h->lookups.count, 1);
	assert_string_equal(plan_string(&plan, plan.lookups[0].name), "libl.so");
	assert_string_equal(plan_string(&plan, plan.lookups[0].path), "/lib/l.so");
	assert_int_equal(h->tried.count, 1);
	assert_string_equal(plan_string(&plan, plan.tried[0].directory), "/opt/lib");
	assert_string_equal(plan_string(&plan, plan.tried[0].name), "libl.so");
	assert_int_equal(h->files.count, 2);
	assert_string_equal(plan_string(&plan, plan.files[h->executable].path), "/bin/p");
	assert_memory_equal(&plan.files[1].id, &library_id, sizeof(library_id));
	assert_memory_equal(plan.fixups, (&(struct plan_fixup){1, PLAN_TABLE_JMPREL, 7}),
			    sizeof(struct plan_fixup));
	assert_memory_equal(plan.depends, (&(struct plan_depend){2, SLOT}),
			    sizeof(struct plan_depend));
	assert_int_equal(h->notes.count, 1);
	assert_string_equal(plan_string(&plan, plan.notes[0].path), "/bin/p");
	assert_int_equal(h->rtld, HEAP + 0x1800);
	assert_memory_equal(file.bytes + PAGE, heap_image, HEAP_SIZE);
}

static void
a_new_plans_name_is_its_keys_checksum(void **state)
{
	char want[64];

	(void)state;
	message_format(want, sizeof(want), "/plans/%lx", format_plan_name(key, sizeof(key) - 1, 0));
	assert_string_equal(file.path, want);
}

static void
a_plans_name_is_the_same_on_each_kind_of_cpu(void **state)
{
	static const char none[] = "build=0a\nprogram=/bin/p\n",
			  one[] = "build=0a\ncpu=1\nprogram=/bin/p\n",
			  other[] = "build=0a\ncpu=fe\nprogram=/bin/p\n",
			  elsewhere[] = "build=0a\nprogram=/bin/p\ncpu=1\n";
	uint64_t name = format_plan_name(none, sizeof(none) - 1, 0);

	(void)state;
	assert_int_equal(format_plan_name(one, sizeof(one) - 1, 0), name);
	assert_int_equal(format_plan_name(other, sizeof(other) - 1, 0), name);
	assert_int_not_equal(format_plan_name(other, sizeof(other) - 1, 1), name);
	assert_int_not_equal(format_plan_name(elsewhere, sizeof(elsewhere) - 1, 0), name);
	assert_int_not_equal(format_plan_name(one + 9, sizeof(one) - 10, 0), name);
}

static void
maps_of_one_file_stand_together_in_the_order_of_first_use(void **state)
{
	(void)state;
	assert_null(problem());
	assert_int_equal(plan.header->maps.count, 6);
	assert_int_equal(plan.maps[0].address, SLOT);
	assert_int_equal(plan.maps[1].address, SLOT + PAGE);
	assert_int_equal(plan.maps[1].file, plan.maps[0].file);
	assert_int_equal(plan.maps[2].address, SLOT + 8 * PAGE);
	assert_int_equal(plan.maps[3].file, PLAN_SELF);
	assert_int_equal(plan.maps[4].file, PLAN_SELF); /* the stubs */
	assert_int_equal(plan.maps[4].prot, SYS_PROT_READ | SYS_PROT_EXEC);
	assert_int_equal(plan.maps[5].file, PLAN_NO_FILE);
}

static void
a_plans_own_pages_lie_where_their_maps_say(void **state)
{
	(void)state;
	assert_null(problem());
	assert_int_equal(plan.maps[3].offset % PAGE, 0);
	assert_memory_equal(file.bytes + plan.maps[3].offset, own_page, PAGE);
	assert_memory_equal(file.bytes + plan.maps[4].offset, (const void *)stubs_stub_start(),
			    plan.maps[4].size);
}

static void
maps_that_go_on_in_memory_and_in_the_file_are_one(void **state)
{
	const struct plan_map *m;
	struct plan_writer w;

	(void)state;
	plan_writer_init(&w);
	plan_writer_map(&w, SLOT, PAGE, 0, 0, SYS_PROT_READ);
	plan_writer_map(&w, SLOT + PAGE, PAGE, 0, PAGE, SYS_PROT_READ);
	plan_writer_map(&w, SLOT + 2 * PAGE, PAGE, 0, 8 * PAGE, SYS_PROT_READ); /* elsewhere */
	plan_writer_map(&w, SLOT + 3 * PAGE, PAGE, 0, 9 * PAGE, SYS_PROT_WRITE);
	plan_writer_map(&w, SLOT + 4 * PAGE, PAGE, 1, 10 * PAGE, SYS_PROT_WRITE);
	plan_writer_map(&w, SLOT + 5 * PAGE, PAGE, PLAN_NO_FILE, 0, SYS_PROT_WRITE);
	plan_writer_map(&w, SLOT + 6 * PAGE, PAGE, PLAN_NO_FILE, 0, SYS_PROT_WRITE);
	m = (const struct plan_map *)w.maps.bytes;
	assert_int_equal(w.maps.size / sizeof(*m), 5);
	assert_int_equal(m[0].size, 2 * PAGE);
	assert_int_equal(m[4].size, 2 * PAGE);
	plan_writer_discard(&w);
}

static void
an_input_is_listed_once_for_each_way_in_which_it_counts(void **state)
{
	struct plan_writer w;

	(void)state;
	plan_writer_init(&w);
	for (int i = 0; i < 3; i++) {
		plan_writer_input(&w, PLAN_INPUT_FILE, "/lib/l.so", &library_id);
		plan_writer_input(&w, PLAN_INPUT_ABSENT, "/lib/l.so", NULL);
		plan_writer_input(&w, PLAN_INPUT_REPLACED, "/lib/l.so", &library_id);
		assert_int_equal(plan_writer_file(&w, "/lib/l.so", &library_id), 0);
	}
	assert_int_equal(w.inputs.size / sizeof(struct plan_input), 3);
	assert_int_equal(w.files.size / sizeof(struct plan_file), 1);
	plan_writer_discard(&w);
}

static void
a_table_that_grew_beyond_its_first_block_is_whole(void **state)
{
	struct plan_writer w;

	(void)state;
	fill(&w, true);
	for (uint32_t i = 0; i < 20000; i++)
		plan_writer_fixup(&w, i, PLAN_TABLE_RELA, i * 3UL);
	assert_true(plan_writer_write(&w, key, sizeof(key) - 1, NULL));
	plan_writer_discard(&w);
	assert_null(problem());
	assert_int_equal(plan.header->fixups.count, 20001);
	for (uint32_t i = 0; i < 20000; i++)
		assert_int_equal(plan.fixups[i + 1].entry, i * 3UL);
}

static void
what_could_not_be_kept_is_not_written(void **state)
{
	struct plan_writer w;

	(void)state;
	fill(&w, true);
	w.failed = true; /* out of memory */
	file.path[0] = 0;
	assert_false(plan_writer_write(&w, key, sizeof(key) - 1, NULL));
	assert_string_equal(file.path, "");
	plan_writer_discard(&w);
}

static void
a_plan_without_a_heap_is_a_dlopens(void **state)
{
	(void)state;
	write_file(false);
	assert_null(problem());
	check_bounds();
	assert_int_equal(plan.header->kind, PLAN_DLOPEN);
	assert_int_equal(plan.header->fixups.count, 1);
	assert_non_null(plan_check_heap(plan.header, sizeof(struct rtld)));
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_written_is_read),
		TEST(a_new_plans_name_is_its_keys_checksum),
		TEST(a_plans_name_is_the_same_on_each_kind_of_cpu),
		TEST(maps_of_one_file_stand_together_in_the_order_of_first_use),
		TEST(a_plans_own_pages_lie_where_their_maps_say),
		TEST(maps_that_go_on_in_memory_and_in_the_file_are_one),
		TEST(an_input_is_listed_once_for_each_way_in_which_it_counts),
		TEST(a_table_that_grew_beyond_its_first_block_is_whole),
		TEST(what_could_not_be_kept_is_not_written),
		TEST(a_plan_without_a_heap_is_a_dlopens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

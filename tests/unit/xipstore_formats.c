/* Plans, indexes and epoch files made of bytes: what is believed of them, and what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xipstore/files.h"
#include "xipstore/index.h"
#include "xipstore/plan.h"
#include "xipstore/processes.h"
#include "lib/epoch.h"
#include "lib/region.h"

#define PAGE 4096UL
static const struct arch_region regions[] = ARCH_REGIONS;

#define BASE (regions[0].low + 0x5000000UL)
#define REGION_SIZE (regions[0].size)
#define SLOT (BASE + REGION_SLOTS)

/* A plan under construction: its bytes, and how many there are. */
static struct {
	struct plan_header h;
	char bytes[16 * PAGE];
	size_t size;
} made;

static void
put_part(struct plan_part *part, const void *data, size_t count, size_t entry)
{
	*part = (struct plan_part){made.size, count};
	memcpy(made.bytes + made.size, data, count * entry);
	made.size = (made.size + count * entry + 7) & ~7UL;
}

static void
seal(void)
{
	const size_t skip = offsetof(struct plan_header, size);
	uint64_t sum;

	made.h.size = made.size;
	sum = hash_checksum((const char *)&made.h + skip, sizeof(made.h) - skip, 0);
	made.h.checksum = hash_checksum(made.bytes + PAGE, made.size - PAGE, sum);
	memcpy(made.bytes, &made.h, sizeof(made.h));
}

static const char strings[] = "/bin/prog\0/lib/a.so\0/s/e-1/relocated/8000000000000001";
enum { PROG = 0, LIB = 10, LINKED = 20 };

/* Header, two pages of heap, one closure page, tables. */
static void
make_plan(enum plan_kind kind, const char *key)
{
	const struct plan_input inputs[] = {{LIB, 0, {.ino = 7}}, {PROG, 1, {0}}};
	const struct plan_file files[] = {
		{PROG, 0, {.ino = 1}}, {LIB, 0, {.ino = 2}}, {LINKED, 0, {.ino = 3}}};
	const struct plan_map maps[] = {
		{SLOT, 2 * PAGE, 0, 0, 5},
		{SLOT + 4 * PAGE, 3 * PAGE, 0, 1, 5},
		{SLOT + 7 * PAGE, PAGE, 0, 2, 1},
		{SLOT + 2 * PAGE, PAGE, 3 * PAGE, PLAN_SELF, 3},
		{BASE + REGION_HEAP - PAGE, PAGE, 3 * PAGE, PLAN_SELF, 5},
		{SLOT + 3 * PAGE, PAGE, 0, PLAN_NO_FILE, 3},
	};
	const struct plan_note notes[] = {{SLOT + 2 * PAGE, 1, REASON_PROGRAM, PROG, 0}};

	memset(&made, 0, sizeof(made));
	made.size = 4 * PAGE;
	made.h = (struct plan_header){.version = STORE_VERSION,
				      .machine = ARCH_MACHINE,
				      .page_size = PAGE,
				      .kind = kind,
				      .tables = made.size};
	memcpy(made.h.magic, PLAN_MAGIC, 8);
	if (kind == PLAN_CLOSURE) {
		made.h.heap = BASE + REGION_HEAP;
		made.h.heap_size = 2 * PAGE;
		made.h.rtld = made.h.heap + 64;
	}
	put_part(&made.h.key, key, strlen(key), 1);
	put_part(&made.h.inputs, inputs, 2, sizeof(inputs[0]));
	put_part(&made.h.lookups, "", 0, sizeof(struct plan_lookup));
	put_part(&made.h.tried, "", 0, sizeof(struct plan_tried));
	put_part(&made.h.files, files, 3, sizeof(files[0]));
	put_part(&made.h.maps, maps, 6, sizeof(maps[0]));
	put_part(&made.h.fixups, "", 0, sizeof(struct plan_fixup));
	put_part(&made.h.depends, "", 0, sizeof(struct plan_depend));
	put_part(&made.h.notes, notes, 1, sizeof(notes[0]));
	put_part(&made.h.dlsyms, "", 0, sizeof(struct plan_dlsym));
	put_part(&made.h.prefault, "", 0, sizeof(struct plan_prefault));
	put_part(&made.h.strings, strings, sizeof(strings), 1);
	seal();
}

static const char key[] = "build=00\ncpu=12\nprogram=/bin/prog\nLD_PRELOAD=x=y\n";

static const char *
decode(struct plan *p)
{
	char *bytes = malloc(made.size);
	const char *wrong;

	memcpy(bytes, made.bytes, made.size);
	wrong = plan_decode(p, bytes, made.size);
	if (wrong)
		free(bytes);
	return wrong;
}

static void
a_sound_plan_is_taken_apart(void **state)
{
	struct plan p;
	char *value;

	(void)state;
	make_plan(PLAN_CLOSURE, key);
	assert_null(decode(&p));
	assert_string_equal(p.program, "/bin/prog");
	assert_int_equal(p.name[16], 0);
	assert_true(is_hex_name(p.name, 16));
	value = plan_key_value(&p, "LD_PRELOAD");
	assert_string_equal(value, "x=y");
	free(value);
	assert_null(plan_key_value(&p, "LD_LIBRARY_PATH"));
	assert_null(plan_key_value(&p, "prog"));
	assert_int_equal(plan_base(&p), BASE);
	assert_string_equal(plan_string(&p.tables, p.tables.inputs[0].path), "/lib/a.so");
	assert_string_equal(plan_string(&p.tables, 100000), "");
	plan_free(&p);
}

static void
pages_are_counted_by_class_and_object(void **state)
{
	struct plan_object *objects;
	struct page_counts counts;
	struct plan p;
	size_t n;

	(void)state;
	make_plan(PLAN_CLOSURE, key);
	assert_null(decode(&p));
	counts = plan_counts(&p);
	assert_int_equal(counts.of[CLASS_TEXT], 5);
	assert_int_equal(counts.of[CLASS_RELOCATED], 1);
	assert_int_equal(counts.of[CLASS_PROGRAM], 1); /* the stubs are the loader's */
	assert_int_equal(counts.of[CLASS_ANON], 1);
	objects = plan_objects(&p, NULL, &n);
	assert_int_equal(n, 2);
	assert_string_equal(objects[0].path, "/bin/prog");
	assert_int_equal(objects[0].pages.of[CLASS_PROGRAM], 1);
	assert_int_equal(objects[0].pages.of[CLASS_ANON], 1);
	assert_int_equal(objects[0].high, SLOT + 4 * PAGE);
	assert_int_equal(objects[1].pages.of[CLASS_RELOCATED], 1);
	assert_null(plan_object_at(objects, n, SLOT - 1));
	assert_ptr_equal(plan_object_at(objects, n, SLOT + 4 * PAGE - 1), &objects[0]);
	assert_ptr_equal(plan_object_at(objects, n, SLOT + 4 * PAGE), &objects[1]);
	free(objects);
	plan_free(&p);
}

static void
a_dlopen_plan_names_its_program_plan(void **state)
{
	uint64_t slots[2] = {0};
	struct plan p;

	(void)state;
	make_plan(PLAN_DLOPEN,
		  "plan 1234567890abcdef\nnow 0\nfresh 20000\nclosure 7\nfresh 30000\n");
	assert_null(decode(&p));
	assert_int_equal(p.closure, 0x1234567890abcdef);
	assert_string_equal(p.program, "");
	assert_int_equal(plan_fresh_slots(&p, slots, 1), 2);
	assert_int_equal(slots[0], 0x20000);
	assert_int_equal(slots[1], 0);
	assert_int_equal(plan_fresh_slots(&p, slots, 2), 2);
	assert_int_equal(slots[1], 0x30000);
	plan_free(&p);
}

static void
any_changed_byte_is_found(void **state)
{
	struct plan p;

	(void)state;
	make_plan(PLAN_CLOSURE, key);
	for (size_t i = 0; i < made.size; i++) {
		made.bytes[i] ^= 1;
		assert_non_null(decode(&p));
		made.bytes[i] ^= 1;
	}
	assert_null(decode(&p));
	plan_free(&p);
}

/* A sum that is right makes no offset right. */
static void
parts_outside_the_file_are_refused(void **state)
{
	static const uint64_t nasty[] = {
		0, 8, PAGE - 8, 1UL << 31, 1UL << 40, UINT64_MAX - 7, UINT64_MAX};
	const size_t first = offsetof(struct plan_header, key), words = 8 * 2;

	(void)state;
	for (size_t i = 0; i < words; i++) {
		for (size_t k = 0; k < sizeof(nasty) / sizeof(nasty[0]); k++) {
			struct plan p;
			bool is_offset = i % 2 == 0;

			make_plan(PLAN_CLOSURE, key);
			memcpy((char *)&made.h + first + i * 8, &nasty[k], 8);
			seal();
			if (i / 2 == 4 || i / 2 == 5)
				continue; /* again and depends: the tool does not read them */
			if (!is_offset && nasty[k] < 2 * PAGE)
				continue; /* fewer entries may be right */
			assert_non_null(decode(&p));
		}
	}
}

static void
mappings_that_cannot_be_are_refused(void **state)
{
	const struct plan_map bad[] = {
		{SLOT + 1, PAGE, 0, 0, 1},
		{SLOT, PAGE + 1, 0, 0, 1},
		{SLOT, 0, 0, 0, 1},
		{UINT64_MAX - PAGE + 1, 2 * PAGE, 0, 0, 1},
		{ARCH_USER_TOP & ~(PAGE - 1), PAGE, 0, 0, 1},
		{SLOT, PAGE, 0, 0, 7},
		{SLOT, PAGE, 0, 0, 8},
		{SLOT, PAGE, 0, 3, 1},
		{SLOT, PAGE, 1UL << 40, PLAN_SELF, 1},
		{SLOT, 1UL << 40, PAGE, PLAN_SELF, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct plan p;

		make_plan(PLAN_CLOSURE, key);
		memcpy(made.bytes + made.h.maps.offset, &bad[i], sizeof(bad[i]));
		seal();
		assert_non_null(decode(&p));
	}
}

static void
headers_that_cannot_be_are_refused(void **state)
{
	struct plan p;

	(void)state;
	assert_non_null(plan_decode(&p, made.bytes, 0));
	assert_non_null(plan_decode(&p, made.bytes, PAGE - 1));
	make_plan(PLAN_CLOSURE, key);
	made.h.heap = 0;
	seal();
	assert_non_null(decode(&p));
	make_plan(PLAN_CLOSURE, key);
	made.h.executable = 3;
	seal();
	assert_non_null(decode(&p));
	make_plan(PLAN_CLOSURE, key);
	made.bytes[made.h.strings.offset + sizeof(strings) - 1] = 'x';
	seal();
	assert_non_null(decode(&p));
	make_plan(PLAN_CLOSURE, key);
	made.h.version++;
	seal();
	assert_string_equal(decode(&p), plan_other_version);
}

static void
linked_pages_are_known_by_their_path(void **state)
{
	const char *id;

	(void)state;
	assert_true(is_relocated_path("/s/e-1/relocated/8000000000000001", &id));
	assert_string_equal(id, "8000000000000001");
	assert_false(is_relocated_path("/s/relocated/800000000000000", &id));
	assert_false(is_relocated_path("/s/xlinked/8000000000000001x", &id));
	assert_false(is_relocated_path("linked/8000000000000001", &id));
	assert_false(is_relocated_path("", &id));
}

static struct index_record
make_record(uint64_t slot, uint64_t span)
{
	struct index_record r = {.version = STORE_VERSION,
				 .page_size = PAGE,
				 .kind = RECORD_OBJECT,
				 .slot = slot,
				 .span = span,
				 .path = "/lib/a.so"};

	r.checksum = hash_checksum(&r.version, sizeof(r) - sizeof(r.checksum), 0);
	return r;
}

static void
records_of_an_index(void **state)
{
	const struct store s = {.has_epoch = true, .base = BASE, .size = REGION_SIZE};
	struct index_record records[] = {
		make_record(SLOT + 8 * PAGE, 4 * PAGE),
		make_record(SLOT, 4 * PAGE),
		make_record(BASE + REGION_LOW_END, PAGE), /* the loader's part */
		make_record(SLOT, REGION_SIZE), /* beyond the region's end */
		make_record(UINT64_MAX - PAGE, 2 * PAGE),
		make_record(SLOT + 20 * PAGE, PAGE),
		make_record(BASE + REGION_LOW_END - PAGE,
			    2 * PAGE), /* reaches into the loader's part */
		make_record(BASE, REGION_LOW_END), /* of all programs */
	};
	struct index index;

	(void)state;
	records[5].span++; /* the sum is of another */
	index_decode(&index, (const char *)records, sizeof(records) + 0, &s);
	assert_int_equal(index.count, 3);
	assert_int_equal(index.damaged, 5);
	assert_int_equal(index.list[0].slot, BASE);
	assert_int_equal(index.list[1].slot, SLOT);
	assert_ptr_equal(index_at(&index, SLOT + 8 * PAGE), &index.list[2]);
	assert_null(index_at(&index, SLOT + 4 * PAGE));
	assert_null(index_at(&index, 0));
	index_free(&index);
	index_decode(&index, (const char *)records, sizeof(records[0]) + 100, &s);
	assert_int_equal(index.count, 1);
	assert_int_equal(index.cut, 100);
	index_free(&index);
	index_decode(&index, "", 0, &s);
	assert_int_equal(index.count, 0);
	index_free(&index);
}

static void
epoch_files(void **state)
{
	struct epoch_file e = {.magic = "xipldep",
			       .version = STORE_VERSION,
			       .machine = ARCH_MACHINE,
			       .base = BASE,
			       .size = REGION_SIZE,
			       .page_size = PAGE};
	const size_t skip = offsetof(struct epoch_file, version);

	(void)state;
	memcpy(e.magic, EPOCH_MAGIC, 8);
	e.checksum = hash_checksum(&e.version, sizeof(e) - skip, 0);
	assert_null(epoch_check(&e, sizeof(e)));
	assert_non_null(epoch_check(&e, sizeof(e) - 1));
	e.base += 1;
	assert_non_null(epoch_check(&e, sizeof(e)));
	e.checksum = hash_checksum(&e.version, sizeof(e) - skip, 0);
	assert_non_null(epoch_check(&e, sizeof(e)));
	e.base = regions[0].high;
	e.checksum = hash_checksum(&e.version, sizeof(e) - skip, 0);
	assert_non_null(epoch_check(&e, sizeof(e)));
}

/* Wherever chance puts a region: what the loader and the C library take of it is cut once at most
 * by the end of what a page of the page table maps. */
static void
bases_of_regions(void **state)
{
	const uint64_t chances[] = {
		0, 1, UINT64_MAX, 1ULL << 32, 0x123456789abcdef, UINT64_MAX / 3};

	(void)state;
	for (size_t r = 0; r < sizeof(regions) / sizeof(regions[0]); r++) {
		uint64_t seen[2] = {0};

		for (size_t i = 0; i < sizeof(chances) / sizeof(chances[0]); i++) {
			uint64_t base = region_base(&regions[r], chances[i]);
			uint64_t end = base + REGION_HEAP + 64 * PAGE;

			assert_true(base % PAGE == 0);
			assert_non_null(region_find(base, regions[r].size));
			assert_true((end - 1) / (512 * PAGE) - (base + 0x140000) / (512 * PAGE) <=
				    1);
			assert_true(base % (512 * 512 * PAGE) < 257 * 512 * PAGE);
			seen[i & 1] = base;
		}
		assert_int_not_equal(seen[0], seen[1]);
	}
}

static void
lines_of_maps(void **state)
{
	uint64_t ino = 0;
	const char *path =
		maps_path("7f01-7f02 r--p 00001000 08:01 99    /s/plans/a (deleted)\n", &ino);

	(void)state;
	assert_non_null(path);
	assert_int_equal(ino, 99);
	assert_string_equal(path, "/s/plans/a (deleted)\n");
	assert_null(maps_path("7f01-7f02 rw-p 00000000 00:00 0 \n", &ino));
	assert_null(maps_path("7f01-7f02 rw-p 00000000 00:00 0    [heap]\n", &ino));
	assert_null(maps_path("", &ino));
	assert_null(maps_path("junk", &ino));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sound_plan_is_taken_apart),
		cmocka_unit_test(pages_are_counted_by_class_and_object),
		cmocka_unit_test(a_dlopen_plan_names_its_program_plan),
		cmocka_unit_test(any_changed_byte_is_found),
		cmocka_unit_test(parts_outside_the_file_are_refused),
		cmocka_unit_test(mappings_that_cannot_be_are_refused),
		cmocka_unit_test(headers_that_cannot_be_are_refused),
		cmocka_unit_test(linked_pages_are_known_by_their_path),
		cmocka_unit_test(records_of_an_index),
		cmocka_unit_test(epoch_files),
		cmocka_unit_test(bases_of_regions),
		cmocka_unit_test(lines_of_maps),
	};

	page_size = PAGE;
	return cmocka_run_group_tests(tests, NULL, NULL);
}

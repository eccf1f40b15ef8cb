/* ELF and program headers that lie, one field at a time; ld.so.cache look-ups; message formatting.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "elf/object.h"
#include "lib/ld_cache.h"
#include "rtld/search.h"
#include "base/heap.h"
#include "tests_rtld.h"

static Elf64_Ehdr
good_header(void)
{
	Elf64_Ehdr eh = {.e_type = ET_DYN,
			 .e_machine = ARCH_MACHINE,
			 .e_version = EV_CURRENT,
			 .e_phentsize = sizeof(Elf64_Phdr),
			 .e_phnum = 3};

	memcpy(eh.e_ident, ELFMAG, SELFMAG);
	eh.e_ident[EI_CLASS] = ELFCLASS64;
	eh.e_ident[EI_DATA] = ELFDATA2LSB;
	eh.e_ident[EI_VERSION] = EV_CURRENT;
	return eh;
}

static void
headers_are_checked_field_by_field(void **state)
{
	Elf64_Ehdr eh = good_header();
	struct error error;

	(void)state;
	assert_true(object_check_header(&eh, "f", &error));
	eh.e_machine = EM_386;
	assert_false(object_check_header(&eh, "f", &error));
	assert_string_equal(error.file, "f");
	eh = good_header();
	eh.e_phnum = 0xffff;
	assert_false(object_check_header(&eh, "f", &error));
	eh = good_header();
	eh.e_phentsize = 1;
	assert_false(object_check_header(&eh, "f", &error));
	eh = good_header();
	eh.e_ident[EI_CLASS] = ELFCLASS32;
	assert_false(object_check_header(&eh, "f", &error));
	eh = good_header();
	eh.e_type = ET_REL;
	assert_false(object_check_header(&eh, "f", &error));
}

static void
segments_must_lie_in_the_file_and_in_order(void **state)
{
	const Elf64_Phdr good[2] = {
		{.p_type = PT_LOAD,
		 .p_flags = PF_R,
		 .p_filesz = 0x1000,
		 .p_memsz = 0x1000,
		 .p_align = 0x1000},
		{.p_type = PT_LOAD,
		 .p_flags = PF_R | PF_W,
		 .p_offset = 0x1000,
		 .p_vaddr = 0x2000,
		 .p_filesz = 0x800,
		 .p_memsz = 0x3000,
		 .p_align = 0x1000},
	};
	Elf64_Phdr ph[2];

	(void)state;
	assert_true(object_check_phdrs(good, 2, 0x1800, "f", NULL));
	assert_false(object_check_phdrs(good, 2, 0x17ff, "f", NULL)); /* truncated */
	assert_false(object_check_phdrs(good, 0, 0x1800, "f", NULL)); /* no segment */
	memcpy(ph, good, sizeof(ph));
	ph[1].p_vaddr = 0;
	assert_false(object_check_phdrs(ph, 2, 0x1800, "f", NULL)); /* overlap */
	memcpy(ph, good, sizeof(ph));
	ph[1].p_memsz = 0x10;
	assert_false(object_check_phdrs(ph, 2, 0x1800, "f", NULL)); /* larger in the file */
	memcpy(ph, good, sizeof(ph));
	ph[1].p_vaddr = 0xfffffffffffff000;
	assert_false(object_check_phdrs(ph, 2, 0x1800, "f", NULL)); /* wraps */
	memcpy(ph, good, sizeof(ph));
	ph[1].p_offset = 0xffffffffffffff00;
	assert_false(object_check_phdrs(ph, 2, 0x1800, "f", NULL));
	memcpy(ph, good, sizeof(ph));
	ph[1].p_vaddr = 0x2010;
	assert_false(object_check_phdrs(ph, 2, 0x1800, "f", NULL)); /* not congruent */
	memcpy(ph, good, sizeof(ph));
	ph[0].p_type = ph[1].p_type = PT_NOTE;
	assert_false(object_check_phdrs(ph, 2, 0x1800, "f", NULL)); /* nothing to load */
}

/* A cache as ldconfig writes it: entries in descending order, one of them for x86-64-v3 only. */
struct cache {
	char magic[20];
	uint32_t count, strings;
	uint8_t flags, pad[3];
	uint32_t extension, unused[3];
	struct {
		int32_t flags;
		uint32_t key, value, osversion;
		uint64_t hwcap;
	} entry[3];
	uint32_t ext_magic, ext_count, ext[4], hwcap_name;
	char text[64];
};

static void
cache_answers_by_name_and_cpu(void **state)
{
	static const char *const v3[] = {"x86-64-v3", "x86-64-v2"};
	struct cache c = {.count = 3, .ext_magic = 0xeaa42174, .ext_count = 1};
	uint32_t text = offsetof(struct cache, text);

	(void)state;
	memcpy(c.magic, "glibc-ld.so.cache1.1", 20);
	memcpy(c.text, "libz.so.1\0/z\0liba.so.10\0/a\0/a3\0x86-64-v3", 41);
	c.extension = offsetof(struct cache, ext_magic);
	c.ext[0] = 1;
	c.ext[2] = offsetof(struct cache, hwcap_name);
	c.ext[3] = 4;
	c.hwcap_name = text + 31;
	for (int i = 0; i < 3; i++)
		c.entry[i].flags = ARCH_CACHE_FLAGS;
	c.entry[0].key = text;
	c.entry[0].value = text + 10;
	c.entry[1].key = c.entry[2].key = text + 13;
	c.entry[1].value = text + 27;
	c.entry[1].hwcap = 1UL << 62;
	c.entry[2].value = text + 24;
	assert_string_equal(ld_cache_lookup((char *)&c, sizeof(c), "libz.so.1", v3, 2), "/z");
	assert_string_equal(ld_cache_lookup((char *)&c, sizeof(c), "liba.so.10", v3, 2), "/a3");
	assert_string_equal(ld_cache_lookup((char *)&c, sizeof(c), "liba.so.10", v3 + 1, 1), "/a");
	assert_null(ld_cache_lookup((char *)&c, sizeof(c), "libq.so", v3, 2));
	for (size_t size = 0; size < sizeof(c); size++) /* cut anywhere: no answer from outside */
		ld_cache_lookup((char *)&c, size, "liba.so.10", v3, 2);
	c.count = 0xffffffff;
	assert_null(ld_cache_lookup((char *)&c, sizeof(c), "libz.so.1", v3, 2));
}

static void
formatting_bounds_its_buffer(void **state)
{
	char buf[8];

	(void)state;
	assert_int_equal(message_format(buf, sizeof(buf), "%s %d", "abcdef", -12), 10);
	assert_string_equal(buf, "abcdef ");
	assert_int_equal(message_format(buf, sizeof(buf), "%lx%%%c", 0xfeUL, 'z'), 4);
	assert_string_equal(buf, "fe%z");
	assert_int_equal(message_format(NULL, 0, "%u", 4294967295U), 10);
}

static void
heap_reuses_by_size(void **state)
{
	void *a, *b;

	(void)state;
	assert_int_equal(heap_init(0, 0), 0);
	a = heap_alloc(100);
	memset(a, 1, 100);
	heap_free(a, 100);
	b = heap_alloc(97);
	assert_ptr_equal(a, b);
	assert_int_equal(*(char *)b, 0); /* zeroed again */
	assert_int_equal((uintptr_t)heap_alloc_aligned(10, 4096) & 4095, 0);
	assert_non_null(heap_alloc(HEAP_CHUNK * 2)); /* larger than a chunk */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_are_checked_field_by_field),
		cmocka_unit_test(segments_must_lie_in_the_file_and_in_order),
		cmocka_unit_test(cache_answers_by_name_and_cpu),
		cmocka_unit_test(formatting_bounds_its_buffer),
		cmocka_unit_test(heap_reuses_by_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

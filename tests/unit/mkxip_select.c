/* Which pages go in place: ELF segments, profiles, patterns, and what stock readers can read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "mkxip/select.h"

#define PAGES 16
static uint8_t file[PAGES * IMAGE_PAGE];

/* An ELF64 file with three segments: R from 0, RX from page 4 (not on its edge), RW from the middle
 * of page 9. */
static void
make_elf(unsigned char class, unsigned char data)
{
	Elf64_Ehdr eh = {.e_ident = {0x7f, 'E', 'L', 'F', class, data, EV_CURRENT},
			 .e_type = ET_DYN,
			 .e_machine = EM_X86_64,
			 .e_version = EV_CURRENT,
			 .e_phoff = sizeof(eh),
			 .e_ehsize = sizeof(eh),
			 .e_phentsize = sizeof(Elf64_Phdr),
			 .e_phnum = 3};
	Elf64_Phdr ph[3] = {
		{.p_type = PT_LOAD, .p_flags = PF_R, .p_offset = 0, .p_filesz = 2 * IMAGE_PAGE + 1},
		{.p_type = PT_LOAD,
		 .p_flags = PF_R | PF_X,
		 .p_offset = 4 * IMAGE_PAGE + 16,
		 .p_filesz = 2 * IMAGE_PAGE},
		{.p_type = PT_LOAD,
		 .p_flags = PF_R | PF_W,
		 .p_offset = 9 * IMAGE_PAGE + 100,
		 .p_filesz = IMAGE_PAGE},
	};

	memset(file, 0xaa, sizeof(file));
	memcpy(file, &eh, sizeof(eh));
	memcpy(file + sizeof(eh), ph, sizeof(ph));
}

static void
assert_pages(const uint8_t *pages, const char *want)
{
	char got[PAGES + 1] = "";

	for (size_t i = 0; i < strlen(want); i++)
		got[i] = pages[i] ? 'x' : '.';
	assert_string_equal(got, want);
}

static void
read_only_and_executable_segments_are_selected(void **state)
{
	uint8_t pages[PAGES] = {0};

	(void)state;
	make_elf(ELFCLASS64, ELFDATA2LSB);
	assert_true(select_segments(file, sizeof(file), pages));
	/* 3 pages of R; RX touches 3 because of where it begins; RW none */
	assert_pages(pages, "xxx.xxx.........");
}

static void
segments_that_lie_are_bounded_by_the_file(void **state)
{
	uint8_t pages[PAGES] = {0};
	Elf64_Phdr *ph = (Elf64_Phdr *)(file + sizeof(Elf64_Ehdr));

	(void)state;
	make_elf(ELFCLASS64, ELFDATA2LSB);
	ph[0].p_filesz = UINT64_MAX;
	ph[1].p_offset = UINT64_MAX - 5;
	assert_true(select_segments(file, 5 * IMAGE_PAGE, pages));
	assert_pages(pages, "xxxxx...........");
	memset(pages, 0, sizeof(pages));
	assert_false(select_segments(file, 20, pages));
	assert_false(select_segments((const uint8_t *)"#!/bin/sh\n", 10, pages));
	assert_pages(pages, "................");
}

static void
modes_choose(void **state)
{
	struct selection s = {.mode = XIP_NONE};
	uint8_t pages[PAGES] = {0};

	(void)state;
	make_elf(ELFCLASS64, ELFDATA2LSB);
	select_pages(&s, "/p", file, sizeof(file), pages);
	assert_pages(pages, "................");
	s.mode = XIP_AUTO;
	select_pages(&s, "/p", file, sizeof(file), pages);
	assert_pages(pages, "xxx.xxx.........");
	s.mode = XIP_ALL;
	select_pages(&s, "/p", file, sizeof(file), pages);
	assert_pages(pages, "xxxxxxxxxxxxxxxx");
}

static void
patterns_choose_and_the_last_decides(void **state)
{
	char *patterns[] = {"/usr/*", "!/usr/lib/*", "/usr/lib/libc.so.?"};
	struct selection s = {.mode = XIP_FILE, .patterns = patterns, .npatterns = 3};
	uint8_t pages[PAGES] = {0};

	(void)state;
	assert_true(select_matches(patterns, 3, "/usr/bin/deep/x"));
	assert_false(select_matches(patterns, 3, "/usr/lib/libm.so.6"));
	assert_true(select_matches(patterns, 3, "/usr/lib/libc.so.6"));
	assert_false(select_matches(patterns, 3, "/etc/motd"));
	make_elf(ELFCLASS64, ELFDATA2LSB);
	select_pages(&s, "/etc/motd", file, sizeof(file), pages);
	assert_pages(pages, "................");
	select_pages(&s, "/usr/bin/p", file, sizeof(file), pages);
	assert_pages(pages, "xxx.xxx.........");
	memset(file, 1, 100); /* no ELF file: the whole of it */
	select_pages(&s, "/usr/share/font", file, 3 * IMAGE_PAGE, pages);
	assert_pages(pages, "xxx.xxx.........");
	memset(pages, 0, sizeof(pages));
	select_pages(&s, "/usr/share/font", file, 4 * IMAGE_PAGE, pages);
	assert_pages(pages, "xxxx............");
}

static const char *
add(struct selection *s, const char *text)
{
	char line[100];

	return selection_add_hot(s, strcpy(line, text));
}

static void
a_profile_leaves_the_hot_pages_of_segments(void **state)
{
	struct selection s = {.mode = XIP_AUTO, .has_profile = true};
	uint8_t pages[PAGES] = {0};

	(void)state;
	make_elf(ELFCLASS64, ELFDATA2LSB);
	assert_null(add(&s, "/p,5\n"));
	assert_null(add(&s, "/p, 1, 3\n"));
	assert_null(add(&s, "/p,9,4000000000\n")); /* data, and far past the end */
	assert_null(add(&s, "/a,b,2\n"));
	assert_non_null(add(&s, "/p\n"));
	assert_non_null(add(&s, "/p,\n"));
	assert_non_null(add(&s, "/p,x\n"));
	assert_non_null(add(&s, "p,1\n"));
	assert_non_null(add(&s, "/p,-1\n"));
	assert_non_null(add(&s, "/p,99999999999999999999999\n"));
	selection_sort(&s);
	select_pages(&s, "/p", file, sizeof(file), pages);
	assert_pages(pages, ".xx..x..........");
	memset(pages, 0, sizeof(pages));
	select_pages(&s, "/a,b", file, sizeof(file), pages);
	assert_pages(pages, "..x.............");
	memset(pages, 0, sizeof(pages));
	select_pages(&s, "/cold", file, sizeof(file), pages);
	assert_pages(pages, "................");
	selection_close(&s);
}

static void
full_last_pages_are_settled(void **state)
{
	uint8_t pages[4] = {0, 0, 0, 1}, one[1] = {1}, partial[2] = {0, 1};

	(void)state;
	select_settle(4 * IMAGE_PAGE, pages);
	assert_pages(pages, "..xx");
	select_settle(IMAGE_PAGE, one);
	assert_pages(one, ".");
	select_settle(IMAGE_PAGE + 1, partial);
	assert_pages(partial, ".x");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(read_only_and_executable_segments_are_selected),
		cmocka_unit_test(segments_that_lie_are_bounded_by_the_file),
		cmocka_unit_test(modes_choose),
		cmocka_unit_test(patterns_choose_and_the_last_decides),
		cmocka_unit_test(a_profile_leaves_the_hot_pages_of_segments),
		cmocka_unit_test(full_last_pages_are_settled),
	};
	struct selection s;
	struct options o = {.xip = XIP_AUTO};
	struct error error;

	return selection_open(&s, &o, &error) ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}

/* What a launch asks for of the pages that launches touch: against a kernel played here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "cache/warm/ranges.h"
#include "base/populate.h"
#include "tests_rtld.h"

#define PAGES 200 /* of a mapping */
#define AROUND 16 /* fault_around_bytes */

/* A mapping and the page cache behind it: folios of a power of two of pages, by their order. */
struct mapped {
	uintptr_t start;
	unsigned order[PAGES + 64]; /* of the folio that has this page of the file */
	size_t offset; /* in the file, pages */
	bool there[PAGES];
	size_t faults;
};

/* do_fault_around and filemap_map_pages of Linux 6.18: a window, and every folio in it whole. */
static void
fault(struct mapped *m, size_t page)
{
	uintptr_t first = m->start / page_size;
	size_t low = (first + page) / AROUND * AROUND;
	size_t from = low > first ? low - first : 0,
	       to = from + AROUND < PAGES ? from + AROUND : PAGES;

	m->faults++;
	for (size_t i = from; i < to; i++) {
		size_t size = (size_t)1 << m->order[m->offset + i];
		size_t folio = (m->offset + i) / size * size;

		for (size_t k = folio; k < folio + size; k++)
			if (k >= m->offset && k < m->offset + PAGES)
				m->there[k - m->offset] = true;
	}
}

static void
ask_for(struct mapped *m, const struct ranges *dlsyms)
{
	for (uint32_t i = 0; i < dlsyms->count; i++) {
		uintptr_t at = dlsyms->list[i].address, end = at + dlsyms->list[i].size;

		for (; at < end; at += page_size) {
			size_t page = (at - m->start) / page_size;

			assert_true(at >= m->start && page < PAGES);
			if (!m->there[page])
				fault(m, page);
		}
	}
}

static struct mapped
some_mapping(void)
{
	struct mapped m = {.start = (uintptr_t)(0x7000 + rand() % 64) * page_size,
			   .offset = (size_t)(rand() % 48)};

	for (size_t i = 0; i < sizeof(m.order) / sizeof(m.order[0]);) {
		unsigned order = (unsigned)rand() % 6;

		if (i % ((size_t)1 << order) || i + ((size_t)1 << order) > PAGES + 64)
			order = 0;
		for (size_t k = (size_t)1 << order; k; k--)
			m.order[i++] = order;
	}
	return m;
}

static void
all_that_is_wanted_comes_in_whatever_the_folios_are(void **state)
{
	struct ranges wanted = {calloc(1, RANGES_BYTES), 0}, dlsyms = {calloc(1, RANGES_BYTES), 0};

	(void)state;
	assert_true(wanted.list && dlsyms.list);
	srand(1);
	for (int round = 0; round < 2000; round++) {
		struct mapped m = some_mapping();
		bool want[PAGES] = {false};
		int few = 1 + rand() % 30;

		wanted.count = dlsyms.count = 0;
		for (size_t i = 0; i < PAGES; i++)
			if ((want[i] = rand() % few == 0))
				ranges_add(&wanted, m.start + i * page_size, page_size);
		ranges_thin(&wanted, m.start, m.start + PAGES * page_size, &dlsyms);
		ask_for(&m, &dlsyms);
		for (size_t i = 0; i < PAGES; i++)
			assert_true(!want[i] || m.there[i]);
		assert_true(m.faults <= PAGES / AROUND + 2);
	}
	free(wanted.list);
	free(dlsyms.list);
}

static void
only_the_mapping_is_asked_for(void **state)
{
	struct plan_prefault in[] = {{0x10000, 0x3000}, {0x30000, 0x1000}}, out[4];
	struct ranges wanted = {in, 2}, dlsyms = {out, 0};

	(void)state;
	ranges_cut(&wanted, 0x11000, 0x30000, &dlsyms);
	assert_int_equal(dlsyms.count, 1);
	assert_int_equal(out[0].address, 0x11000);
	assert_int_equal(out[0].size, 0x2000);
	dlsyms.count = 0;
	ranges_thin(&wanted, 0x13000, 0x30000, &dlsyms);
	assert_int_equal(dlsyms.count, 0);
	ranges_thin(&wanted, 0x12000, 0x31000, &dlsyms);
	assert_int_equal(dlsyms.count, 2);
	assert_int_equal(out[0].address, 0x12000);
	assert_int_equal(out[1].address, 0x30000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_that_is_wanted_comes_in_whatever_the_folios_are),
		cmocka_unit_test(only_the_mapping_is_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

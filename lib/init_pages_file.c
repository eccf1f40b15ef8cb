/* The file of init pages: whether it fits its plan. No system calls. */
#include "lib/init_pages_file.h"

static bool
has_file(const struct plan_tables *p, const struct plan_map *m)
{
	return m->file == PLAN_SELF || m->file < p->header->files.count;
}

/* Does every page lie in a mapping of the plan's that may be written to, and are they in order? */
static bool
pages_are_sound(const struct plan_tables *p, const struct init_pages_file *f)
{
	for (uint64_t i = 0; i < f->pages; i++) {
		const struct init_page *page = &f->page[i], *last = i ? page - 1 : NULL;
		const struct plan_map *m;

		if (page->map >= p->header->maps.count)
			return false;
		m = &p->maps[page->map];
		if (m->prot != READ_WRITE || !has_file(p, m) ||
		    page->address - m->address >= m->size ||
		    ((page->address | m->address | m->size) & (page_size - 1)))
			return false;
		if (last && (page->map < last->map ||
			     (page->map == last->map && page->address <= last->address)))
			return false;
	}
	return true;
}

/* Does every word lie in one of the pages? */
static bool
words_are_sound(const struct init_pages_file *f)
{
	const struct init_word *words = init_pages_words(f);
	uint64_t page = 0;

	for (uint64_t i = 0; i < f->words; i++) {
		while (page < f->pages && words[i].address - f->page[page].address >= page_size)
			page++;
		if (page == f->pages || (words[i].address & 7))
			return false;
	}
	return true;
}

bool
init_pages_is_sound(const struct plan_tables *p, const struct init_pages_file *f, size_t size)
{
	return memcmp(f->magic, INIT_PAGES_MAGIC, sizeof(f->magic)) == 0 &&
	       f->plan_id == p->header->plan_id && f->checksum == p->header->init_pages_sum &&
	       f->pages <= INIT_PAGES_MOST && f->words <= f->pages * INIT_PAGES_WORDS &&
	       size == format_init_pages_size(f->pages, f->words) &&
	       f->checksum == format_init_pages_checksum(f, size) && pages_are_sound(p, f) &&
	       words_are_sound(f);
}

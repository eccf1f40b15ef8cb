/* Learning the init pages: which pages, and what they hold. */
#include "base/process_args.h"
#include "cache/store/replace_file.h"
#include "cache/warm/init_pages.h"
#include "lib/init_pages_file.h"
#include "base/heap.h"
#include "base/mapped.h"

#define WORDS_OF_PAGE (page_size / sizeof(uint64_t))

/* The file behind a mapping of the plan's; NULL: none. */
static const struct file_id *
file_behind(const struct plan *p, const struct plan_map *m)
{
	if (m->file == PLAN_SELF)
		return &p->id;
	return m->file == PLAN_NO_FILE ? NULL : &p->tables.files[m->file].id;
}

static bool
is_intact(const struct plan *p, const struct plan_map *m, int maps, uintptr_t at)
{
	const struct file_id *id = file_behind(p, m);

	return id && m->prot == READ_WRITE &&
	       mapped_from(maps, at, page_size, id, m->offset + (at - m->address));
}

/* The C library goes on to write to its own pages. */
static bool
is_of_c_library(uintptr_t at)
{
	return at - rtld->libc->start < rtld->libc->end - rtld->libc->start ||
	       at - rtld->interp->start < rtld->interp->end - rtld->interp->start;
}

static void
note_part(const struct plan *p, uint32_t number, int maps, const struct plan_prefault *t,
	  struct init_pages_file *f)
{
	for (uintptr_t at = t->address; at < t->address + t->size; at += page_size) {
		if (f->pages == INIT_PAGES_MOST || !is_intact(p, &p->tables.maps[number], maps, at))
			return;
		memcpy(init_pages_content(f, f->pages), (const void *)at, page_size);
		f->page[f->pages++] = (struct init_page){at, number, 0};
	}
}

static void
note_all(const struct plan *p, const struct ranges *own, int maps, struct init_pages_file *f)
{
	for (uint32_t i = 0; i < p->header.maps.count; i++) {
		const struct plan_map *m = &p->tables.maps[i];

		if (!(m->prot & SYS_PROT_WRITE) || is_of_c_library(m->address))
			continue;
		for (uint32_t k = 0; k < own->count; k++) {
			struct plan_prefault t =
				ranges_clip(&own->list[k], m->address, m->address + m->size);

			note_part(p, i, maps, &t, f);
		}
	}
}

/* The file is complete. One of too few pages is not worth the system calls. */
static void
seal(const struct plan *p, struct working_set *t)
{
	struct init_pages_file *f = t->init_file;
	const size_t size = format_init_pages_size(f->pages, f->words);

	memcpy(f->magic, INIT_PAGES_MAGIC, sizeof(f->magic));
	f->plan_id = p->header.plan_id;
	f->checksum = format_init_pages_checksum(f, size);
	t->init_size = f->pages >= INIT_PAGES_LEAST ? size : 0;
	t->init_pages_sum = t->init_size ? f->checksum : 0;
}

bool
init_pages_write(const struct plan *p, const struct working_set *t)
{
	char path[STORE_PATH + 64];

	if (!t->init_file)
		return true;
	message_format(path, sizeof(path), "%s/init-pages", store.dir);
	store_make_directory(&store, path);
	init_pages_path(p, path, sizeof(path));
	if (t->init_size && replace_file(path, (const char *)t->init_file, t->init_size, 0600))
		return true;
	store_remove(&store, path);
	return !t->init_size;
}

/* Memory for a file of the launch, which t keeps. */
static struct init_pages_file *
begin_file(struct working_set *t, size_t capacity)
{
	t->init_file = scratch_alloc(capacity);
	t->init_capacity = capacity;
	return t->init_file;
}

void
init_pages_note(const struct plan *p, struct working_set *t)
{
	struct init_pages_file *f;
	int maps;

	if (!init_pages_applies(p))
		return;
	maps = sys_open("/proc/self/maps", SYS_O_RDONLY | SYS_O_CLOEXEC, 0);
	if (maps < 0)
		return;
	f = begin_file(t, format_init_pages_size(INIT_PAGES_MOST, 0));
	if (f) {
		note_all(p, &t->written, maps, f);
		seal(p, t);
	}
	sys_close(maps);
}

/* The page at `at` as the plan has it, before any constructor. */
static bool
read_original(const struct plan *p, const struct plan_map *m, uintptr_t at, void *page)
{
	uint64_t offset = m->offset + (at - m->address);
	struct file_id id;
	bool ok;
	int fd;

	if (m->file == PLAN_SELF) {
		memcpy(page, p->tables.bytes + offset, page_size);
		return true;
	}
	fd = sys_open(plan_string(&p->tables, p->tables.files[m->file].path),
		      SYS_O_RDONLY | SYS_O_CLOEXEC, 0);
	if (fd < 0)
		return false;
	/* what lies behind the file's end reads as zero */
	memset(page, 0, page_size);
	ok = sys_fstat(fd, &id) == 0 && file_unchanged(&id, &p->tables.files[m->file].id) &&
	     sys_pread(fd, page, page_size, offset) > 0;
	sys_close(fd);
	return ok;
}

/*
 * Add a page with what constructors have to find in it, if that is not too much: each launch writes
 * it. `original`: the page before any constructor.
 */
static void
add_page(struct init_pages_file *f, struct init_word *words, const struct init_page *page,
	 const uint64_t *now, const uint64_t *original)
{
	uint64_t count = f->words;

	for (size_t k = 0; k < WORDS_OF_PAGE; k++) {
		if (original[k] == now[k])
			continue;
		if (count == f->words + INIT_PAGES_WORDS)
			return;
		words[count++] = (struct init_word){page->address + k * 8, original[k]};
	}
	f->words = count;
	memcpy(init_pages_content(f, f->pages), now, page_size);
	f->page[f->pages++] = *page;
}

/* Of the noted pages in *seen, those that are the same here go to *f. `original`: memory for a
 * page.
 */
static void
keep_equal(const struct plan *p, const struct init_pages_file *seen, int maps,
	   struct init_pages_file *f, struct init_word *words, uint64_t *original)
{
	for (uint64_t i = 0; i < seen->pages; i++) {
		const struct init_page *page = &seen->page[i];
		const struct plan_map *m = &p->tables.maps[page->map];

		if (is_intact(p, m, maps, page->address) &&
		    memcmp((const void *)page->address, init_pages_content(seen, i), page_size) ==
			    0 &&
		    read_original(p, m, page->address, original))
			add_page(f, words, page, (const uint64_t *)init_pages_content(seen, i),
				 original);
	}
	memcpy(init_pages_words(f), words, f->words * sizeof(*words));
}

static void
choose(const struct plan *p, const struct init_pages_file *seen, struct working_set *t)
{
	const size_t words_size = INIT_PAGES_MOST * INIT_PAGES_WORDS * sizeof(struct init_word);
	int maps = sys_open("/proc/self/maps", SYS_O_RDONLY | SYS_O_CLOEXEC, 0);
	struct init_word *words = scratch_alloc(words_size);
	uint64_t *original = scratch_alloc(page_size);

	if (maps >= 0 && words && original &&
	    begin_file(t, format_init_pages_size(INIT_PAGES_MOST,
						 INIT_PAGES_MOST * INIT_PAGES_WORDS))) {
		keep_equal(p, seen, maps, t->init_file, words, original);
		seal(p, t);
		t->init_pages = t->init_size ? t->init_file->pages : 0;
	}
	if (maps >= 0)
		sys_close(maps);
	scratch_free(original, page_size);
	scratch_free(words, words_size);
}

void
init_pages_choose(const struct plan *p, struct working_set *t)
{
	struct init_pages_file *seen;
	struct file_id id;
	int fd;

	if (!init_pages_applies(p))
		return;
	seen = init_pages_map(p, &fd, &id);
	if (fd >= 0)
		sys_close(fd);
	if (seen) {
		choose(p, seen, t);
		sys_munmap((uintptr_t)seen, (size_t)id.size);
	}
}

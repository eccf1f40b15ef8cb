#include "store/alike.h"
#include "host/host.h"
#include "image/image.h"
#include "store/builder.h"
#include "sys/heap.h"
#include "sys/populate.h"

#include <linux/ioctl.h>

#define ALIKE_LEAST 8 /* fewer are not worth the system calls */
#define ALIKE_MOST 128
#define ALIKE_WORDS 64 /* that constructors write to such a page */
#define WORDS_OF_PAGE (page_size / sizeof(uint64_t))
#define READ_WRITE (SYS_PROT_READ | SYS_PROT_WRITE)
#define SIG_SETMASK 2

/* PROCMAP_QUERY of Linux 6.11 (Documentation/filesystems/proc.rst); older headers have it not. */
struct query {
	uint64_t size, flags, address;
	uint64_t start, end, vma_flags, page_size, offset, inode;
	uint32_t dev_major, dev_minor, name_size, build_id_size;
	uint64_t name, build_id;
};
#define QUERY_CALL _IOWR('f', 17, struct query)
/* PROCMAP_QUERY_VMA_READABLE | _WRITABLE: not executable, not shared */
#define QUERY_READ_WRITE 3

static char *
content(const struct alike_file *f, uint64_t number)
{
	return (char *)f + (number + 1) * page_size;
}

static struct alike_word *
words_of(const struct alike_file *f)
{
	return (struct alike_word *)content(f, f->pages);
}

static size_t
file_size(uint64_t pages, uint64_t words)
{
	return (pages + 1) * page_size + words * sizeof(struct alike_word);
}

static void
alike_path(const struct plan *p, char *path, size_t size)
{
	message_format(path, size, "%s/alike/%lx", store.dir, p->header->identity | 1UL << 63);
}

/* With musl constructors are yet to run; of an image the store is not at its path any more. */
static bool
may_share(const struct plan *p)
{
	const struct world *w = (const struct world *)p->header->world;

	return p->own && w->host == HOST_GLIBC && !image_entered;
}

/* Learning: which pages, and what they hold. */

/* The file behind a mapping of the plan's; NULL: none. */
static const struct file_id *
file_behind(const struct plan *p, const struct plan_map *m)
{
	if (m->file == PLAN_SELF)
		return &p->id;
	return m->file < p->header->files.count ? &p->files[m->file].id : NULL;
}

/*
 * Is that part of a file mapped here, as it was: to be read and written, private? A constructor may
 * have given it another protection, or have put other memory in its place. False also if the kernel
 * does not tell.
 */
static bool
is_mapped(int maps, uintptr_t at, size_t size, const struct file_id *id, uint64_t offset)
{
	struct query q = {.size = sizeof(q), .address = at};

	return sys_call(__NR_ioctl, maps, QUERY_CALL, (long)&q, 0, 0, 0) == 0 &&
	       q.vma_flags == QUERY_READ_WRITE && q.inode == id->ino && size <= q.end - at &&
	       q.offset + (at - q.start) == offset;
}

static bool
is_intact(const struct plan *p, const struct plan_map *m, int maps, uintptr_t at)
{
	const struct file_id *id = file_behind(p, m);

	return id && m->prot == READ_WRITE &&
	       is_mapped(maps, at, page_size, id, m->offset + (at - m->address));
}

/* The C library goes on to write to its own pages. */
static bool
is_of_c_library(uintptr_t at)
{
	return at - world->libc->start < world->libc->end - world->libc->start ||
	       at - world->interp->start < world->interp->end - world->interp->start;
}

static void
note_part(const struct plan *p, uint32_t number, int maps, const struct plan_touch *t,
	  struct alike_file *f)
{
	for (uintptr_t at = t->address; at < t->address + t->size; at += page_size) {
		if (f->pages == ALIKE_MOST || !is_intact(p, &p->maps[number], maps, at))
			return;
		memcpy(content(f, f->pages), (const void *)at, page_size);
		f->page[f->pages++] = (struct alike_page){at, number, 0};
	}
}

static void
note_all(const struct plan *p, const struct ranges *own, int maps, struct alike_file *f)
{
	for (uint32_t i = 0; i < p->header->maps.count; i++) {
		const struct plan_map *m = &p->maps[i];

		if (!(m->prot & SYS_PROT_WRITE) || is_of_c_library(m->address))
			continue;
		for (uint32_t k = 0; k < own->count; k++) {
			struct plan_touch t =
				ranges_part(&own->list[k], m->address, m->address + m->size);

			note_part(p, i, maps, &t, f);
		}
	}
}

/* Write the plan's file, or if it would have too few pages, see that there is none. */
static bool
replace(const struct plan *p, struct alike_file *f)
{
	const size_t size = file_size(f->pages, f->words);
	char path[STORE_PATH + 64];
	bool ok = false;

	if (!store_lock(&store))
		return false;
	message_format(path, sizeof(path), "%s/alike", store.dir);
	sys_call(__NR_mkdirat, SYS_AT_FDCWD, (long)path, 0755, 0, 0, 0);
	memcpy(f->magic, ALIKE_MAGIC, sizeof(f->magic));
	f->identity = p->header->identity;
	f->checksum = format_alike_checksum(f, size);
	alike_path(p, path, sizeof(path));
	if (f->pages >= ALIKE_LEAST)
		ok = builder_replace_file(path, (const char *)f, size, 0600);
	else
		sys_call(__NR_unlinkat, SYS_AT_FDCWD, (long)path, 0, 0, 0, 0);
	store_close(&store);
	return ok;
}

void
alike_note(const struct plan *p, const struct ranges *own)
{
	const size_t room = file_size(ALIKE_MOST, 0);
	struct alike_file *f;
	int maps;

	if (!may_share(p))
		return;
	f = scratch_alloc(room);
	maps = sys_open("/proc/self/maps", SYS_O_RDONLY | SYS_O_CLOEXEC, 0);
	if (f && maps >= 0) {
		note_all(p, own, maps, f);
		replace(p, f);
	}
	if (maps >= 0)
		sys_close(maps);
	scratch_free(f, room);
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
		memcpy(page, p->bytes + offset, page_size);
		return true;
	}
	fd = sys_open(plan_string(p, p->files[m->file].path), SYS_O_RDONLY | SYS_O_CLOEXEC, 0);
	if (fd < 0)
		return false;
	/* what lies behind the file's end reads as zero */
	memset(page, 0, page_size);
	ok = sys_fstat(fd, &id) == 0 && file_unchanged(&id, &p->files[m->file].id) &&
	     sys_pread(fd, page, page_size, offset) > 0;
	sys_close(fd);
	return ok;
}

/*
 * Add a page with what constructors have to find in it, if that is not too much: each launch writes
 * it. `original`: the page before any constructor.
 */
static void
add_page(struct alike_file *f, struct alike_word *words, const struct alike_page *page,
	 const uint64_t *now, const uint64_t *original)
{
	uint64_t count = f->words;

	for (size_t k = 0; k < WORDS_OF_PAGE; k++) {
		if (original[k] == now[k])
			continue;
		if (count == f->words + ALIKE_WORDS)
			return;
		words[count++] = (struct alike_word){page->address + k * 8, original[k]};
	}
	f->words = count;
	memcpy(content(f, f->pages), now, page_size);
	f->page[f->pages++] = *page;
}

/* Of the noted pages in *seen, those that are the same here go to *f. `original`: room for a page.
 */
static void
keep_equal(const struct plan *p, const struct alike_file *seen, int maps, struct alike_file *f,
	   struct alike_word *words, uint64_t *original)
{
	for (uint64_t i = 0; i < seen->pages; i++) {
		const struct alike_page *page = &seen->page[i];
		const struct plan_map *m = &p->maps[page->map];

		if (is_intact(p, m, maps, page->address) &&
		    memcmp((const void *)page->address, content(seen, i), page_size) == 0 &&
		    read_original(p, m, page->address, original))
			add_page(f, words, page, (const uint64_t *)content(seen, i), original);
	}
	memcpy(words_of(f), words, f->words * sizeof(*words));
}

static uint64_t
choose(const struct plan *p, const struct alike_file *seen)
{
	const size_t room = file_size(ALIKE_MOST, ALIKE_MOST * ALIKE_WORDS);
	const size_t words_room = ALIKE_MOST * ALIKE_WORDS * sizeof(struct alike_word);
	int maps = sys_open("/proc/self/maps", SYS_O_RDONLY | SYS_O_CLOEXEC, 0);
	struct alike_file *f = scratch_alloc(room);
	struct alike_word *words = scratch_alloc(words_room);
	uint64_t *original = scratch_alloc(page_size);
	uint64_t count = 0;

	if (maps >= 0 && f && words && original) {
		keep_equal(p, seen, maps, f, words, original);
		count = replace(p, f) ? f->pages : 0;
	}
	if (maps >= 0)
		sys_close(maps);
	scratch_free(original, page_size);
	scratch_free(words, words_room);
	scratch_free(f, room);
	return count;
}

/* A launch from the plan. */

/* Does every page lie in a mapping of the plan's that may be written to, and are they in order? */
static bool
pages_are_sound(const struct plan *p, const struct alike_file *f)
{
	for (uint64_t i = 0; i < f->pages; i++) {
		const struct alike_page *page = &f->page[i], *last = i ? page - 1 : NULL;
		const struct plan_map *m;

		if (page->map >= p->header->maps.count)
			return false;
		m = &p->maps[page->map];
		if (m->prot != READ_WRITE || !file_behind(p, m) ||
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
words_are_sound(const struct alike_file *f)
{
	const struct alike_word *words = words_of(f);
	uint64_t page = 0;

	for (uint64_t i = 0; i < f->words; i++) {
		while (page < f->pages && words[i].address - f->page[page].address >= page_size)
			page++;
		if (page == f->pages || (words[i].address & 7))
			return false;
	}
	return true;
}

static bool
is_sound(const struct plan *p, const struct alike_file *f, size_t size)
{
	return memcmp(f->magic, ALIKE_MAGIC, sizeof(f->magic)) == 0 &&
	       f->identity == p->header->identity && f->pages <= ALIKE_MOST &&
	       f->words <= f->pages * ALIKE_WORDS && size == file_size(f->pages, f->words) &&
	       f->checksum == format_alike_checksum(f, size) && pages_are_sound(p, f) &&
	       words_are_sound(f);
}

/* Map the file, if it is good. The descriptor is the caller's. */
static struct alike_file *
map_file(const struct plan *p, int fd, struct file_id *id)
{
	size_t size;
	long at;

	if (sys_fstat(fd, id) < 0 || !store_trusts(id) || (id->mode & 077))
		return NULL;
	size = (size_t)id->size;
	if (size < page_size || size > file_size(ALIKE_MOST, ALIKE_MOST * ALIKE_WORDS))
		return NULL;
	at = sys_mmap(0, size, SYS_PROT_READ, SYS_MAP_PRIVATE, fd, 0);
	if (sys_failed(at))
		return NULL;
	populate_file((uintptr_t)at, size);
	if (is_sound(p, (const struct alike_file *)at, size))
		return (struct alike_file *)at;
	sys_munmap((uintptr_t)at, size);
	return NULL;
}

static int
open_file(const struct plan *p)
{
	char path[STORE_PATH + 64];

	alike_path(p, path, sizeof(path));
	return sys_open(path, SYS_O_RDONLY | SYS_O_CLOEXEC | SYS_O_NOFOLLOW, 0);
}

uint64_t
alike_choose(const struct plan *p)
{
	struct alike_file *seen;
	struct file_id id;
	uint64_t count = 0;
	int fd;

	if (!may_share(p) || (fd = open_file(p)) < 0)
		return 0;
	seen = map_file(p, fd, &id);
	sys_close(fd);
	if (seen) {
		count = choose(p, seen);
		sys_munmap((uintptr_t)seen, (size_t)id.size);
	}
	return count;
}

void
alike_open(struct plan *p)
{
	p->alike = NULL;
	if (!p->header->alike || !may_share(p) || p->nfds == sizeof(p->fds) / sizeof(p->fds[0]) ||
	    (p->alike_fd = open_file(p)) < 0)
		return;
	p->fds[p->nfds++] = p->alike_fd;
	p->alike_next = 0;
	p->alike = map_file(p, p->alike_fd, &p->alike_id);
}

void
alike_close(struct plan *p)
{
	if (p->alike)
		sys_munmap((uintptr_t)p->alike, (size_t)p->alike_id.size);
	p->alike = NULL;
}

bool
alike_part(struct plan *p, uint32_t number, uintptr_t at, struct plan_map *part)
{
	const struct plan_map *m = &p->maps[number];
	const struct alike_file *f = p->alike;
	uint64_t first = p->alike_next, n;

	*part = *m;
	part->address = at;
	part->size = m->address + m->size - at;
	part->offset = m->offset + (at - m->address);
	if (first == f->pages || f->page[first].map != number)
		return false;
	if (f->page[first].address != at) {
		part->size = f->page[first].address - at;
		return false;
	}
	for (n = first; n < f->pages && f->page[n].map == number &&
			f->page[n].address == at + (n - first) * page_size;
	     n++)
		;
	part->size = (n - first) * page_size;
	part->offset = (first + 1) * page_size;
	p->alike_next = n;
	return true;
}

void
alike_prepare(const struct plan *p)
{
	const struct alike_word *words = words_of(p->alike);

	for (uint64_t i = 0; i < p->alike->words; i++)
		*(uint64_t *)words[i].address = words[i].value;
}

/* So many pages from number `first` on lie side by side, in memory and in the file. */
static uint64_t
run_length(const struct alike_file *f, uint64_t first)
{
	uint64_t n = 1;

	while (first + n < f->pages &&
	       f->page[first + n].address == f->page[first].address + n * page_size)
		n++;
	return n;
}

static bool
is_equal(const struct alike_file *f, uint64_t number)
{
	return memcmp((const void *)f->page[number].address, content(f, number), page_size) == 0;
}

/* Pages that are mapped as they were and equal are given back: then they are the file's. */
static void
give_back(const struct alike_file *f, const struct file_id *id, int maps)
{
	struct plan_touch list[ALIKE_MOST];
	struct ranges equal = {list, 0};

	for (uint64_t i = 0, n; i < f->pages; i += n) {
		uintptr_t at = f->page[i].address;

		n = run_length(f, i);
		if (!is_mapped(maps, at, n * page_size, id, (i + 1) * page_size)) {
			n = 1;
			if (!is_mapped(maps, at, page_size, id, (i + 1) * page_size))
				continue;
		}
		for (uint64_t k = i; k < i + n; k++)
			if (is_equal(f, k))
				ranges_add(&equal, f->page[k].address, page_size);
	}
	populate_advise(equal.list, equal.count, SYS_MADV_DONTNEED);
}

/* A write between a comparison and the giving back would be lost: so not while another thread
 * runs, nor a handler. */
void
alike_share(const struct plan *p)
{
	uint64_t all = ~0UL, was;
	int maps;

	if (sys_call(__NR_rt_sigprocmask, SIG_SETMASK, (long)&all, (long)&was, sizeof(all), 0, 0))
		return;
	maps = sys_open("/proc/self/maps", SYS_O_RDONLY | SYS_O_CLOEXEC, 0);
	if (maps >= 0) {
		if (sys_is_alone())
			give_back(p->alike, &p->alike_id, maps);
		sys_close(maps);
	}
	sys_call(__NR_rt_sigprocmask, SIG_SETMASK, (long)&was, 0, sizeof(was), 0, 0);
}

#include "cache/warm/init_pages.h"
#include "base/process_args.h"
#include "base/file_policy.h"
#include "lib/init_pages_file.h"
#include "base/mapped.h"
#include "base/populate.h"

void
init_pages_path(const struct plan *p, char *path, size_t size)
{
	message_format(path, size, "%s/init-pages/%lx", store.dir,
		       format_init_pages_name(p->header.plan_id));
}

/* With musl constructors are yet to run; of an image the store is not at its path any more. */
bool
init_pages_applies(const struct plan *p)
{
	const struct rtld *w = (const struct rtld *)p->header.rtld;

	return p->own && w->libc_kind == LIBC_GLIBC && !file_policy_in_image;
}

static struct init_pages_file *
map_sound(const struct plan *p, int fd, struct file_id *id)
{
	size_t size;
	long at;

	if (sys_fstat(fd, id) < 0 || !store_trusts(id) || (id->mode & 077))
		return NULL;
	size = (size_t)id->size;
	if (size < page_size ||
	    size > format_init_pages_size(INIT_PAGES_MOST, INIT_PAGES_MOST * INIT_PAGES_WORDS))
		return NULL;
	at = sys_mmap(0, size, SYS_PROT_READ, SYS_MAP_PRIVATE, fd, 0);
	if (sys_failed(at))
		return NULL;
	populate_file((uintptr_t)at, size);
	if (init_pages_is_sound(&p->tables, (const struct init_pages_file *)at, size))
		return (struct init_pages_file *)at;
	sys_munmap((uintptr_t)at, size);
	return NULL;
}

struct init_pages_file *
init_pages_map(const struct plan *p, int *fd, struct file_id *id)
{
	char path[STORE_PATH + 64];

	init_pages_path(p, path, sizeof(path));
	*fd = store_open_file(&store, path, SYS_O_RDONLY, 0);
	return *fd >= 0 ? map_sound(p, *fd, id) : NULL;
}

void
init_pages_open(struct plan *p)
{
	if (!p->header.init_pages || !init_pages_applies(p) ||
	    p->nfds == sizeof(p->fds) / sizeof(p->fds[0]))
		return;
	p->init_pages = init_pages_map(p, &p->init_pages_fd, &p->init_pages_id);
	p->init_pages_next = 0;
	if (p->init_pages_fd >= 0)
		p->fds[p->nfds++] = p->init_pages_fd;
}

void
init_pages_close(struct plan *p)
{
	if (p->init_pages)
		sys_munmap((uintptr_t)p->init_pages, (size_t)p->init_pages_id.size);
	p->init_pages = NULL;
}

/* So many pages of one mapping, from number `first` on, lie side by side. */
static uint64_t
run_length(const struct init_pages_file *f, uint64_t first)
{
	const struct init_page *page = &f->page[first];
	uint64_t n = 1;

	while (first + n < f->pages && page[n].map == page->map &&
	       page[n].address == page->address + n * page_size)
		n++;
	return n;
}

bool
init_pages_part(struct plan *p, uint32_t number, uintptr_t at, struct plan_map *part)
{
	const struct plan_map *m = &p->tables.maps[number];
	const struct init_pages_file *f = p->init_pages;
	uint64_t first = p->init_pages_next, run;

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
	run = run_length(f, first);
	part->size = run * page_size;
	part->offset = format_init_pages_page(first);
	p->init_pages_next = first + run;
	return true;
}

void
init_pages_prepare(const struct plan *p)
{
	const struct init_word *words = init_pages_words(p->init_pages);

	for (uint64_t i = 0; i < p->init_pages->words; i++)
		*(uint64_t *)words[i].address = words[i].value;
}

static bool
is_equal(const struct init_pages_file *f, uint64_t number)
{
	return memcmp((const void *)f->page[number].address, init_pages_content(f, number),
		      page_size) == 0;
}

/* Pages that are mapped as they were and equal are given back: then they are the file's. */
static void
give_back(const struct init_pages_file *f, const struct file_id *id, int maps)
{
	struct plan_prefault list[INIT_PAGES_MOST];
	struct ranges equal = {list, 0};

	for (uint64_t i = 0, n; i < f->pages; i += n) {
		uintptr_t at = f->page[i].address;

		n = run_length(f, i);
		if (!mapped_from(maps, at, n * page_size, id, format_init_pages_page(i))) {
			n = 1;
			if (!mapped_from(maps, at, page_size, id, format_init_pages_page(i)))
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
init_pages_share(const struct plan *p)
{
	uint64_t was;
	int maps;

	if (sys_block_signals(&was) < 0)
		return;
	maps = sys_open("/proc/self/maps", SYS_O_RDONLY | SYS_O_CLOEXEC, 0);
	if (maps >= 0) {
		if (sys_is_alone())
			give_back(p->init_pages, &p->init_pages_id, maps);
		sys_close(maps);
	}
	sys_restore_signals(was);
}

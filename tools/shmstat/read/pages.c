/* A process page by page; what comes out is compared with the kernel's sums. */
#include "shmstat/read/pages.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/array.h"
#include "shmstat/proc/maps.h"
#include "shmstat/read/reader_internal.h"

/* The pages of a process under way, and the sums of the mapping that is being read. */
struct gathering {
	struct process *p;
	size_t capacity;
	struct mapping *m;
	struct counts own;
	bool only_hugetlb, numbered;
};

static int
keep_page(struct gathering *g, uint64_t address, const struct frame *f, uint8_t class)
{
	struct process *p = g->p;

	if (!array_reserve(&p->pages, &g->capacity, p->page_count + 1, sizeof(*p->pages)))
		return ENOMEM;
	p->pages[p->page_count++] = (struct page){
		.address = address,
		.mapcount = f->swapped ? 0 : f->mapcount,
		.class = class,
		.flags = (uint8_t)((f->swapped ? PAGE_SWAPPED : 0) | (f->thp ? PAGE_THP : 0) |
				   (f->ksm ? PAGE_KSM : 0) | (f->hugetlb ? PAGE_HUGETLB : 0)),
	};
	return 0;
}

/* smaps_account() of fs/proc/task_mmu.c, for one page that is there. */
static void
account(struct gathering *g, const struct frame *f, enum page_class class)
{
	struct counts *c = &g->own;
	bool exclusive = f->mapcount == 1;
	uint64_t share;

	if (f->hugetlb) {
		*(exclusive ? &c->private_hugetlb : &c->shared_hugetlb) += 1;
		return;
	}
	c->resident++;
	c->anonymous += !f->file;
	c->anon_shared += !f->file && !exclusive;
	c->ksm += f->ksm;
	c->class[class]++;
	c->exclusive[class] += exclusive;
	/* clean or dirty is not seen here: for now all count as clean */
	*(exclusive ? &c->private_clean : &c->shared_clean) += 1;
	share = (system_page_size() << PSS_SHIFT) / (f->mapcount > 1 ? f->mapcount : 1);
	c->pss += share;
	c->xip_pss += class == CLASS_XIP ? share : 0;
}

static int
count_frame(struct gathering *g, uint64_t address, struct frame *f)
{
	enum page_class class = f->file ? g->m->file_class : anonymous_class(g->m);

	f->hugetlb |= g->only_hugetlb;
	if (f->hugetlb && !f->file) /* it began as zeros, even in a file of hugetlbfs */
		class = CLASS_ANON;
	if (f->swapped) {
		g->own.swap++;
		return keep_page(g, address, f, (uint8_t) class);
	}
	if (!f->present || f->zero)
		return 0;
	account(g, f, class);
	return keep_page(g, address, f, (uint8_t) class);
}

static int
gather_range(struct reader *r, int pagemap, struct gathering *g, uint64_t start, uint64_t end)
{
	while (start < end) {
		size_t n = frames_read(&r->frames, pagemap, start,
				       (size_t)((end - start) / system_page_size()));

		if (n == 0)
			return errno ? errno : ESRCH;
		for (size_t i = 0; i < n; i++) {
			int err =
				count_frame(g, start + i * system_page_size(), &r->frames.found[i]);

			if (err)
				return err;
		}
		start += n * system_page_size();
	}
	return 0;
}

/* Address space may be huge and empty: only runs of pages that are there are read. */
static int
gather_mapping(struct reader *r, int pagemap, struct gathering *g)
{
	struct scan_run run;
	int err = 0;

	if (!scan_available())
		return gather_range(r, pagemap, g, g->m->start, g->m->end);
	scan_start(&r->scan, pagemap, g->m->start, g->m->end);
	while (!err && scan_next(&r->scan, &run))
		if (!(run.categories & SCAN_ZERO))
			err = gather_range(r, pagemap, g, run.start, run.end);
	if (!err && r->scan.failed)
		err = errno ? errno : ESRCH;
	return err;
}

/* Is it the same memory that smaps counted? */
static bool
agrees(const struct gathering *g)
{
	const struct counts *own = &g->own, *kernel = &g->m->counts;

	return own->resident == kernel->resident && own->anonymous == kernel->anonymous &&
	       own->swap <= kernel->swap &&
	       own->shared_hugetlb + own->private_hugetlb ==
		       kernel->shared_hugetlb + kernel->private_hugetlb;
}

/* Is it shared as it was then? That depends on other processes, which do not stop with this one. */
static bool
sharing_agrees(const struct gathering *g)
{
	const struct counts *own = &g->own, *kernel = &g->m->counts;

	return counts_private(own) == counts_private(kernel) &&
	       counts_shared(own) == counts_shared(kernel) &&
	       (!g->numbered || (own->ksm == kernel->ksm && pss_kb(own) == pss_kb(kernel)));
}

/* What was counted here replaces what was read; the rest (clean, dirty, swap's share) stays. */
static void
settle_mapping(struct gathering *g)
{
	struct counts *c = &g->m->counts;
	/* without either, the zero page cannot be told from one that several processes share */
	bool exact = g->numbered || scan_available();

	if (!exact)
		return;
	g->m->changed = !agrees(g);
	g->p->changed |= g->m->changed;
	g->p->sharing_changed |= !sharing_agrees(g);
	c->resident = g->own.resident;
	c->anonymous = g->own.anonymous;
	c->anon_shared = g->own.anon_shared;
	memcpy(c->class, g->own.class, sizeof(c->class));
	memcpy(c->exclusive, g->own.exclusive, sizeof(c->exclusive));
	if (g->numbered) {
		c->pss = g->own.pss;
		c->xip_pss = g->own.xip_pss;
		c->ksm = g->own.ksm;
	}
}

/* Are the mappings still those that were read? */
static int
compare_maps(struct reader *r, int directory, struct process *p)
{
	size_t i = 0;
	char *line;

	if (!procfile_open(&r->file, directory, "maps"))
		return errno;
	while ((line = procfile_line(&r->file))) {
		const struct mapping *old = &p->mappings[i];
		struct mapping m;

		if (!maps_line(line, &m) || !mapping_is_user(&m))
			continue;
		if (i == p->mapping_count || m.start != old->start || m.end != old->end ||
		    m.inode != old->inode || m.offset != old->offset ||
		    strcmp(m.perms, old->perms) != 0) {
			p->changed = true;
			break;
		}
		i++;
	}
	if (i != p->mapping_count)
		p->changed = true;
	return procfile_close(&r->file);
}

static int
gather_all(struct reader *r, int pagemap, struct process *p)
{
	struct gathering g = {.p = p, .numbered = frames_numbered(&r->frames)};
	int err = 0;

	for (size_t i = 0; i < p->mapping_count && !err; i++) {
		struct counts *c = &p->mappings[i].counts;
		uint64_t hugetlb = c->private_hugetlb + c->shared_hugetlb;

		g.m = &p->mappings[i];
		g.m->first_page = p->page_count;
		memset(&g.own, 0, sizeof(g.own));
		g.only_hugetlb = hugetlb && !c->resident;
		if (c->resident || c->swap || hugetlb) {
			err = gather_mapping(r, pagemap, &g);
			settle_mapping(&g);
		}
		g.m->page_count = p->page_count - g.m->first_page;
	}
	return err;
}

int
read_pages(struct reader *r, int directory, struct process *p)
{
	int fd = openat(directory, "pagemap", O_RDONLY | O_CLOEXEC), err;

	if (fd < 0)
		return errno;
	p->source = frames_numbered(&r->frames) ? SOURCE_FRAMES : SOURCE_PAGEMAP;
	err = gather_all(r, fd, p);
	close(fd);
	if (err)
		return err;
	memset(&p->sum, 0, sizeof(p->sum));
	for (size_t i = 0; i < p->mapping_count; i++)
		counts_add(&p->sum, &p->mappings[i].counts);
	return compare_maps(r, directory, p);
}

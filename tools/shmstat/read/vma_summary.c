/*
 * A summary of a process by its mappings, as root: what one line of the summary says, without
 * smaps.
 *
 * smaps_rollup looks at every page for its share, though most are pages of files that other
 * processes map too. So: a scan that tells only which pages are there; how often a file's page is
 * mapped comes from its frame (pagemap, kpagecount) the first time that it is met, and then is
 * known by file and place. Where a process may have pages of its own, pagemap is read. What comes
 * out must have as many pages, and as many anonymous ones, as the kernel counts in status; else the
 * process is summed up by the other.
 */
#include "shmstat/read/vma_summary.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "shmstat/read/reader_internal.h"
#include "shmstat/read/vmas.h"

#define PAGES_BETWEEN 128 /* runs no farther apart are read at once: cheaper than a call */

struct vma_summary {
	struct reader *r;
	int pagemap;
	bool bare; /* pages are known by their files where that is possible */
	bool unsure; /* there is something that only the kernel's own sums have */
	uint64_t start, end; /* pages that pagemap is to be read for */
	size_t first; /* the VMA of the first of them */
	uint64_t file[CLASS_COUNT], anonymous[CLASS_COUNT]; /* resident pages by class */
	uint64_t shared, exclusive, anon_shared, pss, xip_pss;
};

static bool
is_known_by_file(const struct vma_summary *o, const struct vma *s)
{
	return o->bare && s->device && s->inode && !s->own;
}

static uint64_t
share_of(uint64_t count)
{
	return (system_page_size() << PSS_SHIFT) / count;
}

/* A page by its word of pagemap. Returns what to remember of it if it is a file's. */
static uint16_t
count_entry(struct vma_summary *o, const struct vma *s, uint64_t entry)
{
	uint64_t count = 1;

	if (!(entry & ENTRY_PRESENT)) {
		o->unsure |= (entry & (ENTRY_SWAPPED | ENTRY_GUARD)) == ENTRY_SWAPPED;
		return FILE_PAGE_UNKNOWN;
	}
	if (!(entry & ENTRY_EXCLUSIVE))
		count = frames_mapcount(&o->r->frames, entry & ENTRY_FRAME,
					(entry & ENTRY_FILE) && s->inode);
	if (count == 0) /* the zero page, or a device's */
		return FILE_PAGE_UNCOUNTED;
	if (count == 1)
		o->exclusive++;
	else
		o->shared++;
	o->pss += share_of(count);
	if (entry & ENTRY_FILE) {
		o->file[s->file_class]++;
		o->xip_pss += s->file_class == CLASS_XIP ? share_of(count) : 0;
		return count <= FILE_PAGE_MOST ? (uint16_t)count : FILE_PAGE_UNKNOWN;
	}
	o->anonymous[s->anonymous_class]++;
	o->anon_shared += count > 1;
	return FILE_PAGE_UNKNOWN;
}

/* Reads and takes `n` pages of a file that are not known. False if the process is gone. */
static bool
count_unknown(struct vma_summary *o, const struct vma *s, uint64_t address, uint16_t *words,
	      size_t n)
{
	const uint64_t *entries = o->r->frames.entries;

	for (size_t at = 0, got; at < n; at += got) {
		got = frames_entries(&o->r->frames, o->pagemap, address + at * system_page_size(),
				     n - at);
		if (got == 0)
			return false;
		for (size_t i = 0; i < got; i++)
			words[at + i] = count_entry(o, s, entries[i]);
	}
	return true;
}

/* Pages of a file, all there. */
static bool
count_file_pages(struct vma_summary *o, const struct vma *s, uint64_t address, uint16_t *words,
		 size_t n)
{
	uint64_t share = 0, pss = 0, exclusive = 0, counted = 0;
	uint16_t before = 0;

	for (size_t i = 0; i < n;) {
		size_t unknown = 0;

		while (i + unknown < n && words[i + unknown] == FILE_PAGE_UNKNOWN)
			unknown++;
		if (unknown &&
		    !count_unknown(o, s, address + i * system_page_size(), words + i, unknown))
			return false;
		/* neighbours are mapped alike */
		for (i += unknown; i < n && words[i] != FILE_PAGE_UNKNOWN; i++) {
			if (words[i] == FILE_PAGE_UNCOUNTED)
				continue;
			if (words[i] != before) {
				before = words[i];
				share = share_of(before);
			}
			counted++;
			exclusive += before == 1;
			pss += share;
		}
	}
	o->file[s->file_class] += counted;
	o->exclusive += exclusive;
	o->shared += counted - exclusive;
	o->pss += pss;
	o->xip_pss += s->file_class == CLASS_XIP ? pss : 0;
	return true;
}

/* Words of pagemap for [start, end), by the VMAs from *at on, which moves on to the last one met.
 */
static void
count_entries(struct vma_summary *o, size_t *at, uint64_t start, uint64_t end)
{
	const struct reader *r = o->r;
	uint64_t page = system_page_size();

	for (; *at < r->vma_count; ++*at) {
		const struct vma *s = &r->vmas[*at];
		uint64_t from = s->start > start ? s->start : start;
		uint64_t to = s->end < end ? s->end : end;

		for (; from < to && !s->uncounted && !is_known_by_file(o, s); from += page)
			count_entry(o, s, r->frames.entries[(from - start) / page]);
		if (s->end > end)
			break;
	}
}

/* Reads what is to be read still. False if the process is gone. */
static bool
flush(struct vma_summary *o)
{
	while (o->start < o->end) {
		size_t n = frames_entries(&o->r->frames, o->pagemap, o->start,
					  (size_t)((o->end - o->start) / system_page_size()));

		if (n == 0)
			return false;
		count_entries(o, &o->first, o->start, o->start + n * system_page_size());
		o->start += n * system_page_size();
	}
	return true;
}

/* A run, or a part of one, in the VMA with that number. */
static bool
count_run(struct vma_summary *o, size_t number, uint64_t start, uint64_t end, bool present)
{
	const struct vma *s = &o->r->vmas[number];
	size_t n = (size_t)((end - start) / system_page_size());

	if (s->uncounted)
		return true;
	if (present && is_known_by_file(o, s)) {
		uint64_t place = (s->offset + (start - s->start)) / system_page_size();
		uint16_t *words = file_pages_at(o->r->file_pages, s->device, s->inode, place, n);

		if (words)
			return count_file_pages(o, s, start, words, n);
		o->unsure = true; /* a huge file */
		return true;
	}
	if (o->start < o->end && start - o->end <= PAGES_BETWEEN * system_page_size()) {
		o->end = end;
		return true;
	}
	if (!flush(o))
		return false;
	o->start = start;
	o->end = end;
	o->first = number;
	return true;
}

/* False if the process is gone, or the kernel cannot scan. */
static bool
count_all(struct vma_summary *o)
{
	struct reader *r = o->r;
	struct scan_run run;
	size_t at = 0;

	scan_start_bare(&r->scan, o->pagemap, r->vmas[0].start, r->vmas[r->vma_count - 1].end);
	while (!o->unsure && scan_next(&r->scan, &run)) {
		for (; at < r->vma_count; at++) {
			const struct vma *s = &r->vmas[at];
			uint64_t from = s->start > run.start ? s->start : run.start;
			uint64_t to = s->end < run.end ? s->end : run.end;

			if (from < to &&
			    !count_run(o, at, from, to, (run.categories & SCAN_PRESENT) != 0))
				return false;
			if (s->end >= run.end)
				break;
		}
	}
	return !r->scan.failed && flush(o);
}

/* Is it as many pages, and as many anonymous ones, as status says? */
static bool
agrees(const struct counts *sum, const struct kernel_counts *kernel)
{
	return pages_kb(sum->resident) == kernel->resident_kb &&
	       pages_kb(sum->anonymous) == kernel->anonymous_kb;
}

static struct counts
sum_of(const struct vma_summary *o, uint64_t mapped)
{
	struct counts sum = {
		.mapped = mapped,
		.resident = o->exclusive + o->shared,
		.pss = o->pss,
		.xip_pss = o->xip_pss,
		.anon_shared = o->anon_shared,
		.private_clean = o->exclusive,
		.shared_clean = o->shared,
	};

	for (int i = 0; i < CLASS_COUNT; i++) {
		sum.class[i] = o->file[i] + o->anonymous[i];
		sum.anonymous += o->anonymous[i];
	}
	return sum;
}

/* Has it memory that no page table shows, or that counts for nothing in smaps? */
static bool
has_other_memory(const struct reader *r, const struct process *p)
{
	if (p->kernel_counts.hugetlb_kb || p->kernel_counts.swap_kb)
		return true;
	for (size_t i = 0; i < r->vma_count && r->swap_used; i++)
		if (r->vmas[i].may_be_shm)
			return true;
	return false;
}

/* What came of one look. */
enum look {
	LOOK_AGREES,
	LOOK_CHANGED, /* the process went on meanwhile: another look may do */
	LOOK_DIFFERS, /* it did not */
	LOOK_FAILED /* errno */
};

/* Looks at the process's pages; status was read before, and is read again if it does not agree. */
static enum look
look_at(struct reader *r, int directory, int pagemap, bool bare, struct process *p)
{
	struct vma_summary o = {.r = r, .pagemap = pagemap, .bare = bare};
	struct kernel_counts before = p->kernel_counts;
	int err;

	if (!count_all(&o) || o.unsure)
		return LOOK_DIFFERS;
	p->sum = sum_of(&o, p->sum.mapped);
	if (agrees(&p->sum, &before))
		return LOOK_AGREES;
	err = read_status(r, directory, p);
	if (err) {
		errno = err;
		return LOOK_FAILED;
	}
	if (agrees(&p->sum, &p->kernel_counts))
		return LOOK_AGREES;
	return memcmp(&before, &p->kernel_counts, sizeof(before)) == 0 ? LOOK_DIFFERS
								       : LOOK_CHANGED;
}

/*
 * By files; if the process went on, again; if it has pages of its own where they are not expected,
 * by pagemap exclusive. Returns 0, or an errno.
 */
static int
look_until_sure(struct reader *r, int directory, int pagemap, const char *object, bool *found,
		struct process *p)
{
	enum look look = look_at(r, directory, pagemap, true, p);
	int err;

	for (int again = 0; look == LOOK_CHANGED && again < 2; again++) {
		err = read_vmas(r, directory, object, found, p);
		if (err || !*found)
			return err;
		look = look_at(r, directory, pagemap, true, p);
	}
	if (look == LOOK_DIFFERS)
		look = look_at(r, directory, pagemap, false, p);
	if (look == LOOK_FAILED)
		return errno;
	if (look == LOOK_DIFFERS)
		return EAGAIN;
	p->changed = look == LOOK_CHANGED;
	p->source = SOURCE_VMA_SUMMARY;
	return 0;
}

int
read_vma_summary(struct reader *r, int directory, const char *object, bool *found,
		 struct process *p)
{
	int err, pagemap;

	if (!frames_numbered(&r->frames) || !scan_available())
		return EAGAIN;
	err = read_vmas(r, directory, object, found, p);
	if (err || !*found)
		return err;
	if (has_other_memory(r, p))
		return EAGAIN;
	pagemap = openat(directory, process_file(r, "pagemap"), O_RDONLY | O_CLOEXEC);
	if (pagemap < 0) /* whether smaps may be read is another question */
		return EAGAIN;
	err = look_until_sure(r, directory, pagemap, object, found, p);
	close(pagemap);
	return err;
}

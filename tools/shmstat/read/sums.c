/* A process in sum: the kernel's own sums from smaps_rollup, classes from the runs of its pages. */
#include "shmstat/read/sums.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "shmstat/proc/maps.h"
#include "shmstat/read/mappings.h"
#include "shmstat/read/reader_internal.h"
#include "shmstat/read/vmas.h"

int
read_rollup(struct reader *r, int directory, struct counts *sum)
{
	char text[4096], *line, *rest = text;

	(void)r;
	memset(sum, 0, sizeof(*sum));
	if (procfile_once(directory, "smaps_rollup", text, sizeof(text)) < 0)
		return errno;
	while ((line = strsep(&rest, "\n")))
		if (*line)
			smaps_line(line, sum);
	return 0;
}

static void
count_pages(struct reader *r, const struct vma *s, uint64_t start, uint64_t end, bool file,
	    struct counts *sum)
{
	sum->class[file ? s->file_class : s->anonymous_class] += (end - start) / system_page_size();
	if (!file && counts_shared(sum))
		sum->anon_shared += frames_anon_shared(&r->frames, r->scan.fd, start, end);
}

/* One run of alike pages, cut at the ends of mappings. */
static void
count_run(struct reader *r, size_t *vma, const struct scan_run *run, struct counts *sum)
{
	uint64_t at = run->start;

	if (!(run->categories & SCAN_PRESENT) || (run->categories & SCAN_ZERO))
		return;
	while (at < run->end && *vma < r->vma_count) {
		const struct vma *s = &r->vmas[*vma];
		uint64_t end = run->end < s->end ? run->end : s->end;

		if (s->end <= at) {
			++*vma;
			continue;
		}
		if (at < s->start)
			at = s->start;
		if (at < end && !s->uncounted)
			count_pages(r, s, at, end, run->categories & SCAN_FILE, sum);
		at = end > at ? end : at;
		if (s->start >= run->end)
			break;
	}
}

/* Scan from `first` to the end of `last`. False if the kernel cannot do it. */
static bool
scan_vmas(struct reader *r, int pagemap, size_t first, size_t last, struct counts *sum)
{
	struct scan_run run;

	scan_start(&r->scan, pagemap, r->vmas[first].start, r->vmas[last].end);
	while (scan_next(&r->scan, &run))
		count_run(r, &first, &run, sum);
	return !r->scan.failed;
}

/* Classes by scans of all mappings, or of those that are worth it, neighbours at once. */
static bool
scan_classes(struct reader *r, int pagemap, bool all, struct counts *sum)
{
	memset(sum->class, 0, sizeof(sum->class));
	sum->anon_shared = 0;
	if (all)
		return scan_vmas(r, pagemap, 0, r->vma_count - 1, sum);
	for (size_t i = 0; i < r->vma_count; i++) {
		size_t last = i;

		if (!r->vmas[i].scan)
			continue;
		while (last + 1 < r->vma_count && r->vmas[last + 1].scan &&
		       r->vmas[last + 1].start == r->vmas[last].end)
			last++;
		if (!scan_vmas(r, pagemap, i, last, sum))
			return false;
		i = last;
	}
	return true;
}

/*
 * If as many anonymous pages were found as the kernel counts, there are none where it was not
 * looked for, and all the rest are files' pages.
 */
static bool
classes_complete(struct counts *c)
{
	uint64_t others = 0;

	for (int i = 0; i < CLASS_COUNT; i++)
		others += i == CLASS_TEXT ? 0 : c->class[i];
	if (c->class[CLASS_COW] + c->class[CLASS_ANON] != c->anonymous || others > c->resident)
		return false;
	c->class[CLASS_TEXT] = c->resident - others;
	return true;
}

static bool
classes_agree(const struct counts *c)
{
	uint64_t sum = 0;

	for (int i = 0; i < CLASS_COUNT; i++)
		sum += c->class[i];
	return sum == c->resident && c->class[CLASS_COW] + c->class[CLASS_ANON] == c->anonymous;
}

/* Where the scan is not there or does not agree (devices' pages, huge pages): mapping by mapping.
 */
static int
sum_of_smaps(struct reader *r, int directory, struct process *p)
{
	struct process full = {.pid = p->pid, .teller = p->teller};
	int err = read_mappings(r, directory, &full);

	if (!err) {
		/* smaps rounds the shares of each mapping, smaps_rollup (read before) that of all
		 */
		full.sum.pss = p->sum.pss;
		full.sum.swap_pss_kb = p->sum.swap_pss_kb;
		p->changed = full.changed;
		p->sum = full.sum;
		p->source = SOURCE_SMAPS;
	}
	process_free(&full);
	return err;
}

/* smaps_rollup has one share for all: for a process with pages of an image, mapping by mapping. */
static int
add_xip_share(struct reader *r, int directory, struct process *p)
{
	struct process full = {.pid = p->pid, .teller = p->teller};
	int err = read_mappings(r, directory, &full);

	p->sum.xip_pss = full.sum.xip_pss;
	process_free(&full);
	return err;
}

int
read_sum(struct reader *r, int directory, const char *object, bool *found, struct process *p)
{
	/* twice: a process that runs is seldom caught between the same two looks again */
	for (int attempt = 0; attempt < 2; attempt++) {
		uint64_t mapped;
		bool agreed;
		int pagemap, err = read_vmas(r, directory, object, found, p);

		if (err || !*found)
			return err;
		mapped = p->sum.mapped;
		err = read_rollup(r, directory, &p->sum);
		if (err)
			return err;
		p->sum.mapped = mapped;
		p->source = SOURCE_ROLLUP;
		pagemap =
			scan_available() ? openat(directory, "pagemap", O_RDONLY | O_CLOEXEC) : -1;
		if (pagemap < 0)
			break;
		agreed = (scan_classes(r, pagemap, false, &p->sum) && classes_complete(&p->sum)) ||
			 (scan_classes(r, pagemap, true, &p->sum) && classes_agree(&p->sum));
		close(pagemap);
		if (agreed)
			return p->sum.class[CLASS_XIP] ? add_xip_share(r, directory, p) : 0;
	}
	return sum_of_smaps(r, directory, p);
}

/* A process in sum: the kernel's own sums from smaps_rollup, classes from the runs of its pages. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <fcntl.h>

#include "maps.h"
#include "procmap.h"
#include "reader_internal.h"

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

/*
 * Where a process's own pages are expected: in anonymous memory, and in the part of a file that may
 * be written or was made read-only after it had been (RELRO lies just below the data). Where a
 * store's or an image's pages are, these have to be counted too.
 */
static bool
is_worth_scanning(const struct span *s)
{
	return (s->own && !s->uncounted) || s->file_class != CLASS_TEXT;
}

static bool
add_span(struct reader *r, struct process *p, const struct mapping *m, struct file_kind kind)
{
	struct span *spans = array_grow(r->spans, r->span_count, &r->span_room, sizeof(*r->spans));
	struct span *s;

	if (!spans)
		return false;
	r->spans = spans;
	s = &r->spans[r->span_count++];
	*s = (struct span){
		.start = m->start,
		.end = m->end,
		.inode = m->inode,
		.file_class = (uint8_t)kind.class,
		.anonymous_class = (uint8_t)kind.anonymous_class,
		.uncounted = mapping_is_uncounted(m),
		.may_be_shm = m->inode && m->dev_major == 0,
		.offset = m->offset,
		.device = m->dev_major ? (uint64_t)m->dev_major << 32 | m->dev_minor : 0,
	};
	s->own = m->perms[3] != 's' && (s->anonymous_class == CLASS_ANON || m->perms[1] == 'w');
	s->scan = is_worth_scanning(s);
	if (m->perms[1] == 'w' && m->inode && r->span_count > 1 && s[-1].inode == m->inode &&
	    s[-1].end == m->start)
		s[-1].scan = s[-1].own = true;
	p->sum.mapped += (m->end - m->start) / page_size();
	p->from_xipld |= m->perms[2] == 'x' && kind.is_loader;
	return true;
}

static int
spans_of_text(struct reader *r, int directory, const char *object, bool *found, struct process *p)
{
	char *line;
	int error;

	if (!procfile_open(&r->file, directory, process_file(r, "maps")))
		return errno;
	while ((line = procfile_line(&r->file))) {
		struct mapping m;

		if (!maps_line(line, &m) || !mapping_is_user(&m))
			continue;
		if (object && strstr(m.path, object))
			*found = true;
		if (!add_span(r, p, &m, kind_of(r->known, p, &m))) {
			procfile_close(&r->file);
			return ENOMEM;
		}
	}
	error = procfile_close(&r->file);
	return error ? error : r->span_count ? 0 : ESRCH;
}

/*
 * May the mapping's name say something that its numbers do not? Pages that are not counted have no
 * file and are only read; a file that is known has been asked for its path.
 */
static bool
name_matters(struct reader *r, const struct mapping *m, struct file_kind *kind)
{
	*kind = (struct file_kind){.class = CLASS_TEXT, .anonymous_class = CLASS_ANON};
	if (m->inode || m->dev_major || m->dev_minor)
		return !known_kind(r->known, m, kind);
	return m->perms[0] == 'r' && m->perms[1] != 'w';
}

/* The next mapping from `address` on, with its name (PROCMAP_NAME bytes) if that matters, and its
 * kind. */
static int
next_mapping(struct reader *r, const struct process *p, int maps, uint64_t address, char *name,
	     struct mapping *m, struct file_kind *kind)
{
	int error = procmap_query(maps, address, NULL, m);

	if (error || !name_matters(r, m, kind))
		return error;
	error = procmap_query(maps, m->start, name, m);
	if (!error)
		*kind = learn_kind(r->known, p, m);
	return error;
}

static int
spans_by_query(struct reader *r, int maps, struct process *p)
{
	char name[PROCMAP_NAME];
	struct file_kind kind;
	struct mapping m;
	int error;

	for (uint64_t address = 0; !(error = next_mapping(r, p, maps, address, name, &m, &kind));
	     address = m.end)
		if (!add_span(r, p, &m, kind))
			return ENOMEM;
	return error != ENOENT ? error : r->span_count ? 0 : ESRCH;
}

static void
no_spans(struct reader *r, struct process *p)
{
	r->span_count = 0;
	p->from_xipld = false;
	p->sum.mapped = 0;
}

int
read_spans(struct reader *r, int directory, const char *object, bool *found, struct process *p)
{
	int error = ENOTTY, maps;

	*found = !object;
	no_spans(r, p);
	if (!object && !r->no_queries) {
		maps = openat(directory, process_file(r, "maps"), O_RDONLY | O_CLOEXEC);
		if (maps < 0)
			return errno;
		error = spans_by_query(r, maps, p);
		close(maps);
		r->no_queries = error == ENOTTY;
	}
	if (error == 0 || error == ESRCH || error == ENOMEM)
		return error;
	no_spans(r, p);
	return spans_of_text(r, directory, object, found, p);
}

/* One run of alike pages, cut at the ends of mappings. */
static void
take_run(struct reader *r, size_t *span, const struct scan_run *run, struct counts *sum)
{
	uint64_t at = run->start;

	if (!(run->categories & SCAN_PRESENT) || (run->categories & SCAN_ZERO))
		return;
	while (at < run->end && *span < r->span_count) {
		const struct span *s = &r->spans[*span];
		uint64_t end = run->end < s->end ? run->end : s->end;

		if (s->end <= at) {
			++*span;
			continue;
		}
		if (at < s->start)
			at = s->start;
		if (at < end && !s->uncounted)
			sum->class[run->categories & SCAN_FILE ? s->file_class
							       : s->anonymous_class] +=
				(end - at) / page_size();
		at = end > at ? end : at;
		if (s->start >= run->end)
			break;
	}
}

/* Scan from `first` to the end of `last`. False if the kernel cannot do it. */
static bool
scan_spans(struct reader *r, int pagemap, size_t first, size_t last, struct counts *sum)
{
	struct scan_run run;

	scan_start(&r->scan, pagemap, r->spans[first].start, r->spans[last].end);
	while (scan_next(&r->scan, &run))
		take_run(r, &first, &run, sum);
	return !r->scan.failed;
}

/* Classes by scans of all mappings, or of those that are worth it, neighbours at once. */
static bool
scan_classes(struct reader *r, int pagemap, bool all, struct counts *sum)
{
	memset(sum->class, 0, sizeof(sum->class));
	if (all)
		return scan_spans(r, pagemap, 0, r->span_count - 1, sum);
	for (size_t i = 0; i < r->span_count; i++) {
		size_t last = i;

		if (!r->spans[i].scan)
			continue;
		while (last + 1 < r->span_count && r->spans[last + 1].scan &&
		       r->spans[last + 1].start == r->spans[last].end)
			last++;
		if (!scan_spans(r, pagemap, i, last, sum))
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
	struct process full = {.pid = p->pid};
	int error = read_mappings(r, directory, &full);

	if (!error) {
		/* smaps rounds the shares of each mapping, smaps_rollup (read before) that of all
		 */
		full.sum.pss = p->sum.pss;
		full.sum.swap_pss_kb = p->sum.swap_pss_kb;
		p->changed = full.changed;
		p->sum = full.sum;
		p->source = SOURCE_SMAPS;
	}
	process_free(&full);
	return error;
}

/* smaps_rollup has one share for all: for a process with pages of an image, mapping by mapping. */
static int
add_xip_share(struct reader *r, int directory, struct process *p)
{
	struct process full = {.pid = p->pid};
	int error = read_mappings(r, directory, &full);

	p->sum.xip_pss = full.sum.xip_pss;
	process_free(&full);
	return error;
}

int
read_sum(struct reader *r, int directory, const char *object, bool *found, struct process *p)
{
	/* twice: a process that runs is seldom caught between the same two looks again */
	for (int attempt = 0; attempt < 2; attempt++) {
		uint64_t mapped;
		bool agreed;
		int pagemap, error = read_spans(r, directory, object, found, p);

		if (error || !*found)
			return error;
		mapped = p->sum.mapped;
		error = read_rollup(r, directory, &p->sum);
		if (error)
			return error;
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

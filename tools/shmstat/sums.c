/* A process in sum: the kernel's own sums from smaps_rollup, classes from the runs of its pages. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <fcntl.h>

#include "maps.h"
#include "reader_internal.h"

int
read_rollup(struct reader *r, int directory, struct counts *sum)
{
	char *line;

	memset(sum, 0, sizeof(*sum));
	if (!procfile_open(&r->file, directory, "smaps_rollup"))
		return errno;
	while ((line = procfile_line(&r->file)))
		smaps_line(line, sum);
	return procfile_close(&r->file);
}

static bool
add_span(struct reader *r, const struct process *p, const struct mapping *m)
{
	struct span *spans = array_grow(r->spans, r->span_count, &r->span_room, sizeof(*r->spans));

	if (!spans)
		return false;
	r->spans = spans;
	r->spans[r->span_count++] = (struct span){
		.start = m->start,
		.end = m->end,
		.file_class = (uint8_t)mapping_class(r->known, p, m),
		.anonymous_class = (uint8_t)anonymous_class(m),
		.uncounted = mapping_is_uncounted(m),
	};
	return true;
}

static int
read_spans(struct reader *r, int directory, const char *object, bool *found, struct process *p)
{
	char *line;
	int error;

	r->span_count = 0;
	p->from_xipld = false;
	p->sum.mapped = 0;
	*found = !object;
	if (!procfile_open(&r->file, directory, "maps"))
		return errno;
	while ((line = procfile_line(&r->file))) {
		struct mapping m;

		if (!maps_line(line, &m) || !mapping_is_user(&m))
			continue;
		p->sum.mapped += (m.end - m.start) / page_size();
		p->from_xipld |= m.perms[2] == 'x' && path_is_loader(m.path);
		if (object && strstr(m.path, object))
			*found = true;
		if (!add_span(r, p, &m)) {
			procfile_close(&r->file);
			return ENOMEM;
		}
	}
	error = procfile_close(&r->file);
	return error ? error : r->span_count ? 0 : ESRCH;
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

/* Classes by one scan of the whole address space. False if the kernel cannot do it. */
static bool
scan_classes(struct reader *r, int directory, struct counts *sum)
{
	int fd = openat(directory, "pagemap", O_RDONLY | O_CLOEXEC);
	struct scan_run run;
	size_t span = 0;
	bool failed;

	if (fd < 0)
		return false;
	scan_start(&r->scan, fd, r->spans[0].start, r->spans[r->span_count - 1].end);
	while (scan_next(&r->scan, &run))
		take_run(r, &span, &run, sum);
	failed = r->scan.failed;
	close(fd);
	return !failed;
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
		p->changed = full.changed;
		p->sum = full.sum;
		p->source = SOURCE_SMAPS;
	}
	process_free(&full);
	return error;
}

int
read_sum(struct reader *r, int directory, const char *object, bool *found, struct process *p)
{
	/* twice: a process that runs is seldom caught between the same two looks again */
	for (int attempt = 0; attempt < 2; attempt++) {
		uint64_t mapped;
		int error = read_spans(r, directory, object, found, p);

		if (error || !*found)
			return error;
		mapped = p->sum.mapped;
		error = read_rollup(r, directory, &p->sum);
		if (error)
			return error;
		p->sum.mapped = mapped;
		p->source = SOURCE_ROLLUP;
		if (!scan_available() || !scan_classes(r, directory, &p->sum))
			break;
		if (classes_agree(&p->sum))
			return 0;
	}
	return sum_of_smaps(r, directory, p);
}

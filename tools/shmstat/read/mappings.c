/* A process mapping by mapping, out of smaps. */
#include "shmstat/read/mappings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/array.h"
#include "shmstat/proc/maps.h"
#include "shmstat/read/reader_internal.h"
#include "shmstat/read/sums.h"

#define LONGEST_READ (1UL << 30) /* bytes of address space that pagemap is read for whole */

/* Mappings as they come, and their paths one behind the other, as offsets until all are there. */
struct list {
	struct mapping *mappings;
	size_t count, capacity;
	char *strings;
	size_t used, size;
};

/* Most mappings have the path of the one before. Returns its offset; SIZE_MAX without memory. */
static size_t
keep_path(struct list *l, const char *path)
{
	size_t len = strlen(path) + 1, last;

	if (l->count) {
		last = (size_t)(uintptr_t)l->mappings[l->count - 1].path;
		if (strcmp(l->strings + last, path) == 0)
			return last;
	}
	if (!array_reserve(&l->strings, &l->size, l->used + len, 1))
		return SIZE_MAX;
	memcpy(l->strings + l->used, path, len);
	l->used += len;
	return l->used - len;
}

static bool
keep_mapping(struct list *l, struct mapping *m)
{
	size_t path = keep_path(l, m->path);

	if (path == SIZE_MAX ||
	    !array_reserve(&l->mappings, &l->capacity, l->count + 1, sizeof(*l->mappings)))
		return false;
	m->path = (const char *)(uintptr_t)path;
	l->mappings[l->count++] = *m;
	return true;
}

static int
read_smaps(struct reader *r, int directory, struct list *l)
{
	char *line;
	bool skip = true;

	if (!procfile_open(&r->file, directory, "smaps"))
		return errno;
	while ((line = procfile_line(&r->file))) {
		struct mapping m;

		if (line[0] >= 'A' && line[0] <= 'Z') {
			if (!skip)
				smaps_line(line, &l->mappings[l->count - 1].counts);
			continue;
		}
		skip = !maps_line(line, &m) || !mapping_is_user(&m);
		if (!skip && !keep_mapping(l, &m)) {
			procfile_close(&r->file);
			return ENOMEM;
		}
	}
	return procfile_close(&r->file);
}

/* Classes follow from sums: an anonymous page of a file's mapping is a copy. */
static void
set_classes(struct mapping *m)
{
	struct counts *c = &m->counts;

	c->class[anonymous_class(m)] += c->anonymous;
	c->class[m->file_class] += c->resident > c->anonymous ? c->resident - c->anonymous : 0;
	/* smaps has one sum for both; pages that were copied are seldom shared */
	if (m->file_class == CLASS_XIP) {
		uint64_t own = (c->anonymous * system_page_size()) << PSS_SHIFT;

		c->xip_pss = c->pss > own ? c->pss - own : 0;
	}
}

/*
 * Which of a mapping's anonymous pages others map too, smaps does not say where there are pages of
 * the file as well. Without scans, of a huge mapping, it is what must be so at least.
 */
static uint64_t
anon_shared_of(struct reader *r, int pagemap, const struct mapping *m)
{
	const struct counts *c = &m->counts;
	uint64_t shared = counts_shared(c), own = counts_private(c), count = 0;
	struct scan_run run;

	if (c->anonymous == c->resident || !shared || !c->anonymous)
		return c->anonymous ? shared : 0;
	if (pagemap < 0 || (!scan_available() && m->end - m->start > LONGEST_READ))
		return c->anonymous > own ? c->anonymous - own : 0;
	if (!scan_available())
		return frames_anon_shared(&r->frames, pagemap, m->start, m->end);
	scan_start(&r->scan, pagemap, m->start, m->end);
	while (scan_next(&r->scan, &run))
		if ((run.categories & (SCAN_PRESENT | SCAN_FILE | SCAN_ZERO)) == SCAN_PRESENT)
			count += frames_anon_shared(&r->frames, pagemap, run.start, run.end);
	return count;
}

static void
add_anon_shared(struct reader *r, int directory, struct process *p)
{
	int pagemap = openat(directory, "pagemap", O_RDONLY | O_CLOEXEC);

	p->sum.anon_shared = 0;
	for (size_t i = 0; i < p->mapping_count; i++) {
		struct mapping *m = &p->mappings[i];

		m->counts.anon_shared = anon_shared_of(r, pagemap, m);
		p->sum.anon_shared += m->counts.anon_shared;
	}
	if (pagemap >= 0)
		close(pagemap);
}

/* The kernel's own sums, asked for again: what was read in between is no snapshot if they differ.
 */
static int
compare_rollup(struct reader *r, int directory, struct process *p)
{
	const struct counts *ours = &p->sum;
	struct counts kernel;
	int err = read_rollup(r, directory, &kernel);

	if (err == ENOENT) /* Linux before 4.14 */
		return 0;
	if (kernel.resident != ours->resident || kernel.anonymous != ours->anonymous ||
	    kernel.swap != ours->swap)
		p->changed = true;
	if (counts_private(&kernel) != counts_private(ours) || kernel.ksm != ours->ksm)
		p->sharing_changed = true;
	return err;
}

int
read_mappings(struct reader *r, int directory, struct process *p)
{
	struct list l = {0};
	int err = read_smaps(r, directory, &l);

	p->mappings = l.mappings;
	p->mapping_count = l.count;
	p->strings = l.strings;
	p->source = SOURCE_SMAPS;
	for (size_t i = 0; i < l.count; i++) {
		struct mapping *m = &p->mappings[i];

		m->path = l.strings + (uintptr_t)m->path;
		m->file_class = (uint8_t)mapping_class(r->known, p, m);
		p->from_xipld |= m->perms[2] == 'x' && path_is_loader(m->path);
		set_classes(m);
		counts_add(&p->sum, &m->counts);
	}
	if (!err && l.count == 0)
		err = ESRCH;
	if (!err)
		add_anon_shared(r, directory, p);
	return err ? err : compare_rollup(r, directory, p);
}

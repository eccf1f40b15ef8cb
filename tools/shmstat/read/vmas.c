/* The mappings of a process as its sums need them: by queries or from text, whichever is cheaper.
 */
#include "shmstat/read/vmas.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/array.h"
#include "shmstat/proc/maps.h"
#include "shmstat/proc/procmap.h"
#include "shmstat/read/reader_internal.h"

/*
 * Where a process's own pages are expected: in anonymous memory, and in the part of a file that may
 * be written or was made read-only after it had been (RELRO lies just below the data). Where a
 * store's or an image's pages are, these have to be counted too.
 */
static bool
is_worth_scanning(const struct vma *s)
{
	return (s->own && !s->uncounted) || s->file_class != CLASS_TEXT;
}

static bool
add_vma(struct reader *r, struct process *p, const struct mapping *m, struct file_kind kind)
{
	struct vma *s;

	if (!array_reserve(&r->vmas, &r->vma_capacity, r->vma_count + 1, sizeof(*r->vmas)))
		return false;
	s = &r->vmas[r->vma_count++];
	*s = (struct vma){
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
	if (m->perms[1] == 'w' && m->inode && r->vma_count > 1 && s[-1].inode == m->inode &&
	    s[-1].end == m->start)
		s[-1].scan = s[-1].own = true;
	p->sum.mapped += (m->end - m->start) / system_page_size();
	p->from_xipld |= m->perms[2] == 'x' && kind.is_loader;
	return true;
}

static int
vmas_of_text(struct reader *r, int directory, const char *object, bool *found, struct process *p)
{
	char *line;
	int err;

	if (!procfile_open(&r->file, directory, process_file(r, "maps")))
		return errno;
	while ((line = procfile_line(&r->file))) {
		struct mapping m;

		if (!maps_line(line, &m) || !mapping_is_user(&m))
			continue;
		if (object && strstr(m.path, object))
			*found = true;
		if (!add_vma(r, p, &m, kind_of(r->known, p, &m))) {
			procfile_close(&r->file);
			return ENOMEM;
		}
	}
	err = procfile_close(&r->file);
	return err ? err : r->vma_count ? 0 : ESRCH;
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
	int err = procmap_query(maps, address, NULL, m);

	if (err || !name_matters(r, m, kind))
		return err;
	err = procmap_query(maps, m->start, name, m);
	if (!err)
		*kind = learn_kind(r->known, p, m);
	return err;
}

static int
vmas_by_query(struct reader *r, int maps, struct process *p)
{
	char name[PROCMAP_NAME];
	struct file_kind kind;
	struct mapping m;
	int err;

	for (uint64_t address = 0; !(err = next_mapping(r, p, maps, address, name, &m, &kind));
	     address = m.end)
		if (!add_vma(r, p, &m, kind))
			return ENOMEM;
	return err != ENOENT ? err : r->vma_count ? 0 : ESRCH;
}

static void
no_vmas(struct reader *r, struct process *p)
{
	r->vma_count = 0;
	p->from_xipld = false;
	p->sum.mapped = 0;
}

static uint64_t
nanoseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static int
vmas_of_queries(struct reader *r, int directory, struct process *p)
{
	int maps = openat(directory, process_file(r, "maps"), O_RDONLY | O_CLOEXEC), err;

	if (maps < 0)
		return errno;
	err = vmas_by_query(r, maps, p);
	close(maps);
	r->no_queries = err == ENOTTY;
	return err;
}

int
read_vmas(struct reader *r, int directory, const char *object, bool *found, struct process *p)
{
	uint64_t began = nanoseconds();
	int err;

	*found = !object;
	no_vmas(r, p);
	if (!object && !r->no_queries && read_by_query(&r->methods)) {
		err = vmas_of_queries(r, directory, p);
		read_method_learn(&r->methods.query, nanoseconds() - began, r->vma_count);
		if (err == 0 || err == ESRCH || err == ENOMEM)
			return err;
		no_vmas(r, p);
		began = nanoseconds();
	}
	err = vmas_of_text(r, directory, object, found, p);
	read_method_learn(&r->methods.text, nanoseconds() - began, r->vma_count);
	return err;
}

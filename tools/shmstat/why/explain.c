/* From a process's pages to reasons: what they hold, what they held, and which file tells. */
#include "shmstat/why/explain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shmstat/proc/memory.h"
#include "shmstat/why/reasons.h"

struct explainer {
	const struct process *p;
	struct elffile **files; /* one for each object; NULL: none, or not yet opened */
	bool *tried;
	const struct mapping *opened; /* whose file `original` is */
	int original;
	size_t size; /* of a page */
	unsigned char *before, *now;
	struct cause *causes;
};

static struct elffile *
file_of(struct explainer *x, int object)
{
	const struct object *o = &x->p->objects[object];
	struct elf_error error = {{0}};
	int fd;

	if (!o->is_elf || x->tried[object])
		return x->files[object];
	x->tried[object] = true;
	fd = open_mapped(x->p, &x->p->mappings[o->first_mapping]);
	if (fd >= 0)
		x->files[object] = elffile_open_fd(fd, o->path, &error);
	return x->files[object];
}

/* What the file has at a page's place; zeros behind its end. */
static bool
read_original(struct explainer *x, const struct mapping *m, uint64_t address)
{
	size_t have = 0;

	if (x->opened != m) {
		if (x->original >= 0)
			close(x->original);
		x->original = open_mapped(x->p, m);
		x->opened = m;
	}
	if (x->original < 0)
		return false;
	while (have < x->size) {
		ssize_t got = pread(x->original, x->before + have, x->size - have,
				    (off_t)(m->offset + (address - m->start) + have));

		if (got < 0)
			return false;
		if (got == 0)
			break;
		have += (size_t)got;
	}
	memset(x->before + have, 0, x->size - have);
	return true;
}

/*
 * Behind the file's part of a segment memory begins as zeros, whatever the file has there (gABI
 * 5.1, p_memsz). Returns true if the page has such an end.
 */
static bool
clear_bss(struct explainer *x, struct elffile *f, uint64_t address)
{
	const struct elf_segment *s;
	size_t count = elffile_segments(f, &s);
	bool found = false;

	for (size_t i = 0; i < count; i++) {
		uint64_t end = s[i].address + s[i].file_size;

		if (s[i].memory_size > s[i].file_size && end > address && end < address + x->size) {
			memset(x->before + (end - address), 0, (size_t)(address + x->size - end));
			found = true;
		}
	}
	return found;
}

static void
explain(struct explainer *x, const struct mapping *m, const struct page *page,
	struct explanation *e)
{
	const struct object *o = &x->p->objects[m->object];
	bool anonymous = page->class == CLASS_ANON, has_bss = false;
	bool from_store = m->file_class == CLASS_RELOCATED || m->file_class == CLASS_PROGRAM;
	struct elffile *f = file_of(x, m->object);

	*e = (struct explanation){
		.process = x->p, .mapping = m, .object = o, .page = page, .file = f};
	e->compared = (page->flags & PAGE_SWAPPED) == 0 &&
		      read_memory(x->p, page->address, x->now, x->size);
	if (anonymous)
		memset(x->before, 0, x->size);
	else
		e->compared = e->compared && read_original(x, m, page->address);
	if (f && !anonymous && !from_store)
		has_bss = clear_bss(x, f, page->address - o->bias);
	if (f)
		e->cause_count = page_causes(f, o->bias, page->address - o->bias, x->size,
					     e->compared ? x->before : NULL,
					     e->compared ? x->now : NULL, from_store, x->causes);
	for (size_t i = 0; anonymous && i < e->cause_count; i++)
		if (x->causes[i].reason == REASON_WRITTEN)
			x->causes[i].reason = REASON_ANON;
	e->causes = x->causes;
	e->reason = page_reason(x->causes, e->cause_count, anonymous, has_bss);
}

/*
 * Pages of a file that were copied, and of an object's bss. Heaps and stacks explain themselves,
 * and so does other anonymous memory that lies behind a bss in the same mapping.
 */
static bool
is_wanted(const struct process *p, const struct mapping *m, const struct page *page,
	  const char *object)
{
	const struct object *o = &p->objects[m->object];

	if (page->flags & PAGE_HUGETLB) /* never a copy, and in no count of private pages */
		return false;
	if (page->class != CLASS_COW &&
	    !(page->class == CLASS_ANON && o->is_elf && page->address < o->bias + o->span_end))
		return false;
	return !object || strstr(o->path, object);
}

static bool
explain_mapping(struct explainer *x, const struct mapping *m, const char *object,
		bool (*visit)(const struct explanation *e, void *arg), void *arg)
{
	for (size_t i = m->first_page; i < m->first_page + m->page_count; i++) {
		struct explanation e;

		if (!is_wanted(x->p, m, &x->p->pages[i], object))
			continue;
		explain(x, m, &x->p->pages[i], &e);
		if (!visit(&e, arg))
			return false;
	}
	return true;
}

int
explain_process(const struct process *p, const char *object,
		bool (*visit)(const struct explanation *e, void *arg), void *arg)
{
	struct explainer x = {.p = p, .original = -1, .size = (size_t)system_page_size()};
	int err = 0;

	x.files = calloc(p->object_count + 1, sizeof(struct elffile *));
	x.tried = calloc(p->object_count + 1, sizeof(*x.tried));
	x.before = malloc(x.size);
	x.now = malloc(x.size);
	x.causes = malloc(x.size / 4 * sizeof(*x.causes)); /* a 32-bit file's words */
	if (!x.files || !x.tried || !x.before || !x.now || !x.causes)
		err = ENOMEM;
	for (size_t i = 0; !err && i < p->mapping_count; i++)
		if (!explain_mapping(&x, &p->mappings[i], object, visit, arg))
			break;
	for (size_t i = 0; x.files && i < p->object_count; i++)
		if (x.files[i])
			elffile_close(x.files[i]);
	if (x.original >= 0)
		close(x.original);
	free(x.files);
	free(x.tried);
	free(x.before);
	free(x.now);
	free(x.causes);
	return err;
}
